//! Postings and lengths, held by tantivy; nothing is scored here (`retrieve::bm25` does that).
//!
//! In: a collection and its [`Analyzers`]. Out: for a term, the passages that have it, with how often it
//! is in the whole passage and in its title. The title's terms are those of the whole that lie in the
//! title, so that whole less title is the text, exactly.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings as _, SegmentPostings};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tantivy::{DocSet as _, Index, Searcher, SegmentReader, TERMINATED, TantivyDocument, Term};

use crate::corpus::Collection;
use crate::domain::DocIdx;
use crate::error::{Error, Result};
use crate::text::{self, Analyzers, Chain, Memo};

/// Our terms come cut already, joined by a sign that no word has; this tokenizer parts them again. (What
/// tantivy takes cut goes through JSON on its way, which costs more than the cutting.)
const TOKENIZER: &str = "terms";
const BETWEEN_TERMS: char = '\0';
const WRITER_BYTES: usize = 64 << 20;

/// An inverted index over the passages of one collection.
pub struct LexicalIndex {
    searcher: Searcher,
    fields: Fields,
    /// By segment: tantivy's document number to [`DocIdx`].
    docs: Vec<Vec<DocIdx>>,
    passages: u64,
    average_length: f32,
    average_title_length: f32,
    analyzers: Analyzers,
    /// By [`DocIdx`]: place in the analyzers' chains.
    chains: Vec<usize>,
    /// By [`DocIdx`].
    term_counts: Vec<u32>,
}

/// One passage that has a term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posting {
    pub doc: DocIdx,
    /// In title and text together.
    pub tf: u32,
    /// Terms in title and text; exact to 40, then rounded down to a byte's worth of steps (Lucene's norms).
    pub length: u32,
    /// Of `tf`, those in the title; 0 where titles were not asked for.
    pub title_tf: u32,
    /// Of `length`, those in the title, rounded likewise; 0 where titles were not asked for.
    pub title_length: u32,
}

/// Which fields' numbers are wanted of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Titles {
    /// As if title and text were one field: cheaper.
    Together,
    /// The title's share as well.
    Apart,
}

#[derive(Clone, Copy)]
struct Fields {
    terms: Field,
    titles: Field,
    doc: Field,
    count: Field,
}

