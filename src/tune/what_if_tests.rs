//! The grid against cells that are fused, reranked and measured one by one.

use proptest::prelude::*;

use super::super::SecondScore;
use super::super::tests::*;
use super::super::{Goal, JudgedRow};
use super::*;
use crate::domain::DocIdx;
use crate::fuse::{Method, Pool};
use crate::judge::measure;
use crate::order::order_key;

fn grid(alphas: Vec<f64>, candidates: Vec<usize>) -> Grid {
    let plans = vec![plan(Method::Rrf), plan(Method::Convex), plan(Method::Dbsf), plan(Method::QdrantRrf)];
    Grid { axis: HYBRID, plans, alphas, candidates }
}

fn recall(placed: &[Placed], n: usize) -> f64 {
    measure(placed, n, 1).recall
}

fn run(queries: &[TuneQuery<'_>], grid: Grid, metric: MetricAt<'_>) -> WhatIf {
    what_if(queries, grid, metric, Some(&by_score(queries)), &mut |_| {}, &never).unwrap()
}

type Ranks = Option<Vec<Option<Rank>>>;

/// The reranker's own order: scored passages by score, those that cannot be scored behind in the first
/// stage's order, those below the threshold not at all.
fn by_score<'a>(
    queries: &'a [TuneQuery<'a>],
) -> impl Fn(usize, &FusedList, &[usize], &[Option<usize>]) -> Ranks + 'a {
    move |place, _, candidates, rows| {
        let query = &queries[place];
        let known = |&row: &usize| query.second.get(row).is_some_and(|&score| score != SecondScore::NotYet);
        if query.second.is_empty() || !candidates.iter().all(known) {
            return None;
        }
        let key = |row: usize| match query.second[row] {
            SecondScore::Score(score) => order_key(score, row as u32),
            SecondScore::Unscorable | SecondScore::TooLow | SecondScore::NotYet => 0,
        };
        let before = |own: u64| candidates.iter().filter(|&&other| key(other) > own).count();
        let rank = |row: usize| match query.second[row] {
            SecondScore::TooLow => None,
            SecondScore::Score(_) => Some(before(key(row)) as Rank + 1),
            unscored => {
                let place = candidates.iter().position(|&other| other == row)?;
                let alike = candidates[..place].iter().filter(|&&other| query.second[other] == unscored);
                Some((before(0) + alike.count()) as Rank + 1)
            }
        };
        Some(rows.iter().map(|row| rank((*row)?)).collect())
    }
}

/// What a query's list is after the reranker, or nothing while a candidate waits.
fn reranked(second: &[SecondScore], list: &[usize], n: usize) -> Option<Vec<usize>> {
    let set = &list[..n.min(list.len())];
    if set.iter().any(|&row| second[row] == SecondScore::NotYet) {
        return None;
    }
    let score = |row: usize| match second[row] {
        SecondScore::Score(score) => Some(score),
        _ => None,
    };
    let mut scored: Vec<usize> = set.iter().copied().filter(|&row| score(row).is_some()).collect();
    scored.sort_by(|&a, &b| score(b).partial_cmp(&score(a)).unwrap().then(a.cmp(&b)));
    scored.extend(set.iter().copied().filter(|&row| second[row] == SecondScore::Unscorable));
    Some(scored)
}

fn any_score() -> impl Strategy<Value = SecondScore> {
    prop_oneof![
        1 => Just(SecondScore::NotYet),
        2 => Just(SecondScore::Unscorable),
        2 => Just(SecondScore::TooLow),
        20 => (-3i8..3).prop_map(|score| SecondScore::Score(f32::from(score))),
    ]
}

