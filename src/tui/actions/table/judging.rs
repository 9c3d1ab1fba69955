//! Actions: judging, and going back in what was judged or set.

use crossterm::event::KeyCode;

use super::super::Group::{Judge, Turn};
use super::super::chord::{ch, ctrl, key};
use super::super::{Action, ActionId as Id};
use super::{POOL, POOLED, QUERIES, TEXTS, TURN, act};

pub static ACTIONS: &[Action] = &[
    act(
        Id::Mark,
        &[ch('m')],
        "judge",
        "mark the passage as gold, or take its judgment away; then 0 to 3: its grade, 0 is not relevant",
        Judge,
        TEXTS,
    ),
    act(Id::UndoJudgment, &[ch('U')], "", "undo the last judgment", Judge, QUERIES),
    act(Id::RedoJudgment, &[ch('R')], "", "make the undone judgment again", Judge, QUERIES),
    act(
        Id::Pool,
        &[ch('T')],
        "",
        "judge the unjudged top of both lists, a passage at a time, without their ranks",
        Judge,
        TEXTS,
    ),
    act(
        Id::Blind,
        &[ch('Z')],
        "",
        "judge blind: the top of both lists as one, without ranks, scores, marks and metrics; again: all of it",
        Judge,
        TEXTS,
    ),
    act(
        Id::PoolGrade,
        &[ch('1'), ch('2'), ch('3'), ch('0')],
        "2 3 0 grade",
        "in the pool, or blind: the passage's grade, 0 is not relevant; then the next one",
        Judge,
        POOLED,
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
        "in the pool, or blind: take the judgment away",
        Judge,
        POOLED,
    ),
    act(
        Id::PoolDeeper,
        &[ch('+'), ch('=')],
        "deeper",
        "in the pool, or blind: 10 deeper into both lists",
        Judge,
        POOLED,
    ),
    act(Id::PoolShallower, &[ch('-')], "", "in the pool, or blind: 10 less deep", Judge, POOLED),
    act(Id::Undo, &[ch('u')], "", "undo the last turn of a knob", Turn, TURN),
    act(Id::Redo, &[ctrl('r')], "", "make the undone turn again", Turn, TURN),
];
