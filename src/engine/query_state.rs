//! What is known of one query: its legs, the pool they make, its reranker scores, its golds.
//!
//! Facts come in, in any order; nothing is ever thrown away but what a change of depth or of BM25's
//! parameters makes untrue. What a setting makes of the facts is computed by [`QueryState::judge`].

mod documents;
mod judge;
mod pair_scores;
mod reranked;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::corpus::{Collection, DocumentIdx, JudgedPassage};
use crate::domain::{Analysis, DocIdx, Grade, Hit, LegId, LegSet, QueryIdx, Rank, Score, Settings};
use crate::engine::final_order;
use crate::fuse::{FusedList, Fuser, Pool};
use crate::index::QueryVector;
use crate::judge::{JudgedIdeal, Lists, MetricPlan, Signals};
use crate::rerank::cascade::StagePlan;

use documents::ByDocument;
pub use judge::Room;
pub use pair_scores::PairScores;
pub use reranked::{Reranked, StageHit};

/// One judged passage or document, judged non-relevant ones included.
#[derive(Debug, Clone)]
pub struct Judged {
    /// `None`: not in the corpus. Of a document the first passage.
    pub doc: Option<DocIdx>,
    /// Where documents are judged.
    pub document: Option<DocumentIdx>,
    pub id: Arc<str>,
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
    reading: Reading,
    scores: PairScores,
    judged: Vec<Judged>,
    /// Where each judged passage is in the legs, found once for all settings; of a document its first
    /// passage.
    judged_at: Vec<JudgedAt>,
    /// Where documents are judged.
    by_document: Option<ByDocument>,
    /// Of `judged`.
    ideal: JudgedIdeal,
    fused: FusedList,
}

/// Where the legs have a judged passage.
#[derive(Debug, Clone)]
struct JudgedAt {
    /// In the pool.
    row: Option<usize>,
    /// By leg.
    ranks: Arc<[Option<Rank>]>,
}

/// What BM25's analyzer makes of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The analysis this is of; `None`: not read yet.
    pub of: Option<Analysis>,
    /// Golds that share no term with the query.
    pub blind: Vec<DocIdx>,
    /// Terms of the query that no passage has, and all of its terms.
    pub unknown: (u32, u32),
}

