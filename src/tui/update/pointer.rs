//! The mouse, in terms of what is under it.

use super::super::actions::ActionId;
use super::super::hit::{Gesture, Pointer, Target};
use super::super::knobs::{self, Knob};
use super::super::message::Effect;
use super::super::state::{Mode, Pane, State};
use super::{after_turning, back, focus, lists, open_number, queries, turn};

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;

pub fn on_pointer(state: &mut State, pointer: Pointer) -> Vec<Effect> {
    match pointer.gesture {
        Gesture::WheelUp => wheel(state, pointer.target, -1),
        Gesture::WheelDown => wheel(state, pointer.target, 1),
        Gesture::Press => {
            state.notice = None;
            press(state, pointer)
        }
        Gesture::Drag => match pointer.target {
            Target::Slider(knob) => slide(state, knob, pointer.along),
            _ => Vec::new(),
        },
    }
}

fn press(state: &mut State, pointer: Pointer) -> Vec<Effect> {
    if state.mode.is_overlay() {
        return if pointer.target == Target::Overlay { Vec::new() } else { back(state) };
    }
    // A click elsewhere keeps what was typed, as Enter does.
    if state.mode.is_typing() {
        state.mode = Mode::Browse;
    }
    match pointer.target {
        Target::Pane(pane) => focus(state, pane),
        Target::Query(query) => {
            focus(state, Pane::Queries);
            state.ask.reset();
            queries::show(state, query)
        }
        Target::TypedQuery => {
            state.mode = Mode::Asking;
            Vec::new()
        }
        Target::Row(pane, doc) => {
            let again = state.pane == pane && state.cursor.doc == Some(doc);
            // Not by `focus`: that would scroll to the row under the cursor before the click moves it.
            (state.pane, state.list) = (pane, pane);
            if again {
                state.mode = Mode::Explaining;
                state.overlay_scroll = 0;
            }
            lists::select(state, doc)
        }
        Target::Gold(doc) => lists::select(state, doc),
        Target::Slider(knob) => slide(state, knob, pointer.along),
        Target::Knob(knob) => {
            state.knob = knob;
            match knob {
                Knob::First => turn(state, ActionId::FirstStage),
                Knob::Fusion => turn(state, ActionId::Fusion),
                Knob::Reranker => turn(state, ActionId::Reranker),
                _ => open_number(state, knob),
            }
        }
        Target::Tab(detail) => {
            state.detail = detail;
            state.messages = false;
            Vec::new()
        }
        Target::Status => {
            state.messages = !state.messages;
            Vec::new()
        }
        Target::Overlay => Vec::new(),
    }
}

fn slide(state: &mut State, knob: Knob, along: f64) -> Vec<Effect> {
    let before = state.settings.clone();
    state.knob = knob;
    knobs::set_fraction(knob, along, &mut state.settings);
    after_turning(state, &before)
}

fn wheel(state: &mut State, target: Target, notches: isize) -> Vec<Effect> {
    if state.mode.is_overlay() {
        return super::walk(state, if notches > 0 { ActionId::Down } else { ActionId::Up });
    }
    match target {
        Target::Pane(pane) | Target::Row(pane, _) => lists::wheel(state, pane, notches * NOTCH),
        Target::Query(_) | Target::TypedQuery => lists::wheel(state, Pane::Queries, notches * NOTCH),
        Target::Slider(knob) | Target::Knob(knob) => {
            let before = state.settings.clone();
            state.knob = knob;
            knobs::turn(knob, notches < 0, state.legs.len(), &mut state.settings);
            return after_turning(state, &before);
        }
        Target::Gold(_) | Target::Tab(_) | Target::Overlay | Target::Status => {}
    }
    Vec::new()
}
