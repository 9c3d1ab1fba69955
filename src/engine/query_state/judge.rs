//! What the judge says of one query under one setting.
//!
//! In: the query's facts and a [`JudgeContext`]. Out: its [`QueryRow`]: ranks and fates of its golds,
//! metrics, ceilings. It runs for every query on every key press.

use std::sync::Arc;

use super::documents::JudgedRanks;
use super::{JudgeContext, Judged, QueryState};
use crate::domain::{DocIdx, Fate, QueryIdx, Rank};
use crate::engine::snapshot::{GoldRow, QueryRow};
use crate::fuse::{FusedList, Sums};
use crate::judge::{
    Desk, GoldPlace, JudgedPlaces, QueryScores, RerankState, StageCut, ceiling, deciding_stage, fate, measure,
};

/// Room to work in, kept from query to query.
#[derive(Debug, Default)]
pub struct Room {
    sums: Sums,
    desk: Desk,
    /// A gold's ranks in the legs that have a weight.
    speaking: Vec<Option<Rank>>,
    /// Its ranks after the stages of the second stage.
    stages: Vec<Option<Rank>>,
}

impl QueryState {
    /// Everything the judge says about this query under one setting. Fuses first.
    pub fn judge(&mut self, query: QueryIdx, context: &JudgeContext<'_>, room: &mut Room) -> QueryRow {
        context.fuser.fuse_with(&self.pool, &mut self.fused, &mut room.sums);
        let settings = context.settings;
        let (n, k, level) = (settings.candidates, settings.deliver, settings.rel_level);
        if context.ran.is_empty() || !self.is_complete(context.ran) {
            let legs = self.legs.len();
            let unknown = |judged| GoldRow::unknown(judged, legs);
            let golds = self.judged.iter().filter(|j| j.grade >= level).map(unknown).collect();
            return QueryRow { golds, ..QueryRow::unknown(query) };
        }
        let rows = self.judged_rows();
        let fused = self.fused.ranks(&rows);
        let counted = self.first_ranks(&fused, n);
        let placed = self.placed(&counted.ranks);
        let second = self.second_stage(context);
        if self.judged.is_empty() {
            return QueryRow {
                complete: true,
                rerank_complete: second.is_some(),
                ..QueryRow::unknown(query)
            };
        }
        let last = second.as_deref().and_then(<[_]>::last);
        let state = match (settings.reranker.is_none(), &last) {
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
                let legs = match self.judged_at[i].row == rows[i] {
                    true => Arc::clone(&self.judged_at[i].ranks),
                    false => self.leg_ranks(rows[i]).into(),
                };
                let speaking = legs.iter().zip(context.weights).filter(|&(_, &weight)| weight > 0.0);
                room.speaking.clear();
                room.speaking.extend(speaking.map(|(&rank, _)| rank));
                let gold = GoldPlace {
                    in_corpus: judged.doc.is_some(),
                    leg_ranks: &room.speaking,
                    // N counts passages and k what is judged: beyond N the passage's rank tells how far.
                    first: counted.ranks[i].or(fused[i]),
                    exact_first: exact.get(i).copied().flatten(),
                    reranked: last.and_then(|(_, counted)| counted.ranks[i]),
                    rerank: state,
                };
                let fate_now = fate(&gold, n, k);
                let after = || second.iter().flatten();
                let cut = StageCut { depths: &depths, deliver: k };
                let decided_by = fate_now.and_then(|fate| {
                    room.stages.clear();
                    let first = match fate {
                        Fate::Rescued | Fate::Demoted => {
                            room.stages.extend(after().map(|(_, counted)| counted.ranks[i]));
                            gold.first
                        }
                        _ => {
                            room.stages.extend(after().map(|(passages, _)| passages[i]));
                            fused[i]
                        }
                    };
                    deciding_stage(fate, first, &room.stages, cut)
                });
                let earlier = after().take(context.stages.len().saturating_sub(1));
                GoldRow {
                    // Of a document the passage that stands highest.
                    doc: rows[i].map(|row| self.pool.doc(row)).or(judged.doc),
                    id: Arc::clone(&judged.id),
                    grade: judged.grade,
                    awaits_rerank: fate_now.is_none() && !context.rerank_failed,
                    fused: fused[i],
                    reranked: last.and_then(|(passages, _)| passages[i]),
                    fate: fate_now,
                    decided_by,
                    earlier: earlier.map(|(passages, _)| passages[i]).collect(),
                    first_fate: fate(&GoldPlace { rerank: RerankState::Off, ..gold }, n, k),
                    blind: self.is_blind(judged),
                    legs,
                    remedy: String::new(),
                }
            })
            .collect();
        let reranked = last.map(|(_, counted)| self.placed(&counted.ranks));
        let first_places = JudgedPlaces { placed: &placed, returned: counted.returned };
        let last_places = (last.zip(reranked.as_deref()))
            .map(|((_, counted), placed)| JudgedPlaces { placed, returned: counted.returned });
        let scores = QueryScores::of(context.metrics, &self.ideal, first_places, last_places, &mut room.desk);
        QueryRow {
            query,
            golds,
            complete: true,
            rerank_complete: last.is_some(),
            first: Some(measure(&placed, n, level)),
            reranked: reranked.map(|placed| measure(&placed, n, level)),
            ceiling: Some(ceiling(&placed, n, level)),
            scores: Some(scores),
        }
    }

    /// Where the judged stand after each stage, as passages and as metrics see it; `None` while a stage is
    /// not through, and without a second stage.
    fn second_stage(&self, context: &JudgeContext<'_>) -> Option<Vec<(Vec<Option<Rank>>, JudgedRanks)>> {
        if !context.reranks || context.stages.is_empty() {
            return None;
        }
        let reranked = self.reranked(context.stages, context.settings.candidates);
        if !reranked.is_complete() {
            return None;
        }
        let delivered = reranked.delivered(self, context.settings);
        Some(reranked.orders(&delivered).iter().map(|order| self.ranks_in(order)).collect())
    }

    /// Whether BM25 cannot find it: it shares no term with the query; of a document no passage does.
    fn is_blind(&self, judged: &Judged) -> bool {
        let blind = |doc: &DocIdx| self.reading.blind.contains(doc);
        match (&self.by_document, judged.document) {
            (Some(by), Some(document)) => by.passages(document).iter().all(blind),
            _ => judged.doc.as_ref().is_some_and(blind),
        }
    }

    /// The fused rank of each judged passage had the dense leg been exact; empty where it is.
    fn exact_ranks(&self, context: &JudgeContext<'_>) -> Vec<Option<Rank>> {
        let Some(pool) = &self.exact_pool else { return Vec::new() };
        let mut list = FusedList::default();
        context.fuser.fuse_into(pool, &mut list);
        self.judged_rows_in(pool, &list).into_iter().map(|row| list.rank(row?)).collect()
    }
}

impl QueryRow {
    /// A query of which nothing is known yet.
    fn unknown(query: QueryIdx) -> Self {
        Self {
            query,
            golds: Vec::new(),
            complete: false,
            rerank_complete: false,
            first: None,
            reranked: None,
            ceiling: None,
            scores: None,
        }
    }
}

impl GoldRow {
    /// A gold of which no list says anything yet.
    fn unknown(judged: &Judged, legs: usize) -> Self {
        Self {
            doc: judged.doc,
            id: Arc::clone(&judged.id),
            grade: judged.grade,
            legs: vec![None; legs].into(),
            fused: None,
            earlier: Vec::new(),
            decided_by: None,
            reranked: None,
            fate: None,
            first_fate: None,
            awaits_rerank: true,
            blind: false,
            remedy: String::new(),
        }
    }
}
