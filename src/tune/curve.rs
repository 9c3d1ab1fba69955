//! In: the values of a metric on either side of its breakpoints. Out: the step function over α, its
//! sum and mean over queries, and the plateau on which one should settle. It does not know where the
//! steps come from.

use super::decimal::short_decimal;
use super::{Cancel, Cancelled, RESOLUTION, check};

/// A sum is kept in units of 2^-60, as a whole number: it then depends neither on the order of the
/// queries nor on how they are grouped, and nothing adds up along a thousand steps.
const UNIT: f64 = (1u64 << 60) as f64;

/// Units by query below which a step is none: 1/3 + 2/3 is not 1 to the last bit.
const NOISE: i128 = 1 << 12;

/// Means that differ by less are equally good; no difference between two lists is as small.
pub(super) const SAME: f64 = 1e-7;

/// Narrower intervals are not recommended while there are wider ones: the rounding of a list to f32 may
/// not keep them.
const NARROWEST: f64 = 1e-6;

/// Steps between two questions whether to give up.
const STEPS_AT_ONCE: usize = 4096;

/// A metric over 0 ≤ α ≤ 1: constant on open intervals, with values of its own at the breakpoints
/// between them and at both ends.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCurve {
    /// At α = 0 and at α = 1: the list of one leg.
    pub zero: f64,
    pub one: f64,
    /// On the interval that begins at 0.
    pub first: f64,
    /// In order of α, each strictly between 0 and 1.
    pub breaks: Vec<Break>,
}

/// A place where the metric changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Break {
    pub alpha: f64,
    /// The value at this very α, where passages of equal score stand in the order of ids.
    pub at: f64,
    /// The value on the interval that begins here.
    pub after: f64,
}

/// An open interval on which nothing changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    pub low: f64,
    pub high: f64,
    pub value: f64,
}

impl Plateau {
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    pub fn middle(&self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

/// What to set α to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// The middle of the widest best interval, or an end that is better than every interval.
    pub alpha: f64,
    /// `alpha` for people: as few decimals as the inner half of the interval allows, two if it can be.
    pub short: f64,
    pub value: f64,
    /// The interval around it; `None`: it is an end.
    pub plateau: Option<Plateau>,
}

impl StepCurve {
    /// Nothing ever changes between the ends.
    pub fn constant(zero: f64, inside: f64, one: f64) -> Self {
        Self { zero, one, first: inside, breaks: Vec::new() }
    }

    /// The metric at `alpha`; what is nearer to a breakpoint than [`RESOLUTION`] is at it.
    pub fn value_at(&self, alpha: f64) -> f64 {
        if alpha <= 0.0 {
            return self.zero;
        }
        if alpha >= 1.0 {
            return self.one;
        }
        let next = self.breaks.partition_point(|step| step.alpha < alpha - RESOLUTION);
        match self.breaks.get(next) {
            Some(step) if step.alpha <= alpha + RESOLUTION => step.at,
            _ => self.before(next),
        }
    }

    /// The value on the interval that ends at this break.
    fn before(&self, next: usize) -> f64 {
        next.checked_sub(1).map_or(self.first, |last| self.breaks[last].after)
    }

    /// The open intervals, in order; without breaks the only one is from 0 to 1.
    pub fn plateaus(&self) -> impl Iterator<Item = Plateau> + Clone + '_ {
        (0..=self.breaks.len()).map(|next| Plateau {
            low: next.checked_sub(1).map_or(0.0, |last| self.breaks[last].alpha),
            high: self.breaks.get(next).map_or(1.0, |step| step.alpha),
            value: self.before(next),
        })
    }

    /// Where the metric is best: the widest of the best intervals (of equally wide ones that nearest to
    /// `current`), unless an end is better still. A breakpoint is never chosen, however good: it is a
    /// single number, and what is good there is the order of ids.
    pub fn best(&self, current: f64) -> Best {
        let wide = self.plateaus().filter(|plateau| plateau.width() >= NARROWEST);
        let best = widest_best(wide, current)
            .or_else(|| widest_best(self.plateaus(), current))
            .unwrap_or(Plateau { low: 0.0, high: 1.0, value: self.first });
        let nearest_end = if current > 0.5 { [1.0, 0.0] } else { [0.0, 1.0] };
        let ends = nearest_end.map(|alpha| (alpha, self.value_at(alpha)));
        let end = if ends[1].1 > ends[0].1 + SAME { ends[1] } else { ends[0] };
        if end.1 > best.value + SAME {
            return Best { alpha: end.0, short: end.0, value: end.1, plateau: None };
        }
        let (alpha, edge) = (best.middle(), best.width() / 4.0);
        let short = short_decimal(alpha, best.low + edge, best.high - edge, 2).unwrap_or(alpha);
        Best { alpha, short, value: best.value, plateau: Some(best) }
    }
}

