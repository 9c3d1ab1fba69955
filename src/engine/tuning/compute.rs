//! In: a job. Out: its picture, told again whenever a part of it is done.

use std::sync::Arc;

use super::job::{Job, METHODS};
use super::picture::{AlphaCurve, BestCell, HeatMap, Held, Shape, Tuning};
use crate::domain::{DocIdx, LegId, Settings};
use crate::engine::final_order::Finish;
use crate::engine::query_state::Reranked;
use crate::fuse::FusedList;
use crate::judge::{SEED, measure};
use crate::rerank::cascade::at_depths;
use crate::tune::{
    AxisPlans, Best, Cancel, Cancelled, Cell, CellMean, Column, CrossValidation, Folds, Goal, Grid, Plane,
    Rerank, Reranked as Outcome, Resampling, StepCurve, StepSum, TuneQuery, WhatIf, cross_validate_cells,
    cross_validate_curves, first_stage_curve, reranked_curve, what_if,
};

const FOLDS: usize = 5;
/// Steps of α where a curve is sampled.
const FINE: u32 = 200;
/// Steps of α in the heat map.
const COARSE: u32 = 20;
/// Sizes of the candidate set in the heat map, as far as the window goes.
const CANDIDATES: [usize; 8] = [10, 20, 30, 50, 75, 100, 150, 200];
/// A picture is told anew after so many columns of the heat map.
const TELL_EVERY: usize = 8;

/// Computes the picture part by part: curves first, then the heat map.
///
/// # Errors
/// [`Cancelled`] when `cancelled` says so.
pub fn compute(job: &Job, tell: &mut dyn FnMut(Tuning), cancelled: Cancel<'_>) -> Result<(), Cancelled> {
    let mut tuning = Tuning {
        key: job.key.clone(),
        leg: job.axis().map(|axis| LegId(axis.leg)),
        metric: job.goal.name(job.settings.candidates),
        recall: None,
        first: None,
        reranked: None,
        heat: None,
        unscored: Arc::default(),
        complete: false,
    };
    let Some(axis) = job.axis().filter(|_| !job.queries.is_empty()) else {
        tuning.complete = true;
        tell(tuning);
        return Ok(());
    };
    let desk = Desk::new(job);
    let plans = AxisPlans::new(&job.plan(job.settings.fusion), axis);
    tuning.recall = Some(desk.first_curve(&plans, Goal::Recall, cancelled)?);
    tuning.first = match job.goal {
        Goal::Recall => tuning.recall.clone(),
        goal => Some(desk.first_curve(&plans, goal, cancelled)?),
    };
    tell(tuning.clone());
    if desk.has_second() {
        let (curve, unscored) = desk.reranked_curve(&plans, cancelled)?;
        (tuning.reranked, tuning.unscored) = (curve, Arc::new(unscored));
        tell(tuning.clone());
    }
    desk.heat(
        &mut |heat, done| {
            tuning.heat = Some(heat);
            tuning.complete = done;
            tell(tuning.clone());
        },
        cancelled,
    )
}

/// A curve, and the passages without a score that enter along it, by place of the query.
type Entering = (Option<AlphaCurve>, Vec<(usize, Vec<DocIdx>)>);

struct Desk<'a> {
    job: &'a Job,
    queries: Vec<TuneQuery<'a>>,
    strata: Vec<usize>,
}

