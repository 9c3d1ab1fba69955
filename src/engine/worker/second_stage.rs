//! The second stage as the worker sees it: which pairs need a score, the scores that come back, and what
//! the next stage then needs. One thread works through the pairs of every reranker.

use std::sync::{Arc, Mutex, PoisonError};

use super::rerankers::Known;
use super::{Dense, Message, SLICE, Worker};
use crate::domain::rerankers::is_embedding_model;
use crate::domain::{DocIdx, LegSet, SecondStage};
use crate::engine::affords::{AffordInput, ms_per_pair};
use crate::engine::background::DenseFacts;
use crate::engine::query_state::QueryState;
use crate::engine::snapshot::{Affords, Focus};
use crate::error::{Error, Result};
use crate::fuse::Fuser;
use crate::rerank::cascade::{PairScore, StagePlan};
use crate::rerank::{self, LateInteraction, QueryRef, Reranker, Runner, RunnerEvent, Scored, Work};

/// What late interaction over the embedding model works with, once it is there.
pub(super) type LateParts = Arc<Mutex<Option<LateInteraction>>>;

impl Worker {
    /// Starts the thread; rerankers are opened on it when they are wanted.
    pub(super) fn start_runner(&mut self) {
        let late = Arc::clone(&self.late);
        let options = rerank::OpenOptions {
            model: self.options.model.clone(),
            folder: self.options.reranker_dir.clone(),
            activation: self.options.activation,
            services: self.service_options(),
            tokens: Some(rerank::TokenFile {
                file: self.cache.tokens(),
                most_bytes: self.options.token_store_max,
            }),
        };
        let open = move |name: &str,
                         cancel: &rerank::Cancel,
                         doing: &mut dyn FnMut(String)|
              -> Result<Box<dyn Reranker>> {
            if is_embedding_model(name) {
                let part = late.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let late = part.ok_or_else(|| Error::unavailable("the token vectors are not there"))?;
                return Ok(Box::new(late));
            }
            rerank::open(name, &options, cancel, doing)
        };
        let tell = self.own.clone();
        let runner = Runner::start(
            Box::new(open),
            Arc::clone(&self.collection),
            Arc::clone(&self.facts),
            move |event| {
                let _ = tell.send(Message::Rerank(event));
            },
        );
        match runner {
            Ok(runner) => self.runner = Some(runner),
            Err(error) => self.notes.push(error.to_string()),
        }
    }

    /// Late interaction can work from now on.
    pub(super) fn take_late_parts(&mut self, dense: &DenseFacts) {
        let Some(model) = &self.model else { return };
        let late = LateInteraction::new(
            Arc::clone(&model.queries),
            Arc::clone(&dense.tokens),
            model.slot.clone(),
            &model.card.fingerprint,
        );
        *self.late.lock().unwrap_or_else(PoisonError::into_inner) = Some(late);
    }

    /// Takes the stages of new settings; rerankers that failed are given another try.
    pub(super) fn take_plan(&mut self, plan: &SecondStage, candidates: usize) {
        self.stages = self.stages_of(plan, candidates).into();
    }

    /// A plan's stages with the numbers of their rerankers.
    pub(super) fn stages_of(&mut self, plan: &SecondStage, candidates: usize) -> Vec<StagePlan> {
        let depths = plan.depths(candidates);
        let stages = plan.stages.iter().zip(depths).map(|(stage, depth)| StagePlan {
            parts: stage.parts.iter().map(|part| (self.number(&part.name), part.weight)).collect(),
            depth,
        });
        stages.collect()
    }

    /// Queries and pairs that a reranker of the plan, or of one that is compared, still waits for; those of
    /// stages that are not reached yet by their depth.
    pub(super) fn pairs_waiting(&self, name: &str) -> (usize, usize) {
        let Some(number) = self.rerankers.iter().position(|known| *known.name == *name) else {
            return (0, 0);
        };
        let plans = || std::iter::once(&*self.stages).chain(self.rivals.plans());
        let depth = plans()
            .flatten()
            .filter(|stage| stage.parts.iter().any(|&(part, _)| part == number))
            .map(|stage| stage.depth)
            .max()
            .unwrap_or(0);
        let waits = |state: &QueryState| {
            let scored = (0..state.pool().len()).filter(|&row| state.score(number, row) != PairScore::NotYet);
            depth.min(state.fused().len()).saturating_sub(scored.count())
        };
        let judged = self.judged.iter().map(|query| &self.listed[query.index()]);
        let typed = self.typed.as_ref().filter(|_| matches!(self.request.focus, Focus::Typed(_)));
        let pairs: Vec<usize> = judged.chain(typed).map(waits).filter(|&pairs| pairs > 0).collect();
        (pairs.len(), pairs.iter().sum())
    }

