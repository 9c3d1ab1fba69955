//! In: the same queries judged twice: under two settings, on two runs, or in a saved report. Out: metric by
//! metric the difference and how certain it is, which golds changed their fate, which queries changed
//! most. It computes nothing anew of either side and knows no clock.
//!
//! Every query that is judged on both sides counts, an empty list as 0, whatever means are averaged over
//! elsewhere: a setting must not look better for having lost a query.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer};

use super::snapshot::{QueryRow, Snapshot};
use crate::corpus::Collection;
use crate::domain::{Fate, Grade, JudgedBy, QueryIdx, Rank};
use crate::error::{Error, Result};
use crate::judge::{Column, Gain, Metric, MetricKind, Paired, Terms, Trial};

/// Values closer than this are the same.
const TIE: f64 = 1e-9;

/// Which list of a snapshot is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The fused list.
    First,
    /// The list that is delivered: the reranked one, or the fused one where there is no second stage.
    Delivered,
}

/// One side: judged queries under one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// For a person: `RRF, alpha .50, N 50`.
    pub name: String,
    /// N, which is the cutoff of recall.
    pub candidates: usize,
    /// Each query has a value for each.
    pub metrics: Vec<Metric>,
    pub queries: Vec<SideQuery>,
    /// What its ranks count and its golds are.
    pub judged_by: JudgedBy,
    /// Judged queries that are not among them: their lists are not complete.
    pub incomplete: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SideQuery {
    pub id: String,
    /// `None`: read from a report, not of an open collection.
    pub query: Option<QueryIdx>,
    pub language: String,
    pub text: String,
    /// By metric of the side.
    pub values: Vec<f64>,
    pub golds: Vec<SideGold>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SideGold {
    pub id: String,
    pub grade: Grade,
    /// Rank in the fused list, to its end.
    pub first: Option<Rank>,
    /// Rank in the list that is looked at.
    pub rank: Option<Rank>,
    pub fate: Option<Fate>,
}

impl Side {
    /// The judged queries of a snapshot whose lists are complete.
    pub fn of(name: &str, snapshot: &Snapshot, collection: &Collection, which: Which) -> Self {
        let reranked = which == Which::Delivered && !snapshot.settings.reranker.is_none();
        let query = |row: &QueryRow| -> Option<SideQuery> {
            let scores = row.scores.as_ref()?;
            let values = if reranked { scores.reranked()? } else { scores.first() };
            let query = collection.query(row.query);
            let golds = row.golds.iter().map(|gold| SideGold {
                id: gold.id.to_string(),
                grade: gold.grade,
                first: gold.fused,
                rank: if reranked { gold.reranked } else { gold.fused },
                fate: if which == Which::First { gold.first_fate } else { gold.fate },
            });
            Some(SideQuery {
                id: query.id.clone(),
                query: Some(row.query),
                language: query.language.to_string(),
                text: query.text.clone(),
                values: values.to_vec(),
                golds: golds.collect(),
            })
        };
        let queries: Vec<SideQuery> = snapshot.queries.iter().filter_map(query).collect();
        Self {
            name: name.to_owned(),
            candidates: snapshot.settings.candidates,
            metrics: snapshot.metrics.to_vec(),
            incomplete: snapshot.queries.len() - queries.len(),
            judged_by: collection.judged_by,
            queries,
        }
    }

    /// # Errors
    /// When one side judges passages and the other documents: no number of the one is held against its like.
    pub fn must_be_like(&self, other: &Self) -> Result<()> {
        if self.judged_by == other.judged_by {
            return Ok(());
        }
        let of = |side: &Self| format!("{} judges {}s", side.name, side.judged_by.name());
        Err(Error::input(format!("{}, {}: their metrics do not compare", of(self), of(other)))
            .advise("make both with the same --judged-by"))
    }

    /// The name under which a metric meets its like on the other side: recall at each side's own N is one
    /// question (`R@N`), though `R@50` and `R@100` are two metrics.
    pub fn at_n(&self, metric: &Metric) -> String {
        match metric.kind {
            MetricKind::Recall | MetricKind::Success if metric.cutoff == Some(self.candidates) => {
                Metric { cutoff: None, ..*metric }.to_string() + "@N"
            }
            _ => metric.to_string(),
        }
    }
}

/// What is asked of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The metric by which queries are ordered; where the sides do not have it, the first that they have.
    pub by: Metric,
    /// Resamples and seed.
    pub terms: Terms,
    /// Whether a setting was chosen with these very queries, so that p-values are exploratory.
    pub tuned_on_these: bool,
}

impl Default for Question {
    fn default() -> Self {
        let by = Metric::new(MetricKind::Ndcg(Gain::Linear), Some(10));
        Self { by, terms: Terms::default(), tuned_on_these: false }
    }
}

