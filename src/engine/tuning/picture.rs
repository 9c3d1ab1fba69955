//! What tuning has found, as snapshots and reports hold it. Nothing here computes.

use std::sync::Arc;

use super::job::Key;
use crate::domain::{DocIdx, FusionMethod, LegId};
use crate::judge::Interval;
use crate::tune::{Best, CellMean, NotExact, StepCurve};

/// A metric over α and over α x N x method. Parts that are not there yet are `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    pub key: Key,
    /// Whose share α is: the second of two legs, the last of more.
    pub leg: Option<LegId>,
    /// The name of the metric, N written out (`recall@50`, `nDCG@10`).
    pub metric: String,
    /// recall@N of the first stage over α: what decides whether the gold is there at all.
    pub recall: Option<AlphaCurve>,
    /// The metric of the first stage over α.
    pub first: Option<AlphaCurve>,
    /// The metric of the reranked list over α; `None` also where there is no second stage.
    pub reranked: Option<AlphaCurve>,
    pub heat: Option<HeatMap>,
    /// Passages that some α brings into the candidate set and that have no score, by place of the query
    /// among the judged ones: with these the curve would be exact.
    pub unscored: Arc<Vec<(usize, Vec<DocIdx>)>>,
    /// Whether everything is computed.
    pub complete: bool,
}

/// A metric over 0 ≤ α ≤ 1.
#[derive(Debug, Clone, PartialEq)]
pub struct AlphaCurve {
    pub shape: Shape,
    /// What to set α to, by these very queries.
    pub best: Best,
    /// The metric at the present α.
    pub current: f64,
    /// What the choice is worth on queries that it has not seen; `None` for fewer than two queries.
    pub held_out: Option<Held>,
    /// Queries it is of, and how many are judged: a query some of whose entering passages have no
    /// reranker score is left out.
    pub queries: usize,
    pub judged: usize,
}

/// How a curve is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Every step of it.
    Exact(StepCurve),
    /// At these values of α only, and why.
    Sampled { points: Vec<(f64, f64)>, why: Option<NotExact> },
}

/// What cross-validation says of a choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub folds: usize,
    /// Mean over the queries, each under the choice made without its fold.
    pub held_out: f64,
    /// The mean under the present setting.
    pub current: f64,
    pub difference: f64,
    /// 95 % bootstrap interval of the difference.
    pub interval: Interval,
    pub queries: usize,
}

/// The metric over α, N and method.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    pub methods: Vec<FusionMethod>,
    pub alphas: Vec<f64>,
    pub candidates: Vec<usize>,
    /// By method, then α, then N; cells not computed yet have 0 queries.
    pub first: Vec<CellMean>,
    pub reranked: Vec<CellMean>,
    /// Columns (method, α) finished, and how many there are.
    pub done: usize,
    pub of: usize,
    pub best_first: Option<BestCell>,
    pub best_reranked: Option<BestCell>,
}

impl HeatMap {
    /// Where a cell stands in `first` and `reranked`.
    pub fn index(&self, method: usize, alpha: usize, candidates: usize) -> usize {
        (method * self.alphas.len() + alpha) * self.candidates.len() + candidates
    }
}

/// The best setting of a heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct BestCell {
    pub method: FusionMethod,
    pub alpha: f64,
    pub candidates: usize,
    pub mean: CellMean,
    /// The mean under the present setting, over the same queries.
    pub current: f64,
    pub held_out: Option<Held>,
}
