//! Text in cells: how wide it is, cut and padded to a column. By grapheme cluster, so that no sign is
//! ever cut in half, and by display width, so that wide and combining text keeps the columns.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Cells that visible text takes. Text that is not visible yet has no width worth asking for.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(cluster_width).sum() }
}

/// Cells of one cluster, as the buffer counts them.
pub fn cluster_width(cluster: &str) -> usize {
    if cluster.chars().any(char::is_control) { 0 } else { usize::from(cluster.cell_width()) }
}

/// As much of visible `text` as fits into `room` cells, from its start, and the cells it takes.
pub fn fitting(text: &str, room: usize) -> (&str, usize) {
    if text.is_ascii() {
        let shown = text.get(..room).unwrap_or(text); // every sign is one cell
        return (shown, shown.len());
    }
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let next = used + cluster_width(cluster);
        if next > room {
            return (&text[..at], used);
        }
        used = next;
    }
    (text, used)
}

/// `text` in at most `room` cells; what is cut ends in `ellipsis`. Text must be visible already.
pub fn cut(text: &str, room: usize, ellipsis: &str) -> String {
    let (whole, _) = fitting(text, room);
    if whole.len() == text.len() {
        return text.to_owned();
    }
    let sign = width(ellipsis);
    if room < sign {
        return String::new();
    }
    format!("{}{ellipsis}", fitting(text, room - sign).0)
}

/// A number in as few signs as say enough: `.0225`, `.871`, `3.21`, `24.5`, `180`.
pub fn score(value: f32) -> String {
    let value = if value.abs() < 0.000_05 { 0.0 } else { value };
    let size = value.abs();
    let text = match size {
        _ if !value.is_finite() => return "?".to_owned(),
        s if s < 0.1 => format!("{value:.4}"),
        s if s < 1.0 => format!("{value:.3}"),
        s if s < 10.0 => format!("{value:.2}"),
        s if s < 1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    without_zero(&text)
}

/// A share of 1 with two decimals: `.92`, `1.00`.
pub fn share(value: f64) -> String {
    // What rounds to nothing has no sign.
    let value = if value.abs() < 0.005 { 0.0 } else { value };
    if value.is_finite() { without_zero(&format!("{value:.2}")) } else { "?".to_owned() }
}

/// A share of 1 with three decimals: `.712`.
pub fn thousandths(value: f64) -> String {
    // What rounds to nothing has no sign.
    let value = if value.abs() < 0.0005 { 0.0 } else { value };
    if value.is_finite() { without_zero(&format!("{value:.3}")) } else { "?".to_owned() }
}

/// A difference with three decimals and its sign: `+.018`.
pub fn difference(value: f64) -> String {
    let text = thousandths(value);
    if text.starts_with(['-', '?']) { text } else { format!("+{text}") }
}

fn without_zero(text: &str) -> String {
    match text.strip_prefix("-0.") {
        Some(rest) => format!("-.{rest}"),
        None => text.strip_prefix("0.").map_or_else(|| text.to_owned(), |rest| format!(".{rest}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_signs_are_never_halved() {
        for (text, room, shown) in [
            ("予約の取り消し", 14, "予約の取り消し"),
            ("予約の取り消し", 13, "予約の取り消…"),
            ("予約の取り消し", 6, "予約…"),
            ("予約", 1, "…"),
            ("予約", 0, ""),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("refund", 6, "refund"),
        ] {
            assert_eq!(cut(text, room, "…"), shown, "{text} in {room}");
        }
    }

    #[test]
    fn scores_are_short() {
        for (value, shown) in [
            (0.0225, ".0225"),
            (0.871, ".871"),
            (3.2109, "3.21"),
            (-0.5, "-.500"),
            (1.0, "1.00"),
            (180.4, "180.4"),
        ] {
            assert_eq!(score(value), shown);
        }
        assert_eq!(
            [difference(0.0184), difference(-0.0184), difference(-0.0001)],
            ["+.018", "-.018", "+.000"]
        );
        assert_eq!([share(0.923), share(1.0), share(0.0), share(-0.001)], [".92", "1.00", ".00", ".00"]);
        assert_eq!([score(-0.0), score(-0.00001), score(-0.001)], [".0000", ".0000", "-.0010"]);
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in any::<String>(), room in 0usize..40) {
            let text = crate::text::visible(&text);
            prop_assert!(width(&cut(&text, room, "…")) <= room);
        }
    }
}
