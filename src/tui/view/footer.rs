//! The last line: the keys that work here, from the action table, or one message.

use ratatui::layout::Rect;

use crate::text::visible;

use super::super::actions::{self, ActionId, FooterEntry, Place};
use super::super::state::{Mode, State};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells, field};

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let room = area.width.saturating_sub(2);
    if state.mode == Mode::Naming && !state.notice.as_ref().is_some_and(|notice| notice.is_error) {
        return naming(pen, area, state);
    }
    if let Some(notice) = &state.notice {
        let (sign, tone) =
            if notice.is_error { (pen.signs().failed, Tone::Lost) } else { (pen.signs().dot, Tone::Text) };
        let words = [piece(format!("{sign} "), tone), piece(notice.text.as_str(), tone)];
        // What has no room here is there in full among the messages.
        let more = match state.is_blind() || !notice.is_error {
            true => String::new(),
            false => format!(" {} all of it", state.key(ActionId::Messages)),
        };
        let width = cells::width(&more) as u16;
        let is_cut = cells::width(&pen.look.words(&visible(&notice.text))) + 2 > usize::from(room);
        if is_cut && width > 0 && room > 3 * width {
            pen.line(1, area.y, room - width, &words);
            pen.say_right(1, area.y, room, &more, Tone::Key);
        } else {
            pen.line(1, area.y, room, &words);
        }
        return;
    }
    let place = actions::place(state);
    let asks = if place == Place::Picture { "Write a picture as " } else { "" };
    pen.say(1, area.y, room, asks, Tone::Strong);
    let (x, room) = (1 + asks.len() as u16, room.saturating_sub(asks.len() as u16));
    let mut entries = actions::footer(place, &state.shelf.keys);
    if state.has_crosshair() {
        let own = actions::footer(Place::Crosshair, &state.shelf.keys);
        let taken =
            |(key, _): &(String, ActionId)| own.iter().any(|entry| entry.keys.iter().any(|k| k.0 == *key));
        entries.retain(|entry| !entry.keys.iter().any(taken));
        entries.splice(0..0, own.iter().cloned());
    }
    // Help and quit stay when the rest has no room.
    let kept: Vec<_> = entries
        .iter()
        .filter(|entry| matches!(entry.label, "help" | "quit" | "close" | "no picture"))
        .cloned()
        .collect();
    entries.retain(|entry| !kept.contains(entry));
    let kept_width: usize = kept.iter().map(|entry| width(pen, entry)).sum();
    let mut free = usize::from(room).saturating_sub(kept_width);
    let mut shown: Vec<&FooterEntry> = Vec::new();
    for entry in &entries {
        let width = width(pen, entry);
        if width > free && place != Place::Field {
            break;
        }
        free = free.saturating_sub(width);
        shown.push(entry);
    }
    keys(pen, Rect::new(x, area.y, room, 1), shown.into_iter().chain(&kept));
}

/// Cells between two entries.
const GAP: usize = 2;

/// Cells that an entry takes.
pub fn width(pen: &Pen<'_>, entry: &FooterEntry) -> usize {
    let cells = |text: &str| cells::width(&pen.look.words(text));
    cells(&entry.names()) + 1 + cells(entry.label) + GAP
}

/// Keys with what they do; each answers to the mouse.
pub fn keys<'a>(pen: &mut Pen<'_>, area: Rect, entries: impl Iterator<Item = &'a FooterEntry>) {
    let end = area.right();
    let mut x = area.x;
    for entry in entries {
        let keys = entry.shown().into_iter().map(|(key, does)| Piece { does, ..piece(key, Tone::Key) });
        let label = Piece { does: entry.alone(), ..piece(format!(" {}", entry.label), Tone::Quiet) };
        let pieces: Vec<Piece> = keys.chain([label]).collect();
        x += pen.line(x, area.y, end.saturating_sub(x), &pieces) + GAP as u16;
    }
}

/// Cells of a name that are seen at least while it is typed.
const NAME: u16 = 12;

/// The name that is typed for a preset.
fn naming(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let entries = actions::footer(Place::Field, &state.shelf.keys);
    let taken: usize = entries.iter().map(|entry| width(pen, entry)).sum();
    let x = 1 + pen.say(1, area.y, area.width, "Keep these settings as ", Tone::Strong);
    let start = area.width.saturating_sub(taken as u16);
    // What one types goes before what one knows.
    if start < x + 1 + NAME {
        return field::draw(pen, x, area.y, area.width.saturating_sub(x), &state.name);
    }
    keys(pen, Rect { x: start, width: area.width.saturating_sub(start), ..area }, entries.iter());
    field::draw(pen, x, area.y, start.saturating_sub(x + 1), &state.name);
}
