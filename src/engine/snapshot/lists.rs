//! The lists of one query, its golds, and what is told of one passage.

use std::sync::Arc;

use super::{Focus, GoldWhy, StageHit, TermScore, TokenPair};
use crate::domain::{DocIdx, Fate, Grade, Language, LegHit, QueryIdx, Rank, Score};
use crate::fuse::LegShare;
use crate::judge::{Movement, Signals, StageVerdict};

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
    /// Golds that the fused list has beyond N, in fused order; where [`super::Request::whole`] asks for it, every
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

impl FocusView {
    /// Whether nothing more is on its way for the query and the passage that are looked at.
    pub fn is_settled(&self) -> bool {
        let explained = |explanation: &Explanation| explanation.pairs_awaited.is_empty();
        !self.stale && self.explanation.as_ref().is_none_or(explained)
    }
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
