//! Metrics over whole runs, by both of our ways (`ranking` over the list, `metric_plan` from places),
//! against what trec_eval prints, and what ir_measures and cwl_eval compute. The files are public test
//! data kept beside the project; where they are missing the tests say that they are skipped.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Desk, JudgedIdeal, JudgedList, Metric, MetricPlan, Placed};
use crate::domain::Grade;

/// Where the shared test data lie, if they do.
fn shared(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("RANKSCOPE_SHARED").map_or(beside, PathBuf::from);
    let found = Some(root.join("data/runs").join(folder)).filter(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: no shared/data/runs (RANKSCOPE_SHARED names the shared folder)");
    }
    found
}

/// The rows of a file, `.gz` unpacked, comments (from a `#` at the start or after white space) left out.
fn columns(file: &Path) -> Vec<Vec<String>> {
    let bytes = std::fs::read(file).unwrap();
    let mut text = String::new();
    match file.extension().is_some_and(|extension| extension == "gz") {
        true => flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap(),
        false => bytes.as_slice().read_to_string(&mut text).unwrap(),
    };
    let row = |line: &str| -> Vec<String> {
        let words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        words.map(str::to_owned).collect()
    };
    text.lines().map(row).filter(|row| !row.is_empty()).collect()
}

/// Judgments and lists by query.
struct Pair {
    judged: BTreeMap<String, BTreeMap<String, Grade>>,
    lists: BTreeMap<String, Vec<String>>,
    /// By query and passage; from 1.
    ranks: BTreeMap<String, HashMap<String, u32>>,
}

impl Pair {
    fn read(qrels: &Path, run: &Path) -> Self {
        let mut judged: BTreeMap<String, BTreeMap<String, Grade>> = BTreeMap::new();
        let mut lists: BTreeMap<String, Vec<(f32, String)>> = BTreeMap::new();
        for row in columns(qrels) {
            judged.entry(row[0].clone()).or_default().insert(row[2].clone(), row[3].parse().unwrap());
        }
        for row in columns(run) {
            lists.entry(row[0].clone()).or_default().push((row[4].parse().unwrap(), row[2].clone()));
        }
        let ordered = |mut list: Vec<(f32, String)>| -> Vec<String> {
            list.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
            list.into_iter().map(|(_, doc)| doc).collect()
        };
        let lists: BTreeMap<String, Vec<String>> =
            lists.into_iter().map(|(query, list)| (query, ordered(list))).collect();
        let ranks = |list: &Vec<String>| list.iter().cloned().zip(1..).collect();
        let ranks = lists.iter().map(|(query, list)| (query.clone(), ranks(list))).collect();
        Self { judged, lists, ranks }
    }

    /// The metric of one query's list cut at `depth`, by both ways.
    fn value(&self, metric: Metric, query: &str, level: Grade, depth: usize) -> f64 {
        let judged = &self.judged[query];
        let list = self.lists.get(query).map_or(&[][..], Vec::as_slice);
        let grades: Vec<Option<Grade>> =
            list.iter().take(depth).map(|doc| judged.get(doc).copied()).collect();
        let judgments: Vec<Grade> = judged.values().copied().collect();
        let value = metric.value(&JudgedList { grades: &grades, judgments: &judgments }, level);

        let ranks = self.ranks.get(query);
        let place = |doc: &String| ranks.and_then(|ranks| ranks.get(doc)).copied();
        let placed: Vec<Placed> =
            judged.iter().map(|(doc, &grade)| Placed { grade, rank: place(doc) }).collect();
        let mut from_places = [f64::NAN];
        let ideal = JudgedIdeal::of(judgments);
        let plan = MetricPlan::new(&[metric], depth, level);
        plan.measure(&ideal, &placed, list.len(), &mut Desk::default(), &mut from_places);
        assert!((value - from_places[0]).abs() < 1e-12, "{metric} of {query}: {value} {from_places:?}");
        value
    }

