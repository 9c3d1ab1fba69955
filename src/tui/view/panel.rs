//! The panel of all knobs: a row each, with its slider, its value, and what it does.

use ratatui::layout::Rect;

use crate::domain::FirstStage;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::knobs::{self, Knob};
use super::super::state::{Mode, State};
use super::super::theme::Tone;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, cells, field, slider};

const NAME: u16 = 16;
const FIELD: u16 = 10;
/// A value that has no slider beside it may be as wide as slider and value together.
const VALUE: u16 = 10;
/// What a knob does needs so much room to say anything.
const LEAST_WORDS: u16 = 20;

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let knobs = state.knobs();
    let at = knobs.iter().position(|&knob| knob == state.knob).unwrap_or(0);
    let title =
        [piece("Knobs", Tone::Strong), piece(format!(" · {} of {}", at + 1, knobs.len()), Tone::Quiet)];
    let right = [
        piece(state.key(ActionId::KnobDefault), Tone::Key).does(ActionId::KnobDefault),
        piece(" default", Tone::Quiet).does(ActionId::KnobDefault),
        piece(" · ", Tone::Quiet),
        piece(state.key(ActionId::AllKnobs), Tone::Key).does(ActionId::AllKnobs),
        piece(" closes", Tone::Quiet).does(ActionId::AllKnobs),
    ];
    pen.hits.add(area, Target::Dock);
    let inner = pen.frame(area, &title, &right, !state.mode.is_typing());
    let height = usize::from(inner.height);
    let start = state.dock_scroll.unwrap_or(0);
    for (y, &knob) in (inner.top()..inner.bottom()).zip(knobs.iter().skip(start)) {
        draw_knob(pen, Rect::new(inner.x, y, inner.width, 1), knob, state);
    }
    super::scroll_signs(pen, area, start > 0, start + height < knobs.len());
}

fn draw_knob(pen: &mut Pen<'_>, row: Rect, knob: Knob, state: &State) {
    let typing = state.mode == Mode::Number(knob);
    let idle = is_idle(knob, state);
    let tone = if idle { Tone::Quiet } else { Tone::Knob };
    let (x, right) = (row.x + 1, row.right().saturating_sub(1));
    pen.hits.add(row, Target::Knob(knob));
    let style = pen.style(if idle { Tone::Quiet } else { Tone::Text });
    pen.text(x, row.y, NAME.min(right.saturating_sub(x)), &knob.name(&state.legs), style);
    let x = x + NAME + 1;
    let track = (row.width / 6).clamp(8, 24);
    let mut value_at = x;
    let mut room = track + 1 + VALUE;
    if knob.takes_a_number() {
        let width = track.min(right.saturating_sub(x));
        slider::draw(pen, Rect::new(x, row.y, width, 1), knob, along(knob, state), tone);
        value_at = x + track + 1;
        room = VALUE;
    }
    let room_left = right.saturating_sub(value_at);
    if typing {
        let width = FIELD.min(room_left);
        field::draw(pen, value_at, row.y, width, &state.number);
        let style = pen.style(Tone::Highlight);
        pen.tint(Rect::new(value_at, row.y, width, 1), style);
    } else {
        let value = knobs::value(knob, &state.settings, &state.legs);
        pen.say(value_at, row.y, room.min(room_left), &value, tone);
    }
    let words_at = x + track + 1 + VALUE + 1;
    let room = right.saturating_sub(words_at);
    if room >= LEAST_WORDS {
        pen.say(words_at, row.y, room, knob.words(&state.settings), Tone::Quiet);
    }
    if state.knob == knob && !typing {
        // Not over the slider: its thumb must stay legible.
        let name = cells::width(&pen.look.words(&knob.name(&state.legs))) as u16;
        pen.mark_row(Rect::new(row.x, row.y, name.min(NAME) + 2, 1), Tone::Cursor);
    }
}

fn along(knob: Knob, state: &State) -> f64 {
    knobs::fraction(knob, &state.settings, state.scope())
}

/// Whether the knob has no effect under the other knobs.
fn is_idle(knob: Knob, state: &State) -> bool {
    let settings = &state.settings;
    let alone = settings.first != FirstStage::Hybrid && knob.fuses();
    let unweighted = matches!(knob, Knob::Alpha | Knob::Weight(_)) && !settings.fusion.is_weighted();
    alone || unweighted || knob == Knob::Blend && settings.reranker.is_none()
}
