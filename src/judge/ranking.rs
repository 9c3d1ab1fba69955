//! In: one query's ranked list, each place with its grade or "unjudged", and all grades judged for the
//! query. Out: any metric at any cutoff, and its ceiling. It looks at one list; means, names and tests of
//! a difference are elsewhere.
//!
//! Definitions: FIELD.md, "Metrics", which are trec_eval's; for RBP, Judged@k and the condensed list
//! those of ir_measures. `metrics` computes the few that are shown on every key press from ranks alone.

use std::borrow::Cow;

use super::metrics::is_relevant;
use crate::domain::Grade;

/// A ranked list with its judgments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedList<'a> {
    /// By place in the list; `None` and grades below 0: unjudged.
    pub grades: &'a [Option<Grade>],
    /// Every grade of the query's judgments, in any order, those not in the list included.
    pub judgments: &'a [Grade],
}

/// What a grade is worth to nDCG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gain {
    /// The grade (trec_eval, BEIR).
    Linear,
    /// 2^grade − 1 (Burges 2005).
    Exponential,
}

/// Which property of a list is measured. R = judged relevant, N = judged non-relevant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricKind {
    /// Relevant in the list / R.
    Recall,
    /// 1 if anything in the list is relevant.
    Success,
    /// Relevant in the top k / k, even where fewer were returned.
    Precision,
    /// Relevant in the top R / R.
    RPrecision,
    /// 1 / rank of the first relevant.
    ReciprocalRank,
    /// Σ P@i over relevant hits / R.
    AveragePrecision,
    /// Discount 1/log2(rank + 1), ideal from all judgments, both cut at k.
    Ndcg(Gain),
    /// (1/R) Σ (1 − min(judged non-relevant above, R) / min(N, R)), unjudged skipped.
    Bpref,
    /// (1 − p) Σ rel_i · p^(i−1), binary (Moffat and Zobel 2008).
    Rbp { p: f64 },
    /// Judged share of the returned top k.
    Judged,
}

/// A metric with its parameters; its name is ir_measures' (`nDCG@10`, `P(rel=2)@5`), by `FromStr` and
/// `Display`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    pub kind: MetricKind,
    /// k; `None`: the whole list.
    pub cutoff: Option<usize>,
    /// Relevant from this grade on; `None`: the setting's level. nDCG goes by the grades.
    pub rel: Option<Grade>,
    /// Whether unjudged passages are taken out of the list first (`judged_only=True`): the condensed
    /// list, on which a reranker that lifts unjudged passages is not punished for it.
    pub condensed: bool,
}

impl Metric {
    pub const fn new(kind: MetricKind, cutoff: Option<usize>) -> Self {
        Self { kind, cutoff, rel: None, condensed: false }
    }

    /// The metric of a list, in 0..=1; 0 where nothing is relevant. `rel_level` counts where the metric
    /// names no level of its own.
    pub fn value(&self, list: &JudgedList, rel_level: Grade) -> f64 {
        let level = self.rel.unwrap_or(rel_level);
        let grades = if self.condensed {
            Cow::Owned(list.grades.iter().copied().filter(|&grade| is_judged(grade)).collect::<Vec<_>>())
        } else {
            Cow::Borrowed(list.grades)
        };
        let top = &grades[..self.cutoff.unwrap_or(grades.len()).min(grades.len())];
        let is_rel = |grade: Option<Grade>| grade.is_some_and(|grade| is_relevant(grade, level));
        let relevant = list.judgments.iter().filter(|&&grade| is_relevant(grade, level)).count();
        let found = || top.iter().filter(|&&grade| is_rel(grade)).count();
        // Positions, from 1, of the relevant passages.
        let hits = || (1usize..).zip(top).filter(|&(_, &grade)| is_rel(grade)).map(|(rank, _)| rank);
        match self.kind {
            MetricKind::Recall => ratio(found() as f64, relevant as f64),
            MetricKind::Success => f64::from(u8::from(found() > 0)),
            MetricKind::Precision => ratio(found() as f64, self.cutoff.unwrap_or(top.len()) as f64),
            MetricKind::RPrecision => {
                let in_top_r = hits().take_while(|&rank| rank <= relevant).count();
                ratio(in_top_r as f64, relevant as f64)
            }
            MetricKind::ReciprocalRank => hits().next().map_or(0.0, |rank| 1.0 / rank as f64),
            MetricKind::AveragePrecision => {
                let precisions = (1usize..).zip(hits()).map(|(i, rank)| i as f64 / rank as f64);
                ratio(precisions.sum(), relevant as f64)
            }
            MetricKind::Ndcg(gain) => ndcg(gain, top, list.judgments, self.cutoff),
            MetricKind::Bpref => bpref(top, list.judgments, relevant, level),
            MetricKind::Rbp { p } => (1.0 - p) * hits().map(|rank| p.powf((rank - 1) as f64)).sum::<f64>(),
            MetricKind::Judged => {
                let judged = top.iter().filter(|&&grade| is_judged(grade)).count();
                ratio(judged as f64, top.len() as f64)
            }
        }
    }

