//! Running text in lines, broken where the script allows it (UAX #14, with a dictionary for Thai and its
//! like), with ranges of it marked.

use icu_segmenter::LineSegmenter;
use icu_segmenter::options::LineBreakOptions;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::visible;

use super::cells;

/// A stretch of one line that is marked or not; its text is visible already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub text: String,
    pub marked: bool,
}

/// `text` in lines of at most `room` cells, at most `most` of them. `marks` are byte ranges of `text`,
/// in any order; a cluster is marked where it begins in one.
pub fn lines(text: &str, marks: &[(usize, usize)], room: usize, most: usize) -> Vec<Vec<Stretch>> {
    let mut lines: Vec<Vec<Stretch>> = Vec::new();
    if room == 0 || most == 0 {
        return lines;
    }
    let mut line = Line::default();
    let mut start = 0;
    for end in LineSegmenter::new_dictionary(LineBreakOptions::default()).segment_str(text).skip(1) {
        let Some(word) = text.get(start..end) else { continue };
        let ends_line = word.ends_with(['\n', '\u{2028}', '\u{2029}']);
        let trimmed = word.trim_end();
        if line.used > 0 && line.used + cells::width(&visible(trimmed)) > room {
            lines.push(std::mem::take(&mut line).finish());
        }
        for (at, cluster) in word.grapheme_indices(true) {
            if matches!(cluster, "\n" | "\r\n" | "\r") {
                continue;
            }
            let shown = visible(cluster);
            let hangs = at >= trimmed.len(); // a space at the end of a line may be lost
            let offset = start + at;
            let marked = marks.iter().any(|&(from, to)| (from..to).contains(&offset));
            // A pile of hidden signs in one cluster, each made visible, may be wider than any line.
            let fits = cells::width(&shown) <= room;
            let parts: Vec<&str> = if fits { vec![&shown] } else { shown.graphemes(true).collect() };
            for part in parts {
                let width = cells::width(part);
                if line.used + width > room {
                    if hangs {
                        continue;
                    }
                    lines.push(std::mem::take(&mut line).finish());
                }
                line.push(part, width, marked);
            }
        }
        start = end;
        if ends_line {
            lines.push(std::mem::take(&mut line).finish());
        }
        if lines.len() >= most {
            lines.truncate(most);
            return lines;
        }
    }
    if !line.stretches.is_empty() {
        lines.push(line.finish());
    }
    lines.truncate(most);
    lines
}

#[derive(Default)]
struct Line {
    stretches: Vec<Stretch>,
    used: usize,
}

impl Line {
    fn push(&mut self, shown: &str, width: usize, marked: bool) {
        self.used += width;
        match self.stretches.last_mut() {
            Some(last) if last.marked == marked => last.text.push_str(shown),
            _ => self.stretches.push(Stretch { text: shown.to_owned(), marked }),
        }
    }

    fn finish(self) -> Vec<Stretch> {
        self.stretches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str, room: usize) -> Vec<String> {
        let lines = lines(text, &[], room, 99);
        lines.into_iter().map(|line| line.into_iter().map(|stretch| stretch.text).collect()).collect()
    }

    #[test]
    fn lines_break_where_the_script_allows_it() {
        assert_eq!(plain("Cancel a booking online", 10), ["Cancel a ", "booking ", "online"]);
        assert_eq!(plain("予約の取り消し。", 14), ["予約の取り消", "し。"], "no full stop begins a line");
        assert_eq!(plain("first\nsecond", 40), ["first", "second"]);
        assert_eq!(plain("incomprehensibility", 8), ["incompre", "hensibil", "ity"]);
        let thai = plain("ยกเลิกการจองห้องพัก", 8);
        assert!(thai.len() > 1 && thai.iter().all(|line| cells::width(line) <= 8), "{thai:?}");
    }

    /// Found by the property below: signs that Unicode makes one cluster are broken between their codes.
    #[test]
    fn a_pile_of_hidden_signs_is_broken_like_text() {
        let lines = plain("\u{11941}\u{11d3a}\u{fffc}", 12);
        assert!(lines.iter().all(|line| cells::width(line) <= 12), "{lines:?}");
        assert!(lines.concat().contains("⟨U+11D3A⟩"), "{lines:?}");
    }

    #[test]
    fn marks_are_kept_by_byte_range() {
        let lines = lines("a refund after", &[(2, 8)], 40, 9);
        let marked: Vec<_> = lines[0].iter().map(|stretch| (stretch.text.as_str(), stretch.marked)).collect();
        assert_eq!(marked, [("a ", false), ("refund", true), (" after", false)]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_is_lost(text in any::<String>(), room in 12usize..60) {
            let lines = plain(&text, room);
            for line in &lines {
                // One replaced sign may be wider than the room: the pen cuts it.
                prop_assert!(cells::width(line) <= room.max(14), "{line:?}");
            }
        }
    }
}
