//! The view that compares: pinning a setting, and holding the present one against it.

use std::sync::Arc;

use crate::engine::compare::{Comparing, Comparison, Side, Which};

use super::super::actions::ActionId;
use super::super::behind::Job;
use super::super::knobs::{self, Knob};
use super::super::message::Effect;
use super::super::state::{State, View};
use super::super::tables::changes::{self, Pinned};
use super::{queries, request, show, turning};

pub fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    match action {
        ActionId::Pin => pin(state),
        ActionId::Unpin => {
            let table = &mut state.tables.changes;
            let was = table.pinned.take();
            (table.comparison, table.compared) = (None, None);
            table.table.take(Vec::new(), 1);
            state.say(if was.is_some() { "nothing is pinned" } else { "nothing was pinned" });
            Vec::new()
        }
        ActionId::TakePinned => match state.tables.changes.pinned.as_ref().map(|a| a.settings.clone()) {
            Some(settings) => {
                let effects = turning::change(state, Knob::Fusion, |now| *now = settings);
                state.say("the knobs are back at A");
                effects
            }
            None => {
                let key = state.key(ActionId::Pin);
                state.say(format!("nothing is pinned: {key} pins this setting as A"));
                Vec::new()
            }
        },
        ActionId::CompareMetric => {
            // Those of A: recall at each side's own N is one question.
            let side = state.tables.changes.pinned.as_ref().and_then(|pinned| pinned.side.clone());
            let metrics = side.as_ref().map_or(&[][..], |side| side.metrics.as_slice());
            let by = state.tables.changes.question().by;
            let at = metrics.iter().position(|&metric| metric == by).map_or(0, |at| at + 1);
            if let Some(&next) = metrics.get(at % metrics.len().max(1)) {
                state.tables.changes.by = Some(next);
                state.tables.changes.compared = None;
            }
            refresh(state)
        }
        _ => Vec::new(),
    }
}

fn pin(state: &mut State) -> Vec<Effect> {
    if state.collection.is_none() {
        state.say("the collection is still being opened");
        return Vec::new();
    }
    let name = knobs::setting_name(&state.settings, &state.legs);
    let key = state.key(ActionId::CompareView);
    state.say(format!("A is pinned: {name}. Turn a knob; {key} compares"));
    let pinned = Pinned { name, settings: state.settings.clone(), side: None };
    state.tables.changes.pinned = Some(pinned);
    (state.tables.changes.comparison, state.tables.changes.compared) = (None, None);
    keep_pinned(state);
    refresh(state)
}

/// Takes what the engine says of the pinned setting, as long as it is the one that is shown.
pub fn keep_pinned(state: &mut State) {
    let (Some(shown), Some(collection)) = (state.snapshot.clone(), state.collection.clone()) else { return };
    let Some(pinned) = &mut state.tables.changes.pinned else { return };
    if shown.settings == pinned.settings && shown.status.rejudging.is_none() {
        pinned.side = Some(Arc::new(Side::of(&pinned.name, &shown, &collection, Which::Delivered)));
    }
}

/// Compares what is shown with what is pinned, where either is new.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    if state.view != View::Compare {
        return Vec::new();
    }
    let page = state.table_page();
    let name = knobs::setting_name(&state.settings, &state.legs);
    let (Some(shown), Some(collection)) = (state.snapshot.clone(), state.collection.clone()) else {
        return Vec::new();
    };
    let table = &mut state.tables.changes;
    let Some(Pinned { side: Some(a), settings, .. }) = &table.pinned else { return Vec::new() };
    if shown.settings == *settings {
        (table.comparison, table.compared) = (None, None);
        table.table.take(Vec::new(), page);
        return Vec::new();
    }
    let settled = shown.status.rejudging.is_none();
    let new = !table
        .compared
        .as_ref()
        .is_some_and(|(rows, of_a)| Arc::ptr_eq(rows, &shown.queries) && Arc::ptr_eq(of_a, a));
    let mut effects = Vec::new();
    if settled && new {
        let b = Side::of(&name, &shown, &collection, Which::Delivered);
        let comparing = Comparing::new(a, &b, &table.question());
        table.compared = Some((Arc::clone(&shown.queries), Arc::clone(a)));
        table.comparison = Some(Arc::new(comparing.so_far().clone()));
        table.asked += 1;
        effects.push(Effect::Behind(Job::Compare(table.asked, Box::new(comparing))));
    }
    let rows = changes::ordered(table);
    table.table.take(rows, page);
    effects
}

/// The tests are through.
pub fn compared(state: &mut State, number: u64, comparison: Arc<Comparison>) -> Vec<Effect> {
    if number == state.tables.changes.asked && state.tables.changes.comparison.is_some() {
        state.tables.changes.comparison = Some(comparison);
    }
    Vec::new()
}

/// The query under the cursor, with its lists under B.
pub fn open(state: &mut State) -> Vec<Effect> {
    let Some(query) = state.tables.changes.table.cursor else { return Vec::new() };
    let mut effects = queries::show(state, query);
    effects.extend(show(state, View::Query));
    if effects.is_empty() { vec![request(state)] } else { effects }
}
