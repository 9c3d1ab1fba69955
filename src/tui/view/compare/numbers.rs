//! A and B in words, and metric by metric what is between them.

use ratatui::layout::Rect;

use crate::domain::Fate;
use crate::engine::compare::Comparison;
use crate::judge::Paired;

use super::super::super::knobs;
use super::super::super::state::State;
use super::super::super::theme::Tone;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::{Pen, cells};
use super::tone;

/// Cells of the columns: metric, A, B, difference, interval, wins, losses, ties, p, p after Holm.
const COLUMNS: [(&str, u16); 10] = [
    ("metric", 12),
    ("A", 6),
    ("B", 6),
    ("B - A", 7),
    ("95 %", 16),
    ("wins", 5),
    ("losses", 7),
    ("ties", 5),
    ("p", 8),
    ("Holm", 8),
];

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let changes = &state.tables.changes;
    let exploratory = changes.comparison.as_ref().is_some_and(|of| of.exploratory && of.queries > 0);
    let right = if exploratory { vec![piece("exploratory", Tone::Knob)] } else { Vec::new() };
    let inner = pen.frame(area, &[piece("Compare", Tone::Strong)], &right, false);
    let room = inner.width.saturating_sub(2);
    let mut y = inner.y;
    let b = knobs::setting_name(&state.settings, &state.legs);
    let a = changes.pinned.as_ref().map(|pinned| pinned.name.as_str());
    for line in settings(a, &b) {
        if y < inner.bottom() {
            pen.line(inner.x + 1, y, room, &line);
            y += 1;
        }
    }
    // Where nothing is judged on both sides there is nothing to tell but why.
    let one_sided = |of: &&Comparison| of.queries + of.only_in_a.len() + of.only_in_b.len() > 0;
    let Some(comparison) = changes.comparison.as_deref().filter(one_sided) else { return };
    let stale = state.is_behind();
    if y < inner.bottom() && comparison.queries > 0 {
        pen.line(inner.x + 1, y, room, &fates(pen, comparison, stale, usize::from(room)));
        y += 1;
    }
    // The warnings keep the last lines; the metrics take what is between, at least one line.
    let room_left = inner.bottom().saturating_sub(y);
    let warnings = warnings(comparison, state);
    let kept =
        (warnings.len() as u16).min(room_left.saturating_sub(1).min(if room_left < 5 { 1 } else { 2 }));
    for (nth, words) in warnings.into_iter().take(usize::from(kept)).enumerate() {
        pen.line(inner.x + 1, inner.bottom() - kept + nth as u16, room, &[words]);
    }
    metrics(pen, Rect::new(inner.x + 1, y, room, room_left - kept), comparison, state);
}

/// Both settings; what is another in B stands out.
fn settings(a: Option<&str>, b: &str) -> [Vec<Piece>; 2] {
    let parts_of_a: Vec<&str> = a.unwrap_or_default().split(" · ").collect();
    let mut of_a = vec![piece("A ", Tone::Key)];
    match a {
        Some(a) => of_a.extend([piece(a, Tone::Text), piece("  pinned", Tone::Quiet)]),
        None => of_a.push(piece("nothing is pinned", Tone::Quiet)),
    }
    let mut of_b = vec![piece("B ", Tone::Key)];
    for (nth, part) in b.split(" · ").enumerate() {
        let other = a.is_some() && parts_of_a.get(nth) != Some(&part);
        if nth > 0 {
            of_b.push(piece(" · ", Tone::Text));
        }
        of_b.push(piece(part, if other { Tone::Knob } else { Tone::Text }));
    }
    of_b.push(piece("  now", Tone::Quiet));
    [of_a, of_b]
}

/// What became of the golds in A and in B: what changed first, then as much of the rest as has room.
fn fates(pen: &Pen<'_>, comparison: &Comparison, stale: bool, room: usize) -> Vec<Piece> {
    let arrow = pen.signs().arrow;
    let mut pieces = vec![piece("golds ", Tone::Quiet)];
    if stale {
        pieces.insert(0, piece(format!("{} ", pen.signs().stale), Tone::Knob));
    }
    let mut counts = comparison.fate_counts();
    counts.sort_by_key(|(_, a, b)| a == b);
    let width = |pieces: &[Piece]| -> usize {
        pieces.iter().map(|piece| cells::width(&pen.look.words(&piece.text))).sum()
    };
    let mut used = width(&pieces);
    for (fate, a, b) in counts {
        let good = matches!(fate, Fate::Kept | Fate::Rescued);
        let tone = match b.cmp(&a) {
            std::cmp::Ordering::Equal => Tone::Quiet,
            more if (more == std::cmp::Ordering::Greater) == good => Tone::Gained,
            _ => Tone::Lost,
        };
        let (sign, sign_tone) = pen.look.fate(fate);
        let counted = if a == b { format!("{a} ") } else { format!("{a}{arrow}{b} ") };
        let part = [
            piece(format!(" {sign} "), sign_tone),
            piece(format!("{} ", fate.words()), Tone::Quiet),
            piece(counted, tone),
        ];
        used += width(&part);
        if used > room {
            break;
        }
        pieces.extend(part);
    }
    pieces
}

