//! In: the judged passages of a query, each with its place in a list. Out: the metrics of that list cut
//! at N, and what a perfect reranker would make of the same candidates. It sees no unjudged passage.
//!
//! These metrics need nothing but the ranks of judged passages, so all queries are measured again on
//! every key press. Formulas: FIELD.md, equal to trec_eval's on the same list. Those at any cutoff, and
//! those that look at unjudged passages, are in `ranking`.

use std::sync::LazyLock;

use serde::Serialize;

use crate::domain::{Grade, Rank};

/// P@5 looks this deep.
const PRECISION_DEPTH: usize = 5;

/// nDCG@10 and RR@10 look this deep.
const HEAD: usize = 10;

/// log2(rank + 1) of the first ranks.
static DISCOUNT: LazyLock<[f64; HEAD]> =
    LazyLock::new(|| std::array::from_fn(|place| ((place + 2) as f64).log2()));

/// One judged passage of a query, with its place in a list (`None`: not in it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub grade: Grade,
    pub rank: Option<Rank>,
}

/// The metrics of one list, or their mean over queries; all in 0..=1. The cut N is said where they are
/// shown (`recall@50`).
#[derive(Serialize, Clone, Copy, PartialEq, Debug)]
pub struct Metrics {
    /// Share of the relevant passages that are in the list cut at N.
    pub recall: f64,
    /// 1 if any is.
    pub success: f64,
    /// Relevant among the first five, divided by 5 even where fewer were returned.
    pub precision5: f64,
    /// Linear gain, ideal from all judgments cut at 10.
    pub ndcg10: f64,
    /// 1 / rank of the first relevant passage within 10, else 0.
    pub rr10: f64,
    /// Average precision over the list cut at N, divided by all relevant passages.
    pub ap: f64,
}

impl Metrics {
    /// What a query scores that has nothing relevant, or whose list is empty.
    pub const ZERO: Self =
        Self { recall: 0.0, success: 0.0, precision5: 0.0, ndcg10: 0.0, rr10: 0.0, ap: 0.0 };

    /// The mean over queries, summed in their order; `None` for no query at all.
    pub fn mean(queries: impl Iterator<Item = Metrics>) -> Option<Metrics> {
        let mut count = 0usize;
        let mut sum = Self::ZERO;
        for query in queries {
            count += 1;
            sum = sum.zip(query, |sum, value| sum + value);
        }
        (count > 0).then(|| sum.map(|value| value / count as f64))
    }

    /// The metrics made of two, field by field.
    pub fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            recall: f(self.recall, other.recall),
            success: f(self.success, other.success),
            precision5: f(self.precision5, other.precision5),
            ndcg10: f(self.ndcg10, other.ndcg10),
            rr10: f(self.rr10, other.rr10),
            ap: f(self.ap, other.ap),
        }
    }

    /// Every field through `f`.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        self.zip(self, |value, _| f(value))
    }
}

/// The metrics of a list cut at `cut`. Relevant is a grade of at least `rel_level` (and not below 0,
/// which is unjudged); nDCG goes by the grades themselves. A query without a relevant passage scores 0.
pub fn measure(placed: &[Placed], cut: usize, rel_level: Grade) -> Metrics {
    let mut relevant = 0usize;
    let mut found: Vec<Rank> = Vec::new();
    let mut gains = [0.0; HEAD];
    for passage in placed {
        let rank = passage.rank.filter(|&rank| rank as usize <= cut);
        if let Some(rank) = rank.map(|rank| rank as usize).filter(|&rank| rank <= HEAD) {
            gains[rank - 1] = gain(passage.grade);
        }
        if is_relevant(passage.grade, rel_level) {
            relevant += 1;
            found.extend(rank);
        }
    }
    if relevant == 0 {
        return Metrics { ndcg10: normalised(dcg(&gains), placed), ..Metrics::ZERO };
    }
    found.sort_unstable();
    let first = found.first().copied().filter(|&rank| rank as usize <= HEAD);
    let early = found.iter().filter(|&&rank| rank as usize <= PRECISION_DEPTH).count();
    // The i-th relevant passage at rank r: precision there is i / r.
    let precisions = found.iter().zip(1u32..).map(|(&rank, i)| f64::from(i) / f64::from(rank));
    Metrics {
        recall: found.len() as f64 / relevant as f64,
        success: if found.is_empty() { 0.0 } else { 1.0 },
        precision5: early as f64 / PRECISION_DEPTH as f64,
        ndcg10: normalised(dcg(&gains), placed),
        rr10: first.map_or(0.0, |rank| 1.0 / f64::from(rank)),
        ap: precisions.sum::<f64>() / relevant as f64,
    }
}

