//! recall@N over N, on a logarithmic axis.

use super::axes::{Picture, Room};
use super::value;
use crate::domain::LegName;
use crate::engine::RecallCurve;

const STOPS: [usize; 11] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

/// Mean recall at every N: fused, by leg, of the legs together and at best, with the present N marked; `None`
/// where nothing is judged.
pub fn recall_at_n(curve: &RecallCurve, legs: &[LegName], n: usize, queries: usize) -> Option<String> {
    let longest = curve.legs.iter().map(Vec::len).max().unwrap_or(0).max(curve.fused.len());
    if curve.fused.is_empty() {
        return None;
    }
    let of_legs = legs.iter().zip(&curve.legs).filter(|(_, values)| !values.is_empty());
    let bounds = [("union", curve.union.as_slice()), ("ceiling", curve.ceiling.as_slice())];
    let lines: Vec<(&str, &[f32])> = std::iter::once(("fused", curve.fused.as_slice()))
        .chain(of_legs.map(|(leg, values)| (&*leg.name, values.as_slice())))
        .chain(bounds.into_iter().filter(|(_, values)| !values.is_empty()))
        .collect();
    let mut picture =
        Picture::new(&format!("recall@N, mean over {queries} judged queries"), Room::WITH_NAMES);
    let along = |n: usize| (n.max(1) as f64).ln() / (longest.max(2) as f64).ln();
    let stops: Vec<_> = STOPS.iter().filter(|&&stop| stop <= longest.max(2)).collect();
    let x_ticks: Vec<_> = stops.into_iter().map(|&stop| (along(stop), stop.to_string())).collect();
    let y_ticks: Vec<_> =
        (0..=5u8).map(|step| f64::from(step) / 5.0).map(|up| (up, format!("{up:.1}"))).collect();
    picture.axes(&x_ticks, "N, size of the candidate set", &y_ticks, "recall@N");
    picture.upright(along(n), &format!("N = {n}"));
    let mut ends = Vec::new();
    for (nth, (name, values)) in lines.iter().enumerate() {
        let points: Vec<(f64, f64)> = (1..).zip(*values).map(|(n, &up)| (along(n), f64::from(up))).collect();
        // A list that is shorter than the longest finds no more beyond its end.
        let last = points.last().map_or(0.0, |point| point.1);
        let points = points.into_iter().chain([(1.0, last)]);
        picture.line(nth, name, &thinned(points));
        let now = values.get(n.saturating_sub(1)).or(values.last()).map_or(0.0, |&now| f64::from(now));
        picture.dot(nth, along(n), now, &format!("{name}: recall@{n} {}", value(now)));
        ends.push((nth, last, format!("{name} {}", value(now))));
    }
    picture.names(ends);
    Some(picture.finish())
}

/// Without the points that lie on the way between their neighbours on one level.
fn thinned(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for point in points {
        if let [.., before, last] = kept.as_slice()
            && before.1 == last.1
            && last.1 == point.1
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}
