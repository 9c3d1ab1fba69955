//! The views that are tables: walking, sorting, opening a row, and keeping the rows up to date with what
//! the engine says.

use tui_input::Input;

use crate::domain::Fate;

use super::super::actions::ActionId;
use super::super::filter::{Filter, Span, has, with, written};
use super::super::message::Effect;
use super::super::state::{State, View};
use super::super::tables;
use super::super::tables::languages::LanguageKey;
use super::{compare, passages, queries, show};

/// Makes the rows of the shown table anew.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    let page = state.table_page();
    match state.view {
        View::Query | View::Curves => Vec::new(),
        View::Collection => {
            // Fates and ranks change with every turn of a knob, and with them what the filter lets through.
            if Filter::of(state.filter.value()).follows_the_lists() {
                state.queries = queries::filtered(state);
            }
            let rows = tables::queries::ordered(state);
            let table = &mut state.tables.queries.table;
            // The cursor is the query that is shown, so that one is never lost on the way to its lists.
            (table.cursor, table.chosen) = (state.query, state.query.is_some());
            table.take(rows, page);
            Vec::new()
        }
        View::Languages => {
            let rows = tables::languages::ordered(state);
            state.tables.languages.table.take(rows, page);
            Vec::new()
        }
        View::Compare => compare::refresh(state),
        View::Passages => passages::refresh(state),
    }
}

pub fn on_action(state: &mut State, action: ActionId) -> Vec<Effect> {
    use ActionId as Id;
    match action {
        Id::SortNext | Id::SortPrevious | Id::SortReverse => {
            let Some(table) = state.tables.of(state.view) else { return Vec::new() };
            match action {
                Id::SortNext => table.sort_by_next(1),
                Id::SortPrevious => table.sort_by_next(-1),
                _ => table.reverse(),
            }
            sorted(state)
        }
        Id::OpenRow => open(state),
        Id::OtherTab => {
            state.other_tab = !state.other_tab;
            Vec::new()
        }
        Id::NextFate => next_fate(state),
        Id::MarkQuery => {
            let table = &mut state.tables.queries;
            if let Some(query) = table.table.cursor
                && !table.marked.remove(&query)
            {
                table.marked.insert(query);
            }
            Vec::new()
        }
        Id::MatrixLeg => {
            let lists = 1 + state.legs.len();
            state.tables.languages.matrix = (state.tables.languages.matrix + 1) % lists;
            Vec::new()
        }
        _ => compare::on_action(state, action),
    }
}

/// Sorts by the column whose head was clicked.
pub fn sort_by(state: &mut State, column: usize) -> Vec<Effect> {
    if let Some(table) = state.tables.of(state.view) {
        table.sort_by(column);
    }
    sorted(state)
}

fn sorted(state: &mut State) -> Vec<Effect> {
    if let Some(table) = state.tables.of(state.view) {
        let order = table.order();
        state.say(order);
    }
    refresh(state)
}

pub fn walk(state: &mut State, action: ActionId) -> Vec<Effect> {
    let page = state.table_page();
    if let Some(table) = state.tables.of(state.view) {
        table.walk(action, page);
    }
    moved(state)
}

/// A row was clicked; clicked again, it opens.
pub fn click(state: &mut State, place: usize) -> Vec<Effect> {
    let page = state.table_page();
    let again = state.tables.of(state.view).is_some_and(|table| table.click(place, page));
    let mut effects = moved(state);
    if again {
        effects.extend(open(state));
    }
    effects
}

pub fn wheel(state: &mut State, by: isize) {
    let page = state.table_page();
    if let Some(table) = state.tables.of(state.view) {
        table.wheel(by, page);
    }
}

/// Goes to the query that has come to be shown.
pub fn follow(state: &mut State) -> Vec<Effect> {
    let effects = refresh(state);
    state.tables.queries.table.follows = true;
    keep_in_sight(state);
    effects
}

pub fn keep_in_sight(state: &mut State) {
    let page = state.table_page();
    if let Some(table) = state.tables.of(state.view) {
        table.keep_in_sight(page);
    }
}

/// What follows the cursor.
fn moved(state: &mut State) -> Vec<Effect> {
    match state.view {
        View::Collection => match state.tables.queries.table.cursor {
            Some(query) => queries::show(state, query),
            None => Vec::new(),
        },
        View::Passages => passages::moved(state),
        _ => Vec::new(),
    }
}

