//! In: the flags that say where texts, queries and judgments come from, and the collection's description.
//! Out: how it is read.

use std::path::{Path, PathBuf};

use super::values::{input_format, judged_by};
use crate::config::{self, Described};
use crate::corpus::{Chunking, FieldNames, ReadOptions};
use crate::domain::{Format, JudgedBy, Language};
use crate::error::{Error, Result};

/// Where texts, queries and judgments come from.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct InputArgs {
    /// Queries: JSON lines, a table, TREC topics, or a query in every line
    #[arg(long, help_heading = "Input", value_name = "FILE")]
    pub queries: Option<PathBuf>,
    /// Judgments; without a collection, runs and these are enough
    #[arg(long, help_heading = "Input", value_name = "FILE")]
    pub qrels: Option<PathBuf>,
    /// The qrels file: qrels/NAME.tsv [default: test, or the only one]
    #[arg(long, help_heading = "Input", value_name = "NAME", conflicts_with = "qrels")]
    pub split: Option<String>,
    /// What the passages are written in [default: told from the file]
    #[arg(long, help_heading = "Input", value_name = "FORMAT", value_parser = input_format(), hide_possible_values = true)]
    pub input_format: Option<Format>,
    /// What fields of passages are called, or their columns' numbers: id=docno,title=2,text=body,lang=..,document=..
    #[arg(long, help_heading = "Input", value_name = "ROLE=NAME,..")]
    pub fields: Option<String>,
    /// What fields of queries are called: id=qid,text=query,lang=..
    #[arg(long, help_heading = "Input", value_name = "ROLE=NAME,..")]
    pub query_fields: Option<String>,
    /// Language of passages and queries that name none (en, ja, zh-Hant) [default: told from the text]
    #[arg(long, help_heading = "Input", value_name = "TAG")]
    pub language: Option<String>,
    /// Characters of a passage of Markdown or text at most [default: 1200]
    #[arg(long, help_heading = "Input", value_name = "CHARS")]
    pub chunk_size: Option<usize>,
    /// Characters that a passage of Markdown or text shares with the one before [default: 150]
    #[arg(long, help_heading = "Input", value_name = "CHARS")]
    pub chunk_overlap: Option<usize>,
    /// Whether judgments name passages or the documents that these are of [default: told from the ids]
    #[arg(long, help_heading = "Input", value_name = "passage|document", value_parser = judged_by(), hide_possible_values = true)]
    pub judged_by: Option<JudgedBy>,
    /// Leave out rows that cannot be read, and say how many
    #[arg(long, help_heading = "Input")]
    pub skip_bad_rows: bool,
}

impl InputArgs {
    /// How the collection is read: flags over what its settings file, which lies in `folder`, says.
    ///
    /// # Errors
    /// When a value is wrong.
    pub fn options(&self, described: &Described, folder: &Path) -> Result<ReadOptions> {
        let there = |path: &PathBuf| folder.join(path);
        let mut chunking = Chunking::default();
        let size = self.chunk_size.or(described.chunk_size);
        chunking.size = size.unwrap_or(chunking.size);
        // A small size alone is no mistake: the usual overlap gives way.
        let usual = chunking.overlap.min(chunking.size / 8);
        chunking.overlap = self.chunk_overlap.or(described.chunk_overlap).unwrap_or(usual);
        chunking.check().map_err(Error::usage)?;
        Ok(ReadOptions {
            corpus: described.corpus.iter().map(there).collect(),
            queries: self.queries.clone().or_else(|| described.queries.as_ref().map(there)),
            qrels: match &self.split {
                Some(_) => None,
                None => self.qrels.clone().or_else(|| described.qrels.as_ref().map(there)),
            },
            split: self.split.clone().or_else(|| described.split.clone()),
            format: self.input_format.or(described.format),
            fields: names(FieldNames::of_passages(), &described.fields, self.fields.as_deref())?,
            query_fields: names(
                FieldNames::of_queries(),
                &described.query_fields,
                self.query_fields.as_deref(),
            )?,
            language: self.language.as_ref().or(described.language.as_ref()).map(|tag| Language::new(tag)),
            chunking,
            judged_by: self.judged_by.or(described.judged_by),
            asides: config::folders::judgments(),
            skip_bad_rows: self.skip_bad_rows,
            ids_from: None,
        })
    }

    /// Whether a collection is described without any texts.
    pub fn stands_alone(&self) -> bool {
        self.qrels.is_some() || self.queries.is_some()
    }
}

fn names(
    mut names: FieldNames,
    file: &std::collections::BTreeMap<String, String>,
    flag: Option<&str>,
) -> Result<FieldNames> {
    for (role, field) in file {
        names.lay_over(&format!("{role}={field}"))?;
    }
    names.lay_over(flag.unwrap_or_default())?;
    Ok(names)
}
