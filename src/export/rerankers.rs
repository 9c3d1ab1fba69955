//! Several second stages over the same candidates, side by side: means, wins and losses by query.
//!
//! A win is a query whose nDCG@10 is higher than under the first plan by more than rounding. The test is
//! Fisher's randomisation, corrected after Holm for the number of plans compared.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use crate::corpus::Collection;
use crate::engine::Snapshot;
use crate::error::{Error, Result};
use crate::judge::{self, Metrics, ROUNDS, SEED, Trial};
use crate::text::visible;

/// One plan's column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    pub plan: String,
    /// Queries that every plan has reranked whole; all columns are of these.
    pub queries: usize,
    #[serde(rename = "ndcg@10")]
    pub ndcg10: f64,
    #[serde(rename = "p@5")]
    pub precision5: f64,
    #[serde(rename = "mrr@10")]
    pub rr10: f64,
    /// Against the first plan; `None` in its own column.
    pub against_first: Option<Against>,
    /// Why it did not run.
    pub failed: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Against {
    /// Of the means of nDCG@10.
    pub difference: f64,
    pub wins: usize,
    pub losses: usize,
    pub ties: usize,
    /// Two-sided, after Holm.
    pub p: f64,
}

/// A query's nDCG@10 under each plan, in the order of the columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryLine {
    pub query: String,
    #[serde(rename = "ndcg@10")]
    pub ndcg10: Vec<f64>,
}

/// All plans over one collection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub n: usize,
    pub plans: Vec<Column>,
    pub queries: Vec<QueryLine>,
}

/// Compares the plans' settled answers; the first is what the others are held against. A plan that failed
/// has a column that says why, and takes no query away from the others.
pub fn compare(answers: &[Arc<Snapshot>], collection: &Collection) -> Comparison {
    let failure = |answer: &Snapshot| match &answer.status.rerank {
        crate::engine::StageState::Failed(why) => Some(why.clone()),
        _ => None,
    };
    let failures: Vec<Option<String>> = answers.iter().map(|answer| failure(answer)).collect();
    let names: Vec<String> = answers.iter().map(|answer| answer.settings.reranker.to_string()).collect();
    let rows = answers.first().map_or(0, |answer| answer.queries.len());
    let mut lines = Vec::new();
    let mut metrics: Vec<Vec<Metrics>> = vec![Vec::new(); answers.len()];
    for row in 0..rows {
        let of = |(answer, failed): (&Arc<Snapshot>, &Option<String>)| match failed {
            Some(_) => Some(Metrics::ZERO),
            None => answer.queries.get(row)?.reranked,
        };
        let Some(all) = answers.iter().zip(&failures).map(of).collect::<Option<Vec<_>>>() else { continue };
        let query = answers.first().map(|answer| answer.queries[row].query);
        lines.push(QueryLine {
            query: query.map_or_else(String::new, |query| collection.query(query).id.clone()),
            ndcg10: all.iter().map(|metrics| metrics.ndcg10).collect(),
        });
        metrics.iter_mut().zip(all).for_each(|(column, one)| column.push(one));
    }
    Comparison {
        n: answers.first().map_or(0, |answer| answer.settings.candidates),
        plans: columns(&names, &metrics, failures),
        queries: lines,
    }
}

fn columns(names: &[String], metrics: &[Vec<Metrics>], failures: Vec<Option<String>>) -> Vec<Column> {
    let ndcg10 = |at: usize| metrics[at].iter().map(|one| one.ndcg10).collect();
    let runs = |at: &usize| failures[0].is_none() && failures[*at].is_none();
    let held: Vec<usize> = (1..names.len()).filter(runs).collect();
    let tested = |&at: &usize| judge::Column {
        metric: names[at].clone(),
        before: ndcg10(0),
        after: ndcg10(at),
        tested: true,
    };
    let found = Trial::new(held.iter().map(tested).collect(), ROUNDS, SEED).finish();
    let against = |at: usize| {
        let place = held.iter().position(|&other| other == at)?;
        found.get(place).map(|paired| Against {
            difference: paired.difference,
            wins: paired.wins,
            losses: paired.losses,
            ties: paired.ties,
            // None where no query differs.
            p: paired.p_holm.unwrap_or(1.0),
        })
    };
    (0..names.len())
        .map(|at| {
            let mean = Metrics::mean(metrics[at].iter().copied()).unwrap_or(Metrics::ZERO);
            Column {
                plan: names[at].clone(),
                queries: metrics[at].len(),
                ndcg10: mean.ndcg10,
                precision5: mean.precision5,
                rr10: mean.rr10,
                against_first: against(at),
                failed: failures[at].clone(),
            }
        })
        .collect()
}

/// One line of JSON.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn json(comparison: &Comparison) -> Result<String> {
    let text = serde_json::to_string(comparison).map_err(|e| Error::bug(format!("JSON: {e}")))?;
    Ok(text + "\n")
}

/// A table for a person.
pub fn text(comparison: &Comparison) -> String {
    let mut out = String::new();
    let width = comparison.plans.iter().map(|column| column.plan.len()).max().unwrap_or(0).max(8);
    let _ = writeln!(
        out,
        "{} queries · N {}\n\n{:<width$} {:>8} {:>8} {:>8} {:>8} {:>5} {:>6} {:>5} {:>7}",
        comparison.queries.len(),
        comparison.n,
        "reranker",
        "nDCG@10",
        "P@5",
        "MRR@10",
        "+/-",
        "wins",
        "losses",
        "ties",
        "p"
    );
    for column in &comparison.plans {
        let _ = write!(out, "{:<width$} ", visible(&column.plan));
        if let Some(why) = &column.failed {
            let _ = writeln!(out, "did not run: {}", visible(why.lines().next().unwrap_or_default()));
            continue;
        }
        let _ = write!(out, "{:>8.4} {:>8.4} {:>8.4}", column.ndcg10, column.precision5, column.rr10);
        if let Some(of) = column.against_first {
            let (wins, losses, ties) = (of.wins, of.losses, of.ties);
            let _ = write!(out, " {:>+8.4} {wins:>5} {losses:>6} {ties:>5} {:>7.4}", of.difference, of.p);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(values: &[f64]) -> Vec<Metrics> {
        values.iter().map(|&value| Metrics::ZERO.map(|_| value)).collect()
    }

    /// Trap: wins counted by rank of the mean, ties by exact equality, a failed plan that scores 0.
    #[test]
    fn wins_losses_and_ties_are_by_query_and_a_failure_is_no_loss() {
        let names = ["a", "b", "c"].map(str::to_owned);
        let values = [
            metrics(&[0.5, 0.5, 0.5, 1.0]),
            metrics(&[0.6, 0.4, 0.5 + 1e-12, 1.0]),
            metrics(&[0.0, 0.0, 0.0, 0.0]),
        ];
        let columns = columns(&names, &values, vec![None, None, Some("no model".to_owned())]);
        assert_eq!(columns[0].against_first, None);
        let against = columns[1].against_first.unwrap();
        assert_eq!((against.wins, against.losses, against.ties), (1, 1, 2));
        assert!(against.difference.abs() < 1e-9 && against.p > 0.9);
        assert_eq!((columns[2].against_first, columns[2].failed.as_deref()), (None, Some("no model")));
        let said = text(&Comparison { n: 50, plans: columns, queries: Vec::new() });
        assert!(said.contains("did not run: no model"), "{said}");
    }
}
