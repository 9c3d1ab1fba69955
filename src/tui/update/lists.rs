//! The row under the cursor: walking, jumping between golds, and scrolling so that it stays in sight.

use crate::domain::{DocIdx, Fate, QueryIdx};
use crate::engine::{FocusView, GoldRow};

use super::super::actions::ActionId;
use super::super::lines;
use super::super::message::Effect;
use super::super::state::{Cursor, Mode, Pane, State};
use super::super::tables::queries::row_of;
use super::{queries, request};

/// The list that row keys speak to.
fn list(state: &State) -> Pane {
    if state.pane.is_list() { state.pane } else { Pane::First }
}

pub fn walk(state: &mut State, action: ActionId) -> Vec<Effect> {
    let Some(snapshot) = state.snapshot.clone() else { return Vec::new() };
    let pane = list(state);
    let rows = rows(state, &snapshot.focus, pane);
    let at = place(&rows, &state.cursor);
    let page = page(state, &snapshot.focus, pane).max(1);
    let to = match (action, at) {
        (ActionId::Top, _) => 0,
        (ActionId::Bottom, _) => usize::MAX,
        (_, None) => 0,
        (ActionId::Down, Some(at)) => at.saturating_add(1),
        (ActionId::Up, Some(at)) => at.saturating_sub(1),
        (ActionId::PageDown, Some(at)) => at.saturating_add(page),
        (_, Some(at)) => at.saturating_sub(page),
    };
    let to = to.min(rows.len().saturating_sub(1));
    match rows.get(to).copied() {
        Some(doc) => put(state, doc, to),
        None => Vec::new(),
    }
}

/// The passages that the cursor can stand on, from the top.
fn rows(state: &State, view: &FocusView, pane: Pane) -> Vec<DocIdx> {
    if state.is_blind() { state.pool.docs.clone() } else { lines::passages(view, pane) }
}

/// Jumps to the next or previous gold of the focused list, around its ends.
pub fn to_gold(state: &mut State, forward: bool) -> Vec<Effect> {
    let Some(snapshot) = state.snapshot.clone() else { return Vec::new() };
    let rows = lines::passages(&snapshot.focus, list(state));
    let golds: Vec<usize> = (0..rows.len())
        .filter(|&at| rows.get(at).is_some_and(|&doc| lines::is_gold(&snapshot.focus, doc)))
        .collect();
    let at = rows.iter().position(|&doc| Some(doc) == state.cursor.doc);
    let next = match (forward, at) {
        (true, Some(at)) => golds.iter().find(|&&gold| gold > at).or(golds.first()),
        (false, Some(at)) => golds.iter().rev().find(|&&gold| gold < at).or(golds.last()),
        (true, None) => golds.first(),
        (false, None) => golds.last(),
    };
    match next.and_then(|&at| rows.get(at).map(|&doc| (at, doc))) {
        Some((at, doc)) => {
            let effects = put(state, doc, at);
            bring_into_sight(state, list(state));
            effects
        }
        None => {
            state.say("no gold in this list");
            Vec::new()
        }
    }
}

/// Jumps to the next gold that was lost before the reranker: in this query's list, else in the next query
/// that passes the filter and has one.
pub fn to_lost(state: &mut State, forward: bool) -> Vec<Effect> {
    let Some(snapshot) = state.snapshot.clone() else { return Vec::new() };
    let is_lost = |gold: &GoldRow| lines::known_fate(gold).is_some_and(Fate::is_lost_before_rerank);
    if state.typed.is_none() && Some(&snapshot.focus.focus) == state.wanted_focus().as_ref() {
        let rows = lines::passages(&snapshot.focus, Pane::First);
        let at = rows.iter().position(|&doc| Some(doc) == state.cursor.doc && state.cursor.chosen);
        let golds = &snapshot.focus.golds;
        let lost =
            |&place: &usize| golds.iter().any(|gold| gold.doc == rows.get(place).copied() && is_lost(gold));
        let next = match (forward, at) {
            (true, at) => (at.map_or(0, |at| at + 1)..rows.len()).find(lost),
            (false, at) => (0..at.unwrap_or(0)).rev().find(lost),
        };
        if let Some((place, doc)) = next.and_then(|place| Some((place, *rows.get(place)?))) {
            (state.pane, state.list) = (Pane::First, Pane::First);
            let effects = put(state, doc, place);
            bring_into_sight(state, Pane::First);
            return effects;
        }
    }
    let here = queries::place(state);
    let count = state.queries.len();
    let order = (1..=count).map(|by| {
        let start = here.unwrap_or(if forward { count.saturating_sub(1) } else { 0 });
        (if forward { start + by } else { start + count - by }) % count.max(1)
    });
    let has_lost = |place: usize| -> Option<QueryIdx> {
        let query = *state.queries.get(place)?;
        row_of(&snapshot, query)?.golds.iter().any(is_lost).then_some(query)
    };
    match order.filter_map(has_lost).next() {
        Some(query) if Some(query) != state.query || state.typed.is_some() => {
            let effects = queries::show(state, query);
            state.seek_lost = Some(forward);
            (state.pane, state.list) = (Pane::First, Pane::First);
            effects
        }
        Some(_) => {
            state.cursor.chosen = false;
            state.say("no other query has a lost gold");
            Vec::new()
        }
        None => {
            state.say("no gold is lost before the reranker");
            Vec::new()
        }
    }
}

