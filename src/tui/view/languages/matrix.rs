//! What queries of one language find among golds of another: a cell for each two languages.

use ratatui::layout::Rect;

use crate::domain::Language;
use crate::engine::Snapshot;
use crate::text::visible;

use super::super::super::state::State;
use super::super::super::tables::languages::in_cell;
use super::super::super::theme::{HEAT_LEVELS, Tone};
use super::super::super::widgets::pen::piece;
use super::super::super::widgets::{Pen, cells};
use super::empty_state;

/// Cells of the names of the rows, and of a column with the gap before it.
const NAME: u16 = 8;
const COLUMN: u16 = 5;

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, key: &str) {
    let leg = state.tables.languages.matrix;
    let of = match leg.checked_sub(1).and_then(|leg| state.legs.get(leg)) {
        Some(leg) => format!(" by {}", visible(&leg.name)),
        None => String::new(),
    };
    let n = state.snapshot.as_ref().map_or(state.settings.candidates, |shown| shown.settings.candidates);
    let title = [
        piece("Query by gold", Tone::Strong),
        piece(format!(" · recall@{n}{of}  "), Tone::Quiet),
        piece("h", Tone::Key),
        piece(key, Tone::Key),
    ];
    let inner = pen.frame(area, &title, &[], false);
    let Some(snapshot) = state.snapshot.as_deref() else { return };
    let report = &snapshot.language_report.cells;
    if report.is_empty() {
        let words = "No gold is judged yet: recall by language needs golds.";
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    }
    let distinct = |of: fn(&crate::engine::languages::Cell) -> &Language| {
        let mut languages: Vec<&Language> = report.iter().map(of).collect();
        languages.sort_unstable();
        languages.dedup();
        languages
    };
    let (queries, golds) = (distinct(|cell| &cell.query), distinct(|cell| &cell.gold));
    let under = under_cursor(state, snapshot);
    let room = inner.width.saturating_sub(NAME + 2);
    let fit = usize::from(room / COLUMN).min(golds.len());
    // Where not all fit, those that the language under the cursor has golds in come first.
    let mut columns = golds;
    let has = |gold: &Language| report.iter().any(|cell| under == Some(&cell.query) && cell.gold == *gold);
    if fit < columns.len() {
        columns.sort_by_key(|gold| !has(gold));
    }
    let hidden = columns.len() - fit;
    columns.truncate(fit);
    let x = |nth: usize| inner.x + 1 + NAME + COLUMN * nth as u16;
    let title = "q \\ gold";
    pen.say(inner.x + 1, inner.y, NAME, title, Tone::Quiet);
    for (nth, gold) in columns.iter().enumerate() {
        let name: String =
            visible(gold.as_str()).chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        let name = if gold.as_str().len() > 4 { name } else { visible(gold.as_str()).into_owned() };
        pen.say_right(x(nth), inner.y, COLUMN - 1, &name, Tone::Quiet);
    }
    let page = usize::from(inner.height.saturating_sub(1));
    let at = queries.iter().position(|&query| Some(query) == under).unwrap_or(0);
    let skip = (at + 1).saturating_sub(page);
    for (y, query) in (inner.y + 1..inner.bottom()).zip(queries.iter().skip(skip)) {
        let tone = if Some(*query) == under { Tone::Chosen } else { Tone::Text };
        pen.say(inner.x + 1, y, NAME - 1, query.as_str(), tone);
        for (nth, gold) in columns.iter().enumerate() {
            let found = report.iter().find(|cell| cell.query == **query && cell.gold == **gold);
            match found.map(|cell| in_cell(cell, leg)) {
                None => pen.say_right(x(nth), y, COLUMN - 1, pen.signs().dot, Tone::Frame),
                Some(None) => pen.say_right(x(nth), y, COLUMN - 1, pen.signs().waiting, Tone::Quiet),
                Some(Some(recall)) => {
                    let level = (recall.share * f64::from(HEAT_LEVELS)).floor() as u8;
                    let tone = Tone::Heat(level.min(HEAT_LEVELS - 1));
                    pen.say_right(x(nth), y, COLUMN - 1, &cells::share(recall.share), tone);
                }
            }
        }
    }
    if hidden > 0 {
        let words = format!("{hidden} more");
        pen.say_right(inner.x + 1, inner.y, inner.width.saturating_sub(2), &words, Tone::Quiet);
    }
}

fn under_cursor<'a>(state: &State, snapshot: &'a Snapshot) -> Option<&'a Language> {
    let key = state.tables.languages.table.cursor?;
    super::lines(snapshot).get(key).map(|line| line.language)
}
