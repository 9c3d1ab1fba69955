//! In: every query's metrics of one set, before and after reranking, and their ceilings. Out: the same by
//! query and by metric, and means over any of the queries. It measures nothing; `metric_plan` does.
//!
//! Flat columns: a thousand queries judged again on a key press fill the same memory again.

use super::metric_plan::{Desk, JudgedIdeal, MetricPlan};
use super::metrics::{Placed, share_of_gain};
use super::ranking::Metric;

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

/// One query's lists, for [`ScoreTable::set`].
#[derive(Debug, Clone, Copy)]
pub struct QueryLists<'a> {
    pub ideal: &'a JudgedIdeal,
    /// Where the first stage put each judged passage.
    pub first: &'a [Placed],
    /// Where the reranker put each; `None`: no second stage, or it is incomplete.
    pub reranked: Option<&'a [Placed]>,
    /// Length of the first stage's list before the cut.
    pub returned: usize,
}

/// The metrics of all queries. Rows are the caller's; a row that was not set has no scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreTable {
    metrics: Vec<Metric>,
    rows: Vec<RowState>,
    /// Row by row, a value for each metric.
    first: Vec<f64>,
    reranked: Vec<f64>,
    ceiling: Vec<Option<f64>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct RowState {
    judged: bool,
    reranked: bool,
    returned: usize,
}

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

impl ScoreTable {
    /// A table of `rows` queries, none of them with scores yet.
    pub fn new(metrics: &[Metric], rows: usize) -> Self {
        let cells = metrics.len() * rows;
        Self {
            metrics: metrics.to_vec(),
            rows: vec![RowState::default(); rows],
            first: vec![0.0; cells],
            reranked: vec![0.0; cells],
            ceiling: vec![None; cells],
        }
    }

    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// Number of rows, those without scores included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Measures one query. `plan` must be of the table's metrics.
    pub fn set(&mut self, row: usize, plan: &MetricPlan, lists: &QueryLists<'_>, desk: &mut Desk) {
        let cells = self.cells(row);
        let QueryLists { ideal, first, reranked, returned } = *lists;
        plan.measure(ideal, first, returned, desk, &mut self.first[cells.clone()]);
        plan.ceilings(ideal, first, returned, desk, &mut self.ceiling[cells.clone()]);
        if let Some(reranked) = reranked {
            // The reranked list is the candidate set in another order, and as long.
            plan.measure(ideal, reranked, returned, desk, &mut self.reranked[cells]);
        }
        self.rows[row] = RowState { judged: true, reranked: reranked.is_some(), returned };
    }

    /// Takes a query's scores away: its first stage is not complete.
    pub fn clear(&mut self, row: usize) {
        self.rows[row] = RowState::default();
    }

    /// A value for each metric; `None` while the row has no scores.
    pub fn first(&self, row: usize) -> Option<&[f64]> {
        self.rows[row].judged.then(|| &self.first[self.cells(row)])
    }

    /// The same after reranking; `None` without it.
    pub fn reranked(&self, row: usize) -> Option<&[f64]> {
        self.rows[row].reranked.then(|| &self.reranked[self.cells(row)])
    }

    /// What a perfect reranker would reach; each `None` where the metric has no ceiling.
    pub fn ceiling(&self, row: usize) -> Option<&[Option<f64>]> {
        self.rows[row].judged.then(|| &self.ceiling[self.cells(row)])
    }

