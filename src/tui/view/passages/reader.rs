//! The passage under the cursor of the table: its text, and the queries that want it or return it; in a
//! room of its own each, or as one overlay.

use ratatui::layout::Rect;

use crate::domain::{DocIdx, Passage, QueryIdx, Rank};

use super::super::super::state::State;
use super::super::super::theme::Tone;
use super::super::super::widgets::Pen;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::passage::text_lines;
use super::{empty_state, width};

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
    let mut lines = text_lines(passage, &[], room, MOST_LINES);
    lines.push(Vec::new());
    lines.extend(of_queries(state));
    lines
}

pub fn text(pen: &mut Pen<'_>, area: Rect, state: &State, key: &str) {
    let name = title(state);
    let name = if name.is_empty() { "Passage".to_owned() } else { name };
    let heading = [piece(name, Tone::Strong), piece(key, Tone::Key)];
    let inner = pen.frame(area, &heading, &[piece("Enter all of it", Tone::Quiet)], false);
    let Some((_, passage)) = subject(state) else {
        let words = "The passage under the cursor stands here.";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let room = inner.width.saturating_sub(2);
    let lines = text_lines(passage, &[], usize::from(room), usize::from(inner.height) + 1);
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        pen.line(inner.x + 1, y, room, line);
    }
    if lines.len() > usize::from(inner.height) && inner.height > 0 {
        pen.say_right(inner.x + 1, inner.bottom() - 1, room, " … Enter ", Tone::Key);
    }
}

pub fn queries(pen: &mut Pen<'_>, area: Rect, state: &State, key: &str) {
    let heading = [piece("Queries", Tone::Strong), piece(key, Tone::Key)];
    let inner = pen.frame(area, &heading, &[], false);
    let room = inner.width.saturating_sub(2);
    let lines = of_queries(state);
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        pen.line(inner.x + 1, y, room, line);
    }
    if lines.len() > usize::from(inner.height) && inner.height > 0 {
        let words = format!(" … {} more, Enter ", lines.len() - usize::from(inner.height));
        pen.say_right(inner.x + 1, inner.bottom() - 1, room, &words, Tone::Key);
    }
}

/// Those it is gold for, then those that have it among their candidates.
fn of_queries(state: &State) -> Vec<Vec<Piece>> {
    let Some((doc, _)) = subject(state) else { return Vec::new() };
    let gold_for = state.tables.passages.counts.as_ref().and_then(|counts| counts.gold_for.get(&doc));
    let gold_for = gold_for.map_or(&[][..], Vec::as_slice);
    let appearances = state.snapshot.as_ref().and_then(|shown| shown.appearances.as_deref());
    let appearances = appearances.filter(|appearances| appearances.doc == doc);
    let place = |query: QueryIdx| appearances?.queries.iter().find(|appearance| appearance.query == query);
    let n = state.snapshot.as_ref().map_or(0, |shown| shown.settings.candidates);
    let mut lines = Vec::new();
    let heading = |words: String| vec![piece(words, Tone::Quiet)];
    match gold_for.len() {
        0 => lines.push(heading("gold for no query".to_owned())),
        count => lines.push(heading(format!("gold for {count}"))),
    }
    for &query in gold_for {
        let (first, reranked) = place(query).map_or((None, None), |at| (Some(at.first), at.reranked));
        lines.push(query_line(query, true, first, reranked, appearances.is_some(), state));
    }
    let Some(appearances) = appearances else {
        lines.push(heading(format!("{} which queries return it", state.look.signs().waiting)));
        return lines;
    };
    let others = || {
        let within = appearances.queries.iter().filter(move |at| at.first as usize <= n);
        within.filter(|at| !gold_for.contains(&at.query))
    };
    lines.push(heading(match others().count() {
        0 => format!("among the {n} candidates of no other judged query"),
        count => format!("among the {n} candidates of {count} other judged queries"),
    }));
    lines.extend(others().map(|at| query_line(at.query, false, Some(at.first), at.reranked, true, state)));
    lines
}

/// `★ q01   17 → 1  text`
fn query_line(
    query: QueryIdx,
    gold: bool,
    first: Option<Rank>,
    reranked: Option<Rank>,
    known: bool,
    state: &State,
) -> Vec<Piece> {
    let signs = state.look.signs();
    let Some(of_file) = state.collection.as_ref().and_then(|c| c.queries.get(query.index())) else {
        return Vec::new();
    };
    let n = state.snapshot.as_ref().map_or(0, |shown| shown.settings.candidates);
    let (first_words, tone) = match first {
        Some(rank) if rank as usize <= n => (format!("{rank:>4}"), Tone::Text),
        Some(rank) => (format!("{rank:>4} {}", signs.cut), Tone::Lost),
        None if known => (format!("   {}", signs.never), Tone::Lost),
        None => (format!("   {}", signs.waiting), Tone::Quiet),
    };
    let after = reranked.map_or_else(String::new, |rank| format!(" {} {rank}", signs.arrow));
    let used = width(&first_words) + width(&after);
    let padding = " ".repeat(usize::from(12u16.saturating_sub(used).max(1)));
    vec![
        piece(if gold { format!("{} ", signs.gold) } else { "  ".to_owned() }, Tone::Gold),
        piece(format!("{} ", of_file.id), Tone::Text),
        piece(first_words, tone),
        piece(after, Tone::Text),
        piece(padding, Tone::Text),
        piece(of_file.text.as_str(), Tone::Quiet),
    ]
}
