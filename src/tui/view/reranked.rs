//! The reranked list: the candidate set re-ordered, each row with how far it moved, and the cut at k.

use ratatui::layout::Rect;

use crate::domain::DocIdx;
use crate::engine::{FocusView, RerankedRow, Rival, Snapshot, StageState};
use crate::judge::Movement;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::knobs;
use super::super::lines::{self, RerankedLine};
use super::super::picker;
use super::super::state::{Pane, State};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};
use super::columns::{self, Columns};
use super::first::{self, Sight};
use super::{empty_state, has_focus, switched};

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let title = switched(state, Pane::Reranked, title(pen, state));
    let inner = pen.frame(area, &title, &[], has_focus(state, Pane::Reranked));
    pen.hits.add(area, Target::Pane(Pane::Reranked));
    let Some(snapshot) = state.snapshot.as_deref() else { return };
    let view = &snapshot.focus;
    if let Some(sentences) = nothing_to_show(snapshot, state) {
        return empty_state(pen, inner, &sentences);
    }
    let row = Rect::new(inner.x + 1, inner.y, inner.width.saturating_sub(1), 1);
    let id = columns::id_width(state.widest_id, row.width);
    let columns = match state.presenter {
        true => Columns::presented(row.width, id, true),
        false => Columns::reranked(row.width, id, snapshot.rivals.plans.len()),
    };
    heads(pen, row, &columns);
    let lines: Vec<_> = lines::reranked_lines(view, snapshot.settings.deliver).collect();
    let page = usize::from(area.height.saturating_sub(3));
    let start = state.scroll.reranked.min(lines.len().saturating_sub(page));
    for (y, line) in (inner.y + 1..inner.bottom()).zip(lines.iter().skip(start)) {
        let row = Rect { y, ..row };
        match *line {
            RerankedLine::Cut => {
                first::cut_line(pen, row, &format!(" k = {} ", snapshot.settings.deliver), Tone::Quiet);
            }
            RerankedLine::Row(at) => {
                if let Some(of) = view.reranked.get(at) {
                    draw_row(pen, row, &columns, of, state);
                }
            }
        }
    }
    let golds = lines.iter().enumerate().filter_map(|(at, line)| match *line {
        RerankedLine::Row(row) => view.reranked.get(row).filter(|row| row.gold).map(|_| at),
        RerankedLine::Cut => None,
    });
    let golds: Vec<usize> = golds.collect();
    first::draw_edge(
        pen,
        area,
        lines.len(),
        &(start..(start + page).min(lines.len())),
        golds.into_iter(),
        page,
    );
}

fn title(pen: &Pen<'_>, state: &State) -> Vec<Piece> {
    let settings = state.snapshot.as_ref().map_or(&state.settings, |snapshot| &snapshot.settings);
    let mut title =
        vec![piece("Reranked", Tone::Strong), piece(format!(" · k {} · ", settings.deliver), Tone::Quiet)];
    title.push(match state.snapshot.as_ref().map(|snapshot| &snapshot.focus) {
        Some(view) if !view.reranked.is_empty() && view.scored < view.to_score => {
            let progress = format!("{}/{}", view.scored, view.to_score);
            match view.stage.filter(|_| settings.reranker.stages.len() > 1) {
                Some(stage) => piece(format!("stage {}: {progress}", stage + 1), Tone::Knob),
                None => piece(format!("{progress} scored"), Tone::Knob),
            }
        }
        _ => piece(knobs::reranker_name(settings), Tone::Quiet),
    });
    if state.is_behind() || state.is_stale() {
        title.push(piece(format!(" {}", pen.signs().stale), Tone::Knob));
    }
    title
}

/// Why there is no list, and what to do about it.
fn nothing_to_show(snapshot: &Snapshot, state: &State) -> Option<Vec<(String, Tone)>> {
    let key = state.key(ActionId::Reranker);
    if snapshot.settings.reranker.is_none() {
        let candidates = snapshot.settings.candidates;
        return Some(vec![
            ("The reranker is off.".to_owned(), Tone::Strong),
            (
                format!("{key} switches it on: late interaction re-scores the {candidates} candidates."),
                Tone::Quiet,
            ),
        ]);
    }
    let view = &snapshot.focus;
    if view.scored > 0 {
        return None;
    }
    match &snapshot.status.rerank {
        StageState::Failed(why) => Some(vec![
            ("The reranker is not available.".to_owned(), Tone::Lost),
            (why.clone(), Tone::Quiet),
            ("The first stage goes on without it.".to_owned(), Tone::Quiet),
        ]),
        _ if !view.reranked.is_empty() => None,
        StageState::Waiting(what) => Some(vec![(what.clone(), Tone::Quiet)]),
        StageState::Working { done, total, doing } => {
            Some(vec![(format!("{doing}: {done} of {total}"), Tone::Quiet)])
        }
        StageState::Off => Some(vec![(format!("The reranker is off: {key} switches it on."), Tone::Quiet)]),
        StageState::Ready => Some(vec![("No candidates to rerank.".to_owned(), Tone::Quiet)]),
    }
}

