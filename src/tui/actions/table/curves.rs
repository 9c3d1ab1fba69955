//! Actions: the view of curves.

use crossterm::event::KeyCode;

use super::super::Group::Tune;
use super::super::chord::{ch, key};
use super::super::{Action, ActionId as Id, Place};
use super::{CURVES, act};

const CROSSHAIR: &[Place] = &[Place::Crosshair];

pub static ACTIONS: &[Action] = &[
    act(Id::TakeAlpha, &[ch('A')], "best α", "take the recommended α", Tune, CURVES),
    act(
        Id::TakeBest,
        &[ch('B')],
        "best cell",
        "take the best cell of the heat map: method, α and N",
        Tune,
        CURVES,
    ),
    act(
        Id::Crosshair,
        &[ch('c')],
        "read",
        "read values off the plots with a crosshair, turning no knob; again: put it away",
        Tune,
        &[Place::Curves, Place::Crosshair],
    ),
    act(
        Id::CrosshairLess,
        &[key(KeyCode::Left)],
        "move",
        "the crosshair a little to the left",
        Tune,
        CROSSHAIR,
    ),
    act(
        Id::CrosshairMore,
        &[key(KeyCode::Right)],
        "move",
        "the crosshair a little to the right",
        Tune,
        CROSSHAIR,
    ),
    act(
        Id::CrosshairDown,
        &[key(KeyCode::Down)],
        "far",
        "the crosshair far to the left; in the heat map to the N below",
        Tune,
        CROSSHAIR,
    ),
    act(
        Id::CrosshairUp,
        &[key(KeyCode::Up)],
        "far",
        "the crosshair far to the right; in the heat map to the N above",
        Tune,
        CROSSHAIR,
    ),
    act(
        Id::CrosshairTake,
        &[key(KeyCode::Enter)],
        "take it",
        "turn the knobs to where the crosshair is",
        Tune,
        CROSSHAIR,
    ),
    act(Id::NextGoal, &[ch('g')], "metric", "tune for the next metric", Tune, CURVES),
    act(Id::PreviousGoal, &[ch('G')], "", "tune for the metric before", Tune, CURVES),
    act(Id::NextPlot, &[key(KeyCode::Tab)], "plot", "next plot, where not all have room", Tune, CURVES),
    act(Id::PreviousPlot, &[key(KeyCode::BackTab)], "", "previous plot", Tune, CURVES),
    act(Id::HeatMethod, &[ch('h')], "method", "heat map of the next method", Tune, CURVES),
    act(
        Id::HeatStage,
        &[ch('s')],
        "stage",
        "heat map of the first stage or of the reranked list",
        Tune,
        CURVES,
    ),
    act(Id::SizeMore, &[ch('k'), key(KeyCode::Up)], "", "N up to the next row of the heat map", Tune, CURVES),
    act(
        Id::SizeLess,
        &[ch('j'), key(KeyCode::Down)],
        "",
        "N down to the next row of the heat map",
        Tune,
        CURVES,
    ),
];
