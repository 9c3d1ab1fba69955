//! What the second stage cost, and what other sizes of the candidate set would.

use serde::{Serialize, Serializer};

use super::stages::MetricMap;
use crate::engine::{AffordPoint, Snapshot, Spending, StageCost};
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

/// What a service has cost in this run; money is an estimate from list prices.
#[derive(Serialize)]
pub(super) struct SpendingPart<'a> {
    service: &'a str,
    requests: u64,
    unanswered: u64,
    search_units: f64,
    tokens: u64,
    usd_estimate: Option<f64>,
}

impl<'a> SpendingPart<'a> {
    pub(super) fn of(spent: &'a Spending) -> Self {
        let Spending { name, usage, .. } = spent;
        Self {
            service: name,
            requests: usage.requests,
            unanswered: usage.unanswered,
            search_units: usage.search_units,
            tokens: usage.tokens,
            usd_estimate: usage.usd_estimate,
        }
    }
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
