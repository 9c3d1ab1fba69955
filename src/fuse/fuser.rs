//! In: a pool and a fusion plan. Out: one fused score per row, and each leg's share of it. It
//! neither sorts nor cuts at N.
//!
//! Scores are computed in f64, leg after leg in the order of the legs, and rounded to f32 once, at the
//! end: equal here is then equal for everyone who reads the exported list.

use std::borrow::Cow;

use super::FusionPlan;
use super::list::{ABSENT, FusedList};
use super::method::{ElasticNormalizer, Mean, Method, OpenSearch, Rescale};
use super::normalise::{Normaliser, within};
use super::pool::{LegColumns, Pool};
use crate::domain::{LegHit, Rank, Score};

/// Rows fused at a time: their sums stay on the stack, in the first-level cache.
const BLOCK: usize = 256;

/// Ranks whose part of the fused score is kept ready; deeper ones are computed when met.
const TABLE: usize = 8192;

/// One leg's part in the explanation of a fused score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LegShare {
    /// What the method made of the leg's rank or score: 1/(60 + rank), a min-max score in 0..=1, or for
    /// a list that is a single leg the score itself.
    pub normalised: f64,
    /// Its part of the fused score, before that is rounded to f32. Under a geometric or harmonic mean
    /// ([`Method::is_sum`] is false), which has no such parts, w / Σw · normalised.
    pub weighted: f64,
}

/// What a leg says of one passage before its weight counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LegValue {
    /// The leg did not return the passage within the window.
    NotReturned,
    /// It did, but the method leaves such a score out (OpenSearch).
    LeftOut,
    /// The normalised value, as [`LegShare::normalised`].
    Value(f64),
}

/// A fusion plan made ready for many pools: the tables are computed once, not once per query.
#[derive(Debug, Clone)]
pub struct Fuser<'a> {
    plan: &'a FusionPlan,
    window: u32,
    /// By leg and rank, the leg's part of the fused score; entry 0 is 0, for what was not returned.
    /// Empty where the leg is silent or the method uses scores.
    tables: Vec<Vec<f64>>,
    total_weight: f64,
}

/// Which legs speak.
enum Voices {
    None,
    /// The fused list is this leg.
    One(usize),
    Many,
}

/// One leg's weight and normaliser for one pool.
struct LegPart<'a> {
    /// From the leg's scores to the engine's, before they are normalised.
    rescale: Rescale,
    normaliser: Normaliser,
    weight: f64,
    /// The least normalised score that counts; −∞ where all do.
    least: f64,
    table: &'a [f64],
}

impl<'a> Fuser<'a> {
    pub fn new(plan: &'a FusionPlan) -> Self {
        let window = u32::try_from(plan.window).unwrap_or(u32::MAX);
        let total_weight = plan.weights.iter().filter(|&&weight| weight > 0.0).sum();
        let mut fuser = Self { plan, window, tables: Vec::new(), total_weight };
        fuser.tables = (0..plan.weights.len()).map(|leg| fuser.table(leg)).collect();
        fuser
    }

    /// Fuses one query's pool, reusing the list's memory.
    pub fn fuse_into(&self, pool: &Pool, list: &mut FusedList) {
        let fused = list.over(pool.ties());
        match self.voices(pool) {
            Voices::None => fused.fill(ABSENT),
            Voices::One(leg) => self.copy_leg(pool, leg, fused),
            Voices::Many => self.combine_legs(pool, fused),
        }
    }

    /// Each leg's share of the fused score of a row; `None` where the leg did not return the passage
    /// within the window or has no weight.
    pub fn shares(&self, pool: &Pool, row: usize) -> Vec<Option<LegShare>> {
        let voices = self.voices(pool);
        let share = |leg| {
            let hit = pool.hit(row, leg).filter(|hit| within(hit.rank, self.window))?;
            if self.weight(leg) <= 0.0 {
                return None;
            }
            if let Voices::One(_) = voices {
                let score = f64::from(hit.score);
                return Some(LegShare { normalised: score, weighted: score });
            }
            let part = self.part(pool, leg);
            let weight = if self.plan.method.is_sum() { 1.0 } else { 1.0 / self.total_weight };
            Some(LegShare { normalised: part.normalised(hit), weighted: weight * part.weighted(hit) })
        };
        (0..pool.legs()).map(share).collect()
    }

