//! From the rerankers' scores to the reranked list, one stage after the other. Pure.
//!
//! In: the candidate set in fused order, the stages (who scores, with which weight, how deep) and what is
//! scored so far. Out: the list after each stage. It asks nobody for a score and knows no reranker.
//!
//! A stage takes the top of the list before it and puts it into the order of its own scores; what lies
//! below keeps its place. A stage waits until the one before is complete. Passages that a reranker cannot
//! score follow those that it scored, and passages that wait follow these, each in the order before.

use std::cmp::Reverse;

use crate::domain::{Rank, Score};
use crate::order::order_key;

/// What a pair's score is known to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PairScore {
    NotYet,
    /// The reranker can say nothing about it; it keeps its place in the order before, behind.
    Unscorable,
    Score(Score),
}

/// One stage, its rerankers by number.
#[derive(Debug, Clone, PartialEq)]
pub struct StagePlan {
    /// Number of the reranker and its weight; at least one.
    pub parts: Vec<(usize, f64)>,
    /// How many passages of the list before are re-scored.
    pub depth: usize,
}

/// The same stages, each as deep as `depths` says.
pub fn at_depths(stages: &[StagePlan], depths: impl IntoIterator<Item = usize>) -> Vec<StagePlan> {
    let stage = |(stage, depth): (&StagePlan, usize)| StagePlan { depth, parts: stage.parts.clone() };
    stages.iter().zip(depths).map(stage).collect()
}

/// The list after one stage. Places count from 0 and are places in the candidate set.
#[derive(Debug, Clone, PartialEq)]
pub struct StageList {
    /// All candidates, best first.
    pub order: Vec<usize>,
    /// Of the first `head` of them, by their place in `order`: the stage's own score.
    pub scores: Vec<PairScore>,
    /// How many have a score, or are known to have none.
    pub scored: usize,
    /// Whether the stage before is complete and every passage that this one re-scores is scored.
    pub complete: bool,
}

impl StageList {
    /// How many passages the stage re-scores.
    pub fn head(&self) -> usize {
        self.scores.len()
    }

    /// The rank of a candidate after this stage.
    pub fn rank(&self, place: usize) -> Option<Rank> {
        (1..).zip(&self.order).find(|&(_, &other)| other == place).map(|(rank, _)| rank)
    }
}

/// Runs the stages over `n` candidates. `score(reranker, place)` is what is known; `tie(place)` breaks
/// ties as everywhere (see [`crate::order`]). One list a stage; those after the first
/// incomplete stage are as it left them.
pub fn run(
    stages: &[StagePlan],
    n: usize,
    score: impl Fn(usize, usize) -> PairScore,
    tie: impl Fn(usize) -> u32,
) -> Vec<StageList> {
    let mut lists: Vec<StageList> = Vec::with_capacity(stages.len());
    for stage in stages {
        let (before, ready) = match lists.last() {
            Some(list) => (list.order.clone(), list.complete),
            None => ((0..n).collect(), true),
        };
        let head = stage.depth.min(n);
        let list = match ready {
            true => one(stage, before, head, &score, &tie),
            false => {
                StageList { order: before, scores: vec![PairScore::NotYet; head], scored: 0, complete: false }
            }
        };
        lists.push(list);
    }
    lists
}

fn one(
    stage: &StagePlan,
    before: Vec<usize>,
    head: usize,
    score: &impl Fn(usize, usize) -> PairScore,
    tie: &impl Fn(usize) -> u32,
) -> StageList {
    let combined = stage_scores(stage, before.get(..head).unwrap_or_default(), score);
    let mut keyed: Vec<(u8, u64, usize, PairScore)> = (0u32..)
        .zip(&before)
        .zip(combined)
        .map(|((at, &place), score)| match score {
            PairScore::Score(value) => (2, order_key(value, tie(place)), place, score),
            PairScore::Unscorable => (1, u64::from(u32::MAX - at), place, score),
            PairScore::NotYet => (0, u64::from(u32::MAX - at), place, score),
        })
        .collect();
    keyed.sort_by_key(|&(group, key, ..)| Reverse((group, key)));
    let scores: Vec<PairScore> = keyed.iter().map(|&(.., score)| score).collect();
    let scored = scores.iter().filter(|score| **score != PairScore::NotYet).count();
    let mut order: Vec<usize> = keyed.into_iter().map(|(_, _, place, _)| place).collect();
    order.extend(before.get(head..).unwrap_or_default());
    StageList { order, scored, complete: scored == head, scores }
}

