//! The names of the ways in which legs become one list: ours and the engines'. `fuse` has the formulas.

use serde::{Deserialize, Serialize};

/// How legs become one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FusionMethod {
    /// Reciprocal rank fusion (Cormack 2009), as Elasticsearch and OpenSearch have it.
    Rrf,
    /// Convex combination of min-max normalised scores.
    Convex,
    /// Convex combination from the scores' theoretical minima (TM2C2, Bruch 2023).
    Tm2c2,
    QdrantRrf,
    QdrantDbsf,
    WeaviateRanked,
    WeaviateRelative,
    #[serde(rename = "opensearch-min-max")]
    OpenSearchMinMax,
    #[serde(rename = "opensearch-min-max-geometric")]
    OpenSearchMinMaxGeometric,
    #[serde(rename = "opensearch-min-max-harmonic")]
    OpenSearchMinMaxHarmonic,
    #[serde(rename = "opensearch-l2")]
    OpenSearchL2,
    #[serde(rename = "opensearch-l2-geometric")]
    OpenSearchL2Geometric,
    #[serde(rename = "opensearch-l2-harmonic")]
    OpenSearchL2Harmonic,
    #[serde(rename = "opensearch-z-score")]
    OpenSearchZScore,
    ElasticLinear,
    ElasticLinearMinMax,
    #[serde(rename = "elastic-linear-l2")]
    ElasticLinearL2,
    MilvusWeighted,
    MilvusWeightedRaw,
}

/// The scale to which an engine brings a leg's scores before it fuses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineScale {
    /// As the leg has them.
    AsIs,
    /// Lucene's: cosine as (1 + s) / 2, BM25 without the factor k1 + 1.
    Lucene,
}

impl FusionMethod {
    pub const ALL: [Self; 19] = [
        Self::Rrf,
        Self::Convex,
        Self::Tm2c2,
        Self::QdrantRrf,
        Self::QdrantDbsf,
        Self::WeaviateRanked,
        Self::WeaviateRelative,
        Self::OpenSearchMinMax,
        Self::OpenSearchMinMaxGeometric,
        Self::OpenSearchMinMaxHarmonic,
        Self::OpenSearchL2,
        Self::OpenSearchL2Geometric,
        Self::OpenSearchL2Harmonic,
        Self::OpenSearchZScore,
        Self::ElasticLinear,
        Self::ElasticLinearMinMax,
        Self::ElasticLinearL2,
        Self::MilvusWeighted,
        Self::MilvusWeightedRaw,
    ];

