//! Sliders and steps: where a knob stands, where a click or a key puts it, and its default.

use super::choices::{turn_first, turn_fusion, turn_reranker};
use super::{Knob, Scope};
use crate::domain::Settings;

/// Sizes that people try: of the candidate set, of the window, of the depth.
const STOPS: [usize; 10] = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
/// Up to here N jumps.
const CANDIDATES_LAST_STOP: usize = 1000;
/// Values of the rank constant that people try; 0 only where a method allows it.
const RRF_K_STOPS: [f64; 12] = [0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 100.0, 200.0, 500.0, 1000.0];
/// The upper ends of sliders whose value, when typed, may be greater.
const DELIVER_SLIDER: usize = 100;
const DEPTH_SLIDER: usize = 10_000;
const WEIGHT_SLIDER: f64 = 3.0;
const K1_SLIDER: f64 = 3.0;
const BOOST_SLIDER: f64 = 10.0;
const LEVEL_SLIDER: i32 = 5;
const RRF_K_SLIDER: f64 = 1000.0;
/// Steps over the threshold's slider.
const THRESHOLD_STEPS: f64 = 20.0;

/// One press of an arrow key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub up: bool,
    /// With Shift: the smallest step that makes sense.
    pub small: bool,
}

impl Step {
    fn signed(self, usual: f64, small: f64) -> f64 {
        let size = if self.small { small } else { usual };
        if self.up { size } else { -size }
    }
}

/// Where the knob stands on its slider, 0 to 1. A knob without a slider stands at 0.
pub fn fraction(knob: Knob, settings: &Settings, scope: Scope) -> f64 {
    let along = match knob {
        Knob::Alpha => settings.alpha,
        Knob::Blend => settings.blend,
        Knob::B => settings.bm25.b,
        Knob::K1 => settings.bm25.k1 / K1_SLIDER,
        Knob::TitleBoost => settings.bm25.title_boost / BOOST_SLIDER,
        Knob::Weight(leg) => weight(leg.0, settings, scope) / WEIGHT_SLIDER,
        Knob::RelLevel => f64::from(settings.rel_level - 1) / f64::from(LEVEL_SLIDER - 1),
        Knob::RrfK => settings.rrf_k().ln_1p() / RRF_K_SLIDER.ln_1p(),
        Knob::Candidates => log_fraction(settings.candidates, settings.depth),
        Knob::Window => log_fraction(settings.window(), settings.depth),
        Knob::Depth => log_fraction(settings.depth, DEPTH_SLIDER),
        Knob::Deliver => log_fraction(settings.deliver, DELIVER_SLIDER),
        Knob::Threshold => settings.threshold.map_or(0.0, |threshold| {
            let (least, most) = scope.scores;
            (threshold - least) / (most - least)
        }),
        Knob::First | Knob::Fusion | Knob::Reranker => 0.0,
    };
    if along.is_finite() { along.clamp(0.0, 1.0) } else { 0.0 }
}

/// Puts the knob where its slider was clicked, at a round number.
pub fn set_fraction(knob: Knob, along: f64, settings: &mut Settings, scope: Scope) {
    let along = along.clamp(0.0, 1.0);
    match knob {
        Knob::Alpha => settings.alpha = rounded(along, 0.01),
        Knob::Blend => settings.blend = rounded(along, 0.01),
        Knob::B => settings.bm25.b = rounded(along, 0.01),
        Knob::K1 => settings.bm25.k1 = rounded(along * K1_SLIDER, 0.05),
        Knob::TitleBoost => settings.bm25.title_boost = rounded(along * BOOST_SLIDER, 0.5),
        Knob::Weight(leg) => set_weight(leg.0, Some(rounded(along * WEIGHT_SLIDER, 0.1)), settings, scope),
        Knob::RelLevel => {
            settings.rel_level = 1 + (along * f64::from(LEVEL_SLIDER - 1)).round() as i32;
        }
        Knob::RrfK => {
            let k = (along * RRF_K_SLIDER.ln_1p()).exp_m1().round();
            settings.rrf_k = Some(k.max(settings.fusion.least_k()));
        }
        Knob::Candidates => settings.candidates = round_number(log_value(along, settings.depth)),
        Knob::Window => set_window(round_number(log_value(along, settings.depth)), settings),
        Knob::Depth => settings.depth = round_number(log_value(along, DEPTH_SLIDER)),
        Knob::Deliver => settings.deliver = round_number(log_value(along, DELIVER_SLIDER)),
        Knob::Threshold => {
            let (least, most) = scope.scores;
            let unit = threshold_unit(scope) / 4.0;
            settings.threshold = (along > 0.0).then(|| rounded(least + along * (most - least), unit));
        }
        Knob::First | Knob::Fusion | Knob::Reranker => {}
    }
}

