//! `compare`: two settings, two runs or two saved reports on the same queries.

use std::path::PathBuf;

use clap::ValueEnum;

use super::args::{EngineArgs, Format, JudgeArgs, OutputArgs};
use super::gate::{self, Bound, bound};
use super::print;
use super::side::{Asked, SideSpec, Sides};
use crate::engine::compare::{Comparison, Question, Side, Which};
use crate::engine::{EngineOptions, JudgeOptions};
use crate::error::{Error, Result};
use crate::export::comparison;
use crate::judge::{Metric, default_metrics};

/// Said of the words in front of the options.
const WORDS: &str = "Two sides and the collection, in any order; one side alone is held against the settings as \
    they are. A side is: now, settings (alpha=.5,n=50), FILE.toml with settings, a TREC run, or FILE.json of eval \
    --json";

#[derive(Debug, clap::Args)]
#[command(
    override_usage = "rankscope compare [OPTIONS] [A] <B> [COLLECTION]",
    mut_arg("collection", |arg| arg.index(1).value_name("A B COLLECTION").help(WORDS)),
    after_help = "Examples:
  rankscope compare alpha=.3,n=100 my/collection              the settings as they are against others
  rankscope compare method=rrf method=convex,alpha=.7 my/collection
  rankscope compare old.run new.run my/collection             another engine's lists, as TREC runs
  rankscope compare old.run new.run --qrels qrels             the same without any texts
  rankscope compare before.json after.json                    reports that `eval --json` wrote
  rankscope compare before.json now my/collection             what has changed since
  rankscope compare new.toml my/collection --max-drop ndcg@10=0.01 --significant    for a build"
)]
pub struct CompareArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[arg(index = 2, value_name = "WORD", num_args = 0..=2, hide = true)]
    pub words: Vec<String>,
    #[command(flatten)]
    pub judging: JudgeArgs,
    /// The first side, said by a flag
    #[arg(long, value_name = "SIDE")]
    pub a: Option<String>,
    /// The other side, which is held against the first
    #[arg(long, value_name = "SIDE")]
    pub b: Option<String>,
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
    let words = args.engine.collection.iter().map(|word| word.display().to_string());
    let words: Vec<String> = words.chain(args.words.iter().cloned()).collect();
    let asked = Asked::read(&words, args.a.as_deref(), args.b.as_deref())?;
    let judging = args.judging.options()?;
    let [a, b] = sides(args, asked, &judging)?;
    a.must_be_like(&b)?;
    let question = Question { by: args.by, terms: judging.terms, tuned_on_these: args.tuned };
    let found = Comparison::of(&a, &b, &question);
    if found.queries == 0 {
        return Err(Error::input("no query is judged on both sides, so nothing can be compared"));
    }
    let demands = gate::drops_of_compare(&args.max_drop, &found, args.significant);
    print(&match args.output.format() {
        Format::Json => comparison::json(&found, &demands)?,
        Format::Text => comparison::text(&found, args.shown) + &gate::lines(&demands),
    })?;
    gate::unmet(&demands)
}

fn sides(args: &CompareArgs, asked: Asked, judging: &JudgeOptions) -> Result<[Side; 2]> {
    let Asked { sides: specs, collection } = asked;
    let which = match args.lists {
        Lists::Delivered => Which::Delivered,
        Lists::First => Which::First,
    };
    if let [SideSpec::Saved(a), SideSpec::Saved(b)] = &specs {
        return Ok([super::saved::side(a, which)?, super::saved::side(b, which)?]);
    }
    let runs: Vec<&PathBuf> = specs.iter().filter_map(SideSpec::run).collect();
    let mut engine = EngineArgs { collection, ..args.engine.clone() };
    let of_ours = specs.iter().any(|spec| matches!(spec, SideSpec::Changed(_))) || !engine.legs.is_empty();
    let without_texts = engine.collection.is_none() && engine.input.stands_alone();
    if let (Some(run), false, true) = (runs.first(), of_ours, without_texts) {
        // No side is of this engine's making, so the runs are all there is of legs.
        engine.legs = vec![format!("run={}", run.display())];
    }
    let options = engine.options(false)?;
    let mut options =
        EngineOptions { judging: measured(args, judging, options.settings.candidates), ..options };
    if let Some(ids_from) = &mut options.read.ids_from {
        ids_from.extend(runs.into_iter().cloned());
    }
    for spec in &specs {
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
