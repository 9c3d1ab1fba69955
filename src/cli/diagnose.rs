//! `diagnose`: the protocol as a report for a person.

use clap::ValueEnum;

use super::args::{EngineArgs, JudgeArgs};
use super::{eval, print};
use crate::engine::EngineOptions;
use crate::error::{Error, Result};
use crate::export::diagnosis::Diagnosis;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rankscope diagnose my/collection
  rankscope diagnose my/collection --format markdown > report.md
  rankscope diagnose my/collection --json | jq -r '.next[]'")]
pub struct DiagnoseArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub judging: JudgeArgs,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Do not try other settings, which takes the most time in a large collection
    #[arg(long)]
    pub no_tune: bool,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Markdown,
    Json,
}

pub fn run(args: &DiagnoseArgs) -> Result<()> {
    let options = EngineOptions { judging: args.judging.options()?, ..args.engine.options(false)? };
    let evaluation = eval::settle(&options, args.quiet, !args.no_tune)?;
    let diagnosis = Diagnosis::of(&evaluation.snapshot, &evaluation.collection).ok_or_else(|| {
        Error::input("no query of this collection is judged, so nothing can be diagnosed")
            .in_file(&evaluation.collection.folder)
            .advise("add qrels/test.tsv with lines of query-id, corpus-id and grade; `rankscope eval` has signals without judgments")
    })?;
    print(&match if args.json { Format::Json } else { args.format } {
        Format::Text => diagnosis.text(),
        Format::Markdown => diagnosis.markdown(),
        Format::Json => diagnosis.json()?,
    })?;
    eval::unavailable(&evaluation)
}
