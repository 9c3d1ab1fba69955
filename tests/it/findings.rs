//! Where standard output is no terminal, the program prints its findings and ends.

use crate::common::{rankscope, ready, run, sample, small, text};

#[test]
fn a_pipe_gets_the_findings_as_text() {
    ready();
    let output = run(&[&sample()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    assert!(out.starts_with("rankscope · sample_corpus · "), "{out}");
    for part in ["recall@50", "nDCG@10", "golds: ", "ja ", "zh-Hant"] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(!out.contains('\u{1b}'), "no escapes in a pipe");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = small();
    let mut child =
        rankscope(&["eval", folder.path().to_str().unwrap(), "--first", "bm25", "--rerank", "none"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty());
}

/// Trap: escapes and direction overrides in a corpus must not reach a terminal through the report.
#[test]
fn hostile_text_is_made_visible() {
    let folder = crate::common::collection(&[
        ("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"one\"}\n{\"_id\": \"b\", \"text\": \"two\"}\n"),
        (
            "queries.jsonl",
            "{\"_id\": \"q\\u001b]0;x\\u0007\", \"text\": \"three \\u202e\\u001b[2J\"}\n".as_bytes(),
        ),
        ("qrels/test.tsv", "q\u{1b}]0;x\u{7}\ta\t1\n".as_bytes()),
    ]);
    let output = run(&["eval", folder.path().to_str().unwrap(), "--first", "bm25", "--rerank", "none"]);
    let out = text(&output.stdout);
    assert!(out.contains("never retrieved"), "{out}");
    assert!(!out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{out:?}");
}
