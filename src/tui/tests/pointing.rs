//! What the mouse finds where nothing but words seem to stand: the footer, texts and golds that go on below
//! their panes, axes, queries that are named beside a passage.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::domain::{DocIdx, QueryIdx};
use crate::tui::actions::{ActionId, Binding, Keymap};
use crate::tui::hit::{Gesture, HitMap, Pointer, Target};
use crate::tui::knobs::Knob;
use crate::tui::layout::{Detail, Plot};
use crate::tui::message::{Effect, Message};
use crate::tui::state::{Mode, Pane, State, View};
use crate::tui::tables::queries::{bin, sum};
use crate::tui::tables::{languages, passages};
use crate::tui::update::{moved, update};
use crate::tui::view;

use super::fixture::{self, RICH, answer, press, showing};
use super::screens::screen;
use super::tables::{full, settle};

fn hits(state: &State) -> HitMap {
    let mut hits = HitMap::default();
    let (width, height) = state.terminal_size();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| hits = view::draw(frame, state)).unwrap();
    hits
}

/// A gesture on the uppermost thing at a cell, as the program has it.
fn point_at(state: &mut State, x: u16, y: u16, gesture: Gesture) -> Vec<Effect> {
    let (area, target) = hits(state).at(x, y).expect("something is there");
    let along = crate::tui::hit::along(area, x);
    let effects = update(state, Message::Pointer(Pointer { target, gesture, along }));
    settle(state, effects)
}

/// The cell where these words begin, the lowest where they stand more than once.
fn cell_of(state: &State, words: &str) -> (u16, u16) {
    let frame = screen(state);
    let lines: Vec<&str> = frame.lines().collect();
    let found = lines.iter().enumerate().rev().find_map(|(y, line)| {
        let at = line.find(words)?;
        Some((unicode_width::UnicodeWidthStr::width(&line[..at]) as u16, y as u16))
    });
    found.unwrap_or_else(|| panic!("{words} is not in\n{frame}"))
}

fn click_on(state: &mut State, words: &str) -> Vec<Effect> {
    let (x, y) = cell_of(state, words);
    point_at(state, x, y, Gesture::Press)
}

fn tables(width: u16, height: u16) -> State {
    showing(full(0.02), RICH, width, height)
}

#[test]
fn the_footer_answers_to_the_mouse_also_under_an_overlay() {
    let mut state = tables(120, 40);
    click_on(&mut state, "v all knobs");
    assert!(state.panel, "the key");
    click_on(&mut state, "close");
    assert!(!state.panel, "the label, where it has one key");
    click_on(&mut state, "] N");
    assert_eq!(state.settings.candidates, 60, "the second key of a pair");
    let (x, y) = cell_of(&state, "1-6 view");
    point_at(&mut state, x + 2, y, Gesture::Press);
    assert_eq!(state.view, View::Passages, "the end of a run");
    press(&mut state, "?");
    click_on(&mut state, "Esc back");
    assert_eq!(state.mode, Mode::Browse);
}

/// Trap: a click that would be read as an answer about money.
#[test]
fn a_question_about_money_is_not_answered_by_a_click() {
    let mut state = showing(fixture::asking(1), RICH, 120, 40);
    assert_eq!(state.mode, Mode::Agreeing);
    assert_eq!(click_on(&mut state, "send and pay"), []);
    assert_eq!(state.mode, Mode::Agreeing);
}

