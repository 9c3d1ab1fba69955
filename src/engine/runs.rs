//! Whole lists of all judged queries, as TREC runs have them.

use super::query_state::QueryState;
use crate::domain::{DocIdx, QueryIdx, Score, Settings};
use crate::rerank::cascade::StagePlan;

/// One query's list, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct RunList {
    pub query: QueryIdx,
    pub hits: Vec<(DocIdx, Score)>,
}

/// The first stage's whole fused lists, and the reranked candidate sets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Runs {
    pub first: Vec<RunList>,
    /// Only queries whose whole candidate set is scored.
    pub reranked: Vec<RunList>,
}

/// The whole fused list. `state` is fused already.
pub fn first_run(query: QueryIdx, state: &QueryState) -> RunList {
    let list = state.fused();
    let hits = list.whole().into_iter().filter_map(|row| Some((state.pool().doc(row), list.score(row)?)));
    RunList { query, hits: hits.collect() }
}

/// The reranked candidate set; `None` while it is incomplete. Passages that the last stage did not score
/// stand behind those that it did: they get scores below the least one, so that the file has the same
/// order.
pub fn reranked_run(
    query: QueryIdx,
    state: &QueryState,
    stages: &[StagePlan],
    settings: &Settings,
) -> Option<RunList> {
    let reranked = state.reranked(stages, settings.candidates);
    if !reranked.is_complete() {
        return None;
    }
    let delivered = reranked.delivered(state, settings);
    let mut below: Score = 0.0;
    let mut hits = Vec::with_capacity(delivered.list.len());
    for (at, placed) in delivered.list.iter().enumerate() {
        below = match placed.score.filter(|_| at < delivered.head) {
            Some(score) => score,
            None => (below - 1.0).floor(),
        };
        hits.push((state.pool().doc(placed.row), below));
    }
    Some(RunList { query, hits })
}
