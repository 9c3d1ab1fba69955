//! In: one query's lists before and after reranking. Out: every metric of a set for both, and the
//! ceilings; and of many queries the means. It measures nothing itself; `metric_plan` does.

use super::metric_plan::{Desk, JudgedIdeal, MetricPlan};
use super::metrics::{Placed, share_of_gain};
use super::ranking::{Gain, Metric, MetricKind};

/// Which queries a mean is taken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Average {
    /// Every judged query; an empty list counts 0 (`trec_eval -c`).
    #[default]
    All,
    /// Those whose first-stage list is not empty, as `trec_eval` does by itself: queries that are both
    /// in the run and in the qrels. Losing a query altogether then raises the mean.
    Intersection,
}

impl Average {
    pub const ALL: [Self; 2] = [Self::All, Self::Intersection];

    /// As on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Intersection => "intersection",
        }
    }

    /// Whether a query whose first-stage list has `returned` passages is averaged over.
    pub fn counts(self, returned: usize) -> bool {
        self == Self::All || returned > 0
    }
}

/// Where one list puts a query's judged passages.
#[derive(Debug, Clone, Copy)]
pub struct JudgedPlaces<'a> {
    pub placed: &'a [Placed],
    /// Length of the list before the cut.
    pub returned: usize,
}

/// The metrics of one query; a value for each metric of the set.
///
/// Kept together: a thousand of them are made anew on every key press.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryScores {
    /// Of the first stage, then the ceilings, then if there are any those of the second stage.
    values: Box<[f64]>,
    width: usize,
    /// Length of the first stage's list before the cut.
    pub returned: usize,
}

/// No metric is below 0.
const NO_CEILING: f64 = -1.0;

/// A metric's mean over queries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricMean {
    pub metric: Metric,
    pub queries: usize,
    pub first: f64,
    /// `None` where the metric has no ceiling.
    pub ceiling: Option<f64>,
    /// Both sides over the queries that are wholly reranked; `None` where none is.
    pub reranked: Option<RerankedMean>,
}

/// Before and after, over the queries that are wholly reranked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RerankedMean {
    pub queries: usize,
    pub first: f64,
    pub reranked: f64,
    pub ceiling: Option<f64>,
    /// A ratio of means; `None` where there is no ceiling, or nothing to gain.
    pub share_of_gain: Option<f64>,
}

impl QueryScores {
    /// Measures one query under `plan`. `ideal` is of the same judgments as both lists.
    pub fn of(
        plan: &MetricPlan,
        ideal: &JudgedIdeal,
        first: JudgedPlaces<'_>,
        reranked: Option<JudgedPlaces<'_>>,
        desk: &mut Desk,
    ) -> Self {
        let width = plan.metrics().len();
        let mut values = vec![0.0; if reranked.is_some() { 3 } else { 2 } * width];
        let (of_first, rest) = values.split_at_mut(width);
        let (ceilings, of_reranked) = rest.split_at_mut(width);
        plan.measure(ideal, first.placed, first.returned, desk, of_first);
        plan.ceilings(ideal, first.placed, first.returned, desk, |at, ceiling| {
            ceilings[at] = ceiling.unwrap_or(NO_CEILING);
        });
        if let Some(list) = reranked {
            plan.measure(ideal, list.placed, list.returned, desk, of_reranked);
        }
        Self { values: values.into(), width, returned: first.returned }
    }

    /// From values by metric; all of one length.
    pub fn from_values(
        first: &[f64],
        reranked: Option<&[f64]>,
        ceilings: &[Option<f64>],
        returned: usize,
    ) -> Self {
        let ceilings = ceilings.iter().map(|ceiling| ceiling.unwrap_or(NO_CEILING));
        let values = first.iter().copied().chain(ceilings).chain(reranked.into_iter().flatten().copied());
        Self { values: values.collect(), width: first.len(), returned }
    }

