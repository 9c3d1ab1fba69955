//! The JSON of `eval`, schema 1. Fields are only ever added; numbers are those of the screen.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::judge_parts::{
    ByName, Holes, MeanSignals, PositivePart, QueryByName, SignalsPart, holes, positive, signals,
};
use crate::corpus::Collection;
use std::collections::BTreeMap;

use crate::domain::{Fate, Grade, LegName, Rank};
use crate::engine::{
    AffordPoint, EngineOptions, GoldRow, GoldWhy, LanguageRow, Means, RerankedMeans, Snapshot, StageCost,
    Study,
};
use crate::error::{Error, Result};
use crate::index::dense::ANN_SEED;
use crate::judge::{Metrics, Paired, SEED, Verdict};
use crate::text::{self, Analyzers};

/// The whole report, one line, ending in a line feed.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn report(snapshot: &Snapshot, collection: &Collection, options: &EngineOptions) -> Result<String> {
    let n = snapshot.settings.candidates;
    let means = snapshot.means.as_ref();
    let study = snapshot.study.as_deref();
    let report = Report {
        schema: 1,
        collection: CollectionPart {
            name: &collection.name,
            passages: collection.passages.len(),
            queries: collection.queries.len(),
            judged_queries: collection.judged_queries().count(),
            languages: collection.languages().keys().map(ToString::to_string).collect(),
            fingerprint: &collection.fingerprint,
        },
        settings: settings(snapshot, collection, options),
        metrics: MetricsPart { stages: stages(means, n), by_name: ByName(&snapshot.by_metric) },
        significance: study.map_or(&[], |study| &study.paired),
        judgment_holes: holes(snapshot),
        signals: study.map(|study| MeanSignals { study, legs: &snapshot.legs }),
        queries: (0..snapshot.queries.len()).map(|at| query(at, snapshot, collection)).collect(),
        languages: snapshot.languages.iter().map(|row| language(row, study, n)).collect(),
        language_report: super::languages::part(snapshot),
        cost: Costs(&snapshot.costs),
        affords: afforded(snapshot),
        budget: BudgetPart { ms: snapshot.affords.budget_ms, affords_n: snapshot.affords.limit },
        verdict: snapshot.findings.as_deref(),
        approximation: snapshot.approximation.map(|found| ApproximationPart {
            ef: found.ef,
            n: found.n,
            recall: found.recall,
            queries: found.queries,
            golds_lost: found.golds_lost,
        }),
        tuning: snapshot.tuning.as_deref().map(super::tuning::part),
        warnings: &snapshot.warnings,
    };
    let text = serde_json::to_string(&report).map_err(|e| Error::bug(format!("JSON: {e}")))?;
    Ok(text + "\n")
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    collection: CollectionPart<'a>,
    settings: SettingsPart<'a>,
    metrics: MetricsPart<'a>,
    significance: &'a [Paired],
    judgment_holes: Option<Holes>,
    signals: Option<MeanSignals<'a>>,
    queries: Vec<QueryPart<'a>>,
    languages: Vec<LanguagePart<'a>>,
    /// How each language is cut, and what queries of one find in another.
    language_report: super::languages::ReportPart<'a>,
    cost: Costs<'a>,
    /// What the second stage would take and reach at other sizes of the candidate set.
    affords: Vec<AffordPart>,
    budget: BudgetPart,
    verdict: Option<&'a Verdict>,
    /// `null` where dense search is exact.
    approximation: Option<ApproximationPart>,
    /// `null` where no other settings were tried.
    tuning: Option<super::tuning::TuningPart<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct MetricsPart<'a> {
    #[serde(flatten)]
    stages: Stages,
    by_name: ByName<'a>,
}

/// Approximate against exact dense search.
#[derive(Serialize)]
struct ApproximationPart {
    ef: usize,
    n: usize,
    /// Share of the exact top n.
    recall: f64,
    queries: usize,
    golds_lost: usize,
}