    /// A slice of what other sizes of the candidate set take and reach.
    pub(super) fn go_on_affording(&mut self) {
        let mut under_way = self.affording.take().unwrap_or_default();
        let states: Vec<&QueryState> = self.judged.iter().map(|query| &self.listed[query.index()]).collect();
        let input = AffordInput {
            states: &states,
            settings: &self.request.settings,
            stages: &self.stages,
            ms_per_pair: &ms_per_pair(self.rerankers.iter().map(|known| &known.cost)),
            average: self.options.judging.average,
            budget_ms: self.options.budget_ms,
        };
        let found = match self.reranks_now(self.ran()) {
            true => under_way.go_on(&input, SLICE),
            false => Some(Affords::default()),
        };
        match found {
            Some(affords) => {
                self.affords = Arc::new(affords);
                self.dirty.affords = false;
                self.dirty.view = true;
            }
            None => self.affording = Some(under_way),
        }
    }

    pub(super) fn take_rerank(&mut self, event: RunnerEvent) {
        self.dirty.view = true;
        match event {
            RunnerEvent::Scored(scored) => self.take_scores(scored),
            RunnerEvent::Opening { reranker, doing } => {
                let number = self.number(&reranker);
                self.rerankers[number].opening = Some(doing);
            }
            RunnerEvent::Opened { reranker, fingerprint, has_token_pairs } => {
                self.token_pairs.forget(&reranker);
                let number = self.number(&reranker);
                let known = &mut self.rerankers[number];
                known.opening = None;
                known.fingerprint = Some(fingerprint);
                known.has_token_pairs = has_token_pairs;
            }
            RunnerEvent::TokenPairs { wanted, pairs } => self.take_token_pairs(&wanted, pairs),
            RunnerEvent::Failed { reranker, error } => {
                let number = self.number(&reranker);
                self.rerankers[number].opening = None;
                self.rerankers[number].failed = Some(error);
                self.dirty.judged = true;
            }
            RunnerEvent::Idle => self.spare.idle = true,
        }
    }

    fn take_scores(&mut self, scored: Scored) {
        let number = self.number(&scored.reranker);
        // Where a new work list is due, the lists are others already, and may wait for this very score.
        let is_spare = scored.spare == Some(self.spare.round) && !self.dirty.work_list;
        let before = if is_spare { None } else { self.unfinished_stage(&scored.query) };
        let state = match &scored.query {
            QueryRef::Listed(query) => self.listed.get_mut(query.index()),
            QueryRef::Typed(text) => self.typed.as_mut().filter(|state| state.text == *text),
        };
        let text: Arc<str> = state.as_ref().map_or_else(|| Arc::from(""), |state| Arc::clone(&state.text));
        let known = &mut self.rerankers[number];
        match scored.cached {
            true => known.cost.cached(scored.scores.len()),
            false if is_spare => known.cost.spare(scored.scores.len(), scored.ms),
            false => known.cost.computed(&text, scored.scores.len(), scored.ms),
        }
        known.truncated.extend(scored.truncated);
        let Some(state) = state else { return };
        let pairs = scored.scores.len();
        for (doc, score) in scored.scores {
            if let Some(score) = score {
                known.saturation.take(score);
            }
            state.set_score(number, doc, score.map_or(PairScore::Unscorable, PairScore::Score));
        }
        if is_spare {
            self.take_spare(pairs);
            return self.forget_rivals_of(&scored.query);
        }
        if let QueryRef::Listed(query) = scored.query {
            self.facts_seen += 1;
            self.dirty.rows.extend(self.position.get(&query));
        }
        if let Some(before) = before {
            self.go_on_with(&scored.query, before);
        }
    }

