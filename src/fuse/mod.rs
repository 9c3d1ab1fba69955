//! Fusion: in come the legs' ranked lists of one query, out comes one list. No I/O, no clock, nothing
//! about rerankers or judgments.
//!
//! - `pool`: the legs aligned, one row per passage that any leg returned; built once per query.
//! - `normalise`: what a method makes of one leg's rank or score.
//! - `method`: which methods there are, ours and the engines'.
//! - `fuser`: a plan made ready; each leg's share of a fused score.
//! - `sums`: from the legs' shares to the fused score of every row.
//! - `list`: the order: scores, ranks, the cut at N, the head for the screen.
//!
//! Three rules hold for every method. A leg enters cut to the window W by rank. A leg whose weight is
//! not above 0 takes no part, and neither do the passages that it alone returned. If one leg is left,
//! the fused list *is* that leg: its scores, its order, nothing normalised.

mod fuser;
mod list;
mod method;
mod normalise;
mod pool;
mod sums;

pub use fuser::{Fuser, LegShare, LegValue};
pub use list::FusedList;
pub use method::{ElasticNormalizer, Mean, Method, OpenSearch, Rescale, ScoreScale};
pub use pool::Pool;
pub use sums::Sums;

use crate::domain::{LegId, LegName, LegScale, LegSet, Settings};

/// Everything that fusion depends on but the legs themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct FusionPlan {
    pub method: Method,
    /// By leg; a leg without one, or with one that is not above 0, takes no part.
    pub weights: Vec<f64>,
    /// By leg: from its scores to the engine's scale; a leg without one keeps its scores.
    pub rescale: Vec<Rescale>,
    /// The constant k of the methods that go by rank, at least 0 (at least 1 for Qdrant's and Weaviate's,
    /// which count from 0; the caller checks it).
    pub rrf_k: f64,
    /// W: how many of each leg's hits enter.
    pub window: usize,
}

impl FusionPlan {
    /// The plan of these settings for a first stage of `legs`, of which those in `speaking` are there.
    pub fn of(settings: &Settings, legs: &[LegName], speaking: LegSet) -> Self {
        let mut weights = settings.leg_weights(legs.len());
        for (leg, weight) in weights.iter_mut().enumerate() {
            if !speaking.contains(LegId(leg)) {
                *weight = 0.0;
            }
        }
        // A leg that is alone because the others are not there speaks whatever its weight.
        if let (Some(leg), 1) = (speaking.iter().next(), speaking.len())
            && let Some(weight) = weights.get_mut(leg.0)
        {
            *weight = 1.0;
        }
        let scales: Vec<LegScale> = legs.iter().map(|leg| leg.scale).collect();
        let rescale = |&leg: &LegScale| Rescale::to(settings.fusion.scale(), leg, settings.bm25.k1);
        Self {
            method: Method::of(settings.fusion, &scales),
            weights,
            rescale: scales.iter().map(rescale).collect(),
            rrf_k: settings.rrf_k(),
            window: settings.window(),
        }
    }
}

/// Fuses one pool. For many pools under one plan a [`Fuser`] computes its tables once.
pub fn fuse(pool: &Pool, plan: &FusionPlan) -> FusedList {
    let mut list = FusedList::default();
    fuse_into(pool, plan, &mut list);
    list
}

/// [`fuse`], reusing the list's memory.
pub fn fuse_into(pool: &Pool, plan: &FusionPlan, list: &mut FusedList) {
    Fuser::new(plan).fuse_into(pool, list);
}

/// Each leg's share of the fused score of a row, by leg: "fused .0225 = 1/(60+80) .0071 + 1/(60+5)
/// .0154". `None`: the leg has no part in this row.
pub fn shares(pool: &Pool, plan: &FusionPlan, row: usize) -> Vec<Option<LegShare>> {
    Fuser::new(plan).shares(pool, row)
}

#[cfg(test)]
mod engine_tests;
#[cfg(test)]
mod tests;