/// How settings apply to all queries of one pass.
pub struct JudgeContext<'a> {
    pub settings: &'a Settings,
    /// Of these settings' N and relevance level.
    pub metrics: &'a MetricPlan,
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
        let mut state = Self::typed(&collection.query(query).text, legs);
        state.judge_by(collection, query);
        state
    }

    /// Takes the query's judgments out of a collection.
    pub fn judge_by(&mut self, collection: &Collection, query: QueryIdx) {
        let judged = collection.judgments(query).iter().filter(|j| j.grade >= 0).map(|judgment| {
            let (doc, document, id) = match (&judgment.passage, collection.documents.as_deref()) {
                (JudgedPassage::Known(doc), _) => (Some(*doc), None, collection.passage(*doc).id.as_str()),
                (JudgedPassage::Document(document), Some(documents)) => {
                    let first = documents.passages(*document).first().copied();
                    (first, Some(*document), documents.id(*document))
                }
                (JudgedPassage::Document(_), None) => (None, None, ""),
                (JudgedPassage::Missing(id), _) => (None, None, id.as_str()),
            };
            Judged { doc, document, id: id.into(), grade: judgment.grade }
        });
        let documents = collection.documents.as_ref().filter(|_| collection.judged_documents().is_some());
        self.by_document = documents.map(|documents| ByDocument::new(Arc::clone(documents)));
        if let Some(by) = &mut self.by_document {
            by.align(&self.pool);
        }
        let judged = judged.collect();
        self.set_judged(judged);
        self.reading = Reading::default();
    }

    /// Takes the query's judgments, of grade 0 and above.
    pub fn set_judged(&mut self, judged: Vec<Judged>) {
        self.ideal = JudgedIdeal::of(judged.iter().map(|judged| judged.grade));
        self.judged = judged;
        self.find_judged();
    }

    fn find_judged(&mut self) {
        let at = |judged: &Judged| {
            let row = judged.doc.and_then(|doc| self.pool.row_of(doc));
            JudgedAt { row, ranks: self.leg_ranks(row).into() }
        };
        self.judged_at = self.judged.iter().map(at).collect();
    }

    /// By leg, the rank of a pool row.
    pub fn leg_ranks(&self, row: Option<usize>) -> Vec<Option<Rank>> {
        (0..self.legs.len()).map(|leg| Some(self.pool.hit(row?, leg)?.rank)).collect()
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
            scores: PairScores::default(),
            judged: Vec::new(),
            judged_at: Vec::new(),
            by_document: None,
            reading: Reading::default(),
            ideal: JudgedIdeal::default(),
            fused: FusedList::default(),
        }
    }

    /// The passages that are gold at some level, as far as they are in the corpus.
    pub fn known_golds(&self) -> impl Iterator<Item = DocIdx> + '_ {
        self.judged_passages(1)
    }

    /// What BM25's analyzer made of the query.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    pub fn set_reading(&mut self, reading: Reading) {
        self.reading = reading;
    }

    pub fn has_judgments(&self) -> bool {
        !self.judged.is_empty()
    }

    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The pool, to be looked at elsewhere while facts go on coming here.
    pub fn shared_pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    /// The pool with the exact scan's list in place of the approximate one; `None`: nothing is
    /// approximate.
    pub fn exact_pool(&self) -> Option<&Pool> {
        self.exact_pool.as_ref()
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

    /// Share of the exact scan's first `n` that the approximate list has among its own first `n`; `None`
    /// where the leg is exact, or nothing is to be found.
    pub fn approximate_recall(&self, n: usize) -> Option<f64> {
        let (leg, exact) = self.exact_dense.as_ref()?;
        let head = |hits: &[Hit]| -> HashSet<DocIdx> { hits.iter().take(n).map(|hit| hit.doc).collect() };
        let (exact, approximate) = (head(exact), head(self.leg(*leg)?));
        (!exact.is_empty()).then(|| exact.intersection(&approximate).count() as f64 / exact.len() as f64)
    }

    /// Whether all of these legs are there.
    pub fn is_complete(&self, legs: LegSet) -> bool {
        legs.iter().all(|leg| self.has_leg(leg))
    }

    /// Takes a leg's list, and where the leg is approximate the one that the exact scan gives; scores of
    /// pairs stay.
    pub fn set_leg(&mut self, leg: LegId, hits: Vec<Hit>, exact: Option<Vec<Hit>>, tie_order: &Arc<[u32]>) {
        if let Some(slot) = self.legs.get_mut(leg.0) {
            *slot = Some(hits);
            self.exact_dense = exact.map(|hits| (leg, hits)).or(self.exact_dense.take());
            self.realign(tie_order);
        }
    }

    /// Forgets a leg that new settings make untrue.
    pub fn drop_leg(&mut self, leg: LegId, tie_order: &Arc<[u32]>) {
        if let Some(slot) = self.legs.get_mut(leg.0) {
            *slot = None;
        }
        if self.exact_dense.as_ref().is_some_and(|&(dense, _)| dense == leg) {
            self.exact_dense = None;
        }
        self.realign(tie_order);
    }

    fn realign(&mut self, tie_order: &Arc<[u32]>) {
        let docs: Vec<DocIdx> = self.pool.docs().to_vec();
        let before = std::mem::take(&mut self.scores);
        let lists: Vec<&[Hit]> = self.legs.iter().map(|leg| leg.as_deref().unwrap_or_default()).collect();
        self.pool = Arc::new(Pool::align(&lists, tie_order));
        if let Some(by) = &mut self.by_document {
            by.align(&self.pool);
        }
        self.exact_pool = self.exact_dense.as_ref().map(|(dense, exact)| {
            let mut lists = lists.clone();
            lists[dense.0] = exact;
            Pool::align(&lists, tie_order)
        });
        for reranker in 0..before.rerankers() {
            for (row, &doc) in docs.iter().enumerate() {
                self.set_score(reranker, doc, before.get(reranker, row));
            }
        }
        self.find_judged();
    }

    /// Fuses anew; to be called before anything that reads the fused list.
    pub fn fuse(&mut self, fuser: &Fuser<'_>) {
        fuser.fuse_into(&self.pool, &mut self.fused);
    }

    /// The delivered list, once every stage is through. The fused list must be of `context`'s fuser.
    fn delivered(&self, context: &JudgeContext<'_>) -> Option<Vec<final_order::Placed>> {
        let reranked = self.reranked(context.stages, context.settings.candidates);
        let complete = context.reranks && !context.stages.is_empty() && reranked.is_complete();
        complete.then(|| reranked.delivered(self, context.settings).list)
    }

    /// What the lists of this query say without judgments. The fused list must be of `context`'s fuser.
    pub fn signals(&self, context: &JudgeContext<'_>) -> Signals {
        let settings = context.settings;
        let n = settings.candidates;
        let mut rows = self.fused.top(n + 1);
        let scores: Vec<Score> = rows.iter().filter_map(|&row| self.fused.score(row)).collect();
        rows.truncate(n);
        let legs: Vec<Vec<DocIdx>> = (context.ran.iter())
            .filter(|leg| context.weights.get(leg.0).is_some_and(|&weight| weight > 0.0))
            .map(|leg| self.leg(leg).unwrap_or_default().iter().take(n).map(|hit| hit.doc).collect())
            .collect();
        let ranks: HashMap<usize, Rank> = rows.iter().copied().zip(1..).collect();
        let from: Option<Vec<Rank>> =
            self.delivered(context).map(|list| list.iter().map(|placed| ranks[&placed.row]).collect());
        Signals::of(&Lists {
            legs: &legs,
            scores: &scores,
            reranked_from: from.as_deref(),
            candidates: n,
            deliver: settings.deliver,
        })
    }

    /// The first `depth` passages of the first stage's list cut at N, and of the delivered one; the
    /// latter empty where the rerank is not complete.
    pub fn heads(&self, context: &JudgeContext<'_>, depth: usize) -> (Vec<DocIdx>, Vec<DocIdx>) {
        let rows = self.fused.top(context.settings.candidates);
        let doc = |row: usize| self.pool.doc(row);
        let reranked = self.delivered(context).unwrap_or_default();
        (
            rows.iter().take(depth).map(|&row| doc(row)).collect(),
            reranked.iter().take(depth).map(|placed| doc(placed.row)).collect(),
        )
    }

    /// The query's judgments, of grade 0 and above.
    pub fn judged(&self) -> &[Judged] {
        &self.judged
    }
}
