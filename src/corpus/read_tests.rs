use super::*;
use crate::corpus::JudgedPassage;
use crate::domain::{DocIdx, JudgedBy, QueryIdx};

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
    let rows: Vec<usize> = collection.left_out.bad_rows.first.iter().map(|row| row.line).collect();
    assert_eq!(rows, [2]);
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
    assert_eq!(collection.left_out.unknown_queries.first, ["q9"]);
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

#[test]
fn judgments_are_of_documents_where_no_id_is_a_passages() {
    const CUT: (&str, &[u8]) = (
        "corpus.jsonl",
        b"{\"_id\": \"d#1\", \"text\": \"one\"}\n{\"_id\": \"d#2\", \"text\": \"two\"}\n{\"_id\": \"e#1\", \"text\": \"three\"}\n",
    );
    let by = |qrels: &[u8], judged_by| {
        let folder = folder(&[CUT, Q, ("qrels/test.tsv", qrels)]);
        read(folder.path(), &ReadOptions { judged_by, ..ReadOptions::default() }).unwrap()
    };
    let documents = by(b"q1\td\t2\nq1\tgone\t1\n", None);
    assert_eq!(documents.judged_by, JudgedBy::Document);
    assert_eq!(documents.grade(QueryIdx(0), DocIdx(1)), Some(2), "every passage of it");
    assert_eq!(documents.grade(QueryIdx(0), DocIdx(2)), None);
    assert!(documents.warnings.iter().any(|w| w.contains("2 of 3 passages")), "{:?}", documents.warnings);
    let mixed = by(b"q1\td\t2\nq1\te#1\t1\n", None);
    assert_eq!(mixed.judged_by, JudgedBy::Passage);
    assert!(mixed.warnings.iter().any(|w| w.contains("--judged-by document")), "{:?}", mixed.warnings);
    assert_eq!(by(b"q1\td#1\t2\n", Some(JudgedBy::Document)).grade(QueryIdx(0), DocIdx(0)), None);
    let nothing = folder(&[P, Q, ("qrels/test.tsv", b"q1\td1\t1\n")]);
    let asked = ReadOptions { judged_by: Some(JudgedBy::Document), ..ReadOptions::default() };
    assert!(read(nothing.path(), &asked).unwrap_err().to_string().contains("no passage names its document"));
}

/// Trap: documents in the order of their passages' ids are not in that of their own: `a#1` comes before
/// `a!#1`, and `a` after `a!`.
#[test]
fn equal_scores_go_by_the_documents_ids_where_documents_are_judged() {
    const CUT: (&str, &[u8]) =
        ("corpus.jsonl", b"{\"_id\": \"a#1\", \"text\": \"x\"}\n{\"_id\": \"a!#1\", \"text\": \"x\"}\n");
    let order = |qrels: &[u8]| {
        let folder = folder(&[CUT, Q, ("qrels/test.tsv", qrels)]);
        read(folder.path(), &ReadOptions::default()).unwrap().tie_order
    };
    assert_eq!(*order(b"q1\ta#1\t1\n"), [0, 1]);
    assert_eq!(*order(b"q1\ta\t1\n"), [1, 0]);
}

proptest::proptest! {
    /// Whatever a file holds, reading it ends, with an error that names it or with passages that have ids.
    #[test]
    fn nothing_breaks_a_reader(
        bytes in proptest::collection::vec(
            proptest::prop_oneof![proptest::prelude::any::<u8>(), proptest::sample::select(&b"{}[]\":,\t\n<>/DOC# -\xc3\xa9"[..])],
            0..200,
        ),
        format in proptest::sample::select(&Format::ALL[..]),
        told in proptest::prelude::any::<bool>(),
    ) {
        let folder = folder(&[("x", &bytes)]);
        let options = ReadOptions { format: told.then_some(format), ..ReadOptions::default() };
        match read(&folder.path().join("x"), &options) {
            Ok(collection) => proptest::prop_assert!(collection.passages.iter().all(|p| !p.id.trim().is_empty())),
            Err(error) => proptest::prop_assert!(error.place.is_some(), "{error}"),
        }
    }

    /// What is written as JSON lines is what is read.
    #[test]
    fn json_lines_come_back_as_they_were(
        rows in proptest::collection::hash_map("[a-z#\"é]{1,4}", ("\\PC{0,10}", "\\PC{0,20}"), 1..8),
    ) {
        let line = |(id, (title, text)): (&String, &(String, String))| {
            serde_json::json!({"_id": id, "title": title, "text": text}).to_string() + "\n"
        };
        let written: String = rows.iter().map(line).collect();
        let folder = folder(&[("corpus.jsonl", written.as_bytes())]);
        let collection = read(folder.path(), &ReadOptions::default()).unwrap();
        proptest::prop_assert_eq!(collection.passages.len(), rows.len());
        for passage in collection.passages.iter() {
            proptest::prop_assert_eq!(&rows[&passage.id], &(passage.title.clone(), passage.text.clone()));
        }
    }
}