fn heads(pen: &mut Pen<'_>, row: Rect, columns: &Columns) {
    pen.say_right(row.x + columns.rank, row.y, columns::RANK, "#", Tone::Quiet);
    if let Some(x) = columns.movement {
        pen.say(row.x + x, row.y, columns::MOVE, "move", Tone::Quiet);
    }
    if let Some(x) = columns.score {
        pen.say_right(row.x + x, row.y, columns::SCORE, "score", Tone::Quiet);
    }
    for (rival, &x) in columns.rivals.iter().enumerate() {
        pen.say_right(row.x + x, row.y, columns::RIVAL, picker::letter(rival), Tone::Knob);
    }
    pen.say(row.x + columns.id.start, row.y, columns.id.len() as u16, "id", Tone::Quiet);
}

/// Where the plans that are compared put the passage.
fn draw_rivals(pen: &mut Pen<'_>, row: Rect, columns: &Columns, of: &RerankedRow, rivals: &[Rival]) {
    let signs = pen.signs();
    for (rival, &x) in rivals.iter().zip(&columns.rivals) {
        let rank = (1..).zip(&rival.focus).find(|(_, doc)| **doc == of.doc).map(|(rank, _)| rank);
        let (sign, words, tone) = match rank {
            None if matches!(rival.state, StageState::Failed(_)) => ("", signs.failed.to_owned(), Tone::Lost),
            None if rival.focus.is_empty() => ("", signs.waiting.to_owned(), Tone::Quiet),
            None => ("", signs.none.to_owned(), Tone::Quiet),
            // Only a gold's rank is good or bad.
            Some(rank) if of.gold && rank < of.rank => (signs.up, rank.to_string(), Tone::Gained),
            Some(rank) if of.gold && rank > of.rank => (signs.down, rank.to_string(), Tone::Lost),
            Some(rank) => ("", rank.to_string(), Tone::Quiet),
        };
        pen.say(row.x + x + 1, row.y, 1, sign, tone);
        pen.say_right(row.x + x + 2, row.y, columns::RIVAL - 2, &words, tone);
    }
}

fn draw_row(pen: &mut Pen<'_>, row: Rect, columns: &Columns, of: &RerankedRow, state: &State) {
    pen.say_right(row.x + columns.rank, row.y, columns::RANK, &of.rank.to_string(), Tone::Text);
    let signs = pen.signs();
    if let Some(x) = columns.movement {
        // Only a gold's movement is good or bad: a passage that nobody judged has just moved.
        let coloured = |tone| if of.gold { tone } else { Tone::Quiet };
        let (sign, by, tone) = match of.movement {
            Some(Movement::Up(by)) => (signs.up, by.to_string(), coloured(Tone::Gained)),
            Some(Movement::Down(by)) => (signs.down, by.to_string(), coloured(Tone::Lost)),
            Some(Movement::Same) => (signs.same, String::new(), Tone::Quiet),
            None if of.score.is_none() => (signs.waiting, String::new(), Tone::Quiet),
            None => (" ", String::new(), Tone::Quiet),
        };
        if columns.worded {
            let word = match of.movement {
                Some(Movement::Up(_)) => "up",
                Some(Movement::Down(_)) => "down",
                Some(Movement::Same) => "same",
                None => "",
            };
            pen.say(row.x + x, row.y, columns::WORDED_MOVE, &format!("{sign} {word} {by}"), tone);
        } else {
            pen.say(row.x + x, row.y, 1, sign, tone);
            pen.say_right(row.x + x + 1, row.y, columns::MOVE - 1, &by, tone);
        }
    }
    if let (Some(x), Some(score)) = (columns.score, of.score) {
        let tone = if of.gold { Tone::Text } else { Tone::Quiet };
        pen.say_right(row.x + x, row.y, columns::SCORE, &cells::score(score), tone);
    }
    if let Some(snapshot) = &state.snapshot {
        draw_rivals(pen, row, columns, of, &snapshot.rivals.plans);
    }
    first::draw_passage(pen, row, columns, of.doc, of.grade, of.gold, state);
    if of.score.is_none() {
        let stale = pen.style(Tone::Stale);
        pen.tint(row, stale);
    }
    first::finish_row(pen, row, of.doc, Pane::Reranked, state);
}

/// Where the row of a passage stands on the screen.
pub fn sight(area: Rect, doc: DocIdx, view: &FocusView, deliver: usize, state: &State) -> Sight {
    let Some(row) = view.reranked.iter().position(|row| row.doc == doc) else { return Sight::Absent };
    let page = usize::from(area.height.saturating_sub(3));
    let lines = lines::reranked_lines(view, deliver).count();
    let start = state.scroll.reranked.min(lines.saturating_sub(page));
    match lines::reranked_line_of(row, deliver) {
        line if line < start => Sight::Above,
        line if line >= start + page => Sight::Below,
        line => Sight::At(area.y + 2 + (line - start) as u16),
    }
}
