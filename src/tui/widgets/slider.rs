//! A slider: a track with a thumb.

use ratatui::layout::Rect;

use super::super::hit::Target;
use super::super::knobs::Knob;
use super::super::theme::Tone;
use super::Pen;

/// Draws the slider of `knob` with its thumb `fraction` along, and makes it answer to the mouse.
pub fn draw(pen: &mut Pen<'_>, area: Rect, knob: Knob, fraction: f64, tone: Tone) {
    if area.width == 0 {
        return;
    }
    let signs = pen.signs();
    pen.rule(area.x, area.y, area.width, signs.track, Tone::Frame);
    let last = f64::from(area.width - 1);
    let at = (fraction.clamp(0.0, 1.0) * last).round() as u16;
    if tone != Tone::Quiet {
        pen.rule(area.x, area.y, at, signs.track, tone);
    }
    pen.sign(area.x + at, area.y, signs.thumb, tone);
    pen.hits.add(area, Target::Slider(knob));
}
