//! What language does to retrieval, as `eval` reports it; no model is needed for that.

use serde_json::Value;

use crate::common::{collection, rankscope, run, text};

fn eval(analyzer: &str) -> Value {
    let folder = collection(&[
        (
            "corpus.jsonl",
            "{\"_id\": \"a\", \"text\": \"The ferry to the island leaves at nine.\", \"lang\": \"en\"}\n\
             {\"_id\": \"b\", \"text\": \"島へのフェリーは九時に出ます。\", \"lang\": \"ja\"}\n\
             {\"_id\": \"c\", \"text\": \"기차를 타려면 요금을 내세요\", \"lang\": \"ko\"}\n"
                .as_bytes(),
        ),
        (
            "queries.jsonl",
            "{\"_id\": \"q1\", \"text\": \"when does the ferry leave\", \"lang\": \"en\"}\n\
             {\"_id\": \"q2\", \"text\": \"기차 요금\", \"lang\": \"ko\"}\n"
                .as_bytes(),
        ),
        ("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\tb\t1\nq2\tc\t1\n"),
    ]);
    let folder = folder.path().to_str().unwrap();
    let args =
        ["eval", folder, "--first", "bm25", "--rerank", "none", "--format", "json", "--analyzer", analyzer];
    let output = rankscope(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn cell<'a>(report: &'a Value, query: &str, gold: &str) -> &'a Value {
    let cells = report["language_report"]["cells"].as_array().unwrap();
    cells.iter().find(|cell| cell["query"] == query && cell["gold"] == gold).unwrap()
}

/// Trap: by the query's language alone, English looks half found and the reason stays hidden: it is the
/// Japanese gold that BM25 cannot see, at any depth.
#[test]
fn a_gold_in_another_language_is_where_bm25_is_blind() {
    let report = eval("auto");
    let golds = &report["queries"][0]["golds"];
    assert_eq!((&golds[0]["blind"], &golds[1]["blind"]), (&Value::Bool(false), &Value::Bool(true)));
    assert_eq!(golds[1]["fate"], "never_retrieved");
    let across = cell(&report, "en", "ja");
    assert_eq!((across["golds"].as_u64(), across["blind"].as_u64()), (Some(1), Some(1)));
    assert_eq!(across["legs"]["bm25"]["recall"], 0.0);
    assert_eq!(across["fused"]["recall"], 0.0);
    assert_eq!(cell(&report, "en", "en")["fused"]["recall"], 1.0);
    let means = &report["language_report"]["macro"]["first"];
    assert_eq!(means["recall@50"], 0.75, "languages weigh alike");
}

/// Trap: an index kept from another analyzer would answer for this one.
#[test]
fn another_analyzer_reads_the_same_collection_anew() {
    let (auto, words) = (eval("auto"), eval("words"));
    assert_eq!(cell(&auto, "ko", "ko")["legs"]["bm25"]["recall"], 1.0);
    assert_eq!(cell(&words, "ko", "ko")["legs"]["bm25"]["recall"], 0.0, "particles stay on the words");
    assert_eq!(words["queries"][1]["golds"][0]["blind"], true);
    let korean = |report: &Value| {
        let texts = report["language_report"]["texts"].as_array().unwrap();
        texts.iter().find(|text| text["language"] == "ko").unwrap()["unknown_terms"].as_f64()
    };
    assert_eq!((korean(&auto), korean(&words)), (Some(0.0), Some(1.0)));
    assert_ne!(auto["settings"]["analyzer"]["sha256"], words["settings"]["analyzer"]["sha256"]);
}

#[test]
fn analyze_shows_how_a_text_is_read() {
    let output = run(&["analyze", "기차를", "--analyzer", "stems"]);
    let shown = text(&output.stdout);
    assert!(output.status.success() && shown.contains("Korean particles"), "{shown}");
    assert!(shown.ends_with("기차\n"), "{shown}");
    let output = run(&["analyze", "x", "--analyzer", "no-such"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("words-bigrams"), "it says which there are");
}
