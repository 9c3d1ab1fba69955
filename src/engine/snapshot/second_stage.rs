//! What the second stage costs and could afford, who is asked before it costs, and who competes in it.

use std::sync::Arc;

use super::StageState;
use crate::domain::{DocIdx, QueryIdx, SecondStage};
use crate::judge::{Metrics, Paired};
use crate::rerank::http::{Latency, Usage, dollars};

/// What one stage cost since the engine was started.
#[derive(Debug, Clone, PartialEq)]
pub struct StageCost {
    pub stage: String,
    pub computed_pairs: u64,
    pub cached_pairs: u64,
    /// Of what was computed, in milliseconds.
    pub ms_total: f64,
    /// Median per query, of the queries of which anything was computed.
    pub ms_p50_per_query: Option<f64>,
    /// Of the same, the time that 95 % of them stay within.
    pub ms_p95_per_query: Option<f64>,
    /// Mean of a computed pair.
    pub ms_per_pair: Option<f64>,
}

/// What the second stage would take and reach at other sizes of the candidate set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Affords {
    pub budget_ms: Option<f64>,
    /// The present N.
    pub n: usize,
    /// The greatest N, up to the window, that the budget has time for (0: none); `None` without a budget,
    /// and where a reranker has computed nothing in this run.
    pub limit: Option<usize>,
    /// By N, ascending; empty without a second stage.
    pub points: Vec<AffordPoint>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffordPoint {
    pub n: usize,
    /// Estimated milliseconds a query; `None` where a reranker has computed nothing in this run.
    pub ms: Option<f64>,
    /// Whether that is within the budget.
    pub within: Option<bool>,
    /// Means of the first stage's lists at this N, and of what a perfect reranker would make of them;
    /// `None` without judged queries.
    pub first: Option<Metrics>,
    pub ceiling: Option<Metrics>,
    /// Means of the reranked lists at this N; `None` where a judged query lacks a score.
    pub metrics: Option<Metrics>,
}

/// What the person is asked before the first request that costs money.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The service and the model.
    pub service: String,
    /// Where the texts would go: scheme, host, port and path.
    pub place: String,
    /// Of how many queries.
    pub queries: usize,
    /// Texts of passages to score, all queries together, at most: what the cache has is not sent.
    pub passages: usize,
    /// For all of them, from the price; `None` where none is known.
    pub usd_estimate: Option<f64>,
    /// What may be spent at most.
    pub limit_usd: Option<f64>,
    /// The price and where it is from, in a sentence.
    pub price_note: String,
}

/// What a service has cost in this run.
#[derive(Debug, Clone, PartialEq)]
pub struct Spending {
    /// As the plan names it.
    pub name: String,
    pub usage: Usage,
    /// `None` before the first answer.
    pub latency: Option<Latency>,
    /// What all services together may cost.
    pub limit_usd: Option<f64>,
}

impl Spending {
    /// In one sentence.
    pub fn words(&self) -> String {
        let usage = &self.usage;
        let plural =
            |number: u64, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let mut parts = vec![plural(usage.requests, "request")];
        if usage.unanswered > 0 {
            parts.push(format!("{} of them without an answer, counted as billed", usage.unanswered));
        }
        if usage.search_units > 0.0 {
            parts.push(format!("{} search units", usage.search_units));
        }
        if usage.tokens > 0 {
            parts.push(plural(usage.tokens, "token"));
        }
        if let Some(usd) = usage.usd_estimate {
            let of = self.limit_usd.map_or(String::new(), |limit| format!(" of {}", dollars(limit)));
            parts.push(format!("about {}{of}", dollars(usd)));
        }
        if let Some(latency) = self.latency {
            parts.push(format!("p50 {:.0} ms, p95 {:.0} ms a request", latency.p50_ms, latency.p95_ms));
        }
        format!("{}: {}", crate::text::visible(&self.name), parts.join(", "))
    }
}

/// Plans that are held against the present one, on the same candidates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rivals {
    pub plans: Vec<Rival>,
    /// `None` until all are scored.
    pub standing: Option<Arc<Standing>>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rival {
    pub plan: SecondStage,
    /// Judged queries that it has reranked whole.
    pub state: StageState,
    /// What it delivers for the query on the screen; empty until its whole candidate set is scored.
    pub focus: Vec<DocIdx>,
    /// The metrics of that list; `None` also for a query without judgments.
    pub here: Option<Metrics>,
}

/// Who won how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Queries that every plan has reranked whole: all numbers are over these.
    pub queries: usize,
    /// Means of the present plan.
    pub ours: Option<Metrics>,
    /// By rival. `None`: it did not run.
    pub rivals: Vec<Option<Against>>,
}

/// A rival's means, its nDCG@10 against ours, and the queries whose nDCG@10 it changes with the difference,
/// the greatest gain first.
pub type Against = (Metrics, Paired, Vec<(QueryIdx, f64)>);

/// A reranker of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct RerankerInUse {
    pub name: String,
    /// What its scores depend on but the texts; `None` until it is open.
    pub fingerprint: Option<String>,
    /// Passages that it did not read to their end.
    pub truncated: usize,
}
