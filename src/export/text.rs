//! The findings as text for a person: verdict, metrics, languages, where golds are lost, what it cost.
//! Text from files is made harmless before it is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::judge_text;
use crate::corpus::Collection;
use crate::domain::Fate;
use crate::engine::{QueryRow, Snapshot, StageState};
use crate::judge::{Class, Metrics, StageAct, StageVerdict, Verdict};
use crate::text::visible;

/// Queries with a lost gold that are listed.
const LOST_QUERIES: usize = 20;

/// The whole report.
pub fn report(snapshot: &Snapshot, collection: &Collection) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "rankscope · {} · {} judged queries of {} · {} passages · {} languages",
        visible(&collection.name),
        collection.judged_queries().count(),
        collection.queries.len(),
        collection.passages.len(),
        collection.languages().len()
    );
    let _ = writeln!(out, "{}\n", setting_line(snapshot));
    if !snapshot.verdict.is_empty() {
        let _ = writeln!(out, "{}\n", snapshot.verdict);
    }
    if collection.judged_queries().next().is_none() {
        out.push_str(match collection.queries.is_empty() {
            true => {
                "there are no queries and no judgments, so there is nothing to measure: give them with \
                     --queries FILE and --qrels FILE, or type a query on the screen\n\n"
            }
            false => {
                "no query is judged, so there are no metrics: give judgments with --qrels FILE, lines of \
                      query-id, corpus-id and grade; in a folder they are qrels/test.tsv\n\n"
            }
        });
    }
    judge_text::metrics(&mut out, &snapshot.by_metric);
    if let Some(study) = snapshot.study.as_deref() {
        judge_text::certainty(&mut out, study);
    }
    if snapshot.languages.len() > 1 {
        languages(&mut out, snapshot);
    }
    out.push_str(&super::languages::lines(snapshot));
    judge_text::holes(&mut out, snapshot, collection);
    judge_text::signals(&mut out, snapshot);
    fates(&mut out, snapshot);
    lost(&mut out, snapshot, collection);
    if let Some(tuning) = &snapshot.tuning {
        let lines = super::tuning::lines(tuning, snapshot.settings.candidates);
        if !lines.is_empty() {
            let _ = writeln!(out, "other settings, tried on these queries:\n{lines}");
        }
    }
    costs(&mut out, snapshot);
    afforded(&mut out, snapshot);
    for warning in &snapshot.warnings {
        let _ = writeln!(out, "warning: {}", visible(warning));
    }
    out
}

/// The settings that an answer is of, in one line.
pub fn setting_line(snapshot: &Snapshot) -> String {
    let s = &snapshot.settings;
    let mut line = format!("first stage {}", snapshot.ran_name());
    if snapshot.lacks_legs() {
        let _ = write!(line, " instead of {}", s.first_name(&snapshot.legs));
    }
    if snapshot.ran.len() > 1 {
        let _ = write!(line, " ({}", s.fusion.name());
        if s.goes_by_alpha(snapshot.legs.len()) {
            let _ = write!(line, ", α {:.2})", s.alpha);
        } else {
            let weights = s.leg_weights(snapshot.legs.len());
            let named =
                snapshot.legs.iter().zip(weights).map(|(leg, weight)| format!("{} {weight}", leg.name));
            let _ = write!(line, ", weights {})", named.collect::<Vec<_>>().join(", "));
        }
    }
    let _ = write!(line, " · N {} · k {} · reranker {}", s.candidates, s.deliver, s.reranker.name());
    if let StageState::Failed(_) = snapshot.status.rerank {
        line.push_str(" (did not run)");
    }
    line
}

fn languages(out: &mut String, snapshot: &Snapshot) {
    let recall = format!("recall@{}", snapshot.settings.candidates);
    let _ =
        writeln!(out, "{:<10} {:>7} {recall:>10}   nDCG@10 first → reranked (max)", "language", "queries");
    for row in &snapshot.languages {
        let means = &row.means;
        let first = means.reranked.map_or(means.first, |r| r.first);
        let last = means.reranked.map_or_else(|| "–".to_owned(), |r| format!("{:.3}", r.reranked.ndcg10));
        let max = means.reranked.map_or(means.ceiling, |r| r.ceiling);
        let verdict = snapshot.study.as_deref().and_then(|study| study.verdict_on(&row.language));
        let _ = writeln!(
            out,
            "{:<10} {:>7} {:>10.3}   {:.3} → {last} ({:.3})   {}",
            visible(row.language.as_str()),
            means.queries,
            means.first.recall,
            first.ndcg10,
            max.ndcg10,
            verdict.map_or_else(String::new, classes)
        );
    }
    out.push('\n');
}

/// The class; that of the reranker too where the first stage is to be fixed first.
fn classes(verdict: &Verdict) -> String {
    match (verdict.class, verdict.reranker_class) {
        (Class::FixFirstStage, Some(reranker)) => {
            format!("{}; on what is there, {}", verdict.class.words(), reranker.words())
        }
        (class, _) => class.words().to_owned(),
    }
}

