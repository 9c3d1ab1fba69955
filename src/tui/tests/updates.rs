//! Keys and events in, state and effects out: every action of the table at least once.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::domain::{DocIdx, Fate, FirstStage, FusionMethod, LegId, QueryIdx, SecondStage};
use crate::engine::{Focus, GoldRow, Request, Snapshot, Stamp};
use crate::error::Error;
use crate::export::engines::Engine;
use crate::tui::actions::{self, ActionId, Place, action_for};
use crate::tui::hit::{Gesture, HitMap, Pointer, Target};
use crate::tui::knobs::Knob;
use crate::tui::layout::Detail;
use crate::tui::lines;
use crate::tui::message::{Effect, Message};
use crate::tui::picker::Pick;
use crate::tui::state::{Mode, Pane, State};
use crate::tui::update::update;
use crate::tui::view;

use super::fixture::{self, RICH, answer, blank, collection, key, press, showing};

fn state() -> State {
    showing(fixture::snapshot(), RICH, 120, 36)
}

fn last_request(effects: &[Effect]) -> Option<&Request> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Request(request) => Some(request),
        _ => None,
    })
}

fn control(c: char) -> Message {
    Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}

#[test]
fn opening_asks_for_the_first_query_and_the_picture_for_its_first_gold() {
    let mut state = blank(RICH, 120, 36);
    let effects = update(&mut state, Message::Opened(collection()));
    let request = last_request(&effects).expect("a request");
    assert_eq!((request.generation, &request.focus), (1, &Focus::Listed(QueryIdx(0))));
    assert_eq!(request.inspect, None);
    let effects = answer(&mut state, fixture::snapshot());
    let request = last_request(&effects).expect("a request for the explanation");
    assert_eq!(request.inspect, Some(DocIdx(0)), "the gold at rank 17, not the row at rank 1");
    assert_eq!(answer(&mut state, fixture::snapshot()), [], "an answer does not ask again");
}

/// A key that turns a knob: the knob moves at once and exactly one request carries it.
#[test]
fn knobs_turn_at_once_and_ask_once() {
    type Expected = fn(&Request) -> bool;
    let table: [(&str, Expected); 16] = [
        ("<Left>", |r| r.settings.alpha == 0.45),
        ("<Right>", |r| r.settings.alpha == 0.55),
        ("<", |r| r.settings.alpha == 0.49),
        (">", |r| r.settings.alpha == 0.51),
        ("[", |r| r.settings.candidates == 40),
        ("]", |r| r.settings.candidates == 60),
        ("{", |r| r.settings.candidates == 20),
        ("}", |r| r.settings.candidates == 100),
        ("-", |r| r.settings.deliver == 9),
        ("=", |r| r.settings.deliver == 11),
        ("f<Down><Enter>", |r| r.settings.fusion == FusionMethod::Convex),
        ("r<Down><Enter>", |r| r.settings.reranker == SecondStage::of("cross-encoder")),
        ("b", |r| r.settings.first == FirstStage::Only(LegId(0))),
        ("a.35<Enter>", |r| r.settings.alpha == 0.35),
        ("N63<Enter>", |r| r.settings.candidates == 63),
        ("d5<Enter>", |r| r.settings.deliver == 5),
    ];
    for (script, expected) in table {
        for pane in ["", "<Tab>", "<Tab><Tab>"] {
            let mut state = state();
            press(&mut state, pane);
            let generation = state.generation;
            let effects = press(&mut state, script);
            let request = last_request(&effects).expect(script);
            assert!(expected(request), "{script}: {:?}", request.settings);
            assert_eq!((request.generation, effects.len()), (generation + 1, 1), "{script}");
            assert_eq!(request.settings, state.settings);
            assert_eq!(state.mode, Mode::Browse);
            assert!(state.is_behind(), "the lists still answer the settings before");
        }
    }
}

#[test]
fn a_knob_at_its_end_asks_for_nothing() {
    let mut state = state();
    state.settings.alpha = 1.0;
    assert_eq!(press(&mut state, "<Right>"), []);
    state.settings.deliver = 1;
    assert_eq!(press(&mut state, "-"), []);
}

