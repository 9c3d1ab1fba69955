//! What the screen shows of the second stage beside its list: what more candidates buy and take.

use crate::engine::{StageHit, StageState, StageStep};
use crate::judge::{StageAct, StageVerdict};
use crate::tui::hit::{Gesture, Pointer, Target};
use crate::tui::layout::Plot;
use crate::tui::message::{Effect, Message};
use crate::tui::state::{Mode, State};
use crate::tui::update::update;

use super::fixture::{self, PLAIN, RICH, press, showing};
use super::screens::{check, screen};

/// The plot of what N costs, alone where two have no room.
fn cost_of_n(width: u16, height: u16) -> State {
    let mut state = showing(fixture::tuned(), RICH, width, height);
    press(&mut state, "3");
    state.plot = Plot::Budget;
    state
}

#[test]
fn what_more_candidates_buy_and_take_at_every_size() {
    for (width, height) in [(80, 24), (120, 40)] {
        check(&format!("cost_of_n_{width}x{height}"), &cost_of_n(width, height));
    }
    let mut plain = showing(fixture::tuned(), PLAIN, 80, 24);
    press(&mut plain, "3<ShiftTab>");
    check("cost_of_n_ascii", &plain);
}

/// Trap: a metric of candidates that nobody scored, drawn as if it were measured.
#[test]
fn what_is_not_scored_is_not_shown_as_bought() {
    let mut state = cost_of_n(120, 40);
    assert!(screen(&state).contains("50 more, N 100: nDCG@10 +.035 for 180 ms more a query"));
    let mut snapshot = fixture::tuned();
    let mut affords = (*snapshot.affords).clone();
    affords.points.iter_mut().filter(|point| point.n > 50).for_each(|point| point.metrics = None);
    snapshot.affords = affords.into();
    fixture::answer(&mut state, snapshot);
    assert!(screen(&state).contains("50 more, N 100: not all scored for 180 ms more a query"));
}

#[test]
fn a_click_on_its_axis_sets_n() {
    let mut state = cost_of_n(120, 40);
    let target = Target::SizeAxis { plot: Plot::Budget, from: 10, to: 1000 };
    let pointer = Pointer { target, gesture: Gesture::Press, along: 0.5 };
    let effects = update(&mut state, Message::Pointer(pointer));
    assert_eq!(state.settings.candidates, 100);
    assert!(matches!(effects.as_slice(), [Effect::Request(_)]));
}

/// The fixture with two plans held against the present one, one of which cannot run.
fn compared(width: u16, height: u16) -> State {
    let mut state = showing(fixture::compared(), RICH, width, height);
    state.rivals = fixture::compared().rivals.plans.iter().map(|rival| rival.plan.clone()).collect();
    state
}

#[test]
fn plans_side_by_side_at_every_size() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut state = compared(width, height);
        check(&format!("rivals_list_{width}x{height}"), &state);
        press(&mut state, "C");
        check(&format!("rivals_table_{width}x{height}"), &state);
    }
}

