use super::scale::move_candidates;
use super::*;
use crate::domain::{FusionMethod, LegScale, SecondStage};

const TWO: Scope = Scope { legs: 2, scores: (-0.2, 0.9) };
const UP: Step = Step { up: true, small: false };
const DOWN: Step = Step { up: false, small: false };

fn at(candidates: usize) -> Settings {
    Settings { candidates, ..Settings::default() }
}

#[test]
fn n_moves_over_multiples_of_ten_and_stays_in_range() {
    for (from, up, to) in [
        (50, true, 60),
        (50, false, 40),
        (63, true, 70),
        (63, false, 60),
        (10, false, 1),
        (1, true, 10),
        (1000, true, 1000),
    ] {
        let mut settings = at(from);
        move_candidates(up, &mut settings);
        assert_eq!(settings.candidates, to, "{from} {up}");
    }
}

#[test]
fn n_jumps_between_stops() {
    for (from, up, to) in
        [(50, true, 100), (63, true, 100), (63, false, 50), (10, false, 10), (1000, true, 1000)]
    {
        let mut settings = at(from);
        jump_candidates(up, &mut settings);
        assert_eq!(settings.candidates, to, "{from} {up}");
    }
}

/// Trap: twenty steps of .05 in floating point end at .9999 or 1.0500001.
#[test]
fn shares_reach_both_ends_exactly() {
    for knob in [Knob::Alpha, Knob::Blend, Knob::B] {
        let mut settings = Settings::default();
        for (step, end) in [(UP, "1.00"), (DOWN, ".00")] {
            (0..25).for_each(|_| turn(knob, step, &mut settings, TWO));
            assert_eq!(value(knob, &settings, &[]), end, "{knob:?}");
        }
    }
}

#[test]
fn typed_values_are_checked_and_the_knob_stays_where_they_are_wrong() {
    let mut settings = Settings::default();
    for (knob, bad) in [
        (Knob::Alpha, vec!["1.2", "-1", "NaN", "inf", "", "half"]),
        (Knob::Blend, vec!["1.01", "-0.1", "NaN", ""]),
        (Knob::Candidates, vec!["0", "1001", "-5", "5.5", "", "many"]),
        (Knob::Deliver, vec!["0", "1001", ""]),
        (Knob::Window, vec!["0", "1001", "1.5"]),
        (Knob::Depth, vec!["0", "", "99999999999999999999", "1000001"]),
        (Knob::RrfK, vec!["-1", "NaN", "inf", "k"]),
        (Knob::Threshold, vec!["NaN", "inf", "low"]),
        (Knob::K1, vec!["-0.1", "1000.5", "NaN", ""]),
        (Knob::B, vec!["1.1", "-0.1", ""]),
        (Knob::TitleBoost, vec!["-1", "1001", "NaN"]),
        (Knob::RelLevel, vec!["0", "-1", "1.5", ""]),
        (Knob::Weight(LegId(0)), vec!["-1", "NaN", "inf", "heavy"]),
    ] {
        for text in bad {
            let sentence = type_in(knob, text, &mut settings, TWO).expect_err(text);
            assert!(sentence.contains(&format!("\"{text}\"")), "{knob:?} {text}: {sentence}");
        }
    }
    assert_eq!(settings, Settings::default());
}

/// Typing what a knob shows sets it to what it shows.
#[test]
fn every_number_can_be_typed() {
    for (knob, text, shown) in [
        (Knob::Alpha, " .35 ", ".35"),
        (Knob::Alpha, ".835", ".835"),
        (Knob::Blend, "0.3", ".30"),
        (Knob::Candidates, "63", "63"),
        (Knob::Deliver, "5", "5"),
        (Knob::Window, "200", "200"),
        (Knob::Depth, "500", "500"),
        (Knob::RrfK, "12.5", "12.5"),
        (Knob::Threshold, "-.25", "-.25"),
        (Knob::K1, ".9", ".9"),
        (Knob::B, "0.4", ".40"),
        (Knob::TitleBoost, "2", "2"),
        (Knob::RelLevel, "2", "2"),
    ] {
        let mut settings = Settings::default();
        assert_eq!(type_in(knob, text, &mut settings, TWO), Ok(()), "{knob:?}");
        assert_eq!(value(knob, &settings, &[]), shown);
        assert_ne!(settings, Settings::default(), "{knob:?}");
        reset(knob, &mut settings, TWO);
        assert_eq!(settings, Settings::default(), "{knob:?} goes back to its default");
    }
}