fn open(state: &mut State) -> Vec<Effect> {
    match state.view {
        View::Query | View::Curves => Vec::new(),
        View::Collection => {
            let cursor = state.tables.queries.table.cursor;
            let mut effects = cursor.map_or_else(Vec::new, |query| queries::show(state, query));
            effects.extend(show(state, View::Query));
            effects
        }
        View::Languages => {
            let key = state.tables.languages.table.cursor;
            let snapshot = state.snapshot.clone();
            let lines = snapshot.as_deref().map(tables::languages::lines).unwrap_or_default();
            let Some(line) = key.and_then(|key| lines.get(key)) else { return Vec::new() };
            if line.means.is_none() {
                state.say(format!("no judged query is in {}", line.language));
                return Vec::new();
            }
            let mut effects = queries::filter_by(state, &format!("lang:{}", line.language));
            effects.extend(show(state, View::Collection));
            effects
        }
        View::Compare => compare::open(state),
        View::Passages => passages::open(state),
    }
}

/// Fates that the filter goes through, the worst first; `lost` is any of those before the reranker.
const FATES: [&str; 7] = ["lost", "never", "cut", "demoted", "not", "rescued", "kept"];

fn next_fate(state: &mut State) -> Vec<Effect> {
    let filter = Filter::of(state.filter.value());
    let at = filter.fate.as_deref().and_then(|fate| FATES.iter().position(|&other| other == fate));
    let next = match (at, filter.fate.is_some()) {
        (Some(at), _) => FATES.get(at + 1),
        (None, true) => None,
        (None, false) => FATES.first(),
    };
    let words = with(state.filter.value(), "fate", next.copied());
    let effects = queries::filter_by(state, &words);
    let shown = state.queries.len();
    state.say(match next {
        Some(fate) => {
            let key = state.key(ActionId::NextFate);
            format!("{shown} queries with fate:{fate}; {key} goes on to the next fate")
        }
        None => "queries of every fate".to_owned(),
    });
    effects
}

/// Only the queries of which a gold has this fate.
pub fn only(state: &mut State, fate: Fate) -> Vec<Effect> {
    let filter = Filter::of(state.filter.value());
    let name = written(fate);
    let fate = (filter.fate.as_deref() != Some(&*name)).then_some(&*name);
    let words = with(state.filter.value(), "fate", fate);
    queries::filter_by(state, &words)
}

/// Only the queries of which a gold has a rank of this bin; all again where it was so already.
pub fn only_ranks(state: &mut State, bin: usize, reranked: bool) -> Vec<Effect> {
    let filter = Filter::of(state.filter.value());
    let (key, now) = if reranked { ("reranked", filter.reranked) } else { ("first", filter.first) };
    let ranks = tables::queries::bin_span(bin);
    let again = now == Some(Span::of(&ranks));
    let words = with(state.filter.value(), key, (!again).then_some(&*ranks));
    let effects = queries::filter_by(state, &words);
    let list = if reranked { "reranked list" } else { "first stage's list" };
    let at = match &*ranks {
        "none" => format!("that is not in the {list}"),
        ranks => format!("at rank {ranks} of the {list}"),
    };
    state.say(if again {
        format!("whatever rank their golds have in the {list}")
    } else {
        only_those(state, &format!("with a gold {at}"))
    });
    effects
}

/// The queries in one language with golds in another, in their table.
pub fn only_languages(
    state: &mut State,
    query: Option<LanguageKey>,
    gold: Option<LanguageKey>,
) -> Vec<Effect> {
    let Some(snapshot) = state.snapshot.clone() else { return Vec::new() };
    let lines = tables::languages::lines(&snapshot);
    let tag = |key: Option<LanguageKey>| Some(lines.get(key?)?.language.as_str());
    let (query, gold) = (tag(query), tag(gold));
    // Of zh not zh-Hant, too.
    let is_begun = |tag: &str| {
        lines.iter().any(|line| line.language.as_str() != tag && line.language.as_str().starts_with(tag))
    };
    let exactly = |tag: &str| if is_begun(tag) { format!("={tag}") } else { tag.to_owned() };
    let words = with(&with("", "lang", query.map(exactly).as_deref()), "gold", gold.map(exactly).as_deref());
    let mut effects = queries::filter_by(state, &words);
    effects.extend(show(state, View::Collection));
    let query = query.map_or(String::new(), |tag| format!("in {tag} "));
    let gold = gold.map_or(String::new(), |tag| format!("with golds in {tag}"));
    let those = format!("{query}{gold}");
    state.say(only_those(state, those.trim_end()));
    effects
}

fn only_those(state: &State, those: &str) -> String {
    let shown = state.queries.len();
    let queries = if shown == 1 { "query" } else { "queries" };
    format!("{shown} {queries} {those}; {} lets all through", state.key(ActionId::Back))
}

/// Only the passages of a length, or with a mark; all again where it was so already.
pub fn only_passages(state: &mut State, key: &str, value: &str) -> Vec<Effect> {
    let search = state.tables.passages.search.value();
    let again = has(search, key, value);
    let words = with(search, key, (!again).then_some(value));
    state.tables.passages.search = Input::new(words);
    if !again {
        let back = state.key(ActionId::Back);
        state.say(format!("passages with {key}:{value}; {back}, or the same click, lets all through"));
    }
    refresh(state)
}
