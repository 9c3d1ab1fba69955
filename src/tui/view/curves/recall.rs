//! recall@N over all judged queries: fused, by leg, what the legs have together, and what N candidates could
//! hold at most; with the values at the sizes that people try, the present N and that of the budget.

use ratatui::layout::Rect;

use crate::engine::Snapshot;
use crate::text::visible;

use super::super::super::hit::Target;
use super::super::super::layout::Plot;
use super::super::super::state::State;
use super::super::super::theme::Tone;
use super::super::super::widgets::curve::{self as sizes, Series};
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::{Pen, cells};
use super::super::{curve, empty_state, rejudging};

const STOPS: [usize; 9] = [1, 5, 10, 20, 50, 100, 200, 500, 1000];
const NAME: u16 = 9;
const COLUMN: u16 = 6;

pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &[Piece], state: &State) {
    let Some(snapshot) = state.snapshot.as_deref().filter(|snapshot| !snapshot.curve.fused.is_empty()) else {
        let inner = pen.frame(area, title, &[], false);
        let judged = state.snapshot.as_ref().map_or(1, |snapshot| snapshot.status.judged.1);
        let words = if judged == 0 {
            "No judgments in this collection: recall needs golds. A qrels file beside the queries says which \
             passages are gold."
        } else {
            "recall@N over all judged queries stands here when the first of them is searched."
        };
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let n = state.settings.candidates;
    let budget = snapshot.affords.limit.filter(|&limit| limit > 0);
    let mut right = vec![piece(format!("N {n}"), Tone::Knob)];
    if let Some(limit) = budget {
        right.insert(0, piece(format!("budget N {limit} · "), Tone::Gained));
    }
    if let Some(words) = rejudging(snapshot) {
        right.insert(0, piece(format!("{} {words} · ", pen.signs().stale), Tone::Knob));
    }
    let inner = pen.frame(area, title, &right, super::is_read(state, Plot::Recall));
    let lines = lines(snapshot);
    let table = lines.len() as u16 + 1;
    let height = if inner.height >= table + 6 { inner.height - table } else { inner.height };
    let labels = if inner.width >= 50 { NAME } else { 0 };
    let room = Rect::new(inner.x, inner.y, inner.width.saturating_sub(labels), height);
    if room.height < 3 || room.width < 12 {
        return;
    }
    let marked: Vec<(usize, Tone)> =
        budget.map(|limit| (limit, Tone::Gained)).into_iter().chain([(n, Tone::Knob)]).collect();
    // The list that one turns is drawn last, above the others.
    let series: Vec<Series<'_>> = lines
        .iter()
        .rev()
        .map(|line| Series { values: line.values, tone: line.tone, sign: line.sign })
        .collect();
    let plot = curve::plot(pen, room, &series, &marked, state.read_size(Plot::Recall));
    let to = curve::axis_end(&series, &marked);
    pen.hits
        .add(Rect { height: plot.height + 1, ..plot }, Target::SizeAxis { plot: Plot::Recall, from: 1, to });
    let ends = lines
        .iter()
        .filter_map(|line| line.values.last().map(|&value| (f64::from(value), line.name.clone(), line.tone)));
    super::end_labels(pen, plot, labels.saturating_sub(1), ends.collect());
    if let Some(n) = state.read_size(Plot::Recall) {
        let widest = lines.iter().map(|line| cells::width(&visible(&line.name))).max().unwrap_or(0);
        let mut values = vec![super::value("N", widest, n.to_string(), Tone::Quiet)];
        values.extend(lines.iter().filter_map(|line| {
            let recall = curve::value_at(line.values, n)?;
            Some(super::value(&line.name, widest, cells::thousandths(recall), line.tone))
        }));
        super::values_at(pen, plot, plot.x + sizes::column_of(n, 1..=to, plot.width), &values);
    }
    if height < inner.height {
        let below = Rect::new(inner.x + 1, inner.y + height, inner.width.saturating_sub(2), table);
        draw_table(pen, below, &lines, n);
    }
}

/// A line of the plot and a row of the table.
struct Line<'a> {
    name: String,
    /// `values[n - 1]` is recall@n.
    values: &'a [f32],
    tone: Tone,
    /// In ASCII.
    sign: &'static str,
}

/// Fused first, then what it is made of and what bounds it.
fn lines<'a>(snapshot: &'a Snapshot) -> Vec<Line<'a>> {
    let recall = &*snapshot.curve;
    let lists = curve::of_lists(recall);
    let names = snapshot.legs.iter().map(|leg| leg.name.to_string()).chain(["fused".to_owned()]);
    let line =
        |(of, name): (Series<'a>, String)| Line { name, values: of.values, tone: of.tone, sign: of.sign };
    let mut lines: Vec<Line<'a>> = lists.into_iter().zip(names).map(line).collect();
    lines.rotate_right(1);
    let bounds = [("union", &recall.union, Tone::Gained, "u"), ("ceiling", &recall.ceiling, Tone::Gold, "c")];
    lines.extend(bounds.map(|(name, values, tone, sign)| Line { name: name.to_owned(), values, tone, sign }));
    lines.retain(|line| !line.values.is_empty());
    lines
}

fn draw_table(pen: &mut Pen<'_>, area: Rect, lines: &[Line<'_>], n: usize) {
    let longest = lines.iter().map(|line| line.values.len()).max().unwrap_or(0);
    let mut stops: Vec<usize> = STOPS.into_iter().filter(|&stop| stop <= longest.max(1)).collect();
    if !stops.contains(&n) {
        stops.push(n);
        stops.sort_unstable();
    }
    // The present N stays where not all have room.
    let fit = usize::from(area.width.saturating_sub(NAME) / COLUMN);
    while stops.len() > fit.max(1) {
        let Some(last) = stops.iter().rposition(|&stop| stop != n) else { break };
        stops.remove(last);
    }
    let x_of = |column: usize| area.x + NAME + COLUMN * column as u16;
    let tone_at = |stop: usize, tone: Tone| if stop == n { Tone::Knob } else { tone };
    pen.say(area.x, area.y, NAME, "at N", Tone::Quiet);
    for (column, &stop) in stops.iter().enumerate() {
        pen.say_right(x_of(column), area.y, COLUMN - 1, &stop.to_string(), tone_at(stop, Tone::Quiet));
    }
    for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
        pen.say(area.x, y, NAME - 1, &line.name, line.tone);
        for (column, &stop) in stops.iter().enumerate() {
            let Some(value) = curve::value_at(line.values, stop) else { continue };
            let shown = cells::share(value);
            pen.say_right(x_of(column), y, COLUMN - 1, &shown, tone_at(stop, Tone::Text));
        }
    }
}
