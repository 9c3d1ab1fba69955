//! What the rerankers' scores make of a query's candidate set.

use super::{QueryState, rank_in};
use crate::domain::{DocIdx, Rank, Score};
use crate::rerank::cascade::{self, PairScore, StageList, StagePlan};

/// A query's candidate set after each stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Reranked {
    /// Pool rows in fused order.
    candidates: Vec<usize>,
    lists: Vec<StageList>,
}

/// Where one stage put a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageHit {
    /// In the whole list after the stage.
    pub rank: Rank,
    /// The stage's own score; `None` where it did not re-score the passage.
    pub score: Option<Score>,
}

impl Reranked {
    /// Whether every stage is through.
    pub fn is_complete(&self) -> bool {
        self.lists.iter().all(|list| list.complete)
    }

    /// The first stage that is not through, and how far it is: (stage, scored, of).
    pub fn at(&self) -> Option<(usize, usize, usize)> {
        let unfinished = self.lists.iter().enumerate().find(|(_, list)| !list.complete);
        unfinished.map(|(at, list)| (at, list.scored, list.head()))
    }

    /// Pool rows in the order after the last stage.
    pub fn order(&self) -> Vec<usize> {
        match self.lists.last() {
            Some(list) => list.order.iter().map(|&place| self.candidates[place]).collect(),
            None => self.candidates.clone(),
        }
    }

    /// Where each stage put a row; empty where the row is no candidate.
    pub fn journey(&self, row: usize) -> Vec<StageHit> {
        let Some(place) = self.candidates.iter().position(|&other| other == row) else { return Vec::new() };
        let hit = |list: &StageList| {
            let rank = list.rank(place)?;
            let score = match list.scores.get(rank as usize - 1) {
                Some(PairScore::Score(score)) => Some(*score),
                _ => None,
            };
            Some(StageHit { rank, score })
        };
        self.lists.iter().filter_map(hit).collect()
    }

    /// The score of each row by its place after the last stage: that of the last stage that re-scored it.
    pub fn shown_scores(&self) -> Vec<Option<Score>> {
        let mut by_place: Vec<Option<Score>> = vec![None; self.candidates.len()];
        for list in &self.lists {
            for (&place, score) in list.order.iter().zip(&list.scores) {
                if list.scored > 0 {
                    by_place[place] = match score {
                        PairScore::Score(score) => Some(*score),
                        PairScore::NotYet | PairScore::Unscorable => None,
                    };
                }
            }
        }
        self.lists.last().map_or_else(Vec::new, |list| list.order.iter().map(|&at| by_place[at]).collect())
    }

    /// How many at the top of the final list the last stage has re-scored.
    pub fn last_head(&self) -> usize {
        self.lists.last().map_or(0, StageList::head)
    }

    /// The rank of each row after each stage: outer by stage, inner in the order of `rows`.
    pub fn stage_ranks(&self, rows: &[Option<usize>]) -> Vec<Vec<Option<Rank>>> {
        let orders = self
            .lists
            .iter()
            .map(|list| -> Vec<usize> { list.order.iter().map(|&place| self.candidates[place]).collect() });
        orders.map(|order| rows.iter().map(|row| rank_in(&order, (*row)?)).collect()).collect()
    }
}

impl QueryState {
    /// Takes one score of a reranker; for a passage that is not in the pool it is of no use here.
    pub fn set_score(&mut self, reranker: usize, doc: DocIdx, score: PairScore) {
        if let Some(row) = self.pool.row_of(doc) {
            if self.scores.len() <= reranker {
                self.scores.resize(reranker + 1, Vec::new());
            }
            let column = &mut self.scores[reranker];
            column.resize(self.pool.len(), PairScore::NotYet);
            column[row] = score;
        }
    }

    /// What is known of a pair.
    pub fn score(&self, reranker: usize, row: usize) -> PairScore {
        self.scores.get(reranker).and_then(|column| column.get(row)).copied().unwrap_or(PairScore::NotYet)
    }

    /// The candidate set of `n` after each of `stages`. The query is fused already.
    pub fn reranked(&self, stages: &[StagePlan], n: usize) -> Reranked {
        let candidates = self.fused.top(n);
        let score = |reranker: usize, place: usize| self.score(reranker, candidates[place]);
        let tie = |place: usize| self.pool.tie(candidates[place]);
        let lists = cascade::run(stages, candidates.len(), score, tie);
        Reranked { candidates, lists }
    }

