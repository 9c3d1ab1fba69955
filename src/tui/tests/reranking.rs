//! What the screen shows of the second stage beside its list: what more candidates buy and take.

use crate::tui::hit::{Gesture, Pointer, Target};
use crate::tui::layout::Plot;
use crate::tui::message::{Effect, Message};
use crate::tui::state::State;
use crate::tui::update::update;

use super::fixture::{self, PLAIN, RICH, press, showing};
use super::screens::{check, screen};

/// The plot of what N costs, alone where two have no room.
fn cost_of_n(width: u16, height: u16) -> State {
    let mut state = showing(fixture::tuned(), RICH, width, height);
    press(&mut state, "3");
    state.plot = Plot::Budget;
    state
}

#[test]
fn what_more_candidates_buy_and_take_at_every_size() {
    for (width, height) in [(80, 24), (120, 40)] {
        check(&format!("cost_of_n_{width}x{height}"), &cost_of_n(width, height));
    }
    let mut plain = showing(fixture::tuned(), PLAIN, 80, 24);
    press(&mut plain, "3<ShiftTab>");
    check("cost_of_n_ascii", &plain);
}

/// Trap: a metric of candidates that nobody scored, drawn as if it were measured.
#[test]
fn what_is_not_scored_is_not_shown_as_bought() {
    let mut state = cost_of_n(120, 40);
    assert!(screen(&state).contains("50 more, N 100: nDCG@10 +.035 for 180 ms more a query"));
    let mut snapshot = fixture::tuned();
    let mut affords = (*snapshot.affords).clone();
    affords.points.iter_mut().filter(|point| point.n > 50).for_each(|point| point.metrics = None);
    snapshot.affords = affords.into();
    fixture::answer(&mut state, snapshot);
    assert!(screen(&state).contains("50 more, N 100: not all scored for 180 ms more a query"));
}

#[test]
fn a_click_on_its_axis_sets_n() {
    let mut state = cost_of_n(120, 40);
    let target = Target::SizeAxis { from: 10, to: 1000 };
    let pointer = Pointer { target, gesture: Gesture::Press, along: 0.5 };
    let effects = update(&mut state, Message::Pointer(pointer));
    assert_eq!(state.settings.candidates, 100);
    assert!(matches!(effects.as_slice(), [Effect::Request(_)]));
}
