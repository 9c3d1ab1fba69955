//! A share of 1 as a bar of eighths of a cell, or of whole ASCII signs.

use super::super::theme::Look;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The bar of `share` in at most `room` cells. A share above 0 is never nothing.
pub fn text(look: Look, share: f64, room: u16) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    if look.ascii {
        let cells = (share * f64::from(room)).round() as usize;
        return "#".repeat(if share > 0.0 { cells.max(1) } else { 0 });
    }
    let eighths = (share * f64::from(room) * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::super::super::theme::Colours;
    use super::super::cells;
    use super::*;

    /// Trap: a value near 0 that looks like none.
    #[test]
    fn what_is_there_is_seen_and_fits() {
        for ascii in [false, true] {
            let look = Look { colours: Colours::None, ascii, theme: Default::default() };
            for nth in 0..=100 {
                let bar = text(look, f64::from(nth) / 100.0, 10);
                assert!(cells::width(&bar) <= 10 && bar.is_empty() == (nth == 0), "{nth}: {bar}");
            }
            assert_eq!(cells::width(&text(look, 0.5, 10)), 5);
        }
        let look = Look { colours: Colours::None, ascii: false, theme: Default::default() };
        assert_eq!(text(look, 0.45, 10), "████▌");
    }
}
