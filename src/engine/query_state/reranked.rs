//! What the rerankers' scores make of a query's candidate set.

use super::{PairScores, QueryState};
use crate::domain::{DocIdx, Rank, Score, Settings};
use crate::engine::final_order::{Candidate, Finish, Placed, final_list};
use crate::fuse::FusedList;
use crate::judge::{self, Metrics, measure};
use crate::rerank::cascade::{self, PairScore, StageList, StagePlan};

/// A query's candidate set and how far its stages are. Places count from 0 in the candidate set.
#[derive(Debug, Clone, PartialEq)]
pub struct Reranked {
    /// Pool rows in fused order.
    candidates: Vec<usize>,
    /// After each stage but the last.
    lists: Vec<StageList>,
    /// `None` without a second stage.
    last: Option<LastStage>,
}

/// The last stage, of which the delivered list is made.
#[derive(Debug, Clone, PartialEq)]
struct LastStage {
    /// Places in the order before it.
    before: Vec<usize>,
    /// Its scores of the first of them, as many as it re-scores.
    scores: Vec<PairScore>,
    /// Whether the stages before are through.
    ready: bool,
}

/// What is delivered, best first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Delivered {
    /// A score is the final one, or for those that the last stage did not re-score the last that an
    /// earlier stage gave.
    pub list: Vec<Placed>,
    /// How many at the top the last stage has re-scored.
    pub head: usize,
}

/// Where one stage put a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageHit {
    /// In the whole list after the stage; after the last one, in the delivered list.
    pub rank: Rank,
    /// The stage's own score; `None` where it did not re-score the passage.
    pub score: Option<Score>,
}

fn number(score: PairScore) -> Option<Score> {
    match score {
        PairScore::Score(score) => Some(score),
        PairScore::Unscorable | PairScore::NotYet => None,
    }
}

impl Reranked {
    /// Whether every stage is through.
    pub fn is_complete(&self) -> bool {
        self.at().is_none()
    }

    /// The first stage that is not through, and how far it is: (stage, scored, of).
    pub fn at(&self) -> Option<(usize, usize, usize)> {
        let unfinished = self.lists.iter().enumerate().find(|(_, list)| !list.complete);
        if let Some((at, list)) = unfinished {
            return Some((at, list.scored, list.head()));
        }
        let last = self.last.as_ref()?;
        let waiting = last.scores.iter().filter(|score| **score == PairScore::NotYet).count();
        (waiting > 0).then(|| (self.lists.len(), last.scores.len() - waiting, last.scores.len()))
    }

    /// What these stages make of candidates, which are pool rows in fused order. `score(reranker, row)` is
    /// what is known of a pair.
    pub fn of(
        candidates: Vec<usize>,
        stages: &[StagePlan],
        score: impl Fn(usize, usize) -> PairScore,
    ) -> Self {
        let Some((last, earlier)) = stages.split_last() else {
            return Self { candidates, lists: Vec::new(), last: None };
        };
        let score = |reranker: usize, place: usize| score(reranker, candidates[place]);
        let lists = cascade::run(earlier, candidates.len(), score, |place| candidates[place] as u32);
        let ready = lists.last().is_none_or(|list| list.complete);
        let before = match lists.last() {
            Some(list) => list.order.clone(),
            None => (0..candidates.len()).collect::<Vec<_>>(),
        };
        let head = last.depth.min(before.len());
        let scores = match ready {
            true => cascade::stage_scores(last, &before[..head], &score),
            false => vec![PairScore::NotYet; head],
        };
        Self { candidates, lists, last: Some(LastStage { before, scores, ready }) }
    }

    /// The list that is delivered: the last stage's, blended with the first stage and cut at the
    /// threshold as the settings say, and behind it what that stage did not re-score, in the order before.
    pub fn delivered(&self, state: &QueryState, settings: &Settings) -> Delivered {
        let finish = Finish { blend: settings.blend, threshold: settings.threshold };
        self.finished(&state.fused, finish)
    }

