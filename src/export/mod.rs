//! What was found, written down: one small file per format.
//!
//! In: a settled answer. Out: text in the format's own terms; nothing here is computed, and nothing is
//! printed. [`Format`] names the reports; [`TableKind`] the tables that tabular formats are made of;
//! [`engines`] write the hybrid setting as an engine's own query.
//!
//! ```
//! use rankscope::domain::{FusionMethod, LegName, LegScale, Settings};
//! use rankscope::export::engines::Engine;
//!
//! let leg = |name: &str, scale| LegName { name: name.into(), scale };
//! let legs = [leg("bm25", LegScale::Bm25), leg("dense", LegScale::Cosine)];
//! let settings = Settings { fusion: FusionMethod::Convex, alpha: 0.3, ..Settings::default() };
//! let snippet = Engine::OpenSearch.snippet(&settings, &legs);
//! assert!(snippet.text().contains("min_max"));
//! assert_eq!(snippet.unlike, None, "OpenSearch's min_max gives the order of the convex sum");
//! ```

#[doc(hidden)]
pub mod comparison;
mod csv;
#[doc(hidden)]
pub mod diagnosis;
pub mod engines;
#[doc(hidden)]
pub mod frame;
#[doc(hidden)]
pub mod github;
mod html;
#[doc(hidden)]
pub mod journey;
#[doc(hidden)]
pub mod json;
mod judge_parts;
mod judge_text;
#[doc(hidden)]
pub mod junit;
mod languages;
#[doc(hidden)]
pub mod latex;
#[doc(hidden)]
pub mod lists;
#[doc(hidden)]
pub mod markdown;
#[doc(hidden)]
pub mod plot;
#[doc(hidden)]
pub mod rerankers;
#[doc(hidden)]
pub mod sweep;
pub mod tables;
#[doc(hidden)]
pub mod text;
pub mod trec;
mod tuning;
#[doc(hidden)]
pub mod validation;

use crate::engine::Evaluation;
use crate::error::{Error, Result};
use crate::judge::Demand;
pub use tables::{Cell, Table, TableKind};

/// How a report is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// Everything, for programs; `docs/eval.schema.json` describes it.
    Json,
    Csv,
    Tsv,
    Markdown,
    Latex,
    /// The demands on the report as test cases, for build servers.
    Junit,
    /// The same as annotations of a GitHub workflow.
    Github,
    /// One page with all lists, for a browser and for paper.
    Html,
}

impl Format {
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Json,
        Self::Csv,
        Self::Tsv,
        Self::Markdown,
        Self::Latex,
        Self::Junit,
        Self::Github,
        Self::Html,
    ];

    /// The name that `--format` and `--to` take.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Markdown => "markdown",
            Self::Latex => "latex",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Html => "html",
        }
    }

    /// Whether one table can be written in it.
    pub fn is_tabular(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv | Self::Markdown | Self::Latex)
    }

    /// A settled answer as a report. The tabular formats hold the table of metrics; Markdown more than that.
    ///
    /// # Errors
    /// When the engine has ended; for JUnit as [`Format::check`].
    pub fn write(self, evaluation: &Evaluation, demands: &[Demand]) -> Result<String> {
        self.check(demands)?;
        let Evaluation { snapshot, collection, options, .. } = evaluation;
        match self {
            Self::Text => Ok(text::report(snapshot, collection)),
            Self::Json => json::report(snapshot, collection, options, demands),
            Self::Csv | Self::Tsv => self.table(&TableKind::Metrics.of(snapshot, collection), ""),
            Self::Markdown => Ok(markdown::report(snapshot, collection, demands)),
            Self::Latex => Ok(latex::report(snapshot, collection)),
            Self::Junit => junit::report(snapshot, collection, demands),
            Self::Github => Ok(github::report(snapshot, demands)),
            Self::Html => Ok(html::report(snapshot, collection, demands, &evaluation.lists()?)),
        }
    }

    /// Whether the format has anything to say with these demands; to be asked before the work is done.
    ///
    /// # Errors
    /// For JUnit, when nothing is demanded: a suite without a case says nothing.
    pub fn check(self, demands: &[Demand]) -> Result<()> {
        match self {
            Self::Junit if demands.is_empty() => {
                Err(Error::usage("--format junit reports which demands are met, and there are none")
                    .advise("demand something: --min ndcg@10=0.6"))
            }
            _ => Ok(()),
        }
    }

    /// One table, with `caption` where the format has room for it.
    ///
    /// # Errors
    /// When the format is not for tables.
    pub fn table(self, table: &Table, caption: &str) -> Result<String> {
        match self {
            Self::Csv => csv::write(table, b','),
            Self::Tsv => csv::write(table, b'\t'),
            Self::Markdown => Ok(markdown::write(table)),
            Self::Latex => Ok(latex::write(table, caption)),
            other => Err(Error::usage(format!("a table cannot be written as {}", other.name()))
                .advise("tables are written as csv, tsv, markdown or latex")),
        }
    }
}