/// A against B.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub a: String,
    pub b: String,
    /// Queries judged on both sides.
    pub queries: usize,
    /// Queries that only one side has, by id: they are in no number here.
    pub only_in_a: Vec<String>,
    pub only_in_b: Vec<String>,
    /// Metrics that both sides have, A before and B after; empty until the trial is through.
    pub metrics: Vec<Paired>,
    /// Whether the p-values are of a setting that was chosen with these queries.
    pub exploratory: bool,
    pub fates: Vec<FateMove>,
    /// Golds whose fate changed: those that came nearer to being delivered, those that went farther, then
    /// those whose reason alone is another.
    pub golds: Vec<GoldChange>,
    /// The metric of `changed`.
    #[serde(serialize_with = "by_name")]
    pub by: Option<Metric>,
    /// Queries of which a gold or the metric moved, the greatest difference first.
    pub changed: Vec<QueryChange>,
}

/// How many golds went from one fate to another; `None`: not known on that side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FateMove {
    pub from: Option<Fate>,
    pub to: Option<Fate>,
    pub golds: usize,
}

/// One gold on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoldPair {
    pub passage: String,
    pub grade: Grade,
    /// Rank in the list that is looked at.
    pub a: Option<Rank>,
    pub b: Option<Rank>,
    /// Rank in the fused list.
    pub first_a: Option<Rank>,
    pub first_b: Option<Rank>,
    pub fate_a: Option<Fate>,
    pub fate_b: Option<Fate>,
}

/// A gold whose fate changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoldChange {
    pub query: String,
    #[serde(flatten)]
    pub gold: GoldPair,
}

/// A query that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryChange {
    pub query: String,
    #[serde(skip)]
    pub at: Option<QueryIdx>,
    pub language: String,
    pub text: String,
    pub a: f64,
    pub b: f64,
    pub golds: Vec<GoldPair>,
}

fn by_name<S: Serializer>(metric: &Option<Metric>, serializer: S) -> Result<S::Ok, S::Error> {
    metric.map(|metric| metric.to_string()).serialize(serializer)
}

/// How far a gold came: lost before the second stage, among the candidates, delivered.
fn standing(fate: Option<Fate>) -> u8 {
    match fate {
        None => 0,
        Some(fate) if fate.is_lost_before_rerank() => 0,
        Some(Fate::Kept | Fate::Rescued) => 2,
        Some(_) => 1,
    }
}

impl GoldPair {
    fn of(a: &SideGold, b: &SideGold) -> Self {
        Self {
            passage: a.id.clone(),
            grade: a.grade,
            a: a.rank,
            b: b.rank,
            first_a: a.first,
            first_b: b.first,
            fate_a: a.fate,
            fate_b: b.fate,
        }
    }

    /// `Greater`: B brings it nearer to being delivered. `Equal` where only the reason is another.
    pub fn standing(&self) -> Ordering {
        standing(self.fate_b).cmp(&standing(self.fate_a))
    }
}

/// A comparison whose tests are under way: everything but [`Comparison::metrics`] is there at once.
#[derive(Debug, Clone)]
pub struct Comparing {
    comparison: Comparison,
    trial: Trial,
}

impl Comparing {
    pub fn new(a: &Side, b: &Side, question: &Question) -> Self {
        let of_b: HashMap<&str, &SideQuery> = b.queries.iter().map(|query| (&*query.id, query)).collect();
        let both: Vec<(&SideQuery, &SideQuery)> =
            a.queries.iter().filter_map(|query| Some((query, *of_b.get(&*query.id)?))).collect();
        let shared: std::collections::HashSet<&str> = both.iter().map(|(query, _)| &*query.id).collect();
        let only = |side: &Side| -> Vec<String> {
            let alone = side.queries.iter().filter(|query| !shared.contains(&*query.id));
            alone.map(|query| query.id.clone()).collect()
        };
        let metrics = common(a, b);
        let at = |wanted: &Metric| metrics.iter().position(|&(in_a, _, _)| a.metrics[in_a] == *wanted);
        let main = at(&question.by).or((!metrics.is_empty()).then_some(0)).map(|at| metrics[at].clone());
        let columns = metrics.iter().map(|(in_a, in_b, name)| Column {
            metric: name.clone(),
            before: both.iter().map(|(query, _)| query.values[*in_a]).collect(),
            after: both.iter().map(|(_, query)| query.values[*in_b]).collect(),
            tested: a.metrics[*in_a].kind != MetricKind::Judged,
        });
        let trial = Trial::new(columns.collect(), question.terms.rounds, question.terms.seed);
        let golds: Vec<(&str, GoldPair)> = both
            .iter()
            .flat_map(|(in_a, in_b)| pairs(in_a, in_b).into_iter().map(|pair| (&*in_a.id, pair)))
            .collect();
        Self {
            comparison: Comparison {
                a: a.name.clone(),
                b: b.name.clone(),
                queries: both.len(),
                only_in_a: only(a),
                only_in_b: only(b),
                metrics: Vec::new(),
                exploratory: question.tuned_on_these,
                fates: moves(golds.iter().map(|(_, gold)| gold)),
                golds: changes(&golds),
                by: main.as_ref().map(|&(in_a, ..)| a.metrics[in_a]),
                changed: changed(&both, main.as_ref().map(|&(in_a, in_b, _)| (in_a, in_b))),
            },
            trial,
        }
    }

