//! Judging and going back: keys in, what is asked for and what is shown out.

use std::path::PathBuf;
use std::sync::Arc;

use crate::corpus::{Collection, JudgedPassage, Judgment, Kept, Mark, MarkedQuery, own_id};
use crate::domain::{DocIdx, Query, QueryIdx};
use crate::engine::{Focus, News, Request};
use crate::error::Error;
use crate::tui::message::{Effect, Message};
use crate::tui::state::State;
use crate::tui::update::update;

use super::fixture::{self, RICH, collection, grades, marks, notice, press, showing};

fn state() -> State {
    showing(fixture::snapshot(), RICH, 120, 36)
}

/// The engine's answer to a mark of a listed query.
fn judged(collection: &Collection, mark: &Mark, query: QueryIdx) -> News {
    let mut collection = collection.clone();
    let at = collection.passages.iter().position(|passage| passage.id == mark.passage).unwrap();
    let passage = JudgedPassage::Known(DocIdx(at as u32));
    let judged = &mut collection.judgments[query.index()];
    judged.retain(|judgment| judgment.passage != passage);
    judged.extend(mark.grade.map(|grade| Judgment { passage, grade }));
    let file = collection.folder.join("qrels/test.tsv");
    let kept = Kept { file, instead: None };
    News::Judged { collection: Arc::new(collection), query, mark: mark.clone(), kept }
}

#[test]
fn m_marks_and_unmarks_and_a_digit_grades() {
    let mut state = state();
    press(&mut state, "<Tab>g"); // rank 1: unjudged
    let doc = state.cursor.doc.unwrap();
    assert_eq!(state.grade_of(doc), None);
    let effects = press(&mut state, "m");
    let mark = &marks(&effects)[0];
    assert_eq!((&mark.query, mark.grade), (&MarkedQuery::Listed("q01".into()), Some(1)));
    assert_eq!(mark.passage, collection().passage(doc).id);
    assert_eq!(state.grade_of(doc), Some(1), "before it is on the disk");
    assert_eq!(grades(&press(&mut state, "3")), [Some(3)]);
    assert_eq!(grades(&press(&mut state, "0")), [Some(0)], "judged, not relevant");
    assert_eq!(grades(&press(&mut state, "m")), [None], "again takes it away");
    assert_eq!(state.grade_of(doc), None);
    press(&mut state, "j");
    assert_eq!(grades(&press(&mut state, "3")), [], "a digit is a grade only right after the mark");
}

#[test]
fn a_mark_and_its_grade_are_one_step_to_undo() {
    let mut state = state();
    press(&mut state, "<Tab>gm2");
    let doc = state.cursor.doc.unwrap();
    press(&mut state, "jm");
    assert_eq!(grades(&press(&mut state, "U")), [None]);
    let effects = press(&mut state, "U");
    assert_eq!(grades(&effects), [None], "unjudged, not grade 1");
    assert_eq!(marks(&effects)[0].passage, collection().passage(doc).id);
    assert_eq!(grades(&press(&mut state, "U")), []);
    assert!(notice(&state).contains("no judgment"));
    assert_eq!(grades(&press(&mut state, "R")), [Some(2)]);
    assert_eq!(state.grade_of(doc), Some(2));
    assert_eq!(state.settings, state.settings_at_start);
}

/// Trap: one stack for both would undo a knob where a judgment was meant.
#[test]
fn judgments_and_settings_are_undone_apart() {
    let mut state = state();
    press(&mut state, "<Tab>gm<Right>");
    assert_eq!(grades(&press(&mut state, "u")), []);
    assert_eq!(state.settings.alpha, 0.5);
    assert_eq!(grades(&press(&mut state, "U")), [None]);
}

#[test]
fn settings_are_undone_gesture_by_gesture() {
    let mut state = state();
    press(&mut state, "<Right><Right><Right>]]");
    press(&mut state, "f<Down><Down><Enter>");
    let fusion = state.settings.fusion;
    let requests = |effects: &[Effect]| -> Vec<Request> {
        let request = |effect: &Effect| match effect {
            Effect::Request(request) => Some(request.clone()),
            _ => None,
        };
        effects.iter().filter_map(request).collect()
    };
    let effects = press(&mut state, "u");
    assert_eq!(requests(&effects).len(), 1);
    assert_eq!(state.settings.fusion, state.settings_at_start.fusion, "the list is one gesture");
    assert!(notice(&state).starts_with("undone: fusion"), "{}", notice(&state));
    press(&mut state, "u");
    assert_eq!((state.settings.candidates, state.settings.alpha), (50, 0.65));
    press(&mut state, "u");
    assert_eq!(state.settings, state.settings_at_start);
    assert_eq!(press(&mut state, "u"), []);
    press(&mut state, "<CtrlR><CtrlR><CtrlR>");
    assert_eq!((state.settings.candidates, state.settings.fusion), (70, fusion));
    press(&mut state, "f<Down><Esc>u");
    assert_eq!(state.settings.fusion, state.settings_at_start.fusion, "a list left leaves no entry");
}

