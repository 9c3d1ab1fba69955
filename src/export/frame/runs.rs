//! The cells of a row as runs of one ink.

use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::style::{Color, Modifier};

/// How a cell is drawn, with reversed colours still to be reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

impl Ink {
    pub const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    pub fn has(self, modifier: Modifier) -> bool {
        self.modifier.contains(modifier)
    }

    /// Whether a blank in this ink is to be seen.
    pub fn shows_blanks(self) -> bool {
        let lines = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
        self.bg != Color::Reset || self.modifier.intersects(lines)
    }
}

/// A sign with its column and its cells: 1, or 2 for a wide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign<'a> {
    pub x: u16,
    pub width: u16,
    pub symbol: &'a str,
}

impl Sign<'_> {
    pub fn is_blank(self) -> bool {
        self.symbol == " "
    }

    /// The sign as one character; `None` for a cluster of several.
    pub fn single(self) -> Option<char> {
        let mut chars = self.symbol.chars();
        chars.next().filter(|_| chars.next().is_none())
    }
}

/// Neighbours of one ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run<'a> {
    pub ink: Ink,
    pub signs: Vec<Sign<'a>>,
}

impl Run<'_> {
    pub fn x(&self) -> u16 {
        self.signs.first().map_or(0, |sign| sign.x)
    }

    pub fn width(&self) -> u16 {
        self.signs.iter().map(|sign| sign.width).sum()
    }
}

/// The runs of row `y`, from 0. The cell that a wide sign hides is part of that sign.
pub fn of_row(buffer: &Buffer, y: u16) -> Vec<Run<'_>> {
    let area = buffer.area;
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut x = 0;
    while x < area.width {
        let Some(cell) = buffer.cell((area.x + x, area.y + y)) else { break };
        let width = cell.symbol().cell_width().clamp(1, area.width - x);
        let ink = Ink { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
        let sign = Sign { x, width, symbol: cell.symbol() };
        match runs.last_mut() {
            Some(run) if run.ink == ink => run.signs.push(sign),
            _ => runs.push(Run { ink, signs: vec![sign] }),
        }
        x += width;
    }
    runs
}

/// Without the blanks at its end that nobody sees.
pub fn trimmed(mut runs: Vec<Run<'_>>) -> Vec<Run<'_>> {
    while let Some(last) = runs.last_mut() {
        if last.ink.shows_blanks() {
            break;
        }
        while last.signs.last().is_some_and(|sign| sign.is_blank()) {
            last.signs.pop();
        }
        if !last.signs.is_empty() {
            break;
        }
        runs.pop();
    }
    runs
}
