//! The first stage's list: the candidates, the cut at N, and below it only the golds that were lost.

use ratatui::layout::Rect;

use crate::corpus::Reading;
use crate::domain::{DocIdx, FirstStage, LegName};
use crate::engine::{FirstRow, Focus, FocusView, GoldRow, Snapshot, StageState};

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::knobs;
use super::super::lines::{self, TailLine};
use super::super::state::{Pane, State};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};
use super::columns::{self, Columns};
use super::{empty_state, fate_words, has_focus, switched};

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let title = switched(state, Pane::First, title(pen, state));
    let inner = pen.frame(area, &title, &golds_in_sight(pen, state), has_focus(state, Pane::First));
    pen.hits.add(area, Target::Pane(Pane::First));
    let Some(snapshot) = state.snapshot.as_deref() else {
        return empty_state(pen, inner, &[(opening(state), Tone::Quiet)]);
    };
    let view = &snapshot.focus;
    if view.first.is_empty()
        && view.below.is_empty()
        && view.golds.iter().all(|gold| lines::known_fate(gold).is_none())
    {
        return empty_state(pen, inner, &nothing_found(snapshot, state));
    }
    let row = Rect::new(inner.x + 1, inner.y, inner.width.saturating_sub(1), 1);
    let columns = columns_of(state, view, row.width);
    heads(pen, row, &columns, &state.legs);
    let window = lines::first_window(view, page(area), state.scroll.first, state.cursor.doc);
    let mut y = inner.y + 1;
    for candidate in window.candidates.clone() {
        if let Some(candidate) = view.first.get(candidate) {
            draw_row(pen, at(row, y), &columns, candidate, state);
        }
        y += 1;
    }
    let has_remedies = window.tail.iter().any(|line| matches!(line, TailLine::Remedy(_)));
    for line in &window.tail {
        draw_tail(pen, at(row, y), &columns, *line, snapshot, state, has_remedies);
        y += 1;
    }
    edge(pen, area, view, &window.candidates);
}

fn at(row: Rect, y: u16) -> Rect {
    Rect { y, ..row }
}

fn page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(3))
}

fn title(pen: &Pen<'_>, state: &State) -> Vec<Piece> {
    let settings = state.snapshot.as_ref().map_or(&state.settings, |snapshot| &snapshot.settings);
    let method = match &state.snapshot {
        // Some legs stand in while another is not there, or for one that will not come.
        Some(snapshot) if snapshot.lacks_legs() => {
            let failed = matches!(snapshot.status.dense, StageState::Failed(_));
            let sign = if failed { pen.signs().failed } else { pen.signs().waiting };
            format!("{} alone {sign}", snapshot.ran_name())
        }
        _ if settings.first == FirstStage::Hybrid => knobs::method_name(settings),
        _ => settings.first_name(&state.legs).to_owned(),
    };
    let mut title = vec![
        piece("First stage", Tone::Strong),
        piece(format!(" · {method} · N {}", settings.candidates), Tone::Quiet),
    ];
    if state.is_behind() || state.is_stale() {
        title.push(piece(format!(" {}", pen.signs().stale), Tone::Knob));
    }
    title
}

/// How many golds are among the candidates.
fn golds_in_sight(pen: &Pen<'_>, state: &State) -> Vec<Piece> {
    let Some(view) = state.snapshot.as_ref().map(|snapshot| &snapshot.focus) else { return Vec::new() };
    if view.golds.is_empty() {
        return Vec::new();
    }
    let found = view.first.iter().filter(|row| row.gold).count();
    let tone = if found < view.golds.len() { Tone::Lost } else { Tone::Gold };
    vec![piece(format!("{} {found} of {}", pen.signs().gold, view.golds.len()), tone)]
}

fn opening(state: &State) -> String {
    if state.collection.is_some() {
        return "searching …".to_owned();
    }
    match &state.reading {
        Some(Reading { bytes, total: Some(total), .. }) if *total > 0 => {
            format!("opening {} … {} %", state.title, (bytes * 100 / total).min(100))
        }
        Some(reading) => format!("opening {} … {} MB", state.title, reading.bytes / 1_000_000),
        None => format!("opening {} …", state.title),
    }
}

fn nothing_found(snapshot: &Snapshot, state: &State) -> Vec<(String, Tone)> {
    let status = &snapshot.status;
    for stage in [&status.bm25, &status.dense] {
        match stage {
            StageState::Working { done, total, doing } => {
                return vec![(format!("{doing}: {done} of {total}"), Tone::Quiet)];
            }
            StageState::Waiting(what) => return vec![(what.clone(), Tone::Quiet)],
            StageState::Failed(why) => return vec![(why.clone(), Tone::Lost)],
            StageState::Off | StageState::Ready => {}
        }
    }
    let other = state.key(ActionId::FirstStage);
    let advice = match &snapshot.focus.focus {
        Focus::Typed(text) if text.trim().is_empty() => {
            format!("No query is shown. {} asks one of your own.", state.key(ActionId::Ask))
        }
        Focus::Typed(_) => {
            format!("No passage matches. Try other words, or {other} for another first stage.")
        }
        Focus::Listed(_) => format!("No passage matches this query. {other} tries another first stage."),
    };
    vec![(advice, Tone::Quiet)]
}

