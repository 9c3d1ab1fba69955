//! The text report's tables of the judge: metrics, certainty, holes in the judgments, signals.

use std::fmt::Write as _;

use crate::corpus::Collection;
use crate::domain::{LegId, Rank};
use crate::engine::{Snapshot, Study};
use crate::judge::{CONDENSED_NDCG_10, JUDGED_10, MetricMean, Signals};
use crate::text::visible;

/// Probable positives that are listed.
const LISTED: usize = 10;

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}

/// Every metric before and after, its ceiling, the share of the possible gain.
pub fn metrics(out: &mut String, means: &[MetricMean]) {
    let Some(any) = means.first() else { return };
    let width = means.iter().map(|mean| mean.metric.label().len()).max().unwrap_or(0).max(12);
    let _ = writeln!(
        out,
        "{:<width$} {:>8} {:>9} {:>8}  of the possible gain",
        "", "first", "reranked", "ceiling"
    );
    for mean in means {
        let (first, ceiling) = mean.reranked.map_or((mean.first, mean.ceiling), |r| (r.first, r.ceiling));
        let share = mean.reranked.and_then(|reranked| reranked.share_of_gain);
        let line = format!(
            "{:<width$} {first:>8.4} {:>9} {:>8}  {}",
            mean.metric.label(),
            number(mean.reranked.map(|reranked| reranked.reranked)),
            number(ceiling),
            share.map_or_else(String::new, |share| format!("{:.0} %", share * 100.0)),
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if let Some(reranked) = any.reranked.filter(|reranked| reranked.queries < any.queries) {
        let _ = writeln!(
            out,
            "on {} of {} queries: those whose whole candidate set is reranked",
            reranked.queries, any.queries
        );
    }
    out.push('\n');
}

/// The difference that the reranker makes to each metric, and how certain it is.
pub fn certainty(out: &mut String, study: &Study) {
    let changed = || study.paired.iter().filter(|paired| paired.p_holm.is_some());
    let Some(any) = changed().next() else { return };
    let width = changed().map(|paired| paired.metric.len()).max().unwrap_or(0);
    let _ = writeln!(
        out,
        "{:<width$} {:>10} {:>18} {:>7} {:>7} {:>7}  better/worse/same",
        "reranked − first",
        "difference",
        "95 % interval",
        "p t",
        "p rand",
        "Holm",
        width = width.max(16)
    );
    let p = |value: Option<f64>| match value {
        Some(value) if value < 0.0001 => "<.0001".to_owned(),
        value => number(value),
    };
    for paired in changed() {
        let interval = format!("{:+.4} to {:+.4}", paired.interval.low, paired.interval.high);
        let _ = writeln!(
            out,
            "{:<width$} {:>+10.4} {interval:>18} {:>7} {:>7} {:>7}  {}/{}/{}",
            paired.metric,
            paired.difference,
            p(paired.p_t),
            p(Some(paired.p_randomisation)),
            p(paired.p_holm),
            paired.wins,
            paired.losses,
            paired.ties,
            width = width.max(16)
        );
    }
    let _ = writeln!(
        out,
        "on {} queries; t-test, randomisation test, and that after Holm's correction for {} metrics; with \
         settings tuned on these queries, exploratory\n",
        any.queries,
        changed().count()
    );
}

/// What the judgments do not know.
pub fn holes(out: &mut String, snapshot: &Snapshot, collection: &Collection) {
    let of = |metric| snapshot.by_metric.iter().find(|mean| mean.metric == metric);
    let (Some(judged), Some(condensed)) = (of(JUDGED_10), of(CONDENSED_NDCG_10)) else { return };
    let both = |mean: &MetricMean| match mean.reranked {
        Some(both) => format!("{:.3} → {:.3}", both.first, both.reranked),
        None => format!("{:.3}", mean.first),
    };
    let _ = writeln!(
        out,
        "judgment holes: Judged@10 {}; nDCG@10 without the unjudged passages {}",
        both(judged),
        both(condensed)
    );
    let Some(study) = snapshot.study.as_deref() else { return };
    let found: Vec<_> = snapshot
        .queries
        .iter()
        .zip(&study.probable_positives)
        .flat_map(|(row, positives)| positives.iter().map(move |positive| (row.query, positive)))
        .collect();
    if !found.is_empty() {
        let _ = writeln!(out, "unjudged, but nearly the text of a gold (probably relevant): {}", found.len());
    }
    let rank = |rank: Option<Rank>| rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
    for (query, positive) in found.iter().take(LISTED) {
        let id = |doc| visible(&collection.passage(doc).id);
        let _ = writeln!(
            out,
            "  {}: {} (first {}, reranked {}) {} {}, {:.2}",
            visible(&collection.query(*query).id),
            id(positive.doc),
            rank(positive.first),
            rank(positive.reranked),
            if positive.contained { "is within, or holds," } else { "is like" },
            id(positive.gold),
            positive.similarity
        );
    }
    if found.len() > LISTED {
        let _ = writeln!(out, "  … and {} more (all in --format json)", found.len() - LISTED);
    }
    out.push('\n');
}

/// What the lists say without judgments.
pub fn signals(out: &mut String, snapshot: &Snapshot) {
    let Some(study) = snapshot.study.as_deref() else { return };
    let Some(mean) = &study.mean_signals else { return };
    let _ = writeln!(
        out,
        "signals, which are not metrics (means over {} queries):",
        study.signals.iter().flatten().count()
    );
    reranker(out, mean, snapshot);
    let cut = [("gap", mean.cut.gap), ("flatness of the tail", mean.cut.flatness)];
    let cut: Vec<String> =
        cut.iter().filter_map(|(name, value)| Some(format!("{name} {:.3}", (*value)?))).collect();
    if !cut.is_empty() {
        let _ = writeln!(out, "  cut at N: {} (0 is a tie; 1 is flat)", cut.join(", "));
    }
    let name = |place: usize| study.signal_legs.get(place).map_or("", |&leg: &LegId| snapshot.leg_name(leg));
    for pair in &mean.legs {
        let value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
        let _ = writeln!(
            out,
            "  {} and {}: Jaccard@{} {}, Jaccard@{} {}, RBO {}, Kendall's τ-b {}",
            visible(name(pair.a)),
            visible(name(pair.b)),
            snapshot.settings.deliver,
            value(pair.jaccard_k),
            snapshot.settings.candidates,
            value(pair.jaccard_n),
            value(pair.rbo),
            value(pair.tau)
        );
    }
    out.push('\n');
}

fn reranker(out: &mut String, mean: &Signals, snapshot: &Snapshot) {
    if let Some(origins) = mean.origins {
        let shares: Vec<String> = origins.iter().map(|share| format!("{:.0} %", share * 100.0)).collect();
        let _ = writeln!(
            out,
            "  the delivered {} come from the fifths of the candidate set: {}",
            snapshot.settings.deliver,
            shares.join(" ")
        );
        // As many as chance would take from there: the reranker still finds at the cut.
        if mean.from_last_part().is_some_and(|share| share >= CROWDED) {
            let _ = writeln!(out, "  they crowd at the cut: a greater N would bring up more");
        }
    }
    if let (Some(movement), Some(replaced)) = (mean.mean_movement, mean.replaced) {
        let tau = mean.rerank_tau.map_or_else(String::new, |tau| format!(", τ-b {tau:.3}"));
        let _ = writeln!(
            out,
            "  the reranker moves a passage by {movement:.1} ranks{tau}, and replaces {:.0} % of the delivered",
            replaced * 100.0
        );
    }
}

/// A share of the last fifth that is as great as chance would make it.
const CROWDED: f64 = 0.2;
