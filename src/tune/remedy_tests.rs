//! Remedies: each is tried again on the list, and none is missed that a dense grid of α finds.

use proptest::prelude::*;

use super::super::RESOLUTION;
use super::super::tests::*;
use super::*;
use crate::domain::DocIdx;
use crate::fuse::Method;

fn lost<'a>(pool: &'a Pool, plan: &'a FusionPlan, n: usize, golds: &'a [LostGold]) -> Lost<'a> {
    Lost { pool, plan, n, depth: 100, axis: Some(HYBRID), others: &[], exact: None, golds }
}

fn gold(pool: &Pool, doc: u32) -> LostGold {
    LostGold { row: pool.row_of(DocIdx(doc)), exact_row: None }
}

fn one(lost: &Lost<'_>) -> Remedies {
    remedies(lost, &never).unwrap().remove(0)
}

fn at(alpha: f64, plan: &FusionPlan) -> FusionPlan {
    HYBRID.plan(plan, alpha)
}

fn alphas(remedies: &Remedies) -> Vec<(AlphaRange, f64)> {
    let alpha = |remedy: &Remedy| match remedy.change {
        Change::Alpha { range, to } => Some((range, to)),
        _ => None,
    };
    remedies.ways.iter().filter_map(alpha).collect()
}

/// Trap: by hundredths nothing is found between .504 and .507.
#[test]
fn a_narrow_range_of_alpha_is_named_with_decimals_that_work() {
    let pool = pool(&[&[(0, 1504.0), (1, 1000.0), (2, 493.0)], &[(2, 1493.0), (1, 1000.0), (0, 504.0)]]);
    let plan = at(0.3, &raw());
    let golds = [gold(&pool, 1)];
    let found = one(&lost(&pool, &plan, 1, &golds));
    let [(range, to)] = alphas(&found)[..] else { panic!("{found:?}") };
    assert!((range.low - 0.504).abs() < 1e-12 && (range.high - 0.507).abs() < 1e-12);
    // At .504 the gold ties with 0 and has the greater id; at .507 it ties with 2, which is greater.
    assert_eq!((range.low_included, range.high_included, range.sampled), (true, false, false));
    assert_eq!(to, 0.505);
    assert_eq!(found.rank, Some(2));
    let alpha = found.ways.iter().find(|way| matches!(way.change, Change::Alpha { .. })).unwrap();
    assert!((alpha.size - 0.205).abs() < 1e-12);
    assert_eq!(alpha.rank_then, 1);
    assert_eq!(found.ways.last().unwrap().change, Change::Candidates(2), "twice the candidates is more");
}

#[test]
fn the_nearest_range_on_either_side_is_named() {
    // The gold is first in both legs' favour at the ends, and in the middle passage 0 is.
    let pool = pool(&[&[(1, 4.0), (0, 3.0), (2, 0.0)], &[(2, 4.0), (0, 3.0), (1, 0.0)]]);
    let plan = at(0.5, &raw());
    let golds = [gold(&pool, 1), gold(&pool, 2), gold(&pool, 0)];
    let found = remedies(&lost(&pool, &plan, 1, &golds), &never).unwrap();
    let [(below, to_below)] = alphas(&found[0])[..] else { panic!("{found:?}") };
    assert_eq!((below.low, below.high, to_below), (0.0, 0.25, 0.24));
    assert_eq!((below.low_included, below.high_included), (true, true), "at .25 the greater id is 1");
    let [(above, to_above)] = alphas(&found[1])[..] else { panic!("{found:?}") };
    assert_eq!((above.low, above.high, to_above), (0.75, 1.0, 0.76));
    assert!(found[0].ways.iter().any(|way| way.change == Change::LegAlone(0)));
    assert_eq!((found[2].rank, &found[2].ways[..]), (Some(1), &[][..]), "it is not lost");
}

