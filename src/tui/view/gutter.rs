//! The lines between the lists that join the row under the cursor, and the golds, with the same passage on
//! the other side. A twin out of sight is pointed at; one that never reached the reranker ends in its fate.

use std::ops::RangeInclusive;

use ratatui::layout::Rect;

use crate::domain::Fate;
use crate::engine::GoldRow;

use super::super::lines::known_fate;
use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::Pen;
use super::first::{self, Sight};
use super::reranked;

pub fn draw(pen: &mut Pen<'_>, first_area: Rect, gutter: Rect, reranked_area: Rect, state: &State) {
    let Some(snapshot) = state.snapshot.as_deref() else { return };
    if gutter.width < 3 || gutter.height < 4 || snapshot.settings.reranker.is_none() {
        return;
    }
    let view = &snapshot.focus;
    let golds = view.golds.iter().filter_map(|gold| gold.doc).filter(|&doc| Some(doc) != state.cursor.doc);
    let mut taken: Vec<RangeInclusive<u16>> = Vec::new();
    // The row under the cursor comes first: where there is no room beside it, a gold's line is left out.
    for doc in state.cursor.doc.into_iter().chain(golds) {
        let left = first::sight(first_area, doc, view, state);
        let right = reranked::sight(reranked_area, doc, view, snapshot.settings.deliver, state);
        let gold = view.golds.iter().find(|gold| gold.doc == Some(doc));
        let line = Line { first_area, gutter, reranked_area, tone: tone(gold) };
        let Some(rows) = line.rows(left, right) else { continue };
        if taken.iter().any(|other| rows.start() <= other.end() && other.start() <= rows.end()) {
            continue;
        }
        taken.push(rows);
        match (left, right) {
            (Sight::At(from), Sight::At(to)) => line.join(pen, from, to),
            (Sight::At(from), Sight::Above) => line.point_from_left(pen, from, true),
            (Sight::At(from), Sight::Below) => line.point_from_left(pen, from, false),
            (Sight::Above, Sight::At(to)) => line.point_from_right(pen, to, true),
            (Sight::Below, Sight::At(to)) => line.point_from_right(pen, to, false),
            (Sight::At(from), Sight::Absent) => {
                if let Some(fate) = gold.and_then(known_fate).filter(|fate| fate.is_lost_before_rerank()) {
                    line.end_in(pen, from, state.look.fate(fate).0);
                }
            }
            _ => {}
        }
    }
}

fn tone(gold: Option<&GoldRow>) -> Tone {
    match gold.map(known_fate) {
        None => Tone::Accent,
        Some(Some(Fate::Rescued)) => Tone::Gained,
        Some(Some(Fate::Kept | Fate::NotLifted) | None) => Tone::Gold,
        Some(Some(_)) => Tone::Lost,
    }
}

struct Line {
    first_area: Rect,
    gutter: Rect,
    reranked_area: Rect,
    tone: Tone,
}

impl Line {
    /// The rows of the gutter that the line takes; `None` where there is none.
    fn rows(&self, left: Sight, right: Sight) -> Option<RangeInclusive<u16>> {
        let (top, bottom) = (self.gutter.y + 1, self.gutter.bottom().saturating_sub(2));
        Some(match (left, right) {
            (Sight::At(from), Sight::At(to)) => from.min(to)..=from.max(to),
            (Sight::At(row), Sight::Above) | (Sight::Above, Sight::At(row)) => top.min(row)..=row,
            (Sight::At(row), Sight::Below) | (Sight::Below, Sight::At(row)) => row..=bottom.max(row),
            (Sight::At(row), Sight::Absent) => row..=row,
            _ => return None,
        })
    }

    fn join(&self, pen: &mut Pen<'_>, from: u16, to: u16) {
        let frame = &pen.signs().frame;
        let (x, tone) = (self.gutter.x, self.tone);
        self.joints(pen, Some(from), Some(to));
        if from == to {
            (0..self.gutter.width).for_each(|by| pen.sign(x + by, from, frame.horizontal, tone));
            return;
        }
        let (leave, arrive) = if from < to {
            (frame.top_right, frame.bottom_left)
        } else {
            (frame.bottom_right, frame.top_left)
        };
        pen.sign(x, from, frame.horizontal, tone);
        pen.sign(x + 1, from, leave, tone);
        (from.min(to) + 1..from.max(to)).for_each(|y| pen.sign(x + 1, y, frame.vertical, tone));
        pen.sign(x + 1, to, arrive, tone);
        (2..self.gutter.width).for_each(|by| pen.sign(x + by, to, frame.horizontal, tone));
    }

    fn point_from_left(&self, pen: &mut Pen<'_>, from: u16, up: bool) {
        let frame = &pen.signs().frame;
        let (x, tone) = (self.gutter.x, self.tone);
        self.joints(pen, Some(from), None);
        pen.sign(x, from, frame.horizontal, tone);
        pen.sign(x + 1, from, if up { frame.bottom_right } else { frame.top_right }, tone);
        self.to_edge(pen, from, up);
    }

    fn point_from_right(&self, pen: &mut Pen<'_>, to: u16, up: bool) {
        let frame = &pen.signs().frame;
        let (x, tone) = (self.gutter.x, self.tone);
        self.joints(pen, None, Some(to));
        (2..self.gutter.width).for_each(|by| pen.sign(x + by, to, frame.horizontal, tone));
        pen.sign(x + 1, to, if up { frame.bottom_left } else { frame.top_left }, tone);
        self.to_edge(pen, to, up);
    }

    /// From a row to the upper or lower end of the gutter, where an arrow says that it goes on.
    fn to_edge(&self, pen: &mut Pen<'_>, from: u16, up: bool) {
        let signs = pen.signs();
        let (x, top, bottom) = (self.gutter.x + 1, self.gutter.y + 1, self.gutter.bottom().saturating_sub(2));
        let (between, end, sign) =
            if up { (top + 1..from, top, signs.above) } else { (from + 1..bottom, bottom, signs.below) };
        between.for_each(|y| pen.sign(x, y, signs.frame.vertical, self.tone));
        if end != from {
            pen.sign(x, end, sign, self.tone);
        }
    }

    fn end_in(&self, pen: &mut Pen<'_>, from: u16, sign: &str) {
        let frame = &pen.signs().frame;
        self.joints(pen, Some(from), None);
        pen.sign(self.gutter.x, from, frame.horizontal, self.tone);
        pen.sign(self.gutter.x + 1, from, sign, self.tone);
    }

    fn joints(&self, pen: &mut Pen<'_>, left: Option<u16>, right: Option<u16>) {
        let frame = &pen.signs().frame;
        if let Some(y) = left {
            pen.sign(self.first_area.right().saturating_sub(1), y, frame.tee_right, self.tone);
        }
        if let Some(y) = right {
            pen.sign(self.reranked_area.x, y, frame.tee_left, self.tone);
        }
    }
}
