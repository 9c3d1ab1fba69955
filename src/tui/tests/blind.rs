//! Judging blind: what is on the screen says nothing of ranks, scores, golds and metrics.

use std::sync::Arc;

use crate::corpus::{Collection, Documents, Kept, Mark, MarkedQuery};
use crate::domain::{DocIdx, JudgedBy, QueryIdx};
use crate::engine::{Focus, News, Snapshot};
use crate::tui::hit::{Gesture, Pointer, Target};
use crate::tui::knobs::Knob;
use crate::tui::message::Message;
use crate::tui::state::{Mode, Pane, State, View};
use crate::tui::update::update;

use super::fixture::{self, RICH, answer, blank, collection, grades, marks, notice, press, showing};
use super::screens::{check, screen};

fn state() -> State {
    showing(fixture::snapshot(), RICH, 120, 40)
}

/// The same passages on top of both lists, in other places, with other scores; other golds, fates and
/// metrics; and a collection that judges otherwise.
fn otherwise() -> (Arc<Collection>, Snapshot) {
    let mut judged = (*collection()).clone();
    for judgments in &mut judged.judgments {
        judgments.clear();
    }
    let mut other = fixture::unjudged();
    let view = &mut other.focus;
    view.first[..10].reverse();
    view.reranked[..10].reverse();
    for (rank, row) in (1u32..).zip(&mut view.first) {
        (row.rank, row.score) = (rank, 7.0 - rank as f32 * 0.1);
    }
    for (rank, row) in (1u32..).zip(&mut view.reranked) {
        (row.rank, row.score, row.movement) = (rank, Some(3.0 - rank as f32), None);
    }
    view.first[4].gold = true;
    view.first[4].grade = Some(3);
    view.explanation = None;
    other.verdict = "nothing was ever retrieved".into();
    (Arc::new(judged), other)
}

/// Trap: a sign that is left somewhere (a cursor that begins on a gold, a metric that rises, an order)
/// gives the answer away. Two pictures that differ in nothing but that must be one screen.
#[test]
fn what_could_sway_a_judgment_is_nowhere_on_the_screen() {
    for (width, height) in [(120, 40), (200, 60), (80, 24), (60, 20), (40, 12)] {
        for script in ["Z", "Zjj", "ZT", "Z<Enter>", "Z12", "Zm", "ZG<Tab>j", "Z:blind", "Z+"] {
            let one = showing(fixture::snapshot(), RICH, width, height);
            let (judged, snapshot) = otherwise();
            let mut other = blank(RICH, width, height);
            update(&mut other, Message::Opened(judged));
            answer(&mut other, snapshot);
            let mut seen = [one, other].map(|mut state| {
                press(&mut state, script);
                screen(&state)
            });
            let [one, other] = &mut seen;
            // The states of the engines stand in the header, and say nothing of a passage.
            let body = |screen: &str| screen.lines().skip(1).collect::<Vec<_>>().join("\n");
            assert_eq!(body(one), body(other), "{script} {width}x{height}");
        }
    }
}

#[test]
fn judging_blind_at_every_size() {
    for (width, height) in [(120, 40), (200, 60), (80, 24), (60, 20)] {
        let mut state = showing(fixture::snapshot(), RICH, width, height);
        press(&mut state, "Z1j0");
        state.notice = None;
        check(&format!("judging_blind_{width}x{height}"), &state);
    }
}

#[test]
fn z_shows_everything_again() {
    let mut state = state();
    press(&mut state, "<Tab>");
    let seen = screen(&state);
    press(&mut state, "Z");
    assert_ne!(screen(&state), seen);
    state.cursor.doc = Some(DocIdx(0));
    press(&mut state, "Z");
    state.notice = None;
    assert_eq!(screen(&state), seen);
}

/// Trap: a key, the palette or the mouse goes to what is hidden, or turns what one does not see.
#[test]
fn what_would_show_more_does_nothing() {
    for script in
        ["4", "6", "n", "L", "<Right>", "]", "!", "c", "P", ":collection view<Enter>", ":n 80<Enter>"]
    {
        let mut state = state();
        press(&mut state, "Z");
        let (cursor, settings) = (state.cursor, state.settings.clone());
        state.notice = None;
        press(&mut state, script);
        assert_eq!((state.view, state.mode), (View::Query, Mode::Browse), "{script}");
        assert_eq!((state.cursor, &state.settings, state.messages), (cursor, &settings, false), "{script}");
        assert!(script == "<Right>" || notice(&state).contains("blind"), "{script}: {}", notice(&state));
    }
    let mut state = state();
    press(&mut state, "Z");
    for target in [Target::Status, Target::Knob(Knob::Alpha), Target::Slider(Knob::Alpha)] {
        let press = Pointer { target, gesture: Gesture::Press, along: 0.9 };
        update(&mut state, Message::Pointer(press));
        assert_eq!((state.mode, state.messages), (Mode::Browse, false), "{target:?}");
        assert_eq!(state.settings.alpha, 0.5, "{target:?}");
    }
}

#[test]
fn a_digit_grades_and_goes_on_and_panes_are_two() {
    let mut state = state();
    press(&mut state, "2Z");
    assert_eq!((state.view, state.pane), (View::Collection, Pane::Queries), "Z is a key of the query view");
    press(&mut state, "1Z");
    assert_eq!(state.pane, Pane::First);
    let docs = state.pool.docs.clone();
    assert_eq!(grades(&press(&mut state, "2")), [Some(2)]);
    assert_eq!((state.cursor.doc, state.shown_grade(docs[0])), (Some(docs[1]), Some(2)));
    press(&mut state, "<Tab>");
    assert_eq!(state.pane, Pane::Queries);
    press(&mut state, "<ShiftTab>");
    assert_eq!(state.pane, Pane::First);
    let click = Pointer { target: Target::Row(Pane::First, docs[5]), gesture: Gesture::Press, along: 0.0 };
    update(&mut state, Message::Pointer(click));
    assert_eq!(state.cursor.doc, Some(docs[5]));
    press(&mut state, "T");
    assert_eq!((state.mode, state.pool.at), (Mode::Pooling, 1), "on at the first that is not judged");
    press(&mut state, "<Esc>Z");
    assert!(!state.is_blind());
}