/// Trap: a range that is a single number, a tie that the order of ids decides.
#[test]
fn a_single_alpha_is_a_range_too() {
    // At .5 all three have 2; elsewhere 0 or 1 is above 2, which has the greatest id.
    let pool = pool(&[&[(0, 4.0), (2, 2.0), (1, 0.0)], &[(1, 4.0), (2, 2.0), (0, 0.0)]]);
    let plan = at(0.2, &raw());
    let golds = [gold(&pool, 2)];
    let found = one(&lost(&pool, &plan, 1, &golds));
    let single = AlphaRange { low: 0.5, high: 0.5, low_included: true, high_included: true, sampled: false };
    assert_eq!(alphas(&found), [(single, 0.5)]);
}

#[test]
fn the_margin_is_what_the_gold_lacks() {
    let pool = pool(&[&[(0, 4.0), (1, 3.0), (2, 1.0)], &[(0, 4.0), (1, 3.0), (2, 2.0)]]);
    let plan = at(0.5, &raw());
    let golds = [gold(&pool, 2), LostGold { row: None, exact_row: None }];
    let found = remedies(&lost(&pool, &plan, 2, &golds), &never).unwrap();
    assert_eq!(found[0].margin, Some(Margin { gold: 3.0, cut: 6.0 }));
    let deeper = Remedy { change: Change::Candidates(3), rank_then: 3, size: 0.5 };
    assert_eq!(found[0].ways, [deeper], "no α, and neither leg, puts it before the others");
    assert_eq!(found[1], Remedies::default());
    assert_eq!(remedies(&lost(&pool, &plan, 2, &golds), &|| true), Err(Cancelled));
}

#[test]
fn another_plan_or_exact_search_or_a_window_may_help() {
    let legs: [&[(u32, f32)]; 2] = [&[(0, 4.0), (1, 3.5), (2, 1.0)], &[(3, 9.0), (0, 8.9), (2, 8.8)]];
    let pool = pool(&legs);
    // With a window of 2 passage 2 is in no leg; with 3 it is in both, and RRF likes that.
    let narrow = FusionPlan { window: 2, ..at(0.5, &plan(Method::Rrf)) };
    let wide = FusionPlan { window: 3, ..narrow.clone() };
    let exact = super::super::tests::pool(&[&[(2, 9.0), (0, 4.0)], &[(3, 9.0), (2, 8.9)]]);
    let others = [narrow.clone(), wide];
    let golds = [LostGold { exact_row: exact.row_of(DocIdx(2)), ..gold(&pool, 2) }];
    let lost = Lost { others: &others, exact: Some(&exact), ..lost(&pool, &narrow, 2, &golds) };
    let found = one(&lost);
    assert_eq!((found.rank, found.margin), (None, None));
    let expected = [
        Remedy { change: Change::Window(3), rank_then: 2, size: 0.5 },
        Remedy { change: Change::ExactSearch, rank_then: 1, size: 1.0 },
        Remedy { change: Change::Plan(1), rank_then: 2, size: 1.0 },
    ];
    assert_eq!(found.ways, expected);
    let shallow = one(&Lost { depth: 2, others: &[], exact: None, ..lost });
    assert_eq!(shallow.ways, [], "no window is deeper than the legs were fetched");
}

/// A first stage of one leg: what would another one bring?
#[test]
fn a_silent_leg_is_named() {
    let pool = pool(&[&[(0, 4.0), (1, 3.0)], &[(2, 9.0), (0, 1.0)]]);
    let bm25 = at(0.0, &plan(Method::Convex));
    let golds = [gold(&pool, 2)];
    let found = one(&lost(&pool, &bm25, 1, &golds));
    assert_eq!(found.rank, None);
    assert!(found.ways.contains(&Remedy { change: Change::LegAlone(1), rank_then: 1, size: 1.0 }));
    let [(range, to)] = alphas(&found)[..] else { panic!("{found:?}") };
    // (1 − α) · 1 + α · 0 for passage 0, α · 1 for the gold, which has the greater id.
    assert_eq!((range.low, range.low_included, range.high, to), (0.5, true, 1.0, 0.51));
    let fixed = one(&Lost { axis: None, ..lost(&pool, &bm25, 1, &golds) });
    assert!(alphas(&fixed).is_empty());
}

