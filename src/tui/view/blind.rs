//! The lists while one judges blind: passages and their texts, and nothing that could sway a judgment. No
//! score, no rank, no gold, no line between twins.

use ratatui::layout::Rect;

use crate::domain::DocIdx;

use super::super::hit::Target;
use super::super::layout::{Detail, Layout};
use super::super::state::{Pane, State};
use super::super::theme::Tone;
use super::super::widgets::Pen;
use super::super::widgets::pen::{Piece, piece};
use super::passage::text_lines;
use super::{empty_state, has_focus};

/// Draws lists and details in the rooms that they have otherwise.
pub fn draw(pen: &mut Pen<'_>, layout: &Layout, state: &State) {
    let view = state.snapshot.as_ref().map(|snapshot| &snapshot.focus);
    if let Some(area) = layout.first {
        let docs = view.map_or_else(Vec::new, |view| view.first.iter().map(|row| row.doc).collect());
        list(pen, area, (Pane::First, "First stage"), &docs, state.scroll.first, state);
    }
    if let Some(area) = layout.reranked {
        let docs = view.map_or_else(Vec::new, |view| view.reranked.iter().map(|row| row.doc).collect());
        list(pen, area, (Pane::Reranked, "Reranked"), &docs, state.scroll.reranked, state);
    }
    for &(detail, area) in &layout.details {
        if detail == Detail::Passage {
            passage(pen, area, state);
        } else {
            let inner = pen.frame(area, &[piece("Blind", Tone::Strong)], &[], false);
            let words = "Hidden while you judge blind; Z shows scores, ranks and marks again.".to_owned();
            empty_state(pen, inner, &[(words, Tone::Quiet)]);
        }
    }
}

fn list(
    pen: &mut Pen<'_>,
    area: Rect,
    (pane, name): (Pane, &str),
    docs: &[DocIdx],
    scroll: usize,
    state: &State,
) {
    let title = [piece(name, Tone::Strong), piece(" · blind", Tone::Quiet)];
    let inner = pen.frame(area, &title, &[], has_focus(state, pane));
    pen.hits.add(area, Target::Pane(pane));
    let Some(collection) = &state.collection else { return };
    let height = usize::from(inner.height);
    // Where the list ends above its pane's end, it starts higher.
    let start = scroll.min(docs.len().saturating_sub(height));
    for (y, &doc) in (inner.top()..inner.bottom()).zip(docs.iter().skip(start)) {
        let Some(passage) = collection.passages.get(doc.index()) else { continue };
        let row = Rect::new(inner.x, y, inner.width, 1);
        pen.hits.add(row, Target::Row(pane, doc));
        let text = if passage.title.is_empty() { &passage.text } else { &passage.title };
        let line = [piece(format!("{}  ", passage.id), Tone::Quiet), piece(text.as_str(), Tone::Text)];
        pen.line(row.x + 1, y, row.width.saturating_sub(2), &line);
        if state.cursor.doc == Some(doc) {
            pen.mark_row(row, if has_focus(state, pane) { Tone::Cursor } else { Tone::Twin });
        }
    }
}

fn passage(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let doc = state.cursor.doc.zip(state.collection.as_ref());
    let passage = doc.and_then(|(doc, collection)| Some((doc, collection.passages.get(doc.index())?)));
    let Some((doc, passage)) = passage else {
        let inner = pen.frame(area, &[piece("Passage", Tone::Strong)], &[], false);
        let words = "The passage under the cursor stands here.".to_owned();
        return empty_state(pen, inner, &[(words, Tone::Quiet)]);
    };
    // What one judged here oneself sways nothing.
    let own = state.judgments.undo.iter().any(|step| step.mark.passage == passage.id);
    let grade: Vec<Piece> = match state.grade_of(doc).filter(|_| own) {
        Some(grade) => vec![piece(format!("judged {grade}"), Tone::Knob)],
        None => Vec::new(),
    };
    let title = [piece("Passage ", Tone::Quiet), piece(passage.id.as_str(), Tone::Strong)];
    let inner = pen.frame(area, &title, &grade, false);
    let room = usize::from(inner.width.saturating_sub(2));
    for (y, line) in
        (inner.top()..inner.bottom()).zip(text_lines(passage, &[], room, usize::from(inner.height)))
    {
        pen.line(inner.x + 1, y, room as u16, &line);
    }
}