fn columns_of(state: &State, view: &FocusView, width: u16) -> Columns {
    let id = columns::id_width(state.widest_id, width);
    if state.presenter {
        return Columns::presented(width, id, false);
    }
    let legs = view.first.first().or(view.below.first()).map_or(0, |row| row.legs.len());
    Columns::first(width, legs, id)
}

fn heads(pen: &mut Pen<'_>, row: Rect, columns: &Columns, legs: &[LegName]) {
    pen.say_right(row.x + columns.rank, row.y, columns::RANK, "#", Tone::Quiet);
    if let Some(score) = columns.score {
        pen.say_right(row.x + score, row.y, columns::SCORE, "score", Tone::Quiet);
    }
    for (&x, leg) in columns.legs.iter().zip(legs) {
        // One cell of the column is the gap before it.
        let (name, _) = cells::fitting(&leg.name, usize::from(columns::LEG) - 1);
        pen.say_right(row.x + x, row.y, columns::LEG, name, Tone::Quiet);
    }
    pen.say(row.x + columns.id.start, row.y, columns.id.len() as u16, "id", Tone::Quiet);
}

fn draw_row(pen: &mut Pen<'_>, row: Rect, columns: &Columns, of: &FirstRow, state: &State) {
    let none = pen.signs().none;
    let number = if of.gold { Tone::Text } else { Tone::Quiet };
    pen.say_right(row.x + columns.rank, row.y, columns::RANK, &of.rank.to_string(), Tone::Text);
    if let Some(score) = columns.score {
        pen.say_right(row.x + score, row.y, columns::SCORE, &cells::score(of.score), number);
    }
    for (&x, leg) in columns.legs.iter().zip(&of.legs) {
        let rank = leg.map_or(none.to_owned(), |leg| leg.rank.to_string());
        pen.say_right(row.x + x, row.y, columns::LEG, &rank, number);
    }
    draw_passage(pen, row, columns, of.doc, of.gold.then_some(of.grade).flatten(), of.gold, state);
    finish_row(pen, row, of.doc, Pane::First, state);
}

/// Mark, identifier and snippet: the same in both lists.
pub fn draw_passage(
    pen: &mut Pen<'_>,
    row: Rect,
    columns: &Columns,
    doc: DocIdx,
    grade: Option<i32>,
    gold: bool,
    state: &State,
) {
    if gold {
        let sign = pen.signs().gold;
        let (sign, grade_at) =
            if columns.worded { (format!("{sign} gold"), 7) } else { (sign.to_owned(), 1) };
        pen.say(row.x + columns.mark, row.y, grade_at, &sign, Tone::Gold);
        if let Some(grade) = grade.filter(|grade| (2..=9).contains(grade)) {
            pen.say(row.x + columns.mark + grade_at, row.y, 1, &grade.to_string(), Tone::Gold);
        }
    }
    let Some(passage) = state.collection.as_ref().and_then(|collection| collection.passages.get(doc.index()))
    else {
        return;
    };
    let id = pen.style(if gold { Tone::Gold } else { Tone::Text });
    pen.text(row.x + columns.id.start, row.y, columns.id.len() as u16, &passage.id, id);
    let snippet = if passage.title.is_empty() { &passage.text } else { &passage.title };
    // Enough even where every letter carries marks of no width; the pen cuts the rest.
    let end = snippet.char_indices().nth(columns.text.len() * 4 + 1).map_or(snippet.len(), |(at, _)| at);
    let style = pen.style(if gold { Tone::Text } else { Tone::Quiet });
    let shown = if end < snippet.len() { &snippet[..end] } else { snippet };
    pen.text(row.x + columns.text.start, row.y, columns.text.len() as u16, shown, style);
}

/// Dims a stale row, marks the row under the cursor and its twin, and makes the row answer to the mouse.
pub fn finish_row(pen: &mut Pen<'_>, row: Rect, doc: DocIdx, pane: Pane, state: &State) {
    let whole = Rect::new(row.x.saturating_sub(1), row.y, row.width + 1, 1);
    if state.is_stale() {
        let stale = pen.style(Tone::Stale);
        pen.tint(row, stale);
    }
    pen.hits.add(whole, Target::Row(pane, doc));
    if state.cursor.doc == Some(doc) {
        pen.mark_row(whole, if has_focus(state, pane) { Tone::Cursor } else { Tone::Twin });
    }
}

/// In a low pane the fate of a lost gold stands in place of its text.
fn draw_fate(pen: &mut Pen<'_>, row: Rect, columns: &Columns, gold: Option<&GoldRow>, state: &State) {
    let Some(fate) = gold.and_then(lines::known_fate) else { return };
    let (x, room) = (row.x + columns.text.start, columns.text.len() as u16);
    pen.rule(x, row.y, room, " ", Tone::Text);
    pen.line(x, row.y, room, &[fate_words(state.look, fate, room)]);
}

