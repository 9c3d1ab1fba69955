//! Which query is shown: stepping, filtering, asking one's own.

use tui_input::Input;

use crate::domain::QueryIdx;

use super::super::actions::ActionId;
use super::super::filter::Filter;
use super::super::message::Effect;
use super::super::state::{Cursor, Pane, Scroll, State, View};
use super::super::tables::queries::row_of;
use super::{keep_in_sight, request, tables};

/// Moves along the filtered queries. From a typed query the first step goes back to the listed one.
pub fn step(state: &mut State, by: isize) -> Vec<Effect> {
    if state.typed.is_some() {
        state.ask.reset();
        return leave_typed(state);
    }
    let at = place(state).unwrap_or(0);
    let mut effects = go_to(state, at.saturating_add_signed(by));
    if state.view == View::Collection {
        effects.extend(tables::follow(state));
    }
    effects
}

pub fn walk(state: &mut State, action: ActionId) -> Vec<Effect> {
    let page = state.layout().page(Pane::Queries).max(1) as isize;
    match action {
        ActionId::Down => step(state, 1),
        ActionId::Up => step(state, -1),
        ActionId::PageDown => step(state, page),
        ActionId::PageUp => step(state, -page),
        ActionId::Top => go_to(state, 0),
        _ => go_to(state, usize::MAX),
    }
}

/// Shows a query of the collection.
pub fn show(state: &mut State, query: QueryIdx) -> Vec<Effect> {
    if state.query == Some(query) && state.typed.is_none() {
        return Vec::new();
    }
    state.typed = None;
    state.query = Some(query);
    start_over(state)
}

fn go_to(state: &mut State, at: usize) -> Vec<Effect> {
    let last = state.queries.len().saturating_sub(1);
    match state.queries.get(at.min(last)).copied() {
        Some(query) => show(state, query),
        None => Vec::new(),
    }
}

/// Where the shown query stands among the filtered ones.
pub fn place(state: &State) -> Option<usize> {
    state.queries.iter().position(|&query| Some(query) == state.query)
}

/// Searches what stands in the ask field; nothing typed shows the listed query again.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let text = state.ask.value();
    let typed = (!text.trim().is_empty()).then(|| text.to_owned());
    if typed == state.typed {
        return Vec::new();
    }
    state.typed = typed;
    start_over(state)
}

/// From a typed query back to the listed one.
pub fn leave_typed(state: &mut State) -> Vec<Effect> {
    if state.typed.take().is_none() {
        return Vec::new();
    }
    start_over(state)
}

/// Applies the filter; shows the first query that passes when the shown one does not.
pub fn refilter(state: &mut State) -> Vec<Effect> {
    state.queries = filtered(state);
    let shown = place(state);
    let first = state.queries.first().copied();
    let effects = match (shown, first) {
        (None, Some(first)) if state.typed.is_none() => show(state, first),
        _ => Vec::new(),
    };
    keep_in_sight(state);
    [effects, tables::refresh(state)].concat()
}

/// The queries that pass the filter, in file order.
pub fn filtered(state: &State) -> Vec<QueryIdx> {
    let Some(collection) = &state.collection else { return Vec::new() };
    let filter = Filter::of(state.filter.value());
    let row = |query| row_of(state.snapshot.as_deref()?, query);
    let indices = (0u32..).map(QueryIdx).zip(&collection.queries);
    let passing = indices.filter(|(index, query)| filter.lets_through(query, row(*index), collection));
    passing.map(|(index, _)| index).collect()
}

/// Puts a filter in the field's place, as if it had been typed.
pub fn filter_by(state: &mut State, words: &str) -> Vec<Effect> {
    state.filter = Input::new(words.to_owned());
    refilter(state)
}

/// A new query starts at the top of its lists; the snapshot chooses the row.
fn start_over(state: &mut State) -> Vec<Effect> {
    state.cursor = Cursor::default();
    state.seek_lost = None;
    state.scroll = Scroll { queries: state.scroll.queries, ..Scroll::default() };
    keep_in_sight(state);
    vec![request(state)]
}
