//! The knobs: which there are, their ranges, steps and places on a slider, and what may be typed for
//! them. Pure sums over [`Settings`]; nothing here knows a key or a cell.
//!
//! - `scale`: sliders, steps, and going back to the default.
//! - `typed`: values as text, checked as the settings file checks them.
//! - `choices`: the knobs that are a choice out of a list.

mod choices;
mod scale;
#[cfg(test)]
mod tests;
mod typed;

pub use choices::{RERANKER_STOPS, method_name, reranker_name, setting_name};
pub use scale::{Step, fraction, jump_candidates, reset, set_fraction, set_share, share_of, turn};
pub use typed::{NOTHING_SPEAKS, share, type_in, value};

use crate::domain::{LegId, LegName, Settings};
use crate::engine::Snapshot;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knob {
    First,
    Fusion,
    Alpha,
    /// The weight of one leg, where α does not decide.
    Weight(LegId),
    /// The constant of the methods that go by rank.
    RrfK,
    Window,
    Depth,
    Candidates,
    Reranker,
    /// β, the first stage's share in the final score.
    Blend,
    Threshold,
    Deliver,
    K1,
    B,
    TitleBoost,
    RelLevel,
}

/// What decides which knobs there are and how far they go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scope {
    /// How many legs the first stage has.
    pub legs: usize,
    /// The least and the greatest final score on the screen: the threshold's slider goes over these.
    pub scores: (f64, f64),
}

impl Scope {
    pub fn of(legs: &[LegName], snapshot: Option<&Snapshot>) -> Self {
        let scores = snapshot.into_iter().flat_map(|shown| &shown.focus.reranked).filter_map(|row| row.score);
        let (least, most) = scores
            .map(f64::from)
            .filter(|score| score.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), score| (a.min(score), b.max(score)));
        let scores = if most > least { (least, most) } else { (0.0, 1.0) };
        Self { legs: legs.len(), scores }
    }
}

/// Every knob that means something under these settings, in the order of the panel.
pub fn all(settings: &Settings, scope: Scope) -> Vec<Knob> {
    let mut knobs = vec![Knob::First, Knob::Fusion];
    if settings.goes_by_alpha(scope.legs) {
        knobs.push(Knob::Alpha);
    } else if scope.legs > 1 {
        knobs.extend((0..scope.legs).map(|leg| Knob::Weight(LegId(leg))));
    }
    if settings.fusion.default_k().is_some() {
        knobs.push(Knob::RrfK);
    }
    knobs.extend([
        Knob::Candidates,
        Knob::Window,
        Knob::Depth,
        Knob::Reranker,
        Knob::Blend,
        Knob::Threshold,
        Knob::Deliver,
        Knob::K1,
        Knob::B,
        Knob::TitleBoost,
        Knob::RelLevel,
    ]);
    knobs
}

/// The knobs of the one-line bar; `leg` is the one whose weight stands in the place of α.
pub fn bar(settings: &Settings, legs: usize, leg: LegId) -> Vec<Knob> {
    let mut knobs = Vec::new();
    if legs > 1 {
        knobs.push(share_knob(settings, legs, leg));
    }
    knobs.extend([Knob::Candidates, Knob::Deliver, Knob::First, Knob::Fusion, Knob::Reranker]);
    knobs
}

/// What ← and → turn outside the knobs: α, or the weight of one leg.
pub fn share_knob(settings: &Settings, legs: usize, leg: LegId) -> Knob {
    if settings.goes_by_alpha(legs) { Knob::Alpha } else { Knob::Weight(leg) }
}

/// The neighbour of `knob` among `knobs`, staying at the ends; the first where it is not among them.
pub fn step(knobs: &[Knob], knob: Knob, by: isize) -> Option<Knob> {
    let last = knobs.len().checked_sub(1)?;
    let at = knobs.iter().position(|&other| other == knob);
    knobs.get(at.map_or(0, |at| at.saturating_add_signed(by).min(last))).copied()
}

impl Knob {
    /// Whether it is a number, and not a choice out of a list.
    pub fn takes_a_number(self) -> bool {
        !matches!(self, Self::First | Self::Fusion | Self::Reranker)
    }

    /// Whether it can be without a value of its own, which typing nothing brings back.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::RrfK | Self::Window | Self::Threshold | Self::Weight(_))
    }

    /// Whether only a first stage of several legs has a use for it.
    pub fn fuses(self) -> bool {
        matches!(self, Self::Alpha | Self::Weight(_) | Self::Fusion | Self::RrfK)
    }

    /// As the panel names it.
    pub fn name(self, legs: &[LegName]) -> String {
        let name = match self {
            Self::Weight(leg) => {
                return format!("weight {}", legs.get(leg.0).map_or("", |leg| &*leg.name));
            }
            Self::First => "first stage",
            Self::Fusion => "fusion",
            Self::Alpha => "α",
            Self::RrfK => "rank constant",
            Self::Window => "window W",
            Self::Depth => "depth D",
            Self::Candidates => "candidates N",
            Self::Reranker => "reranker",
            Self::Blend => "blend β",
            Self::Threshold => "threshold",
            Self::Deliver => "delivered k",
            Self::K1 => "BM25 k1",
            Self::B => "BM25 b",
            Self::TitleBoost => "title boost",
            Self::RelLevel => "gold from grade",
        };
        name.to_owned()
    }

    /// One line on what it does.
    pub fn words(self, settings: &Settings) -> &'static str {
        match self {
            Self::First => "all legs together, or one of them alone",
            Self::Fusion => settings.fusion.words(),
            Self::Alpha if !settings.fusion.is_weighted() => "of no effect: this method takes no weights",
            Self::Alpha => "share of the second leg (dense); 0 and 1 are one leg alone",
            Self::Weight(_) if !settings.fusion.is_weighted() => "of no effect: this method takes no weights",
            Self::Weight(_) => "what the leg counts in the fusion; 0 leaves it out",
            Self::RrfK => "k of 1/(k + rank): greater evens out; not set: the method's own",
            Self::Window => "how deep each leg enters the fusion; not set: all of it",
            Self::Depth => "how deep each leg is fetched",
            Self::Candidates => "size of the candidate set: what the reranker gets to see",
            Self::Reranker => "what re-scores the candidates",
            Self::Blend => "share of the first stage in the final score; 0 is the reranker alone",
            Self::Threshold => "passages with a lower final score are not delivered; off: all are",
            Self::Deliver => "how many passages are delivered",
            Self::K1 => "how slowly a repeated term stops counting; 0: once is enough",
            Self::B => "how much long passages pay for their length; 0: nothing",
            Self::TitleBoost => "how many times a term of the title counts",
            Self::RelLevel => "judged from this grade on, a passage is gold",
        }
    }
}
