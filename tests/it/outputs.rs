//! Every format is read back by a reader that is not ours, and what is exported can be imported again
//! without loss.

use std::collections::BTreeMap;

use rankscope::engine::LegSpec;
use rankscope::export::{Format, TableKind, engines, github, junit, latex, markdown};
use rankscope::judge::{Demand, DemandKind};
use rankscope::{EngineOptions, Evaluation};
use serde_json::Value;

use crate::common::{collection, eval_json, rankscope, ready, run, sample, shared, small, text};

/// Texts that would be markup, code or commands in some format.
fn hostile() -> String {
    format!("{}/tests/hostile", env!("CARGO_MANIFEST_DIR"))
}

/// BM25 alone, in this process.
fn evaluation(folder: &str) -> Evaluation {
    let mut options = EngineOptions::new(folder).without_model();
    options.legs = vec![LegSpec::parse("bm25").unwrap()];
    options.cache_dir = Some(shared("cache"));
    Evaluation::of(options).unwrap()
}

fn eval(folder: &str, args: &[&str]) -> String {
    let output = run(&[&["eval", folder, "--leg", "bm25", "--rerank", "none"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn rows(written: &str, separator: u8) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(written.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

#[test]
fn csv_and_tsv_hold_what_the_json_holds() {
    let report: Value = serde_json::from_str(&eval(&sample(), &["--json"])).unwrap();
    for (format, separator) in [("csv", b','), ("tsv", b'\t')] {
        let means = rows(&eval(&sample(), &["--format", format]), separator);
        assert_eq!(means.len(), report["metrics"]["by_name"].as_object().unwrap().len());
        for row in &means {
            let mean = &report["metrics"]["by_name"][&row["metric"]];
            assert_eq!(row["first"].parse::<f64>().unwrap(), mean["first"].as_f64().unwrap());
            assert_eq!(row["reranked"], "", "not there is empty, not 0");
        }
        let queries = rows(&eval(&sample(), &["--format", format, "--per-query"]), separator);
        let expected = report["queries"].as_array().unwrap();
        assert_eq!(queries.len(), expected.len());
        for (row, query) in queries.iter().zip(expected) {
            assert_eq!(
                (row["query"].as_str(), row["text"].as_str()),
                (query["id"].as_str().unwrap(), query["text"].as_str().unwrap())
            );
            let value = query["by_name"]["nDCG@10"]["first"].as_f64().unwrap();
            assert_eq!(row["nDCG@10 first"].parse::<f64>().unwrap(), value);
            assert_eq!(row["golds"].parse::<usize>().unwrap(), query["golds"].as_array().unwrap().len());
        }
    }
}

/// Trap: quotes, separators and line ends inside fields.
#[test]
fn a_text_is_one_field_whatever_is_in_it() {
    let (report, evaluation) = (evaluation(&hostile()), evaluation(&hostile()));
    let queries = &report.collection.queries;
    for (format, separator) in [(Format::Csv, b','), (Format::Tsv, b'\t')] {
        let table = TableKind::Queries.of(&evaluation.snapshot, &evaluation.collection);
        let read = rows(&format.table(&table, "").unwrap(), separator);
        assert_eq!(read.len(), queries.len());
        for (row, query) in read.iter().zip(queries) {
            assert_eq!((&row["query"], &row["text"]), (&query.id, &query.text));
        }
        let golds = TableKind::Golds.of(&evaluation.snapshot, &evaluation.collection);
        let golds = rows(&format.table(&golds, "").unwrap(), separator);
        assert!(golds.iter().any(|gold| gold["passage"] == "d,\"e"));
        assert!(
            golds.iter().any(|gold| gold["passage"] == "<gone>" && gold["fate"] == "missing_from_corpus")
        );
    }
}

/// What CommonMark makes of a page: its tables' cells, and markup that texts must not become.
fn read_markdown(page: &str) -> (Vec<Vec<String>>, usize) {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    let (mut rows, mut foreign) = (Vec::new(), 0);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::TableRow | Tag::TableHead) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => rows.last_mut().unwrap().push(String::new()),
            Event::Text(text) => {
                if let Some(cell) = rows.last_mut().and_then(|row: &mut Vec<String>| row.last_mut()) {
                    cell.push_str(&text);
                }
            }
            Event::End(TagEnd::Table) => rows.push(Vec::new()),
            Event::Html(_) | Event::InlineHtml(_) | Event::Code(_) => foreign += 1,
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::CodeBlock(_)) => {
                foreign += 1
            }
            _ => {}
        }
    }
    (rows, foreign)
}

#[test]
fn markdown_is_tables_and_nothing_that_a_text_brought() {
    let evaluation = evaluation(&hostile());
    let table = TableKind::Queries.of(&evaluation.snapshot, &evaluation.collection);
    let (cells, foreign) = read_markdown(&markdown::write(&table));
    assert_eq!(foreign, 0);
    let wide = table.columns.len();
    assert!(cells.iter().filter(|row| !row.is_empty()).all(|row| row.len() == wide), "{cells:?}");
    assert_eq!(cells[1][0], "<q1>");
    assert_eq!(cells[1][2], "<script>window.pwned=1</script> refund");
    assert!(cells[2][2].contains("| `x`") && cells[2][2].contains("⟨U+202E⟩"), "{}", cells[2][2]);
    let (cells, foreign) = read_markdown(&eval(&sample(), &["--format", "markdown"]));
    assert_eq!(foreign, 0);
    let report: Value = serde_json::from_str(&eval(&sample(), &["--json"])).unwrap();
    let row = cells.iter().find(|row| row.first().is_some_and(|name| name == "nDCG@10")).unwrap();
    let first = report["metrics"]["first"]["ndcg@10"].as_f64().unwrap();
    assert_eq!(row[1], format!("{first:.4}"));
}

#[test]
fn latex_has_as_many_fields_in_each_row() {
    let evaluation = evaluation(&hostile());
    for kind in TableKind::ALL {
        let table = kind.of(&evaluation.snapshot, &evaluation.collection);
        let written = latex::write(&table, "100 % of <it>_{\\input{x}}");
        assert_eq!(written.matches("\\begin{").count(), written.matches("\\end{").count());
        let body = written.split("\\toprule\n").nth(1).unwrap().split("\\bottomrule").next().unwrap();
        let lines: Vec<&str> = body.lines().filter(|line| line.ends_with("\\\\")).collect();
        assert_eq!(lines.len(), table.rows.len() + 1, "{written}");
        for line in lines {
            let line = line.trim().strip_suffix("\\\\").unwrap();
            let fields = line.replace("\\&", "").matches('&').count() + 1;
            assert_eq!(fields, table.columns.len(), "{line}");
            let ours = ["\\$-\\$", "$-$", "\\textbackslash{}", "$\\alpha$", "$\\cdot$", "$\\rightarrow$"];
            let bare = ours.iter().fold(line.to_owned(), |line, sign| line.replace(sign, ""));
            let unescaped = |sign: char| bare.match_indices(sign).any(|(at, _)| !bare[..at].ends_with('\\'));
            assert!(!['%', '#', '_', '$'].into_iter().any(unescaped), "{line}");
        }
        assert!(!written.contains("\\input"), "{written}");
    }
}

/// Trap: a sign of ours (α, ·, →) that pdfLaTeX stops at, and a float that is longer than the page.
#[test]
fn latex_of_ascii_texts_is_ascii_and_long_tables_break() {
    let written = eval(&sample(), &["--format", "latex", "--no-tune"]);
    assert!(written.is_ascii() && written.contains("$\\cdot$ N 50"), "{written}");
    let queries = eval(&sample(), &["--format", "latex", "--per-query", "--no-tune"]);
    assert!(queries.starts_with("% needs \\usepackage{booktabs,longtable}\n\\begin{longtable}"), "{queries}");
    let after_the_head = queries.split("\\endhead").nth(1).unwrap();
    assert!(after_the_head.contains(" \\\\\n") && after_the_head.trim_end().ends_with("\\end{longtable}"));
}

fn demands() -> Vec<Demand> {
    let demand = |metric: &str, words: &str, met: bool, answer: &str| Demand {
        kind: DemandKind::Min,
        metric: metric.into(),
        bound: 0.4,
        words: words.into(),
        found: Some(0.5),
        before: None,
        p: None,
        met,
        answer: answer.into(),
    };
    vec![
        demand("ndcg@10", "ndcg@10 at least 0.4", true, "it is .5"),
        demand("p@5", "p@5 at least \"0.9\" <&>", false, "it is .5\u{1b}]0;x\n::error::no, % of it"),
    ]
}

#[test]
fn junit_is_xml_that_says_which_demand_failed() {
    let evaluation = evaluation(&hostile());
    let written = junit::report(&evaluation.snapshot, &evaluation.collection, &demands()).unwrap();
    let document = roxmltree::Document::parse(&written).unwrap();
    let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("2"), Some("1")));
    let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
    assert_eq!(cases[1].attribute("name"), Some("p@5 at least \"0.9\" <&>"));
    let failed = |case: &roxmltree::Node<'_, '_>| case.children().any(|node| node.has_tag_name("failure"));
    assert_eq!(cases.iter().map(failed).collect::<Vec<_>>(), [false, true]);
    let properties: BTreeMap<_, _> = (suite.descendants().filter(|node| node.has_tag_name("property")))
        .map(|node| (node.attribute("name").unwrap(), node.attribute("value").unwrap()))
        .collect();
    let mean = evaluation.snapshot.by_metric[0];
    assert_eq!(properties[&*format!("first {}", mean.metric)], mean.first.to_string());
}

