//! The table `[collection]` of `rankscope.toml`: which files a collection has, and how they are read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::domain::{Format, JudgedBy};

/// What the file says of the collection. Paths are as they stand there: from the file's folder.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Described {
    /// Files and folders with the passages.
    pub corpus: Vec<PathBuf>,
    pub queries: Option<PathBuf>,
    pub qrels: Option<PathBuf>,
    pub split: Option<String>,
    /// Of the files with the passages.
    pub format: Option<Format>,
    /// Of passages and queries that name none.
    pub language: Option<String>,
    pub judged_by: Option<JudgedBy>,
    /// `false`: there are no texts, only the ids in the runs and in the qrels.
    pub texts: Option<bool>,
    pub chunk_size: Option<usize>,
    pub chunk_overlap: Option<usize>,
    /// By role: what the field is called.
    pub fields: BTreeMap<String, String>,
    pub query_fields: BTreeMap<String, String>,
    /// A run that is the second stage.
    pub reranked: Option<PathBuf>,
}
