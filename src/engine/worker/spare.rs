//! Scores beyond the lists that are shown: what the thread that reranks does when it has nothing else to
//! do. First the plans that the person holds against the present one; then, for a screen and where they
//! cost neither money nor much time, the next candidates after N, and the passages that another α would
//! bring in, so that their curves become exact.
//!
//! New settings drop what is left of it. Its scores are facts like any others.

use std::sync::Arc;

use super::second_stage::works;
use super::{Dense, Worker};
use crate::domain::rerankers::{self, RerankerKind};
use crate::domain::{DocIdx, QueryIdx};
use crate::engine::affords::NEXT;
use crate::engine::query_state::QueryState;
use crate::engine::snapshot::{Focus, StageState};
use crate::rerank::cascade::{PairScore, at_depths};
use crate::rerank::{QueryRef, Work};

/// Milliseconds that unasked work may be expected to take.
const MOST_MS: f64 = 60_000.0;
/// Pairs that are scored to learn what a pair takes.
const SAMPLE: usize = 128;

/// What is scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Rivals,
    /// The next candidates after N.
    Next,
    /// What enters at another α.
    Alpha,
    Done,
}

/// How far it is.
#[derive(Debug, Default)]
pub(super) struct Spare {
    /// Counts work lists: a score of an earlier round may be one that the lists now wait for.
    pub round: u64,
    /// Whether the thread has nothing to do.
    pub idle: bool,
    phase: Phase,
    /// Whether scores have come that a picture of other settings could use.
    news: bool,
    /// Pairs that were handed out last: the same number again means that they do not come.
    handed: Option<usize>,
    sample: usize,
    done: usize,
    total: usize,
    /// Estimated milliseconds of what was not begun, because it takes too long.
    refused_ms: Option<f64>,
}

impl Worker {
    /// A new work list: what is left of the spare work is dropped, what came of it counts.
    pub(super) fn drop_spare_work(&mut self) {
        self.facts_seen += u64::from(self.spare.news);
        self.spare = Spare { round: self.spare.round + 1, sample: SAMPLE, ..Spare::default() };
    }

    pub(super) fn wants_spare_work(&self) -> bool {
        self.spare.idle
            && match self.spare.phase {
                Phase::Rivals => true,
                // The lists come first, whoever scores them.
                Phase::Next => self.scores_are_in(),
                Phase::Alpha => self.tuning_state().is_settled(),
                Phase::Done => false,
            }
    }

    /// Whether every plan that is held against the present one has what it can get.
    pub(super) fn rivals_are_in(&self) -> bool {
        self.spare.phase != Phase::Rivals
    }

    /// Hands out the next of it, if there is some.
    pub(super) fn go_on_sparing(&mut self) {
        while self.wants_spare_work() {
            let (works, next) = match self.spare.phase {
                Phase::Rivals => (self.rival_works(), Phase::Next),
                Phase::Next => (self.works_beyond_n(), Phase::Alpha),
                Phase::Alpha => (self.works_of_other_alphas(), Phase::Done),
                Phase::Done => return,
            };
            let pairs: usize = works.iter().map(|work| work.docs.len()).sum();
            let works = match self.spare.phase {
                _ if pairs == 0 || self.spare.handed == Some(pairs) => Vec::new(),
                Phase::Rivals => works,
                _ => self.within_reason(works),
            };
            if works.is_empty() {
                self.spare.phase = next;
                self.spare.handed = None;
                (self.spare.done, self.spare.total) = (0, 0);
                self.dirty.view = true;
                if self.spare.news && next == Phase::Alpha {
                    self.dirty.affords = true;
                    self.affording = None;
                }
                if self.spare.news && next == Phase::Done {
                    self.spare.news = false;
                    self.facts_seen += 1;
                }
                continue;
            }
            self.spare.handed = Some(pairs);
            self.spare.idle = false;
            self.spare.total = self.spare.total.max(self.spare.done + pairs);
            if let Some(runner) = &self.runner {
                runner.put_last(works);
            }
            return;
        }
    }

    /// Scores of spare work have come.
    pub(super) fn take_spare(&mut self, pairs: usize) {
        self.spare.done += pairs;
        self.spare.news |= self.spare.phase != Phase::Rivals;
    }

    pub(super) fn spare_state(&self) -> StageState {
        let doing = match (self.spare.phase, self.spare.refused_ms) {
            _ if self.spare.total == 0 || self.spare.idle => {
                return match self.spare.refused_ms {
                    Some(ms) => StageState::Waiting(format!(
                        "candidates beyond N are not scored unasked: about {:.0} s",
                        ms / 1e3
                    )),
                    None => StageState::Off,
                };
            }
            (Phase::Rivals, _) => "scoring for the comparison",
            (Phase::Next, _) => "scoring the next candidates",
            _ => "scoring what other α bring in",
        };
        let (done, total) = (self.spare.done.min(self.spare.total), self.spare.total);
        StageState::Working { done, total, doing: doing.to_owned() }
    }