    /// By pool row, what the leg says before its weight counts: a method's fused score is the weighted
    /// [`Method::mean`] (or sum) of these values, but for Qdrant's RRF, whose weight stands inside. The
    /// leg must have a weight.
    pub fn leg_values<'p>(&'p self, pool: &'p Pool, leg: usize) -> impl Iterator<Item = LegValue> + 'p {
        let part = self.part(pool, leg);
        let LegColumns { ranks, scores, .. } = pool.columns(leg);
        ranks.iter().zip(scores).map(move |(&rank, &score)| {
            if !within(rank, self.window) {
                return LegValue::NotReturned;
            }
            let value = part.normalised(LegHit { rank, score });
            if value < part.least { LegValue::LeftOut } else { LegValue::Value(value) }
        })
    }

    /// The leg's weight; 0 where it has none that counts (missing, negative or not a number).
    fn weight(&self, leg: usize) -> f64 {
        self.plan.weights.get(leg).copied().filter(|&weight| weight > 0.0).unwrap_or(0.0)
    }

    fn voices(&self, pool: &Pool) -> Voices {
        let mut speaking = (0..pool.legs()).filter(|&leg| self.weight(leg) > 0.0);
        match (speaking.next(), speaking.next()) {
            (None, _) => Voices::None,
            (Some(leg), None) => Voices::One(leg),
            (Some(_), Some(_)) => Voices::Many,
        }
    }

    /// For methods that go by rank: normaliser and weight, which are the same for every pool.
    fn by_rank(&self, leg: usize) -> Option<(Normaliser, f64)> {
        let (k, weight) = (self.plan.rrf_k, self.weight(leg));
        match self.plan.method {
            Method::Rrf => Some((Normaliser::Reciprocal { stretch: 1.0, k }, weight)),
            Method::WeaviateRanked => Some((Normaliser::Reciprocal { stretch: 1.0, k: k - 1.0 }, weight)),
            Method::QdrantRrf => Some((Normaliser::Reciprocal { stretch: weight, k: k - 1.0 }, 1.0)),
            _ => None,
        }
    }

    fn table(&self, leg: usize) -> Vec<f64> {
        match self.by_rank(leg) {
            Some((normaliser, weight)) if self.weight(leg) > 0.0 => {
                let part = LegPart {
                    rescale: Rescale::NONE,
                    normaliser,
                    weight,
                    least: f64::NEG_INFINITY,
                    table: &[],
                };
                let ranks = 1..=self.plan.window.min(TABLE) as Rank;
                let parts = ranks.map(|rank| part.weighted(LegHit { rank, score: 0.0 }));
                std::iter::once(0.0).chain(parts).collect()
            }
            _ => Vec::new(),
        }
    }