/// The metrics that a perfect reranker would reach on the same candidate set: its passages sorted by
/// grade (FIELD.md, "Ceiling"). Recall and success stay: no reranker finds what is not there.
pub fn ceiling(placed: &[Placed], cut: usize, rel_level: Grade) -> Metrics {
    let is_candidate = |passage: &&Placed| passage.rank.is_some_and(|rank| rank as usize <= cut);
    let ndcg10 = normalised(dcg(&best_gains(placed.iter().filter(is_candidate))), placed);
    let relevant = placed.iter().filter(|passage| is_relevant(passage.grade, rel_level)).count();
    let found =
        placed.iter().filter(is_candidate).filter(|passage| is_relevant(passage.grade, rel_level)).count();
    if relevant == 0 {
        return Metrics { ndcg10, ..Metrics::ZERO };
    }
    let recall = found as f64 / relevant as f64;
    let success = if found > 0 { 1.0 } else { 0.0 };
    Metrics {
        recall,
        success,
        precision5: found.min(PRECISION_DEPTH) as f64 / PRECISION_DEPTH as f64,
        ndcg10,
        rr10: success,
        ap: recall,
    }
}

/// Mean recall at N = 1..=depth over queries that come one after the other; a query without a relevant
/// passage counts 0. Linear in relevant passages plus depth.
#[derive(Debug, Clone)]
pub struct RecallSteps {
    /// What is found at each rank.
    steps: Vec<f64>,
    queries: usize,
}

impl RecallSteps {
    pub fn new(depth: usize) -> Self {
        Self { steps: vec![0.0; depth], queries: 0 }
    }

    /// Adds a query with the ranks of all its relevant passages; `None`: not in the list.
    pub fn add(&mut self, ranks: impl ExactSizeIterator<Item = Option<Rank>>) {
        self.queries += 1;
        let worth = 1.0 / ranks.len() as f64;
        for rank in ranks.flatten() {
            if let Some(step) = self.steps.get_mut(rank as usize - 1) {
                *step += worth;
            }
        }
    }

    /// By N - 1: the strip's recall@N up to rounding.
    pub fn finish(self) -> Vec<f32> {
        let (mut sum, queries) = (0.0, self.queries as f64);
        let recall = |step: f64| {
            sum += step;
            if sum > 0.0 { f64::min(sum / queries, 1.0) as f32 } else { 0.0 }
        };
        self.steps.into_iter().map(recall).collect()
    }
}

/// Share of the possible gain that the reranker took: (reranked − first) / (ceiling − first), of means
/// over queries. `None` where there is nothing to gain (below 1e-9); negative where reranking hurts.
pub fn share_of_gain(first: f64, reranked: f64, ceiling: f64) -> Option<f64> {
    let possible = ceiling - first;
    (possible >= 1e-9).then(|| (reranked - first) / possible)
}

pub(super) fn is_relevant(grade: Grade, rel_level: Grade) -> bool {
    grade >= rel_level && grade >= 0
}

fn gain(grade: Grade) -> f64 {
    f64::from(grade.max(0))
}

fn dcg(gains: &[f64; HEAD]) -> f64 {
    gains.iter().zip(DISCOUNT.iter()).map(|(gain, discount)| gain / discount).sum()
}

/// DCG over the ideal DCG of everything judged; 0 where nothing gains.
fn normalised(dcg_of_list: f64, judged: &[Placed]) -> f64 {
    let ideal = dcg(&best_gains(judged.iter()));
    if ideal > 0.0 { dcg_of_list / ideal } else { 0.0 }
}

