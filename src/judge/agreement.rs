//! In: two rankings of passages. Out: how alike they are. It does not say which is better.
//!
//! Kendall's τ-b over what both hold, rank-biased overlap and Jaccard over what they may not share.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// FIELD.md's persistence of rank-biased overlap: the top ten carry most of the weight.
pub const RBO_P: f64 = 0.9;

/// Kendall's τ-b of paired values, ties allowed, −1..=1. `None` where one side has no two different
/// values. O(n log n): discordant pairs are the exchanges of a merge sort (Knight 1966).
pub fn kendall_tau_b(pairs: &[(f64, f64)]) -> Option<f64> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let all = pairs_among(pairs.len());
    let tied_x = tied(&pairs, |a, b| a.0 == b.0);
    let tied_both = tied(&pairs, |a, b| a == b);
    let mut ys: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let discordant = exchanges(&mut ys);
    let tied_y = tied(&ys, |a, b| a == b);
    let (free_x, free_y) = (all - tied_x, all - tied_y);
    if free_x == 0 || free_y == 0 {
        return None;
    }
    let concordant_less_discordant = (all + tied_both) as f64 - (tied_x + tied_y + 2 * discordant) as f64;
    Some((concordant_less_discordant / (free_x as f64).sqrt() / (free_y as f64).sqrt()).clamp(-1.0, 1.0))
}

/// Kendall's τ-b of two lists over the items that both hold; `None` for fewer than two of these.
pub fn kendall_of_lists<T: Copy + Eq + Hash>(a: &[T], b: &[T]) -> Option<f64> {
    let places: HashMap<T, usize> = b.iter().enumerate().map(|(place, &item)| (item, place)).collect();
    let shared = a.iter().enumerate();
    let pairs: Vec<(f64, f64)> =
        shared.filter_map(|(place, item)| Some((place as f64, *places.get(item)? as f64))).collect();
    kendall_tau_b(&pairs)
}

/// Rank-biased overlap, extrapolated (RBO_ext, Webber, Moffat and Zobel 2010, equation 32), for lists of
/// any two lengths; `p` in 0..1 exclusive. 1 for equal lists, 0 for disjoint ones, `None` where one is
/// empty.
pub fn rbo_ext<T: Copy + Eq + Hash>(a: &[T], b: &[T], p: f64) -> Option<f64> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let (s, l) = (short.len(), long.len());
    if s == 0 {
        return None;
    }
    let (mut in_short, mut in_long) = (HashSet::new(), HashSet::new());
    let (mut overlap, mut overlap_at_s) = (0usize, 0usize);
    let (mut sum, mut weight) = (0.0, 1.0);
    for depth in 1..=l {
        let item = long[depth - 1];
        weight *= p;
        in_long.insert(item);
        if depth <= s {
            in_short.insert(short[depth - 1]);
            overlap += usize::from(in_short.contains(&item));
            overlap += usize::from(short[depth - 1] != item && in_long.contains(&short[depth - 1]));
            overlap_at_s = overlap;
        } else {
            overlap += usize::from(in_short.contains(&item));
        }
        let agreement = overlap as f64 / depth as f64;
        // Below the short list's end it is taken to go on agreeing as it did there.
        let unseen = depth.saturating_sub(s) as f64 * overlap_at_s as f64 / (s as f64 * depth as f64);
        sum += (agreement + unseen) * weight;
    }
    let tail = (overlap - overlap_at_s) as f64 / l as f64 + overlap_at_s as f64 / s as f64;
    Some((1.0 - p) / p * sum + tail * weight)
}

/// Jaccard@k: shared over all items of the two heads of `k`. `None` where both are empty.
pub fn jaccard<T: Copy + Eq + Hash>(a: &[T], b: &[T], k: usize) -> Option<f64> {
    let head = |list: &[T]| -> HashSet<T> { list.iter().take(k).copied().collect() };
    let (a, b) = (head(a), head(b));
    let all = a.union(&b).count();
    (all > 0).then(|| a.intersection(&b).count() as f64 / all as f64)
}