    fn part(&self, pool: &Pool, leg: usize) -> LegPart<'_> {
        let rescale = self.plan.rescale.get(leg).copied().unwrap_or(Rescale::NONE);
        let raw = pool.columns(leg).windowed(self.window);
        let scores = &*match rescale {
            Rescale::NONE => Cow::Borrowed(raw),
            rescale => raw.iter().map(|&score| rescale.apply(score)).collect(),
        };
        let (mut weight, mut least, mut table) = (self.weight(leg), f64::NEG_INFINITY, &[][..]);
        let normaliser = match &self.plan.method {
            Method::Rrf | Method::QdrantRrf | Method::WeaviateRanked => {
                table = &self.tables[leg];
                let (normaliser, own) = self.by_rank(leg).unwrap_or((Normaliser::RAW, weight));
                weight = own;
                normaliser
            }
            Method::Convex => {
                weight /= self.total_weight;
                Normaliser::min_max(scores, 1.0)
            }
            Method::TheoreticalMin { minima } => {
                weight /= self.total_weight;
                match minima.get(leg).copied().flatten() {
                    Some(minimum) => Normaliser::from_minimum(scores, minimum),
                    None => Normaliser::min_max(scores, 1.0),
                }
            }
            Method::WeaviateRelative => Normaliser::min_max(scores, 1.0),
            Method::OpenSearch(technique) => {
                if self.plan.method.is_sum() {
                    weight /= self.total_weight;
                    least = 0.0;
                } else {
                    least = f64::MIN_POSITIVE;
                }
                match technique {
                    OpenSearch::MinMax(_) => Normaliser::opensearch_min_max(scores),
                    OpenSearch::L2(_) => Normaliser::l2(scores),
                    OpenSearch::ZScore => Normaliser::z_score(scores),
                }
            }
            Method::ElasticLinear(ElasticNormalizer::None) => Normaliser::RAW,
            Method::ElasticLinear(ElasticNormalizer::MinMax { equal_scores }) => {
                Normaliser::min_max(scores, *equal_scores)
            }
            Method::ElasticLinear(ElasticNormalizer::L2) => Normaliser::l2(scores),
            Method::Dbsf => {
                weight = 1.0;
                Normaliser::dbsf(scores)
            }
            Method::MilvusWeighted { scales } => {
                scales.get(leg).copied().flatten().map_or(Normaliser::RAW, Normaliser::Scaled)
            }
        };
        LegPart { rescale, normaliser, weight, least, table }
    }

    fn copy_leg(&self, pool: &Pool, leg: usize, fused: &mut [Score]) {
        let LegColumns { ranks, scores, .. } = pool.columns(leg);
        for ((fused, &rank), &score) in fused.iter_mut().zip(ranks).zip(scores) {
            *fused = if within(rank, self.window) { score + 0.0 } else { ABSENT };
        }
    }

    fn combine_legs(&self, pool: &Pool, fused: &mut [Score]) {
        let speaking = (0..pool.legs()).filter(|&leg| self.weight(leg) > 0.0);
        let parts: Vec<_> = speaking.map(|leg| (pool.columns(leg), self.part(pool, leg))).collect();
        let whole =
            |(columns, _): &(&LegColumns, _)| columns.windowed(self.window).len() == columns.listed.len();
        // A row of the pool is there because some leg returned it.
        let all_seen = parts.len() == pool.legs() && parts.iter().all(whole);
        let mean = self.plan.method.mean();
        for (block, fused) in fused.chunks_mut(BLOCK).enumerate() {
            let rows = block * BLOCK..block * BLOCK + fused.len();
            let mut sums = Sums::NOTHING;
            for (columns, part) in &parts {
                let (ranks, scores) = (&columns.ranks[rows.clone()], &columns.scores[rows.clone()]);
                match mean {
                    Mean::Arithmetic if columns.windowed(self.window).len() < part.table.len() => {
                        sums.look_up(ranks, part.table, self.window);
                    }
                    Mean::Arithmetic if matches!(part.normaliser, Normaliser::Reciprocal { .. }) => {
                        sums.divide(ranks, part, self.window);
                    }
                    Mean::Arithmetic => sums.add(ranks, &part.values(ranks, scores), part, self.window),
                    Mean::Geometric | Mean::Harmonic => {
                        sums.add_to_mean(mean, ranks, &part.values(ranks, scores), part, self.window);
                    }
                }
                if !all_seen {
                    sums.see(ranks, self.window);
                }
            }
            if mean != Mean::Arithmetic {
                sums.take_mean(mean);
            }
            for ((fused, &score), &seen) in fused.iter_mut().zip(&sums.score).zip(&sums.seen) {
                // Greater than what is absent, whatever a method makes of extreme scores.
                let there = (score as Score + 0.0).max(Score::MIN);
                *fused = if all_seen || seen != 0 { there } else { ABSENT };
            }
        }
    }
}

