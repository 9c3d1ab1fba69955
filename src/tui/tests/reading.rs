//! Values read off the plots: where the mouse points, and under the crosshair that keys move.

use crate::tui::hit::{Gesture, Target};
use crate::tui::layout::Plot;
use crate::tui::message::{Effect, Message};
use crate::tui::state::{State, View};
use crate::tui::update::{moved, update};

use super::fixture::{self, RICH, press, showing};
use super::pointing::{cell_of, click_on, hits, point_at};
use super::screens::screen;

/// The mouse moves to a cell, with no button held; whether anything came of it.
fn hover(state: &mut State, (x, y): (u16, u16)) -> bool {
    let Some(message) = moved(state, &hits(state), x, y) else { return false };
    assert_eq!(update(state, message), [], "nothing is asked of anybody");
    true
}

/// The cell of a plot so far along its axis, from 0 to 1.
fn on_axis(state: &State, is_it: impl Fn(Target) -> bool, along: f64) -> (u16, u16) {
    let (area, _) = hits(state).find(is_it).expect("its axis is on the screen");
    (area.x + (along * f64::from(area.width - 1)).round() as u16, area.y + 2)
}

fn on_sizes(of: Plot) -> impl Fn(Target) -> bool {
    move |target| matches!(target, Target::SizeAxis { plot, .. } if plot == of)
}

#[test]
fn values_are_read_where_the_mouse_is_and_nothing_is_turned() {
    let mut state = showing(fixture::tuned(), RICH, 200, 60);
    press(&mut state, "3");
    let (before, settings) = (screen(&state), state.settings.clone());
    let curve = state.snapshot.clone().unwrap().curve.clone();
    let place = on_axis(&state, on_sizes(Plot::Recall), 0.9);
    assert!(hover(&mut state, place));
    let n = state.read_size(Plot::Recall).expect("an N is read");
    let shown = screen(&state);
    let exact = crate::tui::widgets::cells::thousandths(f64::from(curve.fused[n - 1]));
    assert!(
        shown.contains(&format!("N       {n}")) && shown.contains(&format!("fused   {exact}")),
        "{shown}"
    );

    let place = on_axis(&state, |target| target == Target::AlphaAxis, 0.25);
    assert!(hover(&mut state, place));
    assert!(screen(&state).contains("α        .25"), "{}", screen(&state));
    assert_eq!(state.read_size(Plot::Recall), None, "one place at a time");

    let cell = Target::Cell { alpha: 4, candidates: 2 };
    let area = hits(&state).area_of(cell).expect("a cell");
    assert!(hover(&mut state, (area.x, area.y)));
    let tuning = state.snapshot.clone().unwrap().tuning.clone().unwrap();
    let heat = tuning.heat.as_ref().unwrap();
    let mean = heat.reranked[heat.index(0, 4, 2)].mean;
    let words = format!(
        "α {}, N {}: {}",
        crate::tui::knobs::share(heat.alphas[4]),
        heat.candidates[2],
        crate::tui::widgets::cells::thousandths(mean)
    );
    assert!(screen(&state).contains(&words), "{words}\n{}", screen(&state));

    assert!(hover(&mut state, (0, 0)), "away from the plots");
    assert_eq!((screen(&state), state.settings), (before, settings));
}

/// Trap: a frame for every report of a mouse that moves within one value, or over what has none.
#[test]
fn a_move_that_reads_nothing_new_draws_nothing() {
    let mut state = showing(fixture::tuned(), RICH, 200, 60);
    assert!(!hover(&mut state, (30, 10)), "over the lists");
    press(&mut state, "3");
    let (x, y) = on_axis(&state, on_sizes(Plot::Recall), 0.5);
    assert!(hover(&mut state, (x, y)));
    assert!(!hover(&mut state, (x, y + 1)), "the same N");
    assert!(hover(&mut state, (x + 1, y)), "another N");
    // On a logarithmic axis many columns are of few passages.
    let (x, y) = on_axis(&state, on_sizes(Plot::Recall), 0.0);
    assert!(hover(&mut state, (x, y)));
    assert!(!hover(&mut state, (x + 1, y)), "N 1, still");
    let area = hits(&state).area_of(Target::Cell { alpha: 3, candidates: 1 }).expect("a cell");
    assert!(hover(&mut state, (area.x, area.y)));
    assert!(!hover(&mut state, (area.x + 1, area.y)), "within a cell");
    assert!(hover(&mut state, (0, 0)));
    assert!(!hover(&mut state, (1, 0)), "nothing, still");
}

