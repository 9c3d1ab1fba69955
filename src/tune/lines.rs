//! In: a pool and a plan whose curve over α is exact. Out: one straight line over α for each passage of
//! the fused list, and where two of them cross. Between the ends the order of the lines is the order of
//! the list; what the list is at the ends, it does not say.

use super::axis::AxisPlans;
use crate::domain::Rank;
use crate::fuse::{Fuser, LegValue, Mean, Pool};

/// Where the line of a passage runs that no leg counts for under a mean that leaves such legs out: its
/// score is 0 and every other one's is above.
const FLOOR: f64 = f64::MIN / 4.0;

/// Heights nearer to each other than this share of themselves are equal, where they come from different
/// legs: they were normalised by different numbers, and what is equal by the formula is not to the bit.
const ROUNDING: f64 = 1e-12;

/// The passages that any of the two legs returned within the window, as lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    /// Pool rows, ascending, so that of lines of one height the smaller number comes first in the list.
    pub(super) rows: Vec<usize>,
    /// Where the line is at α = 0 and at α = 1: what the two legs say, in a scale in which the fused
    /// score is linear.
    pub(super) zero: Vec<f64>,
    pub(super) one: Vec<f64>,
}

/// How another line lies to the line that is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// Above (in the list: before) on all of 0 < α < 1.
    Above,
    Below,
    /// They cross, the other one coming from below.
    Rises(f64),
    /// They cross, the other one coming from above.
    Falls(f64),
}

impl Lines {
    /// The plans' method must be one that [`super::exactness`] calls exact.
    pub(super) fn of(pool: &Pool, plans: &AxisPlans, inside: &Fuser<'_>) -> Self {
        let mean = plans.inside.method.mean();
        let mut lines = Self::default();
        let (zero, one) = plans.ends();
        let values = inside.leg_values(pool, zero).zip(inside.leg_values(pool, one));
        for (row, pair) in values.enumerate() {
            if pair == (LegValue::NotReturned, LegValue::NotReturned) {
                continue;
            }
            let (zero, one) = ends(mean, pair);
            lines.rows.push(row);
            lines.zero.push(zero);
            lines.one.push(one);
        }
        if mean != Mean::Arithmetic {
            level(&mut lines.zero);
            level(&mut lines.one);
        }
        lines
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The line of a pool row; `None`: not in the list.
    pub(super) fn line_of(&self, row: usize) -> Option<usize> {
        self.rows.binary_search(&row).ok()
    }

    /// The height of a line at `alpha`; never −0, which would not be equal to 0 in an order of all numbers.
    #[inline]
    pub(super) fn height(&self, line: usize, alpha: f64) -> f64 {
        (1.0 - alpha) * self.zero[line] + alpha * self.one[line] + 0.0
    }

    /// How `other` lies to `line`; lines that are the same are in the order of ids.
    #[inline]
    pub(super) fn side(&self, line: usize, other: usize) -> Side {
        let zero = self.zero[other] - self.zero[line];
        let one = self.one[other] - self.one[line];
        if zero < 0.0 && one > 0.0 {
            Side::Rises(zero / (zero - one))
        } else if zero > 0.0 && one < 0.0 {
            Side::Falls(zero / (zero - one))
        } else if zero > 0.0 || one > 0.0 || (zero == 0.0 && one == 0.0 && other < line) {
            Side::Above
        } else {
            Side::Below
        }
    }

    /// Only the lines at these places, which must ascend.
    pub(super) fn only(&self, places: &[usize]) -> Self {
        let pick = |column: &[f64]| places.iter().map(|&place| column[place]).collect();
        Self {
            rows: places.iter().map(|&place| self.rows[place]).collect(),
            zero: pick(&self.zero),
            one: pick(&self.one),
        }
    }

    /// For each line, how many others are above it for every 0 < α < 1: one less than the best rank
    /// that it can hope for. A sweep from the highest at α = 0 down, counting heights at α = 1.
    pub(super) fn always_above(&self) -> Vec<Rank> {
        let by_height = |column: &[f64], place: usize| std::cmp::Reverse(Ordered(column[place]));
        let mut at_one: Vec<usize> = (0..self.len()).collect();
        at_one.sort_unstable_by_key(|&place| by_height(&self.one, place));
        // Equal heights share a place, so that a prefix of places is "at least as high".
        let mut place_at_one = vec![0; self.len()];
        for pair in 1..at_one.len() {
            let (before, here) = (at_one[pair - 1], at_one[pair]);
            place_at_one[here] = if self.one[before] == self.one[here] { place_at_one[before] } else { pair };
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_unstable_by_key(|&place| {
            (by_height(&self.zero, place), by_height(&self.one, place), place)
        });
        let mut above = vec![0; self.len()];
        let mut seen = PrefixCounts::new(self.len());
        for place in order {
            above[place] = seen.up_to(place_at_one[place]);
            seen.add(place_at_one[place]);
        }
        above
    }
}

/// The line of one passage from what the two legs say of it.
fn ends(mean: Mean, (zero, one): (LegValue, LegValue)) -> (f64, f64) {
    let value = |leg| if let LegValue::Value(value) = leg { Some(value) } else { None };
    let scale = match mean {
        Mean::Arithmetic => return (value(zero).unwrap_or(0.0), value(one).unwrap_or(0.0)),
        Mean::Geometric => f64::ln,
        Mean::Harmonic => |value: f64| -1.0 / value,
    };
    // A leg that is left out takes its weight along: the other one is the mean, whatever α is.
    match (value(zero).map(scale), value(one).map(scale)) {
        (Some(zero), Some(one)) => (zero, one),
        (Some(only), None) | (None, Some(only)) => (only, only),
        (None, None) => (FLOOR, FLOOR),
    }
}

/// Makes equal what is equal up to rounding.
fn level(heights: &mut [f64]) {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_unstable_by(|&a, &b| heights[a].total_cmp(&heights[b]));
    for pair in 1..order.len() {
        let (below, here) = (heights[order[pair - 1]], &mut heights[order[pair]]);
        if *here - below <= ROUNDING * below.abs() {
            *here = below;
        }
    }
}

/// A number as a key to sort by; NaN does not occur.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // −0 is 0, as in every list.
        (self.0 + 0.0).total_cmp(&(other.0 + 0.0))
    }
}

/// Counts by place with sums over prefixes, both in logarithmic time (Fenwick 1994).
struct PrefixCounts(Vec<u32>);

impl PrefixCounts {
    fn new(places: usize) -> Self {
        Self(vec![0; places + 1])
    }

    fn add(&mut self, place: usize) {
        let mut node = place + 1;
        while let Some(count) = self.0.get_mut(node) {
            *count += 1;
            node += node & node.wrapping_neg();
        }
    }

    /// How many were added at places up to and including this one.
    fn up_to(&self, place: usize) -> u32 {
        let (mut node, mut sum) = (place + 1, 0);
        while node > 0 {
            sum += self.0[node];
            node &= node - 1;
        }
        sum
    }
}
