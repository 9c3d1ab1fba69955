//! The screen while one judges blind: the query, one list of passages, a passage in full. Nothing that could
//! sway a judgment: no score, no rank, no gold, no metric, no verdict; the list is in the order of the pool.

use ratatui::layout::Rect;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::layout::Layout;
use super::super::state::{Pane, State};
use super::super::theme::Tone;
use super::super::update::pool_progress;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, cells, wrap};
use super::passage::text_or_why;
use super::{empty_state, has_focus, scroll_signs};

/// Cells of a grade.
const GRADE: u16 = 2;
const WIDEST_ID: usize = 16;

/// Draws the list and the passage.
pub fn draw(pen: &mut Pen<'_>, layout: &Layout, state: &State) {
    if let Some(area) = layout.first {
        list(pen, area, state);
    }
    for &(_, area) in &layout.details {
        passage(pen, area, state);
    }
}

/// What is judged, in the room that metrics, knobs and verdict have otherwise.
pub fn draw_below(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let query = state.snapshot.as_ref().map_or("", |shown| shown.focus.text.as_str());
    let used = pen.line(area.x + 1, area.y, area.width, &[piece("Query ", Tone::Key)]);
    let room = area.width.saturating_sub(used + 2);
    let hint = area.bottom().saturating_sub(1);
    let lines = wrap::lines(query, &[], usize::from(room), usize::from(area.height));
    let fits = usize::from(area.height.saturating_sub(1));
    for (nth, (y, line)) in (area.y..hint).zip(&lines).enumerate() {
        let mut text: String = line.iter().map(|stretch| stretch.text.as_str()).collect();
        if nth + 1 == fits && lines.len() > fits {
            text.push_str(pen.signs().ellipsis);
        }
        pen.say(area.x + 1 + used, y, room, &text, Tone::Strong);
    }
    let words = if area.width >= 100 {
        "Judging blind: ranks, scores, golds and metrics are hidden, and the list is in no order of theirs."
    } else if area.width >= 76 {
        "Judging blind: ranks, scores, golds and metrics are hidden."
    } else {
        "Judging blind: only texts are shown."
    };
    let used = pen.say(area.x + 1, hint, area.width.saturating_sub(2), words, Tone::Quiet) + 2;
    let rest = area.width.saturating_sub(used + 1);
    if rest >= 16 {
        let key = state.key(ActionId::Blind);
        pen.line(area.x + used, hint, rest, &[piece(key, Tone::Key), piece(" shows all again", Tone::Quiet)]);
    }
}

fn list(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let (judged, all) = pool_progress(state);
    let title = [piece("To judge", Tone::Strong), piece(format!(" · top {}", state.pool.depth), Tone::Quiet)];
    let right = [piece(format!("{judged} of {all}"), Tone::Quiet)];
    let inner = pen.frame(area, &title, &right, has_focus(state, Pane::First));
    pen.hits.add(area, Target::Pane(Pane::First));
    let Some(collection) = &state.collection else { return };
    let docs = &state.pool.docs;
    if docs.is_empty() {
        let words = "The passages to judge stand here once the lists are there.".to_owned();
        return empty_state(pen, inner, &[(words, Tone::Quiet)]);
    }
    if inner.height == 0 || inner.width < 4 {
        return;
    }
    let room = inner.width.saturating_sub(2);
    let ids = (state.widest_id.min(WIDEST_ID) as u16).min(room / 2);
    let (id, text) = (inner.x + 1 + GRADE + 1, inner.x + 1 + GRADE + 1 + ids + 1);
    pen.say(id, inner.y, ids, "id", Tone::Quiet);
    let page = usize::from(inner.height - 1);
    // Where the list ends above its pane's end, it starts higher.
    let start = state.scroll.first.min(docs.len().saturating_sub(page));
    for (y, &doc) in (inner.y + 1..inner.bottom()).zip(docs.iter().skip(start)) {
        let Some(passage) = collection.passages.get(doc.index()) else { continue };
        let row = Rect::new(inner.x, y, inner.width, 1);
        pen.hits.add(row, Target::Row(Pane::First, doc));
        let (sign, tone) = grade(pen, state.shown_grade(doc));
        pen.say_right(inner.x + 1, y, GRADE, &sign, tone);
        pen.say(id, y, ids, &passage.id, Tone::Quiet);
        let words = if passage.title.is_empty() { &passage.text } else { &passage.title };
        pen.say(text, y, (inner.right() - 1).saturating_sub(text), words, Tone::Text);
        if state.cursor.doc == Some(doc) {
            pen.mark_row(row, if has_focus(state, Pane::First) { Tone::Cursor } else { Tone::Twin });
        }
    }
    scroll_signs(pen, area, start > 0, start + page < docs.len());
}

/// What one gave oneself.
fn grade(pen: &Pen<'_>, grade: Option<i32>) -> (String, Tone) {
    match grade {
        None => (pen.signs().dot.to_owned(), Tone::Frame),
        Some(grade) => (grade.to_string(), Tone::Knob),
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
    let grade = match state.shown_grade(doc) {
        Some(grade) => piece(format!("you gave {grade}"), Tone::Knob),
        None => piece("not judged", Tone::Quiet),
    };
    let title = [piece("Passage ", Tone::Quiet), piece(passage.id.as_str(), Tone::Strong)];
    let inner = pen.frame(area, &title, &[grade], false);
    let room = usize::from(inner.width.saturating_sub(2));
    let height = usize::from(inner.height);
    let lines = text_or_why(passage, state, room, height + 1);
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines) {
        pen.line(inner.x + 1, y, room as u16, line);
    }
    if lines.len() > height && height > 0 {
        let more = format!(" … {} ", state.key(ActionId::Open));
        let width = cells::width(&more) as u16;
        pen.say(inner.right().saturating_sub(width + 1), inner.bottom() - 1, width, &more, Tone::Key);
    }
}
