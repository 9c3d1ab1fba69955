//! In: the flags that say what is measured and when it is evidence. Out: the judge's options.

use super::values::average;
use crate::engine::JudgeOptions;
use crate::error::{Error, Result};
use crate::judge::{Average, Metric, Terms};

/// What is measured, how it is averaged, and when it is evidence.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Judging")]
pub struct JudgeArgs {
    /// Metrics by the names of ir_measures, with commas between: nDCG@10,P(rel=2)@5,RBP(p=0.95); by default
    /// R@N, Success@N, P@5, Rprec, RR@10, AP, nDCG@10, nDCG(dcg='exp-log2')@10, Bpref, RBP, Judged@10 and
    /// nDCG(judged_only=True)@10
    #[arg(long, value_name = "LIST")]
    pub metrics: Option<String>,
    /// Queries in the means: all judged ones, or as trec_eval those whose list is not empty [default: all]
    #[arg(long, value_parser = average(), hide_possible_values = true, value_name = "all|intersection")]
    pub average: Option<Average>,
    /// Judged queries that a verdict needs [default: 25]
    #[arg(long, value_name = "COUNT")]
    pub min_queries: Option<usize>,
    /// Share of the golds that N can hold which must be there, else the first stage is to be fixed
    /// first [default: 0.80]
    #[arg(long, value_name = "SHARE")]
    pub min_capped_recall: Option<f64>,
}

impl JudgeArgs {
    /// # Errors
    /// When a metric is not known, or a threshold is out of range.
    pub fn options(&self) -> Result<JudgeOptions> {
        let defaults = Terms::default();
        let min_capped_recall = self.min_capped_recall.unwrap_or(defaults.min_capped_recall);
        if !(0.0..=1.0).contains(&min_capped_recall) {
            return Err(Error::usage(format!(
                "--min-capped-recall {min_capped_recall}: a share is from 0 to 1"
            )));
        }
        Ok(JudgeOptions {
            metrics: self.metrics.as_deref().map(Metric::list).transpose()?,
            average: self.average.unwrap_or_default(),
            terms: Terms {
                min_queries: self.min_queries.unwrap_or(defaults.min_queries),
                min_capped_recall,
                ..defaults
            },
        })
    }
}
