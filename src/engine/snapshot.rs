//! What the engine answers: an immutable picture of one request over the whole collection.
//!
//! The screen and the reports read the same structures, so a number shown and a number printed come from
//! the same line of code. Nothing here computes; `engine::view` and `engine::judging` fill it.

use std::sync::Arc;

use super::languages::LanguageReport;
pub use super::query_state::StageHit;
pub use super::tuning::{AlphaCurve, BestCell, HeatMap, Held, Key as TuningKey, Shape, Tuning};
use crate::domain::{
    DocIdx, Fate, Grade, Language, LegHit, LegId, LegName, LegSet, QueryIdx, Rank, Score, SecondStage,
    Settings,
};
use crate::fuse::LegShare;
use crate::judge::{
    Metric, MetricMean, Metrics, Movement, Paired, QueryScores, Signals, StageVerdict, Verdict,
};
pub use crate::models::Reading as TextReading;
pub use crate::rerank::http::dollars;
use crate::rerank::http::{Latency, Usage};
pub use crate::rerank::token_pairs::{PairedToken, TokenPair, mean_similarity, told_together};
pub use crate::retrieve::bm25::TermScore;
use crate::tune::{Goal, Margin};

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

impl FocusView {
    /// Whether nothing more is on its way for the query and the passage that are looked at.
    pub fn is_settled(&self) -> bool {
        let explained = |explanation: &Explanation| explanation.pairs_awaited.is_empty();
        !self.stale && self.explanation.as_ref().is_none_or(explained)
    }
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

/// One row of the first stage's list.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstRow {
    pub doc: DocIdx,
    pub rank: Rank,
    pub score: Score,
    /// By `LegId`: where each leg put it.
    pub legs: Vec<Option<LegHit>>,
    /// `None`: unjudged.
    pub grade: Option<Grade>,
    pub gold: bool,
    /// Its rank after the second stage, when its whole list is scored.
    pub reranked: Option<Rank>,
}

/// One row of the reranked list. Rows without a score follow the scored ones in first-stage order.
#[derive(Debug, Clone, PartialEq)]
pub struct RerankedRow {
    pub doc: DocIdx,
    /// Position in the list as shown.
    pub rank: Rank,
    /// `None`: not scored yet.
    pub score: Option<Score>,
    pub first_rank: Rank,
    /// Where each stage put it; its score is `None` where the stage did not re-score it.
    pub stages: Vec<StageHit>,
    /// `None` while any row of the list waits for its score.
    pub movement: Option<Movement>,
    pub grade: Option<Grade>,
    pub gold: bool,
}

/// One gold of the focus query, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldRow {
    /// `None`: judged relevant, but not in the corpus.
    pub doc: Option<DocIdx>,
    pub id: Arc<str>,
    pub grade: Grade,
    /// By `LegId`.
    pub legs: Arc<[Option<Rank>]>,
    pub fused: Option<Rank>,
    /// The rank in the delivered list.
    pub reranked: Option<Rank>,
    /// The rank after each stage of the second stage but the last, which makes the delivered list; empty
    /// until all are through.
    pub earlier: Vec<Option<Rank>>,
    /// Which stage of the second stage made the fate; `None` where none did.
    pub decided_by: Option<StageVerdict>,
    /// `None` while the second stage is incomplete or has failed, or while the legs are not there yet.
    pub fate: Option<Fate>,
    /// The fate as it would be without a second stage, which is known as soon as the legs are there.
    pub first_fate: Option<Fate>,
    /// Whether the second stage may still give it a fate; false once it is there, or has failed.
    pub awaits_rerank: bool,
    /// Whether query and passage share no term, so that BM25 cannot find it at any depth.
    pub blind: bool,
    /// Why it was lost and what brings it in, in words ("N = 63 or α ≥ .61 brings it in"). Focus query
    /// only; empty where nothing was lost.
    pub remedy: String,
}

/// One stage of the second stage, as it treated one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct StageStep {
    /// The stage as the plan writes it.
    pub stage: String,
    /// Its score is `None` where the stage did not re-score the passage.
    pub hit: StageHit,
    /// By reranker of the stage: its name and its own score.
    pub parts: Vec<(String, Option<Score>)>,
}

