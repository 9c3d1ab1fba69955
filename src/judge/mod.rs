//! The judge: in come ranks of judged passages, out come metrics, fates, ceilings, movements and, over
//! all queries, a verdict. It ranks nothing, reads nothing and knows no clock; what it says of a list
//! depends on that list and the judgments alone.
//!
//! Of one query, again on every key press:
//! - `metrics`: the six metrics of the query view, from the ranks of the judged passages, on the list cut
//!   at N; their ceilings; the recall curve.
//! - `metric_plan`: any set of metrics in the same way; `query_scores` takes both lists of a query, and the
//!   means over queries.
//! - `fate`: what became of a gold passage, and at which stage.
//! - `stages`: which stage of the second stage made it so.
//! - `movement`: how far the reranker moved a passage.
//!
//! On request, over whole lists:
//! - `ranking`: what a metric is: any of them, restated plainly over one list; `metric_name` reads and
//!   writes their names.
//! - `resemblance`: unjudged passages that are nearly the text of a gold.
//! - `signals`: what lists say without judgments.
//! - `agreement`: how alike two lists are.
//! - `significance`: whether a difference over queries can be chance; `random` is its seeded dice;
//!   `paired` asks it of several metrics at once.
//! - `verdict`: the protocol of the four questions, in numbers; `wording` puts it into a sentence.

mod agreement;
mod fate;
mod gate;
mod metric_name;
mod metric_plan;
mod metrics;
mod movement;
mod paired;
mod query_scores;
mod random;
mod ranking;
mod resemblance;
mod signals;
mod significance;
mod stages;
mod verdict;
mod wording;

#[cfg(test)]
mod trec_tests;

pub use agreement::{RBO_P, jaccard, kendall_of_lists, kendall_tau_b, rbo_ext};
pub use fate::{GoldPlace, RerankState, fate};
pub use gate::{Demand, DemandKind};
pub use metric_plan::{Desk, JudgedIdeal, MetricPlan};
pub use metrics::{Metrics, Placed, RecallSteps, ceiling, measure, share_of_gain};
pub use movement::{Movement, Moves};
pub use paired::{Column, Paired, Trial};
pub use query_scores::{
    Average, CONDENSED_NDCG_10, JUDGED_10, JudgedPlaces, MetricMean, QueryScores, RerankedMean,
    default_metrics,
};
pub use random::SplitMix64;
pub use ranking::{Gain, JudgedList, Metric, MetricKind, capped_recall};
pub use resemblance::{RESEMBLES, Resemblance, Shingles, resembling};
pub use signals::{Cut, LegPair, Lists, PARTS, Signals};
pub use significance::{Bootstrap, Interval, ROUNDS, SEED, TTest, bootstrap, holm, paired_t, randomisation};
pub use stages::{StageAct, StageCut, StageVerdict, deciding_stage};
pub use verdict::{Advice, Case, Class, Comparison, Evidence, JudgedQuery, ListScores, Loss, Terms, Verdict};
