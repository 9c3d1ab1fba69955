//! The words of the field as plain types: what every other room speaks.
//!
//! Nothing here computes a ranking, reads a file or knows a clock. A rank starts at 1. "Not returned"
//! is `None`, never 0 and never a low score.

mod analysis;
mod fate;
mod fusion;
mod inputs;
mod legs;
pub mod rerankers;
mod second_stage;
mod settings;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use analysis::{Analysis, AnalyzerChoice};
pub use fate::Fate;
pub use fusion::{EngineScale, FusionMethod};
pub use inputs::{Format, JudgedBy};
pub use legs::{FirstStage, LegId, LegName, LegScale, LegSet, MAX_LEGS};
pub use second_stage::{Part, SecondStage, Stage};
pub use settings::{Ann, Bm25, Settings};

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
