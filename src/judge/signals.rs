//! In: the lists of one query, judged or not: what each leg returned, the fused scores, where each
//! reranked passage came from. Out: signals, which are not metrics: they say how the stages behave, and
//! nothing of whether the lists are good.
//!
//! - Where the delivered passages came from: when they crowd at the cut, N is too small.
//! - How alike the legs are: legs that return the same add little to each other.
//! - How sharp the cut is: beside a flat tail it is arbitrary.
//! - How much the reranker really reorders.

use serde::Serialize;

use super::agreement::{RBO_P, jaccard, kendall_of_lists, kendall_tau_b, rbo_ext};
use crate::domain::{DocIdx, Rank, Score};

/// The candidate set is looked at in this many equal parts.
pub const PARTS: usize = 5;

/// One query's lists.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'a> {
    /// What each leg with a weight returned, best first, cut at N.
    pub legs: &'a [Vec<DocIdx>],
    /// Fused scores in list order, those beyond N included; at least N + 1 where there are as many.
    pub scores: &'a [Score],
    /// First-stage ranks of the reranked candidate set, in reranked order; `None`: no second stage, or
    /// it is incomplete.
    pub reranked_from: Option<&'a [Rank]>,
    /// N.
    pub candidates: usize,
    /// k.
    pub deliver: usize,
}

/// What the lists of one query say, or their mean over queries; each `None` where nothing can be said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signals {
    /// From which fifth of the candidate set the delivered passages came: five shares that add up to 1.
    pub origins: Option<[f64; PARTS]>,
    /// Kendall's τ-b of the candidates before and after: 1 where the reranker changed nothing.
    pub rerank_tau: Option<f64>,
    /// Ranks moved, either way, per candidate.
    pub mean_movement: Option<f64>,
    /// Share of the delivered that the first stage alone would not have delivered.
    pub replaced: Option<f64>,
    pub cut: Cut,
    /// Every two legs, in the legs' order: (0, 1), (0, 2), (1, 2) ..
    pub legs: Vec<LegPair>,
}

/// How sharp the cut at N is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cut {
    /// The step from rank N to N + 1 over the whole fall from rank 1 to N + 1: 0 is a tie at the cut.
    /// `None` where the list ends before, or all its scores are the same.
    pub gap: Option<f64>,
    /// Share of the fall from rank 1 to N that is over by the middle of the candidate set: .5 for an
    /// even fall, near 1 for a tail so flat that its order, and so the cut, says little.
    pub flatness: Option<f64>,
}

/// How alike two legs are within N.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LegPair {
    /// Places among the legs.
    pub a: usize,
    pub b: usize,
    /// Of the first k of each.
    pub jaccard_k: Option<f64>,
    /// Of the first N of each.
    pub jaccard_n: Option<f64>,
    /// Rank-biased overlap, extrapolated.
    pub rbo: Option<f64>,
    /// Kendall's τ-b over what both have.
    pub tau: Option<f64>,
}

impl Signals {
    pub fn of(lists: &Lists<'_>) -> Self {
        let Lists { legs, scores, reranked_from, candidates, deliver } = *lists;
        let size = reranked_from.map_or(0, <[Rank]>::len);
        let from = reranked_from.filter(|from| !from.is_empty());
        let top = from.map(|from| &from[..from.len().min(deliver)]).filter(|top| !top.is_empty());
        Self {
            origins: top.map(|top| origins(top, size)),
            rerank_tau: from.and_then(|from| {
                let pairs = (1u32..).zip(from).map(|(after, &before)| (f64::from(before), f64::from(after)));
                kendall_tau_b(&pairs.collect::<Vec<_>>())
            }),
            mean_movement: from.map(|from| {
                let moved =
                    (1..).zip(from).map(|(after, &before): (Rank, _)| f64::from(before.abs_diff(after)));
                moved.sum::<f64>() / from.len() as f64
            }),
            replaced: top.map(|top| {
                let new = top.iter().filter(|&&rank| rank as usize > deliver).count();
                new as f64 / top.len() as f64
            }),
            cut: Cut::of(scores, candidates),
            legs: pairs(legs.len())
                .map(|(a, b)| LegPair {
                    a,
                    b,
                    jaccard_k: jaccard(&legs[a], &legs[b], deliver),
                    jaccard_n: jaccard(&legs[a], &legs[b], candidates),
                    rbo: rbo_ext(&legs[a], &legs[b], RBO_P),
                    tau: kendall_of_lists(&legs[a], &legs[b]),
                })
                .collect(),
        }
    }

