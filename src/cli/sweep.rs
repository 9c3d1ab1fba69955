//! `sweep`: every setting of a grid over all judged queries, the best by a metric, and what
//! cross-validation expects of it.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::ValueEnum;

use super::args::{EngineArgs, JudgeArgs, needs_model};
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

/// More settings than this are asked for by mistake more often than on purpose.
const MOST: usize = 2_000;
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

/// One setting with the values that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    pub name: String,
    pub values: Vec<String>,
}

impl export_sweep::Named for Axis {
    fn name(&self) -> &str {
        &self.name
    }
}

/// Reads `alpha=0:1:.05` or `n=20,50,100`.
pub fn axis(written: &str) -> Result<Axis, String> {
    let (name, values) = written.split_once('=').ok_or("it is written NAME=VALUES, as in alpha=0:1:.1")?;
    let values: Vec<String> = match values.split(':').collect::<Vec<_>>().as_slice() {
        // A service's name has colons, too; then it is no range of numbers.
        [from, to, step] if from.trim().parse::<f64>().is_ok() => range(from, to, step)?,
        _ => {
            values.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
        }
    };
    if values.is_empty() {
        return Err("there is no value".to_owned());
    }
    if let Some(twice) = (1..values.len()).find(|&at| values[..at].contains(&values[at])) {
        return Err(format!("{} is there twice", values[twice]));
    }
    Ok(Axis { name: name.trim().to_owned(), values })
}

/// From, to and step, both ends included. Counted in the decimals that were written, so that .1 + .2 is .3.
fn range(from: &str, to: &str, step: &str) -> Result<Vec<String>, String> {
    let number = |text: &str| -> Result<f64, String> {
        let number = text.trim().parse::<f64>().map_err(|_| format!("{text:?} is not a number"))?;
        if number.is_finite() { Ok(number) } else { Err(format!("{text:?} is not a number")) }
    };
    let decimals = |text: &str| text.trim().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let places = [from, to, step].into_iter().map(decimals).max().unwrap_or(0);
    let (low, high, step) = (number(from)?, number(to)?, number(step)?);
    if step <= 0.0 || high < low {
        return Err(format!("{from}:{to}:{step} is empty: it is FROM:TO:STEP, with a step above 0"));
    }
    let steps = ((high - low) / step + 1e-9).floor();
    if steps >= MOST as f64 {
        return Err(format!("that is more than {MOST} values"));
    }
    Ok((0..=steps as usize).map(|at| format!("{:.places$}", low + at as f64 * step)).collect())
}

/// Every combination, the last axis changing fastest.
fn grid(axes: &[Axis]) -> Vec<Vec<&str>> {
    let mut cells: Vec<Vec<&str>> = vec![Vec::new()];
    for axis in axes {
        let mut longer = Vec::with_capacity(cells.len() * axis.values.len());
        for cell in &cells {
            longer.extend(axis.values.iter().map(|value| [cell.as_slice(), &[value.as_str()]].concat()));
        }
        cells = longer;
    }
    cells
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
    let progress = !args.quiet && std::io::stderr().is_terminal();
    let mut ask = |settings: &crate::domain::Settings, doing: &str| -> Result<Side> {
        if progress {
            let _ = write!(std::io::stderr(), "\r\x1b[K{doing}");
        }
        let snapshot = session.ask(Ask::of(settings.clone()), |_| {})?;
        ran(doing, &snapshot)?;
        Ok(Side::of(doing, &snapshot, &session.collection, which))
    };
    // The settings as they are come first: every choice is held against them.
    let now = ask(&options.settings, "the settings as they are")?;
    let mut sides = Vec::with_capacity(cells.len());
    for (values, settings) in cells.iter().zip(&settings) {
        sides.push(ask(settings, &export_sweep::words(&args.over, values))?);
    }
    if progress {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn values(written: &str) -> Vec<String> {
        axis(written).unwrap().values
    }

    /// Trap: .1 added three times is not .3, and 0 to 1 by .05 may lack its end.
    #[test]
    fn a_range_has_both_ends_and_no_stray_decimals() {
        assert_eq!(values("alpha=0:.3:.1"), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(values("alpha=0:1:.05").len(), 21);
        assert_eq!(values("alpha=0:1:.05")[20], "1.00");
        assert_eq!(values("n=10:50:20"), ["10", "30", "50"]);
        assert_eq!(values("n=10:45:20"), ["10", "30"]);
        assert_eq!(values("alpha=.5:.5:.1"), ["0.5"]);
    }

    #[test]
    fn values_may_be_names_and_names_may_have_colons() {
        assert_eq!(values("method=rrf, convex"), ["rrf", "convex"]);
        assert_eq!(values("rerank=none,A@100 > B@20"), ["none", "A@100 > B@20"]);
        assert_eq!(values("rerank=tei:http://localhost:80"), ["tei:http://localhost:80"]);
    }

    #[test]
    fn what_is_no_grid_is_refused() {
        for wrong in ["alpha", "alpha=", "alpha=1:0:.1", "alpha=0:1:0", "alpha=0:1:x", "n=5,5", "n=0:1:1e-9"]
        {
            assert!(axis(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_first_axis_changes_least_often() {
        let axes = [axis("a=1,2").unwrap(), axis("b=x,y,z").unwrap()];
        let cells = grid(&axes);
        assert_eq!(cells.len(), 6);
        assert_eq!((&*cells[0], &*cells[1], &*cells[3]), (&["1", "x"][..], &["1", "y"][..], &["2", "x"][..]));
    }
}
