//! The parts of the JSON that go beyond the six metrics: any metric by its name, signals, holes in the
//! judgments, tests of the difference.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::corpus::Collection;
use crate::domain::{LegId, LegName, Rank};
use crate::engine::{ProbablePositive, Snapshot, Study};
use crate::judge::{
    CONDENSED_NDCG_10, Cut, Demand, JUDGED_10, LegPair, Metric, MetricMean, PARTS, QueryScores, Signals,
};

/// What was demanded, and whether all of it is met.
#[derive(Serialize)]
pub struct GatePart<'a> {
    met: bool,
    demands: &'a [Demand],
}

impl<'a> GatePart<'a> {
    /// `None`: nothing was demanded.
    pub fn of(demands: &'a [Demand]) -> Option<Self> {
        (!demands.is_empty()).then(|| Self { met: Demand::unmet(demands) == 0, demands })
    }
}

/// Means by metric: `"nDCG@10": {first, reranked, ceiling, share_of_gain}`. As everywhere in the report
/// the reranked side is there only when every query is reranked.
pub struct ByName<'a>(pub &'a [MetricMean]);

#[derive(Serialize)]
struct MeanPart {
    first: f64,
    reranked: Option<f64>,
    ceiling: Option<f64>,
    share_of_gain: Option<f64>,
}

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|mean| {
            let whole = mean.reranked.filter(|reranked| reranked.queries == mean.queries);
            let part = MeanPart {
                first: mean.first,
                reranked: whole.map(|whole| whole.reranked),
                ceiling: mean.ceiling,
                share_of_gain: whole.and_then(|whole| whole.share_of_gain),
            };
            (mean.metric.to_string(), part)
        }))
    }
}

/// One query's values by metric.
pub struct QueryByName<'a> {
    pub metrics: &'a [Metric],
    pub scores: &'a QueryScores,
}

#[derive(Serialize)]
struct ValuePart {
    first: f64,
    reranked: Option<f64>,
    ceiling: Option<f64>,
}

impl Serialize for QueryByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let part = |i: usize| ValuePart {
            first: self.scores.first()[i],
            reranked: self.scores.reranked().map(|values| values[i]),
            ceiling: self.scores.ceiling(i),
        };
        serializer.collect_map(self.metrics.iter().enumerate().map(|(i, m)| (m.to_string(), part(i))))
    }
}

/// What the judgments do not know.
#[derive(Serialize)]
pub struct Holes {
    #[serde(rename = "judged@10")]
    judged: Option<Before>,
    /// nDCG@10 of the judged passages alone.
    #[serde(rename = "ndcg@10_condensed")]
    condensed: Option<Before>,
    /// Unjudged passages on top of a list that are nearly a gold's text; by query in `queries`.
    probable_positives: usize,
}

#[derive(Serialize)]
struct Before {
    first: f64,
    reranked: Option<f64>,
}

/// The holes; `None` for a collection without judgments.
pub fn holes(snapshot: &Snapshot) -> Option<Holes> {
    let of = |metric: Metric| {
        let mean = snapshot.by_metric.iter().find(|mean| mean.metric == metric)?;
        let both = mean.reranked.map(|both| both.first).unwrap_or(mean.first);
        Some(Before { first: both, reranked: mean.reranked.map(|both| both.reranked) })
    };
    let study = snapshot.study.as_deref();
    (!snapshot.by_metric.is_empty()).then(|| Holes {
        judged: of(JUDGED_10),
        condensed: of(CONDENSED_NDCG_10),
        probable_positives: study.map_or(0, |s| s.probable_positives.iter().map(Vec::len).sum()),
    })
}

#[derive(Serialize)]
pub struct PositivePart<'a> {
    passage: &'a str,
    first: Option<Rank>,
    reranked: Option<Rank>,
    resembles: &'a str,
    similarity: f64,
    contained: bool,
}

pub fn positive<'a>(positive: &ProbablePositive, collection: &'a Collection) -> PositivePart<'a> {
    PositivePart {
        passage: &collection.passage(positive.doc).id,
        first: positive.first,
        reranked: positive.reranked,
        resembles: &collection.passage(positive.gold).id,
        similarity: positive.similarity,
        contained: positive.contained,
    }
}

/// What lists say without judgments.
#[derive(Serialize)]
pub struct SignalsPart<'a> {
    /// Share of the delivered from each fifth of the candidate set.
    delivered_from: Option<[f64; PARTS]>,
    delivered_from_last_fifth: Option<f64>,
    rerank_tau_b: Option<f64>,
    mean_movement: Option<f64>,
    top_k_replaced: Option<f64>,
    cut: Cut,
    legs: Vec<PairPart<'a>>,
}

#[derive(Serialize)]
struct PairPart<'a> {
    a: &'a str,
    b: &'a str,
    #[serde(rename = "jaccard@k")]
    jaccard_k: Option<f64>,
    #[serde(rename = "jaccard@n")]
    jaccard_n: Option<f64>,
    rbo: Option<f64>,
    tau_b: Option<f64>,
}

/// `speaking`: the legs that the pairs count.
pub fn signals<'a>(signals: &Signals, speaking: &[LegId], legs: &'a [LegName]) -> SignalsPart<'a> {
    let name =
        |place: usize| speaking.get(place).and_then(|leg| legs.get(leg.0)).map_or("", |leg| &*leg.name);
    let pair = |pair: &LegPair| PairPart {
        a: name(pair.a),
        b: name(pair.b),
        jaccard_k: pair.jaccard_k,
        jaccard_n: pair.jaccard_n,
        rbo: pair.rbo,
        tau_b: pair.tau,
    };
    SignalsPart {
        delivered_from: signals.origins,
        delivered_from_last_fifth: signals.from_last_part(),
        rerank_tau_b: signals.rerank_tau,
        mean_movement: signals.mean_movement,
        top_k_replaced: signals.replaced,
        cut: signals.cut,
        legs: signals.legs.iter().map(pair).collect(),
    }
}

/// The signals' means over all queries that were searched, judged or not.
pub struct MeanSignals<'a> {
    pub study: &'a Study,
    pub legs: &'a [LegName],
}

impl Serialize for MeanSignals<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("queries", &self.study.signals.iter().flatten().count())?;
        let mean = self.study.mean_signals.as_ref();
        map.serialize_entry("mean", &mean.map(|mean| signals(mean, &self.study.signal_legs, self.legs)))?;
        map.end()
    }
}
