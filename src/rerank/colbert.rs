//! Late interaction by a model of its own (answerai-colbert-small-v1, colbertv2.0, any export in a folder),
//! not the embedding model's.
//!
//! A passage that several queries bring up, in this run or a later one, is encoded once: its token vectors
//! are kept in the cache folder in 8 bits a value, by the model's fingerprint and the text, and the present
//! ones in memory. A score does not depend on where its vectors came from.

use std::collections::HashMap;
use std::path::Path;

use super::{Cancel, OpenOptions, Pair, Reranker};
use crate::domain::{DocIdx, Score};
use crate::error::Result;
use crate::index::TokenStore;
use crate::index::cache::{KeptTokens, Key};
use crate::models::late::{max_sim_slices, through_8_bits, to_f32};
use crate::models::{Colbert, Role, TokenVectors};

/// Part of the fingerprint; change it with the scores.
const VERSION: &str = "colbert-max-sim-2";
/// Bytes of token vectors that are kept in memory; beyond, all are forgotten and it begins anew.
const IN_MEMORY: usize = 256 << 20;

pub(super) struct ColbertReranker {
    id: String,
    fingerprint: String,
    model: Colbert,
    store: TokenStore,
    /// The last query's token vectors.
    query: Option<(String, TokenVectors)>,
    passages: HashMap<DocIdx, KeptTokens>,
    bytes: usize,
    truncated: Vec<DocIdx>,
    /// Passages that went through the model.
    encoded: usize,
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
        let (store, note) = match &options.tokens {
            Some(tokens) => TokenStore::open(&tokens.file, tokens.most_bytes)?,
            None => (TokenStore::in_memory(IN_MEMORY as u64)?, None),
        };
        if let Some(note) = note {
            tracing::warn!("{name}: {note}");
            doing(format!("{name}: {note}"));
        }
        Ok(Self {
            id: name.to_owned(),
            fingerprint: format!("{VERSION} {}", model.fingerprint()),
            model,
            store,
            query: None,
            passages: HashMap::new(),
            bytes: 0,
            truncated: Vec::new(),
            encoded: 0,
        })
    }

    /// The query's token vectors; `None` where it was stopped before.
    fn ask(&mut self, query: &str, stop: &dyn Fn() -> bool) -> Result<Option<&TokenVectors>> {
        if self.query.as_ref().is_none_or(|(text, _)| text != query) {
            self.query = None;
            let found = &mut self.query;
            self.model.encode(Role::Query, &[query], stop, &mut |_, vectors, _| {
                *found = Some((query.to_owned(), vectors));
            })?;
        }
        Ok(self.query.as_ref().map(|(_, vectors)| vectors))
    }

    /// Brings the passages' vectors into memory, as far as it is not stopped: from the store, else from the
    /// model, whose are then kept.
    fn bring(&mut self, passages: &[Pair<'_>], stop: &dyn Fn() -> bool) -> Result<()> {
        if self.bytes > IN_MEMORY {
            self.passages.clear();
            self.bytes = 0;
        }
        let missing: Vec<&Pair<'_>> =
            passages.iter().filter(|pair| !self.passages.contains_key(&pair.doc)).collect();
        let key = |pair: &&Pair<'_>| TokenStore::key(self.model.fingerprint(), pair.text);
        let keys: Vec<Key> = missing.iter().map(key).collect();
        let mut unknown: Vec<(&Pair<'_>, Key)> = Vec::new();
        for ((pair, key), kept) in missing.into_iter().zip(keys.iter()).zip(self.store.get(&keys)) {
            match kept {
                Some(kept) => self.remember(pair.doc, kept),
                None => unknown.push((pair, *key)),
            }
        }
        let texts: Vec<&str> = unknown.iter().map(|(pair, _)| pair.text).collect();
        let mut new: Vec<(usize, KeptTokens)> = Vec::new();
        let outcome = self.model.encode(Role::Passage, &texts, stop, &mut |at, mut vectors, truncated| {
            through_8_bits(&mut vectors);
            new.push((at, KeptTokens { vectors, truncated }));
        });
        // What was computed before a stop or a failure counts.
        let rows: Vec<(Key, KeptTokens)> =
            new.iter().map(|(at, kept)| (unknown[*at].1, kept.clone())).collect();
        if !rows.is_empty() {
            self.store.put(&rows);
        }
        self.encoded += new.len();
        for (at, kept) in new {
            self.remember(unknown[at].0.doc, kept);
        }
        outcome
    }

    fn remember(&mut self, doc: DocIdx, kept: KeptTokens) {
        self.bytes += kept.vectors.vectors.len() * 2;
        self.passages.insert(doc, kept);
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
        super::in_order(passages.len(), |arrived| self.score_each(query, passages, cancel, arrived))
    }

    fn score_each(
        &mut self,
        query: &str,
        passages: &[Pair<'_>],
        cancel: &Cancel,
        arrived: &mut dyn FnMut(usize, Option<Score>),
    ) -> Result<()> {
        self.truncated.clear();
        let stop = || cancel.winds_down();
        let Some(asked) = self.ask(query, &stop)? else { return Ok(()) };
        let (rows, dim) = (to_f32(asked), asked.dim);
        let outcome = self.bring(passages, &stop);
        for (place, pair) in passages.iter().enumerate() {
            let Some(kept) = self.passages.get(&pair.doc) else { continue };
            if kept.truncated {
                self.truncated.push(pair.doc);
            }
            // An empty text has its marker and nothing of its own.
            let empty = query.trim().is_empty() || pair.text.trim().is_empty();
            let sim = max_sim_slices(&rows, &to_f32(&kept.vectors), dim).filter(|_| !empty);
            arrived(place, sim.map(|sim| sim.score));
        }
        outcome
    }

    fn batch(&self) -> usize {
        16
    }

    fn truncated(&self) -> &[DocIdx] {
        &self.truncated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ModelOptions;
    use crate::models::test_support;
    use crate::rerank::TokenFile;

    const TEXTS: [&str; 4] = [
        "A cancelled ferry ticket is refunded in five days.",
        "Two pieces of luggage travel free.",
        "A small dog can travel on the ferry, with you or without, by day and by train. A small dog can travel.",
        "",
    ];

    fn open(tokens: Option<TokenFile>) -> ColbertReranker {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/colbert");
        let options = OpenOptions {
            model: ModelOptions { threads: 1, ..test_support::options() },
            tokens,
            ..OpenOptions::default()
        };
        ColbertReranker::open("colbert", &folder, &options, &mut |_| {}).unwrap()
    }

    fn pairs() -> Vec<Pair<'static>> {
        (0..).zip(TEXTS).map(|(doc, text)| Pair { doc: DocIdx(doc), text }).collect()
    }

    /// Traps: vectors that are computed again at the next start; scores that differ by where their vectors
    /// came from; a cut that the store forgets.
    #[test]
    fn the_second_start_computes_no_passage_and_scores_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = TokenFile { file: folder.path().join("tokens.redb"), most_bytes: 1 << 20 };
        let score = |reranker: &mut ColbertReranker, query: &str| {
            let scores = reranker.score(query, &pairs(), &Cancel::default()).unwrap();
            (scores, reranker.truncated().to_vec())
        };
        let mut first = open(Some(tokens.clone()));
        let (scores, cut) = score(&mut first, "When is my ticket refunded?");
        assert_eq!(first.encoded, 4);
        assert!(scores[..3].iter().all(Option::is_some) && scores[3].is_none(), "{scores:?}");
        assert_eq!(cut, [DocIdx(2)], "24 tokens are read");
        // Another query of the same run, then the same queries of another.
        let other = score(&mut first, "dog");
        assert_eq!(first.encoded, 4);
        drop(first);
        let mut second = open(Some(tokens));
        assert_eq!(score(&mut second, "When is my ticket refunded?"), (scores.clone(), cut));
        assert_eq!(score(&mut second, "dog"), other);
        assert_eq!(second.encoded, 0, "every passage came from the store");
        assert_ne!(scores, other.0);
    }

    /// Trap: a stop after which the finished batch is thrown away, or a passage without vectors gets a score.
    #[test]
    fn a_stop_leaves_out_what_has_no_vectors() {
        let mut reranker = open(None);
        let cancel = Cancel::default();
        reranker.score("dog", &pairs()[..1], &cancel).unwrap();
        cancel.wind_down();
        let mut told = Vec::new();
        reranker.score_each("dog", &pairs(), &cancel, &mut |place, _| told.push(place)).unwrap();
        assert_eq!(told, [0], "the query and the first passage were known");
    }
}
