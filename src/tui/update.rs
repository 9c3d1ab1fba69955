//! Message in, effects out: the only place that changes the [`State`]. Pure: no terminal, no engine, no
//! clock. Keys go through the action table, text goes to the open field, and whatever changes what is
//! asked ends in one request.

mod lists;
mod pointer;
mod queries;
mod snapshot;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::domain::{FirstStage, Settings};
use crate::engine::{Focus, Request};

use super::actions::{self, ActionId};
use super::fields;
use super::knobs::{self, Knob};
use super::message::{Effect, Message};
use super::state::{Mode, Pane, State};

pub use lists::keep_in_sight;

/// Takes one message; returns what is to be done outside.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(event) if event.kind == KeyEventKind::Release => Vec::new(),
        Message::Key(event) => on_key(state, event),
        Message::Paste(text) => on_paste(state, &text),
        Message::Pointer(pointer) => pointer::on_pointer(state, pointer),
        Message::Resize(width, height) => {
            state.size = (width, height);
            keep_in_sight(state);
            Vec::new()
        }
        Message::Opened(collection) => snapshot::on_opened(state, collection),
        Message::Snapshot(snapshot) => snapshot::on_snapshot(state, snapshot),
        Message::EngineFailed(error) if state.collection.is_none() => vec![Effect::Fail(error)],
        Message::EngineFailed(error) => {
            state.complain(error.to_string().replace('\n', " "));
            Vec::new()
        }
        Message::AmbiguousIsWide => {
            state.look.ascii = true;
            Vec::new()
        }
        Message::Terminate => vec![Effect::Quit],
    }
}

fn on_key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    state.notice = None;
    match actions::action_for(&event, actions::place(state)) {
        Some(action) => on_action(state, action),
        None if state.mode.is_typing() => on_typed_key(state, &event),
        None => {
            if let KeyCode::Char(c) = event.code
                && event.modifiers.difference(KeyModifiers::SHIFT).is_empty()
            {
                state.say(format!("{c} does nothing here: ? lists the keys"));
            }
            Vec::new()
        }
    }
}

fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    use ActionId as Id;
    match action {
        Id::QuitAlways => vec![Effect::Quit],
        Id::Suspend => vec![Effect::Suspend],
        Id::Repaint => vec![Effect::Repaint],
        Id::Accept => accept(state),
        Id::Back => back(state),
        Id::Quit if state.mode.is_overlay() => back(state),
        Id::Quit => vec![Effect::Quit],
        Id::Help => {
            state.mode = if state.mode == Mode::Help { Mode::Browse } else { Mode::Help };
            state.overlay_scroll = 0;
            Vec::new()
        }
        Id::Down | Id::Up | Id::PageDown | Id::PageUp | Id::Top | Id::Bottom => walk(state, action),
        Id::NextQuery => queries::step(state, 1),
        Id::PreviousQuery => queries::step(state, -1),
        Id::NextGold => lists::to_gold(state, true),
        Id::PreviousGold => lists::to_gold(state, false),
        Id::NextPane => focus(state, state.pane.step(1)),
        Id::PreviousPane => focus(state, state.pane.step(-1)),
        Id::Open => open(state),
        Id::Ask => open_ask(state),
        Id::Filter => {
            state.mode = Mode::Filtering;
            if state.layout().queries.is_none() {
                focus(state, Pane::Queries);
            }
            Vec::new()
        }
        Id::Detail => {
            state.detail = state.detail.next();
            Vec::new()
        }
        Id::Link => {
            state.linked = !state.linked;
            state.say(if state.linked {
                "the lists scroll together"
            } else {
                "each list follows its own row"
            });
            keep_in_sight(state);
            Vec::new()
        }
        Id::Messages => {
            state.messages = !state.messages;
            if state.messages {
                state.detail = super::layout::Detail::Passage;
            }
            Vec::new()
        }
        Id::Mouse => {
            state.mouse = !state.mouse;
            state.say(if state.mouse {
                "the mouse is ours"
            } else {
                "the mouse is the terminal's: select text"
            });
            vec![Effect::CaptureMouse(state.mouse)]
        }
        _ => turn(state, action),
    }
}