#[derive(Serialize)]
struct CollectionPart<'a> {
    name: &'a str,
    passages: usize,
    queries: usize,
    judged_queries: usize,
    languages: Vec<String>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct SettingsPart<'a> {
    legs: Vec<&'a str>,
    first: &'a str,
    /// What the first stage was in fact, where the model was not available.
    first_ran: String,
    fusion: &'static str,
    /// `null` where the weights decide.
    alpha: Option<f64>,
    /// By leg, as they enter the fusion.
    weights: BTreeMap<&'a str, f64>,
    rrf_k: f64,
    depth: usize,
    window: usize,
    n: usize,
    k: usize,
    rerank: String,
    rerankers: Vec<RerankerPart<'a>>,
    blend: f64,
    threshold: Option<f64>,
    rel_level: Grade,
    average: &'static str,
    metrics: Vec<String>,
    min_queries: usize,
    min_capped_recall: f64,
    bm25: Bm25Part,
    ann: Option<AnnPart>,
    split: Option<&'a str>,
    skip_bad_rows: bool,
    offline: bool,
    token_store_max: u64,
    analyzer: AnalyzerPart,
    model: Option<Named<'a>>,
    seeds: Seeds,
    versions: Versions<'a>,
}

#[derive(Serialize)]
struct RerankerPart<'a> {
    name: &'a str,
    /// What its scores depend on but the texts; `null` where it was not opened.
    fingerprint: Option<&'a str>,
    truncated_passages: usize,
}

#[derive(Serialize)]
struct Seeds {
    hnsw: u64,
    bootstrap: u64,
    randomisation: u64,
}

#[derive(Serialize)]
struct Bm25Part {
    k1: f64,
    b: f64,
    title_boost: f64,
}

#[derive(Serialize)]
struct AnnPart {
    ef: usize,
}

#[derive(Serialize)]
struct AnalyzerPart {
    id: &'static str,
    /// Over the chains of the collection's languages.
    sha256: String,
    choice: &'static str,
    fold_han: bool,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    sha256: String,
}

#[derive(Serialize)]
struct Versions<'a> {
    rankscope: &'static str,
    onnxruntime: Option<&'a str>,
}

fn settings<'a>(
    snapshot: &'a Snapshot,
    collection: &Collection,
    options: &'a EngineOptions,
) -> SettingsPart<'a> {
    let settings = &snapshot.settings;
    let model = snapshot.model.as_ref();
    SettingsPart {
        legs: snapshot.legs.iter().map(|leg| &*leg.name).collect(),
        first: settings.first_name(&snapshot.legs),
        first_ran: snapshot.ran_name(),
        fusion: settings.fusion.name(),
        alpha: settings.goes_by_alpha(snapshot.legs.len()).then_some(settings.alpha),
        weights: snapshot
            .legs
            .iter()
            .map(|leg| &*leg.name)
            .zip(settings.leg_weights(snapshot.legs.len()))
            .collect(),
        rrf_k: settings.rrf_k(),
        depth: settings.depth,
        window: settings.window(),
        n: settings.candidates,
        k: settings.deliver,
        rerank: settings.reranker.name(),
        rerankers: (snapshot.rerankers.iter())
            .map(|one| RerankerPart {
                name: &one.name,
                fingerprint: one.fingerprint.as_deref(),
                truncated_passages: one.truncated,
            })
            .collect(),
        blend: settings.blend,
        threshold: settings.threshold,
        rel_level: settings.rel_level,
        average: options.judging.average.name(),
        metrics: snapshot.metrics.iter().map(ToString::to_string).collect(),
        min_queries: options.judging.terms.min_queries,
        min_capped_recall: options.judging.terms.min_capped_recall,
        bm25: Bm25Part { k1: settings.bm25.k1, b: settings.bm25.b, title_boost: settings.bm25.title_boost },
        ann: settings.ann.map(|ann| AnnPart { ef: ann.ef }),
        split: options.read.split.as_deref(),
        skip_bad_rows: options.read.skip_bad_rows,
        offline: options.model.offline,
        token_store_max: options.token_store_max,
        analyzer: AnalyzerPart {
            id: text::ANALYZER_ID,
            sha256: Analyzers::new(settings.analysis, collection.languages().keys()).fingerprint(),
            choice: settings.analysis.analyzer.name(),
            fold_han: settings.analysis.fold_han,
        },
        model: model.map(|model| Named { id: &model.id, sha256: model.fingerprint.clone() }),
        seeds: Seeds { hnsw: ANN_SEED, bootstrap: SEED, randomisation: SEED },
        versions: Versions {
            rankscope: env!("CARGO_PKG_VERSION"),
            onnxruntime: model.and_then(|model| model.runtime.as_deref()),
        },
    }
}

