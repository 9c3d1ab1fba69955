//! The compiled set against `ranking`, which walks the whole list, and where the two could part.

use proptest::prelude::*;

use super::*;
use crate::domain::Rank;
use crate::judge::JudgedList;

/// Every kind, with and without a cutoff, a level of its own, the condensed list.
const EVERY: [&str; 30] = [
    "R@1",
    "R@7",
    "R@100",
    "Success@3",
    "P@5",
    "P@40",
    "P(rel=2)@5",
    "P(judged_only=True)@5",
    "Rprec",
    "Rprec(rel=2)",
    "Rprec(judged_only=True)",
    "RR",
    "RR@3",
    "RR(judged_only=True)",
    "AP",
    "AP@6",
    "AP(judged_only=True)",
    "AP(rel=3)",
    "nDCG",
    "nDCG@10",
    "nDCG(judged_only=True)@10",
    "nDCG(dcg='exp-log2')@10",
    "nDCG(dcg='exp-log2')",
    "nDCG(dcg='exp-log2', judged_only=True)@4",
    "Bpref",
    "RBP",
    "RBP(p=0.5)@4",
    "RBP(judged_only=True)",
    "Judged@10",
    "Judged@3",
];

fn metrics() -> Vec<Metric> {
    EVERY.iter().map(|name| name.parse().unwrap()).collect()
}

fn measured(plan: &MetricPlan, placed: &[Placed], length: usize) -> (Vec<f64>, Vec<Option<f64>>) {
    let ideal = JudgedIdeal::of(placed.iter().map(|passage| passage.grade));
    let mut desk = Desk::default();
    let mut values = vec![f64::NAN; plan.metrics().len()];
    let mut ceilings = vec![None; plan.metrics().len()];
    // The ceilings first, so that a desk that is not cleared would show.
    plan.ceilings(&ideal, placed, length, &mut desk, |at, ceiling| ceilings[at] = ceiling);
    plan.measure(&ideal, placed, length, &mut desk, &mut values);
    (values, ceilings)
}

/// A list of up to 40 places, some judged, some grades below 0, and judged passages that are not in it.
fn a_list() -> impl Strategy<Value = (Vec<Option<Grade>>, Vec<Grade>)> {
    (prop::collection::vec(prop::option::of(-1..4), 0..40), prop::collection::vec(-1..4, 0..12))
}

proptest! {
    #[test]
    fn places_say_what_the_whole_list_says(
        (grades, others) in a_list(), cut in 0usize..45, level in -1..4
    ) {
        let ranked = (1..).zip(&grades).filter_map(|(rank, &grade)| Some((grade?, Some(rank))));
        let absent = others.iter().map(|&grade| (grade, None));
        // Out of order, as the qrels file has them.
        let mut placed: Vec<Placed> =
            ranked.chain(absent).map(|(grade, rank)| Placed { grade, rank }).collect();
        placed.sort_by_key(|passage| (passage.grade, passage.rank));
        let judgments: Vec<Grade> = placed.iter().map(|passage| passage.grade).collect();
        let list = JudgedList { grades: &grades[..cut.min(grades.len())], judgments: &judgments };

        let plan = MetricPlan::new(&metrics(), cut, level);
        let (values, ceilings) = measured(&plan, &placed, grades.len());
        for (i, metric) in plan.metrics().iter().enumerate() {
            let plain = metric.value(&list, level);
            prop_assert!((values[i] - plain).abs() < 1e-12, "{} {} is not {}", metric, values[i], plain);
            match (ceilings[i], metric.ceiling(&list, level)) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-12, "ceiling of {}: {} {}", metric, a, b),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }
}

#[test]
fn a_query_without_gold_an_empty_list_and_a_cut_of_nothing_are_zero() {
    let zero = |placed: &[Placed], length, cut| {
        let plan = MetricPlan::new(&metrics(), cut, 1);
        let (values, ceilings) = measured(&plan, placed, length);
        for (metric, value) in plan.metrics().iter().zip(values) {
            let judged_share = metric.kind == MetricKind::Judged && length.min(cut) > 0;
            assert!(value == 0.0 || judged_share, "{metric} {value}");
        }
        assert!(ceilings.iter().flatten().all(|&ceiling| ceiling == 0.0));
    };
    zero(&[], 0, 50);
    zero(&[], 30, 50);
    zero(&[Placed { grade: 0, rank: Some(1) }], 30, 50);
    zero(&[Placed { grade: -1, rank: Some(1) }], 30, 50);
    zero(&[Placed { grade: 2, rank: None }], 30, 50);
    zero(&[Placed { grade: 2, rank: Some(1) }], 30, 0);
}

/// Trap: 2^grade of a grade that somebody meant as a percentage or a count is ∞, and ∞ / ∞ no number.
#[test]
fn absurd_grades_stay_numbers() {
    let placed = [Placed { grade: 5000, rank: Some(2) }, Placed { grade: i32::MAX, rank: Some(1) }];
    let plan = MetricPlan::new(&metrics(), 10, 1);
    let (values, ceilings) = measured(&plan, &placed, 10);
    assert!(values.iter().chain(ceilings.iter().flatten()).all(|value| (0.0..=1.0 + 1e-12).contains(value)));
}

/// Trap: an ideal that is worked out anew for each of thousands of golds is quadratic.
#[test]
fn thousands_of_golds_are_measured_in_one_walk() {
    let count = 200_000u32;
    let placed: Vec<Placed> = (1..=count)
        .rev()
        .map(|rank: Rank| Placed { grade: 1 + (rank % 3) as Grade, rank: Some(rank) })
        .collect();
    let plan = MetricPlan::new(&metrics(), count as usize, 1);
    let (values, ceilings) = measured(&plan, &placed, count as usize);
    let at = |name: &str| EVERY.iter().position(|other| *other == name).unwrap();
    assert_eq!((values[at("P@40")], values[at("AP")], values[at("Rprec")]), (1.0, 1.0, 1.0));
    assert!((values[at("R@100")] - 100.0 / f64::from(count)).abs() < 1e-12);
    assert!((ceilings[at("nDCG")].unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn a_short_list_is_judged_by_what_was_returned() {
    let placed = [Placed { grade: 0, rank: Some(1) }, Placed { grade: 1, rank: Some(4) }];
    let plan = MetricPlan::new(&["Judged@10".parse().unwrap()], 50, 1);
    assert_eq!(measured(&plan, &placed, 4).0, [0.5]);
    assert_eq!(measured(&plan, &placed, 400).0, [0.2]);
    // Cut at N = 2: of the two that are left one is judged.
    let plan = MetricPlan::new(&["Judged@10".parse().unwrap()], 2, 1);
    assert_eq!(measured(&plan, &placed, 400).0, [0.5]);
}

#[test]
fn the_ideal_knows_r_at_every_level() {
    let ideal = JudgedIdeal::of([0, 3, -1, 1, 2, 1]);
    assert_eq!([0, 1, 2, 3, 4].map(|level| ideal.relevant(level)), [5, 4, 2, 1, 0]);
    assert_eq!(ideal.relevant(-3), 5, "unjudged is not relevant at any level");
}
