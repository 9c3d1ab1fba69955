//! In: a query with reranker scores, a plan whose curve over α is exact or constant, and N. Out: a
//! metric of the reranked list as a step function over α. The scores of the second stage must not depend
//! on α (a blend with the first stage's does).
//!
//! A reranked list changes with α where a passage enters the candidate set and another leaves it, and
//! nowhere else. Just before that, the lowest line of the candidate set meets the highest line of the
//! others. The difference of these two envelopes is convex in α, so its next root is found from the
//! right by Newton's method in a few steps.

use super::axis::{AxisPlans, Exactness};
use super::curve::{Break, StepCurve};
use super::first_stage::AxisFusers;
use super::goal::Objective;
use super::lines::Lines;
use super::{Cancel, Cancelled, RESOLUTION, SecondScore, TuneQuery, check};
use crate::domain::Rank;
use crate::fuse::FusedList;
use crate::judge::Placed;
use crate::order::order_key;

/// What can be said of one query's reranked metric over α.
#[derive(Debug, Clone, PartialEq)]
pub enum Reranked {
    Curve(StepCurve),
    /// Some α brings in passages that have no score yet: these rows, ascending. Once they are scored the
    /// curve is exact.
    Missing(Vec<usize>),
    /// A judged passage that the reranker can say nothing about may stand among others of its kind, in
    /// the first stage's order, which changes with α elsewhere than at the cut.
    Unscorable,
}

/// The metric of the reranked list over α with a candidate set of `n`, for each of `queries`, in their
/// order. `None`: the plans' curve can only be sampled.
pub fn reranked_curve(
    queries: &[TuneQuery<'_>],
    plans: &AxisPlans,
    n: usize,
    objective: &Objective<'_>,
    cancelled: Cancel<'_>,
) -> Result<Option<Vec<Reranked>>, Cancelled> {
    let exactness = plans.exactness();
    if matches!(exactness, Exactness::Sampled(_)) {
        return Ok(None);
    }
    let fusers = AxisFusers::new(plans);
    let curve = |query| {
        check(cancelled)?;
        let mut walk = Walk::new(query, objective);
        let [zero, one] = fusers.at_ends(query).map(|list| walk.value_of(&list.top(n)));
        let curve = if exactness == Exactness::Exact {
            let lines = contenders(&Lines::of(query.pool, plans, &fusers.inside), n);
            walk.along(&Sets { lines: &lines, n }, zero, one, cancelled)?
        } else {
            let mut inside = FusedList::default();
            fusers.inside.fuse_into(query.pool, &mut inside);
            StepCurve::constant(zero, walk.value_of(&inside.top(n)), one)
        };
        Ok(walk.outcome(curve))
    };
    queries.iter().map(curve).collect::<Result<_, _>>().map(Some)
}

/// Only the lines that are in the candidate set of some 0 < α < 1.
fn contenders(lines: &Lines, n: usize) -> Lines {
    let above = lines.always_above();
    let places: Vec<usize> = (0..lines.len()).filter(|&line| (above[line] as usize) < n).collect();
    lines.only(&places)
}

/// The candidate sets that occur along α.
struct Sets<'a> {
    lines: &'a Lines,
    n: usize,
}

/// A change of the candidate set.
struct Change {
    alpha: f64,
    /// Of the set at `alpha` itself, and of the one after it; by line.
    at: Vec<bool>,
    after: Vec<bool>,
    /// Where the set after it was looked at.
    seen: f64,
}

