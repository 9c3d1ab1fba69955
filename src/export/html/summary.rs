//! The parts of the page that are about all queries: verdict, metrics, fates, other settings, languages.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{charts, number, part};
use crate::corpus::Collection;
use crate::domain::Fate;
use crate::engine::{BestCell, HeatMap, Snapshot};
use crate::export::tables::fate;
use crate::export::{Cell, Table, TableKind, markdown};
use crate::judge::Demand;
use crate::text::visible;
use crate::tune::CellMean;

pub fn verdict(snapshot: &Snapshot, demands: &[Demand]) -> Markup {
    let content = html! {
        @if snapshot.verdict.is_empty() {
            p { "No verdict: no query is judged." }
        } @else {
            p.verdict { (visible(&snapshot.verdict)) }
        }
        @if let Some(verdict) = &snapshot.findings {
            @if !verdict.reasons.is_empty() {
                ul { @for reason in &verdict.reasons { li { (visible(reason)) } } }
            }
            @if !verdict.advice.is_empty() {
                h3 { "What would help, computed" }
                ul {
                    @for advice in &verdict.advice {
                        li {
                            (visible(&advice.change)) ": " (advice.metric) " " (number(Some(advice.from)))
                            " → " (number(Some(advice.to)))
                        }
                    }
                }
            }
        }
        @if !demands.is_empty() {
            h3 { "Demands" }
            ul {
                @for demand in demands {
                    li {
                        @if demand.met { span.up { "✓ met: " } } @else { span.down { "✗ not met: " } }
                        (visible(&demand.words)) ". " (visible(&demand.answer))
                    }
                }
            }
        }
    };
    part("verdict", "Verdict", &content)
}

pub fn metrics(snapshot: &Snapshot, collection: &Collection) -> Markup {
    let table = TableKind::Metrics.of(snapshot, collection).only([
        "metric",
        "queries",
        "first",
        "reranked",
        "ceiling",
        "share_of_gain",
        "difference",
        "low",
        "high",
        "p_holm",
        "wins",
        "losses",
        "ties",
    ]);
    let table = table.without_empty_columns();
    let caption = "Means before and after reranking; the ceiling is what a perfect reranker would reach on the same \
                   candidates. Difference with its 95 % interval, and p after Holm's correction.";
    part("metrics", "Metrics", &table_of(&table, caption, None))
}

pub fn languages(snapshot: &Snapshot, collection: &Collection) -> Markup {
    let table = TableKind::Languages
        .of(snapshot, collection)
        .only(markdown::language_columns(snapshot))
        .without_empty_columns();
    part(
        "languages",
        "Languages",
        &table_of(&table, "By language of the query, first stage and reranked.", None),
    )
}

