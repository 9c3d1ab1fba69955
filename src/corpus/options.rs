//! What can be said about how a collection is read; everything else is told from the files themselves.

use std::path::PathBuf;

use super::chunks::Chunking;
use super::record::FieldNames;
use crate::domain::{Format, JudgedBy, Language};

/// How a collection is read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Files and folders with the passages; empty: what the collection's own path names.
    pub corpus: Vec<PathBuf>,
    /// Instead of the collection's own queries.
    pub queries: Option<PathBuf>,
    /// Instead of the collection's own judgments.
    pub qrels: Option<PathBuf>,
    /// The qrels file: `qrels/<split>.tsv`. Without it `test`, or the only file there is.
    pub split: Option<String>,
    /// Instead of what the files with the passages look like.
    pub format: Option<Format>,
    pub fields: FieldNames,
    pub query_fields: FieldNames,
    /// Of passages and queries that name none; `None`: told from the text.
    pub language: Option<Language>,
    pub chunking: Chunking,
    /// `None`: told from the ids in the qrels.
    pub judged_by: Option<JudgedBy>,
    /// Leave rows out that cannot be read, and say how many, where the default is an error.
    pub skip_bad_rows: bool,
    /// Where judgments lie that the collection's own files could not take: a folder for each collection.
    pub asides: Option<PathBuf>,
    /// There are no texts: the passages are the ids in these runs and in the qrels.
    pub ids_from: Option<Vec<PathBuf>>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            corpus: Vec::new(),
            queries: None,
            qrels: None,
            split: None,
            format: None,
            fields: FieldNames::of_passages(),
            query_fields: FieldNames::of_queries(),
            language: None,
            chunking: Chunking::default(),
            judged_by: None,
            skip_bad_rows: false,
            asides: None,
            ids_from: None,
        }
    }
}