#[test]
fn reset_goes_back_to_the_start() {
    let mut state = state();
    press(&mut state, "<Left>]]=f<Down><Enter>r<Down><Enter>v<Tab><Right><Esc>");
    let effects = press(&mut state, "0");
    assert_eq!(last_request(&effects).map(|r| &r.settings), Some(&state.settings_at_start));
}

#[test]
fn a_wrong_number_stays_in_its_field_with_a_reason() {
    let mut state = state();
    assert_eq!(press(&mut state, "a1.5<Enter>"), []);
    assert_eq!(state.mode, Mode::Number(Knob::Alpha));
    assert!(state.notice.as_ref().is_some_and(|notice| notice.is_error && notice.text.contains("1.5")));
    press(&mut state, "<Esc>");
    assert_eq!((state.mode, state.settings.alpha), (Mode::Browse, 0.5));
}

#[test]
fn the_knob_bar_turns_the_focused_knob() {
    let mut state = state();
    press(&mut state, "<ShiftTab>");
    assert_eq!((state.pane, state.knob), (Pane::Knobs, Knob::Alpha));
    press(&mut state, "j");
    assert_eq!(state.knob, Knob::Candidates);
    let effects = press(&mut state, "<Right>");
    assert_eq!(last_request(&effects).map(|r| r.settings.candidates), Some(60));
    press(&mut state, "<Enter>");
    assert_eq!(state.mode, Mode::Number(Knob::Candidates));
    press(&mut state, "<Esc>jjj<Right>");
    assert_eq!((state.knob, state.settings.fusion), (Knob::Fusion, FusionMethod::Convex));
    press(&mut state, "<Enter>");
    assert_eq!(state.mode, Mode::Picking(Pick::Fusion));
}

#[test]
fn alpha_without_a_second_leg_says_why_nothing_happens() {
    let mut state = state();
    press(&mut state, "b<Right>");
    assert!(state.notice.as_ref().is_some_and(|notice| notice.text.contains("hybrid")));
}

#[test]
fn queries_step_from_anywhere_and_stop_at_the_ends() {
    for (script, query) in [
        ("j", 1),
        ("J", 1),
        ("<Tab>J", 1),
        ("<Tab><Tab>JJK", 1),
        ("K", 0),
        ("G", 9),
        ("Gj", 9),
        ("Gg", 0),
        ("<PgDn>", 9),
        ("<End><PgUp>", 0),
    ] {
        let mut state = state();
        press(&mut state, script);
        assert_eq!(state.query, Some(QueryIdx(query)), "{script}");
    }
    let mut state = state();
    let effects = press(&mut state, "j");
    let request = last_request(&effects).expect("a request");
    assert_eq!((&request.focus, request.inspect), (&Focus::Listed(QueryIdx(1)), None));
}

#[test]
fn rows_walk_in_the_focused_list() {
    // Rank 17 is passage 0; in the reranked list it stands first.
    for (script, doc) in [
        ("<Tab>k", 17),
        ("<Tab>j", 18),
        ("<Tab>g", 1),
        ("<Tab>gj", 2),
        ("<Tab><Tab>k", 0),
        ("<Tab><Tab>j", 1),
        ("<Tab><Tab>G", 50),
        ("<Tab>G", 60),
        ("<Tab>g<PgDn>", 14),
        ("<Tab>g<PgDn><PgUp>", 1),
    ] {
        let mut state = state();
        let effects = press(&mut state, script);
        assert_eq!(state.cursor.doc, Some(DocIdx(doc)), "{script}");
        let asked = last_request(&effects).and_then(|request| request.inspect);
        assert!(asked.is_none_or(|asked| asked == DocIdx(doc)), "{script}");
    }
}

#[test]
fn golds_are_jumped_to_around_the_ends_lost_ones_included() {
    let mut state = state();
    let seen: Vec<_> = (0..4)
        .map(|_| {
            press(&mut state, "n");
            state.cursor.doc.map(|doc| doc.0)
        })
        .collect();
    assert_eq!(seen, [Some(3), Some(60), Some(0), Some(3)]);
    press(&mut state, "pp");
    assert_eq!(state.cursor.doc, Some(DocIdx(60)));
    let mut none = showing(fixture::unjudged(), RICH, 120, 36);
    assert_eq!(press(&mut none, "n"), []);
    assert!(none.notice.is_some());
}

