//! The engine as the screen drives it, on real input with the bundled model.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rankscope::corpus::{Collection, ReadOptions};
use rankscope::domain::{FirstStage, FusionMethod, LegId, LegSet, QueryIdx, SecondStage, Settings};
use rankscope::engine::{
    Engine, EngineOptions, Event, Focus, JudgeOptions, LegSpec, Request, Shape, Snapshot, StageState,
};
use rankscope::models::ModelOptions;
use rankscope::tune::Goal;

use crate::common::{ready, sample, shared, small};

pub struct Desk {
    pub engine: Engine,
    events: mpsc::Receiver<Event>,
    pub collection: Arc<Collection>,
    pub request: Request,
}

pub fn options(collection: PathBuf, cache: PathBuf, settings: &Settings) -> EngineOptions {
    EngineOptions {
        legs: LegSpec::built_in(),
        judging: JudgeOptions::default(),
        collection,
        read: ReadOptions::default(),
        cache_dir: Some(cache),
        model: ModelOptions { runtime_dir: Some(shared("runtime")), threads: 2, ..ModelOptions::default() },
        use_model: true,
        eager: true,
        reranker_dir: None,
        activation: rankscope::rerank::Activation::Raw,
        budget_ms: None,
        service_budget: Default::default(),
        ask_before_paying: false,
        plain_http: false,
        token_store_max: 1 << 30,
        score_cache_max: 1 << 30,
        settings: settings.clone(),
        watch: false,
    }
}

impl Desk {
    pub fn open(options: EngineOptions) -> Self {
        let (sink, events) = mpsc::channel();
        let settings = options.settings.clone();
        let engine = Engine::start(options, move |event| {
            let _ = sink.send(event);
        })
        .unwrap();
        let collection = match events.recv_timeout(Duration::from_secs(60)).unwrap() {
            Event::Opened(collection) => collection,
            other => panic!("{other:?}"),
        };
        let request = Request {
            generation: 0,
            settings,
            focus: Focus::Listed(QueryIdx(0)),
            inspect: None,
            tune: None,
            trace: None,
            whole: false,
        };
        Self { engine, events, collection, request }
    }

    pub fn sample() -> Self {
        ready();
        let settings = Settings { depth: 100, ..Settings::default() };
        Self::open(options(sample().into(), shared("cache"), &settings))
    }

    /// Changes the request and asks.
    pub fn ask(&mut self, change: impl FnOnce(&mut Request)) {
        change(&mut self.request);
        self.request.generation += 1;
        self.engine.request(self.request.clone());
    }

    pub fn next(&self) -> Arc<Snapshot> {
        match self.events.recv_timeout(Duration::from_secs(120)).expect("the engine answers") {
            Event::Snapshot(snapshot) => snapshot,
            other => panic!("{other:?}"),
        }
    }

    /// The final answer to the newest request.
    pub fn settled(&self) -> Arc<Snapshot> {
        loop {
            let snapshot = self.next();
            if snapshot.stamp.generation == self.request.generation
                && snapshot.status.is_settled()
                && snapshot.focus.is_settled()
            {
                return snapshot;
            }
        }
    }
}

/// The first start: BM25 at once, then hybrid, then the reranked list, with progress, on a fresh cache.
#[test]
fn a_first_start_opens_on_bm25_and_the_rest_joins() {
    ready();
    let folder = small();
    let cache = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(options(folder.path().into(), cache.path().into(), &Settings::default()));
    desk.ask(|_| {});
    let first = desk.next();
    assert_eq!(first.ran, LegSet::all(1), "bm25 alone");
    assert!(!first.focus.first.is_empty(), "BM25's list is there at once");
    assert!(first.focus.reranked.is_empty());
    assert!(first.means.is_none_or(|means| means.reranked.is_none()), "an empty list is not reranked yet");
    assert!(
        first.verdict.is_empty() || first.verdict.starts_with("so far, on bm25 alone"),
        "{}",
        first.verdict
    );
    assert!(matches!(first.status.dense, StageState::Working { .. }), "{:?}", first.status.dense);

    let mut stamps = vec![first.stamp];
    let last = loop {
        let snapshot = desk.next();
        stamps.push(snapshot.stamp);
        if snapshot.status.is_settled() {
            break snapshot;
        }
    };
    assert!(stamps.is_sorted() && stamps.iter().collect::<BTreeSet<_>>().len() == stamps.len(), "{stamps:?}");
    assert_eq!(last.ran, LegSet::all(2));
    assert_eq!(last.focus.reranked[0].doc, last.focus.golds[0].doc.unwrap());
    assert!(last.means.unwrap().reranked.is_some());
    assert_eq!(last.model.as_ref().unwrap().id, "multilingual-e5-small-q4");
    // A Japanese query that shares no word form but one with its gold.
    assert_eq!(last.queries[1].golds[0].reranked, Some(1));
}

