//! In: of each leg its hits as pool rows with scores, and what a plan makes of them. Out: the fused score of
//! every row.

use super::list::ABSENT;
use super::method::{Mean, Rescale};
use super::normalise::Normaliser;
use crate::domain::{LegHit, Rank, Score};

/// Hits of a leg normalised at a time, on the stack.
const BLOCK: usize = 256;

/// One leg's weight and normaliser for one pool.
pub(super) struct LegPart<'a> {
    /// From the leg's scores to the engine's, before they are normalised.
    pub(super) rescale: Rescale,
    pub(super) normaliser: Normaliser,
    pub(super) weight: f64,
    /// The least normalised score that counts; −∞ where all do.
    pub(super) least: f64,
    pub(super) table: &'a [f64],
}

/// The fused score as the list keeps it: greater than what is absent, whatever a method makes of extreme
/// scores.
#[inline]
fn rounded(score: f64) -> Score {
    (score as Score + 0.0).max(Score::MIN)
}

impl LegPart<'_> {
    /// What the normaliser makes of some of the leg's scores, the first of which has the rank `first`.
    fn values(&self, first: Rank, scores: &[Score], values: &mut [f64]) {
        match self.normaliser {
            Normaliser::Affine { shift, range, zero, .. } if range > 0.0 => {
                for (value, &score) in values.iter_mut().zip(scores) {
                    let scaled = (f64::from(self.rescale.apply(score)) - shift) / range;
                    *value = if scaled == 0.0 { zero } else { scaled };
                }
            }
            _ => {
                for ((value, rank), &score) in values.iter_mut().zip(first..).zip(scores) {
                    *value = self.normalised(LegHit { rank, score });
                }
            }
        }
    }

    #[inline]
    pub(super) fn normalised(&self, hit: LegHit) -> f64 {
        self.normaliser.apply(LegHit { score: self.rescale.apply(hit.score), ..hit })
    }

    /// The leg's part of a sum.
    #[inline]
    pub(super) fn weighted(&self, hit: LegHit) -> f64 {
        match self.normaliser {
            // w / (k + rank) in one division, as the formula is written.
            Normaliser::Reciprocal { stretch, k } => self.weight / (f64::from(hit.rank) / stretch + k),
            _ => {
                let value = self.normalised(hit);
                if value < self.least { 0.0 } else { self.weight * value }
            }
        }
    }
}

/// Fused scores on the way, by pool row; kept from pool to pool for their memory. One more than there are
/// rows: a passage's second place in a leg's list counts for nothing.
#[derive(Debug, Default)]
pub struct Sums {
    mean: Mean,
    /// Under an arithmetic mean; else empty.
    plain: Vec<f64>,
    /// Under a geometric or harmonic mean, with the weights of the legs that count; else empty.
    weighted: Vec<[f64; 2]>,
    /// Whether a speaking leg returned the row; empty where one returned each of them.
    seen: Vec<bool>,
}

impl Sums {
    /// Makes them sums of nothing over a pool.
    pub(super) fn over(&mut self, rows: usize, mean: Mean, all_seen: bool) {
        let among = |some: bool| if some { rows + 1 } else { 0 };
        self.mean = mean;
        self.plain.clear();
        self.plain.resize(among(mean == Mean::Arithmetic), 0.0);
        self.weighted.clear();
        self.weighted.resize(among(mean != Mean::Arithmetic), [0.0; 2]);
        self.seen.clear();
        self.seen.resize(among(!all_seen), false);
    }

    /// Adds what a leg says: of its hits in the order of its list the pool rows and the scores.
    pub(super) fn add_leg<R: Copy + Into<u32>>(&mut self, rows: &[R], scores: &[Score], part: &LegPart<'_>) {
        let at = |row: R| row.into() as usize;
        if !self.seen.is_empty() {
            rows.iter().for_each(|&row| self.seen[at(row)] = true);
        }
        if part.table.len() > rows.len() {
            for (&row, share) in rows.iter().zip(&part.table[1..]) {
                self.plain[at(row)] += share;
            }
            return;
        }
        let (mut values, mut weights) = ([0.0; BLOCK], [0.0; BLOCK]);
        for (block, (rows, scores)) in rows.chunks(BLOCK).zip(scores.chunks(BLOCK)).enumerate() {
            let first = (block * BLOCK) as Rank + 1;
            let values = &mut values[..rows.len()];
            if let Normaliser::Reciprocal { .. } = part.normaliser {
                for (value, rank) in values.iter_mut().zip(first..) {
                    *value = part.weighted(LegHit { rank, score: 0.0 });
                }
            } else {
                part.values(first, scores, values);
                self.terms(part, values, &mut weights);
            }
            if self.mean == Mean::Arithmetic {
                rows.iter().zip(&*values).for_each(|(&row, value)| self.plain[at(row)] += value);
            } else {
                for ((&row, value), weight) in rows.iter().zip(&*values).zip(&weights) {
                    let [sum, of_weights] = &mut self.weighted[at(row)];
                    *sum += value;
                    *of_weights += weight;
                }
            }
        }
    }

    fn terms(&self, part: &LegPart<'_>, values: &mut [f64], weights: &mut [f64]) {
        match self.mean {
            Mean::Arithmetic => terms(part, values, weights, |value| value),
            Mean::Geometric => terms(part, values, weights, f64::ln),
            Mean::Harmonic => terms(part, values, weights, |value| 1.0 / value),
        }
    }

    /// From the sums to the fused scores.
    pub(super) fn write(&self, fused: &mut [Score]) {
        // Where no leg counts a mean is 0.
        let weighted = self.weighted.iter().map(|&[sum, weight]| (sum, weight, weight > 0.0));
        match self.mean {
            Mean::Arithmetic => self.put(fused, self.plain.iter().copied()),
            Mean::Geometric => {
                self.put(fused, weighted.map(|(sum, w, counts)| if counts { (sum / w).exp() } else { 0.0 }));
            }
            Mean::Harmonic => {
                self.put(fused, weighted.map(|(sum, w, counts)| if counts { w / sum } else { 0.0 }));
            }
        }
    }

    fn put(&self, fused: &mut [Score], scores: impl Iterator<Item = f64>) {
        match self.seen.is_empty() {
            true => fused.iter_mut().zip(scores).for_each(|(fused, score)| *fused = rounded(score)),
            false => {
                for ((fused, score), &seen) in fused.iter_mut().zip(scores).zip(&self.seen) {
                    *fused = if seen { rounded(score) } else { ABSENT };
                }
            }
        }
    }
}

/// From normalised values to what is summed up, and the weights that count. No branch by hit: which of them
/// count is as good as random, and a wrong guess costs more than the arithmetic.
fn terms(part: &LegPart<'_>, values: &mut [f64], weights: &mut [f64], term: impl Fn(f64) -> f64) {
    for (value, weight) in values.iter_mut().zip(weights) {
        let counts = *value >= part.least;
        *weight = if counts { part.weight } else { 0.0 };
        *value = if counts { part.weight * term(*value) } else { 0.0 };
    }
}
