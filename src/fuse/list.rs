//! In: one fused score per pool row. Out: the order of the list, as sortable keys; ranks, cuts and heads
//! of it. It does not know how a score came about.
//!
//! The order is one for screen, cut and metrics: score descending, then id bytes descending
//! (trec_eval's rule). A key packs both into one `u64`, so that a rank is a count of greater numbers,
//! with no sort and no second comparison.

use crate::domain::{Rank, Score};
use crate::order;

/// The key of a row that is not in the list.
const ABSENT: u64 = 0;

/// Above this many ranks asked for at once, one sort is cheaper than as many counts.
const COUNTS_BEFORE_SORT: usize = 16;

/// The score in a key.
fn key_score(key: u64) -> Score {
    let ordered = (key >> 32) as u32;
    Score::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
}

/// One query's fused list over the rows of its pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FusedList {
    /// One per pool row; 0: not in the list.
    keys: Vec<u64>,
}

impl FusedList {
    /// A list from one key per pool row, 0 where the row is not in it.
    pub fn from_keys(keys: Vec<u64>) -> Self {
        Self { keys }
    }

    pub(super) fn keys_mut(&mut self) -> &mut Vec<u64> {
        &mut self.keys
    }

    /// The row's key as [`order::order_key`] makes it; 0: not in the list.
    pub fn key(&self, row: usize) -> u64 {
        self.keys[row]
    }

    /// The fused score; `None`: not in the list.
    pub fn score(&self, row: usize) -> Option<Score> {
        let key = self.keys[row];
        (key != ABSENT).then(|| key_score(key))
    }

    /// The rank, from 1; `None`: not in the list. One pass over the keys, no sort.
    pub fn rank(&self, row: usize) -> Option<Rank> {
        let key = self.keys[row];
        (key != ABSENT).then(|| 1 + count_greater(&self.keys, key))
    }

    /// The ranks of several rows at once; the same as [`FusedList::rank`] of each, but linear in the
    /// pool however many are asked for (a query may have thousands of judged passages).
    pub fn ranks(&self, rows: &[usize]) -> Vec<Option<Rank>> {
        if rows.len() <= COUNTS_BEFORE_SORT {
            return rows.iter().map(|&row| self.rank(row)).collect();
        }
        let mut ascending: Vec<u64> = self.keys.iter().copied().filter(|&key| key != ABSENT).collect();
        ascending.sort_unstable();
        let rank = |key| (ascending.len() - ascending.partition_point(|&other| other <= key)) as Rank + 1;
        rows.iter().map(|&row| self.keys[row]).map(|key| (key != ABSENT).then(|| rank(key))).collect()
    }

    /// How many rows are in the list.
    pub fn len(&self) -> usize {
        self.keys.iter().filter(|&&key| key != ABSENT).count()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.iter().all(|&key| key == ABSENT)
    }

    /// The first `n` rows of the list in order, fewer if it is shorter.
    pub fn top(&self, n: usize) -> Vec<usize> {
        order::top(&self.keys, n)
    }

    /// The whole list in order.
    pub fn whole(&self) -> Vec<usize> {
        self.top(self.keys.len())
    }

    /// The key of the `n`-th row of the list: a row is among the first `n` if its key is not 0 and not
    /// below this. 0 where the list is shorter than `n` (all of it is within); `u64::MAX`, which no
    /// passage reaches, for `n` = 0.
    pub fn cut_key(&self, n: usize) -> u64 {
        if n == 0 {
            return u64::MAX;
        }
        if n > self.keys.len() {
            return ABSENT;
        }
        // Absent rows hold the least key, so they fall behind every row of the list by themselves.
        let mut keys = self.keys.clone();
        *keys.select_nth_unstable_by_key(n - 1, |&key| std::cmp::Reverse(key)).1
    }
}

/// How many of the keys are greater: a straight sum, which the compiler turns into vector code.
fn count_greater(keys: &[u64], key: u64) -> u32 {
    keys.iter().map(|&other| u32::from(other > key)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::order_key;
    use proptest::prelude::*;

    #[test]
    fn zero_has_one_key_whatever_its_sign() {
        assert_eq!(order_key(-0.0, 3), order_key(0.0, 3));
    }

    #[test]
    fn negative_scores_stand_behind_positive_ones_and_in_their_own_order() {
        let scores = [f32::MAX, 1.0, f32::MIN_POSITIVE, 0.0, -f32::MIN_POSITIVE, -1.0, f32::MIN];
        for pair in scores.windows(2) {
            assert!(order_key(pair[0], u32::MAX) > order_key(pair[1], 0), "{pair:?}");
        }
        assert_ne!(order_key(f32::MIN, u32::MAX), ABSENT);
    }

    #[test]
    fn equal_scores_go_by_the_tie_order() {
        assert!(order_key(0.5, 0) > order_key(0.5, 1));
    }

    #[test]
    fn absent_rows_take_no_part() {
        let list = FusedList::from_keys(vec![0, order_key(-5.0, 1), 0, order_key(-4.0, 0)]);
        assert_eq!(list.len(), 2);
        assert_eq!(list.whole(), [3, 1]);
        assert_eq!((list.rank(0), list.rank(1), list.rank(3)), (None, Some(2), Some(1)));
        assert_eq!((list.score(0), list.score(1)), (None, Some(-5.0)));
        assert_eq!(list.cut_key(1), list.key(3));
        assert_eq!(list.cut_key(2), list.key(1));
        assert_eq!(list.cut_key(3), 0, "the list ends before the cut");
        assert_eq!(list.cut_key(0), u64::MAX, "nothing is within a cut of 0");
    }

    fn list() -> impl Strategy<Value = FusedList> {
        // Few distinct scores, so that ties are the rule.
        prop::collection::vec(prop::option::of(-3i8..3), 0..60).prop_map(|scores| {
            let keys = (0u32..).zip(scores);
            let keys = keys.map(|(tie, score)| score.map_or(0, |s| order_key(f32::from(s) / 2.0, tie)));
            FusedList::from_keys(keys.collect())
        })
    }

    proptest! {
        #[test]
        fn keys_order_as_score_then_tie(a: f32, b: f32, s: u32, t: u32) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            let plain = (a + 0.0).total_cmp(&(b + 0.0)).then(t.cmp(&s));
            prop_assert_eq!(order_key(a, s).cmp(&order_key(b, t)), plain);
            prop_assert_eq!(key_score(order_key(a, s)).to_bits(), (a + 0.0).to_bits());
        }

        #[test]
        fn ranks_and_cuts_agree_with_a_plain_sort(list in list(), n in 0usize..70) {
            let mut sorted: Vec<usize> = (0..list.keys.len()).filter(|&row| list.keys[row] != 0).collect();
            sorted.sort_by(|&a, &b| list.keys[b].cmp(&list.keys[a]));
            prop_assert_eq!(list.whole(), sorted.clone());
            prop_assert_eq!(list.top(n), sorted[..n.min(sorted.len())].to_vec());
            prop_assert_eq!(list.len(), sorted.len());
            prop_assert_eq!(list.is_empty(), sorted.is_empty());
            let rows: Vec<usize> = (0..list.keys.len()).collect();
            let ranks = list.ranks(&rows);
            for row in rows {
                let rank = sorted.iter().position(|&r| r == row).map(|place| place as Rank + 1);
                prop_assert_eq!(list.rank(row), rank);
                prop_assert_eq!(ranks[row], rank);
                let within = list.key(row) != 0 && list.key(row) >= list.cut_key(n);
                prop_assert_eq!(within, rank.is_some_and(|rank| rank as usize <= n));
            }
        }
    }
}
