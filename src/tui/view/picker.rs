//! The open list: its entries, the one under the cursor, and what is typed to filter them.

use ratatui::layout::Rect;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::picker::{self, Pick};
use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, cells, field};
use super::rivals;

/// Cells of the widest name that is not cut.
const WIDEST_NAME: usize = 34;
/// Cells of the filter's field.
const FILTER: u16 = 24;

pub fn draw(pen: &mut Pen<'_>, area: Rect, pick: Pick, state: &State) {
    let entries = picker::entries(pick, state.picker.filter.value(), &state.shelf);
    let name = match pick {
        Pick::Fusion => "Fusion",
        Pick::Reranker => "Reranker",
        Pick::Preset => "Preset",
        Pick::Theme => "Theme",
        Pick::Command => "Command",
        Pick::Rivals => "Compare",
    };
    let (enter, esc) = (state.key(ActionId::Accept), state.key(ActionId::Back));
    let hint = match pick {
        _ if area.width < 90 => String::new(),
        Pick::Rivals => format!("{enter} marks · {esc} back to the lists"),
        Pick::Command => format!("{enter} does it · n 80 sets N · {esc} back"),
        Pick::Fusion | Pick::Reranker | Pick::Preset | Pick::Theme => {
            format!("↑↓ tries · {enter} keeps · {esc} back")
        }
    };
    let right = if hint.is_empty() { Vec::new() } else { vec![piece(hint, Tone::Quiet)] };
    let title = [piece(format!("{name} "), Tone::Strong), piece("/ ", Tone::Key)];
    let inner = pen.frame(area, &title, &right, true);
    pen.hits.add(area, Target::Dock);
    let x = area.x + 3 + cells::width(name) as u16 + 3;
    let room = FILTER.min(area.right().saturating_sub(x + 2));
    pen.rule(x, area.y, room, " ", Tone::Text);
    field::draw(pen, x, area.y, room, &state.picker.filter);
    if entries.is_empty() {
        let words = format!("nothing matches \"{}\"", state.picker.filter.value());
        return super::empty_state(pen, inner, &[(words, Tone::Quiet)]);
    }
    if pick == Pick::Rivals {
        return rivals::draw(pen, area, inner, &entries, state);
    }
    let height = usize::from(inner.height);
    let start = state.dock_scroll.unwrap_or(0);
    let widest =
        entries.iter().map(|entry| cells::width(&entry.name)).max().unwrap_or(0).min(WIDEST_NAME) as u16;
    let kept = |entry: &picker::Entry| picker::is_chosen(entry, &state.picker.before, &state.picker.theme);
    for (y, (at, entry)) in (inner.top()..inner.bottom()).zip(entries.iter().enumerate().skip(start)) {
        let row = Rect::new(inner.x, y, inner.width, 1);
        let right = row.right().saturating_sub(1);
        pen.hits.add(row, Target::Choice(at));
        let sign = if kept(entry) { pen.signs().kept } else { " " };
        pen.say(row.x + 1, y, 1, sign, Tone::Knob);
        let style = pen.style(Tone::Text);
        pen.text(row.x + 3, y, widest.min(right.saturating_sub(row.x + 3)), &entry.name, style);
        let words_at = row.x + 3 + widest + 2;
        pen.say(words_at, y, right.saturating_sub(words_at), &entry.words, Tone::Quiet);
        if at == state.picker.cursor {
            pen.mark_row(row, Tone::Cursor);
        }
    }
    super::scroll_signs(pen, area, start > 0, start + height < entries.len());
}
