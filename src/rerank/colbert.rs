//! Late interaction by a model of its own (answerai-colbert-small-v1, colbertv2.0), not the embedding
//! model's.
//!
//! Token vectors of passages are kept in memory up to a size, so that a passage that several queries bring
//! up is encoded once. Nothing is kept on disk but the scores.

use std::collections::HashMap;
use std::path::Path;

use super::{Cancel, OpenOptions, Pair, Reranker};
use crate::domain::{DocIdx, Score};
use crate::error::Result;
use crate::models::late::{max_sim_slices, to_f32};
use crate::models::{Colbert, Role, TokenVectors};

/// Part of the fingerprint; change it with the scores.
const VERSION: &str = "colbert-max-sim-1";
/// Bytes of token vectors that are kept; beyond, all are forgotten and it begins anew.
const IN_MEMORY: usize = 256 << 20;

pub(super) struct ColbertReranker {
    id: String,
    fingerprint: String,
    model: Colbert,
    /// The last query's token vectors.
    query: Option<(String, TokenVectors)>,
    passages: HashMap<DocIdx, (TokenVectors, bool)>,
    bytes: usize,
    truncated: Vec<DocIdx>,
}

impl ColbertReranker {
    /// # Errors
    /// `Unavailable` where ONNX Runtime or the model cannot be had.
    pub(super) fn open(
        name: &str,
        folder: &Path,
        options: &OpenOptions,
        doing: &mut dyn FnMut(String),
    ) -> Result<Self> {
        let model = Colbert::open(folder, &options.model, &mut |step| doing(format!("{name}: {step}")))?;
        Ok(Self {
            id: name.to_owned(),
            fingerprint: format!("{VERSION} {}", model.fingerprint()),
            model,
            query: None,
            passages: HashMap::new(),
            bytes: 0,
            truncated: Vec::new(),
        })
    }

    /// Encodes what is not known; false where it was stopped.
    fn encode(&mut self, query: &str, passages: &[Pair<'_>], cancel: &Cancel) -> Result<bool> {
        let stop = || cancel.winds_down();
        if self.query.as_ref().is_none_or(|(text, _)| text != query) {
            let Some(vectors) = self.model.encode(Role::Query, &[query], &stop)? else { return Ok(false) };
            self.query = vectors.into_iter().next().map(|(vectors, _)| (query.to_owned(), vectors));
        }
        if self.bytes > IN_MEMORY {
            self.passages.clear();
            self.bytes = 0;
        }
        let missing: Vec<&Pair<'_>> =
            passages.iter().filter(|pair| !self.passages.contains_key(&pair.doc)).collect();
        let texts: Vec<&str> = missing.iter().map(|pair| pair.text).collect();
        let Some(encoded) = self.model.encode(Role::Passage, &texts, &stop)? else { return Ok(false) };
        for (pair, (vectors, truncated)) in missing.iter().zip(encoded) {
            self.bytes += vectors.vectors.len() * 2;
            self.passages.insert(pair.doc, (vectors, truncated));
        }
        Ok(true)
    }
}

impl Reranker for ColbertReranker {
    fn id(&self) -> &str {
        &self.id
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn score(&mut self, query: &str, passages: &[Pair<'_>], cancel: &Cancel) -> Result<Vec<Option<Score>>> {
        if !self.encode(query, passages, cancel)? {
            return Ok(Vec::new());
        }
        self.truncated.clear();
        let Some((_, asked)) = &self.query else { return Ok(vec![None; passages.len()]) };
        let (rows, dim) = (to_f32(asked), asked.dim);
        let mut scores = Vec::with_capacity(passages.len());
        for pair in passages {
            let Some((vectors, truncated)) = self.passages.get(&pair.doc) else { break };
            if *truncated {
                self.truncated.push(pair.doc);
            }
            // An empty text has its marker and nothing of its own.
            let empty = query.trim().is_empty() || pair.text.trim().is_empty();
            let sim = max_sim_slices(&rows, &to_f32(vectors), dim).filter(|_| !empty);
            scores.push(sim.map(|sim| sim.score));
        }
        Ok(scores)
    }

    fn batch(&self) -> usize {
        16
    }

    fn truncated(&self) -> &[DocIdx] {
        &self.truncated
    }
}
