//! The queries of the collection, each with the worst fate among its golds.

use ratatui::layout::Rect;

use crate::corpus::is_own;
use crate::domain::QueryIdx;
use crate::engine::Snapshot;
use crate::text::visible;

use super::super::actions::ActionId;
use super::super::filter::Filter;
use super::super::hit::Target;
use super::super::lines::{QueryMark, query_mark};
use super::super::state::{Mode, Pane, State};
use super::super::theme::Tone;
use super::super::widgets::pen::piece;
use super::super::widgets::{Pen, cells, field};
use super::{empty_state, has_focus, switched};

const WIDEST_ID: usize = 12;
/// What stands for the identifier of a query of one's own where that has no room.
const OWN: &str = "own";
/// Cells of language and text below which neither says anything.
const LEAST_TEXT: u16 = 8;

pub fn draw(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let shown = state.queries.len();
    let all = state.collection.as_ref().map_or(0, |collection| collection.queries.len());
    let filter = state.filter.value();
    let title = match (state.mode, filter.is_empty()) {
        (Mode::Filtering, _) => piece("Filter ", Tone::Key),
        (_, true) => piece("Queries", Tone::Strong),
        (_, false) => piece(format!("Filter {}", visible(filter)), Tone::Strong),
    };
    let counted = if filter.is_empty() { place(state) } else { format!("{shown} of {all}") };
    let typing = state.mode == Mode::Filtering;
    let right = if typing { Vec::new() } else { vec![piece(counted, Tone::Quiet)] };
    let title =
        if typing || !filter.is_empty() { vec![title] } else { switched(state, Pane::Queries, vec![title]) };
    let inner = pen.frame(area, &title, &right, has_focus(state, Pane::Queries) || typing);
    pen.hits.add(area, Target::Pane(Pane::Queries));
    if typing {
        let room = area.width.saturating_sub(12);
        pen.rule(area.x + 10, area.y, room, " ", Tone::Text);
        field::draw(pen, area.x + 10, area.y, room, &state.filter);
    }
    let rows = typed_row(pen, inner, state);
    if state.queries.is_empty() {
        let sentence = match &state.collection {
            None => String::new(),
            Some(_) if all == 0 => no_queries(state),
            Some(collection) => {
                let mistake = Filter::of(filter).mistake(&collection.queries);
                let why = mistake.unwrap_or_else(|| "No query passes the filter.".to_owned());
                format!("{why} {} clears the filter.", state.key(ActionId::Back))
            }
        };
        return empty_state(pen, rows, &[(sentence, Tone::Quiet)]);
    }
    // One long id is no reason to hide what all the queries say.
    let ids = id_width(state).min((rows.width / 3).max(4));
    let visible_rows = state.queries.iter().skip(state.scroll.queries);
    for (y, &query) in (rows.top()..rows.bottom()).zip(visible_rows) {
        draw_row(pen, Rect::new(rows.x, y, rows.width, 1), query, ids, state);
    }
}

/// Of a collection of passages alone.
pub fn no_queries(state: &State) -> String {
    format!("The collection has no queries. {} asks one of your own.", state.key(ActionId::Ask))
}

fn place(state: &State) -> String {
    let at = state.queries.iter().position(|&query| Some(query) == state.query);
    at.map_or(String::new(), |at| format!("{} of {}", at + 1, state.queries.len()))
}

/// A typed query stands above the listed ones; returns the room that is left.
fn typed_row(pen: &mut Pen<'_>, inner: Rect, state: &State) -> Rect {
    let Some(typed) = state.typed.as_ref().filter(|_| inner.height > 1) else { return inner };
    let row = Rect::new(inner.x, inner.y, inner.width, 1);
    pen.line(
        row.x + 1,
        row.y,
        row.width.saturating_sub(2),
        &[piece("/ ", Tone::Key), piece(typed.as_str(), Tone::Strong)],
    );
    pen.hits.add(row, Target::TypedQuery);
    pen.mark_row(row, if has_focus(state, Pane::Queries) { Tone::Cursor } else { Tone::Chosen });
    Rect::new(inner.x, inner.y + 1, inner.width, inner.height - 1)
}

