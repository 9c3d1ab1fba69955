//! Scripts with faults in them, and the tour as keys step through it.

use std::path::Path;
use std::sync::Arc;

use crate::domain::{DocIdx, Fate, QueryIdx};
use crate::engine::Focus;
use crate::export::frame::Format;
use crate::tui::actions::ActionId;
use crate::tui::message::{Effect, Message, Picture};
use crate::tui::picture;
use crate::tui::state::{State, View};
use crate::tui::tests::fixture::{self, RICH, blank, collection, notice, press};
use crate::tui::tests::screens::{check, screen};
use crate::tui::update::update;

use super::script::Asked;
use super::{Claim, Script, Tour};

fn parse(text: &str) -> crate::error::Result<Script> {
    Script::parse(text, Path::new("talk.toml"))
}

#[test]
fn a_script_is_read_whole() {
    let script = parse(
        "title = \"Talk\"\n\n[[step]]\ncaption = \"\"\"\nOne\n  two.\"\"\"\nquery = \"q02\"\nsettings = { alpha = 0.7, rerank = \"none\" }\n\
         press = [\"next-gold\", \"curves-view\"]\npause = 3\npicture = \"one\"\n\
         claims = [{ gold = \"ko-007\", fate = \"cut_at_n\", candidate = false }]\n\n[[step]]\ncaption = \"Two\"\nask = \"返金\"\n",
    )
    .unwrap();
    let [one, two] = script.steps.as_slice() else { panic!("two steps") };
    assert_eq!((one.line, one.caption.as_str(), two.line), (3, "One two.", 14));
    assert_eq!(one.press, [ActionId::NextGold, ActionId::CurvesView]);
    assert_eq!(one.settings.as_ref().and_then(|settings| settings.alpha), Some(0.7));
    assert_eq!((one.seconds(), two.seconds()), (3.0, 2.25));
    assert_eq!(one.claims[0].fate, Some(Fate::CutAtN));
    assert_eq!(two.query, Some(Asked::Typed("返金".into())));
}

#[test]
fn a_fault_names_its_line() {
    for (text, line, part) in [
        ("title = \"x\"\n", 1, "at least one [[step]]"),
        ("[[step]]\nquery = \"q1\"\n", 1, "missing field `caption`"),
        ("[[step]]\ncaption = \"a\"\ncolour = 1\n", 3, "colour"),
        (
            "[[step]]\ncaption = \"a\"\npress = [\n  \"next-gold\",\n  \"nxt-gold\",\n]\n",
            5,
            "no action nxt-gold; did you mean next-gold?",
        ),
        (
            "[[step]]\ncaption = \"a\"\n\n[[step]]\ncaption = \"b\"\nsettings = { alpha = 2 }\n",
            6,
            "alpha = 2",
        ),
        ("[[step]]\ncaption = \"a\"\nsettings = { alfa = 1 }\n", 3, "alfa"),
        ("[[step]]\ncaption = \"a\"\nsettings = { legs = [\"bm25\"] }\n", 3, "when the program starts"),
        ("[[step]]\ncaption = \"a\"\nquery = \"q\"\nask = \"b\"\n", 4, "one query"),
        ("[[step]]\ncaption = \"a\"\npause = -1\n", 3, "0 to 600"),
        ("[[step]]\ncaption = \"a\"\npicture = \"../x\"\n", 3, "letters, digits and hyphens"),
        ("[[step]]\ncaption = \"a\"\nclaims = [{ fate = \"lost\" }]\n", 3, "lost"),
        ("[[step]]\ncaption = \n", 2, ""),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("talk.toml:{line}: ")) && error.contains(part), "{text}\n{error}");
    }
}

#[test]
fn the_built_in_tour_is_read() {
    let script = Script::built_in().unwrap();
    assert!(script.steps.len() >= 8);
    assert!(script.steps.iter().filter(|step| !step.claims.is_empty()).count() >= 8);
}

