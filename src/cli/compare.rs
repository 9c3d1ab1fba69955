//! `compare`: two settings, two runs or two saved reports on the same queries.

use clap::ValueEnum;

use super::args::{EngineArgs, Format, JudgeArgs, OutputArgs};
use super::gate::{self, Bound, bound};
use super::print;
use super::side::{SideSpec, Sides};
use crate::engine::compare::{Comparison, Question, Which};
use crate::engine::{EngineOptions, JudgeOptions};
use crate::error::{Error, Result};
use crate::export::comparison;
use crate::judge::{Metric, default_metrics};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rankscope compare my/collection --b alpha=.3,n=100         the settings as they are against others
  rankscope compare my/collection --a method=rrf --b method=convex,alpha=.7
  rankscope compare my/collection --a old.run --b new.run    another engine's lists, as TREC runs
  rankscope compare --a before.json --b after.json           reports that `eval --json` wrote
  rankscope compare my/collection --b new.toml --max-drop ndcg@10=0.01 --significant    for a build")]
pub struct CompareArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub judging: JudgeArgs,
    /// One side: settings (alpha=.5,n=50), FILE.toml with settings, a TREC run, or FILE.json of eval --json
    #[arg(long, value_name = "SIDE", default_value = "now")]
    pub a: String,
    /// The other side, which is held against the first
    #[arg(long, value_name = "SIDE")]
    pub b: String,
    /// Which lists are compared
    #[arg(long, value_enum, default_value_t = Lists::Delivered)]
    pub lists: Lists,
    /// The metric by which queries are ordered
    #[arg(long, value_name = "METRIC", default_value = "nDCG@10")]
    pub by: Metric,
    /// B was chosen with these very queries: its p-values are exploratory, and are called so
    #[arg(long)]
    pub tuned: bool,
    /// Changed queries that the text names; JSON has them all
    #[arg(long = "show", id = "shown", value_name = "COUNT", default_value_t = 20)]
    pub shown: usize,
    /// End with exit code 1 if B's METRIC is more than VALUE below A's; may be given several times
    #[arg(long, value_name = "METRIC=VALUE", value_parser = bound)]
    pub max_drop: Vec<Bound>,
    /// A drop counts only where it is unlikely to be chance: randomisation test over the queries, p < .05
    #[arg(long, requires = "max_drop")]
    pub significant: bool,
    #[command(flatten)]
    pub output: OutputArgs,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

/// Which of the two lists of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lists {
    /// What is delivered: reranked, where there is a second stage
    Delivered,
    /// The first stage's
    First,
}

pub fn run(args: &CompareArgs) -> Result<()> {
    let specs = [SideSpec::read(&args.a)?, SideSpec::read(&args.b)?];
    if specs[0] == specs[1] {
        return Err(Error::usage(format!("{} is compared with itself", args.b))
            .advise("--b says what the other side is: alpha=.3, FILE.toml, a run, FILE.json"));
    }
    let judging = args.judging.options()?;
    let [a, b] = sides(args, &specs, &judging)?;
    let question = Question { by: args.by, terms: judging.terms, tuned_on_these: args.tuned };
    let found = Comparison::of(&a, &b, &question);
    if found.queries == 0 {
        return Err(Error::input("no query is judged on both sides, so nothing can be compared"));
    }
    let demands = gate::drops_of_compare(&args.max_drop, &found, args.significant);
    print(&match args.output.format() {
        Format::Json => comparison::json(&found)?,
        Format::Text => comparison::text(&found, args.shown) + &gate::lines(&demands),
    })?;
    gate::unmet(&demands)
}

fn sides(
    args: &CompareArgs,
    specs: &[SideSpec; 2],
    judging: &JudgeOptions,
) -> Result<[crate::engine::compare::Side; 2]> {
    let which = match args.lists {
        Lists::Delivered => Which::Delivered,
        Lists::First => Which::First,
    };
    if let [SideSpec::Saved(a), SideSpec::Saved(b)] = specs {
        return Ok([super::saved::side(a, which)?, super::saved::side(b, which)?]);
    }
    let options = args.engine.options(false)?;
    let mut options =
        EngineOptions { judging: measured(args, judging, options.settings.candidates), ..options };
    for spec in specs {
        let sides = Sides { options: &options, which, quiet: args.quiet, session: None };
        if let Some(settings) = sides.settings(spec)? {
            options.use_model |= super::args::needs_model(&settings, &options.legs);
        }
    }
    let mut sides = Sides { options: &options, which, quiet: args.quiet, session: None };
    Ok([sides.judged("A", &specs[0])?, sides.judged("B", &specs[1])?])
}

/// What is asked for, with the metrics that order queries or are demanded. Unless metrics were named, those
/// at N follow each side's own N.
fn measured(args: &CompareArgs, judging: &JudgeOptions, candidates: usize) -> JudgeOptions {
    let wanted = args.max_drop.iter().map(|bound| bound.metric).chain([args.by]);
    let known = judging.metrics.clone().unwrap_or_else(|| default_metrics(candidates));
    let missing: Vec<Metric> = wanted.filter(|metric| !known.contains(metric)).collect();
    match missing.is_empty() {
        true => judging.clone(),
        false => JudgeOptions { metrics: Some([known, missing].concat()), ..judging.clone() },
    }
}
