//! Undo and redo of settings: what changes back, said in words.

use crate::domain::Settings;

use super::super::knobs::{self, Knob};
use super::super::message::Effect;
use super::super::state::State;
use super::request;

/// So many changes are named.
const NAMED: usize = 3;

pub fn undo(state: &mut State) -> Vec<Effect> {
    match state.history.undo(&state.settings) {
        Some(before) => take(state, before, "undone"),
        None => {
            state.say("no turn of a knob is left to undo");
            Vec::new()
        }
    }
}

pub fn redo(state: &mut State) -> Vec<Effect> {
    match state.history.redo(&state.settings) {
        Some(next) => take(state, next, "again"),
        None => {
            state.say("no turn of a knob was undone");
            Vec::new()
        }
    }
}

fn take(state: &mut State, next: Settings, done: &str) -> Vec<Effect> {
    let before = std::mem::replace(&mut state.settings, next);
    let changes = changes(state, &before);
    if let Some((knob, _)) = changes.first() {
        state.knob = *knob;
    }
    let mut words: Vec<String> = changes.iter().take(NAMED).map(|(_, words)| words.clone()).collect();
    if changes.len() > NAMED {
        words.push(format!("{} more", changes.len() - NAMED));
    }
    state.say(format!("{done}: {}", words.join(", ")));
    vec![request(state)]
}

/// The knobs that stand elsewhere than before, with both values.
pub fn changes(state: &State, before: &Settings) -> Vec<(Knob, String)> {
    let scope = state.scope();
    let mut all = knobs::all(&state.settings, scope);
    for knob in knobs::all(before, scope) {
        if !all.contains(&knob) {
            all.push(knob);
        }
    }
    let change = |knob: Knob| {
        let (was, now) =
            (knobs::value(knob, before, &state.legs), knobs::value(knob, &state.settings, &state.legs));
        (was != now).then(|| (knob, format!("{} {was} → {now}", knob.name(&state.legs))))
    };
    all.into_iter().filter_map(change).collect()
}
