//! Settings and collections at their ends: allowed and told, or refused with a reason.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::{collection, eval_json, run, small, text};

const PLAIN: [&str; 4] = ["--first", "bm25", "--rerank", "none"];

fn eval(folder: &tempfile::TempDir, args: &[&str]) -> Value {
    eval_json(folder.path().to_str().unwrap(), &[&PLAIN, args].concat())
}

fn refused(folder: &tempfile::TempDir, args: &[&str]) -> (i32, String) {
    let output = run(&[&["eval", folder.path().to_str().unwrap()], args].concat());
    (output.status.code().unwrap(), text(&output.stderr))
}

#[test]
fn a_candidate_set_deeper_than_the_legs_and_a_k_beyond_it_are_told() {
    let report = eval(&small(), &["-n", "500", "--depth", "2", "-k", "900"]);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("N 500 is above the window 2"), "{warnings}");
    assert!(warnings.contains("k 900 is above N 500"), "{warnings}");
    assert_eq!(report["metrics"]["first"]["recall@500"], 1.0);
}

#[test]
fn weights_that_say_nothing_or_the_impossible_are_refused() {
    for (args, part) in [
        (&["--weight", "bm25=0", "--weight", "dense=0"][..], "every weight is 0"),
        (&["--weight", "bm25=-1"], "a weight is a number from 0"),
        (&["--weight", "bm25=NaN"], "a weight is a number from 0"),
        (&["--weight", "splade=1"], "there is no such leg"),
        (&["--weight", "bm25"], "NAME=WEIGHT"),
        (&["--first", "splade"], "there are hybrid, bm25, dense"),
        (&["--leg", "bm25", "--leg", "bm25"], "two legs are called bm25"),
        (&["--leg", "splade"], "no such leg"),
        (&["--blend", "1.5"], "blend = 1.5"),
        (&["--threshold", "inf"], "threshold"),
        (&["--bm25-b", "2"], "bm25-b = 2"),
    ] {
        let (code, said) = refused(&small(), args);
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains(part), "{args:?}: {said}");
    }
}

#[test]
fn a_score_that_is_no_number_is_refused_with_its_line() {
    let folder = small();
    let file = folder.path().join("run.txt");
    for bad in ["NaN", "inf", "-inf", "high"] {
        std::fs::write(&file, format!("q1 Q0 a 1 1.5 x\nq1 Q0 b 2 {bad} x\n")).unwrap();
        let leg = format!("other={}", file.display());
        let (code, said) = refused(&folder, &["--leg", &leg, "--rerank", "none"]);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("run.txt:2"), "{said}");
    }
}

/// A leg without a hit is an empty list, not an error, and every gold of it was never retrieved.
#[test]
fn a_leg_that_finds_nothing_leaves_every_gold_unreachable_and_says_so() {
    let folder = collection(&[
        ("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"one\"}\n{\"_id\": \"b\", \"text\": \"two\"}\n"),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"three\"}\n"),
        ("qrels/test.tsv", b"q\ta\t1\n"),
    ]);
    let report = eval(&folder, &[]);
    assert_eq!(report["queries"][0]["golds"][0]["fate"], "never_retrieved");
    assert_eq!(report["metrics"]["first"]["ndcg@10"], 0.0, "a zero, and not no number");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("bm25 found nothing for any judged query"), "{warnings}");
}

/// Trap: a pass over the pool for each gold.
#[test]
fn thousands_of_golds_are_judged_like_one() {
    let (mut corpus, mut qrels) = (String::new(), String::new());
    for i in 0..4000 {
        let word = if i % 2 == 0 { "ferry" } else { "train" };
        let _ = writeln!(corpus, "{{\"_id\": \"d{i:04}\", \"text\": \"{word} number {i}\"}}");
        let _ = writeln!(qrels, "q\td{i:04}\t{}", 1 + i % 3);
    }
    let folder = collection(&[
        ("corpus.jsonl", corpus.as_bytes()),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"ferry\"}\n"),
        ("qrels/test.tsv", qrels.as_bytes()),
    ]);
    let report = eval(&folder, &["--depth", "4000", "-n", "1000"]);
    let first = &report["metrics"]["first"];
    assert_eq!(first["recall@1000"], 0.25);
    assert_eq!(first["p@5"], 1.0);
    let golds = report["queries"][0]["golds"].as_array().unwrap();
    let with = |fate: &str| golds.iter().filter(|gold| gold["fate"] == fate).count();
    // Of the 2,000 with the word, 10 are delivered, 990 are candidates, 1,000 are cut.
    assert_eq!((with("kept"), with("not_lifted"), with("cut_at_n")), (10, 990, 1000));
    assert_eq!(with("never_retrieved"), 2000);
    // N brings back every one that was cut, and each says which N.
    let cut = golds.iter().find(|gold| gold["fate"] == "cut_at_n").unwrap();
    let rank = cut["ranks"]["fused"].as_u64().unwrap();
    assert!(cut["why"]["ways"].to_string().contains(&format!("N = {rank}")), "{cut}");
    assert!(cut["why"]["margin"]["gold"].as_f64() <= cut["why"]["margin"]["cut"].as_f64());
}
