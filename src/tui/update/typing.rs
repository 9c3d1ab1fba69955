//! Text for the field that is open: a query, a filter, a number, a name, what is looked for. Whatever a
//! field narrows or asks follows with each letter.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::super::actions::ActionId;
use super::super::fields;
use super::super::message::Effect;
use super::super::state::{Mode, State, View};
use super::{choosing, finding, lists, queries, tables};

/// A key that means nothing else: a letter, or a step in the list beside the field.
pub fn on_typed_key(state: &mut State, event: &KeyEvent) -> Vec<Effect> {
    let step = match event.code {
        KeyCode::Down => Some(ActionId::Down),
        KeyCode::Up => Some(ActionId::Up),
        KeyCode::PageDown => Some(ActionId::PageDown),
        KeyCode::PageUp => Some(ActionId::PageUp),
        _ => None,
    };
    match (step, state.mode) {
        (Some(step), Mode::Asking) => lists::walk(state, step),
        (Some(step), Mode::Filtering) if state.view != View::Query => tables::walk(state, step),
        (Some(step), Mode::Filtering) => queries::walk(state, step),
        (Some(step), Mode::Picking(pick)) => choosing::walk(state, pick, step),
        (Some(_), _) => Vec::new(),
        (None, _) => {
            let Some(edit) = fields::edit_for(event) else { return Vec::new() };
            let before = field(state).value().to_owned();
            field(state).handle(edit);
            if field(state).value() == before { Vec::new() } else { after_typing(state) }
        }
    }
}

/// Pasted text is text: it goes into the open field, or opens the ask field, and is never read as keys.
pub fn on_paste(state: &mut State, text: &str) -> Vec<Effect> {
    state.notice = None;
    state.picturing = false;
    if !state.mode.is_typing() && !state.finding {
        open_ask(state);
        if state.mode != Mode::Asking {
            return Vec::new();
        }
        state.ask.reset();
    }
    fields::paste(field(state), text);
    after_typing(state)
}

pub fn open_ask(state: &mut State) -> Vec<Effect> {
    if state.collection.is_none() {
        state.say("the collection is still being opened");
    } else {
        state.mode = Mode::Asking;
    }
    Vec::new()
}

fn field(state: &mut State) -> &mut Input {
    if state.finding {
        return &mut state.find;
    }
    match state.mode {
        Mode::Filtering => field_of_filter(state),
        Mode::Naming => &mut state.name,
        Mode::Picking(_) => &mut state.picker.filter,
        Mode::Number(_) => &mut state.number,
        _ => &mut state.ask,
    }
}

/// What narrows the list of the view: the passages have a search of their own.
pub fn field_of_filter(state: &mut State) -> &mut Input {
    if state.view == View::Passages { &mut state.tables.passages.search } else { &mut state.filter }
}

pub fn after_filtering(state: &mut State) -> Vec<Effect> {
    if state.view == View::Passages { tables::refresh(state) } else { queries::refilter(state) }
}

fn after_typing(state: &mut State) -> Vec<Effect> {
    if state.finding {
        return finding::typed(state);
    }
    match state.mode {
        Mode::Asking => queries::ask(state),
        Mode::Filtering => after_filtering(state),
        Mode::Picking(pick) => choosing::refilter(state, pick),
        _ => Vec::new(),
    }
}