#[test]
fn lists_scroll_together_until_they_are_unlinked() {
    let mut state = state();
    press(&mut state, "<Tab>g<PgDn><PgDn>");
    assert!(state.scroll.first > 0);
    assert_eq!(state.scroll.first, state.scroll.reranked);
    press(&mut state, "n"); // beyond the cut, then round to the gold at rank 17, first when reranked
    press(&mut state, "nn");
    press(&mut state, "s");
    assert!(!state.linked);
    assert_eq!(state.cursor.doc, Some(DocIdx(0)));
    assert_eq!(state.scroll.reranked, 0, "each list follows its own row");
    assert!(state.scroll.first > 0);
}

#[test]
fn panes_are_gone_through_in_a_circle() {
    let mut state = state();
    let mut order = Vec::new();
    for _ in 0..5 {
        order.push(state.pane);
        press(&mut state, "<Tab>");
    }
    assert_eq!(order, [Pane::Queries, Pane::First, Pane::Reranked, Pane::Knobs, Pane::Queries]);
    let mut narrow = showing(fixture::snapshot(), RICH, 60, 20);
    press(&mut narrow, "<Tab><Tab>");
    assert!(narrow.layout().reranked.is_some() && narrow.layout().first.is_none());
    press(&mut narrow, "<Tab>");
    assert!(narrow.layout().reranked.is_some(), "the knob bar does not hide the list");
}

#[test]
fn a_query_is_searched_as_it_is_typed() {
    let mut state = state();
    assert_eq!(press(&mut state, "/"), []);
    let effects = press(&mut state, "re");
    let asked: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Request(request) => Some(request.focus.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [Focus::Typed("r".into()), Focus::Typed("re".into())]);
    press(&mut state, "q?/j0 ");
    assert_eq!(state.ask.value(), "req?/j0 ", "keys are text while one types");
    assert_eq!(press(&mut state, "<Enter>"), []);
    assert_eq!((state.mode, state.typed.as_deref()), (Mode::Browse, Some("req?/j0 ")));
    let effects = press(&mut state, "<Esc>");
    assert_eq!(last_request(&effects).map(|r| &r.focus), Some(&Focus::Listed(QueryIdx(0))));
    assert_eq!(state.typed, None);
}

#[test]
fn escape_from_the_ask_field_goes_back_to_the_listed_query() {
    let mut state = state();
    press(&mut state, "jj/abc");
    let effects = press(&mut state, "<Esc>");
    assert_eq!(last_request(&effects).map(|r| &r.focus), Some(&Focus::Listed(QueryIdx(2))));
    press(&mut state, "/");
    assert_eq!(press(&mut state, "<Esc>"), [], "nothing was typed, nothing is asked");
}

#[test]
fn an_emptied_field_shows_the_listed_query_again() {
    let mut state = state();
    press(&mut state, "/a");
    let effects = press(&mut state, "<Backspace>");
    assert_eq!(last_request(&effects).map(|r| &r.focus), Some(&Focus::Listed(QueryIdx(0))));
    assert_eq!(state.mode, Mode::Asking);
}

/// Trap: pasted text that is read as keys would quit, turn knobs, or submit at its first line end.
#[test]
fn a_paste_is_text_and_never_commands() {
    let mut state = state();
    let effects = update(&mut state, Message::Paste("q\nrm\t-rf\r\n\u{1b}[31m".into()));
    assert_eq!((state.mode, state.ask.value()), (Mode::Asking, "q rm -rf   [31m"));
    assert!(!effects.contains(&Effect::Quit));
    assert_eq!(effects.len(), 1, "one search for the whole paste");
    let mut filtering = self::state();
    press(&mut filtering, "F");
    update(&mut filtering, Message::Paste("q0\n3".into()));
    assert_eq!(filtering.filter.value(), "q0 3");
}