    /// Draws up to `rounds` more resamples; whether that was the last of them.
    pub fn step(&mut self, rounds: usize) -> bool {
        self.trial.step(rounds)
    }

    /// What is known without the tests.
    pub fn so_far(&self) -> &Comparison {
        &self.comparison
    }

    /// The whole, with the rest of the tests.
    pub fn finish(self) -> Comparison {
        Comparison { metrics: self.trial.finish(), ..self.comparison }
    }
}

impl Comparison {
    /// All at once.
    pub fn of(a: &Side, b: &Side, question: &Question) -> Self {
        Comparing::new(a, b, question).finish()
    }

    /// Golds of each fate on both sides, in the order of [`Fate::ALL`]; fates that no gold has are left
    /// out.
    pub fn fate_counts(&self) -> Vec<(Fate, usize, usize)> {
        let count = |of: fn(&FateMove) -> Option<Fate>, fate| -> usize {
            self.fates.iter().filter(|found| of(found) == Some(fate)).map(|found| found.golds).sum()
        };
        let counts = Fate::ALL.map(|fate| (fate, count(|f| f.from, fate), count(|f| f.to, fate)));
        counts.into_iter().filter(|&(_, a, b)| a + b > 0).collect()
    }
}

/// Metrics that both sides have: their places in A and B, and the name for both.
fn common(a: &Side, b: &Side) -> Vec<(usize, usize, String)> {
    let keys: Vec<String> = b.metrics.iter().map(|metric| b.at_n(metric)).collect();
    let find = |(in_a, metric): (usize, &Metric)| {
        let in_b = keys.iter().position(|key| *key == a.at_n(metric))?;
        let (of_a, of_b) = (metric.to_string(), b.metrics[in_b].to_string());
        Some((in_a, in_b, if of_a == of_b { of_a } else { format!("{of_a} | {of_b}") }))
    };
    a.metrics.iter().enumerate().filter_map(find).collect()
}

/// The golds of one query, by id; one that a side does not know is gold on the other only (another
/// relevance level) and is left out.
fn pairs(a: &SideQuery, b: &SideQuery) -> Vec<GoldPair> {
    let of_b = |id: &str| b.golds.iter().find(|gold| gold.id == id);
    a.golds.iter().filter_map(|gold| Some(GoldPair::of(gold, of_b(&gold.id)?))).collect()
}

fn moves<'a>(golds: impl Iterator<Item = &'a GoldPair>) -> Vec<FateMove> {
    let mut counts: BTreeMap<(Option<Fate>, Option<Fate>), usize> = BTreeMap::new();
    for gold in golds {
        *counts.entry((gold.fate_a, gold.fate_b)).or_default() += 1;
    }
    counts.into_iter().map(|((from, to), golds)| FateMove { from, to, golds }).collect()
}

fn changes(golds: &[(&str, GoldPair)]) -> Vec<GoldChange> {
    let other = golds.iter().filter(|(_, gold)| gold.fate_a != gold.fate_b);
    let mut changes: Vec<GoldChange> =
        other.map(|(query, gold)| GoldChange { query: (*query).to_owned(), gold: gold.clone() }).collect();
    changes.sort_by_key(|change| match change.gold.standing() {
        Ordering::Greater => 0,
        Ordering::Less => 1,
        Ordering::Equal => 2,
    });
    changes
}

fn changed(both: &[(&SideQuery, &SideQuery)], main: Option<(usize, usize)>) -> Vec<QueryChange> {
    let change = |(a, b): &(&SideQuery, &SideQuery)| -> Option<QueryChange> {
        let (of_a, of_b) = main.map_or((0.0, 0.0), |(in_a, in_b)| (a.values[in_a], b.values[in_b]));
        let golds = pairs(a, b);
        let moved = golds.iter().any(|gold| gold.a != gold.b || gold.fate_a != gold.fate_b);
        (moved || (of_a - of_b).abs() > TIE).then(|| QueryChange {
            query: a.id.clone(),
            at: b.query.or(a.query),
            language: a.language.clone(),
            text: a.text.clone(),
            // A sum over nothing is -0, which is no number to show.
            a: of_a + 0.0,
            b: of_b + 0.0,
            golds,
        })
    };
    let mut changed: Vec<QueryChange> = both.iter().filter_map(change).collect();
    changed.sort_by(|one, other| (other.b - other.a).abs().total_cmp(&(one.b - one.a).abs()));
    changed
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
