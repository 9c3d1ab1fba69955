//! In: a query and a plan whose curve over α is exact or constant. Out: a first-stage metric as a step
//! function over α. Only crossings with a judged passage are looked at: no other swap moves a metric.
//!
//! The work is proportional to judged passages times pool rows, plus a sort of the crossings.

use super::axis::{AxisPlans, Exactness};
use super::curve::{Break, StepCurve};
use super::goal::Objective;
use super::lines::{Lines, Side};
use super::{Cancel, Cancelled, RESOLUTION, TuneQuery, check};
use crate::domain::Rank;
use crate::fuse::{FusedList, Fuser};
use crate::judge::Placed;

/// Crossings between two questions whether to give up.
const SWAPS_AT_ONCE: usize = 1024;

/// A crossing of a judged passage with another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Swap {
    pub alpha: f64,
    /// Which judged passage, by its place in the query's judgments.
    pub judged: u32,
    /// Change of its rank from before the crossing to the crossing itself, and from there to after it.
    pub at: i8,
    pub after: i8,
}

/// The plans' methods made ready for many queries.
#[derive(Debug)]
pub(super) struct AxisFusers<'a> {
    pub plans: &'a AxisPlans,
    pub inside: Fuser<'a>,
    zero: Fuser<'a>,
    one: Fuser<'a>,
}

impl<'a> AxisFusers<'a> {
    pub fn new(plans: &'a AxisPlans) -> Self {
        Self {
            plans,
            inside: Fuser::new(&plans.inside),
            zero: Fuser::new(&plans.zero),
            one: Fuser::new(&plans.one),
        }
    }

    /// The lists at both ends.
    pub fn at_ends(&self, query: &TuneQuery<'_>) -> [FusedList; 2] {
        [&self.zero, &self.one].map(|fuser| {
            let mut list = FusedList::default();
            fuser.fuse_into(query.pool, &mut list);
            list
        })
    }
}

/// The metric over α for each of `queries`, in their order. `None`: the plans' curve can only be sampled
/// (see [`AxisPlans::exactness`]).
pub fn first_stage_curve(
    queries: &[TuneQuery<'_>],
    plans: &AxisPlans,
    objective: &Objective<'_>,
    cancelled: Cancel<'_>,
) -> Result<Option<Vec<StepCurve>>, Cancelled> {
    let exactness = plans.exactness();
    if matches!(exactness, Exactness::Sampled(_)) {
        return Ok(None);
    }
    let fusers = AxisFusers::new(plans);
    let curve = |query| {
        check(cancelled)?;
        if exactness == Exactness::Exact {
            curve_of(query, &fusers, objective, cancelled)
        } else {
            Ok(constant_curve(query, &fusers, objective))
        }
    };
    queries.iter().map(curve).collect::<Result<_, _>>().map(Some)
}

fn value_of(list: &FusedList, query: &TuneQuery<'_>, objective: &Objective<'_>) -> f64 {
    let rows: Vec<Option<usize>> = query.judged.iter().map(|judged| judged.row).collect();
    let places = query.judged.iter().zip(list.ranks(&rows));
    let placed = places.map(|(judged, rank)| Placed { grade: judged.grade, rank });
    (objective.value)(&placed.collect::<Vec<_>>())
}

fn constant_curve(query: &TuneQuery<'_>, fusers: &AxisFusers<'_>, objective: &Objective<'_>) -> StepCurve {
    let mut inside = FusedList::default();
    fusers.inside.fuse_into(query.pool, &mut inside);
    let [zero, one] = fusers.at_ends(query).map(|list| value_of(&list, query, objective));
    StepCurve::constant(zero, value_of(&inside, query, objective), one)
}

fn curve_of(
    query: &TuneQuery<'_>,
    fusers: &AxisFusers<'_>,
    objective: &Objective<'_>,
    cancelled: Cancel<'_>,
) -> Result<StepCurve, Cancelled> {
    let lines = Lines::of(query.pool, fusers.plans, &fusers.inside);
    let mut swaps = Vec::new();
    let mut placed = Vec::with_capacity(query.judged.len());
    for (judged, place) in query.judged.iter().zip(0..) {
        check(cancelled)?;
        let line = judged.row.and_then(|row| lines.line_of(row));
        let rank = line.map(|line| swaps_of(&lines, line, place, objective.depth, &mut swaps));
        placed.push(Placed { grade: judged.grade, rank });
    }
    let swaps = in_order(swaps, cancelled)?;
    let [zero, one] = fusers.at_ends(query).map(|list| value_of(&list, query, objective));
    let mut walk = Walk { placed, objective, moved: false };
    let mut curve = StepCurve::constant(zero, (objective.value)(&walk.placed), one);
    let mut value = curve.first;
    let mut groups = 0;
    for group in groups_of(&swaps) {
        groups += 1;
        if groups % SWAPS_AT_ONCE == 0 {
            check(cancelled)?;
        }
        let at = walk.step(group, |swap| swap.at).unwrap_or(value);
        let after = walk.step(group, |swap| swap.after).unwrap_or(at);
        if at != value || after != value {
            curve.breaks.push(Break { alpha: group[0].alpha, at, after });
        }
        value = after;
    }
    Ok(curve)
}

/// Swaps that are nearer to each other than [`RESOLUTION`], as one; in order, none empty.
pub(super) fn groups_of(swaps: &[Swap]) -> impl Iterator<Item = &[Swap]> {
    let mut rest = swaps;
    std::iter::from_fn(move || {
        let first = rest.first()?.alpha;
        let together = rest.iter().take_while(|swap| swap.alpha <= first + RESOLUTION).count();
        let (group, later) = rest.split_at(together);
        rest = later;
        Some(group)
    })
}

/// The judged passages on their way along α.
struct Walk<'a> {
    placed: Vec<Placed>,
    objective: &'a Objective<'a>,
    moved: bool,
}

