//! Judgments of documents over lists of passages. A document stands where its best passage stands; its
//! rank is one plus the number of other documents that stand higher.
//!
//! The candidate set stays one of N passages, for that is what is fetched and what a reranker reads; its
//! documents are those of these passages. What is delivered, and what metrics count, is documents.

use std::collections::HashMap;
use std::sync::Arc;

use super::{QueryState, rank_in};
use crate::corpus::{DocumentIdx, Documents};
use crate::domain::{DocIdx, Rank};
use crate::fuse::{FusedList, Pool};
use crate::judge::Placed;

/// The documents that a pool's passages are of.
#[derive(Debug, Clone, Default)]
pub(super) struct ByDocument {
    documents: Arc<Documents>,
    /// Those that the pool has, ascending.
    here: Vec<DocumentIdx>,
    /// By pool row: its place in `here`.
    of_row: Vec<usize>,
}

impl ByDocument {
    pub(super) fn new(documents: Arc<Documents>) -> Self {
        Self { documents, ..Self::default() }
    }

    /// Takes a new pool.
    pub(super) fn align(&mut self, pool: &Pool) {
        let documents: Vec<DocumentIdx> = pool.docs().iter().map(|&doc| self.documents.of(doc)).collect();
        self.here.clone_from(&documents);
        self.here.sort_unstable();
        self.here.dedup();
        let place = |document: &DocumentIdx| self.here.partition_point(|other| other < document);
        self.of_row = documents.iter().map(place).collect();
    }

    pub(super) fn passages(&self, document: DocumentIdx) -> &[DocIdx] {
        self.documents.passages(document)
    }

    /// Rows, best first, as the documents that they are of, each where it comes first.
    fn in_order(&self, rows: &[usize]) -> HashMap<usize, Rank> {
        let mut ranks = HashMap::new();
        for &row in rows {
            let next = ranks.len() as Rank + 1;
            ranks.entry(self.of_row[row]).or_insert(next);
        }
        ranks
    }

    fn place(&self, document: DocumentIdx) -> Option<usize> {
        self.here.binary_search(&document).ok()
    }
}

/// Where the judged stand in one list, as metrics see it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JudgedRanks {
    /// In the order of the query's judgments.
    pub(super) ranks: Vec<Option<Rank>>,
    /// Length of the list.
    pub(super) returned: usize,
}

impl QueryState {
    /// The pool row of each judged passage, or of a judged document's best passage in the fused list.
    pub(super) fn judged_rows(&self) -> Vec<Option<usize>> {
        match self.by_document {
            None => self.judged_at.iter().map(|at| at.row).collect(),
            Some(_) => self.judged_rows_in(&self.pool, &self.fused),
        }
    }

    /// The same in another pool and its list.
    pub(super) fn judged_rows_in(&self, pool: &Pool, list: &FusedList) -> Vec<Option<usize>> {
        let rows = self.judged.iter().map(|judged| match (&self.by_document, judged.document) {
            (Some(by), Some(document)) => {
                let rows = by.passages(document).iter().filter_map(|&doc| pool.row_of(doc));
                rows.max_by_key(|&row| list.key(row))
            }
            _ => judged.doc.and_then(|doc| pool.row_of(doc)),
        });
        rows.collect()
    }

    /// Where the judged stand in the fused list whose passages have the ranks `fused`. Documents are those
    /// of the first `n` passages.
    pub(super) fn first_ranks(&self, fused: &[Option<Rank>], n: usize) -> JudgedRanks {
        if self.by_document.is_none() {
            return JudgedRanks { ranks: fused.to_vec(), returned: self.fused.len() };
        }
        self.ranks_in(&self.fused.top(n)).1
    }

    /// Where the judged stand in a list of rows, best first: as passages, and as metrics see it.
    pub(super) fn ranks_in(&self, order: &[usize]) -> (Vec<Option<Rank>>, JudgedRanks) {
        let Some(by) = &self.by_document else {
            let ranks: Vec<Option<Rank>> = self.judged_at.iter().map(|at| rank_in(order, at.row?)).collect();
            return (ranks.clone(), JudgedRanks { ranks, returned: order.len() });
        };
        let passages: HashMap<usize, Rank> = order.iter().copied().zip(1..).collect();
        let rank = |doc: DocIdx| passages.get(&self.pool.row_of(doc)?).copied();
        let documents = by.in_order(order);
        let best = self.judged.iter().map(|judged| {
            judged
                .document
                .and_then(|document| by.passages(document).iter().filter_map(|&doc| rank(doc)).min())
        });
        let ranks = self.judged.iter().map(|judged| documents.get(&by.place(judged.document?)?).copied());
        (best.collect(), JudgedRanks { ranks: ranks.collect(), returned: documents.len() })
    }

