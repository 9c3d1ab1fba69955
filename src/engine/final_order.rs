//! In: the candidate set with first-stage and reranker scores. Out: the list that is delivered: the
//! reranker's order, or a blend of both stages, cut at the score threshold.
//!
//! The two stages' scores are on different scales, so each is brought to 0..=1 by min-max over the
//! scored candidates before they are blended; equal scores become 1. At β = 0 nothing is normalised: the
//! list has the reranker's own scores.

use crate::domain::Score;
use crate::order::{order_key, score_of, tie_of};

/// One candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its row in the pool.
    pub row: usize,
    pub first: Score,
    /// `None`: the reranker says nothing of it (yet).
    pub reranked: Option<Score>,
    /// Whether it still waits for a score; the others without one cannot be scored.
    pub waits: bool,
}

/// One place of the delivered list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    pub row: usize,
    /// `None`: it has none, and stands behind those that have one, in first-stage order.
    pub score: Option<Score>,
}

/// What happens after the reranker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finish {
    /// β, the first stage's share of the final score, 0 to 1.
    pub blend: f64,
    /// Passages with a lower final score are not delivered.
    pub threshold: Option<f64>,
}

/// The list, best first: scored candidates by final score, then those that cannot be scored, then those
/// that wait, each in first-stage order. `candidates` is in first-stage order. Candidates under the
/// threshold are not in it.
pub fn final_list(candidates: &[Candidate], finish: Finish) -> Vec<Placed> {
    let scored = || candidates.iter().filter_map(|c| Some((c.first, c.reranked?)));
    let scales = (finish.blend > 0.0).then(|| {
        let first = Scale::over(scored().map(|(first, _)| first));
        (first, Scale::over(scored().map(|(_, reranked)| reranked)))
    });
    let score = |candidate: &Candidate| -> Option<Score> {
        let reranked = candidate.reranked?;
        Some(scales.as_ref().map_or(reranked, |(first, second)| {
            let sum =
                finish.blend * first.apply(candidate.first) + (1.0 - finish.blend) * second.apply(reranked);
            sum as Score
        }))
    };
    let mut keys: Vec<u64> = Vec::with_capacity(candidates.len());
    for (place, candidate) in (0u32..).zip(candidates) {
        let score = score(candidate);
        if let (Some(score), Some(least)) = (score, finish.threshold)
            && f64::from(score) < least
        {
            continue;
        }
        // A scored one's key has the score in its upper half, where it is above 1 (see `order_key`); another
        // one's has its place.
        keys.push(match score {
            Some(score) => order_key(score, candidate.row as u32),
            None => u64::from(!candidate.waits) << 32 | u64::from(u32::MAX - place),
        });
    }
    keys.sort_unstable();
    let placed = |key: u64| match key >> 32 {
        0 | 1 => Placed { row: candidates[tie_of(key) as usize].row, score: None },
        _ => Placed { row: tie_of(key) as usize, score: Some(score_of(key)) },
    };
    keys.into_iter().rev().map(placed).collect()
}

/// Least to 0, greatest to 1.
struct Scale {
    least: f64,
    range: f64,
}

impl Scale {
    fn over(scores: impl Iterator<Item = Score>) -> Self {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (least, greatest) = scores.map(f64::from).fold(ends, |(l, g), s| (l.min(s), g.max(s)));
        Self { least, range: greatest - least }
    }

    fn apply(&self, score: Score) -> f64 {
        if self.range > 0.0 { (f64::from(score) - self.least) / self.range } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(row: usize, first: Score, reranked: Option<Score>) -> Candidate {
        Candidate { row, first, reranked, waits: false }
    }

    fn rows(candidates: &[Candidate], blend: f64, threshold: Option<f64>) -> Vec<usize> {
        final_list(candidates, Finish { blend, threshold }).iter().map(|placed| placed.row).collect()
    }

    fn three() -> [Candidate; 3] {
        [candidate(0, 0.9, Some(-5.0)), candidate(1, 0.8, Some(7.0)), candidate(2, 0.1, Some(3.0))]
    }

    #[test]
    fn the_ends_of_beta_are_the_two_stages() {
        assert_eq!(rows(&three(), 0.0, None), [1, 2, 0]);
        assert_eq!(rows(&three(), 1.0, None), [0, 1, 2]);
        let alone = final_list(&three(), Finish { blend: 0.0, threshold: None });
        assert_eq!(alone[0].score, Some(7.0), "the reranker's own scores");
    }

    /// Trap: adding raw scores lets a reranker with logits of ±10 drown a first stage of .03.
    #[test]
    fn stages_are_brought_to_one_scale_before_they_are_blended() {
        // By hand, β = .9: passage 0 has .9·1 + 0, passage 1 .9·.875 + .1, passage 2 0 + .1·8/12.
        let list = final_list(&three(), Finish { blend: 0.9, threshold: None });
        let expected = [(0, 0.9), (1, 0.9 * 0.875 + 0.1), (2, 0.1 * 8.0 / 12.0)];
        let mut expected = expected.to_vec();
        expected.sort_by(|a: &(usize, f64), b| b.1.total_cmp(&a.1));
        for (placed, (row, score)) in list.iter().zip(expected) {
            assert_eq!(placed.row, row);
            assert!((f64::from(placed.score.unwrap()) - score).abs() < 1e-6);
        }
    }

    #[test]
    fn the_threshold_cuts_by_the_final_score_and_spares_what_has_none() {
        let mut candidates = three().to_vec();
        candidates.push(candidate(3, 0.05, None));
        assert_eq!(rows(&candidates, 0.0, Some(3.0)), [1, 2, 3], "the threshold itself is delivered");
        assert_eq!(rows(&candidates, 0.0, Some(99.0)), [3]);
        // Blended by halves: .5, .9375 and 1/3.
        assert_eq!(rows(&candidates, 0.5, Some(0.6)), [1, 3]);
    }

    /// Trap: not scored yet is not scored low.
    #[test]
    fn what_cannot_be_scored_stands_before_what_waits_and_both_keep_their_order() {
        let waiting = |row| Candidate { waits: true, ..candidate(row, 0.0, None) };
        let candidates = [
            waiting(0),
            candidate(1, 0.0, None),
            candidate(2, 0.0, Some(-9.0)),
            waiting(3),
            candidate(4, 0.0, None),
        ];
        assert_eq!(rows(&candidates, 0.0, None), [2, 1, 4, 0, 3]);
    }

    #[test]
    fn equal_scores_blend_to_one_and_go_by_id() {
        let equal = [candidate(0, 0.5, Some(2.0)), candidate(1, 0.5, Some(2.0))];
        let list = final_list(&equal, Finish { blend: 0.3, threshold: None });
        assert_eq!(
            list.iter().map(|p| (p.row, p.score)).collect::<Vec<_>>(),
            [(0, Some(1.0)), (1, Some(1.0))]
        );
        assert!(final_list(&[], Finish { blend: 0.3, threshold: None }).is_empty());
    }
}
