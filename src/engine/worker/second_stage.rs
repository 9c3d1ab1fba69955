//! The second stage as the worker sees it: which pairs need a score, and the scores that come back.

use std::sync::Arc;

use super::{Message, Worker};
use crate::domain::{LegSet, RerankerChoice};
use crate::engine::background::DenseFacts;
use crate::engine::query_state::PairScore;
use crate::engine::snapshot::Focus;
use crate::fuse::Fuser;
use crate::rerank::{LateInteraction, QueryRef, Runner, Scored, Work};

impl Worker {
    pub(super) fn start_runner(&mut self, dense: &DenseFacts) {
        let Some(model) = &self.model else { return };
        let reranker = LateInteraction::new(
            Arc::clone(&model.queries),
            Arc::clone(&dense.tokens),
            model.slot.clone(),
            &model.card.fingerprint,
        );
        let tell = self.own.clone();
        let runner = Runner::start(
            Box::new(reranker),
            Arc::clone(&self.collection),
            Arc::clone(&self.facts),
            move |event| {
                let _ = tell.send(Message::Rerank(event));
            },
        );
        match runner {
            Ok(runner) => self.runner = Some(runner),
            Err(error) => self.rerank_failed = Some(error),
        }
    }

    pub(super) fn take_scores(&mut self, scored: Scored) {
        let state = match &scored.query {
            QueryRef::Listed(query) => self.listed.get_mut(query.index()),
            QueryRef::Typed(text) => self.typed.as_mut().filter(|state| state.text == *text),
        };
        let text: Arc<str> = state.as_ref().map_or_else(|| Arc::from(""), |state| Arc::clone(&state.text));
        match scored.cached {
            true => self.rerank_cost.cached(scored.scores.len()),
            false => self.rerank_cost.computed(&text, scored.scores.len(), scored.ms),
        }
        let Some(state) = state else { return };
        for (doc, score) in scored.scores {
            state.set_score(doc, score.map_or(PairScore::Unscorable, PairScore::Score));
        }
        self.dirty.view = true;
        if let QueryRef::Listed(query) = scored.query {
            self.facts_seen += 1;
            self.dirty.rows.extend(self.position.get(&query));
        }
    }

    /// Whether the second stage has said all that it will say of the judged queries.
    pub(super) fn scores_are_in(&self) -> bool {
        !self.reranks_now(self.ran()) || self.rows.iter().all(|row| row.reranked.is_some())
    }

    pub(super) fn reranks(&self) -> bool {
        self.request.settings.reranker != RerankerChoice::None && self.rerank_failed.is_none()
    }

    /// Whether the second stage works on lists that `ran` made: not on BM25's while more is to come.
    pub(super) fn reranks_now(&self, ran: LegSet) -> bool {
        self.reranks() && self.runner.is_some() && ran == self.wanted()
    }

    /// Gives the runner the pairs that have no score: the query on the screen first, then file order.
    pub(super) fn hand_out_work(&mut self) {
        let Some(runner) = &self.runner else { return };
        let n = self.request.settings.candidates;
        let mut works = Vec::new();
        if self.reranks_now(self.ran()) {
            let wanted = self.wanted();
            let plan = self.plan(&self.request.settings, wanted);
            let fuser = Fuser::new(&plan);
            let visible = match &self.request.focus {
                Focus::Listed(query) => Some(*query),
                Focus::Typed(_) => None,
            };
            if let (Focus::Typed(_), Some(state)) = (&self.request.focus, self.typed.as_mut())
                && state.is_complete(wanted)
            {
                state.fuse(&fuser);
                let query = QueryRef::Typed(Arc::clone(&state.text));
                works.push(Work { query, text: Arc::clone(&state.text), docs: state.unscored(n) });
            }
            let others = self.judged.iter().copied().filter(|&query| Some(query) != visible);
            for query in visible.into_iter().chain(others) {
                let state = &mut self.listed[query.index()];
                if state.is_complete(wanted) {
                    state.fuse(&fuser);
                    let docs = state.unscored(n);
                    works.push(Work { query: QueryRef::Listed(query), text: Arc::clone(&state.text), docs });
                }
            }
            works.retain(|work| !work.docs.is_empty());
        }
        runner.replace(works);
    }
}