impl<'a> Desk<'a> {
    fn new(job: &'a Job) -> Self {
        let query = |facts: &'a super::Facts| TuneQuery {
            pool: &facts.pool,
            judged: &facts.judged,
            second: &facts.second,
        };
        let queries = job.queries.iter().map(query).collect();
        Self { job, queries, strata: job.queries.iter().map(|facts| facts.stratum).collect() }
    }

    fn has_second(&self) -> bool {
        !self.job.stages.is_empty()
    }

    fn folds(&self, places: &[usize]) -> Folds {
        let strata: Vec<usize> = places.iter().map(|&place| self.strata[place]).collect();
        Folds::stratified(&strata, FOLDS, SEED)
    }

    fn first_curve(
        &self,
        plans: &AxisPlans,
        goal: Goal,
        cancelled: Cancel<'_>,
    ) -> Result<AlphaCurve, Cancelled> {
        let Settings { candidates: n, rel_level, .. } = self.job.settings;
        match first_stage_curve(&self.queries, plans, &goal.objective(n, rel_level), cancelled)? {
            Some(curves) => self.exact(&curves, cancelled),
            None => self.sampled(goal, Plane::FirstStage, cancelled),
        }
    }

    /// Exact where one reranker orders the candidates and every passage that any α brings in is scored, for
    /// every query; else sampled, as where a blend mixes the first stage's scores in, which depend on α. A mean over the few queries that are
    /// wholly scored would be exact and mislead. Also what it would take to be exact.
    fn reranked_curve(&self, plans: &AxisPlans, cancelled: Cancel<'_>) -> Result<Entering, Cancelled> {
        let Settings { candidates: n, rel_level, .. } = self.job.settings;
        let goal = self.job.goal;
        let mut unscored = Vec::new();
        let alone = self.queries.iter().any(|query| !query.second.is_empty());
        if self.job.by_score
            && alone
            && let Some(outcomes) =
                reranked_curve(&self.queries, plans, n, &goal.objective(n, rel_level), cancelled)?
        {
            let known = outcomes.iter().map(|outcome| match outcome {
                Outcome::Curve(curve) => Some(curve.clone()),
                Outcome::Missing(_) | Outcome::Unscorable => None,
            });
            if let Some(curves) = known.collect::<Option<Vec<StepCurve>>>() {
                return Ok((Some(self.exact(&curves, cancelled)?), Vec::new()));
            }
            for (place, outcome) in outcomes.iter().enumerate() {
                if let Outcome::Missing(rows) = outcome {
                    let pool = &self.job.queries[place].pool;
                    unscored.push((place, rows.iter().map(|&row| pool.doc(row)).collect()));
                }
            }
        }
        let curve = self.sampled(goal, Plane::Reranked, cancelled)?;
        Ok((Some(curve).filter(|curve| curve.queries > 0), unscored))
    }

    /// From the exact curve of every query.
    fn exact(&self, curves: &[StepCurve], cancelled: Cancel<'_>) -> Result<AlphaCurve, Cancelled> {
        let alpha = self.job.alpha();
        let sum = StepSum::over(&curves.iter().collect::<Vec<_>>(), cancelled)?;
        let mean = sum.mean(cancelled)?.unwrap_or_else(|| StepCurve::constant(0.0, 0.0, 0.0));
        let folds = Folds::stratified(&self.strata, FOLDS, SEED);
        let validated = cross_validate_curves(curves, alpha, &folds, Resampling::default(), cancelled)?;
        Ok(AlphaCurve {
            best: mean.best(alpha),
            current: mean.value_at(alpha),
            held_out: validated.map(|cross| held(&cross, &folds)),
            queries: curves.len(),
            judged: self.queries.len(),
            shape: Shape::Exact(mean),
        })
    }

    /// The present method over a fine row of α, at the present N.
    fn sampled(&self, goal: Goal, plane: Plane, cancelled: Cancel<'_>) -> Result<AlphaCurve, Cancelled> {
        let settings = &self.job.settings;
        let plan = self.job.plan(settings.fusion);
        let mut grid = Grid {
            axis: self.job.axis().ok_or(Cancelled)?,
            plans: vec![plan.clone()],
            alphas: Grid::even_alphas(FINE),
            candidates: vec![settings.candidates],
        };
        let current = grid.include(&plan, self.job.alpha(), settings.candidates);
        let what_if = self.sweep(grid, goal, &mut |_| (), cancelled)?;
        let (cells, places) = what_if.comparable(plane, current);
        let at = |cell: Cell| what_if.grid.alphas[cell.alpha];
        let folds = self.folds(&places);
        let value =
            |cell: usize, query: usize| what_if.value(plane, cells[cell], places[query]).unwrap_or_default();
        let validated = cross_validate_cells(cells.len(), &folds, &value, Resampling::default(), cancelled)?;
        let mean_of =
            |cell: Cell| mean(places.iter().map(|&q| what_if.value(plane, cell, q).unwrap_or_default()));
        let best = what_if.best(plane, current).map_or(current, |(cell, _)| cell);
        let mut points: Vec<(f64, f64)> = cells.iter().map(|&cell| (at(cell), mean_of(cell))).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let exactness = AxisPlans::new(&plan, what_if.grid.axis).exactness();
        Ok(AlphaCurve {
            best: Best { alpha: at(best), short: at(best), value: mean_of(best), plateau: None },
            current: mean_of(current),
            held_out: validated.map(|cross| held(&cross, &folds)),
            queries: places.len(),
            judged: self.queries.len(),
            shape: Shape::Sampled {
                points,
                why: match exactness {
                    crate::tune::Exactness::Sampled(why) => Some(why),
                    _ => None,
                },
            },
        })
    }

    fn sweep(
        &self,
        grid: Grid,
        goal: Goal,
        finished: &mut dyn FnMut(&Column),
        cancelled: Cancel<'_>,
    ) -> Result<WhatIf, Cancelled> {
        let Settings { rel_level, blend, threshold, .. } = self.job.settings;
        let metric = |placed: &[crate::judge::Placed], n: usize| goal.of(&measure(placed, n, rel_level));
        let finish = Finish { blend, threshold };
        let rerank = |place: usize, list: &FusedList, set: &[usize], asked: &[Option<usize>]| {
            let facts = &self.job.queries[place];
            let stages = at_depths(&self.job.stages, self.job.settings.reranker.depths(set.len()));
            let score = |reranker: usize, row: usize| facts.scores.get(reranker, row);
            let reranked = Reranked::of(set.to_vec(), &stages, score);
            if !reranked.is_complete() {
                return None;
            }
            let delivered = reranked.finished(list, finish).list;
            let rank = |row: usize| (1..).zip(&delivered).find(|(_, placed)| placed.row == row);
            Some(asked.iter().map(|row| rank((*row)?).map(|(rank, _)| rank)).collect())
        };
        let rerank: Option<Rerank<'_>> = if self.has_second() { Some(&rerank) } else { None };
        what_if(&self.queries, grid, &metric, rerank, finished, cancelled)
    }

    fn heat(&self, tell: &mut dyn FnMut(HeatMap, bool), cancelled: Cancel<'_>) -> Result<(), Cancelled> {
        let settings = &self.job.settings;
        let mut methods = vec![settings.fusion];
        methods.extend(METHODS.into_iter().filter(|&method| method != settings.fusion));
        let most = settings.window().max(settings.candidates);
        let mut grid = Grid {
            axis: self.job.axis().ok_or(Cancelled)?,
            plans: methods.iter().map(|&method| self.job.plan(method)).collect(),
            alphas: Grid::even_alphas(COARSE),
            candidates: CANDIDATES.into_iter().filter(|&n| n <= most).collect(),
        };
        let current = grid.include(&self.job.plan(settings.fusion), self.job.alpha(), settings.candidates);
        let empty = vec![CellMean { mean: 0.0, queries: 0 }; grid.cells()];
        let mut heat = HeatMap {
            methods,
            alphas: grid.alphas.clone(),
            candidates: grid.candidates.clone(),
            first: empty.clone(),
            reranked: empty,
            done: 0,
            of: grid.columns(),
            best_first: None,
            best_reranked: None,
        };
        let what_if = self.sweep(
            grid,
            self.job.goal,
            &mut |column| {
                let at = heat.index(column.method, column.alpha, 0);
                heat.first[at..at + column.first.len()].copy_from_slice(&column.first);
                heat.reranked[at..at + column.reranked.len()].copy_from_slice(&column.reranked);
                heat.done = column.done;
                if column.done % TELL_EVERY == 0 && column.done < column.of {
                    tell(heat.clone(), false);
                }
            },
            cancelled,
        )?;
        heat.best_first = self.best_cell(&what_if, Plane::FirstStage, current, &heat, cancelled)?;
        heat.best_reranked = self.best_cell(&what_if, Plane::Reranked, current, &heat, cancelled)?;
        tell(heat, true);
        Ok(())
    }

    fn best_cell(
        &self,
        what_if: &WhatIf,
        plane: Plane,
        current: Cell,
        heat: &HeatMap,
        cancelled: Cancel<'_>,
    ) -> Result<Option<BestCell>, Cancelled> {
        let Some((best, mean)) = what_if.best(plane, current) else { return Ok(None) };
        let (cells, places) = what_if.comparable(plane, current);
        let folds = self.folds(&places);
        let value =
            |cell: usize, query: usize| what_if.value(plane, cells[cell], places[query]).unwrap_or_default();
        let validated = cross_validate_cells(cells.len(), &folds, &value, Resampling::default(), cancelled)?;
        Ok(Some(BestCell {
            method: heat.methods[best.method],
            alpha: heat.alphas[best.alpha],
            candidates: heat.candidates[best.candidates],
            mean,
            current: what_if.mean(plane, current).mean,
            held_out: validated.map(|cross| held(&cross, &folds)),
        }))
    }
}

fn held<C>(cross: &CrossValidation<C>, folds: &Folds) -> Held {
    Held {
        folds: folds.count(),
        held_out: cross.held_out,
        current: cross.current,
        difference: cross.difference,
        interval: cross.interval,
        queries: cross.queries,
    }
}

/// 0 for no value.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}

#[cfg(test)]
#[path = "compute_tests.rs"]
mod tests;