#[test]
fn the_wheel_shows_the_rest_of_a_passage_and_of_the_golds() {
    let mut snapshot = fixture::snapshot();
    let gold = snapshot.focus.golds[0].clone();
    snapshot.focus.golds.extend((0..9).map(|nth| crate::engine::GoldRow {
        id: format!("more-{nth}").into(),
        doc: None,
        remedy: "".into(),
        ..gold.clone()
    }));
    let mut state = showing(snapshot.clone(), RICH, 80, 24);
    let whole = screen(&state);
    let (x, y) = cell_of(&state, "first #");
    for _ in 0..9 {
        point_at(&mut state, x, y - 1, Gesture::WheelDown);
    }
    let scrolled = screen(&state);
    assert_ne!(scrolled, whole, "the text goes on");
    let last = scrolled.lines().nth(usize::from(y) - 1).unwrap();
    let last: String = last.chars().skip(27).collect();
    assert!(last.chars().any(char::is_alphabetic), "no further than to its end: {scrolled}");
    point_at(&mut state, x, y - 1, Gesture::WheelUp);
    assert_ne!(
        screen(&state),
        scrolled,
        "one notch back is seen at once, however far one turned beyond the end"
    );
    press(&mut state, "J");
    assert_eq!(state.lines_above(DocIdx(0)), 0, "another passage begins at its beginning");

    let mut state = showing(snapshot, RICH, 80, 24);
    state.detail = Detail::Golds;
    assert!(!screen(&state).contains("more-8"));
    let (x, y) = cell_of(&state, &gold.id);
    for _ in 0..12 {
        point_at(&mut state, x, y, Gesture::WheelDown);
    }
    let end = screen(&state);
    assert!(end.contains("more-8") && !end.contains(" more │"), "{end}");
}

/// Trap: the gold under the cursor hidden behind "… 3 more".
#[test]
fn the_gold_under_the_cursor_is_in_sight() {
    let mut snapshot = fixture::snapshot();
    let last = snapshot.focus.golds.iter().find(|gold| gold.doc.is_some()).unwrap().clone();
    let others = (0..9).map(|nth| crate::engine::GoldRow {
        id: format!("more-{nth}").into(),
        doc: None,
        remedy: "".into(),
        ..last.clone()
    });
    snapshot.focus.golds = others.chain([last.clone()]).collect();
    let mut state = showing(snapshot.clone(), RICH, 80, 24);
    state.detail = Detail::Golds;
    state.cursor.doc = last.doc;
    let below = |frame: String| {
        frame
            .lines()
            .skip(14)
            .any(|line| line.contains(&*last.id) && line.contains("kept") | line.contains("rescued"))
    };
    assert!(below(screen(&state)), "{}", screen(&state));
    state.cursor.doc = None;
    assert!(!below(screen(&state)), "where it is not, the first come first");
}

#[test]
fn the_small_curve_sets_n_where_one_clicks() {
    let mut state = showing(fixture::snapshot(), RICH, 120, 40);
    let (x, y) = cell_of(&state, "fused .");
    let effects = point_at(&mut state, x + 9, y - 2, Gesture::Press);
    assert!(matches!(effects.as_slice(), [Effect::Request(_)]));
    let few = state.settings.candidates;
    point_at(&mut state, x + 24, y - 2, Gesture::Press);
    assert!(few < state.settings.candidates, "{few}, then {}", state.settings.candidates);
}

#[test]
fn a_query_named_beside_a_passage_opens_with_that_passage() {
    let mut state = tables(120, 40);
    let effects = press(&mut state, "6");
    settle(&mut state, effects);
    let doc = state.tables.passages.table.rows.iter().copied().find(|doc| {
        let counts = state.tables.passages.counts.as_ref().unwrap();
        counts.gold_for.get(doc).is_some_and(|queries| !queries.is_empty())
    });
    state.tables.passages.table.cursor = doc;
    state.cursor.doc = doc.map(|doc| DocIdx(doc.0 + 1));
    let queries = &state.tables.passages.counts.as_ref().unwrap().gold_for[&doc.unwrap()];
    let target = Target::QueryOf(queries[0], doc.unwrap());
    let area = hits(&state).area_of(target).expect("its line is on the screen");
    let wanted = queries[0];
    point_at(&mut state, area.x, area.y, Gesture::Press);
    assert_eq!((state.view, state.query, state.pane), (View::Query, Some(wanted), Pane::First));
    assert_eq!(state.cursor.doc, doc);
}

