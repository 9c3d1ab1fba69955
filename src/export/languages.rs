//! What language does to retrieval, as JSON and as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::json::MetricMap;
use crate::engine::Snapshot;
use crate::engine::languages::{Cell, Proportion, TextRow};
use crate::judge::Metrics;
use crate::text::visible;

/// The part of the JSON report.
#[derive(Serialize)]
pub(super) struct ReportPart<'a> {
    texts: Vec<TextPart<'a>>,
    cells: Vec<CellPart<'a>>,
    /// Means over query languages; the means over queries are `metrics`.
    r#macro: MacroPart,
}

#[derive(Serialize)]
struct TextPart<'a> {
    language: &'a str,
    passages: usize,
    terms_per_char: Option<f64>,
    /// Share of the terms of its judged queries that no passage has.
    unknown_terms: Option<f64>,
    model: Option<ModelPart>,
}

#[derive(Serialize)]
struct ModelPart {
    tokens_per_char: f64,
    truncated: f64,
    /// Share of characters for which the vocabulary has nothing.
    unknown: f64,
}

#[derive(Serialize)]
struct CellPart<'a> {
    query: &'a str,
    gold: &'a str,
    golds: usize,
    /// Golds that share no term with their query.
    blind: usize,
    fused: ProportionPart,
    /// `null`: the leg was not asked for, or is not complete.
    legs: BTreeMap<&'a str, Option<ProportionPart>>,
}

#[derive(Serialize)]
struct ProportionPart {
    recall: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct MacroPart {
    first: Option<MetricMap>,
    reranked: Option<MetricMap>,
}

pub(super) fn part(snapshot: &Snapshot) -> ReportPart<'_> {
    let report = &*snapshot.language_report;
    let n = snapshot.settings.candidates;
    let metrics = |metrics: Option<Metrics>| metrics.map(|metrics| MetricMap { n, metrics });
    ReportPart {
        texts: report.texts.iter().map(text_part).collect(),
        cells: report.cells.iter().map(|cell| cell_part(cell, snapshot)).collect(),
        r#macro: MacroPart { first: metrics(report.macro_first), reranked: metrics(report.macro_reranked) },
    }
}

fn text_part(row: &TextRow) -> TextPart<'_> {
    TextPart {
        language: row.language.as_str(),
        passages: row.passages,
        terms_per_char: row.terms_per_char,
        unknown_terms: row.unknown_terms,
        model: row.model.map(|model| ModelPart {
            tokens_per_char: model.tokens_per_char,
            truncated: model.truncated,
            unknown: model.unknown,
        }),
    }
}

fn cell_part<'a>(cell: &'a Cell, snapshot: &'a Snapshot) -> CellPart<'a> {
    CellPart {
        query: cell.query.as_str(),
        gold: cell.gold.as_str(),
        golds: cell.golds,
        blind: cell.blind,
        fused: proportion(cell.fused),
        legs: (snapshot.legs.iter().zip(&cell.legs))
            .map(|(leg, found)| (&*leg.name, found.map(proportion)))
            .collect(),
    }
}

fn proportion(of: Proportion) -> ProportionPart {
    ProportionPart { recall: of.share, low: of.low, high: of.high }
}

/// The same for a person; empty for a collection in one language.
pub(super) fn lines(snapshot: &Snapshot) -> String {
    let report = &*snapshot.language_report;
    let mut out = String::new();
    if report.texts.len() < 2 {
        return out;
    }
    if let Some(first) = report.macro_first {
        let _ = write!(
            out,
            "mean over languages: recall@{} {:.3} · nDCG@10 {:.3}",
            snapshot.settings.candidates, first.recall, first.ndcg10
        );
        if let Some(reranked) = report.macro_reranked {
            let _ = write!(out, " → {:.3}", reranked.ndcg10);
        }
        out.push_str("\n\n");
    }
    cells(&mut out, snapshot);
    texts(&mut out, &report.texts);
    out
}

/// The golds in the query's own language, and those in all others together; the rest is in the JSON.
fn cells(out: &mut String, snapshot: &Snapshot) {
    let cells = &snapshot.language_report.cells;
    if cells.is_empty() {
        return;
    }
    let in_n = format!("in N = {} (95 %)", snapshot.settings.candidates);
    let _ = write!(out, "{:<20} {:>6} {:>6}  {in_n:<18}", "query → gold", "golds", "blind");
    snapshot.legs.iter().for_each(|leg| {
        let _ = write!(out, " {:>8}", visible(&leg.name));
    });
    out.push('\n');
    for of_query in cells.chunk_by(|a, b| a.query == b.query) {
        let (own, others): (Vec<&Cell>, Vec<&Cell>) =
            of_query.iter().partition(|cell| cell.query == cell.gold);
        let query = visible(of_query[0].query.as_str());
        if !own.is_empty() {
            row(out, &format!("{query} → {query}"), &own);
        }
        match others.as_slice() {
            [] => {}
            [one] => row(out, &format!("{query} → {}", visible(one.gold.as_str())), &others),
            _ => row(out, &format!("{query} → others"), &others),
        }
    }
    out.push_str("blind: query and gold share no term, so BM25 cannot find it\n\n");
}

/// Several cells as one.
fn row(out: &mut String, name: &str, cells: &[&Cell]) {
    let golds: usize = cells.iter().map(|cell| cell.golds).sum();
    let blind: usize = cells.iter().map(|cell| cell.blind).sum();
    let together = |of: &dyn Fn(&Cell) -> Option<Proportion>| -> Option<Proportion> {
        let found = cells.iter().map(|cell| Some((of(cell)?.share * cell.golds as f64).round() as usize));
        Some(Proportion::new(found.sum::<Option<usize>>()?, golds))
    };
    let fused = together(&|cell| Some(cell.fused))
        .map_or_else(String::new, |fused| format!("{:.3} ({:.2}–{:.2})", fused.share, fused.low, fused.high));
    let _ = write!(out, "{name:<20} {golds:>6} {blind:>6}  {fused:<18}");
    for leg in 0..cells.first().map_or(0, |cell| cell.legs.len()) {
        let found = together(&|cell| cell.legs[leg]);
        let _ = write!(out, " {:>8}", found.map_or_else(|| "–".to_owned(), |of| format!("{:.3}", of.share)));
    }
    out.push('\n');
}

fn texts(out: &mut String, rows: &[TextRow]) {
    let _ = writeln!(
        out,
        "{:<10} {:>9} {:>11} {:>14} {:>12} {:>14} {:>10}",
        "text", "passages", "terms/char", "unknown terms", "tokens/char", "unknown chars", "truncated"
    );
    let number = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
    };
    let percent =
        |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0));
    for row in rows {
        let _ = writeln!(
            out,
            "{:<10} {:>9} {:>11} {:>14} {:>12} {:>14} {:>10}",
            visible(row.language.as_str()),
            row.passages,
            number(row.terms_per_char, 2),
            percent(row.unknown_terms),
            number(row.model.map(|model| model.tokens_per_char), 2),
            percent(row.model.map(|model| model.unknown)),
            percent(row.model.map(|model| model.truncated)),
        );
    }
    out.push('\n');
}
