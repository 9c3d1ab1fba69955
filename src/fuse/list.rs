//! In: one fused score per pool row. Out: ranks in the list that they make, its head, its length. It does
//! not know how a score came about.
//!
//! The order is one for screen, cut and metrics: score descending, then id bytes descending
//! (trec_eval's rule), which is the order of the pool's rows. A rank is a count of greater scores, with no
//! sort.

use crate::domain::{Rank, Score};
use crate::order;

/// The score of a row that is not in the list. The fuser writes finite scores, so all are above it.
pub(super) const ABSENT: Score = Score::NEG_INFINITY;

/// Rows looked at together, on the stack.
const BLOCK: usize = 256;

/// Above this many ranks asked for at once, one sort is cheaper than as many counts.
const COUNTS_BEFORE_SORT: usize = 16;

/// One query's fused list over the rows of its pool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FusedList {
    /// By pool row; [`ABSENT`]: not in the list.
    scores: Vec<Score>,
}

impl FusedList {
    /// Makes the list one over a pool of so many rows; every score must then be written.
    pub(super) fn over(&mut self, rows: usize) -> &mut [Score] {
        self.scores.resize(rows, ABSENT);
        &mut self.scores
    }

    /// The row's place in the order as [`order::order_key`] has it; 0: not in the list.
    pub fn key(&self, row: usize) -> u64 {
        match self.scores[row] {
            ABSENT => 0,
            score => order::order_key(score, row as u32),
        }
    }

    /// The fused score; `None`: not in the list.
    pub fn score(&self, row: usize) -> Option<Score> {
        Some(self.scores[row]).filter(|&score| score != ABSENT)
    }

    /// The rank, from 1; `None`: not in the list. One pass over the scores, no sort.
    pub fn rank(&self, row: usize) -> Option<Rank> {
        let own = self.score(row)?;
        let (before, after) = self.scores.split_at(row);
        // Straight sums, which the compiler turns into vector code.
        let before: u32 = before.iter().map(|&score| u32::from(score >= own)).sum();
        let after: u32 = after.iter().map(|&score| u32::from(score > own)).sum();
        Some(1 + before + after)
    }

    /// The ranks of several rows at once, `None` for what has no row; the same as [`FusedList::rank`] of
    /// each, but linear in the pool however many are asked for (a query may have thousands of judged
    /// passages).
    pub fn ranks(&self, rows: &[Option<usize>]) -> Vec<Option<Rank>> {
        if rows.len() <= COUNTS_BEFORE_SORT {
            return rows.iter().map(|&row| self.rank(row?)).collect();
        }
        let mut ascending: Vec<u64> =
            (0..self.scores.len()).map(|row| self.key(row)).filter(|&key| key != 0).collect();
        ascending.sort_unstable();
        let rank = |key| (ascending.len() - ascending.partition_point(|&other| other <= key)) as Rank + 1;
        rows.iter().map(|&row| Some(self.key(row?)).filter(|&key| key != 0).map(rank)).collect()
    }

    /// How many rows are in the list.
    pub fn len(&self) -> usize {
        self.scores.iter().map(|&score| u32::from(score != ABSENT)).sum::<u32>() as usize
    }

    pub fn is_empty(&self) -> bool {
        self.scores.iter().all(|&score| score == ABSENT)
    }

    /// The first `n` rows of the list in order, fewer if it is shorter.
    pub fn top(&self, n: usize) -> Vec<usize> {
        let guess = self.guess_bar(n);
        let mut keys = self.keys_from(guess);
        if keys.len() < n && guess > Score::MIN {
            keys = self.keys_from(Score::MIN);
        }
        // Ascending, which the sort is quicker at than at the reverse.
        let beyond = keys.len().saturating_sub(n);
        if beyond > 0 && n > 0 {
            keys.select_nth_unstable(beyond);
        }
        let head = &mut keys[beyond..];
        head.sort_unstable();
        head.iter().rev().map(|&key| order::tie_of(key) as usize).collect()
    }