/// What the engine says once a judgment is on the disk.
fn written(state: &mut State, mark: &Mark) {
    let mut judged = (**state.collection.as_ref().unwrap()).clone();
    let at = judged.passages.iter().position(|passage| passage.id == mark.passage).unwrap();
    let passage = crate::corpus::JudgedPassage::Known(DocIdx(at as u32));
    judged.judgments[0].retain(|judgment| judgment.passage != passage);
    judged.judgments[0].extend(mark.grade.map(|grade| crate::corpus::Judgment { passage, grade }));
    let kept = Kept { file: judged.folder.join("qrels/test.tsv"), instead: None };
    let news = News::Judged { collection: Arc::new(judged), query: QueryIdx(0), mark: mark.clone(), kept };
    update(state, Message::News(news));
}

/// Trap: m on a gold that one does not see would take its judgment away, and say so.
#[test]
fn a_judgment_that_is_not_seen_is_neither_lost_nor_told() {
    let mut state = state();
    press(&mut state, "Z");
    let gold = DocIdx(0);
    let at = state.pool.docs.iter().position(|&doc| doc == gold).expect("the reranked list has it on top");
    press(&mut state, &format!("g{}", "j".repeat(at)));
    assert_eq!(
        (state.cursor.doc, state.grade_of(gold), state.shown_grade(gold)),
        (Some(gold), Some(1), None)
    );
    let effects = press(&mut state, "m");
    assert_eq!(grades(&effects), [Some(1)], "marked, not unmarked");
    written(&mut state, &marks(&effects)[0].clone());
    let effects = press(&mut state, "0");
    assert_eq!(grades(&effects), [Some(0)]);
    written(&mut state, &marks(&effects)[0].clone());
    let effects = press(&mut state, "x");
    assert_eq!(grades(&effects), [Some(1)], "what was there comes back");
    assert_eq!(state.shown_grade(gold), None, "unseen");
    written(&mut state, &marks(&effects)[0].clone());
    assert!(notice(&state).contains("your judgment is taken back"), "{}", notice(&state));
    let effects = press(&mut state, "U");
    assert_eq!((grades(&effects), state.shown_grade(gold)), (vec![Some(0)], Some(0)));
    let effects = press(&mut state, "U");
    assert_eq!((grades(&effects), state.shown_grade(gold)), (vec![Some(1)], None));
    written(&mut state, &marks(&effects)[0].clone());
    assert!(!notice(&state).contains("gold"), "{}", notice(&state));
}

#[test]
fn another_query_is_another_list_from_its_first_unjudged_passage() {
    let mut state = state();
    press(&mut state, "Z1");
    let docs = state.pool.docs.clone();
    let effects = press(&mut state, "J1");
    assert_eq!(grades(&effects), [], "nothing is judged before its lists are there");
    let mut next = fixture::snapshot();
    next.focus.focus = Focus::Listed(QueryIdx(1));
    next.focus.text = "refund after cancelling".into();
    answer(&mut state, next);
    assert_ne!(state.pool.docs, docs, "the same passages, in an order of this query's own");
    assert_eq!(state.cursor.doc, state.pool.docs.first().copied());
    let judged = marks(&press(&mut state, "1"));
    assert_eq!(judged[0].query, MarkedQuery::Listed("q02".into()));
}

/// Trap: while the second stage works its top changes, and a passage that one looks at leaves the list.
#[test]
fn a_list_that_fills_takes_nothing_away() {
    let mut state = showing(fixture::reranking(), RICH, 120, 40);
    press(&mut state, "Z");
    let (docs, cursor) = (state.pool.docs.clone(), state.cursor.doc);
    let mut next = fixture::snapshot();
    next.focus.reranked.rotate_left(20);
    answer(&mut state, next);
    assert!(docs.iter().all(|doc| state.pool.docs.contains(doc)));
    assert!(state.pool.docs.len() > docs.len());
    assert_eq!(state.cursor.doc, cursor);
}

/// Trap: of a document that is judged by one passage the others look unjudged, and one judges it again.
#[test]
fn passages_of_a_document_are_judged_together() {
    let plain = (*collection()).clone();
    // The first two of both lists are of one document.
    let said: Vec<Option<String>> = (0..plain.passages.len())
        .map(|at| Some(if at == 1 || at == 2 { "both".into() } else { format!("d{at}") }))
        .collect();
    let documents = Documents::new(&plain.passages, &said);
    let judged = Collection { judgments: vec![Vec::new(); plain.queries.len()], ..plain };
    let judged = judged.with_documents(documents, JudgedBy::Document);
    let mut state = blank(RICH, 120, 40);
    update(&mut state, Message::Opened(Arc::new(judged)));
    answer(&mut state, fixture::unjudged());
    press(&mut state, "Z");
    let at = state.pool.docs.iter().position(|doc| doc.0 == 1).expect("it is on top");
    press(&mut state, &format!("g{}m", "j".repeat(at)));
    assert_eq!([1, 2, 4].map(|doc| state.shown_grade(DocIdx(doc))), [Some(1), Some(1), None]);
}