    /// Of a cascade, the stage of a query that is not through; `None` where there is none to wait for.
    fn unfinished_stage(&mut self, query: &QueryRef) -> Option<usize> {
        // A single stage was handed out whole; so was the first of several.
        if self.stages.len() < 2 || self.dirty.work_list || !self.reranks_now(self.ran()) {
            return None;
        }
        let wanted = self.wanted();
        let plan = self.plan(&self.request.settings, wanted);
        let state = match query {
            QueryRef::Listed(query) => self.listed.get_mut(query.index()),
            QueryRef::Typed(text) => self.typed.as_mut().filter(|state| state.text == *text),
        };
        let state = state.filter(|state| state.is_complete(wanted))?;
        state.fuse(&Fuser::new(&plan));
        state.reranked(&self.stages, self.request.settings.candidates).at().map(|(stage, ..)| stage)
    }

    /// Hands out what the query's next stage needs, when the stage `before` has just come through: once,
    /// however many rerankers score in it.
    fn go_on_with(&mut self, query: &QueryRef, before: usize) {
        if self.unfinished_stage(query).is_none_or(|now| now <= before) {
            return;
        }
        let state = match query {
            QueryRef::Listed(query) => self.listed.get(query.index()),
            QueryRef::Typed(text) => self.typed.as_ref().filter(|state| state.text == *text),
        };
        if let (Some(state), Some(runner)) = (state, &self.runner) {
            let n = self.request.settings.candidates;
            let shown = match (&self.request.focus, query) {
                (Focus::Listed(shown), QueryRef::Listed(query)) => shown == query,
                (Focus::Typed(_), QueryRef::Typed(_)) => true,
                _ => false,
            };
            runner.put_first(works(state, query, &self.stages, n, &self.rerankers), shown);
        }
    }

    /// Whether the second stage has said all that it will say of the judged queries.
    pub(super) fn scores_are_in(&self) -> bool {
        !self.reranks_now(self.ran()) || self.rows.iter().all(|row| row.rerank_complete)
    }

    pub(super) fn reranks(&self) -> bool {
        !self.request.settings.reranker.is_none() && self.rerank_failure().is_none()
    }

    /// Whether the second stage works on lists that `ran` made: not on BM25's while more is to come.
    pub(super) fn reranks_now(&self, ran: LegSet) -> bool {
        let embedded =
            matches!(self.dense, Dense::Ready(_)) || !self.request.settings.reranker.needs_embedding();
        self.reranks() && self.runner.is_some() && embedded && ran == self.wanted()
    }

    /// Gives the runner the pairs that have no score: the query on the screen first, then file order.
    pub(super) fn hand_out_work(&mut self) {
        let n = self.request.settings.candidates;
        let mut all = Vec::new();
        if self.reranks_now(self.ran()) {
            let wanted = self.wanted();
            let plan = self.plan(&self.request.settings, wanted);
            let fuser = Fuser::new(&plan);
            let visible = match &self.request.focus {
                Focus::Listed(query) => Some(*query).filter(|query| query.index() < self.listed.len()),
                Focus::Typed(_) => None,
            };
            if let (Focus::Typed(_), Some(state)) = (&self.request.focus, self.typed.as_mut())
                && state.is_complete(wanted)
            {
                state.fuse(&fuser);
                let query = QueryRef::Typed(Arc::clone(&state.text));
                all.extend(works(state, &query, &self.stages, n, &self.rerankers));
            }
            let others = self.judged.iter().copied().filter(|&query| Some(query) != visible);
            for query in visible.into_iter().chain(others) {
                let state = &mut self.listed[query.index()];
                if state.is_complete(wanted) {
                    state.fuse(&fuser);
                    all.extend(works(state, &QueryRef::Listed(query), &self.stages, n, &self.rerankers));
                }
            }
        }
        self.drop_spare_work();
        if let Some(runner) = &self.runner {
            runner.replace(all);
        }
    }
}

/// The works of one query's next unfinished stage.
pub(super) fn works(
    state: &QueryState,
    query: &QueryRef,
    stages: &[StagePlan],
    n: usize,
    rerankers: &[Known],
) -> Vec<Work> {
    let wanted = state.wanted(stages, n).into_iter();
    let work = |(number, docs): (usize, Vec<DocIdx>)| {
        let reranker = Arc::clone(&rerankers.get(number)?.name);
        Some(Work { reranker, query: query.clone(), text: Arc::clone(&state.text), docs, spare: None })
    };
    wanted.filter_map(work).collect()
}
