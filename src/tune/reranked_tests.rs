//! The curve of a reranked metric against whole numbers, and against lists that are reranked one by one.

use proptest::prelude::*;

use super::super::Goal;
use super::super::lines::Side;
use super::super::tests::*;
use super::*;
use crate::domain::DocIdx;
use crate::fuse::{FusionPlan, Method, Pool};
use crate::judge::measure;

fn outcome(query: TuneQuery<'_>, plan: &FusionPlan, n: usize, objective: &Objective<'_>) -> Reranked {
    let plans = AxisPlans::new(plan, HYBRID);
    reranked_curve(&[query], &plans, n, objective, &never).unwrap().unwrap().remove(0)
}

fn curve(query: TuneQuery<'_>, plan: &FusionPlan, n: usize, objective: &Objective<'_>) -> StepCurve {
    match outcome(query, plan, n, objective) {
        Reranked::Curve(curve) => curve,
        other => panic!("{other:?}"),
    }
}

/// A score for every passage, from its document.
fn scores(pool: &Pool, score: impl Fn(u32) -> SecondScore) -> Vec<SecondScore> {
    (0..pool.len()).map(|row| score(pool.doc(row).0)).collect()
}

/// What the reranker makes of the first `n` of a list.
fn reranked_rank(second: &[SecondScore], list: &[usize], n: usize, row: usize) -> Option<u32> {
    let score = |row: usize| match second[row] {
        SecondScore::Score(score) => score,
        other => panic!("{other:?}"),
    };
    let mut candidates = list[..n.min(list.len())].to_vec();
    candidates.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
    candidates.iter().position(|&other| other == row).map(|place| place as u32 + 1)
}

/// Trap: the gold stays inside, and yet its reranked rank changes, because a strong rival enters at N
/// where no judged passage swaps with anyone.
#[test]
fn a_rival_at_the_cut_moves_a_gold_that_does_not_move() {
    // Gold 0 is first for every α; 1 and 2 swap at N = 2 at α = .5, and 2 beats the gold when reranked.
    let pool = pool(&[&[(0, 9.0), (1, 2.0), (2, 1.0)], &[(0, 9.0), (2, 2.0), (1, 1.0)]]);
    let judged = judged(&pool, &[(0, 1)]);
    let second = scores(&pool, |doc| SecondScore::Score([0.5, 0.1, 0.9][doc as usize]));
    let query = TuneQuery { pool: &pool, judged: &judged, second: &second };
    let curve = curve(query, &raw(), 2, &Goal::Rr10.objective(2, 1));
    // At .5 the two tie, and 2 has the greater id.
    let step = Break { alpha: 0.5, at: 0.5, after: 0.5 };
    assert_eq!(curve, StepCurve { zero: 1.0, one: 0.5, first: 1.0, breaks: vec![step] });
}

/// Trap: a passage that is in at both ends of a stretch of α need not be in between.
#[test]
fn a_passage_that_leaves_and_comes_back_is_seen() {
    // N = 1: passage 0 is first for α below .25 and, because a leg of another passage ends, never else;
    // 1 is first in the middle, 2 at the end.
    let pool = pool(&[&[(0, 4.0), (1, 3.0), (2, 0.0)], &[(2, 4.0), (1, 3.0), (0, 0.0)]]);
    let judged = judged(&pool, &[(0, 1), (2, 1)]);
    let second = scores(&pool, |doc| SecondScore::Score(doc as f32));
    let query = TuneQuery { pool: &pool, judged: &judged, second: &second };
    let curve = curve(query, &raw(), 1, &Goal::Success.objective(1, 1));
    let steps: Vec<(f64, f64, f64)> =
        curve.breaks.iter().map(|step| (step.alpha, step.at, step.after)).collect();
    assert_eq!((curve.first, steps), (1.0, vec![(0.25, 0.0, 0.0), (0.75, 1.0, 1.0)]));
}

/// Trap: a curve from the scores that happen to be there.
#[test]
fn a_passage_without_a_score_that_may_enter_is_named() {
    let pool = pool(&[&[(0, 9.0), (1, 2.0), (2, 1.0), (3, 0.5)], &[(0, 9.0), (2, 2.0), (1, 1.0), (3, 0.5)]]);
    let judged = judged(&pool, &[(0, 1)]);
    let second = scores(&pool, |doc| match doc {
        0 | 1 => SecondScore::Score(doc as f32),
        _ => SecondScore::NotYet,
    });
    let query = TuneQuery { pool: &pool, judged: &judged, second: &second };
    let objective = Goal::Rr10.objective(2, 1);
    let two = pool.row_of(DocIdx(2)).unwrap();
    assert_eq!(outcome(query, &raw(), 2, &objective), Reranked::Missing(vec![two]), "3 never enters");
    let without = TuneQuery { second: &[], ..query };
    let rows: Vec<usize> = [2, 1, 0].map(|doc| pool.row_of(DocIdx(doc)).unwrap()).into();
    assert_eq!(outcome(without, &raw(), 2, &objective), Reranked::Missing(rows), "nor here");
}

