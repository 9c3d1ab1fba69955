//! What is in sight of the panel of knobs and of an open list: it goes with the cursor, and not further than
//! that, so that no row moves away under the mouse.

use super::super::layout::Layout;
use super::super::lines;
use super::super::picker::{self, Pick};
use super::super::state::{Mode, State};
use super::super::view;

pub fn keep_in_sight(state: &mut State) {
    let there = cursor(state)
        .and_then(|cursor| Some((cursor, Layout::of(state.size.0, state.size.1, state.wants()).dock?)));
    let Some(((at, rows), dock)) = there else {
        state.dock_scroll = None;
        return;
    };
    let height = match state.mode {
        Mode::Picking(Pick::Rivals) => view::rivals_page(dock.height.saturating_sub(2)),
        _ => usize::from(dock.height.saturating_sub(2)),
    };
    let height = height.max(1);
    // A list that has just been opened has its cursor about in the middle.
    let now = state.dock_scroll.unwrap_or(at.saturating_sub(height / 2));
    state.dock_scroll = Some(lines::scrolled_to(at, now, height).min(rows.saturating_sub(height)));
}

/// Where the cursor is, and among how many rows.
fn cursor(state: &State) -> Option<(usize, usize)> {
    match state.mode {
        Mode::Picking(pick) => {
            let rows = picker::entries(pick, state.picker.filter.value(), &state.shelf).len();
            Some((state.picker.cursor.min(rows.saturating_sub(1)), rows))
        }
        _ if state.panel => {
            let knobs = state.knobs();
            Some((knobs.iter().position(|&knob| knob == state.knob).unwrap_or(0), knobs.len()))
        }
        _ => None,
    }
}
