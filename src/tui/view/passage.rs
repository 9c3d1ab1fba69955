//! The passage under the cursor: its text with the query's terms marked, and its score in one line. Or,
//! when asked for, the messages: states, warnings, costs.

use ratatui::layout::Rect;

use crate::domain::{DocIdx, LegScale, Passage, Rank};
use crate::engine::{Explanation, Snapshot, StageState};
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::hit::Target;
use super::super::layout::Detail;
use super::super::lines;
use super::super::state::{Pane, State};
use super::super::theme::{Signs, Tone};
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells, wrap};
use super::{curves, empty_state};

pub fn draw(pen: &mut Pen<'_>, area: Rect, tabs: Vec<Piece>, state: &State) {
    if state.messages {
        return messages(pen, area, tabs, state);
    }
    let passage = state.cursor.doc.zip(state.collection.as_ref());
    let passage = passage.and_then(|(doc, collection)| Some((doc, collection.passages.get(doc.index())?)));
    let Some((doc, passage)) = passage else {
        let title = if tabs.is_empty() { vec![piece("Passage", Tone::Strong)] } else { tabs };
        let inner = pen.frame(area, &title, &[], false);
        return empty_state(
            pen,
            inner,
            &[("The passage under the cursor stands here.".to_owned(), Tone::Quiet)],
        );
    };
    let gold = state.snapshot.as_ref().is_some_and(|snapshot| lines::is_gold(&snapshot.focus, doc));
    let (title, right) = titles(pen, passage, gold, tabs);
    let inner = pen.frame(area, &title, &right, false);
    let whole = inner;
    let inner = Rect::new(inner.x + 1, inner.y, inner.width.saturating_sub(2), inner.height);
    let explanation = explanation(state, doc);
    let most = (inner.height / 2).max(3).min(inner.height.saturating_sub(2));
    let why = explanation.map_or(Vec::new(), |explanation| {
        let lines = |with_terms| one_line(explanation, state, usize::from(inner.width), with_terms);
        // Where it does not fit, what the stages did goes before BM25's terms.
        Some(lines(true)).filter(|all| all.len() <= usize::from(most)).unwrap_or_else(|| lines(false))
    });
    let why_height = (why.len() as u16).min(most);
    let text_height = inner.height - why_height;
    let marks = explanation.map_or(&[][..], |explanation| &explanation.highlights);
    let has_text = state.collection.as_ref().is_some_and(|collection| collection.has_texts);
    let (height, above) = (usize::from(text_height), state.lines_above(doc));
    let text = match has_text {
        true => text_lines(passage, marks, usize::from(inner.width), above.saturating_add(height + 1)),
        false => no_text(usize::from(inner.width), height),
    };
    let above = above.min(text.len().saturating_sub(height));
    pen.hits.add(whole, Target::Passage { above });
    let text = text.get(above..).unwrap_or_default();
    let more = text.len() > height;
    for (y, line) in (inner.y..inner.y + text_height).zip(text) {
        pen.line(inner.x, y, inner.width, line);
    }
    if more && text_height > 0 {
        let y = inner.y + text_height - 1;
        // In the list of queries Enter goes to the list first.
        let words = match state.pane {
            Pane::Queries => " … ".to_owned(),
            _ => format!(" … {} ", state.key(ActionId::Open)),
        };
        pen.say_right(inner.x, y, inner.width, &words, Tone::Key);
    }
    for (y, line) in (inner.y + text_height..inner.bottom()).zip(&why) {
        pen.line(inner.x, y, inner.width, line);
    }
}

/// Of a collection of which only ids are known.
pub const NO_TEXT: &str = "no text here: runs and judgments name passages by their ids alone";

/// The lines that stand in place of a text.
pub fn no_text(room: usize, most: usize) -> Vec<Vec<Piece>> {
    styled(wrap::lines(NO_TEXT, &[], room, most), Tone::Quiet).collect()
}

/// Title and text in lines, or why there is none.
pub fn text_or_why(passage: &Passage, state: &State, room: usize, most: usize) -> Vec<Vec<Piece>> {
    match state.collection.as_ref().is_some_and(|collection| collection.has_texts) {
        true => text_lines(passage, &[], room, most),
        false => no_text(room, most),
    }
}

fn titles(pen: &Pen<'_>, passage: &Passage, gold: bool, tabs: Vec<Piece>) -> (Vec<Piece>, Vec<Piece>) {
    let mut name = vec![
        piece(passage.id.as_str(), if gold { Tone::Gold } else { Tone::Strong }),
        piece(format!(" · {}", passage.language), Tone::Quiet),
    ];
    if gold {
        name.push(piece(format!(" {}", pen.signs().gold), Tone::Gold));
    }
    if tabs.is_empty() {
        name.insert(0, piece("Passage ", Tone::Quiet));
        (name, Vec::new())
    } else {
        (tabs, name)
    }
}

/// The explanation of this passage, if it has come.
pub fn explanation(state: &State, doc: DocIdx) -> Option<&Explanation> {
    let view = &state.snapshot.as_ref()?.focus;
    view.explanation.as_ref().filter(|explanation| explanation.doc == doc)
}

