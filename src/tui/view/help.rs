//! The list of all keys, from the action table, and what the signs mean.

use super::super::actions::{Action, Group, Keymap, all, key_names};
use super::super::theme::{Look, Tone};
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{cells, wrap};

const KEYS: usize = 18;
/// From this width on the list stands in two columns.
const TWO_COLUMNS: usize = 96;

/// The signs of this look with what they mean.
fn meanings(look: Look) -> Vec<(String, &'static str)> {
    let signs = look.signs();
    let moved = format!("{} {} {}", signs.up, signs.down, signs.same);
    [
        (signs.gold, "gold: judged relevant; a number behind it is a grade above 1"),
        (moved.as_str(), "moved up, moved down, stayed; on a query: a gold was rescued, demoted"),
        (signs.cut, "cut at N or lost in fusion: it never reached the reranker"),
        (signs.never, "never retrieved, or not in the corpus; on an engine: failed"),
        (signs.kept, "kept among the k delivered"),
        (signs.not_lifted, "not lifted: a candidate that stayed beyond k"),
        (signs.waiting, "not there yet"),
        (signs.best, "recommended: the middle of the best interval of α, the best cell of the heat map"),
        (signs.stale, "an older picture, until the new one comes"),
        (signs.none, "none: no rank in this leg, no judgments for this query"),
    ]
    .map(|(sign, meaning)| (sign.to_owned(), meaning))
    .into()
}

/// What the mouse does.
const MOUSE: [(&str, &str); 5] = [
    ("click", "choose a row, a tab, a pane, a key of the last line; on a chosen row again: open it"),
    ("click, drag", "on a slider, a plot or its axis: turn the knob; on a cell of the heat map: take it"),
    ("wheel", "scroll what is under it; on a knob: turn it"),
    ("point at a plot", "read its values there, turning nothing"),
    (
        "click to narrow",
        "on a count, a bar or two languages: only those; on the head of a column: sort by it",
    ),
];

/// The lines of the overlay.
pub fn lines(look: Look, keys: &Keymap, room: usize) -> Vec<Vec<Piece>> {
    if room < TWO_COLUMNS {
        let mut lines = column(&Group::ALL, keys, Some(look), room);
        mouse(&mut lines, room);
        return lines;
    }
    let half = (room - 2) / 2;
    let mut left = column(&[Group::Move, Group::Search, Group::Judge, Group::Screen], keys, None, half);
    mouse(&mut left, half);
    let right = column(&[Group::Turn, Group::Tune, Group::Tables], keys, Some(look), half);
    let mut lines = Vec::new();
    for row in 0..left.len().max(right.len()) {
        let mut line = left.get(row).cloned().unwrap_or_default();
        let used: usize = line.iter().map(|piece| cells::width(&piece.text)).sum();
        line.push(piece(" ".repeat((half + 2).saturating_sub(used)), Tone::Text));
        line.extend(right.get(row).cloned().unwrap_or_default());
        lines.push(line);
    }
    lines
}

fn column(groups: &[Group], keys: &Keymap, signs: Option<Look>, room: usize) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for group in groups {
        heading(&mut lines, group.title());
        let of_group = |action: &&Action| action.group == *group;
        for action in all().filter(of_group) {
            entry(&mut lines, &key_names(action, keys), Tone::Key, action.help, room);
        }
    }
    if let Some(look) = signs {
        heading(&mut lines, "Signs");
        for (sign, meaning) in meanings(look) {
            entry(&mut lines, &sign, Tone::Gold, meaning, room);
        }
    }
    lines
}

fn mouse(lines: &mut Vec<Vec<Piece>>, room: usize) {
    heading(lines, "Mouse");
    for (gesture, words) in MOUSE {
        entry(lines, gesture, Tone::Key, words, room);
    }
}

fn heading(lines: &mut Vec<Vec<Piece>>, title: &str) {
    if !lines.is_empty() {
        lines.push(Vec::new());
    }
    lines.push(vec![piece(title.to_owned(), Tone::Strong)]);
}

fn entry(lines: &mut Vec<Vec<Piece>>, keys: &str, tone: Tone, words: &str, room: usize) {
    let mut keys = keys.to_owned();
    for line in wrap::lines(words, &[], room.saturating_sub(KEYS).max(8), 9) {
        let text: String = line.into_iter().map(|stretch| stretch.text).collect();
        let padding = " ".repeat(KEYS.saturating_sub(cells::width(&keys)).max(1));
        lines.push(vec![piece(format!("{keys}{padding}"), tone), piece(text, Tone::Text)]);
        keys.clear();
    }
}
