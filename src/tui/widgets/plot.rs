//! Lines over a plane, in braille dots (two by four to a cell) or ASCII signs. A line is given by the
//! span of values that it has on each sub-column, so that no step of it is lost between two of them.

use ratatui::layout::Rect;

use super::super::theme::Tone;
use super::Pen;

/// One line; heights are shares of the plot, 0 at the lower edge and 1 at the upper.
pub struct Trace {
    /// By sub-column (see [`sub_columns`]): the least and the greatest height; `None`: no line there.
    pub spans: Vec<Option<(f64, f64)>>,
    pub tone: Tone,
    /// The sign of the line in ASCII.
    pub sign: &'static str,
}

/// How many sub-columns a plot of so many cells has.
pub fn sub_columns(ascii: bool, cells: u16) -> u16 {
    if ascii { cells } else { cells.saturating_mul(2) }
}

/// Bits of a braille cell by column and row, from the top.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Draws a line over what is there.
pub fn draw(pen: &mut Pen<'_>, area: Rect, trace: &Trace) {
    if area.is_empty() {
        return;
    }
    let (columns, rows) = if pen.look.ascii { (1, 1) } else { (2, 4) };
    let steps = area.height.saturating_mul(rows);
    let step = |height: f64| (height.clamp(0.0, 1.0) * f64::from(steps.saturating_sub(1))).round() as u16;
    let mut cells = vec![0u8; usize::from(area.width) * usize::from(area.height)];
    let mut before: Option<(u16, u16)> = None;
    for (column, span) in (0u16..area.width.saturating_mul(columns)).zip(&trace.spans) {
        let span = span.map(|(low, high)| (step(low), step(high)));
        if let Some((low, high)) = span {
            // A steep rise is filled, so that the line does not fall apart.
            let (from, to) = match before {
                Some((_, below)) if below < low => (below + 1, high),
                Some((above, _)) if above > high => (low, above - 1),
                _ => (low, high),
            };
            for height in from.min(low)..=to.max(high) {
                let row = steps - 1 - height;
                let cell = usize::from(row / rows) * usize::from(area.width) + usize::from(column / columns);
                if let Some(bits) = cells.get_mut(cell) {
                    *bits |= DOTS[usize::from(column % columns)][usize::from(row % rows)];
                }
            }
        }
        before = span;
    }
    for (at, bits) in (0u16..).zip(cells).filter(|(_, bits)| *bits != 0) {
        let (x, y) = (area.x + at % area.width, area.y + at / area.width);
        if pen.look.ascii {
            pen.sign(x, y, trace.sign, trace.tone);
        } else if let Some(sign) = char::from_u32(0x2800 + u32::from(bits)) {
            pen.sign(x, y, sign.encode_utf8(&mut [0; 4]), trace.tone);
        }
    }
}
