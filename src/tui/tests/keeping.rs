//! Presets, the palette, what is written and copied, finding, the pool: keys in, state and effects out.

use crate::config::user::Preset;
use crate::corpus::MarkedQuery;
use crate::domain::{FirstStage, FusionMethod, LegId, QueryIdx};
use crate::error::Error;
use crate::tui::message::{Effect, Kept, Message, Writing};
use crate::tui::picker::Pick;
use crate::tui::state::{Mode, State};
use crate::tui::update::update;
use crate::tui::{Files, Options, Restored};

use super::fixture::{self, PLAIN, RICH, answer, blank, collection, notice, press, showing};
use super::screens::{check, screen};

fn state() -> State {
    showing(fixture::snapshot(), RICH, 120, 40)
}

fn copied(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn a_preset_is_tried_as_the_cursor_moves_and_esc_leaves_what_was() {
    let mut state = state();
    press(&mut state, "]");
    let before = state.settings.clone();
    press(&mut state, "O");
    assert_eq!(state.mode, Mode::Picking(Pick::Preset));
    press(&mut state, "dense");
    assert_eq!((state.settings.first, state.settings.candidates), (FirstStage::Only(LegId(1)), 60));
    press(&mut state, "<Esc>");
    assert_eq!(state.settings, before);
    press(&mut state, "Oweaviate<Enter>");
    assert_eq!((state.settings.fusion, state.settings.alpha), (FusionMethod::WeaviateRelative, 0.75));
    assert_eq!((state.mode, notice(&state)), (Mode::Browse, "preset: Weaviate relative score"));
    press(&mut state, "u");
    assert_eq!(state.settings, before, "one gesture");
    press(&mut state, "Oas installed<Enter>");
    assert_eq!(state.settings, crate::domain::Settings::default());
}

/// Trap: a name was typed into a field that was drawn nowhere.
#[test]
fn what_is_typed_is_seen() {
    let mut state = showing(fixture::snapshot(), RICH, 40, 12);
    press(&mut state, "Wqzx");
    assert!(screen(&state).contains("qzx"), "{}", screen(&state));
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        for key in ["W", "/", "F", ":", "O", "f", "r", "C", "<CtrlT>"] {
            let mut state = showing(fixture::snapshot(), RICH, width, height);
            press(&mut state, key);
            press(&mut state, "qzx");
            assert!(screen(&state).contains("qzx"), "{key} at {width}x{height}\n{}", screen(&state));
        }
        for key in ["N", "a", "d"] {
            let mut state = showing(fixture::snapshot(), RICH, width, height);
            press(&mut state, key);
            press(&mut state, "987");
            assert!(screen(&state).contains("987"), "{key} at {width}x{height}\n{}", screen(&state));
        }
    }
}

