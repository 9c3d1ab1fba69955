//! `eval --format json` against a plain restatement: everything it says is computed again from the runs
//! that it exports and the qrels, by other means.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::common::{eval_json, ready, run, sample, shared, text};

pub type Qrels = BTreeMap<String, BTreeMap<String, i64>>;
pub type Lists = BTreeMap<String, Vec<String>>;

pub fn qrels() -> Qrels {
    let file = std::fs::read_to_string(format!("{}/qrels/test.tsv", sample())).unwrap();
    let mut qrels = Qrels::new();
    for line in file.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        qrels.entry(columns[0].into()).or_default().insert(columns[1].into(), columns[2].parse().unwrap());
    }
    qrels
}

/// A run file as trec_eval reads it: the rank column ignored, score descending, then id descending.
fn read_run(file: &std::path::Path) -> Lists {
    let mut scored: BTreeMap<String, Vec<(f64, String)>> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let columns: Vec<&str> = line.split(' ').collect();
        assert_eq!((columns.len(), columns[1]), (6, "Q0"));
        scored.entry(columns[0].into()).or_default().push((columns[4].parse().unwrap(), columns[2].into()));
    }
    let sorted = scored.into_iter().map(|(query, mut hits)| {
        hits.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
        (query, hits.into_iter().map(|(_, id)| id).collect())
    });
    sorted.collect()
}

/// The six metrics of one list cut at `n`.
fn metrics(list: &[String], judged: &BTreeMap<String, i64>, n: usize) -> [f64; 6] {
    let grades: Vec<i64> = list.iter().take(n).map(|id| *judged.get(id).unwrap_or(&0)).collect();
    let relevant = judged.values().filter(|&&grade| grade >= 1).count() as f64;
    if relevant == 0.0 {
        return [0.0; 6];
    }
    let hits = |depth: usize| grades.iter().take(depth).filter(|&&grade| grade >= 1).count() as f64;
    let dcg = |grades: &[i64]| -> f64 {
        let gains = grades.iter().take(10).enumerate();
        gains.map(|(i, &grade)| grade.max(0) as f64 / ((i + 2) as f64).log2()).sum()
    };
    let mut ideal: Vec<i64> = judged.values().copied().collect();
    ideal.sort_by_key(|&grade| -grade);
    let first = grades.iter().take(10).position(|&grade| grade >= 1);
    let precision_at_hits =
        (0..grades.len()).filter(|&i| grades[i] >= 1).map(|i| hits(i + 1) / (i + 1) as f64).sum::<f64>();
    [
        hits(n) / relevant,
        f64::from(hits(n) > 0.0),
        hits(5) / 5.0,
        dcg(&grades) / dcg(&ideal),
        first.map_or(0.0, |place| 1.0 / (place + 1) as f64),
        precision_at_hits / relevant,
    ]
}

/// The candidates sorted by grade: what a perfect reranker would deliver.
fn best(list: &[String], judged: &BTreeMap<String, i64>, n: usize) -> Vec<String> {
    let mut best: Vec<String> = list.iter().take(n).cloned().collect();
    best.sort_by_key(|id| -judged.get(id).unwrap_or(&0));
    best
}

fn assert_metrics(found: &Value, expected: [f64; 6], n: usize, what: &str) {
    let names = [&format!("recall@{n}"), &format!("success@{n}"), "p@5", "ndcg@10", "mrr@10", "map"];
    assert_eq!(found.as_object().unwrap().len(), names.len(), "{what}: {found}");
    for (name, expected) in names.into_iter().zip(expected) {
        let value = found[name].as_f64().unwrap_or_else(|| panic!("{what}: no {name} in {found}"));
        assert!((value - expected).abs() < 1e-9, "{what} {name}: {value} is not {expected}");
    }
}

fn mean(rows: &[[f64; 6]]) -> [f64; 6] {
    std::array::from_fn(|i| rows.iter().map(|row| row[i]).sum::<f64>() / rows.len() as f64)
}

