//! A plot of lines over a logarithmic axis, in braille dots (two by four to a cell) or ASCII signs.

use ratatui::layout::Rect;

use super::super::theme::Tone;
use super::Pen;

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
        if pen.look.ascii { draw_signs(pen, area, one, max) } else { draw_dots(pen, area, one, max) }
    }
}

/// The column of n on the axis, 0 to `cells` - 1.
pub fn column_of(n: usize, max: usize, cells: u16) -> u16 {
    let along = (n.max(1) as f64).ln() / (max.max(2) as f64).ln();
    (along.clamp(0.0, 1.0) * f64::from(cells.saturating_sub(1))).round() as u16
}

/// The n of a place along the axis, 0 to 1.
fn n_at(along: f64, max: usize) -> usize {
    (along * (max.max(2) as f64).ln()).exp().round() as usize
}

fn value_at(series: &Series<'_>, n: usize) -> Option<f64> {
    let last = series.values.len().checked_sub(1)?;
    series.values.get(n.saturating_sub(1).min(last)).map(|&value| f64::from(value.clamp(0.0, 1.0)))
}

/// Heights of a series from the lower edge, by sub-column, in steps of `rows`.
fn heights(series: &Series<'_>, columns: u16, rows: u16, max: usize) -> Vec<u16> {
    let last = f64::from(columns.saturating_sub(1).max(1));
    let place = |column: u16| value_at(series, n_at(f64::from(column) / last, max));
    (0..columns)
        .map_while(place)
        .map(|value| (value * f64::from(rows.saturating_sub(1))).round() as u16)
        .collect()
}

fn draw_signs(pen: &mut Pen<'_>, area: Rect, series: &Series<'_>, max: usize) {
    for (x, height) in (area.x..).zip(heights(series, area.width, area.height, max)) {
        pen.sign(x, area.bottom() - 1 - height, series.sign, series.tone);
    }
}

/// Bits of a braille cell by column and row, from the top.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

fn draw_dots(pen: &mut Pen<'_>, area: Rect, series: &Series<'_>, max: usize) {
    let heights = heights(series, area.width * 2, area.height * 4, max);
    let mut cells = vec![0u8; usize::from(area.width) * usize::from(area.height)];
    let mut before = None;
    for (column, &height) in (0u16..).zip(&heights) {
        // A steep rise is filled, so that the line does not fall apart.
        let from = before.map_or(height, |before: u16| height.min(before + 1));
        for step in from.min(height)..=height {
            let row = area.height * 4 - 1 - step;
            let cell = usize::from(row / 4) * usize::from(area.width) + usize::from(column / 2);
            if let Some(bits) = cells.get_mut(cell) {
                *bits |= DOTS[usize::from(column % 2)][usize::from(row % 4)];
            }
        }
        before = Some(height);
    }
    for (at, bits) in (0u16..).zip(cells).filter(|(_, bits)| *bits != 0) {
        if let Some(sign) = char::from_u32(0x2800 + u32::from(bits)) {
            let (x, y) = (area.x + at % area.width, area.y + at / area.width);
            pen.sign(x, y, sign.encode_utf8(&mut [0; 4]), series.tone);
        }
    }
}
