//! A small collection with one of every fault.

use std::path::PathBuf;

use super::*;
use crate::corpus::{BadRow, Judgment, LeftOut};
use crate::domain::{DocIdx, Language, Passage, Query};

const LONG_TEXT: &str = "A cancelled ferry ticket is refunded within five working days to the card that paid. The \
                         booking fee is kept. Vouchers are given back as vouchers, and are good for a year.";

fn passage(id: &str, text: &str) -> Passage {
    Passage { id: id.into(), title: String::new(), text: text.into(), language: Language::new("en") }
}

fn query(id: &str, text: &str) -> Query {
    Query { id: id.into(), text: text.into(), language: Language::new("en") }
}

fn known(doc: u32, grade: Grade) -> Judgment {
    Judgment { passage: JudgedPassage::Known(DocIdx(doc)), grade }
}

fn missing(id: &str, grade: Grade) -> Judgment {
    Judgment { passage: JudgedPassage::Missing(id.into()), grade }
}

fn collection() -> Collection {
    let passages = vec![
        passage("gold", LONG_TEXT),
        passage("copy", &LONG_TEXT.to_uppercase()),
        passage("near", &LONG_TEXT.replace("a year", "one year")),
        passage("empty", " — … "),
        passage("broken", "un caf\u{fffd} noir"),
        passage("misread", "un cafÃ© noir"),
        passage("bell", "ring\u{7}"),
        passage("fine", "予約の取り消し"),
        passage("number", "4102"),
    ];
    let queries = vec![
        query("q1", "when is it refunded"),
        query("q2", "When  is it REFUNDED"),
        query("q3", "nothing is right for this"),
        query("q4", "not judged"),
    ];
    let judgments = vec![
        vec![known(0, 2), missing("gone", 1), missing("unjudged", -1)],
        vec![known(7, 1)],
        vec![known(6, 0)],
        Vec::new(),
    ];
    let left_out = LeftOut {
        bad_rows: [BadRow { file: PathBuf::from("corpus.jsonl"), line: 7, fault: "not JSON".into() }]
            .into_iter()
            .collect(),
        unknown_queries: ["q9".to_owned(), "q9".to_owned()].into_iter().collect(),
    };
    let read = Collection::new(PathBuf::from("x"), passages, queries, judgments, Vec::new());
    Collection { left_out, ..read }
}

fn options() -> Options {
    Options { rel_level: 1, tokens: None }
}

fn ids(validation: &Validation, kind: CheckKind) -> Vec<String> {
    let check = validation.checks.iter().find(|check| check.kind == kind);
    let examples = check.map_or(&[][..], |check| &check.examples[..]);
    assert_eq!(check.map_or(0, |check| check.count), examples.len());
    examples.iter().map(|example| example.what.clone()).collect()
}

#[test]
fn every_fault_is_found_where_it_is_and_nowhere_else() {
    let found = Validation::of(&collection(), &options());
    for (kind, expected) in [
        (CheckKind::UnreadableRows, &["corpus.jsonl:7"][..]),
        (CheckKind::DanglingPassages, &["gone"]),
        (CheckKind::DanglingQueries, &["q9", "q9"]),
        (CheckKind::EmptyPassages, &["empty"]),
        (CheckKind::LostCharacters, &["broken"]),
        (CheckKind::QueriesWithoutGold, &["q3"]),
        (CheckKind::Mojibake, &["misread"]),
        (CheckKind::ControlCharacters, &["bell"]),
        (CheckKind::DuplicatePassages, &["copy"]),
        (CheckKind::NearDuplicates, &["near"]),
        (CheckKind::UnjudgedTwins, &["copy", "near"]),
        (CheckKind::RepeatedQueries, &["q2"]),
        (CheckKind::TruncatedPassages, &[]),
        (CheckKind::LongPassages, &[]),
        (CheckKind::UnjudgedQueries, &["q4"]),
    ] {
        assert_eq!(ids(&found, kind), expected, "{kind:?}");
    }
    assert!(found.is_wrong());
}

/// Trap: a copy that is judged, relevant or not, is no hole.
#[test]
fn a_judged_copy_is_no_hole() {
    let mut collection = collection();
    collection.judgments[0].extend([known(1, 0), known(2, 1)]);
    assert!(ids(&Validation::of(&collection, &options()), CheckKind::UnjudgedTwins).is_empty());
}

#[test]
fn what_the_model_cuts_off_is_told_by_tokens_and_else_by_length() {
    let mut passages = collection().passages.to_vec();
    passages[7].text = "long ".repeat(1_000);
    let collection = Collection { passages: passages.into(), ..collection() };
    let found = Validation::of(&collection, &options());
    assert_eq!(ids(&found, CheckKind::LongPassages), ["fine"]);
    let token = |at: usize| ModelTokens { count: 10 + at as u32, truncated: at == 2 };
    let options = Options { tokens: Some((0..9).map(token).collect()), ..options() };
    let found = Validation::of(&collection, &options);
    assert!(ids(&found, CheckKind::LongPassages).is_empty());
    assert_eq!(ids(&found, CheckKind::TruncatedPassages), ["near"]);
    assert_eq!(found.tokens, Some(Spread { min: 10, p50: 14, p95: 18, max: 18 }));
}

#[test]
fn judged_shares_count_what_is_there() {
    let found = Validation::of(&collection(), &options()).judged;
    assert_eq!((found.queries, found.judged_queries, found.judgments), (4, 3, 5));
    assert_eq!((found.judged_passages, found.gold_passages, found.not_relevant), (3, 2, 1));
    // q1 has a gold in the corpus and one that is missing, which stays in R.
    assert_eq!(found.golds, Spread { min: 0, p50: 1, p95: 2, max: 2 });
}

#[test]
fn shares_are_of_passages_and_queries() {
    let found = Validation::of(&collection(), &options());
    let share = |name: &str, passages, queries| Share { name: name.into(), passages, queries };
    assert_eq!(found.scripts[0], share("Latin", 6, 4));
    assert!(found.scripts.contains(&share("Japanese", 1, 0)) && found.scripts.contains(&share("none", 2, 0)));
    assert_eq!(found.languages, [share("en", 9, 4)]);
}

#[test]
fn a_sound_collection_has_nothing_to_tell() {
    let passages = vec![passage("a", "one text"), passage("b", "another thing")];
    let judgments = vec![vec![known(0, 1), known(1, 0)]];
    let sound = Collection::new(PathBuf::from("x"), passages, vec![query("q", "one")], judgments, Vec::new());
    let found = Validation::of(&sound, &options());
    assert!(found.checks.is_empty() && !found.is_wrong(), "{:?}", found.checks);
}

#[test]
fn findings_are_told_in_the_order_of_their_weight() {
    let weights: Vec<Severity> = CheckKind::ALL.iter().map(|kind| kind.severity()).collect();
    assert!(weights.is_sorted());
    assert!(CheckKind::ALL.is_sorted());
}
