//! What an answer says beside its lists: how far each stage is, what it cost, what to be warned of.

use super::{Dense, Worker, rerankers};
use crate::domain::{LegSet, Settings};
use crate::engine::snapshot::{FocusView, ModelInUse, StageCost, StageState, Status};

impl Worker {
    pub(super) fn status(&self, ran: LegSet, focus: &FocusView) -> Status {
        let with_leg =
            |leg| self.judged.iter().filter(|query| self.listed[query.index()].has_leg(leg)).count();
        let total = self.judged.len();
        let working = |done: usize, doing: &str| match done < total {
            true => StageState::Working { done, total, doing: doing.to_owned() },
            false => StageState::Ready,
        };
        let bm25 = self.legs.bm25.map_or(StageState::Off, |leg| working(with_leg(leg), "searching"));
        let dense = match &self.dense {
            Dense::Off => StageState::Off,
            Dense::Failed(error) => StageState::Failed(error.to_string()),
            Dense::Working { done, total, doing } => {
                StageState::Working { done: *done, total: *total, doing: doing.clone() }
            }
            Dense::Ready(_) => match self.legs.dense.filter(|_| self.wants_dense()) {
                Some(leg) => working(with_leg(leg), "searching"),
                None => StageState::Ready,
            },
        };
        let complete = self.rows.iter().filter(|row| row.complete).count();
        let reranked = self.rows.iter().filter(|row| row.rerank_complete).count();
        Status {
            rerank: self.rerank_status(ran, focus, reranked),
            judged: (complete, total),
            reranked_queries: reranked,
            rejudging: self.rejudge.as_ref().map(|pass| (pass.done(), total)),
            verdict_lags: self.dirty.verdict,
            study_lags: self.dirty.study || self.dirty.affords,
            tuning: self.tuning_state(),
            spare: self.spare_state(),
            bm25,
            dense,
        }
    }

    pub(super) fn rerank_status(&self, ran: LegSet, focus: &FocusView, reranked: usize) -> StageState {
        if self.request.settings.reranker.is_none() {
            return StageState::Off;
        }
        if let Some(error) = self.rerank_failure() {
            return StageState::Failed(error.to_string());
        }
        let wants_dense = self.legs.dense.is_some_and(|dense| self.wanted().contains(dense));
        match &self.dense {
            _ if !wants_dense && !self.request.settings.reranker.needs_embedding() => {}
            Dense::Off => return StageState::Failed("the model is switched off".to_owned()),
            Dense::Failed(error) => return StageState::Failed(error.to_string()),
            Dense::Working { doing, .. } => {
                return StageState::Waiting(format!("waits for the embedding ({doing})"));
            }
            Dense::Ready(_) => {}
        }
        if ran != self.wanted() || focus.stale {
            return StageState::Waiting("waits for the first stage".to_owned());
        }
        if let Some(question) = &self.question {
            return StageState::Waiting(format!("{} costs money: waits for a yes or a no", question.service));
        }
        if let Some(doing) = self.at_work().find_map(|known| known.opening.clone()) {
            return StageState::Working { done: 0, total: 0, doing };
        }
        let total = self.rows.len();
        if focus.scored < focus.to_score {
            let doing = match focus.stage.filter(|_| self.stages.len() > 1) {
                Some(stage) => format!("scoring candidates, stage {} of {}", stage + 1, self.stages.len()),
                None => "scoring candidates".to_owned(),
            };
            return StageState::Working { done: focus.scored, total: focus.to_score, doing };
        }
        match reranked < total {
            true => StageState::Working { done: reranked, total, doing: "reranking queries".to_owned() },
            false => StageState::Ready,
        }
    }

    pub(super) fn costs(&self) -> Vec<StageCost> {
        let dense_is_there = matches!(self.dense, Dense::Ready(_)) && self.wants_dense();
        let mut costs: Vec<StageCost> = (self.legs.names.iter().zip(&self.leg_costs))
            .enumerate()
            .filter(|(leg, _)| dense_is_there || self.legs.dense.is_none_or(|dense| dense.0 != *leg))
            .map(|(_, (leg, cost))| cost.report(&leg.name))
            .collect();
        costs.extend(self.at_work().map(|known| known.cost.report(&known.name)));
        costs
    }

    pub(super) fn model_in_use(&self) -> Option<ModelInUse> {
        self.model.as_ref().map(|model| ModelInUse {
            id: model.card.id.clone(),
            fingerprint: model.card.fingerprint.clone(),
            runtime: self.runtime.clone(),
        })
    }

    /// Settings that are allowed and do not do what one may think.
    fn odd_settings(&self, settings: &Settings, ran: LegSet) -> Vec<String> {
        let mut odd = Vec::new();
        let weights = settings.leg_weights(self.legs.len());
        if settings.deliver > settings.candidates {
            odd.push(format!(
                "k {} is above N {}: at most N passages can be delivered",
                settings.deliver, settings.candidates
            ));
        }
        let uneven = weights.iter().any(|weight| *weight > 0.0 && *weight != weights[0]);
        if ran.len() > 1 && !settings.fusion.is_weighted() && uneven {
            odd.push(format!("{} has no weights: only a weight of 0 counts", settings.fusion.name()));
        }
        if settings.reranker.is_none() && (settings.blend > 0.0 || settings.threshold.is_some()) {
            odd.push("blend and threshold come after a reranker, and there is none".to_owned());
        }
        for leg in ran.iter().filter(|leg| weights[leg.0] > 0.0) {
            let lists = || self.judged.iter().filter_map(|query| self.listed[query.index()].leg(leg));
            if lists().next().is_some() && lists().all(<[_]>::is_empty) {
                odd.push(format!(
                    "the leg {} found nothing for any judged query",
                    self.legs.names[leg.0].name
                ));
            }
        }
        odd
    }

    pub(super) fn warnings(&self, settings: &Settings, ran: LegSet) -> Vec<String> {
        let mut warnings = self.collection.warnings.clone();
        warnings.extend(self.notes.iter().cloned());
        let passages = self.collection.passages.len();
        let dense_speaks = self.legs.dense.is_some_and(|dense| ran.contains(dense));
        if dense_speaks && settings.ann.is_none() && settings.depth >= passages {
            warnings.push(format!(
                "depth {} is not below the {passages} passages: the exact dense leg returns every passage, so no \
                 gold counts as never retrieved",
                settings.depth
            ));
        }
        if let Some(found) = &self.approximation {
            warnings.push(format!(
                "approximate dense search (HNSW, ef {}) has {:.3} of the exact top {}, in the mean of {} queries; \
                 golds lost by it: {}",
                found.ef, found.recall, found.n, found.queries, found.golds_lost
            ));
        }
        warnings.extend(self.odd_settings(settings, ran));
        if settings.candidates > settings.window() {
            warnings.push(format!(
                "N {} is above the window {}: candidates can only come from within the window",
                settings.candidates,
                settings.window()
            ));
        }
        if self.wants_dense()
            && let Dense::Failed(error) = &self.dense
        {
            warnings.push(format!("{}: the model is not available: {error}", self.alone(ran)));
        }
        warnings.extend(rerankers::warnings(self));
        if let Some(error) = self.at_work().find_map(|known| known.failed.as_ref()) {
            warnings.push(format!("the second stage did not run: {error}"));
        }
        warnings
    }
}
