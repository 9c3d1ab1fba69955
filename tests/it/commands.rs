//! `compare`, `sweep`, `explain`, `diagnose`, `search` and `doctor`, each held against what `eval` says of the
//! same settings. BM25 alone, so that nothing waits for a model, but where a test says otherwise.

use std::path::Path;

use serde_json::Value;

use crate::common::{eval_json, ready, run, sample, small, text};

const BM25: [&str; 5] = ["--first", "bm25", "--rerank", "none", "--quiet"];

/// A command on the sample collection with BM25 alone; it must end with `code`.
fn on_sample(command: &[&str], more: &[&str], code: i32) -> String {
    let output = run(&[command, &[&sample()], &BM25, more].concat());
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn json(command: &[&str], more: &[&str]) -> Value {
    serde_json::from_str(&on_sample(command, &[more, &["--json"]].concat(), 0)).unwrap()
}

fn eval(more: &[&str]) -> Value {
    eval_json(&sample(), &[&["--first", "bm25", "--rerank", "none", "--no-tune"], more].concat())
}

fn near(found: &Value, expected: &Value, what: &str) {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    assert!((found - expected).abs() < 1e-9, "{what}: {found} is not {expected}");
}

#[test]
fn compare_says_of_each_side_what_eval_says() {
    let found = json(&["compare"], &["--b", "k1=0.4,b=0.2,n=20"]);
    let (a, b) = (eval(&[]), eval(&["--bm25-k1", "0.4", "--bm25-b", "0.2", "-n", "20"]));
    assert_eq!(found["queries"], a["collection"]["judged_queries"]);
    let metrics = found["metrics"].as_array().unwrap();
    for metric in metrics {
        let names: Vec<&str> = metric["metric"].as_str().unwrap().split(" | ").collect();
        let (first, last) = (names[0], names[names.len() - 1]);
        near(&metric["before"], &a["metrics"]["by_name"][first]["first"], first);
        near(&metric["after"], &b["metrics"]["by_name"][last]["first"], last);
    }
    assert!(metrics.iter().any(|metric| metric["metric"] == "R@50 | R@20"));
    let count = |report: &Value, fate: &str| {
        let golds = report["queries"].as_array().unwrap().iter().flat_map(|q| q["golds"].as_array().unwrap());
        golds.filter(|gold| gold["fate"] == fate).count()
    };
    let moved = |side: &str, fate: &str| -> u64 {
        let moves = found["fates"].as_array().unwrap().iter().filter(|moved| moved[side] == fate);
        moves.map(|moved| moved["golds"].as_u64().unwrap()).sum()
    };
    for fate in ["kept", "cut_at_n", "never_retrieved", "not_lifted"] {
        assert_eq!(moved("from", fate) as usize, count(&a, fate), "{fate} in A");
        assert_eq!(moved("to", fate) as usize, count(&b, fate), "{fate} in B");
    }
}

/// The same lists as settings, as a run and as a saved report: nothing differs.
#[test]
fn a_run_and_a_saved_report_are_sides_like_settings() {
    let folder = tempfile::tempdir().unwrap();
    let (saved, run_file) = (folder.path().join("before.json"), folder.path().join("before.run"));
    let written = on_sample(&["eval"], &["--no-tune", "--json", "--first-run", path(&run_file)], 0);
    std::fs::write(&saved, written).unwrap();
    for side in [path(&saved), path(&run_file)] {
        let found = json(&["compare"], &["--a", side, "--b", "now"]);
        assert_eq!(found["queries"], 161, "{side}");
        assert_eq!(found["changed"].as_array().unwrap().len(), 0, "{side}");
        assert!(found["metrics"].as_array().unwrap().len() >= 12);
        for metric in found["metrics"].as_array().unwrap() {
            assert_eq!(metric["ties"], 161, "{side}: {metric}");
        }
    }
    // Two saved reports need no collection at all.
    let other = folder.path().join("after.json");
    std::fs::write(&other, on_sample(&["eval"], &["--no-tune", "--json", "--bm25-b", "0"], 0)).unwrap();
    let output = run(&["compare", "--a", path(&saved), "--b", path(&other), "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!found["changed"].as_array().unwrap().is_empty());
}

/// Any kind of side against any other, in whatever order they are named.
#[test]
fn sides_and_the_collection_are_words_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (a, b, saved, qrels) = (at("a.run"), at("b.run"), at("a.json"), at("qrels"));
    let written = on_sample(&["eval"], &["--no-tune", "--json", "--first-run", &a], 0);
    std::fs::write(&saved, written).unwrap();
    on_sample(&["eval"], &["--no-tune", "--json", "--bm25-k1", ".4", "--first-run", &b], 0);
    std::fs::write(&qrels, on_sample(&["export"], &["--what", "qrels"], 0)).unwrap();
    let compare = |words: &[&str]| -> Value {
        let output = run(&[&["compare"], words, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let sample = sample();
    let means = |found: &Value| -> Vec<(Value, Value)> {
        let metrics = found["metrics"].as_array().unwrap().iter();
        metrics.map(|metric| (metric["before"].clone(), metric["after"].clone())).collect()
    };
    let settings = compare(&[&["k1=1.2,b=.75", "k1=.4", &sample], &BM25[..]].concat());
    let expected = means(&settings);
    assert!(expected.iter().any(|(before, after)| before != after), "{settings}");
    for words in [
        &[&sample, "now", "k1=.4"][..],
        &["k1=.4", &sample],
        &[&a, &sample, &b],
        &[&a, "k1=.4", &sample],
        &[&saved, &b, &sample],
        &[&sample, "--a", &saved, "--b", "k1=.4"],
    ] {
        let found = compare(&[words, &BM25[..]].concat());
        for ((before, after), (a, b)) in means(&found).iter().zip(&expected) {
            near(before, a, &format!("{words:?}"));
            near(after, b, &format!("{words:?}"));
        }
    }
    // Two runs and judgments are enough, and so is a run against a report of another one.
    for words in [&[&*a, &b, "--qrels", &qrels][..], &[&saved, &b, "--qrels", &qrels]] {
        let found = compare(words);
        assert_eq!(found["queries"], 161, "{words:?}");
        for ((before, after), (a, b)) in means(&found).iter().zip(&expected) {
            near(before, a, &format!("{words:?}"));
            near(after, b, &format!("{words:?}"));
        }
    }
    for (words, code, says) in [
        (&[&*sample][..], 2, "nothing to compare with"),
        (&["k1=.4", "no.such.run"], 2, "no setting and no file"),
        (&["k1=.4", "k9=.4"], 2, "k9"),
        (&["k1=.4", "k1=.5", "k1=.6"], 2, "more than two sides"),
        (&[&*a, &b, "--qrels", "no.such.qrels"], 3, "no.such.qrels"),
    ] {
        let output = run(&[&["compare"], words].concat());
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(says), "{words:?}: {}", text(&output.stderr));
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_drop_that_is_too_deep_ends_compare_with_1() {
    let worse = ["--b", "k=1,n=1"];
    on_sample(&["compare"], &[&worse[..], &["--max-drop", "r@50=0.9"]].concat(), 1);
    let deep =
        [&worse[..], &["--metrics", "nDCG@10", "--max-drop", "ndcg@10=0.01", "--significant"]].concat();
    let report = on_sample(&["compare"], &deep, 1);
    assert!(report.contains("NOT MET  ndcg@10 is"), "{report}");
    on_sample(&["compare"], &[&worse[..], &["--max-drop", "ndcg@10=0.9"]].concat(), 0);
}

#[test]
fn eval_ends_with_1_where_a_demand_is_not_met() {
    let bar = |value: &str| format!("ndcg@10={value}");
    let value = eval(&[])["metrics"]["by_name"]["nDCG@10"]["first"].as_f64().unwrap();
    let (reached, beyond) = (bar(&format!("{:.4}", value - 0.0001)), bar(&format!("{:.4}", value + 0.0002)));
    on_sample(&["eval"], &["--no-tune", "--min", &reached], 0);
    let report = on_sample(&["eval"], &["--no-tune", "--min", &reached, "--min", &beyond], 1);
    assert!(report.contains("NOT MET  ndcg@10 is") && report.contains("met      ndcg@10 is"), "{report}");
    // A metric that is not measured by itself is measured when it is demanded.
    on_sample(&["eval"], &["--no-tune", "--min", "p@3=0"], 0);
    let output = run(&["eval", &sample(), "--min", "hits@3=0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no such metric"));
}

#[test]
fn eval_is_held_against_a_saved_report() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.json");
    std::fs::write(&saved, on_sample(&["eval"], &["--no-tune", "--json"], 0)).unwrap();
    let gate = ["--no-tune", "--baseline", path(&saved), "--max-drop", "ndcg@10=0.01", "--significant"];
    on_sample(&["eval"], &gate, 0);
    let report =
        on_sample(&["eval"], &[&gate[..], &["--bm25-k1", "0", "--bm25-b", "1", "-n", "3"]].concat(), 1);
    assert!(report.contains("below the baseline on 161 queries"), "{report}");
    std::fs::write(&saved, "{}").unwrap();
    let output = run(&[&["eval", &sample()], &BM25[..], &gate].concat());
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("eval --json"), "{}", text(&output.stderr));
}

/// Trap: ranks of documents held against ranks of passages, as if a document were harder to find.
#[test]
fn judgments_of_documents_are_not_held_against_judgments_of_passages() {
    let folder = tempfile::tempdir().unwrap();
    let (passages, documents) = (folder.path().join("passages.json"), folder.path().join("documents.json"));
    let written = on_sample(&["eval"], &["--no-tune", "--json"], 0);
    let mut report: Value = serde_json::from_str(&written).unwrap();
    std::fs::write(&passages, written).unwrap();
    report["collection"]["judged_by"] = "document".into();
    std::fs::write(&documents, report.to_string()).unwrap();
    let baseline = ["--no-tune", "--baseline", path(&documents), "--max-drop", "ndcg@10=0.5"];
    for command in [
        vec!["compare", path(&passages), path(&documents)],
        [&["compare", path(&documents), "now", &sample()], &BM25[..]].concat(),
        [&["eval", &sample()], &BM25[..], &baseline].concat(),
    ] {
        let output = run(&command);
        assert_eq!(output.status.code(), Some(3), "{command:?}");
        let message = text(&output.stderr);
        assert!(message.contains("judges documents") && message.contains("--judged-by"), "{message}");
    }
}

#[test]
fn sweep_measures_each_setting_as_eval_does_and_chooses_the_best() {
    let found = json(&["sweep"], &["--over", "k1=0.4:1.2:0.4", "--over", "b=0,0.75"]);
    let cells = found["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 6);
    let at = |k1: &str, b: &str| {
        let cell = cells.iter().find(|cell| cell["values"] == serde_json::json!([k1, b]));
        cell.unwrap_or_else(|| panic!("no cell {k1} {b} in {found}"))
    };
    let value = |report: &Value| report["metrics"]["by_name"]["nDCG@10"]["first"].clone();
    near(&at("1.2", "0.75")["value"], &value(&eval(&[])), "the settings as they are");
    near(&found["current"], &value(&eval(&[])), "current");
    near(&at("0.4", "0")["value"], &value(&eval(&["--bm25-k1", "0.4", "--bm25-b", "0"])), "k1 .4, b 0");
    assert_eq!(at("1.2", "0.75")["is_current"], true);
    let best = cells.iter().map(|cell| cell["value"].as_f64().unwrap()).fold(0.0, f64::max);
    let in_sample = found["held_out"]["in_sample"].as_f64().unwrap();
    assert!((in_sample - best).abs() < 1e-9, "{in_sample} is not the best, {best}");
    let folds: u64 =
        found["held_out"]["chosen"].as_array().unwrap().iter().map(|c| c[1].as_u64().unwrap()).sum();
    assert_eq!(folds, 5);
}

/// Trap: recall at each setting's own N has another name at each N.
#[test]
fn sweep_writes_a_table_and_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("heat.svg");
    let more =
        ["--over", "n=5,20", "--over", "b=0,1", "--by", "R@10", "--format", "csv", "--svg", path(&svg)];
    let table = on_sample(&["sweep"], &more, 0);
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let columns: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(&columns[..2], ["n", "b"]);
    let recall = columns.iter().position(|column| column == "R@10").unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    let value = |row: usize| rows[row][recall].parse::<f64>().unwrap();
    assert!(value(2) > value(0), "more candidates, more recall: {rows:?}");
    let picture = std::fs::read_to_string(svg).unwrap();
    assert_eq!(picture.matches("<title>").count(), 5, "a title and four cells");
    assert!(picture.contains("n=20 b=1: "));
}

#[test]
fn a_grid_that_makes_no_sense_is_refused_before_the_work() {
    for (over, said) in
        [("alpha=0:1", "alpha"), ("colour=1,2", "colour"), ("n=0,5", "at least 1"), ("b=0:1:1e-9", "2000")]
    {
        let output = run(&["sweep", &sample(), "--over", over]);
        assert_eq!(output.status.code(), Some(2), "{over}");
        assert!(text(&output.stderr).contains(said), "{over}: {}", text(&output.stderr));
    }
}

#[test]
fn explain_tells_the_ranks_that_eval_tells_and_what_would_change_them() {
    let report = eval(&["-n", "5"]);
    let query = |fate: &str| -> (String, Value) {
        let queries = report["queries"].as_array().unwrap();
        let found = queries.iter().find_map(|query| {
            let gold = query["golds"].as_array().unwrap().iter().find(|gold| gold["fate"] == fate)?;
            Some((query["id"].as_str().unwrap().to_owned(), gold.clone()))
        });
        found.unwrap_or_else(|| panic!("no gold is {fate}"))
    };
    for fate in ["kept", "cut_at_n"] {
        let (id, gold) = query(fate);
        let passage = gold["passage"].as_str().unwrap();
        let found = json(&["explain", &id, passage], &["-n", "5"]);
        assert_eq!(found["fate"], fate);
        assert_eq!(found["fused"]["rank"], gold["ranks"]["fused"]);
        assert_eq!(found["legs"][0]["rank"], gold["ranks"]["bm25"]);
        let terms: f64 = found["bm25"]["terms"]
            .as_array()
            .unwrap()
            .iter()
            .map(|term| term["score"].as_f64().unwrap())
            .sum();
        let score = found["legs"][0]["score"].as_f64().unwrap();
        assert!((terms - score).abs() < 1e-3, "the parts {terms} are not the score {score}");
        assert_eq!(found["why_not"].is_null(), fate == "kept");
    }
    // What brings it in does.
    let (id, gold) = query("cut_at_n");
    let rank = gold["ranks"]["fused"].as_u64().unwrap();
    let found = json(&["explain", &id, gold["passage"].as_str().unwrap()], &["-n", &rank.to_string()]);
    assert!(found["why_not"].is_null(), "N = {rank} brings it in");
}

#[test]
fn any_text_and_any_passage_can_be_explained() {
    let shown = on_sample(&["explain", "is my toddler free on the boat", "en-014"], &[], 0);
    for said in ["read as en", "shared", "bm25", "a query of your own"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let output = run(&["explain", "q01", "en-01", &sample(), "--first", "bm25", "--rerank", "none"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("no passage \"en-01\"") && said.contains("en-010"), "{said}");
}

/// With the model: the parts of every stage.
#[test]
fn explain_follows_a_passage_through_both_stages() {
    ready();
    let report = eval_json(&sample(), &["--no-tune"]);
    let queries = report["queries"].as_array().unwrap();
    let (id, gold) = queries
        .iter()
        .find_map(|query| {
            let gold = query["golds"].as_array().unwrap().iter().find(|gold| gold["fate"] == "rescued")?;
            Some((query["id"].as_str().unwrap(), gold))
        })
        .unwrap();
    let output = run(&["explain", id, gold["passage"].as_str().unwrap(), &sample(), "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["fate"], "rescued");
    assert_eq!(found["delivered"]["rank"], gold["ranks"]["reranked"]);
    let shares: f64 = found["legs"].as_array().unwrap().iter().filter_map(|leg| leg["share"].as_f64()).sum();
    assert!((shares - found["fused"]["score"].as_f64().unwrap()).abs() < 1e-6);
    assert!(!found["token_pairs"].as_array().unwrap().is_empty());
    assert!(found["dense"]["exact_rank"].as_u64().is_some());
}

#[test]
fn search_prints_the_list_that_a_run_has() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run");
    on_sample(&["eval"], &["--no-tune", "--first-run", path(&file)], 0);
    let written = std::fs::read_to_string(file).unwrap();
    let top: Vec<&str> = written
        .lines()
        .filter(|line| line.starts_with("q01 "))
        .take(3)
        .map(|line| line.split(' ').nth(2).unwrap())
        .collect();
    let found = json(&["search", "q01"], &["-k", "3"]);
    let ids: Vec<&str> =
        found["first"].as_array().unwrap().iter().map(|row| row["passage"].as_str().unwrap()).collect();
    assert_eq!(ids, top);
    assert_eq!(found["reranked"].as_array().unwrap().len(), 0);
    let shown = on_sample(&["search", "ferry ticket \u{1b}[31m"], &[], 0);
    assert!(shown.contains("first stage, ") && !shown.contains('\u{1b}'), "{shown}");
    // With the model: a text that is asked for before the model is found still gets its vector.
    ready();
    let output = run(&["search", "when is the ferry", &sample(), "-k", "2", "--json"]);
    let both: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(both["reranked"].as_array().unwrap().len(), 2);
    assert!(!both["first"][0]["legs"][1].is_null() || !both["first"][1]["legs"][1].is_null(), "{both}");
    let output = run(&["search", "  ", &sample()]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn diagnose_asks_the_four_questions_and_says_what_to_do_first() {
    let found = json(&["diagnose"], &["--no-tune"]);
    assert_eq!(found["questions"].as_array().unwrap().len(), 4);
    assert_eq!(found["verdict"], eval(&[])["verdict"], "the verdict is that of eval");
    assert!(found["next"][0].as_str().unwrap().starts_with("fix the first stage"), "{}", found["next"]);
    let page = on_sample(&["diagnose"], &["--no-tune", "--format", "markdown"], 0);
    assert_eq!(page.matches("\n## ").count(), 6, "four questions, languages, next: {page}");
    assert_eq!(
        page.lines().filter(|line| line.starts_with("| ")).count(),
        1 + found["languages"].as_array().unwrap().len()
    );
}

#[test]
fn without_judgments_nothing_is_diagnosed_compared_or_swept() {
    let folder = small();
    std::fs::remove_dir_all(folder.path().join("qrels")).unwrap();
    let collection = path(folder.path());
    for command in [&["diagnose"][..], &["compare", "--b", "b=0"], &["sweep", "--over", "b=0,1"]] {
        let output = run(&[command, &[collection], &BM25].concat());
        assert_eq!(output.status.code(), Some(3), "{command:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains("no query of this collection is judged"));
    }
}

#[test]
fn doctor_tells_what_is_there_and_what_is_missing() {
    ready();
    let output = run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let state = |what: &str| {
        let findings = found["findings"].as_array().unwrap();
        findings.iter().find(|found| found["what"] == what).unwrap()["state"].clone()
    };
    assert_eq!(
        (state("ONNX Runtime"), state("model"), state("cache")),
        ("fine".into(), "fine".into(), "fine".into())
    );
    let output = run(&["doctor", "--model-dir", "/no/such/model"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stdout).contains("✗ model"), "{}", text(&output.stdout));
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    for (args, code, kind) in [
        (&["eval", "/no/such/folder", "--json"][..], 3, "input"),
        (&["validate", "--format", "json", "/no/such/folder"], 3, "input"),
        (&["eval", "--alpha", "2", "--json"], 2, "usage"),
        (&["eval", "--no-such-flag", "--json"], 2, "usage"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap_or_else(|e| panic!("{args:?}: {e}"));
        assert_eq!((&error["error"]["kind"], &error["error"]["exit_code"]), (&kind.into(), &code.into()));
    }
    let output = run(&["eval", "/no/such/folder"]);
    assert!(text(&output.stderr).starts_with("rankscope: "), "for a person it is a sentence");
}

/// Trap: `eval | head` that ends with a message about a broken pipe.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut command = crate::common::rankscope(&["eval", &sample(), "--no-tune", "--json"]);
    command.args(BM25).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}
