//! The panel of all knobs, the lists to choose from, and the view of curves.

use crate::domain::{FirstStage, FusionMethod, LegId, Settings};
use crate::engine::{Request, Snapshot, StageState};
use crate::tui::hit::{Gesture, Pointer, Target};
use crate::tui::knobs::{self, Knob};
use crate::tui::layout::Plot;
use crate::tui::message::{Effect, Message};
use crate::tui::picker::Pick;
use crate::tui::state::{Mode, State, View};
use crate::tui::update::update;
use crate::tune::Goal;

use super::fixture::{self, PLAIN, RICH, answer, notice, press, showing};
use super::screens::{check, screen};

fn state() -> State {
    showing(fixture::tuned(), RICH, 120, 40)
}

fn last_request(effects: &[Effect]) -> Option<&Request> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Request(request) => Some(request),
        _ => None,
    })
}

fn asked(effects: &[Effect]) -> Settings {
    last_request(effects).expect("a request").settings.clone()
}

/// The panel with the cursor on a knob.
fn panel_at(knob: Knob) -> State {
    let mut state = state();
    press(&mut state, "v");
    let at = state.knobs().iter().position(|&other| other == knob).expect("the knob is in the panel");
    let now = state.knobs().iter().position(|&other| other == state.knob).expect("a knob has the cursor");
    let keys = if at < now { "k".repeat(now - at) } else { "j".repeat(at - now) };
    press(&mut state, &keys);
    assert_eq!(state.knob, knob);
    state
}

#[test]
fn the_panel_opens_over_the_details_and_closes() {
    let mut state = state();
    press(&mut state, "v");
    assert!(state.panel && state.layout().details.is_empty() && state.layout().first.is_some());
    press(&mut state, "<Esc>");
    assert!(!state.panel && !state.layout().details.is_empty());
    press(&mut state, "vv");
    assert!(!state.panel);
}

/// Every knob of the engine is in the panel, turns with the arrows, and goes back by x.
#[test]
fn every_knob_of_the_panel_turns_and_goes_back() {
    for knob in state().knobs() {
        let mut state = panel_at(knob);
        let before = state.settings.clone();
        let key = if knob == Knob::Window { "<Left>" } else { "<Right>" };
        let settings = asked(&press(&mut state, key));
        assert_ne!(settings, before, "{knob:?}");
        assert_eq!(asked(&press(&mut state, "x")), before, "{knob:?}");
        assert_eq!(press(&mut state, "<Del>"), [], "{knob:?} is at its default already");
        assert!(notice(&state).contains("default"), "{knob:?}");
    }
}

#[test]
fn values_are_typed_in_the_panel_and_wrong_ones_refused() {
    type Expected = fn(&Settings) -> bool;
    let table: [(Knob, &str, Expected); 8] = [
        (Knob::RrfK, "12", |s| s.rrf_k == Some(12.0)),
        (Knob::Window, "200", |s| s.window == Some(200)),
        (Knob::Depth, "300", |s| s.depth == 300),
        (Knob::Blend, ".3", |s| s.blend == 0.3),
        (Knob::Threshold, "-.5", |s| s.threshold == Some(-0.5)),
        (Knob::K1, ".9", |s| s.bm25.k1 == 0.9),
        (Knob::TitleBoost, "2", |s| s.bm25.title_boost == 2.0),
        (Knob::RelLevel, "2", |s| s.rel_level == 2),
    ];
    for (knob, text, expected) in table {
        let mut state = panel_at(knob);
        press(&mut state, "<Enter>");
        assert_eq!(state.mode, Mode::Number(knob));
        assert_eq!(press(&mut state, "much<Enter>"), []);
        assert!(state.notice.as_ref().is_some_and(|notice| notice.is_error), "{knob:?}");
        press(&mut state, "<Esc><Enter>");
        let settings = asked(&press(&mut state, &format!("{text}<Enter>")));
        assert!(expected(&settings), "{knob:?}: {settings:?}");
        assert!(state.panel && state.mode == Mode::Browse, "the panel stays open");
    }
}

#[test]
fn an_empty_field_gives_the_rank_constant_back_to_its_method() {
    let mut state = panel_at(Knob::RrfK);
    press(&mut state, "<Enter>9<Enter>");
    let settings = asked(&press(&mut state, "<Enter><Enter>"));
    assert_eq!(settings.rrf_k, None);
}

