//! What is known of one query: its legs, the pool they make, its reranker scores, its golds.
//!
//! Facts come in, in any order; nothing is ever thrown away but what a change of depth or of BM25's
//! parameters makes untrue. What a setting makes of the facts is computed by [`QueryState::judge`].

mod reranked;

use std::sync::Arc;

use crate::corpus::{Collection, JudgedPassage};
use crate::domain::{DocIdx, Grade, Hit, LegId, LegSet, QueryIdx, Rank, Settings};
use crate::engine::snapshot::{GoldRow, QueryRow};
use crate::fuse::{FusedList, Fuser, Pool};
use crate::index::QueryVector;
use crate::judge::{GoldPlace, Placed, RerankState, StageCut, ceiling, deciding_stage, fate, measure};
use crate::rerank::cascade::{PairScore, StagePlan};

pub use reranked::{Reranked, StageHit};

/// One judged passage.
#[derive(Debug, Clone)]
pub struct Judged {
    pub doc: Option<DocIdx>,
    pub id: String,
    pub grade: Grade,
}

/// All facts about one query.
pub struct QueryState {
    pub text: Arc<str>,
    pub vector: Option<Arc<QueryVector>>,
    /// By [`LegId`]; `None`: not computed.
    legs: Vec<Option<Vec<Hit>>>,
    /// The dense leg as the exact scan gives it, where the leg itself is approximate.
    exact_dense: Option<(LegId, Vec<Hit>)>,
    pool: Arc<Pool>,
    exact_pool: Option<Pool>,
    /// By reranker, then by pool row; a column that is short or missing is not scored yet.
    scores: Vec<Vec<PairScore>>,
    pub judged: Vec<Judged>,
    has_judgments: bool,
    fused: FusedList,
}

/// How settings apply to all queries of one pass.
pub struct JudgeContext<'a> {
    pub settings: &'a Settings,
    pub fuser: Fuser<'a>,
    /// Of the plan behind `fuser`, by leg.
    pub weights: &'a [f64],
    pub ran: LegSet,
    /// The second stage's stages with the numbers of their rerankers.
    pub stages: &'a [StagePlan],
    /// Whether a second stage is at work: without one not even an empty list counts as reranked.
    pub reranks: bool,
    /// Whether the second stage that the settings ask for will not come.
    pub rerank_failed: bool,
}

/// The rank of a pool row in a list of rows.
pub fn rank_in(list: &[usize], row: usize) -> Option<Rank> {
    (1..).zip(list).find(|&(_, &other)| other == row).map(|(rank, _)| rank)
}

impl QueryState {
    pub fn listed(collection: &Collection, query: QueryIdx, legs: usize) -> Self {
        let judged = collection.judgments(query).iter().filter(|j| j.grade > 0).map(|judgment| {
            let (doc, id) = match &judgment.passage {
                JudgedPassage::Known(doc) => (Some(*doc), collection.passage(*doc).id.clone()),
                JudgedPassage::Missing(id) => (None, id.clone()),
            };
            Judged { doc, id, grade: judgment.grade }
        });
        let mut state = Self::typed(&collection.query(query).text, legs);
        state.judged = judged.collect();
        state.has_judgments = collection.judgments(query).iter().any(|j| j.grade >= 0);
        state
    }

    /// A query of which only the text is known, for a first stage of `legs`.
    pub fn typed(text: &str, legs: usize) -> Self {
        Self {
            text: Arc::from(text),
            vector: None,
            legs: vec![None; legs],
            exact_dense: None,
            pool: Arc::default(),
            exact_pool: None,
            scores: Vec::new(),
            judged: Vec::new(),
            has_judgments: false,
            fused: FusedList::default(),
        }
    }

