//! Postings and passage lengths, held by tantivy; nothing is scored here (`retrieve::bm25` does that).

use std::path::Path;

use tantivy::postings::Postings as _;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{DocSet as _, Index, Searcher, TERMINATED, TantivyDocument, Term};

use crate::corpus::Collection;
use crate::domain::DocIdx;
use crate::error::{Error, Result};
use crate::text;

/// Our terms come cut already; tantivy wants the name of a tokenizer that it knows all the same.
const TOKENIZER: &str = "raw";
const WRITER_BYTES: usize = 64 << 20;

/// An inverted index over the passages of one collection.
pub struct LexicalIndex {
    searcher: Searcher,
    terms: Field,
    /// By segment: tantivy's document number to [`DocIdx`].
    docs: Vec<Vec<DocIdx>>,
    passages: u64,
    average_length: f32,
}

/// One passage that has a term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posting {
    pub doc: DocIdx,
    pub tf: u32,
    /// Terms in the passage; exact to 40, then rounded down to a byte's worth of steps (Lucene's norms).
    pub length: u32,
}

impl LexicalIndex {
    /// Opens the index in `folder`, or builds it there. A damaged one is built anew; the sentence that
    /// says so is returned beside.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open_or_build(folder: &Path, collection: &Collection) -> Result<(Self, Option<String>)> {
        let mut note = None;
        if folder.is_dir() {
            match Self::open(folder, collection) {
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
        fill(&index, collection)?;
        drop(index);
        // Another process may have been faster: then its index, which is the same, stays.
        let fresh = fresh.keep();
        if let Err(error) = std::fs::rename(&fresh, folder) {
            let _ = std::fs::remove_dir_all(&fresh);
            if !folder.is_dir() {
                return Err(Error::io("cannot write", folder, &error));
            }
        }
        Ok((Self::open(folder, collection)?, note))
    }

    /// An index that is not kept.
    ///
    /// # Errors
    /// When tantivy fails, which would be a bug.
    pub fn in_memory(collection: &Collection) -> Result<Self> {
        let index = Index::create_in_ram(schema().0);
        fill(&index, collection)?;
        Self::over(&index, collection)
    }

    fn open(folder: &Path, collection: &Collection) -> Result<Self> {
        let index = Index::open_in_dir(folder).map_err(|e| tantivy_error(&e))?;
        let damaged = index.validate_checksum().map_err(|e| tantivy_error(&e))?;
        if !damaged.is_empty() {
            return Err(Error::input("a checksum does not match"));
        }
        Self::over(&index, collection)
    }

    fn over(index: &Index, collection: &Collection) -> Result<Self> {
        let (_, terms, _) = schema();
        let searcher = index.reader().map_err(|e| tantivy_error(&e))?.searcher();
        let passages = searcher.num_docs();
        if passages != collection.passages.len() as u64 {
            return Err(Error::input(format!(
                "{passages} passages instead of {}",
                collection.passages.len()
            )));
        }
        let mut docs = Vec::new();
        let mut tokens = 0;
        for segment in searcher.segment_readers() {
            let column = segment.fast_fields().u64("doc").map_err(|e| tantivy_error(&e))?;
            docs.push(
                (0..segment.max_doc())
                    .map(|local| {
                        DocIdx(column.first(local).and_then(|d| u32::try_from(d).ok()).unwrap_or(u32::MAX))
                    })
                    .collect::<Vec<_>>(),
            );
            tokens += segment.inverted_index(terms).map_err(|e| tantivy_error(&e))?.total_num_tokens();
        }
        if docs.iter().flatten().any(|doc| doc.index() >= collection.passages.len()) {
            return Err(Error::input("a passage number is out of range"));
        }
        Ok(Self { searcher, terms, docs, passages, average_length: tokens as f32 / passages as f32 })
    }

    /// Passages in the index.
    pub fn passages(&self) -> u64 {
        self.passages
    }

    /// Mean number of terms per passage.
    pub fn average_length(&self) -> f32 {
        self.average_length
    }

    /// In how many passages the term is.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn document_frequency(&self, term: &str) -> Result<u64> {
        self.searcher.doc_freq(&Term::from_field_text(self.terms, term)).map_err(|e| tantivy_error(&e))
    }

