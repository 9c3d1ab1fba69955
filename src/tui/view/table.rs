//! A table: heads that sort it, rows that can be clicked, the row under the cursor. Columns go, least
//! needed first, until what is left fits; the text column takes what room there is. A row under the cursor
//! that is scrolled out of sight stands at the edge beyond which it is.

use ratatui::layout::Rect;

use crate::text::visible;

use super::super::hit::Target;
use super::super::tables::{Column, Table};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};
use super::scroll_signs;

/// How a column is drawn.
#[derive(Debug, Clone)]
pub struct Head<C> {
    /// What a click on it sorts by; `None`: nothing.
    pub sort: Option<C>,
    pub title: String,
    /// Cells; of the text column the fewest that say something.
    pub width: u16,
    /// Numbers stand against the right end.
    pub right: bool,
    /// The least needed goes first; 0 never goes.
    pub spare: u8,
}

impl<C: Column> Head<C> {
    pub fn text(sort: Option<C>, title: &str, width: u16) -> Self {
        Self { sort, title: title.to_owned(), width, right: false, spare: 0 }
    }

    pub fn number(sort: C, title: &str, width: u16) -> Self {
        Self { sort: Some(sort), title: title.to_owned(), width, right: true, spare: 0 }
    }

    /// Goes before those with less.
    pub fn spare(self, spare: u8) -> Self {
        Self { spare, ..self }
    }
}

/// What of a table is drawn.
pub struct Sheet<'a, K, C> {
    pub table: &'a Table<K, C>,
    pub heads: Vec<Head<C>>,
    /// The column that takes the room that is left, by its place among the heads.
    pub text: usize,
    /// Whether the keys speak to it.
    pub focused: bool,
    /// Whether it answers to the mouse.
    pub clickable: bool,
}

/// Draws heads and rows into `inner`, the room within a frame that is `area`. `row` gives the cells of a
/// row, one for each head, and whether the row is quiet.
pub fn draw<K: Copy + Eq, C: Column>(
    pen: &mut Pen<'_>,
    area: Rect,
    inner: Rect,
    sheet: &Sheet<'_, K, C>,
    mut row: impl FnMut(K) -> Vec<Vec<Piece>>,
) {
    if sheet.clickable {
        pen.hits.add(area, Target::Table);
    }
    if inner.height == 0 || inner.width < 4 {
        return;
    }
    let columns = columns(sheet, inner.width.saturating_sub(2));
    for (head, x, width) in
        columns.iter().filter_map(|&(at, x, width)| Some((sheet.heads.get(at)?, x, width)))
    {
        draw_head(pen, Rect::new(inner.x + 1 + x, inner.y, width, 1), head, sheet.table);
    }
    let page = usize::from(inner.height - 1);
    for (y, line) in (inner.y + 1..inner.bottom()).zip(lines(sheet.table, page)) {
        let (place, key) = match line {
            Line::Row(place) => match sheet.table.rows.get(place) {
                Some(&key) => (place, key),
                None => continue,
            },
            Line::Between(rows) => {
                pen.rule(inner.x, y, inner.width, pen.signs().cut_line, Tone::Frame);
                let words = format!(" {} between ", super::header::count(rows, "row", "rows"));
                pen.say(inner.x + 2, y, inner.width.saturating_sub(2), &words, Tone::Quiet);
                continue;
            }
        };
        let line = Rect::new(inner.x, y, inner.width, 1);
        let cells = row(key);
        for (head, cell, x, width) in columns
            .iter()
            .filter_map(|&(at, x, width)| Some((sheet.heads.get(at)?, cells.get(at)?, x, width)))
        {
            let width_of = |piece: &Piece| cells::width(&pen.look.words(&visible(&piece.text)));
            let used = u16::try_from(cell.iter().map(width_of).sum::<usize>()).unwrap_or(u16::MAX);
            let indent = if head.right { width.saturating_sub(used) } else { 0 };
            pen.line(inner.x + 1 + x + indent, y, width - indent, cell);
        }
        if sheet.clickable {
            pen.hits.add(line, Target::Line(place));
        }
        if sheet.table.cursor == Some(key) {
            pen.mark_row(line, if sheet.focused { Tone::Cursor } else { Tone::Chosen });
        }
    }
    let below = sheet.table.scroll + page < sheet.table.rows.len();
    scroll_signs(pen, area, sheet.table.scroll > 0, below);
}

