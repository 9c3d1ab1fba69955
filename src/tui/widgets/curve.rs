//! A plot of lines over a logarithmic axis of ranks.

use std::ops::RangeInclusive;

use ratatui::layout::Rect;

use super::super::theme::Tone;
use super::Pen;
use super::plot::{self, Trace};

/// One line of the plot: `values[n - 1]` is the value at n, from 0 to 1.
pub struct Series<'a> {
    pub values: &'a [f32],
    pub tone: Tone,
    /// The sign of the line in ASCII.
    pub sign: &'static str,
}

/// Draws the series, the later ones above the earlier ones.
pub fn draw(pen: &mut Pen<'_>, area: Rect, series: &[Series<'_>], max: usize) {
    if area.is_empty() {
        return;
    }
    for one in series {
        let columns = plot::sub_columns(pen.look.ascii, area.width);
        let last = f64::from(columns.saturating_sub(1).max(1));
        let value = |column: u16| value_at(one, n_at(f64::from(column) / last, 1..=max));
        let spans = (0..columns).map(|column| value(column).map(|value| (value, value))).collect();
        plot::draw(pen, area, &Trace { spans, tone: one.tone, sign: one.sign });
    }
}

/// The column of n on an axis of these ranks, 0 to `cells` - 1.
pub fn column_of(n: usize, axis: RangeInclusive<usize>, cells: u16) -> u16 {
    let (from, to) = ends(axis);
    let along = ((n.max(1) as f64).ln() - from) / (to - from);
    (along.clamp(0.0, 1.0) * f64::from(cells.saturating_sub(1))).round() as u16
}

/// The n of a place along the axis, 0 to 1.
pub fn n_at(along: f64, axis: RangeInclusive<usize>) -> usize {
    let (from, to) = ends(axis);
    (from + along * (to - from)).exp().round() as usize
}

/// The logarithms of an axis's ends.
fn ends(axis: RangeInclusive<usize>) -> (f64, f64) {
    let from = (*axis.start()).max(1);
    ((from as f64).ln(), ((*axis.end()).max(from + 1) as f64).ln())
}

fn value_at(series: &Series<'_>, n: usize) -> Option<f64> {
    let last = series.values.len().checked_sub(1)?;
    series.values.get(n.saturating_sub(1).min(last)).map(|&value| f64::from(value.clamp(0.0, 1.0)))
}
