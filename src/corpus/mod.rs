//! The collection: passages, queries and judgments as they were read.
//!
//! In: a file, a folder or standard input, in any of the formats of docs/inputs.md. Out: a [`Collection`],
//! immutable from then on, with what was odd about it in words. Nothing is indexed or segmented here.
//!
//! - `places`: which files a collection has.
//! - `source`, `progress`: a file unpacked, decoded and cut into lines.
//! - `detect`: what it is written in.
//! - `record`, `table`, `sgml`, `chunks`: rows of JSON, CSV and TSV, TREC, and passages of Markdown and text.
//! - `read`, `without_texts`: the whole, with or without texts.
//! - `qrels`, `documents`: judgments, and the documents that they may speak of.
//! - `run`: other engines' lists.
//! - `marks`: judgments made on the screen.

mod chunks;
mod detect;
mod documents;
mod languages;
mod marks;
mod options;
mod places;
mod progress;
mod qrels;
mod read;
mod record;
mod rows;
pub mod run;
mod sample;
mod sgml;
mod source;
mod table;
mod whereabouts;
mod without_texts;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::{DocIdx, Grade, JudgedBy, Language, Passage, Query, QueryIdx};

pub use chunks::Chunking;
pub use documents::{DocumentIdx, Documents};
pub use marks::{Keeper, Kept, Mark, MarkedQuery, is_own, own_id};
pub use options::ReadOptions;
pub use progress::Reading;
pub use read::{read, read_telling};
pub use record::{FieldNames, Role};
pub use sample::{sample_folder, write_sample};
pub use whereabouts::whereabouts;

/// The passage that a judgment speaks of, or the document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JudgedPassage {
    Known(DocIdx),
    /// A document of the collection; see [`Collection::judged_documents`].
    Document(DocumentIdx),
    /// Judged, but not in the corpus: stays in R.
    Missing(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgment {
    pub passage: JudgedPassage,
    pub grade: Grade,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: String,
}

/// What the files hold and the collection does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Only with [`ReadOptions::skip_bad_rows`]: without it the first one is an error.
    pub bad_rows: Noted<BadRow>,
    /// Judgments of queries that are not in the queries file: a query's id for each judgment.
    pub unknown_queries: Noted<String>,
}

/// Things that are counted, of which the first are kept: a file may have millions of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted<T> {
    pub count: usize,
    /// At most [`Noted::KEPT`] of one file.
    pub first: Vec<T>,
}

impl<T> Default for Noted<T> {
    fn default() -> Self {
        Self { count: 0, first: Vec::new() }
    }
}

impl<T> Noted<T> {
    pub const KEPT: usize = 1_000;

    pub(crate) fn note(&mut self, one: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(one());
        }
    }

    pub(crate) fn append(&mut self, mut others: Self) {
        self.count += others.count;
        self.first.append(&mut others.first);
    }
}

impl<T> FromIterator<T> for Noted<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut noted = Self::default();
        all.into_iter().for_each(|one| noted.note(|| one));
        noted
    }
}

/// A collection as read from disk.
#[derive(Debug, Clone)]
pub struct Collection {
    /// The folder's name, or the file's.
    pub name: String,
    /// The folder or file as it was named.
    pub folder: PathBuf,
    /// Shared, so that a changed judgment does not copy the texts.
    pub passages: Arc<[Passage]>,
    pub queries: Vec<Query>,
    /// By [`QueryIdx`]; empty: not judged. In the order of the qrels file.
    pub judgments: Vec<Vec<Judgment>>,
    /// By [`DocIdx`]: position among all ids in descending byte order, from 0. Of two equal scores the
    /// smaller one comes first (`trec_eval`'s rule).
    pub tie_order: Arc<[u32]>,
    /// Hex SHA-256 over ids and texts of all passages, in order.
    pub fingerprint: String,
    /// What was odd, each a sentence.
    pub warnings: Vec<String>,
    /// The documents that the passages are of, where they are known.
    pub documents: Option<Arc<Documents>>,
    /// What the judgments speak of.
    pub judged_by: JudgedBy,
    /// The file that the judgments come from.
    pub qrels_file: Option<PathBuf>,
    pub left_out: LeftOut,
    /// Whether passages have texts; without, only their ids are known.
    pub has_texts: bool,
}

