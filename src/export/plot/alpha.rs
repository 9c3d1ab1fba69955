//! A metric over α: first stage and reranked, the best interval shaded.

use super::axes::{Picture, Room};
use super::value;
use crate::domain::LegName;
use crate::engine::{AlphaCurve, Shape, Tuning};

/// A flat curve is drawn with so much room around it.
const LEAST_RANGE: f64 = 0.02;

/// The metric over α, with the present value `now` marked; `None` before there is a curve. Steps are drawn
/// as steps; where a curve was sampled only, straight lines join what was tried.
pub fn over_alpha(tuning: &Tuning, legs: &[LegName], now: f64) -> Option<String> {
    let curves = [("first stage", &tuning.first), ("reranked", &tuning.reranked)];
    let curves: Vec<(&str, &AlphaCurve)> =
        curves.into_iter().filter_map(|(name, curve)| Some((name, curve.as_ref()?))).collect();
    let drawn: Vec<Vec<(f64, f64)>> = curves.iter().map(|(_, curve)| points(&curve.shape)).collect();
    let values = || drawn.iter().flatten().map(|point| point.1);
    let (low, high) =
        values().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
    if !(low.is_finite() && high.is_finite()) {
        return None;
    }
    let around = (LEAST_RANGE - (high - low)).max((high - low) * 0.1) / 2.0;
    let (low, high) = (low - around, high + around);
    let up = |value: f64| (value - low) / (high - low);
    let judged = curves.iter().map(|(_, curve)| curve.judged).max().unwrap_or(0);
    let title = format!("{} over α, mean over {judged} judged queries", tuning.metric);
    // Two lines of numbers stand below the axis.
    let mut picture = Picture::new(&title, Room { bottom: 346.0, ..Room::WITH_NAMES });
    let ticks = |labels: [f64; 6]| labels.map(|at| (at, format!("{at:.1}")));
    let y_ticks: Vec<_> =
        (0..=4u8).map(|step| f64::from(step) / 4.0).map(|up| (up, value(low + up * (high - low)))).collect();
    let leg = tuning.leg.and_then(|leg| legs.get(leg.0)).map_or("the last leg", |leg| &leg.name);
    picture.axes(
        &ticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        &format!("α, share of {leg}"),
        &y_ticks,
        &tuning.metric,
    );
    // The recommendation is for what is delivered, where that is known.
    if let Some(plateau) = curves.last().and_then(|(_, curve)| curve.best.plateau) {
        let (from, to) = (picture.room.x(plateau.low), picture.room.x(plateau.high));
        let (top, bottom) = (picture.room.top, picture.room.bottom);
        picture.raw(&format!(
            "<rect class=\"shade\" x=\"{from:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>best \
             from {:.3} to {:.3}</title></rect>",
            (to - from).max(1.0),
            bottom - top,
            plateau.low,
            plateau.high,
        ));
    }
    picture.upright(now, &format!("α = {now:.2}"));
    let mut ends = Vec::new();
    for (nth, ((name, curve), points)) in curves.iter().zip(&drawn).enumerate() {
        let line: Vec<(f64, f64)> = points.iter().map(|&(alpha, value)| (alpha, up(value))).collect();
        picture.line(nth, name, &line);
        // One leg alone is a list of its own, not the limit of the mixtures.
        if let Shape::Exact(steps) = &curve.shape {
            for (alpha, alone) in [(0.0, steps.zero), (1.0, steps.one)] {
                picture.dot(nth, alpha, up(alone), &format!("{name}: {} at α = {alpha}", value(alone)));
            }
        }
        let best = &curve.best;
        picture.dot(
            nth,
            best.alpha,
            up(best.value),
            &format!("{name}: best {} at α = {}", value(best.value), best.short),
        );
        let end = line.last().map_or(0.0, |point| point.1);
        ends.push((nth, end, (*name).to_owned()));
    }
    picture.names(ends);
    let mut y = super::axes::HEIGHT - 10.0;
    for (name, curve) in curves.iter().rev() {
        let held = curve.held_out.as_ref().map_or_else(String::new, |held| {
            format!(
                ", held out {:+.3} [{:+.3}, {:+.3}]",
                held.difference, held.interval.low, held.interval.high
            )
        });
        let (best, at) = (value(curve.best.value), curve.best.short);
        picture.say(
            super::axes::WIDTH - 16.0,
            y,
            "end",
            "q",
            &format!("{name}: best {best} at α = {at}{held}"),
        );
        y -= 17.0;
    }
    Some(picture.finish())
}

/// The curve as points of a line, in order of α.
fn points(shape: &Shape) -> Vec<(f64, f64)> {
    match shape {
        Shape::Exact(steps) => {
            steps.plateaus().flat_map(|at| [(at.low, at.value), (at.high, at.value)]).collect()
        }
        Shape::Sampled { points, .. } => points.clone(),
    }
}
