//! In: queries, and a grid of methods, α and N. Out: a metric of every query in every cell of the grid,
//! of the first stage and, where all candidates are scored, of the reranked list. It fuses once for all
//! N, and recommends nothing that it has not tried.

use std::ops::Range;

use super::axis::Axis;
use super::curve::{first_best, from_units, units};
use super::{Cancel, Cancelled, TuneQuery, check};
use crate::domain::Rank;
use crate::fuse::{FusedList, Fuser, FusionPlan, Sums};
use crate::judge::Placed;

/// The settings that are tried, each with each.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    pub axis: Axis,
    /// By method; of their weights only the sum counts, as [`Axis::plan`] says.
    pub plans: Vec<FusionPlan>,
    pub alphas: Vec<f64>,
    /// Values of N.
    pub candidates: Vec<usize>,
}

/// One setting of a grid, by places in its lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    pub method: usize,
    pub alpha: usize,
    pub candidates: usize,
}

impl Grid {
    /// α in `steps` equal steps from 0 to 1, both included.
    pub fn even_alphas(steps: u32) -> Vec<f64> {
        (0..=steps).map(|step| f64::from(step) / f64::from(steps.max(1))).collect()
    }

    /// Adds what the current setting has and the grid lacks, and says which cell the setting is.
    pub fn include(&mut self, plan: &FusionPlan, alpha: f64, candidates: usize) -> Cell {
        fn place<T: PartialEq>(list: &mut Vec<T>, value: T, before: impl Fn(&T) -> bool) -> usize {
            list.iter().position(|other| *other == value).unwrap_or_else(|| {
                let at = list.iter().position(|other| !before(other)).unwrap_or(list.len());
                list.insert(at, value);
                at
            })
        }
        let same = |other: &FusionPlan| {
            FusionPlan { weights: Vec::new(), ..other.clone() }
                == FusionPlan { weights: Vec::new(), ..plan.clone() }
        };
        let method = self.plans.iter().position(same).unwrap_or_else(|| {
            self.plans.push(plan.clone());
            self.plans.len() - 1
        });
        Cell {
            method,
            alpha: place(&mut self.alphas, alpha, |&other| other < alpha),
            candidates: place(&mut self.candidates, candidates, |&other| other < candidates),
        }
    }

    pub fn cells(&self) -> usize {
        self.columns() * self.candidates.len()
    }

    /// How many (method, α) there are: each is fused once for all N.
    pub fn columns(&self) -> usize {
        self.plans.len() * self.alphas.len()
    }

    /// All cells in the order of [`Grid::index`].
    pub fn all(&self) -> impl Iterator<Item = Cell> + '_ {
        let columns = (0..self.plans.len()).flat_map(|m| (0..self.alphas.len()).map(move |a| (m, a)));
        columns.flat_map(|(method, alpha)| {
            (0..self.candidates.len()).map(move |candidates| Cell { method, alpha, candidates })
        })
    }

    pub fn index(&self, cell: Cell) -> usize {
        (cell.method * self.alphas.len() + cell.alpha) * self.candidates.len() + cell.candidates
    }

    /// How far a cell is from another: another method is farther than any N, another N than any α.
    fn distance(&self, from: Cell, to: Cell) -> (bool, usize, f64) {
        let n = self.candidates[from.candidates].abs_diff(self.candidates[to.candidates]);
        (from.method != to.method, n, (self.alphas[from.alpha] - self.alphas[to.alpha]).abs())
    }
}

/// Which list is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plane {
    FirstStage,
    Reranked,
}

/// The mean of one cell over the queries that it could be computed for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellMean {
    /// 0 for no query.
    pub mean: f64,
    pub queries: usize,
}

/// One (method, α) with all its N, as it is finished.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub method: usize,
    pub alpha: usize,
    /// By N, as in the grid.
    pub first: Vec<CellMean>,
    pub reranked: Vec<CellMean>,
    /// Columns finished, this one included, of how many.
    pub done: usize,
    pub of: usize,
}