/// The stage's score of each of `places`, in their order. One part: its own. Several: a passage's score is
/// Σ weight · (s − μ) / σ, with each part's mean and standard deviation (of the population) over the
/// passages that every part has scored; a part that scores all of them alike says nothing (0). What one
/// part cannot score, the ensemble cannot.
pub fn stage_scores(
    stage: &StagePlan,
    places: &[usize],
    score: &impl Fn(usize, usize) -> PairScore,
) -> Vec<PairScore> {
    if let [(part, _)] = stage.parts.as_slice() {
        return places.iter().map(|&place| score(*part, place)).collect();
    }
    let together = |place: usize| {
        let mut all = PairScore::Score(0.0);
        for &(part, _) in &stage.parts {
            match score(part, place) {
                PairScore::NotYet => return PairScore::NotYet,
                PairScore::Unscorable => all = PairScore::Unscorable,
                PairScore::Score(_) => {}
            }
        }
        all
    };
    let states: Vec<PairScore> = places.iter().map(|&place| together(place)).collect();
    let mut sums = vec![0.0_f64; places.len()];
    for &(part, weight) in &stage.parts {
        let values: Vec<Option<f64>> = (places.iter().zip(&states))
            .map(|(&place, state)| match (state, score(part, place)) {
                (PairScore::Score(_), PairScore::Score(value)) => Some(f64::from(value)),
                _ => None,
            })
            .collect();
        let known = values.iter().flatten();
        let count = known.clone().count().max(1) as f64;
        let mean = known.clone().sum::<f64>() / count;
        let deviation = (known.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        for (sum, value) in sums.iter_mut().zip(&values) {
            if let Some(value) = value.filter(|_| deviation > 0.0) {
                *sum += weight * (value - mean) / deviation;
            }
        }
    }
    states
        .into_iter()
        .zip(sums)
        .map(|(state, sum)| match state {
            PairScore::Score(_) => PairScore::Score(sum as Score),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use PairScore::{NotYet, Score as S, Unscorable};

    fn stage(parts: &[(usize, f64)], depth: usize) -> StagePlan {
        StagePlan { parts: parts.to_vec(), depth }
    }

    /// `table[reranker][place]`; ties go to the earlier place.
    fn lists(stages: &[StagePlan], table: &[&[PairScore]]) -> Vec<StageList> {
        let n = table.first().map_or(0, |scores| scores.len());
        run(stages, n, |part, place| table[part][place], |place| place as u32)
    }

    fn orders(stages: &[StagePlan], table: &[&[PairScore]]) -> Vec<Vec<usize>> {
        lists(stages, table).into_iter().map(|list| list.order).collect()
    }

    #[test]
    fn one_stage_orders_by_its_scores_and_ties_by_id() {
        let scores = [S(1.0), S(3.0), S(1.0), S(2.0)];
        assert_eq!(orders(&[stage(&[(0, 1.0)], 4)], &[&scores]), [[1, 3, 0, 2]]);
    }

    /// Trap: a stage that sorts what it has not scored below everything, or into the scored part.
    #[test]
    fn below_the_depth_the_order_before_stays() {
        let first = [S(1.0), S(2.0), S(3.0), S(4.0)];
        let second = [NotYet, NotYet, S(0.9), S(0.1)];
        let stages = [stage(&[(0, 1.0)], 4), stage(&[(1, 1.0)], 2)];
        assert_eq!(orders(&stages, &[&first, &second]), [[3, 2, 1, 0], [2, 3, 1, 0]]);
        let last = &lists(&stages, &[&first, &second])[1];
        assert!(last.complete && last.head() == 2);
        assert_eq!((last.rank(2), last.rank(0), last.rank(9)), (Some(1), Some(4), None));
    }

    /// Trap: a second stage that starts on a list which may still change.
    #[test]
    fn a_stage_waits_for_the_one_before() {
        let first = [S(1.0), NotYet, S(3.0)];
        let second = [S(9.0), S(8.0), S(7.0)];
        let both = lists(&[stage(&[(0, 1.0)], 3), stage(&[(1, 1.0)], 2)], &[&first, &second]);
        assert_eq!(both[0].order, [2, 0, 1]);
        assert_eq!((both[0].scored, both[0].complete), (2, false));
        assert_eq!(both[1].order, both[0].order);
        assert_eq!((both[1].scored, both[1].complete), (0, false));
    }

    #[test]
    fn what_cannot_be_scored_follows_and_what_waits_follows_that() {
        let scores = [NotYet, Unscorable, S(-5.0), NotYet, Unscorable];
        let list = &lists(&[stage(&[(0, 1.0)], 5)], &[&scores])[0];
        assert_eq!(list.order, [2, 1, 4, 0, 3]);
        assert_eq!((list.scored, list.complete), (3, false));
    }

    /// Trap: adding raw scores, where logits of ±10 drown cosines of .8.
    #[test]
    fn an_ensemble_adds_normalised_scores() {
        let cosines = [S(0.80), S(0.81), S(0.79)];
        let logits = [S(10.0), S(-10.0), S(-9.0)];
        let table: [&[PairScore]; 2] = [&cosines, &logits];
        // z of the cosines 0, 1.22, -1.22; of the logits 1.41, -0.76, -0.65.
        assert_eq!(orders(&[stage(&[(0, 1.0), (1, 1.0)], 3)], &table), [[0, 1, 2]]);
        assert_eq!(orders(&[stage(&[(0, 3.0), (1, 1.0)], 3)], &table), [[1, 0, 2]]);
        let [list] = lists(&[stage(&[(0, 0.5), (1, 2.0)], 3)], &table).try_into().unwrap();
        let S(best) = list.scores[0] else { unreachable!("it is scored") };
        assert!((best - 2.0 * 1.412_821).abs() < 1e-4, "{best}");
    }

    #[test]
    fn a_part_that_scores_all_alike_says_nothing_and_what_one_cannot_score_both_cannot() {
        let alike = [S(0.5), S(0.5), S(0.5)];
        let other = [S(1.0), S(3.0), Unscorable];
        let list = &lists(&[stage(&[(0, 1.0), (1, 1.0)], 3)], &[&alike, &other])[0];
        assert_eq!(list.order, [1, 0, 2]);
        assert_eq!(list.scores[2], Unscorable);
        assert!(list.complete);
    }

    fn scores(n: usize) -> impl Strategy<Value = Vec<PairScore>> {
        let one = prop_oneof![
            8 => (-5i32..5).prop_map(|score| S(score as f32 / 2.0)),
            1 => Just(Unscorable),
            1 => Just(NotYet),
        ];
        prop::collection::vec(one, n)
    }

    proptest! {
        /// Whatever is scored, each list holds every candidate once, and nothing crosses a stage's depth.
        #[test]
        fn no_stage_loses_or_doubles_a_candidate(
            table in (1usize..12).prop_flat_map(|n| prop::collection::vec(scores(n), 3)),
            depths in prop::collection::vec(1usize..14, 3),
        ) {
            let n = table[0].len();
            let stages: Vec<StagePlan> =
                (0..3).map(|at| stage(&[(at, 1.0), ((at + 1) % 3, 0.5)], depths[at])).collect();
            let mut before: Vec<usize> = (0..n).collect();
            for (list, stage) in run(&stages, n, |r, p| table[r][p], |p| p as u32).iter().zip(&stages) {
                let mut sorted = list.order.clone();
                sorted.sort_unstable();
                prop_assert_eq!(sorted, (0..n).collect::<Vec<_>>());
                let head = stage.depth.min(n);
                prop_assert_eq!(list.head(), head);
                prop_assert_eq!(&list.order[head..], &before[head..]);
                before = list.order.clone();
            }
        }
    }
}
