//! The views that are tables: what stands in them, and what keys and mouse do.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::{DocIdx, Fate, Language, QueryIdx, Settings};
use crate::engine::languages::{Cell, LanguageReport, ModelText, Proportion, TextRow};
use crate::engine::{
    Appearance, Appearances, LanguageRow, Means, ProbablePositive, RerankedMeans, Snapshot, Study,
};
use crate::judge::{Cut, Gain, LegPair, Metric, MetricKind, Metrics, QueryScores, Signals};
use crate::tui::behind::Job;
use crate::tui::hit::{Gesture, Pointer, Target};
use crate::tui::message::{Effect, Message};
use crate::tui::state::{Mode, Pane, State, View};
use crate::tui::tables::changes::ChangeColumn;
use crate::tui::tables::passages::PassageColumn;
use crate::tui::tables::queries::{QueryColumn, sum};
use crate::tui::update::update;

use super::fixture::{self, PLAIN, RICH, answer, press, showing};
use super::screens::{check, screen};

const NDCG: Metric = Metric::new(MetricKind::Ndcg(Gain::Linear), Some(10));
const RECALL: Metric = Metric::new(MetricKind::Recall, Some(50));

/// The picture with everything that the tables show; each query is better than the one before by `step`.
pub fn full(step: f64) -> Snapshot {
    let mut snapshot = fixture::snapshot();
    let metrics = |nth: f64| Metrics {
        recall: (0.1 * nth).min(1.0),
        success: 1.0,
        precision5: 0.2,
        ndcg10: 0.05 * nth,
        rr10: 0.5,
        ap: 0.3,
    };
    let mut rows = (*snapshot.queries).clone();
    for (nth, row) in rows.iter_mut().enumerate() {
        let first = metrics(nth as f64);
        let reranked = Metrics { ndcg10: first.ndcg10 + step * nth as f64, ..first };
        let ceiling = Metrics { ndcg10: 0.95, ..first };
        (row.first, row.reranked, row.ceiling) = (Some(first), Some(reranked), Some(ceiling));
        let after = [reranked.ndcg10, reranked.recall];
        let ceilings = [Some(0.95), None];
        row.scores =
            Some(QueryScores::from_values(&[first.ndcg10, first.recall], Some(&after), &ceilings, 200));
        for gold in &mut row.golds {
            let lost = gold.fate.is_some_and(Fate::is_lost_before_rerank);
            gold.first_fate = gold.fate;
            gold.reranked = (!lost).then_some(1 + nth as u32);
            gold.fused = match gold.fate {
                Some(Fate::NeverRetrieved) => None,
                Some(Fate::CutAtN | Fate::LostInFusion) => Some(60 + nth as u32),
                _ => Some(10 + nth as u32),
            };
        }
    }
    snapshot.queries = Arc::new(rows);
    snapshot.tuning = fixture::tuned().tuning;
    snapshot.metrics = vec![NDCG, RECALL].into();
    snapshot.languages = languages();
    snapshot.language_report = Arc::new(report());
    snapshot.focus.signals = Some(signals(0.4));
    snapshot.study = Some(Arc::new(Study {
        signals: vec![Some(signals(0.4)); 9],
        mean_signals: Some(signals(0.3)),
        signal_legs: snapshot.ran.iter().collect(),
        probable_positives: vec![vec![ProbablePositive {
            doc: DocIdx(1),
            first: Some(1),
            reranked: Some(2),
            gold: DocIdx(0),
            similarity: 0.92,
            contained: false,
        }]],
        whys: vec![Vec::new(); 9],
        ..Study::default()
    }));
    snapshot
}

fn signals(share: f64) -> Signals {
    Signals {
        origins: Some([0.6, 0.2, 0.1, 0.05, 0.05]),
        rerank_tau: Some(share),
        mean_movement: Some(7.5),
        replaced: Some(share),
        cut: Cut { gap: Some(0.02), flatness: Some(0.7) },
        legs: vec![LegPair {
            a: 0,
            b: 1,
            jaccard_k: Some(share),
            jaccard_n: Some(share),
            rbo: Some(share),
            tau: None,
        }],
    }
}

