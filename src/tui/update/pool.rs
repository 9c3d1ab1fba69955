//! What is to be judged: the passages on top of both lists, in an order that says nothing of their ranks.
//! Pooled judging goes through those that are unjudged, a passage at a time (as TREC's assessors get them);
//! judging blind shows them all as one list.

use sha2::{Digest as _, Sha256};

use crate::domain::{DocIdx, Grade};

use super::super::actions::{ActionId, Place, works_in};
use super::super::judged::Pool;
use super::super::message::Effect;
use super::super::state::{Cursor, Mode, Pane, State, View};
use super::{judging, keep_in_sight, request};

/// One step of the depth.
const STEP: usize = 10;
const DEEPEST: usize = 100;

pub fn open(state: &mut State) -> Vec<Effect> {
    if state.snapshot.is_none() {
        state.say("the lists are not there yet");
        return Vec::new();
    }
    if !state.blind {
        state.pool = Pool { depth: STEP, ..Pool::default() };
        gather(state, true);
    }
    state.mode = Mode::Pooling;
    state.overlay_scroll = 0;
    let at = first_unjudged(state).unwrap_or(0);
    go_to(state, at)
}

/// The passages within the depth of either list, beside those that are in the pool already where `keep` says
/// so: a list that fills while one judges takes none away. Where one does not judge blind, those that were
/// judged before are left out.
fn gather(state: &mut State, keep: bool) {
    let (Some(snapshot), Some(collection)) = (&state.snapshot, &state.collection) else { return };
    let depth = state.pool.depth;
    let view = &snapshot.focus;
    let first = view.first.iter().take(depth).map(|row| row.doc);
    let mut docs: Vec<DocIdx> = first.chain(view.reranked.iter().take(depth).map(|row| row.doc)).collect();
    docs.retain(|doc| state.blind || state.pool.docs.contains(doc) || state.grade_of(*doc).is_none());
    if keep {
        docs.extend(&state.pool.docs);
    }
    // Ids may tell: of many a collection those of the relevant ones were given first.
    let place = |doc: &DocIdx| {
        let passage = collection.passages.get(doc.index());
        let digest = passage.map(|passage| Sha256::digest(format!("{}\n{}", view.text, passage.id)));
        (digest, *doc)
    };
    docs.sort_by_cached_key(place);
    docs.dedup();
    let now = state.pool.docs.get(state.pool.at).copied();
    state.pool.at = docs.iter().position(|doc| Some(*doc) == now).unwrap_or(0);
    state.pool.docs = docs;
}

fn first_unjudged(state: &State) -> Option<usize> {
    state.pool.docs.iter().position(|&doc| state.shown_grade(doc).is_none())
}

/// A new picture: of another query the pool begins anew.
pub fn follow(state: &mut State, is_new_query: bool, is_wanted: bool) -> Vec<Effect> {
    if !state.is_blind() || !is_wanted {
        return Vec::new();
    }
    let begins = is_new_query || state.pool.docs.is_empty();
    if begins {
        state.pool = Pool { depth: state.pool.depth, ..Pool::default() };
        state.overlay_scroll = 0;
    }
    gather(state, true);
    if begins {
        state.pool.at = first_unjudged(state).unwrap_or(0);
    } else if state.mode != Mode::Pooling {
        // The cursor of the list stays where it is.
        return Vec::new();
    }
    show(state)
}

