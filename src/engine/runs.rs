//! Whole lists of all judged queries, as TREC runs have them.

use super::query_state::{PairScore, QueryState};
use crate::domain::{DocIdx, QueryIdx, Score, Settings};

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

/// The reranked candidate set; `None` while it is incomplete. Passages that cannot be scored stand
/// behind the scored ones: they get scores below the least one, so that the file has the same order.
pub fn reranked_run(query: QueryIdx, state: &QueryState, settings: &Settings) -> Option<RunList> {
    let candidates = state.fused().top(settings.candidates);
    if candidates.iter().any(|&row| state.score(row) == PairScore::NotYet) {
        return None;
    }
    let mut below: Score = 0.0;
    let mut hits = Vec::with_capacity(candidates.len());
    for placed in state.final_list(&candidates, settings) {
        let score = placed.score.unwrap_or_else(|| (below - 1.0).floor());
        below = score;
        hits.push((state.pool().doc(placed.row), score));
    }
    Some(RunList { query, hits })
}
