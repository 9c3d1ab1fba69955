//! Pooled judging: the unjudged passages on top of both lists, a passage at a time, in the order of their
//! ids, which says nothing of their ranks (as TREC's assessors get them).

use crate::domain::{DocIdx, Grade};

use super::super::message::Effect;
use super::super::state::{Mode, Pool, State};
use super::{judging, request};

/// One step of the depth.
const STEP: usize = 10;
const DEEPEST: usize = 100;

pub fn open(state: &mut State) -> Vec<Effect> {
    if state.snapshot.is_none() {
        state.say("the lists are not there yet");
        return Vec::new();
    }
    state.pool = Pool { depth: STEP, ..Pool::default() };
    gather(state);
    state.mode = Mode::Pooling;
    state.overlay_scroll = 0;
    show(state)
}

/// The passages within the depth of either list that are unjudged, beside those that were when the pool
/// was made.
fn gather(state: &mut State) {
    let (Some(snapshot), Some(collection)) = (&state.snapshot, &state.collection) else { return };
    let depth = state.pool.depth;
    let view = &snapshot.focus;
    let first = view.first.iter().take(depth).map(|row| row.doc);
    let mut docs: Vec<DocIdx> = first.chain(view.reranked.iter().take(depth).map(|row| row.doc)).collect();
    docs.retain(|&doc| state.pool.docs.contains(&doc) || state.grade_of(doc).is_none());
    docs.sort_by_key(|doc| collection.passages.get(doc.index()).map(|passage| passage.id.as_str()));
    docs.dedup();
    let now = state.pool.docs.get(state.pool.at).copied();
    let at = docs.iter().position(|doc| Some(*doc) == now);
    let unjudged = docs.iter().position(|&doc| state.grade_of(doc).is_none());
    state.pool.at = at.or(unjudged).unwrap_or(0);
    state.pool.docs = docs;
}

/// A new picture: of another query the pool begins anew.
pub fn follow(state: &mut State, is_new_query: bool) -> Vec<Effect> {
    if state.mode != Mode::Pooling {
        return Vec::new();
    }
    if is_new_query {
        state.pool = Pool { depth: state.pool.depth, ..Pool::default() };
        state.overlay_scroll = 0;
    }
    gather(state);
    show(state)
}

/// The passage at hand is the one under the cursor, so that everything else speaks of it too.
fn show(state: &mut State) -> Vec<Effect> {
    let doc = state.pool.docs.get(state.pool.at).copied();
    let Some(doc) = doc.filter(|&doc| state.cursor.doc != Some(doc)) else { return Vec::new() };
    state.cursor = super::super::state::Cursor { doc: Some(doc), place: 0, chosen: true };
    vec![request(state)]
}

fn go_to(state: &mut State, at: usize) -> Vec<Effect> {
    state.pool.at = at.min(state.pool.docs.len().saturating_sub(1));
    state.overlay_scroll = 0;
    show(state)
}

pub fn step(state: &mut State, forward: bool) -> Vec<Effect> {
    let at = state.pool.at;
    go_to(state, if forward { at + 1 } else { at.saturating_sub(1) })
}

/// Judges the passage at hand and goes to the next that is unjudged.
pub fn grade(state: &mut State, grade: Grade) -> Vec<Effect> {
    let Some(&doc) = state.pool.docs.get(state.pool.at) else {
        state.say("nothing is left to judge at this depth: + goes deeper, J to the next query");
        return Vec::new();
    };
    let mut effects = judging::judge(state, doc, Some(grade));
    let places = 0..state.pool.docs.len();
    let unjudged: Vec<usize> = places
        .filter(|&at| state.pool.docs.get(at).is_some_and(|&doc| state.grade_of(doc).is_none()))
        .collect();
    let next = unjudged.iter().find(|&&at| at > state.pool.at).or(unjudged.first());
    match next {
        Some(&at) => effects.extend(go_to(state, at)),
        None => state.say("all judged at this depth: + goes deeper, J to the next query, Esc ends"),
    }
    effects
}

pub fn unjudge(state: &mut State) -> Vec<Effect> {
    match state.pool.docs.get(state.pool.at).copied() {
        Some(doc) if state.grade_of(doc).is_some() => judging::judge(state, doc, None),
        _ => Vec::new(),
    }
}

pub fn deepen(state: &mut State, deeper: bool) -> Vec<Effect> {
    let depth = state.pool.depth;
    state.pool.depth = if deeper { depth + STEP } else { depth.saturating_sub(STEP) }.clamp(STEP, DEEPEST);
    gather(state);
    show(state)
}

/// How many of the pool are judged, and how many there are.
pub fn progress(state: &State) -> (usize, usize) {
    let judged = state.pool.docs.iter().filter(|&&doc| state.grade_of(doc).is_some()).count();
    (judged, state.pool.docs.len())
}

pub fn toggle_blind(state: &mut State) -> Vec<Effect> {
    state.blind = !state.blind;
    state.say(if state.blind {
        "blind: scores, ranks and marks are hidden; Z shows them"
    } else {
        "scores, ranks and marks are shown"
    });
    Vec::new()
}
