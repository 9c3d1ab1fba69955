use super::*;
use crate::corpus::JudgedPassage;
use crate::domain::QueryIdx;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn read_err(files: &[(&str, &[u8])]) -> String {
    let folder = folder(files);
    let error = read(folder.path(), &ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind.exit_code(), 3);
    error.to_string().replace(&folder.path().display().to_string(), "")
}

const P: (&str, &[u8]) =
    ("corpus.jsonl", b"{\"_id\": \"d1\", \"text\": \"one\"}\n{\"_id\": 2, \"text\": \"two\"}\n");
const Q: (&str, &[u8]) = ("queries.jsonl", b"{\"_id\": \"q1\", \"text\": \"uno\"}\n");

#[test]
fn numbers_are_ids_and_a_byte_order_mark_is_dropped() {
    let folder =
        folder(&[P, ("queries.jsonl", b"\xef\xbb\xbf{\"_id\": 7, \"text\": \"x\", \"lang\": \"ko\"}\r\n")]);
    let collection = read(folder.path(), &ReadOptions::default()).unwrap();
    assert_eq!(collection.passages[1].id, "2");
    assert_eq!(collection.queries[0].id, "7");
    assert_eq!(collection.queries[0].language.as_str(), "ko");
    assert_eq!(collection.judged_queries().count(), 0);
}

#[test]
fn bad_rows_name_their_line() {
    let bad = b"{\"_id\": \"d1\", \"text\": \"one\"}\n{\"_id\": \"d2\", \"text\n{\n";
    let message = read_err(&[("corpus.jsonl", bad)]);
    assert!(message.contains("corpus.jsonl:2: not valid JSON"), "{message}");
    assert!(message.contains("1 more bad line"), "{message}");
    assert!(message.contains("--skip-bad-rows"), "{message}");
    assert!(!message.contains("at line 1"), "serde's own position is not the file's: {message}");
    let message = read_err(&[("corpus.jsonl", b"{\"_id\": \"d1\"}")]);
    assert!(message.contains("corpus.jsonl:1: missing field `text`"), "{message}");
    let message = read_err(&[("corpus.jsonl", b"{\"_id\": \"d1\", \"text\": \"a\xff\"}")]);
    assert!(message.contains("corpus.jsonl:1: not valid UTF-8"), "{message}");
}

#[test]
fn duplicates_name_both_lines() {
    let twice = b"{\"_id\": \"d1\", \"text\": \"one\"}\n\n{\"_id\": \"d1\", \"text\": \"two\"}\n";
    let message = read_err(&[("corpus.jsonl", twice)]);
    assert!(
        message.contains("corpus.jsonl:3: passage id \"d1\" is there twice, first in line 1"),
        "{message}"
    );
}

#[test]
fn empty_files_and_texts_are_told() {
    assert!(read_err(&[("corpus.jsonl", b"")]).contains("no passage in this file"));
    assert!(read_err(&[P, ("queries.jsonl", b"")]).contains("no query in this file"));
    assert!(read_err(&[P, ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \" \"}")]).contains("empty text"));
    assert!(read_err(&[]).contains("no corpus.jsonl"));
    let missing = read(Path::new("/no/such/folder"), &ReadOptions::default()).unwrap_err();
    assert!(missing.to_string().contains("/no/such/folder: no such file or folder"));
}

#[test]
fn skipping_leaves_rows_out_and_says_so() {
    let folder = folder(&[("corpus.jsonl", b"{\"_id\": \"d1\", \"text\": \"one\"}\n{\n")]);
    let options = ReadOptions { skip_bad_rows: true, ..ReadOptions::default() };
    let collection = read(folder.path(), &options).unwrap();
    assert_eq!(collection.passages.len(), 1);
    assert!(collection.warnings[0].contains("1 bad rows of corpus.jsonl left out, first line 2"));
}

/// Trap: dropping a judgment of an unknown passage would make R smaller and recall higher.
#[test]
fn unknown_passages_stay_judged_and_unknown_queries_are_reported() {
    let qrels = b"query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\tgone\t1\nq9\td1\t1\n";
    let folder = folder(&[P, Q, ("qrels/test.tsv", qrels)]);
    let collection = read(folder.path(), &ReadOptions::default()).unwrap();
    let judged = collection.judgments(QueryIdx(0));
    assert_eq!(judged.len(), 2);
    assert_eq!(judged[1].passage, JudgedPassage::Missing("gone".into()));
    assert!(collection.warnings.iter().any(|w| w.contains("gone")), "{:?}", collection.warnings);
    assert!(collection.warnings.iter().any(|w| w.contains("q9")), "{:?}", collection.warnings);
}

#[test]
fn qrels_faults_name_their_line() {
    let message = read_err(&[P, Q, ("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\tmuch\n")]);
    assert!(message.contains("test.tsv:2:") && message.contains("\"much\""), "{message}");
    let message = read_err(&[P, Q, ("qrels/test.tsv", b"q1\td1\t1\nq1\td1\t2\n")]);
    assert!(message.contains("test.tsv:2:") && message.contains("judged twice"), "{message}");
    let message = read_err(&[P, Q, ("qrels/a.tsv", b"q1\td1\t1\n"), ("qrels/b.tsv", b"q1\td1\t1\n")]);
    assert!(message.contains("--split") && message.contains("a, b"), "{message}");
    let message = read_err(&[P, Q, ("qrels/test.tsv", b"")]);
    assert!(message.contains("no judgment in this file"), "{message}");
}