#[derive(Serialize)]
struct Stages {
    first: Option<MetricMap>,
    reranked: Option<MetricMap>,
    ceiling: Option<MetricMap>,
}

/// The metrics of one list under their usual names, N written out.
pub(super) struct MetricMap {
    pub(super) n: usize,
    pub(super) metrics: Metrics,
}

impl Serialize for MetricMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry(&format!("recall@{}", self.n), &self.metrics.recall)?;
        map.serialize_entry(&format!("success@{}", self.n), &self.metrics.success)?;
        map.serialize_entry("p@5", &self.metrics.precision5)?;
        map.serialize_entry("ndcg@10", &self.metrics.ndcg10)?;
        map.serialize_entry("mrr@10", &self.metrics.rr10)?;
        map.serialize_entry("map", &self.metrics.ap)?;
        map.end()
    }
}

/// Means of all judged queries; the reranked ones only when every query is reranked.
fn stages(means: Option<&Means>, n: usize) -> Stages {
    let map = |metrics| MetricMap { n, metrics };
    let whole = |means: &Means, reranked: RerankedMeans| {
        (means.queries == reranked.queries).then_some(reranked.reranked)
    };
    Stages {
        first: means.map(|means| map(means.first)),
        reranked: means.and_then(|means| whole(means, means.reranked?)).map(map),
        ceiling: means.map(|means| map(means.ceiling)),
    }
}

#[derive(Serialize)]
struct QueryPart<'a> {
    id: &'a str,
    language: String,
    text: &'a str,
    #[serde(flatten)]
    stages: Stages,
    by_name: Option<QueryByName<'a>>,
    golds: Vec<GoldPart<'a>>,
    probable_positives: Vec<PositivePart<'a>>,
    signals: Option<SignalsPart<'a>>,
}

#[derive(Serialize)]
struct GoldPart<'a> {
    passage: &'a str,
    grade: Grade,
    ranks: Ranks<'a>,
    fate: Option<Fate>,
    /// Whether query and passage share no term.
    blind: bool,
    /// `null` where it was not lost before the reranker.
    why: Option<WhyPart<'a>>,
    /// The rank after each stage of the second stage.
    stages: &'a [Option<Rank>],
    /// Which of them made the fate.
    decided_by: Option<DecidedBy>,
}

/// Why a gold was lost, and what brings it back: computed, each change tried.
#[derive(Serialize)]
struct WhyPart<'a> {
    words: &'a str,
    /// Fused scores of the gold and of the last candidate.
    margin: Option<MarginPart>,
    /// Smallest change first.
    ways: Vec<WayPart<'a>>,
}

#[derive(Serialize)]
struct MarginPart {
    gold: f32,
    cut: f32,
}

#[derive(Serialize)]
struct WayPart<'a> {
    change: &'a str,
    rank_then: Rank,
    size: f64,
}

fn why(of: &GoldWhy) -> WhyPart<'_> {
    WhyPart {
        words: &of.words,
        margin: of.margin.map(|margin| MarginPart { gold: margin.gold, cut: margin.cut }),
        ways: (of.ways.iter())
            .map(|way| WayPart { change: &way.change, rank_then: way.rank_then, size: way.size })
            .collect(),
    }
}

#[derive(Serialize)]
struct DecidedBy {
    stage: String,
    act: &'static str,
}

/// Ranks by leg and stage; `null`: not returned.
struct Ranks<'a>(&'a GoldRow, &'a [LegName]);

impl Serialize for Ranks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (leg, rank) in self.1.iter().zip(&self.0.legs) {
            map.serialize_entry(&*leg.name, rank)?;
        }
        let later: [(&str, Option<Rank>); 2] = [("fused", self.0.fused), ("reranked", self.0.reranked)];
        for (name, rank) in later {
            map.serialize_entry(name, &rank)?;
        }
        map.end()
    }
}