/// Every action on a key of its own that no sentence has by chance.
fn bound_otherwise() -> Keymap {
    let names: Vec<String> = {
        let mut names: Vec<String> = crate::tui::actions::all().map(|action| action.id.name()).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| name != "quit-always");
        names
    };
    let keys: Vec<Vec<String>> = (0..names.len()).map(|nth| vec![format!("f{}", nth + 100)]).collect();
    let bindings: Vec<Binding<'_>> =
        names.iter().zip(&keys).map(|(action, keys)| Binding { action, keys, line: 1 }).collect();
    Keymap::of(&bindings).expect("no two share one")
}

/// Trap: a sentence with the key of the table in it, for a person who has another.
#[test]
fn no_frame_names_a_key_that_was_given_away() {
    let ours = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
        words.filter(|word| ["Enter", "Esc", "Tab", "Del", "PgDn", "PgUp"].contains(word)).count()
    };
    let mut frames = Vec::new();
    let mut look = |mut state: State, deeds: &[ActionId]| {
        state.shelf.keys = bound_otherwise();
        for &deed in deeds {
            let effects = crate::tui::update::on_action(&mut state, deed);
            settle(&mut state, effects);
            frames.push(screen(&state));
            state.notice = None;
            frames.push(screen(&state));
        }
    };
    use ActionId as Id;
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let views = [
            Id::QueryView,
            Id::CollectionView,
            Id::CurvesView,
            Id::LanguagesView,
            Id::CompareView,
            Id::PassagesView,
        ];
        look(tables(width, height), &views);
        look(showing(fixture::unjudged(), RICH, width, height), &views);
        look(showing(fixture::without_second_stage(), RICH, width, height), &views);
        for deed in [
            Id::Ask,
            Id::Help,
            Id::Messages,
            Id::Palette,
            Id::Fusion,
            Id::Reranker,
            Id::Compare,
            Id::AllKnobs,
            Id::TypeCandidates,
            Id::SavePreset,
            Id::CommandLine,
            Id::Snippet,
            Id::Blind,
            Id::Pool,
            Id::Mark,
            Id::CopyText,
            Id::OpenSource,
            Id::Filter,
            Id::Picture,
        ] {
            look(tables(width, height), &[deed]);
        }
    }
    for frame in frames {
        assert_eq!(ours(&frame), 0, "{frame}");
    }
}

#[test]
fn a_new_answer_leaves_the_wheel_where_it_is() {
    let mut state = showing(fixture::snapshot(), RICH, 80, 24);
    let (x, y) = cell_of(&state, "first #");
    point_at(&mut state, x, y - 1, Gesture::WheelDown);
    let scrolled = state.scroll.passage;
    answer(&mut state, fixture::snapshot());
    assert_eq!(state.scroll.passage, scrolled);
}

/// The mouse moves to a cell, with no button held; whether anything came of it.
fn hover(state: &mut State, (x, y): (u16, u16)) -> bool {
    let Some(message) = moved(state, &hits(state), x, y) else { return false };
    assert_eq!(update(state, message), [], "nothing is asked of anybody");
    true
}

/// The cell of a plot so far along its axis, from 0 to 1.
fn on_axis(state: &State, is_it: impl Fn(Target) -> bool, along: f64) -> (u16, u16) {
    let (area, _) = hits(state).find(is_it).expect("its axis is on the screen");
    (area.x + (along * f64::from(area.width - 1)).round() as u16, area.y + 2)
}

fn on_sizes(of: Plot) -> impl Fn(Target) -> bool {
    move |target| matches!(target, Target::SizeAxis { plot, .. } if plot == of)
}

