//! The engines' fusion methods against values from the engines' own tests, and against plain formulas.

use proptest::prelude::*;

use super::*;
use crate::domain::{DocIdx, Hit};

/// Legs given as scores by passage, put into list order.
fn pool(legs: &[&[(u32, f32)]]) -> Pool {
    let docs = legs.iter().flat_map(|leg| leg.iter()).map(|&(doc, _)| doc + 1).max().unwrap_or(0);
    let ties: std::sync::Arc<[u32]> = (0..docs).rev().collect();
    let list = |leg: &&[(u32, f32)]| {
        let mut hits: Vec<Hit> = leg.iter().map(|&(doc, score)| Hit { doc: DocIdx(doc), score }).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.doc.cmp(&a.doc)));
        hits
    };
    Pool::align(&legs.iter().map(list).collect::<Vec<_>>(), &ties)
}

/// As [`crate::domain::FusionMethod::default_k`].
fn default_k(method: &Method) -> f64 {
    if *method == Method::QdrantRrf { 2.0 } else { 60.0 }
}

fn plan(method: Method, weights: &[f64]) -> FusionPlan {
    let rrf_k = default_k(&method);
    FusionPlan { method, weights: weights.to_vec(), rescale: Vec::new(), rrf_k, window: 1000 }
}

/// The fused list as (passage, score), in order.
fn fused(pool: &Pool, plan: &FusionPlan) -> Vec<(u32, f32)> {
    let list = fuse(pool, plan);
    list.whole().into_iter().map(|row| (pool.doc(row).0, list.score(row).unwrap())).collect()
}

#[track_caller]
fn assert_scores(list: &[(u32, f32)], expected: &[(u32, f32)]) {
    assert_eq!(list.len(), expected.len(), "{list:?}");
    for ((doc, score), (other, value)) in list.iter().zip(expected) {
        assert!(doc == other && (score - value).abs() < 1e-4, "{list:?} is not {expected:?}");
    }
}

/// pyserini, tests/resources/simple_trec_run_{fusion_1,fusion_2}.txt and the `_verify` file of each method
/// (commit 0a0be29): passage 1 is pyeb86on, 2 is 2054tkb7, which stands at rank 3 of the second run. Run
/// files have gaps in their ranks; a passage of our own (9) fills this one.
#[test]
fn rrf_average_and_interpolation_as_in_pyserinis_tests() {
    let (one, two) = ([(1, 24.0), (2, 13.0)], [(1, 2.4), (9, 2.0), (2, 1.3)]);
    let pool = pool(&[&one, &two]);
    let without_the_filler = |plan: &FusionPlan| -> Vec<(u32, f32)> {
        fused(&pool, plan).into_iter().filter(|&(doc, _)| doc != 9).collect()
    };
    let rrf = without_the_filler(&plan(Method::Rrf, &[1.0, 1.0]));
    assert!(
        rrf.iter()
            .zip([(1, 0.032_786_885), (2, 0.032_002_05)])
            .all(|(ours, theirs)| { ours.0 == theirs.0 && (ours.1 - theirs.1).abs() < 1e-8 }),
        "{rrf:?}"
    );
    let sum = Method::ElasticLinear(ElasticNormalizer::None);
    assert_scores(&without_the_filler(&plan(sum.clone(), &[0.5, 0.5])), &[(1, 13.2), (2, 7.15)]);
    assert_scores(&without_the_filler(&plan(sum.clone(), &[0.4, 0.6])), &[(1, 11.04), (2, 5.98)]);
    // A passage that one run alone has: its score counts, the other one's is 0.
    let alone = super::engine_tests::pool(&[&[(3, 99.0)], &[(4, 3.3)]]);
    assert_scores(&fused(&alone, &plan(sum, &[0.4, 0.6])), &[(3, 39.6), (4, 1.98)]);
}

