//! The question whether a service may be paid: it opens as soon as nothing is being typed, and closes with
//! its answer, or when nobody wants the scores any more.

use std::sync::Arc;

use super::super::actions::ActionId;
use super::super::message::Effect;
use super::super::state::{Mode, State};

/// Opens the question that the engine asks, and closes one that it asks no more.
pub fn settle(state: &mut State) {
    let asked = state.snapshot.as_ref().and_then(|shown| shown.question.clone());
    let is_new = asked
        .as_ref()
        .is_some_and(|asked| state.answered.as_ref().is_none_or(|answered| !Arc::ptr_eq(asked, answered)));
    match state.mode {
        // What is being typed goes first: its next letter must not be an answer.
        Mode::Browse | Mode::Help | Mode::Explaining if is_new => state.mode = Mode::Agreeing,
        Mode::Agreeing if asked.is_none() => state.mode = Mode::Browse,
        _ => {}
    }
}

pub fn answer(state: &mut State, yes: bool) -> Vec<Effect> {
    state.answered = state.snapshot.as_ref().and_then(|shown| shown.question.clone());
    state.mode = Mode::Browse;
    state.say(if yes {
        format!("it is sent and paid; {} says what it costs", state.key(ActionId::Messages))
    } else {
        let (list, enter) = (state.key(ActionId::Reranker), state.key(ActionId::Accept));
        format!("nothing is sent; {list} and {enter} ask again")
    });
    vec![Effect::Agree(yes)]
}
