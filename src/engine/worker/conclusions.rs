//! What is concluded from all rows: the verdict, and when all is quiet the study.

use std::sync::Arc;
use std::time::Duration;

use super::{SLICE, Worker};
use crate::engine::study::StudyInput;
use crate::engine::verdict::{Deciding, VerdictInput};

impl Worker {
    /// Goes on for about `budget` with the verdict on the rows as they are; whether it is there.
    pub(super) fn decide(&mut self, budget: Duration) -> bool {
        let under_way = self.deciding.take();
        if !self.rows.iter().any(|row| row.scores.is_some()) {
            self.findings = None;
            self.dirty.verdict = false;
            return true;
        }
        let settings = &self.request.settings;
        let reranker = self.reranks_now(self.ran()).then(|| settings.reranker.name());
        let input = VerdictInput {
            metrics: &self.metrics,
            curve: &self.curve,
            legs: &self.legs.names,
            settings,
            reranker: reranker.as_deref(),
            tuning: self.fresh_tuning(),
            terms: self.options.judging.terms,
        };
        let mut deciding = under_way.unwrap_or_else(|| Deciding::begin(self.rows.iter(), &input));
        if !deciding.go_on(budget) {
            self.deciding = Some(deciding);
            return false;
        }
        self.findings = Some(Arc::new(deciding.finish(self.rows.iter(), &input)));
        self.dirty.verdict = false;
        true
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