fn languages() -> Vec<LanguageRow> {
    let metrics = |recall, precision5| Metrics { recall, precision5, ..Metrics::ZERO };
    [("de", 0.9, 0.3, 0.5), ("en", 0.97, 0.4, 0.6), ("ja", 0.58, 0.2, 0.24), ("ko", 0.93, 0.3, 0.28)]
        .map(|(language, recall, before, after)| {
            let both = RerankedMeans {
                queries: 2,
                first: metrics(recall, before),
                reranked: metrics(recall, after),
                ceiling: metrics(recall, 0.7),
            };
            let means = Means { queries: 2, first: both.first, ceiling: both.ceiling, reranked: Some(both) };
            LanguageRow { language: Language::new(language), means, by_metric: Vec::new() }
        })
        .into()
}

fn report() -> LanguageReport {
    let text = |language: &str, passages, truncated| TextRow {
        language: Language::new(language),
        passages,
        terms_per_char: Some(0.21),
        unknown_terms: Some(0.25),
        model: Some(ModelText { tokens_per_char: 0.5, truncated, unknown: 0.0 }),
    };
    let cell = |query: &str, gold: &str, found, golds| Cell {
        query: Language::new(query),
        gold: Language::new(gold),
        golds,
        blind: 0,
        fused: Proportion::new(found, golds),
        legs: vec![Some(Proportion::new(found / 2, golds)), None],
    };
    LanguageReport {
        texts: vec![text("de", 1, 0.0), text("en", 60, 0.02), text("ja", 1, 0.0), text("th", 1, 0.0)],
        cells: vec![
            cell("de", "de", 2, 2),
            cell("en", "en", 9, 10),
            cell("en", "ja", 1, 4),
            cell("ja", "en", 0, 3),
            cell("ja", "ja", 7, 12),
        ],
        macro_first: None,
        macro_reranked: None,
    }
}

fn state(width: u16, height: u16) -> State {
    showing(full(0.02), RICH, width, height)
}

/// Does what was left to be done behind the screen, and what follows from it.
pub fn settle(state: &mut State, effects: Vec<Effect>) -> Vec<Effect> {
    let mut left = Vec::new();
    for effect in effects {
        match effect {
            Effect::Behind(job) => {
                let outcome = job.run(|| false).expect("nobody interrupts it");
                let after = update(state, Message::Done(outcome));
                left.extend(settle(state, after));
            }
            other => left.push(other),
        }
    }
    left
}

fn pressed(state: &mut State, script: &str) -> Vec<Effect> {
    let effects = press(state, script);
    settle(state, effects)
}

fn point(state: &mut State, target: Target, gesture: Gesture) -> Vec<Effect> {
    let effects = update(state, Message::Pointer(Pointer { target, gesture, along: 0.0 }));
    settle(state, effects)
}

/// Trap: the weakest language so far, kept when the other leg has come and it is the weakest no more.
#[test]
fn the_cursor_stays_at_the_top_until_somebody_moves_it() {
    let mut table =
        crate::tui::tables::Table::sorted_by(crate::tui::tables::languages::LanguageColumn::Recall);
    table.take(vec![1, 2, 3], 10);
    table.take(vec![3, 1, 2], 10);
    assert_eq!((table.cursor, table.place), (Some(3), 0));
    crate::tui::tables::Walk::walk(&mut table, crate::tui::actions::ActionId::Down, 10);
    table.take(vec![1, 2, 3], 10);
    assert_eq!((table.cursor, table.place), (Some(1), 0), "on its row, once it was put there");
}

/// Pins A, turns N up, and lets the engine answer with other numbers.
fn comparing(state: &mut State) {
    pressed(state, "P5]");
    let mut snapshot = full(0.04);
    snapshot.settings = state.settings.clone();
    // The engine measures recall at the N of the setting.
    snapshot.metrics = vec![NDCG, Metric::new(MetricKind::Recall, Some(60))].into();
    let rows = Arc::make_mut(&mut snapshot.queries);
    (rows[2].golds[0].fate, rows[2].golds[0].reranked) = (Some(Fate::Rescued), Some(3));
    let effects = answer(state, snapshot);
    settle(state, effects);
}

