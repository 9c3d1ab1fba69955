//! In: a metric's name, N and the relevance level. Out: the function of the judged passages' ranks that
//! is tuned for. It computes no metric itself: the judge does.

use std::fmt;

use crate::domain::Grade;
use crate::judge::{Metrics, Placed, measure};

/// The metrics that the screen shows, as goals of tuning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    Recall,
    Success,
    Precision5,
    Ndcg10,
    Rr10,
    Ap,
}

impl Goal {
    pub const ALL: [Self; 6] =
        [Self::Recall, Self::Success, Self::Precision5, Self::Ndcg10, Self::Rr10, Self::Ap];

    pub fn of(self, metrics: &Metrics) -> f64 {
        match self {
            Self::Recall => metrics.recall,
            Self::Success => metrics.success,
            Self::Precision5 => metrics.precision5,
            Self::Ndcg10 => metrics.ndcg10,
            Self::Rr10 => metrics.rr10,
            Self::Ap => metrics.ap,
        }
    }

    /// The name, with `n` for the size of the candidate set where that is part of it: `recall@50`,
    /// `nDCG@10`.
    pub fn name(self, n: impl fmt::Display) -> String {
        match self {
            Self::Recall => format!("recall@{n}"),
            Self::Success => format!("success@{n}"),
            Self::Precision5 => "P@5".to_owned(),
            Self::Ndcg10 => "nDCG@10".to_owned(),
            Self::Rr10 => "MRR@10".to_owned(),
            Self::Ap => "MAP".to_owned(),
        }
    }

    /// The rank from which on a passage is as good as absent, with a list cut at `n`.
    pub fn depth(self, n: usize) -> usize {
        match self {
            Self::Recall | Self::Success | Self::Ap => n,
            Self::Precision5 => n.min(5),
            Self::Ndcg10 | Self::Rr10 => n.min(10),
        }
    }

    /// The goal on lists cut at `n`, relevant from `rel_level` on.
    pub fn objective(self, n: usize, rel_level: Grade) -> Objective<'static> {
        Objective::new(self.depth(n), move |placed| self.of(&measure(placed, n, rel_level)))
    }
}

type Value<'a> = Box<dyn Fn(&[Placed]) -> f64 + Send + Sync + 'a>;

/// Any metric that depends on the ranks of the judged passages alone.
pub struct Objective<'a> {
    pub(super) depth: usize,
    pub(super) value: Value<'a>,
}

impl<'a> Objective<'a> {
    /// `value` is a metric of a query's judged passages in the order in which the query has them; ranks
    /// beyond `depth` must be to it as no rank at all (`usize::MAX`: it looks at every rank).
    pub fn new(depth: usize, value: impl Fn(&[Placed]) -> f64 + Send + Sync + 'a) -> Self {
        Self { depth, value: Box::new(value) }
    }
}

impl fmt::Debug for Objective<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objective").field("depth", &self.depth).finish_non_exhaustive()
    }
}