#[test]
fn nothing_typed_takes_an_optional_value_away_and_no_other() {
    let mut settings =
        Settings { rrf_k: Some(9.0), window: Some(40), threshold: Some(0.1), ..Settings::default() };
    for knob in [Knob::RrfK, Knob::Window, Knob::Threshold] {
        assert_eq!(type_in(knob, "", &mut settings, TWO), Ok(()));
    }
    assert_eq!(settings, Settings::default());
}

/// Trap: with every weight at 0 the first stage finds nothing, and the settings file refuses that too.
#[test]
fn the_last_weight_cannot_be_taken_away() {
    let mut settings = Settings { weights: vec![Some(1.0), Some(0.0)], ..Settings::default() };
    assert_eq!(type_in(Knob::Weight(LegId(0)), "0", &mut settings, TWO), Err(NOTHING_SPEAKS.to_owned()));
    assert_eq!(settings.weights, [Some(1.0), Some(0.0)]);
    settings.weights = vec![Some(0.0), Some(0.0)];
    assert!(settings.is_silent(TWO.legs));
}

#[test]
fn weights_stand_in_for_alpha_with_three_legs_or_where_one_was_given() {
    let three = Scope { legs: 3, ..TWO };
    let settings = Settings::default();
    assert!(all(&settings, TWO).contains(&Knob::Alpha));
    let knobs = all(&settings, three);
    assert!(!knobs.contains(&Knob::Alpha) && knobs.contains(&Knob::Weight(LegId(2))));
    assert_eq!(share_knob(&settings, 3, LegId(1)), Knob::Weight(LegId(1)));
    let mut given = Settings { weights: vec![None, Some(2.0)], ..settings };
    assert!(all(&given, TWO).contains(&Knob::Weight(LegId(0))));
    reset(Knob::Weight(LegId(1)), &mut given, TWO);
    assert_eq!(share_knob(&given, 2, LegId(0)), Knob::Alpha, "without a given weight α decides again");
}

/// Trap: a k that a method does not use, or one that divides by zero.
#[test]
fn the_rank_constant_is_there_only_for_methods_that_go_by_rank() {
    for fusion in FusionMethod::ALL {
        let mut settings = Settings { fusion, ..Settings::default() };
        let there = all(&settings, TWO).contains(&Knob::RrfK);
        assert_eq!(there, fusion.default_k().is_some(), "{fusion:?}");
        if there {
            (0..20).for_each(|_| turn(Knob::RrfK, DOWN, &mut settings, TWO));
            assert_eq!(settings.rrf_k, Some(fusion.least_k()), "{fusion:?}");
        }
    }
}