#[test]
fn every_table_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        for (key, name) in [("2", "collection"), ("4", "languages"), ("6", "passages")] {
            let mut state = state(width, height);
            pressed(&mut state, key);
            check(&format!("{name}_{width}x{height}"), &state);
        }
        let mut state = state(width, height);
        comparing(&mut state);
        check(&format!("compare_{width}x{height}"), &state);
    }
}

/// Trap: a pane that is empty for a reason, and does not say which.
#[test]
fn empty_tables_say_what_to_do() {
    let mut unjudged = showing(fixture::unjudged(), RICH, 120, 40);
    for (key, words) in [
        ("2", "none of these is judged"),
        ("4", "Languages stand here once"),
        ("5", "No judgments in this collection"),
        ("6", "gold for 9"),
    ] {
        pressed(&mut unjudged, key);
        assert!(screen(&unjudged).contains(words), "{key}: {}", screen(&unjudged));
    }
    let mut state = state(120, 40);
    pressed(&mut state, "5");
    assert!(screen(&state).contains("P pins the setting"));
    pressed(&mut state, "P");
    assert!(screen(&state).contains("A and B are the same setting"));
    pressed(&mut state, "2Fzzzz<Enter>");
    assert!(screen(&state).contains("No query passes the filter"));
    pressed(&mut state, "<Esc>6Fzzzz<Enter>");
    assert!(screen(&state).contains("No passage matches"));
}

#[test]
fn the_worst_query_stands_first_and_columns_sort() {
    let mut state = state(120, 40);
    pressed(&mut state, "2");
    let rows = |state: &State| state.tables.queries.table.rows.clone();
    assert_eq!(rows(&state)[0], QueryIdx(3), "never retrieved");
    assert_eq!(rows(&state)[9], QueryIdx(9), "the query without judgments stands last");
    pressed(&mut state, "s");
    assert_eq!(state.tables.queries.table.sort, QueryColumn::Id);
    assert_eq!(rows(&state)[0], QueryIdx(0));
    pressed(&mut state, "R");
    assert_eq!((rows(&state)[0], rows(&state)[9]), (QueryIdx(9), QueryIdx(0)));
    pressed(&mut state, "S");
    assert_eq!(state.tables.queries.table.sort, QueryColumn::Fate);
    // By nDCG@10 of the first stage: the unjudged one has none and stays last, either way round.
    point(&mut state, Target::Heading(6), Gesture::Press);
    assert_eq!((rows(&state)[0], rows(&state)[9]), (QueryIdx(0), QueryIdx(9)));
    point(&mut state, Target::Heading(6), Gesture::Press);
    assert_eq!((rows(&state)[0], rows(&state)[9]), (QueryIdx(8), QueryIdx(9)));
}

/// Trap: a table that says "worst first" and opens in its middle, where the query stands that is shown.
#[test]
fn the_worst_queries_are_in_sight_first_and_the_shown_one_at_the_edge() {
    let mut state = state(80, 18);
    pressed(&mut state, "JJJJJJJ2");
    let table = |state: &State| state.tables.queries.table.clone();
    let page = state.table_page();
    let place = table(&state).place;
    assert_eq!((state.query, table(&state).cursor), (Some(QueryIdx(7)), Some(QueryIdx(7))));
    assert!(place >= page, "{place} is below a page of {page}");
    let shown = screen(&state);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[3].contains("q04"), "the worst first\n{shown}");
    assert!(lines[1 + page].contains(&format!("{} rows between", place - (page - 2))), "{shown}");
    assert!(lines[2 + page].contains("q08"), "the shown one at the edge\n{shown}");
    // New pictures leave the top in sight; the first step goes on from the query.
    let effects = answer(&mut state, full(0.03));
    settle(&mut state, effects);
    assert_eq!(table(&state).scroll, 0);
    pressed(&mut state, "j");
    assert_eq!(table(&state).place, place + 1);
    assert!(table(&state).scroll > 0 && table(&state).out_of_sight(page).is_none());
    // From then on the table goes with the query, also from view to view.
    let worst = table(&state).rows[0];
    pressed(&mut state, "g");
    assert_eq!((state.query, table(&state).scroll), (Some(worst), 0));
    pressed(&mut state, "1JJJJ2");
    assert!(table(&state).out_of_sight(page).is_none() && table(&state).scroll > 0, "{}", screen(&state));
    pressed(&mut state, "s");
    assert_eq!((table(&state).scroll, table(&state).cursor), (0, state.query), "another order, from its top");
    pressed(&mut state, "J");
    assert!(table(&state).out_of_sight(page).is_none(), "the next query is gone to");
}