#[test]
fn the_filter_goes_by_id_language_and_text() {
    for (text, expected) in [
        ("q03", vec![2]),
        ("en", vec![1, 6, 9]),
        ("zh", vec![3]),
        ("REFUND", vec![1]),
        ("환불", vec![2]),
        ("none such", vec![]),
    ] {
        let mut state = state();
        press(&mut state, "F");
        press(&mut state, text);
        let left: Vec<u32> = state.queries.iter().map(|query| query.0).collect();
        if text == "en" {
            assert!(left.starts_with(&expected[..1]) && left.contains(&9), "{left:?}");
        } else {
            assert_eq!(left, expected, "{text}");
        }
        press(&mut state, "<Esc>");
        assert_eq!((state.queries.len(), state.mode), (10, Mode::Browse));
    }
    let mut kept = state();
    press(&mut kept, "Fq03<Enter>");
    assert_eq!((kept.query, kept.queries.len()), (Some(QueryIdx(2)), 1));
    press(&mut kept, "<Esc>");
    assert_eq!(kept.queries.len(), 10, "Esc clears a filter that was kept");
}

#[test]
fn overlays_open_scroll_and_close() {
    let mut state = showing(fixture::snapshot(), RICH, 80, 24);
    press(&mut state, "?");
    assert_eq!(state.mode, Mode::Help);
    press(&mut state, "jj");
    assert_eq!(state.overlay_scroll, 2);
    press(&mut state, "G");
    let end = state.overlay_scroll;
    press(&mut state, "j");
    assert_eq!(state.overlay_scroll, end, "the end is the end");
    press(&mut state, "g");
    assert_eq!(state.overlay_scroll, 0);
    assert_eq!(press(&mut state, "q"), [], "q closes an overlay and does not quit");
    assert_eq!(state.mode, Mode::Browse);
    press(&mut state, "<Tab><Enter>");
    assert_eq!(state.mode, Mode::Explaining);
    press(&mut state, "<Esc>");
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn enter_on_a_query_goes_to_its_list_and_escape_back() {
    let mut state = state();
    press(&mut state, "<Enter>");
    assert_eq!(state.pane, Pane::First);
    press(&mut state, "<Esc>");
    assert_eq!(state.pane, Pane::Queries);
}

#[test]
fn details_messages_and_mouse_switch() {
    let mut state = state();
    press(&mut state, "t");
    assert_eq!(state.detail, Detail::Golds);
    press(&mut state, "tt");
    assert_eq!(state.detail, Detail::Passage);
    press(&mut state, "!");
    assert!(state.messages);
    press(&mut state, "<Esc>");
    assert!(!state.messages);
    assert_eq!(press(&mut state, "M"), [Effect::CaptureMouse(false)]);
    assert_eq!(press(&mut state, "M"), [Effect::CaptureMouse(true)]);
    assert_eq!(update(&mut state, control('l')), [Effect::Repaint]);
    assert_eq!(update(&mut state, control('z')), [Effect::Suspend]);
}

#[test]
fn ways_out() {
    assert_eq!(press(&mut state(), "q"), [Effect::Quit]);
    assert_eq!(update(&mut state(), Message::Terminate), [Effect::Quit]);
    for script in ["", "/", "F", "a", "?", "<Tab><Enter>"] {
        let mut state = state();
        press(&mut state, script);
        assert_eq!(update(&mut state, control('c')), [Effect::Quit], "Ctrl-C after {script:?}");
    }
    let mut typing = state();
    press(&mut typing, "/");
    assert!(!press(&mut typing, "q").contains(&Effect::Quit));
}

#[test]
fn a_released_key_does_nothing() {
    let mut event = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    event.kind = KeyEventKind::Release;
    assert_eq!(update(&mut state(), Message::Key(event)), []);
    event.kind = KeyEventKind::Repeat;
    assert_eq!(update(&mut state(), Message::Key(event)), [Effect::Quit]);
}

fn stamped(generation: u64, revision: u64, verdict: &str) -> Message {
    let stamp = Stamp { generation, revision };
    Message::Snapshot(Arc::new(Snapshot { stamp, verdict: verdict.into(), ..fixture::snapshot() }))
}

/// Trap: a late answer to an older request that overwrites the newer one.
#[test]
fn only_a_greater_stamp_is_shown() {
    let mut state = state();
    let shows = |state: &State| state.snapshot.as_ref().map(|s| s.verdict.clone()).unwrap_or_default();
    update(&mut state, stamped(7, 2, "new"));
    update(&mut state, stamped(7, 1, "older revision"));
    update(&mut state, stamped(6, 9, "older generation"));
    update(&mut state, stamped(7, 2, "the same again"));
    assert_eq!(shows(&state), "new");
    update(&mut state, stamped(7, 3, "newer"));
    assert_eq!(shows(&state), "newer");
}

#[test]
fn the_cursor_stays_on_its_passage_when_the_lists_change() {
    let mut state = state();
    press(&mut state, "<Tab>gjj");
    assert_eq!(state.cursor.doc, Some(DocIdx(11)));
    let mut moved = fixture::snapshot();
    moved.focus.first.rotate_right(5);
    answer(&mut state, moved);
    assert_eq!((state.cursor.doc, state.cursor.place), (Some(DocIdx(11)), 7));
    let mut gone = fixture::snapshot();
    gone.focus.first.retain(|row| row.doc != DocIdx(11));
    let effects = answer(&mut state, gone);
    assert_eq!(state.cursor.place, 7, "the row that took its place");
    assert_eq!(last_request(&effects).and_then(|r| r.inspect), state.cursor.doc);
}

/// Trap: BM25 answers first and misses the gold; dense finds it a second later.
#[test]
fn a_cursor_that_nobody_moved_goes_to_the_gold_when_it_comes() {
    let mut early = fixture::snapshot();
    early.focus.golds.clear();
    let mut state = showing(early.clone(), RICH, 120, 36);
    assert_eq!(state.cursor.doc, Some(DocIdx(1)), "the first row, for want of a gold");
    answer(&mut state, fixture::snapshot());
    assert_eq!(state.cursor.doc, Some(DocIdx(0)));
    let mut moved = showing(early, RICH, 120, 36);
    press(&mut moved, "<Tab>j");
    answer(&mut moved, fixture::snapshot());
    assert_eq!(moved.cursor.doc, Some(DocIdx(2)), "where the user put it");
}

#[test]
fn an_error_before_the_collection_is_open_ends_the_screen_and_later_is_a_message() {
    let error = Error::input("no corpus.jsonl");
    let mut early = blank(RICH, 120, 36);
    assert_eq!(update(&mut early, Message::EngineFailed(error.clone())), [Effect::Fail(error.clone())]);
    let mut late = state();
    assert_eq!(update(&mut late, Message::EngineFailed(error)), []);
    assert!(late.notice.is_some_and(|notice| notice.is_error));
}

fn hits(state: &State) -> HitMap {
    let (width, height) = state.size;
    let mut hits = HitMap::default();
    let mut terminal =
        ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height)).expect("a test backend");
    terminal.draw(|frame| hits = view::draw(frame, state)).expect("a test backend cannot fail");
    hits
}