impl Walk<'_> {
    /// Moves the ranks; the new value, if any rank moved that the metric can see.
    fn step(&mut self, group: &[Swap], change: impl Fn(&Swap) -> i8) -> Option<f64> {
        self.moved = false;
        for swap in group {
            let change = change(swap);
            if change == 0 {
                continue;
            }
            let rank = &mut self.placed[swap.judged as usize].rank;
            let before = rank.unwrap_or(Rank::MAX);
            let after = before.saturating_add_signed(i32::from(change));
            *rank = Some(after);
            self.moved |= before.min(after) as usize <= self.objective.depth;
        }
        self.moved.then(|| (self.objective.value)(&self.placed))
    }
}

/// The rank of a line just after α = 0; its crossings are added to `swaps`, unless it can never come to
/// a rank within `depth`.
pub(super) fn swaps_of(lines: &Lines, line: usize, judged: u32, depth: usize, swaps: &mut Vec<Swap>) -> Rank {
    let known = swaps.len();
    let (mut always, mut above) = (0usize, 0);
    for other in (0..lines.len()).filter(|&other| other != line) {
        let first = other < line;
        let swap = match lines.side(line, other) {
            Side::Above => {
                always += 1;
                continue;
            }
            Side::Below => continue,
            // What happens nearer to an end than the resolution has happened, or never will.
            Side::Rises(alpha) | Side::Falls(alpha) if alpha > 1.0 - RESOLUTION => {
                above += Rank::from(lines.zero[other] > lines.zero[line]);
                continue;
            }
            Side::Rises(alpha) | Side::Falls(alpha) if alpha < RESOLUTION => {
                above += Rank::from(lines.one[other] > lines.one[line]);
                continue;
            }
            Side::Rises(alpha) => Swap { alpha, judged, at: i8::from(first), after: i8::from(!first) },
            Side::Falls(alpha) => {
                above += 1;
                Swap { alpha, judged, at: -i8::from(!first), after: -i8::from(first) }
            }
        };
        swaps.push(swap);
    }
    if always >= depth {
        swaps.truncate(known);
    }
    1 + always as Rank + above
}

/// The swaps in order of α: dealt into buckets first, because there may be millions of them and a sort
/// cannot be given up half way.
pub(super) fn in_order(swaps: Vec<Swap>, cancelled: Cancel<'_>) -> Result<Vec<Swap>, Cancelled> {
    const IN_A_BUCKET: usize = 16;
    const MOST_BUCKETS: usize = 1 << 16;
    let buckets = (swaps.len() / IN_A_BUCKET).clamp(1, MOST_BUCKETS);
    let bucket = |swap: &Swap| ((swap.alpha * buckets as f64) as usize).min(buckets - 1);
    let mut starts = vec![0usize; buckets + 1];
    for swap in &swaps {
        starts[bucket(swap) + 1] += 1;
    }
    for next in 1..=buckets {
        starts[next] += starts[next - 1];
    }
    let mut free = starts.clone();
    let mut sorted = swaps.clone();
    for chunk in swaps.chunks(64 * SWAPS_AT_ONCE) {
        check(cancelled)?;
        for swap in chunk {
            let place = &mut free[bucket(swap)];
            sorted[*place] = *swap;
            *place += 1;
        }
    }
    for (next, ends) in starts.windows(2).enumerate() {
        if next % SWAPS_AT_ONCE == 0 {
            check(cancelled)?;
        }
        sorted[ends[0]..ends[1]].sort_unstable_by(|a, b| a.alpha.total_cmp(&b.alpha));
    }
    Ok(sorted)
}

#[cfg(test)]
#[path = "first_stage_tests.rs"]
mod tests;
