//! The legs of all queries: which are missing, whose turn it is, a slice at a time.

use std::sync::Arc;
use std::time::Instant;

use super::{Dense, SLICE, Worker};
use crate::domain::{LegId, LegSet, QueryIdx, Settings};
use crate::engine::query_state::QueryState;
use crate::engine::snapshot::Focus;
use crate::retrieve::{Bm25Leg, DenseLeg, QueryInput, Retriever as _};

impl Worker {
    /// Whether dense legs of the judged queries are wanted.
    pub(super) fn wants_dense(&self) -> bool {
        self.legs.dense.is_some_and(|dense| self.options.eager || self.wanted().contains(dense))
    }

    /// The legs that the settings ask for.
    pub(super) fn wanted(&self) -> LegSet {
        self.request.settings.legs(self.legs.len())
    }

    /// The first stage as it runs now: without the dense leg, or on BM25 in its place, until every judged
    /// query has it.
    pub(super) fn ran(&self) -> LegSet {
        let wanted = self.wanted();
        let Some(dense) = self.legs.dense.filter(|&dense| wanted.contains(dense)) else { return wanted };
        let ready = matches!(self.dense, Dense::Ready(_))
            && self.judged.iter().all(|query| self.listed[query.index()].is_complete(wanted));
        match wanted.without(dense) {
            _ if ready => wanted,
            others if !others.is_empty() => others,
            _ => self.legs.bm25.into_iter().collect(),
        }
    }

    /// The legs as they will be when nothing more comes: all that are wanted, unless the dense leg has
    /// failed.
    pub(super) fn settled_legs(&self) -> LegSet {
        if self.first_stage_will_come() { self.wanted() } else { self.ran() }
    }

    /// Whether legs that are not there yet will come.
    pub(super) fn first_stage_will_come(&self) -> bool {
        matches!(self.dense, Dense::Working { .. } | Dense::Ready(_))
    }

    /// A leg that can be computed now and that a judged query lacks; the cheap legs first. The search
    /// goes on where the last one for the leg ended.
    pub(super) fn next_missing(&mut self) -> Option<(QueryIdx, LegId)> {
        let dense_can = self.wants_dense() && matches!(self.dense, Dense::Ready(_));
        let cheap = (0..self.legs.len()).map(LegId).filter(|&leg| Some(leg) != self.legs.dense);
        let legs: Vec<LegId> = cheap.chain(self.legs.dense.filter(|_| dense_can)).collect();
        legs.into_iter().find_map(|leg| Some((self.next_missing_of(leg)?, leg)))
    }

    fn next_missing_of(&mut self, leg: LegId) -> Option<QueryIdx> {
        let is_dense = Some(leg) == self.legs.dense;
        let start = &mut self.complete_to[leg.0];
        let lacks = |query: &&QueryIdx| !self.listed[query.index()].has_leg(leg);
        *start += self.judged[*start..].iter().take_while(|query| !lacks(query)).count();
        let can =
            |query: &&QueryIdx| lacks(query) && (!is_dense || self.listed[query.index()].vector.is_some());
        self.judged[*start..].iter().find(can).copied()
    }

    pub(super) fn has_pending(&mut self) -> bool {
        let conclusions = (self.dirty.verdict || self.dirty.affords || self.dirty.study) && !self.dirty.view;
        let judging = self.rejudge.is_some();
        self.asked
            && (judging
                || self.dirty.work_list
                || conclusions
                || self.next_missing().is_some()
                || self.wants_to_compare()
                || self.wants_tuning()
                || self.wants_spare_work())
    }

    /// A little of what is pending.
    pub(super) fn slice(&mut self) {
        if self.rejudge.is_some() {
            return self.judge(SLICE);
        }
        let start = Instant::now();
        while start.elapsed() < SLICE {
            let Some((query, leg)) = self.next_missing() else {
                if self.dirty.work_list && self.asked {
                    self.dirty.work_list = false;
                    self.hand_out_work();
                } else if self.dirty.verdict {
                    self.dirty.view |= self.decide(SLICE);
                } else if self.dirty.affords {
                    self.go_on_affording();
                } else if self.dirty.study {
                    self.go_on_studying();
                } else if self.wants_to_compare() {
                    self.go_on_comparing();
                } else if self.wants_tuning() {
                    self.go_on_to_tune();
                } else if self.wants_spare_work() {
                    self.go_on_sparing();
                }
                return;
            };
            let mut state = std::mem::replace(&mut self.listed[query.index()], QueryState::typed("", 0));
            self.compute_leg(&mut state, leg, Some(query));
            self.listed[query.index()] = state;
            self.leg_came(query);
        }
    }

