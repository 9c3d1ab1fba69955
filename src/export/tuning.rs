//! What other settings would make of the judged queries, as JSON and as text.

use std::fmt::Write as _;

use serde::Serialize;

use crate::engine::{AlphaCurve, BestCell, HeatMap, Held, Shape, Tuning};
use crate::judge::Interval;
use crate::tune::NotExact;

/// The part of the JSON report.
#[derive(Serialize)]
pub(super) struct TuningPart<'a> {
    metric: &'a str,
    /// Of the first stage.
    recall: Option<CurvePart>,
    first: Option<CurvePart>,
    reranked: Option<CurvePart>,
    heat_map: Option<HeatPart<'a>>,
}

#[derive(Serialize)]
struct CurvePart {
    /// `exact`: every step; `sampled`: at the points only.
    kind: &'static str,
    why_sampled: Option<&'static str>,
    queries: usize,
    judged_queries: usize,
    current: f64,
    best: BestPart,
    held_out: Option<HeldPart>,
    /// Exact: the value at 0, on each open interval and at each breakpoint between, and at 1.
    steps: Option<Vec<StepPart>>,
    points: Option<Vec<(f64, f64)>>,
}

#[derive(Serialize)]
struct BestPart {
    alpha: f64,
    /// The same in as few decimals as its interval allows.
    short: f64,
    value: f64,
    interval: Option<(f64, f64)>,
}

/// The metric from `from` to `to`, open at both ends, or at the single α where they are equal.
#[derive(Serialize)]
struct StepPart {
    from: f64,
    to: f64,
    value: f64,
}

#[derive(Serialize)]
struct HeldPart {
    folds: usize,
    queries: usize,
    held_out: f64,
    current: f64,
    difference: f64,
    interval: Interval,
}

#[derive(Serialize)]
struct HeatPart<'a> {
    methods: Vec<&'static str>,
    alphas: &'a [f64],
    candidates: &'a [usize],
    /// By method, then α, then N.
    first: Vec<Vec<Vec<Option<f64>>>>,
    /// `null` where not all candidates are scored for every query.
    reranked: Vec<Vec<Vec<Option<f64>>>>,
    best_first: Option<BestCellPart>,
    best_reranked: Option<BestCellPart>,
}

#[derive(Serialize)]
struct BestCellPart {
    fusion: &'static str,
    alpha: f64,
    n: usize,
    value: f64,
    current: f64,
    queries: usize,
    held_out: Option<HeldPart>,
}

pub(super) fn part(tuning: &Tuning) -> TuningPart<'_> {
    TuningPart {
        metric: &tuning.metric,
        recall: tuning.recall.as_ref().map(curve),
        first: tuning.first.as_ref().map(curve),
        reranked: tuning.reranked.as_ref().map(curve),
        heat_map: tuning.heat.as_ref().map(heat),
    }
}

fn curve(curve: &AlphaCurve) -> CurvePart {
    let (steps, points, why) = match &curve.shape {
        Shape::Exact(exact) => {
            let mut steps = vec![StepPart { from: 0.0, to: 0.0, value: exact.zero }];
            for (plateau, next) in exact.plateaus().zip(exact.breaks.iter().map(Some).chain([None])) {
                steps.push(StepPart { from: plateau.low, to: plateau.high, value: plateau.value });
                steps.extend(next.map(|at| StepPart { from: at.alpha, to: at.alpha, value: at.at }));
            }
            steps.push(StepPart { from: 1.0, to: 1.0, value: exact.one });
            (Some(steps), None, None)
        }
        Shape::Sampled { points, why } => (None, Some(points.clone()), *why),
    };
    CurvePart {
        kind: if steps.is_some() { "exact" } else { "sampled" },
        why_sampled: points.as_ref().map(|_| reason(why)),
        queries: curve.queries,
        judged_queries: curve.judged,
        current: curve.current,
        best: BestPart {
            alpha: curve.best.alpha,
            short: curve.best.short,
            value: curve.best.value,
            interval: curve.best.plateau.map(|plateau| (plateau.low, plateau.high)),
        },
        held_out: curve.held_out.as_ref().map(held),
        steps,
        points,
    }
}

