use super::*;
use crate::domain::{Analysis, AnalyzerChoice, Language, Passage};

pub(crate) fn collection(texts: &[&str]) -> Collection {
    titled(&texts.iter().map(|text| ("en", "", *text)).collect::<Vec<_>>())
}

/// Passages of (language, title, text).
pub(crate) fn titled(texts: &[(&str, &str, &str)]) -> Collection {
    let passages: Vec<Passage> = texts
        .iter()
        .enumerate()
        .map(|(i, (language, title, text))| Passage {
            id: format!("d{i:03}"),
            title: (*title).to_owned(),
            text: (*text).to_owned(),
            language: Language::new(language),
        })
        .collect();
    Collection::new("test".into(), passages, Vec::new(), Vec::new(), Vec::new())
}

pub(crate) fn analyzers(choice: AnalyzerChoice, collection: &Collection) -> Analyzers {
    let analysis = Analysis { analyzer: choice, fold_han: false };
    Analyzers::new(analysis, collection.languages().keys())
}

pub(crate) fn index(collection: &Collection) -> LexicalIndex {
    LexicalIndex::in_memory(collection, &analyzers(AnalyzerChoice::Auto, collection)).unwrap()
}

#[test]
fn postings_have_frequencies_and_lengths() {
    let index = index(&collection(&["x y x", "y", ""]));
    let mut seen = Vec::new();
    index.for_each_posting("x", Titles::Apart, |posting| seen.push(posting)).unwrap();
    let posting = Posting { doc: DocIdx(0), tf: 2, length: 3, title_tf: 0, title_length: 0 };
    assert_eq!(seen, [posting]);
    assert_eq!(index.document_frequency("y").unwrap(), 2);
    assert!((index.average_length() - 4.0 / 3.0).abs() < 1e-6);
}

/// Trap: a title analysed by itself may be cut otherwise than as the head of the whole, and whole less
/// title would then not be the text.
#[test]
fn the_title_is_part_of_the_whole() {
    let index = index(&titled(&[
        ("en", "Ferry fees", "The fee of a ferry"),
        ("ja", "東京都", "都の予約"),
        ("en", "", "ferry"),
    ]));
    let of = |term: &str| {
        let mut seen = Vec::new();
        let see = |p: Posting| seen.push((p.doc.0, p.tf, p.length, p.title_tf, p.title_length));
        index.for_each_posting(term, Titles::Apart, see).unwrap();
        seen
    };
    assert_eq!(of("fee"), [(0, 2, 7, 1, 2)]);
    assert_eq!(of("ferri"), [(0, 2, 7, 1, 2), (2, 1, 1, 0, 0)]);
    assert_eq!(of("京都")[0].3, 1);
    assert!(index.average_title_length() > 1.0);
}

/// Trap: the folder of an index by the passages' text alone would serve stems where words are asked
/// for, or the terms of a language that was corrected since.
#[test]
fn the_key_changes_with_the_chains_and_with_who_is_read_by_which() {
    let here = titled(&[("en", "", "one"), ("fr", "", "two")]);
    let swapped = titled(&[("fr", "", "one"), ("en", "", "two")]);
    let key = |choice, collection: &Collection| LexicalIndex::key(collection, &analyzers(choice, collection));
    assert_eq!(key(AnalyzerChoice::Auto, &here), key(AnalyzerChoice::Auto, &here));
    assert_ne!(key(AnalyzerChoice::Auto, &here), key(AnalyzerChoice::Words, &here));
    assert_ne!(key(AnalyzerChoice::Auto, &here), key(AnalyzerChoice::Auto, &swapped));
}

#[test]
fn a_damaged_index_is_built_anew_and_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lexical");
    let collection = collection(&["one two", "two three"]);
    let analyzers = analyzers(AnalyzerChoice::Auto, &collection);
    let (_, note) = LexicalIndex::open_or_build(&path, &collection, &analyzers).unwrap();
    assert_eq!(note, None);
    for entry in std::fs::read_dir(&path).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|e| e == "idx" || e == "term") {
            let mut bytes = std::fs::read(entry.path()).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0xff;
            std::fs::write(entry.path(), bytes).unwrap();
        }
    }
    let (index, note) = LexicalIndex::open_or_build(&path, &collection, &analyzers).unwrap();
    assert!(note.unwrap().contains("built anew"));
    assert_eq!(index.document_frequency("two").unwrap(), 2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary folder is left");
}

/// Trap: a text that has the sign by which terms are parted.
#[test]
fn control_signs_in_a_text_part_and_join_nothing() {
    let collection = titled(&[("en", "", "ab\0cd ef\u{1}gh \0 \u{7f}"), ("ja", "tit\0le", "予\0約 東京")]);
    let index = index(&collection);
    for (doc, passage) in (0..).map(DocIdx).zip(collection.passages.iter()) {
        let terms = index.chain(doc).terms(&passage.indexed_text());
        assert!(terms.len() >= 2, "{terms:?}");
        assert_eq!(index.term_count(doc) as usize, terms.len());
        for token in terms {
            assert!(!token.term.contains(char::is_control), "{token:?}");
            let mut found = Vec::new();
            index.for_each_posting(&token.term, Titles::Together, |posting| found.push(posting)).unwrap();
            assert_eq!(found.iter().map(|posting| (posting.doc, posting.tf)).collect::<Vec<_>>(), [(doc, 1)]);
        }
    }
}
