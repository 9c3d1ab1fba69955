//! Message in, effects out: the only place that changes the [`State`]. Pure: no terminal, no engine, no
//! clock. Keys go through the action table, text goes to the open field, and whatever changes what is
//! asked ends in one request.

mod acting;
mod agreeing;
mod choosing;
mod compare;
mod curves;
mod dock;
mod finding;
mod history;
mod judging;
mod keeping;
mod lists;
mod news;
mod passages;
mod pictures;
mod pointer;
mod pool;
pub(super) mod queries;
mod snapshot;
mod spot;
mod tables;
pub(super) mod turning;
mod typing;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::engine::{Focus, Request};

use super::actions::{self, ActionId, Place};
use super::behind::Outcome;
use super::demo::tour;
use super::knobs;
use super::message::{Effect, Message};
use super::state::{Mode, Pane, State, View};

pub use acting::on_action;
pub use curves::{best_cell, recommended};
pub use keeping::command_line;
pub use lists::keep_in_sight;
pub use pool::{further as pool_further, progress as pool_progress};
pub use spot::moved;

/// Takes one message; returns what is to be done outside.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let effects = take(state, message);
    agreeing::settle(state);
    dock::keep_in_sight(state);
    effects
}

fn take(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(event) if event.kind == KeyEventKind::Release => Vec::new(),
        Message::Key(event) => on_key(state, event),
        Message::Paste(text) => typing::on_paste(state, &text),
        Message::Pointer(pointer) => pointer::on_pointer(state, pointer),
        Message::Hover(spot) => {
            state.hover = spot;
            Vec::new()
        }
        Message::Resize(width, height) => {
            state.hover = None;
            state.resize(width, height);
            keep_in_sight(state);
            tables::keep_in_sight(state);
            Vec::new()
        }
        Message::Reading(reading) => {
            state.reading = Some(reading);
            Vec::new()
        }
        Message::Opened(collection) => {
            let mut effects = snapshot::on_opened(state, collection);
            effects.extend(tour::begin(state));
            effects
        }
        Message::Snapshot(snapshot) => {
            let mut effects = snapshot::on_snapshot(state, snapshot);
            if state.tour.as_ref().is_some_and(|tour| !tour.by_deed) {
                effects.extend(tour::go_on(state));
            }
            effects
        }
        Message::Done(outcome) => on_done(state, outcome),
        Message::EngineFailed(error) if state.collection.is_none() => vec![Effect::Fail(error)],
        Message::EngineFailed(error) => {
            state.complain(error.to_string().replace('\n', " "));
            Vec::new()
        }
        Message::News(news) => news::on_news(state, news),
        Message::Kept(kept) => keeping::on_kept(state, kept),
        Message::AmbiguousIsWide => {
            state.look.ascii = true;
            Vec::new()
        }
        Message::Pictured(outcome) => pictures::on_pictured(state, outcome),
        Message::Terminate => vec![Effect::Quit],
    }
}

fn on_done(state: &mut State, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Compared(number, comparison) => compare::compared(state, number, comparison),
        Outcome::Counted(counts) => passages::counted(state, counts),
        Outcome::Arranged(number, rows) => passages::arranged(state, number, rows),
    }
}

fn on_key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    state.notice = None;
    state.hover = None;
    state.history.next_key(matches!(state.mode, Mode::Picking(_)));
    if let Some(doc) = state.grading.take()
        && let KeyCode::Char(digit @ '0'..='3') = event.code
        && event.modifiers.is_empty()
    {
        return judging::grade(state, doc, digit as i32 - '0' as i32);
    }
    match actions::action_of(state, &event) {
        Some(ActionId::PoolGrade) => {
            let nth = actions::nth_key(&event, ActionId::PoolGrade, &state.shelf.keys);
            // The keys stand for grades in the table's order: 1, 2, 3, 0.
            pool::grade(state, nth.map_or(0, |nth| (nth as i32 + 1) % 4))
        }
        Some(action) => on_action(state, action),
        None if state.picturing => pictures::on_other_key(state),
        None if state.mode.is_typing() || state.finding => typing::on_typed_key(state, &event),
        None => {
            if let KeyCode::Char(c) = event.code
                && event.modifiers.difference(KeyModifiers::SHIFT).is_empty()
            {
                let why =
                    if actions::place(state) == Place::Blind { " while you judge blind" } else { " here" };
                let help = state.key(ActionId::Help);
                state.say(format!("{c} does nothing{why}: {help} lists the keys"));
            }
            Vec::new()
        }
    }
}

/// Goes to a view. What was chosen in the other stays.
fn show(state: &mut State, view: View) -> Vec<Effect> {
    state.view = view;
    state.crosshair = None;
    keep_in_sight(state);
    let mut effects = tables::refresh(state);
    if state.wanted_trace() != state.traced && state.wanted_trace().is_some() {
        effects.push(request(state));
    }
    effects
}

