//! In: one query's state under the settings. Out: what tuning looks at of it, owned, so that it can go to
//! another thread.

use std::sync::Arc;

use crate::domain::{FusionMethod, LegName, LegSet, Settings};
use crate::engine::query_state::{Judged, PairScores, QueryState};
use crate::fuse::{FusionPlan, Pool};
use crate::rerank::cascade::{PairScore, StagePlan};
use crate::tune::{Axis, Goal, JudgedRow, SecondScore};

/// What a picture depends on; two equal keys have equal pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    settings: Settings,
    ran: LegSet,
    goal: Goal,
    /// Counts the states of facts: legs, scores, judgments.
    facts: u64,
}

impl Key {
    pub fn of(settings: &Settings, ran: LegSet, goal: Goal, facts: u64) -> Self {
        // How many are delivered moves fates, not metrics.
        let settings = Settings { deliver: 1, ..settings.clone() };
        Self { settings, ran, goal, facts }
    }
}

/// One judged query.
#[derive(Debug, Clone)]
pub struct Facts {
    pub pool: Arc<Pool>,
    pub judged: Vec<JudgedRow>,
    /// By pool row; empty where no single reranker orders the whole candidate set.
    pub second: Vec<SecondScore>,
    /// By reranker, then by pool row, as far as there are any; empty without a second stage.
    pub scores: PairScores,
    /// A number for its language.
    pub stratum: usize,
}

impl Facts {
    /// Of a query that is complete. `stages`: the second stage, if any. `alone`: the number of the reranker
    /// that is all of it.
    pub fn of(state: &QueryState, stages: &[StagePlan], alone: Option<usize>, stratum: usize) -> Self {
        let pool = state.shared_pool();
        let judged = |judged: &Judged| JudgedRow {
            grade: judged.grade,
            row: judged.doc.and_then(|doc| pool.row_of(doc)),
        };
        let score = |reranker: usize, row| match state.score(reranker, row) {
            PairScore::NotYet => SecondScore::NotYet,
            PairScore::Unscorable => SecondScore::Unscorable,
            PairScore::Score(score) => SecondScore::Score(score),
        };
        Self {
            scores: if stages.is_empty() { PairScores::default() } else { state.pair_scores().clone() },
            // What is judged non-relevant moves none of the metrics that are tuned.
            judged: state.judged().iter().filter(|judged| judged.grade > 0).map(judged).collect(),
            second: alone
                .map_or_else(Vec::new, |reranker| (0..pool.len()).map(|row| score(reranker, row)).collect()),
            pool,
            stratum,
        }
    }
}

/// All that a picture is computed from.
#[derive(Debug, Clone)]
pub struct Job {
    pub key: Key,
    pub goal: Goal,
    pub settings: Settings,
    pub legs: Arc<[LegName]>,
    pub ran: LegSet,
    pub queries: Vec<Facts>,
    /// The second stage's; none without one, or while it is not to be looked at.
    pub stages: Arc<[StagePlan]>,
    /// Whether the reranked list is ordered by `second` alone (no blend with the first stage).
    pub by_score: bool,
}

/// The methods of the heat map beside the present one: each a different idea of what counts.
pub const METHODS: [FusionMethod; 4] =
    [FusionMethod::Rrf, FusionMethod::Convex, FusionMethod::Tm2c2, FusionMethod::OpenSearchL2];

impl Job {
    /// The leg whose share α is: the second of two, the last of more. `None`: there is nothing to share.
    pub fn axis(&self) -> Option<Axis> {
        let last = self.ran.iter().last()?;
        (self.ran.len() > 1).then_some(Axis { leg: last.0 })
    }

    /// The fusion plan of the settings with another method.
    pub fn plan(&self, fusion: FusionMethod) -> FusionPlan {
        // A constant k that was given for one method means something else to another.
        let rrf_k = self.settings.rrf_k.filter(|_| fusion == self.settings.fusion);
        let settings = Settings { fusion, rrf_k, ..self.settings.clone() };
        FusionPlan::of(&settings, &self.legs, self.ran)
    }

    /// The present α.
    pub fn alpha(&self) -> f64 {
        let plan = self.plan(self.settings.fusion);
        self.axis().and_then(|axis| axis.alpha_of(&plan)).unwrap_or(self.settings.alpha)
    }
}