/// Trap: rows under a row that stands at the edge, which nobody ever sees.
#[test]
fn the_wheel_leaves_the_cursor_at_the_edge_and_every_row_can_be_seen() {
    let mut state = state(80, 18);
    pressed(&mut state, "2G");
    let page = state.table_page();
    let last = state.tables.queries.table.rows.len() - 1;
    point(&mut state, Target::Table, Gesture::WheelUp);
    point(&mut state, Target::Table, Gesture::WheelUp);
    let scroll = state.tables.queries.table.scroll;
    assert_eq!(scroll, 0);
    let effects = answer(&mut state, full(0.03));
    settle(&mut state, effects);
    assert_eq!(state.tables.queries.table.scroll, 0, "an answer leaves the wheel where it is");
    // The row at the edge is the row: a click opens it.
    assert!(screen(&state).lines().nth(2 + page).unwrap().contains("q10"), "{}", screen(&state));
    point(&mut state, Target::Line(last), Gesture::Press);
    assert_eq!((state.view, state.query), (View::Query, Some(QueryIdx(9))));
    pressed(&mut state, "2g");
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        let shown = screen(&state);
        seen.extend((1..=10).filter(|nth| shown.contains(&format!(" q{nth:02} "))));
        point(&mut state, Target::Table, Gesture::WheelDown);
    }
    assert_eq!(seen.len(), 10, "{seen:?}");
    assert!(screen(&state).lines().nth(3).unwrap().contains("q04"), "the cursor, above\n{}", screen(&state));
}

#[test]
fn the_row_under_the_cursor_is_the_query_and_its_place_is_kept() {
    let mut state = state(120, 40);
    let effects = pressed(&mut state, "2<Down><Down>");
    let query = state.query.expect("a query");
    assert_eq!(state.tables.queries.table.cursor, Some(query));
    assert!(matches!(effects.last(), Some(Effect::Request(_))), "its golds are asked for");
    pressed(&mut state, "<Enter>");
    assert_eq!((state.view, state.query), (View::Query, Some(query)));
    pressed(&mut state, "J2");
    assert_eq!(state.tables.queries.table.cursor, state.query, "the table follows the query view");
    pressed(&mut state, "4<Down>6");
    pressed(&mut state, "G254");
    assert_eq!(state.tables.languages.table.place, 1);
    pressed(&mut state, "6");
    assert_eq!(state.tables.passages.table.cursor, Some(DocIdx(69)));
}

#[test]
fn fates_narrow_the_collection_by_key_and_by_click() {
    let mut state = state(120, 40);
    pressed(&mut state, "2t");
    assert_eq!(state.filter.value(), "fate:lost");
    assert_eq!(BTreeSet::from_iter(state.queries.clone()), BTreeSet::from([2, 3, 6].map(QueryIdx)));
    pressed(&mut state, "t");
    assert_eq!((state.filter.value(), &*state.queries), ("fate:never", &[QueryIdx(3)][..]));
    pressed(&mut state, "<Esc>");
    assert_eq!((state.filter.value(), state.queries.len()), ("", 10));
    point(&mut state, Target::FateCount(Fate::CutAtN), Gesture::Press);
    assert_eq!(state.queries, [QueryIdx(2)]);
    point(&mut state, Target::FateCount(Fate::CutAtN), Gesture::Press);
    assert_eq!(state.queries.len(), 10, "a second click lets all through again");
    pressed(&mut state, "Flang:ja<Enter>");
    assert_eq!(state.queries, [QueryIdx(0)]);
}

