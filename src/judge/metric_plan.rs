//! In: which metrics are wanted, the cut N and the relevance level; then, of one query after another,
//! where its judged passages stand. Out: every metric of the set, and what a perfect reranker would reach
//! with the same candidates. It sees no list, only places: an unjudged passage is a place that nobody
//! judged holds.
//!
//! This is what runs on every key press for all queries: nothing is allocated for a query once the
//! [`Desk`] has grown, and what depends on the judgments alone is worked out once ([`JudgedIdeal`]).
//! `ranking` restates the same metrics over a whole list, plainly; a property test holds them equal.

use std::sync::LazyLock;

use super::metrics::{Placed, is_relevant};
use super::ranking::{Gain, Metric, MetricKind, ratio, worth};
use crate::domain::Grade;

/// 1 / log2(place + 1) of the first places; those beyond are computed.
static DISCOUNTS: LazyLock<Vec<f64>> = LazyLock::new(|| (1..=1024).map(discount_at).collect());

fn discount_at(place: usize) -> f64 {
    1.0 / ((place + 1) as f64).log2()
}

/// What the judgments of one query allow at best, whatever the list: worked out when they are read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JudgedIdeal {
    /// Descending; without those below 0, which are unjudged.
    grades: Vec<Grade>,
    /// DCG of the first 1, 2, .. of `grades`, linear gain; grades of 0 add nothing and are left out.
    linear: Vec<f64>,
    /// The same with exponential gain.
    exponential: Vec<f64>,
}

impl JudgedIdeal {
    /// From every grade judged for the query, in any order.
    pub fn of(judgments: impl IntoIterator<Item = Grade>) -> Self {
        let mut grades: Vec<Grade> = judgments.into_iter().filter(|&grade| grade >= 0).collect();
        grades.sort_unstable_by(|a, b| b.cmp(a));
        let dcgs = |gain: Gain| -> Vec<f64> {
            let gaining = (1..).zip(grades.iter().take_while(|&&grade| grade > 0));
            let mut dcg = 0.0;
            let add = gaining.map(|(place, &grade)| {
                dcg += worth(gain, grade) * discount(place);
                dcg
            });
            add.collect()
        };
        Self { linear: dcgs(Gain::Linear), exponential: dcgs(Gain::Exponential), grades }
    }

    /// R at a level. A binary search.
    pub fn relevant(&self, level: Grade) -> usize {
        self.grades.partition_point(|&grade| is_relevant(grade, level))
    }

    fn rejected(&self, level: Grade) -> usize {
        self.grades.len() - self.relevant(level)
    }

    fn dcg(&self, gain: Gain, cutoff: Option<usize>) -> f64 {
        let dcgs = match gain {
            Gain::Linear => &self.linear,
            Gain::Exponential => &self.exponential,
        };
        let at = cutoff.unwrap_or(dcgs.len()).min(dcgs.len());
        at.checked_sub(1).map_or(0.0, |last| dcgs[last])
    }
}

/// One judged passage within the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    place: u32,
    grade: Grade,
}

/// Room to work in, kept from query to query.
#[derive(Debug, Clone, Default)]
pub struct Desk(Vec<Seen>);

/// A set of metrics, made ready for one cut and one relevance level.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricPlan {
    metrics: Vec<Metric>,
    cut: usize,
    rel_level: Grade,
}

impl MetricPlan {
    /// Lists are cut at `cut` before anything is measured: a metric with a greater cutoff, or none, sees
    /// the candidate set. `rel_level` counts where a metric names no level of its own.
    pub fn new(metrics: &[Metric], cut: usize, rel_level: Grade) -> Self {
        Self { metrics: metrics.to_vec(), cut, rel_level }
    }

    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// Every metric of the list in which the query's judged passages stand as `placed` says (distinct
    /// ranks) and which is `length` long before the cut, into `values`, one for each metric. `ideal` is
    /// of the same judgments.
    pub fn measure(
        &self,
        ideal: &JudgedIdeal,
        placed: &[Placed],
        length: usize,
        desk: &mut Desk,
        values: &mut [f64],
    ) {
        assert_eq!(values.len(), self.metrics.len(), "one value for each metric");
        self.lay_out(placed, desk);
        desk.0.sort_unstable();
        for (metric, value) in self.metrics.iter().zip(values) {
            *value = self.value(metric, ideal, &desk.0, length);
        }
    }

