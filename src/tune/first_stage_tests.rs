//! The first-stage curve against examples worked by hand, against whole numbers, and against the list
//! that the engine shows.

use proptest::prelude::*;

use super::super::tests::*;
use super::super::{Axis, Goal, JudgedRow, exactness};
use super::*;
use crate::domain::DocIdx;
use crate::fuse::{FusionPlan, Mean, Method, OpenSearch, Rescale};
use crate::judge::measure;

fn curve(query: TuneQuery<'_>, plan: &FusionPlan, objective: &Objective<'_>) -> StepCurve {
    let plans = AxisPlans::new(plan, HYBRID);
    first_stage_curve(&[query], &plans, objective, &never).unwrap().unwrap().remove(0)
}

/// Trap: steps of a hundredth see nothing between .504 and .507, where alone the gold is first.
#[test]
fn a_narrow_best_interval_is_found() {
    let pool = pool(&[&[(0, 1504.0), (1, 1000.0), (2, 493.0)], &[(2, 1493.0), (1, 1000.0), (0, 504.0)]]);
    let judged = judged(&pool, &[(1, 1)]);
    let objective = Goal::Rr10.objective(10, 1);
    let curve = curve(query(&pool, &judged), &raw(), &objective);
    let by_hundredths = (0..=100).map(|step| curve.value_at(f64::from(step) / 100.0));
    assert_eq!(by_hundredths.fold(0.0, f64::max), 0.5, "the naive sweep never sees rank 1");
    let best = curve.best(0.5);
    assert_eq!(best.value, 1.0);
    let plateau = best.plateau.unwrap();
    assert!((plateau.low - 0.504).abs() < 1e-12 && (plateau.high - 0.507).abs() < 1e-12);
    assert!((best.alpha - 0.5055).abs() < 1e-12);
    assert_eq!(best.short, 0.506, "three decimals are enough");
    let list = list_at(&pool, &raw(), best.short);
    assert_eq!(list.rank(judged[0].row.unwrap()), Some(1));
}

/// Trap: at the crossing itself neither side's order holds, but the ids'.
#[test]
fn at_a_breakpoint_the_greater_id_comes_first() {
    let pool = pool(&[&[(0, 2.0), (1, 1.0)], &[(1, 2.0), (0, 1.0)]]);
    for (gold, at) in [(0, 0.5), (1, 1.0)] {
        let judged = judged(&pool, &[(gold, 1)]);
        let objective = Goal::Rr10.objective(10, 1);
        for plan in [raw(), plan(Method::Rrf), plan(Method::Convex)] {
            let curve = curve(query(&pool, &judged), &plan, &objective);
            let (before, after) = if gold == 0 { (1.0, 0.5) } else { (0.5, 1.0) };
            let steps: Vec<Break> = [Break { alpha: 0.5, at, after }]
                .into_iter()
                .filter(|step| step.at != before || step.after != before)
                .collect();
            assert_eq!((curve.first, &curve.breaks), (before, &steps), "{plan:?}");
            assert_eq!(curve.value_at(0.5), at);
        }
    }
}

/// Trap: the limit at α → 0 still has the passages of the other leg, the leg alone has not, and its
/// scores are its own.
#[test]
fn the_ends_are_the_legs_and_not_the_limits() {
    // Under min-max passage 1 of the first leg becomes 0, as passage 2, which is not in it: by id it
    // would be behind.
    let pool = pool(&[&[(0, 2.0), (1, 1.0)], &[(2, 1.0), (0, 0.5)]]);
    let judged = judged(&pool, &[(1, 1)]);
    let curve = curve(query(&pool, &judged), &plan(Method::Convex), &Goal::Rr10.objective(10, 1));
    assert_eq!((curve.zero, curve.first, curve.one), (0.5, 1.0 / 3.0, 0.0));
    assert!(curve.breaks.is_empty());
}