    /// The focus first, then the judged queries.
    fn spare_queries(&self) -> Vec<(QueryRef, &QueryState)> {
        let wanted = self.wanted();
        let focus = match &self.request.focus {
            Focus::Listed(query) => {
                self.listed.get(query.index()).map(|state| (QueryRef::Listed(*query), state))
            }
            Focus::Typed(_) => {
                self.typed.as_ref().map(|state| (QueryRef::Typed(Arc::clone(&state.text)), state))
            }
        };
        let shown = focus.as_ref().map(|(query, _)| query.clone());
        let judged = self.judged.iter().map(|&query| (QueryRef::Listed(query), &self.listed[query.index()]));
        focus
            .into_iter()
            .chain(judged.filter(|(query, _)| Some(query) != shown.as_ref()))
            .filter(|(_, state)| state.is_complete(wanted))
            .collect()
    }

    fn as_spare(&self, works: Vec<Work>) -> impl Iterator<Item = Work> {
        let failed: Vec<&str> =
            self.rerankers.iter().filter(|known| known.failed.is_some()).map(|known| &*known.name).collect();
        let round = self.spare.round;
        let works: Vec<Work> = works.into_iter().filter(|work| !failed.contains(&&*work.reranker)).collect();
        works.into_iter().map(move |work| Work { spare: Some(round), ..work })
    }

    fn rival_works(&self) -> Vec<Work> {
        if self.rivals.plans().next().is_none() || self.ran() != self.wanted() || self.runner.is_none() {
            return Vec::new();
        }
        let n = self.request.settings.candidates;
        let mut all = Vec::new();
        for (query, state) in self.spare_queries() {
            for stages in self.rivals.plans() {
                all.extend(works(state, &query, stages, n, &self.rerankers));
            }
        }
        self.as_spare(all).collect()
    }

    /// Whether more may be scored than was asked for: it costs no money, and someone looks at the curves.
    fn may_score_more(&self) -> bool {
        let free = |name: &str| rerankers::card(name).is_none_or(|card| card.kind != RerankerKind::Service);
        self.options.eager
            && self.reranks_now(self.ran())
            && !self.judged.is_empty()
            && matches!(self.dense, Dense::Ready(_) | Dense::Off)
            && self.request.settings.reranker.rerankers().into_iter().all(free)
    }

    fn works_beyond_n(&self) -> Vec<Work> {
        let settings = &self.request.settings;
        let n = settings.candidates.saturating_add(NEXT);
        if !self.may_score_more() || n > settings.window() {
            return Vec::new();
        }
        let stages = at_depths(&self.stages, settings.reranker.depths(n));
        let mut all = Vec::new();
        for (query, state) in self.judged_only() {
            all.extend(works(state, &query, &stages, n, &self.rerankers));
        }
        self.as_spare(all).collect()
    }

    fn judged_only(&self) -> impl Iterator<Item = (QueryRef, &QueryState)> {
        let judged = |(query, _): &(QueryRef, &QueryState)| match query {
            QueryRef::Listed(query) => self.position.contains_key(query),
            QueryRef::Typed(_) => false,
        };
        self.spare_queries().into_iter().filter(judged)
    }

    fn works_of_other_alphas(&self) -> Vec<Work> {
        let (Some(number), Some(tuning)) = (self.one_reranker(), self.fresh_tuning()) else {
            return Vec::new();
        };
        if !self.may_score_more() {
            return Vec::new();
        }
        let work = |(place, docs): &(usize, Vec<DocIdx>)| {
            let query: QueryIdx = *self.judged.get(*place)?;
            let state = &self.listed[query.index()];
            let waits = |doc: &DocIdx| {
                state.pool().row_of(*doc).is_some_and(|row| state.score(number, row) == PairScore::NotYet)
            };
            let docs: Vec<DocIdx> = docs.iter().copied().filter(waits).collect();
            (!docs.is_empty()).then(|| Work {
                reranker: Arc::clone(&self.rerankers[number].name),
                query: QueryRef::Listed(query),
                text: Arc::clone(&state.text),
                docs,
                spare: None,
            })
        };
        self.as_spare(tuning.unscored.iter().filter_map(work).collect()).collect()
    }

    /// All of them where that takes no longer than it may, else none; and a sample where nobody knows what
    /// a pair takes, because all came from the cache so far.
    fn within_reason(&mut self, works: Vec<Work>) -> Vec<Work> {
        let ms_of = |work: &Work| {
            let known = self.rerankers.iter().find(|known| known.name == work.reranker)?;
            Some(known.cost.ms_per_pair()? * work.docs.len() as f64)
        };
        match works.iter().map(ms_of).sum::<Option<f64>>() {
            Some(ms) if ms > MOST_MS => {
                self.spare.refused_ms = Some(self.spare.refused_ms.unwrap_or(0.0).max(ms));
                Vec::new()
            }
            Some(_) => works,
            None => {
                let mut room = self.spare.sample;
                self.spare.sample *= 4;
                let fits = |work: &Work| {
                    let fits = room > 0;
                    room = room.saturating_sub(work.docs.len());
                    fits
                };
                let mut fits = fits;
                works.into_iter().take_while(|work| fits(work)).collect()
            }
        }
    }
}