#[test]
fn the_strip_adds_up_what_is_marked_and_else_what_is_shown() {
    let mut state = state(120, 40);
    pressed(&mut state, "2");
    let all = sum(&state);
    assert_eq!((all.queries, all.judged, all.golds, all.probable_positives), (10, 9, 9, 1));
    let recall = all.first.expect("metrics").recall;
    assert!((recall - 0.4).abs() < 1e-9, "{recall}");
    assert_eq!(all.first_ranks.iter().sum::<usize>(), 9);
    assert_eq!(all.first_ranks[9], 1, "one is in no list");
    pressed(&mut state, "g.");
    let marked = sum(&state);
    assert!(marked.marked && marked.queries == 1);
    assert!((marked.first.expect("metrics").recall - 0.3).abs() < 1e-9, "the worst query alone");
    pressed(&mut state, ".");
    assert_eq!(sum(&state), all);
}

#[test]
fn the_weakest_language_stands_first_and_opens_its_queries() {
    let mut state = state(120, 40);
    pressed(&mut state, "4");
    assert!(screen(&state).contains("╭─ ja ─"), "{}", screen(&state));
    pressed(&mut state, "h");
    assert_eq!(state.tables.languages.matrix, 1);
    assert!(screen(&state).contains("by bm25"));
    pressed(&mut state, "<Enter>");
    assert_eq!((state.view, &*state.queries), (View::Collection, &[QueryIdx(0)][..]));
    assert_eq!(state.filter.value(), "lang:ja");
}

#[test]
fn where_not_both_rooms_fit_tab_changes_between_them() {
    let mut state = state(80, 24);
    pressed(&mut state, "4");
    assert!(!screen(&state).contains("Query by gold"));
    pressed(&mut state, "<Tab>");
    assert!(state.other_tab && screen(&state).contains("Query by gold"));
}

#[test]
fn a_pinned_setting_is_compared_with_the_present_one() {
    let mut state = state(120, 40);
    comparing(&mut state);
    let changes = &state.tables.changes;
    let comparison = changes.comparison.clone().expect("a comparison");
    assert_eq!((comparison.queries, comparison.changed.len()), (9, 8), "the first gains nothing");
    assert_eq!(changes.table.rows[0], QueryIdx(8), "the greatest change first");
    assert_eq!(comparison.golds.len(), 1, "one gold has another fate");
    let ndcg = comparison.metrics.iter().find(|paired| paired.metric == "nDCG@10").expect("tested");
    assert_eq!((ndcg.wins, ndcg.losses, ndcg.ties), (8, 0, 1));
    assert!(ndcg.p_holm.is_some() && comparison.exploratory);
    assert!(screen(&state).contains("exploratory"));
    // Its tests are not begun again by a picture of the same rows.
    let again =
        Snapshot { queries: Arc::clone(&state.snapshot.clone().expect("shown").queries), ..full(0.0) };
    let metrics = state.snapshot.clone().expect("shown").metrics.clone();
    let again = Snapshot { settings: state.settings.clone(), metrics, ..again };
    assert!(!answer(&mut state, again).iter().any(|effect| matches!(effect, Effect::Behind(_))));
    pressed(&mut state, "c");
    assert_eq!(state.tables.changes.comparison.as_ref().and_then(|c| c.by), Some(RECALL));
    pressed(&mut state, "cs");
    assert_eq!(state.tables.changes.table.sort, ChangeColumn::Gain);
    pressed(&mut state, "g<Enter>");
    assert_eq!((state.view, state.query), (View::Query, Some(QueryIdx(8))));
    let effects = pressed(&mut state, "5A");
    assert_eq!(state.settings, Settings::default());
    assert!(matches!(effects.last(), Some(Effect::Request(request)) if request.settings.candidates == 50));
    pressed(&mut state, "<Del>");
    assert!(state.tables.changes.pinned.is_none() && state.tables.changes.comparison.is_none());
}

