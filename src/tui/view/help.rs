//! The list of all keys, from the action table, and what the signs mean.

use super::super::actions::{ACTIONS, Action, Group, key_names};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{cells, wrap};

const KEYS: usize = 18;
/// From this width on the list stands in two columns.
const TWO_COLUMNS: usize = 96;

const SIGNS: [(&str, &str); 9] = [
    ("★", "gold: judged relevant; a number behind it is a grade above 1"),
    ("▲ ▼ =", "moved up, moved down, stayed; on a query: a gold was rescued, demoted"),
    ("✂", "cut at N or lost in fusion: it never reached the reranker"),
    ("✗", "never retrieved, or not in the corpus; on an engine: failed"),
    ("✓", "kept among the k delivered"),
    ("·", "not lifted: a candidate that stayed beyond k"),
    ("◌", "not there yet"),
    ("⟳", "an older picture, until the new one comes"),
    ("–", "none: no rank in this leg, no judgments for this query"),
];

/// The lines of the overlay.
pub fn lines(room: usize) -> Vec<Vec<Piece>> {
    if room < TWO_COLUMNS {
        return column(&Group::ALL, true, room);
    }
    let half = (room - 2) / 2;
    let left = column(&[Group::Move, Group::Search, Group::Screen], false, half);
    let right = column(&[Group::Turn], true, half);
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

fn column(groups: &[Group], signs: bool, room: usize) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for group in groups {
        heading(&mut lines, group.title());
        let of_group = |action: &&Action| action.group == *group;
        for action in ACTIONS.iter().filter(of_group) {
            entry(&mut lines, &key_names(action), Tone::Key, action.help, room);
        }
    }
    if signs {
        heading(&mut lines, "Signs");
        for (sign, meaning) in SIGNS {
            entry(&mut lines, sign, Tone::Gold, meaning, room);
        }
    }
    lines
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