/// Holds the passage under the cursor; on another one, opens the two side by side.
pub fn against(state: &mut State) -> Vec<Effect> {
    match (state.held, state.cursor.doc) {
        (_, None) => {}
        (Some(held), Some(doc)) if held == doc => {
            state.held = None;
            state.say("no passage is held");
        }
        (Some(_), Some(_)) => {
            state.mode = Mode::SideBySide;
            state.overlay_scroll = 0;
        }
        (None, Some(doc)) => {
            state.held = Some(doc);
            let id =
                state.collection.as_ref().and_then(|c| c.passages.get(doc.index())).map(|p| p.id.clone());
            let (id, key) = (id.unwrap_or_default(), state.key(ActionId::Against));
            state.say(format!("{id} is held: {key} on another row puts the two side by side"));
        }
    }
    Vec::new()
}

/// Puts the cursor on a passage and asks for its explanation.
pub fn select(state: &mut State, doc: DocIdx) -> Vec<Effect> {
    let Some(snapshot) = state.snapshot.clone() else { return Vec::new() };
    let rows = rows(state, &snapshot.focus, list(state));
    let at = rows.iter().position(|&row| row == doc).unwrap_or(state.cursor.place);
    let effects = put(state, doc, at);
    bring_into_sight(state, list(state));
    effects
}

fn put(state: &mut State, doc: DocIdx, place: usize) -> Vec<Effect> {
    let moved = state.cursor.doc != Some(doc);
    state.cursor = Cursor { doc: Some(doc), place, chosen: true };
    keep_in_sight(state);
    if moved { vec![request(state)] } else { Vec::new() }
}

fn place(rows: &[DocIdx], cursor: &Cursor) -> Option<usize> {
    let doc = cursor.doc?;
    Some(rows.iter().position(|&row| row == doc).unwrap_or(cursor.place))
}

/// Keeps the cursor where it is sensible after a new picture: on its passage, else on the passage that
/// took its place; with a new query on its first gold, else on the first row.
pub fn settle(state: &mut State, is_new_query: bool) {
    let Some(snapshot) = state.snapshot.clone() else { return };
    if state.is_blind() {
        // The pool has put it where it is sensible.
        return keep_in_sight(state);
    }
    let view = &snapshot.focus;
    let rows = lines::passages(view, list(state));
    let gone = state.cursor.doc.is_some_and(|doc| !rows.contains(&doc) && !lines::is_gold(view, doc));
    let undecided = !state.cursor.chosen && !state.cursor.doc.is_some_and(|doc| lines::is_gold(view, doc));
    if is_new_query || undecided {
        let first_gold = rows.iter().position(|&doc| lines::is_gold(view, doc));
        let sought = sought(state, view, &rows);
        let place = sought.or(first_gold).unwrap_or(0);
        state.cursor = Cursor { doc: rows.get(place).copied(), place, chosen: sought.is_some() };
    } else if gone {
        let place = state.cursor.place.min(rows.len().saturating_sub(1));
        state.cursor = Cursor { doc: rows.get(place).copied(), place, ..state.cursor };
    } else if let Some(place) = rows.iter().position(|&doc| Some(doc) == state.cursor.doc) {
        state.cursor.place = place;
    }
    keep_in_sight(state);
}

