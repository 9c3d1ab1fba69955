//! In: what every choice of a setting would give every query, and the queries' folds. Out: what tuning
//! can be expected to give on queries that it has not seen. A setting that wins on the queries on which
//! it was chosen promises too much: the choice is made anew in each training part, and measured on the
//! part that was held out (FIELD.md, "Statistics").

use super::curve::{StepCurve, StepSum, first_best, from_units, units};
use super::{Cancel, Cancelled, check};
use crate::judge::{Interval, SplitMix64, bootstrap};

/// Confidence of the interval of the held-out difference.
const LEVEL: f64 = 0.95;

/// Which fold each query belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// By query, 0..count.
    of: Vec<usize>,
    count: usize,
}

impl Folds {
    /// Deals the queries into `count` folds (fewer if there are fewer queries), every stratum (language)
    /// as evenly as it goes. `strata` has one number by query; the same seed deals the same.
    pub fn stratified(strata: &[usize], count: usize, seed: u64) -> Self {
        let count = count.min(strata.len()).max(1);
        let mut random = SplitMix64::new(seed);
        let mut shuffled: Vec<usize> = (0..strata.len()).collect();
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, random.below(place + 1));
        }
        // One round of dealing goes on from stratum to stratum, so that the folds' sizes differ by one
        // at most.
        shuffled.sort_by_key(|&query| strata[query]);
        let mut of = vec![0; strata.len()];
        for (place, query) in shuffled.into_iter().enumerate() {
            of[query] = place % count;
        }
        Self { of, count }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// The fold of a query.
    pub fn of(&self, query: usize) -> usize {
        self.of[query]
    }

    pub fn queries(&self) -> usize {
        self.of.len()
    }
}

/// What a tuned setting keeps on queries that it was not tuned on. `C` is what was chosen: a place in
/// the list of cells, or an α.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation<C> {
    /// Chosen on all queries: what one would set.
    pub choice: C,
    /// Mean of that choice on the very queries that it was chosen on.
    pub in_sample: f64,
    /// What each fold's training part chose, by fold.
    pub by_fold: Vec<C>,
    /// Mean over all queries, each measured under what was chosen without it.
    pub held_out: f64,
    /// Mean of the current setting over the same queries.
    pub current: f64,
    /// Mean of (held out − current), which is what tuning can be expected to gain.
    pub difference: f64,
    /// Its 95 % bootstrap interval over queries, folds and choices kept.
    pub interval: Interval,
    pub queries: usize,
}

impl<C: PartialEq + Copy> CrossValidation<C> {
    /// What was chosen, with the number of folds that did; most often first, else in order of folds.
    pub fn chosen(&self) -> Vec<(C, usize)> {
        let mut counts: Vec<(C, usize)> = Vec::new();
        for choice in &self.by_fold {
            match counts.iter_mut().find(|(other, _)| other == choice) {
                Some((_, times)) => *times += 1,
                None => counts.push((*choice, 1)),
            }
        }
        counts.sort_by_key(|&(_, times)| std::cmp::Reverse(times));
        counts
    }
}

/// How the interval is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    pub rounds: usize,
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { rounds: crate::judge::ROUNDS, seed: crate::judge::SEED }
    }
}

/// Cross-validates the choice among `cells` settings, of which 0 is the current one and which are in
/// order of distance from it: of equally good ones the nearest is chosen. `value(cell, query)` is the
/// metric, for each query of the folds. `None`: fewer than two queries, or no cell.
pub fn cross_validate_cells(
    cells: usize,
    folds: &Folds,
    value: &dyn Fn(usize, usize) -> f64,
    resampling: Resampling,
    cancelled: Cancel<'_>,
) -> Result<Option<CrossValidation<usize>>, Cancelled> {
    if folds.queries() < 2 || cells == 0 {
        return Ok(None);
    }
    // By cell, then by fold.
    let mut sums = vec![vec![0i128; folds.count]; cells];
    for (cell, sums) in sums.iter_mut().enumerate() {
        check(cancelled)?;
        for (query, &fold) in folds.of.iter().enumerate() {
            sums[fold] += units(value(cell, query));
        }
    }
    let best_without = |left_out: Option<usize>| {
        let sum = |cell: usize| -> i128 {
            let folds = (0..folds.count).filter(|&fold| Some(fold) != left_out);
            folds.map(|fold| sums[cell][fold]).sum()
        };
        first_best((0..cells).map(sum), folds.queries()).unwrap_or(0)
    };
    let choice = best_without(None);
    let by_fold: Vec<usize> = (0..folds.count).map(|fold| best_without(Some(fold))).collect();
    let total: i128 = sums[choice].iter().sum();
    let in_sample = from_units(total) / folds.queries() as f64;
    let measured = |query: usize, cell: usize| value(cell, query);
    Ok(validated(choice, in_sample, by_fold, 0, folds, &measured, resampling))
}

/// Cross-validates the choice of α by exact curves, one by query of the folds: the middle of the widest
/// best interval of the training part's mean. `None`: fewer than two queries.
pub fn cross_validate_curves(
    curves: &[StepCurve],
    current: f64,
    folds: &Folds,
    resampling: Resampling,
    cancelled: Cancel<'_>,
) -> Result<Option<CrossValidation<f64>>, Cancelled> {
    if curves.len() < 2 || curves.len() != folds.queries() {
        return Ok(None);
    }
    let mut parts = Vec::with_capacity(folds.count);
    for fold in 0..folds.count {
        let of_fold = folds.of.iter().zip(curves).filter(|&(&of, _)| of == fold).map(|(_, curve)| curve);
        parts.push(StepSum::over(&of_fold.collect::<Vec<_>>(), cancelled)?);
    }
    let best_without = |left_out: Option<usize>| -> Result<_, Cancelled> {
        let mut sum = StepSum::default();
        for (_, part) in parts.iter().enumerate().filter(|&(fold, _)| Some(fold) != left_out) {
            sum = sum.join(part, cancelled)?;
        }
        Ok(sum.mean(cancelled)?.map(|mean| mean.best(current)))
    };
    let Some(choice) = best_without(None)? else { return Ok(None) };
    let mut by_fold = Vec::with_capacity(folds.count);
    for fold in 0..folds.count {
        by_fold.push(best_without(Some(fold))?.map_or(current, |best| best.alpha));
    }
    let measured = |query: usize, alpha: f64| curves[query].value_at(alpha);
    Ok(validated(choice.alpha, choice.value, by_fold, current, folds, &measured, resampling))
}

fn validated<C: Copy>(
    choice: C,
    in_sample: f64,
    by_fold: Vec<C>,
    current: C,
    folds: &Folds,
    measured: &dyn Fn(usize, C) -> f64,
    resampling: Resampling,
) -> Option<CrossValidation<C>> {
    let queries = folds.queries();
    let held_out: Vec<f64> = (0..queries).map(|query| measured(query, by_fold[folds.of(query)])).collect();
    let before: Vec<f64> = (0..queries).map(|query| measured(query, current)).collect();
    let differences: Vec<f64> = held_out.iter().zip(&before).map(|(after, before)| after - before).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / queries as f64;
    let interval = bootstrap(&differences, LEVEL, resampling.rounds, resampling.seed)?;
    Some(CrossValidation {
        choice,
        in_sample,
        by_fold,
        held_out: mean(&held_out),
        current: mean(&before),
        difference: mean(&differences),
        interval,
        queries,
    })
}

#[cfg(test)]
#[path = "held_out_tests.rs"]
mod tests;