/// Title and text in lines, with the marked ranges of the indexed text.
pub fn text_lines(passage: &Passage, marks: &[(usize, usize)], room: usize, most: usize) -> Vec<Vec<Piece>> {
    let mut shown = Vec::new();
    let mut start = 0;
    if !passage.title.is_empty() {
        shown.extend(styled(wrap::lines(&passage.title, marks, room, most), Tone::Strong));
        start = passage.title.len() + 1; // the indexed text has a space between title and text
    }
    let moved = |&(from, to): &(usize, usize)| (to > start).then(|| (from.saturating_sub(start), to - start));
    let marks: Vec<_> = marks.iter().filter_map(moved).collect();
    let left = most.saturating_sub(shown.len());
    shown.extend(styled(wrap::lines(&passage.text, &marks, room, left), Tone::Text));
    shown
}

fn styled(lines: Vec<Vec<wrap::Stretch>>, tone: Tone) -> impl Iterator<Item = Vec<Piece>> {
    lines.into_iter().map(move |line| {
        let pieces = line.into_iter();
        pieces.map(|s| piece(s.text, if s.marked { Tone::Highlight } else { tone })).collect()
    })
}

/// Where every leg and stage put the passage, in as many lines as it takes.
fn one_line(explanation: &Explanation, state: &State, room: usize, with_terms: bool) -> Vec<Vec<Piece>> {
    let dense_is_there = state.snapshot.as_ref().is_some_and(|shown| shown.status.dense == StageState::Ready);
    let mut parts = Vec::new();
    if let Some(fused) = explanation.fused {
        parts.push(vec![
            piece("first ", Tone::Quiet),
            piece(format!("#{} {}", fused.rank, cells::score(fused.score)), Tone::Text),
        ]);
    }
    for (leg, of) in explanation.legs.iter().zip(&state.legs) {
        let mut part = vec![piece(format!("{} ", of.name), Tone::Quiet)];
        match leg {
            Some(leg) => part.push(piece(format!("#{} {}", leg.rank, cells::score(leg.score)), Tone::Text)),
            None if of.scale == LegScale::Cosine && !dense_is_there => {
                part.push(piece(state.look.signs().waiting, Tone::Quiet))
            }
            None => part.push(piece("not returned", Tone::Quiet)),
        }
        if of.scale == LegScale::Bm25
            && with_terms
            && let Some(terms) = terms(explanation)
        {
            part.push(piece(terms, Tone::Quiet));
        }
        parts.push(part);
    }
    // Of several stages each with its rank and how far it moved the passage; the last one's is the delivered
    // list's.
    let signs = state.look.signs();
    let mut before = explanation.fused.map(|fused| fused.rank);
    for step in explanation.stages.iter().rev().skip(1).rev() {
        let score = step.hit.score.map_or(String::new(), |score| format!(" {}", cells::score(score)));
        parts.push(vec![
            piece(format!("{} ", visible(&step.stage)), Tone::Quiet),
            piece(format!("#{}{}{score}", step.hit.rank, moved(before, step.hit.rank, signs)), Tone::Text),
        ]);
        before = Some(step.hit.rank);
    }
    if let Some(reranked) = explanation.reranked {
        let moved = match explanation.stages.len() {
            0 | 1 => String::new(),
            _ => moved(before, reranked.rank, signs),
        };
        parts.push(vec![
            piece("reranked ", Tone::Quiet),
            piece(format!("#{}{moved} {}", reranked.rank, cells::score(reranked.score)), Tone::Text),
        ]);
    }
    for name in &explanation.cut_by {
        parts.push(vec![piece(format!("{} did not read its end", visible(name)), Tone::Lost)]);
    }
    flow(parts, " · ", room)
}

/// ` ▲28`: by how many places a stage moved a passage.
fn moved(before: Option<Rank>, after: Rank, signs: &Signs) -> String {
    match before.map(|before| (before.abs_diff(after), before > after)) {
        None => String::new(),
        Some((0, _)) => format!(" {}", signs.same),
        Some((by, true)) => format!(" {}{by}", signs.up),
        Some((by, false)) => format!(" {}{by}", signs.down),
    }
}

fn terms(explanation: &Explanation) -> Option<String> {
    let mut terms: Vec<_> = explanation.terms.iter().filter(|term| term.tf > 0).collect();
    terms.sort_by(|a, b| b.score.total_cmp(&a.score));
    let named: Vec<_> =
        terms.iter().take(3).map(|t| format!("{} {}", visible(&t.term), cells::score(t.score))).collect();
    (!named.is_empty()).then(|| format!(" ({})", named.join(", ")))
}

/// Parts one after another, each whole, in lines of `room` cells.
pub fn flow(parts: Vec<Vec<Piece>>, between: &str, room: usize) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut used = 0;
    for part in parts {
        let width: usize = part.iter().map(|piece| cells::width(&visible(&piece.text))).sum();
        match lines.last_mut() {
            Some(line) if used + cells::width(between) + width <= room => {
                line.push(piece(between, Tone::Frame));
                used += cells::width(between) + width;
                line.extend(part);
            }
            _ => {
                used = width;
                lines.push(part);
            }
        }
    }
    lines
}

