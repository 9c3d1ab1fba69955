//! Actions: judging, and going back in what was judged or set.

use super::super::Group::{Judge, Turn};
use super::super::chord::{ch, ctrl};
use super::super::{Action, ActionId as Id};
use super::{QUERY, TURN, act};

pub static ACTIONS: &[Action] = &[
    act(
        Id::Mark,
        &[ch('m')],
        "judge",
        "mark the passage as gold, or take its judgment away; then 0 to 3: its grade, 0 is not relevant",
        Judge,
        QUERY,
    ),
    act(Id::UndoJudgment, &[ch('U')], "", "undo the last judgment", Judge, QUERY),
    act(Id::RedoJudgment, &[ch('R')], "", "make the undone judgment again", Judge, QUERY),
    act(Id::Undo, &[ch('u')], "", "undo the last turn of a knob", Turn, TURN),
    act(Id::Redo, &[ctrl('r')], "", "make the undone turn again", Turn, TURN),
];