/// Trap: the tests of an old comparison that come late must not be shown as those of the new one.
#[test]
fn tests_that_come_late_are_not_taken_for_the_newest() {
    let mut state = state(120, 40);
    pressed(&mut state, "P5]");
    let settings = state.settings.clone();
    let job = |state: &mut State, step| -> Job {
        let effects = answer(state, Snapshot { settings: settings.clone(), ..full(step) });
        let jobs = effects.into_iter().filter_map(|effect| match effect {
            Effect::Behind(job) => Some(job),
            _ => None,
        });
        jobs.last().expect("a job")
    };
    let old = job(&mut state, 0.04);
    let new = job(&mut state, 0.01);
    for job in [new, old] {
        let outcome = job.run(|| false).expect("nobody interrupts it");
        update(&mut state, Message::Done(outcome));
    }
    let comparison = state.tables.changes.comparison.clone().expect("a comparison");
    assert!(comparison.metrics[0].difference < 0.0, "{:?}", comparison.metrics[0]);
    let outcome = job(&mut state, 0.05).run(|| true);
    assert!(outcome.is_none(), "what nobody wants ends early");
}

#[test]
fn passages_are_counted_sorted_searched_and_read() {
    let mut state = state(120, 40);
    let effects = pressed(&mut state, "6");
    let table = |state: &State| state.tables.passages.table.clone();
    assert_eq!((table(&state).rows.len(), table(&state).cursor), (70, Some(DocIdx(0))));
    let traced = effects
        .iter()
        .any(|effect| matches!(effect, Effect::Request(request) if request.trace == Some(DocIdx(0))));
    assert!(traced, "which queries return it is asked for");
    let counts = state.tables.passages.counts.clone().expect("counted");
    assert_eq!((counts.golds(DocIdx(0)), counts.golds(DocIdx(1))), (9, 0));
    let mut found = full(0.02);
    let appearance = Appearance { query: QueryIdx(4), first: 7, reranked: Some(2) };
    found.appearances = Some(Arc::new(Appearances { doc: DocIdx(0), queries: vec![appearance] }));
    answer(&mut state, found);
    assert!(screen(&state).contains("7 → 2"), "{}", screen(&state));
    // Gold for most stands last in the columns: sorted by it, the two golds come first.
    pressed(&mut state, "S");
    assert_eq!(table(&state).sort, PassageColumn::Golds);
    assert_eq!(table(&state).rows[..2], [DocIdx(0), DocIdx(3)]);
    pressed(&mut state, "Fis:truncated lang:en<Enter>");
    assert!(table(&state).rows.iter().all(|doc| doc.0 % 10 == 9) && !table(&state).rows.is_empty());
    pressed(&mut state, "<Enter>");
    assert_eq!(state.mode, Mode::Reading);
    pressed(&mut state, "<Esc><Esc>");
    assert_eq!((state.mode, state.view, table(&state).rows.len()), (Mode::Browse, View::Passages, 70));
    pressed(&mut state, "<Esc>");
    assert_eq!(state.view, View::Query);
}

#[test]
fn rows_answer_to_the_mouse() {
    let mut state = state(120, 40);
    pressed(&mut state, "2");
    let third = state.tables.queries.table.rows[2];
    point(&mut state, Target::Line(2), Gesture::Press);
    assert_eq!((state.query, state.view), (Some(third), View::Collection));
    point(&mut state, Target::Line(2), Gesture::Press);
    assert_eq!(state.view, View::Query, "a second click opens it");
    pressed(&mut state, "6");
    point(&mut state, Target::Table, Gesture::WheelDown);
    let table = &state.tables.passages.table;
    assert_eq!((table.scroll, table.cursor), (3, Some(DocIdx(0))), "the wheel leaves the cursor");
}

