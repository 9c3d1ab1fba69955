//! An asciicast, version 2 (docs.asciinema.org/manual/asciicast/v2): a header, then events `[seconds, "o",
//! bytes]`. The clock is virtual: it goes as far as it is told to.

use ratatui::buffer::Buffer;
use serde::Serialize;

use crate::export::frame;

/// A recording under way.
pub struct Cast {
    lines: Vec<String>,
    /// Milliseconds from the beginning.
    clock: u64,
    /// The rows on the screen.
    shown: Vec<String>,
}

#[derive(Serialize)]
struct Header<'a> {
    version: u8,
    width: u16,
    height: u16,
    title: &'a str,
    env: Env,
}

#[derive(Serialize)]
struct Env {
    #[serde(rename = "TERM")]
    term: &'static str,
}

impl Cast {
    pub fn new((width, height): (u16, u16), title: &str) -> Self {
        let header = Header { version: 2, width, height, title, env: Env { term: "xterm-256color" } };
        let mut cast =
            Self { lines: vec![json(&header)], clock: 0, shown: vec![String::new(); usize::from(height)] };
        // The cursor hidden, the screen empty.
        cast.output("\x1b[?25l\x1b[2J\x1b[H");
        cast
    }

    /// Shows a frame for so many seconds.
    pub fn show(&mut self, frame: &Buffer, seconds: f64) {
        let mut changes = String::new();
        for (y, shown) in (0..frame.area.height).zip(&mut self.shown) {
            let row = frame::ansi_row(frame, y);
            if row != *shown {
                changes.push_str(&format!("\x1b[{};1H{row}\x1b[K", y + 1));
                *shown = row;
            }
        }
        if !changes.is_empty() {
            // Synchronised output: a player that knows it draws the frame at once.
            self.output(&format!("\x1b[?2026h{changes}\x1b[?2026l"));
        }
        self.clock += (seconds.clamp(0.0, 3600.0) * 1000.0).round() as u64;
    }

    fn output(&mut self, bytes: &str) {
        self.lines.push(json(&(self.clock as f64 / 1000.0, "o", bytes)));
    }

    /// The whole file; the last frame stays as long as it was to.
    pub fn finish(mut self) -> String {
        self.output("\x1b[?25h");
        self.lines.join("\n") + "\n"
    }
}

fn json(value: &impl Serialize) -> String {
    // Numbers and strings always have a form in JSON.
    serde_json::to_string(value).unwrap_or_default()
}
