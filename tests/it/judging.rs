//! What `eval` says beyond the six metrics: any metric, averages, holes, signals, tests of a difference,
//! the protocol by language.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{collection, eval_json, ready, run, sample, text};

const BM25: [&str; 4] = ["--first", "bm25", "--rerank", "none"];

fn bm25_report(folder: &tempfile::TempDir, args: &[&str]) -> Value {
    let folder = folder.path().to_str().unwrap();
    let output = run(&[&["eval", folder, "--format", "json"], &BM25[..], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn bm25_text(folder: &tempfile::TempDir, args: &[&str]) -> String {
    let output = run(&[&["eval", folder.path().to_str().unwrap()], &BM25[..], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Means and values are those of the six metrics where both are the same metric; the share of the gain
/// is of the means; and by query they average to the whole.
#[test]
fn any_metric_stands_by_its_name_and_agrees_with_the_six() {
    let report = eval_json(&sample(), &[]);
    let by_name = report["metrics"]["by_name"].as_object().unwrap();
    assert_eq!(by_name.len(), 12, "{:?}", by_name.keys());
    for (name, six) in [
        ("R@50", "recall@50"),
        ("Success@50", "success@50"),
        ("P@5", "p@5"),
        ("nDCG@10", "ndcg@10"),
        ("RR@10", "mrr@10"),
        ("AP", "map"),
    ] {
        for side in ["first", "reranked", "ceiling"] {
            let (a, b) =
                (by_name[name][side].as_f64().unwrap(), report["metrics"][side][six].as_f64().unwrap());
            assert!((a - b).abs() < 1e-9, "{name} {side}: {a} {b}");
        }
    }
    let queries = report["queries"].as_array().unwrap();
    for (name, whole) in by_name {
        for side in ["first", "reranked"] {
            let values = queries.iter().map(|query| query["by_name"][name][side].as_f64().unwrap());
            let mean = values.sum::<f64>() / queries.len() as f64;
            assert!((mean - whole[side].as_f64().unwrap()).abs() < 1e-9, "{name} {side}");
        }
        let number = |side: &str| whole[side].as_f64();
        match (number("ceiling"), number("share_of_gain")) {
            (Some(ceiling), Some(share)) => {
                let (first, last) = (number("first").unwrap(), number("reranked").unwrap());
                assert!((share - (last - first) / (ceiling - first)).abs() < 1e-9, "{name}");
            }
            (None, share) => assert!(share.is_none() && ["Bpref", "Judged@10"].contains(&name.as_str())),
            (Some(_), None) => assert!(name == "R@50" || name == "Success@50", "{name}: nothing to gain"),
        }
    }
}

#[test]
fn the_metrics_asked_for_are_reported_and_the_holes_beside() {
    let report = eval_json(&sample(), &["--metrics", "P(rel=2)@3, RBP(p=0.5)", "--rerank", "none"]);
    let names: Vec<&str> =
        report["settings"]["metrics"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names, ["P(rel=2)@3", "RBP(p=0.5)", "Judged@10", "nDCG(judged_only=True)@10"]);
    assert!(report["metrics"]["by_name"]["RBP(p=0.5)"]["first"].is_number());
    assert!(report["metrics"]["by_name"]["RBP(p=0.5)"]["reranked"].is_null());
    assert!(report["judgment_holes"]["judged@10"]["first"].is_number());
}

#[test]
fn wrong_judging_is_wrong_use() {
    for (args, said) in [
        (["--metrics", "hit@10"], "there is no such metric"),
        (["--metrics", "P@5,"], "there is no such metric"),
        (["--average", "median"], "intersection"),
        (["--min-capped-recall", "80"], "from 0 to 1"),
    ] {
        let output = run(&[&["eval", &sample()], &args[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(said), "{args:?}: {}", text(&output.stderr));
    }
}

/// Four queries: one found at 1, one whose words are in no passage, one with only a judged non-relevant
/// passage, one whose gold is not in the corpus.
fn odd() -> tempfile::TempDir {
    collection(&[
        (
            "corpus.jsonl",
            b"{\"_id\": \"a\", \"text\": \"red apples\"}\n{\"_id\": \"b\", \"text\": \"green pears\"}\n\
              {\"_id\": \"c\", \"text\": \"red pears\"}\n",
        ),
        (
            "queries.jsonl",
            b"{\"_id\": \"found\", \"text\": \"red apples\"}\n{\"_id\": \"lost\", \"text\": \"bananas\"}\n\
              {\"_id\": \"barren\", \"text\": \"green\"}\n{\"_id\": \"gone\", \"text\": \"pears\"}\n",
        ),
        ("qrels/test.tsv", b"found\ta\t1\nlost\tb\t1\nbarren\tb\t0\ngone\tx\t2\n"),
    ])
}

fn values(report: &Value, metric: &str) -> BTreeMap<String, f64> {
    let queries = report["queries"].as_array().unwrap().iter();
    let value = |query: &Value| query["by_name"][metric]["first"].as_f64().unwrap();
    queries.map(|query| (query["id"].as_str().unwrap().to_owned(), value(query))).collect()
}

#[test]
fn a_query_without_gold_and_one_whose_gold_is_gone_count_zero() {
    let folder = odd();
    let report = bm25_report(&folder, &[]);
    let expected = [("barren", 0.0), ("found", 1.0), ("gone", 0.0), ("lost", 0.0)];
    let expected: BTreeMap<String, f64> = expected.map(|(id, value)| (id.to_owned(), value)).into();
    for metric in ["R@50", "RR@10", "nDCG@10", "AP", "Bpref"] {
        assert_eq!(values(&report, metric), expected, "{metric}");
    }
    assert_eq!(values(&report, "Judged@10")["barren"], 1.0, "judged non-relevant is judged");
    assert_eq!(values(&report, "Judged@10")["found"], 0.5);
    assert_eq!(values(&report, "P@5")["found"], 0.2);
    let fates: Vec<Option<&str>> =
        report["queries"].as_array().unwrap().iter().map(|q| q["golds"][0]["fate"].as_str()).collect();
    assert_eq!(fates, [Some("kept"), Some("never_retrieved"), None, Some("missing_from_corpus")]);
    assert_eq!(report["verdict"]["evidence"]["missing_from_corpus"], 1);
}

/// Trap: trec_eval leaves out a query whose list is empty, so losing it altogether raises the mean.
#[test]
fn the_intersection_is_trec_evals_and_all_is_ours() {
    let folder = odd();
    let recall = |args: &[&str]| {
        let report = bm25_report(&folder, args);
        let six = report["metrics"]["first"]["recall@50"].as_f64().unwrap();
        assert_eq!(report["metrics"]["by_name"]["R@50"]["first"].as_f64(), Some(six));
        (report["settings"]["average"].clone(), six)
    };
    assert_eq!(recall(&[]), ("all".into(), 0.25));
    let (name, third) = recall(&["--average", "intersection"]);
    assert!(name == "intersection" && (third - 1.0 / 3.0).abs() < 1e-12, "{third}");
}

#[test]
fn thresholds_of_the_verdict_are_the_users() {
    let folder = odd();
    let class = |args: &[&str]| bm25_report(&folder, args)["verdict"]["class"].clone();
    assert_eq!(class(&[]), "not_enough_evidence");
    assert_eq!(class(&["--min-queries", "4"]), "fix_first_stage");
    // A third of the queries with a gold has it; without a reranker nothing more can be said.
    assert_eq!(class(&["--min-queries", "4", "--min-capped-recall", "0.3"]), "not_enough_evidence");
}

/// Trap: k over N, and N over what there is.
#[test]
fn more_delivered_than_candidates_is_shown_and_not_refused() {
    let folder = odd();
    let report = bm25_report(&folder, &["-n", "1", "-k", "10"]);
    assert_eq!(report["metrics"]["by_name"]["R@1"]["first"], 0.25);
    assert_eq!(report["queries"][0]["golds"][0]["fate"], "kept");
    assert!(report["signals"]["mean"]["cut"]["flatness"].is_null(), "one candidate has no tail");
}

#[test]
fn without_judgments_there_are_signals_and_no_metric() {
    let folder = collection(&[
        (
            "corpus.jsonl",
            b"{\"_id\": \"a\", \"text\": \"red apples\"}\n{\"_id\": \"b\", \"text\": \"green pears\"}\n",
        ),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"red\"}\n{\"_id\": \"r\", \"text\": \"pears\"}\n"),
    ]);
    let report = bm25_report(&folder, &["-n", "1"]);
    assert_eq!(report["signals"]["queries"], 2);
    assert_eq!(report["collection"]["judged_queries"], 0);
    assert!(report["metrics"]["first"].is_null() && report["verdict"].is_null());
    assert!(report["metrics"]["by_name"].as_object().unwrap().is_empty());
    assert!(report["judgment_holes"].is_null());
    assert!(report["queries"][0]["first"].is_null() && report["queries"][0]["signals"].is_object());
    let said = bm25_text(&folder, &[]);
    assert!(said.contains("no query is judged") && said.contains("signals, which are not metrics"), "{said}");
}

/// The signals of the sample, and what must hold of any: shares are shares, and of two legs there is one
/// pair, with its names.
#[test]
fn signals_of_reranking_and_legs_are_there_for_every_query() {
    let report = eval_json(&sample(), &[]);
    let check = |signals: &Value| {
        let shares: Vec<f64> = signals["delivered_from"]
            .as_array()
            .unwrap()
            .iter()
            .map(|share| share.as_f64().unwrap())
            .collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
        assert!((signals["delivered_from_last_fifth"].as_f64().unwrap() - shares[4]).abs() < 1e-12);
        let legs = signals["legs"].as_array().unwrap();
        assert_eq!((legs.len(), &legs[0]["a"], &legs[0]["b"]), (1, &"bm25".into(), &"dense".into()));
        for share in [&signals["top_k_replaced"], &legs[0]["jaccard@n"]] {
            assert!((0.0..=1.0).contains(&share.as_f64().unwrap()), "{share}");
        }
    };
    check(&report["signals"]["mean"]);
    let queries = report["queries"].as_array().unwrap();
    assert_eq!(report["signals"]["queries"], queries.len());
    queries.iter().for_each(|query| check(&query["signals"]));
    let movement: f64 = queries.iter().map(|query| query["signals"]["mean_movement"].as_f64().unwrap()).sum();
    let mean = report["signals"]["mean"]["mean_movement"].as_f64().unwrap();
    assert!((movement / queries.len() as f64 - mean).abs() < 1e-9);
}

#[test]
fn differences_are_tested_and_the_unchangeable_are_not() {
    let report = eval_json(&sample(), &[]);
    let tests = report["significance"].as_array().unwrap();
    let of = |name: &str| tests.iter().find(|test| test["metric"] == name).unwrap();
    assert!(of("R@50")["p_holm"].is_null(), "reranking cannot change recall@N");
    assert!(of("Judged@10")["p_holm"].is_null(), "more judged is not better");
    let ndcg = of("nDCG@10");
    assert!(ndcg["p_holm"].as_f64() >= ndcg["p_randomisation"].as_f64());
    let whole = &report["metrics"]["by_name"]["nDCG@10"];
    let difference = whole["reranked"].as_f64().unwrap() - whole["first"].as_f64().unwrap();
    assert!((ndcg["difference"].as_f64().unwrap() - difference).abs() < 1e-9);
    let comparison = &report["verdict"]["evidence"]["comparison"];
    assert_eq!(ndcg["interval"], comparison["interval"], "one bootstrap, said twice");
    let counts: u64 = ["wins", "losses", "ties"].iter().map(|name| ndcg[name].as_u64().unwrap()).sum();
    assert_eq!(counts, report["collection"]["judged_queries"].as_u64().unwrap());
}

#[test]
fn the_protocol_is_given_for_each_language() {
    let report = eval_json(&sample(), &["--min-queries", "5"]);
    let languages = report["languages"].as_array().unwrap();
    let tags: Vec<&str> = languages.iter().map(|language| language["language"].as_str().unwrap()).collect();
    assert!(tags.len() > 3 && tags.is_sorted(), "{tags:?}");
    for language in languages {
        let verdict = &language["verdict"];
        assert_eq!(verdict["evidence"]["queries"], language["queries"], "{}", language["language"]);
        assert!(verdict["class"].is_string() && verdict["reranker_class"].is_string());
        let keys: Vec<&String> = verdict.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 5, "class, reranker_class, reasons, evidence, advice: {keys:?}");
    }
}

/// Trap: a copy of the gold that nobody labelled makes a list that has it on top look worse.
#[test]
fn an_unlabelled_copy_of_a_gold_is_flagged_and_another_passage_is_not() {
    let body = "A cancelled ferry ticket is refunded within five working days to the card that paid for it.";
    let line = |id: &str, text: &str| format!("{{\"_id\": \"{id}\", \"text\": \"{text}\"}}\n");
    let corpus = line("gold", body)
        + &line("copy", &body.to_uppercase())
        + &line("other", "A ferry ticket is checked at the gate, on paper or on the screen of a telephone.");
    let folder = collection(&[
        ("corpus.jsonl", corpus.as_bytes()),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"refund of a cancelled ferry ticket\"}\n"),
        ("qrels/test.tsv", b"q\tgold\t1\n"),
    ]);
    let report = bm25_report(&folder, &[]);
    let flagged = report["queries"][0]["probable_positives"].as_array().unwrap();
    assert_eq!(flagged.len(), 1, "{flagged:?}");
    assert_eq!((&flagged[0]["passage"], &flagged[0]["resembles"]), (&"copy".into(), &"gold".into()));
    assert_eq!((&flagged[0]["similarity"], &flagged[0]["reranked"]), (&1.0.into(), &Value::Null));
    assert_eq!(report["judgment_holes"]["probable_positives"], 1);
    assert!(bm25_text(&folder, &[]).contains("copy (first"), "and the text says so");
}

#[test]
fn the_text_report_has_the_tables() {
    ready();
    let output = run(&["eval", &sample(), "--min-queries", "5"]);
    let out = text(&output.stdout);
    for part in [
        "R-prec",
        "nDCG@10 exp",
        "nDCG@10 condensed",
        "bpref",
        "RBP(p=0.8)",
        "Judged@10",
        "Holm",
        "judgment holes: Judged@10",
        "signals, which are not metrics",
        "Kendall's τ-b",
        "reranking",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
}