/// The greatest gains, descending; kept by insertion, so that thousands of judgments need no sort.
fn best_gains<'a>(placed: impl Iterator<Item = &'a Placed>) -> [f64; HEAD] {
    let mut best = [0.0; HEAD];
    for mut gain in placed.map(|passage| gain(passage.grade)) {
        if gain <= best[HEAD - 1] {
            continue;
        }
        for place in &mut best {
            if gain > *place {
                std::mem::swap(&mut gain, place);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn placed(list: &[(Grade, Option<Rank>)]) -> Vec<Placed> {
        list.iter().map(|&(grade, rank)| Placed { grade, rank }).collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn worked_by_hand() {
        // Relevant at 2, 4 and 60; one not in the list; a judged non-relevant at 1.
        let query = placed(&[(2, Some(2)), (1, Some(4)), (1, Some(60)), (3, None), (0, Some(1))]);
        let metrics = measure(&query, 50, 1);
        let dcg = 2.0 / 3f64.log2() + 1.0 / 5f64.log2();
        let ideal = 3.0 + 2.0 / 3f64.log2() + 1.0 / 2.0 + 1.0 / 5f64.log2();
        assert_eq!(metrics.recall, 0.5);
        assert_eq!(metrics.success, 1.0);
        assert_eq!(metrics.precision5, 0.4);
        assert!(close(metrics.ndcg10, dcg / ideal));
        assert_eq!(metrics.rr10, 0.5);
        assert!(close(metrics.ap, (1.0 / 2.0 + 2.0 / 4.0) / 4.0));

        let best = ceiling(&query, 50, 1);
        assert_eq!((best.recall, best.success, best.precision5), (0.5, 1.0, 0.4));
        assert_eq!((best.rr10, best.ap), (1.0, 0.5));
        assert!(close(best.ndcg10, (2.0 + 1.0 / 3f64.log2()) / ideal));
    }

    #[test]
    fn precision_divides_by_five_even_where_fewer_were_returned() {
        let query = placed(&[(1, Some(1)), (1, Some(2))]);
        assert_eq!(measure(&query, 2, 1).precision5, 0.4);
        assert_eq!(ceiling(&query, 2, 1).precision5, 0.4, "and the ceiling is .4, not 1");
    }

    #[test]
    fn a_cut_below_ten_cuts_the_list_but_not_the_ideal() {
        let query = placed(&[(1, Some(1)), (1, Some(4)), (1, Some(5))]);
        let metrics = measure(&query, 3, 1);
        let ideal = 1.0 + 1.0 / 3f64.log2() + 0.5;
        assert!(close(metrics.ndcg10, 1.0 / ideal));
        assert_eq!((metrics.precision5, metrics.rr10), (0.2, 1.0));
        assert!(close(metrics.ap, 1.0 / 3.0));
        assert!(close(ceiling(&query, 3, 1).ndcg10, 1.0 / ideal));
    }

    #[test]
    fn reciprocal_rank_stops_at_ten_and_success_at_the_cut() {
        let query = placed(&[(1, Some(11))]);
        let metrics = measure(&query, 50, 1);
        assert_eq!((metrics.rr10, metrics.ndcg10, metrics.success), (0.0, 0.0, 1.0));
        assert_eq!(metrics.ap, 1.0 / 11.0);
    }

    #[test]
    fn unjudged_and_non_relevant_grades_gain_nothing_and_count_nowhere() {
        let query = placed(&[(-1, Some(1)), (0, Some(2)), (1, Some(3)), (-2, None)]);
        assert_eq!(measure(&query, 10, 1), measure(&placed(&[(1, Some(3))]), 10, 1));
        // Even if the relevance level is set below 0, unjudged stays unjudged.
        assert_eq!(measure(&query, 10, -5).recall, 1.0);
        assert_eq!(measure(&query, 10, -5).rr10, 0.5);
    }

    #[test]
    fn the_relevance_level_moves_binary_metrics_and_leaves_ndcg() {
        let query = placed(&[(1, Some(1)), (2, Some(2))]);
        let (low, high) = (measure(&query, 10, 1), measure(&query, 10, 2));
        assert_eq!((low.rr10, high.rr10), (1.0, 0.5));
        assert_eq!(low.ndcg10, high.ndcg10);
    }

    #[test]
    fn a_query_without_gold_scores_zero_and_not_nan() {
        for query in [placed(&[]), placed(&[(0, Some(1))]), placed(&[(-1, None)])] {
            assert_eq!(measure(&query, 50, 1), Metrics::ZERO);
            assert_eq!(ceiling(&query, 50, 1), Metrics::ZERO);
        }
        assert_eq!(measure(&placed(&[(1, None)]), 50, 1), Metrics::ZERO, "all golds unreachable");
        assert_eq!(measure(&placed(&[(1, Some(1))]), 0, 1), Metrics::ZERO, "an empty candidate set");
    }

    #[test]
    fn more_golds_than_the_head_is_deep_can_still_reach_one() {
        let query: Vec<Placed> = (1..=3000).map(|rank| Placed { grade: 1, rank: Some(rank) }).collect();
        let metrics = measure(&query, 3000, 1);
        assert_eq!((metrics.recall, metrics.precision5, metrics.rr10), (1.0, 1.0, 1.0));
        assert!(close(metrics.ndcg10, 1.0) && close(metrics.ap, 1.0));
    }

    #[test]
    fn a_mean_needs_a_query() {
        assert_eq!(Metrics::mean(std::iter::empty()), None);
        let one = measure(&placed(&[(1, Some(1))]), 10, 1);
        let mean = Metrics::mean([one, Metrics::ZERO].into_iter()).unwrap();
        assert_eq!((mean.recall, mean.precision5, mean.ndcg10), (0.5, 0.1, 0.5));
    }

    #[test]
    fn the_share_of_the_gain_may_be_negative_and_may_not_exist() {
        assert!(close(share_of_gain(0.31, 0.44, 0.52).unwrap(), 13.0 / 21.0));
        assert!(share_of_gain(0.5, 0.4, 0.6).unwrap() < 0.0);
        assert_eq!(share_of_gain(0.5, 0.5, 0.5), None);
        assert_eq!(share_of_gain(0.5, 0.5, 0.5 + 1e-10), None);
    }

    /// Up to 30 judged passages with distinct ranks in 1..=40, some not in the list.
    fn a_query() -> impl Strategy<Value = Vec<Placed>> {
        let ranks = Just((1..=40).collect::<Vec<Rank>>()).prop_shuffle();
        (ranks, prop::collection::vec((-1..4, prop::bool::weighted(0.8)), 0..30)).prop_map(
            |(ranks, judged)| {
                let places = judged.into_iter().zip(ranks);
                places.map(|((grade, there), rank)| Placed { grade, rank: there.then_some(rank) }).collect()
            },
        )
    }

    /// The list itself, position by position, unjudged as `None`; then the formulas of FIELD.md.
    fn plainly(query: &[Placed], cut: usize, rel_level: Grade, perfect: bool) -> Metrics {
        let mut list: Vec<Option<Grade>> = vec![None; 40];
        for passage in query {
            if let Some(rank) = passage.rank {
                list[rank as usize - 1] = Some(passage.grade);
            }
        }
        list.truncate(cut);
        if perfect {
            list.sort_by_key(|grade| std::cmp::Reverse(grade.unwrap_or(-1)));
        }
        let is_rel = |grade: &Option<Grade>| grade.is_some_and(|grade| grade >= rel_level);
        let all = query.iter().filter(|passage| passage.grade >= rel_level).count() as f64;
        let in_top = |k: usize| list.iter().take(k).filter(|grade| is_rel(grade)).count() as f64;
        let over = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b };
        let dcg = |grades: &[Option<Grade>]| -> f64 {
            let gains = grades.iter().take(10).map(|grade| f64::from(grade.unwrap_or(0).max(0)));
            gains.enumerate().map(|(i, gain)| gain / (i as f64 + 2.0).log2()).sum()
        };
        let mut ideal: Vec<Option<Grade>> = query.iter().map(|passage| Some(passage.grade)).collect();
        ideal.sort_by_key(|grade| std::cmp::Reverse(*grade));
        let first = list.iter().take(10).position(is_rel);
        let hits = (0..list.len()).filter(|&i| is_rel(&list[i]));
        Metrics {
            recall: over(in_top(cut), all),
            success: f64::from(in_top(cut) > 0.0),
            precision5: in_top(5) / 5.0,
            ndcg10: over(dcg(&list), dcg(&ideal)),
            rr10: first.map_or(0.0, |i| 1.0 / (i + 1) as f64),
            ap: over(hits.map(|i| in_top(i + 1) / (i + 1) as f64).sum(), all),
        }
    }

    fn assert_close(a: Metrics, b: Metrics) {
        let apart = a.zip(b, |a, b| f64::from(!close(a, b)));
        assert_eq!(apart, Metrics::ZERO, "{a:?}\n{b:?}");
    }

    proptest! {
        #[test]
        fn measuring_ranks_equals_walking_the_list(query in a_query(), cut in 0usize..50, level in 1..4) {
            assert_close(measure(&query, cut, level), plainly(&query, cut, level, false));
        }

        #[test]
        fn the_ceiling_is_the_candidates_sorted_by_grade(
            query in a_query(), cut in 0usize..50, level in 1..4
        ) {
            let ceiling = ceiling(&query, cut, level);
            // A perfect list's first relevant passage is on top only if the sort by grade puts it there,
            // which it does: every relevant grade is above every other.
            assert_close(ceiling, plainly(&query, cut, level, true));
            let measured = measure(&query, cut, level);
            let below = measured.zip(ceiling, |measured, best| f64::from(measured > best + 1e-12));
            prop_assert_eq!(below, Metrics::ZERO);
        }

        #[test]
        fn the_curve_at_n_is_the_mean_recall_at_n(
            queries in prop::collection::vec(a_query(), 1..6), depth in 0usize..50
        ) {
            let mut curve = RecallSteps::new(depth);
            for query in &queries {
                let golds: Vec<_> = query.iter().filter(|placed| placed.grade >= 1).collect();
                curve.add(golds.iter().map(|placed| placed.rank));
            }
            let curve = curve.finish();
            prop_assert_eq!(curve.len(), depth);
            for (n, recall) in (1..).zip(curve) {
                let mean = Metrics::mean(queries.iter().map(|query| measure(query, n, 1))).unwrap();
                prop_assert!((f64::from(recall) - mean.recall).abs() < 1e-6, "recall@{}", n);
            }
        }
    }

    #[test]
    fn a_curve_over_no_queries_is_flat() {
        assert_eq!(RecallSteps::new(3).finish(), [0.0; 3]);
        let mut curve = RecallSteps::new(2);
        curve.add([].into_iter());
        assert_eq!(curve.finish(), [0.0; 2]);
    }
}