impl Sets<'_> {
    /// The set at `alpha` by height, equal heights by id.
    fn at(&self, alpha: f64) -> Vec<bool> {
        let mut order: Vec<(f64, usize)> =
            (0..self.lines.len()).map(|line| (self.lines.height(line, alpha), line)).collect();
        if self.n < order.len() && self.n > 0 {
            order.select_nth_unstable_by(self.n - 1, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        }
        let mut set = vec![false; order.len()];
        for &(_, line) in order.iter().take(self.n) {
            set[line] = true;
        }
        set
    }

    /// The next change after `here`, where the set just after `here` is `set`.
    fn next(&self, set: &[bool], here: f64) -> Option<Change> {
        let mut from = here;
        let mut step = RESOLUTION;
        loop {
            let (alpha, leaves) = self.next_meeting(set, from)?;
            let alpha = alpha.max(from);
            if alpha + RESOLUTION >= 1.0 {
                return None;
            }
            let after = self.at(alpha + step);
            if after != set {
                let at = self.at_meeting(set, alpha, step, leaves);
                return Some(Change { alpha, at, after, seen: alpha + step });
            }
            // Two lines that are all but parallel: rounding hides which is above. Look further right.
            from = alpha + step;
            step *= 2.0;
        }
    }

    /// Where the lowest line of the set meets the highest other one, to the right of `from`; and the
    /// former.
    fn next_meeting(&self, set: &[bool], from: f64) -> Option<(f64, usize)> {
        let lines = self.lines;
        let mut found = None;
        let mut right = 1.0 - RESOLUTION;
        while right > from {
            let (mut low, mut high) = ((f64::INFINITY, None), (f64::NEG_INFINITY, None));
            for (line, &inside) in set.iter().enumerate() {
                let height = lines.height(line, right);
                if inside && height < low.0 {
                    low = (height, Some(line));
                } else if !inside && height > high.0 {
                    high = (height, Some(line));
                }
            }
            let (Some(leaves), Some(enters)) = (low.1, high.1) else { break };
            if high.0 <= low.0 {
                break;
            }
            let zero = lines.zero[enters] - lines.zero[leaves];
            let one = lines.one[enters] - lines.one[leaves];
            let meeting = if zero < 0.0 && one > 0.0 { zero / (zero - one) } else { from };
            found = Some((meeting.max(from), leaves));
            if right - meeting < RESOLUTION {
                break;
            }
            right = meeting;
        }
        found
    }

    /// The set at a meeting, where all lines that meet there have one score and stand in the order of
    /// ids: as many of them are in as were before.
    fn at_meeting(&self, before: &[bool], alpha: f64, step: f64, leaves: usize) -> Vec<bool> {
        let lines = self.lines;
        let above = |line: usize, alpha| lines.height(line, alpha) - lines.height(leaves, alpha);
        let meets = |line: usize| above(line, alpha - step) * above(line, alpha + step) <= 0.0;
        let meeting: Vec<usize> = (0..lines.len()).filter(|&line| meets(line)).collect();
        let places = meeting.iter().filter(|&&line| before[line]).count();
        let mut set = before.to_vec();
        for (place, &line) in meeting.iter().enumerate() {
            set[line] = place < places;
        }
        set
    }
}

/// One query's reranked list along α.
struct Walk<'a> {
    query: &'a TuneQuery<'a>,
    objective: &'a Objective<'a>,
    /// By pool row: whether some candidate set had it while it had no score.
    missing: Vec<bool>,
    unscorable: bool,
}

impl<'a> Walk<'a> {
    fn new(query: &'a TuneQuery<'a>, objective: &'a Objective<'a>) -> Self {
        Self { query, objective, missing: vec![false; query.pool.len()], unscorable: false }
    }

    fn along(
        &mut self,
        sets: &Sets<'_>,
        zero: f64,
        one: f64,
        cancelled: Cancel<'_>,
    ) -> Result<StepCurve, Cancelled> {
        let mut here = RESOLUTION;
        let mut set = sets.at(here);
        let mut curve = StepCurve::constant(zero, self.value_in(sets, &set), one);
        let mut value = curve.first;
        while let Some(change) = sets.next(&set, here) {
            check(cancelled)?;
            let at = self.value_in(sets, &change.at);
            let after = self.value_in(sets, &change.after);
            if at != value || after != value {
                curve.breaks.push(Break { alpha: change.alpha, at, after });
            }
            (here, set, value) = (change.seen, change.after, after);
        }
        Ok(curve)
    }

    fn value_in(&mut self, sets: &Sets<'_>, set: &[bool]) -> f64 {
        let rows: Vec<usize> =
            sets.lines.rows.iter().zip(set).filter(|&(_, &inside)| inside).map(|(&row, _)| row).collect();
        self.value_of(&rows)
    }

    /// The metric of a candidate set, given in any order, once it is reranked. Of no meaning if a
    /// candidate has no score; that is noted.
    fn value_of(&mut self, candidates: &[usize]) -> f64 {
        let mut keys: Vec<u64> = Vec::with_capacity(candidates.len());
        let mut unscorable = 0;
        for &row in candidates {
            match self.query.second.get(row) {
                Some(&SecondScore::Score(score)) => keys.push(order_key(score, row as u32)),
                Some(SecondScore::Unscorable) => unscorable += 1,
                Some(SecondScore::TooLow) => {}
                Some(SecondScore::NotYet) | None => self.missing[row] = true,
            }
        }
        let mut placed = Vec::with_capacity(self.query.judged.len());
        for judged in self.query.judged {
            let rank = judged.row.filter(|row| candidates.contains(row)).and_then(|row| {
                match self.query.second.get(row)? {
                    SecondScore::NotYet | SecondScore::TooLow => None,
                    SecondScore::Unscorable => {
                        self.unscorable |= unscorable > 1;
                        Some(keys.len() as Rank + 1)
                    }
                    &SecondScore::Score(score) => {
                        let key = order_key(score, row as u32);
                        Some(1 + keys.iter().filter(|&&other| other > key).count() as Rank)
                    }
                }
            });
            placed.push(Placed { grade: judged.grade, rank });
        }
        (self.objective.value)(&placed)
    }

    fn outcome(self, curve: StepCurve) -> Reranked {
        let missing: Vec<usize> = (0..self.missing.len()).filter(|&row| self.missing[row]).collect();
        if !missing.is_empty() {
            Reranked::Missing(missing)
        } else if self.unscorable {
            Reranked::Unscorable
        } else {
            Reranked::Curve(curve)
        }
    }
}

#[cfg(test)]
#[path = "reranked_tests.rs"]
mod tests;