#[test]
fn every_knob_judges_all_queries_anew() {
    let mut desk = Desk::sample();
    desk.ask(|_| {});
    let base = desk.settled();
    let recall = |snapshot: &Snapshot| snapshot.means.unwrap().first.recall;

    desk.ask(|request| request.settings.candidates = 3);
    let few = desk.settled();
    assert!(recall(&few) < recall(&base), "fewer candidates, less recall");
    assert_eq!(few.focus.first.len(), 3);
    assert!(few.queries.iter().flat_map(|q| &q.golds).any(|g| g.fused.is_some_and(|rank| rank > 3)));

    desk.ask(|request| request.settings.first = FirstStage::Only(LegId(0)));
    let lexical = desk.settled();
    assert_ne!(lexical.means.unwrap().first, few.means.unwrap().first);
    desk.ask(|request| {
        request.settings.first = FirstStage::Hybrid;
        request.settings.alpha = 0.0;
    });
    let silent = desk.settled();
    assert_eq!(silent.means.unwrap().first, lexical.means.unwrap().first, "α = 0 is the lexical leg");

    desk.ask(|request| {
        request.settings.alpha = 0.5;
        request.settings.fusion = FusionMethod::Convex;
    });
    assert_ne!(desk.settled().means.unwrap().first, few.means.unwrap().first);

    desk.ask(|request| request.settings.reranker = SecondStage::none());
    let plain = desk.settled();
    assert_eq!(plain.status.rerank, StageState::Off);
    assert!(plain.focus.reranked.is_empty() && plain.means.unwrap().reranked.is_none());

    desk.ask(|request| request.settings = Settings { depth: 100, ..Settings::default() });
    let back = desk.settled();
    assert_eq!(back.means, base.means);
    assert_eq!(back.focus, base.focus);
}

/// Trap: an engine that works through every request of a burst would answer the last one late.
#[test]
fn the_newest_request_of_a_burst_is_answered() {
    let mut desk = Desk::sample();
    desk.ask(|_| {});
    desk.settled();
    for step in 0..=100 {
        desk.ask(|request| request.settings.alpha = f64::from(step) / 100.0);
    }
    let start = Instant::now();
    let mut answers = 0;
    loop {
        let snapshot = desk.next();
        answers += 1;
        if snapshot.stamp.generation == desk.request.generation {
            assert!((snapshot.settings.alpha - 1.0).abs() < 1e-9);
            break;
        }
    }
    assert!(answers < 100, "{answers} answers to 101 requests in {:?}", start.elapsed());
}

#[test]
fn a_typed_query_is_searched_and_reranked() {
    let mut desk = Desk::sample();
    desk.ask(|_| {});
    desk.settled();
    for typed in ["fer", "ferry ref", "ferry refund"] {
        desk.ask(|request| request.focus = Focus::Typed(typed.to_owned()));
    }
    let answer = desk.settled();
    assert_eq!(answer.focus.text, "ferry refund");
    assert!(!answer.focus.judged && answer.focus.golds.is_empty());
    assert_eq!(answer.focus.first.len(), 50);
    assert_eq!(answer.focus.reranked.len(), 50);
    assert!(answer.focus.reranked.iter().all(|row| row.score.is_some() && row.movement.is_some()));
    let scores: Vec<f32> = answer.focus.reranked.iter().filter_map(|row| row.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));

    desk.ask(|request| request.focus = Focus::Typed("   ".to_owned()));
    let empty = desk.settled();
    assert!(empty.focus.first.iter().all(|row| row.legs[0].is_none()), "BM25 has no term to search for");
}

