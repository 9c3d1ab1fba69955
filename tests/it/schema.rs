//! `docs/eval.schema.json` is what `eval --format json` writes: real reports of several kinds are held
//! against it, and a report with one field more or one less is not taken.

use serde_json::{Value, json};

use crate::common::{collection, eval_json, run, sample, small};

fn schema() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/eval.schema.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn faults(report: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    validator.iter_errors(report).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

fn holds(report: &Value) {
    let faults = faults(report);
    assert!(faults.is_empty(), "docs/eval.schema.json does not describe this: {}", faults.join("\n"));
}

/// Every object within, by its path.
fn objects(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(path.clone());
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                objects(field, format!("{path}/{name}"), found);
            }
        }
        // One of a list stands for the others.
        Value::Array(items) => {
            if let Some(first) = items.first() {
                objects(first, format!("{path}/0"), found);
            }
        }
        _ => {}
    }
}

/// Objects whose fields are names of the collection's or of the settings' making.
fn is_a_map(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    ["by_name", "weights", "cost", "ranks", "legs"].contains(&last)
}

/// Trap: a schema that lets anything through. Every object of a real report is given a field more.
#[test]
fn the_schema_describes_reports_and_no_more() {
    let report = eval_json(&sample(), &[]);
    holds(&report);
    let mut paths = Vec::new();
    objects(&report, String::new(), &mut paths);
    assert!(paths.len() > 60, "{} objects", paths.len());
    let small_copy = |report: &Value| {
        let mut copy = report.clone();
        for list in ["queries", "languages"] {
            copy[list].as_array_mut().unwrap().truncate(1);
        }
        copy
    };
    let report = small_copy(&report);
    let mut refused = 0;
    for path in paths.iter().filter(|path| !is_a_map(path)) {
        let Some(object) = report.pointer(path).and_then(Value::as_object) else { continue };
        let mut more = report.clone();
        more.pointer_mut(path).unwrap()["made_up"] = json!(1);
        assert!(!faults(&more).is_empty(), "a field more in {path:?} was taken");
        if let Some(name) = object.keys().next() {
            let mut less = report.clone();
            less.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(name);
            assert!(!faults(&less).is_empty(), "{path:?} without {name} was taken");
        }
        refused += 1;
    }
    assert!(refused > 40, "{refused} objects");
}

#[test]
fn other_kinds_of_reports_hold_too() {
    for args in [
        &["--fusion", "qdrant-rrf", "--ann", "--ann-ef", "20", "-n", "10", "--budget-ms", "100"][..],
        &[
            "--first",
            "bm25",
            "--rerank",
            "none",
            "--metrics",
            "P(rel=2)@3,RBP(p=0.95)",
            "--average",
            "intersection",
        ],
        &["--rerank", "late-interaction@30 > late-interaction@5", "--threshold", "0.2", "--bm25-k1", "0.9"],
    ] {
        holds(&eval_json(&sample(), args));
    }
    let bm25 = ["--leg", "bm25", "--rerank", "none"];
    holds(&eval_json(small().path().to_str().unwrap(), &bm25));
    holds(&eval_json(&format!("{}/tests/hostile", env!("CARGO_MANIFEST_DIR")), &bm25));
    let unjudged = collection(&[
        (
            "corpus.jsonl",
            b"{\"_id\": \"a\", \"text\": \"one\"}\n{\"_id\": \"b\", \"text\": \"two\"}\n".as_slice(),
        ),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"one\"}\n"),
    ]);
    let report = eval_json(unjudged.path().to_str().unwrap(), &bm25);
    assert!(report["judgment_holes"].is_null());
    assert_eq!((&report["collection"]["judged_by"], &report["gate"]), (&json!("passage"), &Value::Null));
    holds(&report);
}

/// Trap: a script that reads the JSON cannot see what the text and the exit code say.
#[test]
fn a_report_says_what_was_demanded_and_what_was_judged() {
    let documents = collection(&[
        (
            "corpus.jsonl",
            b"{\"_id\": \"a#1\", \"text\": \"one ferry\"}\n{\"_id\": \"a#2\", \"text\": \"two\"}\n{\"_id\": \"b#1\", \
              \"text\": \"three\"}\n"
                .as_slice(),
        ),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"ferry\"}\n"),
        ("qrels/test.tsv", b"q\ta\t1\n"),
    ]);
    let folder = documents.path().to_str().unwrap();
    let bm25 = ["--leg", "bm25", "--rerank", "none", "--json", "--no-tune"];
    let eval = |more: &[&str]| -> (Option<i32>, Value) {
        let output = run(&[&["eval", folder], &bm25[..], more].concat());
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    };
    let (code, report) = eval(&["--min", "rr@10=1", "--min", "first:p@5=0.9"]);
    holds(&report);
    assert_eq!(code, Some(1));
    assert_eq!(
        (&report["collection"]["judged_by"], &report["collection"]["documents"]),
        (&json!("document"), &json!(2))
    );
    let gate = &report["gate"];
    assert_eq!(gate["met"], false);
    let demands = gate["demands"].as_array().unwrap();
    assert_eq!(demands[0]["met"], true, "{gate}");
    for (field, value) in
        [("kind", json!("min")), ("metric", json!("first:p@5")), ("bound", json!(0.9)), ("met", json!(false))]
    {
        assert_eq!(demands[1][field], value, "{gate}");
    }
    assert_eq!(demands[1]["found"], report["metrics"]["by_name"]["P@5"]["first"], "the number of the report");
    assert!(demands[1]["answer"].as_str().unwrap().contains("below the 0.9 demanded"), "{gate}");
    let baseline = documents.path().join("baseline.json");
    std::fs::write(&baseline, report.to_string()).unwrap();
    let (code, report) =
        eval(&["--baseline", baseline.to_str().unwrap(), "--max-drop", "rr@10=0.1", "--significant"]);
    holds(&report);
    assert_eq!((code, &report["gate"]["met"]), (Some(0), &json!(true)));
    let drop = &report["gate"]["demands"][0];
    assert_eq!(
        (&drop["kind"], &drop["before"], &drop["found"]),
        (&json!("max_drop"), &json!(1.0), &json!(1.0)),
        "{drop}"
    );
    assert!(drop["p"].is_number(), "{drop}");
}
