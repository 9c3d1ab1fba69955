//! Trying other settings: when it is begun, given up, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::{Message, SLICE, Worker};
use crate::domain::Language;
use crate::engine::snapshot::StageState;
use crate::engine::tuning::{Facts, Job, Key, Tuner, Tuning};
use crate::rerank::cascade::StagePlan;

/// Facts on their way to the tuner: a slice at a time, for ten thousand queries are no slice.
pub(super) struct Gathered {
    key: Key,
    queries: Vec<Facts>,
    /// A number for each language met so far.
    strata: BTreeMap<Language, usize>,
}

impl Worker {
    /// What a picture would be of now; `None`: none is asked for, or there is nothing to try it on.
    fn tuning_key(&self) -> Option<Key> {
        let goal = self.request.tune?;
        let ran = self.ran();
        (self.can_tune() && ran == self.settled_legs()).then(|| {
            let facts = if self.scores_are_in() { self.facts_seen } else { 0 };
            Key::of(&self.request.settings, ran, goal, facts)
        })
    }

    /// Whether there is something to try settings on: judgments, and of passages, for a document's rank is
    /// no step function of one line.
    fn can_tune(&self) -> bool {
        let judged = || self.judged.iter().any(|query| self.listed[query.index()].has_judgments());
        self.collection.judged_documents().is_none() && judged()
    }

    /// Whether a picture is to be begun; asked when nothing else is to do.
    pub(super) fn wants_tuning(&self) -> bool {
        self.tuning_key().is_some_and(|key| self.tuning_begun.as_ref() != Some(&key))
    }

    /// Gathers a slice of the facts as they are; when all are there, hands them to the tuner.
    pub(super) fn go_on_to_tune(&mut self) {
        let (Some(key), Some(goal)) = (self.tuning_key(), self.request.tune) else { return };
        let start = Instant::now();
        let mut gathered = self.gathered.take().filter(|gathered| gathered.key == key).unwrap_or(Gathered {
            key: key.clone(),
            queries: Vec::new(),
            strata: BTreeMap::new(),
        });
        let ran = self.ran();
        let stages: Arc<[StagePlan]> = match self.reranks_now(ran) && self.scores_are_in() {
            true => self.stages.to_vec().into(),
            false => Arc::default(),
        };
        let alone = self.one_reranker().filter(|_| !stages.is_empty());
        while let Some(&query) = self.judged.get(gathered.queries.len()) {
            if start.elapsed() >= SLICE {
                self.gathered = Some(gathered);
                return;
            }
            let next = gathered.strata.len();
            let language = self.collection.query(query).language.clone();
            let stratum = *gathered.strata.entry(language).or_insert(next);
            gathered.queries.push(Facts::of(&self.listed[query.index()], &stages, alone, stratum));
        }
        self.begin_tuning(Job {
            key,
            goal,
            settings: self.request.settings.clone(),
            legs: Arc::clone(&self.legs.names),
            ran,
            queries: gathered.queries,
            stages,
            by_score: self.request.settings.blend <= 0.0 && self.request.settings.threshold.is_none(),
        });
    }

    fn begin_tuning(&mut self, job: Job) {
        if self.tuner.is_none() {
            let tell = self.own.clone();
            match Tuner::start(move |tuning| {
                let _ = tell.send(Message::Tuned(tuning));
            }) {
                Ok(tuner) => self.tuner = Some(tuner),
                Err(error) => self.notes.push(error.to_string()),
            }
        }
        self.tuning_begun = Some(job.key.clone());
        if let Some(tuner) = &self.tuner {
            tuner.begin(job);
        }
        self.dirty.view = true;
    }

    /// The reranker, where it is one that re-scores the whole candidate set by itself.
    pub(super) fn one_reranker(&self) -> Option<usize> {
        match (self.request.settings.reranker.stages.as_slice(), &*self.stages) {
            ([stage], [plan]) if stage.depth.is_none() => match plan.parts.as_slice() {
                [(number, _)] => Some(*number),
                _ => None,
            },
            _ => None,
        }
    }

    /// The picture, where it is whole and of the lists as they are.
    pub(super) fn fresh_tuning(&self) -> Option<&Tuning> {
        self.tuning
            .as_deref()
            .filter(|tuning| tuning.complete && Some(&tuning.key) == self.tuning_key().as_ref())
    }

    pub(super) fn take_tuning(&mut self, tuning: Arc<Tuning>) {
        if self.tuning_begun.as_ref() == Some(&tuning.key) {
            self.dirty.verdict |= tuning.complete;
            self.tuning = Some(tuning);
            self.dirty.view = true;
        }
    }

    /// New settings or facts: what is being computed is of no use any more.
    pub(super) fn give_up_tuning(&mut self) {
        if let (Some(tuner), Some(begun)) = (&self.tuner, &self.tuning_begun)
            && self.tuning.as_ref().is_none_or(|tuning| tuning.key != *begun || !tuning.complete)
        {
            tuner.give_up();
            self.tuning_begun = None;
        }
    }

    /// Lets the tuner work while nothing else is to do, and only then.
    pub(super) fn let_tune(&self, idle: bool) {
        if let Some(tuner) = &self.tuner {
            tuner.step_aside(!idle);
        }
    }

    pub(super) fn tuning_state(&self) -> StageState {
        if !self.can_tune() {
            return StageState::Off;
        }
        let Some(key) = self.tuning_key() else {
            return match self.request.tune {
                Some(_) if self.first_stage_will_come() => {
                    StageState::Waiting("waits for the first stage".to_owned())
                }
                _ => StageState::Off,
            };
        };
        let (done, total) = match &self.tuning {
            Some(tuning) if tuning.key == key && tuning.complete => return StageState::Ready,
            Some(tuning) if tuning.key == key => {
                tuning.heat.as_ref().map_or((0, 0), |heat| (heat.done, heat.of))
            }
            _ => (0, 0),
        };
        StageState::Working { done, total, doing: "trying other settings".to_owned() }
    }
}
