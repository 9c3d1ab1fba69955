//! Plans that are held against the present one, on the same candidates: how far each is, and what it makes
//! of every judged query. Goes on in slices when the lists are settled.

use std::sync::Arc;
use std::time::Instant;

use super::{SLICE, Worker};
use crate::domain::{QueryIdx, SecondStage};
use crate::engine::query_state::QueryState;
use crate::engine::snapshot::{Focus, Rival, Rivals, StageState, Standing};
use crate::judge::{Column, Metrics, ROUNDS, SEED, Trial};
use crate::rerank::QueryRef;
use crate::rerank::cascade::StagePlan;

/// Resamples between two looks at the clock.
const STEP: usize = 50;

/// What a plan makes of one query.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    Stale,
    /// Not all of its candidates are scored.
    Unscored,
    Known(Metrics),
}

struct Plan {
    plan: SecondStage,
    stages: Vec<StagePlan>,
    /// In the order of the judged queries.
    values: Vec<Value>,
}

/// The comparison under way.
#[derive(Default)]
pub(super) struct RivalsAtWork {
    plans: Vec<Plan>,
    /// `None`: to be made anew.
    standing: Option<Arc<Standing>>,
    trial: Option<(Vec<usize>, Vec<usize>, Trial)>,
}

impl RivalsAtWork {
    /// The stages of each plan.
    pub fn plans(&self) -> impl Iterator<Item = &[StagePlan]> {
        self.plans.iter().map(|plan| plan.stages.as_slice())
    }

    pub fn names(&self) -> Vec<SecondStage> {
        self.plans.iter().map(|plan| plan.plan.clone()).collect()
    }

    /// What is known of this query (its position), or of all, is of other lists than are there now.
    pub fn forget(&mut self, position: Option<usize>) {
        for plan in &mut self.plans {
            match position {
                Some(at) => plan.values.get_mut(at).into_iter().for_each(|value| *value = Value::Stale),
                None => plan.values.fill(Value::Stale),
            }
        }
        (self.standing, self.trial) = (None, None);
    }
}

impl Worker {
    /// Takes the plans to compare; they are scored when the lists are.
    pub(super) fn take_rivals(&mut self, plans: Vec<SecondStage>) {
        if plans == self.rivals.names() {
            return;
        }
        self.forgive_rerankers();
        self.set_rivals(plans);
        self.dirty.work_list = true;
        self.dirty.view = true;
        self.dirty.urgent = true;
    }

    /// The same plans under new settings.
    pub(super) fn renew_rivals(&mut self) {
        self.set_rivals(self.rivals.names());
    }

    fn set_rivals(&mut self, plans: Vec<SecondStage>) {
        let n = self.request.settings.candidates;
        let plans = plans.into_iter().map(|plan| Plan {
            stages: self.stages_of(&plan, n),
            values: vec![Value::Stale; self.judged.len()],
            plan,
        });
        self.rivals = RivalsAtWork { plans: plans.collect(), ..RivalsAtWork::default() };
    }

    pub(super) fn wants_to_compare(&self) -> bool {
        let stale = |plan: &Plan| plan.values.contains(&Value::Stale);
        !self.rivals.plans.is_empty()
            && self.rejudge.is_none()
            && self.reranks_now(self.ran())
            && (self.rivals.plans.iter().any(stale)
                || (self.rivals.standing.is_none() && self.rivals_are_in() && self.scores_are_in()))
    }

    /// A slice of it: queries whose lists are new, then who won how often.
    pub(super) fn go_on_comparing(&mut self) {
        let start = Instant::now();
        let settings = self.request.settings.clone();
        for plan in &mut self.rivals.plans {
            for (value, query) in plan.values.iter_mut().zip(&self.judged) {
                if *value != Value::Stale {
                    continue;
                }
                if start.elapsed() >= SLICE {
                    return;
                }
                let metrics = self.listed[query.index()].reranked_metrics(&plan.stages, &settings);
                *value = metrics.map_or(Value::Unscored, Value::Known);
            }
        }
        self.dirty.view = true;
        if !(self.rivals_are_in() && self.scores_are_in()) {
            return;
        }
        let (plans, places, mut trial) = self.rivals.trial.take().unwrap_or_else(|| self.trial());
        while start.elapsed() < SLICE {
            if trial.step(STEP) {
                self.rivals.standing = Some(Arc::new(self.standing(&plans, &places, trial)));
                return;
            }
        }
        self.rivals.trial = Some((plans, places, trial));
    }