/// Checks a whole report against the runs exported with it.
fn check(report: &Value, first: &Lists, reranked: Option<&Lists>, n: usize, k: usize) {
    let qrels = qrels();
    let none = Vec::new();
    let mut means: [Vec<[f64; 6]>; 3] = Default::default();
    let mut by_language: HashMap<String, Vec<[f64; 6]>> = HashMap::new();
    let queries = report["queries"].as_array().unwrap();
    assert_eq!(queries.len(), qrels.len(), "every judged query is there");
    for query in queries {
        let id = query["id"].as_str().unwrap();
        let judged = &qrels[id];
        let list = first.get(id).unwrap_or(&none);
        let row = metrics(list, judged, n);
        assert_metrics(&query["first"], row, n, id);
        means[0].push(row);
        by_language.entry(query["language"].as_str().unwrap().into()).or_default().push(row);
        let row = metrics(&best(list, judged, n), judged, n);
        assert_metrics(&query["ceiling"], row, n, id);
        means[2].push(row);
        let last = reranked.map(|lists| lists.get(id).unwrap_or(&none));
        match last {
            Some(last) => {
                let mut candidates: Vec<&String> = list.iter().take(n).collect();
                let mut after: Vec<&String> = last.iter().collect();
                candidates.sort();
                after.sort();
                assert_eq!(candidates, after, "{id}: the reranked list is the candidate set re-ordered");
                let row = metrics(last, judged, n);
                assert_metrics(&query["reranked"], row, n, id);
                means[1].push(row);
            }
            None => assert!(query["reranked"].is_null()),
        }
        check_golds(query, judged, list, last, n, k);
    }
    assert_metrics(&report["metrics"]["first"], mean(&means[0]), n, "first");
    assert_metrics(&report["metrics"]["ceiling"], mean(&means[2]), n, "ceiling");
    match reranked {
        Some(_) => assert_metrics(&report["metrics"]["reranked"], mean(&means[1]), n, "reranked"),
        None => assert!(report["metrics"]["reranked"].is_null()),
    }
    let languages = report["languages"].as_array().unwrap();
    assert_eq!(languages.len(), by_language.len());
    for language in languages {
        let rows = &by_language[language["language"].as_str().unwrap()];
        assert_eq!(language["queries"].as_u64().unwrap() as usize, rows.len());
        assert_metrics(&language["first"], mean(rows), n, "language");
    }
}

fn check_golds(
    query: &Value,
    judged: &BTreeMap<String, i64>,
    first: &[String],
    last: Option<&Vec<String>>,
    n: usize,
    k: usize,
) {
    let rank = |list: &[String], id: &str| list.iter().position(|other| other == id).map(|place| place + 1);
    let golds = query["golds"].as_array().unwrap();
    assert_eq!(golds.len(), judged.values().filter(|&&grade| grade >= 1).count());
    for gold in golds {
        let id = gold["passage"].as_str().unwrap();
        let ranks = gold["ranks"].as_object().unwrap();
        let of = |name: &str| ranks[name].as_u64().map(|rank| rank as usize);
        assert_eq!(gold["grade"].as_i64().unwrap(), judged[id]);
        assert_eq!(of("fused"), rank(first, id), "{id}");
        assert_eq!(of("reranked"), last.and_then(|list| rank(list, id)), "{id}");
        let within = |rank: Option<usize>, cut: usize| rank.is_some_and(|rank| rank <= cut);
        let legs = [of("bm25"), of("dense")];
        let delivered = if last.is_some() { of("reranked") } else { of("fused") };
        let expected = if within(of("fused"), n) {
            match (within(of("fused"), k), within(delivered, k)) {
                (true, true) => "kept",
                (false, true) => "rescued",
                (true, false) => "demoted",
                (false, false) => "not_lifted",
            }
        } else if legs == [None, None] {
            "never_retrieved"
        } else if legs.iter().any(|&leg| within(leg, n)) {
            "lost_in_fusion"
        } else {
            "cut_at_n"
        };
        assert_eq!(gold["fate"], expected, "{}: {gold}", query["id"]);
    }
}

/// Runs `eval` with exported runs and checks all of it.
fn verified(name: &str, args: &[&str], n: usize, k: usize, reranks: bool) -> Value {
    let folder = shared("runs");
    let (first, reranked) = (folder.join(format!("{name}-first")), folder.join(format!("{name}-reranked")));
    let mut all = vec!["--first-run", first.to_str().unwrap()];
    if reranks {
        all.extend(["--reranked-run", reranked.to_str().unwrap()]);
    }
    all.extend(args);
    let report = eval_json(&sample(), &all);
    let reranked = reranks.then(|| read_run(&reranked));
    check(&report, &read_run(&first), reranked.as_ref(), n, k);
    report
}

#[test]
fn the_default_report_agrees_with_its_runs() {
    let report = verified("default", &[], 50, 10, true);
    assert_eq!(report["schema"], 1);
    let collection = &report["collection"];
    assert_eq!(collection["name"], "sample_corpus");
    assert_eq!(collection["languages"].as_array().unwrap().len(), 12);
    assert_eq!(collection["queries"], collection["judged_queries"]);
    let settings = &report["settings"];
    assert_eq!(settings["first_ran"], "hybrid");
    for named in ["analyzer", "model"] {
        assert_eq!(settings[named]["sha256"].as_str().unwrap().len(), 64, "{named}");
    }
    assert_eq!(settings["depth"], 100, "from the sample's rankscope.toml");
    assert!(report["cost"]["late-interaction"]["ms_total"].is_number());
    assert!(report["warnings"].is_array());
}

