//! The way from a pair to what is kept of it.

use super::Reranker;
use crate::domain::Score;
use crate::index::cache::{FactCache, KeptScore, Key};

/// What a reranker said of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PairFact {
    /// `None`: cannot be scored.
    pub score: Option<Score>,
    /// Whether the end of the passage was not read.
    pub truncated: bool,
}

/// Reads and writes the scores of one reranker.
pub(super) struct ScoreCache<'a> {
    facts: &'a FactCache,
    fingerprint: String,
}

impl<'a> ScoreCache<'a> {
    pub(super) fn of(facts: &'a FactCache, reranker: &dyn Reranker) -> Self {
        Self { facts, fingerprint: reranker.fingerprint().to_owned() }
    }

    fn keys<'t>(&self, query: &str, texts: impl Iterator<Item = &'t str>) -> Vec<Key> {
        texts.map(|text| Key::of(&[&self.fingerprint, query, text])).collect()
    }

    /// By pair; `None`: not known.
    pub(super) fn get<'t>(&self, query: &str, texts: impl Iterator<Item = &'t str>) -> Vec<Option<PairFact>> {
        let fact = |kept: KeptScore| PairFact {
            score: (!kept.score.is_nan()).then_some(kept.score),
            truncated: kept.truncated,
        };
        self.facts.scores(&self.keys(query, texts)).into_iter().map(|kept| kept.map(fact)).collect()
    }

    pub(super) fn put<'t>(&self, query: &str, texts: impl Iterator<Item = &'t str>, facts: &[PairFact]) {
        let keep = |fact: &PairFact| KeptScore {
            score: fact.score.unwrap_or(Score::NAN),
            truncated: fact.truncated,
        };
        let rows: Vec<(Key, KeptScore)> =
            self.keys(query, texts).into_iter().zip(facts.iter().map(keep)).collect();
        self.facts.put_scores(&rows);
    }
}
