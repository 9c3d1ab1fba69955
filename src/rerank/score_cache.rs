//! The way from a pair to its kept score.

use super::Reranker;
use crate::domain::Score;
use crate::index::cache::{FactCache, Key};

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

    /// By pair: not known, known to be unscorable, or the score.
    pub(super) fn get<'t>(
        &self,
        query: &str,
        texts: impl Iterator<Item = &'t str>,
    ) -> Vec<Option<Option<Score>>> {
        let known = self.facts.scores(&self.keys(query, texts));
        known.into_iter().map(|score| score.map(|score| (!score.is_nan()).then_some(score))).collect()
    }

    pub(super) fn put<'t>(
        &self,
        query: &str,
        texts: impl Iterator<Item = &'t str>,
        scores: &[Option<Score>],
    ) {
        let keys = self.keys(query, texts);
        let rows: Vec<(Key, Score)> =
            keys.into_iter().zip(scores).map(|(key, score)| (key, score.unwrap_or(Score::NAN))).collect();
        self.facts.put_scores(&rows);
    }
}
