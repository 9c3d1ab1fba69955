//! What a build demands of a report: a least value of a metric, or no great drop against a saved report.
//! In: the flags and the judged queries. Out: a [`Demand`] each, answered, and exit code 1 where one is
//! not met.

use std::path::{Path, PathBuf};

use super::saved;
use crate::engine::compare::{Comparison, Question, Side, Which};
use crate::engine::{Evaluation, JudgeOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::judge::{Demand, DemandKind, Metric, MetricKind, Paired, Terms, default_metrics};

/// A drop counts with `--significant` from this p on; Holm's correction over the metrics that are asked
/// about.
const LEVEL: f64 = 0.05;

#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Gate")]
pub struct GateArgs {
    /// End with exit code 1 unless METRIC is at least VALUE: ndcg@10=0.6; first:ndcg@10=0.5 asks it of the
    /// first stage; may be given several times
    #[arg(long = "min", value_name = "METRIC=VALUE", value_parser = bound)]
    pub least: Vec<Bound>,
    /// A report of `eval --json` to hold this one against
    #[arg(long, value_name = "FILE", requires = "max_drop")]
    pub baseline: Option<PathBuf>,
    /// End with exit code 1 if METRIC is more than VALUE below the baseline's; may be given several times
    #[arg(long, value_name = "METRIC=VALUE", value_parser = bound, requires = "baseline")]
    pub max_drop: Vec<Bound>,
    /// A drop counts only where it is unlikely to be chance: randomisation test over the queries, p < .05
    #[arg(long, requires = "max_drop")]
    pub significant: bool,
}

/// A metric and a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// As it was written.
    pub written: String,
    pub metric: Metric,
    /// Whether the first stage's list is meant, not the delivered one.
    pub first: bool,
    pub value: f64,
}

/// Reads `ndcg@10=0.6`.
pub fn bound(written: &str) -> Result<Bound, String> {
    let (name, value) = written.rsplit_once('=').ok_or("it is written METRIC=VALUE, as in ndcg@10=0.6")?;
    let number = value.trim().parse::<f64>().map_err(|_| format!("{value:?} is not a number"))?;
    if !(0.0..=1.0).contains(&number) {
        return Err(format!("{value}: metrics are from 0 to 1"));
    }
    let name = name.trim();
    let (first, metric) = match name.strip_prefix("first:") {
        Some(metric) => (true, metric),
        None => (false, name),
    };
    let metric = metric.parse().map_err(|error: Error| error.to_string())?;
    Ok(Bound { written: name.to_owned(), metric, first, value: number })
}

impl GateArgs {
    pub fn is_set(&self) -> bool {
        !self.least.is_empty() || !self.max_drop.is_empty()
    }

    /// `judging` with every metric that is demanded, so that it is measured.
    pub fn measured(&self, judging: JudgeOptions, candidates: usize) -> JudgeOptions {
        let demanded = self.least.iter().chain(&self.max_drop).map(|bound| bound.metric);
        let mut metrics = judging.metrics.clone().unwrap_or_else(|| default_metrics(candidates));
        let before = metrics.len();
        for metric in demanded {
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        match metrics.len() > before {
            true => JudgeOptions { metrics: Some(metrics), ..judging },
            false => judging,
        }
    }

    /// Every demand, answered, in the order of the flags.
    ///
    /// # Errors
    /// When the baseline cannot be read.
    pub fn demands(&self, evaluation: &Evaluation) -> Result<Vec<Demand>> {
        let side = |which| Side::of("now", &evaluation.snapshot, &evaluation.collection, which);
        let now = [side(Which::Delivered), side(Which::First)];
        let mut demands: Vec<Demand> = self.least.iter().map(|bound| at_least(bound, &now)).collect();
        if let Some(file) = &self.baseline {
            let before = |which| saved::side(file, which);
            let before = [before(Which::Delivered)?, before(Which::First)?];
            before[0].must_be_like(&now[0])?;
            demands.extend(drops(
                &self.max_drop,
                &before,
                &now,
                self.significant,
                evaluation.options.judging.terms,
            ));
        }
        Ok(demands)
    }
}

/// What the flags of `compare` ask of B against A; `sides` are delivered lists.
pub fn drops_of_compare(bounds: &[Bound], found: &Comparison, significant: bool) -> Vec<Demand> {
    bounds.iter().map(|bound| drop_of(bound, paired(found, &bound.metric), significant, "A")).collect()
}

/// The error of demands that are not met; each is a line.
pub fn unmet(demands: &[Demand]) -> Result<()> {
    let lines: Vec<&str> =
        demands.iter().filter(|demand| !demand.met).map(|demand| demand.answer.as_str()).collect();
    match lines.is_empty() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Threshold, lines.join("\n"))),
    }
}

/// The demands as lines for a person.
pub fn lines(demands: &[Demand]) -> String {
    let line = |demand: &Demand| {
        let mark = if demand.met { "met    " } else { "NOT MET" };
        format!("{mark}  {}\n", demand.answer)
    };
    demands.iter().map(line).collect()
}