fn messages(pen: &mut Pen<'_>, area: Rect, tabs: Vec<Piece>, state: &State) {
    let title = if tabs.is_empty() { vec![piece("Messages", Tone::Strong)] } else { tabs };
    let all = message_lines(state, message_room(area));
    let fits = all.len() <= usize::from(area.height.saturating_sub(2));
    let (key, esc) = (state.key(ActionId::Messages), state.key(ActionId::Back));
    let right = if fits { format!("{key} closes") } else { format!("{key} all · {esc} closes") };
    let inner = pen.frame(area, &title, &[piece(right, Tone::Quiet)], false);
    for (y, line) in (inner.top()..inner.bottom()).zip(&all) {
        pen.line(inner.x + 1, y, inner.width.saturating_sub(2), line);
    }
    if !fits && inner.height > 0 {
        pen.say_right(inner.x, inner.bottom() - 1, inner.width, &format!(" … {key} "), Tone::Key);
    }
}

/// Cells of a line of messages in this pane.
fn message_room(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(4))
}

/// Whether the pane of messages shows only the first of them.
pub fn has_more_messages(state: &State) -> bool {
    let pane = state.layout().details.into_iter().find(|(detail, _)| *detail == Detail::Passage);
    pane.is_some_and(|(_, area)| {
        message_lines(state, message_room(area)).len() > usize::from(area.height.saturating_sub(2))
    })
}

/// Every message in full, its kind before it.
pub fn message_lines(state: &State, room: usize) -> Vec<Vec<Piece>> {
    const KIND: usize = 9;
    let mut lines = Vec::new();
    for (name, tone, words) in message_list(state) {
        let wrapped = wrap::lines(&words, &[], room.saturating_sub(KIND), usize::from(u16::MAX));
        for (nth, line) in wrapped.into_iter().enumerate() {
            let kind = if nth == 0 { name.as_str() } else { "" };
            let text = line.into_iter().map(|stretch| piece(stretch.text, tone));
            lines.push([piece(format!("{kind:KIND$}"), Tone::Quiet)].into_iter().chain(text).collect());
        }
    }
    lines
}

/// The verdict in full, failures, warnings, states and costs.
fn message_list(state: &State) -> Vec<(String, Tone, String)> {
    let mut list = Vec::new();
    list.extend(state.trouble.iter().map(|words| ("trouble".to_owned(), Tone::Lost, words.clone())));
    if let Some(snapshot) = state.snapshot.as_deref() {
        let stages = stages(snapshot);
        if !snapshot.verdict.is_empty() {
            list.push(("verdict".to_owned(), Tone::Text, snapshot.verdict.clone()));
        }
        list.extend(stages.iter().filter(|(_, tone, _)| *tone == Tone::Lost).cloned());
        list.extend(snapshot.warnings.iter().map(|words| ("note".to_owned(), Tone::Text, words.clone())));
        list.extend(stages.into_iter().filter(|(_, tone, _)| *tone != Tone::Lost));
        let spare = match &snapshot.status.spare {
            StageState::Working { done, total, doing } => Some(format!("{doing}: {done} of {total} pairs")),
            StageState::Waiting(why) => Some(why.clone()),
            StageState::Off | StageState::Ready | StageState::Failed(_) => None,
        };
        list.extend(spare.map(|words| ("spare".to_owned(), Tone::Quiet, words)));
        let afforded = snapshot.affords.sentence();
        if !afforded.is_empty() {
            list.push(("budget".to_owned(), Tone::Text, afforded));
        }
        for cost in &snapshot.costs {
            let times = curves::times(cost).map_or(String::new(), |times| format!(": {times}"));
            let words = format!(
                "{}: {} computed, {} from the cache{times}",
                visible(&cost.stage),
                cost.computed_pairs,
                cost.cached_pairs
            );
            list.push(("cost".to_owned(), Tone::Quiet, words));
        }
    }
    if let Some(snapshot) = state.snapshot.as_deref() {
        list.extend(snapshot.spending.iter().map(|spent| ("paid".to_owned(), Tone::Text, spent.words())));
    }
    if let Some(collection) = &state.collection {
        list.extend(collection.warnings.iter().map(|words| ("input".to_owned(), Tone::Text, words.clone())));
    }
    list
}

fn stages(snapshot: &Snapshot) -> Vec<(String, Tone, String)> {
    let status = &snapshot.status;
    [("bm25", &status.bm25), ("dense", &status.dense), ("rerank", &status.rerank)]
        .map(|(name, stage)| {
            let (tone, words) = match stage {
                StageState::Off => (Tone::Quiet, "off".to_owned()),
                StageState::Waiting(what) => (Tone::Quiet, what.clone()),
                StageState::Working { done, total, doing } => {
                    (Tone::Quiet, format!("{doing}: {done} of {total}"))
                }
                StageState::Ready => (Tone::Quiet, "ready".to_owned()),
                StageState::Failed(why) => (Tone::Lost, why.clone()),
            };
            (name.to_owned(), tone, words)
        })
        .into()
}