#[test]
fn settings_are_kept_under_a_name_and_chosen_again() {
    let mut state = state();
    press(&mut state, "]W");
    assert_eq!(state.mode, Mode::Naming);
    let effects = press(&mut state, "my q<Enter>");
    let settings = Box::new(state.settings.clone());
    assert_eq!(effects, [Effect::Write(Writing::Preset { name: "my q".into(), settings })]);
    let patch = crate::config::Patch { n: Some(33), ..Default::default() };
    let mine = Preset { name: "my q".into(), words: "your own".into(), patch, whole: true };
    let kept = Kept { words: "kept".into(), presets: Some(vec![mine]) };
    update(&mut state, Message::Kept(Ok(kept)));
    assert_eq!(notice(&state), "kept");
    press(&mut state, "O<Enter>");
    assert_eq!(state.settings.candidates, 33);
    press(&mut state, "W<Enter>");
    assert_eq!(state.mode, Mode::Browse, "no name, no preset");
    press(&mut state, "Wbm25 only<Enter>");
    assert!(state.mode == Mode::Naming && notice(&state).contains("of the program"));
    press(&mut state, "<Esc>");
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn w_writes_the_settings_and_says_what_went_wrong() {
    let mut state = state();
    press(&mut state, "]");
    let effects = press(&mut state, "w");
    assert_eq!(effects, [Effect::Write(Writing::Settings(Box::new(state.settings.clone())))]);
    update(&mut state, Message::Kept(Err(Error::input("no space left"))));
    assert!(state.notice.as_ref().is_some_and(|notice| notice.is_error && notice.text == "no space left"));
}

#[test]
fn y_shows_and_copies_the_command_line() {
    let mut state = state();
    state.files = Files { arguments: vec!["my corpus".into()], ..Files::default() };
    let effects = press(&mut state, "]<Right>y");
    assert_eq!(copied(&effects), Some("rankscope 'my corpus' --query q01 --alpha 0.55 -n 60"));
    assert_eq!(state.mode, Mode::CommandLine);
    check("command_line_120x40", &state);
    press(&mut state, "q");
    assert_eq!(state.mode, Mode::Browse);
    press(&mut state, "/late refund<Enter>");
    let effects = press(&mut state, "y");
    assert!(copied(&effects).is_some_and(|line| line.contains("--ask 'late refund'")));
}

#[test]
fn the_passage_under_the_cursor_is_copied_and_opened() {
    let mut state = state();
    press(&mut state, "<Tab>g");
    let doc = state.cursor.doc.unwrap();
    let passage = collection().passage(doc).clone();
    assert_eq!(copied(&press(&mut state, "I")), Some(&*passage.id));
    assert_eq!(copied(&press(&mut state, "Y")), Some(&*passage.indexed_text()));
    assert!(notice(&state).contains(&passage.id));
    let effects = press(&mut state, "o");
    assert!(matches!(&effects[..], [Effect::Edit(_, opened)] if *opened == doc));
    state.cursor.doc = None;
    assert_eq!(press(&mut state, "oIY"), []);
}

#[test]
fn the_palette_runs_actions_and_sets_knobs() {
    let mut state = state();
    press(&mut state, ":");
    assert_eq!(state.mode, Mode::Picking(Pick::Command));
    check("palette_120x40", &state);
    let effects = press(&mut state, "n 80<Enter>");
    assert!(matches!(&effects[..], [Effect::Request(request)] if request.settings.candidates == 80));
    press(&mut state, ":undo<Enter>");
    assert_eq!(state.settings.candidates, 50);
    press(&mut state, ":curves<Enter>");
    assert_eq!(state.view, crate::tui::state::View::Curves);
    press(&mut state, "1:alpha 7<Enter>");
    assert!(notice(&state).contains("not \"7\""), "{}", notice(&state));
    press(&mut state, ":qqqq<Enter>");
    assert_eq!(state.mode, Mode::Picking(Pick::Command), "nothing matches, nothing is done");
    press(&mut state, "<Esc>");
    assert_eq!(press(&mut state, ":quit<Enter>"), [Effect::Quit]);
}

#[test]
fn overlays_at_other_sizes() {
    for (width, height) in [(80, 24), (200, 60)] {
        let mut state = showing(fixture::snapshot(), RICH, width, height);
        press(&mut state, ":");
        check(&format!("palette_{width}x{height}"), &state);
        press(&mut state, "<Esc>O");
        check(&format!("presets_{width}x{height}"), &state);
        press(&mut state, "<Esc>T");
        check(&format!("pool_{width}x{height}"), &state);
    }
    let mut state = state();
    press(&mut state, "T");
    check("pool_120x40", &state);
}

#[test]
fn what_is_open_is_searched() {
    let mut state = state();
    press(&mut state, "?/quit");
    assert!(state.finding && state.overlay_scroll > 0, "{}", notice(&state));
    let (first, mode) = (state.found_at, state.mode);
    press(&mut state, "<Enter>n");
    assert_eq!((mode, state.mode, state.finding), (Mode::Help, Mode::Help, false));
    assert_ne!(state.found_at, first);
    press(&mut state, "N");
    assert_eq!(state.found_at, first);
    press(&mut state, "/no such words");
    assert!(notice(&state).contains("is not in it"));
    press(&mut state, "<Esc>");
    assert_eq!((state.mode, state.find.value()), (Mode::Help, ""), "Esc ends the search, not the overlay");
    press(&mut state, "<Esc>");
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn long_lines_are_wrapped_or_scrolled() {
    let mut state = showing(fixture::snapshot(), RICH, 80, 24);
    press(&mut state, "<Tab><Enter>");
    let wrapped = screen(&state);
    press(&mut state, "<Right>");
    assert_eq!(state.overlay_left, 0, "nothing is hidden to the right");
    press(&mut state, "w");
    let long = screen(&state);
    assert_ne!(wrapped, long);
    press(&mut state, "<Right>");
    assert_ne!(screen(&state), long);
    press(&mut state, "<Left>");
    assert_eq!(
        screen(&state),
        screen(&{
            let mut state = state.clone();
            press(&mut state, "<Left>");
            state
        })
    );
    press(&mut state, "w");
    assert_eq!((state.wrap, state.overlay_left), (true, 0));
}

fn grades(effects: &[Effect]) -> Vec<(MarkedQuery, String, Option<i32>)> {
    let judged = |effect: &Effect| match effect {
        Effect::Judge(mark) => Some((mark.query.clone(), mark.passage.clone(), mark.grade)),
        _ => None,
    };
    effects.iter().filter_map(judged).collect()
}

/// Trap: in the order of either list the place of a passage would give its rank away, and in that of the
/// ids, where relevant passages were numbered first, as much.
#[test]
fn the_pool_goes_through_the_unjudged_top_in_an_order_of_its_own() {
    let mut state = state();
    press(&mut state, "T");
    assert_eq!(state.mode, Mode::Pooling);
    let ids: Vec<String> = state.pool.docs.iter().map(|&doc| collection().passage(doc).id.clone()).collect();
    assert!(!ids.is_sorted(), "{ids:?}");
    let shown = state.snapshot.clone().unwrap();
    let rank = |doc| shown.focus.first.iter().position(|row| row.doc == doc);
    assert!(!state.pool.docs.iter().map(|&doc| rank(doc)).is_sorted());
    assert!(ids.len() >= 10, "of both lists: {}", ids.len());
    assert!(state.pool.docs.iter().all(|&doc| collection().grade(QueryIdx(0), doc).is_none()));
    let first = state.pool.docs[0];
    let effects = press(&mut state, "2");
    assert_eq!(grades(&effects), [(MarkedQuery::Listed("q01".into()), ids[0].clone(), Some(2))]);
    assert_eq!((state.pool.at, state.grade_of(first)), (1, Some(2)));
    let effects = press(&mut state, "0");
    assert_eq!(grades(&effects)[0].2, Some(0));
    assert!(screen(&state).contains(&format!("2 of {} judged", ids.len())));
    press(&mut state, "<Left><Left>");
    assert_eq!(state.pool.at, 0);
    assert_eq!(grades(&press(&mut state, "x"))[0].2, None);
    press(&mut state, "<Right>");
    assert_eq!(state.pool.at, 1);
    let all = state.pool.docs.len();
    press(&mut state, "+");
    assert!(state.pool.docs.len() > all && state.pool.docs.contains(&first));
    press(&mut state, "-");
    assert_eq!((state.pool.docs.len(), state.pool.depth), (all, 10));
    press(&mut state, "U");
    assert_eq!(state.grade_of(first), Some(2), "judgments are undone here too");
    press(&mut state, "<Esc>");
    assert_eq!(state.mode, Mode::Browse);
}

/// Trap: the word that all is judged stood in the footer, until the disk said that it has the last of it.
#[test]
fn at_the_end_of_the_pool_it_says_where_there_is_more() {
    let mut state = state();
    press(&mut state, "T");
    let all = state.pool.docs.len();
    press(&mut state, &"0".repeat(all - 1));
    assert!(!screen(&state).contains("are judged"));
    press(&mut state, "0");
    state.notice = None;
    assert!(screen(&state).contains(&format!("All {all} are judged: + goes deeper, J to the next query.")));
    press(&mut state, "+");
    let at_hand = state.pool.docs[state.pool.at];
    assert_eq!(state.grade_of(at_hand), None, "the first of what is new");
    assert_eq!(state.cursor.doc, Some(at_hand));
}

#[test]
fn a_theme_is_tried_kept_and_left() {
    let mut state = state();
    let dark = state.look.theme;
    press(&mut state, "<CtrlT>");
    assert!(screen(&state).contains("blue and vermilion"), "{}", screen(&state));
    press(&mut state, "<Down><Down>");
    assert_ne!(state.look.theme, dark, "light is tried at once");
    press(&mut state, "<Esc>");
    assert_eq!((state.look.theme, state.theme.as_str()), (dark, "auto"));
    let effects = press(&mut state, "<CtrlT>contrast<Enter>");
    assert_eq!(effects, [Effect::Write(Writing::Theme("high-contrast".into()))]);
    assert_eq!(state.theme, "high-contrast");
    assert!(state.history.undo(&state.settings).is_none(), "no knob was turned");
    // On a light terminal it is another one of the same name.
    state.ground = crate::tui::Ground::Light;
    let on_dark = state.look.theme;
    press(&mut state, "<CtrlT><Up><Down>");
    assert_ne!(state.look.theme, on_dark);
    press(&mut state, "nothing of this name");
    assert_eq!(state.theme, "high-contrast", "nothing matches: as it was");
}

#[test]
fn what_was_left_is_there_again() {
    let settings = crate::domain::Settings { candidates: 77, ..Default::default() };
    let restored =
        Restored { settings: settings.clone(), query: Some("q03".into()), typed: None, from_last_time: true };
    let options = Options { restored: Some(restored.clone()), ..Options::default() };
    let mut state = State::new(&options, RICH, (120, 40));
    let effects = update(&mut state, Message::Opened(collection()));
    assert!(matches!(&effects[..], [Effect::Request(request)] if request.settings == settings));
    assert_eq!((state.query, state.settings_at_start.candidates), (Some(QueryIdx(2)), 50));
    assert!(notice(&state).contains("--fresh"));
    let typed = Restored { typed: Some("late refund".into()), query: Some("gone".into()), ..restored };
    let options = Options { restored: Some(typed), ..Options::default() };
    let mut state = State::new(&options, RICH, (120, 40));
    update(&mut state, Message::Opened(collection()));
    assert_eq!((state.query, state.typed.as_deref()), (Some(QueryIdx(0)), Some("late refund")));
    let mut plain = blank(PLAIN, 120, 40);
    update(&mut plain, Message::Opened(collection()));
    assert_eq!(plain.notice, None);
}

/// Trap: an index into the collection before would show another query's pool.
#[test]
fn another_query_has_a_pool_of_its_own() {
    let mut state = state();
    press(&mut state, "T2J");
    let mut next = fixture::snapshot();
    next.focus.focus = crate::engine::Focus::Listed(QueryIdx(1));
    next.focus.first = next.focus.first.into_iter().skip(20).collect();
    next.focus.reranked.clear();
    let docs = state.pool.docs.clone();
    answer(&mut state, next);
    assert_eq!((state.mode, state.pool.at), (Mode::Pooling, 0));
    assert_ne!(state.pool.docs, docs);
    let judged = press(&mut state, "1");
    assert!(grades(&judged).iter().all(|(query, ..)| *query == MarkedQuery::Listed("q02".into())));
}
