//! The one order of every list: score descending, ties to the greater id in bytes (`trec_eval`'s rule).
//!
//! A score and a passage's tie order (see [`crate::corpus::Collection::tie_order`]) become one integer,
//! so that a comparison is one instruction on the screen, at the cut and in the metrics alike.

use crate::domain::Score;

/// A key that sorts like (score, tie order): the greater key comes first. Never 0 for a number, so 0 can
/// stand for "not in the list". `score` is finite (NaN is an error where it enters); −0.0 counts as 0.0.
pub fn order_key(score: Score, tie: u32) -> u64 {
    debug_assert!(!score.is_nan(), "NaN must be stopped where it enters");
    let bits = (score + 0.0).to_bits();
    let sortable = if bits >> 31 == 0 { bits | 0x8000_0000 } else { !bits };
    (u64::from(sortable) << 32) | u64::from(u32::MAX - tie)
}

/// Indices of the `n` greatest keys, greatest first; keys of 0 are left out.
pub fn top(keys: &[u64], n: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..keys.len()).filter(|&row| keys[row] != 0).collect();
    let descending = |&a: &usize, &b: &usize| keys[b].cmp(&keys[a]);
    if n == 0 {
        return Vec::new();
    }
    if n < rows.len() {
        rows.select_nth_unstable_by(n - 1, descending);
        rows.truncate(n);
    }
    rows.sort_unstable_by(descending);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_like_scores_and_ties_like_ids() {
        let scores = [f32::MIN, -1.0, -0.0, 1e-40, 0.5, f32::MAX];
        for pair in scores.windows(2) {
            assert!(order_key(pair[0], 0) < order_key(pair[1], 9), "{pair:?}");
        }
        assert_eq!(order_key(-0.0, 3), order_key(0.0, 3));
        assert!(order_key(1.0, 0) > order_key(1.0, 1), "the first in tie order comes first");
        assert_ne!(order_key(f32::MIN, u32::MAX), 0);
    }

    #[test]
    fn top_is_a_sorted_prefix() {
        let keys = [5, 0, 9, 7, 1];
        assert_eq!(top(&keys, 2), [2, 3]);
        assert_eq!(top(&keys, 99), [2, 3, 0, 4]);
        assert!(top(&keys, 0).is_empty());
    }
}
