//! What a budget of time affords: for sizes of the candidate set, how long the second stage would take
//! and what it would reach.
//!
//! In: the judged queries with what is scored, and what a pair has cost so far. Out: a point a size. Times
//! are estimates: pairs times the mean time of a pair. Metrics are measured, never estimated: a size at
//! which any judged query lacks a score has none of the reranked list. It goes on in slices, as a thousand
//! lists of a thousand passages take longer than a frame.

use std::time::{Duration, Instant};

use super::judging::CostMeter;
use super::query_state::QueryState;
use super::snapshot::{AffordPoint, Affords};
use crate::domain::Settings;
use crate::judge::{Average, Metrics};
use crate::rerank::cascade::{StagePlan, at_depths};

/// Sizes that people try.
const STOPS: [usize; 8] = [10, 20, 50, 100, 200, 300, 500, 1000];
/// How many candidates more are asked about: "what do the next 50 buy?"
pub const NEXT: usize = 50;
/// Queries measured between two looks at the clock.
const BATCH: usize = 8;

/// What the points are made of.
pub struct AffordInput<'a> {
    /// The judged queries, fused already.
    pub states: &'a [&'a QueryState],
    pub settings: &'a Settings,
    /// Those of the present N.
    pub stages: &'a [StagePlan],
    /// By number of the reranker: milliseconds of a pair; `None`: it has computed none in this run.
    pub ms_per_pair: &'a [Option<f64>],
    pub average: Average,
    pub budget_ms: Option<f64>,
}

/// The points under way; for one input only.
#[derive(Debug, Default)]
pub struct AffordsUnderWay {
    points: Vec<AffordPoint>,
    /// Of the size in work.
    size: Sums,
    /// Whether the size before was scored for every query: a greater N needs every score that a smaller
    /// one needs, and more.
    unscored: bool,
}

/// The metrics of the first so many queries at one size.
#[derive(Debug, Default)]
struct Sums {
    looked_at: usize,
    first: Vec<Metrics>,
    ceiling: Vec<Metrics>,
    reranked: Vec<Metrics>,
}

impl AffordsUnderWay {
    /// Goes on for `budget`, or until all sizes are measured.
    pub fn go_on(&mut self, input: &AffordInput<'_>, budget: Duration) -> Option<Affords> {
        let start = Instant::now();
        let sizes = sizes(input.settings);
        let mut looked_at = 0;
        while let Some(&n) = sizes.get(self.points.len()) {
            let at = Settings { candidates: n, ..input.settings.clone() };
            let stages = stages_at(input, n);
            while let Some(state) = input.states.get(self.size.looked_at) {
                if looked_at == BATCH {
                    if start.elapsed() >= budget {
                        return None;
                    }
                    looked_at = 0;
                }
                looked_at += 1;
                self.size.looked_at += 1;
                if !input.average.counts(state.fused().len()) {
                    continue;
                }
                let (first, ceiling) = state.first_metrics(&at);
                self.size.first.push(first);
                self.size.ceiling.push(ceiling);
                if !self.unscored {
                    match state.reranked_metrics(&stages, &at) {
                        Some(metrics) => self.size.reranked.push(metrics),
                        None => self.unscored = true,
                    }
                }
            }
            let size = std::mem::take(&mut self.size);
            let mean = |metrics: Vec<Metrics>| Metrics::mean(metrics.into_iter());
            let ms = ms(input, &stages);
            self.points.push(AffordPoint {
                n,
                ms,
                within: ms.zip(input.budget_ms).map(|(ms, budget)| ms <= budget),
                first: mean(size.first),
                ceiling: mean(size.ceiling),
                metrics: if self.unscored { None } else { mean(size.reranked) },
            });
        }
        Some(Affords {
            budget_ms: input.budget_ms,
            n: input.settings.candidates,
            limit: limit(input),
            points: std::mem::take(&mut self.points),
        })
    }
}