/// Trap: 3 / √234 is 1 / √26, but not to the last bit; where a mean leaves a leg out, scores of
/// different legs stand side by side.
#[test]
fn equal_scores_of_different_legs_are_equal() {
    let pool = pool(&[
        &[
            (0, 8.0),
            (1, 7.0),
            (2, 5.0),
            (3, 5.0),
            (4, 5.0),
            (5, 4.0),
            (6, 4.0),
            (21, 3.0),
            (7, 2.0),
            (8, 1.0),
        ],
        &[(0, 5.0), (20, 1.0)],
    ]);
    let judged = judged(&pool, &[(20, 1)]);
    let plan = plan(Method::OpenSearch(OpenSearch::L2(Mean::Harmonic)));
    let curve = curve(query(&pool, &judged), &plan, &Goal::Ap.objective(24, 1));
    let list = list_at(&pool, &plan, 0.5);
    let [gold, other] = [20, 21].map(|doc| pool.row_of(DocIdx(doc)).unwrap());
    assert_eq!(list.score(gold), list.score(other), "the example is what it is to be");
    assert_eq!(curve.value_at(0.5), 1.0 / f64::from(list.rank(gold).unwrap()));
}

#[test]
fn a_method_without_weights_changes_at_the_ends_only() {
    let pool = pool(&[&[(0, 3.0), (1, 2.0)], &[(2, 3.0), (1, 1.0)]]);
    let judged = judged(&pool, &[(2, 1)]);
    let dbsf = plan(Method::Dbsf);
    let curve = curve(query(&pool, &judged), &dbsf, &Goal::Success.objective(3, 1));
    assert_eq!(curve, StepCurve::constant(0.0, 1.0, 1.0));
    let plans = AxisPlans::new(&plan(Method::QdrantRrf), HYBRID);
    let objective = Goal::Recall.objective(3, 1);
    assert_eq!(first_stage_curve(&[query(&pool, &judged)], &plans, &objective, &never), Ok(None));
}

#[test]
fn a_single_leg_and_empty_legs_have_nothing_to_tune() {
    let pool = pool(&[&[(0, 3.0), (1, 2.0)], &[]]);
    let judged = judged(&pool, &[(1, 1)]);
    let objective = Goal::Rr10.objective(10, 1);
    assert_eq!(
        curve(query(&pool, &judged), &plan(Method::Rrf), &objective),
        StepCurve::constant(0.5, 0.5, 0.0)
    );
    let one_leg = FusionPlan { weights: vec![1.0], ..plan(Method::Rrf) };
    let alone = AxisPlans::new(&one_leg, Axis { leg: 0 });
    assert_eq!(alone.exactness(), Exactness::Constant);
    let none = super::super::tests::pool(&[&[], &[]]);
    let unknown = [JudgedRow { grade: 1, row: None }];
    assert_eq!(
        curve(query(&none, &unknown), &plan(Method::Rrf), &objective),
        StepCurve::constant(0.0, 0.0, 0.0)
    );
}

#[test]
fn work_that_is_given_up_ends_at_once() {
    let pool = pool(&[&[(0, 2.0), (1, 1.0)], &[(1, 2.0), (0, 1.0)]]);
    let judged = judged(&pool, &[(0, 1)]);
    let queries = vec![query(&pool, &judged); 100];
    let asked = std::cell::Cell::new(0);
    let after_ten = || {
        asked.set(asked.get() + 1);
        asked.get() > 10
    };
    let plans = AxisPlans::new(&raw(), HYBRID);
    let objective = Goal::Recall.objective(1, 1);
    assert_eq!(first_stage_curve(&queries, &plans, &objective, &after_ten), Err(Cancelled));
    assert_eq!(asked.get(), 11);
}

/// A sort by buckets is a sort, also where all is in one bucket or at its edges.
#[test]
fn swaps_come_in_order() {
    let mut random = crate::judge::SplitMix64::new(5);
    for spread in [1, 3, 100_000] {
        let alphas = (0..5000).map(|_| random.below(spread + 1) as f64 / spread as f64);
        let swaps: Vec<Swap> = alphas.map(|alpha| Swap { alpha, judged: 0, at: 0, after: 1 }).collect();
        let mut plainly: Vec<f64> = swaps.iter().map(|swap| swap.alpha).collect();
        plainly.sort_by(f64::total_cmp);
        let sorted = in_order(swaps, &never).unwrap();
        assert_eq!(sorted.iter().map(|swap| swap.alpha).collect::<Vec<_>>(), plainly);
    }
}

