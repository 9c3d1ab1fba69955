//! What the engine says: the collection is open, a new picture is there.

use std::sync::Arc;

use crate::corpus::Collection;
use crate::domain::QueryIdx;
use crate::engine::Snapshot;
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::message::Effect;
use super::super::state::State;
use super::super::widgets::cells;
use super::{compare, lists, pool, queries, request, tables};

/// The first query is asked for at once.
pub fn on_opened(state: &mut State, collection: Arc<Collection>) -> Vec<Effect> {
    state.title = collection.name.clone();
    let left = state.restored.take();
    let named = left.as_ref().and_then(|left| left.query.as_ref());
    let at = named.and_then(|id| collection.queries.iter().position(|query| query.id == *id));
    let named = at.and_then(|at| u32::try_from(at).ok()).map(QueryIdx);
    let shown = named.or(state.query.filter(|query| query.index() < collection.queries.len()));
    state.query = shown.or((!collection.queries.is_empty()).then_some(QueryIdx(0)));
    let ids = collection.passages.iter().map(|passage| cells::width(&visible(&passage.id)));
    state.widest_id = ids.max().unwrap_or(0);
    state.languages = collection.languages().len();
    state.collection = Some(collection);
    queries::refilter(state);
    if let Some(left) = left {
        if let Some(typed) = left.typed.filter(|typed| !typed.trim().is_empty()) {
            state.ask = tui_input::Input::new(typed.clone());
            state.typed = Some(typed);
        }
        if left.from_last_time {
            let key = state.key(ActionId::Reset);
            state.say(format!("as you left it: {key} resets the knobs, --fresh starts without"));
        }
    }
    vec![request(state)]
}

/// Takes a picture that is newer than the one shown; an older one is dropped.
pub fn on_snapshot(state: &mut State, snapshot: Arc<Snapshot>) -> Vec<Effect> {
    if state.snapshot.as_ref().is_some_and(|shown| snapshot.stamp <= shown.stamp) {
        return Vec::new();
    }
    // Late news of a query that one has left must not take the place of the one that is wanted and there.
    let wanted = state.wanted_focus();
    let is_it = |shown: &Snapshot| Some(&shown.focus.focus) == wanted.as_ref();
    if state.snapshot.as_deref().is_some_and(is_it) && !is_it(&snapshot) {
        return Vec::new();
    }
    let is_new_query = state.snapshot.as_ref().is_none_or(|shown| shown.focus.focus != snapshot.focus.focus);
    let answers_newest = snapshot.stamp.generation == state.generation;
    let is_wanted = is_it(&snapshot);
    state.snapshot = Some(snapshot);
    let mut effects = pool::follow(state, is_new_query, is_wanted);
    lists::settle(state, is_new_query && is_wanted);
    compare::keep_pinned(state);
    effects.extend(tables::refresh(state));
    // The cursor has come to stand on a passage that nobody has asked about yet.
    let unexplained = state.cursor.doc.is_some() && state.cursor.doc != state.inspected;
    if unexplained && answers_newest && is_wanted {
        effects.push(request(state));
    }
    effects
}
