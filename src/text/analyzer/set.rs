//! The chains of a collection, and who is read by which.
//!
//! A passage is read by the chain of its language. A query is read by the chain of each language that has
//! passages, and each reading meets the passages of its own chain only: an English query against a
//! Korean passage is cut as Korean is. So a query meets a passage wherever the two share words, whatever
//! language either is in, and a query's own language, which is often a guess, need not be right.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::chain::{Chain, Segmented, Token};
use super::recipe::Recipe;
use crate::domain::{Analysis, Language};

/// A chain for each language, equal ones once.
#[derive(Debug, Clone)]
pub struct Analyzers {
    chains: Vec<Chain>,
    by_language: BTreeMap<Language, usize>,
}

impl Analyzers {
    /// The chains of `languages` under the user's settings.
    pub fn new<'l>(analysis: Analysis, languages: impl IntoIterator<Item = &'l Language>) -> Self {
        Self::by_recipe(languages, |language| Recipe::of(analysis, language))
    }

    /// As [`Analyzers::new`], with a recipe for each language.
    pub fn by_recipe<'l>(
        languages: impl IntoIterator<Item = &'l Language>,
        recipe: impl Fn(&Language) -> Recipe,
    ) -> Self {
        let mut set = Self { chains: Vec::new(), by_language: BTreeMap::new() };
        for language in languages {
            if !set.by_language.contains_key(language) {
                let chain = Chain::new(recipe(language), language);
                let at = set.chains.iter().position(|known| *known == chain).unwrap_or(set.chains.len());
                if at == set.chains.len() {
                    set.chains.push(chain);
                }
                set.by_language.insert(language.clone(), at);
            }
        }
        set
    }

    /// The chains, each once. [`Analyzers::chain_of`] gives places in it.
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// The place of a language's chain; `None`: not a language of this set.
    pub fn chain_of(&self, language: &Language) -> Option<usize> {
        self.by_language.get(language).copied()
    }

    /// Hex SHA-256 over languages, steps, and the terms of a fixed text in many scripts: it changes when
    /// a chain does, and when the data behind one do.
    pub fn fingerprint(&self) -> String {
        const PROBE: &str = "Cancellation fees (v1.2.3) 予約の取り消しは前日まで サーバー 환불 규정을 退票手續費 退票手续费 \
                             การคืนเงินค่าโดยสาร Straßenbahn Müller ｱｲｳ Ｅ４１０２ ñandú l'hôtel Đà Nẵng العربية \
                             ĐÃ DIŞ हिन्दी తెలుగు שָׁלוֹם សំបុត្រ လက်မှတ် ປີ້ ёлка reservations";
        let mut hash = Sha256::new();
        hash.update(super::ANALYZER_ID);
        for (language, &at) in &self.by_language {
            hash.update(language.as_str());
            hash.update(at.to_le_bytes());
        }
        for chain in &self.chains {
            for text in
                chain.names().into_iter().chain(chain.terms(PROBE).into_iter().map(|token| token.term))
            {
                hash.update([0]);
                hash.update(text);
            }
        }
        crate::text::hex(&hash.finalize())
    }
}

/// A term of a query, and how often it is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryTerm {
    pub term: String,
    /// By place in [`Analyzers::chains`]: how often the query has the term as that chain reads it; 0 where
    /// it does not.
    pub counts: Vec<u32>,
}

impl QueryTerm {
    /// How often, where every chain agrees.
    pub fn agreed(&self) -> Option<u32> {
        let first = self.counts.first().copied()?;
        self.counts.iter().all(|&count| count == first).then_some(first)
    }
}

impl Analyzers {
    /// The terms of a query as each chain reads it, in the order of where they first stand.
    pub fn query_terms(&self, query: &str) -> Vec<QueryTerm> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut terms: Vec<(usize, QueryTerm)> = Vec::new();
        let query = Segmented::of(query);
        for (chain, reader) in self.chains.iter().enumerate() {
            for token in reader.terms_of(&query) {
                let at = *places.entry(token.term).or_insert_with_key(|term| {
                    let counts = vec![0; self.chains.len()];
                    terms.push((token.start, QueryTerm { term: term.clone(), counts }));
                    terms.len() - 1
                });
                terms[at].0 = terms[at].0.min(token.start);
                terms[at].1.counts[chain] += 1;
            }
        }
        terms.sort_by_key(|&(start, _)| start);
        terms.into_iter().map(|(_, term)| term).collect()
    }
}

/// Byte ranges of `text` whose terms are among those of `query`, both read by `chain`. Ascending, and
/// not overlapping: pairs of characters that overlap are one range.
pub fn matching_ranges(chain: &Chain, text: &str, query: &str) -> Vec<(usize, usize)> {
    let wanted: HashSet<String> = chain.terms(query).into_iter().map(|token| token.term).collect();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for Token { term, start, end } in chain.terms(text) {
        if !wanted.contains(&term) {
            continue;
        }
        match ranges.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => ranges.push((start, end)),
        }
    }
    ranges
}