fn pairs_among(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

/// Pairs within runs of neighbours that are the same.
fn tied<V>(sorted: &[V], same: impl Fn(&V, &V) -> bool) -> usize {
    sorted.chunk_by(same).map(|run| pairs_among(run.len())).sum()
}

/// Sorts ascending, and counts the pairs that stood in the wrong order.
fn exchanges(values: &mut [f64]) -> usize {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = exchanges(left) + exchanges(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut rest = &*right;
    for (i, &value) in left.iter().enumerate() {
        let before = rest.partition_point(|&other| other < value);
        count += before * (left.len() - i);
        merged.extend_from_slice(&rest[..before]);
        merged.push(value);
        rest = &rest[before..];
    }
    merged.extend_from_slice(rest);
    values.copy_from_slice(&merged);
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: Option<f64>, b: f64) {
        assert!(a.is_some_and(|a| (a - b).abs() < 1e-12), "{a:?} is not {b}");
    }

    #[test]
    fn tau_b_is_scipys() {
        // scipy 1.17.1, stats.kendalltau; the first is the example of its documentation.
        let tau = |x: &[i32], y: &[i32]| {
            let pairs: Vec<(f64, f64)> = x.iter().zip(y).map(|(&x, &y)| (x.into(), y.into())).collect();
            kendall_tau_b(&pairs)
        };
        close(tau(&[12, 2, 1, 12, 2], &[1, 4, 7, 1, 0]), -0.4714045207910316);
        let x: Vec<i32> = (0..20).map(|i| (i * 5) % 7).collect();
        let y: Vec<i32> = (0..20).map(|i| (i * 3) % 11).collect();
        close(tau(&x, &y), -0.557043015340422);
        close(tau(&[1, 2, 3, 4, 5], &[3, 1, 2, 5, 4]), 0.39999999999999997);
        assert_eq!(tau(&[1, 1, 1], &[1, 2, 3]), None, "no order to agree with");
        assert_eq!((tau(&[], &[]), tau(&[1], &[1])), (None, None));
    }

    #[test]
    fn tau_of_lists_looks_only_at_what_both_hold() {
        close(kendall_of_lists(&['a', 'x', 'b', 'c'], &['a', 'b', 'y', 'z', 'c']), 1.0);
        close(kendall_of_lists(&['a', 'b', 'c'], &['c', 'b', 'a']), -1.0);
        assert_eq!(kendall_of_lists(&['a', 'b'], &['b', 'c']), None);
    }

    #[test]
    fn rbo_ext_is_that_of_the_rbo_package() {
        // rbo 0.1.3, RankingSimilarity(a, b).rbo_ext(p).
        for (a, b, p, expected) in [
            ("abcdefg", "badcefg", 0.9, 0.873),
            ("abcdefg", "bxay", 0.9, 0.4635),
            ("abcde", "cfg", 0.9, 0.27),
            ("abc", "zabcdef", 0.8, 0.5970224761904762),
            ("a", "b", 0.9, 0.0),
            ("0123456789", "9876543210", 0.9, 0.5116075656428573),
        ] {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            close(rbo_ext(&a, &b, p), expected);
            close(rbo_ext(&b, &a, p), expected);
        }
        assert_eq!(rbo_ext(&['a'], &[], 0.9), None);
    }

    #[test]
    fn rbo_ext_of_the_papers_own_example() {
        // Webber, Moffat and Zobel 2010, figure 5: abcdefg against zcavwxy agree at depths 1 to 7 by 0, 0,
        // 2/3, 2/4, 2/5, 2/6, 2/7, whose plain mean, the average overlap, is printed there as .312. Lists
        // of one length: RBO_ext is equation 30.
        let (a, b): (Vec<char>, Vec<char>) = ("abcdefg".chars().collect(), "zcavwxy".chars().collect());
        let agreement = [0.0, 0.0, 2.0 / 3.0, 2.0 / 4.0, 2.0 / 5.0, 2.0 / 6.0, 2.0 / 7.0];
        assert!((agreement.iter().sum::<f64>() / 7.0 - 0.312).abs() < 5e-4);
        for p in [0.5f64, 0.9, 0.98] {
            let weighted = (1..).zip(agreement).map(|(depth, agreement)| agreement * p.powi(depth));
            close(rbo_ext(&a, &b, p), agreement[6] * p.powi(7) + (1.0 - p) / p * weighted.sum::<f64>());
        }
    }

    #[test]
    fn jaccard_counts_each_item_once() {
        close(jaccard(&[1, 2, 3, 9], &[3, 4, 1, 9], 3), 0.5);
        close(jaccard(&[1], &[], 3), 0.0);
        assert_eq!(jaccard::<u32>(&[], &[], 3), None);
        assert_eq!(jaccard(&[1], &[1], 0), None);
    }

    /// Every pair looked at.
    fn plain_tau(pairs: &[(f64, f64)]) -> Option<f64> {
        let (mut s, mut x_differ, mut y_differ) = (0.0, 0.0, 0.0);
        for (i, a) in pairs.iter().enumerate() {
            for b in &pairs[..i] {
                let sign = |d: f64| if d == 0.0 { 0.0 } else { d.signum() };
                let (x, y): (f64, f64) = (sign(a.0 - b.0), sign(a.1 - b.1));
                s += x * y;
                x_differ += x.abs();
                y_differ += y.abs();
            }
        }
        (x_differ > 0.0 && y_differ > 0.0).then(|| s / f64::sqrt(x_differ * y_differ))
    }

    proptest! {
        #[test]
        fn tau_equals_looking_at_every_pair(pairs in prop::collection::vec((0u8..6, 0u8..6), 0..40)) {
            let pairs: Vec<(f64, f64)> = pairs.into_iter().map(|(x, y)| (x.into(), y.into())).collect();
            match (kendall_tau_b(&pairs), plain_tau(&pairs)) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-12),
                (a, b) => prop_assert_eq!(a, b),
            }
        }

        #[test]
        fn rbo_is_one_for_itself_and_within_bounds(
            a in Just((0..12u8).collect::<Vec<_>>()).prop_shuffle(),
            b in Just((6..20u8).collect::<Vec<_>>()).prop_shuffle(),
            length in 1usize..12,
            p in 0.1f64..0.99,
        ) {
            prop_assert!((rbo_ext(&a, &a, p).unwrap() - 1.0).abs() < 1e-9);
            let overlap = rbo_ext(&a[..length], &b, p).unwrap();
            prop_assert!((0.0..=1.0 + 1e-9).contains(&overlap), "{}", overlap);
        }
    }
}
