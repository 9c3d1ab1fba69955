//! The pen that all panes draw with. Everything it writes is made visible first and cut by display
//! width, so no pane can send a control character to the terminal or write beyond its room.

use ratatui::Frame;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use crate::text::visible;

use super::super::actions::ActionId;
use super::super::hit::{HitMap, Target};
use super::super::theme::{Look, Signs, Tone};
use super::cells;

pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    pub hits: HitMap,
    pub look: Look,
    /// Where the terminal's cursor goes: input methods open there.
    pub cursor: Option<Position>,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub tone: Tone,
    /// What a click on it does.
    pub does: Option<ActionId>,
}

pub fn piece(text: impl Into<String>, tone: Tone) -> Piece {
    Piece { text: text.into(), tone, does: None }
}

impl Piece {
    /// The same, as a key that the mouse can press.
    pub fn does(self, action: ActionId) -> Self {
        Self { does: Some(action), ..self }
    }
}

impl<'a> Pen<'a> {
    pub fn new(frame: &'a mut Frame<'_>, look: Look) -> Self {
        Self { buffer: frame.buffer_mut(), hits: HitMap::default(), look, cursor: None }
    }

    pub fn signs(&self) -> &'static Signs {
        self.look.signs()
    }

    pub fn style(&self, tone: Tone) -> Style {
        self.look.style(tone)
    }

    /// Writes text into one line of `room` cells, in the signs of the look, and returns the cells used.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let shown = visible(text);
        let shown = self.look.words(&shown).into_owned();
        self.put(x, y, room, &shown, style)
    }

    /// As [`Pen::text`], in the style of a tone.
    pub fn say(&mut self, x: u16, y: u16, room: u16, words: &str, tone: Tone) -> u16 {
        let style = self.style(tone);
        self.text(x, y, room, words, style)
    }

    /// As [`Pen::say`], against the right end of the room.
    pub fn say_right(&mut self, x: u16, y: u16, room: u16, words: &str, tone: Tone) {
        let width = u16::try_from(cells::width(&self.look.words(&visible(words)))).unwrap_or(u16::MAX);
        let indent = room.saturating_sub(width);
        self.say(x + indent, y, room - indent, words, tone);
    }

    /// Writes pieces one after another and returns the cells used.
    pub fn line(&mut self, x: u16, y: u16, room: u16, pieces: &[Piece]) -> u16 {
        let mut used = 0;
        for piece in pieces {
            let width = self.say(x + used, y, room - used, &piece.text, piece.tone);
            if let Some(action) = piece.does {
                self.hits.add(Rect::new(x + used, y, width, 1), Target::Act(action));
            }
            used += width;
            if used >= room {
                break;
            }
        }
        used
    }

    fn put(&mut self, x: u16, y: u16, room: u16, shown: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x >= area.right() {
            return 0;
        }
        let room = room.min(area.right() - x);
        let shown = cells::cut(shown, usize::from(room), self.signs().ellipsis);
        let (end, _) = self.buffer.set_stringn(x, y, &shown, usize::from(room), style);
        end - x
    }

    /// Fills a line with one sign.
    pub fn rule(&mut self, x: u16, y: u16, room: u16, sign: &str, tone: Tone) {
        (x..x.saturating_add(room)).for_each(|x| self.sign(x, y, sign, tone));
    }

    /// One sign in one cell, whatever stood there.
    pub fn sign(&mut self, x: u16, y: u16, sign: &str, tone: Tone) {
        let style = self.style(tone);
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.reset();
            cell.set_symbol(sign).set_style(style);
        }
    }

    /// How many cells of an area something was written into.
    pub fn written(&self, area: Rect) -> usize {
        let cells = area.intersection(self.buffer.area).positions();
        cells.filter(|&at| self.buffer.cell(at).is_some_and(|cell| cell.symbol() != " ")).count()
    }

    /// Lays a style over cells that are drawn already.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// The row under the cursor, over cells that are drawn already: one colour from end to end.
    pub fn mark_row(&mut self, area: Rect, tone: Tone) {
        let area = area.intersection(self.buffer.area);
        let style = self.style(tone);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.modifier.remove(Modifier::DIM);
                    cell.set_style(style);
                }
            }
        }
    }

    /// Empties an area for an overlay; a wide sign that reaches into it from the left is taken away.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
            if let Some(before) = area.left().checked_sub(1)
                && let Some(cell) = self.buffer.cell_mut((before, y))
                && cell.symbol().cell_width() > 1
            {
                cell.set_symbol(" ");
            }
        }
    }

    /// A frame with a title at the left and another at the right; returns the room inside.
    pub fn frame(&mut self, area: Rect, title: &[Piece], right: &[Piece], focused: bool) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let tone = if focused { Tone::FocusFrame } else { Tone::Frame };
        let lines = &self.signs().frame;
        let (left, top) = (area.left(), area.top());
        let (right_x, bottom) = (area.right() - 1, area.bottom() - 1);
        self.rule(left, top, area.width, lines.horizontal, tone);
        self.rule(left, bottom, area.width, lines.horizontal, tone);
        for y in top..=bottom {
            self.sign(left, y, lines.vertical, tone);
            self.sign(right_x, y, lines.vertical, tone);
        }
        self.sign(left, top, lines.top_left, tone);
        self.sign(right_x, top, lines.top_right, tone);
        self.sign(left, bottom, lines.bottom_left, tone);
        self.sign(right_x, bottom, lines.bottom_right, tone);
        let room = area.width.saturating_sub(4);
        let used = if title.is_empty() { 0 } else { self.title(left + 2, top, room, title, focused) };
        let width = u16::try_from(self.width(right) + 2).unwrap_or(u16::MAX);
        if !right.is_empty() && used.saturating_add(width) < room {
            self.title(left + 2 + room - width, top, width, right, focused);
        }
        Rect::new(left + 1, top + 1, area.width - 2, area.height - 2)
    }

    /// Cells that the pieces take where there is room.
    pub fn width(&self, pieces: &[Piece]) -> usize {
        pieces.iter().map(|piece| cells::width(&self.look.words(&visible(&piece.text)))).sum()
    }

    fn title(&mut self, x: u16, y: u16, room: u16, pieces: &[Piece], focused: bool) -> u16 {
        if room < 3 {
            return 0;
        }
        // Plain text takes the colour of what it is written over: of a frame with the keys it may.
        if !focused {
            let width = u16::try_from(self.width(pieces) + 2).unwrap_or(u16::MAX).min(room);
            self.tint(Rect::new(x, y, width, 1), Style::new().fg(Color::Reset));
        }
        self.say(x, y, 1, " ", Tone::Text);
        let used = self.line(x + 1, y, room - 2, pieces);
        self.say(x + 1 + used, y, 1, " ", Tone::Text);
        used + 2
    }
}