    pub fn has_judgments(&self) -> bool {
        self.has_judgments
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The pool, to be looked at elsewhere while facts go on coming here.
    pub fn shared_pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    pub fn fused(&self) -> &FusedList {
        &self.fused
    }

    pub fn has_leg(&self, leg: LegId) -> bool {
        self.legs.get(leg.0).is_some_and(Option::is_some)
    }

    /// The list of a leg; `None`: not computed.
    pub fn leg(&self, leg: LegId) -> Option<&[Hit]> {
        self.legs.get(leg.0)?.as_deref()
    }

    /// Whether all of these legs are there.
    pub fn is_complete(&self, legs: LegSet) -> bool {
        legs.iter().all(|leg| self.has_leg(leg))
    }

    /// Takes a leg's list, and where the leg is approximate the one that the exact scan gives; scores of
    /// pairs stay.
    pub fn set_leg(&mut self, leg: LegId, hits: Vec<Hit>, exact: Option<Vec<Hit>>, tie_order: &[u32]) {
        if let Some(slot) = self.legs.get_mut(leg.0) {
            *slot = Some(hits);
            self.exact_dense = exact.map(|hits| (leg, hits)).or(self.exact_dense.take());
            self.realign(tie_order);
        }
    }

    /// Forgets a leg that new settings make untrue.
    pub fn drop_leg(&mut self, leg: LegId, tie_order: &[u32]) {
        if let Some(slot) = self.legs.get_mut(leg.0) {
            *slot = None;
        }
        if self.exact_dense.as_ref().is_some_and(|&(dense, _)| dense == leg) {
            self.exact_dense = None;
        }
        self.realign(tie_order);
    }

    fn realign(&mut self, tie_order: &[u32]) {
        let docs: Vec<DocIdx> = self.pool.docs().to_vec();
        let before = std::mem::take(&mut self.scores);
        let lists: Vec<&[Hit]> = self.legs.iter().map(|leg| leg.as_deref().unwrap_or_default()).collect();
        self.pool = Arc::new(Pool::align(&lists, tie_order));
        self.exact_pool = self.exact_dense.as_ref().map(|(dense, exact)| {
            let mut lists = lists.clone();
            lists[dense.0] = exact;
            Pool::align(&lists, tie_order)
        });
        for (reranker, column) in before.into_iter().enumerate() {
            for (&doc, score) in docs.iter().zip(column) {
                self.set_score(reranker, doc, score);
            }
        }
    }

    /// Fuses anew; to be called before anything that reads the fused list.
    pub fn fuse(&mut self, fuser: &Fuser<'_>) {
        fuser.fuse_into(&self.pool, &mut self.fused);
    }

    /// Everything the judge says about this query under one setting. Fuses first.
    pub fn judge(&mut self, query: QueryIdx, context: &JudgeContext<'_>) -> QueryRow {
        self.fuse(&context.fuser);
        let settings = context.settings;
        let (n, k, level) = (settings.candidates, settings.deliver, settings.rel_level);
        if context.ran.is_empty() || !self.is_complete(context.ran) {
            let legs = self.legs.len();
            let unknown = |judged| GoldRow::unknown(judged, legs);
            let golds = self.judged.iter().filter(|j| j.grade >= level).map(unknown).collect();
            return QueryRow { query, golds, first: None, reranked: None, ceiling: None };
        }
        let rows: Vec<Option<usize>> =
            self.judged.iter().map(|judged| judged.doc.and_then(|doc| self.pool.row_of(doc))).collect();
        let mut ranks = self.fused.ranks(&rows.iter().copied().flatten().collect::<Vec<_>>()).into_iter();
        let fused: Vec<Option<Rank>> = rows.iter().map(|row| row.and_then(|_| ranks.next()?)).collect();
        let place = |ranks: &[Option<Rank>]| -> Vec<Placed> {
            self.judged.iter().zip(ranks).map(|(j, &rank)| Placed { grade: j.grade, rank }).collect()
        };
        let placed = place(&fused);
        let stage_ranks = (context.reranks && !context.stages.is_empty())
            .then(|| self.reranked(context.stages, n))
            .filter(Reranked::is_complete)
            .map(|reranked| reranked.stage_ranks(&rows, &reranked.delivered(self, settings)));
        let reranked = stage_ranks.as_ref().and_then(|ranks| ranks.last().cloned());
        let state = match (settings.reranker.is_none(), &reranked) {
            (true, _) => RerankState::Off,
            (false, Some(_)) => RerankState::Complete,
            (false, None) => RerankState::Incomplete,
        };
        let depths: Vec<usize> = context.stages.iter().map(|stage| stage.depth.min(n)).collect();
        let exact = self.exact_ranks(context);
        let golds = (0..self.judged.len())
            .filter(|&i| self.judged[i].grade >= level)
            .map(|i| {
                let judged = &self.judged[i];
                let legs: Vec<Option<Rank>> =
                    (0..self.legs.len()).map(|leg| Some(self.pool.hit(rows[i]?, leg)?.rank)).collect();
                let speaking: Vec<Option<Rank>> = legs
                    .iter()
                    .zip(context.weights)
                    .filter(|&(_, &w)| w > 0.0)
                    .map(|(&rank, _)| rank)
                    .collect();
                let gold = GoldPlace {
                    in_corpus: judged.doc.is_some(),
                    leg_ranks: &speaking,
                    first: fused[i],
                    exact_first: exact.get(i).copied().flatten(),
                    reranked: reranked.as_ref().and_then(|ranks| ranks[i]),
                    rerank: state,
                };
                let fate_now = fate(&gold, n, k);
                let stages: Vec<Option<Rank>> = stage_ranks.iter().flatten().map(|ranks| ranks[i]).collect();
                let cut = StageCut { depths: &depths, deliver: k };
                GoldRow {
                    doc: judged.doc,
                    id: judged.id.clone(),
                    grade: judged.grade,
                    awaits_rerank: fate_now.is_none() && !context.rerank_failed,
                    fused: gold.first,
                    reranked: gold.reranked,
                    fate: fate_now,
                    decided_by: fate_now.and_then(|fate| deciding_stage(fate, fused[i], &stages, cut)),
                    stages,
                    first_fate: fate(&GoldPlace { rerank: RerankState::Off, ..gold }, n, k),
                    legs,
                    remedy: String::new(),
                }
            })
            .collect();
        QueryRow {
            query,
            golds,
            first: Some(measure(&placed, n, level)),
            reranked: reranked.map(|ranks| measure(&place(&ranks), n, level)),
            ceiling: Some(ceiling(&placed, n, level)),
        }
    }

    /// The fused rank of each judged passage had the dense leg been exact; empty where it is.
    fn exact_ranks(&self, context: &JudgeContext<'_>) -> Vec<Option<Rank>> {
        let Some(pool) = &self.exact_pool else { return Vec::new() };
        let mut list = FusedList::default();
        context.fuser.fuse_into(pool, &mut list);
        self.judged.iter().map(|judged| list.rank(pool.row_of(judged.doc?)?)).collect()
    }
}

impl GoldRow {
    /// A gold of which no list says anything yet.
    fn unknown(judged: &Judged, legs: usize) -> Self {
        Self {
            doc: judged.doc,
            id: judged.id.clone(),
            grade: judged.grade,
            legs: vec![None; legs],
            fused: None,
            stages: Vec::new(),
            decided_by: None,
            reranked: None,
            fate: None,
            first_fate: None,
            awaits_rerank: true,
            remedy: String::new(),
        }
    }
}