    /// Share of the delivered that came from the last fifth of the candidate set: .2 by chance.
    pub fn from_last_part(&self) -> Option<f64> {
        self.origins.map(|origins| origins[PARTS - 1])
    }

    /// The mean of each signal over those of the queries that have it; `None` for no query. All queries
    /// have the same legs.
    pub fn mean<'a>(queries: impl Iterator<Item = &'a Signals> + Clone) -> Option<Self> {
        let first = queries.clone().next()?;
        let over = |pick: &dyn Fn(&Signals) -> Option<f64>| mean(queries.clone().filter_map(pick));
        let origin = |part: usize| over(&|signals| Some(signals.origins?[part]));
        let leg = |i: usize, pick: fn(&LegPair) -> Option<f64>| over(&|signals| pick(signals.legs.get(i)?));
        Some(Self {
            origins: origin(0).map(|_| std::array::from_fn(|part| origin(part).unwrap_or_default())),
            rerank_tau: over(&|signals| signals.rerank_tau),
            mean_movement: over(&|signals| signals.mean_movement),
            replaced: over(&|signals| signals.replaced),
            cut: Cut {
                gap: over(&|signals| signals.cut.gap),
                flatness: over(&|signals| signals.cut.flatness),
            },
            legs: (first.legs.iter().enumerate())
                .map(|(i, pair)| LegPair {
                    jaccard_k: leg(i, |pair| pair.jaccard_k),
                    jaccard_n: leg(i, |pair| pair.jaccard_n),
                    rbo: leg(i, |pair| pair.rbo),
                    tau: leg(i, |pair| pair.tau),
                    ..*pair
                })
                .collect(),
        })
    }
}

impl Cut {
    fn of(scores: &[Score], n: usize) -> Self {
        let score = |rank: usize| scores.get(rank.checked_sub(1)?).map(|&score| f64::from(score));
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let fall = |from: usize, to: usize| Some(score(from)? - score(to)?);
        let last = n.min(scores.len());
        Self {
            gap: fall(n, n + 1).zip(fall(1, n + 1)).and_then(|(step, whole)| share(step, whole)),
            flatness: (last >= 3)
                .then(|| fall(1, last.div_ceil(2)).zip(fall(1, last)))
                .flatten()
                .and_then(|(half, whole)| share(half, whole)),
        }
    }
}

/// The share of `ranks` in each fifth of a candidate set of `size`.
fn origins(ranks: &[Rank], size: usize) -> [f64; PARTS] {
    let mut shares = [0.0; PARTS];
    for &rank in ranks {
        let part = (rank as usize).saturating_sub(1) * PARTS / size.max(1);
        shares[part.min(PARTS - 1)] += 1.0 / ranks.len() as f64;
    }
    shares
}