#[test]
fn qdrant_rrf_as_in_its_test() {
    // qdrant, lib/segment/src/common/reciprocal_rank_fusion.rs, test_rrf_scoring.
    let legs: [&[(u32, f32)]; 3] =
        [&[(2, 0.9), (1, 0.8)], &[(1, 0.7), (2, 0.6), (3, 0.5)], &[(5, 0.9), (3, 0.5), (1, 0.4)]];
    let expected = [(1, 1.083_333_4), (2, 0.833_333_4), (3, 0.583_333_4), (5, 0.5)];
    assert_scores(&fused(&pool(&legs), &plan(Method::QdrantRrf, &[1.0; 3])), &expected);
}

#[test]
fn qdrant_weights_stretch_ranks_instead_of_scaling_scores() {
    // Same file, test_rrf_scoring_weighted: with weights 3 and 1, the passage second in the heavy leg
    // and first in the light one wins. Scaled scores would put passage 1 first.
    let legs: [&[(u32, f32)]; 2] = [&[(1, 0.9), (2, 0.8)], &[(2, 0.9), (1, 0.8)]];
    let heavy_first = plan(Method::QdrantRrf, &[3.0, 1.0]);
    let expected = [(2, 1.0 / (2.0 / 3.0 + 1.0) + 0.5), (1, 1.0 / (1.0 / 3.0 + 1.0) + 1.0 / 3.0)];
    assert_scores(&fused(&pool(&legs), &heavy_first), &expected);
}

#[test]
fn weaviate_relative_score_as_in_its_test() {
    // weaviate, usecases/traverser/hybrid/hybrid_fusion_test.go, TestFusionRelativeScore.
    type Case<'a> = (&'a [f64], [&'a [(u32, f32)]; 2], &'a [(u32, f32)]);
    let cases: [Case; 5] = [
        (
            &[0.5, 0.5],
            [&[(0, 1.0), (1, 2.0), (2, 3.0)], &[(0, 0.0), (1, 1.0), (2, 2.0)]],
            &[(2, 1.0), (1, 0.5), (0, 0.0)],
        ),
        (
            &[0.5, 0.5],
            [&[(0, 0.0), (1, 2.0), (2, 0.1)], &[(0, 0.0), (1, 0.2), (2, 2.0)]],
            &[(1, 0.55), (2, 0.525), (0, 0.0)],
        ),
        (
            &[0.75, 0.25],
            [&[(0, 0.5), (1, 0.5), (2, 0.0)], &[(0, 0.0), (1, 0.01), (2, 0.001)]],
            &[(1, 1.0), (0, 0.75), (2, 0.025)],
        ),
        (&[0.75, 0.25], [&[], &[]], &[]),
        (&[0.75, 0.25], [&[(0, 1.0)], &[]], &[(0, 0.75)]),
    ];
    for (weights, legs, expected) in cases {
        assert_scores(&fused(&pool(&legs), &plan(Method::WeaviateRelative, weights)), expected);
    }
}

#[test]
fn weaviate_ranks_from_zero() {
    let legs: [&[(u32, f32)]; 2] = [&[(0, 2.0), (1, 1.0)], &[(1, 0.5)]];
    let expected = [(1, (0.25 / 61.0 + 0.75 / 60.0) as f32), (0, (0.25 / 60.0) as f32)];
    assert_scores(&fused(&pool(&legs), &plan(Method::WeaviateRanked, &[0.25, 0.75])), &expected);
}

#[test]
fn opensearch_z_score_as_in_its_test() {
    // neural-search, ZScoreNormalizationTechniqueTests.java, testNormalizedScoresAreSetAtCorrectIndices.
    let legs: [&[(u32, f32)]; 3] =
        [&[(1, 2.0), (2, 7.0), (3, 8.0)], &[(2, 4.0), (1, 5.0), (3, 10.0)], &[(1, 1.0)]];
    let pool = pool(&legs);
    let plan = plan(Method::OpenSearch(OpenSearch::ZScore), &[1.0; 3]);
    let normalised = |doc: u32| -> Vec<Option<f32>> {
        let row = pool.row_of(DocIdx(doc)).unwrap();
        shares(&pool, &plan, row).iter().map(|share| share.map(|share| share.normalised as f32)).collect()
    };
    assert_eq!(normalised(1), [Some(0.001), Some(0.001), Some(1.0)], "a single hit keeps its raw score");
    let second = normalised(2);
    assert!((second[0].unwrap() - 0.414_780_74).abs() < 1e-4);
    assert_eq!(second[1..], [Some(0.001), None]);
    let third = normalised(3);
    assert!(
        (third[0].unwrap() - 0.725_866_26).abs() < 1e-4 && (third[1].unwrap() - 1.140_646_8).abs() < 1e-4
    );
    // The mean keeps the weight of the missing third leg.
    let list = fused(&pool, &plan);
    assert_scores(&list[1..2], &[(1, 1.002 / 3.0)]);
}

