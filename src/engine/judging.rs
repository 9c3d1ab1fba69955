//! From judged queries to what is said about all of them: means, languages, curve, costs.

use std::collections::BTreeMap;

use super::snapshot::{GoldRow, LanguageRow, Means, QueryRow, RecallCurve, RerankedMeans, StageCost};
use crate::corpus::Collection;
use crate::domain::{Language, Settings};
use crate::judge::{
    self, Average, CONDENSED_NDCG_10, JUDGED_10, Metric, MetricMean, Metrics, Terms, default_metrics,
};

/// How queries are judged and averaged: what is asked for once, and no knob of the screen changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JudgeOptions {
    /// The metrics to measure; `None`: [`default_metrics`].
    pub metrics: Option<Vec<Metric>>,
    pub average: Average,
    pub terms: Terms,
}

impl JudgeOptions {
    /// The metrics for candidate sets of `n`. Judged@10 and nDCG@10 of the condensed list are always
    /// among them, because without the holes in the judgments no metric can be read.
    pub fn metrics(&self, n: usize) -> Vec<Metric> {
        let asked = self.metrics.clone().unwrap_or_else(|| default_metrics(n));
        let mut metrics: Vec<Metric> = Vec::with_capacity(asked.len() + 2);
        for metric in asked.into_iter().chain([JUDGED_10, CONDENSED_NDCG_10]) {
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        metrics
    }
}

/// Means over those of `rows` that are complete and that `average` counts; `None` where none is.
pub fn means<'a>(rows: impl Iterator<Item = &'a QueryRow> + Clone, average: Average) -> Option<Means> {
    let counted = move |row: &&QueryRow| row.scores.as_ref().is_none_or(|s| average.counts(s.returned));
    let complete = rows.filter(counted).filter_map(|row| Some((row.first?, row.ceiling?, row.reranked)));
    let first = Metrics::mean(complete.clone().map(|(first, ..)| first))?;
    let ceiling = Metrics::mean(complete.clone().map(|(_, ceiling, _)| ceiling))?;
    let scored = complete.clone().filter_map(|(first, ceiling, reranked)| Some((first, ceiling, reranked?)));
    let reranked = Metrics::mean(scored.clone().map(|(.., reranked)| reranked)).and_then(|reranked| {
        Some(RerankedMeans {
            queries: scored.clone().count(),
            first: Metrics::mean(scored.clone().map(|(first, ..)| first))?,
            ceiling: Metrics::mean(scored.clone().map(|(_, ceiling, _)| ceiling))?,
            reranked,
        })
    });
    Some(Means { queries: complete.count(), first, ceiling, reranked })
}

/// Means by query language, in order of the tags.
pub fn by_language(
    rows: &[QueryRow],
    collection: &Collection,
    metrics: &[Metric],
    average: Average,
) -> Vec<LanguageRow> {
    let mut groups: BTreeMap<Language, Vec<&QueryRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(collection.query(row.query).language.clone()).or_default().push(row);
    }
    groups
        .into_iter()
        .filter_map(|(language, rows)| {
            Some(LanguageRow {
                language,
                means: means(rows.iter().copied(), average)?,
                by_metric: by_metric(rows.into_iter(), metrics, average),
            })
        })
        .collect()
}

/// Means of every metric over those of `rows` that have scores.
pub fn by_metric<'a>(
    rows: impl Iterator<Item = &'a QueryRow>,
    metrics: &[Metric],
    average: Average,
) -> Vec<MetricMean> {
    MetricMean::over(metrics, rows.filter_map(|row| row.scores.as_ref()), average)
}

/// How deep the curve goes at most.
const CURVE_DEPTH: usize = 1000;

/// recall@N by leg, of the legs together, fused, and at best, over the complete ones of the judged queries:
/// the ranks are those that the judge found. `weights`, by leg: a leg without one takes no part.
pub fn curve<'a>(
    rows: impl Iterator<Item = &'a QueryRow> + Clone,
    settings: &Settings,
    weights: &[f64],
    passages: usize,
) -> RecallCurve {
    let depth = settings.depth.min(passages).min(CURVE_DEPTH);
    let speaking: Vec<usize> = (0..weights.len()).filter(|&leg| weights[leg] > 0.0).collect();
    let new = || judge::RecallSteps::new(depth);
    let (mut fused, mut union, mut ceiling) = (new(), new(), new());
    let mut legs = vec![new(); speaking.len()];
    for row in rows.filter(|row| row.first.is_some()) {
        let best = |gold: &GoldRow| speaking.iter().filter_map(|&leg| gold.legs[leg]).min();
        fused.add(row.golds.iter().map(|gold| gold.fused));
        union.add(row.golds.iter().map(best));
        for (curve, &leg) in legs.iter_mut().zip(&speaking) {
            curve.add(row.golds.iter().map(|gold| gold.legs[leg]));
        }
        // At best, all that any leg has stands on top.
        let mut ranks = 1..;
        ceiling.add(row.golds.iter().map(|gold| best(gold).and_then(|_| ranks.next())));
    }
    let mut legs = legs.into_iter();
    let of_leg = |leg| match speaking.contains(&leg) {
        true => legs.next().map_or_else(Vec::new, judge::RecallSteps::finish),
        false => Vec::new(),
    };
    RecallCurve {
        fused: fused.finish(),
        legs: (0..weights.len()).map(of_leg).collect(),
        union: if speaking.len() > 1 { union.finish() } else { Vec::new() },
        ceiling: ceiling.finish(),
    }
}

/// What a stage has cost so far.
#[derive(Debug, Clone, Default)]
pub struct CostMeter {
    computed: u64,
    cached: u64,
    ms: f64,
    /// By query, of what was computed.
    per_query: BTreeMap<String, f64>,
}

