//! Fusion against values worked by hand, and against a plain restatement that builds and sorts a list.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{
    DocIdx, FirstStage, FusionMethod, Hit, LegId, LegName, LegScale, LegSet, Score, Settings,
};

fn leg(list: &[(u32, f32)]) -> Vec<Hit> {
    list.iter().map(|&(doc, score)| Hit { doc: DocIdx(doc), score }).collect()
}

/// Ids are given out so that the greater number has the greater id: it comes first among equals.
fn ties(docs: u32) -> Arc<[u32]> {
    (0..docs).rev().collect()
}

fn plan(method: Method, weights: &[f64]) -> FusionPlan {
    FusionPlan { method, weights: weights.to_vec(), rescale: Vec::new(), rrf_k: 60.0, window: 1000 }
}

fn order(pool: &Pool, plan: &FusionPlan) -> Vec<(u32, f32)> {
    let list = fuse(pool, plan);
    list.whole().into_iter().map(|row| (pool.doc(row).0, list.score(row).unwrap())).collect()
}

#[test]
fn rrf_adds_reciprocal_ranks_and_a_missing_leg_adds_nothing() {
    let pool = Pool::align(&[leg(&[(0, 9.0), (1, 8.0)]), leg(&[(1, 0.9), (2, 0.8)])], &ties(3));
    let expected =
        [(1, (1.0 / 62.0 + 1.0 / 61.0) as f32), (0, (1.0 / 61.0) as f32), (2, (1.0 / 62.0) as f32)];
    assert_eq!(order(&pool, &plan(Method::Rrf, &[1.0, 1.0])), expected);
}

#[test]
fn rrf_of_mirrored_ranks_is_a_tie_broken_by_id() {
    let pool = Pool::align(&[leg(&[(0, 9.0), (1, 8.0)]), leg(&[(1, 0.9), (0, 0.8)])], &ties(2));
    let docs: Vec<u32> = order(&pool, &plan(Method::Rrf, &[1.0, 1.0])).iter().map(|row| row.0).collect();
    assert_eq!(docs, [1, 0], "the greater id comes first, whichever leg put it higher");
}

#[test]
fn convex_is_min_max_by_leg_with_weights_made_to_sum_to_one() {
    let pool = Pool::align(
        &[leg(&[(0, 10.0), (1, 6.0), (2, 2.0)]), leg(&[(2, 0.75), (1, 0.5), (3, 0.25)])],
        &ties(4),
    );
    // bm25: 1, .5, 0; dense: 1, .5, 0; weights .25 and .75.
    let expected = [(2, 0.75), (1, 0.5), (0, 0.25), (3, 0.0)];
    assert_eq!(order(&pool, &plan(Method::Convex, &[0.5, 1.5])), expected);
}

#[test]
fn convex_makes_a_single_hit_and_equal_scores_one_not_zero() {
    let pool = Pool::align(&[leg(&[(0, 3.0)]), leg(&[(2, 0.5), (1, 0.5)])], &ties(3));
    let expected = [(2, 0.5), (1, 0.5), (0, 0.5)];
    assert_eq!(order(&pool, &plan(Method::Convex, &[1.0, 1.0])), expected);
}

#[test]
fn the_minimum_is_taken_over_the_window_and_what_lies_deeper_is_not_there() {
    let pool = Pool::align(&[leg(&[(0, 4.0), (1, 2.0), (2, 1.0)]), leg(&[(3, 1.0)])], &ties(4));
    let narrow = FusionPlan { window: 2, ..plan(Method::Convex, &[1.0, 1.0]) };
    let expected = [(3, 0.5), (0, 0.5), (1, 0.0)];
    assert_eq!(order(&pool, &narrow), expected);
    let none = FusionPlan { window: 0, ..narrow };
    assert!(fuse(&pool, &none).is_empty());
}

#[test]
fn a_leg_of_weight_zero_leaves_the_other_leg_untouched() {
    let legs = [leg(&[(0, 9.0), (1, 8.5)]), leg(&[(2, 0.9), (1, 0.2)])];
    let pool = Pool::align(&legs, &ties(3));
    for method in [Method::Rrf, Method::Convex] {
        // The trap: passage 2 is in the silent leg alone, and a normalised list has other scores.
        assert_eq!(order(&pool, &plan(method.clone(), &[2.0, 0.0])), [(0, 9.0), (1, 8.5)]);
        assert_eq!(order(&pool, &plan(method.clone(), &[0.0, 0.3])), [(2, 0.9), (1, 0.2)]);
        let narrow = FusionPlan { window: 1, ..plan(method, &[0.0, 1.0]) };
        assert_eq!(order(&pool, &narrow), [(2, 0.9)]);
    }
}