    /// The judged with their ranks, which are in the order of the query's judgments.
    pub(super) fn placed(&self, ranks: &[Option<Rank>]) -> Vec<Placed> {
        self.judged.iter().zip(ranks).map(|(judged, &rank)| Placed { grade: judged.grade, rank }).collect()
    }

    /// All passages that are judged, by themselves or with their document.
    pub fn judged_passages(&self, least: crate::domain::Grade) -> impl Iterator<Item = DocIdx> + '_ {
        self.judged.iter().filter(move |judged| judged.grade >= least).flat_map(|judged| {
            match (&self.by_document, judged.document) {
                (Some(by), Some(document)) => by.passages(document),
                _ => judged.doc.as_slice(),
            }
            .iter()
            .copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Hit, Language, LegId, LegName, LegScale, Passage, Settings};
    use crate::engine::query_state::Judged;
    use crate::fuse::{Fuser, FusionPlan};

    /// Passages a#1 a#2 b#1 c#1 a#3 in this order; documents a, b, c and d, which no list has.
    fn state() -> QueryState {
        let ids = ["a#1", "a#2", "b#1", "c#1", "a#3", "d#1"];
        let passage = |id: &&str| Passage {
            id: (*id).into(),
            title: String::new(),
            text: "x".into(),
            language: Language::new("en"),
        };
        let passages: Vec<Passage> = ids.iter().map(passage).collect();
        let documents = Arc::new(Documents::new(&passages, &[]).unwrap());
        let mut state = QueryState::typed("q", 1);
        state.by_document = Some(ByDocument::new(Arc::clone(&documents)));
        let hits: Vec<Hit> = (0..5).map(|doc| Hit { doc: DocIdx(doc), score: 9.0 - doc as f32 }).collect();
        let tie_order: Arc<[u32]> = (0..6).collect();
        state.set_leg(LegId(0), hits, None, &tie_order);
        let legs = [LegName { name: "x".into(), scale: LegScale::Unknown }];
        let ran = [LegId(0)].into_iter().collect();
        state.fuse(&Fuser::new(&FusionPlan::of(&Settings::default(), &legs, ran)));
        let judged = |id: &str| Judged {
            doc: Some(documents.passages(documents.places()[id])[0]),
            document: Some(documents.places()[id]),
            id: id.into(),
            grade: 1,
        };
        state.set_judged(["c", "a", "d"].map(judged).to_vec());
        state
    }

    fn fused(state: &QueryState) -> Vec<Option<Rank>> {
        let rows = state.judged_rows();
        rows.iter().map(|row| state.fused().rank((*row)?)).collect()
    }

    /// Trap: counting passages above a document instead of documents.
    #[test]
    fn a_document_has_the_place_of_its_best_passage_among_documents() {
        let state = state();
        assert_eq!(fused(&state), [Some(4), Some(1), None], "of passages");
        let first = state.first_ranks(&fused(&state), 5);
        assert_eq!(first, JudgedRanks { ranks: vec![Some(3), Some(1), None], returned: 3 });
        let row = |doc| state.pool().row_of(DocIdx(doc)).unwrap();
        let (passages, documents) = state.ranks_in(&[row(2), row(4), row(1), row(3)]);
        assert_eq!(passages, [Some(4), Some(2), None]);
        assert_eq!(documents, JudgedRanks { ranks: vec![Some(3), Some(2), None], returned: 3 });
    }

    /// Trap: metrics for another N that take the rank of a document's passage for the document's.
    #[test]
    fn metrics_of_another_n_are_of_documents() {
        let state = state();
        let at = |n| state.first_metrics(&Settings { candidates: n, ..Settings::default() }).0;
        assert_eq!(at(5).ap, (1.0 + 2.0 / 3.0) / 3.0, "a, b, c");
        assert_eq!(at(3).ap, 1.0 / 3.0, "c comes with the fourth passage");
    }

    /// Trap: a candidate set of N documents, whose passages no reranker was given.
    #[test]
    fn only_the_documents_of_n_passages_are_candidates() {
        let state = state();
        let first = state.first_ranks(&fused(&state), 3);
        assert_eq!(first, JudgedRanks { ranks: vec![None, Some(1), None], returned: 2 });
    }

    #[test]
    fn all_passages_of_a_judged_document_are_judged() {
        let passages: Vec<u32> = state().judged_passages(1).map(|doc| doc.0).collect();
        assert_eq!(passages, [3, 0, 1, 4, 5]);
        assert_eq!(state().judged_passages(2).count(), 0);
    }
}
