//! Actions: typed fields and the weights.

use crossterm::event::KeyCode;

use super::super::Group::{Search, Turn};
use super::super::chord::{ch, key, shift};
use super::super::{Action, ActionId as Id};
use super::{FIELD, OPENED, PANEL, TURN, act};

pub static ACTIONS: &[Action] = &[
    act(Id::Accept, &[key(KeyCode::Enter)], "keep", "keep what is typed", Search, FIELD),
    act(
        Id::Back,
        &[key(KeyCode::Esc)],
        "back",
        "close the overlay; leave the field as it was",
        Search,
        OPENED,
    ),
    act(
        Id::AlphaLess,
        &[key(KeyCode::Left)],
        "weight",
        "α, or the chosen leg's weight, down by a step; on a knob: turn it down",
        Turn,
        TURN,
    ),
    act(
        Id::AlphaMore,
        &[key(KeyCode::Right)],
        "weight",
        "α, or the chosen leg's weight, up by a step; on a knob: turn it up",
        Turn,
        TURN,
    ),
    act(
        Id::AlphaLittleLess,
        &[ch('<'), shift(KeyCode::Left)],
        "",
        "the same down by the smallest step",
        Turn,
        TURN,
    ),
    act(
        Id::AlphaLittleMore,
        &[ch('>'), shift(KeyCode::Right)],
        "",
        "the same up by the smallest step",
        Turn,
        TURN,
    ),
    act(Id::TypeKnob, &[key(KeyCode::Enter)], "type a value", "in the panel: type a value", Turn, PANEL),
    act(
        Id::KnobDefault,
        &[ch('x'), key(KeyCode::Delete)],
        "default",
        "in the panel: the knob back to its default",
        Turn,
        PANEL,
    ),
    act(Id::NextKnob, &[key(KeyCode::Tab)], "knob", "in the panel: next knob", Turn, PANEL),
    act(Id::PreviousKnob, &[key(KeyCode::BackTab)], "", "in the panel: previous knob", Turn, PANEL),
];