    /// The mean of every metric over those of `rows` that have scores and that `average` counts; none
    /// where there is no such row. Summed in the order of `rows`.
    pub fn means(&self, rows: impl Iterator<Item = usize>, average: Average) -> Vec<MetricMean> {
        let counted = |&row: &usize| self.rows[row].judged && average.counts(self.rows[row].returned);
        let rows: Vec<usize> = rows.filter(counted).collect();
        let scored: Vec<usize> = rows.iter().copied().filter(|&row| self.rows[row].reranked).collect();
        if rows.is_empty() {
            return Vec::new();
        }
        let width = self.metrics.len();
        let mean = |column: &[f64], rows: &[usize], i: usize| -> f64 {
            rows.iter().map(|row| column[row * width + i]).sum::<f64>() / rows.len() as f64
        };
        let mean_ceiling = |rows: &[usize], i: usize| -> Option<f64> {
            let sum: Option<f64> = rows.iter().map(|row| self.ceiling[row * width + i]).sum();
            Some(sum? / rows.len() as f64)
        };
        let of = |(i, &metric): (usize, &Metric)| MetricMean {
            metric,
            queries: rows.len(),
            first: mean(&self.first, &rows, i),
            ceiling: mean_ceiling(&rows, i),
            reranked: (!scored.is_empty()).then(|| {
                let (first, reranked) = (mean(&self.first, &scored, i), mean(&self.reranked, &scored, i));
                let ceiling = mean_ceiling(&scored, i);
                let share_of_gain = ceiling.and_then(|ceiling| share_of_gain(first, reranked, ceiling));
                RerankedMean { queries: scored.len(), first, reranked, ceiling, share_of_gain }
            }),
        };
        self.metrics.iter().enumerate().map(of).collect()
    }

    fn cells(&self, row: usize) -> std::ops::Range<usize> {
        row * self.metrics.len()..(row + 1) * self.metrics.len()
    }
}

/// The metrics that are shown unless others are asked for, with candidate sets of `n`.
pub fn default_metrics(n: usize) -> Vec<Metric> {
    use super::ranking::{Gain, MetricKind};
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
        plain(MetricKind::Judged, Some(10)),
        Metric { condensed: true, ..plain(MetricKind::Ndcg(Gain::Linear), Some(10)) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(list: &[(i32, Option<u32>)]) -> Vec<Placed> {
        list.iter().map(|&(grade, rank)| Placed { grade, rank }).collect()
    }

    /// Three queries: one lifted from 2 to 1, one not reranked, one with an empty list.
    fn table() -> ScoreTable {
        let metrics = ["RR@10", "R@5", "Bpref"].map(|name| name.parse().unwrap());
        let plan = MetricPlan::new(&metrics, 5, 1);
        let mut table = ScoreTable::new(&metrics, 4);
        let mut desk = Desk::default();
        let ideal = JudgedIdeal::of([1]);
        let mut set = |row, first: &[Placed], reranked: Option<&[Placed]>, returned| {
            table.set(row, &plan, &QueryLists { ideal: &ideal, first, reranked, returned }, &mut desk);
        };
        set(0, &placed(&[(1, Some(2))]), Some(&placed(&[(1, Some(1))])), 9);
        set(1, &placed(&[(1, Some(1))]), None, 9);
        set(2, &placed(&[(1, None)]), Some(&placed(&[(1, None)])), 0);
        table
    }

    #[test]
    fn a_row_has_what_was_measured_and_nothing_else() {
        let mut table = table();
        assert_eq!(table.first(0), Some(&[0.5, 1.0, 1.0][..]));
        assert_eq!(table.reranked(0), Some(&[1.0, 1.0, 1.0][..]));
        assert_eq!(table.ceiling(0), Some(&[Some(1.0), Some(1.0), None][..]));
        assert_eq!((table.reranked(1), table.first(3), table.ceiling(3)), (None, None, None));
        table.clear(0);
        assert_eq!((table.first(0), table.reranked(0)), (None, None));
    }

    /// Trap: a mean before over all queries beside a mean after over some.
    #[test]
    fn both_sides_of_a_comparison_are_of_the_same_queries() {
        let means = table().means(0..4, Average::All);
        assert_eq!((means[0].queries, means[0].first), (3, 0.5));
        let both = means[0].reranked.unwrap();
        assert_eq!((both.queries, both.first, both.reranked), (2, 0.25, 0.5));
        assert_eq!((both.ceiling, both.share_of_gain), (Some(0.5), Some(1.0)));
        assert_eq!((means[2].ceiling, means[2].reranked.unwrap().share_of_gain), (None, None));
    }

    #[test]
    fn an_empty_list_lowers_one_average_and_leaves_the_other() {
        let at = |average| table().means(0..4, average)[1].first;
        assert!((at(Average::All) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(at(Average::Intersection), 1.0);
        assert!(table().means([2, 3].into_iter(), Average::Intersection).is_empty());
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