    /// The legs of the query on the screen, now.
    pub(super) fn ensure_focus(&mut self) {
        match self.request.focus.clone() {
            Focus::Listed(query) => {
                let Some(slot) = self.listed.get_mut(query.index()) else { return };
                let mut state = std::mem::replace(slot, QueryState::typed("", 0));
                let completed = self.complete(&mut state, Some(query));
                self.listed[query.index()] = state;
                if completed {
                    self.leg_came(query);
                }
            }
            Focus::Typed(text) => {
                let mut state = match self.typed.take() {
                    Some(state) if *state.text == *text => state,
                    _ => {
                        self.dirty.work_list = true;
                        self.typed = Some(QueryState::typed(&text, self.legs.len()));
                        self.ask_for_typed();
                        self.typed.take().unwrap_or_else(|| QueryState::typed(&text, self.legs.len()))
                    }
                };
                self.complete(&mut state, None);
                self.typed = Some(state);
            }
        }
    }

    /// Asks for the vector of the typed text; once more when the model is found after the text was typed.
    pub(super) fn ask_for_typed(&self) {
        if let (Some(model), Some(background), Some(typed)) = (&self.model, &self.background, &self.typed)
            && typed.vector.is_none()
        {
            background.ask(Arc::clone(&typed.text), &model.queries);
        }
    }

    /// Whether any leg was missing.
    fn complete(&mut self, state: &mut QueryState, query: Option<QueryIdx>) -> bool {
        let mut completed = false;
        let dense_can = matches!(self.dense, Dense::Ready(_)) && state.vector.is_some();
        for leg in (0..self.legs.len()).map(LegId) {
            if !state.has_leg(leg) && (dense_can || Some(leg) != self.legs.dense) {
                self.compute_leg(state, leg, query);
                self.dirty.view = true;
                completed = true;
            }
        }
        completed
    }

    /// A listed query has one more leg. With the last one that was missing the first stage becomes another
    /// for all queries, whoever computed it.
    fn leg_came(&mut self, query: QueryIdx) {
        self.dirty.rows.extend(self.position.get(&query));
        self.dirty.view = true;
        if self.next_missing().is_none() {
            self.dirty.judged = true;
            self.dirty.work_list = true;
        }
    }

    /// Computes one leg. `query`: which of the listed ones it is.
    fn compute_leg(&mut self, state: &mut QueryState, leg: LegId, query: Option<QueryIdx>) {
        let start = Instant::now();
        let settings = &self.request.settings;
        let vector = state.vector.clone();
        let text = Arc::clone(&state.text);
        let input = QueryInput { text: &text, vector: vector.as_ref().map(|v| v.dense.as_slice()) };
        let tie_order = &self.collection.tie_order;
        let mut exact_hits = None;
        let hits = if let Some(lists) = &self.legs.runs[leg.0] {
            let list = query.and_then(|query| lists.get(query.index())).map_or(&[][..], Vec::as_slice);
            Ok(list[..list.len().min(settings.depth)].to_vec())
        } else if Some(leg) == self.legs.dense {
            let Dense::Ready(dense) = &self.dense else { return };
            let exact = DenseLeg { matrix: &dense.matrix, ann: None, tie_order };
            match &dense.ann {
                None => exact.retrieve(input, settings.depth),
                Some(graph) => {
                    let judged = query.is_some_and(|query| self.position.contains_key(&query));
                    exact_hits = judged.then(|| exact.retrieve(input, settings.depth).ok()).flatten();
                    DenseLeg { ann: Some(graph), ..exact }.retrieve(input, settings.depth)
                }
            }
        } else {
            let leg = Bm25Leg { index: &self.lexical, tie_order, parameters: settings.bm25 };
            leg.retrieve(input, settings.depth)
        };
        let hits = hits.unwrap_or_else(|error| {
            self.notes.push(error.to_string());
            Vec::new()
        });
        self.facts_seen += u64::from(query.is_some());
        self.leg_costs[leg.0].computed(&text, hits.len(), start.elapsed().as_secs_f64() * 1e3);
        state.set_leg(leg, hits, exact_hits, tie_order);
        self.score_by_runs(state, query);
        if Some(leg) == self.legs.bm25 {
            self.read(state, leg, query);
        }
    }

    /// Drops the legs that were made with another depth or other BM25 parameters.
    pub(super) fn forget_legs(&mut self, settings: &Settings) {
        self.read_anew(settings.analysis);
        let made_with = &self.request.settings;
        let depth_changed = made_with.depth != settings.depth;
        let bm25_changed = made_with.bm25 != settings.bm25 || made_with.analysis != settings.analysis;
        let tie_order = &self.collection.tie_order;
        for leg in (0..self.legs.len()).map(LegId) {
            if depth_changed || (bm25_changed && Some(leg) == self.legs.bm25) {
                self.complete_to[leg.0] = 0;
                for state in self.listed.iter_mut().chain(self.typed.as_mut()) {
                    state.drop_leg(leg, tie_order);
                }
            }
        }
    }
}
