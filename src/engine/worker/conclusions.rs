//! What is concluded from all rows: the verdict, and when all is quiet the study.

use std::sync::Arc;

use super::{SLICE, Worker};
use crate::engine::study::StudyInput;
use crate::engine::verdict::{VerdictInput, verdict};

impl Worker {
    /// The verdict on the rows as they are.
    pub(super) fn decide(&mut self) {
        self.dirty.verdict = false;
        let settings = &self.request.settings;
        let scored = self.rows.iter().any(|row| row.scores.is_some());
        let reranker = self.reranks_now(self.ran()).then(|| settings.reranker.name());
        self.findings = scored.then(|| {
            let input = VerdictInput {
                metrics: &self.metrics,
                curve: &self.curve,
                legs: &self.legs.names,
                settings,
                reranker: reranker.as_deref(),
                tuning: self.fresh_tuning(),
                terms: self.options.judging.terms,
            };
            Arc::new(verdict(self.rows.iter(), &input))
        });
    }

    /// A slice of the study.
    pub(super) fn go_on_studying(&mut self) {
        let settings = self.request.settings.clone();
        let ran = self.ran();
        let (plan, metrics) = (self.plan(&settings, ran), self.metric_plan(&settings));
        let stages = Arc::clone(&self.stages);
        let context = self.context(&settings, &metrics, &plan, &stages, ran);
        let mut studying = self.studying.take().unwrap_or_default();
        let reranker = context.reranks.then(|| settings.reranker.name());
        let mut input = StudyInput {
            collection: &self.collection,
            context: &context,
            listed: &mut self.listed,
            queries: &self.judged,
            rows: &self.rows,
            likenesses: &mut self.likenesses,
            overall: self.findings.as_deref(),
            verdict: VerdictInput {
                metrics: &self.metrics,
                curve: &self.curve,
                legs: &self.legs.names,
                settings: &settings,
                reranker: reranker.as_deref(),
                tuning: None,
                terms: self.options.judging.terms,
            },
        };
        match studying.go_on(&mut input, SLICE) {
            Some(study) => {
                self.study = Some(Arc::new(study));
                self.dirty.study = false;
                self.dirty.view = true;
            }
            None => self.studying = Some(studying),
        }
    }
}