impl Collection {
    /// Puts the parts together and derives tie order and fingerprint.
    pub fn new(
        folder: PathBuf,
        passages: Vec<Passage>,
        queries: Vec<Query>,
        judgments: Vec<Vec<Judgment>>,
        warnings: Vec<String>,
    ) -> Self {
        let name = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let name =
            name.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into());
        let tie_order = tie_order(&passages).into();
        let fingerprint = fingerprint(&passages);
        Self {
            name,
            folder,
            passages: passages.into(),
            queries,
            judgments,
            tie_order,
            fingerprint,
            warnings,
            documents: None,
            judged_by: JudgedBy::Passage,
            qrels_file: None,
            left_out: LeftOut::default(),
            has_texts: true,
        }
    }

    /// The documents that the passages are of, and what is judged. Where that is documents, two passages
    /// with equal scores stand in the order of their documents' ids, so that the documents' order too is
    /// `trec_eval`'s.
    pub fn with_documents(mut self, documents: Option<Documents>, judged_by: JudgedBy) -> Self {
        if let (Some(documents), JudgedBy::Document) = (&documents, judged_by) {
            let ids = (0u32..).map(DocIdx).zip(self.passages.iter());
            let keys: Vec<(&str, &str)> =
                ids.map(|(doc, passage)| (documents.id(documents.of(doc)), passage.id.as_str())).collect();
            self.tie_order = descending(&keys).into();
        }
        self.documents = documents.map(Arc::new);
        self.judged_by = judged_by;
        self
    }

    /// Names the file that the judgments come from.
    pub fn with_qrels_file(mut self, file: Option<PathBuf>) -> Self {
        self.qrels_file = file;
        self
    }

    /// Says that nothing but the passages' ids is known.
    pub fn without_texts(mut self) -> Self {
        self.has_texts = false;
        self
    }

    /// The documents, where it is them that the judgments speak of.
    pub fn judged_documents(&self) -> Option<&Documents> {
        self.documents.as_deref().filter(|_| self.judged_by == JudgedBy::Document)
    }

    /// The passages that a judgment speaks of: one, or all of a document; none where it is of nothing that is
    /// here.
    pub fn passages_of<'a>(&'a self, judged: &'a JudgedPassage) -> &'a [DocIdx] {
        match (judged, self.documents.as_deref()) {
            (JudgedPassage::Known(doc), _) => std::slice::from_ref(doc),
            (JudgedPassage::Document(document), Some(documents)) => documents.passages(*document),
            (JudgedPassage::Document(_), None) | (JudgedPassage::Missing(_), _) => &[],
        }
    }

    /// Panics where `doc` is not of this collection; only this collection hands out its indices.
    pub fn passage(&self, doc: DocIdx) -> &Passage {
        &self.passages[doc.index()]
    }

    /// As [`Collection::passage`], for a query.
    pub fn query(&self, query: QueryIdx) -> &Query {
        &self.queries[query.index()]
    }

    /// As [`Collection::passage`], for a query's judgments.
    pub fn judgments(&self, query: QueryIdx) -> &[Judgment] {
        &self.judgments[query.index()]
    }

    /// Queries that have at least one judgment of grade 0 or above, in file order.
    pub fn judged_queries(&self) -> impl Iterator<Item = QueryIdx> + '_ {
        (0u32..)
            .zip(&self.judgments)
            .filter(|(_, j)| j.iter().any(|j| j.grade >= 0))
            .map(|(i, _)| QueryIdx(i))
    }

    /// The grade of a passage for a query, which is its document's where documents are judged; `None`:
    /// unjudged.
    pub fn grade(&self, query: QueryIdx, doc: DocIdx) -> Option<Grade> {
        let known = match self.judged_documents() {
            Some(documents) => JudgedPassage::Document(documents.of(doc)),
            None => JudgedPassage::Known(doc),
        };
        self.judgments(query).iter().find(|j| j.passage == known && j.grade >= 0).map(|j| j.grade)
    }

    /// Passages by language, in order of the tags.
    pub fn languages(&self) -> BTreeMap<Language, usize> {
        let mut counts = BTreeMap::new();
        for passage in self.passages.iter() {
            *counts.entry(passage.language.clone()).or_insert(0) += 1;
        }
        counts
    }
}

fn tie_order(passages: &[Passage]) -> Vec<u32> {
    descending(&passages.iter().map(|passage| passage.id.as_str()).collect::<Vec<_>>())
}

/// The place of each key among all in descending byte order, from 0.
fn descending<K: Ord>(keys: &[K]) -> Vec<u32> {
    let mut by_key: Vec<u32> = (0u32..).take(keys.len()).collect();
    by_key.sort_by(|&a, &b| keys[b as usize].cmp(&keys[a as usize]));
    let mut order = vec![0; keys.len()];
    for (position, &at) in (0u32..).zip(&by_key) {
        order[at as usize] = position;
    }
    order
}

fn fingerprint(passages: &[Passage]) -> String {
    let mut hash = Sha256::new();
    for passage in passages {
        for part in [&passage.id, &passage.title, &passage.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    crate::text::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(id: &str, text: &str) -> Passage {
        Passage { id: id.into(), title: String::new(), text: text.into(), language: Language::new("en") }
    }

    /// Trap: ids compared as numbers or in ascending order give another list than trec_eval's.
    #[test]
    fn ties_go_to_the_greater_id_in_bytes() {
        let passages = ["10", "9", "é", "a"].map(|id| passage(id, "x"));
        assert_eq!(tie_order(&passages), vec![3, 2, 0, 1]);
    }

    /// Trap: without lengths, moving a letter from title to text would leave the fingerprint as it was.
    #[test]
    fn the_fingerprint_sees_where_a_field_ends() {
        let mut one = passage("1", "b");
        one.title = "a".into();
        let mut two = passage("1", "ab");
        two.title = String::new();
        assert_ne!(fingerprint(&[one]), fingerprint(&[two]));
    }
}