    fn mean(&self, metric: Metric, level: Grade, all_judged: bool, depth: usize) -> f64 {
        let counted = self.judged.keys().filter(|query| all_judged || self.lists.contains_key(*query));
        let values: Vec<f64> = counted.map(|query| self.value(metric, query, level, depth)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    }
}

/// The metric that trec_eval calls so, and whether it is the complement of ours; `None` for those that
/// we do not have.
fn trec_eval_name(name: &str) -> Option<(Metric, bool)> {
    let at = |prefix: &str| name.strip_prefix(prefix).and_then(|k| k.parse::<usize>().ok());
    let ours = match name {
        "map" => "AP".to_owned(),
        "Rprec" | "bpref" | "ndcg" => name.to_owned(),
        "rbp" => "RBP(p=0.9)".to_owned(),
        "recip_rank" => "RR".to_owned(),
        "set_recall" => "R@1000000".to_owned(),
        _ => {
            let names = [
                ("P", "P_"),
                ("R", "recall_"),
                ("nDCG", "ndcg_cut_"),
                ("AP", "map_cut_"),
                ("Success", "success_"),
                ("Judged", "unj_"),
            ];
            let (ours, k) = names.into_iter().find_map(|(ours, theirs)| Some((ours, at(theirs)?)))?;
            format!("{ours}@{k}")
        }
    };
    Some((ours.parse().unwrap(), name.starts_with("unj_")))
}

struct Expected<'a> {
    qrels: &'a str,
    run: &'a str,
    printed: &'a str,
    level: Grade,
    /// `-c`: all judged queries, and not only those that have a list.
    all_judged: bool,
    /// `-M`.
    depth: usize,
}

/// Compares every value of an expected output that we have a metric for; returns how many.
fn compare(folder: &Path, expected: &Expected<'_>) -> usize {
    let pair = Pair::read(&folder.join(expected.qrels), &folder.join(expected.run));
    // trec_eval's RBP weighs grades by the greatest; ours is binary. They meet where grades are 0 and 1.
    let graded = pair.judged.values().flat_map(BTreeMap::values).any(|&grade| grade > 1);
    let mut compared = 0;
    for row in columns(&folder.join(expected.printed)) {
        let [name, query, printed] = &row[..] else { continue };
        let Some((metric, complement)) = trec_eval_name(name) else { continue };
        // And of an empty list it calls nothing unjudged, where ours calls nothing judged.
        if (graded && name == "rbp") || (expected.all_judged && complement) {
            continue;
        }
        let ours = match query.as_str() {
            "all" => pair.mean(metric, expected.level, expected.all_judged, expected.depth),
            query => pair.value(metric, query, expected.level, expected.depth),
        };
        let ours = if complement { 1.0 - ours } else { ours };
        let printed: f64 = printed.parse().unwrap();
        assert!((ours - printed).abs() <= 0.00005 + 1e-9, "{name} of {query}: {ours}, expected {printed}");
        compared += 1;
    }
    compared
}

const PLAIN: Expected<'_> =
    Expected { qrels: "", run: "", printed: "", level: 1, all_judged: false, depth: usize::MAX };

#[test]
fn every_value_that_trec_eval_expects_of_itself() {
    let Some(root) = shared("trec_eval") else { return };
    let test = root.join("test");
    let usual = Expected { qrels: "qrels.test", run: "results.test", ..PLAIN };
    let trunc = Expected { run: "results.trunc", all_judged: true, ..usual };
    for (expected, at_least) in [
        (Expected { printed: "out.test", ..usual }, 13),
        (Expected { printed: "out.test", qrels: "qrels.test.with-comments", ..usual }, 13),
        (
            Expected {
                qrels: "qrels.comment.test",
                run: "results.comment.test",
                printed: "out.comment.test",
                ..PLAIN
            },
            13,
        ),
        (Expected { printed: "out.test.a", ..usual }, 45),
        (Expected { printed: "out.test.aq", ..usual }, 180),
        (Expected { printed: "out.test.aqc", ..trunc }, 180),
        (Expected { printed: "out.test.aqcM", depth: 100, ..trunc }, 180),
        (Expected { printed: "out.test.aql", qrels: "qrels.rel_level", level: 2, ..usual }, 180),
        (Expected { printed: "out.test.meas_params", ..usual }, 40),
    ] {
        let compared = compare(&test, &expected);
        assert!(compared >= at_least, "{}: only {compared} values", expected.printed);
    }
}

