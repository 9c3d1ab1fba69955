//! Actions: judging, and going back in what was judged or set.

use crossterm::event::KeyCode;

use super::super::Group::{Judge, Turn};
use super::super::chord::{ch, ctrl, key};
use super::super::{Action, ActionId as Id};
use super::{POOL, QUERIES, QUERY, TURN, act};

pub static ACTIONS: &[Action] = &[
    act(
        Id::Mark,
        &[ch('m')],
        "judge",
        "mark the passage as gold, or take its judgment away; then 0 to 3: its grade, 0 is not relevant",
        Judge,
        QUERY,
    ),
    act(Id::UndoJudgment, &[ch('U')], "", "undo the last judgment", Judge, QUERIES),
    act(Id::RedoJudgment, &[ch('R')], "", "make the undone judgment again", Judge, QUERIES),
    act(
        Id::Pool,
        &[ch('T')],
        "",
        "judge the unjudged top of both lists, a passage at a time, without their ranks",
        Judge,
        QUERY,
    ),
    act(Id::Blind, &[ch('Z')], "", "judge blind: hide scores, ranks and marks, or show them", Judge, QUERY),
    act(
        Id::PoolGrade,
        &[ch('1'), ch('2'), ch('3'), ch('0')],
        "2 3 0 grade",
        "in the pool: the passage's grade, 0 is not relevant; then the next one",
        Judge,
        POOL,
    ),
    act(
        Id::PoolSkip,
        &[key(KeyCode::Right), ch('j')],
        "skip",
        "in the pool: next passage, this one as it is",
        Judge,
        POOL,
    ),
    act(Id::PoolBack, &[key(KeyCode::Left), ch('k')], "back", "in the pool: passage before", Judge, POOL),
    act(
        Id::PoolUnjudge,
        &[ch('x'), key(KeyCode::Delete)],
        "unjudge",
        "in the pool: take the judgment away",
        Judge,
        POOL,
    ),
    act(Id::PoolDeeper, &[ch('+'), ch('=')], "deeper", "in the pool: 10 deeper into both lists", Judge, POOL),
    act(Id::PoolShallower, &[ch('-')], "", "in the pool: 10 less deep", Judge, POOL),
    act(Id::Undo, &[ch('u')], "", "undo the last turn of a knob", Turn, TURN),
    act(Id::Redo, &[ctrl('r')], "", "make the undone turn again", Turn, TURN),
];
