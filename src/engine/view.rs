//! The lists of the query on the screen, built from its facts. Sorting happens here and only here.

use super::final_order::Placed;
use super::query_state::{QueryState, rank_in};
use super::remedy;
use super::snapshot::{FirstRow, Focus, FocusView, GoldRow, RerankedRow};
use crate::corpus::Collection;
use crate::domain::{Grade, Language, LegName, LegSet, Rank, Settings};
use crate::judge::Movement;
use crate::rerank::cascade::StagePlan;

/// What the lists of one query are built from.
pub struct ViewInput<'a> {
    pub collection: &'a Collection,
    pub settings: &'a Settings,
    pub legs: &'a [LegName],
    pub ran: LegSet,
    pub focus: &'a Focus,
    pub language: Language,
    /// Fused already.
    pub state: &'a QueryState,
    /// The judge's rows for the golds of this query, if it has judgments.
    pub golds: &'a [GoldRow],
    pub stages: &'a [StagePlan],
    /// Whether a second stage is at work or done.
    pub reranking: bool,
    pub stale: bool,
    /// Whether every row beyond N is wanted, and not the golds alone.
    pub whole: bool,
}

/// Builds the view; the explanation is left out.
pub fn focus_view(input: &ViewInput<'_>) -> FocusView {
    let state = input.state;
    let candidates = state.fused().top(input.settings.candidates);
    let stages = if input.reranking { input.stages } else { &[] };
    let reranked = state.reranked(stages, input.settings.candidates);
    let complete = reranked.is_complete();
    let (stage, scored, to_score) = match reranked.at() {
        Some((stage, scored, of)) => (Some(stage), scored, of),
        None if stages.is_empty() => (None, 0, 0),
        None => (None, candidates.len(), candidates.len()),
    };
    let delivered = reranked.delivered(state, input.settings);
    let order: Vec<usize> = delivered.list.iter().map(|placed| placed.row).collect();

    let reranked_rank = |row: usize| rank_in(&order, row).filter(|_| complete);
    let first: Vec<FirstRow> = (1..)
        .zip(&candidates)
        .map(|(rank, &row)| FirstRow { reranked: reranked_rank(row), ..first_row(input, row, rank) })
        .collect();
    let rows = (1..)
        .zip(&delivered.list)
        .map(|(rank, &Placed { row, score })| {
            let first_rank = rank_in(&candidates, row).unwrap_or_default();
            RerankedRow {
                doc: state.pool().doc(row),
                rank,
                score,
                first_rank,
                stages: reranked.journey(row, &delivered),
                movement: complete.then(|| Movement::of(first_rank, rank)),
                grade: grade(input, row),
                gold: is_gold(input, row),
            }
        })
        .collect();

    FocusView {
        focus: input.focus.clone(),
        text: state.text.to_string(),
        language: input.language.clone(),
        below: below(input),
        fused_len: state.fused().len(),
        first,
        reranked: rows,
        scored,
        to_score,
        stage,
        golds: remedy::with_remedies(input),
        judged: state.has_judgments(),
        explanation: None,
        signals: None,
        stale: input.stale,
    }
}

/// Golds that the fused list has beyond N, in its order; or all that it has there.
fn below(input: &ViewInput<'_>) -> Vec<FirstRow> {
    let n = input.settings.candidates;
    if input.whole {
        let rows = input.state.fused().top(input.state.fused().len());
        return (1..).zip(rows).skip(n).map(|(rank, row)| first_row(input, row, rank)).collect();
    }
    let mut lost: Vec<(Rank, usize)> = (input.golds.iter())
        .filter_map(|gold| Some((gold.fused.filter(|&rank| rank as usize > n)?, gold.doc?)))
        .filter_map(|(rank, doc)| Some((rank, input.state.pool().row_of(doc)?)))
        .collect();
    lost.sort_unstable();
    lost.into_iter().map(|(rank, row)| first_row(input, row, rank)).collect()
}

fn first_row(input: &ViewInput<'_>, row: usize, rank: Rank) -> FirstRow {
    let pool = input.state.pool();
    FirstRow {
        doc: pool.doc(row),
        rank,
        score: input.state.fused().score(row).unwrap_or_default(),
        legs: (0..pool.legs()).map(|leg| pool.hit(row, leg)).collect(),
        grade: grade(input, row),
        gold: is_gold(input, row),
        reranked: None,
    }
}

fn grade(input: &ViewInput<'_>, row: usize) -> Option<Grade> {
    match input.focus {
        Focus::Listed(query) => input.collection.grade(*query, input.state.pool().doc(row)),
        Focus::Typed(_) => None,
    }
}

fn is_gold(input: &ViewInput<'_>, row: usize) -> bool {
    grade(input, row).is_some_and(|grade| grade >= input.settings.rel_level)
}
