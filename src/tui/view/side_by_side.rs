//! Two passages beside each other: what the one says and the other does not is marked. In a narrow room
//! they stand below each other.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::{DocIdx, Passage};
use crate::engine::FocusView;

use super::super::actions::ActionId;
use super::super::state::State;
use super::super::theme::Tone;
use super::super::widgets::cells;
use super::super::widgets::pen::{Piece, piece};
use super::passage::text_lines;

/// Enough for any passage that a person reads here.
const MOST_LINES: usize = 2000;
/// From this width on they stand beside each other.
const BESIDE: usize = 64;
/// Bytes of either text that are compared; the rest is shown unmarked.
const COMPARED: usize = 8_000;

pub fn lines(state: &State, room: usize) -> Vec<Vec<Piece>> {
    let passage = |doc: Option<DocIdx>| -> Option<(DocIdx, &Passage)> {
        let doc = doc?;
        Some((doc, state.collection.as_ref()?.passages.get(doc.index())?))
    };
    let (Some(held), Some(other)) = (passage(state.held), passage(state.cursor.doc)) else {
        let key = state.key(ActionId::Against);
        let words = format!("{key} holds a passage; {key} on another one puts the two side by side");
        return vec![vec![piece(words, Tone::Quiet)]];
    };
    let (left, right) = (held.1.indexed_text(), other.1.indexed_text());
    let difference = Difference::of(&left, &right);
    let beside = room >= BESIDE;
    let width = if beside { (room - 3) / 2 } else { room };
    let column = |(doc, passage): (DocIdx, &Passage), marks: &[(usize, usize)]| {
        let mut lines = vec![
            vec![piece(format!("{} · {}", passage.id, passage.language), Tone::Strong)],
            vec![piece(places(state, doc), Tone::Quiet)],
            Vec::new(),
        ];
        lines.extend(text_lines(passage, marks, width, MOST_LINES));
        lines
    };
    let (left, right) = (column(held, &difference.left), column(other, &difference.right));
    let mut lines = vec![
        vec![
            piece(format!("{} % of the words in common", difference.common), Tone::Text),
            piece(" · marked: only on this side", Tone::Quiet),
        ],
        Vec::new(),
    ];
    if !beside {
        lines.extend(left);
        lines.push(Vec::new());
        lines.extend(right);
        return lines;
    }
    let bar = state.look.signs().bar;
    for row in 0..left.len().max(right.len()) {
        let mut line = left.get(row).cloned().unwrap_or_default();
        let used: usize = line.iter().map(|piece| cells::width(&crate::text::visible(&piece.text))).sum();
        line.push(piece(" ".repeat(width.saturating_sub(used)), Tone::Text));
        line.push(piece(format!(" {bar} "), Tone::Frame));
        line.extend(right.get(row).cloned().unwrap_or_default());
        lines.push(line);
    }
    lines
}

/// Where the lists have a passage.
fn places(state: &State, doc: DocIdx) -> String {
    let Some(view) = state.snapshot.as_ref().map(|shown| &shown.focus) else { return String::new() };
    let mut parts = Vec::new();
    if super::super::lines::is_gold(view, doc) {
        parts.push("gold".to_owned());
    }
    parts.extend(first_rank(view, doc).map(|rank| format!("first stage #{rank}")));
    let reranked = view.reranked.iter().find(|row| row.doc == doc);
    parts.extend(reranked.map(|row| format!("reranked #{}", row.rank)));
    if parts.is_empty() { "in no list".to_owned() } else { parts.join(" · ") }
}

fn first_rank(view: &FocusView, doc: DocIdx) -> Option<u32> {
    view.first.iter().chain(&view.below).find(|row| row.doc == doc).map(|row| row.rank)
}

/// What differs: byte ranges of each text, and how much does not.
struct Difference {
    left: Vec<(usize, usize)>,
    right: Vec<(usize, usize)>,
    /// Percent of the words of both texts that stand in both, in the same order.
    common: usize,
}

impl Difference {
    fn of(left: &str, right: &str) -> Self {
        let (a, b) = (words(left), words(right));
        let text = |words: &[(usize, usize)], of: &str| -> Vec<String> {
            words.iter().filter_map(|&(from, to)| of.get(from..to)).map(str::to_lowercase).collect()
        };
        let operations = capture_diff_slices(Algorithm::Myers, &text(&a, left), &text(&b, right));
        let (mut only_left, mut only_right, mut same) = (Vec::new(), Vec::new(), 0);
        for operation in operations {
            if let DiffOp::Equal { len, .. } = operation {
                same += len;
                continue;
            }
            only_left.extend(stretch(&a, operation.old_range()));
            only_right.extend(stretch(&b, operation.new_range()));
        }
        let all = a.len() + b.len();
        Self { left: only_left, right: only_right, common: (200 * same).checked_div(all).unwrap_or(100) }
    }
}

/// From the first of these words to the last.
fn stretch(words: &[(usize, usize)], of: Range<usize>) -> Option<(usize, usize)> {
    let words = words.get(of)?;
    Some((words.first()?.0, words.last()?.1))
}

/// The words of a text: byte ranges, without what is between them.
fn words(text: &str) -> Vec<(usize, usize)> {
    let words = text.split_word_bound_indices().take_while(|(at, _)| *at < COMPARED);
    let is_word = |word: &str| word.chars().any(char::is_alphanumeric);
    words.filter(|(_, word)| is_word(word)).map(|(at, word)| (at, at + word.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'a>(text: &'a str, marks: &[(usize, usize)]) -> Vec<&'a str> {
        marks.iter().map(|&(from, to)| &text[from..to]).collect()
    }

    #[test]
    fn what_only_one_side_says_is_marked() {
        let (left, right) = ("Cancel until 6 pm, free.", "Cancel until 8 pm for half the price.");
        let difference = Difference::of(left, right);
        assert_eq!(marked(left, &difference.left), ["6", "free"]);
        assert_eq!(marked(right, &difference.right), ["8", "for half the price"]);
        assert_eq!(difference.common, 46, "3 of 5 and of 8 words");
    }

    /// Trap: a script without spaces, taken for one word, would be marked as a whole.
    #[test]
    fn scripts_without_spaces_are_compared_within() {
        let (left, right) = ("出發前一天可免費取消", "出發前兩天可免費取消");
        let difference = Difference::of(left, right);
        assert_eq!(marked(left, &difference.left), ["一"]);
        assert_eq!(marked(right, &difference.right), ["兩"]);
        assert_eq!(Difference::of("", "").common, 100);
    }
}