fn id_width(state: &State) -> u16 {
    let Some(collection) = &state.collection else { return 0 };
    let of_file = state.queries.iter().filter(|query| !is_own(collection, **query)).take(200);
    let ids = of_file.filter_map(|query| collection.queries.get(query.index()));
    // Those of one's own are long, and say nothing that one would look for.
    ids.map(|query| cells::width(&visible(&query.id))).max().map_or(WIDEST_ID, |width| width.min(WIDEST_ID))
        as u16
}

fn draw_row(pen: &mut Pen<'_>, row: Rect, query: QueryIdx, ids: u16, state: &State) {
    let Some(of_file) =
        state.collection.as_ref().and_then(|collection| collection.queries.get(query.index()))
    else {
        return;
    };
    let (sign, tone) = mark(pen, query, state);
    pen.say(row.x + 1, row.y, row.width.saturating_sub(1), sign, tone);
    if is_rejudging(state) {
        let stale = pen.signs().stale;
        pen.say(row.x + 2, row.y, row.width.saturating_sub(2).min(1), stale, Tone::Quiet);
    }
    let mut x = row.x + 3;
    let text = pen.style(Tone::Text);
    let room = ids.min(row.right().saturating_sub(x));
    let is_cut = cells::width(&visible(&of_file.id)) > usize::from(room);
    let own = is_cut && state.collection.as_ref().is_some_and(|collection| is_own(collection, query));
    pen.text(x, row.y, room, if own { OWN } else { &of_file.id }, text);
    x += ids + 1;
    let language = of_file.language.as_str();
    let tag = if language.len() > 2 && row.width < 30 {
        &language[..language.find('-').unwrap_or(language.len())]
    } else {
        language
    };
    let room = row.right().saturating_sub(x);
    // For an audience there is room for mark and identifier alone.
    if room >= LEAST_TEXT {
        let used = pen.say(x, row.y, room.min(7), tag, Tone::Quiet).max(2) + 1;
        let room = row.right().saturating_sub(x + used);
        pen.text(x + used, row.y, room, &of_file.text, text);
    }
    pen.hits.add(row, Target::Query(query));
    if state.query == Some(query) && state.typed.is_none() {
        pen.mark_row(row, if has_focus(state, Pane::Queries) { Tone::Cursor } else { Tone::Chosen });
    }
}

fn mark(pen: &Pen<'_>, query: QueryIdx, state: &State) -> (&'static str, Tone) {
    let signs = pen.signs();
    if state.is_blind() {
        return (" ", Tone::Quiet);
    }
    let judged = state.collection.as_ref().is_some_and(|collection| {
        collection
            .judgments
            .get(query.index())
            .is_some_and(|judgments| judgments.iter().any(|j| j.grade >= 0))
    });
    let row = state.snapshot.as_deref().and_then(|snapshot| row_of(snapshot, query));
    match query_mark(row) {
        QueryMark::NoGolds if judged && row.is_none() => (signs.waiting, Tone::Quiet),
        QueryMark::NoGolds => (signs.none, Tone::Quiet),
        QueryMark::Waiting => (signs.waiting, Tone::Quiet),
        QueryMark::Worst(fate) => state.look.fate(fate),
    }
}

/// Whether the signs are of the settings before.
fn is_rejudging(state: &State) -> bool {
    state.snapshot.as_ref().is_some_and(|snapshot| snapshot.status.rejudging.is_some())
}

/// The judged rows are in file order.
fn row_of(snapshot: &Snapshot, query: QueryIdx) -> Option<&crate::engine::QueryRow> {
    let at = snapshot.queries.binary_search_by_key(&query, |row| row.query).ok()?;
    snapshot.queries.get(at)
}
