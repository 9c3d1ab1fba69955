//! What comes in: how files are written, and what judgments speak of.

use serde::{Deserialize, Serialize};

/// What the rows of a file are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
