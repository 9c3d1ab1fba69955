//! The golds of the query under the cursor: where A had each, and where B has it.

use ratatui::layout::Rect;

use crate::domain::{Fate, Rank};
use crate::engine::compare::GoldPair;

use super::super::super::actions::ActionId;
use super::super::super::state::State;
use super::super::super::tables::{Column, Table};
use super::super::super::theme::Tone;
use super::super::super::widgets::Pen;
use super::super::super::widgets::pen::{Piece, piece};
use super::super::table::{Head, Sheet, cell};
use super::{empty_state, table};

/// The columns here sort nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fixed;

impl Column for Fixed {
    const ALL: &'static [Self] = &[];

    fn title(self) -> &'static str {
        ""
    }
}

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let changes = &state.tables.changes;
    let change = changes.table.cursor.and_then(|query| changes.change(query));
    let title = change.map_or_else(|| "Golds".to_owned(), |change| format!("Golds of {}", change.query));
    let key = state.key(ActionId::OpenRow);
    let right = [piece(format!("{key} goes to the query, under B"), Tone::Quiet).does(ActionId::OpenRow)];
    let inner = pen.frame(area, &[piece(title, Tone::Strong)], &right, false);
    let Some(change) = change else {
        let words = "How the golds of the query under the cursor moved stands here.";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let plain = |title: &str, width| Head::<Fixed>::text(None, title, width);
    let heads = vec![
        plain("gold", if area.width >= 100 { 26 } else { 16 }),
        plain("first stage", 14).spare(1),
        plain("delivered", 14),
        plain("fate in A", 16),
        plain("fate in B", 16),
    ];
    let mut rows = Table::sorted_by(Fixed);
    rows.rows = (0..change.golds.len()).collect();
    let sheet = Sheet { table: &rows, heads, text: 4, focused: false, clickable: false };
    table::draw(pen, area, inner, &sheet, |at: usize| {
        change.golds.get(at).map_or_else(Vec::new, |gold| cells_of(gold, state))
    });
}

fn cells_of(gold: &GoldPair, state: &State) -> Vec<Vec<Piece>> {
    vec![
        cell(format!("{} {}", state.look.signs().gold, gold.passage), Tone::Gold),
        ranks(gold.first_a, gold.first_b, state),
        ranks(gold.a, gold.b, state),
        fate(gold.fate_a, state),
        fate(gold.fate_b, state),
    ]
}

fn ranks(a: Option<Rank>, b: Option<Rank>, state: &State) -> Vec<Piece> {
    let signs = state.look.signs();
    let rank = |rank: Option<Rank>| rank.map_or_else(|| signs.never.to_owned(), |rank| rank.to_string());
    let tone = match (a, b) {
        (a, b) if a == b => Tone::Text,
        (Some(a), Some(b)) if b < a => Tone::Gained,
        (None, Some(_)) => Tone::Gained,
        _ => Tone::Lost,
    };
    vec![piece(format!("{} {} ", rank(a), signs.arrow), Tone::Quiet), piece(rank(b), tone)]
}

fn fate(fate: Option<Fate>, state: &State) -> Vec<Piece> {
    match fate {
        None => cell(state.look.signs().waiting, Tone::Quiet),
        Some(fate) => {
            let (sign, tone) = state.look.fate(fate);
            vec![piece(format!("{sign} "), tone), piece(fate.words(), Tone::Text)]
        }
    }
}
