//! The view of the collection: every query a row, what they come to, and the golds of the one under the
//! cursor.

mod ranks;
mod strip;

use ratatui::layout::Rect;

use crate::domain::{Fate, QueryIdx};
use crate::engine::{QueryRow, Snapshot};
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::layout::TableRooms;
use super::super::lines::{QueryMark, query_mark};
use super::super::state::{Mode, State};
use super::super::tables::queries::{QueryColumn as Column, delivered, lost, row_of, sum};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells, field};
use super::queries::no_queries;
use super::table::{Head, Sheet, cell};
use super::{clicks, empty_state, golds, shortly, signals, table};

const WIDEST_ID: u16 = 12;
/// From this width on a fate is said in full.
const WORDY: u16 = 120;

pub fn draw(pen: &mut Pen<'_>, rooms: &TableRooms, state: &State) {
    queries(pen, rooms.table, state);
    let sum = sum(state);
    if let Some(area) = rooms.side {
        ranks::draw(pen, area, &sum, state);
    }
    if let Some(area) = rooms.strip {
        strip::draw(pen, area, &sum, state);
    }
    let Some(below) = rooms.below else { return };
    match (rooms.corner, state.other_tab) {
        (Some(corner), _) => {
            golds::draw(pen, below, Vec::new(), state);
            signals::draw(pen, corner, state);
        }
        (None, false) => golds::draw(pen, below, Vec::new(), state),
        (None, true) => signals::draw(pen, below, state),
    }
}

fn queries(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let all = state.collection.as_ref().map_or(0, |collection| collection.queries.len());
    let shown = &state.tables.queries.table;
    let typing = state.mode == Mode::Filtering;
    let filter = state.filter.value();
    let title = match (typing, filter.is_empty()) {
        (true, _) => piece("Filter ", Tone::Key),
        (false, true) => piece("Queries", Tone::Strong),
        (false, false) => piece(format!("Filter {}", visible(filter)), Tone::Strong),
    };
    let counted = format!("{} of {all}", shown.rows.len());
    let right = if typing { Vec::new() } else { vec![piece(counted, Tone::Quiet)] };
    let inner = pen.frame(area, &[title], &right, !state.panel);
    if typing {
        let room = area.width.saturating_sub(12);
        pen.rule(area.x + 10, area.y, room, " ", Tone::Text);
        field::draw(pen, area.x + 10, area.y, room, &state.filter);
    }
    let Some(collection) = state.collection.as_deref().filter(|_| !shown.rows.is_empty()) else {
        let sentence = match &state.collection {
            None => "The collection is being opened.".to_owned(),
            Some(_) if all == 0 => no_queries(state),
            Some(_) => format!(
                "No query passes the filter. {} clears it; {} goes on to the next fate.",
                state.key(ActionId::Back),
                state.key(ActionId::NextFate)
            ),
        };
        return empty_state(pen, inner, &[(sentence, Tone::Quiet)]);
    };
    let n = state.snapshot.as_ref().map_or(state.settings.candidates, |shown| shown.settings.candidates);
    let ids = collection.queries.iter().take(500).map(|query| cells::width(&visible(&query.id)));
    let ids = u16::try_from(ids.max().unwrap_or(2)).unwrap_or(u16::MAX).clamp(2, WIDEST_ID);
    let wordy = inner.width >= WORDY;
    let heads = vec![
        Head::text(None, "", 1),
        Head::text(Some(Column::Id), "query", ids.max(6)),
        Head::text(None, "", 12),
        Head::text(Some(Column::Language), "lang", 7).spare(2),
        Head::number(Column::Golds, "golds", 6).spare(7),
        Head::text(Some(Column::Lost), "lost", 6).spare(4),
        Head::number(Column::Recall, &format!("r@{n}"), 6),
        Head::number(Column::Precision, "P@5", 4).spare(8),
        Head::number(Column::First, "nDCG@10", 8).spare(1),
        Head::text(Some(Column::Reranked), "reranked", 9),
        Head::text(None, "max", 6).spare(5),
        Head::number(Column::Gain, "gain", 6).spare(6),
        Head::text(Some(Column::Fate), "fate", if wordy { 20 } else { 14 }).spare(3),
        Head::text(None, "why", 40).spare(9),
    ];
    let sheet = Sheet { table: shown, heads, text: 2, focused: !typing && !state.panel, clickable: true };
    let snapshot = state.snapshot.as_deref();
    table::draw(pen, area, inner, &sheet, |query| {
        let Some(of_file) = collection.queries.get(query.index()) else { return Vec::new() };
        let row = snapshot.and_then(|snapshot| row_of(snapshot, query));
        let mut cells = vec![
            vec![mark(row, state)],
            id(query, &of_file.id, state),
            cell(of_file.text.as_str(), Tone::Text),
            cell(of_file.language.as_str(), Tone::Quiet),
        ];
        cells.extend(judged_cells(row, snapshot, wordy, state));
        cells
    });
}

