//! The view of languages: the protocol for each language of the queries, the weakest first; what queries
//! of one language find in another; how the language under the cursor is read.

mod matrix;
mod protocol;
mod reading;

use ratatui::layout::Rect;

use crate::domain::LegId;
use crate::engine::Snapshot;
use crate::judge::{Class, Verdict};
use crate::text::visible;

use super::super::layout::TableRooms;
use super::super::state::State;
use super::super::tables::languages::{
    LanguageColumn as Column, LanguageLine, leg_recall, lines, main_loss, rows_of,
};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, bar, cells};
use super::table::{Head, Sheet, cell};
use super::{empty_state, table};

/// Cells of a leg's column, at most.
const LEG: usize = 8;
/// Cells of the bar of recall.
const BAR: u16 = 6;

pub fn draw(pen: &mut Pen<'_>, rooms: &TableRooms, state: &State) {
    languages(pen, rooms.table, state);
    let Some(below) = rooms.below else { return };
    match (rooms.corner, state.other_tab) {
        (Some(corner), _) => {
            reading::draw(pen, below, state, "");
            matrix::draw(pen, corner, state, "");
        }
        (None, false) => reading::draw(pen, below, state, &super::tab_key(state)),
        (None, true) => matrix::draw(pen, below, state, &super::tab_key(state)),
    }
}

fn languages(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let shown = &state.tables.languages.table;
    let snapshot = state.snapshot.as_deref();
    let counted = snapshot.map_or(0, |snapshot| snapshot.languages.len());
    let right = [piece(format!("{counted} with judged queries"), Tone::Quiet)];
    let inner = pen.frame(area, &[piece("Languages", Tone::Strong)], &right, !state.panel);
    let Some(snapshot) = snapshot.filter(|_| !shown.rows.is_empty()) else {
        let words = match snapshot {
            None => "The collection is being opened.",
            Some(_) => "Languages stand here once the passages are read and a query is judged.",
        };
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let n = snapshot.settings.candidates;
    let mut heads = vec![
        Head::text(Some(Column::Name), "language", 9),
        Head::number(Column::Queries, "queries", 8).spare(2),
        Head::text(Some(Column::Recall), &format!("recall@{n}"), BAR + 5),
    ];
    // A single leg is the fused list.
    let legs = if snapshot.legs.len() > 1 { snapshot.legs.len() } else { 0 };
    for leg in snapshot.legs.iter().take(legs) {
        let name: String = visible(&leg.name).chars().take(LEG).collect();
        let width = cells::width(&name).max(4) as u16;
        heads.push(Head { sort: None, title: name, width, right: true, spare: 5 });
    }
    heads.extend([
        Head::number(Column::Precision, "P@5", 5),
        Head::text(Some(Column::Gain), "reranked", 9),
        Head::text(None, "max", 6).spare(3),
        Head::text(Some(Column::Lost), "main loss", 26).spare(1),
        Head::number(Column::Passages, "passages", 9).spare(6),
        Head::text(None, "verdict", 24).spare(4),
    ]);
    let text = heads.iter().position(|head| head.title == "main loss").unwrap_or(0);
    let sheet = Sheet { table: shown, heads, text, focused: !state.panel, clickable: true };
    let lines = lines(snapshot);
    let wordy = area.width >= 140;
    table::draw(pen, area, inner, &sheet, |key| {
        lines.get(key).map_or_else(Vec::new, |line| cells_of(line, snapshot, legs, wordy, state))
    });
}

fn cells_of(
    line: &LanguageLine<'_>,
    snapshot: &Snapshot,
    legs: usize,
    wordy: bool,
    state: &State,
) -> Vec<Vec<Piece>> {
    let look = state.look;
    let none = look.signs().none;
    let means = line.means.map(|row| &row.means);
    let share = |value: Option<f64>, tone| cell(value.map_or_else(|| none.to_owned(), cells::share), tone);
    let mut cells = vec![
        cell(line.language.as_str(), Tone::Strong),
        cell(means.map_or_else(String::new, |means| means.queries.to_string()), Tone::Text),
        means.map_or_else(
            || cell(format!("{}{none}", " ".repeat(usize::from(BAR) + 3)), Tone::Quiet),
            |means| recall_cell(means.first.recall, look),
        ),
    ];
    for leg in 0..legs {
        let ran = snapshot.ran.contains(LegId(leg));
        let recall = leg_recall(rows_of(state, line.language), leg, snapshot.settings.candidates);
        cells.push(share(recall.filter(|_| ran && means.is_some()), Tone::Text));
    }
    let reranked = means.and_then(|means| means.reranked);
    let first = reranked.map_or_else(|| means.map(|means| means.first), |reranked| Some(reranked.first));
    let ceiling =
        reranked.map_or_else(|| means.map(|means| means.ceiling), |reranked| Some(reranked.ceiling));
    let first = first.map(|metrics| metrics.precision5);
    cells.push(share(first, Tone::Text));
    cells.push(match (first, reranked) {
        (Some(before), Some(reranked)) => {
            let after = reranked.reranked.precision5;
            let tone = match after.total_cmp(&before) {
                std::cmp::Ordering::Greater => Tone::Gained,
                std::cmp::Ordering::Less => Tone::Lost,
                std::cmp::Ordering::Equal => Tone::Text,
            };
            vec![piece(format!("{} ", look.signs().arrow), Tone::Quiet), piece(cells::share(after), tone)]
        }
        _ => Vec::new(),
    });
    cells.push(cell(
        ceiling.map_or_else(String::new, |metrics| format!("({})", cells::share(metrics.precision5))),
        Tone::Quiet,
    ));
    cells.push(loss_cell(line, wordy, state));
    cells.push(cell(line.text.map_or_else(String::new, |text| text.passages.to_string()), Tone::Quiet));
    let verdict = snapshot.study.as_ref().and_then(|study| study.verdict_on(line.language));
    cells.push(verdict.map_or_else(Vec::new, verdict_cell));
    cells
}

fn recall_cell(recall: f64, look: super::super::theme::Look) -> Vec<Piece> {
    let bar = bar::text(look, recall, BAR);
    let padding = " ".repeat(usize::from(BAR).saturating_sub(cells::width(&bar)));
    let tone = if recall < 0.8 { Tone::Lost } else { Tone::Gained };
    vec![piece(bar, tone), piece(format!("{padding} {}", cells::share(recall)), Tone::Strong)]
}

/// The commonest loss in words: `✗ 5 of 12 never retrieved`, and where there is room `, 4 share no term`.
fn loss_cell(line: &LanguageLine<'_>, wordy: bool, state: &State) -> Vec<Piece> {
    if line.means.is_none() {
        return cell("no judged query", Tone::Quiet);
    }
    let Some(loss) = main_loss(rows_of(state, line.language)) else {
        return cell("none", Tone::Gained);
    };
    let (sign, tone) = state.look.fate(loss.fate);
    let mut pieces = vec![
        piece(format!("{sign} "), tone),
        piece(format!("{} of {} {}", loss.golds, loss.of, loss.fate.words()), Tone::Text),
    ];
    if loss.blind > 0 && wordy {
        pieces.push(piece(format!(", {} share no term", loss.blind), Tone::Quiet));
    }
    pieces
}

fn verdict_cell(verdict: &Verdict) -> Vec<Piece> {
    let tone = match verdict.class {
        Class::FixFirstStage | Class::RerankerHurts => Tone::Lost,
        Class::RerankPays => Tone::Gained,
        Class::RerankAddsLittle => Tone::Text,
        Class::NotEnoughEvidence => Tone::Quiet,
    };
    cell(verdict.class.words(), tone)
}