#[test]
fn values_are_read_where_the_mouse_is_and_nothing_is_turned() {
    let mut state = showing(fixture::tuned(), RICH, 200, 60);
    press(&mut state, "3");
    let (before, settings) = (screen(&state), state.settings.clone());
    let curve = state.snapshot.clone().unwrap().curve.clone();
    let place = on_axis(&state, on_sizes(Plot::Recall), 0.9);
    assert!(hover(&mut state, place));
    let n = state.read_size(Plot::Recall).expect("an N is read");
    let shown = screen(&state);
    let exact = crate::tui::widgets::cells::thousandths(f64::from(curve.fused[n - 1]));
    assert!(
        shown.contains(&format!("N       {n}")) && shown.contains(&format!("fused   {exact}")),
        "{shown}"
    );

    let place = on_axis(&state, |target| target == Target::AlphaAxis, 0.25);
    assert!(hover(&mut state, place));
    assert!(screen(&state).contains("α        .25"), "{}", screen(&state));
    assert_eq!(state.read_size(Plot::Recall), None, "one place at a time");

    let cell = Target::Cell { alpha: 4, candidates: 2 };
    let area = hits(&state).area_of(cell).expect("a cell");
    assert!(hover(&mut state, (area.x, area.y)));
    let tuning = state.snapshot.clone().unwrap().tuning.clone().unwrap();
    let heat = tuning.heat.as_ref().unwrap();
    let mean = heat.reranked[heat.index(0, 4, 2)].mean;
    let words = format!(
        "α {}, N {}: {}",
        crate::tui::knobs::share(heat.alphas[4]),
        heat.candidates[2],
        crate::tui::widgets::cells::thousandths(mean)
    );
    assert!(screen(&state).contains(&words), "{words}\n{}", screen(&state));

    assert!(hover(&mut state, (0, 0)), "away from the plots");
    assert_eq!((screen(&state), state.settings), (before, settings));
}

/// Trap: a frame for every report of a mouse that moves within one value, or over what has none.
#[test]
fn a_move_that_reads_nothing_new_draws_nothing() {
    let mut state = showing(fixture::tuned(), RICH, 200, 60);
    assert!(!hover(&mut state, (30, 10)), "over the lists");
    press(&mut state, "3");
    let (x, y) = on_axis(&state, on_sizes(Plot::Recall), 0.5);
    assert!(hover(&mut state, (x, y)));
    assert!(!hover(&mut state, (x, y + 1)), "the same N");
    assert!(hover(&mut state, (x + 1, y)), "another N");
    // On a logarithmic axis many columns are of few passages.
    let (x, y) = on_axis(&state, on_sizes(Plot::Recall), 0.0);
    assert!(hover(&mut state, (x, y)));
    assert!(!hover(&mut state, (x + 1, y)), "N 1, still");
    let area = hits(&state).area_of(Target::Cell { alpha: 3, candidates: 1 }).expect("a cell");
    assert!(hover(&mut state, (area.x, area.y)));
    assert!(!hover(&mut state, (area.x + 1, area.y)), "within a cell");
    assert!(hover(&mut state, (0, 0)));
    assert!(!hover(&mut state, (1, 0)), "nothing, still");
}

#[test]
fn what_the_mouse_reads_is_gone_with_a_key_a_click_and_another_size() {
    let gestures: [fn(&mut State); 3] = [
        |state| drop(press(state, "g")),
        |state| drop(click_on(state, "? help")),
        |state| drop(update(state, Message::Resize(200, 60))),
    ];
    for gesture in gestures {
        let mut state = showing(fixture::tuned(), RICH, 200, 60);
        press(&mut state, "3");
        let place = on_axis(&state, on_sizes(Plot::Recall), 0.5);
        hover(&mut state, place);
        assert!(state.hover.is_some());
        gesture(&mut state);
        assert_eq!(state.hover, None);
    }
}

/// Trap: what a candidate costs is known at a few sizes, and between them nothing is.
#[test]
fn the_cost_of_n_is_read_where_it_was_measured() {
    let mut state = showing(fixture::tuned(), RICH, 200, 60);
    press(&mut state, "3");
    let sizes: Vec<usize> = state.snapshot.as_ref().unwrap().affords.points.iter().map(|p| p.n).collect();
    for step in 0..=20 {
        let place = on_axis(&state, on_sizes(Plot::Budget), f64::from(step) / 20.0);
        hover(&mut state, place);
        let n = state.read_size(Plot::Budget).expect("an N is read");
        assert!(sizes.contains(&n), "{n} of {sizes:?}");
    }
}

