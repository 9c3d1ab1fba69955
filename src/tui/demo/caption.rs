//! The caption: its room under the screen, and its words.

use ratatui::layout::Rect;

use crate::text::visible;

use super::super::actions::{self, Place};
use super::super::layout::{MIN_HEIGHT, MIN_WIDTH};
use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
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
    let keys: Vec<Piece> = actions::footer(Place::Tour, &state.shelf.keys)
        .into_iter()
        .flat_map(|entry| [piece(entry.names(), Tone::Key), piece(format!(" {} ", entry.label), Tone::Quiet)])
        .collect();
    let waits = tour::waits_for(state).map(|what| format!(" {} {what}", pen.signs().waiting));
    // How one goes on stays; what the tour is called may be cut.
    let width = |words: &str| cells::width(&pen.look.words(&visible(words)));
    let used: usize = keys.iter().map(|key| width(&key.text)).sum::<usize>()
        + width(&count)
        + waits.as_deref().map_or(0, width);
    let room = usize::from(area.width.saturating_sub(SIDES + 7)).saturating_sub(used);
    let name = cells::cut(&visible(&tour.script().title), room, pen.signs().ellipsis);
    let mut title = vec![piece(format!("{count} "), Tone::Knob), piece(name, Tone::Strong)];
    title.extend(waits.map(|words| piece(words, Tone::Knob)));
    let inner = pen.frame(area, &title, &keys, true);
    let room = area.width.saturating_sub(SIDES);
    let lines = words(&tour.step().caption, usize::from(room));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        pen.say(area.x + 2, y, room, line, Tone::Text);
    }
}