#[test]
fn a_reset_right_after_a_turn_is_undone_by_itself() {
    let mut state = state();
    press(&mut state, "<Right>0");
    press(&mut state, "u");
    assert_eq!(state.settings.alpha, 0.55);
}

#[test]
fn what_was_judged_is_said_with_its_file() {
    let mut state = state();
    let effects = press(&mut state, "<Tab>gm");
    let mark = marks(&effects)[0].clone();
    update(&mut state, Message::News(judged(&collection(), &mark, QueryIdx(0))));
    assert!(state.judgments.pending.is_empty());
    assert_eq!(state.grade_of(state.cursor.doc.unwrap()), Some(1));
    assert!(notice(&state).contains("gold, grade 1 · qrels/test.tsv"), "{}", notice(&state));
    let effects = press(&mut state, "2");
    let mark = marks(&effects)[0].clone();
    let kept = Kept { file: PathBuf::from("/aside/qrels.tsv"), instead: Some("it is read-only".into()) };
    let News::Judged { collection, query, .. } = judged(&collection(), &mark, QueryIdx(0)) else { panic!() };
    update(&mut state, Message::News(News::Judged { collection, query, mark, kept }));
    assert!(notice(&state).contains("/aside/qrels.tsv · aside, for it is read-only"), "{}", notice(&state));
}

#[test]
fn what_could_not_be_written_is_not_judged() {
    let mut state = state();
    let effects = press(&mut state, "<Tab>gm");
    let mark = marks(&effects)[0].clone();
    update(&mut state, Message::News(News::NotJudged { mark, error: Error::input("no space left") }));
    assert_eq!(state.grade_of(state.cursor.doc.unwrap()), None);
    assert!(state.notice.as_ref().is_some_and(|n| n.is_error && n.text.contains("no space left")));
    assert_eq!(grades(&press(&mut state, "U")), []);
}

#[test]
fn a_typed_query_is_a_listed_one_once_it_is_judged() {
    let mut state = state();
    press(&mut state, "/late refund<Enter>");
    let mut typed = fixture::unjudged();
    typed.focus.focus = Focus::Typed("late refund".into());
    fixture::answer(&mut state, typed);
    let effects = press(&mut state, "gm2");
    let mark = marks(&effects).pop().unwrap();
    assert_eq!((&mark.query, mark.grade), (&MarkedQuery::Typed("late refund".into()), Some(2)));
    let mut grown = (*collection()).clone();
    let query = QueryIdx(grown.queries.len() as u32);
    let language = crate::domain::Language::new("en");
    grown.queries.push(Query { id: own_id("late refund"), text: "late refund".into(), language });
    grown.judgments.push(Vec::new());
    let effects = update(&mut state, Message::News(judged(&grown, &mark, query)));
    assert_eq!((state.query, &state.typed), (Some(query), &None));
    assert!(matches!(&effects[..], [Effect::Request(request)] if request.focus == Focus::Listed(query)));
    assert!(notice(&state).contains("your query own-"), "{}", notice(&state));
    let undone = marks(&press(&mut state, "U")).pop().unwrap();
    assert_eq!(undone.query, MarkedQuery::Listed(own_id("late refund")));
}

/// Trap: indices of before would name another query and another passage.
#[test]
fn a_collection_that_changed_keeps_query_and_passage_by_their_ids() {
    let mut state = state();
    press(&mut state, "jj<Tab>");
    state.cursor.doc = Some(DocIdx(5));
    let mut changed = (*collection()).clone();
    changed.passages = changed.passages.iter().skip(2).cloned().collect();
    changed.queries.remove(0);
    changed.judgments.remove(0);
    let news = News::Reread { collection: Arc::new(changed), passages_changed: true };
    let effects = update(&mut state, Message::News(news));
    assert_eq!((state.query, state.cursor.doc), (Some(QueryIdx(1)), Some(DocIdx(3))));
    assert!(
        matches!(&effects[..], [Effect::Request(request)] if request.focus == Focus::Listed(QueryIdx(1)))
    );
    let error = Error::input("not valid JSON").at_line(std::path::Path::new("corpus.jsonl"), 2);
    update(&mut state, Message::News(News::NotReread(error)));
    assert!(state.notice.as_ref().is_some_and(|n| n.is_error && n.text.contains("corpus.jsonl:2")));
    press(&mut state, "j");
    assert!(state.trouble.as_ref().is_some_and(|words| words.contains("corpus.jsonl:2")), "kept in full");
    let again = News::Reread { collection: state.collection.clone().unwrap(), passages_changed: false };
    update(&mut state, Message::News(again));
    assert_eq!(state.trouble, None);
}
