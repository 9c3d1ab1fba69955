//! The view that compares: what the pinned setting A and the present one B make of the same queries, which
//! of them changed most, and how the golds of the one under the cursor moved.

mod golds;
mod numbers;

use ratatui::layout::Rect;

use crate::domain::Fate;
use crate::engine::compare::{GoldPair, QueryChange};

use super::super::actions::ActionId;
use super::super::layout::TableRooms;
use super::super::state::State;
use super::super::tables::changes::ChangeColumn as Column;
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells};
use super::table::{Head, Sheet, cell};
use super::{empty_state, table};

pub fn draw(pen: &mut Pen<'_>, rooms: &TableRooms, state: &State) {
    if let Some(area) = rooms.head {
        numbers::draw(pen, area, state);
    }
    changes(pen, rooms.table, state);
    if let Some(area) = rooms.below {
        golds::draw(pen, area, state);
    }
}

/// Why there is nothing to compare, and what to do about it.
fn why_not(state: &State) -> Option<String> {
    let changes = &state.tables.changes;
    let words = |words: &str| Some(words.to_owned());
    if state.collection.is_none() {
        return words("The collection is being opened.");
    }
    if state.snapshot.as_ref().is_some_and(|shown| shown.status.judged.1 == 0) {
        return words("No judgments in this collection: two settings cannot be told apart by their metrics.");
    }
    match &changes.pinned {
        None => Some(format!(
            "{} pins the setting as it is now as A. Then turn any knob: B is what the knobs say.",
            state.key(ActionId::Pin)
        )),
        Some(pinned) if pinned.settings == state.settings => {
            words("A and B are the same setting. Turn a knob, and every query that changes stands here.")
        }
        Some(pinned) if pinned.side.is_none() => {
            let key = state.key(ActionId::TakePinned);
            Some(format!(
                "A was not judged before the knobs were turned. {key} goes back to it for a moment."
            ))
        }
        Some(_) => match &changes.comparison {
            None => words("B is being judged."),
            Some(comparison) if comparison.queries == 0 => {
                words("No query is judged on both sides yet: a list is not complete.")
            }
            Some(comparison) if comparison.changed.is_empty() => {
                words("No gold moved and no metric changed: for these queries A and B are the same.")
            }
            Some(_) => None,
        },
    }
}

fn changes(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let changes = &state.tables.changes;
    let judged = changes.comparison.as_ref().filter(|comparison| comparison.queries > 0);
    let counted = judged.map_or_else(String::new, |comparison| {
        format!("{} of {} changed", comparison.changed.len(), comparison.queries)
    });
    let by = changes.comparison.as_ref().and_then(|comparison| comparison.by);
    let by = by.unwrap_or(changes.question().by);
    let title = [
        piece("Queries that changed", Tone::Strong),
        piece(format!(" · by {by}  "), Tone::Quiet),
        piece(state.key(ActionId::CompareMetric), Tone::Key).does(ActionId::CompareMetric),
    ];
    let inner = pen.frame(area, &title, &[piece(counted, Tone::Quiet)], !state.panel);
    if let Some(words) = why_not(state) {
        return empty_state(pen, inner, &[(words, Tone::Quiet)]);
    }
    let heads = vec![
        Head::text(Some(Column::Id), "query", 8),
        Head::text(None, "", 12),
        Head::text(Some(Column::Language), "lang", 7).spare(2),
        Head::number(Column::A, "A", 5),
        Head::text(Some(Column::B), "B", 7),
        Head::number(Column::Change, "change", 7),
        Head::text(None, "golds, A to B", if area.width >= 110 { 44 } else { 20 }).spare(1),
    ];
    let sheet = Sheet { table: &changes.table, heads, text: 1, focused: !state.panel, clickable: true };
    table::draw(pen, area, inner, &sheet, |query| {
        changes.change(query).map_or_else(Vec::new, |change| cells_of(change, state))
    });
}

fn cells_of(change: &QueryChange, state: &State) -> Vec<Vec<Piece>> {
    let gain = change.b - change.a;
    let tone = tone(gain);
    let arrow = state.look.signs().arrow;
    vec![
        cell(change.query.as_str(), Tone::Text),
        cell(change.text.as_str(), Tone::Text),
        cell(change.language.as_str(), Tone::Quiet),
        cell(cells::share(change.a), Tone::Text),
        vec![piece(format!("{arrow} "), Tone::Quiet), piece(cells::share(change.b), tone)],
        cell(cells::difference(gain), tone),
        moved(&change.golds, state),
    ]
}

fn tone(gain: f64) -> Tone {
    match gain {
        gain if gain > 0.0005 => Tone::Gained,
        gain if gain < -0.0005 => Tone::Lost,
        _ => Tone::Text,
    }
}

/// The golds that moved, each with its ranks.
fn moved(golds: &[GoldPair], state: &State) -> Vec<Piece> {
    let signs = state.look.signs();
    let rank = |rank: Option<u32>| rank.map_or_else(|| signs.never.to_owned(), |rank| rank.to_string());
    let moved = golds.iter().filter(|gold| gold.a != gold.b || gold.fate_a != gold.fate_b);
    let mut pieces = Vec::new();
    for gold in moved {
        let better = match (gold.a, gold.b) {
            (Some(a), Some(b)) if a == b => {
                gold.fate_b.is_some_and(|fate| matches!(fate, Fate::Kept | Fate::Rescued))
            }
            (Some(a), Some(b)) => b < a,
            (None, Some(_)) => true,
            _ => false,
        };
        let tone = if better { Tone::Gained } else { Tone::Lost };
        pieces.push(piece(format!("{} ", gold.passage), Tone::Gold));
        let (a, b) = match (gold.fate_a, gold.fate_b) {
            // At the same rank it is the fate that is another one.
            (Some(a), Some(b)) if gold.a == gold.b && gold.a.is_some() => {
                (format!("{} {}", rank(gold.a), state.look.fate(a).0), state.look.fate(b).0.to_owned())
            }
            _ => (rank(gold.a), rank(gold.b)),
        };
        pieces.push(piece(format!("{a}{}{b}  ", signs.arrow), tone));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::fixture::{RICH, blank};
    use super::*;

    /// Trap: a gold that is delivered at the same rank, but not rescued any more, read `6→6`.
    #[test]
    fn of_a_gold_at_the_same_rank_it_says_which_fate_changed() {
        let gold = |a, b, fates: (Fate, Fate)| GoldPair {
            passage: "en-1".into(),
            grade: 1,
            a,
            b,
            first_a: Some(20),
            first_b: Some(9),
            fate_a: Some(fates.0),
            fate_b: Some(fates.1),
        };
        let state = blank(RICH, 120, 40);
        let words = |gold| -> String { moved(&[gold], &state).into_iter().map(|piece| piece.text).collect() };
        let (rescued, kept, cut) = (Fate::Rescued, Fate::Kept, Fate::CutAtN);
        assert_eq!(words(gold(Some(6), Some(6), (rescued, kept))).trim_end(), "en-1 6 ▲→✓");
        assert_eq!(words(gold(Some(6), Some(2), (rescued, kept))).trim_end(), "en-1 6→2");
        assert_eq!(words(gold(None, Some(2), (cut, kept))).trim_end(), "en-1 ✗→2");
        assert_eq!(words(gold(Some(6), Some(6), (kept, kept))), "");
    }
}
