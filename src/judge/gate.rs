//! What a caller demands of a report, and whether the report meets it: the answer of a gate in a build.
//!
//! Plain data. Who sets the demands finds out whether they are met; the reports (`JUnit`, annotations)
//! write it down.

use serde::Serialize;

/// What kind of demand, by the name of its flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandKind {
    /// A least value.
    Min,
    /// A greatest drop against what was before.
    MaxDrop,
}

/// One demand, answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Demand {
    pub kind: DemandKind,
    /// The metric as the caller wrote it: `ndcg@10`, `first:ndcg@10` for the first stage's list.
    pub metric: String,
    /// The least value, or the greatest drop.
    pub bound: f64,
    /// What was demanded, in a few words: `ndcg@10 at least 0.6`. Tells demands apart in reports.
    pub words: String,
    /// The metric's value; `None`: the report has none, so the demand is not met.
    pub found: Option<f64>,
    /// Of a drop: the value before, on the same queries.
    pub before: Option<f64>,
    /// Of a drop: whether it is chance, by the randomisation test and after Holm's correction where several
    /// are asked about.
    pub p: Option<f64>,
    pub met: bool,
    /// The answer in one sentence: `ndcg@10 is .5512, .0488 below what is demanded`.
    pub answer: String,
}

impl Demand {
    /// How many of `demands` are not met.
    pub fn unmet(demands: &[Self]) -> usize {
        demands.iter().filter(|demand| !demand.met).count()
    }
}
