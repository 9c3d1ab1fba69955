//! The passage under the cursor of the table: its text, and the queries that want it or return it; in a
//! room of its own each, or as one overlay.

use ratatui::layout::Rect;

use crate::domain::{DocIdx, Passage, QueryIdx, Rank};

use super::super::super::actions::ActionId;
use super::super::super::hit::Target;
use super::super::super::state::State;
use super::super::super::theme::Tone;
use super::super::super::widgets::Pen;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::passage::text_or_why;
use super::{WIDEST_ID, empty_state, width};

/// Enough for any passage that a person reads here.
const MOST_LINES: usize = 2000;

fn subject(state: &State) -> Option<(DocIdx, &Passage)> {
    let doc = state.tables.passages.table.cursor?;
    Some((doc, state.collection.as_ref()?.passages.get(doc.index())?))
}

pub fn title(state: &State) -> String {
    subject(state).map_or_else(String::new, |(_, passage)| format!("{} · {}", passage.id, passage.language))
}

/// The text, then the queries.
pub fn lines(state: &State, room: usize) -> Vec<Vec<Piece>> {
    let Some((_, passage)) = subject(state) else { return Vec::new() };
    let mut lines = text_or_why(passage, state, room, MOST_LINES);
    lines.push(Vec::new());
    lines.extend(of_queries(state).into_iter().map(|(_, line)| line));
    lines
}

