//! The metric over α: first stage and reranked, the best interval shaded, and a slider under it that is
//! the knob itself. Under that what the curves say in numbers.

use ratatui::layout::Rect;

use crate::engine::{AlphaCurve, Shape, Snapshot, Tuning};
use crate::tune::NotExact;

use super::super::super::hit::Target;
use super::super::super::knobs;
use super::super::super::layout::Plot;
use super::super::super::state::State;
use super::super::super::theme::Tone;
use super::super::super::update::recommended;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::super::widgets::plot::{self, Trace};
use super::super::super::widgets::{Pen, cells};
use super::super::empty_state;

/// For the labels of the value axis.
const AXIS: u16 = 6;
const NAME: usize = 9;
/// A flat curve is drawn with so much room around it.
const LEAST_RANGE: f64 = 0.02;

/// A line of the plot.
struct Line<'a> {
    name: &'static str,
    curve: &'a AlphaCurve,
    tone: Tone,
    sign: &'static str,
}

pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &[Piece], state: &State) {
    let (snapshot, tuning) = match super::tuning(state) {
        Ok(there) => there,
        Err(sentences) => {
            let inner = pen.frame(area, title, &[], false);
            return empty_state(pen, inner, &sentences);
        }
    };
    let mut lines = Vec::new();
    if let Some(curve) = &tuning.first {
        lines.push(Line { name: "first", curve, tone: Tone::Accent, sign: "f" });
    }
    if let Some(curve) = &tuning.reranked {
        lines.push(Line { name: "reranked", curve, tone: Tone::Gained, sign: "r" });
    }
    let mut right = vec![piece(format!("α {}", knobs::share(state.share())), Tone::Knob)];
    if super::is_old(state, snapshot, tuning) {
        right.insert(0, piece(format!("{} ", pen.signs().stale), Tone::Knob));
    }
    let inner = pen.frame(area, title, &right, super::is_read(state, Plot::Alpha));
    let mut sentences: Vec<Vec<Piece>> =
        lines.iter().map(|line| sentence(pen, line.name, line.curve, line.tone, state)).collect();
    if let Some(recall) = beside(tuning, state) {
        sentences.push(sentence(pen, "recall", recall, Tone::Quiet, state));
    }
    sentences.truncate(usize::from(inner.height.saturating_sub(6)));
    let text = sentences.len() as u16;
    let labels: u16 = if inner.width >= 60 { NAME as u16 } else { 0 };
    let plot = Rect::new(
        inner.x + AXIS,
        inner.y,
        inner.width.saturating_sub(AXIS + 1 + labels),
        inner.height.saturating_sub(text + 2),
    );
    if plot.width >= 8 && plot.height >= 2 {
        draw_plot(pen, inner, plot, labels, &lines, state, snapshot);
    }
    for (y, pieces) in (inner.bottom() - text..inner.bottom()).zip(&sentences) {
        pen.line(inner.x + 1, y, inner.width.saturating_sub(2), pieces);
    }
}

/// Recall, where another metric is looked at.
fn beside<'a>(tuning: &'a Tuning, state: &State) -> Option<&'a AlphaCurve> {
    tuning.recall.as_ref().filter(|_| state.goal != crate::tune::Goal::Recall)
}