fn query<'a>(at: usize, snapshot: &'a Snapshot, collection: &'a Collection) -> QueryPart<'a> {
    let (row, n) = (&snapshot.queries[at], snapshot.settings.candidates);
    let plan = &snapshot.settings.reranker;
    let query = collection.query(row.query);
    let study = snapshot.study.as_deref();
    let positives = study.and_then(|study| study.probable_positives.get(at)).map_or(&[][..], Vec::as_slice);
    let whys = study.and_then(|study| study.whys.get(at)).map_or(&[][..], Vec::as_slice);
    let of_lists = study.and_then(|study| Some((study, study.signals.get(at)?.as_ref()?)));
    let map = |metrics| MetricMap { n, metrics };
    QueryPart {
        id: &query.id,
        language: query.language.to_string(),
        text: &query.text,
        stages: Stages {
            first: row.first.map(map),
            reranked: row.reranked.map(map),
            ceiling: row.ceiling.map(map),
        },
        golds: (row.golds.iter().enumerate())
            .map(|(place, gold)| GoldPart {
                passage: &gold.id,
                grade: gold.grade,
                ranks: Ranks(gold, &snapshot.legs),
                fate: gold.fate,
                blind: gold.blind,
                why: whys.get(place).and_then(|found| found.as_ref()).map(why),
                stages: &gold.stages,
                decided_by: gold.decided_by.and_then(|verdict| {
                    let stage = plan.stages.get(verdict.stage)?.to_string();
                    Some(DecidedBy { stage, act: verdict.act.name() })
                }),
            })
            .collect(),
        by_name: row.scores.as_ref().map(|scores| QueryByName { metrics: &snapshot.metrics, scores }),
        probable_positives: positives.iter().map(|found| positive(found, collection)).collect(),
        signals: of_lists.map(|(study, found)| signals(found, &study.signal_legs, &snapshot.legs)),
    }
}

#[derive(Serialize)]
struct LanguagePart<'a> {
    language: String,
    queries: usize,
    #[serde(flatten)]
    stages: Stages,
    by_name: ByName<'a>,
    verdict: Option<&'a Verdict>,
}

fn language<'a>(row: &'a LanguageRow, study: Option<&'a Study>, n: usize) -> LanguagePart<'a> {
    LanguagePart {
        language: row.language.to_string(),
        queries: row.means.queries,
        stages: stages(Some(&row.means), n),
        by_name: ByName(&row.by_metric),
        verdict: study.and_then(|study| study.verdict_on(&row.language)),
    }
}

/// One size of the candidate set: the estimated time of a query, and what was measured there.
#[derive(Serialize)]
struct AffordPart {
    n: usize,
    ms: Option<f64>,
    within_budget: Option<bool>,
    first: Option<MetricMap>,
    ceiling: Option<MetricMap>,
    /// Of the reranked lists; `null` where a candidate has no score.
    metrics: Option<MetricMap>,
}

/// The time that a query's second stage may take, and the greatest N that it has time for.
#[derive(Serialize)]
struct BudgetPart {
    ms: Option<f64>,
    affords_n: Option<usize>,
}

fn afforded(snapshot: &Snapshot) -> Vec<AffordPart> {
    let part = |point: &AffordPoint| {
        let map = |metrics: Option<Metrics>| metrics.map(|metrics| MetricMap { n: point.n, metrics });
        AffordPart {
            n: point.n,
            ms: point.ms,
            within_budget: point.within,
            first: map(point.first),
            ceiling: map(point.ceiling),
            metrics: map(point.metrics),
        }
    };
    snapshot.affords.points.iter().map(part).collect()
}

struct Costs<'a>(&'a [StageCost]);

#[derive(Serialize)]
struct CostPart {
    computed_pairs: u64,
    cached_pairs: u64,
    ms_total: f64,
    ms_p50_per_query: Option<f64>,
    ms_p95_per_query: Option<f64>,
    ms_per_pair: Option<f64>,
}

impl Serialize for Costs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|cost| {
            let part = CostPart {
                computed_pairs: cost.computed_pairs,
                cached_pairs: cost.cached_pairs,
                ms_total: cost.ms_total,
                ms_p50_per_query: cost.ms_p50_per_query,
                ms_p95_per_query: cost.ms_p95_per_query,
                ms_per_pair: cost.ms_per_pair,
            };
            (&cost.stage, part)
        }))
    }
}
