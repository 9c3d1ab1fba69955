//! What more candidates buy and what they take: the metric over N of the first stage, the reranked list
//! and the ceiling, with the present N and the N that the budget of time affords. Under it the times.

use std::ops::RangeInclusive;

use ratatui::layout::Rect;

use crate::engine::{AffordPoint, Affords, Snapshot, StageCost};
use crate::judge::Metrics;

use super::super::super::actions::ActionId;
use super::super::super::hit::Target;
use super::super::super::layout::Plot;
use super::super::super::state::State;
use super::super::super::theme::Tone;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::plot::{self, Trace};
use super::super::super::widgets::{Pen, cells, curve};
use super::super::empty_state;

/// For the labels of the value axis.
const AXIS: u16 = 6;
const NAME: u16 = 9;
const COLUMN: u16 = 6;
/// Lines of the table: N, milliseconds, first stage, reranked, ceiling.
const TABLE: u16 = 5;

/// A line of the plot, by what it takes of a point.
struct Line {
    name: &'static str,
    of: fn(&AffordPoint) -> Option<Metrics>,
    tone: Tone,
    sign: &'static str,
}

const LINES: [Line; 3] = [
    Line { name: "first", of: |point| point.first, tone: Tone::Accent, sign: "f" },
    Line { name: "reranked", of: |point| point.metrics, tone: Tone::Gained, sign: "r" },
    Line { name: "ceiling", of: |point| point.ceiling, tone: Tone::Quiet, sign: "c" },
];

pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &[Piece], state: &State) {
    let (snapshot, affords) = match affords(state) {
        Ok(there) => there,
        Err(words) => {
            let inner = pen.frame(area, title, &[], false);
            return empty_state(pen, inner, &[(words, Tone::Quiet)]);
        }
    };
    let mut right = Vec::new();
    if state.is_behind() || snapshot.status.study_lags {
        right.push(piece(format!("{} ", pen.signs().stale), Tone::Knob));
    }
    right.push(piece(format!("N {}", state.settings.candidates), Tone::Knob));
    let mut title = title.to_vec();
    title.push(piece(format!(" · {}", state.goal.name("N")), Tone::Quiet));
    let inner = pen.frame(area, &title, &right, super::is_read(state, Plot::Budget));
    let mut sentences = vec![budget(affords), next(affords, state)];
    let second = snapshot.costs.iter().filter(|cost| is_second(cost, snapshot));
    sentences.extend(second.filter_map(|cost| {
        Some(vec![piece(format!("{} ", cost.stage), Tone::Text), piece(times(cost)?, Tone::Quiet)])
    }));
    let table = if inner.height >= TABLE + sentences.len() as u16 + 6 { TABLE } else { 0 };
    sentences.truncate(usize::from(inner.height.saturating_sub(table + 5)));
    let below = table + sentences.len() as u16;
    let room = Rect { height: inner.height.saturating_sub(below), ..inner };
    if room.height >= 4 && room.width >= AXIS + 12 {
        draw_plot(pen, room, affords, state);
    }
    let text = Rect::new(inner.x + 1, room.bottom(), inner.width.saturating_sub(2), below);
    if table > 0 {
        draw_table(pen, Rect { height: table, ..text }, affords, state);
    }
    for (y, pieces) in (text.y + table..text.bottom()).zip(&sentences) {
        pen.line(text.x, y, text.width, pieces);
    }
}

/// What is afforded, or why nothing is known of it.
fn affords(state: &State) -> Result<(&Snapshot, &Affords), String> {
    let Some(snapshot) = state.snapshot.as_deref() else {
        return Err("The collection is being opened.".to_owned());
    };
    if snapshot.settings.reranker.is_none() {
        let key = state.key(ActionId::Reranker);
        return Err(format!("There is no reranker, so no candidate costs anything. {key} chooses one."));
    }
    if snapshot.affords.points.is_empty() {
        return Err("What more candidates buy stands here when the second stage has begun.".to_owned());
    }
    Ok((snapshot, &snapshot.affords))
}

