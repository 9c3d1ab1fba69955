//! Turning knobs: by key, by a number typed, by the mouse; the panel of all knobs.

use tui_input::Input;

use crate::domain::{FirstStage, LegId, Settings};

use super::super::actions::ActionId;
use super::super::knobs::{self, Knob, Step};
use super::super::message::Effect;
use super::super::picker::Pick;
use super::super::state::{Mode, Pane, State, View};
use super::{choosing, keep_in_sight, request};

pub fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    use ActionId as Id;
    let usual = |up| Step { up, small: false };
    match action {
        Id::AlphaLess | Id::AlphaMore | Id::AlphaLittleLess | Id::AlphaLittleMore => {
            let up = matches!(action, Id::AlphaMore | Id::AlphaLittleMore);
            let small = matches!(action, Id::AlphaLittleLess | Id::AlphaLittleMore);
            match under_the_arrows(state) {
                Some(knob) => turn(state, knob, Step { up, small }),
                None => {
                    state.say("one leg: there is nothing to weigh against it");
                    Vec::new()
                }
            }
        }
        Id::FewerCandidates => turn(state, Knob::Candidates, usual(false)),
        Id::MoreCandidates => turn(state, Knob::Candidates, usual(true)),
        Id::CandidatesStopDown => change(state, Knob::Candidates, |s| knobs::jump_candidates(false, s)),
        Id::CandidatesStopUp => change(state, Knob::Candidates, |s| knobs::jump_candidates(true, s)),
        Id::DeliverLess => turn(state, Knob::Deliver, usual(false)),
        Id::DeliverMore => turn(state, Knob::Deliver, usual(true)),
        Id::FirstStage => turn(state, Knob::First, usual(true)),
        Id::Reset => {
            state.say("all knobs are back at the start");
            let start = state.settings_at_start.clone();
            change(state, state.knob, |settings| *settings = start)
        }
        Id::KnobDefault => {
            let (knob, scope) = (state.knob, state.scope());
            let effects = change(state, knob, |settings| knobs::reset(knob, settings, scope));
            let now = knobs::value(knob, &state.settings, &state.legs);
            state.say(format!("{}: {now}, its default", knob.name(&state.legs)));
            effects
        }
        Id::TypeAlpha => match share_knob(state) {
            Some(knob) => open_number(state, knob),
            None => Vec::new(),
        },
        Id::TypeCandidates => open_number(state, Knob::Candidates),
        Id::TypeDeliver => open_number(state, Knob::Deliver),
        Id::TypeKnob => open(state, state.knob),
        Id::NextLeg => next_leg(state),
        Id::NextKnob => {
            step(state, 1);
            Vec::new()
        }
        Id::PreviousKnob => {
            step(state, -1);
            Vec::new()
        }
        Id::AllKnobs if state.panel => close_panel(state),
        Id::AllKnobs => {
            state.panel = true;
            step(state, 0);
            keep_in_sight(state);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Whether the action turns a knob by a step: several of them in a row are one turn to be undone.
pub fn is_a_turn(action: ActionId) -> bool {
    use ActionId as Id;
    matches!(
        action,
        Id::AlphaLess
            | Id::AlphaMore
            | Id::AlphaLittleLess
            | Id::AlphaLittleMore
            | Id::FewerCandidates
            | Id::MoreCandidates
            | Id::CandidatesStopDown
            | Id::CandidatesStopUp
            | Id::DeliverLess
            | Id::DeliverMore
            | Id::SizeMore
            | Id::SizeLess
            | Id::FirstStage
    )
}

/// What the arrows turn: the focused knob, and outside the knobs what shares the weight.
fn under_the_arrows(state: &State) -> Option<Knob> {
    let on_the_bar = state.pane == Pane::Knobs && state.view == View::Query;
    if state.panel || on_the_bar { Some(state.knob) } else { share_knob(state) }
}

/// `None` for a single leg.
fn share_knob(state: &State) -> Option<Knob> {
    let legs = state.legs.len();
    (legs > 1).then(|| knobs::share_knob(&state.settings, legs, state.leg))
}

pub fn turn(state: &mut State, knob: Knob, step: Step) -> Vec<Effect> {
    let scope = state.scope();
    change(state, knob, |settings| knobs::turn(knob, step, settings, scope))
}

pub fn slide(state: &mut State, knob: Knob, along: f64) -> Vec<Effect> {
    let scope = state.scope();
    change(state, knob, |settings| knobs::set_fraction(knob, along, settings, scope))
}

/// Changes the settings and asks for the new picture if anything moved; says so where the knob has no
/// effect, and refuses what would leave no leg.
pub fn change(state: &mut State, knob: Knob, change: impl FnOnce(&mut Settings)) -> Vec<Effect> {
    let before = state.settings.clone();
    change(&mut state.settings);
    focus(state, knob);
    if state.settings.is_silent(state.legs.len()) {
        state.settings = before;
        state.complain(knobs::NOTHING_SPEAKS);
        return Vec::new();
    }
    say_if_idle(state, knob);
    state.history.turned(knob, &before, &state.settings);
    if state.settings == before { Vec::new() } else { vec![request(state)] }
}

fn say_if_idle(state: &mut State, knob: Knob) {
    if state.settings.first != FirstStage::Hybrid && knob.fuses() {
        let leg = state.settings.first_name(&state.legs).to_owned();
        let key = state.key(ActionId::FirstStage);
        state.say(format!("only {leg} is on: nothing to fuse; {key} brings back hybrid"));
    } else if matches!(knob, Knob::Alpha | Knob::Weight(_)) && !state.settings.fusion.is_weighted() {
        state.say(format!("{} takes no weights: nothing changes", state.settings.fusion.name()));
    } else if knob == Knob::Blend && state.settings.reranker.is_none() {
        state.say("no reranker is on: there is nothing to blend with");
    }
}

fn focus(state: &mut State, knob: Knob) {
    state.knob = knob;
    if let Knob::Weight(leg) = knob {
        state.leg = leg;
    }
}

/// Moves along the knobs of the panel.
pub fn step(state: &mut State, by: isize) {
    if let Some(knob) = knobs::step(&state.knobs(), state.knob, by) {
        focus(state, knob);
    }
}

/// Opens a knob for a value: its number field, or the list it is chosen from.
pub fn open(state: &mut State, knob: Knob) -> Vec<Effect> {
    focus(state, knob);
    match knob {
        Knob::First => turn(state, knob, Step { up: true, small: false }),
        Knob::Fusion => choosing::open(state, Pick::Fusion),
        Knob::Reranker => choosing::open(state, Pick::Reranker),
        _ => open_number(state, knob),
    }
}

pub fn close_panel(state: &mut State) -> Vec<Effect> {
    state.panel = false;
    keep_in_sight(state);
    Vec::new()
}

fn open_number(state: &mut State, knob: Knob) -> Vec<Effect> {
    focus(state, knob);
    state.mode = Mode::Number(knob);
    state.number = Input::default();
    let now = knobs::value(knob, &state.settings, &state.legs);
    let nothing = if knob.is_optional() { "; nothing typed takes it away" } else { "" };
    let (enter, esc) = (state.key(ActionId::Accept), state.key(ActionId::Back));
    state.say(format!("now {now}: type a value, {enter} sets it, {esc} leaves it{nothing}"));
    Vec::new()
}

/// Takes the number that was typed.
pub fn accept(state: &mut State, knob: Knob) -> Vec<Effect> {
    let text = state.number.value().to_owned();
    if text.trim().is_empty() && !knob.is_optional() {
        state.mode = Mode::Browse;
        return Vec::new();
    }
    set(state, knob, &text)
}

/// Sets a knob to what was typed for it; a wrong value stays in its field, with the reason.
pub fn set(state: &mut State, knob: Knob, text: &str) -> Vec<Effect> {
    let mut next = state.settings.clone();
    match knobs::type_in(knob, text, &mut next, state.scope()) {
        Ok(()) => {
            state.mode = Mode::Browse;
            change(state, knob, |settings| *settings = next)
        }
        Err(sentence) => {
            state.complain(sentence);
            Vec::new()
        }
    }
}

fn next_leg(state: &mut State) -> Vec<Effect> {
    let legs = state.legs.len();
    if legs < 2 || state.settings.goes_by_alpha(legs) {
        state.say("α shares the weight between the two legs: there is no leg to choose");
        return Vec::new();
    }
    let leg = LegId((state.leg.0 + 1) % legs);
    focus(state, Knob::Weight(leg));
    let name = state.legs.get(leg.0).map_or("", |leg| &*leg.name);
    let weight = knobs::value(Knob::Weight(leg), &state.settings, &state.legs);
    state.say(format!("the arrows turn the weight of {name}, now {weight}"));
    Vec::new()
}