fn walk(state: &mut State, action: ActionId) -> Vec<Effect> {
    if state.mode.is_overlay() {
        let page = usize::from(state.size.1.saturating_sub(6)).max(1);
        let now = state.overlay_scroll;
        state.overlay_scroll = match action {
            ActionId::Down => now.saturating_add(1),
            ActionId::Up => now.saturating_sub(1),
            ActionId::PageDown => now.saturating_add(page),
            ActionId::PageUp => now.saturating_sub(page),
            ActionId::Top => 0,
            _ => usize::MAX,
        };
        state.overlay_scroll =
            state.overlay_scroll.min(super::view::overlay_lines(state).saturating_sub(page));
        return Vec::new();
    }
    if state.panel {
        turning::step(state, if action == ActionId::Down { 1 } else { -1 });
        return Vec::new();
    }
    if state.tables.of(state.view).is_some() {
        return tables::walk(state, action);
    }
    match state.pane {
        Pane::Queries => queries::walk(state, action),
        Pane::First | Pane::Reranked => lists::walk(state, action),
        Pane::Knobs => {
            let bar = state.bar();
            let by = if action == ActionId::Down { 1 } else { -1 };
            state.knob = knobs::step(&bar, state.knob, by).unwrap_or(state.knob);
            Vec::new()
        }
    }
}

fn focus(state: &mut State, pane: Pane) -> Vec<Effect> {
    state.pane = pane;
    if pane != Pane::Knobs {
        state.list = pane;
    }
    keep_in_sight(state);
    Vec::new()
}

fn open(state: &mut State) -> Vec<Effect> {
    match state.pane {
        Pane::Queries => focus(state, Pane::First),
        Pane::First | Pane::Reranked if state.cursor.doc.is_some() => {
            state.mode = Mode::Explaining;
            state.overlay_scroll = 0;
            Vec::new()
        }
        Pane::First | Pane::Reranked => Vec::new(),
        Pane::Knobs => turning::open(state, state.knob),
    }
}

fn accept(state: &mut State) -> Vec<Effect> {
    if state.finding {
        return finding::close(state, true);
    }
    match state.mode {
        Mode::Naming => keeping::save_preset(state),
        Mode::Number(knob) => turning::accept(state, knob),
        Mode::Picking(pick) => choosing::accept(state, pick),
        Mode::Asking if state.typed.is_some() => {
            state.mode = Mode::Browse;
            let effects = show(state, View::Query);
            focus(state, Pane::First);
            effects
        }
        _ => {
            state.mode = Mode::Browse;
            Vec::new()
        }
    }
}

/// Backs out of one thing: field, overlay, panel, view, messages, typed query, filter, then to the query
/// list.
fn back(state: &mut State) -> Vec<Effect> {
    if state.finding {
        return finding::close(state, false);
    }
    match state.mode {
        Mode::Asking => {
            state.mode = Mode::Browse;
            state.ask.reset();
            queries::leave_typed(state)
        }
        Mode::Filtering => {
            state.mode = Mode::Browse;
            typing::field_of_filter(state).reset();
            typing::after_filtering(state)
        }
        Mode::Picking(pick) => choosing::back(state, pick),
        Mode::Agreeing => agreeing::answer(state, false),
        Mode::Number(_)
        | Mode::Help
        | Mode::Explaining
        | Mode::Messages
        | Mode::Reading
        | Mode::SideBySide
        | Mode::CommandLine
        | Mode::Pooling
        | Mode::Naming
        | Mode::Snippet(_) => {
            state.mode = Mode::Browse;
            finding::close(state, false);
            keep_in_sight(state);
            Vec::new()
        }
        Mode::Browse if state.panel => turning::close_panel(state),
        Mode::Browse if state.has_crosshair() => {
            state.crosshair = None;
            Vec::new()
        }
        Mode::Browse if state.view == View::Passages && !state.tables.passages.search.value().is_empty() => {
            state.tables.passages.search.reset();
            tables::refresh(state)
        }
        Mode::Browse if state.view == View::Collection && !state.filter.value().is_empty() => {
            queries::filter_by(state, "")
        }
        Mode::Browse if state.view != View::Query => show(state, View::Query),
        Mode::Browse if state.messages => {
            state.messages = false;
            Vec::new()
        }
        Mode::Browse if state.typed.is_some() => {
            state.ask.reset();
            queries::leave_typed(state)
        }
        Mode::Browse if !state.filter.value().is_empty() => {
            state.filter.reset();
            queries::refilter(state)
        }
        Mode::Browse => focus(state, Pane::Queries),
    }
}

/// The request for what the state now wants.
pub(super) fn request(state: &mut State) -> Effect {
    state.generation += 1;
    state.inspected = state.cursor.doc;
    state.traced = state.wanted_trace();
    let focus = state.wanted_focus().unwrap_or(Focus::Typed(String::new()));
    Effect::Request(Request {
        generation: state.generation,
        settings: state.settings.clone(),
        focus,
        inspect: state.inspected,
        tune: Some(state.goal),
        trace: state.traced,
        whole: state.whole,
    })
}
