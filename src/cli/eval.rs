//! `eval`: the metrics without a screen; and the findings for a screen that is no terminal.

use std::path::PathBuf;
use std::sync::Arc;

use super::args::{EngineArgs, Format, JudgeArgs};
use super::print;
use super::progress::Progress;
use crate::corpus::Collection;
use crate::domain::QueryIdx;
use crate::engine::runs::Runs;
use crate::engine::{EngineOptions, Event, Focus, Request, Snapshot, StageState};
use crate::error::{Error, Result};
use crate::export;
use crate::tune::Goal;

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

/// The settled answer.
struct Outcome {
    collection: Arc<Collection>,
    snapshot: Arc<Snapshot>,
    runs: Runs,
}

pub fn run(args: &EvalArgs) -> Result<()> {
    let options = EngineOptions { judging: args.judging.options()?, ..args.engine.options(false)? };
    if args.reranked_run.is_some() && options.settings.reranker.is_none() {
        return Err(Error::usage("--reranked-run with --rerank none: there is no reranked list to write"));
    }
    let wants_runs = args.first_run.is_some() || args.reranked_run.is_some();
    let outcome = settle(&options, args.quiet, wants_runs)?;
    let Outcome { collection, snapshot, runs } = &outcome;
    if let Some(file) = &args.first_run {
        export::trec::write(file, &runs.first, collection, &snapshot.ran_name())?;
    }
    if let Some(file) = &args.reranked_run {
        export::trec::write(file, &runs.reranked, collection, &snapshot.settings.reranker.name())?;
    }
    match args.format {
        Format::Json => print(&export::json::report(snapshot, collection, &options)?)?,
        Format::Text => print(&export::text::report(snapshot, collection))?,
    }
    unavailable(snapshot)
}

/// What the screen would show, as text.
pub fn findings(engine: &EngineArgs) -> Result<()> {
    let options = engine.options(false)?;
    let outcome = settle(&options, false, false)?;
    print(&export::text::report(&outcome.snapshot, &outcome.collection))?;
    unavailable(&outcome.snapshot)
}

fn settle(options: &EngineOptions, quiet: bool, wants_runs: bool) -> Result<Outcome> {
    let mut progress = Progress::new(quiet);
    let mut collection: Option<Arc<Collection>> = None;
    super::drive(options.clone(), |engine, event| match event {
        Event::Failed(error) => Err(error),
        Event::News(_) => Ok(None),
        Event::Opened(opened) => {
            // Without judgments there are signals, of all queries.
            let first = opened.judged_queries().next().unwrap_or(QueryIdx(0));
            engine.request(Request {
                generation: 1,
                settings: options.settings.clone(),
                focus: Focus::Listed(first),
                inspect: None,
                tune: Some(Goal::Ndcg10),
            });
            collection = Some(opened);
            Ok(None)
        }
        Event::Snapshot(snapshot) => {
            progress.show(&snapshot);
            let (complete, judged) = snapshot.status.judged;
            match (&collection, snapshot.status.is_settled() && complete == judged) {
                (Some(collection), true) => Ok(Some(Outcome {
                    collection: Arc::clone(collection),
                    runs: if wants_runs { engine.runs()? } else { Runs::default() },
                    snapshot,
                })),
                _ => Ok(None),
            }
        }
    })
}

/// The report is printed all the same, but a caller that asked for more than BM25 must notice.
fn unavailable(snapshot: &Snapshot) -> Result<()> {
    for state in [&snapshot.status.dense, &snapshot.status.rerank] {
        if let StageState::Failed(reason) = state {
            return Err(Error::unavailable(format!("these are the numbers of BM25 alone: {reason}")));
        }
    }
    Ok(())
}
