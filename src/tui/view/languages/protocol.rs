//! The protocol on the language under the cursor: how many golds are found, how sure that is, what becomes
//! of each, and what the second stage makes of it.

use crate::domain::Fate;
use crate::engine::Snapshot;
use crate::engine::languages::Proportion;
use crate::judge::Metrics;

use super::super::super::lines::known_fate;
use super::super::super::state::State;
use super::super::super::tables::languages::{LanguageLine, rows_of};
use super::super::super::theme::Tone;
use super::super::super::widgets::cells;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::passage::flow;

pub fn lines(line: &LanguageLine<'_>, snapshot: &Snapshot, state: &State, room: usize) -> Vec<Vec<Piece>> {
    let Some(row) = line.means else {
        return vec![vec![piece("none of its queries is judged", Tone::Quiet)]];
    };
    let mut shown = found(line, row.means.queries, snapshot, state, room);
    shown.extend(fates(line, state, room));
    shown.extend(gain(line, snapshot, state, room));
    shown
}

/// `12 queries · 18 of 23 golds within N = 50: .78 [.58, .90]`
fn found(
    line: &LanguageLine<'_>,
    queries: usize,
    snapshot: &Snapshot,
    state: &State,
    room: usize,
) -> Vec<Vec<Piece>> {
    let n = snapshot.settings.candidates;
    let golds = || rows_of(state, line.language).filter(|row| row.first.is_some()).flat_map(|row| &row.golds);
    let (within, all) =
        (golds().filter(|gold| gold.fused.is_some_and(|rank| rank as usize <= n)).count(), golds().count());
    let counted = match queries {
        1 => "1 judged query".to_owned(),
        queries => format!("{queries} judged queries"),
    };
    let mut parts = vec![vec![piece(counted, Tone::Strong)]];
    if all > 0 {
        parts.push(vec![
            piece(format!("{within} of {all} golds within N = {n}: "), Tone::Quiet),
            piece(cells::share(within as f64 / all as f64), Tone::Strong),
            piece(format!(" {}", interval(Proportion::new(within, all))), Tone::Text),
        ]);
    }
    let blind = golds().filter(|gold| gold.blind).count();
    if blind > 0 {
        let words = match blind {
            1 => "1 shares no term with its query".to_owned(),
            blind => format!("{blind} share no term with their queries"),
        };
        parts.push(vec![piece(words, Tone::Quiet)]);
    }
    flow(parts, " · ", room)
}

/// `[.58, .90]`: Wilson's interval of 95 %.
pub fn interval(of: Proportion) -> String {
    format!("[{}, {}]", cells::share(of.low), cells::share(of.high))
}

/// How many golds met each fate, what is lost first.
fn fates(line: &LanguageLine<'_>, state: &State, room: usize) -> Vec<Vec<Piece>> {
    let mut parts = Vec::new();
    let golds = || rows_of(state, line.language).flat_map(|row| &row.golds);
    for fate in Fate::ALL {
        let met = golds().filter(|gold| known_fate(gold) == Some(fate)).count();
        if met > 0 {
            let (sign, tone) = state.look.fate(fate);
            parts.push(vec![
                piece(format!("{sign} {met}"), tone),
                piece(format!(" {}", fate.words()), Tone::Quiet),
            ]);
        }
    }
    let waiting = golds().filter(|gold| known_fate(gold).is_none()).count();
    if waiting > 0 {
        parts.push(vec![piece(format!("{} {waiting}", state.look.signs().waiting), Tone::Quiet)]);
    }
    flow(parts, " · ", room)
}

/// `P@5 .20 → .24 (max .31) · nDCG@10 .41 → .52 (max .80), +.110 [+.020, +.200]`
fn gain(line: &LanguageLine<'_>, snapshot: &Snapshot, state: &State, room: usize) -> Vec<Vec<Piece>> {
    let Some(both) = line.means.and_then(|row| row.means.reranked) else { return Vec::new() };
    let arrow = state.look.signs().arrow;
    let metric = |name: &str, of: fn(&Metrics) -> f64| {
        let (before, after) = (cells::share(of(&both.first)), cells::share(of(&both.reranked)));
        vec![
            piece(format!("{name} "), Tone::Quiet),
            piece(format!("{before} {arrow} {after}"), Tone::Text),
            piece(format!(" (max {})", cells::share(of(&both.ceiling))), Tone::Quiet),
        ]
    };
    let mut parts = vec![metric("P@5", |m| m.precision5), metric("nDCG@10", |m| m.ndcg10)];
    let verdict = snapshot.study.as_ref().and_then(|study| study.verdict_on(line.language));
    if let Some(compared) = verdict.and_then(|verdict| verdict.evidence.comparison) {
        let (low, high) =
            (cells::difference(compared.interval.low), cells::difference(compared.interval.high));
        // An interval without 0 is an effect.
        let tone = match (compared.interval.low > 0.0, compared.interval.high < 0.0) {
            (true, _) => Tone::Gained,
            (_, true) => Tone::Lost,
            _ => Tone::Text,
        };
        parts.push(vec![
            piece(cells::difference(compared.ndcg10_difference), tone),
            piece(format!(" [{low}, {high}] nDCG@10"), Tone::Quiet),
        ]);
    }
    flow(parts, " · ", room)
}