#[test]
fn weights_that_do_not_count_make_an_empty_list_and_not_a_panic() {
    let pool = Pool::align(&[leg(&[(0, 9.0)]), leg(&[(1, 0.9)])], &ties(2));
    for weights in [&[0.0, 0.0][..], &[-1.0, 0.0], &[f64::NAN, 0.0], &[]] {
        for method in [Method::Rrf, Method::Convex] {
            let list = fuse(&pool, &plan(method, weights));
            assert!(list.is_empty(), "{weights:?}");
            assert_eq!((list.rank(0), list.top(5)), (None, vec![]));
        }
    }
}

#[test]
fn an_empty_leg_still_keeps_its_weight() {
    let pool = Pool::align(&[leg(&[]), leg(&[(1, 0.9), (0, 0.8)])], &ties(2));
    assert_eq!(order(&pool, &plan(Method::Convex, &[1.0, 1.0])), [(1, 0.5), (0, 0.0)]);
}

#[test]
fn a_list_reused_for_another_pool_keeps_nothing_of_the_first() {
    let plan = plan(Method::Rrf, &[1.0, 1.0]);
    let mut list = fuse(&Pool::align(&[leg(&[(0, 1.0), (1, 0.5)]), vec![]], &ties(2)), &plan);
    let small = Pool::align(&[leg(&[(1, 1.0)]), vec![]], &ties(2));
    fuse_into(&small, &plan, &mut list);
    assert_eq!(list, fuse(&small, &plan));
}

#[test]
fn the_shares_explain_the_fused_score() {
    // DESIGN's passage ja-031: bm25 rank 80, dense rank 5, fused .0225.
    let bm25: Vec<_> = (0..80).map(|i| (i, 100.0 - i as f32)).collect();
    let dense: Vec<_> = (75..80).map(|i| (i, 0.99 - i as f32 / 1000.0)).collect();
    let pool = Pool::align(&[leg(&bm25), leg(&dense)], &ties(80));
    let plan = plan(Method::Rrf, &[1.0, 1.0]);
    let [first, last] = [0, 79].map(|doc| pool.row_of(DocIdx(doc)).unwrap());
    let shares = shares(&pool, &plan, last);
    let [Some(lexical), Some(vector)] = shares[..] else { panic!("{shares:?}") };
    assert_eq!((lexical.weighted, vector.weighted), (1.0 / 140.0, 1.0 / 65.0));
    assert_eq!(fuse(&pool, &plan).score(last), Some((1.0f64 / 140.0 + 1.0 / 65.0) as f32));
    assert_eq!(super::shares(&pool, &plan, first)[1], None, "not returned has no share, not a share of 0");
}

#[test]
fn the_share_of_a_list_that_is_one_leg_is_its_score() {
    let pool = Pool::align(&[leg(&[(0, 7.0)]), leg(&[(0, 0.5)])], &ties(1));
    let share = LegShare { normalised: 7.0, weighted: 7.0 };
    assert_eq!(shares(&pool, &plan(Method::Rrf, &[1.0, 0.0]), 0), [Some(share), None]);
}

fn two_legs() -> [LegName; 2] {
    [("bm25", LegScale::Bm25), ("dense", LegScale::Cosine)]
        .map(|(name, scale)| LegName { name: name.into(), scale })
}

#[test]
fn the_plan_follows_the_settings() {
    let dense = FirstStage::Only(LegId(1));
    let settings = Settings { first: dense, window: Some(20), ..Settings::default() };
    let plan = FusionPlan::of(&settings, &two_legs(), LegSet::all(2));
    let rescale = vec![Rescale::NONE; 2];
    let expected = super::tests::plan(Method::Rrf, &[0.0, 1.0]);
    assert_eq!(plan, FusionPlan { window: 20, rescale, ..expected });
}

/// Trap: α = 1 gives BM25 the weight 0, but while the dense leg is not there BM25 is all there is.
#[test]
fn the_only_leg_that_is_there_speaks_whatever_its_weight() {
    let settings = Settings { alpha: 1.0, ..Settings::default() };
    let plan = FusionPlan::of(&settings, &two_legs(), [LegId(0)].into_iter().collect());
    assert_eq!(plan.weights, [1.0, 0.0]);
}

/// Trap: OpenSearch and Elasticsearch see Lucene's scores, cosine as (1 + s) / 2 and BM25 without its
/// factor k1 + 1; on ours, l2 and no normalizer at all would give another order.
#[test]
fn lucene_engines_fuse_lucenes_scores() {
    let settings = Settings { fusion: FusionMethod::ElasticLinear, alpha: 0.5, ..Settings::default() };
    let plan = FusionPlan::of(&settings, &two_legs(), LegSet::all(2));
    let pool = Pool::align(&[leg(&[(0, 4.4), (1, 2.2)]), leg(&[(1, 0.5), (0, -0.5)])], &ties(2));
    assert_eq!(order(&pool, &plan), [(0, 2.0 + 0.25), (1, 1.0 + 0.75)]);
    let share = shares(&pool, &plan, pool.row_of(DocIdx(0)).unwrap())[1].unwrap();
    assert_eq!((share.normalised, share.weighted), (0.25, 0.25));
}