proptest! {
    #[test]
    fn every_cell_is_what_it_is_by_itself(
        pool in two_legs(), grades in grades(), by_doc in prop::collection::vec(any_score(), DOCS as usize)
    ) {
        let judged = judged(&pool, &grades);
        let second: Vec<SecondScore> = (0..pool.len()).map(|row| by_doc[pool.doc(row).0 as usize]).collect();
        let query = TuneQuery { pool: &pool, judged: &judged, second: &second };
        let metric = |placed: &[Placed], n: usize| Goal::Ap.of(&measure(placed, n, 1));
        let what_if = run(&[query], grid(vec![0.0, 0.3, 1.0], vec![0, 2, 7, 30]), &metric);
        for cell in what_if.grid.all() {
            let grid = &what_if.grid;
            let list = list_at(&pool, &grid.plans[cell.method], grid.alphas[cell.alpha]);
            let n = grid.candidates[cell.candidates];
            let first = metric(&placed(&query, |row| list.rank(row)), n);
            prop_assert_eq!(what_if.value(Plane::FirstStage, cell, 0), Some(f64::from(first as f32)));
            let after = reranked(&second, &list.whole(), n).map(|order| {
                let rank = |row| order.iter().position(|&other| other == row).map(|place| place as u32 + 1);
                f64::from(metric(&placed(&query, rank), n) as f32)
            });
            // An empty pool has no score by row, and no second stage as far as can be told.
            let after = after.filter(|_| !second.is_empty());
            prop_assert_eq!(what_if.value(Plane::Reranked, cell, 0), after, "{:?}", cell);
        }
    }

    #[test]
    fn every_prefix_of_the_order_is_spread(len in 0usize..200) {
        let order = coarse_first(len);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..len).collect::<Vec<_>>());
        if len > 8 {
            prop_assert_eq!(&order[..2], &[0, len - 1]);
            let mut half = order[..len / 2 + 1].to_vec();
            half.sort_unstable();
            prop_assert!(half.windows(2).all(|pair| pair[1] - pair[0] <= 4), "{half:?}");
        }
    }
}

/// Two queries: of the second only the candidates up to N = 1 are scored.
fn two_queries() -> (Pool, [Vec<JudgedRow>; 2], [Vec<SecondScore>; 2]) {
    let pool = pool(&[&[(0, 3.0), (1, 2.0), (2, 1.0)], &[(0, 3.0), (1, 2.0), (2, 1.0)]]);
    let golds = [judged(&pool, &[(1, 1)]), judged(&pool, &[(2, 1)])];
    let score = |row: usize| SecondScore::Score(row as f32);
    let all = (0..3).map(score).collect();
    let mut some = vec![SecondScore::NotYet; 3];
    let first = pool.row_of(DocIdx(0)).unwrap();
    some[first] = score(first);
    (pool, golds, [all, some])
}

/// Trap: N = 2 looks perfect, because the hard query is not scored there.
#[test]
fn cells_are_compared_on_the_same_queries() {
    let (pool, golds, second) = two_queries();
    let query = |i: usize| TuneQuery { pool: &pool, judged: &golds[i], second: &second[i] };
    let one = Grid { plans: vec![raw()], ..grid(vec![0.5], vec![1, 2]) };
    let what_if = run(&[query(0), query(1)], one, &recall);
    let cell = |candidates| Cell { method: 0, alpha: 0, candidates };
    assert_eq!(what_if.mean(Plane::Reranked, cell(1)), CellMean { mean: 1.0, queries: 1 });
    assert_eq!(what_if.mean(Plane::Reranked, cell(0)), CellMean { mean: 0.0, queries: 2 });
    assert_eq!(what_if.comparable(Plane::Reranked, cell(0)), (vec![cell(0)], vec![0, 1]));
    assert_eq!(what_if.best(Plane::Reranked, cell(0)), Some((cell(0), CellMean { mean: 0.0, queries: 2 })));
    // Seen from N = 2 there is one query, which both cells have.
    assert_eq!(what_if.comparable(Plane::Reranked, cell(1)), (vec![cell(1), cell(0)], vec![0]));
    assert_eq!(what_if.best(Plane::Reranked, cell(1)).unwrap().1, CellMean { mean: 1.0, queries: 1 });
    assert_eq!(
        what_if.best(Plane::FirstStage, cell(0)).unwrap(),
        (cell(1), CellMean { mean: 0.5, queries: 2 })
    );
}

