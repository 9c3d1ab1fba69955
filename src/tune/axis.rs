//! In: a fusion plan and the two legs between which α moves. Out: the plan at any α, and whether a
//! curve over α can be exact. It fuses nothing.

use crate::fuse::{FusionPlan, Method};

/// The two legs between which α shares the weight: at 0 the first has all of it, at 1 the second. Every
/// other leg is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    pub zero: usize,
    pub one: usize,
}

/// Why a curve over α is a sweep over some of its points, and not exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotExact {
    /// The weight stands inside the rank (Qdrant's RRF): two passages can swap more than once.
    WeightInsideRank,
    /// With more than two legs no single α says what the weights are.
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
    /// The plan as it is at `alpha`: the two legs share the weight that they have together now (2 where
    /// they have none), all others are silent. With a plan of `Settings` whose weights go by α this is
    /// the plan of the same settings with that α.
    pub fn plan(self, plan: &FusionPlan, alpha: f64) -> FusionPlan {
        let total = match self.weight(plan, self.zero) + self.weight(plan, self.one) {
            total if total > 0.0 => total,
            _ => 2.0,
        };
        let mut weights = vec![0.0; plan.weights.len().max(self.zero.max(self.one) + 1)];
        weights[self.zero] = total * (1.0 - alpha);
        weights[self.one] = total * alpha;
        FusionPlan { weights, ..plan.clone() }
    }

    /// α of a plan; `None`: another leg takes part, or none does.
    pub fn alpha_of(self, plan: &FusionPlan) -> Option<f64> {
        let [zero, one] = [self.zero, self.one].map(|leg| self.weight(plan, leg));
        let others = (0..plan.weights.len()).filter(|&leg| leg != self.zero && leg != self.one);
        let total = zero + one;
        (total > 0.0 && others.map(|leg| self.weight(plan, leg)).sum::<f64>() == 0.0).then(|| one / total)
    }

    fn weight(self, plan: &FusionPlan, leg: usize) -> f64 {
        plan.weights.get(leg).copied().filter(|&weight| weight > 0.0).unwrap_or(0.0)
    }
}

/// A plan at the three places of α that differ in kind: both ends, and anywhere between.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisPlans {
    pub axis: Axis,
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
        exactness(&self.inside.method, if self.axis.zero == self.axis.one { 1 } else { 2 })
    }
}
