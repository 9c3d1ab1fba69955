//! Reading values off a plot: what the mouse points at, and the crosshair that keys move. Nothing here turns
//! a knob, but for taking the crosshair's place on demand.

use super::super::actions::ActionId;
use super::super::hit::{self, HitMap, Target};
use super::super::layout::Plot;
use super::super::message::{Effect, Message};
use super::super::state::{Spot, State};
use super::super::widgets::curve;
use super::curves;

/// Sizes that a long step goes through.
const STOPS: [usize; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
/// A short step on the axis of N, which is logarithmic: so much of N, and 1 at least.
const SHARE: f64 = 0.04;
/// A short and a long step of α.
const ALPHA: [f64; 2] = [0.01, 0.1];

/// The message of a mouse that has moved to a cell of the frame; `None` where it means nothing new, so that
/// nothing is drawn again for it.
pub fn moved(state: &State, hits: &HitMap, column: u16, row: u16) -> Option<Message> {
    let spot = hits.at(column, row).and_then(|(area, target)| {
        let along = hit::along(area, column);
        match target {
            Target::SizeAxis { plot, from, to } => Some(size(state, plot, curve::n_at(along, from..=to))),
            Target::AlphaAxis => Some(Spot::alpha(along)),
            Target::Cell { alpha, candidates } => Some(Spot::Cell { alpha, candidates }),
            _ => None,
        }
    });
    (spot != state.hover).then_some(Message::Hover(spot))
}

pub fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    use ActionId as Id;
    match (action, state.crosshair) {
        (Id::Crosshair, None) => open(state),
        (Id::Crosshair, Some(_)) => state.crosshair = None,
        (Id::CrosshairTake, Some(spot)) => return take(state, spot),
        (_, None) => {}
        (Id::CrosshairLess, Some(spot)) => state.crosshair = Some(step(state, spot, false, false)),
        (Id::CrosshairMore, Some(spot)) => state.crosshair = Some(step(state, spot, true, false)),
        (Id::CrosshairDown, Some(spot)) => state.crosshair = Some(step(state, spot, false, true)),
        (_, Some(spot)) => state.crosshair = Some(step(state, spot, true, true)),
    }
    Vec::new()
}

/// Puts the crosshair on the plot that is chosen, at the present setting.
pub fn open(state: &mut State) {
    state.crosshair = at_present(state, state.plot);
    if state.crosshair.is_none() {
        state.say("there is nothing to read here yet");
    }
}

/// `None` where the plot is not there yet.
fn at_present(state: &State, plot: Plot) -> Option<Spot> {
    let snapshot = state.snapshot.as_deref()?;
    match plot {
        Plot::Recall if snapshot.curve.fused.is_empty() => None,
        Plot::Budget if snapshot.affords.points.is_empty() => None,
        Plot::Recall | Plot::Budget => Some(size(state, plot, state.settings.candidates)),
        Plot::Alpha => snapshot.tuning.as_ref()?.first.as_ref().map(|_| Spot::alpha(state.share())),
        Plot::Heat => {
            let heat = snapshot.tuning.as_ref()?.heat.as_ref()?;
            let alpha = nearest(&heat.alphas, |alpha| (alpha - state.share()).abs())?;
            let candidates = nearest(&heat.candidates, |&n| far(n, state.settings.candidates))?;
            Some(Spot::Cell { alpha, candidates })
        }
    }
}

fn nearest<T>(of: &[T], distance: impl Fn(&T) -> f64) -> Option<usize> {
    let by_distance = |a: &(usize, &T), b: &(usize, &T)| distance(a.1).total_cmp(&distance(b.1));
    of.iter().enumerate().min_by(by_distance).map(|(at, _)| at)
}

/// How far apart two sizes are on their axis.
fn far(one: usize, other: usize) -> f64 {
    (one.max(1) as f64 / other.max(1) as f64).ln().abs()
}

/// A size as a plot can be read there: what a candidate costs is known at a few sizes only.
fn size(state: &State, plot: Plot, n: usize) -> Spot {
    let points = state.snapshot.as_deref().map_or(&[][..], |shown| &shown.affords.points);
    let known = match plot {
        Plot::Budget => nearest(points, |point| far(point.n, n)).and_then(|at| points.get(at)),
        _ => None,
    };
    Spot::Size(plot, known.map_or(n.max(1), |point| point.n))
}

/// The spot beside this one; a long step goes to the next of the sizes that people try, by a tenth of α, or
/// to the next N of the heat map.
fn step(state: &State, spot: Spot, up: bool, long: bool) -> Spot {
    let Some(snapshot) = state.snapshot.as_deref() else { return spot };
    let beside = |at: usize, count: usize| {
        if up { (at + 1).min(count.saturating_sub(1)) } else { at.saturating_sub(1) }
    };
    match spot {
        Spot::Size(Plot::Budget, n) => {
            let points = &snapshot.affords.points;
            let at = nearest(points, |point| far(point.n, n)).unwrap_or(0);
            points.get(beside(at, points.len())).map_or(spot, |point| Spot::Size(Plot::Budget, point.n))
        }
        Spot::Size(plot, n) => {
            let last = snapshot.curve.fused.len().max(state.settings.candidates);
            let short = ((n as f64 * SHARE).round() as usize).max(1);
            let next = match (long, up) {
                (true, true) => STOPS.into_iter().find(|&stop| stop > n).unwrap_or(last),
                (true, false) => STOPS.into_iter().rev().find(|&stop| stop < n).unwrap_or(1),
                (false, true) => n + short,
                (false, false) => n.saturating_sub(short),
            };
            Spot::Size(plot, next.clamp(1, last.max(1)))
        }
        Spot::Alpha(alpha) => {
            let by = ALPHA[usize::from(long)];
            Spot::alpha(if up { alpha + by } else { alpha - by })
        }
        Spot::Cell { alpha, candidates } => {
            let Some(heat) = snapshot.tuning.as_ref().and_then(|tuning| tuning.heat.as_ref()) else {
                return spot;
            };
            match long {
                true => Spot::Cell { alpha, candidates: beside(candidates, heat.candidates.len()) },
                false => Spot::Cell { alpha: beside(alpha, heat.alphas.len()), candidates },
            }
        }
    }
}

/// Turns the knobs to what the crosshair stands on.
fn take(state: &mut State, spot: Spot) -> Vec<Effect> {
    match spot {
        Spot::Size(_, n) => curves::take_size(state, n),
        Spot::Alpha(alpha) => curves::slide_alpha(state, alpha),
        Spot::Cell { alpha, candidates } => curves::take_cell(state, alpha, candidates),
    }
}