    /// The name that flags, files and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rrf => "rrf",
            Self::Convex => "convex",
            Self::Tm2c2 => "tm2c2",
            Self::QdrantRrf => "qdrant-rrf",
            Self::QdrantDbsf => "qdrant-dbsf",
            Self::WeaviateRanked => "weaviate-ranked",
            Self::WeaviateRelative => "weaviate-relative",
            Self::OpenSearchMinMax => "opensearch-min-max",
            Self::OpenSearchMinMaxGeometric => "opensearch-min-max-geometric",
            Self::OpenSearchMinMaxHarmonic => "opensearch-min-max-harmonic",
            Self::OpenSearchL2 => "opensearch-l2",
            Self::OpenSearchL2Geometric => "opensearch-l2-geometric",
            Self::OpenSearchL2Harmonic => "opensearch-l2-harmonic",
            Self::OpenSearchZScore => "opensearch-z-score",
            Self::ElasticLinear => "elastic-linear",
            Self::ElasticLinearMinMax => "elastic-linear-min-max",
            Self::ElasticLinearL2 => "elastic-linear-l2",
            Self::MilvusWeighted => "milvus-weighted",
            Self::MilvusWeightedRaw => "milvus-weighted-raw",
        }
    }

    /// What it does, for the help.
    pub fn words(self) -> &'static str {
        match self {
            Self::Rrf => "reciprocal rank fusion, as Elasticsearch and OpenSearch have it",
            Self::Convex => "convex combination of min-max normalised scores",
            Self::Tm2c2 => "convex combination from the scores' theoretical minima",
            Self::QdrantRrf => "Qdrant's reciprocal rank fusion: k 2, ranks from 0",
            Self::QdrantDbsf => "Qdrant's distribution-based score fusion: no weights",
            Self::WeaviateRanked => "Weaviate's ranked fusion",
            Self::WeaviateRelative => "Weaviate's relative score fusion",
            Self::OpenSearchMinMax => "OpenSearch: min_max, arithmetic mean",
            Self::OpenSearchMinMaxGeometric => "OpenSearch: min_max, geometric mean",
            Self::OpenSearchMinMaxHarmonic => "OpenSearch: min_max, harmonic mean",
            Self::OpenSearchL2 => "OpenSearch: l2, arithmetic mean",
            Self::OpenSearchL2Geometric => "OpenSearch: l2, geometric mean",
            Self::OpenSearchL2Harmonic => "OpenSearch: l2, harmonic mean",
            Self::OpenSearchZScore => "OpenSearch: z_score, arithmetic mean",
            Self::ElasticLinear => "Elasticsearch's linear retriever, no normalizer",
            Self::ElasticLinearMinMax => "Elasticsearch's linear retriever, minmax (equal scores: 1)",
            Self::ElasticLinearL2 => "Elasticsearch's linear retriever, l2_norm",
            Self::MilvusWeighted => "Milvus' weighted ranker with norm_score",
            Self::MilvusWeightedRaw => "Milvus' weighted ranker on raw scores",
        }
    }

    /// The constant k with which it comes; `None` where it does not go by rank.
    pub fn default_k(self) -> Option<f64> {
        match self {
            Self::Rrf | Self::WeaviateRanked => Some(60.0),
            Self::QdrantRrf => Some(2.0),
            _ => None,
        }
    }

    /// The least k that keeps its sums finite: Qdrant and Weaviate count ranks from 0.
    pub fn least_k(self) -> f64 {
        if matches!(self, Self::QdrantRrf | Self::WeaviateRanked) { 1.0 } else { 0.0 }
    }

    /// Whether the legs' weights mean anything to it.
    pub fn is_weighted(self) -> bool {
        self != Self::QdrantDbsf
    }

    /// The sum of two legs' weights when they come from α. 2 where an engine's default is a weight of 1
    /// each, so that α = .5 is that default; 1 where the engine takes shares.
    pub fn total_weight(self) -> f64 {
        match self {
            Self::Rrf
            | Self::QdrantRrf
            | Self::QdrantDbsf
            | Self::ElasticLinear
            | Self::ElasticLinearMinMax
            | Self::ElasticLinearL2 => 2.0,
            _ => 1.0,
        }
    }

    /// The scale that the engine's scores are on.
    pub fn scale(self) -> EngineScale {
        match self {
            Self::OpenSearchMinMax
            | Self::OpenSearchMinMaxGeometric
            | Self::OpenSearchMinMaxHarmonic
            | Self::OpenSearchL2
            | Self::OpenSearchL2Geometric
            | Self::OpenSearchL2Harmonic
            | Self::OpenSearchZScore
            | Self::ElasticLinear
            | Self::ElasticLinearMinMax
            | Self::ElasticLinearL2 => EngineScale::Lucene,
            _ => EngineScale::AsIs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A setting written to a file must read back as the flag of the same name.
    #[test]
    fn every_method_has_one_name_everywhere() {
        for method in FusionMethod::ALL {
            let written = serde_json::to_value(method).unwrap();
            assert_eq!(written, method.name());
            assert_eq!(serde_json::from_value::<FusionMethod>(written).unwrap(), method);
        }
        let mut names = FusionMethod::ALL.map(FusionMethod::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FusionMethod::ALL.len());
    }
}