/// The passage at hand is the one under the cursor, so that everything else speaks of it too.
fn show(state: &mut State) -> Vec<Effect> {
    let doc = state.pool.docs.get(state.pool.at).copied();
    let Some(doc) = doc.filter(|&doc| state.cursor.doc != Some(doc)) else { return Vec::new() };
    state.cursor = Cursor { doc: Some(doc), place: state.pool.at, chosen: true };
    keep_in_sight(state);
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

/// Where the passage at hand stands in the pool.
fn at_hand(state: &State) -> Option<(usize, DocIdx)> {
    let doc = state.cursor.doc?;
    Some((state.pool.docs.iter().position(|&other| other == doc)?, doc))
}

/// Judges the passage at hand and goes to the next that is unjudged.
pub fn grade(state: &mut State, grade: Grade) -> Vec<Effect> {
    let Some((at, doc)) = at_hand(state) else {
        let words = format!("nothing is left to judge at this depth: {}", further(state));
        state.say(words);
        return Vec::new();
    };
    let mut effects = judging::judge(state, doc, Some(grade));
    let places = 0..state.pool.docs.len();
    let unjudged: Vec<usize> = places
        .filter(|&at| state.pool.docs.get(at).is_some_and(|&doc| state.shown_grade(doc).is_none()))
        .collect();
    let next = unjudged.iter().find(|&&next| next > at).or(unjudged.first());
    match next {
        Some(&next) => effects.extend(go_to(state, next)),
        None => state.say(format!("all judged at this depth: {}", further(state))),
    }
    effects
}

pub fn unjudge(state: &mut State) -> Vec<Effect> {
    match at_hand(state) {
        Some((_, doc)) if state.shown_grade(doc).is_some() => judging::take_back(state, doc),
        _ => {
            state.say("this passage is not judged");
            Vec::new()
        }
    }
}

pub fn deepen(state: &mut State, deeper: bool) -> Vec<Effect> {
    let depth = state.pool.depth;
    let to = if deeper { depth + STEP } else { depth.saturating_sub(STEP) }.clamp(STEP, DEEPEST);
    if to == depth {
        state.say(if deeper {
            format!("{DEEPEST} of both lists is the deepest")
        } else {
            format!("{STEP} of both lists is the least")
        });
        return Vec::new();
    }
    state.pool.depth = to;
    state.pool.at = at_hand(state).map_or(0, |(at, _)| at);
    gather(state, deeper);
    // What is new is what one went deeper for.
    let is_judged = at_hand(state).is_some_and(|(_, doc)| state.shown_grade(doc).is_some());
    match first_unjudged(state).filter(|_| deeper && is_judged) {
        Some(next) => go_to(state, next),
        None => show(state),
    }
}

/// Where there is more to judge.
pub fn further(state: &State) -> String {
    let (deeper, next) = (state.key(ActionId::PoolDeeper), state.key(ActionId::NextQuery));
    format!("{deeper} goes deeper, {next} to the next query")
}

/// How many of the pool are judged, and how many there are.
pub fn progress(state: &State) -> (usize, usize) {
    let judged = state.pool.docs.iter().filter(|&&doc| state.shown_grade(doc).is_some()).count();
    (judged, state.pool.docs.len())
}

/// Judges blind, or ends it.
pub fn toggle_blind(state: &mut State) -> Vec<Effect> {
    state.blind = !state.blind;
    if !state.blind {
        state.say("scores, ranks and marks are shown again");
        keep_in_sight(state);
        return Vec::new();
    }
    (state.view, state.panel, state.messages) = (View::Query, false, false);
    (state.pane, state.list) = (Pane::First, Pane::First);
    state.held = None;
    state.pool = Pool { depth: STEP, ..Pool::default() };
    gather(state, false);
    state.pool.at = first_unjudged(state).unwrap_or(0);
    let key = state.key(ActionId::Blind);
    state.say(format!("judging blind: only texts are shown; {key} shows scores, ranks and marks again"));
    let effects = show(state);
    keep_in_sight(state);
    effects
}

/// Whether an action would show what is hidden while one judges blind, or turn what one does not see.
pub fn hides(state: &State, action: ActionId) -> bool {
    let browses = state.blind && state.mode == Mode::Browse && !state.picturing;
    browses && !works_in(action, Place::Blind) && !works_in(action, Place::Tour)
}

/// Says why nothing is done while one judges blind.
pub fn refuse(state: &mut State) {
    let key = state.key(ActionId::Blind);
    state.say(format!("not while you judge blind: {key} shows everything again"));
}
