//! Pairs of neighbouring characters, for scripts that are written without spaces: 東京都 is 東京 and 京都.
//!
//! In: the words of a text, by their byte ranges. Out: ranges to index. A run of such characters is not
//! cut where words end, so that no guess about words can keep a query from its passage. Hangul, which has
//! spaces, is paired within a word.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// Which scripts run on together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Han, kana and the signs that belong to them.
    Cjk,
    Hangul,
    /// Thai, Lao, Khmer, Burmese, by grapheme clusters.
    SoutheastAsian,
}

fn script(c: char) -> Option<Script> {
    match c {
        '\u{3041}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}'
        | '々'
        | '〆' => Some(Script::Cjk),
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7a3}' => Some(Script::Hangul),
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{a9e0}'..='\u{a9ff}'
        | '\u{aa60}'..='\u{aa7f}' => Some(Script::SoutheastAsian),
        _ => None,
    }
}

/// The script of a word that is to be paired; marks and signs go with any.
fn script_of(word: &str) -> Option<Script> {
    let first = script(word.chars().next()?)?;
    word.chars().all(|c| script(c) == Some(first)).then_some(first)
}

/// The ranges to index of `text`, whose words are `words`, ascending: pairs of characters where the
/// script has them, and words elsewhere; with `keep_words` the words of such scripts as well. A pair that
/// is a word stands once. Ordered by where they start, the longer first.
pub fn pairs(text: &str, words: &[Range<usize>], keep_words: bool) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::with_capacity(words.len() * 2);
    let mut run: Option<(Script, Range<usize>)> = None;
    for word in words {
        let script = script_of(&text[word.clone()]);
        if script.is_none() || keep_words {
            ranges.push(word.clone());
        }
        run = match (run.take(), script) {
            (Some((open, range)), Some(script)) if open == script && range.end == word.start => {
                Some((open, range.start..word.end))
            }
            (before, script) => {
                before.into_iter().for_each(|(_, range)| pairs_of_run(text, range, &mut ranges));
                script.map(|script| (script, word.clone()))
            }
        };
    }
    run.into_iter().for_each(|(_, range)| pairs_of_run(text, range, &mut ranges));
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    ranges.dedup();
    ranges
}

/// A run of a single character stands for itself.
fn pairs_of_run(text: &str, run: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    let starts: Vec<usize> = text[run.clone()]
        .grapheme_indices(true)
        .map(|(at, _)| run.start + at)
        .chain(std::iter::once(run.end))
        .collect();
    match starts.len() {
        0..=2 => ranges.push(run),
        _ => ranges.extend(starts.windows(3).map(|three| three[0]..three[2])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, words: &[&str], keep_words: bool) -> Vec<String> {
        let mut at = 0;
        let words: Vec<Range<usize>> = words
            .iter()
            .map(|word| {
                let start = at + text[at..].find(word).unwrap();
                at = start + word.len();
                start..at
            })
            .collect();
        pairs(text, &words, keep_words).into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn pairs_cross_words_but_not_gaps() {
        assert_eq!(cut("東京都に", &["東京", "都", "に"], false), ["東京", "京都", "都に"]);
        assert_eq!(cut("東京。都", &["東京", "都"], false), ["東京", "都"]);
        assert_eq!(cut("JR東日本", &["JR", "東", "日本"], false), ["JR", "東日", "日本"]);
    }

    #[test]
    fn a_pair_that_is_a_word_stands_once() {
        assert_eq!(cut("東京都", &["東京", "都"], true), ["東京", "京都", "都"]);
    }

    #[test]
    fn hangul_is_paired_within_its_word_and_thai_by_clusters() {
        assert_eq!(cut("환불 규정을", &["환불", "규정을"], false), ["환불", "규정", "정을"]);
        assert_eq!(cut("น้ำใจ", &["น้ำ", "ใจ"], false), ["น้ำใ", "ใจ"]);
    }
}
