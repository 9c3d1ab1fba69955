//! The view of passages: asking for its rows, which come from behind the screen, and opening one.

use std::sync::Arc;

use crate::domain::DocIdx;

use super::super::behind::Job;
use super::super::message::Effect;
use super::super::state::{Mode, State};
use super::super::tables::passages::{Arrangement, Asked, PassageCounts};
use super::request;

/// Asks for what is not there yet: the counts first, then the rows.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    let Some(collection) = state.collection.clone() else { return Vec::new() };
    let level = state.settings.rel_level;
    let readings = state.snapshot.as_ref().and_then(|shown| shown.readings.clone());
    let table = &mut state.tables.passages;
    if table.counted_for != Some(level) {
        table.counted_for = Some(level);
        return vec![Effect::Behind(Job::Count(collection, level))];
    }
    let Some(counts) = table.counts.clone() else { return Vec::new() };
    let asked = Asked {
        counted_for: table.counted_for,
        has_tokens: readings.is_some(),
        search: table.search.value().to_owned(),
        sort: table.table.sort,
        reversed: table.table.reversed,
    };
    if table.asked.1.as_ref() == Some(&asked) {
        return Vec::new();
    }
    let arrangement = Arrangement {
        collection,
        counts,
        tokens: readings,
        search: asked.search.clone(),
        sort: asked.sort,
        reversed: asked.reversed,
    };
    table.asked = (table.asked.0 + 1, Some(asked));
    vec![Effect::Behind(Job::Arrange(table.asked.0, arrangement))]
}

pub fn counted(state: &mut State, counts: Arc<PassageCounts>) -> Vec<Effect> {
    state.tables.passages.counts = Some(counts);
    state.tables.passages.asked.1 = None;
    super::tables::refresh(state)
}

pub fn arranged(state: &mut State, number: u64, rows: Vec<DocIdx>) -> Vec<Effect> {
    let page = state.table_page();
    let table = &mut state.tables.passages;
    if number <= table.arranged {
        return Vec::new();
    }
    table.arranged = number;
    table.table.take(rows, page);
    moved(state)
}

/// Asks which queries return the passage that the cursor has come to.
pub fn moved(state: &mut State) -> Vec<Effect> {
    if state.wanted_trace() == state.traced { Vec::new() } else { vec![request(state)] }
}

/// The passage in full.
pub fn open(state: &mut State) -> Vec<Effect> {
    if state.tables.passages.table.cursor.is_some() {
        state.mode = Mode::Reading;
        state.overlay_scroll = 0;
    }
    Vec::new()
}