    /// The same of what a perfect reranker would make of the candidates: sorted by grade, the unjudged
    /// behind them. `tell` hears of every metric in order; `None` where there is no such
    /// ceiling (see [`Metric::ceiling`]).
    pub fn ceilings(
        &self,
        ideal: &JudgedIdeal,
        placed: &[Placed],
        length: usize,
        desk: &mut Desk,
        mut tell: impl FnMut(usize, Option<f64>),
    ) {
        self.lay_out(placed, desk);
        desk.0.sort_unstable_by_key(|seen| std::cmp::Reverse(seen.grade));
        for (place, seen) in (1..).zip(&mut desk.0) {
            seen.place = place;
        }
        for (at, metric) in self.metrics.iter().enumerate() {
            tell(at, metric.has_ceiling().then(|| self.value(metric, ideal, &desk.0, length)));
        }
    }

    /// The judged passages within the cut.
    fn lay_out(&self, placed: &[Placed], desk: &mut Desk) {
        desk.0.clear();
        let judged = placed.iter().filter(|passage| passage.grade >= 0);
        let within = judged.filter_map(|passage| Some((passage.grade, passage.rank?)));
        let within = within.filter(|&(_, rank)| rank as usize <= self.cut);
        desk.0.extend(within.map(|(grade, place)| Seen { place, grade }));
    }

    /// `seen` is in the list's order; `length` is the list's before the cut.
    fn value(&self, metric: &Metric, ideal: &JudgedIdeal, seen: &[Seen], length: usize) -> f64 {
        let level = metric.rel.unwrap_or(self.rel_level);
        // On the condensed list a passage stands behind the judged ones above it, and nothing else.
        let length = if metric.condensed { seen.len() } else { length.min(self.cut) };
        let cutoff = metric.cutoff.unwrap_or(length);
        let place = |i: usize| if metric.condensed { i + 1 } else { seen[i].place as usize };
        let top = match metric.condensed {
            true => &seen[..cutoff.min(seen.len())],
            false => &seen[..seen.partition_point(|seen| seen.place as usize <= cutoff)],
        };
        let is_rel = |seen: &Seen| is_relevant(seen.grade, level);
        let found = || top.iter().filter(|seen| is_rel(seen)).count() as f64;
        let hits = || (0..).zip(top).filter(|(_, seen)| is_rel(seen)).map(|(i, _)| place(i));
        let relevant = || ideal.relevant(level);
        match metric.kind {
            MetricKind::Recall => ratio(found(), relevant() as f64),
            MetricKind::Success => f64::from(u8::from(top.iter().any(is_rel))),
            MetricKind::Precision => ratio(found(), cutoff as f64),
            MetricKind::RPrecision => {
                let relevant = relevant();
                ratio(hits().take_while(|&place| place <= relevant).count() as f64, relevant as f64)
            }
            MetricKind::ReciprocalRank => hits().next().map_or(0.0, |place| 1.0 / place as f64),
            MetricKind::AveragePrecision => {
                let precisions = (1usize..).zip(hits()).map(|(i, place)| i as f64 / place as f64);
                ratio(precisions.sum(), relevant() as f64)
            }
            MetricKind::Ndcg(gain) => {
                let gains = (0..).zip(top).filter(|(_, seen)| seen.grade > 0);
                let dcg = gains.map(|(i, seen)| worth(gain, seen.grade) * discount(place(i))).sum();
                ratio(dcg, ideal.dcg(gain, metric.cutoff))
            }
            MetricKind::Bpref => bpref(top, ideal, level),
            MetricKind::Rbp { p } => (1.0 - p) * hits().map(|place| p.powf((place - 1) as f64)).sum::<f64>(),
            MetricKind::Judged => ratio(top.len() as f64, cutoff.min(length) as f64),
        }
    }
}

fn discount(place: usize) -> f64 {
    DISCOUNTS.get(place - 1).copied().unwrap_or_else(|| discount_at(place))
}

fn bpref(top: &[Seen], ideal: &JudgedIdeal, level: Grade) -> f64 {
    let relevant = ideal.relevant(level);
    let bound = ideal.rejected(level).min(relevant) as f64;
    let (mut above, mut sum) = (0usize, 0.0);
    for seen in top {
        if is_relevant(seen.grade, level) {
            sum += if above == 0 { 1.0 } else { 1.0 - above.min(relevant) as f64 / bound };
        } else {
            above += 1;
        }
    }
    ratio(sum, relevant as f64)
}

#[cfg(test)]
#[path = "metric_plan_tests.rs"]
mod tests;
