//! What colours are where no terminal says it: the sixteen on a light and on a dark ground, the fixed palette.

use std::fmt::Write as _;

use ratatui::style::{Color, Modifier};

use super::Ground;
use super::runs::Ink;

/// Sign and ground that a terminal has by itself, and its sixteen colours, as `#rrggbb`.
struct Paper {
    sign: &'static str,
    ground: &'static str,
    sixteen: [&'static str; 16],
}

const LIGHT: Paper = Paper {
    sign: "#1f2328",
    ground: "#ffffff",
    sixteen: [
        "#24292f", "#b3261e", "#1a7f37", "#8a5a00", "#0550ae", "#8250df", "#0b6e78", "#6e7781", "#57606a",
        "#a40e26", "#116329", "#7d4e00", "#0969da", "#6639ba", "#1b7c83", "#8c959f",
    ],
};

const DARK: Paper = Paper {
    sign: "#d5d9e0",
    ground: "#16181d",
    sixteen: [
        "#484f58", "#f2777a", "#6bc46d", "#d9a441", "#6cb6ff", "#c297ff", "#56c4cf", "#b1bac4", "#8b949e",
        "#ff938a", "#8ddb8c", "#eac55f", "#96d0ff", "#dcbdfb", "#76e3ea", "#f0f6fc",
    ],
};

/// The number among the terminal's sixteen.
pub fn ansi_number(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(number @ 0..16) => number,
        _ => return None,
    })
}

/// How a colour is named in a style: by a class where it is the terminal's own, else by its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paint {
    Class(String),
    Value(String),
}

/// Sign and ground of an ink as they are drawn; no ground where it is the picture's own.
pub fn paints(ink: Ink) -> (Paint, Option<Paint>) {
    let fg = if ink.fg == Color::Reset { Paint::Class("f".to_owned()) } else { paint(ink.fg) };
    let bg = (ink.bg != Color::Reset).then(|| paint(ink.bg));
    if ink.has(Modifier::REVERSED) {
        return (bg.unwrap_or(Paint::Class("g".to_owned())), Some(fg));
    }
    (fg, bg)
}

fn paint(colour: Color) -> Paint {
    match (ansi_number(colour), colour) {
        (Some(number), _) => Paint::Class(format!("a{number}")),
        (None, Color::Indexed(number)) => Paint::Value(palette(number)),
        (None, Color::Rgb(r, g, b)) => Paint::Value(format!("#{r:02x}{g:02x}{b:02x}")),
        (None, _) => Paint::Class("f".to_owned()),
    }
}

/// A colour of xterm's palette from 16: a cube of six steps, then greys.
fn palette(number: u8) -> String {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    let (r, g, b) = match number {
        232.. => {
            let grey = 8 + 10 * (number - 232);
            (grey, grey, grey)
        }
        _ => {
            let at = number.saturating_sub(16);
            (level(at / 36), level(at / 6 % 6), level(at % 6))
        }
    };
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Rules for the classes of [`Paint`]. The ground is that on which the frame was drawn, whatever the reader
/// prefers: colours that a theme chose for a dark ground cannot be read on a light one. `property` is what
/// the class sets (`fill`); `prefix` stands before a class.
pub fn style_sheet(ground: Ground, property: &str, prefix: &str) -> String {
    let paper = match ground {
        Ground::Dark => &DARK,
        Ground::Light => &LIGHT,
    };
    let mut rules = format!("{prefix}f{{{property}:{}}}{prefix}g{{{property}:{}}}", paper.sign, paper.ground);
    for (number, colour) in paper.sixteen.iter().enumerate() {
        let _ = write!(rules, "{prefix}a{number}{{{property}:{colour}}}");
    }
    rules + "\n"
}
