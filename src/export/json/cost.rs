//! What the second stage cost, and what other sizes of the candidate set would.

use serde::{Serialize, Serializer};

use super::stages::MetricMap;
use crate::engine::{AffordPoint, Snapshot, StageCost};
use crate::error::Result;
use crate::judge::Metrics;

/// One size of the candidate set: the estimated time of a query, and what was measured there.
#[derive(Serialize)]
pub(super) struct AffordPart {
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
pub(super) struct BudgetPart {
    ms: Option<f64>,
    affords_n: Option<usize>,
}

impl BudgetPart {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self { ms: snapshot.affords.budget_ms, affords_n: snapshot.affords.limit }
    }
}

pub(super) fn afforded(snapshot: &Snapshot) -> Vec<AffordPart> {
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

pub(super) struct Costs<'a>(pub(super) &'a [StageCost]);

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
