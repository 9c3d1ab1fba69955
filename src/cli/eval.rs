//! `eval`: the metrics without a screen; and the findings for a screen that is no terminal.

use std::path::PathBuf;

use super::args::{EngineArgs, Format, JudgeArgs};
use super::print;
use super::progress::Progress;
use crate::engine::{EngineOptions, Evaluation};
use crate::error::{Error, Result};
use crate::export;

#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub judging: JudgeArgs,
    /// How to print the metrics
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the whole fused list of every judged query to FILE, as a TREC run
    #[arg(long, value_name = "FILE")]
    pub first_run: Option<PathBuf>,
    /// Write the whole reranked candidate set of every judged query to FILE, as a TREC run
    #[arg(long, value_name = "FILE")]
    pub reranked_run: Option<PathBuf>,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

pub fn run(args: &EvalArgs) -> Result<()> {
    let options = EngineOptions { judging: args.judging.options()?, ..args.engine.options(false)? };
    if args.reranked_run.is_some() && options.settings.reranker.is_none() {
        return Err(Error::usage("--reranked-run with --rerank none: there is no reranked list to write"));
    }
    let evaluation = settle(&options, args.quiet)?;
    let Evaluation { collection, snapshot, .. } = &evaluation;
    if args.first_run.is_some() || args.reranked_run.is_some() {
        let runs = evaluation.runs()?;
        if let Some(file) = &args.first_run {
            export::trec::write(file, &runs.first, collection, &snapshot.ran_name())?;
        }
        if let Some(file) = &args.reranked_run {
            export::trec::write(file, &runs.reranked, collection, &snapshot.settings.reranker.name())?;
        }
    }
    match args.format {
        Format::Json => print(&export::json::report(snapshot, collection, &options)?)?,
        Format::Text => print(&export::text::report(snapshot, collection))?,
    }
    unavailable(&evaluation)
}

/// What the screen would show, as text.
pub fn findings(engine: &EngineArgs) -> Result<()> {
    let options = engine.options(false)?;
    let evaluation = settle(&options, false)?;
    print(&export::text::report(&evaluation.snapshot, &evaluation.collection))?;
    unavailable(&evaluation)
}

/// The settled answer, with progress on standard error on the way.
pub(super) fn settle(options: &EngineOptions, quiet: bool) -> Result<Evaluation> {
    let mut progress = Progress::new(quiet);
    Evaluation::watched(options.clone(), |snapshot| progress.show(snapshot))
}

/// The report is printed all the same, but a caller that asked for more than BM25 must notice.
fn unavailable(evaluation: &Evaluation) -> Result<()> {
    match evaluation.unavailable() {
        Some(reason) => Err(Error::unavailable(format!("these are the numbers of BM25 alone: {reason}"))),
        None => Ok(()),
    }
}
