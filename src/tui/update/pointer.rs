//! The mouse, in terms of what is under it.

use super::super::actions::{self, ActionId};
use super::super::hit::{Gesture, Pointer, Target};
use super::super::knobs::{Knob, Step};
use super::super::message::Effect;
use super::super::state::{Mode, Pane, State, View};
use super::super::tables::passages::length_span;
use super::{back, choosing, curves, focus, lists, pool, queries, show, tables, turning};

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;

pub fn on_pointer(state: &mut State, pointer: Pointer) -> Vec<Effect> {
    match pointer.gesture {
        Gesture::Press => state.history.end_run(),
        Gesture::Drag => state.history.next_key(true),
        Gesture::WheelUp | Gesture::WheelDown => state.history.next_key(false),
    }
    if state.blind && !state.mode.is_overlay() && is_hidden(pointer.target) {
        pool::refuse(state);
        return Vec::new();
    }
    match pointer.gesture {
        Gesture::WheelUp => wheel(state, pointer.target, -1),
        Gesture::WheelDown => wheel(state, pointer.target, 1),
        Gesture::Press => {
            state.notice = None;
            state.hover = None;
            press(state, pointer)
        }
        Gesture::Drag => match pointer.target {
            Target::Slider(knob) => turning::slide(state, knob, pointer.along),
            Target::SizeAxis { from, to, .. } => curves::slide_candidates(state, pointer.along, from..=to),
            Target::AlphaAxis => curves::slide_alpha(state, pointer.along),
            _ => Vec::new(),
        },
    }
}

/// What is not on the screen while one judges blind, or would show more.
fn is_hidden(target: Target) -> bool {
    !matches!(
        target,
        Target::Pane(_)
            | Target::Query(_)
            | Target::TypedQuery
            | Target::Row(..)
            | Target::Choice(_)
            | Target::Dock
            | Target::Overlay
            | Target::Act(_)
    )
}

fn press(state: &mut State, pointer: Pointer) -> Vec<Effect> {
    // A click beside a question about money answers nothing.
    if state.mode == Mode::Agreeing {
        return Vec::new();
    }
    if let Target::Act(action) = pointer.target {
        // A key that is named beside what is open over it says what it would do without that.
        return if actions::works_now(state, action) { super::on_action(state, action) } else { Vec::new() };
    }
    if state.mode.is_overlay() {
        return if pointer.target == Target::Overlay { Vec::new() } else { back(state) };
    }
    // A click elsewhere keeps what was typed or chosen, as Enter does.
    if let (Mode::Picking(pick), Target::Choice(at)) = (state.mode, pointer.target) {
        return choosing::choose(state, pick, at);
    }
    if state.mode.is_typing() {
        state.mode = Mode::Browse;
    }
    match pointer.target {
        Target::Pane(pane) => focus(state, pane),
        Target::Query(query) => {
            focus(state, Pane::Queries);
            state.ask.reset();
            queries::show(state, query)
        }
        Target::TypedQuery => {
            state.mode = Mode::Asking;
            Vec::new()
        }
        Target::Row(pane, doc) => {
            let again = state.pane == pane && state.cursor.doc == Some(doc);
            // Not by `focus`: that would scroll to the row under the cursor before the click moves it.
            (state.pane, state.list) = (pane, pane);
            if again {
                explain(state);
            }
            lists::select(state, doc)
        }
        Target::Passage { .. } if state.view == View::Passages => super::on_action(state, ActionId::OpenRow),
        Target::Passage { .. } => {
            explain(state);
            Vec::new()
        }
        Target::QueryOf(query, doc) => {
            state.ask.reset();
            let mut effects = queries::show(state, query);
            effects.extend(show(state, View::Query));
            (state.pane, state.list) = (Pane::First, Pane::First);
            effects.extend(lists::select(state, doc));
            effects
        }
        Target::Gold(doc) => lists::select(state, doc),
        Target::Slider(knob) => turning::slide(state, knob, pointer.along),
        Target::Knob(knob) => turning::open(state, knob),
        Target::SizeAxis { from, to, .. } => curves::slide_candidates(state, pointer.along, from..=to),
        Target::AlphaAxis => curves::slide_alpha(state, pointer.along),
        Target::Cell { alpha, candidates } => curves::take_cell(state, alpha, candidates),
        Target::PlotTab(plot) => {
            curves::go_to(state, plot);
            Vec::new()
        }
        Target::Tab(detail) => {
            state.detail = detail;
            state.messages = false;
            Vec::new()
        }
        Target::Heading(column) => tables::sort_by(state, column),
        Target::Line(place) => tables::click(state, place),
        Target::FateCount(fate) => tables::only(state, fate),
        Target::RankBin { bin, reranked } => tables::only_ranks(state, bin, reranked),
        Target::Languages { query, gold } => tables::only_languages(state, query, gold),
        Target::LengthBin(bin) => tables::only_passages(state, "chars", &length_span(bin)),
        Target::Flag(flag) => tables::only_passages(state, "is", flag),
        Target::Status => super::on_action(state, ActionId::Messages),
        Target::Overlay
        | Target::Dock
        | Target::Choice(_)
        | Target::Table
        | Target::Golds
        | Target::Act(_) => Vec::new(),
    }
}