/// The actions that turn a knob.
fn turn(state: &mut State, action: ActionId) -> Vec<Effect> {
    use ActionId as Id;
    let before = state.settings.clone();
    type Change = fn(&mut Settings);
    let (knob, change): (Knob, Change) = match action {
        Id::AlphaLess | Id::AlphaMore if state.pane == Pane::Knobs && state.knob != Knob::Alpha => {
            knobs::turn(state.knob, action == Id::AlphaMore, state.legs.len(), &mut state.settings);
            return after_turning(state, &before);
        }
        Id::AlphaLess => (Knob::Alpha, |s| knobs::move_alpha(-5, s)),
        Id::AlphaMore => (Knob::Alpha, |s| knobs::move_alpha(5, s)),
        Id::AlphaLittleLess => (Knob::Alpha, |s| knobs::move_alpha(-1, s)),
        Id::AlphaLittleMore => (Knob::Alpha, |s| knobs::move_alpha(1, s)),
        Id::FewerCandidates => (Knob::Candidates, |s| knobs::move_candidates(false, s)),
        Id::MoreCandidates => (Knob::Candidates, |s| knobs::move_candidates(true, s)),
        Id::CandidatesStopDown => (Knob::Candidates, |s| knobs::jump_candidates(false, s)),
        Id::CandidatesStopUp => (Knob::Candidates, |s| knobs::jump_candidates(true, s)),
        Id::DeliverLess => (Knob::Deliver, |s| knobs::move_deliver(false, s)),
        Id::DeliverMore => (Knob::Deliver, |s| knobs::move_deliver(true, s)),
        Id::FirstStage => {
            knobs::next_first_stage(state.legs.len(), &mut state.settings);
            state.knob = Knob::First;
            return after_turning(state, &before);
        }
        Id::Fusion => (Knob::Fusion, knobs::next_fusion),
        Id::Reranker => (Knob::Reranker, knobs::next_reranker),
        Id::Reset => {
            state.settings = state.settings_at_start.clone();
            state.say("all knobs are back at the start");
            return after_turning(state, &before);
        }
        Id::TypeAlpha => return open_number(state, Knob::Alpha),
        Id::TypeCandidates => return open_number(state, Knob::Candidates),
        Id::TypeDeliver => return open_number(state, Knob::Deliver),
        _ => return Vec::new(),
    };
    change(&mut state.settings);
    state.knob = knob;
    after_turning(state, &before)
}

