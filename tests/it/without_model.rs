//! Without ONNX Runtime, or with a wrong one, the program goes on with BM25, says so, and does not hang.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{rankscope, shared, small, text};

/// `eval` with this library in place of ONNX Runtime: the report, the message.
fn with_library(library: &std::path::Path) -> (Value, String) {
    let folder = small();
    let cache = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let output = rankscope(&["eval", folder.path().to_str().unwrap(), "--format", "json", "--offline"])
        .env("RANKSCOPE_CACHE_DIR", cache.path())
        .env("ORT_DYLIB_PATH", library)
        .output()
        .unwrap();
    assert!(start.elapsed() < Duration::from_secs(60), "it must not hang");
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{message}");
    (serde_json::from_slice(&output.stdout).unwrap(), message)
}

fn is_bm25_alone(report: &Value) {
    assert_eq!(report["settings"]["first"], "hybrid");
    assert_eq!(report["settings"]["first_ran"], "bm25");
    assert!(report["metrics"]["first"]["recall@50"].is_number());
    assert!(report["metrics"]["reranked"].is_null());
    let gold = &report["queries"][0]["golds"][0];
    assert_eq!(gold["ranks"]["bm25"], 1);
    assert!(gold["fate"].is_null(), "a rerank that did not run gives no fate");
    assert!(report["warnings"].to_string().contains("bm25 alone"));
}

#[test]
fn a_missing_library_is_named() {
    let (report, message) = with_library(std::path::Path::new("/no/such/libonnxruntime.so"));
    is_bm25_alone(&report);
    assert!(
        message.contains("/no/such/libonnxruntime.so") && message.contains("ORT_DYLIB_PATH"),
        "{message}"
    );
}

#[test]
fn a_file_that_is_no_library_is_named() {
    let file = shared("wrong").join("libonnxruntime.so");
    std::fs::write(&file, "this is text").unwrap();
    let (report, message) = with_library(&file);
    is_bm25_alone(&report);
    assert!(message.contains("libonnxruntime.so"), "{message}");
}

/// A real library cut short ends a process that loads it; the program must notice before.
#[test]
fn a_truncated_library_is_noticed_before_it_is_loaded() {
    crate::common::ready();
    let Some(library) = find_library(&shared("runtime")) else {
        println!("skipped: ONNX Runtime came from elsewhere, not from the cache folder");
        return;
    };
    let bytes = std::fs::read(library).unwrap();
    let file = shared("truncated").join("libonnxruntime.so");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let (report, _) = with_library(&file);
    is_bm25_alone(&report);
}

fn find_library(folder: &std::path::Path) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true => find_library(&path),
            false => path.file_name()?.to_str()?.contains("onnxruntime.").then_some(path),
        }
    })
}

#[test]
fn a_missing_model_folder_is_named() {
    let folder = small();
    let collection = folder.path().to_str().unwrap();
    let output =
        rankscope(&["eval", collection, "--model-dir", "/no/such/model", "--offline"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("/no/such/model"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("first stage bm25 instead of hybrid"));
}

#[test]
fn bm25_alone_needs_no_model_at_all() {
    let folder = small();
    let collection = folder.path().to_str().unwrap();
    let args = ["eval", collection, "--first", "bm25", "--rerank", "none", "--model-dir", "/no/such/model"];
    let output = rankscope(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
