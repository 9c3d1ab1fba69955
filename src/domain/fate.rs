//! What can become of a gold passage, by name and in words.

use serde::{Deserialize, Serialize};

/// What became of a gold passage (in this order of precedence).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Judged relevant, but no such passage is in the corpus.
    MissingFromCorpus,
    /// The exact scan would have put it into the candidate set; the approximate one did not.
    LostByApproximation,
    /// In no leg to depth D.
    NeverRetrieved,
    /// A leg had it within N, the fused list has it beyond N.
    LostInFusion,
    /// Beyond N in the fused list and in every leg that has it.
    CutAtN,
    /// Delivered by the first stage, and still delivered.
    Kept,
    /// Beyond k in the first stage's list, within k after reranking.
    Rescued,
    /// Within k in the first stage's list, beyond k after reranking.
    Demoted,
    /// A candidate that stayed beyond k.
    NotLifted,
}

impl Fate {
    pub const ALL: [Self; 9] = [
        Self::MissingFromCorpus,
        Self::LostByApproximation,
        Self::NeverRetrieved,
        Self::LostInFusion,
        Self::CutAtN,
        Self::Kept,
        Self::Rescued,
        Self::Demoted,
        Self::NotLifted,
    ];

    /// The name used in reports (`snake_case`, as in the JSON).
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingFromCorpus => "missing_from_corpus",
            Self::LostByApproximation => "lost_by_approximation",
            Self::NeverRetrieved => "never_retrieved",
            Self::LostInFusion => "lost_in_fusion",
            Self::CutAtN => "cut_at_n",
            Self::Kept => "kept",
            Self::Rescued => "rescued",
            Self::Demoted => "demoted",
            Self::NotLifted => "not_lifted",
        }
    }

    /// The fate in words, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::MissingFromCorpus => "missing from the corpus",
            Self::LostByApproximation => "lost by approximation",
            Self::NeverRetrieved => "never retrieved",
            Self::LostInFusion => "lost in fusion",
            Self::CutAtN => "cut at N",
            Self::Kept => "kept",
            Self::Rescued => "rescued",
            Self::Demoted => "demoted",
            Self::NotLifted => "not lifted",
        }
    }

    /// Whether the gold never reached the reranker.
    pub fn is_lost_before_rerank(self) -> bool {
        matches!(
            self,
            Self::MissingFromCorpus
                | Self::LostByApproximation
                | Self::NeverRetrieved
                | Self::LostInFusion
                | Self::CutAtN
        )
    }
}
