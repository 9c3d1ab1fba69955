//! Pictures of a frame of the screen: cells in, SVG, HTML, ANSI or plain text out. Exact: every cell keeps
//! its sign, its column, its colours and its weight. It knows nothing of what the frame shows, and writes
//! no file.
//!
//! - `runs`: the cells of a row, neighbours of one ink together.
//! - `ink`: what colours are where there is no terminal to say it, on light and on dark ground.
//! - `svg`, `html`, `ansi`, `text`: one format each.

mod ansi;
mod html;
mod ink;
mod runs;
mod svg;
#[cfg(test)]
mod tests;
mod text;

use ratatui::buffer::Buffer;

pub use ansi::row as ansi_row;

/// What a frame was drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ground {
    #[default]
    Dark,
    Light,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Svg,
    Html,
    Ansi,
    Text,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Svg, Self::Html, Self::Ansi, Self::Text];

    pub fn name(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Html => "HTML",
            Self::Ansi => "ANSI",
            Self::Text => "text",
        }
    }

    /// Of the files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Html => "html",
            Self::Ansi => "ans",
            Self::Text => "txt",
        }
    }

    /// What it is good for.
    pub fn words(self) -> &'static str {
        match self {
            Self::Svg => "a vector picture, for documents and slides; on the ground of the terminal",
            Self::Html => "a page of its own, whose text can be selected",
            Self::Ansi => "for a terminal: cat shows it in its colours",
            Self::Text => "for a message or an issue: signs only, no colours",
        }
    }
}

/// The picture of a frame that was drawn on `ground`; `title` names it for who cannot see it. Signs of the
/// frame are written as they are: what is not fit for a terminal must have been made visible before
/// (`text::visible`).
pub fn picture(buffer: &Buffer, format: Format, title: &str, ground: Ground) -> String {
    match format {
        Format::Svg => svg::picture(buffer, title, ground),
        Format::Html => html::picture(buffer, title, ground),
        Format::Ansi => ansi::picture(buffer),
        Format::Text => text::picture(buffer),
    }
}

/// Text as it may stand in XML, in content and in attributes. Signs that XML has no way to write are left
/// out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}
