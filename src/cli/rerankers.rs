//! `rerankers`: several second stages over the same candidates, one after the other in one engine.

use std::sync::Arc;

use super::args::{EngineArgs, Format};
use super::print;
use super::progress::Progress;
use crate::corpus::Collection;
use crate::domain::{QueryIdx, SecondStage};
use crate::engine::{EngineOptions, Event, Focus, Request, Snapshot};
use crate::error::{Error, Result};
use crate::export::rerankers;

#[derive(Debug, clap::Args)]
pub struct RerankersArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Plans to hold against that of --rerank, separated by commas
    #[arg(long, value_name = "PLAN,PLAN", value_delimiter = ',', required = true)]
    pub compare: Vec<SecondStage>,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
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
    print(&match args.format {
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
    let mut collection: Option<Arc<Collection>> = None;
    let mut answers: Vec<Arc<Snapshot>> = Vec::new();
    let request = |at: usize, opened: &Collection| Request {
        generation: at as u64 + 1,
        settings: crate::domain::Settings { reranker: plans[at].clone(), ..options.settings.clone() },
        focus: Focus::Listed(opened.judged_queries().next().unwrap_or(QueryIdx(0))),
        inspect: None,
        tune: None,
        trace: None,
        whole: false,
    };
    super::drive(options.clone(), |engine, event| match (event, &collection) {
        (Event::Failed(error), _) => Err(error),
        (Event::Opened(opened), _) => {
            if opened.judged_queries().next().is_none() {
                return Err(Error::input(
                    "no query of this collection is judged, so nothing can be compared",
                )
                .in_file(&opened.folder));
            }
            engine.request(request(0, &opened));
            collection = Some(opened);
            Ok(None)
        }
        (Event::Snapshot(snapshot), Some(opened)) => {
            progress.show(&snapshot);
            let (complete, judged) = snapshot.status.judged;
            let is_of = snapshot.stamp.generation == answers.len() as u64 + 1;
            if is_of && snapshot.status.is_settled() && complete == judged {
                answers.push(snapshot);
                if answers.len() < plans.len() {
                    engine.request(request(answers.len(), opened));
                } else {
                    return Ok(Some((std::mem::take(&mut answers), Arc::clone(opened))));
                }
            }
            Ok(None)
        }
        (Event::Snapshot(_), None) | (Event::News(_), _) => Ok(None),
        (Event::Reading(reading), _) => {
            progress.read(&reading);
            Ok(None)
        }
    })
}
