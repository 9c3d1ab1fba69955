//! The fusion methods by name: what there is to choose from, with each engine's formula. Nothing is
//! computed here.
//!
//! Formulas and defaults: FIELD.md, "Fusion", from the engines' own sources. w is the leg's weight, Σw
//! the sum over the legs that take part, s a score, W the window. An engine is emulated on one shard,
//! and up to the order of equal scores, which is ours.

use crate::domain::{EngineScale, FusionMethod, LegScale, Score};

/// How legs become one list.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Σ w / (k + rank), rank from 1 (Cormack 2009; Elasticsearch, OpenSearch); k = 60.
    Rrf,
    /// Σ 1 / (rank / w + k − 1), which for w = 1 is 1 / (k + position) from 0 (Qdrant); k = 2.
    QdrantRrf,
    /// Σ w / (k + position), position from 0 (Weaviate's ranked fusion); k = 60.
    WeaviateRanked,
    /// Σ w / Σw · (s − min) / (max − min) over the window; missing = 0, equal scores = 1.
    Convex,
    /// As [`Method::Convex`] with the score's theoretical minimum for min, by leg: 0 for BM25, −1 for
    /// cosine (TM2C2, Bruch 2023). A leg without one takes the least of its window.
    TheoreticalMin { minima: Vec<Option<f64>> },
    /// Σ w · (s − min) / (max − min), equal scores = 1 (Weaviate's relative score fusion).
    WeaviateRelative,
    /// OpenSearch's normalisation processor.
    OpenSearch(OpenSearch),
    /// Σ w · norm(s), missing = 0 (Elasticsearch's linear retriever).
    ElasticLinear(ElasticNormalizer),
    /// Σ (s − (μ − 3σ)) / 6σ, sample σ, not clipped; single or equal scores = .5; no weights (Qdrant's
    /// distribution-based score fusion).
    Dbsf,
    /// Σ w · f(s), f by the leg's scale (Milvus' weighted ranker with `norm_score=true`). A leg without
    /// a scale stays raw, as with `norm_score=false`.
    MilvusWeighted { scales: Vec<Option<ScoreScale>> },
}

/// OpenSearch's normalisation techniques, each with the combinations that it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenSearch {
    /// (s − min) / (max − min); single or equal scores = 1, exactly 0 becomes .001.
    MinMax(Mean),
    /// s / √Σs².
    L2(Mean),
    /// (s − μ) / σ with the sample σ; a score equal to the mean gives the leg's raw maximum, and what is
    /// not above 0 becomes .001. Arithmetic mean only.
    ZScore,
}

/// The weighted means of OpenSearch's combination techniques.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mean {
    /// A missing leg counts 0 and keeps its weight in the divisor; a score below 0 is left out.
    #[default]
    Arithmetic,
    /// A missing leg, or a score not above 0, is left out with its weight.
    Geometric,
    /// As geometric.
    Harmonic,
}

/// The normalizers of Elasticsearch's linear retriever.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ElasticNormalizer {
    /// s itself; the engine's default.
    None,
    /// (s − min) / (max − min); what equal scores become differs by version: 1, or .5 in the first ones.
    MinMax { equal_scores: f64 },
    /// s / √Σs².
    L2,
}

/// What kind of number a leg's score is; greater is better in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreScale {
    /// 2 · atan(s) / π.
    Bm25,
    /// ½ + atan(s) / π.
    InnerProduct,
    /// (1 + s) / 2.
    Cosine,
    /// A Euclidean distance, negated: 1 − 2 · atan(distance) / π.
    NegatedL2,
}

/// An affine map from a leg's scores to the scale of the engine's: `factor` · s + `offset`, in f32 as
/// engines keep scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rescale {
    pub factor: f64,
    pub offset: f64,
}

impl Rescale {
    pub const NONE: Self = Self { factor: 1.0, offset: 0.0 };

    /// What brings a leg's scores to `scale`; `k1` is BM25's.
    pub fn to(scale: EngineScale, leg: LegScale, k1: f64) -> Self {
        match (scale, leg) {
            (EngineScale::Lucene, LegScale::Bm25) => Self { factor: 1.0 / (k1 + 1.0), offset: 0.0 },
            (EngineScale::Lucene, LegScale::Cosine) => Self { factor: 0.5, offset: 0.5 },
            (EngineScale::AsIs, _) | (EngineScale::Lucene, LegScale::Unknown) => Self::NONE,
        }
    }

    #[inline]
    pub(super) fn apply(self, score: Score) -> Score {
        (self.factor * f64::from(score) + self.offset) as Score
    }
}

impl Method {
    /// The method of a name, for legs with scores on these scales.
    pub fn of(method: FusionMethod, legs: &[LegScale]) -> Self {
        use FusionMethod as Name;
        let by_leg = |of: fn(LegScale) -> Option<ScoreScale>| legs.iter().map(|&leg| of(leg)).collect();
        match method {
            Name::Rrf => Self::Rrf,
            Name::Convex => Self::Convex,
            Name::Tm2c2 => Self::TheoreticalMin {
                minima: legs
                    .iter()
                    .map(|leg| match leg {
                        LegScale::Bm25 => Some(0.0),
                        LegScale::Cosine => Some(-1.0),
                        LegScale::Unknown => None,
                    })
                    .collect(),
            },
            Name::QdrantRrf => Self::QdrantRrf,
            Name::QdrantDbsf => Self::Dbsf,
            Name::WeaviateRanked => Self::WeaviateRanked,
            Name::WeaviateRelative => Self::WeaviateRelative,
            Name::OpenSearchMinMax => Self::OpenSearch(OpenSearch::MinMax(Mean::Arithmetic)),
            Name::OpenSearchMinMaxGeometric => Self::OpenSearch(OpenSearch::MinMax(Mean::Geometric)),
            Name::OpenSearchMinMaxHarmonic => Self::OpenSearch(OpenSearch::MinMax(Mean::Harmonic)),
            Name::OpenSearchL2 => Self::OpenSearch(OpenSearch::L2(Mean::Arithmetic)),
            Name::OpenSearchL2Geometric => Self::OpenSearch(OpenSearch::L2(Mean::Geometric)),
            Name::OpenSearchL2Harmonic => Self::OpenSearch(OpenSearch::L2(Mean::Harmonic)),
            Name::OpenSearchZScore => Self::OpenSearch(OpenSearch::ZScore),
            Name::ElasticLinear => Self::ElasticLinear(ElasticNormalizer::None),
            Name::ElasticLinearMinMax => Self::ElasticLinear(ElasticNormalizer::MinMax { equal_scores: 1.0 }),
            Name::ElasticLinearL2 => Self::ElasticLinear(ElasticNormalizer::L2),
            Name::MilvusWeighted => Self::MilvusWeighted {
                scales: by_leg(|leg| match leg {
                    LegScale::Bm25 => Some(ScoreScale::Bm25),
                    LegScale::Cosine => Some(ScoreScale::Cosine),
                    LegScale::Unknown => None,
                }),
            },
            Name::MilvusWeightedRaw => Self::MilvusWeighted { scales: by_leg(|_| None) },
        }
    }

    /// Whether the fused score is a sum with one part by leg; a mean that is not has no such parts.
    pub fn is_sum(&self) -> bool {
        self.mean() == Mean::Arithmetic
    }

    /// How the legs' weighted values become one; a sum is an arithmetic mean up to a constant factor.
    pub fn mean(&self) -> Mean {
        match self {
            Self::OpenSearch(OpenSearch::MinMax(mean) | OpenSearch::L2(mean)) => *mean,
            _ => Mean::Arithmetic,
        }
    }
}