/// Opens the passage under the cursor in full.
fn explain(state: &mut State) {
    state.mode = Mode::Explaining;
    state.overlay_scroll = 0;
}

fn wheel(state: &mut State, target: Target, notches: isize) -> Vec<Effect> {
    if state.mode.is_overlay() {
        let step = if notches > 0 { ActionId::Down } else { ActionId::Up };
        return (0..NOTCH).flat_map(|_| super::walk(state, step)).collect();
    }
    match target {
        Target::Table | Target::Line(_) | Target::Heading(_) => tables::wheel(state, notches * NOTCH),
        Target::Pane(pane) | Target::Row(pane, _) => lists::wheel(state, pane, notches * NOTCH),
        Target::Query(_) | Target::TypedQuery => lists::wheel(state, Pane::Queries, notches * NOTCH),
        Target::Slider(knob) | Target::Knob(knob) => {
            state.notice = None;
            return turning::turn(state, knob, Step { up: notches < 0, small: false });
        }
        Target::SizeAxis { .. } => {
            state.notice = None;
            return turning::turn(state, Knob::Candidates, Step { up: notches < 0, small: false });
        }
        Target::AlphaAxis => {
            state.notice = None;
            let by = if notches < 0 { 0.05 } else { -0.05 };
            return curves::slide_alpha(state, state.share() + by);
        }
        Target::Choice(_) | Target::Dock => {
            let step = if notches > 0 { ActionId::Down } else { ActionId::Up };
            match state.mode {
                Mode::Picking(pick) => return choosing::walk(state, pick, step),
                _ => turning::step(state, notches),
            }
        }
        Target::Passage { above } => {
            let doc = match state.view {
                View::Passages => state.tables.passages.table.cursor,
                _ => state.cursor.doc,
            };
            state.scroll.passage = (doc, above.saturating_add_signed(notches * NOTCH));
        }
        Target::Gold(_) | Target::Golds => {
            let golds = state.snapshot.as_ref().map_or(0, |shown| shown.focus.golds.len());
            let above = state.golds_above().unwrap_or(0).saturating_add_signed(notches);
            state.scroll.golds = (state.query, above.min(golds.saturating_sub(1)));
        }
        Target::QueryOf(..)
        | Target::Act(_)
        | Target::Tab(_)
        | Target::FateCount(_)
        | Target::RankBin { .. }
        | Target::Languages { .. }
        | Target::LengthBin(_)
        | Target::Flag(_)
        | Target::PlotTab(_)
        | Target::Cell { .. }
        | Target::Overlay
        | Target::Status => {}
    }
    Vec::new()
}