    /// The keys of the rows with at least this score. Found without a branch by row, not even one for the
    /// bounds: which rows are high is as good as random, and a wrong guess costs more than a write that does
    /// not count.
    fn keys_from(&self, least: Score) -> Vec<u64> {
        let mut keys = Vec::with_capacity(self.scores.len().min(BLOCK));
        let mut rows = [0; BLOCK];
        for (block, scores) in self.scores.chunks(BLOCK).enumerate() {
            let mut found = 0;
            for (row, &score) in (block as u32 * BLOCK as u32..).zip(scores) {
                // Never past the end: a block has no more rows than this.
                rows[found % BLOCK] = row;
                found += usize::from(score >= least);
            }
            keys.extend(rows[..found].iter().map(|&row| order::order_key(self.scores[row as usize], row)));
        }
        keys
    }

    /// A score that about twice `n` rows reach, seldom fewer than `n`: from every eighth row. The least
    /// score there is where that is not worth it.
    fn guess_bar(&self, n: usize) -> Score {
        const STEP: usize = 8;
        let at = n.div_ceil(STEP) * 2 + 4;
        let mut sample: Vec<Score> = self.scores.iter().copied().step_by(STEP).collect();
        if n == 0 || at * 2 > sample.len() {
            return Score::MIN;
        }
        let (_, &mut bar, _) = sample.select_nth_unstable_by(at - 1, |a, b| b.total_cmp(a));
        bar.max(Score::MIN)
    }

    /// The whole list in order.
    pub fn whole(&self) -> Vec<usize> {
        self.top(self.scores.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list_of(scores: &[Option<Score>]) -> FusedList {
        FusedList { scores: scores.iter().map(|score| score.unwrap_or(ABSENT)).collect() }
    }

    #[test]
    fn absent_rows_take_no_part() {
        let list = list_of(&[None, Some(-5.0), None, Some(Score::MIN), Some(-4.0)]);
        assert_eq!((list.len(), list.is_empty()), (3, false));
        assert_eq!(list.whole(), [4, 1, 3]);
        assert_eq!((list.rank(0), list.rank(1), list.rank(3)), (None, Some(2), Some(3)));
        assert_eq!((list.score(0), list.score(1)), (None, Some(-5.0)));
        assert!(list_of(&[None, None]).is_empty());
    }

    /// Trap: a list that is used again for a smaller pool, and keeps rows of the one before.
    #[test]
    fn a_list_used_again_is_over_the_new_pool() {
        let mut list = list_of(&[Some(1.0), Some(2.0), Some(3.0)]);
        list.over(2).fill(0.5);
        assert_eq!((list.len(), list.whole()), (2, vec![0, 1]));
    }

    fn list() -> impl Strategy<Value = FusedList> {
        // Few distinct scores, so that ties are the rule.
        prop::collection::vec(prop::option::of(-3i8..3), 0..60).prop_map(|scores| {
            let scores = scores.into_iter().map(|score| score.map(|score| f32::from(score) / 2.0));
            list_of(&scores.collect::<Vec<_>>())
        })
    }

    proptest! {
        #[test]
        fn ranks_and_heads_agree_with_a_plain_sort(list in list(), n in 0usize..70) {
            let mut sorted: Vec<usize> = (0..list.scores.len()).filter(|&row| list.score(row).is_some()).collect();
            sorted.sort_by(|&a, &b| {
                list.scores[b].total_cmp(&list.scores[a]).then(a.cmp(&b))
            });
            prop_assert_eq!(list.whole(), sorted.clone());
            prop_assert_eq!(list.top(n), sorted[..n.min(sorted.len())].to_vec());
            prop_assert_eq!(list.len(), sorted.len());
            prop_assert_eq!(list.is_empty(), sorted.is_empty());
            let rows: Vec<Option<usize>> = (0..list.scores.len()).map(Some).chain([None]).collect();
            let ranks = list.ranks(&rows);
            prop_assert_eq!(ranks.last(), Some(&None));
            for row in rows.into_iter().flatten() {
                let rank = sorted.iter().position(|&r| r == row).map(|place| place as Rank + 1);
                prop_assert_eq!(list.rank(row), rank);
                prop_assert_eq!(ranks[row], rank);
            }
        }
    }
}