/// What keeps the numbers from meaning what they seem to, the gravest first.
fn warnings(comparison: &Comparison, state: &State) -> Vec<Piece> {
    let one_sided = comparison.only_in_a.len() + comparison.only_in_b.len();
    let mut said = Vec::new();
    if one_sided > 0 {
        let words = format!("{one_sided} queries are complete on one side only and left out");
        said.push(piece(words, Tone::Knob));
    }
    if comparison.exploratory && comparison.queries > 0 {
        let words = if state.size.0 >= 100 {
            "exploratory: the knobs were turned while looking at these very queries; decide on others"
        } else {
            "exploratory: tuned on these queries"
        };
        said.push(piece(words, Tone::Quiet));
    }
    said
}

fn metrics(pen: &mut Pen<'_>, area: Rect, comparison: &Comparison, state: &State) {
    if area.height == 0 || comparison.queries == 0 {
        return;
    }
    if comparison.metrics.is_empty() {
        let words = format!("{} the tests are under way", pen.signs().waiting);
        pen.say(area.x, area.y, area.width, &words, Tone::Quiet);
        return;
    }
    let line = |pen: &mut Pen<'_>, y: u16, cells: &[(String, Tone)]| {
        let mut x = area.x;
        for (nth, ((_, width), (text, tone))) in COLUMNS.iter().zip(cells).enumerate() {
            if x + width > area.right() {
                return;
            }
            if nth == 0 {
                pen.say(x, y, *width, text, *tone);
            } else {
                pen.say_right(x, y, width - 1, text, *tone);
            }
            x += width;
        }
    };
    // The metric that orders the queries first, then those that changed, then the rest.
    let by = comparison.by.map(|metric| metric.to_string());
    let mut shown: Vec<&Paired> = comparison.metrics.iter().collect();
    shown.sort_by_key(|paired| (Some(&paired.metric) != by.as_ref(), paired.wins + paired.losses == 0));
    if let (1, Some(paired)) = (area.height, shown.first()) {
        pen.line(area.x, area.y, area.width, &in_one_line(paired, state));
        return;
    }
    line(pen, area.y, &COLUMNS.map(|(name, _)| (name.to_owned(), Tone::Quiet)));
    for (y, paired) in (area.y + 1..area.bottom()).zip(shown) {
        line(pen, y, &row(paired, state));
    }
}

/// `nDCG@10 .712 → .741  +.029 [+.006, +.053]  21 wins, 9 losses  p .013`
fn in_one_line(paired: &Paired, state: &State) -> Vec<Piece> {
    let arrow = state.look.signs().arrow;
    let (low, high) = (cells::difference(paired.interval.low), cells::difference(paired.interval.high));
    let (before, after) = (cells::thousandths(paired.before), cells::thousandths(paired.after));
    vec![
        piece(format!("{} ", paired.metric), Tone::Quiet),
        piece(format!("{before} {arrow} {after}  "), Tone::Text),
        piece(cells::difference(paired.difference), tone(paired.difference)),
        piece(format!(" [{low}, {high}]  "), Tone::Quiet),
        piece(format!("{} wins, {} losses", paired.wins, paired.losses), Tone::Text),
        piece(format!("  p {}", p_words(paired.p_randomisation)), Tone::Text),
    ]
}

fn row(paired: &Paired, state: &State) -> [(String, Tone); 10] {
    let none = state.look.signs().none;
    let p = |p: Option<f64>| p.map_or_else(|| none.to_owned(), p_words);
    let tone = tone(paired.difference);
    let interval =
        format!("[{}, {}]", cells::difference(paired.interval.low), cells::difference(paired.interval.high));
    let sure = paired.p_holm.is_some_and(|p| p < 0.05);
    [
        (paired.metric.clone(), Tone::Text),
        (cells::thousandths(paired.before), Tone::Text),
        (cells::thousandths(paired.after), Tone::Text),
        (cells::difference(paired.difference), tone),
        (interval, Tone::Quiet),
        (paired.wins.to_string(), Tone::Gained),
        (paired.losses.to_string(), Tone::Lost),
        (paired.ties.to_string(), Tone::Quiet),
        (p_words(paired.p_randomisation), Tone::Text),
        (p(paired.p_holm), if sure { Tone::Strong } else { Tone::Quiet }),
    ]
}

/// A p-value; one below what the draws can tell is not 0.
fn p_words(p: f64) -> String {
    if p < 0.0005 { "<.001".to_owned() } else { cells::thousandths(p) }
}