#[test]
fn other_settings_agree_with_their_runs_too() {
    verified("convex", &["--fusion", "convex", "--alpha", "0.3", "-n", "20", "-k", "5"], 20, 5, true);
    verified("bm25", &["--first", "bm25", "--rerank", "none"], 50, 10, false);
    verified("small", &["-n", "3", "-k", "1", "--window", "7", "--depth", "40"], 3, 1, true);
    verified("deep", &["-n", "200", "--depth", "300", "--rrf-k", "2"], 200, 10, true);
}

/// The first stage's whole lists under these settings.
pub fn first_lists(name: &str, args: &[&str]) -> Lists {
    let file = shared("runs").join(name);
    let mut all = vec!["--rerank", "none", "--first-run", file.to_str().unwrap()];
    all.extend(args);
    eval_json(&sample(), &all);
    read_run(&file)
}

/// Trap: an α at its end that keeps the other leg's passages, or that normalises the remaining leg.
#[test]
fn the_ends_of_alpha_are_the_legs() {
    ready();
    for fusion in ["rrf", "convex"] {
        let lexical = first_lists("alpha-0", &["--alpha", "0", "--fusion", fusion]);
        assert_eq!(lexical, first_lists("leg-bm25", &["--first", "bm25"]));
        let dense = first_lists("alpha-1", &["--alpha", "1", "--fusion", fusion]);
        assert_eq!(dense, first_lists("leg-dense", &["--first", "dense"]));
    }
}

/// RRF restated from the two legs' own runs, in plain arithmetic.
#[test]
fn hybrid_is_the_fusion_of_its_legs() {
    ready();
    let legs =
        [first_lists("rrf-bm25", &["--first", "bm25"]), first_lists("rrf-dense", &["--first", "dense"])];
    let fused = first_lists("rrf-fused", &["--alpha", "0.5", "--window", "30"]);
    for (query, list) in &fused {
        let mut scores: BTreeMap<&String, f64> = BTreeMap::new();
        for leg in &legs {
            for (place, id) in leg.get(query).into_iter().flatten().take(30).enumerate() {
                *scores.entry(id).or_default() += 1.0 / (60.0 + (place + 1) as f64);
            }
        }
        let mut expected: Vec<(&String, f32)> =
            scores.into_iter().map(|(id, score)| (id, score as f32)).collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.cmp(a.0)));
        assert_eq!(
            list.iter().collect::<Vec<_>>(),
            expected.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_second_run_pays_nothing_and_says_the_same() {
    let args = ["-n", "30"];
    let first = eval_json(&sample(), &args);
    let mut second = eval_json(&sample(), &args);
    let cost = second["cost"]["late-interaction"].clone();
    assert_eq!(cost["computed_pairs"], 0, "{cost}");
    assert!(cost["cached_pairs"].as_u64().unwrap() > 0);
    assert!(cost["ms_p50_per_query"].is_null());
    second["cost"] = first["cost"].clone();
    second["settings"]["versions"] = first["settings"]["versions"].clone();
    assert_eq!(first, second);
}

/// Approximate search with little breadth loses golds that the exact scan has, and the report says so.
#[test]
fn approximate_search_is_told_apart_from_the_first_stage_failing() {
    let report = eval_json(
        &sample(),
        &["--first", "dense", "--ann", "--ann-ef", "10", "--rerank", "none", "-n", "10"],
    );
    let exact = eval_json(&sample(), &["--first", "dense", "--rerank", "none", "-n", "10"]);
    let mut lost = 0;
    for (query, exact) in
        report["queries"].as_array().unwrap().iter().zip(exact["queries"].as_array().unwrap())
    {
        for (gold, exact) in query["golds"].as_array().unwrap().iter().zip(exact["golds"].as_array().unwrap())
        {
            let within = |gold: &Value| gold["ranks"]["fused"].as_u64().is_some_and(|rank| rank <= 10);
            let by_approximation = within(exact) && !within(gold);
            assert_eq!(gold["fate"] == "lost_by_approximation", by_approximation, "{gold} {exact}");
            lost += usize::from(by_approximation);
        }
    }
    let settings = &report["settings"]["ann"];
    assert_eq!(settings["ef"], 10);
    println!("{lost} golds lost by approximation");
}

#[test]
fn the_text_report_says_what_the_json_says() {
    ready();
    let output = run(&["eval", &sample()]);
    let report = eval_json(&sample(), &[]);
    let out = text(&output.stdout);
    let recall = report["metrics"]["first"]["recall@50"].as_f64().unwrap();
    let last = report["metrics"]["reranked"]["ndcg@10"].as_f64().unwrap();
    assert!(
        out.lines().any(|line| line.starts_with("recall@50") && line.contains(&format!("{recall:.4}"))),
        "{out}"
    );
    assert!(
        out.lines().any(|line| line.starts_with("nDCG@10") && line.contains(&format!("{last:.4}"))),
        "{out}"
    );
    assert!(output.stderr.is_empty(), "no progress where stderr is no terminal");
}