/// Every two of `count`, the smaller first.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut count, mut sum) = (0usize, 0.0);
    for value in values {
        count += 1;
        sum += value;
    }
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists<'a>(legs: &'a [Vec<DocIdx>], scores: &'a [Score], from: Option<&'a [Rank]>) -> Lists<'a> {
        Lists { legs, scores, reranked_from: from, candidates: 10, deliver: 3 }
    }

    fn docs(list: &[u32]) -> Vec<DocIdx> {
        list.iter().copied().map(DocIdx).collect()
    }

    fn close(a: Option<f64>, b: f64) {
        assert!(a.is_some_and(|a| (a - b).abs() < 1e-12), "{a:?} is not {b}");
    }

    #[test]
    fn the_delivered_crowd_at_the_cut_where_n_is_too_small() {
        let crowded = Signals::of(&lists(&[], &[], Some(&[10, 9, 1, 2, 3, 4, 5, 6, 7, 8])));
        let origins = crowded.origins.unwrap();
        assert!((origins[0] - 1.0 / 3.0).abs() < 1e-12 && origins[1..4] == [0.0; 3], "{origins:?}");
        close(crowded.from_last_part(), 2.0 / 3.0);
        close(crowded.replaced, 2.0 / 3.0);
        // Two rose by nine and seven, eight fell by two.
        close(crowded.mean_movement, (9.0 + 7.0 + 8.0 * 2.0) / 10.0);
    }

    #[test]
    fn a_reranker_that_changes_nothing_is_seen() {
        let same = Signals::of(&lists(&[], &[], Some(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])));
        close(same.rerank_tau, 1.0);
        close(same.mean_movement, 0.0);
        close(same.replaced, 0.0);
        let turned = Signals::of(&lists(&[], &[], Some(&[5, 4, 3, 2, 1])));
        close(turned.rerank_tau, -1.0);
    }

    #[test]
    fn fifths_are_of_the_set_there_is_and_not_of_n() {
        // Five candidates where ten were allowed: each is a fifth.
        let short = Signals::of(&lists(&[], &[], Some(&[5, 1, 2, 3, 4])));
        close(short.from_last_part(), 1.0 / 3.0);
        let single = Signals::of(&lists(&[], &[], Some(&[1])));
        assert_eq!(single.origins, Some([1.0, 0.0, 0.0, 0.0, 0.0]));
        assert_eq!(single.rerank_tau, None, "one passage has no order");
    }

    #[test]
    fn every_two_legs_are_compared() {
        let legs = [docs(&[1, 2, 3, 4]), docs(&[1, 2, 3, 4]), docs(&[9, 8, 7, 2])];
        let signals = Signals::of(&lists(&legs, &[], None));
        let named: Vec<(usize, usize)> = signals.legs.iter().map(|pair| (pair.a, pair.b)).collect();
        assert_eq!(named, [(0, 1), (0, 2), (1, 2)]);
        close(signals.legs[0].jaccard_n, 1.0);
        close(signals.legs[0].tau, 1.0);
        close(signals.legs[0].rbo, 1.0);
        close(signals.legs[1].jaccard_k, 0.0);
        close(signals.legs[1].jaccard_n, 1.0 / 7.0);
        assert_eq!(signals.legs[1].tau, None, "one shared passage has no order");
        assert_eq!((signals.origins, signals.mean_movement), (None, None));
    }

    #[test]
    fn a_tie_at_the_cut_is_no_gap_and_a_step_is_one() {
        let mut scores: Vec<Score> = (0..20).map(|i| 20.0 - i as f32).collect();
        close(Signals::of(&lists(&[], &scores, None)).cut.gap, 0.1);
        scores[10] = scores[9];
        close(Signals::of(&lists(&[], &scores, None)).cut.gap, 0.0);
        assert_eq!(Signals::of(&lists(&[], &scores[..10], None)).cut.gap, None, "the list ends at the cut");
        assert_eq!(Signals::of(&lists(&[], &[0.5; 20], None)).cut, Cut::default(), "nothing but ties");
    }

    #[test]
    fn a_flat_tail_is_told_from_an_even_fall() {
        let even: Vec<Score> = (0..11).map(|i| 11.0 - i as f32).collect();
        close(Cut::of(&even, 11).flatness, 0.5);
        let flat: Vec<Score> = [9.0, 5.0, 1.0].into_iter().chain([1.0; 9]).collect();
        close(Cut::of(&flat, 10).flatness, 1.0);
        assert_eq!(Cut::of(&[1.0, 0.5], 2).flatness, None);
    }

    #[test]
    fn empty_lists_give_no_signal_and_no_panic() {
        let nothing = Signals::of(&lists(&[vec![], vec![]], &[], Some(&[])));
        assert_eq!(nothing.legs[0].jaccard_n, None);
        assert_eq!((nothing.origins, nothing.replaced, nothing.cut), (None, None, Cut::default()));
        let zero = Lists { candidates: 0, deliver: 0, ..lists(&[], &[1.0], Some(&[1])) };
        assert_eq!(Signals::of(&zero).cut.gap, None);
        assert_eq!(Signals::of(&zero).origins, None);
    }

    #[test]
    fn a_mean_is_over_the_queries_that_have_the_signal() {
        let one = Signals::of(&lists(&[], &[], Some(&[5, 1, 2, 3, 4])));
        let none = Signals::of(&lists(&[], &[], None));
        let mean = Signals::mean([&one, &none].into_iter()).unwrap();
        assert_eq!((mean.origins, mean.mean_movement), (one.origins, one.mean_movement));
        assert_eq!(Signals::mean(std::iter::empty()), None);
    }
}
