//! What the engine answers: an immutable picture of one request over the whole collection.
//!
//! The screen and the reports read the same structures, so a number shown and a number printed come from
//! the same line of code. Nothing here computes; `engine::view` and `engine::judging` fill it.

mod judged;
mod lists;
mod second_stage;

use std::sync::Arc;

use super::languages::LanguageReport;
pub use super::query_state::StageHit;
pub use super::tuning::{AlphaCurve, BestCell, HeatMap, Held, Key as TuningKey, Shape, Tuning};
use crate::domain::{DocIdx, LegId, LegName, LegSet, QueryIdx, Settings};
use crate::judge::{Metric, MetricMean, Verdict};
pub use crate::models::Reading as TextReading;
pub use crate::rerank::http::dollars;
pub use crate::rerank::token_pairs::{PairedToken, TokenPair, mean_similarity, told_together};
pub use crate::retrieve::bm25::TermScore;
use crate::tune::Goal;
pub use judged::*;
pub use lists::*;
pub use second_stage::*;

/// Which answer this is: `generation` counts requests, `revision` counts progress within one. A screen
/// takes only a greater pair than the one it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Stamp {
    pub generation: u64,
    pub revision: u64,
}

/// The query whose lists are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Focus {
    /// A query of the queries file.
    Listed(QueryIdx),
    /// What the user types. Without judgments, so without golds and fates.
    Typed(String),
}

/// What the caller wants to see. The engine answers the newest one.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub generation: u64,
    pub settings: Settings,
    pub focus: Focus,
    /// The passage whose score is to be explained for the focus query.
    pub inspect: Option<DocIdx>,
    /// The metric for which other settings are tried in the background; `None`: none are.
    pub tune: Option<Goal>,
    /// The passage whose place in the list of every judged query is wanted.
    pub trace: Option<DocIdx>,
    /// Whether all rows below the cut are wanted, and not the golds alone.
    pub whole: bool,
}

/// State of one engine: bm25, dense or rerank.
#[derive(Debug, Clone, PartialEq)]
pub enum StageState {
    /// Switched off by the settings.
    Off,
    /// Needs something that is not there yet; says what ("waits for the dense vectors").
    Waiting(String),
    /// `done` of `total`, and what is being done ("embedding passages").
    Working {
        done: usize,
        total: usize,
        doing: String,
    },
    Ready,
    /// Not available; says why and what to do.
    Failed(String),
}

impl StageState {
    /// Whether nothing more will happen to this stage by itself.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Off | Self::Ready | Self::Failed(_))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub bm25: StageState,
    pub dense: StageState,
    pub rerank: StageState,
    /// Judged queries whose first stage is complete, and all judged queries.
    pub judged: (usize, usize),
    /// Judged queries whose whole candidate set has reranker scores.
    pub reranked_queries: usize,
    /// Judged queries that are judged under the settings so far, and all of them; until then rows, means
    /// and curve are of the settings before. `None`: they are of these settings.
    pub rejudging: Option<(usize, usize)>,
    /// Whether the verdict is of an earlier state of the lists.
    pub verdict_lags: bool,
    /// Whether the study is, or what other sizes of the candidate set take and reach.
    pub study_lags: bool,
    /// Trying other settings: columns of the heat map.
    pub tuning: StageState,
    /// Scoring more than the lists need: for plans that are compared, and for the curves. Nothing waits for
    /// it.
    pub spare: StageState,
}

impl Status {
    /// Whether the answer is final for its request.
    pub fn is_settled(&self) -> bool {
        self.bm25.is_settled()
            && self.dense.is_settled()
            && self.rerank.is_settled()
            && self.rejudging.is_none()
            && !self.verdict_lags
            && !self.study_lags
            && self.tuning.is_settled()
    }
}

/// The model behind dense vectors and late interaction.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInUse {
    pub id: String,
    /// Hex SHA-256 of what its vectors depend on.
    pub fingerprint: String,
    /// Version of ONNX Runtime; `None` where everything came from the cache.
    pub runtime: Option<String>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub stamp: Stamp,
    /// The settings this answers; lists, fates and metrics are of these.
    pub settings: Settings,
    /// The legs there are, by [`LegId`].
    pub legs: Arc<[LegName]>,
    /// What the first stage was made of in fact: without the dense leg while that is not there.
    pub ran: LegSet,
    pub status: Status,
    pub focus: FocusView,
    /// Every judged query, in file order.
    pub queries: Arc<Vec<QueryRow>>,
    /// The metrics that are measured beside those of `means`: the ones asked for, and Judged@10 and
    /// nDCG@10 of the condensed list in any case.
    pub metrics: Arc<[Metric]>,
    /// Means of these over the judged queries that the average counts; empty until there is one.
    pub by_metric: Vec<MetricMean>,
    /// `None` until the first judged query is complete, and for a collection without judgments.
    pub means: Option<Means>,
    /// In order of the languages' tags.
    pub languages: Vec<LanguageRow>,
    /// How each language is cut, and what queries of one find in another.
    pub language_report: Arc<LanguageReport>,
    pub curve: Arc<RecallCurve>,
    /// What other settings would make of the judged queries. Of the settings before while
    /// [`Status::tuning`] is at work; `None` before the first is there, and where it was not asked for.
    pub tuning: Option<Arc<Tuning>>,
    /// `None` where dense search is exact.
    pub approximation: Option<Approximation>,
    pub costs: Vec<StageCost>,
    /// Lags behind the lists as the study does.
    pub affords: Arc<Affords>,
    /// Those of the plan, once each.
    pub rerankers: Vec<RerankerInUse>,
    /// Of the services that were asked in this run.
    pub spending: Vec<Spending>,
    /// Something that waits for a yes or a no ([`super::Engine::agree`]).
    pub question: Option<Arc<Question>>,
    pub rivals: Rivals,
    /// The protocol's answer in one sentence; empty while nothing can be said.
    pub verdict: String,
    /// The same with its reasons and numbers. Lags behind the lists for a moment in large collections
    /// (see [`Status::verdict_lags`]).
    pub findings: Option<Arc<Verdict>>,
    /// `None` until the lists were settled once; lags behind them (see [`Status::study_lags`]).
    pub study: Option<Arc<Study>>,
    /// Of the passage that [`Request::trace`] names; `None` while the lists are made anew.
    pub appearances: Option<Arc<Appearances>>,
    /// By [`DocIdx`]: how the model reads each passage; `None` until every passage is embedded.
    pub readings: Option<Arc<[TextReading]>>,
    /// What the reader should know about these numbers.
    pub warnings: Vec<String>,
    /// `None` where no model was found or asked for.
    pub model: Option<ModelInUse>,
}

impl Snapshot {
    /// Names the legs that ran: `bm25`, `bm25+dense`, or `hybrid` where there are several and all ran.
    pub fn ran_name(&self) -> String {
        match self.ran.len() {
            n if n > 1 && n == self.legs.len() => "hybrid".to_owned(),
            _ => self.ran.iter().map(|leg| self.leg_name(leg)).collect::<Vec<_>>().join("+"),
        }
    }

    /// Empty for a leg that there is not.
    pub fn leg_name(&self, leg: LegId) -> &str {
        self.legs.get(leg.0).map_or("", |leg| &leg.name)
    }

    /// Whether legs that the settings ask for are not there yet, or will not come.
    pub fn lacks_legs(&self) -> bool {
        self.ran != self.settings.legs(self.legs.len())
    }
}
