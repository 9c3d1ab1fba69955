//! The signs of a frame and nothing else.

use ratatui::buffer::Buffer;

use super::runs;

pub fn picture(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let signs = runs::of_row(buffer, y).into_iter().flat_map(|run| run.signs);
        let line: String = signs.map(|sign| sign.symbol).collect();
        text.push_str(line.trim_end_matches(' '));
        text.push('\n');
    }
    text
}
