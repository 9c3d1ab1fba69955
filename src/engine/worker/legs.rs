//! The legs of all queries: which are missing, whose turn it is, a slice at a time.

use std::sync::Arc;
use std::time::Instant;

use super::{BM25_COST, DENSE_COST, Dense, SLICE, Worker};
use crate::domain::{FirstStage, LegId, QueryIdx};
use crate::engine::query_state::QueryState;
use crate::engine::snapshot::Focus;
use crate::retrieve::{Bm25Leg, DenseLeg, QueryInput, Retriever as _};

impl Worker {
    /// Whether dense legs of the judged queries are wanted.
    pub(super) fn wants_dense(&self) -> bool {
        self.options.eager || self.request.settings.first != FirstStage::Bm25
    }

    /// The first stage as it runs now: BM25 alone until every judged query has its dense leg.
    pub(super) fn ran(&self) -> FirstStage {
        let first = self.request.settings.first;
        let ready = matches!(self.dense, Dense::Ready(_))
            && self.judged.iter().all(|query| self.listed[query.index()].is_complete(first));
        if ready { first } else { FirstStage::Bm25 }
    }

    pub(super) fn next_missing(&self) -> Option<(QueryIdx, LegId)> {
        let missing = |leg| {
            let state = |query: &&QueryIdx| !self.listed[query.index()].has_leg(leg);
            self.judged.iter().find(state).copied()
        };
        if let Some(query) = missing(LegId::BM25) {
            return Some((query, LegId::BM25));
        }
        if !self.wants_dense() || !matches!(self.dense, Dense::Ready(_)) {
            return None;
        }
        let ready = |query: &&QueryIdx| {
            let state = &self.listed[query.index()];
            !state.has_leg(LegId::DENSE) && state.vector.is_some()
        };
        self.judged.iter().find(ready).map(|&query| (query, LegId::DENSE))
    }

    pub(super) fn has_pending(&self) -> bool {
        let verdict = self.dirty.verdict && !self.dirty.view;
        self.asked && (self.dirty.work_list || verdict || self.next_missing().is_some())
    }

    /// A little of what is pending.
    pub(super) fn slice(&mut self) {
        let start = Instant::now();
        while start.elapsed() < SLICE {
            let Some((query, leg)) = self.next_missing() else {
                if self.dirty.work_list && self.asked {
                    self.dirty.work_list = false;
                    self.hand_out_work();
                } else if self.dirty.verdict {
                    self.decide();
                    self.dirty.view = true;
                }
                return;
            };
            let mut state = std::mem::replace(&mut self.listed[query.index()], QueryState::typed(""));
            self.compute_leg(&mut state, leg, self.position.contains_key(&query));
            self.listed[query.index()] = state;
            self.dirty.rows.extend(self.position.get(&query));
            self.dirty.view = true;
            if self.next_missing().is_none() {
                self.dirty.judged = true;
                self.dirty.work_list = true;
            }
        }
    }

    /// The legs of the query on the screen, now.
    pub(super) fn ensure_focus(&mut self) {
        match self.request.focus.clone() {
            Focus::Listed(query) => {
                let Some(slot) = self.listed.get_mut(query.index()) else { return };
                let mut state = std::mem::replace(slot, QueryState::typed(""));
                let judged = self.position.contains_key(&query);
                self.complete(&mut state, judged);
                self.listed[query.index()] = state;
            }
            Focus::Typed(text) => {
                let mut state = match self.typed.take() {
                    Some(state) if *state.text == *text => state,
                    _ => {
                        self.dirty.work_list = true;
                        let state = QueryState::typed(&text);
                        if let (Some(model), Some(background)) = (&self.model, &self.background) {
                            background.ask(Arc::clone(&state.text), &model.queries);
                        }
                        state
                    }
                };
                self.complete(&mut state, false);
                self.typed = Some(state);
            }
        }
    }

    pub(super) fn complete(&mut self, state: &mut QueryState, judged: bool) {
        let dense = matches!(self.dense, Dense::Ready(_)) && state.vector.is_some();
        for leg in [Some(LegId::BM25), dense.then_some(LegId::DENSE)].into_iter().flatten() {
            if !state.has_leg(leg) {
                self.compute_leg(state, leg, judged);
                self.dirty.view = true;
            }
        }
    }

    pub(super) fn compute_leg(&mut self, state: &mut QueryState, leg: LegId, judged: bool) {
        let start = Instant::now();
        let settings = &self.request.settings;
        let vector = state.vector.clone();
        let text = Arc::clone(&state.text);
        let input = QueryInput { text: &text, vector: vector.as_ref().map(|v| v.dense.as_slice()) };
        let tie_order = &self.collection.tie_order;
        let hits = match (leg, &self.dense) {
            (LegId::DENSE, Dense::Ready(dense)) => {
                let exact = DenseLeg { matrix: &dense.matrix, ann: None, tie_order };
                match &dense.ann {
                    None => exact.retrieve(input, settings.depth),
                    Some(graph) => {
                        if judged && let Ok(hits) = exact.retrieve(input, settings.depth) {
                            state.set_exact_dense(hits, tie_order);
                        }
                        DenseLeg { ann: Some(graph), ..exact }.retrieve(input, settings.depth)
                    }
                }
            }
            (LegId::DENSE, _) => return,
            _ => {
                let leg = Bm25Leg { index: &self.lexical, tie_order, parameters: settings.bm25 };
                leg.retrieve(input, settings.depth)
            }
        };
        let hits = hits.unwrap_or_else(|error| {
            self.notes.push(error.to_string());
            Vec::new()
        });
        let meter = if leg == LegId::DENSE { DENSE_COST } else { BM25_COST };
        self.costs[meter].computed(&text, hits.len(), start.elapsed().as_secs_f64() * 1e3);
        state.set_leg(leg, hits, tie_order);
    }
}