#[test]
fn opensearch_z_score_of_a_score_at_the_mean_is_the_raw_maximum() {
    // 1, 2, 3: the middle one overtakes the best, as it does there.
    let legs: [&[(u32, f32)]; 2] = [&[(0, 3.0), (1, 2.0), (2, 1.0)], &[(0, 1.0)]];
    let pool = pool(&legs);
    let plan = plan(Method::OpenSearch(OpenSearch::ZScore), &[1.0, 1.0]);
    let share = |doc: u32| shares(&pool, &plan, pool.row_of(DocIdx(doc)).unwrap())[0];
    assert_eq!(share(1).map(|share| share.normalised), Some(3.0));
    assert_eq!(share(0).map(|share| share.normalised), Some(1.0));
}

/// A pool in which legs give passage 0 the l2-normalised score asked for: the rest of the norm is held
/// by a passage of the leg's own.
fn unit_legs(scores: [f32; 3]) -> Pool {
    let rest = scores.map(|score| (1.0 - score * score).sqrt());
    let leg = |leg: usize| -> Vec<(u32, f32)> {
        vec![(0, scores[leg]), (leg as u32 + 1, rest[leg])].into_iter().filter(|hit| hit.1 > 0.0).collect()
    };
    let legs = [leg(0), leg(1), leg(2)];
    pool(&[&legs[0], &legs[1], &legs[2]])
}

#[test]
fn opensearch_means_as_in_its_tests() {
    // neural-search, GeometricMean- and HarmonicMeanScoreCombinationTechniqueTests.java: weights .45,
    // .15 and .4; scores 1, .5, .3 and then 1, none, .6.
    let weights = [0.45, 0.15, 0.4];
    for (mean, all, without_second) in [
        (Mean::Geometric, 0.5567, 0.7863),
        (Mean::Harmonic, 0.48, 0.7611),
        // Worked by hand: .45 + .075 + .12, and .45 + .24 over the whole weight of 1.
        (Mean::Arithmetic, 0.645, 0.69),
    ] {
        let plan = plan(Method::OpenSearch(OpenSearch::L2(mean)), &weights);
        for (scores, expected) in [([1.0, 0.5, 0.3], all), ([1.0, 0.0, 0.6], without_second)] {
            let pool = unit_legs(scores);
            let score = fuse(&pool, &plan).score(pool.row_of(DocIdx(0)).unwrap()).unwrap();
            assert!((score - expected).abs() < 1e-4, "{mean:?} {scores:?}: {score}");
        }
    }
}

#[test]
fn opensearch_min_max_lifts_the_last_and_keeps_a_single_hit_whole() {
    let legs: [&[(u32, f32)]; 2] = [&[(0, 3.0), (1, 1.0)], &[(2, 0.7)]];
    let arithmetic = plan(Method::OpenSearch(OpenSearch::MinMax(Mean::Arithmetic)), &[0.5, 0.5]);
    assert_scores(&fused(&pool(&legs), &arithmetic), &[(2, 0.5), (0, 0.5), (1, 0.0005)]);
    let geometric = plan(Method::OpenSearch(OpenSearch::MinMax(Mean::Geometric)), &[0.5, 0.5]);
    assert_scores(&fused(&pool(&legs), &geometric), &[(2, 1.0), (0, 1.0), (1, 0.001)]);
}

