//! What stays in a terminal when a sign of several cells gives way to one of a single cell. In: the frames, one
//! after another. Out: cells that are sent although they are as before.
//!
//! ratatui takes every sign of several cells for one that a terminal erases whole. A cluster such as Thai ทำ or
//! Hindi क्या is characters of a cell each: of it all but the first stay, until something else is written there.

use ratatui::buffer::{Buffer, CellDiffOption, CellWidth as _};
use unicode_width::UnicodeWidthChar as _;

/// Where the last frame had such clusters.
#[derive(Debug, Default)]
pub struct Residue {
    /// Column, row and width.
    clusters: Vec<(u16, u16, u16)>,
}

impl Residue {
    /// Sees to it that what the frame before left behind clusters is written over.
    pub fn write_over(&mut self, frame: &mut Buffer) {
        for &(x, y, width) in &self.clusters {
            for x in x + 1..x.saturating_add(width) {
                if let Some(cell) = frame.cell_mut((x, y))
                    && cell.symbol() == " "
                {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
        let area = frame.area;
        self.clusters.clear();
        for (at, cell) in frame.content.iter().enumerate().filter(|(_, cell)| is_cluster(cell.symbol())) {
            let (row, column) = (at / usize::from(area.width), at % usize::from(area.width));
            self.clusters.push((area.x + column as u16, area.y + row as u16, cell.cell_width()));
        }
    }
}

/// Whether a terminal may draw the sign as several, one behind the other.
fn is_cluster(symbol: &str) -> bool {
    let first = symbol.chars().next().and_then(|c| c.width()).unwrap_or(0);
    !symbol.is_ascii() && usize::from(symbol.cell_width()) > first
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{self, Write};
    use std::rc::Rc;

    use ratatui::backend::CrosstermBackend;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    /// What is sent to the terminal.
    #[derive(Clone, Default)]
    struct Sent(Rc<RefCell<Vec<u8>>>);

    impl Write for Sent {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a terminal shows after these frames of one line.
    fn shown(frames: &[&str]) -> String {
        let area = Rect::new(0, 0, 20, 1);
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let sent = Sent::default();
        let mut terminal = Terminal::with_options(CrosstermBackend::new(sent.clone()), options).unwrap();
        let mut residue = Residue::default();
        for line in frames {
            let draw = |frame: &mut ratatui::Frame<'_>| {
                frame.buffer_mut().set_string(0, 0, line, Style::new());
                residue.write_over(frame.buffer_mut());
            };
            terminal.draw(draw).unwrap();
        }
        let mut screen = vt100::Parser::new(std::num::NonZeroU16::MIN, 20.try_into().unwrap(), 0);
        screen.process(&sent.0.borrow());
        screen.screen().contents()
    }

    #[test]
    fn nothing_of_a_cluster_stays() {
        for (before, after) in [
            ("abกำ", "abc"),
            ("กำกำกำ", "a"),
            ("aกำ", "ก"),
            ("กำ b", "กำ"),
            ("กำ", "x กำ"),
            ("予約กำ", "予"),
            ("क्या b", "a"),
        ] {
            assert_eq!(shown(&[before, after]).trim_end(), after, "{before} > {after}");
            assert_eq!(shown(&[before, after, before]).trim_end(), before, "and back: {before}");
        }
    }

    #[test]
    fn only_what_could_stay_is_sent_again() {
        let line = |text: &str| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
            buffer.set_string(0, 0, text, Style::new());
            buffer
        };
        let mut residue = Residue::default();
        let (mut before, mut after) = (line("予約 กำ x"), line("予約 a  x"));
        residue.write_over(&mut before);
        residue.write_over(&mut after);
        let sent: Vec<u16> = before.diff(&after).into_iter().map(|(x, ..)| x).collect();
        assert_eq!(sent, [5, 6]);
    }
}