fn list<'a>(bound: &Bound, sides: &'a [Side; 2]) -> &'a Side {
    &sides[usize::from(bound.first)]
}

fn at_least(bound: &Bound, now: &[Side; 2]) -> Demand {
    let words = format!("{} at least {}", bound.written, bound.value);
    let side = list(bound, now);
    let found = mean(side, &bound.metric).filter(|_| side.incomplete == 0);
    let (met, answer) = match found {
        // A mean of .6 that was summed up in another order must not fail for its last bit.
        Some(value) if value >= bound.value - 1e-9 => (true, format!("{} is {value:.4}", bound.written)),
        Some(value) => (
            false,
            format!(
                "{} is {value:.4}, {:.4} below the {} demanded",
                bound.written,
                bound.value - value,
                bound.value
            ),
        ),
        None if side.incomplete > 0 => (
            false,
            format!("{} is not known: {} queries were not ranked to the end", bound.written, side.incomplete),
        ),
        None => (false, format!("{} is not known: no query is judged", bound.written)),
    };
    let metric = bound.written.clone();
    Demand {
        kind: DemandKind::Min,
        metric,
        bound: bound.value,
        words,
        found,
        before: None,
        p: None,
        met,
        answer,
    }
}

/// Each metric against the baseline. Corrected for all that were asked about.
fn drops(
    bounds: &[Bound],
    before: &[Side; 2],
    now: &[Side; 2],
    significant: bool,
    terms: Terms,
) -> Vec<Demand> {
    let compared = |first: bool| {
        let wanted: Vec<Metric> =
            bounds.iter().filter(|bound| bound.first == first).map(|bound| bound.metric).collect();
        let only = |side: &Side| with_metrics(side, &wanted);
        let question = Question { terms, ..Question::default() };
        let side = usize::from(first);
        Comparison::of(&only(&before[side]), &only(&now[side]), &question)
    };
    let found = [compared(false), compared(true)];
    let answer = |bound: &Bound| {
        let found = &found[usize::from(bound.first)];
        drop_of(bound, paired(found, &bound.metric), significant, "the baseline")
    };
    bounds.iter().map(answer).collect()
}

/// The side with those of its metrics that are wanted.
fn with_metrics(side: &Side, wanted: &[Metric]) -> Side {
    let kept: Vec<usize> = (0..side.metrics.len()).filter(|&at| wanted.contains(&side.metrics[at])).collect();
    let mut side = side.clone();
    side.metrics = kept.iter().map(|&at| side.metrics[at]).collect();
    for query in &mut side.queries {
        query.values = kept.iter().map(|&at| query.values[at]).collect();
    }
    side
}

fn paired<'a>(found: &'a Comparison, metric: &Metric) -> Option<&'a Paired> {
    let name = metric.to_string();
    // Recall at two different N has both names; each alone would be another metric.
    found.metrics.iter().find(|paired| paired.metric == name)
}

fn drop_of(bound: &Bound, paired: Option<&Paired>, significant: bool, against: &str) -> Demand {
    let mut words = format!("{} at most {} below {against}", bound.written, bound.value);
    if significant {
        words += ", beyond chance";
    }
    let metric = bound.written.clone();
    let demand = Demand {
        kind: DemandKind::MaxDrop,
        bound: bound.value,
        words,
        found: None,
        before: None,
        p: None,
        met: false,
        answer: format!("{metric} cannot be compared: {against} has no such metric of the same queries"),
        metric,
    };
    let Some(paired) = paired else { return demand };
    let drop = -paired.difference;
    let is_deep = drop > bound.value + 1e-9;
    let p = paired.p_holm.unwrap_or(paired.p_randomisation);
    let by_chance = significant && p >= LEVEL && bound.metric.kind != MetricKind::Judged;
    let moved = match paired.difference {
        difference if difference.abs() < 5e-5 => "as before".to_owned(),
        difference if difference < 0.0 => format!("{:.4} below {against}", -difference),
        difference => format!("{difference:.4} above {against}"),
    };
    let mut answer =
        format!("{} is {:.4}, {moved} on {} queries", demand.metric, paired.after, paired.queries);
    if is_deep {
        answer += &match by_chance {
            true => format!("; that can be chance (p = {p:.3})"),
            false => format!("; at most {} is allowed (p = {p:.3})", bound.value),
        };
    }
    let (found, before) = (Some(paired.after), Some(paired.before));
    Demand { found, before, p: Some(p), met: !is_deep || by_chance, answer, ..demand }
}

fn mean(side: &Side, metric: &Metric) -> Option<f64> {
    let at = side.metrics.iter().position(|other| other == metric)?;
    let values = side.queries.iter().map(|query| query.values[at]);
    (!side.queries.is_empty()).then(|| values.sum::<f64>() / side.queries.len() as f64)
}

/// For messages about a file that is no report.
pub(super) fn no_report(file: &Path, why: impl Into<String>) -> Error {
    Error::input(why).in_file(file).advise("a report is what `rankscope eval --json > FILE` writes")
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