/// A metric of every query in every cell. Values are kept as f32: half the memory (a grid of 2,000 cells
/// over 1,000 queries is 16 MB), and more digits than anyone is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    pub grid: Grid,
    queries: usize,
    /// By cell, then by query.
    first: Vec<f32>,
    /// The same; NaN: not all candidates are scored.
    reranked: Vec<f32>,
}

/// A metric of one query: its judged passages with their ranks in a list cut at N.
pub type MetricAt<'a> = &'a (dyn Fn(&[Placed], usize) -> f64 + 'a);

/// What the second stage makes of the candidate set of the query at a place, given in the order of the fused
/// list: the rank of each of the rows asked for (all of them candidates), `None` for one that is not
/// delivered. Nothing where a stage is not through.
pub type Rerank<'a> =
    &'a (dyn Fn(usize, &FusedList, &[usize], &[Option<usize>]) -> Option<Vec<Option<Rank>>> + 'a);

/// Computes the whole grid, column by column, coarse steps of α first and of each every method, so that
/// the picture is there early. `finished` hears of each column.
pub fn what_if(
    queries: &[TuneQuery<'_>],
    grid: Grid,
    metric: MetricAt<'_>,
    rerank: Option<Rerank<'_>>,
    finished: &mut dyn FnMut(&Column),
    cancelled: Cancel<'_>,
) -> Result<WhatIf, Cancelled> {
    let size = grid.cells() * queries.len();
    let (columns, by_n) = (grid.columns(), grid.candidates.len());
    let mut what_if =
        WhatIf { grid, queries: queries.len(), first: vec![0.0; size], reranked: vec![f32::NAN; size] };
    let mut list = FusedList::default();
    let mut values = Vec::new();
    let mut sums = Sums::default();
    for (done, (alpha, method)) in coarse_first(what_if.grid.alphas.len())
        .into_iter()
        .flat_map(|alpha| (0..what_if.grid.plans.len()).map(move |method| (alpha, method)))
        .enumerate()
    {
        let grid = &what_if.grid;
        let plan = grid.axis.plan(&grid.plans[method], grid.alphas[alpha]);
        let fuser = Fuser::new(&plan);
        let base = grid.index(Cell { method, alpha, candidates: 0 });
        for (place, query) in queries.iter().enumerate() {
            check(cancelled)?;
            fuser.fuse_with(query.pool, &mut list, &mut sums);
            values.clear();
            let rerank =
                rerank.map(|rerank| move |list: &_, set: &_, asked: &_| rerank(place, list, set, asked));
            measure_all(query, &list, &grid.candidates, metric, rerank, &mut values);
            for (n, &(first, reranked)) in values.iter().enumerate() {
                let at = (base + n) * queries.len() + place;
                what_if.first[at] = first as f32;
                what_if.reranked[at] = reranked.map_or(f32::NAN, |value| value as f32);
            }
        }
        let means = |plane| (base..base + by_n).map(|cell| what_if.mean_of(plane, cell)).collect();
        finished(&Column {
            method,
            alpha,
            first: means(Plane::FirstStage),
            reranked: means(Plane::Reranked),
            done: done + 1,
            of: columns,
        });
    }
    Ok(what_if)
}

/// The places 0..`len` so that every prefix is spread over the whole: both ends, then the middles.
fn coarse_first(len: usize) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(len);
    let mut stride = len.next_power_of_two();
    let mut taken = vec![false; len];
    let mut take = |place: usize| {
        if place < len && !std::mem::replace(&mut taken[place], true) {
            order.push(place);
        }
    };
    take(0);
    take(len.saturating_sub(1));
    while stride > 0 {
        (0..len).step_by(stride).for_each(&mut take);
        stride /= 2;
    }
    order
}

