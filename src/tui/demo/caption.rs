//! The caption: its room under the screen, and its words.

use ratatui::layout::Rect;

use crate::text::visible;

use super::super::actions::{self, Place};
use super::super::layout::{MIN_HEIGHT, MIN_WIDTH};
use super::super::state::State;
use super::super::theme::Tone;
use super::super::view::footer;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, cells, wrap};
use super::script::Script;
use super::tour;

/// Cells beside the words: frame and a space on either side.
const SIDES: u16 = 4;

/// Rows that captions need in a terminal of this size: as many as the longest has, so that nothing moves
/// from step to step. None where the screen itself would have no room left.
pub fn rows(script: &Script, width: u16, height: u16) -> u16 {
    let room = usize::from(width.saturating_sub(SIDES));
    if width < MIN_WIDTH || height <= MIN_HEIGHT + 3 {
        return 0;
    }
    let lines = script.steps.iter().map(|step| words(&step.caption, room).len()).max().unwrap_or(1);
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    wanted.min(height - MIN_HEIGHT)
}

fn words(caption: &str, room: usize) -> Vec<String> {
    let lines = wrap::lines(caption, &[], room.max(8), usize::from(u16::MAX));
    lines.into_iter().map(|line| line.into_iter().map(|stretch| stretch.text).collect()).collect()
}

/// Draws the caption of the step into its room.
pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let Some(tour) = &state.tour else { return };
    if area.height < 3 {
        return;
    }
    let count = format!("{} of {}", tour.at() + 1, tour.script().steps.len());
    let keys = actions::footer(Place::Tour, &state.shelf.keys);
    let width: usize = keys.iter().map(|entry| footer::width(pen, entry)).sum();
    let waits = tour::waits_for(state).map(|what| format!(" {} {what}", pen.signs().waiting));
    // How one goes on stays; what the tour is called may be cut.
    let cells_of = |words: &str| cells::width(&pen.look.words(&visible(words)));
    let used = width + cells_of(&count) + waits.as_deref().map_or(0, cells_of);
    let room = usize::from(area.width.saturating_sub(SIDES + 4)).saturating_sub(used);
    let name = cells::cut(&visible(&tour.script().title), room, pen.signs().ellipsis);
    let mut title = vec![piece(format!("{count} "), Tone::Knob), piece(name, Tone::Strong)];
    title.extend(waits.map(|words| piece(words, Tone::Knob)));
    let inner = pen.frame(area, &title, &[], true);
    // Of the gap behind the last one cell stands before the first.
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let used = u16::try_from(pen.width(&title) + 2).unwrap_or(u16::MAX);
    if used.saturating_add(width) < area.width.saturating_sub(SIDES) {
        let place = Rect::new(area.right() - 2 - width, area.y, width, 1);
        pen.rule(place.x, place.y, width, " ", Tone::Text);
        footer::keys(pen, Rect { x: place.x + 1, width: width.saturating_sub(1), ..place }, keys.iter());
    }
    let room = area.width.saturating_sub(SIDES);
    let lines = words(&tour.step().caption, usize::from(room));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        pen.say(area.x + 2, y, room, line, Tone::Text);
    }
}