/// Trap: a jump that stays in one query, though the next lost gold is in another.
#[test]
fn lost_golds_are_jumped_to_across_queries() {
    let mut state = state(120, 40);
    pressed(&mut state, "L");
    assert_eq!((state.pane, state.cursor.doc), (Pane::First, Some(DocIdx(3))), "cut at N, in this query");
    pressed(&mut state, "L");
    assert_eq!(state.cursor.doc, Some(DocIdx(60)), "never retrieved");
    let effects = pressed(&mut state, "L");
    assert_eq!(state.query, Some(QueryIdx(2)), "the next query with a lost gold");
    assert!(matches!(effects.last(), Some(Effect::Request(_))));
    let mut there = full(0.02);
    there.focus.focus = crate::engine::Focus::Listed(QueryIdx(2));
    answer(&mut state, there.clone());
    assert_eq!(state.cursor.doc, Some(DocIdx(3)), "and its first lost gold");
    pressed(&mut state, "H");
    assert_eq!(state.query, Some(QueryIdx(6)), "backwards, around the end");
    there.focus.focus = crate::engine::Focus::Listed(QueryIdx(6));
    answer(&mut state, there);
    assert_eq!(state.cursor.doc, Some(DocIdx(60)), "and its last lost gold");
}

#[test]
fn two_passages_are_held_side_by_side() {
    let mut state = state(120, 40);
    pressed(&mut state, "<Tab>gc");
    assert_eq!(state.held, state.cursor.doc);
    pressed(&mut state, "jc");
    assert_eq!(state.mode, Mode::SideBySide);
    check("side_by_side_120x40", &state);
    pressed(&mut state, "<Esc>kc");
    assert_eq!((state.mode, state.held), (Mode::Browse, None), "the same row again lets it go");
}

#[test]
fn everything_below_the_cut_is_asked_for() {
    let mut state = state(120, 40);
    let effects = pressed(&mut state, "E");
    assert!(matches!(effects.last(), Some(Effect::Request(request)) if request.whole));
    let effects = pressed(&mut state, "E");
    assert!(matches!(effects.last(), Some(Effect::Request(request)) if !request.whole));
}

/// Trap: a sign that is not ASCII would be drawn two cells wide.
#[test]
fn tables_are_drawn_in_ascii() {
    let mut state = showing(full(0.02), PLAIN, 120, 40);
    for script in ["2", "4", "6", "P5]", "1<Tab>gcjc"] {
        pressed(&mut state, script);
        let shown = screen(&state);
        let sign =
            |c: &char| matches!(c, '\u{b0}'..='\u{bf}' | '\u{d7}' | '\u{2010}'..='\u{2b4f}') || *c == 'α';
        let found: String = shown.chars().filter(sign).collect();
        assert_eq!(found, "", "after {script:?}\n{shown}");
    }
}

/// Trap: the key said that lines are left long, and they stayed as they were; what was scrolled aside in one
/// text was still so in the next.
#[test]
fn the_reader_leaves_long_lines_long() {
    let mut state = showing(full(0.02), RICH, 80, 24);
    pressed(&mut state, "6");
    pressed(&mut state, "<Down><Enter>");
    assert_eq!(state.mode, Mode::Reading);
    let lines = |state: &State| crate::tui::view::overlay_text(state);
    let wrapped = lines(&state);
    pressed(&mut state, "w");
    let long = lines(&state);
    assert!(long.len() < wrapped.len(), "{long:?}");
    assert!(long.iter().any(|line| line.chars().count() > 80), "{long:?}");
    let before = screen(&state);
    pressed(&mut state, "<Right>");
    assert_ne!(screen(&state), before, "it scrolls aside");
    pressed(&mut state, "<Esc>?");
    assert!(screen(&state).contains("Move"), "{}", screen(&state));
    pressed(&mut state, "w");
    assert!(fixture::notice(&state).contains("always wrapped"));
}