#[test]
fn annotations_are_one_command_a_line() {
    let evaluation = evaluation(&hostile());
    let written = github::report(&evaluation.snapshot, &demands());
    let commands: Vec<&str> = written.lines().collect();
    assert!(
        commands.iter().all(|line| line.starts_with("::notice ")
            || line.starts_with("::error ")
            || line.starts_with("::warning ")),
        "{written}"
    );
    assert_eq!(commands.iter().filter(|line| line.starts_with("::error ")).count(), 1, "{written}");
    assert!(written.is_ascii() || !written.contains('\u{1b}'), "{written}");
}

#[test]
fn a_format_that_does_not_fit_is_refused_before_any_work() {
    for (args, said) in [
        (&["eval", "--format", "json", "--per-query"][..], "--per-query is a table"),
        (&["eval", "--format", "junit"], "demand something"),
        (&["export", "--what", "run", "--to", "csv"], "cannot be written as csv"),
        (&["export", "--what", "golds", "--to", "html"], "csv, tsv, markdown, latex"),
        (&["export", "--what", "query"], "--to one of opensearch"),
    ] {
        let output = run(&[args, &["--cache-dir", "/nowhere/at/all"]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(said), "{args:?}: {}", text(&output.stderr));
    }
}

/// A hostile text is in the page as text. What a browser makes of it is checked in one (tests/report.sh).
#[test]
fn the_page_has_one_script_and_that_is_its_own() {
    let page = Format::Html.write(&evaluation(&hostile()), &demands()).unwrap();
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert!(page.contains("&lt;script&gt;window.pwned=1&lt;/script&gt; refund"));
    assert!(!page.contains("<img") && !page.contains("<svg onload"));
    assert!(
        !page
            .chars()
            .any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{1b}' | '\0'))
    );
    assert!(page.contains("default-src 'none'") && !page.contains("https://"), "nothing is fetched");
    assert!(page.contains("✗ not met"));
}

/// Runs and judgments out, in again as a leg and as qrels: every metric is what it was, and so is the
/// file when it is written once more.
#[test]
fn runs_and_judgments_go_out_and_in_without_loss() {
    ready();
    let folder = shared("round-trip");
    let out = |what: &str, to: &str, name: &str| {
        let file = folder.join(name);
        let output = rankscope(&["export", &sample(), "--what", what, "--to", to, "--out"])
            .arg(&file)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        std::fs::read(&file).unwrap()
    };
    let (first, reranked) =
        (out("first-run", "trec", "first.run"), out("reranked-run", "trec", "reranked.run"));
    assert_eq!(out("run", "trec", "delivered.run"), reranked);
    let before = eval_json(&sample(), &[]);
    for (qrels, name) in
        [(out("qrels", "trec", "qrels.trec"), "test.tsv"), (out("qrels", "beir", "qrels.beir"), "test.tsv")]
    {
        let read = |file: &str| std::fs::read(format!("{}/{file}", sample())).unwrap();
        let (corpus, queries) = (read("corpus.jsonl"), read("queries.jsonl"));
        let again = collection(&[
            ("corpus.jsonl", &corpus),
            ("queries.jsonl", &queries),
            (&format!("qrels/{name}"), &qrels),
            ("first.run", &first),
            ("reranked.run", &reranked),
        ]);
        let path = again.path().to_str().unwrap();
        for (run_file, stage) in [("first.run", "first"), ("reranked.run", "reranked")] {
            let leg = format!("again-{stage}={path}/{run_file}");
            let args = ["--leg", &leg, "--rerank", "none", "--depth", "1000", "-n", "50"];
            let after = eval_json(path, &args);
            assert_eq!(after["metrics"]["first"], before["metrics"][stage], "{stage}");
            for (name, mean) in before["metrics"]["by_name"].as_object().unwrap() {
                assert_eq!(after["metrics"]["by_name"][name]["first"], mean[stage], "{stage} {name}");
            }
            let written = run(&[&["export", path, "--what", "first-run"], &args[..]].concat());
            let lines = |bytes: &[u8]| -> Vec<String> {
                // All but the name of the run.
                text(bytes).lines().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
            };
            let original = if stage == "first" { &first } else { &reranked };
            assert_eq!(lines(&written.stdout), lines(original), "{stage}");
        }
    }
}

#[test]
fn an_engines_query_comes_without_any_model() {
    for engine in engines::Engine::ALL {
        let output = run(&[
            "export",
            small().path().to_str().unwrap(),
            "--to",
            engine.name(),
            "--alpha",
            "0.3",
            "--cache-dir",
            "/nowhere/at/all",
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains(engine.title()), "{}", text(&output.stdout));
    }
}