/// The journey of one passage for the focus query.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub doc: DocIdx,
    /// By `LegId`.
    pub legs: Vec<Option<LegHit>>,
    pub fused: Option<LegHit>,
    /// By `LegId`: each leg's share of the fused score; empty where a single leg is the first stage.
    pub shares: Vec<Option<LegShare>>,
    pub terms: Vec<TermScore>,
    /// Passage length over the average, as BM25 sees it.
    pub length_ratio: f32,
    /// Rank in the exact dense list over the whole corpus.
    pub dense_exact_rank: Option<Rank>,
    pub cosine: Option<f32>,
    pub reranked: Option<LegHit>,
    /// Where each stage of the second stage put it, and what each of its rerankers gave.
    pub stages: Vec<StageStep>,
    /// By late-interaction reranker of the plan, each with its name: the pairs that its score is the mean
    /// of, in the query's order. Where the plan has none, those of the embedding model, as "late-interaction".
    pub pairs: Vec<(String, Vec<TokenPair>)>,
    /// Rerankers whose pairs are on their way.
    pub pairs_awaited: Vec<String>,
    /// Model tokens of the passage, and whether the model saw all of them.
    pub model_tokens: Option<(u32, bool)>,
    /// Rerankers of the plan that did not read it to its end, with this query or another.
    pub cut_by: Vec<String>,
    /// Byte ranges of [`crate::domain::Passage::indexed_text`] that match a query term.
    pub highlights: Vec<(usize, usize)>,
    /// Why it is not among the candidates and what brings it in, gold or not; `None` where it is one.
    pub why: Option<GoldWhy>,
}

/// Everything about the query on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct FocusView {
    pub focus: Focus,
    pub text: String,
    pub language: Language,
    /// The candidate set, in fused order.
    pub first: Vec<FirstRow>,
    /// Golds that the fused list has beyond N, in fused order; where [`Request::whole`] asks for it, every
    /// row beyond N.
    pub below: Vec<FirstRow>,
    /// Length of the whole fused list.
    pub fused_len: usize,
    /// In shown order; empty without a second stage.
    pub reranked: Vec<RerankedRow>,
    /// Candidates that the unfinished stage has scored; all of them when every stage is through.
    pub scored: usize,
    /// How many that stage re-scores.
    pub to_score: usize,
    /// The stage (from 0) that is not through yet.
    pub stage: Option<usize>,
    pub golds: Vec<GoldRow>,
    /// Whether the query has judgments at all.
    pub judged: bool,
    pub explanation: Option<Explanation>,
    /// What its lists say without judgments; `None` while they lag behind.
    pub signals: Option<Signals>,
    /// Whether the lists lag behind the request (the typed text is still being embedded, say).
    pub stale: bool,
}

/// Which judged queries return a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearances {
    pub doc: DocIdx,
    /// The highest in the fused list first.
    pub queries: Vec<Appearance>,
}

/// Where one query's lists have the passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appearance {
    pub query: QueryIdx,
    /// In the fused list, to its end.
    pub first: Rank,
    /// In the delivered list; `None` where it is no candidate, or the second stage is off or incomplete.
    pub reranked: Option<Rank>,
}

/// One query in the list and in the reports.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRow {
    pub query: QueryIdx,
    pub golds: Vec<GoldRow>,
    /// Whether all legs of its first stage are there.
    pub complete: bool,
    /// Whether its whole candidate set is scored.
    pub rerank_complete: bool,
    /// `None` while its first stage is not complete, and where it has no judgments.
    pub first: Option<Metrics>,
    /// `None` without a second stage and while it is incomplete.
    pub reranked: Option<Metrics>,
    pub ceiling: Option<Metrics>,
    /// A value for each of [`Snapshot::metrics`]; there where `first` is.
    pub scores: Option<QueryScores>,
}

/// Means over judged queries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// Queries averaged over.
    pub queries: usize,
    pub first: Metrics,
    pub ceiling: Metrics,
    /// Over the queries whose whole candidate set is scored, both sides on those same queries.
    pub reranked: Option<RerankedMeans>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RerankedMeans {
    pub queries: usize,
    pub first: Metrics,
    pub reranked: Metrics,
    pub ceiling: Metrics,
}

