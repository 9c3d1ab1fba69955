//! The top line: what is open, and how the three engines are. While a query is typed, the ask field.

use ratatui::layout::Rect;

use crate::engine::StageState;
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::state::{Mode, State, View};
use super::super::theme::{Signs, Tone};
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells, field};

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    if state.mode == Mode::Asking {
        return ask(pen, area, state);
    }
    let states = states(state, pen.signs());
    let width: usize = states.iter().map(|p| cells::width(&state.look.words(&p.text))).sum();
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(area.width);
    let start = area.right() - width;
    pen.line(start, area.y, width, &states);
    pen.hits.add(Rect::new(start, area.y, width, 1), Target::Status);

    let room = area.width.saturating_sub(width + 2);
    pen.line(1, area.y, room, &[piece("rankscope", Tone::Accent)]);
    let title = visible(&state.title).into_owned();
    let used = 11
        + pen.line(
            10,
            area.y,
            room.saturating_sub(9),
            &[piece(" · ", Tone::Frame), piece(title, Tone::Strong)],
        );
    if let Some(collection) = &state.collection {
        let counts = [
            count(collection.queries.len(), "query", "queries"),
            count(collection.passages.len(), "passage", "passages"),
            count(state.languages, "language", "languages"),
        ];
        let mut x = used;
        for words in counts {
            let words = format!(" · {words}");
            let needs = words.chars().count() as u16;
            if x + needs > room {
                break;
            }
            pen.say(x - 1, area.y, needs, &words, Tone::Quiet);
            x += needs;
        }
    }
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn states(state: &State, signs: &Signs) -> Vec<Piece> {
    let Some(snapshot) = &state.snapshot else {
        return vec![piece(format!("{} opening ", signs.waiting), Tone::Quiet)];
    };
    let status = &snapshot.status;
    let mut pieces = Vec::new();
    let mut failed = false;
    for (name, stage) in [("bm25", &status.bm25), ("dense", &status.dense), ("rerank", &status.rerank)] {
        pieces.push(piece(format!("{name} "), Tone::Quiet));
        let (sign, tone) = match stage {
            StageState::Off => (signs.none.to_owned(), Tone::Quiet),
            StageState::Working { total: 0, .. } => (signs.waiting.to_owned(), Tone::Knob),
            StageState::Waiting(_) => (signs.waiting.to_owned(), Tone::Quiet),
            StageState::Working { done, total, .. } => {
                (format!("{} {done}/{total}", signs.waiting), Tone::Knob)
            }
            StageState::Ready => (signs.ready.to_owned(), Tone::Gained),
            StageState::Failed(_) => (signs.failed.to_owned(), Tone::Lost),
        };
        failed |= matches!(stage, StageState::Failed(_));
        pieces.push(piece(format!("{sign} "), tone));
    }
    // Elsewhere it would only move while one looks at something else.
    if state.view == View::Curves {
        let working = match &status.tuning {
            StageState::Working { total: 0, .. } | StageState::Waiting(_) => Some(signs.waiting.to_owned()),
            StageState::Working { done, total, .. } => Some(format!("{} {done}/{total}", signs.waiting)),
            StageState::Off | StageState::Ready | StageState::Failed(_) => None,
        };
        if let Some(sign) = working {
            pieces.push(piece("tuning ", Tone::Quiet));
            pieces.push(piece(format!("{sign} "), Tone::Knob));
        }
    }
    // What is not scored unasked leaves gaps in the curves; the lists are whole without it.
    if matches!(status.spare, StageState::Waiting(_)) && (state.view == View::Curves || state.size.0 >= 100) {
        pieces.push(piece(format!("beyond N {} ", signs.none), Tone::Quiet));
    }
    let warnings = snapshot.warnings.len();
    if failed {
        pieces.push(piece(format!("{} why ", state.key(ActionId::Messages)), Tone::Lost));
    } else if warnings > 0 {
        pieces.push(piece(format!("{} ", state.key(ActionId::Messages)), Tone::Key));
        let words = if state.size.0 < 100 {
            format!("{warnings} ")
        } else {
            format!("{} ", count(warnings, "note", "notes"))
        };
        pieces.push(piece(words, Tone::Quiet));
    }
    pieces
}

fn ask(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let used =
        pen.line(1, area.y, area.width, &[piece(format!("ask {} ", state.key(ActionId::Ask)), Tone::Key)]);
    let (enter, esc) = (state.key(ActionId::Accept), state.key(ActionId::Back));
    let hint = format!("searched as you type · {enter} keeps · {esc} back ");
    let hint_width = if area.width >= 90 { hint.chars().count() as u16 } else { 0 };
    let room = area.width.saturating_sub(1 + used + hint_width + 1);
    if hint_width > 0 {
        pen.say_right(area.right() - hint_width, area.y, hint_width, &hint, Tone::Quiet);
    }
    field::draw(pen, 1 + used, area.y, room, &state.ask);
}