#[test]
fn plans_are_marked_and_unmarked_and_the_present_one_is_refused() {
    let mut state = showing(fixture::tuned(), RICH, 120, 40);
    let marked = |effects: &[Effect]| match effects {
        [Effect::Compare(plans)] => plans.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    press(&mut state, "C");
    assert_eq!(press(&mut state, "<Enter>"), [], "the first entry is the present plan");
    assert!(state.notice.as_ref().unwrap().text.contains("present one"));
    assert_eq!(marked(&press(&mut state, "<Down><Enter>")), ["cross-encoder"]);
    let both = ["cross-encoder", "late-interaction+cross-encoder"];
    assert_eq!(marked(&press(&mut state, "<Down><Enter>")), both);
    assert_eq!(state.settings.reranker.to_string(), "late-interaction", "what is marked is not tried");
    assert_eq!(marked(&press(&mut state, "<Up><Enter>")), both[1..]);
    press(&mut state, "<Down><Down><Enter><Down><Enter><Down><Enter>");
    assert_eq!(state.rivals.len(), 4);
    assert_eq!(press(&mut state, "<Down><Enter>"), []);
    assert!(state.notice.as_ref().unwrap().is_error, "four at a time");
    press(&mut state, "<Esc>");
    assert_eq!((state.mode, state.rivals.len()), (Mode::Browse, 4), "the marks stay");
}

/// Traps: an answer given by a letter that was being typed, and one question answered for the next.
#[test]
fn a_question_about_money_waits_until_nothing_is_typed_and_is_answered_once() {
    let mut state = showing(fixture::snapshot(), RICH, 80, 24);
    press(&mut state, "/");
    fixture::answer(&mut state, fixture::asking(1));
    assert_eq!(state.mode, Mode::Asking);
    let typed = press(&mut state, "y");
    assert!(!typed.iter().any(|effect| matches!(effect, Effect::Agree(_))), "{typed:?}");
    press(&mut state, "<Esc>");
    assert_eq!(state.mode, Mode::Agreeing);
    check("question_80x24", &state);
    assert_eq!(press(&mut state, "q"), [], "other keys answer nothing");
    assert_eq!(press(&mut state, "y"), [Effect::Agree(true)]);
    assert_eq!(state.mode, Mode::Browse, "it is not asked again while the engine takes the answer");
    fixture::answer(&mut state, fixture::snapshot());
    fixture::answer(&mut state, fixture::asking(2));
    assert_eq!(state.mode, Mode::Agreeing, "another question is another question");
    assert_eq!(press(&mut state, "<Esc>"), [Effect::Agree(false)]);
    fixture::answer(&mut state, fixture::asking(3));
    fixture::answer(&mut state, fixture::snapshot());
    assert_eq!(state.mode, Mode::Browse, "a question that nobody asks any more closes");
}

/// Traps: the rank between two stages that is not told; a movement counted from the first stage's list.
#[test]
fn a_cascade_tells_where_each_stage_put_a_gold_and_which_one_decided() {
    let mut snapshot = fixture::snapshot();
    snapshot.settings.reranker = "late-interaction@50 > cross-encoder@20".parse().unwrap();
    let gold = &mut snapshot.focus.golds[0];
    gold.earlier = vec![Some(3)];
    gold.decided_by = Some(StageVerdict { stage: 0, act: StageAct::Lifted });
    let explanation = snapshot.focus.explanation.as_mut().unwrap();
    let step = |stage: &str, rank, score| StageStep {
        stage: stage.to_owned(),
        hit: StageHit { rank, score: Some(score) },
        parts: Vec::new(),
    };
    explanation.stages = vec![step("late-interaction@50", 3, 0.812), step("cross-encoder@20", 1, 0.889)];
    explanation.cut_by = vec!["cross-encoder".to_owned()];
    // Trap: what the last stage did cut off in a small pane, below the terms of BM25.
    let small = screen(&showing(snapshot.clone(), RICH, 80, 24));
    for said in ["late-interaction@50 #3 ▲14 .812", "reranked #1 ▲2 .889", "dense #5"] {
        assert!(small.contains(said), "{said}\n{small}");
    }
    let mut under_way = snapshot.clone();
    (under_way.focus.stage, under_way.focus.scored, under_way.focus.to_score) = (Some(1), 4, 20);
    let drawn = screen(&showing(under_way, RICH, 80, 24));
    assert!(drawn.contains("Reranked · k 10 · stage 2: 4/20"), "{drawn}");
    let drawn = screen(&showing(snapshot, RICH, 200, 60));
    for said in [
        "17 → 3 → 1",
        "lifted by late-interaction@50",
        "late-interaction@50 #3 ▲14 .812",
        "reranked #1 ▲2 .889",
        "cross-encoder did not read its end",
    ] {
        assert!(drawn.contains(said), "{said}\n{drawn}");
    }
}

/// Trap: scoring that was not begun, told where the result stands, or nowhere.
#[test]
fn what_is_not_scored_unasked_is_told_beside_the_result() {
    let mut snapshot = fixture::snapshot();
    let plain = screen(&showing(snapshot.clone(), RICH, 120, 40));
    let why = "candidates beyond N are not scored unasked: about 90 s";
    snapshot.status.spare = StageState::Waiting(why.to_owned());
    let mut state = showing(snapshot, RICH, 120, 40);
    let drawn = screen(&state);
    assert!(drawn.lines().next().unwrap().contains("beyond N"), "{drawn}");
    assert_eq!(
        drawn.lines().skip(1).collect::<Vec<_>>(),
        plain.lines().skip(1).collect::<Vec<_>>(),
        "everything else stays"
    );
    press(&mut state, "!");
    assert!(screen(&state).contains("candidates beyond N are not"), "{}", screen(&state));
}