/// Up to the window: what people try, the present N, and the next ones after it.
fn sizes(settings: &Settings) -> Vec<usize> {
    let n = settings.candidates;
    let mut sizes: Vec<usize> = STOPS.iter().copied().chain([n, n.saturating_add(NEXT)]).collect();
    sizes.retain(|&size| size <= settings.window() || size == n);
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The stages for a candidate set of `n`.
fn stages_at(input: &AffordInput<'_>, n: usize) -> Vec<StagePlan> {
    at_depths(input.stages, input.settings.reranker.depths(n))
}

/// Estimated milliseconds of a query.
fn ms(input: &AffordInput<'_>, stages: &[StagePlan]) -> Option<f64> {
    let parts = stages.iter().flat_map(|stage| stage.parts.iter().map(|&(part, _)| (part, stage.depth)));
    let each =
        |(part, depth): (usize, usize)| Some(input.ms_per_pair.get(part).copied().flatten()? * depth as f64);
    parts.map(each).sum()
}

/// The greatest N, up to the window, that the budget has time for; 0 where it has none.
fn limit(input: &AffordInput<'_>) -> Option<usize> {
    let budget = input.budget_ms?;
    let fits = |n: usize| Some(ms(input, &stages_at(input, n))? <= budget);
    fits(1)?;
    // Time grows with N: halve what is between one that fits and one that does not.
    let (mut within, mut beyond) = (0, input.settings.window() + 1);
    while beyond - within > 1 {
        let middle = within + (beyond - within) / 2;
        match fits(middle)? {
            true => within = middle,
            false => beyond = middle,
        }
    }
    Some(within)
}

/// Milliseconds of a pair by number of the reranker.
pub fn ms_per_pair<'a>(meters: impl Iterator<Item = &'a CostMeter>) -> Vec<Option<f64>> {
    meters.map(CostMeter::ms_per_pair).collect()
}

impl Affords {
    /// The point of the present N, and that of `NEXT` more candidates.
    pub fn next(&self) -> Option<(&AffordPoint, &AffordPoint)> {
        let at = |n: usize| self.points.iter().find(|point| point.n == n);
        Some((at(self.n)?, at(self.n + NEXT)?))
    }

    /// The largest N within the budget, and the next one that was measured: a sentence. Empty without a
    /// budget or times.
    pub fn sentence(&self) -> String {
        let (Some(budget), Some(limit)) = (self.budget_ms, self.limit) else { return String::new() };
        let say = |point: &AffordPoint| {
            let ms = point.ms.unwrap_or_default();
            let metric = point.metrics.map_or_else(String::new, |m| format!(", nDCG@10 {:.3}", m.ndcg10));
            format!("N = {} takes about {ms:.0} ms{metric}", point.n)
        };
        let within = self.points.iter().rfind(|point| point.within == Some(true));
        let beyond = self.points.iter().find(|point| point.within == Some(false));
        let afforded = match (limit, beyond) {
            (0, _) => format!("{budget:.0} ms a query afford not even one candidate"),
            (_, None) => format!("{budget:.0} ms a query afford every N up to {limit}"),
            _ => format!("{budget:.0} ms a query afford N = {limit}"),
        };
        std::iter::once(afforded)
            .chain(within.into_iter().chain(beyond).map(say))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DocIdx, Hit, LegId, LegName, LegScale, LegSet};
    use crate::engine::query_state::Judged;
    use crate::fuse::{Fuser, FusionPlan};
    use crate::rerank::cascade::PairScore;

    /// A query with sixty passages in the order 0 to 59; the reranker has scored the first `scored` and prefers gold 15.
    fn state(scored: u32) -> QueryState {
        let hits: Vec<Hit> = (0..60).map(|doc| Hit { doc: DocIdx(doc), score: 99.0 - doc as f32 }).collect();
        let mut state = QueryState::typed("q", 1);
        state.set_leg(LegId(0), hits, None, &(0..60).collect());
        let legs = [LegName { name: "a".into(), scale: LegScale::Bm25 }];
        state.fuse(&Fuser::new(&FusionPlan::of(&Settings::default(), &legs, LegSet::all(1))));
        state.set_judged(vec![Judged { doc: Some(DocIdx(15)), document: None, id: "d15".into(), grade: 1 }]);
        for doc in 0..scored {
            let score = if doc == 15 { 9.0 } else { 1.0 / (1.0 + doc as f32) };
            state.set_score(0, DocIdx(doc), PairScore::Score(score));
        }
        state
    }

