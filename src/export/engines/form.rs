//! What a setting's fusion is up to the order that it gives: methods of different engines that put the
//! same passages in the same order are one form. Formulas: `fuse::Method`.

use crate::domain::{FusionMethod, Settings};

/// Up to order, and to what an engine does with an exact 0 or with equal scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// One leg, as it is.
    Alone,
    /// Σ w / (k + rank), rank from 1.
    Ranks { k: f64 },
    /// Σ 1 / (rank / w + k − 1) with unequal weights, which is Qdrant's alone.
    StretchedRanks { k: f64 },
    /// Σ w · min-max.
    MinMax,
    /// Σ w · (s − least possible) / (max − least possible).
    FromLeast,
    /// Σ w · s / √Σs².
    L2,
    /// Anything that only the engine of its name has.
    Own,
}

impl Form {
    /// `weights`: of the legs that speak.
    pub fn of(settings: &Settings, weights: &[f64]) -> Self {
        use FusionMethod as Name;
        if weights.len() < 2 {
            return Self::Alone;
        }
        let k = settings.rrf_k();
        let equal = weights.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-12);
        match settings.fusion {
            Name::Rrf => Self::Ranks { k },
            // Position from 0 is rank − 1.
            Name::WeaviateRanked => Self::Ranks { k: k - 1.0 },
            // With one weight w for all it is w / (rank + w (k − 1)).
            Name::QdrantRrf if equal => Self::Ranks { k: weights[0] * (k - 1.0) },
            Name::QdrantRrf => Self::StretchedRanks { k },
            Name::Convex | Name::WeaviateRelative | Name::ElasticLinearMinMax | Name::OpenSearchMinMax => {
                Self::MinMax
            }
            Name::Tm2c2 => Self::FromLeast,
            Name::ElasticLinearL2 | Name::OpenSearchL2 => Self::L2,
            Name::QdrantDbsf
            | Name::OpenSearchMinMaxGeometric
            | Name::OpenSearchMinMaxHarmonic
            | Name::OpenSearchL2Geometric
            | Name::OpenSearchL2Harmonic
            | Name::OpenSearchZScore
            | Name::ElasticLinear
            | Name::MilvusWeighted
            | Name::MilvusWeightedRaw => Self::Own,
        }
    }
}
