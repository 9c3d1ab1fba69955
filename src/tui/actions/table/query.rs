//! Actions: views, and the query's lists.

use crossterm::event::KeyCode;

use super::super::Group::{Move, Screen, Search, Tables};
use super::super::chord::{ch, ctrl, key};
use super::super::{Action, ActionId as Id};
use super::{ASK, FILTER, LISTS, OF_QUERIES, PANES, QUERY, SCROLL, TURN, WALK, act};

pub static ACTIONS: &[Action] = &[
    act(Id::QueryView, &[ch('1')], "view", "the query: its lists, golds and passages", Screen, TURN),
    act(
        Id::CollectionView,
        &[ch('2')],
        "view",
        "the collection: every query a row, worst first",
        Screen,
        TURN,
    ),
    act(Id::CurvesView, &[ch('3')], "view", "curves: recall@N, the metric over α, α x N", Screen, TURN),
    act(
        Id::LanguagesView,
        &[ch('4')],
        "view",
        "languages: the protocol by language, weakest first",
        Screen,
        TURN,
    ),
    act(
        Id::CompareView,
        &[ch('5')],
        "view",
        "compare: a pinned setting against the present one",
        Screen,
        TURN,
    ),
    act(Id::PassagesView, &[ch('6')], "view", "passages: the corpus as a table", Screen, TURN),
    act(Id::NextQuery, &[ch('J')], "query", "next query, from anywhere", Move, OF_QUERIES),
    act(Id::PreviousQuery, &[ch('K')], "query", "previous query, from anywhere", Move, OF_QUERIES),
    act(Id::NextGold, &[ch('n')], "gold", "next gold", Move, QUERY),
    act(Id::PreviousGold, &[ch('p')], "gold", "previous gold", Move, QUERY),
    act(
        Id::NextLost,
        &[ch('L')],
        "lost",
        "next lost gold, in this query or the next that has one",
        Move,
        QUERY,
    ),
    act(Id::PreviousLost, &[ch('H')], "", "lost gold before", Move, QUERY),
    act(Id::Pin, &[ch('P')], "pin", "pin this setting as A, to compare others with it", Tables, TURN),
    act(
        Id::Open,
        &[key(KeyCode::Enter)],
        "explain",
        "explain the passage; on a query: to its list; on a knob: type its value",
        Move,
        PANES,
    ),
    act(
        Id::Against,
        &[ch('c')],
        "",
        "hold this passage; on another one: the two side by side, what differs marked",
        Move,
        LISTS,
    ),
    act(Id::Whole, &[ch('E')], "", "everything below the cut at N, or only the golds there", Move, QUERY),
    act(Id::Ask, &[ch('/')], "ask", "ask a query of your own, searched as you type", Search, ASK),
    act(
        Id::Filter,
        &[ch('F')],
        "filter",
        "filter by id, language or text; also lang:ja, gold:en, fate:cut, first:11-20; of passages is:gold, chars:51-100",
        Search,
        FILTER,
    ),
    act(
        Id::NextPane,
        &[key(KeyCode::Tab)],
        "pane",
        "next pane: queries, first stage, reranked, knobs",
        Move,
        PANES,
    ),
    act(Id::PreviousPane, &[key(KeyCode::BackTab)], "", "previous pane", Move, PANES),
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