    /// Of the first stage.
    pub fn first(&self) -> &[f64] {
        &self.values[..self.width]
    }

    /// Of the second stage; `None`: there is none, or it is incomplete.
    pub fn reranked(&self) -> Option<&[f64]> {
        self.values.get(2 * self.width..).filter(|values| !values.is_empty())
    }

    /// What a perfect reranker would reach; `None` where the metric has no ceiling.
    pub fn ceiling(&self, metric: usize) -> Option<f64> {
        Some(self.values[self.width + metric]).filter(|&ceiling| ceiling != NO_CEILING)
    }
}

impl MetricMean {
    /// The mean of every metric over those of `queries` that `average` counts; none where there is no
    /// such query. Summed in their order. All are of the same set, `metrics`.
    pub fn over<'a>(
        metrics: &[Metric],
        queries: impl Iterator<Item = &'a QueryScores>,
        average: Average,
    ) -> Vec<Self> {
        let (mut all, mut scored) = (MetricSums::over(metrics.len()), MetricSums::over(metrics.len()));
        let mut reranked = vec![0.0; metrics.len()];
        for query in queries.filter(|query| average.counts(query.returned)) {
            all.add(query);
            if let Some(values) = query.reranked() {
                scored.add(query);
                reranked.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
        if all.queries == 0 {
            return Vec::new();
        }
        let of = |(i, &metric): (usize, &Metric)| Self {
            metric,
            queries: all.queries,
            first: all.first(i),
            ceiling: all.ceiling(i),
            reranked: (scored.queries > 0).then(|| {
                let reranked = reranked[i] / scored.queries as f64;
                let (first, ceiling) = (scored.first(i), scored.ceiling(i));
                let share_of_gain = ceiling.and_then(|ceiling| share_of_gain(first, reranked, ceiling));
                RerankedMean { queries: scored.queries, first, reranked, ceiling, share_of_gain }
            }),
        };
        metrics.iter().enumerate().map(of).collect()
    }
}

/// Sums over queries, by metric, query by query: their values lie together, so each is fetched once.
struct MetricSums {
    queries: usize,
    first: Vec<f64>,
    /// `None` where the metric has no ceiling in some query.
    ceilings: Vec<Option<f64>>,
}

impl MetricSums {
    fn over(metrics: usize) -> Self {
        Self { queries: 0, first: vec![0.0; metrics], ceilings: vec![Some(0.0); metrics] }
    }

    fn add(&mut self, query: &QueryScores) {
        self.queries += 1;
        self.first.iter_mut().zip(query.first()).for_each(|(sum, value)| *sum += value);
        for (metric, sum) in self.ceilings.iter_mut().enumerate() {
            *sum = sum.zip(query.ceiling(metric)).map(|(sum, ceiling)| sum + ceiling);
        }
    }

    fn first(&self, metric: usize) -> f64 {
        self.first[metric] / self.queries as f64
    }

    fn ceiling(&self, metric: usize) -> Option<f64> {
        self.ceilings[metric].map(|sum| sum / self.queries as f64)
    }
}

/// Judged share of the first ten: how much of a list's head the judgments know.
pub const JUDGED_10: Metric = Metric::new(MetricKind::Judged, Some(10));

/// nDCG@10 of the judged passages alone: a reranker that lifts unjudged ones is not punished for it.
pub const CONDENSED_NDCG_10: Metric =
    Metric { condensed: true, ..Metric::new(MetricKind::Ndcg(Gain::Linear), Some(10)) };

/// The metrics that are shown unless others are asked for, with candidate sets of `n`.
pub fn default_metrics(n: usize) -> Vec<Metric> {
    let plain = Metric::new;
    vec![
        plain(MetricKind::Recall, Some(n)),
        plain(MetricKind::Success, Some(n)),
        plain(MetricKind::Precision, Some(5)),
        plain(MetricKind::RPrecision, None),
        plain(MetricKind::ReciprocalRank, Some(10)),
        plain(MetricKind::AveragePrecision, None),
        plain(MetricKind::Ndcg(Gain::Linear), Some(10)),
        plain(MetricKind::Ndcg(Gain::Exponential), Some(10)),
        plain(MetricKind::Bpref, None),
        plain(MetricKind::Rbp { p: super::metric_name::RBP_P }, None),
        JUDGED_10,
        CONDENSED_NDCG_10,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(list: &[(i32, Option<u32>)]) -> Vec<Placed> {
        list.iter().map(|&(grade, rank)| Placed { grade, rank }).collect()
    }

    /// Three queries: one lifted from 2 to 1, one not reranked, one with an empty list.
    fn three() -> ([Metric; 3], [QueryScores; 3]) {
        let metrics = ["RR@10", "R@5", "Bpref"].map(|name| name.parse().unwrap());
        let plan = MetricPlan::new(&metrics, 5, 1);
        let ideal = JudgedIdeal::of([1]);
        let query = |first: Option<u32>, reranked: Option<Option<u32>>, returned| {
            let (first, reranked) = (placed(&[(1, first)]), reranked.map(|rank| placed(&[(1, rank)])));
            let list = |placed| JudgedPlaces { placed, returned };
            let reranked = reranked.as_deref().map(list);
            QueryScores::of(&plan, &ideal, list(&first), reranked, &mut Desk::default())
        };
        (metrics, [query(Some(2), Some(Some(1)), 9), query(Some(1), None, 9), query(None, Some(None), 0)])
    }

    #[test]
    fn a_query_has_both_sides_and_the_ceiling() {
        let (_, [lifted, not_reranked, _]) = three();
        assert_eq!(lifted.first(), [0.5, 1.0, 1.0]);
        assert_eq!(lifted.reranked(), Some(&[1.0, 1.0, 1.0][..]));
        assert_eq!([0, 1, 2].map(|metric| lifted.ceiling(metric)), [Some(1.0), Some(1.0), None]);
        assert_eq!(not_reranked.reranked(), None);
        let again = QueryScores::from_values(
            lifted.first(),
            lifted.reranked(),
            &[Some(1.0), Some(1.0), None],
            lifted.returned,
        );
        assert_eq!(again, lifted);
    }

    /// Trap: a mean before over all queries beside a mean after over some.
    #[test]
    fn both_sides_of_a_comparison_are_of_the_same_queries() {
        let (metrics, queries) = three();
        let means = MetricMean::over(&metrics, queries.iter(), Average::All);
        assert_eq!((means[0].queries, means[0].first), (3, 0.5));
        let both = means[0].reranked.unwrap();
        assert_eq!((both.queries, both.first, both.reranked), (2, 0.25, 0.5));
        assert_eq!((both.ceiling, both.share_of_gain), (Some(0.5), Some(1.0)));
        assert_eq!((means[2].ceiling, means[2].reranked.unwrap().share_of_gain), (None, None));
    }

    #[test]
    fn an_empty_list_lowers_one_average_and_leaves_the_other() {
        let (metrics, queries) = three();
        let at = |average| MetricMean::over(&metrics, queries.iter(), average)[1].first;
        assert!((at(Average::All) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(at(Average::Intersection), 1.0);
        assert!(MetricMean::over(&metrics, queries[2..].iter(), Average::Intersection).is_empty());
    }

    #[test]
    fn the_default_set_has_names_and_reads_back() {
        let names: Vec<String> = default_metrics(50).iter().map(ToString::to_string).collect();
        assert_eq!(
            names.join(" "),
            "R@50 Success@50 P@5 Rprec RR@10 AP nDCG@10 nDCG(dcg='exp-log2')@10 Bpref RBP(p=0.8) Judged@10 \
             nDCG(judged_only=True)@10"
        );
        for (name, metric) in names.iter().zip(default_metrics(50)) {
            assert_eq!(name.parse::<Metric>().unwrap(), metric);
        }
    }
}