/// The widest of the best, of equally wide ones that nearest to `current`.
fn widest_best(plateaus: impl Iterator<Item = Plateau> + Clone, current: f64) -> Option<Plateau> {
    let most = plateaus.clone().map(|plateau| plateau.value).fold(f64::NEG_INFINITY, f64::max);
    let distance = |plateau: &Plateau| (plateau.middle() - current).abs();
    plateaus.filter(|plateau| plateau.value >= most - SAME).reduce(|best, next| {
        let wider = next.width() - best.width();
        let is_as_wide = wider.abs() <= RESOLUTION;
        let is_better = if is_as_wide { distance(&next) < distance(&best) } else { wider > 0.0 };
        if is_better { next } else { best }
    })
}

/// The sum of a metric over queries, as a step function.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepSum {
    queries: usize,
    zero: i128,
    one: i128,
    first: i128,
    /// In order of α, those of all queries, not yet made one where they meet.
    steps: Vec<Step>,
}

/// What one query's break changes in the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    alpha: f64,
    /// From the interval before to the break itself.
    at: i128,
    /// From the break itself to the interval after.
    after: i128,
}

/// A value as a whole number of units.
pub(super) fn units(value: f64) -> i128 {
    (value * UNIT) as i128
}

/// A sum of units as a number.
pub(super) fn from_units(sum: i128) -> f64 {
    sum as f64 / UNIT
}

impl From<&StepCurve> for StepSum {
    fn from(curve: &StepCurve) -> Self {
        let mut before = units(curve.first);
        let step = |step: &Break| {
            let (at, after) = (units(step.at), units(step.after));
            let change = Step { alpha: step.alpha, at: at - before, after: after - at };
            before = after;
            change
        };
        Self {
            queries: 1,
            zero: units(curve.zero),
            one: units(curve.one),
            first: units(curve.first),
            steps: curve.breaks.iter().map(step).collect(),
        }
    }
}

/// Of sums over so many queries the first that is as good as the greatest.
pub(super) fn first_best(sums: impl Iterator<Item = i128> + Clone, queries: usize) -> Option<usize> {
    let least = sums.clone().max()? - units(SAME * queries as f64);
    sums.clone().position(|sum| sum >= least)
}

impl StepSum {
    /// The sum over all the curves.
    pub fn over(curves: &[&StepCurve], cancelled: Cancel<'_>) -> Result<Self, Cancelled> {
        match curves {
            [] => Ok(Self::default()),
            [curve] => Ok((*curve).into()),
            _ => {
                let (front, back) = curves.split_at(curves.len() / 2);
                Self::over(front, cancelled)?.join(&Self::over(back, cancelled)?, cancelled)
            }
        }
    }

    /// The sum over the queries of both.
    pub fn join(&self, other: &Self, cancelled: Cancel<'_>) -> Result<Self, Cancelled> {
        check(cancelled)?;
        let (mut mine, mut theirs) = (&self.steps[..], &other.steps[..]);
        let mut steps = Vec::with_capacity(mine.len() + theirs.len());
        while let ([mine_next, mine_rest @ ..], [theirs_next, theirs_rest @ ..]) = (mine, theirs) {
            if steps.len() % STEPS_AT_ONCE == 0 {
                check(cancelled)?;
            }
            if mine_next.alpha <= theirs_next.alpha {
                steps.push(*mine_next);
                mine = mine_rest;
            } else {
                steps.push(*theirs_next);
                theirs = theirs_rest;
            }
        }
        steps.extend(mine.iter().chain(theirs));
        Ok(Self {
            queries: self.queries + other.queries,
            zero: self.zero + other.zero,
            one: self.one + other.one,
            first: self.first + other.first,
            steps,
        })
    }

    pub fn queries(&self) -> usize {
        self.queries
    }

    /// The mean over the queries; breaks that cancel out are gone. `None` for no query.
    pub fn mean(&self, cancelled: Cancel<'_>) -> Result<Option<StepCurve>, Cancelled> {
        if self.queries == 0 {
            return Ok(None);
        }
        let mean = |sum: i128| from_units(sum) / self.queries as f64;
        let mut curve = StepCurve::constant(mean(self.zero), mean(self.first), mean(self.one));
        let noise = NOISE * self.queries as i128;
        let (mut sum, mut kept) = (self.first, self.first);
        let mut rest = &self.steps[..];
        let mut met = 0;
        while let [first, ..] = rest {
            if met % STEPS_AT_ONCE == 0 {
                check(cancelled)?;
            }
            met += 1;
            let together = rest.partition_point(|step| step.alpha <= first.alpha + RESOLUTION);
            let (group, later) = rest.split_at(together);
            let at = sum + group.iter().map(|step| step.at).sum::<i128>();
            sum = at + group.iter().map(|step| step.after).sum::<i128>();
            if (at - kept).abs() > noise || (sum - kept).abs() > noise {
                curve.breaks.push(Break { alpha: first.alpha, at: mean(at), after: mean(sum) });
                kept = sum;
            }
            rest = later;
        }
        Ok(Some(curve))
    }
}

#[cfg(test)]
#[path = "curve_tests.rs"]
mod tests;