#[test]
fn every_action_has_a_name_that_finds_it() {
    for action in crate::tui::actions::all() {
        let name = action.id.name();
        assert_eq!(ActionId::named(&name), Some(action.id), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
    }
}

const TALK: &str = "title = \"Talk\"\n[[step]]\ncaption = \"First.\"\nquery = \"q02\"\n\
    [[step]]\ncaption = \"Second, with another N.\"\nsettings = { n = 20 }\npress = [\"next-gold\"]\n\
    [[step]]\ncaption = \"Third: the curves.\"\nquery = \"q01\"\npress = [\"curves-view\"]\n";

fn touring(script: &str) -> State {
    let mut state = blank(RICH, 120, 40);
    state.tour = Some(Tour::new(Arc::new(parse(script).unwrap())));
    state.resize(120, 40);
    update(&mut state, Message::Opened(collection()));
    state
}

/// The engine answers what was asked last.
fn answer(state: &mut State) -> Vec<Effect> {
    let mut snapshot = fixture::snapshot();
    snapshot.settings = state.settings.clone();
    snapshot.focus.focus = state.wanted_focus().unwrap();
    fixture::answer(state, snapshot)
}

fn answer_all(state: &mut State) {
    for _ in 0..6 {
        answer(state);
    }
}

fn at(state: &State) -> usize {
    state.tour.as_ref().unwrap().at() + 1
}

#[test]
fn keys_step_forth_and_back_and_leave() {
    let mut state = touring(TALK);
    assert_eq!((state.size, state.terminal_size()), ((120, 37), (120, 40)));
    answer_all(&mut state);
    assert_eq!((at(&state), state.query), (1, Some(QueryIdx(1))));
    press(&mut state, " ");
    assert_eq!((at(&state), state.settings.candidates), (2, 20));
    answer_all(&mut state);
    // Turned by the speaker; the next step and the way back undo it.
    press(&mut state, "]]");
    assert_ne!(state.settings.candidates, 20);
    answer_all(&mut state);
    press(&mut state, "<Right>");
    answer_all(&mut state);
    assert_eq!((at(&state), state.view, state.settings.candidates), (3, View::Curves, 20));
    press(&mut state, "<Left>");
    answer_all(&mut state);
    assert_eq!((at(&state), state.view, state.query), (2, View::Query, Some(QueryIdx(1))));
    press(&mut state, "<Left>");
    answer_all(&mut state);
    assert_eq!((at(&state), state.settings.candidates), (1, 50));
    press(&mut state, "<Left>");
    assert_eq!(at(&state), 1);
    let effects = press(&mut state, "q");
    assert!(!effects.contains(&Effect::Quit) && state.tour.is_none());
    assert_eq!((state.size, state.query), ((120, 40), Some(QueryIdx(1))), "the screen stays");
    let picture = picture::contents(&state, Picture::Frame(Format::Text)).unwrap();
    assert_eq!(picture[0].name, "rankscope-query-q02");
    assert_eq!(press(&mut state, "q"), [Effect::Quit], "and now q quits");
}

#[test]
fn a_key_begins_the_tour_where_there_is_one() {
    let mut state = blank(RICH, 120, 40);
    update(&mut state, Message::Opened(collection()));
    press(&mut state, "D");
    assert!(state.tour.is_none() && notice(&state).contains("rankscope demo"), "{}", notice(&state));
    state.script = Some(Arc::new(parse("[[step]]\ncaption = \"One.\"\n").unwrap()));
    press(&mut state, "D");
    assert_eq!((at(&state), state.terminal_size()), (1, (120, 40)));
    assert!(state.size.1 < 40, "the caption has room");
    press(&mut state, "D");
    assert!(notice(&state).contains("under way"));
    press(&mut state, "q");
    assert_eq!((state.tour.is_none(), state.size), (true, (120, 40)));
}

/// Trap: lists that scroll together show rank 45 on the left and 42 to 61 on the right, while the caption
/// says that it is now the first.
#[test]
fn the_tour_shows_a_passage_in_both_lists() {
    let script = Script::built_in().unwrap();
    assert!(script.steps[0].press.contains(&ActionId::Link));
    let mut state = touring(
        "[[step]]\ncaption = \"One.\"\nquery = \"q02\"\npress = [\"link\", \"next-gold\", \"next-gold\", \"next-gold\"]\n",
    );
    state.resize(80, 24);
    answer_all(&mut state);
    assert!(
        state.scroll.first > 0 && state.scroll.reranked == 0,
        "{:?} {:?} {}",
        state.scroll,
        state.cursor,
        state.linked
    );
    assert_eq!(notice(&state), "", "nobody pressed a key");
}

#[test]
fn behind_the_last_step_the_screen_is_the_users() {
    let mut state = touring(TALK);
    for _ in 0..3 {
        answer_all(&mut state);
        press(&mut state, " ");
    }
    assert!(state.tour.is_none() && state.notice.is_some());
}

/// Trap: `next-gold` pressed before the lists of the query are there would look for the golds of another.
#[test]
fn a_deed_waits_for_the_answer_to_the_one_before() {
    let mut state = touring(TALK);
    answer_all(&mut state);
    press(&mut state, " ");
    let tour = state.tour.as_ref().unwrap();
    assert!(tour.is_busy(), "next-gold waits for N = 20");
    assert!(screen(&state).contains("still computing"));
    let before = state.cursor.doc;
    answer(&mut state);
    assert!(!state.tour.as_ref().unwrap().is_busy());
    assert_ne!(state.cursor.doc, before);
    assert_eq!(state.cursor.doc, Some(DocIdx(3)));
}

/// Traps: a key pressed too early that is lost, that jumps over a step, or that leaves the way back to
/// another screen than the step's own.
#[test]
fn a_key_before_the_step_is_through_goes_on_when_it_is() {
    let mut state = touring(TALK);
    assert_eq!(press(&mut state, " "), [], "nothing is answered yet");
    assert!(state.notice.as_ref().unwrap().text.starts_with("the next step follows"), "{:?}", state.notice);
    press(&mut state, " ");
    assert_eq!(at(&state), 1, "two keys are one step");
    answer_all(&mut state);
    assert_eq!((at(&state), state.settings.candidates, &state.notice), (2, 20, &None));
    press(&mut state, "<Left> ");
    while state.tour.as_ref().unwrap().is_busy() {
        answer(&mut state);
    }
    press(&mut state, " ");
    assert_eq!(at(&state), 2, "the deeds are done, and the last one is not answered");
    answer_all(&mut state);
    assert_eq!((at(&state), state.view), (3, View::Curves));
    press(&mut state, "<Left>");
    answer_all(&mut state);
    assert_eq!((at(&state), state.settings.candidates, state.cursor.doc), (2, 20, Some(DocIdx(3))));
}

#[test]
fn the_way_back_calls_off_a_step_that_has_not_begun() {
    let mut state = touring(TALK);
    answer_all(&mut state);
    press(&mut state, "  ");
    assert_eq!(at(&state), 2);
    press(&mut state, "<Left>");
    answer_all(&mut state);
    assert_eq!(at(&state), 2, "called off, and not yet back");
    press(&mut state, "<Left>");
    assert_eq!(at(&state), 1);
}

#[test]
fn a_query_that_is_not_there_is_said() {
    let mut state = touring("[[step]]\ncaption = \"a\"\nquery = \"q99\"\n");
    answer_all(&mut state);
    let notice = state.notice.clone().unwrap();
    assert!(notice.is_error && notice.text.starts_with("talk.toml:3: there is no query q99"), "{notice:?}");
}

#[test]
fn typing_is_typing_during_a_tour() {
    let mut state = touring(TALK);
    answer_all(&mut state);
    press(&mut state, "/a q");
    assert_eq!((state.ask.value(), at(&state)), ("a q", 1));
}

#[test]
fn the_caption_stands_below_the_screen() {
    let mut state = touring(TALK);
    answer_all(&mut state);
    check("tour_120x40", &state);
    // Trap: whoever does not see the key that goes on stays at the first step.
    update(&mut state, Message::Resize(80, 24));
    let long = "A title that is longer than the frame of the caption has room for, at eighty columns";
    let mut named = touring(&TALK.replace("Talk", long));
    named.resize(80, 24);
    for _ in 0..2 {
        let frame = crate::tui::picture::cells(&named);
        let caption = crate::export::frame::picture(&frame, Format::Text, "", crate::tui::Ground::Dark);
        assert!(
            caption.contains("1 of 3 A title") && caption.contains("Space next  ← back  q leave"),
            "{caption}"
        );
        answer_all(&mut named);
    }
    for (width, height) in [(80, 24), (60, 20), (40, 12), (30, 5), (0, 0)] {
        update(&mut state, Message::Resize(width, height));
        assert_eq!(state.terminal_size(), (width, height));
        screen(&state);
    }
}

#[test]
fn an_audience_gets_fewer_columns_and_words_for_signs() {
    let mut state = touring(TALK);
    answer_all(&mut state);
    press(&mut state, "qV");
    let shown = screen(&state);
    assert!(shown.contains("★ gold") && shown.contains("▲ up 16"), "{shown}");
    assert!(!shown.contains("bm25  dense  id") && !shown.contains("score"), "{shown}");
    check("presenter_120x40", &state);
    press(&mut state, "V");
    assert!(!state.presenter);
}

#[test]
fn claims_hold_or_say_what_is_so() {
    let collection = collection();
    let snapshot = fixture::snapshot();
    let claim = |text: &str| -> Claim { toml::from_str(text).unwrap() };
    for holds in [
        "gold = \"ja-031\"\nfate = \"rescued\"\ncandidate = true\nrank-at-most = 1",
        "gold = \"ko-007\"\ncandidate = false\nrank-at-least = 11",
        "recall-at-least = 0.9\nrecall-at-most = 0.95\nlifts = true",
    ] {
        assert_eq!(claim(holds).check(&snapshot, &collection), Ok(()), "{holds}");
    }
    for (breaks, part) in [
        ("gold = \"ja-031\"\nfate = \"kept\"", "ja-031 is"),
        ("gold = \"ja-031\"\ncandidate = false", "ja-031 is"),
        ("gold = \"ja-031\"\nrank-at-least = 2", "at rank 1"),
        ("gold = \"ko-007\"\nrank-at-most = 10", "not delivered"),
        ("gold = \"en-014\"", "no gold of the query"),
        ("fate = \"kept\"", "name it"),
        ("recall-at-least = 0.95", "0.920"),
        ("lifts = false", "nDCG@10"),
        ("language = \"xx\"\nweakest = true", "no judged query"),
    ] {
        let fault = claim(breaks).check(&snapshot, &collection).unwrap_err();
        assert!(fault.contains(part), "{breaks}: {fault}");
    }
    let mut unscored = fixture::snapshot();
    unscored.focus.focus = Focus::Listed(QueryIdx(0));
    unscored.means = None;
    assert!(claim("lifts = true").check(&unscored, &collection).is_err());
}