fn draw_plot(pen: &mut Pen<'_>, room: Rect, affords: &Affords, state: &State) {
    let labels = if room.width >= 50 { NAME } else { 0 };
    let plot = Rect::new(
        room.x + AXIS,
        room.y,
        room.width.saturating_sub(AXIS + 1 + labels),
        room.height.saturating_sub(1),
    );
    let value = |metrics: Metrics| state.goal.of(&metrics);
    let all = affords.points.iter().flat_map(|point| LINES.iter().filter_map(move |line| (line.of)(point)));
    let (low, high) =
        all.map(value).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let (low, high) = if low < high { (low, high) } else { (0.0, 1.0) };
    let height = |value: f64| (value - low) / (high - low);
    pen.say_right(room.x, plot.y, AXIS - 1, &cells::thousandths(high), Tone::Quiet);
    pen.say_right(room.x, plot.bottom() - 1, AXIS - 1, &cells::thousandths(low), Tone::Quiet);
    let (from, to) = affords.points.first().zip(affords.points.last()).map_or((1, 1), |(a, b)| (a.n, b.n));
    let column = |n: usize| plot.x + curve::column_of(n, from..=to, plot.width);
    if let Some(limit) = affords.limit.filter(|&limit| limit > 0) {
        let (from, sign) = (column(limit), pen.signs().shade);
        (plot.top()..plot.bottom()).for_each(|y| pen.rule(from, y, plot.right() - from, sign, Tone::Frame));
    }
    let now = column(state.settings.candidates);
    let marker = pen.signs().marker_line;
    (plot.top()..plot.bottom()).for_each(|y| pen.sign(now, y, marker, Tone::Knob));
    let read = state.read_size(Plot::Budget).and_then(|n| affords.points.iter().find(|point| point.n == n));
    if let Some(point) = read {
        super::reading_line(pen, plot, column(point.n));
    }
    let columns = plot::sub_columns(pen.look.ascii, plot.width);
    let mut ends = Vec::new();
    for line in &LINES {
        let of = |point: &AffordPoint| Some((point.n, value((line.of)(point)?)));
        let known: Vec<(usize, f64)> = affords.points.iter().filter_map(of).collect();
        let spans = (0..columns).map(|sub| {
            let along = f64::from(sub) / f64::from(columns.saturating_sub(1).max(1));
            between(&known, along, from..=to).map(|value| (height(value), height(value)))
        });
        plot::draw(pen, plot, &Trace { spans: spans.collect(), tone: line.tone, sign: line.sign });
        for &(n, value) in &known {
            let rows = f64::from(plot.height.saturating_sub(1));
            let y = plot.bottom() - 1 - (height(value).clamp(0.0, 1.0) * rows).round() as u16;
            let is_now = n == state.settings.candidates;
            let (sign, tone) =
                if is_now { (pen.signs().thumb, Tone::Knob) } else { (pen.signs().end, line.tone) };
            pen.sign(column(n), y, sign, tone);
        }
        ends.extend(known.last().map(|&(_, value)| (height(value), line.name.to_owned(), line.tone)));
    }
    super::end_labels(pen, plot, labels.saturating_sub(1), ends);
    let mut free = plot.x;
    for point in &affords.points {
        let words = point.n.to_string();
        let width = words.len() as u16;
        let x = column(point.n).saturating_sub(width / 2).max(plot.x).min(plot.right().saturating_sub(width));
        if x >= free {
            let tone = if point.n == state.settings.candidates { Tone::Knob } else { Tone::Quiet };
            pen.say(x, plot.bottom(), width, &words, tone);
            free = x + width + 1;
        }
    }
    pen.hits.add(Rect { height: plot.height + 1, ..plot }, Target::SizeAxis { plot: Plot::Budget, from, to });
    if let Some(point) = read {
        super::values_at(pen, plot, column(point.n), &values(pen, point, state));
    }
}

/// What is known of a number of candidates.
fn values(pen: &Pen<'_>, point: &AffordPoint, state: &State) -> Vec<Vec<Piece>> {
    let none = || pen.signs().none.to_owned();
    let widest = usize::from(NAME - 1);
    let mut values = vec![
        super::value("N", widest, point.n.to_string(), Tone::Quiet),
        super::value("ms", widest, point.ms.map_or_else(none, milliseconds), Tone::Quiet),
    ];
    values.extend(LINES.iter().map(|line| {
        let known = (line.of)(point).map(|metrics| cells::thousandths(state.goal.of(&metrics)));
        super::value(line.name, widest, known.unwrap_or_else(none), line.tone)
    }));
    values
}

/// A line between its points, straight over the logarithm of N; `None` beyond them.
fn between(known: &[(usize, f64)], along: f64, axis: RangeInclusive<usize>) -> Option<f64> {
    let (from, to) = ((*axis.start() as f64).ln(), (*axis.end() as f64).ln());
    let n = (from + along * (to - from)).exp();
    // The ends are columns too: a point must not fall between two of them.
    let after = known.partition_point(|point| (point.0 as f64) < n - 1e-6);
    let (before, after) = (known.get(after.checked_sub(1)?)?, known.get(after)?);
    let (from, to) = ((before.0 as f64).ln(), (after.0 as f64).ln());
    Some(before.1 + (after.1 - before.1) * (n.ln() - from) / (to - from).max(f64::MIN_POSITIVE))
}

