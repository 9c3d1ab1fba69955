//! The judge: in come ranks of judged passages, out come metrics, fates, ceilings, movements and, over
//! all queries, a verdict. It ranks nothing, reads nothing and knows no clock; what it says of a list
//! depends on that list and the judgments alone.
//!
//! Of one query, again on every key press:
//! - `metrics`: the metrics of the query view and of `eval`, from the ranks of the judged passages, on
//!   the list cut at N; their ceilings; the recall curve.
//! - `fate`: what became of a gold passage, and at which stage.
//! - `stages`: which stage of the second stage made it so.
//! - `movement`: how far the reranker moved a passage.
//!
//! On request, over whole lists:
//! - `ranking`: any metric at any cutoff, unjudged passages seen; `metric_name` reads and writes their
//!   names.
//! - `agreement`: how alike two lists are.
//! - `significance`: whether a difference over queries can be chance; `random` is its seeded dice.
//! - `verdict`: the protocol of the four questions, in numbers; `wording` puts it into a sentence.

mod agreement;
mod fate;
mod metric_name;
mod metrics;
mod movement;
mod random;
mod ranking;
mod significance;
mod stages;
mod verdict;
mod wording;

pub use agreement::{RBO_P, jaccard, kendall_of_lists, kendall_tau_b, rbo_ext};
pub use fate::{GoldPlace, RerankState, fate};
pub use metrics::{Metrics, Placed, ceiling, measure, recall_curve, share_of_gain};
pub use movement::{Movement, Moves};
pub use random::SplitMix64;
pub use ranking::{Gain, JudgedList, Metric, MetricKind, capped_recall};
pub use significance::{Interval, ROUNDS, SEED, TTest, bootstrap, holm, paired_t, randomisation};
pub use stages::{StageAct, StageCut, StageVerdict, deciding_stage};
pub use verdict::{Advice, Case, Class, Comparison, Evidence, JudgedQuery, ListScores, Loss, Terms, Verdict};
