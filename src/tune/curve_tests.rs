//! Step functions: their values, sums, means, and where one should settle.

use proptest::prelude::*;

use super::super::tests::never;
use super::*;

fn curve(ends: (f64, f64), first: f64, breaks: &[(f64, f64, f64)]) -> StepCurve {
    let breaks = breaks.iter().map(|&(alpha, at, after)| Break { alpha, at, after }).collect();
    StepCurve { zero: ends.0, one: ends.1, first, breaks }
}

fn mean(curves: &[StepCurve]) -> StepCurve {
    StepSum::over(&curves.iter().collect::<Vec<_>>(), &never).unwrap().mean(&never).unwrap().unwrap()
}

#[test]
fn values_are_read_at_ends_breaks_and_between() {
    let curve = curve((0.1, 0.2), 0.3, &[(0.25, 0.4, 0.5), (0.75, 0.6, 0.7)]);
    let alphas = [0.0, 0.1, 0.25, 0.25 + 1e-10, 0.5, 0.75, 0.9, 1.0];
    let values = [0.1, 0.3, 0.4, 0.4, 0.5, 0.6, 0.7, 0.2];
    assert_eq!(alphas.map(|alpha| curve.value_at(alpha)), values);
    let plateaus: Vec<_> = curve.plateaus().map(|p| (p.low, p.high, p.value)).collect();
    assert_eq!(plateaus, [(0.0, 0.25, 0.3), (0.25, 0.75, 0.5), (0.75, 1.0, 0.7)]);
}

#[test]
fn the_widest_of_the_best_is_chosen_and_of_equals_the_nearest() {
    let steps = [(0.1, 0.0, 0.9), (0.2, 0.0, 0.5), (0.3, 0.0, 0.9), (0.5, 0.0, 0.2)];
    let best = curve((0.5, 0.5), 0.5, &steps).best(0.0);
    assert_eq!((best.alpha, best.short, best.value), (0.4, 0.4, 0.9));
    let twins = curve((0.5, 0.5), 0.5, &[(0.1, 0.0, 0.9), (0.2, 0.0, 0.5), (0.8, 0.0, 0.9), (0.9, 0.0, 0.5)]);
    assert!((twins.best(0.4).alpha - 0.15).abs() < 1e-12);
    assert!((twins.best(0.6).alpha - 0.85).abs() < 1e-12, ".9 − .8 is not .2 − .1 to the last bit");
}

/// Traps: a breakpoint that is better than all around it, and an interval too narrow for a list.
#[test]
fn what_a_list_could_not_keep_is_not_recommended() {
    let best = curve((0.5, 0.5), 0.5, &[(0.3, 1.0, 0.6), (0.7, 0.9, 0.9), (0.7 + 1e-8, 0.6, 0.55)]).best(0.5);
    assert_eq!((best.alpha, best.value), (0.5, 0.6));
}

#[test]
fn an_end_is_recommended_only_if_it_is_better() {
    let leg = curve((0.8, 0.7), 0.7, &[]);
    assert_eq!(leg.best(0.9), Best { alpha: 0.0, short: 0.0, value: 0.8, plateau: None });
    let as_good = curve((0.7, 0.7), 0.7, &[]);
    assert_eq!(as_good.best(0.9).alpha, 0.5);
    let both = curve((0.8, 0.8), 0.7, &[]);
    assert_eq!((both.best(0.9).alpha, both.best(0.1).alpha), (1.0, 0.0));
}

/// Trap: .1 + .2 − .1 − .2 is not 0 in floating point, and would leave a step where there is none.
#[test]
fn changes_that_cancel_out_leave_no_step() {
    let up = curve((0.0, 0.0), 0.1, &[(0.5, 0.1, 0.3), (0.6, 0.1, 0.1)]);
    let down = curve((0.0, 0.0), 0.3, &[(0.5 + 1e-12, 0.3, 0.1), (0.7, 0.3, 0.2)]);
    let mean = mean(&[up, down]);
    let breaks: Vec<f64> = mean.breaks.iter().map(|step| step.alpha).collect();
    assert_eq!(breaks, [0.6, 0.7]);
    assert!((mean.first - 0.2).abs() < 1e-15);
}

#[test]
fn no_query_has_no_mean() {
    assert_eq!(StepSum::default().mean(&never), Ok(None));
    let curves = [curve((0.0, 0.0), 0.0, &[]), curve((0.0, 0.0), 1.0, &[])];
    let both: Vec<&StepCurve> = curves.iter().collect();
    assert_eq!(StepSum::over(&both, &|| true), Err(Cancelled));
}

fn a_curve() -> impl Strategy<Value = StepCurve> {
    let value = || (0u8..5).prop_map(|fifths| f64::from(fifths) / 5.0);
    let steps = prop::collection::btree_map(1u8..32, (value(), value()), 0..12);
    (value(), value(), value(), steps).prop_map(|(zero, one, first, steps)| {
        let steps: Vec<_> = steps.iter().map(|(&a, &(at, after))| (f64::from(a) / 32.0, at, after)).collect();
        curve((zero, one), first, &steps)
    })
}

proptest! {
    /// The mean curve is the mean of the curves, everywhere, and steps only where it changes.
    #[test]
    fn a_mean_is_taken_point_by_point(curves in prop::collection::vec(a_curve(), 1..9)) {
        let mean = mean(&curves);
        for place in 0..=64 {
            let alpha = f64::from(place) / 64.0;
            let plain = curves.iter().map(|curve| curve.value_at(alpha)).sum::<f64>() / curves.len() as f64;
            prop_assert!((mean.value_at(alpha) - plain).abs() < 1e-12, "at {alpha}");
        }
        let mut before = mean.first;
        for step in &mean.breaks {
            prop_assert!((step.at - before).abs() > 1e-12 || (step.after - before).abs() > 1e-12);
            before = step.after;
        }
        let mut backwards: Vec<&StepCurve> = curves.iter().collect();
        backwards.reverse();
        let sum = StepSum::over(&backwards, &never).unwrap();
        prop_assert_eq!(sum.queries(), curves.len());
        prop_assert_eq!(sum.mean(&never).unwrap().unwrap(), mean, "the order of the queries does not count");
    }
}