fn id(query: QueryIdx, id: &str, state: &State) -> Vec<Piece> {
    let marked = state.tables.queries.marked.contains(&query);
    vec![piece(id, if marked { Tone::Knob } else { Tone::Text })]
}

fn mark(row: Option<&QueryRow>, state: &State) -> Piece {
    let signs = state.look.signs();
    match query_mark(row) {
        QueryMark::NoGolds => piece(signs.none, Tone::Quiet),
        QueryMark::Waiting => piece(signs.waiting, Tone::Quiet),
        QueryMark::Worst(fate) => {
            let (sign, tone) = state.look.fate(fate);
            piece(sign, tone)
        }
    }
}

/// What the judge says of a query; nothing where it says nothing.
fn judged_cells(
    row: Option<&QueryRow>,
    snapshot: Option<&Snapshot>,
    wordy: bool,
    state: &State,
) -> Vec<Vec<Piece>> {
    let Some(row) = row else { return Vec::new() };
    let share = |value: Option<f64>, tone| cell(value.map(cells::share).unwrap_or_default(), tone);
    let (first, reranked) = (row.first.map(|m| m.ndcg10), row.reranked.map(|m| m.ndcg10));
    let gain = first.zip(reranked).map(|(first, reranked)| reranked - first);
    let gained = match gain {
        Some(gain) if gain > 0.0005 => Tone::Gained,
        Some(gain) if gain < -0.0005 => Tone::Lost,
        _ => Tone::Text,
    };
    let arrow = state.look.signs().arrow;
    let recall = row.first.map(|metrics| metrics.recall);
    let low = if recall.is_some_and(|recall| recall < 0.9995) { Tone::Lost } else { Tone::Text };
    vec![
        cell(if row.golds.is_empty() { String::new() } else { row.golds.len().to_string() }, Tone::Quiet),
        lost_cell(row, state),
        share(recall.filter(|_| !row.golds.is_empty()), low),
        share(delivered(row).map(|metrics| metrics.precision5), Tone::Quiet),
        share(first, Tone::Text),
        reranked.map_or_else(Vec::new, |value| {
            vec![piece(format!("{arrow} "), Tone::Quiet), piece(cells::share(value), gained)]
        }),
        cell(row.ceiling.map_or_else(String::new, |m| format!("({})", cells::share(m.ndcg10))), Tone::Quiet),
        cell(gain.filter(|gain| gain.abs() > 0.0005).map(cells::difference).unwrap_or_default(), gained),
        fate_cell(row, wordy, state),
        cell(snapshot.and_then(|snapshot| why(row, snapshot)).unwrap_or_default(), Tone::Quiet),
    ]
}

fn lost_cell(row: &QueryRow, state: &State) -> Vec<Piece> {
    let signs = state.look.signs();
    let (never, cut) = lost(row);
    let part = |sign: &str, count: usize| piece(format!("{sign}{count} "), Tone::Lost);
    [(signs.never, never), (signs.cut, cut)]
        .into_iter()
        .filter(|&(_, count)| count > 0)
        .map(|(sign, count)| part(sign, count))
        .collect()
}

/// The worst fate in words, and the rank of a gold that was cut.
fn fate_cell(row: &QueryRow, wordy: bool, state: &State) -> Vec<Piece> {
    let QueryMark::Worst(fate) = query_mark(Some(row)) else { return Vec::new() };
    let (_, tone) = state.look.fate(fate);
    let worst = row.golds.iter().filter(|gold| super::super::lines::known_fate(gold) == Some(fate));
    let rank = match fate {
        Fate::CutAtN | Fate::LostInFusion => worst.filter_map(|gold| gold.fused).min(),
        Fate::NotLifted | Fate::Demoted => worst.filter_map(|gold| gold.reranked).min(),
        _ => None,
    };
    let words = if wordy { fate.words() } else { shortly(fate) };
    vec![piece(words, tone), piece(rank.map_or_else(String::new, |rank| format!(" #{rank}")), Tone::Quiet)]
}

/// Why its first lost gold was lost.
fn why(row: &QueryRow, snapshot: &Snapshot) -> Option<String> {
    let at = snapshot.queries.binary_search_by_key(&row.query, |row| row.query).ok()?;
    let whys = snapshot.study.as_ref()?.whys.get(at)?;
    whys.iter().flatten().next().map(|why| why.words.clone())
}
