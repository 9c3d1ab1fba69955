//! The knobs that are a choice out of a list: the first stage, the fusion, the second stage.

use crate::domain::{FirstStage, FusionMethod, LegId, LegName, Settings};

/// Second stages that work offline, in the order of the picker.
pub const RERANKER_STOPS: [&str; 5] = [
    "late-interaction",
    "cross-encoder",
    "late-interaction+cross-encoder",
    "late-interaction > cross-encoder@20",
    "none",
];

/// Hybrid, then each of `legs` legs alone, and round.
pub(super) fn turn_first(up: bool, legs: usize, settings: &mut Settings) {
    let alone = (0..legs).map(|leg| FirstStage::Only(LegId(leg)));
    let all: Vec<FirstStage> = std::iter::once(FirstStage::Hybrid).chain(alone).collect();
    settings.first = neighbour(&all, settings.first, up);
}

pub(super) fn turn_fusion(up: bool, settings: &mut Settings) {
    settings.fusion = neighbour(&FusionMethod::ALL, settings.fusion, up);
}

/// The next of the second stages that need no key and no download; from another one to the first.
pub(super) fn turn_reranker(up: bool, settings: &mut Settings) {
    let now = settings.reranker.name();
    let next = match RERANKER_STOPS.iter().position(|stop| *stop == now) {
        Some(at) => neighbour(&RERANKER_STOPS, RERANKER_STOPS[at], up),
        None => RERANKER_STOPS[0],
    };
    // A stop that cannot be read would be a mistake in the table; a test reads them all.
    settings.reranker = next.parse().unwrap_or_default();
}

fn neighbour<T: Copy + PartialEq>(all: &[T], now: T, up: bool) -> T {
    let by = if up { 1 } else { all.len().saturating_sub(1) };
    let at = all.iter().position(|&one| one == now).map_or(0, |at| (at + by) % all.len());
    all.get(at).copied().unwrap_or(now)
}

/// The fusion as the screen names it.
pub fn method_name(settings: &Settings) -> String {
    match settings.fusion {
        FusionMethod::Rrf => format!("RRF {}", settings.rrf_k()),
        FusionMethod::QdrantRrf | FusionMethod::WeaviateRanked => {
            format!("{} {}", settings.fusion.name(), settings.rrf_k())
        }
        other => other.name().to_owned(),
    }
}

/// The second stage as the screen names it.
pub fn reranker_name(settings: &Settings) -> String {
    settings.reranker.to_string().replace("late-interaction", "late interaction")
}

/// A setting in a few words: `RRF 60 · α .50 · N 50 · late interaction · k 10`.
pub fn setting_name(settings: &Settings, legs: &[LegName]) -> String {
    let mut parts = Vec::new();
    match settings.first {
        FirstStage::Only(_) => parts.push(settings.first_name(legs).to_owned()),
        FirstStage::Hybrid => {
            parts.push(method_name(settings));
            if settings.goes_by_alpha(legs.len()) {
                parts.push(format!("α {}", super::share(settings.alpha)));
            } else {
                let weights = settings.leg_weights(legs.len());
                let weights: Vec<String> = weights.into_iter().map(super::share).collect();
                parts.push(format!("weights {}", weights.join(" ")));
            }
        }
    }
    parts.push(format!("N {}", settings.candidates));
    parts.push(if settings.reranker.is_none() { "no reranker".to_owned() } else { reranker_name(settings) });
    parts.push(format!("k {}", settings.deliver));
    parts.join(" · ")
}