fn fates(out: &mut String, snapshot: &Snapshot) {
    let rows = &snapshot.queries;
    let mut counts: BTreeMap<Fate, usize> = BTreeMap::new();
    let mut open = 0;
    for gold in rows.iter().flat_map(|row| &row.golds) {
        match gold.fate {
            Some(fate) => *counts.entry(fate).or_insert(0) += 1,
            None => open += 1,
        }
    }
    let mut parts: Vec<String> =
        counts.iter().map(|(fate, count)| format!("{count} {}", fate.words())).collect();
    if open > 0 {
        parts.push(format!("{open} open (the second stage did not finish)"));
    }
    if !parts.is_empty() {
        let _ = writeln!(out, "golds: {}\n", parts.join(" · "));
    }
    by_stage(out, snapshot);
}

/// What each of several stages did to the golds.
fn by_stage(out: &mut String, snapshot: &Snapshot) {
    let stages = &snapshot.settings.reranker.stages;
    if stages.len() < 2 {
        return;
    }
    let golds = || snapshot.queries.iter().flat_map(|row| &row.golds);
    for (at, stage) in stages.iter().enumerate() {
        let count =
            |act| golds().filter(|gold| gold.decided_by == Some(StageVerdict { stage: at, act })).count();
        let (lifted, lowered, cut) =
            (count(StageAct::Lifted), count(StageAct::Lowered), count(StageAct::Cut));
        let _ = writeln!(
            out,
            "  stage {}, {stage}: {lifted} golds lifted within k, {lowered} lowered beyond, {cut} cut before it",
            at + 1
        );
    }
    out.push('\n');
}

/// What other sizes of the candidate set would take and reach.
fn afforded(out: &mut String, snapshot: &Snapshot) {
    let affords = &snapshot.affords;
    if affords.budget_ms.is_none() || affords.points.iter().all(|point| point.ms.is_none()) {
        return;
    }
    let _ = writeln!(out, "{:>6} {:>9} {:>9} {:>9}", "N", "ms/query", "nDCG@10", "P@5");
    for point in &affords.points {
        let metric = |pick: fn(&Metrics) -> f64| {
            point.metrics.map_or_else(|| "–".to_owned(), |m| format!("{:.4}", pick(&m)))
        };
        let ms = point.ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.0}"));
        let over = if point.within == Some(false) { "  over the budget" } else { "" };
        let _ = writeln!(
            out,
            "{:>6} {ms:>9} {:>9} {:>9}{over}",
            point.n,
            metric(|m| m.ndcg10),
            metric(|m| m.precision5)
        );
    }
    let _ = writeln!(out, "{}\n", affords.sentence());
}

fn lost(out: &mut String, snapshot: &Snapshot, collection: &Collection) {
    let rows = &snapshot.queries;
    let is_lost = |fate: Option<Fate>| fate.is_some_and(Fate::is_lost_before_rerank);
    let lost: Vec<&QueryRow> =
        rows.iter().filter(|row| row.golds.iter().any(|g| is_lost(g.first_fate))).collect();
    if lost.is_empty() {
        return;
    }
    let _ = writeln!(out, "queries whose gold never reached the reranker:");
    for row in lost.iter().take(LOST_QUERIES) {
        let query = collection.query(row.query);
        let _ = writeln!(
            out,
            "  {} {} {}",
            visible(&query.id),
            visible(query.language.as_str()),
            cut(&query.text, 60)
        );
        for gold in row.golds.iter().filter(|gold| is_lost(gold.first_fate)) {
            let ranks: Vec<String> = (snapshot.legs.iter().zip(&*gold.legs))
                .map(|(leg, rank)| {
                    format!("{} {}", leg.name, rank.map_or_else(|| "–".to_owned(), |r| r.to_string()))
                })
                .collect();
            let fused = gold.fused.map_or_else(|| "–".to_owned(), |r| r.to_string());
            let fate = gold.first_fate.map_or("", Fate::words);
            let _ = writeln!(out, "    ★ {}  {fate}: {}, fused {fused}", visible(&gold.id), ranks.join(", "));
        }
    }
    if lost.len() > LOST_QUERIES {
        let _ = writeln!(out, "  … and {} more (all in --format json)", lost.len() - LOST_QUERIES);
    }
    out.push('\n');
}

fn costs(out: &mut String, snapshot: &Snapshot) {
    for cost in snapshot.costs.iter().filter(|cost| cost.computed_pairs + cost.cached_pairs > 0) {
        let times = cost.ms_p50_per_query.zip(cost.ms_p95_per_query).zip(cost.ms_per_pair);
        let times = times.map_or_else(String::new, |((p50, p95), pair)| {
            format!(", {p50:.1} ms a query (95 % within {p95:.1}), {pair:.3} ms a pair")
        });
        let _ = writeln!(
            out,
            "cost of {}: {} pairs computed, {} from the cache{times}",
            cost.stage, cost.computed_pairs, cost.cached_pairs
        );
    }
    for spent in &snapshot.spending {
        let _ = writeln!(out, "paid to {}", spent.words());
    }
}

/// At most `width` columns of a text, on one line.
fn cut(text: &str, width: usize) -> String {
    let line = visible(text).replace('\n', " ");
    let mut shown = String::new();
    for character in line.chars() {
        if shown.width() >= width {
            shown.push('…');
            break;
        }
        shown.push(character);
    }
    shown
}
