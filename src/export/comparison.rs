//! Two judged states against each other, as text and as JSON. Text from files is made harmless before it is
//! written for a terminal.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::judge_parts::GatePart;
use crate::domain::{Fate, Rank};
use crate::engine::compare::{Comparison, GoldPair};
use crate::error::{Error, Result};
use crate::judge::Demand;
use crate::text::visible;

/// Golds with another fate that are named in text.
const GOLDS: usize = 20;

/// The whole comparison, with the `queries` that changed most.
pub fn text(found: &Comparison, queries: usize) -> String {
    let mut out = format!("A  {}\nB  {}\n\n", visible(&found.a), visible(&found.b));
    metrics(&mut out, found);
    fates(&mut out, found);
    golds(&mut out, found);
    changed(&mut out, found, queries);
    for (side, ids) in [("A", &found.only_in_a), ("B", &found.only_in_b)] {
        if !ids.is_empty() {
            let _ =
                writeln!(out, "{} queries are judged in {side} alone, and are in no number here", ids.len());
        }
    }
    out
}

fn metrics(out: &mut String, found: &Comparison) {
    let width = found.metrics.iter().map(|metric| metric.metric.width()).max().unwrap_or(0).max(8);
    let _ = writeln!(
        out,
        "{:<width$}       A       B     B − A   95 % interval      wins losses  ties       p    Holm",
        format!("{} queries", found.queries)
    );
    for metric in &found.metrics {
        let holm = metric.p_holm.map_or_else(|| "–".to_owned(), |p| format!("{p:.4}"));
        let _ = writeln!(
            out,
            "{:<width$}  {:6.4}  {:6.4}   {:+7.4}   [{:+.4}, {:+.4}]  {:>5} {:>6} {:>5}  {:6.4}  {holm:>6}",
            metric.metric,
            metric.before,
            metric.after,
            metric.difference,
            metric.interval.low,
            metric.interval.high,
            metric.wins,
            metric.losses,
            metric.ties,
            metric.p_randomisation,
        );
    }
    out.push_str("p: Fisher's randomisation test; Holm: corrected for all metrics here\n");
    if found.exploratory {
        out.push_str("B was chosen with these queries: these p-values are exploratory\n");
    }
    out.push('\n');
}

fn fates(out: &mut String, found: &Comparison) {
    let counts = found.fate_counts();
    if counts.is_empty() {
        return;
    }
    let _ = writeln!(out, "{:<24} {:>5} {:>5}", "golds", "A", "B");
    for (fate, a, b) in counts {
        let _ = writeln!(out, "{:<24} {a:>5} {b:>5}", fate.words());
    }
    out.push('\n');
}

fn golds(out: &mut String, found: &Comparison) {
    if found.golds.is_empty() {
        return;
    }
    let _ = writeln!(out, "{} golds have another fate", found.golds.len());
    for change in found.golds.iter().take(GOLDS) {
        let mark = match change.gold.standing() {
            std::cmp::Ordering::Greater => '▲',
            std::cmp::Ordering::Less => '▼',
            std::cmp::Ordering::Equal => '·',
        };
        let gold = &change.gold;
        let _ = writeln!(
            out,
            "{mark} {}  {}  {} → {}  {}",
            visible(&change.query),
            visible(&gold.passage),
            words(gold.fate_a),
            words(gold.fate_b),
            ranks(gold)
        );
    }
    more(out, found.golds.len(), GOLDS);
    out.push('\n');
}

fn changed(out: &mut String, found: &Comparison, queries: usize) {
    let Some(by) = &found.by else { return };
    if found.changed.is_empty() {
        out.push_str("no query changed\n");
        return;
    }
    let _ = writeln!(out, "{} queries changed, by {by}", found.changed.len());
    for query in found.changed.iter().take(queries) {
        let moved = query.golds.iter().filter(|gold| gold.a != gold.b || gold.fate_a != gold.fate_b);
        let golds: Vec<String> =
            moved.map(|gold| format!("{} {}", visible(&gold.passage), ranks(gold))).collect();
        let _ = writeln!(
            out,
            "{:+.4}  {:.4} → {:.4}  {} {}  {}  {}",
            query.b - query.a,
            query.a,
            query.b,
            visible(&query.query),
            visible(&query.language),
            visible(&query.text),
            golds.join(", ")
        );
    }
    more(out, found.changed.len(), queries);
}

fn more(out: &mut String, all: usize, named: usize) {
    if all > named {
        let _ = writeln!(out, "and {} more", all - named);
    }
}

fn ranks(gold: &GoldPair) -> String {
    let rank = |rank: Option<Rank>| rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
    format!("{} → {}", rank(gold.a), rank(gold.b))
}

fn words(fate: Option<Fate>) -> &'static str {
    fate.map_or("not known", Fate::words)
}

/// One line of JSON, ending in a line feed.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn json(found: &Comparison, demands: &[Demand]) -> Result<String> {
    #[derive(serde::Serialize)]
    struct Report<'a> {
        schema: u32,
        #[serde(flatten)]
        comparison: &'a Comparison,
        /// `null` where nothing is demanded.
        gate: Option<GatePart<'a>>,
    }
    let report = Report { schema: 1, comparison: found, gate: GatePart::of(demands) };
    let text = serde_json::to_string(&report);
    Ok(text.map_err(|e| Error::bug(format!("JSON: {e}")))? + "\n")
}
