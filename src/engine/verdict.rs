//! The case for the judge: every judged query with its scores, and what a change of N or leg would do.

use super::query_state::QueryState;
use super::snapshot::{QueryRow, RecallCurve};
use crate::corpus::Collection;
use crate::domain::{Fate, LegName, Settings};
use crate::judge::{Advice, Case, JudgedQuery, ListScores, Metrics, Terms, Verdict};
use crate::rerank::cascade::StagePlan;

/// Judged@10 looks this deep.
const JUDGED_DEPTH: usize = 10;

/// What the verdict is on.
#[derive(Clone, Copy)]
pub struct VerdictInput<'a> {
    pub collection: &'a Collection,
    pub rows: &'a [QueryRow],
    pub curve: &'a RecallCurve,
    pub legs: &'a [LegName],
    pub settings: &'a Settings,
    pub stages: &'a [StagePlan],
    /// `None` where no second stage is at work.
    pub reranker: Option<&'a str>,
}

/// The verdict on all judged queries that are complete. `states` are in the order of the rows, fused
/// already.
pub fn verdict<'a>(input: &VerdictInput<'_>, states: impl Iterator<Item = &'a QueryState>) -> Verdict {
    let VerdictInput { rows, curve, legs, settings, reranker, .. } = *input;
    let fates: Vec<Vec<Option<Fate>>> =
        rows.iter().map(|row| row.golds.iter().map(|g| g.first_fate).collect()).collect();
    let queries: Vec<JudgedQuery<'_>> = (rows.iter().zip(states).zip(&fates))
        .filter_map(|((row, state), fates)| judged_query(input, state, row, fates))
        .collect();
    let changes = changes(curve, legs, settings, &queries);
    Verdict::on(&Case {
        queries: &queries,
        candidates: settings.candidates,
        reranker,
        changes: &changes,
        terms: Terms::default(),
    })
}

fn judged_query<'a>(
    input: &VerdictInput<'_>,
    state: &QueryState,
    row: &QueryRow,
    fates: &'a [Option<Fate>],
) -> Option<JudgedQuery<'a>> {
    let VerdictInput { collection, settings, stages, .. } = *input;
    let n = settings.candidates;
    let candidates = state.fused().top(n);
    let judged = |rows: &[usize]| -> f64 {
        let head = &rows[..rows.len().min(JUDGED_DEPTH)];
        let known = |&&pool_row: &&usize| collection.grade(row.query, state.pool().doc(pool_row)).is_some();
        match head.len() {
            0 => 0.0,
            shown => head.iter().filter(known).count() as f64 / shown as f64,
        }
    };
    let scores = |metrics: Metrics, rows: &[usize]| ListScores { metrics, judged10: judged(rows) };
    Some(JudgedQuery {
        first: scores(row.first?, &candidates),
        reranked: row.reranked.map(|metrics| {
            let delivered = state.reranked(stages, n).delivered(state, settings);
            scores(metrics, &delivered.list.iter().map(|placed| placed.row).collect::<Vec<_>>())
        }),
        ceiling: row.ceiling?,
        relevant: row.golds.len(),
        found: row.golds.iter().filter(|gold| gold.fused.is_some_and(|rank| rank as usize <= n)).count(),
        fates,
    })
}

/// What the recall curve knows of other settings: twice the candidates, or a leg alone.
fn changes(
    curve: &RecallCurve,
    legs: &[LegName],
    settings: &Settings,
    queries: &[JudgedQuery<'_>],
) -> Vec<Advice> {
    let n = settings.candidates;
    let Some(from) = Metrics::mean(queries.iter().map(|query| query.first.metrics)).map(|m| m.recall) else {
        return Vec::new();
    };
    let at = |recall: &[f32], n: usize| recall.get(n - 1).or(recall.last()).map(|&r| f64::from(r));
    let speaking = curve.legs.iter().filter(|leg| !leg.is_empty()).count();
    let legs = curve
        .legs
        .iter()
        .zip(legs)
        .filter(|_| speaking > 1)
        .filter_map(|(recall, leg)| Some((format!("{} alone", leg.name), at(recall, n)?)));
    let deeper = at(&curve.fused, n * 2).map(|to| (format!("N {}", n * 2), to));
    let advice = |(change, to)| Advice { change, metric: format!("recall@{n}"), from, to };
    deeper
        .map(|(change, to)| Advice { metric: format!("recall@{}", n * 2), ..advice((change, to)) })
        .into_iter()
        .chain(legs.map(advice))
        // The curve is f32: a difference in its last bits is none.
        .filter(|advice| advice.to > advice.from + 1e-6)
        .collect()
}
