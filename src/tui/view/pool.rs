//! Pooled judging: the query, the passage at hand, how far one is. No rank, no score, no mark.

use super::super::state::State;
use super::super::theme::Tone;
use super::super::update::{pool_further, pool_progress};
use super::super::widgets::pen::{Piece, piece};
use super::passage::text_or_why;

/// Enough for any passage that a person reads here.
const MOST_LINES: usize = 2000;

pub fn title(state: &State) -> String {
    let (judged, all) = pool_progress(state);
    format!("Pool · top {} of both lists · {judged} of {all} judged", state.pool.depth)
}

pub fn lines(state: &State, room: usize) -> Vec<Vec<Piece>> {
    let query = state.snapshot.as_ref().map_or("", |shown| shown.focus.text.as_str());
    let mut lines = vec![vec![piece(format!("Query: {query}"), Tone::Strong)], Vec::new()];
    let doc = state.pool.docs.get(state.pool.at);
    let passage = state.collection.as_ref().zip(doc);
    let passage = passage.and_then(|(collection, doc)| Some((*doc, collection.passages.get(doc.index())?)));
    let Some((doc, passage)) = passage else {
        let further = pool_further(state);
        let words = format!("Every passage within this depth of either list is judged: {further}.");
        lines.push(vec![piece(words, Tone::Text)]);
        return lines;
    };
    let (grade, tone) = match state.shown_grade(doc) {
        None => ("unjudged".to_owned(), Tone::Quiet),
        Some(0) => ("judged not relevant".to_owned(), Tone::Lost),
        Some(grade) => (format!("grade {grade}"), Tone::Gold),
    };
    let place = format!("{} of {}  {}  ", state.pool.at + 1, state.pool.docs.len(), passage.id);
    lines.push(vec![piece(place, Tone::Quiet), piece(grade, tone)]);
    let (judged, all) = pool_progress(state);
    if judged == all {
        let words = format!("All {all} are judged: {}.", pool_further(state));
        lines.extend([vec![piece(words, Tone::Strong)], Vec::new()]);
    }
    lines.extend(text_or_why(passage, state, room, MOST_LINES));
    lines
}