/// Means of one query language.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageRow {
    pub language: Language,
    pub means: Means,
    /// By metric, in the order of [`Snapshot::metrics`].
    pub by_metric: Vec<MetricMean>,
}

/// An unjudged passage that is nearly the text of a gold: probably relevant, and only not labelled.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbablePositive {
    pub doc: DocIdx,
    /// `None`: not among the first of that list.
    pub first: Option<Rank>,
    pub reranked: Option<Rank>,
    /// The gold whose text it resembles.
    pub gold: DocIdx,
    /// Of the texts' 5-grams, 0 to 1.
    pub similarity: f64,
    /// Whether one text is within the other, and not the same.
    pub contained: bool,
}

/// Why a gold was lost before the reranker, and what brings it into the candidate set.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldWhy {
    /// In one sentence.
    pub words: String,
    /// Its fused score and that of the last candidate; `None` where it is not in the list, or the list
    /// is shorter than N.
    pub margin: Option<Margin>,
    /// Every single change that brings it in, each tried, the smallest first.
    pub ways: Vec<Way>,
}

/// One change of one setting that brings a gold in.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// `N = 63`, `α ≥ .62`, `convex fusion`, `dense alone`, `exact search`.
    pub change: String,
    /// The gold's fused rank after it.
    pub rank_then: Rank,
    /// For α the distance, for N and the window what is added as a share of what is there, else 1.
    pub size: f64,
}

/// What takes longer than a frame to find out; made when the lists are settled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Study {
    /// By row of [`Snapshot::queries`]; for a collection without judgments by its queries.
    pub signals: Vec<Option<Signals>>,
    pub mean_signals: Option<Signals>,
    /// The legs that [`crate::judge::LegPair`] counts.
    pub signal_legs: Vec<LegId>,
    /// By row of [`Snapshot::queries`], then by gold; `None`: not lost before the reranker.
    pub whys: Vec<Vec<Option<GoldWhy>>>,
    /// By row of [`Snapshot::queries`].
    pub probable_positives: Vec<Vec<ProbablePositive>>,
    /// The reranked list against the first stage's, metric by metric, over the queries wholly reranked.
    pub paired: Vec<Paired>,
    /// The protocol for each language of the queries, in order of the tags.
    pub by_language: Vec<(Language, Verdict)>,
}

impl Study {
    /// The protocol for one language; `None` where it has no judged query.
    pub fn verdict_on(&self, language: &Language) -> Option<&Verdict> {
        self.by_language.iter().find(|(other, _)| other == language).map(|(_, verdict)| verdict)
    }
}

/// Mean recall at every N from 1, over all judged queries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecallCurve {
    /// `fused[n - 1]` is recall@n of the fused list.
    pub fused: Vec<f32>,
    /// By `LegId`; empty for a leg that takes no part.
    pub legs: Vec<Vec<f32>>,
    /// A gold counts from the best rank that a leg gives it: what the legs have within N together, with
    /// more than N passages. Empty where fewer than two legs take part.
    pub union: Vec<f32>,
    /// What N candidates could hold at most: every gold that a leg has to the depth searched, on top.
    pub ceiling: Vec<f32>,
}

/// What one stage cost since the engine was started.
#[derive(Debug, Clone, PartialEq)]
pub struct StageCost {
    pub stage: String,
    pub computed_pairs: u64,
    pub cached_pairs: u64,
    /// Of what was computed, in milliseconds.
    pub ms_total: f64,
    /// Median per query, of the queries of which anything was computed.
    pub ms_p50_per_query: Option<f64>,
    /// Of the same, the time that 95 % of them stay within.
    pub ms_p95_per_query: Option<f64>,
    /// Mean of a computed pair.
    pub ms_per_pair: Option<f64>,
}