/// A table whose first column names its rows.
pub(super) fn table_of(table: &Table, caption: &str, id: Option<&str>) -> Markup {
    html! {
        @if table.rows.is_empty() {
            p.soft { "Nothing to show." }
        } @else {
            div.scroll {
                table id=[id] {
                    caption { (caption) }
                    thead {
                        tr {
                            @for (at, name) in table.columns.iter().enumerate() {
                                th scope="col" class=[(!table.is_numeric(at)).then_some("text")] {
                                    (visible(&name.replace('_', " ")))
                                }
                            }
                        }
                    }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                @for (at, cell) in row.iter().enumerate() {
                                    @if at == 0 { th scope="row" class="text" { (shown(cell)) } }
                                    @else { td class=[matches!(cell, Cell::Text(_)).then_some("text")] { (shown(cell)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => visible(text).into_owned(),
        Cell::Number(value) => number(Some(*value)),
        Cell::Count(count) => count.to_string(),
        Cell::Missing => "–".to_owned(),
    }
}

pub fn fates(snapshot: &Snapshot) -> Markup {
    let mut counts: BTreeMap<Fate, usize> = BTreeMap::new();
    let golds = || snapshot.queries.iter().flat_map(|row| &row.golds);
    for fate in golds().filter_map(fate) {
        *counts.entry(fate).or_insert(0) += 1;
    }
    let (all, most) = (golds().count().max(1), counts.values().copied().max().unwrap_or(1));
    let content = html! {
        @if counts.is_empty() {
            p.soft { "No golds." }
        } @else {
            div.scroll { table {
                caption { "What became of the " (golds().count()) " golds of all judged queries." }
                thead {
                    tr {
                        th scope="col" class="text" { "fate" }
                        th scope="col" { "golds" }
                        th scope="col" { "share" }
                        td class="text" {}
                    }
                }
                tbody {
                    @for (fate, count) in &counts {
                        tr {
                            th scope="row" class="text" { (fate.words()) }
                            td { (count) }
                            td { (format!("{:.1} %", *count as f64 / all as f64 * 100.0)) }
                            td class="text" aria-hidden="true" {
                                span.bar style=(format!("width: {:.1}rem", *count as f64 / most as f64 * 8.0)) {}
                            }
                        }
                    }
                }
            } }
        }
    };
    part("fates", "Golds by fate", &content)
}

/// The metric over α, N and method, a plane for each method and list.
pub fn heat_map(snapshot: &Snapshot) -> Markup {
    let tuning = snapshot.tuning.as_deref();
    let content = match tuning.and_then(|tuning| Some((tuning, tuning.heat.as_ref()?))) {
        None => html! { p.soft { "No other settings were tried." } },
        Some((tuning, heat)) => html! {
            p {
                "Mean " (tuning.metric) " that other settings reach on these queries; the stronger the colour, the higher. The present \
                 setting is framed. A setting chosen on the queries that it is measured on looks better than it is: \
                 beside the best stands what cross-validation expects."
            }
            ul {
                @if let Some(best) = &heat.best_first { li { "first stage: " (best_words(best)) } }
                @if let Some(best) = &heat.best_reranked { li { "reranked: " (best_words(best)) } }
            }
            (charts::over_alpha(snapshot))
            div.planes {
                @for method in 0..heat.methods.len() {
                    (plane(snapshot, heat, method, "first stage", &heat.first))
                    @if snapshot.means.is_some_and(|means| means.reranked.is_some()) {
                        (plane(snapshot, heat, method, "reranked", &heat.reranked))
                    }
                }
            }
        },
    };
    part("settings", "Other settings: α × N", &content)
}

fn best_words(best: &BestCell) -> String {
    let mut words = format!(
        "best is {} at α {:.2}, N {}: {:.3}, now {:.3}",
        best.method.name(),
        best.alpha,
        best.candidates,
        best.mean.mean,
        best.current
    );
    if let Some(held) = &best.held_out {
        words += &format!(
            "; held out {:+.3} (95 % from {:+.3} to {:+.3})",
            held.difference, held.interval.low, held.interval.high
        );
    }
    words
}

fn plane(snapshot: &Snapshot, heat: &HeatMap, method: usize, list: &str, means: &[CellMean]) -> Markup {
    // Cells of fewer queries cannot be compared with the others.
    let whole = heat.first.iter().map(|mean| mean.queries).max().unwrap_or(0).max(1);
    let known = means.iter().filter(|mean| mean.queries == whole).map(|mean| mean.mean);
    let (low, high) = known.fold((f64::MAX, f64::MIN), |(low, high), mean| (low.min(mean), high.max(mean)));
    let settings = &snapshot.settings;
    let name = heat.methods[method];
    html! {
        div.scroll {
            table {
                caption { (name.name()) ", " (list) }
                thead {
                    tr {
                        th scope="col" { "α \\ N" }
                        @for n in &heat.candidates { th scope="col" { (n) } }
                    }
                }
                tbody {
                    @for (at, alpha) in heat.alphas.iter().enumerate() {
                        tr {
                            th scope="row" { (format!("{alpha:.2}")) }
                            @for (column, n) in heat.candidates.iter().enumerate() {
                                @let mean = means.get(heat.index(method, at, column)).filter(|mean| mean.queries == whole);
                                @let now = settings.fusion == name && settings.candidates == *n
                                    && (settings.alpha - alpha).abs() < 1e-9;
                                @match mean {
                                    Some(mean) => {
                                        @let share = if high > low { (mean.mean - low) / (high - low) } else { 0.5 };
                                        td class={ "heat" @if now { " now" } } style=(format!("--heat: {share:.3}")) {
                                            (number(Some(mean.mean)))
                                            @if now { span.out { " (present setting)" } }
                                        }
                                    }
                                    None => { td { "–" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub fn warnings(snapshot: &Snapshot) -> Markup {
    if snapshot.warnings.is_empty() {
        return html! {};
    }
    let content = html! { ul { @for warning in &snapshot.warnings { li { (visible(warning)) } } } };
    part("warnings", "Warnings", &content)
}
