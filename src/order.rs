//! The one order of every list: score descending, ties to the greater id in bytes (`trec_eval`'s rule).
//!
//! A score and a passage's tie order (see [`crate::corpus::Collection::tie_order`]) become one integer,
//! so that a comparison is one instruction on the screen, at the cut and in the metrics alike.

use std::cmp::Reverse;

use crate::domain::Score;

/// A key that sorts like (score, tie order): the greater key comes first. Never 0 for a number, so 0 can
/// stand for "not in the list". `score` is finite (NaN is an error where it enters); −0.0 counts as 0.0.
pub fn order_key(score: Score, tie: u32) -> u64 {
    debug_assert!(!score.is_nan(), "NaN must be stopped where it enters");
    let bits = (score + 0.0).to_bits();
    let sortable = if bits >> 31 == 0 { bits | 0x8000_0000 } else { !bits };
    (u64::from(sortable) << 32) | u64::from(u32::MAX - tie)
}

/// The score in a key that is not 0.
pub fn score_of(key: u64) -> Score {
    let sortable = (key >> 32) as u32;
    Score::from_bits(if sortable >> 31 == 1 { sortable & !(1 << 31) } else { !sortable })
}

/// The tie order in a key that is not 0.
pub fn tie_of(key: u64) -> u32 {
    u32::MAX - key as u32
}

/// Indices of the `n` greatest keys, greatest first; keys of 0 are left out. What is no greater than the
/// `n`-th of those seen so far is passed over with one comparison.
pub fn top(keys: &[u64], n: usize) -> Vec<usize> {
    if n == 0 {
        return Vec::new();
    }
    let room = n.saturating_mul(2);
    let (mut kept, mut bar): (Vec<(u64, usize)>, u64) = (Vec::with_capacity(room.min(keys.len())), 0);
    for (index, &key) in keys.iter().enumerate() {
        if key > bar {
            kept.push((key, index));
            if kept.len() == room {
                bar = keep_greatest(&mut kept, n);
            }
        }
    }
    if kept.len() > n {
        keep_greatest(&mut kept, n);
    }
    kept.sort_unstable_by_key(|&(key, _)| Reverse(key));
    kept.into_iter().map(|(_, index)| index).collect()
}

/// Leaves the `n` greatest, of which there are more, in any order; returns the least of these.
fn keep_greatest(kept: &mut Vec<(u64, usize)>, n: usize) -> u64 {
    let (_, &mut (least, _), _) = kept.select_nth_unstable_by_key(n - 1, |&(key, _)| Reverse(key));
    kept.truncate(n);
    least
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        assert_eq!(top(&keys, usize::MAX), [2, 3, 0, 4]);
    }

    /// Trap: what was let go when the room was full would have been among the greatest after all.
    #[test]
    fn one_pass_finds_what_sorting_finds() {
        // A permutation: 37 has no divisor in common with 1,009.
        let keys: Vec<u64> = (0..1009_u64).map(|i| i * 37 % 1009).collect();
        for n in [1, 2, 3, 50, 504, 505, 1008, 1009] {
            let mut sorted: Vec<usize> = (0..keys.len()).filter(|&i| keys[i] != 0).collect();
            sorted.sort_by_key(|&i| Reverse(keys[i]));
            sorted.truncate(n);
            assert_eq!(top(&keys, n), sorted, "{n}");
        }
    }

    proptest! {
        #[test]
        fn keys_order_as_score_then_tie(a: f32, b: f32, s: u32, t: u32) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            let plain = (a + 0.0).total_cmp(&(b + 0.0)).then(t.cmp(&s));
            prop_assert_eq!(order_key(a, s).cmp(&order_key(b, t)), plain);
            prop_assert_eq!(score_of(order_key(a, s)).to_bits(), (a + 0.0).to_bits());
            prop_assert_eq!(tie_of(order_key(a, s)), s);
        }
    }
}
