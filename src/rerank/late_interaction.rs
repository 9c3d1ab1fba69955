//! Late interaction (ColBERT's MaxSim; Khattab and Zaharia 2020) over the token vectors of the embedding
//! model: for each query token the best dot product with any passage token, averaged over the query's
//! tokens. Token vectors come from the store where it has them, else from the model.

use std::sync::Arc;

use super::{Cancel, Pair, Reranker};
use crate::domain::Score;
use crate::error::{Error, Result};
use crate::index::TokenReader;
use crate::index::query_vectors::QueryVectors;
use crate::models::late::{max_sim_slices, through_8_bits, to_f32};
use crate::models::{EncoderSlot, Priority, Role, TokenVectors};

/// Part of the fingerprint; change it with the scores.
const VERSION: &str = "late-interaction-2";

#[derive(Clone)]
pub struct LateInteraction {
    queries: Arc<QueryVectors>,
    tokens: Arc<TokenReader>,
    encoder: EncoderSlot,
    fingerprint: String,
}

impl LateInteraction {
    /// `model`: fingerprint of the model that made the token vectors.
    pub fn new(
        queries: Arc<QueryVectors>,
        tokens: Arc<TokenReader>,
        encoder: EncoderSlot,
        model: &str,
    ) -> Self {
        Self { queries, tokens, encoder, fingerprint: format!("{VERSION} {model}") }
    }

    /// Token vectors in the order of `passages`.
    fn passage_tokens(&self, passages: &[Pair<'_>]) -> Result<Vec<TokenVectors>> {
        let mut found: Vec<Option<TokenVectors>> =
            passages.iter().map(|pair| self.tokens.read(pair.doc)).collect::<Result<_>>()?;
        let missing: Vec<usize> = (0..found.len()).filter(|&i| found[i].is_none()).collect();
        if !missing.is_empty() {
            let texts: Vec<&str> = missing.iter().map(|&i| passages[i].text).collect();
            let encoded = self.encoder.wait()?.encode(Priority::Batch, Role::Passage, &texts, true)?;
            for (&i, encoded) in missing.iter().zip(encoded) {
                found[i] = encoded.tokens.map(|mut tokens| {
                    through_8_bits(&mut tokens);
                    tokens
                });
            }
        }
        found
            .into_iter()
            .map(|t| t.ok_or_else(|| Error::unavailable("this model gives no token vectors")))
            .collect()
    }
}

impl Reranker for LateInteraction {
    fn id(&self) -> &str {
        "late-interaction"
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn score(&mut self, query: &str, passages: &[Pair<'_>], cancel: &Cancel) -> Result<Vec<Option<Score>>> {
        let vectors = self.queries.get(&[query], Priority::Interactive)?;
        let query_tokens = vectors.first().map(|v| &v.tokens).ok_or_else(|| Error::bug("no query vector"))?;
        let (query_rows, dim) = (to_f32(query_tokens), query_tokens.dim);
        let mut scores = Vec::with_capacity(passages.len());
        for (pair, tokens) in passages.iter().zip(self.passage_tokens(passages)?) {
            if cancel.winds_down() {
                break;
            }
            let score = max_sim_slices(&query_rows, &to_f32(&tokens), dim).map(|sim| sim.score);
            if score.is_some_and(|score| !score.is_finite()) {
                return Err(Error::unavailable(format!(
                    "late interaction gave no number for passage {} and the query {query:?}",
                    pair.doc.0
                )));
            }
            scores.push(score);
        }
        Ok(scores)
    }

    fn batch(&self) -> usize {
        25
    }
}