#[test]
fn tab_walks_through_the_panel() {
    let mut state = panel_at(Knob::First);
    press(&mut state, "<Tab><Tab>");
    assert_eq!(state.knob, Knob::Alpha);
    press(&mut state, "<ShiftTab>");
    assert_eq!(state.knob, Knob::Fusion);
}

#[test]
fn the_mouse_turns_the_knobs_of_the_panel() {
    let mut state = panel_at(Knob::First);
    let point = |target, gesture, along| Message::Pointer(Pointer { target, gesture, along });
    let effects = update(&mut state, point(Target::Slider(Knob::Blend), Gesture::Press, 0.25));
    assert_eq!((asked(&effects).blend, state.knob), (0.25, Knob::Blend));
    let effects = update(&mut state, point(Target::Slider(Knob::Blend), Gesture::Drag, 0.5));
    assert_eq!(asked(&effects).blend, 0.5);
    let effects = update(&mut state, point(Target::Knob(Knob::K1), Gesture::WheelUp, 0.0));
    assert_eq!(asked(&effects).bm25.k1, 1.3);
    update(&mut state, point(Target::Knob(Knob::Depth), Gesture::Press, 0.0));
    assert_eq!(state.mode, Mode::Number(Knob::Depth));
}

/// Trap: α under a method without weights, β without a reranker: keys that seem dead.
#[test]
fn a_knob_without_effect_says_so() {
    let mut state = state();
    press(&mut state, "fdbsf<Enter><Right>");
    assert!(notice(&state).contains("takes no weights"), "{}", notice(&state));
    let mut state = panel_at(Knob::Blend);
    press(&mut state, "rnone<Enter>");
    assert!(state.settings.reranker.is_none());
    press(&mut state, "<Right>");
    // The list has moved the cursor to the knob it is of.
    assert_eq!(state.knob, Knob::Reranker);
    press(&mut state, "rnone<Enter>j<Right>");
    assert!(notice(&state).contains("nothing to blend"), "{}", notice(&state));
}

#[test]
fn with_three_legs_the_arrows_turn_the_weight_of_the_chosen_one() {
    let mut state = fixture::three_legs();
    assert_eq!(asked(&press(&mut state, "<Right>")).weights, [Some(1.1), None, None]);
    press(&mut state, "l");
    assert_eq!(state.leg, LegId(1));
    assert!(notice(&state).contains("dense"));
    assert_eq!(asked(&press(&mut state, "<Left>")).weights, [Some(1.1), Some(0.9), None]);
    assert_eq!(asked(&press(&mut state, "la2.5<Enter>")).weights[2], Some(2.5));
    assert!(screen(&state).contains("weight splade"), "{}", screen(&state));
    let mut two = self::state();
    press(&mut two, "l");
    assert!(notice(&two).contains("no leg to choose"));
}

/// Trap: a list that only applies on Enter hides what its entries do, and one that keeps what Esc left.
#[test]
fn the_fusion_is_tried_as_the_cursor_moves_and_esc_goes_back() {
    let mut state = state();
    assert_eq!(press(&mut state, "f"), []);
    assert_eq!(asked(&press(&mut state, "<Down>")).fusion, FusionMethod::Convex);
    assert_eq!(asked(&press(&mut state, "weav")).fusion, FusionMethod::WeaviateRanked);
    assert_eq!(asked(&press(&mut state, "<Down>")).fusion, FusionMethod::WeaviateRelative);
    assert_eq!(asked(&press(&mut state, "<Esc>")).fusion, FusionMethod::Rrf);
    assert_eq!(state.mode, Mode::Browse);
    press(&mut state, "fdbsf");
    assert_eq!(press(&mut state, "<Enter>"), [], "it is applied already");
    assert_eq!((state.mode, state.settings.fusion), (Mode::Browse, FusionMethod::QdrantDbsf));
}

#[test]
fn a_filter_that_nothing_passes_says_so_and_keeps_the_list_open() {
    let mut state = state();
    press(&mut state, "fzzz<Enter>");
    assert_eq!((state.mode, state.settings.fusion), (Mode::Picking(Pick::Fusion), FusionMethod::Rrf));
    assert!(notice(&state).contains("zzz"));
}