/// One query under one (method, α): both metrics for every N.
fn measure_all(
    query: &TuneQuery<'_>,
    list: &FusedList,
    candidates: &[usize],
    metric: MetricAt<'_>,
    rerank: Option<impl Fn(&FusedList, &[usize], &[Option<usize>]) -> Option<Vec<Option<Rank>>>>,
    values: &mut Vec<(f64, Option<f64>)>,
) {
    let rows: Vec<Option<usize>> = query.judged.iter().map(|judged| judged.row).collect();
    let ranks = list.ranks(&rows);
    let place = |ranks: &[Option<Rank>]| -> Vec<Placed> {
        let places = query.judged.iter().zip(ranks);
        places.map(|(judged, &rank)| Placed { grade: judged.grade, rank }).collect()
    };
    let first = place(&ranks);
    let deepest = candidates.iter().copied().max().unwrap_or(0);
    let head = if rerank.is_none() { Vec::new() } else { list.top(deepest) };
    for &n in candidates {
        let reranked = rerank.as_ref().and_then(|rerank| {
            let within = |rank: Option<Rank>| rank.is_some_and(|rank| rank as usize <= n);
            let asked: Vec<Option<usize>> =
                rows.iter().zip(&ranks).map(|(&row, &rank)| row.filter(|_| within(rank))).collect();
            let found = rerank(list, &head[..n.min(head.len())], &asked)?;
            Some(metric(&place(&found), n))
        });
        values.push((metric(&first, n), reranked));
    }
}

impl WhatIf {
    pub fn queries(&self) -> usize {
        self.queries
    }

    fn values(&self, plane: Plane, cell: usize) -> &[f32] {
        let plane = match plane {
            Plane::FirstStage => &self.first,
            Plane::Reranked => &self.reranked,
        };
        &plane[self.span(cell)]
    }

    fn span(&self, cell: usize) -> Range<usize> {
        cell * self.queries..(cell + 1) * self.queries
    }

    /// The metric of one query in one cell; `None`: not all of its candidates there are scored.
    pub fn value(&self, plane: Plane, cell: Cell, query: usize) -> Option<f64> {
        let value = self.values(plane, self.grid.index(cell))[query];
        (!value.is_nan()).then(|| f64::from(value))
    }

    /// The mean of a cell, and over how many queries.
    pub fn mean(&self, plane: Plane, cell: Cell) -> CellMean {
        self.mean_of(plane, self.grid.index(cell))
    }

    fn mean_of(&self, plane: Plane, cell: usize) -> CellMean {
        let values = self.values(plane, cell).iter().filter(|value| !value.is_nan());
        let (mut sum, mut queries) = (0.0, 0usize);
        for &value in values {
            sum += f64::from(value);
            queries += 1;
        }
        CellMean { mean: if queries == 0 { 0.0 } else { sum / queries as f64 }, queries }
    }

    /// What can be compared fairly with the current setting: its queries, and the cells that have a
    /// value for every one of them, the nearest to it first (itself).
    pub fn comparable(&self, plane: Plane, current: Cell) -> (Vec<Cell>, Vec<usize>) {
        let here = self.values(plane, self.grid.index(current));
        let queries: Vec<usize> = (0..self.queries).filter(|&query| !here[query].is_nan()).collect();
        let covers = |cell: &Cell| {
            let values = self.values(plane, self.grid.index(*cell));
            queries.iter().all(|&query| !values[query].is_nan())
        };
        let mut cells: Vec<Cell> = self.grid.all().filter(covers).collect();
        cells.sort_by(|&a, &b| {
            let (a, b) = (self.grid.distance(current, a), self.grid.distance(current, b));
            (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2))
        });
        (cells, queries)
    }

    /// The best of the comparable cells, of equals the nearest to the current setting, with its mean over
    /// the current setting's queries. `None`: the current setting has no value for any query.
    pub fn best(&self, plane: Plane, current: Cell) -> Option<(Cell, CellMean)> {
        let (cells, queries) = self.comparable(plane, current);
        if queries.is_empty() {
            return None;
        }
        let sum = |&cell: &Cell| -> i128 {
            let values = self.values(plane, self.grid.index(cell));
            queries.iter().map(|&query| units(f64::from(values[query]))).sum()
        };
        let sums: Vec<i128> = cells.iter().map(sum).collect();
        let best = first_best(sums.iter().copied(), queries.len())?;
        let mean = from_units(sums[best]) / queries.len() as f64;
        Some((cells[best], CellMean { mean, queries: queries.len() }))
    }
}

#[cfg(test)]
#[path = "what_if_tests.rs"]
mod tests;
