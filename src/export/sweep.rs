//! A grid of settings with what each gave, as text, JSON and a table.

use std::fmt::Write as _;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::tables::{self, Table};
use crate::error::{Error, Result};
use crate::judge::Interval;
use crate::text::visible;

/// Every setting of a grid over the same judged queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sweep {
    /// What was swept, with its values in their order.
    pub axes: Vec<(String, Vec<String>)>,
    /// The metric that decides.
    pub by: String,
    pub queries: usize,
    pub folds: usize,
    /// Metrics of each cell's means; recall at a setting's own N is called `R@N`.
    pub metrics: Vec<String>,
    /// The deciding metric's mean under the settings as they are.
    pub current: f64,
    /// The last axis changes fastest.
    pub cells: Vec<Cell>,
    /// The place of the best cell; `None`: the settings as they are.
    pub best: Option<usize>,
    /// `None` for fewer than two queries.
    pub held_out: Option<HeldOut>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// By axis.
    pub values: Vec<String>,
    /// Mean of the deciding metric.
    pub value: f64,
    /// By metric.
    pub means: Vec<f64>,
    /// Whether these are the settings as they are.
    pub is_current: bool,
}

/// What the choice keeps on queries that it was not made on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOut {
    /// Mean of the best on the very queries that it was chosen on.
    pub in_sample: f64,
    /// Mean over all queries, each under what was chosen without it.
    pub held_out: f64,
    /// From the settings as they are to that.
    pub difference: f64,
    pub interval: Interval,
    /// What the folds chose, with the number that did.
    pub chosen: Vec<(String, usize)>,
}

/// `alpha=0.3 n=50`.
pub fn words<'a, A: Named>(axes: &[A], values: &[impl AsRef<str> + 'a]) -> String {
    let pairs = axes.iter().zip(values).map(|(axis, value)| format!("{}={}", axis.name(), value.as_ref()));
    pairs.collect::<Vec<_>>().join(" ")
}

/// Something with a name: an axis as it was written, or as it is kept.
pub trait Named {
    fn name(&self) -> &str;
}

impl Named for (String, Vec<String>) {
    fn name(&self) -> &str {
        &self.0
    }
}

impl Sweep {
    fn words(&self, cell: usize) -> String {
        words(&self.axes, &self.cells[cell].values)
    }

    /// Places of the cells, the best first; equal ones in the order of the grid.
    fn ranked(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.cells.len()).collect();
        places.sort_by(|&a, &b| self.cells[b].value.total_cmp(&self.cells[a].value));
        places
    }
}

/// The best `top` settings and what to make of the best.
pub fn text(sweep: &Sweep, top: usize) -> String {
    let mut out = format!(
        "{} settings by {}, {} queries; as they are: {:.4}\n\n",
        sweep.cells.len(),
        sweep.by,
        sweep.queries,
        sweep.current
    );
    let widths: Vec<usize> = (sweep.axes.iter())
        .map(|(name, values)| values.iter().chain([name]).map(|word| word.width()).max().unwrap_or(0))
        .collect();
    let cell = |word: &str, width: usize| {
        let word = visible(word).into_owned();
        let room = width.saturating_sub(word.width());
        format!("{word}{}  ", " ".repeat(room))
    };
    for ((name, _), &width) in sweep.axes.iter().zip(&widths) {
        out += &cell(name, width);
    }
    let _ = writeln!(out, "{:>8}  {:>8}", sweep.by, "± now");
    for place in sweep.ranked().into_iter().take(top) {
        let of = &sweep.cells[place];
        for (value, &width) in of.values.iter().zip(&widths) {
            out += &cell(value, width);
        }
        let mark = match (sweep.best == Some(place), of.is_current) {
            (true, _) => "  ◆ best",
            (_, true) => "  ● now",
            _ => "",
        };
        let width = sweep.by.len().max(8);
        let _ = writeln!(out, "{:>width$.4}  {:>+8.4}{mark}", of.value, of.value - sweep.current);
    }
    if sweep.cells.len() > top {
        let _ = writeln!(out, "and {} more", sweep.cells.len() - top);
    }
    out.push('\n');
    out += &advice(sweep);
    out
}

fn advice(sweep: &Sweep) -> String {
    let Some(held) = &sweep.held_out else {
        return "too few queries for a cross-validation: the best here may be chance\n".to_owned();
    };
    let mut out = String::new();
    match sweep.best {
        None => out += "nothing in the grid is better than the settings as they are\n",
        Some(best) => {
            let _ = writeln!(
                out,
                "best: {}, {} {:.4} ({:+.4}) on the queries that it was chosen on",
                visible(&sweep.words(best)),
                sweep.by,
                held.in_sample,
                held.in_sample - sweep.current
            );
        }
    }
    let _ = writeln!(
        out,
        "cross-validated ({} folds): {:.4}, {:+.4} against the settings as they are, 95 % [{:+.4}, {:+.4}]{}",
        sweep.folds,
        held.held_out,
        held.difference,
        held.interval.low,
        held.interval.high,
        if held.interval.low > 0.0 { "" } else { ": it may gain nothing on other queries" }
    );
    let chosen: Vec<String> =
        held.chosen.iter().map(|(words, folds)| format!("{} ({folds})", visible(words))).collect();
    let _ = writeln!(out, "chosen by fold: {}", chosen.join(", "));
    out
}

/// A row a setting, in the order of the grid.
pub fn table(sweep: &Sweep) -> Table {
    let names = sweep.axes.iter().map(|(name, _)| name.clone());
    let mut table = Table::new(names.chain(sweep.metrics.iter().cloned()).collect());
    for cell in &sweep.cells {
        let values = cell.values.iter().map(|value| tables::Cell::from(value.as_str()));
        table.rows.push(values.chain(cell.means.iter().map(|&mean| tables::Cell::from(mean))).collect());
    }
    table
}

/// One line of JSON, ending in a line feed.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn json(sweep: &Sweep) -> Result<String> {
    #[derive(Serialize)]
    struct Report<'a> {
        schema: u32,
        #[serde(flatten)]
        sweep: &'a Sweep,
    }
    let text = serde_json::to_string(&Report { schema: 1, sweep });
    Ok(text.map_err(|e| Error::bug(format!("JSON: {e}")))? + "\n")
}