    /// Calls `visit` with every passage that has the term.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn for_each_posting(&self, term: &str, mut visit: impl FnMut(Posting)) -> Result<()> {
        let term = Term::from_field_text(self.terms, term);
        for (segment, docs) in self.searcher.segment_readers().iter().zip(&self.docs) {
            let inverted = segment.inverted_index(self.terms).map_err(|e| tantivy_error(&e))?;
            let lengths = segment.get_fieldnorms_reader(self.terms).map_err(|e| tantivy_error(&e))?;
            let postings = inverted.read_postings(&term, IndexRecordOption::WithFreqs);
            let Some(mut postings) = postings.map_err(|e| Error::bug(format!("postings: {e}")))? else {
                continue;
            };
            let mut local = postings.doc();
            while local != TERMINATED {
                visit(Posting {
                    doc: docs[local as usize],
                    tf: postings.term_freq(),
                    length: lengths.fieldnorm(local),
                });
                local = postings.advance();
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn tantivy_searcher(&self) -> (&Searcher, Field) {
        (&self.searcher, self.terms)
    }
}

fn schema() -> (Schema, Field, Field) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(true);
    let terms = builder.add_text_field("terms", TextOptions::default().set_indexing_options(indexing));
    let doc = builder.add_u64_field("doc", NumericOptions::from(FAST | INDEXED));
    (builder.build(), terms, doc)
}

fn fill(index: &Index, collection: &Collection) -> Result<()> {
    let (_, terms, doc) = schema();
    // One thread keeps segments, and so the order of equal work, the same from build to build.
    let mut writer = index.writer_with_num_threads(1, WRITER_BYTES).map_err(|e| tantivy_error(&e))?;
    for (number, passage) in (0u64..).zip(&collection.passages) {
        let text = passage.indexed_text();
        let tokens = text::analyze(&text)
            .into_iter()
            .enumerate()
            .map(|(position, token)| Token {
                offset_from: token.start,
                offset_to: token.end,
                position,
                text: token.term,
                position_length: 1,
            })
            .collect();
        let mut document = TantivyDocument::default();
        document.add_pre_tokenized_text(terms, PreTokenizedString { text, tokens });
        document.add_u64(doc, number);
        writer.add_document(document).map_err(|e| tantivy_error(&e))?;
    }
    writer.commit().map_err(|e| tantivy_error(&e))?;
    writer.wait_merging_threads().map_err(|e| tantivy_error(&e))
}

fn tantivy_error(error: &tantivy::TantivyError) -> Error {
    Error::input(format!("BM25 index: {error}"))
        .advise("clear the cache folder, or choose another with --cache-dir")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::{Language, Passage};

    pub(crate) fn collection(texts: &[&str]) -> Collection {
        let passages: Vec<Passage> = texts
            .iter()
            .enumerate()
            .map(|(i, text)| Passage {
                id: format!("d{i:03}"),
                title: String::new(),
                text: (*text).to_owned(),
                language: Language::new("en"),
            })
            .collect();
        Collection::new("test".into(), passages, Vec::new(), Vec::new(), Vec::new())
    }

    #[test]
    fn postings_have_frequencies_and_lengths() {
        let index = LexicalIndex::in_memory(&collection(&["a b a", "b", ""])).unwrap();
        let mut seen = Vec::new();
        index.for_each_posting("a", |posting| seen.push(posting)).unwrap();
        assert_eq!(seen, [Posting { doc: DocIdx(0), tf: 2, length: 3 }]);
        assert_eq!(index.document_frequency("b").unwrap(), 2);
        assert!((index.average_length() - 4.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_damaged_index_is_built_anew_and_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lexical");
        let collection = collection(&["one two", "two three"]);
        let (_, note) = LexicalIndex::open_or_build(&path, &collection).unwrap();
        assert_eq!(note, None);
        for entry in std::fs::read_dir(&path).unwrap().map(Result::unwrap) {
            if entry.path().extension().is_some_and(|e| e == "idx" || e == "term") {
                let mut bytes = std::fs::read(entry.path()).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xff;
                std::fs::write(entry.path(), bytes).unwrap();
            }
        }
        let (index, note) = LexicalIndex::open_or_build(&path, &collection).unwrap();
        assert!(note.unwrap().contains("built anew"));
        assert_eq!(index.document_frequency("two").unwrap(), 2);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary folder is left");
    }
}