/// A line under the heads.
enum Line {
    /// A row, by its place.
    Row(usize),
    /// So many rows are left out between the row under the cursor and the others.
    Between(usize),
}

/// From so many lines on there is room to say what is left out.
const ROOMY: usize = 6;

fn lines<K: Copy + Eq, C: Column>(table: &Table<K, C>, page: usize) -> Vec<Line> {
    let in_sight = table.scroll..(table.scroll + page).min(table.rows.len());
    let mut lines: Vec<Line> = in_sight.clone().map(Line::Row).collect();
    let Some((place, above)) = table.out_of_sight(page).filter(|_| page > 1) else { return lines };
    let taken = if page >= ROOMY { 2 } else { 1 };
    if above {
        let between = (in_sight.start + taken).saturating_sub(place + 1);
        let edge = [Line::Row(place), Line::Between(between)].into_iter().take(taken);
        lines.splice(..taken.min(lines.len()), edge);
    } else {
        lines.truncate(page - taken);
        let between = place.saturating_sub(in_sight.start + lines.len());
        lines.extend((taken > 1).then_some(Line::Between(between)));
        lines.push(Line::Row(place));
    }
    lines
}

fn draw_head<K: Copy + Eq, C: Column>(pen: &mut Pen<'_>, area: Rect, head: &Head<C>, table: &Table<K, C>) {
    let sorted = head.sort == Some(table.sort);
    let sign = if table.reversed { pen.signs().above } else { pen.signs().below };
    let tone = if sorted { Tone::Strong } else { Tone::Quiet };
    let title = if sorted { format!("{}{sign}", head.title) } else { head.title.clone() };
    if head.right {
        pen.say_right(area.x, area.y, area.width, &title, tone);
    } else {
        pen.say(area.x, area.y, area.width, &title, tone);
    }
    if let Some(at) = head.sort.and_then(|sort| C::ALL.iter().position(|&column| column == sort)) {
        pen.hits.add(area, Target::Heading(at));
    }
}

/// The columns that fit: place among the heads, left end, width.
fn columns<K: Copy + Eq, C: Column>(sheet: &Sheet<'_, K, C>, room: u16) -> Vec<(usize, u16, u16)> {
    let mut shown: Vec<usize> = (0..sheet.heads.len()).collect();
    let needs = |shown: &[usize]| -> u16 {
        let widths = shown.iter().filter_map(|&at| sheet.heads.get(at)).map(|head| head.width + 1);
        widths.fold(0u16, u16::saturating_add).saturating_sub(1)
    };
    while needs(&shown) > room {
        let spare = |&at: &usize| sheet.heads.get(at).map_or(0, |head| head.spare);
        match shown.iter().copied().max_by_key(|at| (spare(at), *at)).filter(|at| spare(at) > 0) {
            Some(least) => shown.retain(|&at| at != least),
            None => break,
        }
    }
    let free = room.saturating_sub(needs(&shown));
    let mut x = 0;
    let mut columns = Vec::new();
    for at in shown {
        let Some(head) = sheet.heads.get(at) else { continue };
        let width = if at == sheet.text { head.width + free } else { head.width };
        let width = width.min(room.saturating_sub(x));
        if width > 0 {
            columns.push((at, x, width));
        }
        x = x.saturating_add(width + 1);
    }
    columns
}

/// One piece of text as a cell.
pub fn cell(text: impl Into<String>, tone: Tone) -> Vec<Piece> {
    vec![piece(text, tone)]
}
