//! In: a pool and a fusion plan. Out: one fused score per row, and each leg's share of it. It
//! neither sorts nor cuts at N.
//!
//! Scores are computed in f64, leg after leg in the order of the legs, and rounded to f32 once, at the
//! end: equal here is then equal for everyone who reads the exported list.

use std::borrow::Cow;

use super::FusionPlan;
use super::list::{ABSENT, FusedList};
use super::method::{ElasticNormalizer, Method, OpenSearch, Rescale};
use super::normalise::{Normaliser, within};
use super::pool::{LegColumns, Pool, RowSlice};
use super::sums::{LegPart, Sums};
use crate::domain::{LegHit, Rank, Score};

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
        self.fuse_with(pool, list, &mut Sums::default());
    }

    /// [`Fuser::fuse_into`], reusing what it needs on the way as well.
    pub fn fuse_with(&self, pool: &Pool, list: &mut FusedList, sums: &mut Sums) {
        let fused = list.over(pool.len());
        match self.voices(pool) {
            Voices::None => fused.fill(ABSENT),
            Voices::One(leg) => self.copy_leg(pool, leg, fused),
            Voices::Many => self.combine_legs(pool, fused, sums),
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
        (0..pool.len()).map(move |row| {
            let Some(hit) = pool.hit(row, leg).filter(|hit| within(hit.rank, self.window)) else {
                return LegValue::NotReturned;
            };
            let value = part.normalised(hit);
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
        let columns = pool.columns(leg);
        let scores = || match (columns.scores(self.window), rescale) {
            (raw, Rescale::NONE) => Cow::Borrowed(raw),
            (raw, rescale) => raw.iter().map(|&score| rescale.apply(score)).collect(),
        };
        let extremes = || {
            let (least, greatest) = columns.extremes(self.window);
            (f64::from(rescale.apply(least)), f64::from(rescale.apply(greatest)))
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
                Normaliser::min_max(extremes(), 1.0)
            }
            Method::TheoreticalMin { minima } => {
                weight /= self.total_weight;
                match minima.get(leg).copied().flatten() {
                    Some(minimum) => Normaliser::from_minimum(minimum, extremes().1),
                    None => Normaliser::min_max(extremes(), 1.0),
                }
            }
            Method::WeaviateRelative => Normaliser::min_max(extremes(), 1.0),
            Method::OpenSearch(technique) => {
                if self.plan.method.is_sum() {
                    weight /= self.total_weight;
                    least = 0.0;
                } else {
                    least = f64::MIN_POSITIVE;
                }
                match technique {
                    OpenSearch::MinMax(_) => Normaliser::opensearch_min_max(extremes()),
                    OpenSearch::L2(_) => Normaliser::l2(columns.scores(self.window), rescale),
                    OpenSearch::ZScore => Normaliser::z_score(&scores()),
                }
            }
            Method::ElasticLinear(ElasticNormalizer::None) => Normaliser::RAW,
            Method::ElasticLinear(ElasticNormalizer::MinMax { equal_scores }) => {
                Normaliser::min_max(extremes(), *equal_scores)
            }
            Method::ElasticLinear(ElasticNormalizer::L2) => {
                Normaliser::l2(columns.scores(self.window), rescale)
            }
            Method::Dbsf => {
                weight = 1.0;
                Normaliser::dbsf(&scores())
            }
            Method::MilvusWeighted { scales } => {
                scales.get(leg).copied().flatten().map_or(Normaliser::RAW, Normaliser::Scaled)
            }
        };
        LegPart { rescale, normaliser, weight, least, table }
    }

    fn copy_leg(&self, pool: &Pool, leg: usize, fused: &mut [Score]) {
        fused.fill(ABSENT);
        let (columns, window) = (pool.columns(leg), self.window);
        match columns.rows(window) {
            RowSlice::Narrow(rows) => copy(rows, columns.scores(window), fused),
            RowSlice::Wide(rows) => copy(rows, columns.scores(window), fused),
        }
    }

    fn combine_legs(&self, pool: &Pool, fused: &mut [Score], sums: &mut Sums) {
        let speaking = (0..pool.legs()).filter(|&leg| self.weight(leg) > 0.0);
        let parts: Vec<_> = speaking.map(|leg| (pool.columns(leg), self.part(pool, leg))).collect();
        let is_whole = |(columns, _): &(&LegColumns, _)| columns.len() <= self.window as usize;
        // A row of the pool is there because some leg returned it.
        let all_seen = parts.len() == pool.legs() && parts.iter().all(is_whole);
        let mean = self.plan.method.mean();
        sums.over(pool.len(), mean, all_seen);
        for (columns, part) in &parts {
            let scores = columns.scores(self.window);
            match columns.rows(self.window) {
                RowSlice::Narrow(rows) => sums.add_leg(rows, scores, part),
                RowSlice::Wide(rows) => sums.add_leg(rows, scores, part),
            }
        }
        sums.write(fused);
    }
}

fn copy<R: Copy + Into<u32>>(rows: &[R], scores: &[Score], fused: &mut [Score]) {
    for (&row, &score) in rows.iter().zip(scores) {
        if let Some(fused) = fused.get_mut(row.into() as usize) {
            *fused = score + 0.0;
        }
    }
}
