//! What the model makes of queries: looked up in memory, then in the fact cache, then computed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use half::f16;
use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};
use serde::{Deserialize, Serialize};

use super::cache::{FactCache, Key};
use crate::error::{Error, Result};
use crate::models::{EncoderSlot, Priority, Role, TokenVectors};

/// One query as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryVector {
    /// `[dim]`, L2-normalised.
    pub dense: Vec<f32>,
    pub tokens: TokenVectors,
}

/// Queries kept in memory; beyond this the memory starts anew (the fact cache has them all).
const IN_MEMORY: usize = 20_000;
/// Queries encoded in one call.
const CHUNK: usize = 32;

/// Vectors of queries for one model.
pub struct QueryVectors {
    facts: Arc<FactCache>,
    encoder: EncoderSlot,
    model: String,
    memory: Mutex<HashMap<String, Arc<QueryVector>>>,
}

impl QueryVectors {
    /// `model`: the fingerprint of the model that `encoder` will hold.
    pub fn new(facts: Arc<FactCache>, encoder: EncoderSlot, model: String) -> Self {
        Self { facts, encoder, model, memory: Mutex::default() }
    }

    /// The vectors that need no model, in the order of `texts`.
    pub fn known(&self, texts: &[&str]) -> Vec<Option<Arc<QueryVector>>> {
        let mut found: Vec<_> = {
            let memory = self.memory();
            texts.iter().map(|&text| memory.get(text).cloned()).collect()
        };
        let missing: Vec<usize> = (0..texts.len()).filter(|&i| found[i].is_none()).collect();
        let keys: Vec<Key> = missing.iter().map(|&i| self.key(texts[i])).collect();
        for (&i, bytes) in missing.iter().zip(self.facts.query_vectors(&keys)) {
            if let Some(vector) = bytes.and_then(|bytes| decode(&bytes)) {
                found[i] = Some(self.remember(texts[i], vector));
            }
        }
        found
    }

    /// The vectors of `texts`, computed and kept where they are not known. Waits for the model.
    ///
    /// # Errors
    /// When the model is not available or fails.
    pub fn get(&self, texts: &[&str], priority: Priority) -> Result<Vec<Arc<QueryVector>>> {
        let mut found = self.known(texts);
        let missing: Vec<usize> = (0..texts.len()).filter(|&i| found[i].is_none()).collect();
        for chunk in missing.chunks(CHUNK) {
            let batch: Vec<&str> = chunk.iter().map(|&i| texts[i]).collect();
            let encoded = self.encoder.wait()?.encode(priority, Role::Query, &batch, true)?;
            let mut kept = Vec::with_capacity(batch.len());
            for (&i, encoded) in chunk.iter().zip(encoded) {
                let dim = encoded.dense.len();
                let none = TokenVectors { dim, vectors: Vec::new(), spans: Vec::new() };
                let vector = QueryVector { dense: encoded.dense, tokens: encoded.tokens.unwrap_or(none) };
                kept.push((self.key(texts[i]), encode(&vector)));
                found[i] = Some(self.remember(texts[i], vector));
            }
            self.facts.put_query_vectors(&kept);
        }
        found.into_iter().map(|v| v.ok_or_else(|| Error::bug("the model returned too few vectors"))).collect()
    }

    fn key(&self, text: &str) -> Key {
        Key::of(&["query", &self.model, text])
    }

    fn remember(&self, text: &str, vector: QueryVector) -> Arc<QueryVector> {
        let vector = Arc::new(vector);
        let mut memory = self.memory();
        if memory.len() >= IN_MEMORY {
            memory.clear();
        }
        memory.insert(text.to_owned(), Arc::clone(&vector));
        vector
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, Arc<QueryVector>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    dense: Vec<f32>,
    tokens: Vec<u16>,
    spans: Vec<(u32, u32)>,
}

fn encode(vector: &QueryVector) -> Vec<u8> {
    let kept = Kept {
        dense: vector.dense.clone(),
        tokens: vector.tokens.vectors.reinterpret_cast().to_vec(),
        spans: vector.tokens.spans.clone(),
    };
    postcard::to_stdvec(&kept).unwrap_or_default()
}

fn decode(bytes: &[u8]) -> Option<QueryVector> {
    let kept: Kept = postcard::from_bytes(bytes).ok()?;
    let dim = kept.dense.len();
    let whole = kept.tokens.len() == kept.spans.len() * dim && kept.dense.iter().all(|v| v.is_finite());
    let vectors: Vec<f16> = kept.tokens.reinterpret_cast().to_vec();
    whole.then_some(QueryVector {
        dense: kept.dense,
        tokens: TokenVectors { dim, vectors, spans: kept.spans },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_vector_is_the_same_and_a_torn_one_is_none() {
        let vector = QueryVector {
            dense: vec![0.5, -0.25],
            tokens: TokenVectors {
                dim: 2,
                vectors: vec![f16::from_f32(1.0), f16::from_f32(-0.125)],
                spans: vec![(0, 3)],
            },
        };
        let bytes = encode(&vector);
        assert_eq!(decode(&bytes), Some(vector));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
    }
}