    /// The plans that take part, the positions of the queries that all of them and the present one have
    /// reranked whole, and the test of nDCG@10 over these.
    fn trial(&self) -> (Vec<usize>, Vec<usize>, Trial) {
        let is_known = |value: &Value| matches!(value, Value::Known(_));
        let plans: Vec<usize> = (0..self.rivals.plans.len())
            .filter(|&at| self.rivals.plans[at].values.iter().any(is_known))
            .collect();
        let all_have = |&at: &usize| {
            self.rows.get(at).is_some_and(|row| row.reranked.is_some())
                && plans.iter().all(|&plan| is_known(&self.rivals.plans[plan].values[at]))
        };
        let places: Vec<usize> = (0..self.judged.len()).filter(all_have).collect();
        let column = |&plan: &usize| Column {
            metric: self.rivals.plans[plan].plan.to_string(),
            before: places.iter().map(|&at| self.ours(at).ndcg10).collect(),
            after: places.iter().map(|&at| self.theirs(plan, at).ndcg10).collect(),
            tested: true,
        };
        let trial = Trial::new(plans.iter().map(column).collect(), ROUNDS, SEED);
        (plans, places, trial)
    }

    fn ours(&self, at: usize) -> Metrics {
        self.rows.get(at).and_then(|row| row.reranked).unwrap_or(Metrics::ZERO)
    }

    fn theirs(&self, plan: usize, at: usize) -> Metrics {
        match self.rivals.plans[plan].values[at] {
            Value::Known(metrics) => metrics,
            Value::Stale | Value::Unscored => Metrics::ZERO,
        }
    }

    fn standing(&self, plans: &[usize], places: &[usize], trial: Trial) -> Standing {
        let mut found = trial.finish().into_iter();
        let of = |plan: usize| Metrics::mean(places.iter().map(|&at| self.theirs(plan, at)));
        let changes = |plan: usize| {
            let difference =
                |&at: &usize| (self.judged[at], self.theirs(plan, at).ndcg10 - self.ours(at).ndcg10);
            let mut changes: Vec<(QueryIdx, f64)> =
                places.iter().map(difference).filter(|(_, by)| by.abs() > 1e-9).collect();
            changes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            changes
        };
        let mut rivals = vec![None; self.rivals.plans.len()];
        for &plan in plans {
            rivals[plan] = of(plan).zip(found.next()).map(|(means, paired)| (means, paired, changes(plan)));
        }
        Standing {
            queries: places.len(),
            ours: Metrics::mean(places.iter().map(|&at| self.ours(at))),
            rivals,
        }
    }

    /// The comparison as far as it is, with the lists of the query on the screen.
    pub(super) fn rivals(&self) -> Rivals {
        let state = match &self.request.focus {
            Focus::Listed(query) => self.listed.get(query.index()),
            Focus::Typed(_) => self.typed.as_ref(),
        };
        let judged = match &self.request.focus {
            Focus::Listed(query) => self.position.get(query).copied(),
            Focus::Typed(_) => None,
        };
        let settings = &self.request.settings;
        let now = self.reranks_now(self.ran());
        let list = |plan: &Plan, state: &QueryState| {
            let reranked = state.reranked(&plan.stages, settings.candidates);
            let whole = now && reranked.is_complete();
            let rows = if whole { reranked.delivered(state, settings).list } else { Vec::new() };
            rows.into_iter().map(|placed| state.pool().doc(placed.row)).collect()
        };
        let rival = |plan: &Plan| Rival {
            plan: plan.plan.clone(),
            state: self.rival_state(plan),
            focus: state.map_or_else(Vec::new, |state| list(plan, state)),
            here: judged.and_then(|at| match plan.values.get(at) {
                Some(Value::Known(metrics)) => Some(*metrics),
                _ => None,
            }),
        };
        Rivals {
            plans: self.rivals.plans.iter().map(rival).collect(),
            standing: self.rivals.standing.clone(),
        }
    }

    fn rival_state(&self, plan: &Plan) -> StageState {
        let parts = || plan.stages.iter().flat_map(|stage| &stage.parts);
        let known = || parts().filter_map(|&(number, _)| self.rerankers.get(number));
        if let Some(error) = known().find_map(|known| known.failed.as_ref()) {
            return StageState::Failed(error.to_string());
        }
        let done = plan.values.iter().filter(|value| matches!(value, Value::Known(_))).count();
        let total = plan.values.len();
        if done == total {
            return StageState::Ready;
        }
        let opening = known().find_map(|known| known.opening.clone());
        let doing = opening.unwrap_or_else(|| "reranking queries".to_owned());
        StageState::Working { done, total, doing }
    }

    /// Scores of this query have come.
    pub(super) fn forget_rivals_of(&mut self, query: &QueryRef) {
        if let QueryRef::Listed(query) = query
            && let Some(&position) = self.position.get(query)
        {
            self.rivals.forget(Some(position));
        }
    }
}