fn draw_tail(
    pen: &mut Pen<'_>,
    row: Rect,
    columns: &Columns,
    line: TailLine,
    snapshot: &Snapshot,
    state: &State,
    has_remedies: bool,
) {
    let view = &snapshot.focus;
    match line {
        TailLine::Cut => {
            let (n, found) = (snapshot.settings.candidates, view.fused_len);
            let words = if found > n {
                format!(" N = {n} of {found} found ")
            } else {
                format!(" all {found} found · N = {n} ")
            };
            let lost = view.below.iter().any(|row| row.gold);
            cut_line(pen, row, &words, if lost { Tone::Lost } else { Tone::Quiet });
        }
        TailLine::Lost(place) => {
            if let Some(lost) = view.below.get(place) {
                draw_row(pen, row, columns, lost, state);
                if !has_remedies {
                    let gold = view.golds.iter().find(|gold| gold.doc == Some(lost.doc));
                    draw_fate(pen, row, columns, gold, state);
                }
            }
        }
        TailLine::Absent(place) => {
            let Some(gold) = view.golds.get(place) else { return };
            pen.say_right(row.x + columns.rank, row.y, columns::RANK, pen.signs().none, Tone::Text);
            match gold.doc {
                Some(doc) => {
                    draw_passage(pen, row, columns, doc, Some(gold.grade), true, state);
                    finish_row(pen, row, doc, Pane::First, state);
                    if !has_remedies {
                        draw_fate(pen, row, columns, Some(gold), state);
                    }
                }
                None => {
                    let sign = pen.signs().gold;
                    pen.say(row.x + columns.mark, row.y, 1, sign, Tone::Gold);
                    let gold_style = pen.style(Tone::Gold);
                    let room = row.width.saturating_sub(columns.id.start);
                    pen.text(row.x + columns.id.start, row.y, room, &gold.id, gold_style);
                }
            }
        }
        TailLine::Remedy(place) => {
            let Some(gold) = view.golds.get(place) else { return };
            let (sign, tone) =
                lines::known_fate(gold).map_or((pen.signs().cut, Tone::Lost), |fate| state.look.fate(fate));
            let indent = columns.rank + 1;
            let pieces = [piece(format!("{sign} "), tone), piece(gold.remedy.as_str(), Tone::Quiet)];
            pen.line(row.x + indent, row.y, row.width.saturating_sub(indent), &pieces);
        }
    }
}

/// A dashed line through the list, with words in it.
pub fn cut_line(pen: &mut Pen<'_>, row: Rect, words: &str, tone: Tone) {
    let sign = pen.signs().cut_line;
    pen.rule(row.x, row.y, row.width.saturating_sub(1), sign, Tone::Frame);
    pen.say(row.x + 4, row.y, row.width.saturating_sub(5), words, tone);
}

/// The right edge says where in the whole list the golds are, and which part is in sight.
fn edge(pen: &mut Pen<'_>, area: Rect, view: &FocusView, sight: &std::ops::Range<usize>) {
    let golds = view.first.iter().enumerate().filter(|(_, row)| row.gold).map(|(at, _)| at);
    draw_edge(pen, area, view.first.len(), sight, golds, sight.len());
}

/// As a scroll bar: `height` rows stand for `rows` of the list.
pub fn draw_edge(
    pen: &mut Pen<'_>,
    area: Rect,
    rows: usize,
    sight: &std::ops::Range<usize>,
    golds: impl Iterator<Item = usize>,
    height: usize,
) {
    if rows <= sight.len() || height == 0 {
        return;
    }
    let place = |row: usize| (row * height / rows.max(1)).min(height - 1) as u16;
    let (x, top) = (area.right() - 1, area.y + 2);
    let (thumb, gold) = (pen.signs().scroll_thumb, pen.signs().gold);
    for y in place(sight.start)..=place(sight.end.saturating_sub(1)) {
        pen.sign(x, top + y, thumb, Tone::Frame);
    }
    for row in golds {
        pen.sign(x, top + place(row), gold, Tone::Gold);
    }
}

/// Where the row of a passage stands on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    At(u16),
    Above,
    Below,
    /// Not in this list.
    Absent,
}

pub fn sight(area: Rect, doc: DocIdx, view: &FocusView, state: &State) -> Sight {
    let window = lines::first_window(view, page(area), state.scroll.first, state.cursor.doc);
    let top = area.y + 2;
    if let Some(place) = view.first.iter().position(|row| row.doc == doc) {
        return match place {
            place if place < window.candidates.start => Sight::Above,
            place if place >= window.candidates.end => Sight::Below,
            place => Sight::At(top + (place - window.candidates.start) as u16),
        };
    }
    let below = window.tail.iter().position(|line| lines::tail_passage(view, *line) == Some(doc));
    below.map_or(Sight::Absent, |line| Sight::At(top + (window.candidates.len() + line) as u16))
}
