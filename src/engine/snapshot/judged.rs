//! What the judgments say of the queries, one by one and together.

use super::GoldRow;
use crate::domain::{DocIdx, Language, LegId, QueryIdx, Rank};
use crate::judge::{MetricMean, Metrics, Paired, QueryScores, Signals, Verdict};
use crate::tune::Margin;

/// One query in the list and in the reports.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRow {
    pub query: QueryIdx,
    pub golds: Vec<GoldRow>,
    /// Whether all legs of its first stage are there.
    pub complete: bool,
    /// Whether its whole candidate set is scored.
    pub rerank_complete: bool,
    /// `None` while its first stage is not complete, and where it has no judgments.
    pub first: Option<Metrics>,
    /// `None` without a second stage and while it is incomplete.
    pub reranked: Option<Metrics>,
    pub ceiling: Option<Metrics>,
    /// A value for each of [`super::Snapshot::metrics`]; there where `first` is.
    pub scores: Option<QueryScores>,
}

/// Means over judged queries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// Queries averaged over.
    pub queries: usize,
    pub first: Metrics,
    pub ceiling: Metrics,
    /// Over the queries whose whole candidate set is scored, both sides on those same queries.
    pub reranked: Option<RerankedMeans>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RerankedMeans {
    pub queries: usize,
    pub first: Metrics,
    pub reranked: Metrics,
    pub ceiling: Metrics,
}

/// Means of one query language.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageRow {
    pub language: Language,
    pub means: Means,
    /// By metric, in the order of [`super::Snapshot::metrics`].
    pub by_metric: Vec<MetricMean>,
}

/// An unjudged passage that is nearly the text of a gold: probably relevant, and only not labelled.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbablePositive {
    pub doc: DocIdx,
    /// `None`: not among the first of that list.
    pub first: Option<Rank>,
    pub reranked: Option<Rank>,
    /// The gold whose text it resembles.
    pub gold: DocIdx,
    /// Of the texts' 5-grams, 0 to 1.
    pub similarity: f64,
    /// Whether one text is within the other, and not the same.
    pub contained: bool,
}

/// Why a gold was lost before the reranker, and what brings it into the candidate set.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldWhy {
    /// In one sentence.
    pub words: String,
    /// Its fused score and that of the last candidate; `None` where it is not in the list, or the list
    /// is shorter than N.
    pub margin: Option<Margin>,
    /// Every single change that brings it in, each tried, the smallest first.
    pub ways: Vec<Way>,
}

/// One change of one setting that brings a gold in.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// `N = 63`, `α ≥ .62`, `convex fusion`, `dense alone`, `exact search`.
    pub change: String,
    /// The gold's fused rank after it.
    pub rank_then: Rank,
    /// For α the distance, for N and the window what is added as a share of what is there, else 1.
    pub size: f64,
}

/// What takes longer than a frame to find out; made when the lists are settled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Study {
    /// By row of [`super::Snapshot::queries`]; for a collection without judgments by its queries.
    pub signals: Vec<Option<Signals>>,
    pub mean_signals: Option<Signals>,
    /// The legs that [`crate::judge::LegPair`] counts.
    pub signal_legs: Vec<LegId>,
    /// By row of [`super::Snapshot::queries`], then by gold; `None`: not lost before the reranker.
    pub whys: Vec<Vec<Option<GoldWhy>>>,
    /// By row of [`super::Snapshot::queries`].
    pub probable_positives: Vec<Vec<ProbablePositive>>,
    /// The reranked list against the first stage's, metric by metric, over the queries wholly reranked.
    pub paired: Vec<Paired>,
    /// The protocol for each language of the queries, in order of the tags.
    pub by_language: Vec<(Language, Verdict)>,
}

impl Study {
    /// The protocol for one language; `None` where it has no judged query.
    pub fn verdict_on(&self, language: &Language) -> Option<&Verdict> {
        self.by_language.iter().find(|(other, _)| other == language).map(|(_, verdict)| verdict)
    }
}

/// Mean recall at every N from 1, over all judged queries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecallCurve {
    /// `fused[n - 1]` is recall@n of the fused list.
    pub fused: Vec<f32>,
    /// By `LegId`; empty for a leg that takes no part.
    pub legs: Vec<Vec<f32>>,
    /// A gold counts from the best rank that a leg gives it: what the legs have within N together, with
    /// more than N passages. Empty where fewer than two legs take part.
    pub union: Vec<f32>,
    /// What N candidates could hold at most: every gold that a leg has to the depth searched, on top.
    pub ceiling: Vec<f32>,
}

/// What approximate dense search costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Approximation {
    /// Breadth of the search.
    pub ef: usize,
    /// How deep the lists were compared: N.
    pub n: usize,
    /// Mean share of the exact scan's first N that the approximate list has among its own.
    pub recall: f64,
    /// Queries it is the mean of.
    pub queries: usize,
    /// Golds that the exact scan would have put into the candidate set.
    pub golds_lost: usize,
}
