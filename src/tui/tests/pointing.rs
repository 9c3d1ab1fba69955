//! What the mouse finds where nothing but words seem to stand: the footer, texts and golds that go on below
//! their panes, axes, queries that are named beside a passage.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::domain::DocIdx;
use crate::tui::actions::{ActionId, Binding, Keymap};
use crate::tui::hit::{Gesture, HitMap, Pointer, Target};
use crate::tui::knobs::Knob;
use crate::tui::layout::Detail;
use crate::tui::message::{Effect, Message};
use crate::tui::state::{Mode, Pane, State, View};
use crate::tui::update::update;
use crate::tui::view;

use super::fixture::{self, RICH, answer, press, showing};
use super::screens::screen;
use super::tables::{full, settle};

pub fn hits(state: &State) -> HitMap {
    let mut hits = HitMap::default();
    let (width, height) = state.terminal_size();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| hits = view::draw(frame, state)).unwrap();
    hits
}

/// A gesture on the uppermost thing at a cell, as the program has it.
pub fn point_at(state: &mut State, x: u16, y: u16, gesture: Gesture) -> Vec<Effect> {
    let (area, target) = hits(state).at(x, y).expect("something is there");
    let along = crate::tui::hit::along(area, x);
    let effects = update(state, Message::Pointer(Pointer { target, gesture, along }));
    settle(state, effects)
}

/// The cell where these words begin, the lowest where they stand more than once.
pub fn cell_of(state: &State, words: &str) -> (u16, u16) {
    let frame = screen(state);
    let lines: Vec<&str> = frame.lines().collect();
    let found = lines.iter().enumerate().rev().find_map(|(y, line)| {
        let at = line.find(words)?;
        Some((unicode_width::UnicodeWidthStr::width(&line[..at]) as u16, y as u16))
    });
    found.unwrap_or_else(|| panic!("{words} is not in\n{frame}"))
}

pub fn click_on(state: &mut State, words: &str) -> Vec<Effect> {
    let (x, y) = cell_of(state, words);
    point_at(state, x, y, Gesture::Press)
}

pub fn tables(width: u16, height: u16) -> State {
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
    let mut state = tables(200, 60);
    press(&mut state, "4f");
    let found = hits(&state).find(|target| target == Target::Act(ActionId::MatrixLeg));
    let (area, _) = found.expect("the key in the title");
    point_at(&mut state, area.x, area.y, Gesture::Press);
    assert_eq!(state.tables.languages.matrix, 0);
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
