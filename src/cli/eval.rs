//! `eval`: the metrics without a screen; and the findings for a screen that is no terminal.

use std::cell::RefCell;
use std::path::PathBuf;

use super::args::{EngineArgs, JudgeArgs, report_format};
use super::gate::{self, GateArgs};
use super::progress::Progress;
use super::{print, print_report};
use crate::corpus::Reading;
use crate::engine::{EngineOptions, Evaluation};
use crate::error::{Error, Result};
use crate::export::{self, Format, TableKind};
use crate::tune::Goal;

#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub judging: JudgeArgs,
    /// How to print the metrics [default: text]
    #[arg(long, value_parser = report_format(), value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// One row a query in place of the means (csv, tsv, markdown or latex)
    #[arg(long, requires = "format")]
    pub per_query: bool,
    /// Write the whole fused list of every judged query to FILE, as a TREC run
    #[arg(long, value_name = "FILE")]
    pub first_run: Option<PathBuf>,
    /// Write the whole reranked candidate set of every judged query to FILE, as a TREC run
    #[arg(long, value_name = "FILE")]
    pub reranked_run: Option<PathBuf>,
    /// Do not try other settings, which takes the most time in a large collection
    #[arg(long)]
    pub no_tune: bool,
    #[command(flatten)]
    pub gate: GateArgs,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

pub fn run(args: &EvalArgs) -> Result<()> {
    let options = args.engine.options(false)?;
    let judging = args.gate.measured(args.judging.options()?, options.settings.candidates);
    let options = EngineOptions { judging, ..options };
    if args.reranked_run.is_some() && options.settings.reranker.is_none() {
        return Err(Error::usage("--reranked-run with --rerank none: there is no reranked list to write"));
    }
    let format = if args.json { Format::Json } else { args.format.unwrap_or_default() };
    if args.per_query && !format.is_tabular() {
        return Err(Error::usage(format!("--per-query is a table, and {} is none", format.name()))
            .advise("--format csv, tsv, markdown or latex; json has every query by itself"));
    }
    if !args.gate.is_set() {
        format.check(&[])?;
    }
    let evaluation = settle(&options, args.quiet, !args.no_tune)?;
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
    let demands = args.gate.demands(&evaluation)?;
    match format {
        Format::Text => print(&(format.write(&evaluation, &demands)? + &gate::lines(&demands)))?,
        _ if args.per_query => {
            let table = TableKind::Queries.of(snapshot, collection);
            print_report(&format.table(&table, TableKind::Queries.words())?)?;
        }
        _ => print_report(&format.write(&evaluation, &demands)?)?,
    }
    unavailable(&evaluation)?;
    gate::unmet(&demands)
}

/// What the screen would show, as text.
pub fn findings(engine: &EngineArgs) -> Result<()> {
    let options = engine.options(false)?;
    let evaluation = settle(&options, false, true)?;
    print(&export::text::report(&evaluation.snapshot, &evaluation.collection))?;
    unavailable(&evaluation)
}

/// The settled answer, with progress on standard error on the way.
pub(super) fn settle(options: &EngineOptions, quiet: bool, tune: bool) -> Result<Evaluation> {
    super::interrupt::listen();
    let progress = RefCell::new(Progress::new(quiet));
    let reading = |reading: &Reading| progress.borrow_mut().read(reading);
    let tune = tune.then_some(Goal::Ndcg10);
    Evaluation::watched_from_the_start(options.clone(), tune, reading, |snapshot| {
        progress.borrow_mut().show(snapshot);
    })
}

/// The report is printed all the same, but a caller that asked for more than BM25 must notice.
pub(super) fn unavailable(evaluation: &Evaluation) -> Result<()> {
    match evaluation.unavailable() {
        Some(reason) => Err(Error::unavailable(format!("these are the numbers of BM25 alone: {reason}"))),
        None => Ok(()),
    }
}
