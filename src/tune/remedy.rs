//! In: golds of one query that did not reach the candidate set, the query's pool and the plan. Out: for
//! each gold every single change that brings it in, the smallest first, each tried on the list itself.
//! It finds no words for them, and knows nothing of what lies deeper than the legs were fetched.

use super::axis::{Axis, AxisPlans, Exactness};
use super::decimal::decimal_in;
use super::first_stage::{AxisFusers, groups_of, in_order, swaps_of};
use super::lines::Lines;
use super::{Cancel, Cancelled, TuneQuery, check};
use crate::domain::{Rank, Score};
use crate::fuse::{FusedList, Fuser, FusionPlan, Pool};

/// Where no exact curve exists α is tried in so many steps.
const STEPS: u32 = 200;

/// Decimals of an α that is suggested: two where it can be, seven at most.
const DECIMALS: std::ops::RangeInclusive<u32> = 2..=7;

/// The golds that were lost, and what they were lost under.
#[derive(Debug, Clone, Copy)]
pub struct Lost<'a> {
    pub pool: &'a Pool,
    pub plan: &'a FusionPlan,
    /// N.
    pub n: usize,
    /// D: how deep the legs were fetched.
    pub depth: usize,
    /// Where α can be moved; `None`: there is no such knob.
    pub axis: Option<Axis>,
    /// Other whole plans to try: another method with the weights that it would have.
    pub others: &'a [FusionPlan],
    /// The pool as it would be if search were exact, where it is not.
    pub exact: Option<&'a Pool>,
    pub golds: &'a [LostGold],
}

/// One lost gold, by its rows; `None`: no leg has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostGold {
    pub row: Option<usize>,
    pub exact_row: Option<usize>,
}

/// A stretch of α on which a gold is in the candidate set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlphaRange {
    pub low: f64,
    pub high: f64,
    /// Whether the ends belong to it: at a breakpoint the order of ids decides, at 0 and 1 the leg.
    pub low_included: bool,
    pub high_included: bool,
    /// Whether it is known only by steps of 1/200, of which these ends are two that work.
    pub sampled: bool,
}

/// One change of one knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// A candidate set of this size.
    Candidates(usize),
    /// Any α of the range; `to` is a short one near the present α.
    Alpha { range: AlphaRange, to: f64 },
    /// Another plan, by its place in [`Lost::others`].
    Plan(usize),
    /// This leg and no other.
    LegAlone(usize),
    /// A window of this size.
    Window(usize),
    /// Exact search in place of the approximate one.
    ExactSearch,
}

/// A change that brings a gold into the candidate set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remedy {
    pub change: Change,
    /// The gold's fused rank after the change.
    pub rank_then: Rank,
    /// How great the change is: for α the distance, for N and the window what is added as a share of
    /// what is there, 1 for anything that is changed as a whole.
    pub size: f64,
}

/// Fused scores of a gold and of the last candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    pub gold: Score,
    pub cut: Score,
}

/// What is to be said of one lost gold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Remedies {
    /// Its fused rank; `None`: not in the list.
    pub rank: Option<Rank>,
    /// `None`: it is not in the list, or the list has fewer than N passages.
    pub margin: Option<Margin>,
    /// Smallest change first.
    pub ways: Vec<Remedy>,
}

/// The remedies of each gold, in their order; none for one that is in the candidate set after all.
pub fn remedies(lost: &Lost<'_>, cancelled: Cancel<'_>) -> Result<Vec<Remedies>, Cancelled> {
    let search = Search { lost, cancelled };
    let mut found = search.as_it_is();
    search.by_exact_search(&mut found);
    search.by_one_leg(&mut found)?;
    search.by_plan(&mut found)?;
    search.by_window(&mut found)?;
    search.by_alpha(&mut found)?;
    for remedies in &mut found {
        if remedies.rank.is_some_and(|rank| search.is_within(rank)) {
            remedies.ways.clear();
        }
        remedies.ways.sort_by(|a, b| a.size.total_cmp(&b.size));
    }
    Ok(found)
}

struct Search<'a> {
    lost: &'a Lost<'a>,
    cancelled: Cancel<'a>,
}

