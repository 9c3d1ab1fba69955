//! The JSON of `eval`, schema 1. Fields are only ever added; numbers are those of the screen.

mod cost;
mod queries;
mod settings;
mod stages;

use serde::Serialize;

use super::judge_parts::{ByName, GatePart, Holes, MeanSignals, holes};
use crate::corpus::Collection;
use crate::engine::{EngineOptions, LanguageRow, Snapshot, Study};
use crate::error::{Error, Result};
use crate::judge::{Demand, Paired, Verdict};
use cost::{AffordPart, BudgetPart, Costs, SpendingPart, afforded};
use queries::{QueryPart, query};
use settings::{SettingsPart, settings};
pub(super) use stages::MetricMap;
use stages::{Stages, stages};

/// The number of the schema that reports have; `docs/eval.schema.json` describes it.
pub const SCHEMA: u32 = 1;

/// The whole report, one line, ending in a line feed.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn report(
    snapshot: &Snapshot,
    collection: &Collection,
    options: &EngineOptions,
    demands: &[Demand],
) -> Result<String> {
    let n = snapshot.settings.candidates;
    let means = snapshot.means.as_ref();
    let study = snapshot.study.as_deref();
    let report = Report {
        schema: SCHEMA,
        collection: CollectionPart {
            name: &collection.name,
            passages: collection.passages.len(),
            queries: collection.queries.len(),
            judged_queries: collection.judged_queries().count(),
            judged_by: collection.judged_by.name(),
            documents: collection.documents.as_ref().map(|documents| documents.len()),
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
        budget: BudgetPart::of(snapshot),
        spending: snapshot.spending.iter().map(SpendingPart::of).collect(),
        verdict: snapshot.findings.as_deref(),
        approximation: snapshot.approximation.map(|found| ApproximationPart {
            ef: found.ef,
            n: found.n,
            recall: found.recall,
            queries: found.queries,
            golds_lost: found.golds_lost,
        }),
        tuning: snapshot.tuning.as_deref().map(super::tuning::part),
        gate: GatePart::of(demands),
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
    spending: Vec<SpendingPart<'a>>,
    verdict: Option<&'a Verdict>,
    /// `null` where dense search is exact.
    approximation: Option<ApproximationPart>,
    /// `null` where no other settings were tried.
    tuning: Option<super::tuning::TuningPart<'a>>,
    /// `null` where nothing is demanded.
    gate: Option<GatePart<'a>>,
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
    /// `document`: metrics, fates and k count documents.
    judged_by: &'static str,
    /// `null` where passages are of no documents.
    documents: Option<usize>,
    languages: Vec<String>,
    fingerprint: &'a str,
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
