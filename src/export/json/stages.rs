//! The six metrics of the query view, for the lists before and after reranking and for the ceiling.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::engine::{Means, RerankedMeans};
use crate::error::Result;
use crate::judge::Metrics;

#[derive(Serialize)]
pub(super) struct Stages {
    pub(super) first: Option<MetricMap>,
    pub(super) reranked: Option<MetricMap>,
    pub(super) ceiling: Option<MetricMap>,
}

/// The metrics of one list under their usual names, N written out.
pub struct MetricMap {
    pub n: usize,
    pub metrics: Metrics,
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
pub(super) fn stages(means: Option<&Means>, n: usize) -> Stages {
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
