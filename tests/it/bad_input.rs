//! Wrong input gets one message that names the place, the exit code of its kind, and nothing on stdout.

use crate::common::{collection, rankscope, run, sample, small, text};

const CORPUS: (&str, &[u8]) =
    ("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"one\"}\n{\"_id\": \"b\", \"text\": \"two\"}\n");
const QUERIES: (&str, &[u8]) = ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"one\"}\n");
const QRELS: (&str, &[u8]) = ("qrels/test.tsv", b"q\ta\t1\n");

/// `eval` of a folder with these files fails with 3; the message is returned without the folder's name.
fn refused(files: &[(&str, &[u8])]) -> String {
    let folder = collection(files);
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    let output = run(&["eval", folder.path().to_str().unwrap(), "--first", "bm25", "--rerank", "none"]);
    let message = text(&output.stderr).replace(folder.path().to_str().unwrap(), "");
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(output.stdout.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before, "nothing is written");
    assert!(message.starts_with("rankscope: "), "{message}");
    message
}

#[test]
fn what_is_not_there_is_told() {
    let output = run(&["eval", "/no/such/collection"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("/no/such/collection: no such file or folder"));
    let output = run(&["/no/such/collection"]);
    assert_eq!(output.status.code(), Some(3), "the screen says the same");
}

#[test]
fn a_folder_without_a_corpus_says_what_belongs_there() {
    assert!(refused(&[QUERIES]).contains("no corpus.jsonl"));
}

#[test]
fn malformed_lines_are_named() {
    let message =
        refused(&[("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"one\"}\n{oops\n"), QUERIES, QRELS]);
    assert!(message.contains("corpus.jsonl:2: not valid JSON"), "{message}");
    let message = refused(&[CORPUS, ("queries.jsonl", b"{\"_id\": \"q\"}\n"), QRELS]);
    assert!(message.contains("queries.jsonl:1: missing field `text`"), "{message}");
    let message = refused(&[CORPUS, QUERIES, ("qrels/test.tsv", b"q\ta\tyes\nq\tb\tno\n")]);
    assert!(message.contains("test.tsv:"), "{message}");
}

#[test]
fn duplicate_ids_name_both_lines() {
    let twice = b"{\"_id\": \"a\", \"text\": \"one\"}\n{\"_id\": \"a\", \"text\": \"two\"}\n";
    let message = refused(&[("corpus.jsonl", twice), QUERIES, QRELS]);
    assert!(message.contains("corpus.jsonl:2") && message.contains("first in line 1"), "{message}");
}

#[test]
fn empty_files_and_broken_encodings_are_told() {
    assert!(refused(&[("corpus.jsonl", b""), QUERIES, QRELS]).contains("no passage in this file"));
    assert!(refused(&[CORPUS, ("queries.jsonl", b"\n"), QRELS]).contains("no query in this file"));
    assert!(refused(&[CORPUS, QUERIES, ("qrels/test.tsv", b"")]).contains("no judgment in this file"));
    let message = refused(&[("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"\xe4\xb8\"}\n"), QUERIES, QRELS]);
    assert!(message.contains("corpus.jsonl:1: not valid UTF-8"), "{message}");
}

/// Trap: a terminal escape in a file must not reach the terminal by way of an error message.
#[test]
fn hostile_text_in_an_error_is_made_visible() {
    let corpus =
        "{\"_id\": \"a\\u001b[31m\", \"text\": \"x\"}\n{\"_id\": \"a\\u001b[31m\", \"text\": \"y\"}\n";
    let message = refused(&[("corpus.jsonl", corpus.as_bytes()), QUERIES, QRELS]);
    assert!(!message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn wrong_values_are_wrong_use() {
    for args in [
        vec!["eval", "x", "--first", "sparse"],
        vec!["eval", "x", "--rerank", "magic"],
        vec!["eval", "x", "--format", "xml"],
        vec!["eval", "x", "--alpha", "1.5"],
        vec!["eval", "x", "-n", "0"],
        vec!["eval", "x", "--alpha", "half"],
        vec!["eval", "x", "--no-such-option"],
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
    let output = run(&["eval", &sample(), "--rerank", "none", "--reranked-run", "/tmp/never-written"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_run_file_that_cannot_be_written_is_told_and_the_folder_stays_as_it_was() {
    let folder = small();
    let collection = folder.path().to_str().unwrap();
    let bm25 = ["--first", "bm25", "--rerank", "none"];
    let output = run(&[&["eval", collection, "--first-run", "/no/such/folder/run.txt"], &bm25[..]].concat());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
}

#[test]
fn a_cache_folder_that_cannot_be_made_is_told() {
    let folder = small();
    let file = folder.path().join("corpus.jsonl");
    let inside = file.join("cache");
    let output = rankscope(&["eval", folder.path().to_str().unwrap(), "--first", "bm25", "--rerank", "none"])
        .env("RANKSCOPE_CACHE_DIR", &inside)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("--cache-dir"));
}