    /// What a perfect reranker would reach on the same candidates (the list cut at N): the metric of the
    /// list sorted by grade. `None` for Judged and bpref, which have no such ceiling: one says nothing of
    /// relevance, the other nothing of the order of unjudged passages.
    pub fn ceiling(&self, list: &JudgedList, rel_level: Grade) -> Option<f64> {
        if !self.has_ceiling() {
            return None;
        }
        let mut sorted = list.grades.to_vec();
        sorted.sort_by_key(|grade| std::cmp::Reverse(grade.unwrap_or(Grade::MIN)));
        Some(self.value(&JudgedList { grades: &sorted, judgments: list.judgments }, rel_level))
    }

    /// Whether [`Metric::ceiling`] is defined.
    pub fn has_ceiling(&self) -> bool {
        !matches!(self.kind, MetricKind::Judged | MetricKind::Bpref)
    }
}

/// r_N / min(R, N): recall against what a candidate set of `n` can hold. `None` where nothing is
/// relevant or `n` is 0: no list could do better or worse.
pub fn capped_recall(found: usize, relevant: usize, n: usize) -> Option<f64> {
    let possible = relevant.min(n);
    (possible > 0).then(|| found as f64 / possible as f64)
}

/// From here on a grade is worth no more: 2^1024 is beyond f64, and ∞ / ∞ would be no number.
const GREATEST_EXPONENT: Grade = 1000;

fn is_judged(grade: Option<Grade>) -> bool {
    grade.is_some_and(|grade| grade >= 0)
}

pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

pub(super) fn worth(gain: Gain, grade: Grade) -> f64 {
    match gain {
        _ if grade <= 0 => 0.0,
        Gain::Linear => f64::from(grade),
        Gain::Exponential => f64::from(grade.min(GREATEST_EXPONENT)).exp2() - 1.0,
    }
}

fn ndcg(gain: Gain, top: &[Option<Grade>], judgments: &[Grade], cutoff: Option<usize>) -> f64 {
    let dcg = |grades: &mut dyn Iterator<Item = Grade>| -> f64 {
        (2usize..).zip(grades).map(|(place, grade)| worth(gain, grade) / (place as f64).log2()).sum()
    };
    let mut ideal: Vec<Grade> = judgments.iter().copied().filter(|&grade| grade > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    ideal.truncate(cutoff.unwrap_or(ideal.len()));
    ratio(dcg(&mut top.iter().map(|grade| grade.unwrap_or(0))), dcg(&mut ideal.into_iter()))
}

fn bpref(top: &[Option<Grade>], judgments: &[Grade], relevant: usize, level: Grade) -> f64 {
    let rejected = judgments.iter().filter(|&&grade| grade >= 0 && !is_relevant(grade, level)).count();
    let bound = rejected.min(relevant) as f64;
    let (mut above, mut sum) = (0usize, 0.0);
    for grade in top.iter().flatten().filter(|&&grade| grade >= 0) {
        if is_relevant(*grade, level) {
            // Nothing judged above it: nothing to hold against it, even where N is 0.
            sum += if above == 0 { 1.0 } else { 1.0 - above.min(relevant) as f64 / bound };
        } else {
            above += 1;
        }
    }
    ratio(sum, relevant as f64)
}

#[cfg(test)]
#[path = "ranking_tests.rs"]
mod tests;