#[test]
fn the_small_curve_is_read_too() {
    let mut state = showing(fixture::snapshot(), RICH, 120, 40);
    let (x, y) = cell_of(&state, "fused .");
    assert!(hover(&mut state, (x + 9, y - 2)));
    let n = state.read_size(Plot::Recall).expect("an N");
    let value = f64::from(state.snapshot.as_ref().unwrap().curve.fused[n - 1]);
    let shown = screen(&state);
    assert!(shown.contains(&format!("at N {n}")), "{shown}");
    assert!(shown.contains(&format!("fused {}", crate::tui::widgets::cells::share(value))), "{shown}");
    assert_eq!(state.settings.candidates, 50);
}

#[test]
fn the_crosshair_reads_by_key_and_turns_nothing_until_it_is_taken() {
    let mut state = showing(fixture::tuned(), RICH, 80, 24);
    press(&mut state, "3c<Right><Right><Up>");
    assert_eq!(state.read_size(Plot::Recall), Some(100), "from 54 to the next size that people try");
    assert!(screen(&state).contains("N       100"), "{}", screen(&state));
    assert_eq!(state.settings.candidates, 50);
    press(&mut state, "<Tab>");
    assert_eq!(state.read_alpha(), Some(0.5), "on the next plot, at the setting");
    press(&mut state, "<Left><Down>");
    assert_eq!((state.read_alpha(), state.settings.alpha), (Some(0.39), 0.5));
    let effects = press(&mut state, "<Enter>");
    assert!(matches!(effects.as_slice(), [Effect::Request(_)]) && state.settings.alpha == 0.39);
    // The keys of the curves hold beside it, but for the arrows.
    press(&mut state, "]");
    assert_eq!((state.settings.candidates, state.has_crosshair()), (60, true));
    press(&mut state, "<Esc><Right>");
    assert_eq!((state.view, state.crosshair), (View::Curves, None), "Esc backs out of it alone");
    assert_eq!(state.settings.alpha, 0.44, "and the arrows turn again");
    press(&mut state, "c2");
    assert_eq!(state.crosshair, None, "it stays with its view");
}

/// Trap: one that walks off the end of an axis.
#[test]
fn the_crosshair_stays_on_its_plot() {
    for plot in Plot::ALL {
        for key in ["<Left>", "<Right>", "<Up>", "<Down>"] {
            let mut state = showing(fixture::tuned(), RICH, 120, 40);
            state.plot = plot;
            press(&mut state, "3c");
            assert!(state.crosshair.is_some_and(|spot| spot.plot() == plot), "{plot:?}");
            press(&mut state, &key.repeat(150));
            let (end, shown) = (state.crosshair, screen(&state));
            press(&mut state, key);
            assert_eq!((state.crosshair, screen(&state)), (end, shown), "{plot:?} {key}");
        }
    }
}

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

#[test]
fn the_keys_of_a_tour_answer_to_the_mouse() {
    let mut state = super::scenarios::touring();
    assert_eq!(state.tour.as_ref().unwrap().at(), 1);
    click_on(&mut state, "back");
    assert_eq!(state.tour.as_ref().unwrap().at(), 0, "{}", screen(&state));
    click_on(&mut state, "Space");
    assert_eq!(state.tour.as_ref().unwrap().at(), 1, "a key, too");
    click_on(&mut state, "leave");
    assert!(state.tour.is_none());
}

/// Trap: the name of a tour in the place of the keys that go through it.
#[test]
fn a_small_screen_still_says_how_a_tour_goes_on() {
    for (width, says) in [(60, true), (80, true), (40, false)] {
        let mut state = super::scenarios::touring();
        update(&mut state, Message::Resize(width, 24));
        let shown = screen(&state);
        assert_eq!(shown.contains("next  ← back  q leave"), says, "{shown}");
        assert!(shown.contains("2 of 3"), "{shown}");
    }
}

