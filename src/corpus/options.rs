//! What can be said about how a collection is read; everything else is told from the files themselves.

use std::path::PathBuf;

use super::chunks::Chunking;
use super::record::FieldNames;
use crate::domain::Language;

/// What the rows of a file are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A JSON object in every line.
    Jsonl,
    Csv,
    Tsv,
    /// TREC's `<DOC>` and `<top>`.
    Trec,
    Markdown,
    /// Plain text; as queries, one in every line.
    Text,
}

impl Format {
    pub const ALL: [Self; 6] = [Self::Jsonl, Self::Csv, Self::Tsv, Self::Trec, Self::Markdown, Self::Text];

    /// As on the command line and in rankscope.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Trec => "trec",
            Self::Markdown => "markdown",
            Self::Text => "text",
        }
    }
}

/// What the judgments speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JudgedBy {
    Passage,
    /// A document's place is that of its best passage.
    Document,
}

impl JudgedBy {
    pub const ALL: [Self; 2] = [Self::Passage, Self::Document];

    /// As on the command line, in rankscope.toml and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passage => "passage",
            Self::Document => "document",
        }
    }
}

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
            ids_from: None,
        }
    }
}
