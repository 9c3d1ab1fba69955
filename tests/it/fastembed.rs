//! Cross-encoders by fastembed: fetched from a hub by name, found again offline, loaded from a folder.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{eval_json, rankscope, ready, small, text};
use crate::fakes::{Asked, Fake, Reply};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const REPOSITORY: &str = "/BAAI/bge-reranker-base/resolve/main/";

fn model(name: &str) -> String {
    format!("{}/tests/models/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The hub's protocol, as far as fastembed's client uses it: a small graph under the name of a large model.
fn hub(asked: &Asked) -> Reply {
    let Some(file) = asked.target.strip_prefix(REPOSITORY) else { return Reply::status(404, "") };
    let read = |name: &str| std::fs::read(format!("{}/{name}", model("plain"))).unwrap();
    let bytes = match file {
        "onnx/model.onnx" => read("model.onnx"),
        "tokenizer.json" | "config.json" => read(file),
        "special_tokens_map.json" => b"{}".to_vec(),
        "tokenizer_config.json" => br#"{"model_max_length": 32, "pad_token": "[PAD]"}"#.to_vec(),
        _ => return Reply::status(404, ""),
    };
    let range = asked.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let (from, to) = range.unwrap_or(("0", ""));
    let from: usize = from.parse().unwrap();
    let to = to.parse().map_or(bytes.len(), |last: usize| last + 1).min(bytes.len());
    let headers = vec![
        ("content-range", format!("bytes {from}-{}/{}", to - 1, bytes.len())),
        ("etag", format!("\"{}\"", file.replace('/', "-"))),
        ("x-repo-commit", COMMIT.to_owned()),
    ];
    Reply::Full(206, headers, bytes[from..to].to_vec())
}

/// `eval` of the small collection by BM25 with that reranker.
fn eval(folder: &Path, plan: &str, home: &Path, endpoint: &str) -> Command {
    let folder = folder.to_str().unwrap();
    let mut command =
        rankscope(&["eval", folder, "--first", "bm25", "--rerank", plan, "--format", "json", "--quiet"]);
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(proxy);
    }
    command.env("HF_HOME", home).env("HF_ENDPOINT", endpoint).env_remove("HF_TOKEN");
    command
}

/// Traps: a name that is sent to the hub under `--offline`; one that is fetched again at each start; scores
/// of another model than our own session's.
#[test]
fn a_model_by_name_is_fetched_once_and_scores_as_our_own_session_does() {
    ready();
    let (folder, home) = (small(), tempfile::tempdir().unwrap());
    let fake = Fake::start(|asked, _| hub(asked));
    let plan = "fastembed:BAAI/bge-reranker-base";

    let offline = eval(folder.path(), plan, home.path(), &fake.url()).arg("--offline").output().unwrap();
    assert_eq!(offline.status.code(), Some(4));
    let said = text(&offline.stderr);
    assert!(said.contains("--offline") && said.contains("models pull bge-reranker-base"), "{said}");
    assert!(fake.asked().is_empty(), "nothing is asked of the hub");

    let fetched = eval(folder.path(), plan, home.path(), &fake.url()).output().unwrap();
    assert_eq!(fetched.status.code(), Some(0), "{}", text(&fetched.stderr));
    let report: Value = serde_json::from_slice(&fetched.stdout).unwrap();
    let own = eval_json(
        folder.path().to_str().unwrap(),
        &["--first", "bm25", "--rerank", &model("plain"), "--quiet"],
    );
    assert_eq!(report["metrics"], own["metrics"]);
    assert_eq!(report["settings"]["rerankers"][0]["name"], plan);
    let print = |report: &Value| report["settings"]["rerankers"][0]["fingerprint"].clone();
    assert_ne!(print(&report), print(&own), "scores of two runners are kept apart");

    let before = fake.asked().len();
    assert!(before > 0);
    let again = eval(folder.path(), plan, home.path(), &fake.url()).arg("--offline").output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(print(&again), print(&report));
    assert_eq!(fake.asked().len(), before);
}

#[test]
fn a_hub_that_has_not_got_it_is_told_with_another_way() {
    ready();
    let (folder, home) = (small(), tempfile::tempdir().unwrap());
    let fake = Fake::start(|_, _| Reply::status(404, ""));
    let plan = "fastembed:JINARerankerV1TurboEn";
    let output = eval(folder.path(), plan, home.path(), &fake.url()).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = text(&output.stderr);
    assert!(said.contains("fastembed cannot load fastembed:jina-reranker-v1-turbo-en"), "{said}");
    assert!(said.contains("models pull jina-reranker-v1-turbo-en"), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["metrics"]["reranked"], Value::Null);
}

#[test]
fn a_folder_is_loaded_by_fastembed_where_its_shape_allows() {
    ready();
    let (folder, home) = (small(), tempfile::tempdir().unwrap());
    let run = |name: &str| {
        eval(folder.path(), &format!("fastembed:{}", model(name)), home.path(), "http://127.0.0.1:1")
            .output()
            .unwrap()
    };
    let output = run("types");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let own = eval_json(
        folder.path().to_str().unwrap(),
        &["--first", "bm25", "--rerank", &model("types"), "--quiet"],
    );
    assert_eq!(report["metrics"], own["metrics"]);
    let refused = run("two-logits");
    assert_eq!(refused.status.code(), Some(4));
    assert!(text(&refused.stderr).contains("leave fastembed: out"), "{}", text(&refused.stderr));
}
