//! What an answer says beside its lists: how far each stage is, what it cost, what to be warned of.

use super::{BM25_COST, DENSE_COST, Dense, Worker, second_stage};
use crate::domain::{FirstStage, LegId, Settings};
use crate::engine::snapshot::{FocusView, ModelInUse, StageCost, StageState, Status};

impl Worker {
    pub(super) fn status(&self, ran: FirstStage, focus: &FocusView) -> Status {
        let with_leg =
            |leg| self.judged.iter().filter(|query| self.listed[query.index()].has_leg(leg)).count();
        let total = self.judged.len();
        let working = |done: usize, doing: &str| match done < total {
            true => StageState::Working { done, total, doing: doing.to_owned() },
            false => StageState::Ready,
        };
        let bm25 = working(with_leg(LegId::BM25), "searching");
        let dense = match &self.dense {
            Dense::Off => StageState::Off,
            Dense::Failed(error) => StageState::Failed(error.to_string()),
            Dense::Working { done, total, doing } => {
                StageState::Working { done: *done, total: *total, doing: doing.clone() }
            }
            Dense::Ready(_) if self.wants_dense() => working(with_leg(LegId::DENSE), "searching"),
            Dense::Ready(_) => StageState::Ready,
        };
        let complete = self.rows.iter().filter(|row| row.first.is_some()).count();
        let reranked = self.rows.iter().filter(|row| row.reranked.is_some()).count();
        Status {
            rerank: self.rerank_status(ran, focus, reranked),
            judged: (complete, total),
            reranked_queries: reranked,
            verdict_lags: self.dirty.verdict,
            bm25,
            dense,
        }
    }

    pub(super) fn rerank_status(&self, ran: FirstStage, focus: &FocusView, reranked: usize) -> StageState {
        if self.request.settings.reranker.is_none() {
            return StageState::Off;
        }
        if let Some(error) = self.rerank_failure() {
            return StageState::Failed(error.to_string());
        }
        let needs_dense = self.request.settings.reranker.needs_embedding()
            || self.request.settings.first != FirstStage::Bm25;
        match &self.dense {
            _ if !needs_dense => {}
            Dense::Off => return StageState::Failed("the model is switched off".to_owned()),
            Dense::Failed(error) => return StageState::Failed(error.to_string()),
            Dense::Working { doing, .. } => {
                return StageState::Waiting(format!("waits for the embedding ({doing})"));
            }
            Dense::Ready(_) => {}
        }
        if ran != self.request.settings.first || focus.stale {
            return StageState::Waiting("waits for the first stage".to_owned());
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
        let mut costs = vec![self.costs[BM25_COST].report("bm25")];
        if matches!(self.dense, Dense::Ready(_)) && self.wants_dense() {
            costs.push(self.costs[DENSE_COST].report("dense"));
        }
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

    pub(super) fn warnings(&self, settings: &Settings, ran: FirstStage) -> Vec<String> {
        let mut warnings = self.collection.warnings.clone();
        warnings.extend(self.notes.iter().cloned());
        let passages = self.collection.passages.len();
        if ran != FirstStage::Bm25 && settings.ann.is_none() && settings.depth >= passages {
            warnings.push(format!(
                "depth {} is not below the {passages} passages: the exact dense leg returns every passage, so no \
                 gold counts as never retrieved",
                settings.depth
            ));
        }
        if settings.candidates > settings.window() {
            warnings.push(format!(
                "N {} is above the window {}: candidates can only come from within the window",
                settings.candidates,
                settings.window()
            ));
        }
        if let Dense::Failed(error) = &self.dense {
            warnings.push(format!("BM25 alone: the model is not available: {error}"));
        }
        warnings.extend(second_stage::warnings(self));
        if let Some(error) = self.at_work().find_map(|known| known.failed.as_ref()) {
            warnings.push(format!("the second stage did not run: {error}"));
        }
        warnings
    }
}