proptest! {
    /// Whole numbers know every swap and every tie exactly: nothing is missed, nothing is invented.
    #[test]
    fn the_curve_is_that_of_whole_numbers(pool in two_legs(), grades in grades(), n in 0usize..20, level in 1..3) {
        let judged = judged(&pool, &grades);
        let query = query(&pool, &judged);
        let places = places_of_alpha(&pool);
        for goal in Goal::ALL {
            let exact = exact_curve(&places, |alpha| {
                let list = exact_list(&pool, alpha);
                let rank = |row| list.iter().position(|&r| r == row).map(|place| place as u32 + 1);
                goal.of(&measure(&placed(&query, rank), n, level))
            });
            assert_same(&curve(query, &raw(), &goal.objective(n, level)), &exact);
        }
    }

    /// The curve says what the engine's own list measures: at the ends, and in the middle of every
    /// interval that f32 can tell from its ends.
    #[test]
    fn the_curve_is_that_of_the_lists(
        pool in two_legs(), grades in grades(), n in 1usize..20, window in 0usize..30, k in 1.0f64..61.0,
        lucene: bool
    ) {
        let factors = [(1.0 / 2.2, 0.0), (0.5, 0.5)].map(|(factor, offset)| Rescale { factor, offset });
        let judged = judged(&pool, &grades);
        let query = query(&pool, &judged);
        for method in exact_methods() {
            prop_assert_eq!(exactness(&method, 2), Exactness::Exact);
            // Rescaled to f32, scores of two legs that are equal by the formula are equal but for 1e-7, and
            // only the list's own rounding knows whether they tie there.
            let is_rescaled = lucene && method.mean() == Mean::Arithmetic;
            let rescale = if is_rescaled { factors.to_vec() } else { Vec::new() };
            let plan = FusionPlan { window, rrf_k: k, rescale, ..plan(method) };
            for goal in [Goal::Recall, Goal::Ndcg10, Goal::Ap] {
                let curve = curve(query, &plan, &goal.objective(n, 1));
                let listed = |alpha: f64| {
                    let list = list_at(&pool, &plan, alpha);
                    goal.of(&measure(&placed(&query, |row| list.rank(row)), n, 1))
                };
                prop_assert_eq!(curve.zero, listed(0.0));
                prop_assert_eq!(curve.one, listed(1.0));
                for plateau in curve.plateaus().filter(|plateau| plateau.width() > 1e-3) {
                    let alpha = plateau.middle();
                    prop_assert_eq!(plateau.value, listed(alpha), "{:?} at {}", &plan, alpha);
                    prop_assert_eq!(plateau.value, curve.value_at(alpha));
                }
            }
        }
    }

    /// Breakpoints that binary fractions can hold, of scores that they can hold: the list ties there.
    #[test]
    fn the_curve_is_that_of_the_lists_at_breakpoints(pool in two_legs(), grades in grades(), n in 1usize..20) {
        let judged = judged(&pool, &grades);
        let query = query(&pool, &judged);
        let curve = curve(query, &raw(), &Goal::Ap.objective(n, 1));
        for step in curve.breaks.iter().filter(|step| (step.alpha * 1024.0).fract() == 0.0) {
            let list = list_at(&pool, &raw(), step.alpha);
            let listed = measure(&placed(&query, |row| list.rank(row)), n, 1).ap;
            prop_assert_eq!(step.at, listed, "at {}", step.alpha);
        }
    }

    /// A metric that looks at every rank sees every swap.
    #[test]
    fn any_function_of_the_ranks_can_be_followed(pool in two_legs(), grades in grades()) {
        let judged = judged(&pool, &grades);
        let query = query(&pool, &judged);
        let sum = |placed: &[Placed]| placed.iter().filter_map(|p| p.rank).map(f64::from).sum::<f64>();
        let exact = exact_curve(&places_of_alpha(&pool), |alpha| {
            let list = exact_list(&pool, alpha);
            let rank = |row| list.iter().position(|&r| r == row).map(|place| place as u32 + 1);
            sum(&placed(&query, rank))
        });
        assert_same(&curve(query, &raw(), &Objective::new(usize::MAX, sum)), &exact);
    }
}