fn click(state: &mut State, target: Target) -> Vec<Effect> {
    let area = hits(state).area_of(target).expect("the target is on the screen");
    let (_, under) = hits(state).at(area.x, area.y).expect("something is there");
    assert_eq!(under, target, "what lies on top");
    update(state, Message::Pointer(Pointer { target, gesture: Gesture::Press, along: 0.0 }))
}

#[test]
fn the_mouse_selects_turns_and_scrolls() {
    let mut state = state();
    let effects = click(&mut state, Target::Query(QueryIdx(4)));
    assert_eq!(last_request(&effects).map(|r| &r.focus), Some(&Focus::Listed(QueryIdx(4))));
    let mut state = self::state();
    click(&mut state, Target::Row(Pane::First, DocIdx(2)));
    assert_eq!(state.scroll.first, 0, "a click does not move what one clicks on");
    click(&mut state, Target::Row(Pane::Reranked, DocIdx(2)));
    assert_eq!((state.pane, state.cursor.doc), (Pane::Reranked, Some(DocIdx(2))));
    click(&mut state, Target::Row(Pane::Reranked, DocIdx(2)));
    assert_eq!(state.mode, Mode::Explaining, "a second click explains");
    press(&mut state, "<Esc>");
    click(&mut state, Target::Gold(DocIdx(3)));
    assert_eq!(state.cursor.doc, Some(DocIdx(3)));
    click(&mut state, Target::Knob(Knob::Fusion));
    assert_eq!(state.mode, Mode::Picking(Pick::Fusion));
    click(&mut state, Target::Choice(1));
    assert_eq!((state.mode, state.settings.fusion), (Mode::Browse, FusionMethod::Convex));
    let slide =
        |along, gesture| Message::Pointer(Pointer { target: Target::Slider(Knob::Alpha), gesture, along });
    update(&mut state, slide(0.25, Gesture::Press));
    update(&mut state, slide(0.8, Gesture::Drag));
    assert_eq!(state.settings.alpha, 0.8);
    let wheel = Pointer { target: Target::Pane(Pane::First), gesture: Gesture::WheelDown, along: 0.0 };
    let before = state.cursor;
    update(&mut state, Message::Pointer(wheel));
    assert_eq!((state.scroll.first, state.cursor), (3, before), "the wheel leaves the cursor where it is");
}

