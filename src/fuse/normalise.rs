//! In: one leg's ranks and scores within the window. Out: what a method makes of a rank or a score, in
//! f64. It weighs nothing (but for Qdrant's RRF, whose weight stands inside) and combines nothing.

use std::f64::consts::{FRAC_1_PI, FRAC_2_PI};

use super::method::{Rescale, ScoreScale};
use crate::domain::{LegHit, Rank, Score};

/// What OpenSearch makes of a normalised score that would be 0 (min_max) or not above it (z_score).
const OPENSEARCH_LEAST: f64 = 0.001;

/// Whether the leg returned the passage within the window (a rank of 0, "not returned", wraps to the
/// greatest number and is outside).
#[inline]
pub(super) fn within(rank: Rank, window: u32) -> bool {
    rank.wrapping_sub(1) < window
}

/// How one leg's hits are made comparable to another leg's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Normaliser {
    /// 1 / (rank / stretch + k).
    Reciprocal { stretch: f64, k: f64 },
    /// (s − shift) / range; `flat` where the range is not above 0; an exact 0 becomes `zero`.
    Affine { shift: f64, range: f64, flat: f64, zero: f64 },
    /// (s − mean) / deviation with OpenSearch's exceptions.
    ZScore { mean: f64, deviation: f64, min: f64, max: f64 },
    /// A fixed function of the score (Milvus).
    Scaled(ScoreScale),
}

impl Normaliser {
    pub(super) const RAW: Self = Self::affine(0.0, 1.0, 0.0);

    const fn affine(shift: f64, range: f64, flat: f64) -> Self {
        Self::Affine { shift, range, flat, zero: 0.0 }
    }

    /// From the least and the greatest score. Least to 0, greatest to 1; equal scores, or a single one, to
    /// `equal`.
    pub(super) fn min_max((min, max): (f64, f64), equal: f64) -> Self {
        Self::affine(min, max - min, equal)
    }

    pub(super) fn opensearch_min_max((min, max): (f64, f64)) -> Self {
        Self::Affine { shift: min, range: max - min, flat: 1.0, zero: OPENSEARCH_LEAST }
    }

    /// From the theoretical minimum to the greatest score; a leg that does not rise above that minimum
    /// has nothing to add.
    pub(super) fn from_minimum(minimum: f64, max: f64) -> Self {
        Self::affine(minimum, max - minimum, 0.0)
    }

    /// Of raw scores, to be rescaled first.
    pub(super) fn l2(scores: &[Score], rescale: Rescale) -> Self {
        let square = |score: Score| f64::from(rescale.apply(score)).powi(2);
        Self::affine(0.0, sum(scores, square).sqrt(), 0.0)
    }

    /// Six standard deviations around the mean.
    pub(super) fn dbsf(scores: &[Score]) -> Self {
        let (mean, deviation) = moments(scores);
        Self::affine(mean - 3.0 * deviation, 6.0 * deviation, 0.5)
    }

    pub(super) fn z_score(scores: &[Score]) -> Self {
        let ((mean, deviation), (min, max)) = (moments(scores), extremes(scores));
        Self::ZScore { mean, deviation, min: min.into(), max: max.into() }
    }

    /// The normalised value of a hit that lies within the window.
    #[inline]
    pub(super) fn apply(self, hit: LegHit) -> f64 {
        let score = f64::from(hit.score);
        match self {
            Self::Reciprocal { stretch, k } => 1.0 / (f64::from(hit.rank) / stretch + k),
            Self::Affine { flat, range, .. } if range.is_nan() || range <= 0.0 => flat,
            Self::Affine { shift, range, zero, .. } => {
                let value = (score - shift) / range;
                if value == 0.0 { zero } else { value }
            }
            // The engine keeps mean and deviation as f32, so "equal to the mean" is meant in f32.
            Self::ZScore { mean, max, .. } if mean as Score == hit.score => max,
            Self::ZScore { deviation, min, .. } if deviation as Score == 0.0 => min,
            Self::ZScore { mean, deviation, .. } => {
                let value = (score - mean) / deviation;
                if value <= 0.0 { OPENSEARCH_LEAST } else { value }
            }
            Self::Scaled(ScoreScale::Bm25) => FRAC_2_PI * score.atan(),
            Self::Scaled(ScoreScale::InnerProduct) => 0.5 + FRAC_1_PI * score.atan(),
            Self::Scaled(ScoreScale::Cosine) => f64::midpoint(1.0, score),
            Self::Scaled(ScoreScale::NegatedL2) => 1.0 + FRAC_2_PI * score.atan(),
        }
    }
}

/// Mean and sample standard deviation (divisor n − 1). Equal scores, a single one or none deviate by
/// exactly 0, whatever the rounding of their mean.
fn moments(scores: &[Score]) -> (f64, f64) {
    let (min, max) = extremes(scores);
    if scores.len() < 2 || min == max {
        return (min.into(), 0.0);
    }
    let n = scores.len() as f64;
    let mean = sum(scores, f64::from) / n;
    let squares = sum(scores, |score| (f64::from(score) - mean).powi(2));
    (mean, (squares / (n - 1.0)).sqrt())
}

/// Running sums and extremes side by side: a single one would wait for itself at every step.
const LANES: usize = 8;

/// Σ term(score).
fn sum(scores: &[Score], term: impl Fn(Score) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (chunks, rest) = scores.as_chunks::<LANES>();
    for chunk in chunks {
        for (sum, &score) in sums.iter_mut().zip(chunk) {
            *sum += term(score);
        }
    }
    for (sum, &score) in sums.iter_mut().zip(rest) {
        *sum += term(score);
    }
    sums.into_iter().sum()
}

/// Least and greatest; infinities the wrong way round for no score.
pub(super) fn extremes(scores: &[Score]) -> (Score, Score) {
    let (mut min, mut max) = ([Score::INFINITY; LANES], [Score::NEG_INFINITY; LANES]);
    let mut widen = |scores: &[Score]| {
        for ((min, max), &score) in min.iter_mut().zip(&mut max).zip(scores) {
            *min = if score < *min { score } else { *min };
            *max = if score > *max { score } else { *max };
        }
    };
    let (chunks, rest) = scores.as_chunks::<LANES>();
    for chunk in chunks {
        widen(chunk);
    }
    widen(rest);
    let min = min.into_iter().fold(Score::INFINITY, Score::min);
    let max = max.into_iter().fold(Score::NEG_INFINITY, Score::max);
    (min, max)
}