impl LexicalIndex {
    /// Opens the index in `folder`, or builds it there. A damaged one is built anew; the sentence that
    /// says so is returned beside.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open_or_build(
        folder: &Path,
        collection: &Collection,
        analyzers: &Analyzers,
    ) -> Result<(Self, Option<String>)> {
        let mut note = None;
        if folder.is_dir() {
            match Self::open(folder, collection, analyzers) {
                Ok(index) => return Ok((index, None)),
                Err(error) => {
                    note = Some(format!("the BM25 index was damaged and is built anew ({error})"));
                    std::fs::remove_dir_all(folder).map_err(|e| Error::io("cannot remove", folder, &e))?;
                }
            }
        }
        let parent = folder.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|e| Error::io("cannot create", parent, &e))?;
        let fresh = tempfile::Builder::new()
            .prefix("lexical-")
            .tempdir_in(parent)
            .map_err(|e| Error::io("cannot create a folder in", parent, &e))?;
        let index = Index::create_in_dir(fresh.path(), schema().0).map_err(|e| tantivy_error(&e))?;
        fill(&index, collection, analyzers)?;
        drop(index);
        // Another process may have been faster: then its index, which is the same, stays.
        let fresh = fresh.keep();
        if let Err(error) = std::fs::rename(&fresh, folder) {
            let _ = std::fs::remove_dir_all(&fresh);
            if !folder.is_dir() {
                return Err(Error::io("cannot write", folder, &error));
            }
        }
        Ok((Self::open(folder, collection, analyzers)?, note))
    }

    /// An index that is not kept.
    ///
    /// # Errors
    /// When tantivy fails, which would be a bug.
    pub fn in_memory(collection: &Collection, analyzers: &Analyzers) -> Result<Self> {
        let index = Index::create_in_ram(schema().0);
        fill(&index, collection, analyzers)?;
        Self::over(&index, collection, analyzers)
    }

    /// Hex SHA-256 over what the terms depend on besides the passages' text: the chains, and who is read
    /// by which.
    pub fn key(collection: &Collection, analyzers: &Analyzers) -> String {
        let mut hash = Sha256::new();
        hash.update(analyzers.fingerprint());
        for chain in chains_of(collection, analyzers) {
            hash.update(chain.to_le_bytes());
        }
        text::hex(&hash.finalize())
    }

    fn open(folder: &Path, collection: &Collection, analyzers: &Analyzers) -> Result<Self> {
        let index = Index::open_in_dir(folder).map_err(|e| tantivy_error(&e))?;
        let damaged = index.validate_checksum().map_err(|e| tantivy_error(&e))?;
        if !damaged.is_empty() {
            return Err(Error::input("a checksum does not match"));
        }
        Self::over(&index, collection, analyzers)
    }

    fn over(index: &Index, collection: &Collection, analyzers: &Analyzers) -> Result<Self> {
        let (_, fields) = schema();
        let searcher = index.reader().map_err(|e| tantivy_error(&e))?.searcher();
        let passages = searcher.num_docs();
        if passages != collection.passages.len() as u64 {
            return Err(Error::input(format!(
                "{passages} passages instead of {}",
                collection.passages.len()
            )));
        }
        let mut docs = Vec::new();
        let mut term_counts = vec![0; collection.passages.len()];
        let (mut tokens, mut title_tokens) = (0, 0);
        for segment in searcher.segment_readers() {
            let column = segment.fast_fields().u64("doc").map_err(|e| tantivy_error(&e))?;
            docs.push(
                (0..segment.max_doc())
                    .map(|local| {
                        DocIdx(column.first(local).and_then(|d| u32::try_from(d).ok()).unwrap_or(u32::MAX))
                    })
                    .collect::<Vec<_>>(),
            );
            let counts = segment.fast_fields().u64("count").map_err(|e| tantivy_error(&e))?;
            for (local, doc) in (0u32..).zip(docs.last().into_iter().flatten()) {
                if let Some(slot) = term_counts.get_mut(doc.index()) {
                    *slot = counts.first(local).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
                }
            }
            let counted = |field| segment.inverted_index(field).map(|inverted| inverted.total_num_tokens());
            tokens += counted(fields.terms).map_err(|e| tantivy_error(&e))?;
            title_tokens += counted(fields.titles).map_err(|e| tantivy_error(&e))?;
        }
        if docs.iter().flatten().any(|doc| doc.index() >= collection.passages.len()) {
            return Err(Error::input("a passage number is out of range"));
        }
        Ok(Self {
            searcher,
            fields,
            docs,
            passages,
            average_length: tokens as f32 / passages as f32,
            average_title_length: title_tokens as f32 / passages as f32,
            analyzers: analyzers.clone(),
            chains: chains_of(collection, analyzers).collect(),
            term_counts,
        })
    }

    /// Passages in the index.
    pub fn passages(&self) -> u64 {
        self.passages
    }

    /// Mean number of terms per passage, title and text together.
    pub fn average_length(&self) -> f32 {
        self.average_length
    }

    /// Mean number of terms per title; a passage without one counts 0.
    pub fn average_title_length(&self) -> f32 {
        self.average_title_length
    }

    /// Terms in a passage, title and text together, exactly.
    ///
    /// Panics where `doc` is not of this collection.
    pub fn term_count(&self, doc: DocIdx) -> u32 {
        self.term_counts[doc.index()]
    }

    /// How its passages were read.
    pub fn analyzers(&self) -> &Analyzers {
        &self.analyzers
    }

    /// Place, in the analyzers' chains, of the chain that read a passage.
    ///
    /// Panics where `doc` is not of this collection.
    pub fn chain_of(&self, doc: DocIdx) -> usize {
        self.chains[doc.index()]
    }

    /// The chain that read a passage. As [`LexicalIndex::chain_of`].
    pub fn chain(&self, doc: DocIdx) -> &Chain {
        &self.analyzers.chains()[self.chain_of(doc)]
    }

    /// In how many passages the term is.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn document_frequency(&self, term: &str) -> Result<u64> {
        let term = Term::from_field_text(self.fields.terms, term);
        self.searcher.doc_freq(&term).map_err(|e| tantivy_error(&e))
    }

    /// Calls `visit` with every passage that has the term, in title or text.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn for_each_posting(&self, term: &str, titles: Titles, mut visit: impl FnMut(Posting)) -> Result<()> {
        let in_all = Term::from_field_text(self.fields.terms, term);
        let in_title = Term::from_field_text(self.fields.titles, term);
        for (segment, docs) in self.searcher.segment_readers().iter().zip(&self.docs) {
            let Some(mut postings) = postings(segment, &in_all)? else { continue };
            let lengths = lengths(segment, self.fields.terms)?;
            let (mut title_postings, title_lengths) = match titles {
                Titles::Together => (None, None),
                Titles::Apart => {
                    (self::postings(segment, &in_title)?, Some(self::lengths(segment, self.fields.titles)?))
                }
            };
            let mut local = postings.doc();
            while local != TERMINATED {
                let title_tf = title_postings.as_mut().map_or(0, |postings| tf_at(postings, local));
                visit(Posting {
                    doc: docs[local as usize],
                    tf: postings.term_freq(),
                    length: lengths.fieldnorm(local),
                    title_tf,
                    title_length: title_lengths.as_ref().map_or(0, |lengths| lengths.fieldnorm(local)),
                });
                local = postings.advance();
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn tantivy_searcher(&self) -> (&Searcher, Field) {
        (&self.searcher, self.fields.terms)
    }
}

fn postings(segment: &SegmentReader, term: &Term) -> Result<Option<SegmentPostings>> {
    let inverted = segment.inverted_index(term.field()).map_err(|e| tantivy_error(&e))?;
    let postings = inverted.read_postings(term, IndexRecordOption::WithFreqs);
    postings.map_err(|e| Error::bug(format!("postings: {e}")))
}

fn lengths(segment: &SegmentReader, field: Field) -> Result<FieldNormReader> {
    segment.get_fieldnorms_reader(field).map_err(|e| tantivy_error(&e))
}

/// How often the term is in document `local`; documents are asked for in ascending order.
fn tf_at(postings: &mut SegmentPostings, local: u32) -> u32 {
    if postings.doc() < local {
        postings.seek(local);
    }
    if postings.doc() == local { postings.term_freq() } else { 0 }
}

/// The place of each passage's chain.
fn chains_of<'a>(collection: &'a Collection, analyzers: &'a Analyzers) -> impl Iterator<Item = usize> + 'a {
    collection.passages.iter().map(|passage| analyzers.chain_of(&passage.language).unwrap_or(0))
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(true);
    let text = TextOptions::default().set_indexing_options(indexing);
    let fields = Fields {
        terms: builder.add_text_field("terms", text.clone()),
        titles: builder.add_text_field("titles", text),
        doc: builder.add_u64_field("doc", NumericOptions::from(FAST | INDEXED)),
        count: builder.add_u64_field("count", NumericOptions::from(FAST)),
    };
    (builder.build(), fields)
}

fn fill(index: &Index, collection: &Collection, analyzers: &Analyzers) -> Result<()> {
    let (_, fields) = schema();
    let mut memos: Vec<Memo<'_>> = analyzers.chains().iter().map(Memo::new).collect();
    // One thread keeps segments, and so the order of equal work, the same from build to build.
    index.tokenizers().register(TOKENIZER, Terms);
    let mut writer = index.writer_with_num_threads(1, WRITER_BYTES).map_err(|e| tantivy_error(&e))?;
    let chains = chains_of(collection, analyzers);
    for (number, (passage, chain)) in (0u64..).zip(collection.passages.iter().zip(chains)) {
        let text = passage.indexed_text();
        let mut document = TantivyDocument::default();
        let tokens = memos[chain].terms(&text);
        document.add_u64(fields.count, tokens.len() as u64);
        if !passage.title.is_empty() {
            let in_title = tokens.iter().filter(|token| token.end <= passage.title.len());
            document.add_text(fields.titles, joined(in_title));
        }
        document.add_text(fields.terms, joined(tokens.iter()));
        document.add_u64(fields.doc, number);
        writer.add_document(document).map_err(|e| tantivy_error(&e))?;
    }
    writer.commit().map_err(|e| tantivy_error(&e))?;
    writer.wait_merging_threads().map_err(|e| tantivy_error(&e))
}

fn joined<'a>(tokens: impl Iterator<Item = &'a text::Token>) -> String {
    let mut terms = String::new();
    for token in tokens {
        terms.push_str(&token.term);
        terms.push(BETWEEN_TERMS);
    }
    terms
}

/// Parts what [`joined`] has put together.
#[derive(Clone)]
struct Terms;

struct TermStream<'a> {
    rest: &'a str,
    token: Token,
}

impl Tokenizer for Terms {
    type TokenStream<'a> = TermStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermStream<'a> {
        TermStream { rest: text, token: Token::default() }
    }
}

impl TokenStream for TermStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((term, rest)) = self.rest.split_once(BETWEEN_TERMS) else { return false };
        self.rest = rest;
        self.token.position = self.token.position.wrapping_add(1);
        self.token.text.clear();
        self.token.text.push_str(term);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

fn tantivy_error(error: &tantivy::TantivyError) -> Error {
    Error::input(format!("BM25 index: {error}"))
        .advise("clear the cache folder, or choose another with --cache-dir")
}

#[cfg(test)]
#[path = "lexical_tests.rs"]
pub(crate) mod tests;