/// Asks for the new picture if a knob has moved, and says so where the knob has no effect.
fn after_turning(state: &mut State, before: &Settings) -> Vec<Effect> {
    let weighs = state.settings.first == FirstStage::Hybrid;
    if !weighs && matches!(state.knob, Knob::Alpha | Knob::Fusion) {
        let leg = state.settings.first_name(&state.legs).to_owned();
        state.say(format!("only {leg} is on: nothing to fuse; b brings back hybrid"));
    }
    if state.settings == *before { Vec::new() } else { vec![request(state)] }
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
    match state.pane {
        Pane::Queries => queries::walk(state, action),
        Pane::First | Pane::Reranked => lists::walk(state, action),
        Pane::Knobs => {
            state.knob = state.knob.step(if action == ActionId::Down { 1 } else { -1 });
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
        Pane::Knobs => match state.knob {
            knob if knob.takes_a_number() => open_number(state, knob),
            Knob::First => turn(state, ActionId::FirstStage),
            Knob::Fusion => turn(state, ActionId::Fusion),
            _ => turn(state, ActionId::Reranker),
        },
    }
}

fn open_ask(state: &mut State) -> Vec<Effect> {
    if state.collection.is_none() {
        state.say("the collection is still being opened");
    } else {
        state.mode = Mode::Asking;
    }
    Vec::new()
}

fn open_number(state: &mut State, knob: Knob) -> Vec<Effect> {
    state.knob = knob;
    state.mode = Mode::Number(knob);
    state.number = tui_input::Input::default();
    state.say(format!(
        "now {}: type a value, Enter sets it, Esc leaves it",
        knobs::typed_value(knob, &state.settings)
    ));
    Vec::new()
}

fn accept(state: &mut State) -> Vec<Effect> {
    match state.mode {
        Mode::Number(knob) => {
            let before = state.settings.clone();
            if state.number.value().trim().is_empty() {
                state.mode = Mode::Browse;
                return Vec::new();
            }
            match knobs::type_in(knob, state.number.value(), &mut state.settings) {
                Ok(()) => {
                    state.mode = Mode::Browse;
                    after_turning(state, &before)
                }
                Err(sentence) => {
                    state.complain(sentence);
                    Vec::new()
                }
            }
        }
        Mode::Asking if state.typed.is_some() => {
            state.mode = Mode::Browse;
            focus(state, Pane::First)
        }
        _ => {
            state.mode = Mode::Browse;
            Vec::new()
        }
    }
}

/// Backs out of one thing: field, overlay, messages, typed query, filter, then to the query list.
fn back(state: &mut State) -> Vec<Effect> {
    match state.mode {
        Mode::Asking => {
            state.mode = Mode::Browse;
            state.ask.reset();
            queries::leave_typed(state)
        }
        Mode::Filtering => {
            state.mode = Mode::Browse;
            state.filter.reset();
            queries::refilter(state)
        }
        Mode::Number(_) | Mode::Help | Mode::Explaining => {
            state.mode = Mode::Browse;
            Vec::new()
        }
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

fn on_typed_key(state: &mut State, event: &KeyEvent) -> Vec<Effect> {
    let step = match event.code {
        KeyCode::Down => Some(ActionId::Down),
        KeyCode::Up => Some(ActionId::Up),
        KeyCode::PageDown => Some(ActionId::PageDown),
        KeyCode::PageUp => Some(ActionId::PageUp),
        _ => None,
    };
    match (step, state.mode) {
        (Some(step), Mode::Asking) => lists::walk(state, step),
        (Some(step), Mode::Filtering) => queries::walk(state, step),
        (Some(_), _) => Vec::new(),
        (None, _) => {
            let Some(edit) = fields::edit_for(event) else { return Vec::new() };
            let before = field(state).value().to_owned();
            field(state).handle(edit);
            if field(state).value() == before { Vec::new() } else { after_typing(state) }
        }
    }
}

/// Pasted text is text: it goes into the open field, or opens the ask field, and is never read as keys.
fn on_paste(state: &mut State, text: &str) -> Vec<Effect> {
    state.notice = None;
    if !state.mode.is_typing() {
        open_ask(state);
        if state.mode != Mode::Asking {
            return Vec::new();
        }
        state.ask.reset();
    }
    fields::paste(field(state), text);
    after_typing(state)
}

fn field(state: &mut State) -> &mut tui_input::Input {
    match state.mode {
        Mode::Filtering => &mut state.filter,
        Mode::Number(_) => &mut state.number,
        _ => &mut state.ask,
    }
}

fn after_typing(state: &mut State) -> Vec<Effect> {
    match state.mode {
        Mode::Asking => queries::ask(state),
        Mode::Filtering => queries::refilter(state),
        _ => Vec::new(),
    }
}

/// The request for what the state now wants.
pub(super) fn request(state: &mut State) -> Effect {
    state.generation += 1;
    state.inspected = state.cursor.doc;
    let focus = state.wanted_focus().unwrap_or(Focus::Typed(String::new()));
    Effect::Request(Request {
        generation: state.generation,
        settings: state.settings.clone(),
        focus,
        inspect: state.inspected,
        tune: Some(state.goal),
    })
}