    /// Each query six times over, so that there are slices.
    fn points(states: &[QueryState], budget_ms: Option<f64>) -> Affords {
        let settings = Settings { candidates: 50, depth: 100, ..Settings::default() };
        let stages = [StagePlan { parts: vec![(0, 1.0)], depth: 50 }];
        let mut meter = CostMeter::default();
        meter.computed("q", 10, 50.0);
        let input = AffordInput {
            states: &states.iter().cycle().take(states.len() * 6).collect::<Vec<_>>(),
            settings: &settings,
            stages: &stages,
            ms_per_pair: &ms_per_pair([&meter].into_iter()),
            average: Average::All,
            budget_ms,
        };
        let mut under_way = AffordsUnderWay::default();
        let mut slices = 1;
        loop {
            if let Some(affords) = under_way.go_on(&input, Duration::from_nanos(1)) {
                assert!(slices > 1, "it goes on in slices");
                return affords;
            }
            slices += 1;
            assert!(slices < 1000, "each slice measures something");
        }
    }

    /// Trap: a metric for an N whose candidates are not scored, or time of N pairs where a stage sees fewer.
    #[test]
    fn times_grow_with_n_and_metrics_end_where_scores_do() {
        let affords = points(&[state(50), state(20)], Some(120.0));
        let told: Vec<_> = affords.points.iter().map(|point| (point.n, point.ms, point.within)).collect();
        assert_eq!(
            told,
            [
                (10, Some(50.0), Some(true)),
                (20, Some(100.0), Some(true)),
                (50, Some(250.0), Some(false)),
                (100, Some(500.0), Some(false)),
            ]
        );
        let ndcg: Vec<_> = affords.points.iter().map(|point| point.metrics.map(|m| m.ndcg10)).collect();
        assert_eq!(ndcg, [Some(0.0), Some(1.0), None, None]);
        assert_eq!(
            affords.sentence(),
            "120 ms a query afford N = 24; N = 20 takes about 100 ms, nDCG@10 1.000; N = 50 takes about 250 ms"
        );
        let none = points(&[state(50)], None);
        assert_eq!((none.sentence().as_str(), none.limit), ("", None));
    }

    #[test]
    fn the_limit_is_the_greatest_n_in_time_and_the_next_fifty_are_asked_about() {
        let limit = |budget| points(&[state(50)], Some(budget)).limit;
        assert_eq!((limit(4.9), limit(5.0), limit(104.9)), (Some(0), Some(1), Some(20)));
        assert_eq!(limit(1e6), Some(100), "no further than the window");
        let affords = points(&[state(60)], None);
        let (now, next) = affords.next().unwrap();
        assert_eq!((now.n, next.n, next.ms), (50, 100, Some(500.0)));
        assert_eq!(next.metrics.map(|m| m.ndcg10), Some(1.0), "all sixty of the list are scored");
        assert_eq!(points(&[state(50)], None).next().unwrap().1.metrics, None);
    }

    /// Trap: a first stage or a ceiling that is measured at the present N for every size.
    #[test]
    fn first_stage_and_ceiling_are_those_of_each_size() {
        let affords = points(&[state(60)], None);
        let at = |n| affords.points.iter().find(|point| point.n == n).unwrap();
        let recall = |n: usize| (at(n).first.unwrap().recall, at(n).ceiling.unwrap().ndcg10);
        assert_eq!((recall(10), recall(20)), ((0.0, 0.0), (1.0, 1.0)));
    }
}