    /// The same over any fused list, the one that the candidates are of.
    pub fn finished(&self, fused: &FusedList, finish: Finish) -> Delivered {
        let Some(last) = &self.last else { return Delivered::default() };
        let row = |place: usize| self.candidates[place];
        let head: Vec<Candidate> = (last.before.iter().zip(&last.scores))
            .map(|(&place, &score)| Candidate {
                row: row(place),
                first: fused.score(row(place)).unwrap_or_default(),
                reranked: number(score),
                waits: score == PairScore::NotYet,
            })
            .collect();
        let mut list = final_list(&head, finish);
        let head = list.len();
        let rest = last.before.iter().skip(last.scores.len());
        list.extend(rest.map(|&place| Placed { row: row(place), score: self.earlier(place) }));
        if !last.ready {
            // What waits for the last stage shows what the earlier ones have made of it.
            let place = |row: usize| self.candidates.iter().position(|&other| other == row);
            for placed in &mut list[..head] {
                placed.score = place(placed.row).and_then(|place| self.earlier(place));
            }
        }
        Delivered { list, head }
    }

    /// The score of the last stage before the last that has re-scored a candidate.
    fn earlier(&self, place: usize) -> Option<Score> {
        let of = |list: &StageList| {
            let at = list.order.iter().position(|&other| other == place)?;
            list.scores.get(at).copied().and_then(number)
        };
        self.lists.iter().rev().find_map(of)
    }

    /// Where each stage put a row; empty where the row is no candidate, short where the threshold cut it.
    pub fn journey(&self, row: usize, delivered: &Delivered) -> Vec<StageHit> {
        let Some(place) = self.candidates.iter().position(|&other| other == row) else { return Vec::new() };
        let hit = |list: &StageList| {
            let rank = list.rank(place)?;
            Some(StageHit { rank, score: list.scores.get(rank as usize - 1).copied().and_then(number) })
        };
        let last = || {
            let last = self.last.as_ref()?;
            let rank = (1..).zip(&delivered.list).find(|(_, placed)| placed.row == row)?.0;
            let at = last.before.iter().position(|&other| other == place)?;
            Some(StageHit { rank, score: last.scores.get(at).copied().and_then(number) })
        };
        self.lists.iter().filter_map(hit).chain(last()).collect()
    }

    /// The whole list after each stage, best first, as pool rows; the last one's is the delivered list.
    pub fn orders(&self, delivered: &Delivered) -> Vec<Vec<usize>> {
        let of = |list: &StageList| -> Vec<usize> {
            list.order.iter().map(|&place| self.candidates[place]).collect()
        };
        let last: Vec<usize> = delivered.list.iter().map(|placed| placed.row).collect();
        self.lists.iter().map(of).chain(self.last.is_some().then_some(last)).collect()
    }
}

impl QueryState {
    /// Takes one score of a reranker; for a passage that is not in the pool it is of no use here.
    pub fn set_score(&mut self, reranker: usize, doc: DocIdx, score: PairScore) {
        if let Some(row) = self.pool.row_of(doc) {
            self.scores.set(reranker, row, self.pool.len(), score);
        }
    }

    /// What is known of a pair.
    pub fn score(&self, reranker: usize, row: usize) -> PairScore {
        self.scores.get(reranker, row)
    }

    /// What is known of all pairs.
    pub fn pair_scores(&self) -> &PairScores {
        &self.scores
    }

    /// The candidate set of `n` under these stages. The query is fused already.
    pub fn reranked(&self, stages: &[StagePlan], n: usize) -> Reranked {
        let parts = stages.iter().flat_map(|stage| &stage.parts);
        parts.for_each(|&(reranker, _)| self.scores.fetch(reranker, n));
        let score = |reranker: usize, row: usize| self.score(reranker, row);
        Reranked::of(self.fused.top(n), stages, score)
    }

    /// The metrics of the first stage's list at these settings' N, and their ceiling. The query is fused
    /// already.
    pub fn first_metrics(&self, settings: &Settings) -> (Metrics, Metrics) {
        let (n, level) = (settings.candidates, settings.rel_level);
        let counted = self.first_ranks(&self.fused.ranks(&self.judged_rows()), n);
        let placed = self.placed(&counted.ranks);
        (measure(&placed, n, level), judge::ceiling(&placed, n, level))
    }

    /// The metrics of the delivered list; `None` while a stage is not through. The query is fused already.
    pub fn reranked_metrics(&self, stages: &[StagePlan], settings: &Settings) -> Option<Metrics> {
        let reranked = self.reranked(stages, settings.candidates);
        if !reranked.is_complete() {
            return None;
        }
        let delivered = reranked.delivered(self, settings);
        let order: Vec<usize> = delivered.list.iter().map(|placed| placed.row).collect();
        let (_, counted) = self.ranks_in(&order);
        Some(measure(&self.placed(&counted.ranks), settings.candidates, settings.rel_level))
    }

