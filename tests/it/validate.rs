//! `validate`: the report on a collection, and its exit code.

use serde_json::Value;

use crate::common::{collection, run, sample, small, text};

/// A row without a text, an id twice, a judgment of a passage that is gone, a copy of a gold.
fn faulty() -> tempfile::TempDir {
    collection(&[
        (
            "corpus.jsonl",
            b"{\"_id\": \"a\", \"text\": \"A cancelled ferry ticket is refunded.\"}\n\
              {\"_id\": \"b\"}\n\
              {\"_id\": \"a\", \"text\": \"again\"}\n\
              {\"_id\": \"c\", \"text\": \"a cancelled FERRY ticket is refunded\"}\n",
        ),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"when \\u001b[31m is it refunded\"}\n"),
        ("qrels/test.tsv", b"q\ta\t1\nq\tgone\t1\nq9\ta\t1\n"),
    ])
}

#[test]
fn all_faults_are_told_at_once_and_strict_ends_with_3() {
    let folder = faulty();
    let path = folder.path().to_str().unwrap();
    let output = run(&["validate", path, "--no-tokens"]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for said in ["2 rows that cannot be read", "corpus.jsonl:2", "corpus.jsonl:3", "gone", "q9", "as a"] {
        assert!(report.contains(said), "{said}: {report}");
    }
    let output = run(&["validate", path, "--no-tokens", "--strict"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text(&output.stdout), report, "the report is printed all the same");
    assert!(text(&output.stderr).contains("2 rows that cannot be read; 1 judgment of a passage or document"));
}

#[test]
fn json_names_every_check() {
    let folder = faulty();
    let output = run(&["validate", folder.path().to_str().unwrap(), "--no-tokens", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let count = |name: &str| checks.iter().find(|c| c["name"] == name).map(|c| c["count"].clone());
    assert_eq!(report["wrong"], true);
    assert_eq!(count("unreadable_rows"), Some(2.into()));
    assert_eq!(count("control_characters"), Some(1.into()));
    assert_eq!(count("unjudged_twins"), Some(1.into()));
    assert_eq!(count("near_duplicates"), None);
    assert_eq!(report["tokens"], Value::Null);
}

#[test]
fn a_sound_collection_passes_strictly_and_tokens_are_counted() {
    let folder = small();
    let output = run(&["validate", folder.path().to_str().unwrap(), "--strict"]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("nothing is wrong or odd") && report.contains("multilingual-e5-small-q4"));
    // The sample has passages that are longer than the model reads; that is odd, not wrong.
    let output = run(&["validate", &sample(), "--strict"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("that the model does not read to their end"));
}

/// Trap: judgments of documents held against the ids of passages, so that all of them dangle, or none does.
#[test]
fn judgments_of_documents_are_held_against_the_documents() {
    let same = "A cancelled ferry ticket is refunded within five working days to the card that paid.";
    let corpus: String = [("ferry#1", same), ("ferry#2", "Dogs go on deck."), ("copy#1", same)]
        .into_iter()
        .chain([("copy#2", "Dogs go on deck."), ("part#1", same), ("part#2", "The museum is closed.")])
        .map(|(id, text)| format!("{{\"_id\": \"{id}\", \"text\": \"{text}\"}}\n"))
        .collect();
    let folder = collection(&[
        ("corpus.jsonl", corpus.as_bytes()),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"when is it refunded\"}\n"),
        ("qrels/test.tsv", b"q\tferry\t1\nq\tgone\t1\n"),
    ]);
    let path = folder.path().to_str().unwrap();
    let output = run(&["validate", path, "--no-tokens", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let places = |name: &str| -> Vec<&str> {
        let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{report}"));
        check["examples"].as_array().unwrap().iter().map(|place| place["what"].as_str().unwrap()).collect()
    };
    assert_eq!(places("dangling_passages"), ["gone"], "and ferry is a document of two passages");
    assert_eq!(places("unjudged_twins"), ["copy"], "what has one passage in common is no copy");
    let judged = &report["judged"];
    assert_eq!(judged["by_document"], serde_json::json!({"documents": 3, "judged": 1, "gold": 1}));
    assert_eq!((&judged["judged_passages"], &judged["gold_passages"]), (&2.into(), &2.into()), "{judged}");
    let said = text(&run(&["validate", path, "--no-tokens"]).stdout);
    assert!(said.contains("no passage is of it") && said.contains("1 of 3 documents judged"), "{said}");
}