#[test]
fn of_equally_good_cells_the_nearest_is_chosen() {
    let (pool, golds, _) = two_queries();
    let queries = [TuneQuery { pool: &pool, judged: &golds[1], second: &[] }];
    let what_if = run(&queries, grid(vec![0.0, 0.5, 1.0], vec![1, 3, 9]), &recall);
    let current = Cell { method: 1, alpha: 1, candidates: 0 };
    // Every method and α has the gold at 3: only N has to change, and no more than needed.
    let (best, mean) = what_if.best(Plane::FirstStage, current).unwrap();
    assert_eq!((best, mean.mean), (Cell { candidates: 1, ..current }, 1.0));
    assert_eq!(what_if.best(Plane::Reranked, current), None, "there is no second stage");
}

#[test]
fn columns_are_reported_as_they_are_finished() {
    let (pool, golds, second) = two_queries();
    let query = |i: usize| TuneQuery { pool: &pool, judged: &golds[i], second: &second[i] };
    let mut columns: Vec<Column> = Vec::new();
    let small = grid(vec![0.0, 0.5, 1.0], vec![1, 2]);
    let queries = [query(0), query(1)];
    let what_if = what_if(
        &queries,
        small,
        &recall,
        Some(&by_score(&queries)),
        &mut |column| columns.push(column.clone()),
        &never,
    )
    .unwrap();
    assert_eq!(columns.len(), 12);
    for (done, column) in columns.iter().enumerate() {
        assert_eq!((column.done, column.of), (done + 1, 12));
        for candidates in 0..2 {
            let cell = Cell { method: column.method, alpha: column.alpha, candidates };
            assert_eq!(column.first[candidates], what_if.mean(Plane::FirstStage, cell));
            assert_eq!(column.reranked[candidates], what_if.mean(Plane::Reranked, cell));
        }
    }
    let ends: Vec<usize> = columns.iter().map(|column| column.alpha).collect();
    assert_eq!(ends, [0, 0, 0, 0, 2, 2, 2, 2, 1, 1, 1, 1], "every method at both ends first");
}

#[test]
fn work_that_is_given_up_ends_at_once() {
    let (pool, golds, _) = two_queries();
    let queries = vec![TuneQuery { pool: &pool, judged: &golds[0], second: &[] }; 50];
    let asked = std::cell::Cell::new(0);
    let soon = || {
        asked.set(asked.get() + 1);
        asked.get() > 120
    };
    let mut finished = 0;
    let result =
        what_if(&queries, grid(vec![0.0, 1.0], vec![1]), &recall, None, &mut |_| finished += 1, &soon);
    assert_eq!((result, finished, asked.get()), (Err(Cancelled), 2, 121));
}

#[test]
fn the_current_setting_is_put_into_the_grid_once() {
    let mut grid = grid(Grid::even_alphas(4), vec![10, 50]);
    assert_eq!(grid.alphas, [0.0, 0.25, 0.5, 0.75, 1.0]);
    let cell = grid.include(&plan(Method::Convex), 0.6, 20);
    assert_eq!(cell, Cell { method: 1, alpha: 3, candidates: 1 });
    assert_eq!((grid.alphas.len(), &grid.candidates[..]), (6, &[10, 20, 50][..]));
    assert_eq!(grid.include(&plan(Method::Convex), 0.6, 20), cell);
    let deeper = FusionPlan { window: 30, weights: vec![0.2], ..plan(Method::Convex) };
    assert_eq!(grid.include(&deeper, 0.0, 99), Cell { method: 4, alpha: 0, candidates: 3 });
    let indices: Vec<usize> = grid.all().map(|cell| grid.index(cell)).collect();
    assert_eq!(indices, (0..grid.cells()).collect::<Vec<_>>());
}