impl Search<'_> {
    fn list(&self, plan: &FusionPlan) -> FusedList {
        let mut list = FusedList::default();
        Fuser::new(plan).fuse_into(self.lost.pool, &mut list);
        list
    }

    /// The rank of each gold in a list, where that is within N.
    fn within<'l>(&'l self, list: &'l FusedList) -> impl Iterator<Item = (usize, Rank)> + 'l {
        let rank = |gold: &LostGold| list.rank(gold.row?).filter(|&rank| self.is_within(rank));
        (0..).zip(self.lost.golds).filter_map(move |(place, gold)| Some((place, rank(gold)?)))
    }

    fn is_within(&self, rank: Rank) -> bool {
        rank as usize <= self.lost.n
    }

    /// Share of what is there that has to be added.
    fn growth(to: usize, from: usize) -> f64 {
        (to - from.min(to)) as f64 / from.max(1) as f64
    }

    /// Rank and margin now; a greater N always helps a gold that is in the list.
    fn as_it_is(&self) -> Vec<Remedies> {
        let list = self.list(self.lost.plan);
        let n = self.lost.n;
        let cut = list.top(n).get(n.wrapping_sub(1)).and_then(|&row| list.score(row));
        let of_gold = |gold: &LostGold| {
            let Some((rank, gold)) = gold.row.and_then(|row| Some((list.rank(row)?, list.score(row)?)))
            else {
                return Remedies::default();
            };
            let to = rank as usize;
            let more = Remedy {
                change: Change::Candidates(to),
                rank_then: rank,
                size: Self::growth(to, self.lost.n),
            };
            Remedies { rank: Some(rank), margin: cut.map(|cut| Margin { gold, cut }), ways: vec![more] }
        };
        self.lost.golds.iter().map(of_gold).collect()
    }

    fn by_exact_search(&self, found: &mut [Remedies]) {
        let Some(pool) = self.lost.exact else { return };
        let mut list = FusedList::default();
        Fuser::new(self.lost.plan).fuse_into(pool, &mut list);
        for (gold, found) in self.lost.golds.iter().zip(found) {
            let rank = gold.exact_row.and_then(|row| list.rank(row)).filter(|&rank| self.is_within(rank));
            found.ways.extend(rank.map(|rank_then| Remedy {
                change: Change::ExactSearch,
                rank_then,
                size: 1.0,
            }));
        }
    }

    fn try_plan(&self, plan: &FusionPlan, change: Change, size: f64, found: &mut [Remedies]) {
        for (place, rank_then) in self.within(&self.list(plan)) {
            found[place].ways.push(Remedy { change, rank_then, size });
        }
    }

    fn by_one_leg(&self, found: &mut [Remedies]) -> Result<(), Cancelled> {
        for leg in 0..self.lost.pool.legs() {
            check(self.cancelled)?;
            let mut weights = vec![0.0; self.lost.pool.legs()];
            weights[leg] = 1.0;
            let plan = FusionPlan { weights, ..self.lost.plan.clone() };
            self.try_plan(&plan, Change::LegAlone(leg), 1.0, found);
        }
        Ok(())
    }

    fn by_plan(&self, found: &mut [Remedies]) -> Result<(), Cancelled> {
        for (place, plan) in self.lost.others.iter().enumerate() {
            check(self.cancelled)?;
            self.try_plan(plan, Change::Plan(place), 1.0, found);
        }
        Ok(())
    }

    /// The least window that brings a gold in which some leg has beyond the present one. Every window is
    /// tried: a greater one also lets others in, and normalises anew.
    fn by_window(&self, found: &mut [Remedies]) -> Result<(), Cancelled> {
        let Lost { pool, plan, depth, golds, .. } = *self.lost;
        let beyond = |gold: &LostGold| {
            let ranks = (0..pool.legs())
                .filter(|&leg| plan.weights.get(leg).is_some_and(|&weight| weight > 0.0))
                .filter_map(|leg| Some(pool.hit(gold.row?, leg)?.rank as usize));
            ranks.filter(|&rank| rank > plan.window).min()
        };
        let ranks: Vec<Option<usize>> = golds.iter().map(beyond).collect();
        let mut open: Vec<usize> = (0..golds.len()).filter(|&place| ranks[place].is_some()).collect();
        for window in ranks.iter().flatten().min().copied().unwrap_or(usize::MAX)..=depth {
            if open.is_empty() {
                break;
            }
            check(self.cancelled)?;
            let list = self.list(&FusionPlan { window, ..plan.clone() });
            for (place, rank_then) in self.within(&list) {
                if let Some(at) = open.iter().position(|&other| other == place) {
                    open.swap_remove(at);
                    let size = Self::growth(window, plan.window);
                    found[place].ways.push(Remedy { change: Change::Window(window), rank_then, size });
                }
            }
        }
        Ok(())
    }

    fn by_alpha(&self, found: &mut [Remedies]) -> Result<(), Cancelled> {
        let Lost { pool, plan, golds, .. } = *self.lost;
        let Some((axis, now)) = self.lost.axis.and_then(|axis| Some((axis, axis.alpha_of(plan)?))) else {
            return Ok(());
        };
        let plans = AxisPlans::new(plan, axis);
        if let Exactness::Sampled(_) = plans.exactness() {
            return self.by_steps_of_alpha(axis, now, found);
        }
        let fusers = AxisFusers::new(&plans);
        let query = TuneQuery { pool, judged: &[], second: &[] };
        let ends = fusers.at_ends(&query);
        let lines = match plans.exactness() {
            Exactness::Exact => Lines::of(pool, &plans, &fusers.inside),
            _ => Lines::default(),
        };
        let middle = self.list(&plans.inside);
        for (gold, found) in golds.iter().zip(found) {
            check(self.cancelled)?;
            let Some(row) = gold.row else { continue };
            let mut along = Along { within: Vec::new(), breaks: Vec::new() };
            let is_in = |list: &FusedList| list.rank(row).is_some_and(|rank| self.is_within(rank));
            along.within.push(is_in(&ends[0]));
            match lines.line_of(row) {
                Some(line) => self.ranks_of(&lines, line, &mut along)?,
                None => along.within.push(is_in(&middle)),
            }
            along.within.push(is_in(&ends[1]));
            let attempt = |alpha: f64| {
                self.list(&axis.plan(plan, alpha)).rank(row).filter(|&rank| self.is_within(rank))
            };
            found.ways.extend(nearest(&along.ranges(), now, &attempt));
        }
        Ok(())
    }

    /// Where between the ends a line is within N.
    fn ranks_of(&self, lines: &Lines, line: usize, along: &mut Along) -> Result<(), Cancelled> {
        let mut swaps = Vec::new();
        let mut rank = swaps_of(lines, line, 0, self.lost.n, &mut swaps);
        along.within.push(self.is_within(rank));
        for group in groups_of(&in_order(swaps, self.cancelled)?) {
            let change = |change: i32| rank.saturating_add_signed(change);
            let at = change(group.iter().map(|swap| i32::from(swap.at)).sum());
            let after = change(group.iter().map(|swap| i32::from(swap.at + swap.after)).sum());
            rank = after;
            along.breaks.push(group[0].alpha);
            along.within.push(self.is_within(at));
            along.within.push(self.is_within(after));
        }
        Ok(())
    }

    fn by_steps_of_alpha(&self, axis: Axis, now: f64, found: &mut [Remedies]) -> Result<(), Cancelled> {
        let mut ranks = vec![Vec::with_capacity(STEPS as usize + 1); found.len()];
        let alphas: Vec<f64> = (0..=STEPS).map(|step| f64::from(step) / f64::from(STEPS)).collect();
        for &alpha in &alphas {
            check(self.cancelled)?;
            let list = self.list(&axis.plan(self.lost.plan, alpha));
            for (gold, ranks) in self.lost.golds.iter().zip(&mut ranks) {
                ranks.push(gold.row.and_then(|row| list.rank(row)).filter(|&rank| self.is_within(rank)));
            }
        }
        for (ranks, found) in ranks.iter().zip(found) {
            let mut ranges: Vec<AlphaRange> = Vec::new();
            for (step, _) in ranks.iter().enumerate().filter(|(_, rank)| rank.is_some()) {
                match ranges.last_mut().filter(|_| step > 0 && ranks[step - 1].is_some()) {
                    Some(range) => range.high = alphas[step],
                    None => ranges.push(AlphaRange {
                        low: alphas[step],
                        high: alphas[step],
                        low_included: true,
                        high_included: true,
                        sampled: true,
                    }),
                }
            }
            let attempt =
                |alpha: f64| ranks.get((alpha * f64::from(STEPS)).round() as usize).copied().flatten();
            let side = |range: Option<&AlphaRange>, to: fn(&AlphaRange) -> f64| {
                let (range, to) = (*range?, to(range?));
                let change = Change::Alpha { range, to };
                Some(Remedy { change, rank_then: attempt(to)?, size: (to - now).abs() })
            };
            found.ways.extend(side(ranges.iter().rev().find(|range| range.high < now), |range| range.high));
            found.ways.extend(side(ranges.iter().find(|range| range.low > now), |range| range.low));
        }
        Ok(())
    }
}

