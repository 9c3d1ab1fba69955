//! The index behind the BM25 leg: opened at the start, and again when text is to be read otherwise; what
//! BM25 cannot see; the collection by language.

use std::collections::HashSet;

use super::{Dense, Worker};
use crate::corpus::Collection;
use crate::domain::{Analysis, DocIdx, LegId, QueryIdx};
use crate::engine::languages::{self, LanguageReport};
use crate::engine::query_state::{QueryState, Reading};
use crate::engine::snapshot::LanguageRow;
use crate::error::Result;
use crate::index::{CacheFolder, LexicalIndex};
use crate::retrieve::Bm25Leg;
use crate::text::Analyzers;

/// Part of the index's folder name, beside what the terms depend on.
const VERSION: &str = "lexical-3";

/// Opens the index of a collection, or builds it; what was odd is added to `notes`.
///
/// # Errors
/// When the cache folder cannot be written.
pub fn open(
    cache: &CacheFolder,
    collection: &Collection,
    analysis: Analysis,
    notes: &mut Vec<String>,
) -> Result<LexicalIndex> {
    let analyzers = Analyzers::new(analysis, collection.languages().keys());
    let key = LexicalIndex::key(collection, &analyzers);
    let folder = cache.made_from("lexical", &[VERSION, &key, &collection.fingerprint]);
    let (index, note) = LexicalIndex::open_or_build(&folder, collection, &analyzers)?;
    notes.extend(note);
    Ok(index)
}

impl Worker {
    /// Finds out what BM25 cannot see of a query, whose BM25 leg is there. `query`: which of the listed
    /// ones it is.
    pub(super) fn read(&mut self, state: &mut QueryState, leg: LegId, query: Option<QueryIdx>) {
        let of = Some(self.request.settings.analysis);
        if state.reading().of == of {
            return;
        }
        let bm25 = Bm25Leg {
            index: &self.lexical,
            tie_order: &self.collection.tie_order,
            parameters: self.request.settings.bm25,
        };
        let terms = self.lexical.analyzers().query_terms(&state.text);
        let found: HashSet<DocIdx> = state.leg(leg).unwrap_or(&[]).iter().map(|hit| hit.doc).collect();
        let blind = state.known_golds().filter(|doc| {
            !found.contains(doc) && !bm25.meets(&terms, *doc, &self.collection.passage(*doc).indexed_text())
        });
        let blind = blind.collect();
        let language = query.map(|query| &self.collection.query(query).language);
        let chain = language.and_then(|language| self.lexical.analyzers().chain_of(language));
        let unknown = bm25.unknown(&terms, chain).unwrap_or_default();
        state.set_reading(Reading { of, blind, unknown });
    }

    /// Counts the texts of each language once every leg is there.
    pub(super) fn count_texts(&mut self) {
        if self.texts.is_none() && self.next_missing().is_none() {
            let tokens = match &self.dense {
                Dense::Ready(dense) => Some(&*dense.tokens),
                _ => None,
            };
            self.texts = Some(languages::texts(&self.collection, &self.lexical, tokens));
        }
    }

    /// The collection by language, of the rows as they are.
    pub(super) fn language_report(&self, by_language: &[LanguageRow]) -> LanguageReport {
        let Some(texts) = &self.texts else { return LanguageReport::default() };
        let mut unknown = languages::UnknownTerms::new();
        for &query in &self.judged {
            let (missing, all) = self.listed[query.index()].reading().unknown;
            let sum = unknown.entry(self.collection.query(query).language.clone()).or_default();
            *sum = (sum.0 + missing, sum.1 + all);
        }
        let n = self.request.settings.candidates;
        let everywhere = |leg| self.judged.iter().all(|query| self.listed[query.index()].has_leg(LegId(leg)));
        let legs: Vec<bool> = (0..self.legs.len()).map(everywhere).collect();
        languages::report(texts, &unknown, &self.rows, by_language, &self.collection, n, &legs)
    }

    /// Takes the index of another analysis. Where it cannot be had, the old one stays, and a note says so.
    pub(super) fn read_anew(&mut self, analysis: Analysis) {
        if analysis == self.request.settings.analysis {
            return;
        }
        match open(&self.cache, &self.collection, analysis, &mut self.notes) {
            Ok(index) => {
                self.lexical = index;
                self.texts = None;
            }
            Err(error) => self.notes.push(format!("analyzer {}: {error}", analysis.analyzer.name())),
        }
    }
}