/// What the second stage would take and reach at other sizes of the candidate set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Affords {
    pub budget_ms: Option<f64>,
    /// The present N.
    pub n: usize,
    /// The greatest N, up to the window, that the budget has time for (0: none); `None` without a budget,
    /// and where a reranker has computed nothing in this run.
    pub limit: Option<usize>,
    /// By N, ascending; empty without a second stage.
    pub points: Vec<AffordPoint>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffordPoint {
    pub n: usize,
    /// Estimated milliseconds a query; `None` where a reranker has computed nothing in this run.
    pub ms: Option<f64>,
    /// Whether that is within the budget.
    pub within: Option<bool>,
    /// Means of the first stage's lists at this N, and of what a perfect reranker would make of them;
    /// `None` without judged queries.
    pub first: Option<Metrics>,
    pub ceiling: Option<Metrics>,
    /// Means of the reranked lists at this N; `None` where a judged query lacks a score.
    pub metrics: Option<Metrics>,
}

/// What the person is asked before the first request that costs money.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The service and the model.
    pub service: String,
    /// Where the texts would go: scheme, host, port and path.
    pub place: String,
    /// Of how many queries.
    pub queries: usize,
    /// Texts of passages to score, all queries together, at most: what the cache has is not sent.
    pub passages: usize,
    /// For all of them, from the price; `None` where none is known.
    pub usd_estimate: Option<f64>,
    /// What may be spent at most.
    pub limit_usd: Option<f64>,
    /// The price and where it is from, in a sentence.
    pub price_note: String,
}

/// What a service has cost in this run.
#[derive(Debug, Clone, PartialEq)]
pub struct Spending {
    /// As the plan names it.
    pub name: String,
    pub usage: Usage,
    /// `None` before the first answer.
    pub latency: Option<Latency>,
    /// What all services together may cost.
    pub limit_usd: Option<f64>,
}

impl Spending {
    /// In one sentence.
    pub fn words(&self) -> String {
        let usage = &self.usage;
        let plural =
            |number: u64, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let mut parts = vec![plural(usage.requests, "request")];
        if usage.unanswered > 0 {
            parts.push(format!("{} of them without an answer, counted as billed", usage.unanswered));
        }
        if usage.search_units > 0.0 {
            parts.push(format!("{} search units", usage.search_units));
        }
        if usage.tokens > 0 {
            parts.push(plural(usage.tokens, "token"));
        }
        if let Some(usd) = usage.usd_estimate {
            let of = self.limit_usd.map_or(String::new(), |limit| format!(" of {}", dollars(limit)));
            parts.push(format!("about {}{of}", dollars(usd)));
        }
        if let Some(latency) = self.latency {
            parts.push(format!("p50 {:.0} ms, p95 {:.0} ms a request", latency.p50_ms, latency.p95_ms));
        }
        format!("{}: {}", crate::text::visible(&self.name), parts.join(", "))
    }
}

/// Plans that are held against the present one, on the same candidates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rivals {
    pub plans: Vec<Rival>,
    /// `None` until all are scored.
    pub standing: Option<Arc<Standing>>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rival {
    pub plan: SecondStage,
    /// Judged queries that it has reranked whole.
    pub state: StageState,
    /// What it delivers for the query on the screen; empty until its whole candidate set is scored.
    pub focus: Vec<DocIdx>,
    /// The metrics of that list; `None` also for a query without judgments.
    pub here: Option<Metrics>,
}

/// Who won how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Queries that every plan has reranked whole: all numbers are over these.
    pub queries: usize,
    /// Means of the present plan.
    pub ours: Option<Metrics>,
    /// By rival. `None`: it did not run.
    pub rivals: Vec<Option<Against>>,
}

/// A rival's means, its nDCG@10 against ours, and the queries whose nDCG@10 it changes with the difference,
/// the greatest gain first.
pub type Against = (Metrics, Paired, Vec<(QueryIdx, f64)>);

/// A reranker of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct RerankerInUse {
    pub name: String,
    /// What its scores depend on but the texts; `None` until it is open.
    pub fingerprint: Option<String>,
    /// Passages that it did not read to their end.
    pub truncated: usize,
}

/// What approximate dense search costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Approximation {
    /// Breadth of the search.
    pub ef: usize,
    /// How deep the lists were compared: N.
    pub n: usize,
    /// Mean share of the exact scan's first N that the approximate list has among its own.
    pub recall: f64,
    /// Queries it is the mean of.
    pub queries: usize,
    /// Golds that the exact scan would have put into the candidate set.
    pub golds_lost: usize,
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
