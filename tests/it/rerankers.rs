//! The second stage as its users meet it: plans by name, models in a folder, what fails, what is kept.

use serde_json::Value;

use crate::common::{collection, eval_json, rankscope, ready, run, sample, small, text};
use crate::fakes::{Fake, Reply};

fn models(name: &str) -> String {
    format!("{}/tests/models/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn metric(report: &Value, list: &str) -> f64 {
    report["metrics"][list]["ndcg@10"].as_f64().unwrap()
}

/// The bundled cross-encoder for real, alone, in an ensemble and behind late interaction.
#[test]
fn each_kind_of_plan_reranks_the_sample() {
    let common = ["-n", "10", "-k", "5", "--depth", "100"];
    let with = |plan: &str| eval_json(&sample(), &[&common[..], &["--rerank", plan]].concat());
    let late = with("late-interaction");
    let cross = with("cross-encoder");
    let both = with("late-interaction+cross-encoder");
    for report in [&late, &cross, &both] {
        assert!(metric(report, "reranked") > metric(report, "first") + 0.01, "{}", report["metrics"]);
    }
    assert!(metric(&both, "reranked") > metric(&cross, "reranked"), "the ensemble lifts its weaker half");
    let used: Vec<&str> = both["settings"]["rerankers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["name"].as_str().unwrap())
        .collect();
    assert_eq!(used, ["late-interaction", "cross-encoder"]);

    let cascade = with("late-interaction > cross-encoder@5");
    let golds = cascade["queries"].as_array().unwrap().iter().flat_map(|q| q["golds"].as_array().unwrap());
    let mut cut = 0;
    for gold in golds {
        let stages = gold["stages"].as_array().unwrap();
        assert_eq!(stages.len(), 2);
        assert_eq!(stages[1], gold["ranks"]["reranked"]);
        // Below its depth the last stage leaves the order as it was.
        if stages[0].as_u64().is_some_and(|rank| rank > 5) {
            assert_eq!(stages[0], stages[1], "{gold}");
        }
        if gold["decided_by"]["act"] == "cut" {
            assert_eq!(gold["decided_by"]["stage"], "cross-encoder@5");
            assert_eq!(gold["fate"], "not_lifted");
            assert!(stages[0].as_u64().unwrap() > 5);
            cut += 1;
        }
    }
    assert!(cut > 0, "the sample has golds that the first stage leaves beyond 5 and k");
    let affords = cascade["affords"].as_array().unwrap();
    assert!(affords.iter().any(|point| point["n"] == 10 && point["metrics"]["ndcg@10"].is_number()));
}

/// Trap: a reranker that needs no embedding waits for one, or loads the model all the same.
#[test]
fn a_folder_of_ones_own_reranks_bm25_without_the_embedding_model() {
    ready();
    let folder = small();
    let report = eval_json(
        folder.path().to_str().unwrap(),
        &["--first", "bm25", "--rerank", &models("two-logits"), "--model-dir", "/nowhere"],
    );
    assert!(report["metrics"]["reranked"]["ndcg@10"].is_number(), "{report}");
    assert_eq!(report["settings"]["model"], Value::Null);
    let by_dir = eval_json(
        folder.path().to_str().unwrap(),
        &["--first", "bm25", "--rerank", "dir", "--reranker-dir", &models("two-logits")],
    );
    assert_eq!(by_dir["metrics"], report["metrics"]);
    assert_eq!(
        by_dir["settings"]["rerankers"][0]["fingerprint"], report["settings"]["rerankers"][0]["fingerprint"],
        "the folder's content counts, not its name"
    );
}

#[test]
fn a_reranker_that_fails_leaves_the_first_stages_list_and_says_why() {
    ready();
    let folder = small();
    let path = folder.path().to_str().unwrap();
    let eval = |plan: &str| run(&["eval", path, "--first", "bm25", "--rerank", plan, "--format", "json"]);
    for (plan, said) in [
        (models("classifier"), "3 numbers a pair"),
        ("bge-reranker-base".to_owned(), "rankscope models pull bge-reranker-base"),
        // Trap: a cascade whose first stage works, shown as reranked.
        (format!("{}@50 > {}@2", models("plain"), models("classifier")), "3 numbers a pair"),
    ] {
        let output = eval(&plan);
        assert_eq!(output.status.code(), Some(4), "{plan}");
        assert!(text(&output.stderr).contains(said), "{plan}: {}", text(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["metrics"]["reranked"], Value::Null, "{plan}");
        assert!(report["metrics"]["first"]["ndcg@10"].is_number(), "{plan}");
        let warnings = report["warnings"].to_string();
        assert!(warnings.contains("the second stage did not run"), "{plan}: {warnings}");
        let fates: Vec<&Value> = report["queries"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|query| query["golds"].as_array().unwrap())
            .map(|gold| &gold["fate"])
            .collect();
        assert!(fates.iter().all(|fate| fate.is_null()), "{plan}: {fates:?}");
    }
}

#[test]
fn a_wrong_plan_is_wrong_use_and_names_what_there_is() {
    let output = run(&["eval", &sample(), "--rerank", "bge"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("bge-reranker-v2-m3") && said.contains("cohere"), "{said}");
    let mut files = vec![("rankscope.toml", "rerank = \"late-interaction > nothing@5\"\n".as_bytes())];
    files.push(("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"x\"}\n"));
    files.push(("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"x\"}\n"));
    files.push(("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq\ta\t1\n"));
    let folder = collection(&files);
    let output = run(&["eval", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("rankscope.toml:1"), "{}", text(&output.stderr));
    // Trap: a collection whose settings file sends its texts to somebody.
    let sends = "rerank = \"tei:http://example.com\"\n";
    std::fs::write(folder.path().join("rankscope.toml"), sends).unwrap();
    let output = run(&["eval", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("sends texts to"), "{}", text(&output.stderr));
}

#[test]
fn truncation_and_depth_beyond_n_are_warned_of() {
    ready();
    let long = "word and other words that go on and on. ".repeat(40);
    let corpus = format!(
        "{{\"_id\": \"a\", \"text\": \"ferry ticket {long}\"}}\n{{\"_id\": \"b\", \"text\": \"ferry\"}}\n"
    );
    let folder = collection(&[
        ("corpus.jsonl", corpus.as_bytes()),
        ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \"ferry ticket\"}\n"),
        ("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq\tb\t1\n"),
    ]);
    let path = folder.path().to_str().unwrap();
    let plan = format!("{}@60", models("plain"));
    for run in ["computed", "from the cache"] {
        let report = eval_json(path, &["--first", "bm25", "--rerank", &plan, "-n", "10"]);
        let warnings = report["warnings"].to_string();
        assert!(warnings.contains("did not read 1 passage to the end"), "{run}: {warnings}");
        assert!(warnings.contains("raise N to 60"), "{run}: {warnings}");
        assert_eq!(report["settings"]["rerankers"][0]["truncated_passages"], 1, "{run}");
    }
}

#[test]
fn rerankers_are_compared_on_the_same_queries() {
    ready();
    let folder = small();
    let compare = format!("{},{}", models("types"), models("classifier"));
    let args = ["rerankers", folder.path().to_str().unwrap(), "--first", "bm25", "--json"];
    let output = run(&[&args[..], &["--rerank", &models("plain"), "--compare", &compare]].concat());
    assert_eq!(output.status.code(), Some(4), "one of them did not run");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let plans = report["plans"].as_array().unwrap();
    assert_eq!(plans.len(), 3);
    assert_eq!(plans[0]["against_first"], Value::Null);
    let against = &plans[1]["against_first"];
    let count = |what: &str| against[what].as_u64().unwrap();
    assert_eq!(count("wins") + count("losses") + count("ties"), 2);
    assert!(plans[2]["failed"].as_str().unwrap().contains("3 numbers a pair"));
    assert_eq!(report["queries"].as_array().unwrap().len(), 2);
    // Each column is what eval prints for its plan.
    let alone =
        eval_json(folder.path().to_str().unwrap(), &["--first", "bm25", "--rerank", &models("types")]);
    assert_eq!(plans[1]["ndcg@10"], alone["metrics"]["reranked"]["ndcg@10"]);
}

#[test]
fn models_and_cache_are_listed_and_cleared() {
    let cache = tempfile::tempdir().unwrap();
    let at = cache.path().to_str().unwrap();
    let said = |args: &[&str]| {
        let output = run(&[args, &["--cache-dir", at]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let list = said(&["models", "list"]);
    for name in ["cross-encoder", "bge-reranker-v2-m3", "colbertv2.0", "cohere:MODEL", "CC-BY-NC-4.0"] {
        assert!(list.contains(name), "{list}");
    }
    let info = said(&["models", "info", "jina-reranker-v2-base-multilingual"]);
    assert!(info.contains("not for commercial use") && info.contains("models pull"), "{info}");
    assert!(said(&["models", "info", "cross-encoder"]).contains("reranker.onnx"));
    // What is checked by what, and where no revision is set beforehand.
    assert!(info.contains("main, as it is when it is pulled") && info.contains("by length alone"), "{info}");
    let service = rankscope(&["models", "info", "cohere:rerank-v3.5"])
        .env_remove("COHERE_API_KEY")
        .env_remove("CO_API_KEY")
        .output()
        .unwrap();
    let service = text(&service.stdout);
    assert!(service.contains("$2.00 per 1,000 search units") && service.contains("2026-11-25"), "{service}");
    let fastembed = said(&["models", "info", "fastembed:BAAI/bge-reranker-base"]);
    assert!(fastembed.contains("neither pinned nor checked") && fastembed.contains("MIT"), "{fastembed}");

    // A key is known to be there, and never shown.
    assert!(service.contains("COHERE_API_KEY or CO_API_KEY (not set)"), "{service}");
    let with_key = rankscope(&["models", "info", "cohere"])
        .env_remove("COHERE_API_KEY")
        .env("CO_API_KEY", "s3cret")
        .output()
        .unwrap();
    let told = text(&with_key.stdout) + &text(&with_key.stderr);
    assert!(told.contains("(CO_API_KEY is set)") && !told.contains("s3cret"), "{told}");
    for name in ["tei:URL ", "vllm:URL#MODEL", "url:URL#MODEL"] {
        assert!(list.contains(name), "{name}: {list}");
    }

    let offline = run(&["models", "pull", "bge-reranker-base", "--offline", "--cache-dir", at]);
    assert_eq!(offline.status.code(), Some(4));
    assert!(text(&offline.stderr).contains("models/bge-reranker-base"), "{}", text(&offline.stderr));
    for (what, name, said) in [
        ("remove", "nothing", "is on this machine"),
        ("remove", "cross-encoder", "it stays"),
        ("pull", "cross-encoder", "comes with the program"),
        ("pull", "voyage", "it is Voyage AI Rerank"),
    ] {
        let refused = run(&["models", what, name, "--cache-dir", at]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(said), "{}", text(&refused.stderr));
    }

    // Scores of a run, then none.
    let folder = small();
    let path = folder.path().to_str().unwrap();
    said(&["eval", path, "--first", "bm25", "--rerank", &models("plain"), "--quiet"]);
    let before = said(&["cache", "info"]);
    assert!(!before.contains(" 0 reranker scores"), "{before}");
    assert!(said(&["cache", "clear", "--all"]).contains("freed"));
    let after = said(&["cache", "info"]);
    assert!(after.contains(" 0 reranker scores") && !after.contains("indexes"), "{after}");
}

/// Trap: a size that is read and not kept to, or kept to by forgetting what is newest.
#[test]
fn scores_are_kept_up_to_the_size_that_is_asked_for() {
    ready();
    let (folder, cache, config) = (small(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = cache.path().to_str().unwrap();
    let said = |args: &[&str]| {
        let args = [args, &["--cache-dir", at]].concat();
        let output = rankscope(&args).env("RANKSCOPE_CONFIG_DIR", config.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let plan = models("plain");
    let eval = |more: &[&str]| {
        let path = folder.path().to_str().unwrap();
        said(&[&["eval", path, "--first", "bm25", "--rerank", &plan, "--quiet"], more].concat())
    };
    eval(&[]);
    let info = said(&["cache", "info"]);
    assert!(info.contains(" 2 reranker scores (at most 537 MB"), "{info}");
    // The user's own file, and the flag before it.
    std::fs::write(config.path().join("config.toml"), "score-cache-max = \"160\"\n").unwrap();
    assert!(said(&["cache", "info"]).contains("at most 160 B of 1"), "{}", said(&["cache", "info"]));
    eval(&["--rerank-activation", "sigmoid"]);
    assert!(said(&["cache", "info"]).contains(" 1 reranker scores"), "{}", said(&["cache", "info"]));
    eval(&["--score-cache-max", "1M"]);
    let info = said(&["cache", "info", "--score-cache-max", "1M"]);
    assert!(info.contains(" 3 reranker scores (at most 1 MB of 6553"), "{info}");
    let wrong = rankscope(&["cache", "info", "--score-cache-max", "much"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("is no size"), "{}", text(&wrong.stderr));
}

/// A folder that says itself that it is a ColBERT model is one, and keeps its token vectors.
#[test]
fn a_colbert_folder_keeps_its_token_vectors_on_disk() {
    ready();
    let (folder, cache) = (small(), tempfile::tempdir().unwrap());
    let at = cache.path().to_str().unwrap();
    let path = folder.path().to_str().unwrap();
    let eval = || {
        let plan = models("colbert");
        eval_json(path, &["--first", "bm25", "--rerank", &plan, "--cache-dir", at, "--quiet"])
    };
    let first = eval();
    assert!(first["metrics"]["reranked"]["ndcg@10"].is_number(), "{first}");
    let info = || text(&run(&["cache", "info", "--cache-dir", at]).stdout);
    assert!(info().contains("token vectors of 2 passages"), "{}", info());
    assert_eq!(eval()["metrics"], first["metrics"]);
    assert_eq!(run(&["cache", "clear", "--all", "--cache-dir", at]).status.code(), Some(0));
    assert!(!info().contains("token vectors of"), "{}", info());
    assert_eq!(eval()["metrics"], first["metrics"]);
}

/// What a ColBERT model's score is made of: the mean of pairs, each by the words at its place, masks named.
/// Traps: the embedding model's pairs under another model's name; pairs that come after the report.
#[test]
fn a_colbert_models_score_is_explained_by_its_own_token_pairs() {
    ready();
    let folder = small();
    let path = folder.path().to_str().unwrap();
    let colbert = models("colbert");
    let explain = |passage: &str, plan: &str, more: &[&str]| {
        let args = [&["explain", "q1", passage, path, "--rerank", plan, "--json"], more].concat();
        let output = run(&args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let of = |found: &Value, reranker: &str| -> Vec<Value> {
        let pairs = found["token_pairs"].as_array().unwrap().iter();
        pairs.filter(|pair| pair["reranker"] == reranker).cloned().collect()
    };
    let mean = |pairs: &[Value]| {
        pairs.iter().map(|pair| pair["similarity"].as_f64().unwrap()).sum::<f64>() / pairs.len() as f64
    };
    let bm25 = explain("a", &colbert, &["--first", "bm25"]);
    let pairs = of(&bm25, &colbert);
    assert_eq!((pairs.len(), bm25["token_pairs"].as_array().unwrap().len()), (16, 16));
    assert!((mean(&pairs) - bm25["stages"][0]["score"].as_f64().unwrap()).abs() < 1e-4, "{bm25}");
    for pair in &pairs {
        for side in ["query", "passage"] {
            let words = pair[side].as_str().unwrap();
            match pair[format!("{side}_span")].as_array() {
                Some(span) => {
                    let (start, end) = (span[0].as_u64().unwrap(), span[1].as_u64().unwrap());
                    assert_eq!(bm25[side]["text"].as_str().unwrap()[start as usize..end as usize], *words);
                }
                None => assert!(["[CLS]", "[SEP]", "[MASK]", "[Q]", "[D]"].contains(&words), "{pair}"),
            }
        }
    }
    let query: Vec<&str> = pairs.iter().map(|pair| pair["query"].as_str().unwrap()).collect();
    let text_of = "when is my ferry ticket refunded";
    let wanted: Vec<&str> = ["[CLS]", "[Q]"].into_iter().chain(text_of.split(' ')).chain(["[SEP]"]).collect();
    assert_eq!(query[..9], wanted);
    assert_eq!(query[9..], ["[MASK]"; 7]);

    // Both of a cascade, each its own; another passage, also one that is no candidate.
    let plan = format!("late-interaction > {colbert}@1");
    let both = explain("a", &plan, &[]);
    for (stage, reranker) in ["late-interaction", &colbert].into_iter().enumerate() {
        let score = both["stages"][stage]["score"].as_f64().unwrap();
        let pairs = of(&both, reranker);
        assert!((mean(&pairs) - score).abs() < 1e-4, "{reranker}: {} for {score}", mean(&pairs));
    }
    assert_eq!(of(&both, &colbert), pairs);
    let other = explain("b", &colbert, &["--first", "bm25"]);
    assert_eq!(other["stages"].as_array().unwrap().len(), 0, "no candidate");
    assert!(of(&other, &colbert).len() == 16 && of(&other, &colbert) != pairs);

    let output = run(&["explain", "q1", "a", path, "--rerank", &colbert, "--first", "bm25"]);
    let said = text(&output.stdout);
    assert!(said.contains("16 of the query, mean .") || said.contains("16 of the query, mean 0."), "{said}");
    assert!(said.contains(" × [MASK] → "), "{said}");
}

/// The warning of scores that are all 0 or 1, from a service's answers to the report, and to a start that
/// takes them from the cache. Trap: probabilities that do tell passages apart are warned of as well.
#[test]
fn a_saturated_service_is_warned_of_in_the_report() {
    ready();
    let rows = |count: usize, row: &dyn Fn(usize) -> Value| -> String {
        (0..count).map(|at| format!("{}\n", row(at))).collect()
    };
    let corpus = rows(
        60,
        &|at| serde_json::json!({"_id": format!("p{at}"), "text": format!("ferry ticket number {at}")}),
    );
    let queries = rows(
        2,
        &|at| serde_json::json!({"_id": format!("q{at}"), "text": (if at == 0 { "ferry" } else { "ticket" })}),
    );
    let folder = collection(&[
        ("corpus.jsonl", corpus.as_bytes()),
        ("queries.jsonl", queries.as_bytes()),
        ("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq0\tp3\t1\nq1\tp5\t1\n"),
    ]);
    let path = folder.path().to_str().unwrap();
    let answers = |score: fn(u64) -> f64| {
        Fake::start(move |asked, _| {
            let texts = asked.json()["documents"].as_array().unwrap().clone();
            let number = |text: &Value| text.as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
            let result =
                |(at, text)| serde_json::json!({"index": at, "relevance_score": score(number(text))});
            let results: Vec<Value> = texts.iter().enumerate().map(result).collect();
            Reply::json(&serde_json::json!({ "results": results }))
        })
    };
    let (saturated, spread) =
        (answers(|at| if at % 3 == 0 { 0.9998 } else { 0.0001 }), answers(|at| 1.0 / (at + 2) as f64));
    let eval = |fake: &Fake, format: &str| {
        let plan = format!("url:{}", fake.url());
        let output =
            run(&["eval", path, "--first", "bm25", "-n", "60", "--rerank", &plan, "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    };
    let warning = "100 % of its scores are 0 or 1 to a thousandth";
    let report: Value = serde_json::from_str(&eval(&saturated, "json").0).unwrap();
    let warnings: Vec<&str> =
        report["warnings"].as_array().unwrap().iter().map(|said| said.as_str().unwrap()).collect();
    let said: Vec<&&str> = warnings.iter().filter(|said| said.contains(warning)).collect();
    assert_eq!(said.len(), 1, "{warnings:?}");
    assert!(said[0].starts_with("url:http://") && said[0].contains("--rerank-activation raw"), "{said:?}");
    assert!(report["metrics"]["reranked"]["ndcg@10"].is_number(), "it is a warning, no failure");
    let asked = saturated.asked().len();
    let (again, aside) = eval(&saturated, "text");
    assert!(format!("{again}{aside}").contains(warning), "{again}{aside}");
    assert_eq!(saturated.asked().len(), asked, "the second start takes its scores from the cache");
    let (plain, aside) = eval(&spread, "json");
    assert!(!plain.contains("to a thousandth") && !aside.contains("to a thousandth"), "{plain}");
}
