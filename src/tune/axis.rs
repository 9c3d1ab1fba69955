//! In: a fusion plan and the leg whose share α is. Out: the plan at any α, and whether a
//! curve over α can be exact. It fuses nothing.

use crate::fuse::{FusionPlan, Method};

/// α: the share of one leg in the weight of all. At 0 it is silent, at 1 it is alone; the others share
/// the rest as they do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    pub leg: usize,
}

/// Why a curve over α is a sweep over some of its points, and not exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotExact {
    /// The weight stands inside the rank (Qdrant's RRF): two passages can swap more than once.
    WeightInsideRank,
    /// More than two legs take part.
    MoreLegs,
}

/// What can be known of a metric over the whole of α.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactness {
    /// Every step of it.
    Exact,
    /// Nothing changes between the ends: the method has no weights, or there is a single leg.
    Constant,
    Sampled(NotExact),
}

/// What a curve over α can be under `method` with `legs` legs that take part.
///
/// Exact are the methods whose normalisation does not depend on the weights: sums and arithmetic means
/// are linear in α themselves, the geometric mean in its logarithm, the harmonic in its reciprocal.
pub fn exactness(method: &Method, legs: usize) -> Exactness {
    match (legs, method) {
        (0 | 1, _) => Exactness::Constant,
        (3.., _) => Exactness::Sampled(NotExact::MoreLegs),
        (_, Method::QdrantRrf) => Exactness::Sampled(NotExact::WeightInsideRank),
        (_, Method::Dbsf) => Exactness::Constant,
        (
            _,
            Method::Rrf
            | Method::WeaviateRanked
            | Method::Convex
            | Method::TheoreticalMin { .. }
            | Method::WeaviateRelative
            | Method::OpenSearch(_)
            | Method::ElasticLinear(_)
            | Method::MilvusWeighted { .. },
        ) => Exactness::Exact,
    }
}

impl Axis {
    /// The plan as it is at `alpha`, with the weight in all that it has now (2 where it has none). With
    /// the plan of `Settings` whose weights go by α, and the second leg for axis, this is the plan of the
    /// same settings with that α.
    pub fn plan(self, plan: &FusionPlan, alpha: f64) -> FusionPlan {
        let legs = plan.weights.len().max(self.leg + 1);
        let now = |leg: usize| weight(plan, leg);
        let others = || (0..legs).filter(|&leg| leg != self.leg);
        let rest: f64 = others().map(now).sum();
        let total = match rest + now(self.leg) {
            total if total > 0.0 => total,
            _ => 2.0,
        };
        let share = |leg: usize| if rest > 0.0 { now(leg) / rest } else { 1.0 / others().count() as f64 };
        let mut weights: Vec<f64> = (0..legs).map(|leg| total * (1.0 - alpha) * share(leg)).collect();
        weights[self.leg] = total * alpha;
        FusionPlan { weights, ..plan.clone() }
    }

    /// α of a plan; `None`: no leg takes part.
    pub fn alpha_of(self, plan: &FusionPlan) -> Option<f64> {
        let total: f64 = (0..plan.weights.len()).map(|leg| weight(plan, leg)).sum();
        (total > 0.0).then(|| weight(plan, self.leg) / total)
    }
}

fn weight(plan: &FusionPlan, leg: usize) -> f64 {
    plan.weights.get(leg).copied().filter(|&weight| weight > 0.0).unwrap_or(0.0)
}

/// A plan at the three places of α that differ in kind: both ends, and anywhere between.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisPlans {
    axis: Axis,
    pub zero: FusionPlan,
    pub inside: FusionPlan,
    pub one: FusionPlan,
}

impl AxisPlans {
    pub fn new(plan: &FusionPlan, axis: Axis) -> Self {
        let at = |alpha| axis.plan(plan, alpha);
        Self { axis, zero: at(0.0), inside: at(0.5), one: at(1.0) }
    }

    /// What a curve over α can be under this plan.
    pub fn exactness(&self) -> Exactness {
        exactness(&self.inside.method, self.others().count() + 1)
    }

    /// The legs whose lists are all that there is at α = 0 and at α = 1; of meaning where exactly two
    /// legs take part.
    pub(super) fn ends(&self) -> (usize, usize) {
        (self.others().next().unwrap_or(self.axis.leg), self.axis.leg)
    }

    /// The legs beside the axis' own that take part.
    fn others(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.inside.weights.len()).filter(|&leg| leg != self.axis.leg && weight(&self.inside, leg) > 0.0)
    }
}
