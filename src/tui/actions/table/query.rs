//! Actions: views, and the query's lists.

use crossterm::event::KeyCode;

use super::super::Group::{Move, Screen, Search};
use super::super::chord::{ch, ctrl, key};
use super::super::{Action, ActionId as Id};
use super::{BROWSE, QUERIES, QUERY, SCROLL, TURN, WALK, act};

pub static ACTIONS: &[Action] = &[
    act(Id::QueryView, &[ch('1')], "view", "the query: its lists, golds and passages", Screen, TURN),
    act(Id::CurvesView, &[ch('3')], "view", "curves: recall@N, the metric over α, α x N", Screen, TURN),
    act(Id::NextQuery, &[ch('J')], "query", "next query, from anywhere", Move, QUERIES),
    act(Id::PreviousQuery, &[ch('K')], "query", "previous query, from anywhere", Move, QUERIES),
    act(Id::NextGold, &[ch('n')], "gold", "next gold", Move, QUERY),
    act(Id::PreviousGold, &[ch('p')], "gold", "previous gold", Move, QUERY),
    act(
        Id::Open,
        &[key(KeyCode::Enter)],
        "explain",
        "explain the passage; on a query: to its list; on a knob: type its value",
        Move,
        BROWSE,
    ),
    act(Id::Ask, &[ch('/')], "ask", "ask a query of your own, searched as you type", Search, BROWSE),
    act(Id::Filter, &[ch('F')], "filter", "filter the queries by id, language or text", Search, BROWSE),
    act(
        Id::NextPane,
        &[key(KeyCode::Tab)],
        "pane",
        "next pane: queries, first stage, reranked, knobs",
        Move,
        BROWSE,
    ),
    act(Id::PreviousPane, &[key(KeyCode::BackTab)], "", "previous pane", Move, BROWSE),
    act(
        Id::Down,
        &[ch('j'), key(KeyCode::Down)],
        "",
        "down in the focused pane: query, row, knob, line",
        Move,
        WALK,
    ),
    act(Id::Up, &[ch('k'), key(KeyCode::Up)], "", "up in the focused pane", Move, WALK),
    act(Id::PageDown, &[key(KeyCode::PageDown), ch(' '), ctrl('f')], "", "one page down", Move, SCROLL),
    act(Id::PageUp, &[key(KeyCode::PageUp), ctrl('b')], "", "one page up", Move, SCROLL),
    act(Id::Top, &[ch('g'), key(KeyCode::Home)], "", "to the top", Move, SCROLL),
    act(Id::Bottom, &[ch('G'), key(KeyCode::End)], "", "to the end", Move, SCROLL),
];
