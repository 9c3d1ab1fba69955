//! The rerankers that plans have named: what is known of each, which of them are at work, and what the reader
//! should know of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reranked_run::RunLists;
use super::{Dense, Worker};
use crate::domain::rerankers::run_file;
use crate::domain::{DocIdx, Stage};
use crate::engine::judging::CostMeter;
use crate::engine::snapshot::RerankerInUse;
use crate::error::Error;

/// One reranker that a plan has named, with what is known of it.
pub(super) struct Known {
    pub name: Arc<str>,
    /// What its scores depend on; `None` until it is open.
    pub fingerprint: Option<String>,
    /// What it is busy with while it opens.
    pub opening: Option<String>,
    pub failed: Option<Error>,
    pub cost: CostMeter,
    /// Passages that it did not read to their end.
    pub truncated: BTreeSet<DocIdx>,
    pub saturation: Saturation,
    /// Whether its score is made of pairs of tokens; false until it is open.
    pub has_token_pairs: bool,
    /// Its lists, where it is a run.
    pub run: Option<RunLists>,
}

/// Whether a reranker's scores are probabilities that say yes or no and nothing between.
#[derive(Default)]
pub(super) struct Saturation {
    scores: usize,
    /// Of them, outside 0 to 1.
    outside: usize,
    /// Of them, within a thousandth of 0 or 1.
    extreme: usize,
}

impl Saturation {
    /// Fewer scores than these say nothing.
    const ENOUGH: usize = 100;

    pub(super) fn take(&mut self, score: f32) {
        self.scores += 1;
        self.outside += usize::from(!(0.0..=1.0).contains(&score));
        self.extreme += usize::from(score.abs() < 1e-3 || (score - 1.0).abs() < 1e-3);
    }

    /// The share of extreme scores where nearly all are.
    fn share(&self) -> Option<f64> {
        let share = self.extreme as f64 / self.scores.max(1) as f64;
        (self.scores >= Self::ENOUGH && self.outside == 0 && share >= 0.95).then_some(share)
    }
}

impl Worker {
    /// The number of a reranker; a new one gets the next.
    pub(super) fn number(&mut self, name: &str) -> usize {
        match self.rerankers.iter().position(|known| *known.name == *name) {
            Some(number) => number,
            None => {
                let (run, failed) = match self.open_run(name) {
                    Ok(run) => (run, None),
                    Err(error) => (None, Some(error)),
                };
                self.rerankers.push(Known {
                    name: Arc::from(name),
                    fingerprint: None,
                    opening: None,
                    failed,
                    run,
                    cost: CostMeter::default(),
                    truncated: BTreeSet::new(),
                    saturation: Saturation::default(),
                    has_token_pairs: false,
                });
                self.score_all_by_run(self.rerankers.len() - 1);
                self.rerankers.len() - 1
            }
        }
    }

    pub(super) fn rerankers_in_use(&self) -> Vec<RerankerInUse> {
        let in_use = |known: &Known| RerankerInUse {
            name: known.name.to_string(),
            fingerprint: known.fingerprint.clone(),
            truncated: known.truncated.len(),
        };
        self.at_work().map(in_use).collect()
    }

    pub(super) fn forgive_rerankers(&mut self) {
        // A run that could not be read has nothing to try again with.
        for known in self.rerankers.iter_mut().filter(|known| run_file(&known.name).is_none()) {
            known.failed = None;
        }
        if let Some(runner) = &self.runner {
            runner.retry();
        }
    }

    /// The rerankers of the plan, once each.
    pub(super) fn at_work(&self) -> impl Iterator<Item = &Known> {
        let numbers: BTreeMap<usize, ()> =
            self.stages.iter().flat_map(|stage| &stage.parts).map(|&(number, _)| (number, ())).collect();
        numbers.into_keys().filter_map(|number| self.rerankers.get(number))
    }

    /// Why the second stage does not run, where one of its rerankers cannot.
    pub(super) fn rerank_failure(&self) -> Option<&Error> {
        self.at_work().find_map(|known| known.failed.as_ref()).or(match &self.dense {
            Dense::Failed(error) if self.request.settings.reranker.needs_embedding() => Some(error),
            _ => None,
        })
    }
}

/// What the reader should know of the rerankers at work.
pub(super) fn warnings(worker: &Worker) -> Vec<String> {
    let mut said = worker.run_warnings();
    for known in worker.at_work() {
        let cut = known.truncated.len();
        if cut > 0 {
            let passages = if cut == 1 { "passage" } else { "passages" };
            said.push(format!(
                "{} did not read {cut} {passages} to the end: query and passage together are longer than it takes",
                known.name
            ));
        }
        if let Some(share) = known.saturation.share() {
            said.push(format!(
                "{}: {:.0} % of its scores are 0 or 1 to a thousandth, so their order says little: take raw \
                 scores (--rerank-activation raw) where the model or the service gives them",
                known.name,
                share * 100.0
            ));
        }
    }
    let settings = &worker.request.settings;
    let beyond = |stage: &&Stage| stage.depth.is_some_and(|depth| depth > settings.candidates);
    if let Some(stage) = settings.reranker.stages.iter().find(beyond) {
        said.push(format!(
            "{stage} re-scores at most N = {} passages: raise N to {}",
            settings.candidates,
            stage.depth.unwrap_or_default()
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturation_needs_many_scores_that_are_probabilities() {
        let of = |scores: &[f32], times: usize| {
            let mut saturation = Saturation::default();
            (0..times).for_each(|_| scores.iter().for_each(|&score| saturation.take(score)));
            saturation.share()
        };
        assert_eq!(of(&[0.0, 1.0, 0.9999], 40), Some(1.0));
        assert_eq!(of(&[0.0, 1.0], 40), None, "too few");
        assert_eq!(of(&[0.0, 0.4], 80), None);
        assert_eq!(of(&[0.0, 0.0, 0.0, 8.5], 80), None, "raw logits saturate nothing");
    }
}