/// The lost gold that a jump from another query goes to, the first or the last; once it is there, it is
/// sought no longer.
fn sought(state: &mut State, view: &FocusView, rows: &[DocIdx]) -> Option<usize> {
    let forward = state.seek_lost?;
    let is_lost = |doc: &DocIdx| {
        let gold = view.golds.iter().find(|gold| gold.doc == Some(*doc));
        gold.and_then(lines::known_fate).is_some_and(Fate::is_lost_before_rerank)
    };
    let place = if forward { rows.iter().position(is_lost) } else { rows.iter().rposition(is_lost) };
    if place.is_some() {
        state.seek_lost = None;
    }
    place
}

/// Scrolls so that the focused pane shows its cursor and no list ends above the end of its pane.
pub fn keep_in_sight(state: &mut State) {
    let page = state.layout().page(Pane::Queries);
    let rows = state.queries.len();
    state.scroll.queries = state.scroll.queries.min(rows.saturating_sub(page));
    if let Some(at) = queries::place(state) {
        state.scroll.queries = lines::scrolled_to(at, state.scroll.queries, page);
    }
    if state.pane.is_list() {
        bring_into_sight(state, state.pane);
    } else {
        clamp(state);
    }
}

/// Scrolls one list to the cursor, and the other with it, or to its own row.
fn bring_into_sight(state: &mut State, pane: Pane) {
    let Some(snapshot) = state.snapshot.clone() else { return };
    let view = &snapshot.focus;
    let deliver = snapshot.settings.deliver;
    let show = |pane: Pane, scroll: usize, state: &State| -> usize {
        let page = page(state, view, pane);
        let at = match pane {
            _ if state.is_blind() => state.pool.docs.iter().position(|&doc| Some(doc) == state.cursor.doc),
            Pane::Reranked => {
                let row = view.reranked.iter().position(|row| Some(row.doc) == state.cursor.doc);
                row.map(|row| lines::reranked_line_of(row, deliver))
            }
            _ => view.first.iter().position(|row| Some(row.doc) == state.cursor.doc),
        };
        at.map_or(scroll, |at| lines::scrolled_to(at, scroll, page))
    };
    let scroll = state.scroll;
    match (pane, state.linked) {
        (Pane::Reranked, true) => {
            state.scroll.reranked = show(Pane::Reranked, scroll.reranked, state);
            state.scroll.first = state.scroll.reranked;
        }
        (_, true) => {
            state.scroll.first = show(Pane::First, scroll.first, state);
            state.scroll.reranked = state.scroll.first;
        }
        (_, false) => {
            state.scroll.first = show(Pane::First, scroll.first, state);
            state.scroll.reranked = show(Pane::Reranked, scroll.reranked, state);
        }
    }
    clamp(state);
}

/// Scrolls the lists by the wheel, without moving the cursor.
pub fn wheel(state: &mut State, pane: Pane, by: isize) {
    match pane {
        Pane::Queries => {
            let page = state.layout().page(Pane::Queries);
            let last = state.queries.len().saturating_sub(page);
            state.scroll.queries = state.scroll.queries.saturating_add_signed(by).min(last);
        }
        Pane::First | Pane::Reranked if state.linked => {
            let now = if pane == Pane::First { state.scroll.first } else { state.scroll.reranked };
            state.scroll.first = now.saturating_add_signed(by);
            state.scroll.reranked = state.scroll.first;
        }
        Pane::First => state.scroll.first = state.scroll.first.saturating_add_signed(by),
        Pane::Reranked => state.scroll.reranked = state.scroll.reranked.saturating_add_signed(by),
        Pane::Knobs => {}
    }
    clamp(state);
}

fn clamp(state: &mut State) {
    let Some(snapshot) = state.snapshot.clone() else { return };
    let view = &snapshot.focus;
    let first = if state.is_blind() { state.pool.docs.len() } else { view.first.len() };
    let first = first.saturating_sub(page(state, view, Pane::First));
    let reranked = lines::reranked_lines(view, snapshot.settings.deliver).count();
    let reranked = reranked.saturating_sub(page(state, view, Pane::Reranked));
    state.scroll.first = state.scroll.first.min(first);
    state.scroll.reranked = state.scroll.reranked.min(reranked);
}

fn page(state: &State, view: &FocusView, pane: Pane) -> usize {
    let height = state.layout().page(pane);
    if pane == Pane::Reranked || state.is_blind() { height } else { lines::head_height(view, height) }
}