/// The parts of an explanation add up to the scores that they explain.
#[test]
fn an_explanation_adds_up() {
    let mut desk = Desk::sample();
    desk.ask(|_| {});
    let base = desk.settled();
    let mut explained = 0;
    for row in base.focus.first.iter().take(8) {
        let doc = row.doc;
        desk.ask(|request| request.inspect = Some(doc));
        let answer = desk.settled();
        let parts = answer.focus.explanation.clone().unwrap();
        assert_eq!(parts.doc, doc);
        let sum: f64 = parts.shares.iter().flatten().map(|share| share.weighted).sum();
        assert!((sum - f64::from(row.score)).abs() < 1e-6, "{sum} {}", row.score);
        if let Some(hit) = row.legs[0] {
            let terms: f32 = parts.terms.iter().map(|term| term.score).sum();
            assert!((terms - hit.score).abs() < 1e-3, "{terms} {}", hit.score);
            assert!(!parts.highlights.is_empty(), "a matched term is highlighted");
        }
        assert!((parts.cosine.unwrap() - row.legs[1].unwrap().score).abs() < 1e-6);
        assert_eq!(parts.dense_exact_rank, row.legs[1].map(|hit| hit.rank));
        let (reranker, pairs) = &parts.pairs[0];
        assert_eq!((reranker.as_str(), parts.pairs.len()), ("late-interaction", 1));
        let mean = pairs.iter().map(|pair| pair.similarity).sum::<f32>() / pairs.len() as f32;
        assert!(
            (mean - parts.reranked.unwrap().score).abs() < 1e-4,
            "late interaction is the mean of its pairs"
        );
        let text = desk.collection.passage(doc).indexed_text();
        assert!(pairs.iter().all(|pair| text.contains(&pair.passage.words)), "{pairs:?}");
        explained += 1;
    }
    assert_eq!(explained, 8);
}

/// A remedy is a promise: the setting that it names brings the gold in.
#[test]
fn a_remedy_keeps_its_word() {
    let mut desk = Desk::sample();
    desk.ask(|request| request.settings.candidates = 5);
    let base = desk.settled();
    let lost: Vec<QueryIdx> = (base.queries.iter())
        .filter(|row| row.golds.iter().any(|gold| gold.fused.is_some_and(|rank| rank > 5)))
        .map(|row| row.query)
        .take(6)
        .collect();
    assert!(!lost.is_empty(), "five candidates are too few for some query");
    for query in lost {
        desk.ask(|request| request.focus = Focus::Listed(query));
        let answer = desk.settled();
        let gold = answer.focus.golds.iter().find(|gold| gold.fused.is_some_and(|rank| rank > 5)).unwrap();
        let (promised, id) = (gold.remedy.clone(), gold.id.clone());
        let rank = gold.fused.unwrap() as usize;
        assert!(promised.contains(&format!("N = {rank}")), "{promised}");
        desk.ask(|request| request.settings.candidates = rank);
        let deeper = desk.settled();
        assert!(deeper.focus.first.iter().any(|row| *desk.collection.passage(row.doc).id == *id));
        desk.ask(|request| request.settings.candidates = 5);
    }
}

