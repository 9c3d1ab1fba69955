//! Every way in, through the real command: formats, packing, queries and judgments from elsewhere, runs
//! without texts, judgments of documents, what is said of bad input, and stopping half way.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::{collection, rankscope, ready, run, text};

const BM25: [&str; 4] = ["--leg", "bm25", "--rerank", "none"];

/// `eval --format json` in a folder.
fn eval_in(folder: &Path, args: &[&str]) -> Value {
    let output =
        rankscope(&[&["eval", "--format", "json"], args].concat()).current_dir(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The message of an `eval` that ends with 3.
fn refused_in(folder: &Path, args: &[&str]) -> String {
    let output = rankscope(&[&["eval"], args].concat()).current_dir(folder).output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{args:?}: {message}");
    message
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn warnings(report: &Value) -> String {
    report["warnings"].to_string()
}

/// Three passages in every format; the second query's gold is the second passage.
const JSONL: &str = "{\"id\": \"p1\", \"text\": \"the harbour opens at six\"}\n{\"id\": \"p2\", \"text\": \"dogs travel on \
                     deck\"}\n{\"id\": \"p3\", \"text\": \"meals are served\"}\n";
const CSV: &str = "id,text\np1,the harbour opens at six\np2,\"dogs travel\non deck\"\np3,meals are served\n";
const TSV: &str = "p1\tthe harbour opens at six\np2\tdogs travel on deck\np3\tmeals are served\n";
const TREC: &str = "<DOC><DOCNO>p1</DOCNO><TEXT>the harbour opens at six</TEXT></DOC>\n<DOC>\n<DOCNO> p2 \
                    </DOCNO>\n<TEXT>\ndogs travel on deck\n</TEXT>\n</DOC>\n<DOC><DOCNO>p3</DOCNO><TEXT>meals are \
                    served</TEXT></DOC>\n";
const QUERIES: &str = "qid\tquery\nq1\twhen does the harbour open\nq2\tmay dogs travel\n";
const QRELS: &str = "q1 0 p1 1\nq2 0 p2 1\n";

/// Trap: a format that is told from the name, so that a file of another name is read as something else.
#[test]
fn one_collection_in_four_formats_packed_or_not_gives_the_same_report() {
    let mut reports = Vec::new();
    for passages in [JSONL, CSV, TSV, TREC] {
        for packed in [false, true] {
            let bytes = if packed { gzip(passages.as_bytes()) } else { passages.as_bytes().to_vec() };
            let folder = collection(&[
                ("passages", &bytes),
                ("queries", &gzip(QUERIES.as_bytes())),
                ("qrels", QRELS.as_bytes()),
            ]);
            let args =
                [&["passages", "--queries", "queries", "--qrels", "qrels", "-n", "2"], &BM25[..]].concat();
            let report = eval_in(folder.path(), &args);
            assert_eq!(report["collection"]["passages"], 3, "{passages}");
            reports.push((report["queries"].clone(), report["metrics"].clone()));
        }
    }
    assert!(reports.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(!reports[0].1.is_null());
}

#[test]
fn standard_input_is_a_collection() {
    let mut child = rankscope(&[&["eval", "-", "--format", "json"], &BM25[..]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&gzip(b"{\"text\": \"one\"}\n{\"text\": \"two\"}\n")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["collection"]["passages"], 2);
    assert!(warnings(&report).contains("lines' numbers are the ids"), "{report}");
}

#[test]
fn a_file_alone_has_nothing_to_measure_and_says_what_to_give() {
    let folder = collection(&[("notes.jsonl", JSONL.as_bytes())]);
    let file = folder.path().join("notes.jsonl");
    let output = run(&[&["eval", file.to_str().unwrap()], &BM25[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("--queries FILE and --qrels FILE"), "{said}");
}

#[test]
fn a_folder_of_markdown_is_searched_by_its_sections() {
    let folder = collection(&[
        ("docs/guide/boats.md", b"# Boats\n\nTwo decks.\n\n## Dogs\n\nDogs travel on deck.\n"),
        ("docs/.hidden/no.md", b"# No\n\nDogs.\n"),
        ("docs/picture.png", b"\x89PNG\0\0"),
        ("queries.txt", b"where do dogs travel\n"),
        ("qrels.txt", b"1 0 guide/boats.md#dogs-1 1\n"),
    ]);
    let args = [&["docs", "--queries", "queries.txt", "--qrels", "qrels.txt"], &BM25[..]].concat();
    let report = eval_in(folder.path(), &args);
    assert_eq!(report["collection"]["passages"], 2);
    assert_eq!(report["queries"][0]["golds"][0]["ranks"]["fused"], 1, "{}", report["queries"]);
    assert!(warnings(&report).contains("1 files of docs are no Markdown"), "{}", warnings(&report));
}

const RUN_A: &str = "q1 Q0 d1 1 9 a\nq1 Q0 d2 2 8 a\nq1 Q0 d3 3 7 a\nq2 Q0 d3 1 5 a\n";
const RUN_B: &str = "q1 Q0 d4 1 0.9 b\nq1 Q0 d3 2 0.8 b\n";

/// Runs and judgments alone: no collection, no text, no model.
#[test]
fn runs_and_judgments_are_enough_by_themselves() {
    let folder = collection(&[
        ("a.run", RUN_A.as_bytes()),
        ("b.run.gz", &gzip(RUN_B.as_bytes())),
        ("qrels", b"q1 0 d3 2\nq1 0 d9 1\nq2 0 d1 1\n"),
    ]);
    let legs = ["--qrels", "qrels", "--leg", "bm25=a.run", "--leg", "b=b.run.gz"];
    let report = eval_in(folder.path(), &legs);
    assert_eq!(report["collection"]["judged_queries"], 2);
    let golds = &report["queries"][0]["golds"];
    // RRF: d3 has 1/63 + 1/62, the others one share each.
    assert_eq!((&golds[0]["passage"], &golds[0]["ranks"]["fused"]), (&"d3".into(), &1.into()), "{golds}");
    assert_eq!(golds[1]["fate"], "never_retrieved", "the corpus is not known: nothing is missing from it");
    let first = rankscope(&[&["eval", "--first-run", "out.run"], &legs[..]].concat())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let again = eval_in(folder.path(), &["--qrels", "qrels", "--leg", "x=out.run"]);
    assert_eq!(again["metrics"]["first"], report["metrics"]["first"], "the exported run is the fused list");
    // Read for its ids first, then as a leg.
    let piped = rankscope(&["eval", "--qrels", "qrels", "--leg", "x=-", "--format", "json"])
        .current_dir(folder.path())
        .stdin(std::fs::File::open(folder.path().join("out.run")).unwrap())
        .output()
        .unwrap();
    assert_eq!(piped.status.code(), Some(0), "{}", text(&piped.stderr));
    let piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
    assert_eq!(piped["metrics"], again["metrics"]);
}

#[test]
fn without_texts_nothing_is_asked_that_needs_them() {
    let folder = collection(&[("a.run", RUN_A.as_bytes()), ("qrels", b"q1 0 d3 2\n")]);
    for (args, says) in [
        (&["--qrels", "qrels"][..], "neither a collection nor a run"),
        (&["--qrels", "qrels", "--leg", "a=a.run", "--leg", "dense"], "no texts to search"),
        (
            &["--qrels", "qrels", "--leg", "a=a.run", "--rerank", "late-interaction"],
            "no texts that it could score",
        ),
    ] {
        let output = rankscope(&[&["eval"], args].concat()).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
    }
}

/// Out as TREC files and in again without any text: the same judgments, the same list, the same metrics.
#[test]
fn what_is_exported_comes_back_as_it_was() {
    let folder = collection(&[
        ("c/corpus.jsonl", JSONL.as_bytes()),
        ("c/queries.tsv", QUERIES.as_bytes()),
        ("c/qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq1\tp1\t2\nq1\tgone\t1\nq2\tp2\t1\nq2\tp3\t0\n"),
    ]);
    let export = |from: &[&str], what: &str| -> String {
        let args = [&["export"], from, &["--what", what]].concat();
        let output = rankscope(&args).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    let texts = [&["c"], &BM25[..]].concat();
    let (qrels, list) = (export(&texts, "qrels"), export(&texts, "first-run"));
    assert_eq!((qrels.lines().count(), list.is_empty()), (4, false));
    std::fs::write(folder.path().join("out.qrels"), &qrels).unwrap();
    std::fs::write(folder.path().join("out.run"), gzip(list.as_bytes())).unwrap();
    let ids = ["--qrels", "out.qrels", "--leg", "bm25=out.run"];
    assert_eq!((export(&ids, "qrels"), export(&ids, "first-run")), (qrels, list));
    let (before, after) = (eval_in(folder.path(), &texts), eval_in(folder.path(), &ids));
    assert_eq!(before["metrics"]["first"], after["metrics"]["first"]);
    // Other judgments in place of the collection's own.
    std::fs::write(folder.path().join("other"), "q1 0 p3 1\n").unwrap();
    let other = eval_in(folder.path(), &[&texts[..], &["--qrels", "other"]].concat());
    assert_eq!(other["collection"]["judged_queries"], 1);
}

/// Trap: passing what the run does not have through as if it were scored low, or losing it.
#[test]
fn a_reranked_run_is_a_second_stage() {
    let folder = collection(&[
        ("a.run", RUN_A.as_bytes()),
        ("reranked.run", b"q1 Q0 d3 1 3 r\nq1 Q0 d2 2 2 r\nq1 Q0 d7 3 1 r\nq2 Q0 d3 1 1 r\n"),
        ("qrels", b"q1 0 d3 1\nq2 0 d3 1\n"),
    ]);
    let args = ["--qrels", "qrels", "--leg", "a=a.run", "--reranked", "reranked.run", "-k", "2"];
    let report = eval_in(folder.path(), &args);
    let golds = &report["queries"][0]["golds"];
    assert_eq!(
        (&golds[0]["ranks"]["fused"], &golds[0]["ranks"]["reranked"]),
        (&3.into(), &1.into()),
        "{golds}"
    );
    assert_eq!(golds[0]["fate"], "rescued");
    assert!(
        warnings(&report).contains("1 passages, in 1 queries, that are not among the first N"),
        "{report}"
    );
    let missing =
        refused_in(folder.path(), &["--qrels", "qrels", "--leg", "a=a.run", "--reranked", "no.run"]);
    assert!(missing.contains("no.run"), "{missing}");
}

/// One text cut in two ways; the judgments are of documents, so the two can be held against each other.
#[test]
fn judgments_of_documents_measure_passages_by_their_documents() {
    let coarse = "q1 Q0 x#1 1 9 a\nq1 Q0 y#1 2 8 a\nq1 Q0 z#1 3 7 a\n";
    let fine = "q1 Q0 x#1 1 9 a\nq1 Q0 x#2 2 8.5 a\nq1 Q0 x#3 3 8.2 a\nq1 Q0 y#1 4 8 a\nq1 Q0 z#2 5 7 a\nq1 Q0 y#2 6 6 a\n";
    let folder = collection(&[
        ("coarse", coarse.as_bytes()),
        ("fine", fine.as_bytes()),
        ("qrels", b"q1 0 y 1\nq1 0 z 0\nq1 0 w 1\n"),
    ]);
    let eval = |leg: &str, more: &[&str]| {
        let args =
            [&["--qrels", "qrels", "--leg", leg, "--metrics", "RR,P@2,nDCG@3,Judged@3"], more].concat();
        eval_in(folder.path(), &args)
    };
    let (coarse, fine) = (eval("a=coarse", &[]), eval("a=fine", &[]));
    assert_eq!(
        coarse["metrics"]["by_name"], fine["metrics"]["by_name"],
        "the same documents in the same order"
    );
    assert!(fine.to_string().contains("the judgments name documents"), "{}", warnings(&fine));
    let golds = &fine["queries"][0]["golds"];
    assert_eq!(golds[0]["ranks"]["fused"], 4, "the place of its best passage in the list of passages");
    // N counts passages: y is not among the first three, though it is the second document.
    assert_eq!(eval("a=fine", &["-n", "3"])["queries"][0]["golds"][0]["fate"], "cut_at_n");
    // k counts documents: y is the second of them.
    assert_eq!(eval("a=fine", &["-k", "2"])["queries"][0]["golds"][0]["fate"], "kept");
    assert_eq!(eval("a=fine", &["-k", "1"])["queries"][0]["golds"][0]["fate"], "not_lifted");
    // Read as passages nothing is known of any judgment.
    let passages = eval("a=fine", &["--judged-by", "passage"]);
    assert_eq!(passages["queries"][0]["golds"][0]["fate"], "never_retrieved");
    // Two runs of documents come out of it.
    let out = rankscope(&["eval", "--qrels", "qrels", "--leg", "a=fine", "--first-run", "out"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let exported = std::fs::read_to_string(folder.path().join("out")).unwrap();
    let docs: Vec<&str> = exported.lines().map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!(docs, ["x", "y", "z"]);
}

#[test]
fn bad_input_names_its_file_and_line_and_what_to_do() {
    let gz = gzip(JSONL.repeat(2000).replace("p1", "p9").as_bytes());
    for (name, content, says) in [
        (
            "p.jsonl",
            &b"{\"id\": \"a\", \"text\": \"x\"}\n{\"id\": \" \", \"text\": \"y\"}\n"[..],
            "p.jsonl:2: the id is empty",
        ),
        (
            "p.jsonl",
            b"{\"id\": \"a\", \"text\": \"x\"}\n{\"id\": \"b\", \"text\": \"caf\xe9\"}\n",
            "iconv -f LATIN1",
        ),
        ("p.jsonl", b"[{\"id\": \"a\"}]\n", "jq -c"),
        ("p.csv", b"id,text\na,x\nb,y,z\n", "p.csv:3: 3 columns where the first row has 2"),
        ("p.csv", b"number,words\n1,x\n", "--fields id=NAME,text=NAME"),
        ("p.gz", &gz[..gz.len() / 2], "ends early"),
        ("p.trec", b"<DOC>\n<TEXT>x</TEXT>\n</DOC>\n", "p.trec:1: missing field"),
        ("p", b"\xff\xfea\0b\0", "no passage in this file"),
        ("p", b"a\0b\0", "UTF-16 without a byte order mark"),
    ] {
        // Judgments are given, so ids are needed.
        let folder = collection(&[(name, content), ("qrels", b"q 0 a 1\n"), ("queries", b"q\tx\n")]);
        let args = [&[name, "--qrels", "qrels", "--queries", "queries"], &BM25[..]].concat();
        if says.starts_with("no passage") {
            // UTF-16 with its mark is text like any other.
            assert_eq!(eval_in(folder.path(), &args)["collection"]["passages"], 1);
            continue;
        }
        let message = refused_in(folder.path(), &args);
        assert!(message.contains(says) && message.contains(name), "{says}: {message}");
    }
}

#[test]
fn a_description_names_the_line_of_what_is_wrong() {
    for (toml, says) in [
        ("n = 20\n\n[collection]\nformat = \"xml\"\n", "rankscope.toml:4"),
        ("n = 20\n[collection]\ncolour = 1\n", "rankscope.toml:3"),
        ("k = 3\nalpha = 1.5\n", "rankscope.toml:2: alpha = 1.5"),
        ("[collection]\nqrels = \"no.tsv\"\n", "no.tsv"),
    ] {
        let folder = collection(&[("corpus.jsonl", JSONL.as_bytes()), ("rankscope.toml", toml.as_bytes())]);
        let message = refused_in(folder.path(), &[&["."], &BM25[..]].concat());
        assert!(message.contains(says), "{toml}: {message}");
    }
}

/// Every example of the documentation, as it stands there.
#[test]
fn the_documentation_does_what_it_says() {
    ready();
    let doc = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/inputs.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut commands) = (0, 0);
    let mut lines = doc.lines();
    while let Some(line) = lines.next() {
        let Some(what) = line.strip_prefix("```").filter(|what| !what.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some((_, name)) = what.split_once("file=") {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, block.join("\n") + "\n").unwrap();
            files += 1;
        } else if what == "sh run" {
            for command in block {
                let args: Vec<&str> = command.split(' ').skip(1).collect();
                let output = rankscope(&args).current_dir(folder.path()).output().unwrap();
                assert_eq!(output.status.code(), Some(0), "{command}: {}", text(&output.stderr));
                assert!(text(&output.stdout).contains("rankscope ·"), "{command}");
                commands += 1;
            }
        }
    }
    assert!(files > 10 && commands > 7, "{files} files, {commands} commands");
}

/// Ctrl-C in the middle of embedding: what is done is kept, and the next start goes on from there.
#[cfg(unix)]
#[test]
fn what_is_embedded_when_the_program_is_stopped_is_not_embedded_again() {
    ready();
    let mut passages = String::new();
    for i in 0..3_000 {
        passages.push_str(&format!(
            "{{\"id\": \"p{i}\", \"text\": \"Ferry number {i} leaves the harbour at {i}.\"}}\n"
        ));
    }
    let folder =
        collection(&[("p.jsonl", passages.as_bytes()), ("q", b"1\tferry\n"), ("qrels", b"1 0 p7 1\n")]);
    let cache = folder.path().join("cache");
    let start = || {
        let args = [
            "eval",
            "p.jsonl",
            "--queries",
            "q",
            "--qrels",
            "qrels",
            "--rerank",
            "none",
            "--token-store-max",
            "0",
        ];
        rankscope(&args)
            .current_dir(folder.path())
            .env("RANKSCOPE_CACHE_DIR", &cache)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let kept = || -> u64 {
        let entries = std::fs::read_dir(cache.join("collections")).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("embeddings"));
        folders.filter_map(|folder| Some(folder.path().join("vectors.bin").metadata().ok()?.len())).sum()
    };
    let mut child = start();
    while kept() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was stopped");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let status = child.wait().unwrap();
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(status.code(), Some(130), "{message}");
    assert!(message.contains("embedded and kept") && message.contains("goes on from there"), "{message}");
    let half = kept();
    assert!(half > 0 && half < 3_000 * 384 * 4, "{half}");
    // The next one is killed outright: a torn end is mended by the one after it.
    let mut child = start();
    while kept() <= half {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was stopped");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(kept() > half, "what was there is added to, not begun again");
}
