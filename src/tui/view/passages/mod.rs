//! The view of passages: the corpus as a table, how long its passages are, and the one under the cursor
//! with the queries that it is gold for and that return it.

mod lengths;
mod reader;

use ratatui::layout::Rect;

use crate::domain::DocIdx;
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::layout::TableRooms;
use super::super::state::{Mode, State};
use super::super::tables::passages::{PassageColumn as Column, PassageCounts};
use super::super::theme::Tone;
use super::super::widgets::pen::{Piece, piece};
use super::super::widgets::{Pen, cells, field};
use super::table::{Head, Sheet, cell};
use super::{clicks, empty_state, table};

pub use reader::{lines, title};

const WIDEST_ID: u16 = 16;
/// Columns by their places: title and text, all that speaks of them, and which passage one repeats.
const TEXT: usize = 2;
const OF_TEXTS: [usize; 6] = [TEXT, 3, 4, 5, 6, REPEATS];
const REPEATS: usize = 7;

pub fn draw(pen: &mut Pen<'_>, rooms: &TableRooms, state: &State) {
    passages(pen, rooms.table, state);
    if let Some(area) = rooms.side {
        lengths::draw(pen, area, state, "");
    }
    let Some(below) = rooms.below else { return };
    match (rooms.corner, state.other_tab) {
        (Some(corner), _) => {
            reader::text(pen, below, state, "");
            reader::queries(pen, corner, state, "");
        }
        (None, false) => reader::text(pen, below, state, &super::tab_key(state)),
        (None, true) => reader::queries(pen, below, state, &super::tab_key(state)),
    }
}

fn passages(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let shown = &state.tables.passages;
    let all = state.collection.as_ref().map_or(0, |collection| collection.passages.len());
    let typing = state.mode == Mode::Filtering;
    let search = shown.search.value();
    let title = match (typing, search.is_empty()) {
        (true, _) => piece("Search ", Tone::Key),
        (false, true) => piece("Passages", Tone::Strong),
        (false, false) => piece(format!("Search {}", visible(search)), Tone::Strong),
    };
    let waits = shown.asked.0 > shown.arranged || shown.counts.is_none() && all > 0;
    let counted = if waits {
        pen.signs().waiting.to_owned()
    } else {
        let thousands = super::header::thousands;
        format!("{} of {}", thousands(shown.table.rows.len()), thousands(all))
    };
    let right = if typing { Vec::new() } else { vec![piece(counted, Tone::Quiet)] };
    let inner = pen.frame(area, &[title], &right, !state.panel);
    if typing {
        let room = area.width.saturating_sub(12);
        pen.rule(area.x + 10, area.y, room, " ", Tone::Text);
        field::draw(pen, area.x + 10, area.y, room, &shown.search);
    }
    let Some(collection) = state.collection.as_deref().filter(|_| !shown.table.rows.is_empty()) else {
        let sentence = match &state.collection {
            None => "The collection is being opened.".to_owned(),
            Some(_) if all == 0 => "The collection has no passages.".to_owned(),
            Some(_) if waits || shown.counts.is_none() => "Counting the passages …".to_owned(),
            Some(_) => format!(
                "No passage matches. {} clears the search; is:gold, is:truncated, is:duplicate, lang:ja and \
                 chars:51-100 narrow it.",
                state.key(ActionId::Back)
            ),
        };
        return empty_state(pen, inner, &[(sentence, Tone::Quiet)]);
    };
    let ids = u16::try_from(state.widest_id).unwrap_or(u16::MAX).clamp(2, WIDEST_ID);
    let mut heads = vec![
        Head::number(Column::File, "row", 7).spare(6),
        Head::text(Some(Column::Id), "id", ids),
        Head::text(None, "", 14),
        Head::text(Some(Column::Language), "lang", 7),
        Head::text(Some(Column::Script), "script", 10).spare(4),
        Head::number(Column::Characters, "chars", 7),
        Head::number(Column::Tokens, "tokens", 9).spare(1),
        Head::text(Some(Column::Duplicate), "same as", ids.clamp(7, 12)).spare(3),
        Head::number(Column::Golds, "gold", 6),
    ];
    let hidden = hidden(state);
    let mut place = 0..;
    heads.retain(|_| place.next().is_none_or(|at| !hidden.contains(&at)));
    let focused = !typing && !state.panel;
    let sheet = Sheet {
        table: &shown.table,
        heads,
        text: TEXT.min(1 + usize::from(collection.has_texts)),
        focused,
        clickable: true,
    };
    table::draw(pen, area, inner, &sheet, |doc: DocIdx| {
        let Some(passage) = collection.passages.get(doc.index()) else { return Vec::new() };
        let mut cells = vec![
            cell((doc.index() + 1).to_string(), Tone::Quiet),
            cell(passage.id.as_str(), Tone::Text),
            summary(&passage.title, &passage.text),
            cell(passage.language.as_str(), Tone::Quiet),
        ];
        cells.extend(counted_cells(doc, state));
        let mut place = 0..;
        cells.retain(|_| place.next().is_none_or(|at| !hidden.contains(&at)));
        cells
    });
}