fn draw_table(pen: &mut Pen<'_>, area: Rect, affords: &Affords, state: &State) {
    let n = state.settings.candidates;
    let fit = usize::from(area.width.saturating_sub(NAME) / COLUMN).max(1);
    // Where not all have room, those that are far from the present N go first.
    let mut shown: Vec<&AffordPoint> = affords.points.iter().collect();
    while shown.len() > fit {
        let far = |point: &AffordPoint| (point.n.max(1) as f64 / n.max(1) as f64).ln().abs();
        let (first, last) = (shown.first().map_or(0.0, |p| far(p)), shown.last().map_or(0.0, |p| far(p)));
        shown.remove(if first > last { 0 } else { shown.len() - 1 });
    }
    let none = pen.signs().none;
    let mut row = |y: u16, name: &str, tone: Tone, value: &dyn Fn(&AffordPoint) -> Option<String>| {
        pen.say(area.x, y, NAME - 1, name, tone);
        for (column, point) in (0u16..).zip(&shown) {
            let x = area.x + NAME + COLUMN * column;
            let words = value(point).unwrap_or_else(|| none.to_owned());
            let tone = match point.within {
                _ if point.n == n => Tone::Knob,
                Some(false) => Tone::Quiet,
                _ => Tone::Text,
            };
            pen.say_right(x, y, COLUMN - 1, &words, tone);
        }
    };
    row(area.y, "at N", Tone::Quiet, &|point| Some(point.n.to_string()));
    row(area.y + 1, "ms", Tone::Quiet, &|point| point.ms.map(milliseconds));
    for (y, line) in (area.y + 2..).zip(&LINES) {
        let value = |point: &AffordPoint| Some(cells::thousandths(state.goal.of(&(line.of)(point)?)));
        row(y, line.name, line.tone, &value);
    }
}

/// What the budget affords.
fn budget(affords: &Affords) -> Vec<Piece> {
    match (affords.budget_ms, affords.limit) {
        (None, _) => vec![piece("no budget: --budget-ms 400 draws its line", Tone::Quiet)],
        (Some(budget), None) => vec![piece(
            format!("{budget:.0} ms a query: what they afford is known when a pair has been computed"),
            Tone::Quiet,
        )],
        (Some(budget), Some(limit)) => {
            let fits = affords.n <= limit;
            let words = if limit == 0 { "no candidate".to_owned() } else { format!("N {limit}") };
            vec![
                piece(format!("{budget:.0} ms a query afford "), Tone::Quiet),
                piece(words, if fits { Tone::Gained } else { Tone::Lost }),
                piece(if fits { "" } else { ": the present N takes longer" }, Tone::Quiet),
            ]
        }
    }
}

/// What the next candidates buy.
fn next(affords: &Affords, state: &State) -> Vec<Piece> {
    let Some((now, next)) = affords.next() else {
        return vec![piece("no more candidates than these come from within the window", Tone::Quiet)];
    };
    let more = next.n - now.n;
    let mut pieces = vec![piece(format!("{more} more, N {}: ", next.n), Tone::Quiet)];
    let values = now.metrics.zip(next.metrics);
    match values.map(|(now, next)| (state.goal.of(&now), state.goal.of(&next))) {
        Some((now, then)) => {
            let tone = match then - now {
                by if by > 5e-4 => Tone::Gained,
                by if by < -5e-4 => Tone::Lost,
                _ => Tone::Text,
            };
            pieces.push(piece(format!("{} ", state.goal.name(next.n)), Tone::Quiet));
            pieces.push(piece(cells::difference(then - now), tone));
        }
        None => pieces.push(piece("not all scored", Tone::Quiet)),
    }
    if let Some((now, then)) = now.ms.zip(next.ms) {
        pieces.push(piece(format!(" for {} ms more a query", milliseconds(then - now)), Tone::Quiet));
    }
    let ceiling = now.ceiling.zip(next.ceiling).map(|(now, next)| state.goal.of(&next) - state.goal.of(&now));
    if let Some(by) = ceiling {
        pieces.push(piece(format!(" · ceiling {}", cells::difference(by)), Tone::Quiet));
    }
    pieces
}

/// Whether it is a cost of the second stage.
fn is_second(cost: &StageCost, snapshot: &Snapshot) -> bool {
    snapshot.rerankers.iter().any(|reranker| reranker.name == cost.stage)
}

/// The times of one stage in words; `None` where it has computed nothing in this run.
pub fn times(cost: &StageCost) -> Option<String> {
    let [p50, p95, pair] =
        [cost.ms_p50_per_query?, cost.ms_p95_per_query?, cost.ms_per_pair?].map(milliseconds);
    Some(format!("p50 {p50} ms, p95 {p95} ms a query, {pair} ms a pair"))
}

/// Milliseconds in as few signs as say enough.
pub fn milliseconds(ms: f64) -> String {
    match ms.abs() {
        size if size < 0.095 => format!("{ms:.3}"),
        size if size < 0.95 => format!("{ms:.2}"),
        size if size < 9.5 => format!("{ms:.1}"),
        _ => format!("{ms:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_between_its_points_and_nowhere_else() {
        let known = [(10, 0.2), (100, 0.6)];
        let at = |n: f64| between(&known, n.ln() / 1000f64.ln(), 1..=1000);
        assert_eq!(at(5.0), None);
        assert_eq!(at(500.0), None, "nothing was scored there");
        let middle = at(10f64.powf(1.5)).unwrap();
        assert!((middle - 0.4).abs() < 1e-9, "{middle}");
    }

    #[test]
    fn times_have_two_digits() {
        assert_eq!([0.012, 0.21, 4.06, 41.7].map(milliseconds), ["0.012", "0.21", "4.1", "42"]);
    }
}
