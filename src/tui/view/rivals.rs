//! Rerankers side by side on the same candidates: the open list with each one's means, wins and losses
//! against the present plan, and which queries it wins and loses.

use ratatui::layout::Rect;

use crate::domain::QueryIdx;
use crate::engine::{Rival, Snapshot, StageState};
use crate::judge::{Metrics, Paired};

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::picker::{self, Choice, Entry};
use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};

/// A column of the table: its head, its cells, and the width from which on it is there.
struct Head {
    name: &'static str,
    room: u16,
    from: u16,
}

const fn head(name: &'static str, room: u16, from: u16) -> Head {
    Head { name, room, from }
}

/// In the order of [`numbers`].
const HEADS: [Head; 9] = [
    head("nDCG@10", 8, 0),
    head("+/-", 6, 0),
    head("wins", 5, 0),
    head("losses", 7, 0),
    head("ties", 5, 90),
    head("p", 6, 100),
    head("P@5", 6, 110),
    head("MRR", 6, 120),
    head("here", 6, 70),
];

/// Lines that are no entries: heads and the present plan above, the queries of the marked one below.
const ABOVE: u16 = 2;
const BELOW: u16 = 2;

/// How many plans have room in so many lines.
pub fn page(lines: u16) -> usize {
    let room = lines.saturating_sub(ABOVE);
    usize::from(room - if room >= 5 { BELOW } else { 0 })
}

pub fn draw(pen: &mut Pen<'_>, area: Rect, inner: Rect, entries: &[Entry], state: &State) {
    let columns: Vec<(usize, &Head)> =
        HEADS.iter().enumerate().filter(|(_, head)| inner.width >= head.from).collect();
    let numbers_room: u16 = columns.iter().map(|(_, head)| head.room).sum::<u16>() + 1;
    let name = Rect { width: inner.width.saturating_sub(numbers_room), height: 1, ..inner };
    let x_of =
        |column: usize| name.right() + columns[..column].iter().map(|(_, head)| head.room).sum::<u16>();
    let snapshot = state.snapshot.as_deref();
    let over = snapshot.and_then(|shown| Some(shown.rivals.standing.as_ref()?.queries));
    let over = over.map_or(String::new(), |queries| format!("on {queries} queries"));
    pen.say(name.x + 5, inner.y, name.width.saturating_sub(6), &over, Tone::Quiet);
    for (at, (_, head)) in columns.iter().enumerate() {
        pen.say_right(x_of(at), inner.y, head.room, head.name, Tone::Quiet);
    }
    let row = |pen: &mut Pen<'_>, y: u16, cells: &[Option<(String, Tone)>]| {
        for (at, (of, head)) in columns.iter().enumerate() {
            if let Some((words, tone)) = cells.get(*of).and_then(Option::as_ref) {
                pen.say_right(x_of(at), y, head.room, words, *tone);
            }
        }
    };
    // The present plan.
    let y = inner.y + 1;
    pen.sign(name.x + 1, y, pen.signs().kept, Tone::Knob);
    pen.say(name.x + 5, y, name.width.saturating_sub(6), &state.settings.reranker.to_string(), Tone::Strong);
    row(pen, y, &present(snapshot));

    let room = inner.height.saturating_sub(ABOVE);
    let height = page(inner.height);
    let list = Rect::new(inner.x, inner.y + ABOVE, inner.width, height as u16);
    let below = room - list.height;
    let start = state.dock_scroll.unwrap_or(0);
    for (y, (at, entry)) in (list.top()..list.bottom()).zip(entries.iter().enumerate().skip(start)) {
        let line = Rect::new(list.x, y, list.width, 1);
        pen.hits.add(line, Target::Choice(at));
        let rival = marked(entry, state);
        if let Some(rival) = rival {
            pen.say(line.x + 1, y, 2, picker::letter(rival), Tone::Knob);
        }
        let style = pen.style(if rival.is_some() { Tone::Strong } else { Tone::Text });
        let named = pen.text(line.x + 5, y, name.width.saturating_sub(6), &entry.name, style);
        match rival {
            Some(rival) => match standing(snapshot, rival) {
                Some((rival, means, paired)) => row(pen, y, &numbers(rival, means, Some(paired))),
                None => progress(pen, line, name.right(), snapshot, rival),
            },
            None => {
                let x = line.x + 5 + named + 2;
                pen.say(x, y, line.right().saturating_sub(x + 1), &entry.words, Tone::Quiet);
            }
        }
        if at == state.picker.cursor {
            pen.mark_row(line, Tone::Cursor);
        }
    }
    let chosen = entries.get(state.picker.cursor).and_then(|entry| marked(entry, state));
    if below > 0 {
        let lines = queries(chosen, snapshot, state);
        for (y, pieces) in (list.bottom()..inner.bottom()).zip(&lines) {
            pen.line(inner.x + 1, y, inner.width.saturating_sub(2), pieces);
        }
    }
    super::scroll_signs(pen, area, start > 0, start + height < entries.len());
}