    /// The pairs that the next unfinished stage waits for, by reranker, each in the order of the list
    /// before the stage. Empty when every stage is through.
    pub fn wanted(&self, stages: &[StagePlan], n: usize) -> Vec<(usize, Vec<DocIdx>)> {
        let reranked = self.reranked(stages, n);
        let Some((at, _, head)) = reranked.at() else { return Vec::new() };
        let before = match at.checked_sub(1).and_then(|before| reranked.lists.get(before)) {
            Some(list) => list.order.clone(),
            None => (0..reranked.candidates.len()).collect(),
        };
        let head = before.get(..head).unwrap_or_default();
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
    use std::sync::Arc;

    use super::*;
    use crate::domain::{Hit, LegId, LegName, LegScale, LegSet};
    use crate::fuse::{Fuser, FusionPlan};

    /// Six passages in the order 0 to 5.
    fn state() -> QueryState {
        let tie_order: Arc<[u32]> = (0..6).collect();
        let hits: Vec<Hit> = (0..6).map(|doc| Hit { doc: DocIdx(doc), score: 9.0 - doc as f32 }).collect();
        let mut state = QueryState::typed("q", 2);
        state.set_leg(LegId(0), hits, None, &tie_order);
        let legs: Vec<LegName> =
            ["a", "b"].map(|name| LegName { name: name.into(), scale: LegScale::Bm25 }).into();
        let ran: LegSet = [LegId(0)].into_iter().collect();
        state.fuse(&Fuser::new(&FusionPlan::of(&Settings::default(), &legs, ran)));
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
        let delivered = reranked.delivered(&state, &Settings::default());
        let docs: Vec<u32> = delivered.list.iter().map(|placed| state.pool().doc(placed.row).0).collect();
        assert_eq!((docs, delivered.head), (vec![3, 2, 1, 0, 4], 2));
        let row = |doc| state.pool().row_of(DocIdx(doc)).unwrap();
        let journey: Vec<_> =
            reranked.journey(row(3), &delivered).iter().map(|hit| (hit.rank, hit.score)).collect();
        assert_eq!(journey, [(2, Some(0.3)), (1, Some(2.0))]);
        let journey: Vec<_> =
            reranked.journey(row(1), &delivered).iter().map(|hit| (hit.rank, hit.score)).collect();
        assert_eq!(journey, [(3, Some(0.2)), (3, None)], "the second stage did not re-score it");
        let shown: Vec<Option<Score>> = delivered.list.iter().map(|placed| placed.score).collect();
        assert_eq!(shown, [Some(2.0), Some(-2.0), Some(0.2), Some(0.1), None]);
        let orders = reranked.orders(&delivered);
        assert_eq!(orders, [[2, 3, 1, 0, 4].map(row), [3, 2, 1, 0, 4].map(row)]);
        assert!(reranked.journey(row(5), &delivered).is_empty(), "beyond N it is no candidate");
    }

    /// Trap: a threshold on the last stage's scores that drops what that stage never scored.
    #[test]
    fn the_threshold_cuts_what_the_last_stage_scored() {
        let mut state = state();
        for (doc, score) in [(0, 0.1), (1, 0.2), (2, 0.4), (3, 0.3)] {
            state.set_score(0, DocIdx(doc), PairScore::Score(score));
            state.set_score(1, DocIdx(doc), PairScore::Score(-score));
        }
        let stages =
            [StagePlan { parts: vec![(0, 1.0)], depth: 4 }, StagePlan { parts: vec![(1, 1.0)], depth: 2 }];
        let settings = Settings { threshold: Some(-0.35), ..Settings::default() };
        let delivered = state.reranked(&stages, 5).delivered(&state, &settings);
        let docs: Vec<u32> = delivered.list.iter().map(|placed| state.pool().doc(placed.row).0).collect();
        assert_eq!((docs, delivered.head), (vec![3, 1, 0, 4], 1));
    }

    /// Trap: scores that stay behind, by row, when another leg makes the pool anew.
    #[test]
    fn scores_stay_with_their_passages_when_the_pool_changes() {
        let mut state = state();
        state.set_score(1, DocIdx(3), PairScore::Score(0.5));
        let hits = vec![Hit { doc: DocIdx(9), score: 1.0 }, Hit { doc: DocIdx(3), score: 0.5 }];
        state.set_leg(LegId(1), hits, None, &(0..10).collect());
        let row = state.pool().row_of(DocIdx(3)).unwrap();
        assert_eq!(state.score(1, row), PairScore::Score(0.5));
        assert_eq!(state.score(0, row), PairScore::NotYet);
    }
}
