//! Late interaction by a model of its own (answerai-colbert-small-v1, colbertv2.0, any export in a folder),
//! not the embedding model's.
//!
//! A passage that several queries bring up, in this run or a later one, is encoded once: its token vectors
//! are kept in the cache folder in 8 bits a value, by the model's fingerprint and the text, and the present
//! ones in memory. A score does not depend on where its vectors came from.

use std::collections::HashMap;
use std::path::Path;

use super::token_pairs::{PairedToken, TokenPair, token_pairs};
use super::{Cancel, OpenOptions, Pair, Reranker};
use crate::domain::{DocIdx, Score};
use crate::error::{Error, Result};
use crate::index::TokenStore;
use crate::index::cache::{KeptTokens, Key};
use crate::models::late::{max_sim_slices, through_8_bits, to_f32};
use crate::models::{Colbert, ColbertToken, Role, TokenVectors};

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

    /// What each of a text's token vectors stands for.
    fn tokens(&self, role: Role, text: &str) -> Result<Vec<PairedToken>> {
        let named = |token| match token {
            ColbertToken::Text(span) => PairedToken::in_text(text, span),
            ColbertToken::Added(name) => PairedToken::added(name),
        };
        Ok(self.model.tokens(role, text)?.into_iter().map(named).collect())
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
            let sim = max_sim_slices(&rows, &to_f32(&kept.vectors), dim);
            let sim = sim.filter(|_| !either_is_empty(query, pair.text));
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

    fn has_token_pairs(&self) -> bool {
        true
    }

    fn token_pairs(&mut self, query: &str, passage: Pair<'_>, cancel: &Cancel) -> Result<Vec<TokenPair>> {
        if either_is_empty(query, passage.text) {
            return Ok(Vec::new());
        }
        let stop = || cancel.is_cancelled();
        let Some(asked) = self.ask(query, &stop)?.cloned() else { return Ok(Vec::new()) };
        self.bring(&[passage], &stop)?;
        let Some(read) = self.passages.get(&passage.doc) else { return Ok(Vec::new()) };
        let (of_query, of_passage) =
            (self.tokens(Role::Query, query)?, self.tokens(Role::Passage, passage.text)?);
        if (of_query.len(), of_passage.len()) != (asked.len(), read.vectors.len()) {
            return Err(Error::bug(format!("{}: token vectors of another text", self.id)));
        }
        Ok(token_pairs((&asked, &of_query), (&read.vectors, &of_passage)))
    }
}

/// An empty text has its marker and nothing of its own.
fn either_is_empty(query: &str, passage: &str) -> bool {
    query.trim().is_empty() || passage.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ModelOptions;
    use crate::models::test_support;
    use crate::rerank::TokenFile;
    use crate::rerank::token_pairs::mean_similarity;

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

    #[derive(serde::Deserialize)]
    struct Expected {
        pairs: Vec<(String, String)>,
        colbert_pairs: Vec<Vec<String>>,
    }

    /// The pairs are those of Python (`tests/models/make.py`), say where in the texts they are, and add up to
    /// the score. Traps: a marker or a comma that moves every name by one; masks left out of the mean; vectors
    /// from the store under names of another text.
    #[test]
    fn the_token_pairs_are_pythons_and_their_mean_is_the_score() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/expected.json");
        let expected: Expected = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let tokens = TokenFile { file: folder.path().join("tokens.redb"), most_bytes: 1 << 20 };
        for start in ["computed", "from the store"] {
            let mut reranker = open(Some(tokens.clone()));
            let mut clear = 0;
            for (doc, ((query, text), wanted)) in
                (0..).zip(expected.pairs.iter().zip(&expected.colbert_pairs))
            {
                let passage = Pair { doc: DocIdx(doc), text };
                let pairs = reranker.token_pairs(query, passage, &Cancel::default()).unwrap();
                let score = reranker.score(query, &[passage], &Cancel::default()).unwrap()[0].unwrap();
                assert_eq!(pairs.len(), 16, "every token of the query, masks among them");
                let mean = mean_similarity(&pairs).unwrap();
                assert!((mean - score).abs() < 1e-6, "{start}, {query:?}: {mean} for {score}");
                for line in wanted {
                    let [at, of_query, of_passage, similarity] =
                        line.split('\t').collect::<Vec<_>>().try_into().unwrap();
                    let pair = &pairs[at.parse::<usize>().unwrap()];
                    let told = (pair.query.words.as_str(), pair.passage.words.as_str());
                    assert_eq!(told, (of_query, of_passage), "{start}, {query:?}, token {at}");
                    let similarity: f32 = similarity.parse().unwrap();
                    assert!((pair.similarity - similarity).abs() < 2e-2, "{line}: {}", pair.similarity);
                    clear += 1;
                }
                let stands = |token: &PairedToken, text: &str| match token.span {
                    Some((start, end)) => text[start as usize..end as usize] == token.words,
                    None => token.words.starts_with('[') && token.words.ends_with(']'),
                };
                assert!(pairs.iter().all(|pair| stands(&pair.query, query) && stands(&pair.passage, text)));
            }
            assert!(clear > 150, "{clear}");
            assert_eq!(reranker.encoded, if start == "computed" { 5 } else { 0 });
        }
        let nothing = Pair { doc: DocIdx(99), text: " " };
        assert!(open(None).token_pairs("dog", nothing, &Cancel::default()).unwrap().is_empty());
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
