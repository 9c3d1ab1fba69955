//! `rerankers`: several second stages over the same candidates, one after the other in one engine.

use std::sync::Arc;

use super::args::{EngineArgs, Format, OutputArgs};
use super::print;
use super::progress::Progress;
use crate::corpus::Collection;
use crate::domain::{SecondStage, Settings};
use crate::engine::{Ask, EngineOptions, Snapshot};
use crate::error::{Error, Result};
use crate::export::rerankers;

#[derive(Debug, clap::Args)]
pub struct RerankersArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Plans to hold against that of --rerank, separated by commas
    #[arg(long, value_name = "PLAN,PLAN", value_delimiter = ',', required = true)]
    pub compare: Vec<SecondStage>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

pub fn run(args: &RerankersArgs) -> Result<()> {
    let mut options = args.engine.options(false)?;
    let mut plans = vec![options.settings.reranker.clone()];
    plans.extend(args.compare.iter().cloned());
    if let Some(at) = (1..plans.len()).find(|&at| plans[..at].contains(&plans[at])) {
        return Err(Error::usage(format!("{} is compared with itself", plans[at]))
            .advise("name each plan once; the first is that of --rerank"));
    }
    if plans.iter().any(SecondStage::is_none) {
        return Err(Error::usage("\"none\" is no reranker to compare")
            .advise("`rankscope eval` prints the first stage beside the reranked list"));
    }
    options.use_model |= plans.iter().any(SecondStage::needs_embedding);
    let (answers, collection) = settle(&options, &plans, args.quiet)?;
    let comparison = rerankers::compare(&answers, &collection);
    print(&match args.output.format() {
        Format::Json => rerankers::json(&comparison)?,
        Format::Text => rerankers::text(&comparison),
    })?;
    match comparison.plans.iter().find_map(|column| Some((&column.plan, column.failed.as_ref()?))) {
        Some((plan, why)) => Err(Error::unavailable(format!("{plan} did not run: {why}"))),
        None => Ok(()),
    }
}

/// The settled answer under each plan.
fn settle(
    options: &EngineOptions,
    plans: &[SecondStage],
    quiet: bool,
) -> Result<(Vec<Arc<Snapshot>>, Arc<Collection>)> {
    let mut progress = Progress::new(quiet);
    let mut session = super::open_session(options.clone(), quiet)?;
    let collection = Arc::clone(&session.collection);
    if collection.judged_queries().next().is_none() {
        return Err(Error::input("no query of this collection is judged, so nothing can be compared")
            .in_file(&collection.folder));
    }
    let mut answers = Vec::with_capacity(plans.len());
    for plan in plans {
        let settings = Settings { reranker: plan.clone(), ..options.settings.clone() };
        answers.push(session.ask(Ask::of(settings), |snapshot| progress.show(snapshot))?);
    }
    Ok((answers, collection))
}
