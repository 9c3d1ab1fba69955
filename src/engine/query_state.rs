//! What is known of one query: its legs, the pool they make, its reranker scores, its golds.
//!
//! Facts come in, in any order; nothing is ever thrown away but what a change of depth or of BM25's
//! parameters makes untrue. What a setting makes of the facts is computed by [`QueryState::judge`].

mod reranked;

use std::sync::Arc;

use crate::corpus::{Collection, JudgedPassage};
use crate::domain::{DocIdx, FirstStage, Grade, Hit, LegId, QueryIdx, Rank, Settings};
use crate::engine::snapshot::{GoldRow, QueryRow};
use crate::fuse::{FusedList, Fuser, FusionPlan, Pool};
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
    legs: [Option<Vec<Hit>>; 2],
    /// The dense leg as the exact scan gives it, where the leg itself is approximate.
    exact_dense: Option<Vec<Hit>>,
    pool: Pool,
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
    pub ran: FirstStage,
    /// The second stage's stages with the numbers of their rerankers.
    pub stages: &'a [StagePlan],
    /// Whether a second stage is at work: without one not even an empty list counts as reranked.
    pub reranks: bool,
    /// Whether the second stage that the settings ask for will not come.
    pub rerank_failed: bool,
}

/// The plan of a first stage that ran with `ran` instead of what the settings ask for.
pub fn plan(settings: &Settings, ran: FirstStage) -> FusionPlan {
    FusionPlan::of(&Settings { first: ran, ..settings.clone() })
}

/// The rank of a pool row in a list of rows.
pub fn rank_in(list: &[usize], row: usize) -> Option<Rank> {
    (1..).zip(list).find(|&(_, &other)| other == row).map(|(rank, _)| rank)
}

impl QueryState {
    pub fn listed(collection: &Collection, query: QueryIdx) -> Self {
        let judged = collection.judgments(query).iter().filter(|j| j.grade > 0).map(|judgment| {
            let (doc, id) = match &judgment.passage {
                JudgedPassage::Known(doc) => (Some(*doc), collection.passage(*doc).id.clone()),
                JudgedPassage::Missing(id) => (None, id.clone()),
            };
            Judged { doc, id, grade: judgment.grade }
        });
        let mut state = Self::typed(&collection.query(query).text);
        state.judged = judged.collect();
        state.has_judgments = collection.judgments(query).iter().any(|j| j.grade >= 0);
        state
    }

    pub fn typed(text: &str) -> Self {
        Self {
            text: Arc::from(text),
            vector: None,
            legs: [None, None],
            exact_dense: None,
            pool: Pool::default(),
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

    pub fn fused(&self) -> &FusedList {
        &self.fused
    }

    pub fn has_leg(&self, leg: LegId) -> bool {
        self.legs[leg.0].is_some()
    }

    /// Whether all legs are there that a first stage of `ran` needs.
    pub fn is_complete(&self, ran: FirstStage) -> bool {
        match ran {
            FirstStage::Bm25 => self.has_leg(LegId::BM25),
            FirstStage::Dense => self.has_leg(LegId::DENSE),
            FirstStage::Hybrid => self.has_leg(LegId::BM25) && self.has_leg(LegId::DENSE),
        }
    }

    /// Takes a leg's list; scores of pairs stay.
    pub fn set_leg(&mut self, leg: LegId, hits: Vec<Hit>, tie_order: &[u32]) {
        self.legs[leg.0] = Some(hits);
        self.realign(tie_order);
    }

    /// Takes the list that the exact scan gives, beside an approximate dense leg.
    pub fn set_exact_dense(&mut self, hits: Vec<Hit>, tie_order: &[u32]) {
        self.exact_dense = Some(hits);
        self.realign(tie_order);
    }

    /// Forgets a leg that new settings make untrue.
    pub fn drop_leg(&mut self, leg: LegId, tie_order: &[u32]) {
        self.legs[leg.0] = None;
        if leg == LegId::DENSE {
            self.exact_dense = None;
        }
        self.realign(tie_order);
    }

    fn realign(&mut self, tie_order: &[u32]) {
        let docs: Vec<DocIdx> = self.pool.docs().to_vec();
        let before = std::mem::take(&mut self.scores);
        let of = |legs: [&Option<Vec<Hit>>; 2]| {
            Pool::align(&legs.map(|leg| leg.clone().unwrap_or_default()), tie_order)
        };
        self.pool = of([&self.legs[0], &self.legs[1]]);
        self.exact_pool = self.exact_dense.is_some().then(|| of([&self.legs[0], &self.exact_dense]));
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
        if !self.is_complete(context.ran) {
            let golds = self.judged.iter().filter(|j| j.grade >= level).map(GoldRow::unknown).collect();
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
            .map(|reranked| reranked.stage_ranks(&rows));
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
                    (0..2).map(|leg| Some(self.pool.hit(rows[i]?, leg)?.rank)).collect();
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
    fn unknown(judged: &Judged) -> Self {
        Self {
            doc: judged.doc,
            id: judged.id.clone(),
            grade: judged.grade,
            legs: vec![None; 2],
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
