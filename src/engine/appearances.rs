//! In: one passage, the judged queries with their lists. Out: where each of them puts it. For the screen
//! of passages; it judges nothing.

use super::query_state::{JudgeContext, QueryState, rank_in};
use super::snapshot::{Appearance, Appearances};
use crate::domain::{DocIdx, QueryIdx, Rank};

/// The queries that have `doc` in their fused list, the highest first. Every state must be fused under
/// `context`.
pub fn of(
    doc: DocIdx,
    judged: &[QueryIdx],
    listed: &[QueryState],
    context: &JudgeContext<'_>,
) -> Appearances {
    let appearance = |&query: &QueryIdx| -> Option<Appearance> {
        let state = listed.get(query.index())?;
        let row = state.pool().row_of(doc)?;
        let first = state.fused().rank(row)?;
        Some(Appearance { query, first, reranked: reranked(state, row, first, context) })
    };
    let mut queries: Vec<Appearance> = judged.iter().filter_map(appearance).collect();
    queries.sort_by_key(|appearance| (appearance.first, appearance.query));
    Appearances { doc, queries }
}

fn reranked(state: &QueryState, row: usize, first: Rank, context: &JudgeContext<'_>) -> Option<Rank> {
    if first as usize > context.settings.candidates || !context.reranks {
        return None;
    }
    let reranked = state.reranked(context.stages, context.settings.candidates);
    if !reranked.is_complete() {
        return None;
    }
    let list: Vec<usize> =
        reranked.delivered(state, context.settings).list.iter().map(|placed| placed.row).collect();
    rank_in(&list, row)
}
