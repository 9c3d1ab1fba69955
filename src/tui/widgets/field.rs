//! A text field: its text with the hardware cursor in it, scrolled so that the cursor is in sight.

use tui_input::Input;

use crate::text::visible;

use super::super::theme::Tone;
use super::{Pen, cells};

/// Draws the field into one line and puts the terminal's cursor where the next character goes.
pub fn draw(pen: &mut Pen<'_>, x: u16, y: u16, room: u16, input: &Input) {
    if room == 0 {
        return;
    }
    let before: String = input.value().chars().take(input.cursor()).collect();
    let after: String = input.value().chars().skip(input.cursor()).collect();
    let mut before = visible(&before).into_owned();
    // One cell stays free for the cursor behind the last character.
    let place = usize::from(room.saturating_sub(1));
    while cells::width(&before) > place {
        let first = cells::fitting(&before, 2).0.chars().next().map_or(1, char::len_utf8);
        before.drain(..first);
    }
    let style = pen.style(Tone::Strong);
    let used = pen.text(x, y, room, &before, style);
    pen.text(x + used, y, room - used, &after, style);
    pen.cursor = Some((x + used, y).into());
}
