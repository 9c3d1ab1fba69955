//! Clicks that narrow a table to what they are on: a bar of a histogram, a count, two languages.

use crate::domain::QueryIdx;
use crate::tui::hit::{Gesture, Target};
use crate::tui::state::{State, View};
use crate::tui::tables::queries::{bin, sum};
use crate::tui::tables::{languages, passages};

use super::fixture::{answer, press};
use super::pointing::{hits, point_at, tables};
use super::screens::screen;
use super::tables::{full, settle};

#[test]
fn a_bar_of_ranks_shows_the_queries_that_it_counts() {
    let mut state = tables(120, 60);
    press(&mut state, "2");
    let first = sum(&state).first_ranks;
    assert_eq!(first[9], 1, "one is in no list");
    let click = |state: &mut State, bin, reranked| {
        let area = hits(state).area_of(Target::RankBin { bin, reranked }).expect("its bar is there");
        point_at(state, area.x + 1, area.y, Gesture::Press);
    };
    click(&mut state, 9, false);
    assert_eq!((state.filter.value(), &*state.queries), ("first:none", &[QueryIdx(3)][..]));
    assert!(screen(&state).contains("1 query with a gold that is not in the first stage's list; Esc lets"));
    // Another bar takes its place, also one that counts nothing now.
    let deep = bin(Some(60));
    click(&mut state, deep, false);
    assert_eq!((state.filter.value(), &*state.queries), ("first:51-100", &[QueryIdx(2), QueryIdx(6)][..]));
    click(&mut state, 1, true);
    assert_eq!(state.filter.value(), "first:51-100 reranked:2-3");
    assert_eq!(state.queries, [], "they never reached the reranker");
    click(&mut state, 1, true);
    click(&mut state, deep, false);
    assert_eq!((state.filter.value(), state.queries.len()), ("", 10), "the same click again: all");
    click(&mut state, deep, false);
    press(&mut state, "<Esc>");
    assert_eq!((state.filter.value(), state.queries.len(), state.view), ("", 10, View::Collection));
}

/// Trap: a filter by rank that stays with the ranks of before, when a knob has moved the golds.
#[test]
fn a_filter_by_rank_goes_with_the_knobs() {
    let mut state = tables(120, 40);
    press(&mut state, "2Ffirst:51-100<Enter>");
    assert_eq!(state.queries, [QueryIdx(2), QueryIdx(6)]);
    let mut snapshot = full(0.02);
    std::sync::Arc::make_mut(&mut snapshot.queries)[6].golds[0].fused = Some(7);
    answer(&mut state, snapshot);
    assert_eq!(state.queries, [QueryIdx(2)]);
}

#[test]
fn a_bar_of_lengths_and_a_count_show_their_passages() {
    let mut state = tables(120, 40);
    let effects = press(&mut state, "6");
    settle(&mut state, effects);
    let rows = |state: &State| state.tables.passages.table.rows.len();
    let counts = state.tables.passages.counts.clone().unwrap();
    let lengths = passages::lengths(&counts, &state.tables.passages.table.rows);
    let click = |state: &mut State, target| {
        let area = hits(state).area_of(target).expect("it is there");
        point_at(state, area.x + 1, area.y, Gesture::Press);
    };
    for bin in [1, 2] {
        assert!(lengths[bin] > 0);
        click(&mut state, Target::LengthBin(bin));
        assert_eq!(rows(&state), lengths[bin], "{}", state.tables.passages.search.value());
    }
    assert!(screen(&state).contains("chars:101-200"));
    click(&mut state, Target::LengthBin(2));
    assert_eq!((rows(&state), state.tables.passages.search.value()), (70, ""));
    click(&mut state, Target::LengthBin(7));
    assert_eq!((lengths[7], rows(&state)), (0, 0));
    click(&mut state, Target::LengthBin(7));
    assert_eq!(rows(&state), 70, "what is empty is left by the same click");
    click(&mut state, Target::Flag("gold"));
    assert_eq!(rows(&state), counts.gold_for.len());
    press(&mut state, "<Esc>");
    assert_eq!(state.tables.passages.search.value(), "");
}

#[test]
fn two_languages_of_the_matrix_show_their_queries() {
    let mut state = tables(120, 40);
    press(&mut state, "4");
    // Queries in English with golds in Japanese.
    let lines = languages::lines(state.snapshot.as_deref().unwrap());
    let key = |tag: &str| lines.iter().position(|line| line.language.as_str() == tag);
    let (english, japanese) = (key("en"), key("ja"));
    let all = hits(&state);
    let cell = |query, gold| all.area_of(Target::Languages { query, gold });
    let area = cell(english, japanese).expect("a cell");
    assert!(cell(japanese, key("th")).is_none(), "there is no such gold");
    let of_its_own = cell(english, english).expect("a cell");
    let (row, column) = (cell(japanese, None).expect("a row"), cell(None, japanese).expect("a column"));
    point_at(&mut state, area.x, area.y, Gesture::Press);
    assert_eq!((state.view, state.filter.value()), (View::Collection, "lang:en gold:ja"));
    // In the fixture the gold of every judged query is Japanese, and the last English one has none.
    assert_eq!(state.queries, [QueryIdx(1), QueryIdx(6)]);
    assert!(screen(&state).contains("2 queries in en with golds in ja; Esc lets all through"));
    press(&mut state, "<Esc>");
    assert_eq!((state.view, state.queries.len()), (View::Collection, 10));
    let of_all = [(row, "lang:ja", 1), (column, "gold:ja", 9), (of_its_own, "lang:en gold:en", 0)];
    for (area, filter, queries) in of_all {
        press(&mut state, "4");
        point_at(&mut state, area.x, area.y, Gesture::Press);
        assert_eq!((state.view, state.filter.value()), (View::Collection, filter));
        assert_eq!(state.queries.len(), queries, "{filter}");
    }
}