/// What a leg's normaliser makes of one block of rows; where the leg did not return the row it means
/// nothing.
type Values = [f64; BLOCK];

impl LegPart<'_> {
    fn values(&self, ranks: &[Rank], scores: &[Score]) -> Values {
        let mut values = [0.0; BLOCK];
        match self.normaliser {
            Normaliser::Affine { shift, range, zero, .. } if range > 0.0 => {
                for (value, &score) in values.iter_mut().zip(scores) {
                    let scaled = (f64::from(self.rescale.apply(score)) - shift) / range;
                    *value = if scaled == 0.0 { zero } else { scaled };
                }
            }
            _ => {
                for ((value, &rank), &score) in values.iter_mut().zip(ranks).zip(scores) {
                    *value = self.normalised(LegHit { rank, score });
                }
            }
        }
        values
    }

    #[inline]
    fn normalised(&self, hit: LegHit) -> f64 {
        self.normaliser.apply(LegHit { score: self.rescale.apply(hit.score), ..hit })
    }

    /// The leg's part of a sum.
    #[inline]
    fn weighted(&self, hit: LegHit) -> f64 {
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

/// Fused scores of one block of rows, on the way. Its loops have no branch that depends on the row: which
/// passages a leg returned is as good as random, and a wrong guess costs more than the arithmetic.
struct Sums {
    score: [f64; BLOCK],
    /// Under a geometric or harmonic mean: the weights of the legs that count.
    weight: [f64; BLOCK],
    /// Not 0: a speaking leg returned the row.
    seen: [u32; BLOCK],
}

impl Sums {
    const NOTHING: Self = Self { score: [0.0; BLOCK], weight: [0.0; BLOCK], seen: [0; BLOCK] };

    fn look_up(&mut self, ranks: &[Rank], table: &[f64], window: u32) {
        for (sum, &rank) in self.score.iter_mut().zip(ranks) {
            let known = if within(rank, window) { rank } else { 0 };
            *sum += table[known as usize];
        }
    }

    /// As [`Sums::look_up`], for ranks that no table has.
    fn divide(&mut self, ranks: &[Rank], part: &LegPart<'_>, window: u32) {
        for (sum, &rank) in self.score.iter_mut().zip(ranks) {
            let share = part.weighted(LegHit { rank, score: 0.0 });
            *sum += if within(rank, window) { share } else { 0.0 };
        }
    }

    fn add(&mut self, ranks: &[Rank], values: &Values, part: &LegPart<'_>, window: u32) {
        for ((sum, &rank), &value) in self.score.iter_mut().zip(ranks).zip(values) {
            let counts = within(rank, window) & (value >= part.least);
            *sum += if counts { part.weight * value } else { 0.0 };
        }
    }

    fn add_to_mean(&mut self, mean: Mean, ranks: &[Rank], values: &Values, part: &LegPart<'_>, window: u32) {
        let sums = self.score.iter_mut().zip(&mut self.weight);
        for (((sum, weight), &rank), &value) in sums.zip(ranks).zip(values) {
            let counts = within(rank, window) & (value >= part.least);
            *weight += if counts { part.weight } else { 0.0 };
            *sum += match mean {
                _ if !counts => 0.0,
                Mean::Geometric => part.weight * value.ln(),
                Mean::Harmonic | Mean::Arithmetic => part.weight * (1.0 / value),
            };
        }
    }

    /// From the sums to the means; 0 where no leg counts.
    fn take_mean(&mut self, mean: Mean) {
        for (sum, &weights) in self.score.iter_mut().zip(&self.weight) {
            *sum = match mean {
                _ if weights == 0.0 => 0.0,
                Mean::Geometric => (*sum / weights).exp(),
                Mean::Harmonic | Mean::Arithmetic => weights / *sum,
            };
        }
    }

    fn see(&mut self, ranks: &[Rank], window: u32) {
        for (seen, &rank) in self.seen.iter_mut().zip(ranks) {
            *seen |= u32::from(within(rank, window));
        }
    }
}