fn draw_plot(
    pen: &mut Pen<'_>,
    inner: Rect,
    plot: Rect,
    labels: u16,
    lines: &[Line<'_>],
    state: &State,
    snapshot: &Snapshot,
) {
    let (low, high) = range(lines);
    let height = |value: f64| (value - low) / (high - low);
    pen.say_right(inner.x, plot.y, AXIS - 1, &cells::thousandths(high), Tone::Quiet);
    pen.say_right(inner.x, plot.bottom() - 1, AXIS - 1, &cells::thousandths(low), Tone::Quiet);
    let column = |alpha: f64| {
        plot.x + (alpha.clamp(0.0, 1.0) * f64::from(plot.width.saturating_sub(1))).round() as u16
    };
    let signs = pen.signs();
    let best = snapshot.tuning.as_deref().and_then(recommended).map(|curve| curve.best);
    if let Some(plateau) = best.and_then(|best| best.plateau) {
        let (from, to) = (column(plateau.low), column(plateau.high));
        (plot.top()..plot.bottom()).for_each(|y| pen.rule(from, y, to + 1 - from, signs.shade, Tone::Frame));
    }
    let now = column(state.share());
    (plot.top()..plot.bottom()).for_each(|y| pen.sign(now, y, signs.marker_line, Tone::Knob));
    let read = state.read_alpha().map(|alpha| (alpha, column(alpha)));
    if let Some((_, x)) = read {
        super::reading_line(pen, plot, x);
    }
    let columns = plot::sub_columns(pen.look.ascii, plot.width);
    let row = |value: f64| {
        let last = f64::from(plot.height.saturating_sub(1));
        plot.bottom() - 1 - (height(value).clamp(0.0, 1.0) * last).round() as u16
    };
    for line in lines {
        let spans = spans(&line.curve.shape, columns);
        let spans = spans.into_iter().map(|span| span.map(|(a, b)| (height(a), height(b)))).collect();
        plot::draw(pen, plot, &Trace { spans, tone: line.tone, sign: line.sign });
        // One leg alone is another list than a little of the other leg makes of it.
        for alpha in [0.0, 1.0] {
            if let Some(value) = value_at(line.curve, alpha) {
                pen.sign(column(alpha), row(value), signs.end, line.tone);
            }
        }
        if let Some(value) = value_at(line.curve, state.share()) {
            pen.sign(now, row(value), signs.thumb, Tone::Knob);
        }
        if let Some((x, value)) = read.and_then(|(alpha, x)| Some((x, value_at(line.curve, alpha)?))) {
            pen.sign(x, row(value), signs.end, line.tone);
        }
    }
    let ends = lines.iter().map(|line| {
        // A curve that ends before has its name at the height where it ends.
        let last = match &line.curve.shape {
            Shape::Exact(_) => value_at(line.curve, 0.999),
            Shape::Sampled { points, .. } => points.last().map(|point| point.1),
        };
        (height(last.unwrap_or(line.curve.current)), line.name.to_owned(), line.tone)
    });
    super::end_labels(pen, plot, labels.saturating_sub(1), ends.collect());
    // The slider: the plot's own axis.
    let y = plot.bottom();
    pen.rule(plot.x, y, plot.width, signs.track, Tone::Frame);
    pen.sign(now, y, signs.thumb, Tone::Knob);
    if let Some(best) = best {
        let at = column(best.alpha);
        pen.sign(at, y, signs.best, if at == now { Tone::Gained } else { Tone::Strong });
    }
    pen.hits.add(Rect { height: plot.height + 1, ..plot }, Target::AlphaAxis);
    if let Some((alpha, x)) = read {
        let recall = snapshot.tuning.as_deref().and_then(|tuning| beside(tuning, state));
        let values = values(pen, alpha, lines, recall);
        super::values_at(pen, plot, x, &values);
    }
    let leg = state.share_leg();
    let others = if snapshot.ran.len() == 2 { snapshot.ran.iter().find(|&other| other != leg) } else { None };
    let without = others.map_or("without it", |other| snapshot.leg_name(other));
    let third = plot.width / 3;
    pen.say(plot.x, y + 1, third, &format!("0 {without}"), Tone::Quiet);
    pen.say(column(0.5), y + 1, 2, ".5", Tone::Quiet);
    pen.say_right(plot.right() - third, y + 1, third, &format!("{} 1", snapshot.leg_name(leg)), Tone::Quiet);
}

/// What the curves have at an α, and recall beside another metric.
fn values(pen: &Pen<'_>, alpha: f64, lines: &[Line<'_>], recall: Option<&AlphaCurve>) -> Vec<Vec<Piece>> {
    let none = || pen.signs().none.to_owned();
    let known = |curve| value_at(curve, alpha).map_or_else(none, cells::thousandths);
    let widest = NAME - 1;
    let mut values = vec![super::value("α", widest, knobs::share(alpha), Tone::Quiet)];
    values.extend(lines.iter().map(|line| super::value(line.name, widest, known(line.curve), line.tone)));
    values.extend(recall.map(|curve| super::value("recall", widest, known(curve), Tone::Quiet)));
    values
}

