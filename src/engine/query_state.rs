//! What is known of one query: its legs, the pool they make, its reranker scores, its golds.
//!
//! Facts come in, in any order; nothing is ever thrown away but what a change of depth or of BM25's
//! parameters makes untrue. What a setting makes of the facts is computed by [`QueryState::judge`].

use std::sync::Arc;

use crate::corpus::{Collection, JudgedPassage};
use crate::domain::{
    Analysis, DocIdx, Grade, Hit, LegId, LegSet, QueryIdx, Rank, RerankerChoice, Score, Settings,
};
use crate::engine::final_order::{self, Candidate, Finish, final_list};
use crate::engine::snapshot::{GoldRow, QueryRow};
use crate::fuse::{FusedList, Fuser, Pool};
use crate::index::QueryVector;
use crate::judge::{GoldPlace, Placed, RerankState, ceiling, fate, measure};

/// What a pair's score is known to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PairScore {
    NotYet,
    /// The reranker can say nothing about it; it keeps its place in the first stage's order, behind.
    Unscorable,
    Score(Score),
}

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
    /// By pool row.
    scores: Vec<PairScore>,
    pub judged: Vec<Judged>,
    has_judgments: bool,
    reading: Reading,
    fused: FusedList,
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
    pub fuser: Fuser<'a>,
    /// Of the plan behind `fuser`, by leg.
    pub weights: &'a [f64],
    pub ran: LegSet,
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
            reading: Reading::default(),
            fused: FusedList::default(),
        }
    }

    /// The passages that are gold at some level, as far as they are in the corpus.
    pub fn known_golds(&self) -> impl Iterator<Item = DocIdx> + '_ {
        self.judged.iter().filter_map(|judged| judged.doc)
    }

    /// What BM25's analyzer made of the query.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    pub fn set_reading(&mut self, reading: Reading) {
        self.reading = reading;
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
        let before: Vec<(DocIdx, PairScore)> =
            (self.pool.docs().iter().copied()).zip(self.scores.drain(..)).collect();
        let lists: Vec<&[Hit]> = self.legs.iter().map(|leg| leg.as_deref().unwrap_or_default()).collect();
        self.pool = Arc::new(Pool::align(&lists, tie_order));
        self.exact_pool = self.exact_dense.as_ref().map(|(dense, exact)| {
            let mut lists = lists.clone();
            lists[dense.0] = exact;
            Pool::align(&lists, tie_order)
        });
        self.scores = vec![PairScore::NotYet; self.pool.len()];
        for (doc, score) in before {
            self.set_score(doc, score);
        }
    }

    /// Takes one score; for a passage that is not in the pool it is of no use here.
    pub fn set_score(&mut self, doc: DocIdx, score: PairScore) {
        if let Some(row) = self.pool.row_of(doc) {
            self.scores[row] = score;
        }
    }

    pub fn score(&self, row: usize) -> PairScore {
        self.scores[row]
    }

    /// Fuses anew; to be called before anything that reads the fused list.
    pub fn fuse(&mut self, fuser: &Fuser<'_>) {
        fuser.fuse_into(&self.pool, &mut self.fused);
    }

    /// Passages of the candidate set without a score, in fused order.
    pub fn unscored(&self, n: usize) -> Vec<DocIdx> {
        let candidates = self.fused.top(n).into_iter();
        candidates
            .filter(|&row| self.scores[row] == PairScore::NotYet)
            .map(|row| self.pool.doc(row))
            .collect()
    }

    /// The list that is delivered, of a candidate set in fused order.
    pub fn final_list(&self, candidates: &[usize], settings: &Settings) -> Vec<final_order::Placed> {
        let candidate = |&row: &usize| Candidate {
            row,
            tie: self.pool.tie(row),
            first: self.fused.score(row).unwrap_or_default(),
            reranked: match self.scores[row] {
                PairScore::Score(score) => Some(score),
                PairScore::Unscorable | PairScore::NotYet => None,
            },
            waits: self.scores[row] == PairScore::NotYet,
        };
        let candidates: Vec<Candidate> = candidates.iter().map(candidate).collect();
        final_list(&candidates, Finish { blend: settings.blend, threshold: settings.threshold })
    }

    /// The reranked rank of each row asked for, if the whole candidate set is scored.
    fn reranked_ranks(&self, settings: &Settings, rows: &[Option<usize>]) -> Option<Vec<Option<Rank>>> {
        let cut = self.fused.cut_key(settings.candidates);
        let mut candidates: Vec<usize> = Vec::with_capacity(settings.candidates);
        for row in 0..self.pool.len() {
            let key = self.fused.key(row);
            if key != 0 && key >= cut {
                if self.scores[row] == PairScore::NotYet {
                    return None;
                }
                candidates.push(row);
            }
        }
        if rows.iter().flatten().all(|row| !candidates.contains(row)) {
            return Some(vec![None; rows.len()]);
        }
        candidates.sort_unstable_by_key(|&row| std::cmp::Reverse(self.fused.key(row)));
        let order: Vec<usize> =
            self.final_list(&candidates, settings).into_iter().map(|placed| placed.row).collect();
        Some(rows.iter().map(|row| rank_in(&order, (*row)?)).collect())
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
        let reranked = match settings.reranker {
            RerankerChoice::None => None,
            RerankerChoice::LateInteraction if !context.reranks => None,
            RerankerChoice::LateInteraction => self.reranked_ranks(settings, &rows),
        };
        let state = match (settings.reranker, &reranked) {
            (RerankerChoice::None, _) => RerankState::Off,
            (_, Some(_)) => RerankState::Complete,
            (_, None) => RerankState::Incomplete,
        };
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
                GoldRow {
                    doc: judged.doc,
                    id: judged.id.clone(),
                    grade: judged.grade,
                    awaits_rerank: fate_now.is_none() && !context.rerank_failed,
                    fused: gold.first,
                    reranked: gold.reranked,
                    fate: fate_now,
                    first_fate: fate(&GoldPlace { rerank: RerankState::Off, ..gold }, n, k),
                    blind: judged.doc.is_some_and(|doc| self.reading.blind.contains(&doc)),
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
            reranked: None,
            fate: None,
            first_fate: None,
            awaits_rerank: true,
            blind: false,
            remedy: String::new(),
        }
    }
}