/// Turns the knob one step, as the arrow keys do on the focused knob.
pub fn turn(knob: Knob, step: Step, settings: &mut Settings, scope: Scope) {
    let Step { up, small } = step;
    match knob {
        Knob::Alpha => move_alpha(if small { 1 } else { 5 } * if up { 1 } else { -1 }, settings),
        Knob::Blend => {
            settings.blend = rounded(settings.blend + step.signed(0.05, 0.01), 0.01).clamp(0.0, 1.0)
        }
        Knob::B => settings.bm25.b = rounded(settings.bm25.b + step.signed(0.05, 0.01), 0.01).clamp(0.0, 1.0),
        Knob::K1 => settings.bm25.k1 = rounded(settings.bm25.k1 + step.signed(0.1, 0.05), 0.05).max(0.0),
        Knob::TitleBoost => {
            let boost = settings.bm25.title_boost + step.signed(0.5, 0.1);
            settings.bm25.title_boost = rounded(boost, 0.1).max(0.0);
        }
        Knob::Weight(leg) => {
            let next = weight(leg.0, settings, scope) + step.signed(0.1, 0.05);
            set_weight(leg.0, Some(rounded(next, 0.05).max(0.0)), settings, scope);
        }
        Knob::RelLevel => {
            settings.rel_level = settings.rel_level.saturating_add(if up { 1 } else { -1 }).max(1);
        }
        Knob::RrfK => settings.rrf_k = Some(next_rrf_k(step, settings)),
        Knob::Candidates if small => {
            settings.candidates = one_step(up, settings.candidates).min(settings.depth.max(1));
        }
        Knob::Candidates => move_candidates(up, settings),
        Knob::Window if small => set_window(one_step(up, settings.window()), settings),
        Knob::Window => {
            let next = next_stop(up, settings.window());
            set_window(next.unwrap_or(settings.window()), settings);
        }
        Knob::Depth if small => settings.depth = one_step(up, settings.depth),
        Knob::Depth => settings.depth = next_stop(up, settings.depth).unwrap_or(settings.depth),
        Knob::Deliver => move_deliver(up, settings),
        Knob::Threshold => turn_threshold(step, settings, scope),
        Knob::First => turn_first(up, scope.legs, settings),
        Knob::Fusion => turn_fusion(up, settings),
        Knob::Reranker => turn_reranker(up, settings),
    }
}

/// Back to what the program comes with; of the knobs that need not have a value: none.
pub fn reset(knob: Knob, settings: &mut Settings, scope: Scope) {
    let fresh = Settings::default();
    match knob {
        Knob::First => settings.first = fresh.first,
        Knob::Fusion => settings.fusion = fresh.fusion,
        Knob::Alpha => settings.alpha = fresh.alpha,
        Knob::Weight(leg) => set_weight(leg.0, None, settings, scope),
        Knob::RrfK => settings.rrf_k = None,
        Knob::Window => settings.window = None,
        Knob::Depth => settings.depth = fresh.depth,
        Knob::Candidates => settings.candidates = fresh.candidates.min(settings.depth),
        Knob::Reranker => settings.reranker = fresh.reranker,
        Knob::Blend => settings.blend = fresh.blend,
        Knob::Threshold => settings.threshold = None,
        Knob::Deliver => settings.deliver = fresh.deliver.min(settings.depth),
        Knob::K1 => settings.bm25.k1 = fresh.bm25.k1,
        Knob::B => settings.bm25.b = fresh.bm25.b,
        Knob::TitleBoost => settings.bm25.title_boost = fresh.bm25.title_boost,
        Knob::RelLevel => settings.rel_level = fresh.rel_level,
    }
}

/// Moves α by hundredths.
fn move_alpha(hundredths: i32, settings: &mut Settings) {
    let now = (settings.alpha * 100.0).round() as i32;
    settings.alpha = f64::from((now + hundredths).clamp(0, 100)) / 100.0;
}

/// Moves N to the next multiple of ten, within 1 to D.
pub(super) fn move_candidates(up: bool, settings: &mut Settings) {
    let n = settings.candidates;
    let next = if up { n / 10 * 10 + 10 } else { n.div_ceil(10).saturating_sub(1) * 10 };
    settings.candidates = next.clamp(1, settings.depth.max(1));
}

/// Moves N to the neighbouring stop.
pub fn jump_candidates(up: bool, settings: &mut Settings) {
    if let Some(stop) = next_stop(up, settings.candidates).filter(|&stop| stop <= CANDIDATES_LAST_STOP) {
        settings.candidates = stop.clamp(1, settings.depth.max(1));
    }
}

/// Moves k by one, within 1 to D.
fn move_deliver(up: bool, settings: &mut Settings) {
    settings.deliver = one_step(up, settings.deliver).min(settings.depth.max(1));
}

fn one_step(up: bool, value: usize) -> usize {
    if up { value.saturating_add(1) } else { value.saturating_sub(1).max(1) }
}