#[test]
fn an_engine_at_work_ends_when_it_is_dropped() {
    ready();
    let cache = tempfile::tempdir().unwrap();
    let mut desk = Desk::open(options(sample().into(), cache.path().into(), &Settings::default()));
    desk.ask(|_| {});
    desk.next();
    let start = Instant::now();
    drop(desk);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Trap: a curve that is drawn from other lists than those that are judged. What it says of an α must be
/// what the engine finds when it is set to that α, at the ends, inside and at the α that is recommended.
#[test]
fn the_curve_over_alpha_is_what_every_alpha_gives() {
    let mut desk = Desk::sample();
    desk.ask(|request| request.tune = Some(Goal::Ndcg10));
    let tuned = desk.settled();
    let tuning = tuned.tuning.clone().unwrap();
    assert!(tuning.complete);
    let first = tuning.first.as_ref().unwrap();
    let reranked = tuning.reranked.as_ref().unwrap();
    let Shape::Exact(exact) = &first.shape else { panic!("{:?}", first.shape) };
    let heat = tuning.heat.as_ref().unwrap();
    assert_eq!((heat.done, heat.methods[0]), (heat.of, FusionMethod::Rrf));
    let all = tuned.queries.len();
    for alpha in [0.0, 0.05, 0.35, 0.5, first.best.short, reranked.best.short, 1.0] {
        desk.ask(|request| {
            request.settings.alpha = alpha;
            request.tune = None;
        });
        let means = desk.settled().means.unwrap();
        assert!((exact.value_at(alpha) - means.first.ndcg10).abs() < 1e-9, "first stage at {alpha}");
        let after = means.reranked.unwrap();
        assert_eq!(after.queries, all);
        // Elsewhere passages may come in that have no score: there the curve says nothing.
        let said = match &reranked.shape {
            Shape::Exact(last) => Some(last.value_at(alpha)),
            Shape::Sampled { points, .. } => {
                points.iter().find(|(at, _)| (at - alpha).abs() < 1e-9).map(|&(_, value)| value)
            }
        };
        assert!(alpha != 0.5 || said.is_some(), "the present α is always known");
        if let Some(said) = said {
            assert!((said - after.reranked.ndcg10).abs() < 1e-6, "reranked at {alpha}");
        }
        if let Some(at) = heat.alphas.iter().position(|&tried| tried == alpha) {
            let n = heat.candidates.iter().position(|&n| n == 50).unwrap();
            let cell = heat.first[heat.index(0, at, n)];
            assert!((cell.mean - means.first.ndcg10).abs() < 1e-6, "heat map at {alpha}");
        }
    }
    assert!(first.best.value >= first.current);
    let held = first.held_out.as_ref().unwrap();
    assert_eq!((held.folds, held.queries), (5, all));
    assert!(held.held_out <= first.best.value + 1e-9, "what was not seen is not better than what was");
}

/// Lists of other engines as legs: BM25's own list read back from a run is the same leg, and a third leg
/// takes part with a weight of its own.
#[test]
fn run_files_are_legs_like_any_other() {
    ready();
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("bm25.txt");
    let written = crate::common::eval_json(
        &sample(),
        &["--first", "bm25", "--rerank", "none", "--first-run", run.to_str().unwrap()],
    );
    let leg = format!("other={}", run.display());
    let ranks = |report: &serde_json::Value, leg: &str| -> Vec<serde_json::Value> {
        let queries = report["queries"].as_array().unwrap();
        let golds = queries.iter().flat_map(|query| query["golds"].as_array().unwrap());
        golds.map(|gold| gold["ranks"][leg].clone()).collect()
    };
    let alone = crate::common::eval_json(&sample(), &["--leg", &leg, "--rerank", "none"]);
    assert_eq!(alone["metrics"], written["metrics"]);
    assert_eq!(ranks(&alone, "other"), ranks(&written, "bm25"));
    let legs = ["--leg", "bm25", "--leg", "dense", "--leg", leg.as_str()];
    let three = |args: &[&str]| {
        crate::common::eval_json(&sample(), &[&legs[..], &["--rerank", "none"], args].concat())
    };
    let silent = three(&["--weight", "other=0"]);
    let two = crate::common::eval_json(&sample(), &["--rerank", "none"]);
    assert_eq!(silent["metrics"]["first"], two["metrics"]["first"], "a leg without weight takes no part");
    let heavy = three(&["--weight", "other=1000"]);
    assert_eq!(heavy["settings"]["weights"]["other"], 1000.0);
    assert_ne!(heavy["metrics"]["first"], two["metrics"]["first"]);
    assert_eq!(ranks(&heavy, "other"), ranks(&heavy, "bm25"));
}