#[test]
fn a_passage_whose_every_score_is_skipped_stays_in_the_list_with_zero() {
    let legs: [&[(u32, f32)]; 2] = [&[(0, 3.0), (1, 0.0)], &[(0, 0.7)]];
    for mean in [Mean::Geometric, Mean::Harmonic, Mean::Arithmetic] {
        let plan = plan(Method::OpenSearch(OpenSearch::L2(mean)), &[0.5, 0.5]);
        assert_scores(&fused(&pool(&legs), &plan), &[(0, 1.0), (1, 0.0)]);
    }
}

#[test]
fn elastic_linear_is_raw_unless_told_otherwise() {
    let legs: [&[(u32, f32)]; 2] = [&[(0, 4.0), (1, 4.0)], &[(1, 0.8), (0, 0.6)]];
    let list = |normalizer| fused(&pool(&legs), &plan(Method::ElasticLinear(normalizer), &[2.0, 5.0]));
    assert_scores(&list(ElasticNormalizer::None), &[(1, 12.0), (0, 11.0)]);
    // Equal scores: by version 1.0 or the middle of the range.
    assert_scores(&list(ElasticNormalizer::MinMax { equal_scores: 1.0 }), &[(1, 7.0), (0, 2.0)]);
    assert_scores(&list(ElasticNormalizer::MinMax { equal_scores: 0.5 }), &[(1, 6.0), (0, 1.0)]);
    let half = 2.0 * 0.5f32.sqrt();
    assert_scores(&list(ElasticNormalizer::L2), &[(1, half + 4.0), (0, half + 3.0)]);
}

#[test]
fn dbsf_spreads_a_leg_over_six_deviations_and_ignores_weights() {
    // 1, 2, 3: mean 2, sample deviation 1, so −1 to 5.
    let legs: [&[(u32, f32)]; 2] = [&[(0, 3.0), (1, 2.0), (2, 1.0)], &[(3, 0.7)]];
    let expected = [(0, 4.0 / 6.0), (3, 0.5), (1, 0.5), (2, 2.0 / 6.0)];
    for weights in [[1.0, 1.0], [0.2, 7.0]] {
        assert_scores(&fused(&pool(&legs), &plan(Method::Dbsf, &weights)), &expected);
    }
    // Equal scores whose mean does not round to themselves are still equal.
    let equal: [&[(u32, f32)]; 2] = [&[(0, 0.1), (1, 0.1), (2, 0.1)], &[]];
    assert_scores(&fused(&pool(&equal), &plan(Method::Dbsf, &[1.0, 1.0])), &[(2, 0.5), (1, 0.5), (0, 0.5)]);
}

#[test]
fn milvus_bends_each_kind_of_score_into_its_range() {
    let legs: [&[(u32, f32)]; 4] = [&[(0, 1.0)], &[(1, 1.0)], &[(2, 0.5)], &[(3, -1.0)]];
    let scales = [ScoreScale::Bm25, ScoreScale::InnerProduct, ScoreScale::Cosine, ScoreScale::NegatedL2]
        .map(Some)
        .to_vec();
    // atan 1 = π/4: .5, .75, .75 and .5.
    let expected = [(2, 0.75), (1, 0.75), (3, 0.5), (0, 0.5)];
    let weighted = plan(Method::MilvusWeighted { scales }, &[1.0; 4]);
    assert_scores(&fused(&pool(&legs), &weighted), &expected);
    let raw = plan(Method::MilvusWeighted { scales: vec![] }, &[0.5; 4]);
    assert_scores(&fused(&pool(&legs), &raw), &[(1, 0.5), (0, 0.5), (2, 0.25), (3, -0.5)]);
}

#[test]
fn the_theoretical_minimum_keeps_a_weak_last_hit_above_zero() {
    let legs: [&[(u32, f32)]; 2] = [&[(0, 10.0), (1, 5.0)], &[(1, 0.5), (0, 0.2)]];
    let tm2c2 = plan(Method::TheoreticalMin { minima: vec![Some(0.0), Some(-1.0)] }, &[1.0, 1.0]);
    let expected = [(0, 0.5 + 0.5 * 1.2 / 1.5), (1, 0.25 + 0.5)];
    assert_scores(&fused(&pool(&legs), &tm2c2), &expected);
}

