//! The view of curves: which plot, metric and heat map are shown, and taking what they recommend.

use std::ops::RangeInclusive;

use crate::domain::FusionMethod;
use crate::engine::{AlphaCurve, BestCell, HeatMap, Tuning};
use crate::tune::Goal;

use super::super::actions::ActionId;
use super::super::knobs::{self, Knob};
use super::super::layout::Plot;
use super::super::message::Effect;
use super::super::state::State;
use super::super::widgets::curve;
use super::{request, spot, turning};

pub fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    use ActionId as Id;
    match action {
        Id::NextPlot => go_to(state, state.plot.step(1)),
        Id::PreviousPlot => go_to(state, state.plot.step(-1)),
        Id::NextGoal => return set_goal(state, 1),
        Id::PreviousGoal => return set_goal(state, -1),
        Id::SizeMore => return size(state, true),
        Id::SizeLess => return size(state, false),
        Id::HeatMethod => {
            let methods = heat(state).map_or(1, |heat| heat.methods.len().max(1));
            state.heat_method = (state.heat_method + 1) % methods;
            bring_heat_into_sight(state);
        }
        Id::HeatStage => {
            state.heat_first = !state.heat_first;
            bring_heat_into_sight(state);
        }
        Id::TakeAlpha => return take_alpha(state),
        Id::TakeBest => return take_best(state),
        _ => {}
    }
    Vec::new()
}

fn tuning(state: &State) -> Option<&Tuning> {
    state.snapshot.as_ref()?.tuning.as_deref()
}

fn heat(state: &State) -> Option<&HeatMap> {
    tuning(state)?.heat.as_ref()
}

fn bring_heat_into_sight(state: &mut State) {
    let plots = super::super::layout::Layout::of(state.size.0, state.size.1, state.wants()).plots;
    if !plots.iter().any(|(plot, _)| *plot == Plot::Heat) {
        go_to(state, Plot::Heat);
    }
}

/// Chooses a plot; an open crosshair comes along.
pub fn go_to(state: &mut State, plot: Plot) {
    state.plot = plot;
    if state.crosshair.is_some() {
        spot::open(state);
    }
}

fn set_goal(state: &mut State, by: isize) -> Vec<Effect> {
    let at = Goal::ALL.iter().position(|&goal| goal == state.goal).unwrap_or(0) as isize;
    state.goal = Goal::ALL[(at + by).rem_euclid(Goal::ALL.len() as isize) as usize];
    vec![request(state)]
}

/// N to the neighbouring row of the heat map; without one, to the neighbouring stop.
fn size(state: &mut State, up: bool) -> Vec<Effect> {
    let now = state.settings.candidates;
    let rows = heat(state).map(|heat| heat.candidates.clone()).unwrap_or_default();
    let next = if up {
        rows.iter().copied().filter(|&n| n > now).min()
    } else {
        rows.iter().copied().filter(|&n| n < now).max()
    };
    turning::change(state, Knob::Candidates, |settings| match next {
        Some(n) => settings.candidates = n,
        None if rows.is_empty() => knobs::jump_candidates(up, settings),
        None => {}
    })
}

/// The curve whose best α is recommended: that of what is delivered, unless it is of less than half of the
/// queries, because passages that would enter have no score.
pub fn recommended(tuning: &Tuning) -> Option<&AlphaCurve> {
    let covers = |curve: &&AlphaCurve| curve.queries * 2 >= curve.judged;
    tuning.reranked.as_ref().filter(covers).or(tuning.first.as_ref())
}

fn take_alpha(state: &mut State) -> Vec<Effect> {
    let Some(best) = tuning(state).and_then(recommended).map(|curve| curve.best) else {
        state.say("no α is recommended yet");
        return Vec::new();
    };
    let (leg, scope) = (state.share_leg().0, state.scope());
    let was = knobs::share(state.share());
    let effects =
        turning::change(state, Knob::Alpha, |settings| knobs::set_share(leg, best.short, settings, scope));
    let now = knobs::share(state.share());
    state.say(if effects.is_empty() {
        format!("α {now} is the recommended one already")
    } else {
        format!("α {now}, recommended; it was {was}")
    });
    effects
}

/// The best cell of the heat map that is shown: first stage or reranked.
fn take_best(state: &mut State) -> Vec<Effect> {
    let Some(best) = heat(state).and_then(|heat| best_cell(heat, state.heat_first)).cloned() else {
        state.say("the heat map is not complete yet: there is no best cell");
        return Vec::new();
    };
    let was = said(state);
    let effects = set_cell(state, best.method, best.alpha, best.candidates);
    let now = said(state);
    state.say(if effects.is_empty() {
        format!("{now} is the best cell already")
    } else {
        format!("{now}, the best cell; it was {was}")
    });
    effects
}

/// Of the reranked list where there is one, unless the first stage is looked at.
pub fn best_cell(heat: &HeatMap, first: bool) -> Option<&BestCell> {
    if first { heat.best_first.as_ref() } else { heat.best_reranked.as_ref().or(heat.best_first.as_ref()) }
}

/// Takes the cell of the heat map that was clicked.
pub fn take_cell(state: &mut State, alpha: usize, candidates: usize) -> Vec<Effect> {
    let Some(heat) = heat(state) else { return Vec::new() };
    let method = heat.methods.get(state.heat_method).or(heat.methods.first()).copied();
    let (alpha, n) = (heat.alphas.get(alpha).copied(), heat.candidates.get(candidates).copied());
    let (Some(method), Some(alpha), Some(n)) = (method, alpha, n) else { return Vec::new() };
    let was = said(state);
    let effects = set_cell(state, method, alpha, n);
    if !effects.is_empty() {
        state.say(format!("{}; it was {was}", said(state)));
    }
    effects
}

/// A constant k that was given for one method means something else to another: the heat map has the other
/// methods with their own.
fn set_cell(state: &mut State, method: FusionMethod, alpha: f64, candidates: usize) -> Vec<Effect> {
    let (leg, scope) = (state.share_leg().0, state.scope());
    turning::change(state, Knob::Fusion, |settings| {
        if settings.fusion != method {
            settings.rrf_k = None;
        }
        settings.fusion = method;
        settings.candidates = candidates;
        knobs::set_share(leg, alpha, settings, scope);
    })
}

fn said(state: &State) -> String {
    let alpha = knobs::share(state.share());
    format!("{}, α {alpha}, N {}", knobs::method_name(&state.settings), state.settings.candidates)
}

/// Puts α where its axis was clicked.
pub fn slide_alpha(state: &mut State, along: f64) -> Vec<Effect> {
    let (leg, scope) = (state.share_leg().0, state.scope());
    let alpha = (along.clamp(0.0, 1.0) * 100.0).round() / 100.0;
    turning::change(state, knobs::share_knob(&state.settings, scope.legs, state.share_leg()), |settings| {
        knobs::set_share(leg, alpha, settings, scope);
    })
}

/// Puts N where its axis was clicked.
pub fn slide_candidates(state: &mut State, along: f64, axis: RangeInclusive<usize>) -> Vec<Effect> {
    take_size(state, curve::n_at(along, axis))
}

pub fn take_size(state: &mut State, n: usize) -> Vec<Effect> {
    let n = n.clamp(1, state.settings.depth.max(1));
    turning::change(state, Knob::Candidates, |settings| settings.candidates = n)
}
