//! A frame in the escape sequences of a terminal (ECMA-48: SGR, and CHA where a sign needs it).

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthChar as _;

use super::runs::{self, Ink, Run, Sign};

/// Row by row, each ending in plain ink and a line feed.
pub fn picture(buffer: &Buffer) -> String {
    (0..buffer.area.height).map(|y| row(buffer, y) + "\n").collect()
}

/// One row, from the first column, without the blanks at its end.
pub fn row(buffer: &Buffer, y: u16) -> String {
    let runs = runs::of_row(buffer, y);
    let odd = runs.iter().flat_map(|run| &run.signs).any(|sign| is_odd(*sign));
    // What an odd sign spilled is written over, so nothing is left out behind it.
    let runs: Vec<Run<'_>> = if odd { runs } else { runs::trimmed(runs) };
    let mut line = String::new();
    let mut ink = Ink::PLAIN;
    for run in runs {
        if run.ink != ink {
            line.push_str(&sgr(run.ink));
            ink = run.ink;
        }
        for sign in run.signs {
            line.push_str(sign.symbol);
            if is_odd(sign) {
                // Terminals differ in how far such a cluster goes: the column is said, not counted.
                let _ = write!(line, "\x1b[{}G", sign.x + sign.width + 1);
            }
        }
    }
    if ink != Ink::PLAIN {
        line.push_str("\x1b[0m");
    }
    line
}

/// Whether terminals that add up the widths of characters come to another column.
fn is_odd(sign: Sign<'_>) -> bool {
    let added: usize = sign.symbol.chars().filter_map(|c| c.width()).sum();
    added != usize::from(sign.width)
}

const MODIFIERS: [(Modifier, &str); 8] = [
    (Modifier::BOLD, ";1"),
    (Modifier::DIM, ";2"),
    (Modifier::ITALIC, ";3"),
    (Modifier::UNDERLINED, ";4"),
    (Modifier::SLOW_BLINK, ";5"),
    (Modifier::REVERSED, ";7"),
    (Modifier::HIDDEN, ";8"),
    (Modifier::CROSSED_OUT, ";9"),
];

/// From whatever was before to this ink.
fn sgr(ink: Ink) -> String {
    let mut codes = String::from("\x1b[0");
    for (modifier, code) in MODIFIERS {
        if ink.has(modifier) {
            codes.push_str(code);
        }
    }
    push_colour(&mut codes, ink.fg, 30);
    push_colour(&mut codes, ink.bg, 40);
    codes + "m"
}

/// `base` is 30 for the sign, 40 for the ground.
fn push_colour(codes: &mut String, colour: Color, base: u8) {
    let _ = match (super::ink::ansi_number(colour), colour) {
        (_, Color::Reset) => Ok(()),
        (Some(number @ 0..8), _) => write!(codes, ";{}", base + number),
        (Some(number), _) => write!(codes, ";{}", base + 60 + number - 8),
        (None, Color::Indexed(number)) => write!(codes, ";{};5;{number}", base + 8),
        (None, Color::Rgb(r, g, b)) => write!(codes, ";{};2;{r};{g};{b}", base + 8),
        (None, _) => Ok(()),
    };
}
