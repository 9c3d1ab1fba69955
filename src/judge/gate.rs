//! What a caller demands of a report, and whether the report meets it: the answer of a gate in a build.
//!
//! Plain data. Who sets the demands finds out whether they are met; the reports (`JUnit`, annotations)
//! write it down.

/// One demand, answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// The metric as the caller wrote it: `ndcg@10`.
    pub metric: String,
    /// What was demanded, in a few words: `ndcg@10 at least 0.6`. Tells demands apart in reports.
    pub words: String,
    /// The metric's value; `None`: the report has none, so the demand is not met.
    pub found: Option<f64>,
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
