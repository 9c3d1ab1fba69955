//! Actions: backing out, messages, the screen as a whole.

use crossterm::event::KeyCode;

use super::super::Group::{Move, Screen};
use super::super::chord::{ch, ctrl, key};
use super::super::{Action, ActionId as Id};
use super::{ANYWHERE, BROWSE, QUESTION, SHOWN, SNIPPET, STAYS, TURN, act};

pub static ACTIONS: &[Action] = &[
    act(
        Id::Back,
        &[key(KeyCode::Esc)],
        "",
        "back out: of the panel, the view, the typed query, the filter, to the query list",
        Move,
        STAYS,
    ),
    act(Id::Link, &[ch('s')], "", "scroll the two lists together, or each with its own row", Screen, BROWSE),
    act(Id::Detail, &[ch('t')], "", "next tab: passage, golds, curve (in small terminals)", Screen, BROWSE),
    act(Id::Messages, &[ch('!')], "", "states, failures, warnings and costs in full", Screen, TURN),
    act(
        Id::Snippet,
        &[ch('x')],
        "",
        "the setting as a search engine's own query; again: the next engine",
        Screen,
        SNIPPET,
    ),
    act(
        Id::Mouse,
        &[ch('M')],
        "",
        "leave the mouse to the terminal, to select text; again: take it back",
        Screen,
        STAYS,
    ),
    act(Id::Help, &[ch('?'), key(KeyCode::F(1))], "help", "this list", Screen, SHOWN),
    act(Id::Agree, &[ch('y')], "send and pay", "asked about money: yes, send it", Screen, QUESTION),
    act(
        Id::Refuse,
        &[ch('n'), key(KeyCode::Esc)],
        "send nothing",
        "asked about money: no, send nothing",
        Screen,
        QUESTION,
    ),
    act(Id::Repaint, &[ctrl('l')], "", "draw the screen again", Screen, ANYWHERE),
    act(Id::Suspend, &[ctrl('z')], "", "suspend; fg brings it back", Screen, ANYWHERE),
    act(Id::Quit, &[ch('q')], "quit", "quit; in an overlay: close it", Screen, SHOWN),
    act(Id::QuitAlways, &[ctrl('c')], "", "quit, always", Screen, ANYWHERE),
];