/// Every action of the table answers to its first key at every place that it names.
#[test]
fn the_whole_table_is_reachable() {
    for action in actions::all() {
        for &place in action.places {
            for name in action.keys.iter().map(|key| key.name()) {
                assert!(!name.is_empty(), "{:?}", action.id);
            }
            let found = action.keys.iter().any(|chord| {
                action_for(&chord.event(), place, &actions::Keymap::default()) == Some(action.id)
            });
            assert!(found, "{:?} at {place:?}", action.id);
        }
    }
    assert_eq!(
        action_for(&KeyEvent::from(KeyCode::Enter), Place::Field, &actions::Keymap::default()),
        Some(ActionId::Accept)
    );
}

#[test]
fn resizing_keeps_the_cursor_in_sight() {
    let mut state = state();
    press(&mut state, "<Tab>g<PgDn><PgDn>");
    update(&mut state, Message::Resize(80, 24));
    let page = state.layout().page(Pane::First);
    assert!(state.cursor.place >= state.scroll.first && state.cursor.place < state.scroll.first + page);
    assert_eq!(update(&mut state, key(KeyCode::F(9))), []);
}

/// Trap: without the reranker every gold that is a candidate would wait for ever.
#[test]
fn a_second_stage_that_will_not_come_leaves_the_first_ones_fates() {
    let mut golds = fixture::reranking().focus.golds;
    let lost = |gold: &GoldRow| gold.first_fate.is_some_and(Fate::is_lost_before_rerank);
    assert!(golds.iter().any(lost) && !golds.iter().all(lost));
    for gold in &mut golds {
        assert_eq!(lines::known_fate(gold).is_some(), lost(gold));
        gold.awaits_rerank = false;
        assert_eq!(lines::known_fate(gold), gold.first_fate);
    }
}

/// Trap: x in the panel sets a knob back, and x in the help must not leave it.
#[test]
fn x_shows_the_setting_in_an_engines_terms() {
    let mut state = state();
    press(&mut state, "x");
    assert_eq!(state.mode, Mode::Snippet(Engine::OpenSearch));
    press(&mut state, "x");
    assert_eq!(state.mode, Mode::Snippet(Engine::Elasticsearch));
    let shown = super::screens::screen(&state);
    assert!(shown.contains("rank_constant") && shown.contains("Elasticsearch"), "{shown}");
    press(&mut state, "q");
    assert_eq!(state.mode, Mode::Browse);
    state.settings.fusion = FusionMethod::QdrantDbsf;
    press(&mut state, "x");
    assert!(super::screens::screen(&state).contains("dbsf"));
    press(&mut state, "q?x");
    assert_eq!(state.mode, Mode::Help);
}

/// Trap: beside a caption the list has four rows, and the gold that the caption speaks of was in none.
#[test]
fn what_was_lost_is_in_sight_in_the_smallest_list() {
    let view = fixture::snapshot().focus;
    for height in 3..12 {
        let window = lines::first_window(&view, height, 0, None);
        let golds = window.tail.iter().filter(|line| lines::tail_passage(&view, **line).is_some());
        assert!(golds.count() > 0 && !window.candidates.is_empty(), "{height}: {window:?}");
        assert!(window.candidates.len() + window.tail.len() <= height);
    }
}