#[test]
fn what_the_mouse_reads_is_gone_with_a_key_a_click_and_another_size() {
    let gestures: [fn(&mut State); 3] = [
        |state| drop(press(state, "g")),
        |state| drop(click_on(state, "? help")),
        |state| drop(update(state, Message::Resize(200, 60))),
    ];
    for gesture in gestures {
        let mut state = showing(fixture::tuned(), RICH, 200, 60);
        press(&mut state, "3");
        let place = on_axis(&state, on_sizes(Plot::Recall), 0.5);
        hover(&mut state, place);
        assert!(state.hover.is_some());
        gesture(&mut state);
        assert_eq!(state.hover, None);
    }
}

/// Trap: what a candidate costs is known at a few sizes, and between them nothing is.
#[test]
fn the_cost_of_n_is_read_where_it_was_measured() {
    let mut state = showing(fixture::tuned(), RICH, 200, 60);
    press(&mut state, "3");
    let sizes: Vec<usize> = state.snapshot.as_ref().unwrap().affords.points.iter().map(|p| p.n).collect();
    for step in 0..=20 {
        let place = on_axis(&state, on_sizes(Plot::Budget), f64::from(step) / 20.0);
        hover(&mut state, place);
        let n = state.read_size(Plot::Budget).expect("an N is read");
        assert!(sizes.contains(&n), "{n} of {sizes:?}");
    }
}

#[test]
fn the_small_curve_is_read_too() {
    let mut state = showing(fixture::snapshot(), RICH, 120, 40);
    let (x, y) = cell_of(&state, "fused .");
    assert!(hover(&mut state, (x + 9, y - 2)));
    let n = state.read_size(Plot::Recall).expect("an N");
    let value = f64::from(state.snapshot.as_ref().unwrap().curve.fused[n - 1]);
    let shown = screen(&state);
    assert!(shown.contains(&format!("at N {n}")), "{shown}");
    assert!(shown.contains(&format!("fused {}", crate::tui::widgets::cells::share(value))), "{shown}");
    assert_eq!(state.settings.candidates, 50);
}

#[test]
fn the_crosshair_reads_by_key_and_turns_nothing_until_it_is_taken() {
    let mut state = showing(fixture::tuned(), RICH, 80, 24);
    press(&mut state, "3c<Right><Right><Up>");
    assert_eq!(state.read_size(Plot::Recall), Some(100), "from 54 to the next size that people try");
    assert!(screen(&state).contains("N       100"), "{}", screen(&state));
    assert_eq!(state.settings.candidates, 50);
    press(&mut state, "<Tab>");
    assert_eq!(state.read_alpha(), Some(0.5), "on the next plot, at the setting");
    press(&mut state, "<Left><Down>");
    assert_eq!((state.read_alpha(), state.settings.alpha), (Some(0.39), 0.5));
    let effects = press(&mut state, "<Enter>");
    assert!(matches!(effects.as_slice(), [Effect::Request(_)]) && state.settings.alpha == 0.39);
    // The keys of the curves hold beside it, but for the arrows.
    press(&mut state, "]");
    assert_eq!((state.settings.candidates, state.has_crosshair()), (60, true));
    press(&mut state, "<Esc><Right>");
    assert_eq!((state.view, state.crosshair), (View::Curves, None), "Esc backs out of it alone");
    assert_eq!(state.settings.alpha, 0.44, "and the arrows turn again");
    press(&mut state, "c2");
    assert_eq!(state.crosshair, None, "it stays with its view");
}

/// Trap: one that walks off the end of an axis.
#[test]
fn the_crosshair_stays_on_its_plot() {
    for plot in Plot::ALL {
        for key in ["<Left>", "<Right>", "<Up>", "<Down>"] {
            let mut state = showing(fixture::tuned(), RICH, 120, 40);
            state.plot = plot;
            press(&mut state, "3c");
            assert!(state.crosshair.is_some_and(|spot| spot.plot() == plot), "{plot:?}");
            press(&mut state, &key.repeat(150));
            let (end, shown) = (state.crosshair, screen(&state));
            press(&mut state, key);
            assert_eq!((state.crosshair, screen(&state)), (end, shown), "{plot:?} {key}");
        }
    }
}

/// Trap: a crosshair left on a plot that gave way, whose keys then take what nobody sees.
#[test]
fn the_crosshair_comes_along_to_another_plot() {
    let mut state = showing(fixture::tuned(), RICH, 80, 24);
    press(&mut state, "3c");
    let on = |state: &State| state.crosshair.map(|spot| spot.plot());
    assert_eq!(on(&state), Some(Plot::Recall));
    let tab = hits(&state).area_of(Target::PlotTab(Plot::Alpha)).expect("a tab");
    point_at(&mut state, tab.x, tab.y, Gesture::Press);
    assert_eq!((state.plot, on(&state)), (Plot::Alpha, Some(Plot::Alpha)));
    press(&mut state, "s");
    assert_eq!((state.plot, on(&state)), (Plot::Heat, Some(Plot::Heat)));
}
