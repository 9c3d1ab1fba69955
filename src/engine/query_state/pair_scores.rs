//! The rerankers' scores of one query's pairs, by reranker and pool row.
//!
//! Four bytes a pair: a thousand queries' columns are read on every key press, each at the rows of its
//! candidate set, and what that costs is fetching them from memory.

use crate::domain::Score;
use crate::rerank::cascade::PairScore;

/// Bits of no score: NaN is refused where it enters.
const NOT_YET: u32 = u32::MAX;
const UNSCORABLE: u32 = u32::MAX - 1;

/// What is known of every pair. A column that is short or missing is not scored yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PairScores(Vec<Vec<u32>>);

impl PairScores {
    /// What is known of a pair.
    pub fn get(&self, reranker: usize, row: usize) -> PairScore {
        match self.0.get(reranker).and_then(|column| column.get(row)) {
            None | Some(&NOT_YET) => PairScore::NotYet,
            Some(&UNSCORABLE) => PairScore::Unscorable,
            Some(&bits) => PairScore::Score(Score::from_bits(bits)),
        }
    }

    /// Reads a column through before the pairs of `n` candidates are asked for, where it is short enough for
    /// that: in order, memory is fetched ahead; at one candidate after the other, it is waited for.
    pub(super) fn fetch(&self, reranker: usize, n: usize) {
        /// Scores that reach the processor together.
        const TOGETHER: usize = 16;
        let column = self.0.get(reranker).map_or(&[][..], Vec::as_slice);
        if column.len() / TOGETHER <= 4 * n {
            std::hint::black_box(column.iter().step_by(TOGETHER).fold(0, |all, bits| all | bits));
        }
    }

    /// Takes what is known of a pair; `rows` is the pool's length.
    pub(super) fn set(&mut self, reranker: usize, row: usize, rows: usize, score: PairScore) {
        if self.0.len() <= reranker {
            self.0.resize(reranker + 1, Vec::new());
        }
        let column = &mut self.0[reranker];
        column.resize(rows, NOT_YET);
        column[row] = match score {
            PairScore::NotYet => NOT_YET,
            PairScore::Unscorable => UNSCORABLE,
            PairScore::Score(score) => {
                debug_assert!(!score.is_nan(), "NaN is refused where it enters");
                score.to_bits()
            }
        };
    }

    /// Number of rerankers that there are columns of.
    pub(super) fn rerankers(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap: a score whose bits are taken for "not scored yet".
    #[test]
    fn what_was_put_in_comes_out() {
        let mut scores = PairScores::default();
        let said = [f32::MIN, -0.0, 0.0, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY, f32::NEG_INFINITY];
        let known = said.map(PairScore::Score);
        for (row, &score) in known.iter().chain([&PairScore::Unscorable]).enumerate() {
            scores.set(2, row, 10, score);
        }
        for (row, &score) in known.iter().enumerate() {
            assert_eq!(scores.get(2, row), score);
        }
        assert_eq!((scores.get(2, 7), scores.get(2, 8)), (PairScore::Unscorable, PairScore::NotYet));
        assert_eq!((scores.get(2, 10), scores.get(0, 0)), (PairScore::NotYet, PairScore::NotYet));
        assert_eq!((scores.get(9, 0), scores.rerankers()), (PairScore::NotYet, 3));
        scores.set(2, 0, 10, PairScore::NotYet);
        assert_eq!(scores.get(2, 0), PairScore::NotYet);
    }
}
