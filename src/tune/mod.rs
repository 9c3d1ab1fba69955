//! Tuning: in come the queries' pools, judgments and reranker scores, out comes what other settings
//! would make of them: metrics as exact functions of α, what-if grids, cross-validated choices, and the
//! smallest change that brings a lost gold back. No I/O, no clock, nothing of the engine; work that is
//! long takes a `cancelled` function, asks it every few hundred microseconds and ends with [`Cancelled`].
//!
//! - `axis`: the leg whose share α is; for which methods a curve over α can be exact.
//! - `lines`: a pool as straight lines over α, whose crossings are the swaps of the fused list.
//! - `curve`: a step function over α; sums and means of them; the best plateau.
//! - `first_stage`: the exact curve of a first-stage metric, from the crossings of judged passages.
//! - `reranked`: the exact curve of a reranked metric, from the crossings at the cut N.
//! - `what_if`: α x N x method by a grid, every query kept apart.
//! - `held_out`: cross-validation of a choice, from a grid or from exact curves.
//! - `remedy`: what brings one lost gold into the candidate set.
//! - `goal`, `decimal`: the metric tuned for; short numbers inside an interval.
//!
//! # How exact
//!
//! With two legs and a normalisation that does not depend on α, a passage's fused score is
//! (1 − α) · a + α · b up to a factor that all passages share, so that two passages swap at most once:
//! each judged passage's rank, and with it each metric, is a step function of α. Its steps are computed
//! from the crossings, in f64, as in the line search of minimum error rate training (Och 2003). Two things
//! are evaluated by themselves: the ends, where one leg falls silent and its own passages leave with it,
//! and the breakpoints, where equal scores stand in the order of ids.
//!
//! Lists round their fused scores to f32. Within about 1e-7 of a breakpoint (more where two lines are
//! all but parallel) two passages may therefore tie in the list that are still, or already, apart here;
//! breakpoints nearer than [`RESOLUTION`] are taken for one. What is recommended lies inside wide
//! intervals, and what a remedy names has been tried on the list itself.

mod axis;
mod curve;
mod decimal;
mod first_stage;
mod goal;
mod held_out;
mod lines;
mod remedy;
mod reranked;
mod what_if;

pub use axis::{Axis, AxisPlans, Exactness, NotExact, exactness};
pub use curve::{Best, Break, Plateau, StepCurve, StepSum};
pub use decimal::short_decimal;
pub use first_stage::first_stage_curve;
pub use goal::{Goal, Objective};
pub use held_out::{CrossValidation, Folds, Resampling, cross_validate_cells, cross_validate_curves};
pub use remedy::{AlphaRange, Change, Lost, LostGold, Margin, Remedies, Remedy, remedies};
pub use reranked::{Reranked, reranked_curve};
pub use what_if::{Cell, CellMean, Column, Grid, MetricAt, Plane, Rerank, WhatIf, what_if};

use crate::domain::{Grade, Score};
use crate::fuse::Pool;

/// Values of α nearer to each other than this are one: far below what a setting can mean, far above
/// the rounding of a crossing.
pub const RESOLUTION: f64 = 1e-9;

/// The work was given up because the caller asked for it; nothing of it is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// Whether to give up; asked often, so it must be cheap. It may also wait, to make way for a request.
pub type Cancel<'a> = &'a (dyn Fn() -> bool + 'a);

/// What a reranker said of a passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SecondScore {
    NotYet,
    /// It can say nothing about it; the passage keeps its place in the first stage's order, behind.
    Unscorable,
    /// A score below the threshold from which passages are delivered: it is not in the list.
    TooLow,
    Score(Score),
}

/// One judged passage of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgedRow {
    pub grade: Grade,
    /// Its row in the query's pool; `None`: in no leg, or not in the corpus.
    pub row: Option<usize>,
}

/// One query, as far as tuning looks at it.
#[derive(Debug, Clone, Copy)]
pub struct TuneQuery<'a> {
    pub pool: &'a Pool,
    pub judged: &'a [JudgedRow],
    /// By pool row; empty: there is no second stage.
    pub second: &'a [SecondScore],
}

fn check(cancelled: Cancel<'_>) -> Result<(), Cancelled> {
    if cancelled() { Err(Cancelled) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
