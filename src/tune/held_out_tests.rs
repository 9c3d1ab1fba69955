//! Cross-validation: folds, choices made without the part that is measured, and what noise promises.

use proptest::prelude::*;

use super::super::Break;
use super::super::tests::never;
use super::*;
use crate::judge::SEED;

const FEW: Resampling = Resampling { rounds: 500, seed: SEED };

/// Folds as written, one number by query.
fn folds(of: &[usize]) -> Folds {
    Folds { of: of.to_vec(), count: of.iter().max().map_or(0, |most| most + 1) }
}

fn cells(values: &[&[f64]], folds: &Folds) -> CrossValidation<usize> {
    cross_validate_cells(values.len(), folds, &|cell, query| values[cell][query], FEW, &never)
        .unwrap()
        .unwrap()
}

/// Worked by hand: without fold 0 (queries 0 and 1) cell 2 is best, without fold 1 cell 1 is; each does
/// badly on what it has not seen.
#[test]
fn the_choice_is_made_without_what_it_is_measured_on() {
    let values: [&[f64]; 3] = [&[0.5, 0.5, 0.5, 0.5], &[1.0, 0.9, 0.2, 0.2], &[0.1, 0.1, 0.8, 0.8]];
    let validated = cells(&values, &folds(&[0, 0, 1, 1]));
    assert_eq!(validated.by_fold, [2, 1]);
    assert_eq!((validated.choice, validated.queries), (1, 4));
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    close(validated.in_sample, 0.575);
    close(validated.held_out, 0.15);
    close(validated.current, 0.5);
    close(validated.difference, -0.35);
    assert_eq!(validated.chosen(), [(2, 1), (1, 1)]);
    assert!(validated.interval.low <= -0.35 && validated.interval.high >= -0.35);
    assert!(validated.interval.high < 0.0, "it would hurt, certainly");
}

/// Trap: of 200 settings that are all chance the best one shines on the 20 queries that chose it. Means
/// over 20 such worlds, so that the test itself is not a matter of chance.
#[test]
fn what_chance_has_chosen_keeps_nothing() {
    let (mut promised, mut kept, mut sure) = (0.0, 0.0, 0);
    for world in 0..20 {
        let mut random = SplitMix64::new(world);
        let values: Vec<Vec<f64>> =
            (0..200).map(|_| (0..20).map(|_| random.below(2) as f64).collect()).collect();
        let folds = Folds::stratified(&[0; 20], 5, world);
        let validated = cross_validate_cells(200, &folds, &|cell, query| values[cell][query], FEW, &never);
        let validated = validated.unwrap().unwrap();
        promised += validated.in_sample / 20.0;
        kept += validated.held_out / 20.0;
        sure += usize::from(validated.interval.low > 0.0);
    }
    assert!(promised > 0.7, "it promises {promised}");
    assert!((kept - 0.5).abs() < 0.06, "and keeps {kept}");
    assert!(sure <= 3, "{sure} of 20 are sure of a gain");
}

#[test]
fn of_equals_the_nearest_to_the_current_setting_is_chosen() {
    // 1/3 + 2/3 + 0 and 1 + 0 + 0: equal, if not to the last bit.
    let values: [&[f64]; 3] = [&[0.0, 0.0, 0.0], &[1.0 / 3.0, 2.0 / 3.0, 0.0], &[1.0, 0.0, 0.0]];
    assert_eq!(cells(&values, &folds(&[0, 1, 2])).choice, 1);
    let equal: [&[f64]; 2] = [&[0.4, 0.4], &[0.4, 0.4]];
    let validated = cells(&equal, &folds(&[0, 1]));
    assert_eq!((validated.choice, validated.difference), (0, 0.0));
    assert_eq!(validated.interval, Interval { low: 0.0, high: 0.0 });
    assert_eq!(validated.chosen(), [(0, 2)]);
}

#[test]
fn one_query_cannot_be_held_out() {
    let value = |_: usize, _: usize| 1.0;
    for queries in 0..2 {
        let folds = Folds::stratified(&vec![0; queries], 5, SEED);
        assert_eq!(cross_validate_cells(3, &folds, &value, FEW, &never), Ok(None));
    }
    let two = Folds::stratified(&[0, 0], 5, SEED);
    assert_eq!(two.count(), 2, "not more folds than queries");
    assert_eq!(cross_validate_cells(0, &two, &value, FEW, &never), Ok(None));
    assert_eq!(cross_validate_cells(3, &two, &value, FEW, &|| true), Err(Cancelled));
}

/// The curve is 1 between `low` and `high`, else 0.
fn best_between(low: f64, high: f64) -> StepCurve {
    let breaks = [(low, 1.0), (high, 0.0)].map(|(alpha, after)| Break { alpha, at: 0.0, after });
    StepCurve { zero: 0.0, one: 0.0, first: 0.0, breaks: breaks.to_vec() }
}

/// Worked by hand: the first two queries want .2 to .4, the others .6 to .8.
#[test]
fn alpha_is_chosen_on_the_training_curves() {
    let curves: Vec<StepCurve> = [0.2, 0.2, 0.6, 0.6].map(|low| best_between(low, low + 0.2)).to_vec();
    let apart = cross_validate_curves(&curves, 0.7, &folds(&[0, 0, 1, 1]), FEW, &never).unwrap().unwrap();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    close(apart.by_fold[0], 0.7);
    close(apart.by_fold[1], 0.3);
    close(apart.choice, 0.7);
    assert_eq!((apart.in_sample, apart.held_out, apart.current), (0.5, 0.0, 0.5));
    // Folds that both have some of each: either training part has a winner by chance of distance only.
    let mixed = cross_validate_curves(&curves, 0.3, &folds(&[0, 1, 0, 1]), FEW, &never).unwrap().unwrap();
    assert_eq!((mixed.held_out, mixed.difference), (0.5, 0.0));
    assert_eq!(cross_validate_curves(&curves, 0.3, &folds(&[0, 1]), FEW, &never), Ok(None));
    assert_eq!(cross_validate_curves(&curves, 0.3, &folds(&[0, 1, 0, 1]), FEW, &|| true), Err(Cancelled));
}

proptest! {
    #[test]
    fn folds_are_even_in_all_and_in_every_stratum(
        strata in prop::collection::vec(0usize..4, 0..80), count in 1usize..8, seed: u64
    ) {
        let folds = Folds::stratified(&strata, count, seed);
        prop_assert_eq!(&folds, &Folds::stratified(&strata, count, seed));
        let sizes = |queries: &[usize]| {
            let mut sizes = vec![0usize; folds.count()];
            queries.iter().for_each(|&query| sizes[folds.of(query)] += 1);
            sizes
        };
        let even = |sizes: Vec<usize>| sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1;
        prop_assert!(even(sizes(&(0..strata.len()).collect::<Vec<_>>())));
        for stratum in 0..4 {
            let of: Vec<usize> = (0..strata.len()).filter(|&query| strata[query] == stratum).collect();
            prop_assert!(even(sizes(&of)));
        }
    }

    #[test]
    fn another_seed_deals_otherwise(seed in 0u64..1000) {
        let strata = [0; 40];
        prop_assert_ne!(Folds::stratified(&strata, 5, seed), Folds::stratified(&strata, 5, seed + 1));
    }
}
