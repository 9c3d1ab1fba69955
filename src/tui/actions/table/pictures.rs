//! Actions: what is shown to others: pictures of the screen, a tour, an audience.

use crossterm::event::KeyCode;

use super::super::Group::Screen;
use super::super::chord::{ch, ctrl, key};
use super::super::{Action, ActionId as Id, Place};
use super::{SHOWN, STAYS, TURN, act};

const PICTURE: &[Place] = &[Place::Picture];
const TOUR: &[Place] = &[Place::Tour];

pub static ACTIONS: &[Action] = &[
    act(Id::Picture, &[ch('e')], "", "write a picture of the screen, or the plots, to a file", Screen, SHOWN),
    act(
        Id::PictureSvg,
        &[ch('s'), key(KeyCode::Enter)],
        "SVG",
        "writing a picture: a vector picture, for documents and slides",
        Screen,
        PICTURE,
    ),
    act(
        Id::PictureHtml,
        &[ch('h')],
        "HTML",
        "writing a picture: a page whose text can be selected",
        Screen,
        PICTURE,
    ),
    act(
        Id::PictureAnsi,
        &[ch('a')],
        "ANSI",
        "writing a picture: for a terminal, where cat shows it in its colours",
        Screen,
        PICTURE,
    ),
    act(
        Id::PictureText,
        &[ch('t')],
        "text",
        "writing a picture: the signs alone, without colours",
        Screen,
        PICTURE,
    ),
    act(
        Id::PicturePlots,
        &[ch('p')],
        "plots as SVG",
        "writing a picture: recall@N, the metric over α and the heat map, a file each",
        Screen,
        PICTURE,
    ),
    act(
        Id::Back,
        &[key(KeyCode::Esc), ch('q')],
        "no picture",
        "writing a picture: no picture",
        Screen,
        PICTURE,
    ),
    act(
        Id::Presenter,
        &[ch('V')],
        "",
        "for an audience: fewer columns, larger marks; again: all columns",
        Screen,
        SHOWN,
    ),
    act(
        Id::Theme,
        &[ctrl('t')],
        "",
        "choose a theme: dark, light, high contrast, colour-blind safe, your own; kept for the next start",
        Screen,
        STAYS,
    ),
    act(Id::Tour, &[ch('D')], "", "begin the demo, a tour of the sample collection, here", Screen, TURN),
    act(Id::TourNext, &[ch(' '), key(KeyCode::Right)], "next", "in a tour: the next step", Screen, TOUR),
    act(Id::TourBack, &[key(KeyCode::Left)], "back", "in a tour: the step before", Screen, TOUR),
    act(Id::TourLeave, &[ch('q')], "leave", "in a tour: leave it; the screen stays", Screen, TOUR),
];