#[test]
fn without_an_exact_curve_alpha_is_tried_by_steps() {
    let pool = pool(&[&[(0, 4.0), (1, 3.0), (2, 2.0)], &[(2, 4.0), (1, 3.0), (0, 2.0)]]);
    let plan = FusionPlan { rrf_k: 2.0, ..at(0.5, &plan(Method::QdrantRrf)) };
    let golds = [gold(&pool, 0)];
    let found = one(&lost(&pool, &plan, 1, &golds));
    let [(range, to)] = alphas(&found)[..] else { panic!("{found:?}") };
    assert_eq!((range.low, range.sampled, to), (0.0, true, range.high));
    let rank = |alpha| list_at(&pool, &plan, alpha).rank(golds[0].row.unwrap());
    assert_eq!(rank(to), Some(1));
    assert_ne!(rank(to + 0.005), Some(1));
    let dbsf = at(0.5, &super::super::tests::plan(Method::Dbsf));
    let ends = one(&lost(&pool, &dbsf, 1, &golds));
    let at_zero = AlphaRange { low: 0.0, high: 0.0, low_included: true, high_included: true, sampled: false };
    assert_eq!(alphas(&ends), [(at_zero, 0.0)]);
}

proptest! {
    /// What is named works, on the list itself; and where nothing is named, no step of 1/997 works.
    #[test]
    fn remedies_work_and_none_is_missed(
        pool in two_legs(), n in 1usize..8, now in 0u8..=20, window in 1usize..30
    ) {
        for method in exact_methods().into_iter().chain([Method::Dbsf]) {
            let plan = FusionPlan { window, ..at(f64::from(now) / 20.0, &plan(method)) };
            let now = f64::from(now) / 20.0;
            let list = list_at(&pool, &plan, now);
            let lost_rows: Vec<usize> =
                (0..pool.len()).filter(|&row| list.rank(row).is_none_or(|rank| rank as usize > n)).collect();
            let golds: Vec<LostGold> =
                lost_rows.iter().map(|&row| LostGold { row: Some(row), exact_row: None }).collect();
            let found = remedies(&lost(&pool, &plan, n, &golds), &never).unwrap();
            let grid: Vec<(f64, FusedList)> = (0..=997)
                .step_by(7)
                .map(|step| f64::from(step) / 997.0)
                .map(|alpha| (alpha, list_at(&pool, &plan, alpha)))
                .collect();
            for (&row, found) in lost_rows.iter().zip(&found) {
                prop_assert_eq!(found.rank, list.rank(row));
                prop_assert!(found.ways.windows(2).all(|pair| pair[0].size <= pair[1].size));
                for way in &found.ways {
                    let changed = match way.change {
                        Change::Candidates(n) => {
                            prop_assert_eq!(Some(n as u32), list.rank(row));
                            continue;
                        }
                        Change::Alpha { range, to } => {
                            let (low, high) = (range.low - RESOLUTION, range.high + RESOLUTION);
                            prop_assert!((low..=high).contains(&to));
                            prop_assert!((way.size - (to - now).abs()).abs() < 1e-12);
                            list_at(&pool, &plan, to)
                        }
                        Change::LegAlone(leg) => list_at(&pool, &plan, leg as f64),
                        Change::Window(window) => {
                            list_at(&pool, &FusionPlan { window, ..plan.clone() }, now)
                        }
                        other => panic!("{other:?} was not asked for"),
                    };
                    prop_assert_eq!(changed.rank(row), Some(way.rank_then), "{:?} under {:?}", way, &plan);
                    prop_assert!(way.rank_then as usize <= n);
                }
                let ranges = alphas(found);
                for (alpha, list) in &grid {
                    let within = list.rank(row).is_some_and(|rank| rank as usize <= n);
                    let named = |side: &dyn Fn(f64) -> bool| ranges.iter().any(|&(_, to)| side(to));
                    if within && *alpha < now {
                        prop_assert!(named(&|to| to < now), "row {row} at {alpha} under {:?}", &plan);
                    }
                    if within && *alpha > now {
                        prop_assert!(named(&|to| to > now), "row {row} at {alpha} under {:?}", &plan);
                    }
                }
            }
        }
    }
}
