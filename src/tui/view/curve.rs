//! recall@N over all judged queries, fused and by leg, with the present N marked. The view of curves draws
//! its larger plot from here, with what the legs have together and what N could hold at most.

use ratatui::layout::Rect;

use crate::domain::LegName;
use crate::engine::RecallCurve;

use super::super::hit::Target;
use super::super::layout::Plot;
use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::curve::{self, Series};
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};
use super::curves::reading_line;
use super::empty_state;

/// For the labels of the value axis.
const AXIS: u16 = 4;

pub fn draw(pen: &mut Pen<'_>, area: Rect, tabs: Vec<Piece>, state: &State) {
    let title = if tabs.is_empty() {
        vec![piece("recall@N", Tone::Strong), piece(" · all queries", Tone::Quiet)]
    } else {
        tabs
    };
    let Some(snapshot) = state.snapshot.as_deref().filter(|snapshot| !snapshot.curve.fused.is_empty()) else {
        let inner = pen.frame(area, &title, &[], false);
        let words = "Recall at every N over all judged queries stands here.";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let recall = &snapshot.curve;
    let n = snapshot.settings.candidates;
    let read = state.read_size(Plot::Recall);
    let mut title = title;
    let rejudging = super::rejudging(snapshot).is_some();
    if (rejudging || read.is_some()) && title.len() == 2 {
        // Its words make room for N.
        title.truncate(1);
    }
    if rejudging {
        title.push(piece(format!(" {}", pen.signs().stale), Tone::Knob));
    }
    let right = match read {
        Some(read) => piece(format!("at N {read}"), Tone::Strong),
        None => piece(format!("N {n}"), Tone::Knob),
    };
    let inner = pen.frame(area, &title, &[right], false);
    if inner.height < 4 || inner.width < AXIS + 12 {
        return legend(pen, inner, recall, &snapshot.legs, n);
    }
    let (lines, marked) = (of_lists(recall), [(n, Tone::Knob)]);
    let plot = plot(pen, Rect { height: inner.height - 1, ..inner }, &lines, &marked, read);
    let axis = Target::SizeAxis { plot: Plot::Recall, from: 1, to: axis_end(&lines, &marked) };
    pen.hits.add(Rect { height: plot.height + 1, ..plot }, axis);
    let line = Rect::new(inner.x, inner.bottom() - 1, inner.width, 1);
    legend(pen, line, recall, &snapshot.legs, read.unwrap_or(n));
}

/// Lines with their axes and sizes that are marked, in all of `room`; returns where the lines stand.
/// `read` is an N whose values are read off them.
pub(super) fn plot(
    pen: &mut Pen<'_>,
    room: Rect,
    lines: &[Series<'_>],
    marked: &[(usize, Tone)],
    read: Option<usize>,
) -> Rect {
    let plot =
        Rect::new(room.x + AXIS, room.y, room.width.saturating_sub(AXIS + 1), room.height.saturating_sub(1));
    let max = axis_end(lines, marked);
    axes(pen, room, plot, max);
    let line = pen.signs().marker_line;
    for &(n, tone) in marked {
        let marker = plot.x + curve::column_of(n, 1..=max, plot.width);
        (plot.top()..plot.bottom()).for_each(|y| pen.sign(marker, y, line, tone));
    }
    let column = read.map(|n| (n, plot.x + curve::column_of(n, 1..=max, plot.width)));
    if let Some((_, x)) = column {
        reading_line(pen, plot, x);
    }
    curve::draw(pen, plot, lines, max);
    if let Some((n, x)) = column {
        for line in lines {
            if let Some(value) = value_at(line.values, n) {
                let last = f64::from(plot.height.saturating_sub(1));
                let y = plot.bottom() - 1 - (value.clamp(0.0, 1.0) * last).round() as u16;
                pen.sign(x, y, pen.signs().end, line.tone);
            }
        }
    }
    plot
}

/// What a line has at N; beyond its end, what it has there.
pub(super) fn value_at(values: &[f32], n: usize) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    values.get(n.saturating_sub(1).min(last)).map(|&value| f64::from(value))
}

/// The last N of the axis.
pub(super) fn axis_end(lines: &[Series<'_>], marked: &[(usize, Tone)]) -> usize {
    let longest = lines.iter().map(|line| line.values.len());
    longest.chain(marked.iter().map(|(n, _)| *n)).max().unwrap_or(1)
}

/// In turn: there may be more legs than tones.
const LEG_TONES: [Tone; 2] = [Tone::Text, Tone::Quiet];
const LEG_SIGNS: [&str; 4] = ["b", "d", "o", "x"];

/// The lists that there are: each leg's, and above them the fused one.
pub(super) fn of_lists(recall: &RecallCurve) -> Vec<Series<'_>> {
    let legs = recall.legs.iter().zip(LEG_TONES.into_iter().cycle()).zip(LEG_SIGNS.into_iter().cycle());
    let legs = legs.map(|((values, tone), sign)| Series { values, tone, sign });
    legs.chain([Series { values: &recall.fused, tone: Tone::Accent, sign: "*" }]).collect()
}

fn axes(pen: &mut Pen<'_>, inner: Rect, plot: Rect, max: usize) {
    pen.say_right(inner.x, plot.y, AXIS - 1, "1.0", Tone::Quiet);
    if plot.height >= 5 {
        pen.say_right(inner.x, plot.y + plot.height / 2, AXIS - 1, ".5", Tone::Quiet);
    }
    pen.say_right(inner.x, plot.bottom() - 1, AXIS - 1, "0", Tone::Quiet);
    let mut free = plot.x;
    for tick in [1, 10, 100, 1000, 10_000].into_iter().filter(|&tick| tick <= max) {
        let words = tick.to_string();
        let width = words.len() as u16;
        let centre = plot.x + curve::column_of(tick, 1..=max, plot.width);
        let x = centre.saturating_sub(width / 2).max(free).min(plot.right().saturating_sub(width));
        if x >= free {
            pen.say(x, plot.bottom(), width, &words, Tone::Quiet);
            free = x + width + 1;
        }
    }
}

/// The value of every line at N.
fn legend(pen: &mut Pen<'_>, line: Rect, recall: &RecallCurve, legs: &[LegName], n: usize) {
    let at = |values: &[f32]| value_at(values, n).map(cells::share);
    let mut pieces = Vec::new();
    if let Some(value) = at(&recall.fused) {
        pieces.push(piece(format!("fused {value}"), Tone::Accent));
    }
    for ((values, leg), tone) in recall.legs.iter().zip(legs).zip(LEG_TONES.into_iter().cycle()) {
        if let Some(value) = at(values) {
            pieces.push(piece(format!("  {} {value}", leg.name), tone));
        }
    }
    pen.line(line.x + 1, line.y, line.width.saturating_sub(2), &pieces);
}