/// Trap: the row that was clicked moves to the middle, and the next click there is on another one.
#[test]
fn no_row_of_the_panel_or_of_a_list_moves_away_under_the_mouse() {
    let mut state = tables(80, 24);
    press(&mut state, "v");
    for step in 0..40 {
        let all = hits(&state);
        let rows =
            state.knobs().into_iter().filter_map(|knob| Some((knob, all.area_of(Target::Slider(knob))?)));
        let rows: Vec<_> = rows.filter(|(_, area)| area.y < 20).collect();
        let (knob, area) = rows[step % rows.len()];
        point_at(&mut state, area.x + 1, area.y, Gesture::Press);
        let now = hits(&state).area_of(Target::Slider(knob));
        assert_eq!((state.knob, now.map(|now| now.y)), (knob, Some(area.y)));
        press(&mut state, ["", "j", "k"][step % 3]);
    }
    press(&mut state, "vC");
    let line = |state: &State, at| hits(state).area_of(Target::Choice(at)).map(|area| area.y);
    let last = (0..40).rev().find(|&at| line(&state, at).is_some()).expect("plans");
    let before = line(&state, last);
    assert!(line(&state, last + 1).is_none());
    let area = hits(&state).area_of(Target::Choice(last)).unwrap();
    point_at(&mut state, area.x + 1, area.y, Gesture::Press);
    assert_eq!(line(&state, last), before);
    press(&mut state, &"<Down>".repeat(last + 1));
    assert!(line(&state, last + 1).is_some(), "keys go on to what is below");
}

/// Trap: a key in a title that something drawn later lies over.
#[test]
fn every_key_that_can_be_clicked_lies_above_what_is_around_it() {
    let mut seen = std::collections::BTreeSet::new();
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        for script in [
            "",
            "<Tab>",
            "<Tab><Tab>",
            "v",
            "2",
            "3",
            "3<Tab><Tab>",
            "4",
            "4<Tab>",
            "5",
            "P5]",
            "6",
            "6<Tab>",
        ] {
            let mut state = showing(fixture::tuned(), RICH, width, height);
            answer(&mut state, full(0.02));
            let effects = press(&mut state, script);
            settle(&mut state, effects);
            let hits = hits(&state);
            for (area, target) in hits.all().filter(|(area, _)| !area.is_empty()) {
                if let Target::Act(action) = target {
                    let above = hits.at(area.x, area.y).map(|(_, target)| target);
                    assert_eq!(above, Some(target), "{width}x{height} {script:?}\n{}", screen(&state));
                    seen.insert(action.name());
                }
            }
        }
    }
    for name in ["detail", "other-tab", "matrix-leg", "next-plot", "knob-default", "take-best", "next-pane"] {
        assert!(seen.contains(name), "{name} is not among {seen:?}");
    }
}

#[test]
fn a_key_named_in_a_title_or_a_sentence_is_pressed_by_a_click() {
    let mut state = tables(80, 24);
    press(&mut state, "4");
    click_on(&mut state, "  Tab ");
    assert!(state.other_tab, "the other room");
    press(&mut state, "4");
    let (x, y) = cell_of(&state, "recall@50  h");
    point_at(&mut state, x + 11, y, Gesture::Press);
    assert_eq!(state.tables.languages.matrix, 1);
    press(&mut state, "1v");
    click_on(&mut state, " closes");
    assert!(!state.panel);
    // Beside an open list a key of the view does what it does there: nothing.
    press(&mut state, "4f");
    let found = hits(&state).find(|target| target == Target::Act(ActionId::MatrixLeg));
    if let Some((area, _)) = found {
        point_at(&mut state, area.x, area.y, Gesture::Press);
        assert_eq!(state.tables.languages.matrix, 1);
    }
}

/// Trap: a plan with a long name, and no slider left to turn by.
#[test]
fn the_sliders_stay_where_a_plan_has_a_long_name() {
    let mut state = tables(80, 24);
    state.settings.reranker = "late-interaction > cross-encoder@20".parse().unwrap();
    let track = hits(&state).area_of(Target::Slider(Knob::Candidates)).expect("a slider");
    point_at(&mut state, track.x, track.y, Gesture::Press);
    assert_eq!(state.settings.candidates, 1);
    let shown = screen(&state);
    assert!(shown.contains("late interaction > cross") && shown.contains('…'), "{shown}");
}
