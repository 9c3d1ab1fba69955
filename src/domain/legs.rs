//! The first stage's retrievers: which there are, and which take part.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which retriever inside the first stage: its place in the engine's list of legs, whose names stand in
/// the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LegId(pub usize);

/// What a leg's scores are: what engines that fix a score's range or least value go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegScale {
    /// BM25 with the factor k1 + 1, from 0.
    Bm25,
    /// Cosine, −1 to 1.
    Cosine,
    /// Whatever the run file has.
    Unknown,
}

/// How a leg is called, and what its scores are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegName {
    pub name: Arc<str>,
    pub scale: LegScale,
}

/// How many legs a first stage can have.
pub const MAX_LEGS: usize = 16;

/// Some of the engine's legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LegSet(u16);

impl LegSet {
    pub const NONE: Self = Self(0);

    /// The first `legs` legs, at most [`MAX_LEGS`].
    pub fn all(legs: usize) -> Self {
        (0..legs.min(MAX_LEGS)).map(LegId).collect()
    }

    pub fn contains(self, leg: LegId) -> bool {
        leg.0 < MAX_LEGS && self.0 & (1 << leg.0) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    pub fn without(self, leg: LegId) -> Self {
        Self::from_iter(self.iter().filter(|&other| other != leg))
    }

    pub fn iter(self) -> impl Iterator<Item = LegId> {
        (0..MAX_LEGS).map(LegId).filter(move |&leg| self.contains(leg))
    }
}

impl FromIterator<LegId> for LegSet {
    fn from_iter<I: IntoIterator<Item = LegId>>(legs: I) -> Self {
        Self(legs.into_iter().filter(|leg| leg.0 < MAX_LEGS).fold(0, |set, leg| set | 1 << leg.0))
    }
}

/// Which legs make up the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FirstStage {
    /// All of them, each with its weight.
    Hybrid,
    Only(LegId),
}
