use std::ops::ControlFlow;

use super::*;
use crate::corpus::progress::Meter;
use crate::corpus::rows::Aside;

fn read_text(content: &str, block: Block, names: &FieldNames) -> (Vec<(usize, Record)>, Result<()>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    std::fs::write(&file, content).unwrap();
    let tell = |_| ControlFlow::Continue(());
    let meter = Meter::new(&tell);
    let mut rows = Rows::new(&file, false);
    let mut records = Vec::new();
    let mut source = Source::open(&file, &meter).unwrap();
    read(&mut source, block, names, &mut rows, |line, record| {
        records.push((line, record));
        Ok(())
    })
    .unwrap();
    (records, rows.finish("", &mut Aside::default()))
}

fn docs(content: &str) -> Vec<(usize, String, String, String)> {
    let (records, result) = read_text(content, Block::Doc, &FieldNames::of_passages());
    result.unwrap();
    let field = |record: &Record, role| record.get(role).unwrap_or_default().to_owned();
    let of = |(line, r): &(usize, Record)| {
        (*line, field(r, Role::Id), field(r, Role::Title), field(r, Role::Text))
    };
    records.iter().map(of).collect()
}

#[test]
fn a_document_has_its_number_headline_and_text() {
    let found = docs(
        "<DOC>\n<DOCNO> FT911-3 </DOCNO>\n<HEADLINE>Rates &amp; bonds</HEADLINE>\n<TEXT>\n<P>\nAT&T fell, 3 < 4.\n</P>\
         <P>More.</P></TEXT>\n</DOC>\n\n<doc><docno>2</docno><text>two</text></doc>\n",
    );
    assert_eq!(found[0].1, "FT911-3");
    assert_eq!(found[0].2, "Rates & bonds");
    assert_eq!(found[0].3.split_whitespace().collect::<Vec<_>>().join(" "), "AT&T fell, 3 < 4. More.");
    assert_eq!(found[1], (10, "2".into(), String::new(), "two".into()));
}

/// Trap: a reader that knows TEXT alone loses documents whose text stands in other elements, or in none.
#[test]
fn without_a_text_element_everything_else_is_the_text() {
    let found = docs("<DOC><DOCNO>1</DOCNO><SUMMARY>a</SUMMARY><GRAPHIC>b</GRAPHIC></DOC>");
    assert_eq!(found[0].3, "a\nb");
    let found = docs("<DOC id=\"x 7\" type='story'>\n<TEXT>one</TEXT><TEXT>two</TEXT></DOC>");
    assert_eq!((found[0].1.as_str(), found[0].3.as_str()), ("x 7", "one\ntwo"));
}

#[test]
fn two_documents_in_a_line_are_two() {
    let found = docs("<DOC><DOCNO>1</DOCNO><TEXT>a</TEXT></DOC><DOC><DOCNO>2</DOCNO><TEXT>b</TEXT></DOC>");
    assert_eq!(found.iter().map(|d| d.1.as_str()).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn a_document_that_does_not_end_is_told_where_it_begins() {
    let (_, result) = read_text("\n<DOC>\n<DOCNO>1</DOCNO>\n", Block::Doc, &FieldNames::of_passages());
    let message = result.unwrap_err().to_string();
    assert!(message.contains("x:2: </doc> is missing"), "{message}");
}

const TOPICS: &str = "<top>\n\n<num> Number: 301\n<title> International Organized Crime\n\n<desc> Description:\nIdentify \
                      organizations\nthat do.\n\n<narr> Narrative:\nLong.\n\n</top>\n<top>\n<num> Number: 302\n<title> \
                      Polio\n</top>\n";

fn topics(content: &str, fields: &str) -> Vec<(String, String)> {
    let mut names = FieldNames::of_queries();
    names.lay_over(fields).unwrap();
    let (records, result) = read_text(content, Block::Top, &names);
    result.unwrap();
    let field = |record: &Record, role| record.get(role).unwrap_or_default().to_owned();
    records.iter().map(|(_, r)| (field(r, Role::Id), field(r, Role::Text))).collect()
}

#[test]
fn topics_have_no_end_tags_and_carry_labels() {
    let titles = topics(TOPICS, "");
    assert_eq!(titles[0], ("301".into(), "International Organized Crime".into()));
    assert_eq!(titles[1], ("302".into(), "Polio".into()));
    assert_eq!(topics(TOPICS, "text=desc")[0].1, "Identify organizations that do.");
}

#[test]
fn topics_in_xml_have_their_number_in_an_attribute() {
    let xml = "<?xml version=\"1.0\"?>\n<topics task=\"x\">\n<topic number=\"1\">\n<query>coronavirus origin</query>\n\
               <question>what is it</question>\n</topic>\n</topics>\n";
    assert_eq!(Block::of(xml), Some(Block::Top));
    assert_eq!(topics(xml, ""), [("1".to_owned(), "coronavirus origin".to_owned())]);
}

#[test]
fn blocks_are_told_by_their_first_tag() {
    assert_eq!(Block::of("\n<DOC>\n"), Some(Block::Doc));
    assert_eq!(Block::of("<top>\n"), Some(Block::Top));
    for other in ["<html>", "document", "<doctor>", "{}", "<"] {
        assert_eq!(Block::of(other), None, "{other}");
    }
}

proptest::proptest! {
    /// Whatever stands in a file, it is read to its end without a panic.
    #[test]
    fn nothing_breaks_the_reader(content in "(<|>|/|DOC|</DOC>|<DOC>|<DOCNO>|TEXT|&|;|#x|é|\n| |=|\"|-|!){0,60}") {
        if !content.is_empty() {
            let _ = read_text(&content, Block::Doc, &FieldNames::of_passages());
        }
    }
}
