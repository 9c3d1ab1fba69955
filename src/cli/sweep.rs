//! `sweep`: every setting of a grid over all judged queries, the best by a metric, and what
//! cross-validation expects of it.

use std::path::PathBuf;

use clap::ValueEnum;

use super::args::{EngineArgs, JudgeArgs, needs_model};
use super::grid::{Axis, MOST, axis, grid};
use super::progress::Progress;
use super::side::ran;
use super::{print, print_report};
use crate::config::Patch;
use crate::engine::compare::{Side, Which};
use crate::engine::{Ask, EngineOptions, JudgeOptions};
use crate::error::{Error, Result};
use crate::export::sweep::{Cell, Sweep};
use crate::export::{self, sweep as export_sweep};
use crate::judge::{Metric, Terms, default_metrics};
use crate::tune::{Folds, Resampling, cross_validate_cells};

/// Folds of the cross-validation.
const FOLDS: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rankscope sweep my/collection --over alpha=0:1:.1
  rankscope sweep my/collection --over method=rrf,convex --over n=20,50,100 --by P@5
  rankscope sweep my/collection --over k1=.6:1.8:.2 --over b=0:1:.25 --lists first --rerank none
  rankscope sweep my/collection --over alpha=0:1:.1 --over n=20,50,100 --svg heat.svg
  rankscope sweep my/collection --over reranker=none,late-interaction --format csv > sweep.csv

The first --over changes least often: put what is slow to change (reranker, analyzer, k1) first.")]
pub struct SweepArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub judging: JudgeArgs,
    /// A setting and its values: NAME=FROM:TO:STEP or NAME=VALUE,VALUE; several make a grid
    #[arg(long, value_name = "NAME=VALUES", required = true, value_parser = axis)]
    pub over: Vec<Axis>,
    /// The metric by which the best is chosen
    #[arg(long, value_name = "METRIC", default_value = "nDCG@10")]
    pub by: Metric,
    /// Which lists are measured
    #[arg(long, value_enum, default_value_t = super::compare::Lists::Delivered)]
    pub lists: super::compare::Lists,
    /// How to print the settings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Draw the metric over one or two swept settings into FILE
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Settings that the text names, the best first
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub top: usize,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Csv,
    Tsv,
    Markdown,
}

pub fn run(args: &SweepArgs) -> Result<()> {
    let cells = grid(&args.over);
    if cells.len() > MOST {
        return Err(Error::usage(format!("{} settings: at most {MOST} are tried at once", cells.len()))
            .advise("take larger steps, or fewer settings at a time"));
    }
    if args.svg.is_some() && args.over.len() > 2 {
        return Err(Error::usage("--svg draws one or two swept settings").advise("leave one --over out"));
    }
    let found = sweep(args, &cells)?;
    if let Some(file) = &args.svg {
        let picture = export::plot::grid(&found);
        std::fs::write(file, picture).map_err(|e| Error::io("cannot write", file, &e))?;
    }
    match if args.json { Format::Json } else { args.format } {
        Format::Text => print(&export_sweep::text(&found, args.top)),
        Format::Json => print_report(&export_sweep::json(&found)?),
        tabular => {
            let format = match tabular {
                Format::Tsv => export::Format::Tsv,
                Format::Markdown => export::Format::Markdown,
                _ => export::Format::Csv,
            };
            print_report(&format.table(&export_sweep::table(&found), "")?)
        }
    }
}

fn sweep(args: &SweepArgs, cells: &[Vec<&str>]) -> Result<Sweep> {
    let options = args.engine.options(false)?;
    let legs: Vec<String> = options.legs.iter().map(|leg| leg.name.clone()).collect();
    let settings = cells
        .iter()
        .map(|values| {
            let names = args.over.iter().map(|axis| axis.name.as_str());
            Patch::of(&names.zip(values.iter().copied()).collect::<Vec<_>>())?.over(&options.settings, &legs)
        })
        .collect::<Result<Vec<_>>>()?;
    let judging = judging(args, options.settings.candidates)?;
    let needs = settings.iter().any(|settings| needs_model(settings, &options.legs));
    let options = EngineOptions { use_model: options.use_model || needs, judging, ..options };
    let which = match args.lists {
        super::compare::Lists::Delivered => Which::Delivered,
        super::compare::Lists::First => Which::First,
    };
    let mut session = super::open_session(options.clone(), args.quiet)?;
    if session.collection.judged_queries().next().is_none() {
        return Err(Error::input(
            "no query of this collection is judged, so no setting is better than another",
        )
        .in_file(&session.collection.folder));
    }
    let mut progress = Progress::new(args.quiet);
    let mut ask = |settings: &crate::domain::Settings, doing: &str, nth: usize| -> Result<Side> {
        progress.count("settings", nth, cells.len());
        let snapshot = session.ask(Ask::of(settings.clone()), |_| {})?;
        ran(doing, &snapshot)?;
        Ok(Side::of(doing, &snapshot, &session.collection, which))
    };
    // The settings as they are come first: every choice is held against them.
    let now = ask(&options.settings, "the settings as they are", 0)?;
    let mut sides = Vec::with_capacity(cells.len());
    for (nth, (values, settings)) in cells.iter().zip(&settings).enumerate() {
        sides.push(ask(settings, &export_sweep::words(&args.over, values), nth)?);
    }
    drop(progress);
    let distances = distances(args, cells, &options.settings, &legs)?;
    measured(args, cells, &now, &sides, &distances)
}