/// The number of a marked entry.
fn marked(entry: &Entry, state: &State) -> Option<usize> {
    match &entry.choice {
        Choice::Plan(plan) => state.rivals.iter().position(|rival| rival == plan),
        _ => None,
    }
}

/// What is known of a marked one when all are scored.
fn standing(snapshot: Option<&Snapshot>, rival: usize) -> Option<(&Rival, Metrics, &Paired)> {
    let rivals = &snapshot?.rivals;
    let (means, paired, _) = rivals.standing.as_ref()?.rivals.get(rival)?.as_ref()?;
    Some((rivals.plans.get(rival)?, *means, paired))
}

fn present(snapshot: Option<&Snapshot>) -> Vec<Option<(String, Tone)>> {
    let mut cells = vec![None; HEADS.len()];
    let ours = snapshot.and_then(|shown| shown.rivals.standing.as_ref()?.ours);
    if let Some(ours) = ours {
        let text = |value: f64| Some((cells::thousandths(value), Tone::Text));
        (cells[0], cells[6], cells[7]) = (text(ours.ndcg10), text(ours.precision5), text(ours.rr10));
    }
    cells
}

fn numbers(rival: &Rival, means: Metrics, paired: Option<&Paired>) -> Vec<Option<(String, Tone)>> {
    let text = |value: f64| Some((cells::thousandths(value), Tone::Text));
    let count = |number: usize, tone| Some((number.to_string(), if number > 0 { tone } else { Tone::Quiet }));
    let sure = |paired: &Paired| paired.p_holm.is_some_and(|p| p < 0.05);
    let difference = paired.map(|paired| {
        let tone = match paired.difference {
            _ if !sure(paired) => Tone::Text,
            by if by > 0.0 => Tone::Gained,
            _ => Tone::Lost,
        };
        (cells::difference(paired.difference), tone)
    });
    vec![
        text(means.ndcg10),
        difference,
        paired.and_then(|paired| count(paired.wins, Tone::Gained)),
        paired.and_then(|paired| count(paired.losses, Tone::Lost)),
        paired.and_then(|paired| count(paired.ties, Tone::Quiet)),
        paired.map(|paired| (cells::thousandths(paired.p_holm.unwrap_or(1.0)), Tone::Quiet)),
        text(means.precision5),
        text(means.rr10),
        rival.here.and_then(|here| text(here.ndcg10)),
    ]
}

/// How far it is, or why it does not run.
fn progress(pen: &mut Pen<'_>, line: Rect, x: u16, snapshot: Option<&Snapshot>, rival: usize) {
    let state = snapshot.and_then(|shown| shown.rivals.plans.get(rival)).map(|rival| &rival.state);
    let (words, tone) = match state {
        Some(StageState::Failed(why)) => (why.lines().next().unwrap_or_default().to_owned(), Tone::Lost),
        Some(StageState::Working { done, total, doing }) => {
            (format!("{doing}: {done} of {total}"), Tone::Knob)
        }
        Some(StageState::Ready) => ("counting wins and losses".to_owned(), Tone::Knob),
        Some(StageState::Waiting(_) | StageState::Off) | None => (pen.signs().waiting.to_owned(), Tone::Knob),
    };
    pen.say(x + 1, line.y, line.right().saturating_sub(x + 2), &words, tone);
}

/// The queries that the marked one under the cursor wins and loses, the greatest difference first.
fn queries(chosen: Option<usize>, snapshot: Option<&Snapshot>, state: &State) -> Vec<Vec<Piece>> {
    let changes = chosen.and_then(|rival| {
        let standing = snapshot?.rivals.standing.as_ref()?;
        Some(&standing.rivals.get(rival)?.as_ref()?.2)
    });
    let Some(changes) = changes else {
        let key = state.key(ActionId::Accept);
        let words = format!("{key} marks one: nDCG@10 of each query against the present plan");
        return vec![vec![piece(words, Tone::Quiet)]];
    };
    let line = |name: &str, tone: Tone, of: &mut dyn Iterator<Item = &(QueryIdx, f64)>| {
        let mut pieces = vec![piece(format!("{name:7}"), tone)];
        for &(query, by) in of.take(12) {
            let id = state.collection.as_ref().and_then(|all| all.queries.get(query.index()));
            let id = id.map_or_else(String::new, |query| query.id.clone());
            pieces.push(piece(format!(" {id} "), Tone::Text));
            pieces.push(piece(cells::difference(by), tone));
        }
        if pieces.len() == 1 {
            pieces.push(piece(" none", Tone::Quiet));
        }
        pieces
    };
    vec![
        line("wins", Tone::Gained, &mut changes.iter().filter(|change| change.1 > 0.0)),
        line("losses", Tone::Lost, &mut changes.iter().rev().filter(|change| change.1 < 0.0)),
    ]
}