/// Why a curve is known at some points only.
fn reason(why: Option<NotExact>) -> &'static str {
    match why {
        Some(NotExact::WeightInsideRank) => "under this method two passages can swap more than once",
        Some(NotExact::MoreLegs) => "with more than two legs one α does not say the weights",
        None => {
            "not every passage that enters the candidate set is scored, or the final score blends both stages"
        }
    }
}

fn held(of: &Held) -> HeldPart {
    let Held { folds, held_out, current, difference, interval, queries } = *of;
    HeldPart { folds, queries, held_out, current, difference, interval }
}

fn heat(heat: &HeatMap) -> HeatPart<'_> {
    let plane = |means: &[crate::tune::CellMean], least: usize| {
        let value = |method, alpha, n| {
            let mean = means.get(heat.index(method, alpha, n))?;
            (mean.queries >= least.max(1)).then_some(mean.mean)
        };
        let by_n = |method, alpha| (0..heat.candidates.len()).map(|n| value(method, alpha, n)).collect();
        let by_alpha = |method| (0..heat.alphas.len()).map(|alpha| by_n(method, alpha)).collect();
        (0..heat.methods.len()).map(by_alpha).collect()
    };
    let all = heat.first.iter().map(|mean| mean.queries).max().unwrap_or(0);
    HeatPart {
        methods: heat.methods.iter().map(|method| method.name()).collect(),
        alphas: &heat.alphas,
        candidates: &heat.candidates,
        first: plane(&heat.first, 1),
        reranked: plane(&heat.reranked, all),
        best_first: heat.best_first.as_ref().map(best_cell),
        best_reranked: heat.best_reranked.as_ref().map(best_cell),
    }
}

fn best_cell(of: &BestCell) -> BestCellPart {
    BestCellPart {
        fusion: of.method.name(),
        alpha: of.alpha,
        n: of.candidates,
        value: of.mean.mean,
        current: of.current,
        queries: of.mean.queries,
        held_out: of.held_out.as_ref().map(held),
    }
}

/// A few lines for the text report; empty where nothing was tried.
pub(super) fn lines(tuning: &Tuning, n: usize) -> String {
    let mut out = String::new();
    let recall = format!("recall@{n}");
    let named =
        [(recall.as_str(), "first stage", &tuning.recall), (&tuning.metric, "first stage", &tuning.first)];
    let reranked = [(tuning.metric.as_str(), "reranked", &tuning.reranked)];
    for (metric, list, curve) in named.into_iter().chain(reranked) {
        let Some(curve) = curve else { continue };
        let kind = match &curve.shape {
            Shape::Exact(_) => "exact",
            Shape::Sampled { .. } => "sampled",
        };
        let interval = curve.best.plateau.map_or(String::new(), |plateau| {
            format!(" (any α from {:.3} to {:.3})", plateau.low, plateau.high)
        });
        let of = match curve.queries < curve.judged {
            true => format!(", on {} of {} queries", curve.queries, curve.judged),
            false => String::new(),
        };
        let _ = writeln!(
            out,
            "{metric}, {list}: best at α {}{interval}: {:.4}, now {:.4}; {}{kind}{of}",
            curve.best.short,
            curve.best.value,
            curve.current,
            held_words(curve.held_out.as_ref())
        );
    }
    let cells = tuning
        .heat
        .iter()
        .flat_map(|heat| [("first stage", &heat.best_first), ("reranked", &heat.best_reranked)]);
    for (list, best) in cells {
        let Some(best) = best else { continue };
        let _ = writeln!(
            out,
            "{}, {list}: best of the settings tried: {} α {:.2} N {}: {:.4}, now {:.4}; {}on {} queries",
            tuning.metric,
            best.method.name(),
            best.alpha,
            best.candidates,
            best.mean.mean,
            best.current,
            held_words(best.held_out.as_ref()),
            best.mean.queries
        );
    }
    out
}

/// What cross-validation says, and a separator after it.
fn held_words(held: Option<&Held>) -> String {
    held.map_or(String::new(), |held| {
        format!(
            "held out ({} folds) {:+.4} [{:+.4}, {:+.4}]; ",
            held.folds, held.difference, held.interval.low, held.interval.high
        )
    })
}