fn next_stop(up: bool, value: usize) -> Option<usize> {
    if up {
        STOPS.into_iter().find(|&stop| stop > value)
    } else {
        STOPS.into_iter().rev().find(|&stop| stop < value)
    }
}

/// A window as deep as the legs is no window of its own.
fn set_window(window: usize, settings: &mut Settings) {
    settings.window = (window < settings.depth).then_some(window.max(1));
}

fn next_rrf_k(step: Step, settings: &Settings) -> f64 {
    let now = settings.rrf_k();
    let next = if step.small {
        (now + if step.up { 1.0 } else { -1.0 }).round()
    } else if step.up {
        RRF_K_STOPS.into_iter().find(|&stop| stop > now).unwrap_or(now)
    } else {
        RRF_K_STOPS.into_iter().rev().find(|&stop| stop < now).unwrap_or(now)
    };
    next.max(settings.fusion.least_k())
}

/// From off to the least score, up from there; below the least score it is off again.
fn turn_threshold(step: Step, settings: &mut Settings, scope: Scope) {
    let unit = threshold_unit(scope);
    let least = (scope.scores.0 / unit).floor() * unit;
    settings.threshold = match settings.threshold {
        None if step.up => Some(rounded(least, unit)),
        None => None,
        Some(now) => {
            let next = now + step.signed(unit, unit / 10.0);
            // Half a step, so that rounding does not decide.
            (step.up || next >= least - unit / 20.0).then(|| rounded(next, unit / 10.0))
        }
    };
}

/// A step of the threshold: a power of ten times 1, 2 or 5, about a twentieth of the scores.
fn threshold_unit(scope: Scope) -> f64 {
    let size = (scope.scores.1 - scope.scores.0) / THRESHOLD_STEPS;
    let power = 10f64.powf(size.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|unit| unit * power).find(|&unit| unit >= size).unwrap_or(power)
}

fn weight(leg: usize, settings: &Settings, scope: Scope) -> f64 {
    let hybrid = Settings { first: crate::domain::FirstStage::Hybrid, ..settings.clone() };
    hybrid.leg_weights(scope.legs).get(leg).copied().unwrap_or(1.0)
}

pub(super) fn set_weight(leg: usize, weight: Option<f64>, settings: &mut Settings, scope: Scope) {
    settings.weights.resize(scope.legs.max(leg + 1), None);
    if let Some(place) = settings.weights.get_mut(leg) {
        *place = weight;
    }
    if settings.weights.iter().all(Option::is_none) {
        settings.weights.clear();
    }
}

/// α: the share of one leg in the weight of all, 0 to 1. With two legs and no given weights, α itself.
pub fn share_of(leg: usize, settings: &Settings, scope: Scope) -> f64 {
    if settings.goes_by_alpha(scope.legs) {
        return settings.alpha;
    }
    let total: f64 = (0..scope.legs).map(|leg| weight(leg, settings, scope)).sum();
    if total > 0.0 { weight(leg, settings, scope) / total } else { 0.0 }
}

/// Gives one leg this share; the others share the rest as they do now, and the sum stays.
pub fn set_share(leg: usize, alpha: f64, settings: &mut Settings, scope: Scope) {
    if settings.goes_by_alpha(scope.legs) {
        settings.alpha = alpha;
        return;
    }
    let weights: Vec<f64> = (0..scope.legs).map(|leg| weight(leg, settings, scope)).collect();
    let total: f64 = weights.iter().sum();
    let rest = total - weights.get(leg).copied().unwrap_or(0.0);
    let others = scope.legs.saturating_sub(1).max(1) as f64;
    for (other, now) in weights.iter().enumerate() {
        let share = if other == leg {
            alpha
        } else if rest > 0.0 {
            (1.0 - alpha) * now / rest
        } else {
            (1.0 - alpha) / others
        };
        set_weight(other, Some(rounded(total * share, 0.001)), settings, scope);
    }
}

/// The nearest multiple of `unit`, without the rounding of the product: .15 and not .15000000000000002.
fn rounded(value: f64, unit: f64) -> f64 {
    let decimals = (-unit.log10()).ceil().clamp(0.0, 12.0) as usize + 1;
    let nearest = (value / unit).round() * unit;
    format!("{nearest:.decimals$}").parse().unwrap_or(nearest)
}

fn log_fraction(value: usize, max: usize) -> f64 {
    (value.max(1) as f64).ln() / (max.max(2) as f64).ln()
}

fn log_value(along: f64, max: usize) -> usize {
    (along * (max.max(2) as f64).ln()).exp().round() as usize
}

fn round_number(value: usize) -> usize {
    let unit = match value {
        0..=19 => 1,
        20..=99 => 5,
        100..=299 => 10,
        300..=2999 => 50,
        _ => 500,
    };
    ((value + unit / 2) / unit * unit).max(1)
}