#[test]
fn every_second_stage_can_be_chosen() {
    let mut state = state();
    assert_eq!(asked(&press(&mut state, "r<Down>")).reranker.name(), "cross-encoder");
    assert_eq!(asked(&press(&mut state, "<Esc>")).reranker.name(), "late-interaction");
    // A model that is to be fetched is not tried on the way past it.
    assert_eq!(press(&mut state, "rbge-reranker-v2"), []);
    assert_eq!(asked(&press(&mut state, "<Enter>")).reranker.name(), "bge-reranker-v2-m3");
    // A service needs its model.
    press(&mut state, "rcohere<Enter>");
    assert_eq!(state.picker.filter.value(), "cohere:");
    assert_eq!(asked(&press(&mut state, "rerank-v3.5<Enter>")).reranker.name(), "cohere:rerank-v3.5");
}

#[test]
fn the_views_are_gone_to_and_back_with_their_place_kept() {
    let mut state = state();
    press(&mut state, "<Tab>g<PgDn><PgDn>");
    let before = (state.pane, state.cursor, state.scroll);
    press(&mut state, "3");
    assert_eq!(state.view, View::Curves);
    answer(&mut state, fixture::tuned());
    press(&mut state, "1");
    assert_eq!((state.view, (state.pane, state.cursor, state.scroll)), (View::Query, before));
    press(&mut state, "3<Esc>");
    assert_eq!(state.view, View::Query);
    press(&mut state, "3!");
    assert!(state.view == View::Query && state.messages, "messages stand in the query view");
}

#[test]
fn plots_metrics_and_maps_are_stepped_through() {
    let mut state = state();
    press(&mut state, "3<Tab>");
    assert_eq!(state.plot, Plot::Alpha);
    press(&mut state, "<ShiftTab><ShiftTab>");
    assert_eq!(state.plot, Plot::Budget);
    let effects = press(&mut state, "g");
    assert_eq!(last_request(&effects).and_then(|request| request.tune), Some(Goal::Rr10));
    let effects = press(&mut state, "GG");
    assert_eq!(last_request(&effects).and_then(|request| request.tune), Some(Goal::Precision5));
    press(&mut state, "h");
    assert_eq!(state.heat_method, 1);
    press(&mut state, "h");
    assert_eq!(state.heat_method, 0, "round");
    press(&mut state, "s");
    assert!(state.heat_first);
    assert_eq!(asked(&press(&mut state, "k")).candidates, 75);
    assert_eq!(asked(&press(&mut state, "jj")).candidates, 30);
}

#[test]
fn what_is_recommended_is_taken_in_one_press_and_what_was_is_said() {
    let mut state = state();
    press(&mut state, "3");
    let best = fixture::tuning().reranked.expect("a curve").best.short;
    assert_eq!(asked(&press(&mut state, "A")).alpha, best);
    assert!(notice(&state).contains("it was .50"), "{}", notice(&state));
    assert_eq!(press(&mut state, "A"), []);
    state.settings.rrf_k = Some(20.0);
    let settings = asked(&press(&mut state, "B"));
    assert_eq!((settings.fusion, settings.alpha, settings.candidates), (FusionMethod::Convex, 0.7, 100));
    assert_eq!(settings.rrf_k, None, "a constant given for RRF is not what the map tried");
    assert!(notice(&state).contains("it was RRF 20"), "{}", notice(&state));
    let mut early = showing(fixture::snapshot(), RICH, 120, 40);
    assert_eq!(press(&mut early, "3AB"), []);
    assert!(notice(&early).contains("not complete"));
}

#[test]
fn a_cell_of_the_map_is_taken_by_a_click() {
    let mut state = state();
    press(&mut state, "3h");
    let target = Target::Cell { alpha: 6, candidates: 5 };
    let effects =
        update(&mut state, Message::Pointer(Pointer { target, gesture: Gesture::Press, along: 0.0 }));
    let settings = asked(&effects);
    assert_eq!((settings.fusion, settings.candidates), (FusionMethod::Convex, 100));
    assert_eq!(knobs::value(Knob::Alpha, &settings, &[]), ".30");
}

#[test]
fn curves_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut state = showing(fixture::tuned(), RICH, width, height);
        press(&mut state, "3");
        if height == 24 {
            check("curves_recall_80x24", &state);
            press(&mut state, "<Tab>");
            check("curves_alpha_80x24", &state);
            press(&mut state, "<Tab>");
            check("curves_heat_80x24", &state);
        } else {
            press(&mut state, if height == 40 { "<Tab>" } else { "" });
            check(&format!("curves_{width}x{height}"), &state);
        }
    }
    let mut plain = showing(fixture::tuned(), PLAIN, 120, 40);
    press(&mut plain, "3<Tab>");
    check("curves_ascii_120x40", &plain);
}