/// Columns that would be air: where no passage repeats another, and where only ids are known.
fn hidden(state: &State) -> &'static [usize] {
    let shown = &state.tables.passages;
    if state.collection.as_ref().is_some_and(|collection| !collection.has_texts) {
        return &OF_TEXTS;
    }
    let repeats = |counts: &PassageCounts| counts.validation.passages.iter().any(|of| of.repeats.is_some());
    let needed = shown.table.sort == Column::Duplicate || shown.counts.as_deref().is_some_and(repeats);
    if needed { &[] } else { &[REPEATS] }
}

/// The title, then the text; a long text is not read to its end.
fn summary(title: &str, text: &str) -> Vec<Piece> {
    let text: String = text.chars().take(200).collect();
    if title.trim().is_empty() {
        return cell(text, Tone::Text);
    }
    vec![piece(title, Tone::Text), piece(format!("  {text}"), Tone::Quiet)]
}

fn counted_cells(doc: DocIdx, state: &State) -> Vec<Vec<Piece>> {
    let signs = state.look.signs();
    let waiting = || cell(signs.waiting, Tone::Quiet);
    let readings = state.snapshot.as_ref().and_then(|shown| shown.readings.as_deref());
    let tokens = match readings.and_then(|readings| readings.get(doc.index())) {
        None => waiting(),
        Some(reading) => {
            let cut = if reading.truncated { format!("{} ", signs.cut) } else { String::new() };
            let tone = if reading.truncated { Tone::Lost } else { Tone::Text };
            vec![piece(cut, Tone::Lost), piece(reading.n_tokens.to_string(), tone)]
        }
    };
    let Some(counts) = &state.tables.passages.counts else {
        return vec![waiting(), waiting(), tokens, Vec::new(), waiting()];
    };
    let script = counts.facts(doc).and_then(|facts| facts.script).unwrap_or(signs.none);
    let characters = counts.facts(doc).map_or_else(String::new, |facts| facts.characters.to_string());
    let repeats = counts.repeats(doc);
    let first = repeats.and_then(|repeats| state.collection.as_ref()?.passages.get(repeats.of.index()));
    // Nearly the same is not the same.
    let nearly = if repeats.is_some_and(|repeats| repeats.similarity < 1.0) { "≈ " } else { "" };
    let same_as = first.map_or_else(String::new, |passage| format!("{nearly}{}", passage.id));
    let golds = counts.golds(doc);
    let gold = match golds {
        0 => cell(signs.dot, Tone::Quiet),
        golds => vec![piece(format!("{} ", signs.gold), Tone::Gold), piece(golds.to_string(), Tone::Gold)],
    };
    vec![cell(script, Tone::Quiet), cell(characters, Tone::Text), tokens, cell(same_as, Tone::Knob), gold]
}

/// Cells that text takes once it is visible.
fn width(text: &str) -> u16 {
    u16::try_from(cells::width(&visible(text))).unwrap_or(u16::MAX)
}
