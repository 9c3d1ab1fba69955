//! What the shown queries come to: how many, their metrics, the fates of their golds.

use ratatui::layout::Rect;

use crate::domain::Fate;
use crate::judge::Metrics;

use super::super::super::actions::ActionId;
use super::super::super::filter::Filter;
use super::super::super::hit::Target;
use super::super::super::state::State;
use super::super::super::tables::queries::Sum;
use super::super::super::theme::Tone;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::{Pen, cells};

/// The fates in the order of the strip, the worst first.
const FATES: [Fate; 9] = [
    Fate::MissingFromCorpus,
    Fate::NeverRetrieved,
    Fate::LostByApproximation,
    Fate::LostInFusion,
    Fate::CutAtN,
    Fate::Demoted,
    Fate::NotLifted,
    Fate::Rescued,
    Fate::Kept,
];

pub fn draw(pen: &mut Pen<'_>, area: Rect, sum: &Sum, state: &State) {
    let bar = format!(" {} ", pen.signs().bar);
    let room = area.width.saturating_sub(2);
    let lines = [queries(sum, state), metrics(pen, sum, state)];
    for (y, segments) in (area.top()..area.bottom()).zip(lines) {
        let mut pieces: Vec<Piece> = Vec::new();
        for segment in segments {
            if !pieces.is_empty() {
                pieces.push(piece(bar.as_str(), Tone::Frame));
            }
            pieces.extend(segment);
        }
        pen.line(area.x + 1, y, room, &pieces);
    }
    if area.height > 2 {
        fates(pen, Rect::new(area.x + 1, area.y + 2, room, 1), sum, state);
    }
}

fn queries(sum: &Sum, state: &State) -> Vec<Vec<Piece>> {
    let filtered = !state.filter.value().is_empty();
    let of = match (sum.marked, filtered) {
        (true, _) => "marked",
        (false, true) => "filtered",
        (false, false) => "all",
    };
    let count = |number: usize, one: &str, many: &str| {
        format!("{} {}", super::super::header::thousands(number), if number == 1 { one } else { many })
    };
    let mut segments = vec![vec![
        piece(format!("{of}: "), Tone::Key),
        piece(count(sum.queries, "query", "queries"), Tone::Strong),
        piece(format!(", {} judged", sum.judged), Tone::Quiet),
    ]];
    segments.push(vec![piece(count(sum.golds, "gold", "golds"), Tone::Text)]);
    if sum.probable_positives > 0 {
        let words = count(sum.probable_positives, "unjudged passage", "unjudged passages");
        segments.push(vec![piece(format!("{words} nearly a gold"), Tone::Knob)]);
    }
    if let Some(signals) =
        state.snapshot.as_ref().and_then(|shown| shown.study.as_ref()?.mean_signals.clone())
    {
        segments.extend(super::signals::summary(&signals).map(|words| vec![piece(words, Tone::Quiet)]));
    }
    segments
}

fn metrics(pen: &Pen<'_>, sum: &Sum, state: &State) -> Vec<Vec<Piece>> {
    let n = state.snapshot.as_ref().map_or(state.settings.candidates, |shown| shown.settings.candidates);
    let Some(first) = sum.first else {
        let words = if sum.queries == 0 {
            format!("nothing is shown: {} clears the filter", state.key(ActionId::Back))
        } else {
            let mark = state.key(ActionId::Mark);
            format!("none of these is judged: {mark} in the query view marks a passage as gold")
        };
        return vec![vec![piece(words, Tone::Quiet)]];
    };
    let mut segments = vec![vec![
        piece(format!("recall@{n} "), Tone::Quiet),
        piece(cells::share(first.recall), Tone::Strong),
    ]];
    let arrow = pen.signs().arrow;
    type Value = fn(&Metrics) -> f64;
    let of: [(&str, Value); 3] = [("P@5", |m| m.precision5), ("nDCG@10", |m| m.ndcg10), ("MRR", |m| m.rr10)];
    for (name, value) in of {
        let mut pieces = vec![piece(format!("{name} "), Tone::Quiet)];
        match &sum.reranked {
            Some((first, reranked, ceiling, _)) => {
                let (before, after) = (value(first), value(reranked));
                let tone = match after.total_cmp(&before) {
                    std::cmp::Ordering::Greater => Tone::Gained,
                    std::cmp::Ordering::Less => Tone::Lost,
                    std::cmp::Ordering::Equal => Tone::Strong,
                };
                pieces.push(piece(format!("{} {arrow} ", cells::share(before)), Tone::Text));
                pieces.push(piece(cells::share(after), tone));
                if name != "MRR" {
                    pieces.push(piece(format!(" ({})", cells::share(value(ceiling))), Tone::Quiet));
                }
            }
            None => pieces.push(piece(cells::share(value(&first)), Tone::Strong)),
        }
        segments.push(pieces);
    }
    if let Some((.., reranked)) = &sum.reranked
        && *reranked < sum.judged
    {
        segments.push(vec![piece(format!("reranked on {reranked} of {}", sum.judged), Tone::Knob)]);
    }
    segments
}

/// Each fate with its count, in fewer words where all have no room; a click lets through only the queries
/// that have it.
fn fates(pen: &mut Pen<'_>, area: Rect, sum: &Sum, state: &State) {
    let filter = Filter::of(state.filter.value());
    let waiting = (sum.waiting > 0).then(|| (None, pen.signs().waiting, Tone::Quiet, sum.waiting));
    let counted = FATES.into_iter().filter_map(|fate| {
        let at = Fate::ALL.iter().position(|&other| other == fate)?;
        let (sign, tone) = state.look.fate(fate);
        Some((Some(fate), sign, tone, *sum.fates.get(at)?)).filter(|&(.., count)| count > 0)
    });
    let counted: Vec<_> = counted.chain(waiting).collect();
    let lines = |short: bool| -> Vec<(Option<Fate>, [Piece; 3])> {
        let line = |&(fate, sign, tone, count): &(Option<Fate>, &str, Tone, usize)| {
            let words =
                fate.map_or("waiting", |fate| if short { super::super::shortly(fate) } else { fate.words() });
            let chosen = fate.is_some_and(|fate| {
                filter.fate.as_deref().is_some_and(|name| fate.name().replace('_', "-").starts_with(name))
            });
            let tone_of_words = if chosen { Tone::Chosen } else { Tone::Text };
            let count = piece(format!(" {count}"), Tone::Strong);
            (fate, [piece(format!("{sign} "), tone), piece(words, tone_of_words), count])
        };
        counted.iter().map(line).collect()
    };
    let width = |line: &[Piece; 3]| -> usize {
        line.iter().map(|piece| cells::width(&state.look.words(&piece.text))).sum()
    };
    let whole = |lines: &[(Option<Fate>, [Piece; 3])], gap: usize| -> usize {
        lines.iter().map(|(_, line)| width(line) + gap).sum::<usize>().saturating_sub(gap)
    };
    let room = usize::from(area.width);
    let (lines, gap) = match lines(false) {
        long if whole(&long, 3) <= room => (long, 3),
        _ => (lines(true), 2),
    };
    let mut x = area.x;
    for (fate, line) in lines {
        let width = u16::try_from(width(&line)).unwrap_or(u16::MAX);
        let left = area.right().saturating_sub(x);
        pen.line(x, area.y, left, &line);
        if let Some(fate) = fate {
            pen.hits.add(Rect::new(x, area.y, width.min(left), 1), Target::FateCount(fate));
        }
        x = x.saturating_add(width).saturating_add(gap);
        if x >= area.right() {
            return;
        }
    }
}
