//! The findings as Markdown (CommonMark with tables), for a pull request or a wiki: verdict, metrics,
//! languages, fates, warnings. Text from files is made harmless and escaped.

use std::fmt::Write as _;

use super::tables::{Cell, Table, TableKind};
use super::text;
use crate::corpus::Collection;
use crate::engine::Snapshot;
use crate::judge::{Demand, Gain, Metric, MetricKind};
use crate::text::visible;

/// Columns of the table of metrics that a reader of a page looks for.
const METRICS: [&str; 8] =
    ["metric", "first", "reranked", "ceiling", "share_of_gain", "low", "high", "p_holm"];

/// The whole report.
pub fn report(snapshot: &Snapshot, collection: &Collection, demands: &[Demand]) -> String {
    let mut out = format!("# rankscope: {}\n\n", escaped(&collection.name));
    let _ = writeln!(
        out,
        "{} judged queries of {}, {} passages, {} languages. {}.\n",
        collection.judged_queries().count(),
        collection.queries.len(),
        collection.passages.len(),
        collection.languages().len(),
        escaped(&text::setting_line(snapshot))
    );
    if !snapshot.verdict.is_empty() {
        let _ = writeln!(out, "**Verdict:** {}\n", escaped(&snapshot.verdict));
    }
    if !demands.is_empty() {
        out.push_str("## Demands\n\n");
        for demand in demands {
            let sign = if demand.met { "✓" } else { "✗" };
            let _ = writeln!(out, "- {sign} {}: {}", escaped(&demand.words), escaped(&demand.answer));
        }
        out.push('\n');
    }
    let tables = [
        ("Metrics", TableKind::Metrics.of(snapshot, collection).only(METRICS).without_empty_columns()),
        (
            "Languages",
            TableKind::Languages
                .of(snapshot, collection)
                .only(language_columns(snapshot))
                .without_empty_columns(),
        ),
        ("Golds by fate", TableKind::Fates.of(snapshot, collection)),
    ];
    for (name, table) in tables.iter().filter(|(_, table)| !table.rows.is_empty()) {
        let _ = writeln!(out, "## {name}\n\n{}", write(table));
    }
    if !snapshot.warnings.is_empty() {
        out.push_str("## Warnings\n\n");
        for warning in &snapshot.warnings {
            let _ = writeln!(out, "- {}", escaped(warning));
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The columns of the table of languages that fit a page: a recall and an nDCG, before and after.
pub(super) fn language_columns(snapshot: &Snapshot) -> Vec<String> {
    let shown = |metric: &&Metric| matches!(metric.kind, MetricKind::Recall | MetricKind::Ndcg(Gain::Linear));
    let mut columns = vec!["language".to_owned(), "queries".to_owned()];
    for metric in snapshot.metrics.iter().filter(shown).filter(|metric| !metric.condensed) {
        columns.extend(["first", "reranked"].map(|list| format!("{metric} {list}")));
    }
    columns.push("verdict".to_owned());
    columns
}

/// One table; a line feed ends it.
pub fn write(table: &Table) -> String {
    let mut out = String::new();
    row(&mut out, table.columns.iter().map(|name| escaped(name)));
    let numeric = (0..table.columns.len()).map(|at| table.is_numeric(at));
    row(&mut out, numeric.map(|numeric| if numeric { "---:" } else { "---" }.to_owned()));
    for cells in &table.rows {
        row(&mut out, cells.iter().map(cell));
    }
    out
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => escaped(text),
        Cell::Number(number) => format!("{number:.4}"),
        Cell::Count(count) => count.to_string(),
        Cell::Missing => "–".to_owned(),
    }
}

/// A text in which nothing is markup: neither Markdown's nor HTML's.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '>' => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}