pub fn text(pen: &mut Pen<'_>, area: Rect, state: &State, key: &str) {
    let name = title(state);
    let name = if name.is_empty() { "Passage".to_owned() } else { name };
    let heading = [piece(name, Tone::Strong), piece(key, Tone::Key).does(ActionId::OtherTab)];
    let inner = pen.frame(
        area,
        &heading,
        &[piece(format!("{} all of it", state.key(ActionId::OpenRow)), Tone::Quiet).does(ActionId::OpenRow)],
        false,
    );
    let Some((doc, passage)) = subject(state) else {
        let words = "The passage under the cursor stands here.";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let room = inner.width.saturating_sub(2);
    let (height, above) = (usize::from(inner.height), state.lines_above(doc));
    let lines = text_or_why(passage, state, usize::from(room), above.saturating_add(height + 1));
    let above = above.min(lines.len().saturating_sub(height));
    pen.hits.add(inner, Target::Passage { above });
    let lines = lines.get(above..).unwrap_or_default();
    for (y, line) in (inner.top()..inner.bottom()).zip(lines) {
        pen.line(inner.x + 1, y, room, line);
    }
    if lines.len() > height && height > 0 {
        let words = format!(" … {} ", state.key(ActionId::OpenRow));
        pen.say_right(inner.x + 1, inner.bottom() - 1, room, &words, Tone::Key);
    }
}

pub fn queries(pen: &mut Pen<'_>, area: Rect, state: &State, key: &str) {
    let heading = [piece("Queries", Tone::Strong), piece(key, Tone::Key).does(ActionId::OtherTab)];
    let inner = pen.frame(area, &heading, &[], false);
    let room = inner.width.saturating_sub(2);
    let lines = of_queries(state);
    let doc = subject(state).map(|(doc, _)| doc);
    for (y, (query, line)) in (inner.top()..inner.bottom()).zip(&lines) {
        pen.line(inner.x + 1, y, room, line);
        if let Some((query, doc)) = query.zip(doc) {
            pen.hits.add(Rect::new(inner.x, y, inner.width, 1), Target::QueryOf(query, doc));
        }
    }
    if lines.len() > usize::from(inner.height) && inner.height > 0 {
        let more = lines.len() - usize::from(inner.height);
        let words = format!(" … {more} more, {} ", state.key(ActionId::OpenRow));
        pen.say_right(inner.x + 1, inner.bottom() - 1, room, &words, Tone::Key);
    }
}

/// A query that wants the passage or returns it.
struct Row {
    query: QueryIdx,
    gold: bool,
    first: Option<Rank>,
    reranked: Option<Rank>,
    /// Whether the ranks are there.
    known: bool,
}

/// Those it is gold for, then those that have it among their candidates; each line with its query.
fn of_queries(state: &State) -> Vec<(Option<QueryIdx>, Vec<Piece>)> {
    let Some((doc, _)) = subject(state) else { return Vec::new() };
    let gold_for = state.tables.passages.counts.as_ref().and_then(|counts| counts.gold_for.get(&doc));
    let gold_for = gold_for.map_or(&[][..], Vec::as_slice);
    let appearances = state.snapshot.as_ref().and_then(|shown| shown.appearances.as_deref());
    let appearances = appearances.filter(|appearances| appearances.doc == doc);
    let place = |query: QueryIdx| appearances?.queries.iter().find(|appearance| appearance.query == query);
    let n = state.snapshot.as_ref().map_or(0, |shown| shown.settings.candidates);
    let golds: Vec<Row> = gold_for
        .iter()
        .map(|&query| Row {
            query,
            gold: true,
            first: place(query).map(|at| at.first),
            reranked: place(query).and_then(|at| at.reranked),
            known: appearances.is_some(),
        })
        .collect();
    let within = appearances.map_or(&[][..], |appearances| &appearances.queries);
    let within = within.iter().filter(|at| at.first as usize <= n && !gold_for.contains(&at.query));
    let others: Vec<Row> = within
        .map(|at| Row {
            query: at.query,
            gold: false,
            first: Some(at.first),
            reranked: at.reranked,
            known: true,
        })
        .collect();
    let id =
        |row: &Row| state.collection.as_ref()?.queries.get(row.query.index()).map(|query| width(&query.id));
    let ids = golds.iter().chain(&others).filter_map(id).max().unwrap_or(0).min(WIDEST_ID);
    let heading = |words: String| (None, vec![piece(words, Tone::Quiet)]);
    let mut lines = vec![heading(match golds.len() {
        0 => "gold for no query".to_owned(),
        1 => "gold for 1 query".to_owned(),
        count => format!("gold for {count} queries"),
    })];
    lines.extend(golds.iter().map(|row| (Some(row.query), query_line(row, ids, n, state))));
    if appearances.is_none() {
        lines.push(heading(format!("{} which queries return it", state.look.signs().waiting)));
        return lines;
    }
    lines.push(heading(match others.len() {
        0 => format!("within N = {n} of no other judged query"),
        1 => format!("within N = {n} of 1 other judged query"),
        count => format!("within N = {n} of {count} other judged queries"),
    }));
    lines.extend(others.iter().map(|row| (Some(row.query), query_line(row, ids, n, state))));
    lines
}

/// `★ q01   17 → 1  text`
fn query_line(row: &Row, ids: u16, n: usize, state: &State) -> Vec<Piece> {
    let signs = state.look.signs();
    let Some(of_file) = state.collection.as_ref().and_then(|c| c.queries.get(row.query.index())) else {
        return Vec::new();
    };
    let (first, tone) = match row.first {
        Some(rank) if rank as usize <= n => (format!("{rank:>4}"), Tone::Text),
        Some(rank) => (format!("{rank:>4} {}", signs.cut), Tone::Lost),
        None if row.known => (format!("   {}", signs.never), Tone::Lost),
        None => (format!("   {}", signs.waiting), Tone::Quiet),
    };
    let after = row.reranked.map_or_else(String::new, |rank| format!(" {} {rank}", signs.arrow));
    let air = |room: u16, used: u16| " ".repeat(usize::from(room.saturating_sub(used).max(1)));
    let behind = air(12, width(&first) + width(&after));
    vec![
        piece(if row.gold { format!("{} ", signs.gold) } else { "  ".to_owned() }, Tone::Gold),
        piece(format!("{}{}", of_file.id, air(ids + 1, width(&of_file.id))), Tone::Text),
        piece(first, tone),
        piece(after, Tone::Text),
        piece(behind, Tone::Text),
        piece(of_file.text.as_str(), Tone::Quiet),
    ]
}
