//! A frame as SVG: a grid of cells in user units, text where a cell has a sign, paths where it has a line
//! of a frame, so that the lines meet in every font.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::ink::{self, Paint};
use super::runs::{self, Ink, Run, Sign};
use super::{Ground, escape};

/// Of a cell, in user units. A sign is .6 em wide in nearly all monospaced fonts.
pub const CELL_WIDTH: u16 = 9;
pub const CELL_HEIGHT: u16 = 18;
const FONT_SIZE: u16 = 15;
const BASELINE: u16 = 14;
/// Around the grid.
pub const MARGIN: u16 = 9;

const FONTS: &str = "ui-monospace,'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,\
                     'Noto Sans Mono CJK JP','Noto Sans Mono',monospace";

pub fn picture(buffer: &Buffer, title: &str, ground: Ground) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (columns * CELL_WIDTH + 2 * MARGIN, rows * CELL_HEIGHT + 2 * MARGIN);
    let title = escape(title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n"
    );
    let _ = write!(
        svg,
        "<style>\ntext{{font:{FONT_SIZE}px {FONTS};white-space:pre;font-variant-ligatures:none;\
         direction:ltr;unicode-bidi:bidi-override}}\n.b{{font-weight:bold}}.d{{fill-opacity:.6;stroke-opacity:.6}}\
         .i{{font-style:italic}}.u{{text-decoration:underline}}.s{{text-decoration:line-through}}\n\
         path{{fill:none}}\n{}{}</style>\n",
        ink::style_sheet(ground, "fill", "."),
        ink::style_sheet(ground, "fill:none;stroke", "path."),
    );
    let _ = writeln!(svg, "<rect class=\"g\" width=\"{width}\" height=\"{height}\"/>");
    let _ = writeln!(svg, "<g transform=\"translate({MARGIN} {MARGIN})\" xml:space=\"preserve\">");
    let rows: Vec<Vec<Run<'_>>> = (0..rows).map(|y| runs::of_row(buffer, y)).collect();
    grounds(&mut svg, &rows);
    lines(&mut svg, &rows);
    for (y, runs) in (0u16..).zip(&rows) {
        runs.iter().for_each(|run| text(&mut svg, y, run));
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// `class="…"` and, for a colour of its own, `property="#…"`, with a space before each.
fn attributes(property: &str, paint: &Paint, modifiers: &[&str]) -> String {
    let mut classes = modifiers.to_vec();
    let mut value = String::new();
    match paint {
        Paint::Class(class) => classes.push(class),
        Paint::Value(colour) => value = format!(" {property}=\"{colour}\""),
    }
    if classes.is_empty() { value } else { format!(" class=\"{}\"{value}", classes.join(" ")) }
}

fn grounds(svg: &mut String, rows: &[Vec<Run<'_>>]) {
    for (y, runs) in (0u16..).zip(rows) {
        for run in runs {
            if let (_, Some(ground)) = ink::paints(run.ink) {
                let _ = writeln!(
                    svg,
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{CELL_HEIGHT}\"{}/>",
                    run.x() * CELL_WIDTH,
                    y * CELL_HEIGHT,
                    run.width() * CELL_WIDTH,
                    attributes("fill", &ground, &[]),
                );
            }
        }
    }
}

/// The lines of frames, one path for each ink.
fn lines(svg: &mut String, rows: &[Vec<Run<'_>>]) {
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for (y, runs) in (0u16..).zip(rows) {
        for run in runs {
            let mut from: Option<(char, u16, u16)> = None;
            for sign in &run.signs {
                let c = sign.single().filter(|&c| is_line(c));
                match (&mut from, c) {
                    // A level line goes on through its neighbours.
                    (Some((before, _, end)), Some(c)) if *before == c && c == '─' => *end = sign.x + 1,
                    _ => {
                        flush(&mut paths, run.ink, y, from.take());
                        from = c.map(|c| (c, sign.x, sign.x + 1));
                    }
                }
            }
            flush(&mut paths, run.ink, y, from);
        }
    }
    for (attributes, path) in paths {
        let _ = writeln!(svg, "<path d=\"{path}\"{attributes}/>");
    }
}

fn flush(paths: &mut BTreeMap<String, String>, ink: Ink, y: u16, line: Option<(char, u16, u16)>) {
    let Some((c, from, to)) = line else { return };
    let (paint, _) = ink::paints(ink);
    let dim: &[&str] = if ink.has(Modifier::DIM) { &["d"] } else { &[] };
    paths.entry(attributes("stroke", &paint, dim)).or_default().push_str(&stroke(c, from, to, y));
}

/// Whether the sign is drawn as a line.
pub fn is_line(c: char) -> bool {
    "─│╭╮╰╯├┤".contains(c)
}

/// A sign of a frame as a path, from column `from` to column `to`.
fn stroke(c: char, from: u16, to: u16, y: u16) -> String {
    let (left, right) = (from * CELL_WIDTH, to * CELL_WIDTH);
    let (top, bottom) = (y * CELL_HEIGHT, (y + 1) * CELL_HEIGHT);
    let (x, y) = (f64::from(left) + f64::from(CELL_WIDTH) / 2.0, top + CELL_HEIGHT / 2);
    match c {
        '─' => format!("M{left} {y}H{right}"),
        '│' => format!("M{x} {top}V{bottom}"),
        '├' => format!("M{x} {top}V{bottom}M{x} {y}H{right}"),
        '┤' => format!("M{x} {top}V{bottom}M{left} {y}H{x}"),
        '╭' => format!("M{x} {bottom}Q{x} {y} {right} {y}"),
        '╮' => format!("M{x} {bottom}Q{x} {y} {left} {y}"),
        '╰' => format!("M{x} {top}Q{x} {y} {right} {y}"),
        '╯' => format!("M{x} {top}Q{x} {y} {left} {y}"),
        _ => String::new(),
    }
}

/// How the place of a stretch of text is said, so that no font can move a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placing {
    /// ASCII: from a column, so many cells long.
    Stretched,
    /// One column for each character.
    EachSign,
    /// A cluster of several characters: its own column.
    Alone,
}

fn text(svg: &mut String, y: u16, run: &Run<'_>) {
    if run.ink.has(Modifier::HIDDEN) {
        return;
    }
    let mut rest: &[Sign<'_>] = &run.signs;
    while let Some(first) = rest.first() {
        let placing = placing(*first);
        let same = |sign: &&Sign<'_>| placing != Placing::Alone && self::placing(**sign) == placing;
        let drawn_as_line = |sign: &Sign<'_>| sign.single().is_some_and(is_line);
        let count = if drawn_as_line(first) {
            rest.iter().take_while(|sign| drawn_as_line(sign)).count()
        } else {
            rest.iter().take_while(same).take_while(|sign| !drawn_as_line(sign)).count().max(1)
        };
        let (stretch, after) = rest.split_at(count);
        if !drawn_as_line(first) {
            text_stretch(svg, y, run.ink, &placing, stretch);
        }
        rest = after;
    }
}

fn placing(sign: Sign<'_>) -> Placing {
    match sign.single() {
        Some(c) if c.is_ascii() => Placing::Stretched,
        // A place for each UTF-16 unit is what SVG asks for; others stand alone.
        Some(c) if c.len_utf16() == 1 => Placing::EachSign,
        _ => Placing::Alone,
    }
}

fn text_stretch(svg: &mut String, y: u16, ink: Ink, placing: &Placing, signs: &[Sign<'_>]) {
    let mut signs = signs;
    if !ink.has(Modifier::UNDERLINED) && !ink.has(Modifier::CROSSED_OUT) {
        while let Some((_, rest)) = signs.split_first().filter(|(first, _)| first.is_blank()) {
            signs = rest;
        }
        while let Some((_, rest)) = signs.split_last().filter(|(last, _)| last.is_blank()) {
            signs = rest;
        }
    }
    let Some(first) = signs.first() else { return };
    let place = match placing {
        Placing::EachSign => {
            let columns: Vec<String> = signs.iter().map(|sign| (sign.x * CELL_WIDTH).to_string()).collect();
            format!("x=\"{}\"", columns.join(" "))
        }
        Placing::Stretched => {
            format!("x=\"{}\" textLength=\"{}\"", first.x * CELL_WIDTH, signs.len() * usize::from(CELL_WIDTH),)
        }
        Placing::Alone => format!("x=\"{}\"", first.x * CELL_WIDTH),
    };
    const CLASSES: [(Modifier, &str); 5] = [
        (Modifier::BOLD, "b"),
        (Modifier::DIM, "d"),
        (Modifier::ITALIC, "i"),
        (Modifier::UNDERLINED, "u"),
        (Modifier::CROSSED_OUT, "s"),
    ];
    let modifiers: Vec<&str> =
        CLASSES.iter().filter(|(modifier, _)| ink.has(*modifier)).map(|(_, class)| *class).collect();
    let (paint, _) = ink::paints(ink);
    let content: String = signs.iter().map(|sign| sign.symbol).collect();
    let _ = writeln!(
        svg,
        "<text {place} y=\"{}\"{}>{}</text>",
        y * CELL_HEIGHT + BASELINE,
        attributes("fill", &paint, &modifiers),
        escape(&content),
    );
}