/// The formulas of FIELD.md over maps, with an explicit sort.
fn plainly(legs: &[Vec<Hit>], ties: &[u32], plan: &FusionPlan) -> Vec<(u32, Score)> {
    let window = |leg: usize| legs[leg].iter().take(plan.window);
    let speaking: Vec<usize> = (0..legs.len()).filter(|&leg| plan.weights[leg] > 0.0).collect();
    let mut fused: BTreeMap<u32, f64> = BTreeMap::new();
    for &leg in &speaking {
        let min = window(leg).map(|hit| f64::from(hit.score)).fold(f64::MAX, f64::min);
        let max = window(leg).map(|hit| f64::from(hit.score)).fold(f64::MIN, f64::max);
        for (place, hit) in window(leg).enumerate() {
            let score = f64::from(hit.score);
            *fused.entry(hit.doc.0).or_default() += match plan.method {
                _ if speaking.len() == 1 => score,
                Method::Rrf => plan.weights[leg] / (plan.rrf_k + (place + 1) as f64),
                Method::Convex => {
                    let total: f64 = plan.weights.iter().filter(|w| **w > 0.0).sum();
                    let scaled = if max == min { 1.0 } else { (score - min) / (max - min) };
                    plan.weights[leg] / total * scaled
                }
                ref other => unreachable!("{other:?} is restated in engine_tests"),
            };
        }
    }
    let mut list: Vec<(u32, Score)> = fused.into_iter().map(|(doc, score)| (doc, score as Score)).collect();
    list.sort_by(|a, b| {
        (b.1 + 0.0).total_cmp(&(a.1 + 0.0)).then(ties[a.0 as usize].cmp(&ties[b.0 as usize]))
    });
    list
}

/// Trap: rows that are cut to two bytes where a pool has more of them than these can count.
#[test]
fn a_pool_of_any_length_is_fused() {
    for depth in [32_700, 32_800, 40_000] {
        let legs = [0, depth].map(|first| {
            let hit = |nth: u32| Hit { doc: DocIdx(first + nth * 7 % depth), score: 1.0 / (1 + nth) as f32 };
            (0..depth).map(hit).collect::<Vec<_>>()
        });
        let ties = ties(2 * depth);
        let pool = Pool::align(&legs, &ties);
        for (method, weights) in
            [(Method::Rrf, [1.0, 2.0]), (Method::Convex, [1.0, 2.0]), (Method::Rrf, [0.0, 1.0])]
        {
            let plan = FusionPlan { window: 100_000, ..plan(method, &weights) };
            assert!(order(&pool, &plan) == plainly(&legs, &ties, &plan), "{depth} {plan:?}");
        }
    }
}

/// A leg in list order over up to 40 passages, with few distinct scores (negative ones too).
fn a_leg() -> impl Strategy<Value = BTreeMap<u32, i8>> {
    prop::collection::btree_map(0u32..40, -4i8..6, 0..40)
}

proptest! {
    #[test]
    fn fusing_by_columns_equals_fusing_by_maps(
        legs in prop::collection::vec(a_leg(), 1..4),
        weights in prop::collection::vec(prop::sample::select(&[0.0, 0.3, 1.0, 1.7][..]), 3),
        window in 0usize..50,
        rrf_k in prop::sample::select(&[0.0, 2.0, 60.0][..]),
        convex: bool,
        seed in 0u32..40,
    ) {
        let ties: Arc<[u32]> = (0..40).map(|doc| (doc * 7 + seed) % 40).collect();
        let legs: Vec<Vec<Hit>> = legs.iter().map(|scores| {
            let mut hits: Vec<Hit> =
                scores.iter().map(|(&doc, &s)| Hit { doc: DocIdx(doc), score: f32::from(s) / 3.0 }).collect();
            hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(ties[a.doc.index()].cmp(&ties[b.doc.index()])));
            hits
        }).collect();
        let method = if convex { Method::Convex } else { Method::Rrf };
        let plan = FusionPlan { method, weights, rescale: Vec::new(), rrf_k, window };
        let pool = Pool::align(&legs, &ties);
        prop_assert_eq!(order(&pool, &plan), plainly(&legs, &ties, &plan));

        let list = fuse(&pool, &plan);
        for row in 0..pool.len() {
            let shares = shares(&pool, &plan, row);
            let sum = shares.iter().flatten().map(|share| share.weighted).sum::<f64>() as Score;
            prop_assert_eq!(list.score(row).unwrap_or(0.0), sum + 0.0);
            prop_assert_eq!(list.score(row).is_some(), shares.iter().any(Option::is_some));
        }
    }
}