/// Whether a gold is within N, along α: at 0, between, at a breakpoint, between, …, at 1.
struct Along {
    within: Vec<bool>,
    breaks: Vec<f64>,
}

impl Along {
    /// The stretches within N. Even places are points, odd ones the intervals between them.
    fn ranges(&self) -> Vec<AlphaRange> {
        let alpha = |point: usize| match point {
            0 => 0.0,
            point => self.breaks.get(point - 1).copied().unwrap_or(1.0),
        };
        let mut ranges: Vec<AlphaRange> = Vec::new();
        for (place, _) in self.within.iter().enumerate().filter(|&(_, &within)| within) {
            let (is_point, high) = (place % 2 == 0, alpha(place.div_ceil(2)));
            match ranges.last_mut().filter(|_| place > 0 && self.within[place - 1]) {
                Some(range) => (range.high, range.high_included) = (high, is_point),
                None => ranges.push(AlphaRange {
                    low: alpha(place / 2),
                    high,
                    low_included: is_point,
                    high_included: is_point,
                    sampled: false,
                }),
            }
        }
        ranges
    }
}

/// The nearest range below the present α and the nearest above, each with a short α that was tried.
fn nearest(
    ranges: &[AlphaRange],
    now: f64,
    attempt: &dyn Fn(f64) -> Option<Rank>,
) -> impl Iterator<Item = Remedy> {
    let remedy = |range: &AlphaRange, side: AlphaRange| {
        let (to, rank_then) = short_alpha(&side, now, attempt)?;
        Some(Remedy { change: Change::Alpha { range: *range, to }, rank_then, size: (to - now).abs() })
    };
    // A range may reach as far as the present α and by the rounding of the list not include it.
    let below = (ranges.iter().rev().filter(|range| range.low < now))
        .find_map(|range| remedy(range, AlphaRange { high: range.high.min(now), ..*range }));
    let above = (ranges.iter().filter(|range| range.high > now))
        .find_map(|range| remedy(range, AlphaRange { low: range.low.max(now), ..*range }));
    below.into_iter().chain(above)
}

