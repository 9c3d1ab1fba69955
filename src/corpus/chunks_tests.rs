use proptest::prelude::*;

use super::*;

fn cut_markdown(text: &str) -> Vec<(String, String, String)> {
    let (chunks, _) = markdown(text, Chunking::default());
    chunks.into_iter().map(|chunk| (chunk.id, chunk.title, chunk.text)).collect()
}

fn ids(text: &str) -> Vec<String> {
    cut_markdown(text).into_iter().map(|(id, ..)| id).collect()
}

const GUIDE: &str = "Before.\n\n# Guide\n\nHello.\n\n## Install it, now\n\nRun `x`.\n\n```sh\n# not a heading\n```\n\nUse\n---\n\
                     Text.\n\n### Empty\n\n## 予約の取消\n\n本文。\n";

#[test]
fn a_section_is_a_passage_under_all_its_headings() {
    let found = cut_markdown(GUIDE);
    let expected = [
        ("1", "", "Before."),
        ("guide-1", "Guide", "Hello."),
        ("install-it-now-1", "Guide > Install it, now", "Run `x`.\n\n```sh\n# not a heading\n```"),
        ("use-1", "Guide > Use", "Text."),
        ("予約の取消-1", "Guide > 予約の取消", "本文。"),
    ];
    let expected = expected.map(|(id, title, text)| (id.to_owned(), title.to_owned(), text.to_owned()));
    assert_eq!(found, expected);
}

/// Trap: numbering passages through the file, where a new section gives all later ones new ids.
#[test]
fn an_edit_leaves_the_ids_elsewhere_as_they_were() {
    let before = ids(GUIDE);
    let edited = GUIDE.replace("Hello.", "Hello.\n\n## New\n\nA section.\n");
    let after = ids(&edited);
    assert_eq!(after.iter().filter(|id| before.contains(id)).count(), before.len());
    assert!(after.contains(&"new-1".to_owned()));
}

#[test]
fn headings_of_one_name_and_of_no_letters_have_ids_of_their_own() {
    assert_eq!(ids("# A\nx\n# A\ny\n# A 1\nz\n# ***\nw\n"), ["a-1", "a.2-1", "a-1-1", "section-1"]);
}

#[test]
fn front_matter_gives_title_and_language_and_is_no_text() {
    let text = "---\ntitle: \"Fähren\"\nlang: de\n---\n\nVorab.\n\n# Fähren\n\nText.\n\n## Preise\n\nFrei.\n";
    let (chunks, language) = markdown(text, Chunking::default());
    assert_eq!(language.as_deref(), Some("de"));
    let titles: Vec<&str> = chunks.iter().map(|chunk| chunk.title.as_str()).collect();
    assert_eq!(titles, ["Fähren", "Fähren", "Fähren > Preise"]);
    assert_eq!(chunks[0].text, "Vorab.");
}

#[test]
fn a_heading_inside_a_quotation_is_a_part_of_it() {
    assert_eq!(ids("# A\n\n> # B\n> text\n\n- # C\n"), ["a-1"]);
}

#[test]
fn long_sections_are_cut_at_paragraphs_and_sentences() {
    let size = |size, overlap| Chunking { size, overlap };
    let of = |text: &str, chunking| -> Vec<String> {
        pieces(text, chunking).into_iter().map(|range| text[range].to_owned()).collect()
    };
    assert_eq!(of("one two\n\nthree four", size(14, 0)), ["one two", "three four"]);
    assert_eq!(of("One two. Three four five.", size(14, 0)), ["One two.", "Three four", "five."]);
    assert_eq!(of("これは文です。次の文です。", size(9, 0)), ["これは文です。", "次の文です。"]);
    assert_eq!(of("abcdefghij", size(4, 0)), ["abcd", "efgh", "ij"]);
    assert_eq!(of("aa bb cc dd ee", size(8, 3)), ["aa bb", "bb cc", "cc dd ee"]);
    assert!(of(" \n ", size(4, 0)).is_empty());
}

#[test]
fn sizes_that_cut_nothing_are_refused() {
    assert!(Chunking { size: 0, overlap: 0 }.check().is_err());
    assert!(Chunking { size: 10, overlap: 6 }.check().is_err());
    Chunking::default().check().unwrap();
}

proptest! {
    /// Nothing but space is lost, no piece is longer than asked, and there is an end.
    #[test]
    fn pieces_cover_the_text(
        text in "[a-d。 .\n😀é]{0,200}",
        size in 1usize..40,
        overlap in 0usize..20,
    ) {
        let chunking = Chunking { size, overlap: overlap.min(size / 2) };
        let pieces = pieces(&text, chunking);
        let mut covered = 0;
        for piece in &pieces {
            if piece.start > covered {
                prop_assert!(text[covered..piece.start].trim().is_empty());
            }
            prop_assert!(text[piece.clone()].chars().count() <= size);
            prop_assert!(!text[piece.clone()].trim().is_empty());
            prop_assert!(piece.end > covered);
            covered = piece.end;
        }
        prop_assert!(text[covered..].trim().is_empty());
    }

    /// Ids are given once, whatever the headings are.
    #[test]
    fn ids_are_given_once(text in "(# a\n|## a\n|# a 1\n|# a-1\n|x\n|\n|---\n|```\n|> ){0,30}") {
        let mut ids = ids(&text);
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), all);
    }
}