/// The metrics that are asked for, with the one that decides. Tests are not: they would be of the first
/// stage against the second, in every cell.
fn judging(args: &SweepArgs, candidates: usize) -> Result<JudgeOptions> {
    let judging = args.judging.options()?;
    let mut metrics = judging.metrics.clone().unwrap_or_else(|| default_metrics(candidates));
    if !metrics.contains(&args.by) {
        metrics.push(args.by);
    }
    // By default metrics at N follow each setting's own N; one that decides must be the same everywhere.
    let named = judging.metrics.is_some() || !default_metrics(usize::MAX).contains(&args.by);
    Ok(JudgeOptions {
        metrics: named.then_some(metrics),
        terms: Terms { rounds: 1, ..judging.terms },
        ..judging
    })
}

/// By cell: how many of the swept settings it changes.
fn distances(
    args: &SweepArgs,
    cells: &[Vec<&str>],
    now: &crate::domain::Settings,
    legs: &[String],
) -> Result<Vec<usize>> {
    let changes = |name: &str, value: &str| Ok(Patch::of(&[(name, value)])?.over(now, legs)? != *now);
    let distance = |cell: &Vec<&str>| -> Result<usize> {
        let pairs = args.over.iter().zip(cell);
        pairs.map(|(axis, value)| changes(&axis.name, value).map(usize::from)).sum()
    };
    cells.iter().map(distance).collect()
}

/// What each setting gave, and which is to be chosen: of equally good ones that which changes least.
fn measured(
    args: &SweepArgs,
    cells: &[Vec<&str>],
    now: &Side,
    sides: &[Side],
    distances: &[usize],
) -> Result<Sweep> {
    let mut nearest: Vec<usize> = (0..cells.len()).collect();
    nearest.sort_by_key(|&cell| distances[cell]);
    let column = |side: &Side| -> Result<Vec<f64>> {
        let at = side.metrics.iter().position(|metric| *metric == args.by);
        let at = at.ok_or_else(|| Error::bug(format!("{} was not measured", args.by)))?;
        if side.queries.len() != now.queries.len() {
            return Err(Error::bug("a setting was measured on other queries"));
        }
        Ok(side.queries.iter().map(|query| query.values[at]).collect())
    };
    let current = column(now)?;
    let values = sides.iter().map(column).collect::<Result<Vec<_>>>()?;
    let mut strata: Vec<&str> = now.queries.iter().map(|query| query.language.as_str()).collect();
    let of_query = strata.clone();
    strata.sort_unstable();
    strata.dedup();
    let numbers: Vec<usize> =
        of_query.iter().map(|language| strata.binary_search(language).unwrap_or(0)).collect();
    let folds = Folds::stratified(&numbers, FOLDS, crate::judge::SEED);
    let value = |cell: usize, query: usize| match cell {
        0 => current[query],
        cell => values[nearest[cell - 1]][query],
    };
    let held = cross_validate_cells(cells.len() + 1, &folds, &value, Resampling::default(), &|| false)
        .map_err(|_| Error::bug("nothing cancels a sweep"))?;
    let means = |side: &Side| -> Vec<f64> {
        let count = side.queries.len().max(1) as f64;
        (0..side.metrics.len())
            .map(|at| side.queries.iter().map(|q| q.values[at]).sum::<f64>() / count)
            .collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    Ok(Sweep {
        axes: args.over.iter().map(|axis| (axis.name.clone(), axis.values.clone())).collect(),
        by: args.by.to_string(),
        queries: now.queries.len(),
        folds: folds.count(),
        metrics: now.metrics.iter().map(|metric| now.at_n(metric)).collect(),
        current: mean(&current),
        cells: cells
            .iter()
            .zip(sides.iter().zip(&values))
            .zip(distances)
            .map(|((cell, (side, values)), &distance)| Cell {
                values: cell.iter().map(|&value| value.to_owned()).collect(),
                value: mean(values),
                means: means(side),
                is_current: distance == 0,
            })
            .collect(),
        best: held.as_ref().and_then(|held| held.choice.checked_sub(1)).map(|choice| nearest[choice]),
        held_out: held.map(|held| export_sweep::HeldOut {
            in_sample: held.in_sample,
            held_out: held.held_out,
            difference: held.difference,
            interval: held.interval,
            chosen: held
                .chosen()
                .into_iter()
                .map(|(cell, folds)| {
                    let words = cell.checked_sub(1).map_or_else(
                        || "the settings as they are".to_owned(),
                        |cell| export_sweep::words(&args.over, &cells[nearest[cell]]),
                    );
                    (words, folds)
                })
                .collect(),
        }),
    })
}