/// The α of fewest decimals in the range, near `now`, that works on the list.
fn short_alpha(range: &AlphaRange, now: f64, attempt: &dyn Fn(f64) -> Option<Rank>) -> Option<(f64, Rank)> {
    const TRIES: usize = 3;
    let tried = |alpha: f64| attempt(alpha).map(|rank| (alpha, rank));
    for decimals in DECIMALS {
        let (mut low, mut high) = (range.low, range.high);
        for _ in 0..TRIES {
            let Some(alpha) = decimal_in(now, low, high, decimals) else { break };
            if let Some(found) = tried(alpha) {
                return Some(found);
            }
            // Rounding to f32 ties it with another passage so near to the end; go further inside.
            if now <= low { low = alpha } else { high = alpha }
        }
    }
    // A single point, or an end of the whole.
    let ends = [(range.low, range.low_included), (range.high, range.high_included)];
    ends.into_iter()
        .filter(|&(_, included)| included)
        .find_map(|(alpha, _)| DECIMALS.filter_map(|decimals| decimal_near(alpha, decimals)).find_map(tried))
}

/// The decimal that `alpha` is up to rounding.
fn decimal_near(alpha: f64, decimals: u32) -> Option<f64> {
    let unit = 10f64.powi(decimals as i32);
    let rounded = (alpha * unit).round() / unit;
    ((rounded - alpha).abs() <= super::RESOLUTION).then_some(rounded)
}

#[cfg(test)]
#[path = "remedy_tests.rs"]
mod tests;
