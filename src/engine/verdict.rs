//! The case for the judge: judged queries with their scores, and what a change of N or leg would do.

use std::time::{Duration, Instant};

use super::snapshot::{QueryRow, RecallCurve};
use super::tuning::Tuning;
use crate::domain::{Fate, LegName, Settings};
use crate::judge::{
    Advice, Bootstrap, CONDENSED_NDCG_10, Case, JUDGED_10, JudgedQuery, ListScores, Metric, Metrics, Terms,
    Verdict,
};

/// Queries drawn between two looks at the clock.
const DRAWS_AT_A_TIME: usize = 20_000;

/// What a verdict is made from, beside the rows.
pub struct VerdictInput<'a> {
    /// Of the rows' scores.
    pub metrics: &'a [Metric],
    /// Over the same rows.
    pub curve: &'a RecallCurve,
    pub legs: &'a [LegName],
    pub settings: &'a Settings,
    /// `None` where no second stage is at work.
    pub reranker: Option<&'a str>,
    /// What other settings would make of the same rows; `None` until that is known.
    pub tuning: Option<&'a Tuning>,
    pub terms: Terms,
}

/// A verdict under way: over thousands of queries its resamples take longer than a frame. It is on those
/// of the rows that are complete and judged. An empty list is the first stage's loss, so every judged query
/// counts, whatever the means are averaged over.
pub struct Deciding(Bootstrap);

impl Deciding {
    pub fn begin<'a>(rows: impl Iterator<Item = &'a QueryRow>, input: &VerdictInput<'_>) -> Self {
        Self(on_case(rows, input, |case| case.bootstrap()))
    }

    /// Goes on for about `budget`; whether it can be finished.
    pub fn go_on(&mut self, budget: Duration) -> bool {
        let start = Instant::now();
        loop {
            let done = self.0.step(DRAWS_AT_A_TIME);
            if done || start.elapsed() >= budget {
                return done;
            }
        }
    }

    /// The verdict; rows and input must be those that it was begun with.
    pub fn finish<'a>(self, rows: impl Iterator<Item = &'a QueryRow>, input: &VerdictInput<'_>) -> Verdict {
        on_case(rows, input, |case| Verdict::with(case, self.0))
    }
}

fn on_case<'a, T>(
    rows: impl Iterator<Item = &'a QueryRow>,
    input: &VerdictInput<'_>,
    decide: impl FnOnce(&Case<'_>) -> T,
) -> T {
    let rows: Vec<&QueryRow> = rows.collect();
    let fates: Vec<Vec<Option<Fate>>> =
        rows.iter().map(|row| row.golds.iter().map(|gold| gold.first_fate).collect()).collect();
    let queries: Vec<JudgedQuery<'_>> =
        rows.iter().zip(&fates).filter_map(|(row, fates)| judged_query(row, fates, input)).collect();
    decide(&Case {
        queries: &queries,
        candidates: input.settings.candidates,
        reranker: input.reranker,
        changes: &[
            changes(input.curve, input.legs, input.settings, &queries),
            input.tuning.map_or_else(Vec::new, |tuning| tuned(tuning, input.settings)),
        ]
        .concat(),
        terms: input.terms,
    })
}

fn judged_query<'a>(
    row: &QueryRow,
    fates: &'a [Option<Fate>],
    input: &VerdictInput<'_>,
) -> Option<JudgedQuery<'a>> {
    let n = input.settings.candidates;
    let all = row.scores.as_ref()?;
    let value = |values: &[f64], metric: Metric| -> f64 {
        let place = input.metrics.iter().position(|other| *other == metric);
        place.map_or(0.0, |place| values[place])
    };
    let scores = |metrics: Metrics, values: &[f64]| ListScores {
        metrics,
        judged10: value(values, JUDGED_10),
        condensed_ndcg10: value(values, CONDENSED_NDCG_10),
    };
    Some(JudgedQuery {
        first: scores(row.first?, all.first()),
        reranked: row.reranked.zip(all.reranked()).map(|(metrics, values)| scores(metrics, values)),
        ceiling: row.ceiling?,
        relevant: row.golds.len(),
        found: row.golds.iter().filter(|gold| gold.fused.is_some_and(|rank| rank as usize <= n)).count(),
        fates,
    })
}

/// What tuning knows of other settings: the best α for recall and for the metric tuned for, and the best
/// of the heat map.
fn tuned(tuning: &Tuning, settings: &Settings) -> Vec<Advice> {
    let recall = format!("recall@{}", settings.candidates);
    let reranked = format!("reranked {}", tuning.metric);
    let curves = [(&recall, &tuning.recall), (&tuning.metric, &tuning.first), (&reranked, &tuning.reranked)];
    let by_alpha = curves.into_iter().filter_map(|(metric, curve)| {
        let curve = curve.as_ref()?;
        let change = format!("alpha {}", curve.best.short);
        Some(Advice { change, metric: metric.clone(), from: curve.current, to: curve.best.value })
    });
    let cells = tuning
        .heat
        .iter()
        .flat_map(|heat| [(&tuning.metric, &heat.best_first), (&reranked, &heat.best_reranked)]);
    let by_cell = cells.filter_map(|(metric, best)| {
        let best = best.as_ref()?;
        let change = format!("{} fusion, alpha {}, N {}", best.method.name(), best.alpha, best.candidates);
        Some(Advice { change, metric: metric.clone(), from: best.current, to: best.mean.mean })
    });
    by_alpha.chain(by_cell).filter(|advice| advice.to > advice.from + 1e-6).collect()
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