#[test]
fn passages_that_cannot_be_scored_stand_behind() {
    let pool = pool(&[&[(0, 3.0), (1, 2.0), (2, 1.0)], &[]]);
    let judged = judged(&pool, &[(0, 1)]);
    let with = |unscorable: &[u32]| {
        scores(&pool, |doc| match unscorable.contains(&doc) {
            true => SecondScore::Unscorable,
            false => SecondScore::Score(-1.0),
        })
    };
    let objective = Goal::Rr10.objective(3, 1);
    let of = |second: &[SecondScore]| {
        outcome(TuneQuery { pool: &pool, judged: &judged, second }, &raw(), 3, &objective)
    };
    assert_eq!(of(&with(&[0])), Reranked::Curve(StepCurve::constant(1.0 / 3.0, 1.0 / 3.0, 0.0)));
    assert_eq!(of(&with(&[1, 2])), Reranked::Curve(StepCurve::constant(1.0, 1.0, 0.0)));
    assert_eq!(of(&with(&[0, 2])), Reranked::Unscorable, "their order is the first stage's");
    let low = scores(&pool, |doc| if doc == 1 { SecondScore::Score(0.1) } else { SecondScore::TooLow });
    assert_eq!(of(&low), Reranked::Curve(StepCurve::constant(0.0, 0.0, 0.0)), "it is not delivered");
}

#[test]
fn a_method_without_weights_and_one_that_can_only_be_sampled() {
    let pool = pool(&[&[(0, 3.0), (1, 2.0)], &[(2, 3.0), (1, 1.0)]]);
    let judged = judged(&pool, &[(2, 1)]);
    let second = scores(&pool, |doc| SecondScore::Score(-(doc as f32)));
    let query = TuneQuery { pool: &pool, judged: &judged, second: &second };
    let objective = Goal::Rr10.objective(3, 1);
    assert_eq!(curve(query, &plan(Method::Dbsf), 3, &objective), StepCurve::constant(0.0, 1.0 / 3.0, 0.5));
    let plans = AxisPlans::new(&plan(Method::QdrantRrf), HYBRID);
    assert_eq!(reranked_curve(&[query], &plans, 3, &objective, &never), Ok(None));
    let plans = AxisPlans::new(&raw(), HYBRID);
    assert_eq!(reranked_curve(&[query], &plans, 3, &objective, &|| true), Err(Cancelled));
}

fn second_scores() -> impl Strategy<Value = Vec<i8>> {
    prop::collection::vec(-3i8..3, DOCS as usize)
}

proptest! {
    #[test]
    fn the_curve_is_that_of_whole_numbers(
        pool in two_legs(), grades in grades(), second in second_scores(), n in 0usize..20
    ) {
        let judged = judged(&pool, &grades);
        let second = scores(&pool, |doc| SecondScore::Score(f32::from(second[doc as usize])));
        let query = TuneQuery { pool: &pool, judged: &judged, second: &second };
        let places = places_of_alpha(&pool);
        for goal in Goal::ALL {
            let exact = exact_curve(&places, |alpha| {
                let list = exact_list(&pool, alpha);
                let rank = |row| reranked_rank(&second, &list, n, row);
                goal.of(&measure(&placed(&query, rank), n, 1))
            });
            assert_same(&curve(query, &raw(), n, &goal.objective(n, 1)), &exact);
        }
    }

    #[test]
    fn the_curve_is_that_of_the_lists(
        pool in two_legs(), grades in grades(), second in second_scores(), n in 1usize..12, window in 0usize..30
    ) {
        let judged = judged(&pool, &grades);
        let second = scores(&pool, |doc| SecondScore::Score(f32::from(second[doc as usize])));
        let query = TuneQuery { pool: &pool, judged: &judged, second: &second };
        for method in exact_methods() {
            let plan = FusionPlan { window, ..plan(method) };
            let curve = curve(query, &plan, n, &Goal::Ndcg10.objective(n, 1));
            let listed = |alpha: f64| {
                let list = list_at(&pool, &plan, alpha).whole();
                let rank = |row| reranked_rank(&second, &list, n, row);
                measure(&placed(&query, rank), n, 1).ndcg10
            };
            prop_assert_eq!(curve.zero, listed(0.0));
            prop_assert_eq!(curve.one, listed(1.0));
            for plateau in curve.plateaus().filter(|plateau| plateau.width() > 1e-3) {
                prop_assert_eq!(plateau.value, listed(plateau.middle()), "{:?} in {:?}", &plan, plateau);
            }
        }
    }

    /// A passage is never left out that some α would bring in.
    #[test]
    fn only_those_are_left_out_that_enter_nowhere(pool in two_legs(), n in 0usize..12) {
        let plans = AxisPlans::new(&raw(), HYBRID);
        let fusers = AxisFusers::new(&plans);
        let lines = Lines::of(&pool, &plans, &fusers.inside);
        let left = contenders(&lines, n);
        let inside: Vec<Ratio> = places_of_alpha(&pool).into_iter().skip(1).rev().skip(1).collect();
        for row in 0..pool.len() {
            let enters = inside.iter().any(|&alpha| exact_list(&pool, alpha).iter().take(n).any(|&r| r == row));
            prop_assert!(!enters || left.line_of(row).is_some());
            let line = lines.line_of(row).unwrap();
            let above = lines.always_above()[line] as usize;
            let is_above = |&other: &usize| other != line && lines.side(line, other) == Side::Above;
            prop_assert_eq!(above, (0..lines.len()).filter(is_above).count());
            let rank = |alpha| exact_list(&pool, alpha).iter().position(|&r| r == row).unwrap();
            let best = inside.iter().map(|&alpha| rank(alpha)).min().unwrap();
            prop_assert!(above <= best, "{above} are above row {row}, which comes to place {best}");
        }
    }
}