    /// The pairs that the next unfinished stage waits for, by reranker, each in the order of the list
    /// before the stage. Empty when every stage is through.
    pub fn wanted(&self, stages: &[StagePlan], n: usize) -> Vec<(usize, Vec<DocIdx>)> {
        let reranked = self.reranked(stages, n);
        let Some((at, ..)) = reranked.at() else { return Vec::new() };
        let before = match at.checked_sub(1).and_then(|before| reranked.lists.get(before)) {
            Some(list) => list.order.clone(),
            None => (0..reranked.candidates.len()).collect(),
        };
        let head = before.get(..reranked.lists[at].head()).unwrap_or_default();
        let of = |&(reranker, _): &(usize, f64)| {
            let rows = head.iter().map(|&place| reranked.candidates[place]);
            let waiting = rows.filter(|&row| self.score(reranker, row) == PairScore::NotYet);
            (reranker, waiting.map(|row| self.pool.doc(row)).collect::<Vec<_>>())
        };
        stages[at].parts.iter().map(of).filter(|(_, docs)| !docs.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Hit, LegId, Settings};
    use crate::engine::query_state::plan;
    use crate::fuse::Fuser;

    /// Six passages in the order 0 to 5.
    fn state() -> QueryState {
        let tie_order: Vec<u32> = (0..6).collect();
        let hits: Vec<Hit> = (0..6).map(|doc| Hit { doc: DocIdx(doc), score: 9.0 - doc as f32 }).collect();
        let mut state = QueryState::typed("q");
        state.set_leg(LegId::BM25, hits, &tie_order);
        let settings = Settings::default();
        state.fuse(&Fuser::new(&plan(&settings, crate::domain::FirstStage::Bm25)));
        state
    }

    fn stages() -> Vec<StagePlan> {
        vec![
            StagePlan { parts: vec![(0, 1.0)], depth: 4 },
            StagePlan { parts: vec![(1, 1.0), (2, 1.0)], depth: 2 },
        ]
    }

    fn docs(list: &[u32]) -> Vec<DocIdx> {
        list.iter().copied().map(DocIdx).collect()
    }

    /// Trap: handing out a later stage's pairs by the order before it is known.
    #[test]
    fn each_stage_wants_its_pairs_when_the_one_before_is_through() {
        let mut state = state();
        assert_eq!(state.wanted(&stages(), 5), [(0, docs(&[0, 1, 2, 3]))]);
        for (doc, score) in [(0, 0.1), (1, 0.2), (2, 0.4)] {
            state.set_score(0, DocIdx(doc), PairScore::Score(score));
        }
        assert_eq!(state.wanted(&stages(), 5), [(0, docs(&[3]))]);
        assert_eq!(state.reranked(&stages(), 5).at(), Some((0, 3, 4)));
        state.set_score(0, DocIdx(3), PairScore::Score(0.3));
        assert_eq!(state.wanted(&stages(), 5), [(1, docs(&[2, 3])), (2, docs(&[2, 3]))]);
        state.set_score(1, DocIdx(2), PairScore::Unscorable);
        assert_eq!(state.wanted(&stages(), 5), [(1, docs(&[3])), (2, docs(&[2, 3]))]);
    }

    #[test]
    fn a_journey_tells_each_stage_and_the_list_shows_the_last_score() {
        let mut state = state();
        for (doc, score) in [(0, 0.1), (1, 0.2), (2, 0.4), (3, 0.3)] {
            state.set_score(0, DocIdx(doc), PairScore::Score(score));
        }
        for (doc, score) in [(2, -1.0), (3, 2.0)] {
            state.set_score(1, DocIdx(doc), PairScore::Score(score));
            state.set_score(2, DocIdx(doc), PairScore::Score(score));
        }
        let reranked = state.reranked(&stages(), 5);
        assert!(reranked.is_complete());
        assert_eq!(
            reranked.order().iter().map(|&row| state.pool().doc(row).0).collect::<Vec<_>>(),
            [3, 2, 1, 0, 4]
        );
        let row = |doc| state.pool().row_of(DocIdx(doc)).unwrap();
        let journey: Vec<_> = reranked.journey(row(3)).iter().map(|hit| (hit.rank, hit.score)).collect();
        assert_eq!(journey, [(2, Some(0.3)), (1, Some(2.0))]);
        let journey: Vec<_> = reranked.journey(row(1)).iter().map(|hit| (hit.rank, hit.score)).collect();
        assert_eq!(journey, [(3, Some(0.2)), (3, None)], "the second stage did not re-score it");
        assert_eq!(reranked.shown_scores(), [Some(2.0), Some(-2.0), Some(0.2), Some(0.1), None]);
        let ranks = reranked.stage_ranks(&[Some(row(3)), None, Some(row(5))]);
        assert_eq!(ranks, [[Some(2), None, None], [Some(1), None, None]]);
        assert!(reranked.journey(row(5)).is_empty(), "beyond N it is no candidate");
    }

    /// Trap: scores that stay behind, by row, when another leg makes the pool anew.
    #[test]
    fn scores_stay_with_their_passages_when_the_pool_changes() {
        let mut state = state();
        state.set_score(1, DocIdx(3), PairScore::Score(0.5));
        let hits = vec![Hit { doc: DocIdx(9), score: 1.0 }, Hit { doc: DocIdx(3), score: 0.5 }];
        state.set_leg(LegId::DENSE, hits, &(0..10).collect::<Vec<u32>>());
        let row = state.pool().row_of(DocIdx(3)).unwrap();
        assert_eq!(state.score(1, row), PairScore::Score(0.5));
        assert_eq!(state.score(0, row), PairScore::NotYet);
    }
}
