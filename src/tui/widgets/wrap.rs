//! Running text in lines, broken where the script allows it (UAX #14, with a dictionary for Thai and its
//! like), with ranges of it marked. What is written without a space in ASCII (`cross-encoder@20`), and a
//! number with its unit, is broken only where no line has room for it.

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
    for (start, word) in words(text, room.saturating_mul(4)) {
        let whole = cells::width(&visible(word.trim_end())) <= room;
        let parts = if whole { vec![(start, word)] } else { segments(word, start).collect() };
        for (start, part) in parts {
            let trimmed = part.trim_end();
            if line.used > 0 && line.used + cells::width(&visible(trimmed)) > room {
                lines.push(std::mem::take(&mut line).finish());
            }
            for (at, cluster) in part.grapheme_indices(true) {
                if matches!(cluster, "\n" | "\r\n" | "\r") {
                    continue;
                }
                let shown = visible(cluster);
                let hangs = at >= trimmed.len(); // a space at the end of a line may be lost
                let offset = start + at;
                let marked = marks.iter().any(|&(from, to)| (from..to).contains(&offset));
                // A pile of hidden signs in one cluster, each made visible, may be wider than any line.
                let fits = cells::width(&shown) <= room;
                let signs: Vec<&str> = if fits { vec![&shown] } else { shown.graphemes(true).collect() };
                for sign in signs {
                    let width = cells::width(sign);
                    if line.used + width > room {
                        if hangs {
                            continue;
                        }
                        lines.push(std::mem::take(&mut line).finish());
                    }
                    line.push(sign, width, marked);
                }
            }
        }
        if word.ends_with(['\n', '\u{2028}', '\u{2029}']) {
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

/// Stretches of text between which UAX #14 allows a line to end, with the byte where each begins, counted
/// from `from`. As lazy as its reader: a pane shows a few lines of what may be a book.
fn segments(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let ends = LineSegmenter::new_dictionary(LineBreakOptions::default()).segment_str(text).skip(1);
    ends.scan(0, move |start, end| {
        let segment = (from + *start, text.get(*start..end).unwrap_or_default());
        *start = end;
        Some(segment)
    })
}

/// The same, with what is better kept together in one stretch, as long as that has no more than `most` bytes: a
/// megabyte without a space is no word.
fn words(text: &str, most: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut segments = segments(text, 0).peekable();
    std::iter::from_fn(move || {
        let (start, mut word) = segments.next()?;
        while let Some((from, next)) =
            segments.next_if(|(_, next)| word.len() <= most && belongs_to(word, next))
        {
            word = text.get(start..from + next.len()).unwrap_or(word);
        }
        Some((start, word))
    })
}

/// Signs behind a number that say of what it is.
const UNITS: [&str; 12] = ["%", "ms", "s", "min", "h", "kB", "MB", "GB", "USD", "$", "€", "x"];
/// Names of one letter that a number follows.
const KNOBS: [&str; 5] = ["N", "k", "α", "D", "W"];

/// Whether a line had better not end between the two, although the script allows it.
fn belongs_to(before: &str, after: &str) -> bool {
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else { return false };
    if !last.is_whitespace() {
        // Behind the stroke of `予約/cross-encoder` a line may end.
        return before.chars().rev().take(2).all(|c| c.is_ascii()) && next.is_ascii();
    }
    if last != ' ' {
        return false;
    }
    let punctuation = |c: char| matches!(c, '(' | ')' | '[' | ']' | ',' | ';' | ':' | '.');
    let left = before.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
    let right = after.split_whitespace().next().unwrap_or_default();
    let is_unit = UNITS.contains(&right.trim_end_matches(punctuation));
    let is_knob = KNOBS.contains(&left.trim_start_matches(punctuation));
    is_number(left) && is_unit || is_knob && is_number(right.trim_end_matches(punctuation))
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['(', '[', '+', '-', '<', '>', '~', '≈']);
    digits.chars().any(|c| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
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

    /// Trap: UAX #14 allows a line to end behind a hyphen and a stroke, within the name of a stage.
    #[test]
    fn names_and_numbers_with_their_units_stay_whole() {
        assert_eq!(
            plain("reranked by late/cross-encoder@20 at once", 24),
            ["reranked by ", "late/cross-encoder@20 at", "once"].map(str::to_owned).to_vec()
        );
        assert_eq!(plain("that is 62 % of it, in 180 ms", 10), ["that is ", "62 % of ", "it, in ", "180 ms"]);
        assert_eq!(plain("with at most N 50 and k = 10", 14), ["with at most ", "N 50 and k = ", "10"]);
        // No line has room for it: it is broken where the script allows it, and last of all anywhere.
        assert_eq!(plain("a late/cross-encoder@20", 8), ["a late/", "cross-", "encoder@", "20"]);
        assert_eq!(plain("BM25で検索・再順位付け", 12), ["BM25で検索・", "再順位付け"], "between ideographs");
        assert_eq!(plain("予約/cross-encoder", 16), ["予約/", "cross-encoder"]);
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