impl CostMeter {
    /// Pairs of one query, computed in `ms`.
    pub fn computed(&mut self, query: &str, pairs: usize, ms: f64) {
        self.computed += pairs as u64;
        self.ms += ms;
        *self.per_query.entry(query.to_owned()).or_insert(0.0) += ms;
    }

    /// Pairs that no list waited for: they count for the mean of a pair, not for what a query takes.
    pub fn spare(&mut self, pairs: usize, ms: f64) {
        self.computed += pairs as u64;
        self.ms += ms;
    }

    /// Mean milliseconds of a computed pair.
    pub fn ms_per_pair(&self) -> Option<f64> {
        (self.computed > 0).then(|| self.ms / self.computed as f64)
    }

    pub fn cached(&mut self, pairs: usize) {
        self.cached += pairs as u64;
    }

    pub fn report(&self, stage: &str) -> StageCost {
        let mut times: Vec<f64> = self.per_query.values().copied().collect();
        times.sort_by(f64::total_cmp);
        let median = match times.len() {
            0 => None,
            n if n % 2 == 1 => Some(times[n / 2]),
            n => Some((times[n / 2 - 1] + times[n / 2]) / 2.0),
        };
        StageCost {
            stage: stage.to_owned(),
            computed_pairs: self.computed,
            cached_pairs: self.cached,
            ms_total: self.ms,
            ms_p50_per_query: median,
            ms_p95_per_query: times.get(((times.len() as f64 * 0.95).ceil() as usize).max(1) - 1).copied(),
            ms_per_pair: self.ms_per_pair(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::QueryIdx;

    fn row(query: u32, first: Option<f64>, reranked: Option<f64>) -> QueryRow {
        let metrics = |value| Metrics::ZERO.map(|_| value);
        QueryRow {
            query: QueryIdx(query),
            golds: Vec::new(),
            complete: first.is_some(),
            rerank_complete: reranked.is_some(),
            first: first.map(metrics),
            reranked: reranked.map(metrics),
            ceiling: first.map(|_| metrics(1.0)),
            scores: None,
        }
    }

    /// Trap: comparing the first stage over all queries with the reranked ones over some.
    #[test]
    fn before_and_after_are_of_the_same_queries() {
        let rows = [row(0, Some(0.2), Some(0.4)), row(1, Some(0.8), None), row(2, None, None)];
        let means = means(rows.iter(), Average::All).unwrap();
        assert_eq!((means.queries, means.first.recall), (2, 0.5));
        let reranked = means.reranked.unwrap();
        assert_eq!((reranked.queries, reranked.first.recall, reranked.reranked.recall), (1, 0.2, 0.4));
        assert_eq!(super::means([row(0, None, None)].iter(), Average::All), None);
    }

    /// Traps: a union that counts a leg without a weight, a ceiling that is 1 where one candidate cannot
    /// hold two golds or that counts what no leg has.
    #[test]
    fn the_curve_knows_what_the_legs_have_together_and_what_n_could_hold() {
        let gold = |legs: [Option<u32>; 3], fused| GoldRow {
            doc: None,
            id: "".into(),
            grade: 1,
            legs: legs.into(),
            fused,
            reranked: None,
            earlier: Vec::new(),
            decided_by: None,
            fate: None,
            first_fate: None,
            awaits_rerank: false,
            blind: false,
            remedy: String::new(),
        };
        let golds = vec![
            gold([Some(1), Some(4), None], Some(2)),
            gold([None, Some(3), None], Some(4)),
            gold([None, None, Some(1)], None),
            gold([None; 3], None),
        ];
        let rows = [QueryRow { golds, ..row(0, Some(0.5), None) }];
        let settings = Settings { depth: 4, ..Settings::default() };
        let of = curve(rows.iter(), &settings, &[1.0, 0.5, 0.0], 9);
        assert_eq!(of.fused, [0.0, 0.25, 0.25, 0.5]);
        assert_eq!(of.union, [0.25, 0.25, 0.5, 0.5]);
        assert_eq!(of.ceiling, [0.25, 0.5, 0.5, 0.5]);
        assert!(of.legs[2].is_empty());
        let alone = curve(rows.iter(), &settings, &[0.0, 0.5, 0.0], 9);
        assert!(alone.union.is_empty(), "one leg is no union");
        assert_eq!(alone.ceiling, [0.25, 0.5, 0.5, 0.5]);
    }

    #[test]
    fn judgment_holes_are_measured_whatever_is_asked_for() {
        let asked = vec![JUDGED_10, "P@5".parse().unwrap(), "P@5".parse().unwrap()];
        let options = JudgeOptions { metrics: Some(asked), ..JudgeOptions::default() };
        let names: Vec<String> = options.metrics(50).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["Judged@10", "P@5", "nDCG(judged_only=True)@10"]);
        assert_eq!(JudgeOptions::default().metrics(20), default_metrics(20));
    }

    #[test]
    fn the_median_is_of_queries_with_work() {
        let mut meter = CostMeter::default();
        meter.cached(7);
        assert_eq!(meter.report("x").ms_p50_per_query, None);
        meter.computed("a", 2, 1.0);
        meter.computed("a", 2, 2.0);
        meter.computed("b", 1, 9.0);
        let cost = meter.report("x");
        assert_eq!((cost.computed_pairs, cost.cached_pairs, cost.ms_total), (5, 7, 12.0));
        assert_eq!((cost.ms_p50_per_query, cost.ms_p95_per_query), (Some(6.0), Some(9.0)));
        assert_eq!(cost.ms_per_pair, Some(2.4));
    }
}