#[test]
fn every_knob_turns_both_ways_and_stays_in_its_range() {
    let legs = ["bm25", "dense", "run"].map(|name| LegName { name: name.into(), scale: LegScale::Unknown });
    for legs in [&legs[..2], &legs[..]] {
        let scope = Scope { legs: legs.len(), ..TWO };
        for knob in all(&Settings::default(), scope) {
            for small in [false, true] {
                let mut settings = Settings::default();
                // The window starts as deep as it can be, everything else has room above it.
                turn(knob, Step { up: knob != Knob::Window, small }, &mut settings, scope);
                assert_ne!(settings, Settings::default(), "{knob:?} moves");
                for up in [true, false] {
                    (0..60).for_each(|_| turn(knob, Step { up, small }, &mut settings, scope));
                    let along = fraction(knob, &settings, scope);
                    assert!((0.0..=1.0).contains(&along), "{knob:?}");
                    let mut again = settings.clone();
                    if knob.takes_a_number() && !value(knob, &settings, legs).contains([' ', 'f']) {
                        let shown = value(knob, &settings, legs);
                        let fits = type_in(knob, &shown, &mut again, scope);
                        assert!(fits.is_ok() || settings.is_silent(scope.legs), "{knob:?} {shown}: {fits:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_threshold_is_off_below_the_least_score() {
    let mut settings = Settings::default();
    turn(Knob::Threshold, DOWN, &mut settings, TWO);
    assert_eq!(settings.threshold, None);
    turn(Knob::Threshold, UP, &mut settings, TWO);
    assert_eq!(settings.threshold, Some(-0.2));
    turn(Knob::Threshold, UP, &mut settings, TWO);
    assert_eq!(settings.threshold, Some(-0.1));
    (0..2).for_each(|_| turn(Knob::Threshold, DOWN, &mut settings, TWO));
    assert_eq!(settings.threshold, None);
}

#[test]
fn a_window_as_deep_as_the_legs_is_none_of_its_own() {
    let mut settings = Settings::default();
    turn(Knob::Window, DOWN, &mut settings, TWO);
    assert_eq!(settings.window, Some(500));
    turn(Knob::Window, UP, &mut settings, TWO);
    assert_eq!(settings.window, None);
}

#[test]
fn the_picker_goes_through_every_second_stage_and_round() {
    let mut settings = Settings::default();
    let mut seen = Vec::new();
    for _ in RERANKER_STOPS {
        seen.push(settings.reranker.name());
        turn(Knob::Reranker, UP, &mut settings, TWO);
    }
    assert_eq!(seen, RERANKER_STOPS);
    assert_eq!(settings, Settings::default());
    turn(Knob::Reranker, DOWN, &mut settings, TWO);
    assert_eq!(settings.reranker.name(), "none");
    settings.reranker = SecondStage::of("cohere:rerank-v3.5");
    turn(Knob::Reranker, UP, &mut settings, TWO);
    assert_eq!(settings.reranker.name(), RERANKER_STOPS[0]);
}

#[test]
fn a_slider_gives_back_what_it_shows() {
    for n in [1, 5, 10, 20, 50, 100, 200, 500, 1000] {
        let mut settings = at(n);
        let along = fraction(Knob::Candidates, &settings, TWO);
        set_fraction(Knob::Candidates, along, &mut settings, TWO);
        assert_eq!(settings.candidates, n);
    }
    for knob in [Knob::Alpha, Knob::Blend, Knob::K1, Knob::B, Knob::TitleBoost, Knob::RrfK, Knob::Depth] {
        let mut settings = Settings { rrf_k: Some(60.0), ..Settings::default() };
        let before = settings.clone();
        let along = fraction(knob, &settings, TWO);
        set_fraction(knob, along, &mut settings, TWO);
        assert_eq!(settings, before, "{knob:?}");
    }
}

/// Trap: a recommended α for the last of three legs that also changes how the other two stand to each
/// other.
#[test]
fn the_share_of_one_of_three_legs_leaves_the_others_in_proportion() {
    let three = Scope { legs: 3, ..TWO };
    let mut settings = Settings { weights: vec![Some(2.0), Some(1.0), Some(1.0)], ..Settings::default() };
    assert_eq!(share_of(2, &settings, three), 0.25);
    set_share(2, 0.4, &mut settings, three);
    assert_eq!(settings.weights, [Some(1.6), Some(0.8), Some(1.6)]);
    set_share(2, 1.0, &mut settings, three);
    set_share(2, 0.5, &mut settings, three);
    assert_eq!(settings.weights, [Some(1.0), Some(1.0), Some(2.0)], "nothing left to be in proportion to");
    let mut two = Settings::default();
    set_share(1, 0.83, &mut two, TWO);
    assert_eq!((two.alpha, two.weights.len()), (0.83, 0));
}
