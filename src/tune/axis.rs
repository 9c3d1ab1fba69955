//! In: a fusion plan and the two legs between which α moves. Out: the plan at any α, and whether a
//! curve over α can be exact. It fuses nothing.

use crate::domain::LegId;
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
    /// From BM25 alone to dense alone, as the setting `alpha` moves.
    pub const HYBRID: Self = Self { zero: LegId::BM25.0, one: LegId::DENSE.0 };

    /// The weights at `alpha`, by leg, as [`crate::domain::Settings::leg_weights`]: both 1 in the middle.
    pub fn weights(self, alpha: f64) -> Vec<f64> {
        let mut weights = vec![0.0; self.zero.max(self.one) + 1];
        weights[self.zero] = 2.0 * (1.0 - alpha);
        weights[self.one] = 2.0 * alpha;
        weights
    }

    /// The plan with its weights as they are at `alpha`.
    pub fn plan(self, plan: &FusionPlan, alpha: f64) -> FusionPlan {
        FusionPlan { weights: self.weights(alpha), ..plan.clone() }
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
    /// Of a plan whose weights do not matter here.
    pub fn new(plan: &FusionPlan, axis: Axis) -> Self {
        let at = |alpha| axis.plan(plan, alpha);
        Self { axis, zero: at(0.0), inside: at(0.5), one: at(1.0) }
    }

    /// What a curve over α can be under this plan.
    pub fn exactness(&self) -> Exactness {
        exactness(&self.inside.method, if self.axis.zero == self.axis.one { 1 } else { 2 })
    }
}