fn every_method() -> Vec<Method> {
    use ElasticNormalizer as Elastic;
    let mut methods = vec![
        Method::Rrf,
        Method::QdrantRrf,
        Method::WeaviateRanked,
        Method::Convex,
        Method::TheoreticalMin { minima: vec![Some(0.0), Some(-1.0)] },
        Method::WeaviateRelative,
        Method::OpenSearch(OpenSearch::ZScore),
        Method::ElasticLinear(Elastic::None),
        Method::ElasticLinear(Elastic::MinMax { equal_scores: 0.5 }),
        Method::ElasticLinear(Elastic::L2),
        Method::Dbsf,
        Method::MilvusWeighted { scales: vec![Some(ScoreScale::Bm25), Some(ScoreScale::Cosine)] },
    ];
    for mean in [Mean::Arithmetic, Mean::Geometric, Mean::Harmonic] {
        methods.push(Method::OpenSearch(OpenSearch::MinMax(mean)));
        methods.push(Method::OpenSearch(OpenSearch::L2(mean)));
    }
    methods
}

#[test]
fn one_leg_is_that_leg_and_none_is_nothing_under_every_method() {
    let legs: [&[(u32, f32)]; 2] = [&[(0, 3.0), (1, 2.0), (2, 1.0)], &[(3, 0.7)]];
    for method in every_method() {
        let alone = fused(&pool(&legs), &plan(method.clone(), &[0.4, 0.0]));
        assert_eq!(alone, [(0, 3.0), (1, 2.0), (2, 1.0)], "{method:?}");
        assert!(fuse(&pool(&legs), &plan(method.clone(), &[0.0, 0.0])).is_empty(), "{method:?}");
        assert!(fuse(&pool(&[&[], &[]]), &plan(method, &[1.0, 1.0])).is_empty());
    }
}

#[test]
fn ranks_beyond_the_table_are_computed_alike() {
    let deep: Vec<(u32, f32)> = (0..9000).map(|doc| (doc, -(doc as f32))).collect();
    let pool = pool(&[&deep, &[(8999, 1.0)]]);
    for method in [Method::Rrf, Method::QdrantRrf, Method::WeaviateRanked] {
        let k = if method == Method::Rrf { 60.0 } else { default_k(&method) - 1.0 };
        let plan = FusionPlan { window: 10_000, ..plan(method, &[1.0, 1.0]) };
        let list = fuse(&pool, &plan);
        let score = |doc| list.score(pool.row_of(DocIdx(doc)).unwrap());
        assert_eq!(score(0), Some((1.0 / (k + 1.0)) as f32));
        assert_eq!(score(8500), Some((1.0 / (k + 8501.0)) as f32));
        assert_eq!(score(8999), Some((1.0 / (k + 9000.0) + 1.0 / (k + 1.0)) as f32));
    }
}

proptest! {
    #[test]
    fn every_method_gives_finite_scores_to_exactly_what_a_window_holds(
        legs in prop::collection::vec(prop::collection::btree_map(0u32..40, -4i8..6, 0..40), 2),
        window in 1usize..50,
        weights in prop::collection::vec(0.1f64..3.0, 2),
    ) {
        let legs: Vec<Vec<(u32, f32)>> = legs
            .iter()
            .map(|leg| leg.iter().map(|(&doc, &score)| (doc, f32::from(score) / 3.0)).collect())
            .collect();
        let pool = pool(&[&legs[0], &legs[1]]);
        for method in every_method() {
            let plan = FusionPlan { window, ..plan(method.clone(), &weights) };
            let list = fuse(&pool, &plan);
            for row in 0..pool.len() {
                let returned = (0..2).any(|leg| pool.hit(row, leg).is_some_and(|hit| hit.rank as usize <= window));
                prop_assert_eq!(list.score(row).is_some(), returned);
                prop_assert!(list.score(row).is_none_or(f32::is_finite), "{:?}", method);
                if method.is_sum() && returned {
                    let sum: f64 = shares(&pool, &plan, row).iter().flatten().map(|share| share.weighted).sum();
                    prop_assert_eq!(list.score(row), Some(sum as f32 + 0.0), "{:?}", method);
                }
            }
        }
    }
}
