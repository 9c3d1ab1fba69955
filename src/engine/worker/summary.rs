//! What is said about all rows together, kept as long as the rows are the same: most answers (another row
//! under the cursor, another query, a text being typed) change none of it.

use std::sync::Arc;

use super::Worker;
use crate::engine::judging;
use crate::engine::languages::LanguageReport;
use crate::engine::snapshot::{LanguageRow, Means, QueryRow};
use crate::judge::MetricMean;

#[derive(Clone)]
pub(super) struct Summary {
    /// What it is of.
    rows: Arc<Vec<QueryRow>>,
    /// Whether the texts of each language were counted.
    texts: bool,
    pub means: Option<Means>,
    pub languages: Vec<LanguageRow>,
    pub by_metric: Vec<MetricMean>,
    pub report: Arc<LanguageReport>,
}

impl Worker {
    pub(super) fn summary(&mut self) -> Summary {
        self.count_texts();
        let texts = self.texts.is_some();
        if let Some(kept) = &self.summary
            && Arc::ptr_eq(&kept.rows, &self.rows)
            && kept.texts == texts
        {
            return kept.clone();
        }
        let average = self.options.judging.average;
        let languages = judging::by_language(&self.rows, &self.collection, &self.metrics, average);
        let summary = Summary {
            rows: Arc::clone(&self.rows),
            texts,
            means: judging::means(self.rows.iter(), average),
            by_metric: judging::by_metric(self.rows.iter(), &self.metrics, average),
            report: Arc::new(self.language_report(&languages)),
            languages,
        };
        self.summary.insert(summary).clone()
    }
}