/// The least and the greatest value of the lines, with room where they hardly differ.
fn range(lines: &[Line<'_>]) -> (f64, f64) {
    let values = lines.iter().flat_map(|line| {
        let spans = spans(&line.curve.shape, 200).into_iter().flatten().flat_map(|(a, b)| [a, b]);
        spans
            .chain([0.0, 1.0].into_iter().filter_map(|alpha| value_at(line.curve, alpha)))
            .collect::<Vec<_>>()
    });
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if !(low.is_finite() && high.is_finite()) {
        return (0.0, 1.0);
    }
    let missing = (LEAST_RANGE - (high - low)).max(0.0) / 2.0;
    (low - missing, high + missing)
}

/// The values that the curve has on each of so many columns over α.
fn spans(shape: &Shape, columns: u16) -> Vec<Option<(f64, f64)>> {
    let last = f64::from(columns.saturating_sub(1).max(1));
    let mut spans: Vec<Option<(f64, f64)>> = vec![None; usize::from(columns)];
    match shape {
        Shape::Exact(steps) => {
            for plateau in steps.plateaus() {
                let (from, to) =
                    ((plateau.low * last).round() as usize, (plateau.high * last).round() as usize);
                for span in spans.iter_mut().take(to + 1).skip(from) {
                    let (low, high) = span.unwrap_or((plateau.value, plateau.value));
                    *span = Some((low.min(plateau.value), high.max(plateau.value)));
                }
            }
        }
        Shape::Sampled { points, .. } => {
            for (column, span) in (0u16..).zip(&mut spans) {
                let value = between(points, f64::from(column) / last);
                *span = value.map(|value| (value, value));
            }
        }
    }
    spans
}

/// A sampled curve between its points, which are in order of α.
fn between(points: &[(f64, f64)], alpha: f64) -> Option<f64> {
    let after = points.partition_point(|point| point.0 < alpha);
    let (before, after) = (after.checked_sub(1).and_then(|at| points.get(at)), points.get(after));
    match (before, after) {
        (Some(a), Some(b)) => Some(a.1 + (b.1 - a.1) * (alpha - a.0) / (b.0 - a.0).max(f64::MIN_POSITIVE)),
        // Beyond what was tried nothing is known.
        (Some(only), None) | (None, Some(only)) => ((only.0 - alpha).abs() < 1e-6).then_some(only.1),
        (None, None) => None,
    }
}

/// `None` where the curve is not known.
fn value_at(curve: &AlphaCurve, alpha: f64) -> Option<f64> {
    match &curve.shape {
        Shape::Exact(steps) => Some(steps.value_at(alpha)),
        Shape::Sampled { points, .. } => between(points, alpha),
    }
}

/// Now, the best, what the best is worth on queries it has not seen, and how the curve is known.
fn sentence(pen: &Pen<'_>, name: &str, curve: &AlphaCurve, tone: Tone, state: &State) -> Vec<Piece> {
    let (alpha, at) = (state.share(), knobs::share);
    let now = value_at(curve, alpha).map_or_else(|| pen.signs().none.to_owned(), cells::thousandths);
    let best = cells::thousandths(curve.best.value);
    let mut pieces = vec![
        piece(format!("{name:NAME$}"), tone),
        piece(format!("α {}: ", at(alpha)), Tone::Quiet),
        piece(now, Tone::Knob),
        piece(format!("  {} α {}: ", pen.signs().best, at(curve.best.short)), Tone::Quiet),
        piece(best, Tone::Strong),
    ];
    pieces.extend(super::held_out(curve.held_out.as_ref()));
    pieces.push(piece(format!("  {}", known(curve, state)), Tone::Quiet));
    pieces
}

fn known(curve: &AlphaCurve, state: &State) -> String {
    let queries = if curve.queries < curve.judged {
        format!(", on {} of {} queries", curve.queries, curve.judged)
    } else {
        String::new()
    };
    let how = match &curve.shape {
        Shape::Exact(_) => "exact".to_owned(),
        Shape::Sampled { points, why } => {
            let why = match why {
                Some(NotExact::WeightInsideRank) => "the weight stands inside the rank",
                Some(NotExact::MoreLegs) => "more than two legs",
                None if state.settings.blend > 0.0 => "the blend mixes in the first stage",
                None if state.settings.threshold.is_some() => "the threshold cuts the list",
                None => "passages that would enter have no score yet",
            };
            format!("sampled at {}: {why}", points.len())
        }
    };
    how + &queries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::{Break, StepCurve};

    /// Trap: a step narrower than a column, which sampling at the columns' middles would miss.
    #[test]
    fn no_step_is_lost_between_columns() {
        let breaks = [(0.501, 0.9), (0.502, 0.2)].map(|(alpha, after)| Break { alpha, at: after, after });
        let curve = StepCurve { breaks: breaks.into(), ..StepCurve::constant(0.5, 0.2, 0.5) };
        let spans = spans(&Shape::Exact(curve), 21);
        assert_eq!(spans[10], Some((0.2, 0.9)));
        assert_eq!((spans[0], spans[20]), (Some((0.2, 0.2)), Some((0.2, 0.2))));
    }

    #[test]
    fn between_two_samples_the_line_is_straight() {
        let points = [(0.0, 0.2), (0.5, 0.4), (1.0, 0.4)];
        assert_eq!(between(&points, 0.25).map(cells::thousandths), Some(".300".to_owned()));
        assert_eq!((between(&points, 1.0), between(&[], 0.5)), (Some(0.4), None));
        assert_eq!(between(&points[1..2], 0.7), None, "nothing was tried there");
    }
}
