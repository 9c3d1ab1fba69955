//! The index behind the BM25 leg: opened at the start, and again when text is to be read otherwise.

use super::Worker;
use crate::corpus::Collection;
use crate::domain::Analysis;
use crate::error::Result;
use crate::index::{CacheFolder, LexicalIndex};
use crate::text::Analyzers;

/// Part of the index's folder name, beside what the terms depend on.
const VERSION: &str = "lexical-2";

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
    /// Takes the index of another analysis. Where it cannot be had, the old one stays, and a note says so.
    pub(super) fn read_anew(&mut self, analysis: Analysis) {
        if analysis == self.request.settings.analysis {
            return;
        }
        match open(&self.cache, &self.collection, analysis, &mut self.notes) {
            Ok(index) => self.lexical = index,
            Err(error) => self.notes.push(format!("analyzer {}: {error}", analysis.analyzer.name())),
        }
    }
}
