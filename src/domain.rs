//! The words of the field as plain types: what every other room speaks.
//!
//! Nothing here computes a ranking, reads a file or knows a clock. A rank starts at 1. "Not returned"
//! is `None`, never 0 and never a low score.

pub mod rerankers;
mod second_stage;

pub use second_stage::{Part, SecondStage, Stage};

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A passage's place in the collection, in the order of its file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DocIdx(pub u32);

/// A query's place in the collection, in the order of its file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QueryIdx(pub u32);

impl DocIdx {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl QueryIdx {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Position in a ranked list, from 1.
pub type Rank = u32;

/// What a list is ordered by. Lists hold `f32`: an exported run read back by `trec_eval`, which keeps
/// scores as `float`, then has the same ties and so the same order.
pub type Score = f32;

/// A relevance grade of the qrels. Below 0 means pooled but unjudged; 0 judged non-relevant.
pub type Grade = i32;

/// A language tag such as `en`, `ja` or `zh-Hant`; `und` where it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(Arc<str>);

impl Language {
    pub fn new(tag: &str) -> Self {
        Self(Arc::from(tag))
    }

    /// The tag of text whose language could not be told.
    pub fn undetermined() -> Self {
        Self::new("und")
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One retrievable unit of the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    pub id: String,
    pub title: String,
    pub text: String,
    pub language: Language,
}

impl Passage {
    /// What is indexed and embedded: title, a space, text (BEIR's convention); the text alone where
    /// there is no title.
    pub fn indexed_text(&self) -> String {
        if self.title.is_empty() { self.text.clone() } else { format!("{} {}", self.title, self.text) }
    }
}

/// One query of the queries file, or one typed by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub id: String,
    pub text: String,
    pub language: Language,
}

/// Which retriever inside the first stage; an index into the engine's list of legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LegId(pub usize);

impl LegId {
    pub const BM25: Self = Self(0);
    pub const DENSE: Self = Self(1);
}

/// The names of the legs, by [`LegId`].
pub const LEG_NAMES: [&str; 2] = ["bm25", "dense"];

/// One passage returned by a leg.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub doc: DocIdx,
    pub score: Score,
}

/// Where a leg put a passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LegHit {
    pub rank: Rank,
    pub score: Score,
}

/// Which legs make up the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirstStage {
    Bm25,
    Dense,
    Hybrid,
}

/// How legs become one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FusionMethod {
    /// Reciprocal rank fusion (Cormack 2009).
    Rrf,
    /// Convex combination of min-max normalised scores.
    Convex,
}

impl FirstStage {
    pub const ALL: [Self; 3] = [Self::Bm25, Self::Dense, Self::Hybrid];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bm25 => "bm25",
            Self::Dense => "dense",
            Self::Hybrid => "hybrid",
        }
    }
}

impl FusionMethod {
    pub const ALL: [Self; 2] = [Self::Rrf, Self::Convex];

    pub fn name(self) -> &'static str {
        match self {
            Self::Rrf => "rrf",
            Self::Convex => "convex",
        }
    }
}

/// Term saturation and length normalisation of BM25.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bm25 {
    pub k1: f64,
    pub b: f64,
}

impl Default for Bm25 {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75 }
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub first: FirstStage,
    pub fusion: FusionMethod,
    /// Share of the dense leg in the fusion, 0 to 1.
    pub alpha: f64,
    /// The constant of reciprocal rank fusion.
    pub rrf_k: f64,
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
    /// Approximate dense search; `None` is the exact scan.
    pub ann: Option<Ann>,
    /// A passage is gold from this grade on.
    pub rel_level: Grade,
    pub bm25: Bm25,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first: FirstStage::Hybrid,
            fusion: FusionMethod::Rrf,
            alpha: 0.5,
            rrf_k: 60.0,
            depth: 1000,
            window: None,
            candidates: 50,
            deliver: 10,
            reranker: SecondStage::late_interaction(),
            ann: None,
            rel_level: 1,
            bm25: Bm25::default(),
        }
    }
}

impl Settings {
    /// W, the depth to which legs enter the fusion.
    pub fn window(&self) -> usize {
        self.window.unwrap_or(self.depth).min(self.depth)
    }

    /// The weight of each leg. Under `alpha` = .5 both are 1, so that weighted RRF is plain RRF; a leg
    /// of weight 0 takes no part, and neither do the passages that only it returned.
    pub fn leg_weights(&self) -> [f64; 2] {
        match self.first {
            FirstStage::Bm25 => [1.0, 0.0],
            FirstStage::Dense => [0.0, 1.0],
            FirstStage::Hybrid => [2.0 * (1.0 - self.alpha), 2.0 * self.alpha],
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_alpha_is_unweighted_and_the_ends_silence_a_leg() {
        let mut settings = Settings::default();
        assert_eq!(settings.leg_weights(), [1.0, 1.0]);
        settings.alpha = 0.0;
        assert_eq!(settings.leg_weights(), [2.0, 0.0]);
        settings.alpha = 1.0;
        assert_eq!(settings.leg_weights(), [0.0, 2.0]);
    }

    #[test]
    fn the_window_never_exceeds_the_depth() {
        let settings = Settings { depth: 100, window: Some(500), ..Settings::default() };
        assert_eq!(settings.window(), 100);
    }
}
