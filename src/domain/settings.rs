//! The knobs, as plain data, and what follows from them alone.

use serde::{Deserialize, Serialize};

use super::Grade;
use super::analysis::Analysis;
use super::fusion::FusionMethod;
use super::legs::{FirstStage, LegId, LegName, LegSet};
use super::second_stage::SecondStage;

/// Term saturation, length normalisation and the weight of titles in BM25.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bm25 {
    pub k1: f64,
    pub b: f64,
    /// How many times a term of the title counts; 1 is plain BM25 over title and text.
    pub title_boost: f64,
}

impl Default for Bm25 {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75, title_boost: 1.0 }
    }
}

/// Approximate dense search (HNSW) in place of the exact scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ann {
    /// Breadth of the search at build and query time; a search returns at most this many hits.
    pub ef: usize,
}

impl Default for Ann {
    fn default() -> Self {
        Self { ef: 100 }
    }
}

/// Every knob. Two equal settings over the same collection give the same lists, fates and metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub first: FirstStage,
    pub fusion: FusionMethod,
    /// Share of the second of two legs (the dense one) in the fusion, 0 to 1. Of no effect where there
    /// are more legs: then `weights` speaks.
    pub alpha: f64,
    /// By [`LegId`]: weights given one by one; they go before `alpha`. `None` or missing: not given.
    pub weights: Vec<Option<f64>>,
    /// The constant k of the methods that go by rank; `None`: the one with which the method comes.
    pub rrf_k: Option<f64>,
    /// D: how deep each leg is fetched.
    pub depth: usize,
    /// W: how deep each leg enters the fusion; `None` means D.
    pub window: Option<usize>,
    /// N: size of the candidate set.
    pub candidates: usize,
    /// k: how many passages are delivered.
    pub deliver: usize,
    /// The second stage.
    pub reranker: SecondStage,
    /// β: share of the first stage in the final score, 0 to 1; 0 is the reranker alone.
    pub blend: f64,
    /// Passages whose final score is below are not delivered; `None`: all are.
    pub threshold: Option<f64>,
    /// Approximate dense search; `None` is the exact scan.
    pub ann: Option<Ann>,
    /// A passage is gold from this grade on.
    pub rel_level: Grade,
    pub bm25: Bm25,
    pub analysis: Analysis,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first: FirstStage::Hybrid,
            fusion: FusionMethod::Rrf,
            alpha: 0.5,
            weights: Vec::new(),
            rrf_k: None,
            depth: 1000,
            window: None,
            candidates: 50,
            deliver: 10,
            reranker: SecondStage::late_interaction(),
            blend: 0.0,
            threshold: None,
            ann: None,
            rel_level: 1,
            bm25: Bm25::default(),
            analysis: Analysis::default(),
        }
    }
}

impl Settings {
    /// W, the depth to which legs enter the fusion.
    pub fn window(&self) -> usize {
        self.window.unwrap_or(self.depth).min(self.depth)
    }

    /// The constant k of the methods that go by rank: 60 where nothing is given and the method has none.
    pub fn rrf_k(&self) -> f64 {
        self.rrf_k.or(self.fusion.default_k()).unwrap_or(60.0).max(self.fusion.least_k())
    }

    /// Whether the share α decides the weights: with two legs of which none has a weight of its own.
    pub fn goes_by_alpha(&self, legs: usize) -> bool {
        legs == 2 && self.weights.iter().all(Option::is_none)
    }

    /// The weight of each of `legs` legs. With two legs they come from α (.5 is a weight of 1 each under
    /// methods whose default that is), with more each is 1, unless given one by one. A leg of weight 0
    /// takes no part, and neither do the passages that only it returned.
    pub fn leg_weights(&self, legs: usize) -> Vec<f64> {
        let total = self.fusion.total_weight();
        let by_default = |leg: usize| match (legs, leg) {
            (2, 0) => total * (1.0 - self.alpha),
            (2, _) => total * self.alpha,
            _ => 1.0,
        };
        let weight = |leg: usize| match self.first {
            FirstStage::Only(only) => f64::from(u8::from(only == LegId(leg))),
            FirstStage::Hybrid => self.weights.get(leg).copied().flatten().unwrap_or_else(|| by_default(leg)),
        };
        (0..legs).map(weight).collect()
    }

    /// Whether no leg of a hybrid first stage has a weight, so that it would find nothing.
    pub fn is_silent(&self, legs: usize) -> bool {
        self.first == FirstStage::Hybrid && self.leg_weights(legs).iter().all(|&weight| weight <= 0.0)
    }

    /// `hybrid`, or the name of the one leg.
    pub fn first_name<'a>(&self, legs: &'a [LegName]) -> &'a str {
        match self.first {
            FirstStage::Hybrid => "hybrid",
            FirstStage::Only(leg) => legs.get(leg.0).map_or("", |leg| &leg.name),
        }
    }

    /// The legs that the first stage is to be made of, of `legs` legs.
    pub fn legs(&self, legs: usize) -> LegSet {
        match self.first {
            FirstStage::Hybrid => LegSet::all(legs),
            FirstStage::Only(leg) => LegSet::all(legs).iter().filter(|&other| other == leg).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_alpha_is_unweighted_and_the_ends_silence_a_leg() {
        let mut settings = Settings::default();
        assert_eq!(settings.leg_weights(2), [1.0, 1.0]);
        settings.alpha = 0.0;
        assert_eq!(settings.leg_weights(2), [2.0, 0.0]);
        settings.alpha = 1.0;
        assert_eq!(settings.leg_weights(2), [0.0, 2.0]);
    }

    /// Trap: Weaviate's alpha is a share; twice it would give twice its scores.
    #[test]
    fn engines_that_take_shares_get_shares() {
        let settings =
            Settings { fusion: FusionMethod::WeaviateRelative, alpha: 0.75, ..Settings::default() };
        assert_eq!(settings.leg_weights(2), [0.25, 0.75]);
    }

    #[test]
    fn given_weights_go_before_alpha_and_a_third_leg_starts_at_one() {
        let settings = Settings { alpha: 0.25, weights: vec![None, Some(3.0)], ..Settings::default() };
        assert_eq!(settings.leg_weights(2), [1.5, 3.0]);
        assert_eq!(settings.leg_weights(3), [1.0, 3.0, 1.0]);
        assert!(!settings.goes_by_alpha(2) && Settings::default().goes_by_alpha(2));
        let alone = Settings { first: FirstStage::Only(LegId(2)), ..settings };
        assert_eq!(alone.leg_weights(3), [0.0, 0.0, 1.0]);
        assert_eq!(alone.legs(3).iter().collect::<Vec<_>>(), [LegId(2)]);
    }

    #[test]
    fn the_constant_k_is_the_methods_own_unless_given() {
        let of = |fusion, rrf_k| Settings { fusion, rrf_k, ..Settings::default() }.rrf_k();
        assert_eq!(of(FusionMethod::Rrf, None), 60.0);
        assert_eq!(of(FusionMethod::QdrantRrf, None), 2.0);
        assert_eq!(of(FusionMethod::QdrantRrf, Some(60.0)), 60.0);
        // Qdrant's first position with k = 0 would be a division by 0.
        assert_eq!(of(FusionMethod::QdrantRrf, Some(0.0)), 1.0);
    }

    #[test]
    fn the_window_never_exceeds_the_depth() {
        let settings = Settings { depth: 100, window: Some(500), ..Settings::default() };
        assert_eq!(settings.window(), 100);
    }
}
