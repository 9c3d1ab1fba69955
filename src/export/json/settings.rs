//! Every knob under which a report was made, and the versions of what made it: enough to make it again.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::corpus::Collection;
use crate::domain::Grade;
use crate::engine::{EngineOptions, Snapshot};
use crate::index::dense::ANN_SEED;
use crate::judge::SEED;
use crate::text::{self, Analyzers};

#[derive(Serialize)]
pub(super) struct SettingsPart<'a> {
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

pub(super) fn settings<'a>(
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