#[test]
fn knobs_and_lists_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut state = showing(fixture::tuned(), RICH, width, height);
        press(&mut state, "v");
        check(&format!("panel_{width}x{height}"), &state);
        press(&mut state, "fopen");
        check(&format!("picker_{width}x{height}"), &state);
    }
}

/// Trap: numbers of the settings before that look like those of the settings shown.
#[test]
fn what_is_of_the_settings_before_says_so() {
    let state = showing(fixture::rejudging(), RICH, 120, 40);
    let shown = screen(&state);
    assert!(shown.contains("⟳ judging 3,200 of 10,000"), "{shown}");
    assert!(shown.contains("recall@N ⟳") && shown.contains("▲⟳q01"), "{shown}");
    let settled = screen(&showing(fixture::snapshot(), RICH, 120, 40));
    assert!(!settled.contains('⟳'), "{settled}");
}

/// Trap: an old curve under a new setting without a sign, and a sign on a picture that is only filling.
#[test]
fn an_old_picture_is_marked_until_its_successor_comes() {
    let with = |tuning: StageState, complete: bool| {
        let mut snapshot: Snapshot = fixture::tuned();
        snapshot.status.tuning = tuning;
        let mut picture = fixture::tuning();
        picture.complete = complete;
        snapshot.tuning = Some(std::sync::Arc::new(picture));
        let mut state = showing(snapshot, RICH, 120, 40);
        press(&mut state, "3<Tab>");
        screen(&state)
    };
    let working = |done, total| StageState::Working { done, total, doing: "trying other settings".into() };
    assert!(with(working(0, 0), true).contains("⟳ α .50"));
    let filling = with(working(24, 42), false);
    assert!(!filling.contains("⟳ α") && filling.contains("24 of 42") && filling.contains("tuning ◌ 24/42"));
    assert!(!with(StageState::Ready, true).contains('⟳'));
    let mut behind = state();
    press(&mut behind, "3<Tab>]");
    assert!(screen(&behind).contains("⟳ α .50"));
}

#[test]
fn without_curves_the_view_says_what_to_do() {
    let shown = |mut state: State| {
        press(&mut state, "3<Tab>");
        screen(&state).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(shown(showing(fixture::unjudged(), RICH, 120, 40)).contains("No judgments in this collection"));
    let mut one = fixture::snapshot();
    one.settings.first = FirstStage::Only(LegId(0));
    assert!(shown(showing(one, RICH, 120, 40)).contains("Only bm25 is on"));
    let mut waiting = fixture::snapshot();
    waiting.status.tuning = StageState::Waiting("waits for the first stage".into());
    assert!(shown(showing(waiting, RICH, 120, 40)).contains("waits for the first stage"));
}

/// Trap: a recommended share for the last of three legs written into α, which three legs do not read.
#[test]
fn with_three_legs_the_recommended_share_becomes_weights() {
    let mut state = fixture::three_legs();
    let mut snapshot = fixture::tuned();
    snapshot.legs = state.legs.clone().into();
    let mut picture = fixture::tuning();
    picture.leg = Some(LegId(2));
    snapshot.tuning = Some(std::sync::Arc::new(picture));
    answer(&mut state, snapshot);
    let settings = asked(&press(&mut state, "3A"));
    let best = fixture::tuning().reranked.expect("a curve").best.short;
    let weights: Vec<f64> = settings.leg_weights(3);
    assert!((weights[2] / weights.iter().sum::<f64>() - best).abs() < 1e-3, "{weights:?}");
    assert_eq!((weights[0], settings.alpha), (weights[1], 0.5));
}

/// Trap: a recommendation from the six queries whose entering passages happen to be scored.
#[test]
fn a_curve_of_few_queries_recommends_nothing() {
    let mut picture = fixture::tuning();
    let first = picture.first.clone().expect("a curve").best.short;
    if let Some(reranked) = &mut picture.reranked {
        reranked.queries = 4;
    }
    let mut snapshot = fixture::tuned();
    snapshot.tuning = Some(std::sync::Arc::new(picture));
    let mut state = showing(snapshot, RICH, 120, 40);
    press(&mut state, "3<Tab>");
    assert!(screen(&state).contains("on 4 of 9 queries"));
    assert_eq!(asked(&press(&mut state, "A")).alpha, first);
}
