//! Actions: the views that are tables.

use crossterm::event::KeyCode;

use super::super::Group::Tables;
use super::super::chord::{ch, key};
use super::super::{Action, ActionId as Id};
use super::{COLLECTION, COMPARE, LANGUAGES, TABLES, act};

pub static ACTIONS: &[Action] = &[
    act(
        Id::OpenRow,
        &[key(KeyCode::Enter)],
        "open",
        "what the row is of: its query, the queries of its language, its passage",
        Tables,
        TABLES,
    ),
    act(
        Id::SortNext,
        &[ch('s')],
        "sort",
        "sort by the next column; a click on a head does the same",
        Tables,
        TABLES,
    ),
    act(Id::SortPrevious, &[ch('S')], "", "sort by the column before", Tables, TABLES),
    act(Id::SortReverse, &[ch('R')], "", "the other way round", Tables, TABLES),
    act(
        Id::NextFate,
        &[ch('t')],
        "fate",
        "only queries with a lost gold, then fate by fate, then all again",
        Tables,
        COLLECTION,
    ),
    act(
        Id::MarkQuery,
        &[ch('.')],
        "mark",
        "mark the query: the strip adds up those that are marked",
        Tables,
        COLLECTION,
    ),
    act(
        Id::MatrixLeg,
        &[ch('h')],
        "leg",
        "the matrix of the next leg alone, then of the fused list",
        Tables,
        LANGUAGES,
    ),
    act(
        Id::OtherTab,
        &[key(KeyCode::Tab), key(KeyCode::BackTab)],
        "",
        "the other room under the table, where not both fit",
        Tables,
        TABLES,
    ),
    act(Id::CompareMetric, &[ch('c')], "metric", "compare by the next metric", Tables, COMPARE),
    act(
        Id::TakePinned,
        &[ch('A')],
        "back to A",
        "turn the knobs back to the pinned setting",
        Tables,
        COMPARE,
    ),
    act(Id::Unpin, &[key(KeyCode::Delete)], "unpin", "forget the pinned setting", Tables, COMPARE),
];
