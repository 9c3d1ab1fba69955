//! What queries of one language find among golds of another: a cell for each two languages. A click on a
//! cell, or on the name of a row or a column, goes to the queries that it is of.

use ratatui::layout::Rect;

use crate::domain::Language;
use crate::engine::Snapshot;
use crate::text::visible;

use super::super::super::actions::ActionId;
use super::super::super::hit::Target;
use super::super::super::state::State;
use super::super::super::tables::languages::in_cell;
use super::super::super::theme::{HEAT_LEVELS, Tone};
use super::super::super::widgets::pen::piece;
use super::super::super::widgets::{Pen, cells};
use super::super::passage::flow;
use super::{empty_state, protocol};

/// Cells of the names of the rows.
const NAME: u16 = 8;
/// Cells of a column with the gap before it, and where all columns have no room so.
const COLUMN: u16 = 5;
const NARROW: u16 = 4;

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
        piece(state.key(ActionId::MatrixLeg), Tone::Key).does(ActionId::MatrixLeg),
        piece(key, Tone::Key).does(ActionId::OtherTab),
    ];
    let report = state.snapshot.as_deref().filter(|shown| !shown.language_report.cells.is_empty());
    let Some(snapshot) = report else {
        let inner = pen.frame(area, &title, &[], false);
        let counted = state.snapshot.as_ref().is_some_and(|shown| !shown.language_report.texts.is_empty());
        let words = match counted {
            true => "No gold is judged yet: recall by language needs golds.",
            false => "Recall by language stands here once the passages are read.",
        };
        return empty_state(pen, inner, &[(words.to_owned(), Tone::Quiet)]);
    };
    let report = &snapshot.language_report.cells;
    let distinct = |of: fn(&crate::engine::languages::Cell) -> &Language| {
        let mut languages: Vec<&Language> = report.iter().map(of).collect();
        languages.sort_unstable();
        languages.dedup();
        languages
    };
    let (queries, golds) = (distinct(|cell| &cell.query), distinct(|cell| &cell.gold));
    let under = under_cursor(state, snapshot);
    let room = area.width.saturating_sub(NAME + 4);
    let column = if usize::from(room / COLUMN) < golds.len() { NARROW } else { COLUMN };
    let fit = usize::from(room / column).min(golds.len());
    // Where not all fit, those that the language under the cursor has golds in come first.
    let mut columns = golds;
    let has = |gold: &Language| report.iter().any(|cell| under == Some(&cell.query) && cell.gold == *gold);
    if fit < columns.len() {
        columns.sort_by_key(|gold| !has(gold));
    }
    let hidden = columns.len() - fit;
    columns.truncate(fit);
    let more = match hidden {
        0 => super::super::clicks(state),
        _ => vec![piece(format!("{hidden} more"), Tone::Quiet)],
    };
    let all = super::lines(snapshot);
    let key = |language: &Language| all.iter().position(|line| line.language == language);
    let inner = pen.frame(area, &title, &more, false);
    let x = |nth: usize| inner.x + 1 + NAME + column * nth as u16;
    let title = "q \\ gold";
    pen.say(inner.x + 1, inner.y, NAME, title, Tone::Quiet);
    for (nth, gold) in columns.iter().enumerate() {
        let name = short(gold, usize::from(column - 1));
        pen.say_right(x(nth), inner.y, column - 1, &name, Tone::Quiet);
        let target = Target::Languages { query: None, gold: key(gold) };
        pen.hits.add(Rect::new(x(nth), inner.y, column, 1), target);
    }
    let page = usize::from(inner.height.saturating_sub(1));
    let at = queries.iter().position(|&query| Some(query) == under).unwrap_or(0);
    let skip = (at + 1).saturating_sub(page);
    for (y, query) in (inner.y + 1..inner.bottom()).zip(queries.iter().skip(skip)) {
        let tone = if Some(*query) == under { Tone::Chosen } else { Tone::Text };
        pen.say(inner.x + 1, y, NAME - 1, query.as_str(), tone);
        let target = Target::Languages { query: key(query), gold: None };
        pen.hits.add(Rect::new(inner.x + 1, y, NAME, 1), target);
        for (nth, gold) in columns.iter().enumerate() {
            let found = report.iter().find(|cell| cell.query == **query && cell.gold == **gold);
            if found.is_some() {
                let target = Target::Languages { query: key(query), gold: key(gold) };
                pen.hits.add(Rect::new(x(nth), y, column, 1), target);
            }
            match found.map(|cell| in_cell(cell, leg)) {
                None => pen.say_right(x(nth), y, column - 1, pen.signs().dot, Tone::Frame),
                Some(None) => pen.say_right(x(nth), y, column - 1, pen.signs().waiting, Tone::Quiet),
                Some(Some(recall)) => {
                    let level = (recall.share * f64::from(HEAT_LEVELS)).floor() as u8;
                    let tone = Tone::Heat(level.min(HEAT_LEVELS - 1));
                    let value = cells::share(recall.share);
                    let value = value.get(..usize::from(column - 1)).unwrap_or(&value);
                    pen.say_right(x(nth), y, column - 1, value, tone);
                }
            }
        }
    }
    let used = 1 + (queries.len() - skip) as u16;
    if let Some(language) = under
        && inner.height > used
    {
        let parts = report.iter().filter(|cell| cell.query == *language).filter_map(|cell| {
            let found = in_cell(cell, leg)?;
            let count = (found.share * cell.golds as f64).round();
            let mut part = vec![
                piece(format!("{} ", cell.gold), Tone::Strong),
                piece(format!("{count} of {} ", cell.golds), Tone::Text),
                piece(protocol::interval(found), Tone::Quiet),
            ];
            if cell.blind > 0 {
                part.push(piece(format!(" {} share no term", cell.blind), Tone::Quiet));
            }
            Some(part)
        });
        let lines = flow(parts.collect(), " · ", usize::from(inner.width.saturating_sub(2)));
        // A free line between, where there is one.
        let gap = u16::from(usize::from(inner.height - used) > lines.len());
        for (y, line) in (inner.y + used + gap..inner.bottom()).zip(&lines) {
            pen.line(inner.x + 1, y, inner.width.saturating_sub(2), line);
        }
    }
}

/// A tag in few cells: `zh-Hant` is `Hant`, or `zht`.
fn short(language: &Language, room: usize) -> String {
    let tag = visible(language.as_str());
    if tag.chars().count() <= room {
        return tag.into_owned();
    }
    match tag.split_once('-') {
        Some((_, end)) if end.chars().count() <= room => end.to_owned(),
        Some((start, end)) => {
            start.chars().chain(end.chars().last()).take(room).collect::<String>().to_lowercase()
        }
        None => tag.chars().take(room).collect(),
    }
}

fn under_cursor<'a>(state: &State, snapshot: &'a Snapshot) -> Option<&'a Language> {
    let key = state.tables.languages.table.cursor?;
    super::lines(snapshot).get(key).map(|line| line.language)
}