#[test]
fn trec_covid_as_published_query_by_query() {
    let Some(folder) = shared("trec-covid") else { return };
    let pair = Expected {
        qrels: "qrels.beir-v1.0.0-trec-covid.test.txt",
        run: "run.beir.bm25-flat.trec-covid.txt",
        ..PLAIN
    };
    let printed = "expected/run.beir.bm25-flat.trec-covid.txt.txt";
    assert!(compare(&folder, &Expected { printed, ..pair }) >= 35);
    let printed = "expected/run.beir.bm25-flat.trec-covid.txt.q.txt.gz";
    let compared = compare(&folder, &Expected { printed, ..pair });
    assert!(compared >= 50 * 35, "only {compared} values");
}

#[test]
fn graded_and_condensed_metrics_are_ir_measures_on_its_own_fixture() {
    let Some(folder) = shared("ir_measures") else { return };
    let pair = Pair::read(&folder.join("compat.qrels"), &folder.join("compat.run"));
    // ir_measures 0.4.3, with pytrec_eval-terrier 0.5.11 and cwl-eval 1.0.12; grades go up to 50.
    for (name, expected) in [
        ("nDCG@10", 0.16264277665368124),
        ("nDCG@20", 0.21627805068080727),
        ("nDCG", 0.3755507001238552),
        ("nDCG(judged_only=True)@10", 0.16264277665368124),
        ("P@5", 0.5),
        ("P(rel=2)@5", 0.5),
        ("P(judged_only=True)@5", 0.5),
        ("R@100", 0.27841821100248065),
        ("R(rel=2)@20", 0.12837837837837837),
        ("Success@5", 0.5),
        ("RR", 0.5192307692307693),
        ("RR(rel=2)", 0.5192307692307693),
        ("RR(judged_only=True)", 0.53125),
        ("AP", 0.24237005035840017),
        ("AP(rel=2)", 0.25737116513429636),
        ("AP@100", 0.17825475402859406),
        ("AP(judged_only=True)", 0.5438437139237001),
        ("Rprec", 0.2533197139938713),
        ("Bpref", 0.5588233621984405),
        ("Bpref(rel=2)", 0.46141993243243246),
        ("RBP(p=0.8, rel=1)", 0.49279495251289757),
        ("RBP(p=0.95, rel=2)", 0.3794072700919579),
        ("Judged@10", 1.0),
        // The formula in Python, in plain floating point: gdeval takes none of these query ids.
        ("nDCG(dcg='exp-log2')@10", 0.08861968317717525),
        ("nDCG(dcg='exp-log2')@20", 0.0886197621871006),
    ] {
        let ours = pair.mean(name.parse().unwrap(), 1, false, usize::MAX);
        assert!((ours - expected).abs() < 1e-9, "{name}: {ours} is not {expected}");
    }
}

#[test]
fn binary_metrics_are_cwl_evals_on_its_fixture() {
    let Some(folder) = shared("ir_measures") else { return };
    let pair = Pair::read(&folder.join("cwl.qrels"), &folder.join("cwl.run"));
    // ir_measures 0.4.3 with cwl-eval 1.0.12, by query.
    for (name, expected) in [
        ("RBP(p=0.8)", [0.516383232, 0.569846272, 0.1867513856]),
        ("RBP(p=0.5)", [0.697265625, 0.794921875, 0.0283203125]),
        ("P@5", [0.6, 0.6, 0.0]),
        ("AP", [0.7087301587301587, 0.7438492063492065, 0.3068452380952381]),
        ("AP(judged_only=True)", [0.7861904761904762, 0.9150793650793649, 0.5011904761904762]),
        ("RR", [1.0, 1.0, 0.16666666666666666]),
        ("nDCG@10", [0.8699594546339143, 0.8980061802949083, 0.5051791985607764]),
        ("Bpref", [0.6666666666666667, 0.75, 0.25]),
        ("Judged@10", [0.8, 0.8, 0.7]),
    ] {
        for (query, expected) in ["T1", "T2", "T3"].into_iter().zip(expected) {
            let ours = pair.value(name.parse().unwrap(), query, 1, usize::MAX);
            assert!((ours - expected).abs() < 1e-9, "{name} of {query}: {ours} is not {expected}");
        }
    }
}
