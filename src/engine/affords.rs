//! What a budget of time affords: for sizes of the candidate set, how long the second stage would take
//! and what it would reach.
//!
//! In: the judged queries with what is scored, and what a pair has cost so far. Out: a point a size. Times
//! are estimates: pairs times the mean time of a pair. Metrics are measured, never estimated: a size at
//! which any judged query lacks a score has none.

use super::judging::CostMeter;
use super::query_state::QueryState;
use super::snapshot::{AffordPoint, Affords};
use crate::domain::Settings;
use crate::judge::Metrics;
use crate::rerank::cascade::StagePlan;

/// Sizes that people try.
const STOPS: [usize; 8] = [10, 20, 50, 100, 200, 300, 500, 1000];

/// The points up to D, the present N among them. `stages` are those of the present N; `cost` is what each
/// reranker has cost, by number. `states` are fused already.
pub fn affords<'a>(
    states: impl Iterator<Item = &'a QueryState> + Clone,
    settings: &Settings,
    stages: &[StagePlan],
    cost: impl Fn(usize) -> Option<&'a CostMeter>,
    budget_ms: Option<f64>,
) -> Affords {
    let mut sizes: Vec<usize> = STOPS.iter().copied().chain([settings.candidates]).collect();
    sizes.retain(|&n| n <= settings.window());
    sizes.sort_unstable();
    sizes.dedup();
    let ms_per_pair = |reranker: usize| cost(reranker)?.ms_per_pair();
    let mut measured = true;
    let points = sizes.into_iter().map(|n| {
        let at = Settings { candidates: n, ..settings.clone() };
        let depths = settings.reranker.depths(n);
        let stages: Vec<StagePlan> = (stages.iter().zip(depths))
            .map(|(stage, depth)| StagePlan { depth, parts: stage.parts.clone() })
            .collect();
        let parts = stages.iter().flat_map(|stage| stage.parts.iter().map(|&(part, _)| (part, stage.depth)));
        let ms: Option<f64> = parts.map(|(part, depth)| Some(ms_per_pair(part)? * depth as f64)).sum();
        // A greater N needs every score that a smaller one needs, and more.
        let metrics = measured.then(|| mean(states.clone(), &stages, &at)).flatten();
        measured = metrics.is_some();
        AffordPoint { n, ms, within: ms.zip(budget_ms).map(|(ms, budget)| ms <= budget), metrics }
    });
    Affords { budget_ms, points: points.collect() }
}

/// The mean of the reranked lists; `None` where one is incomplete.
fn mean<'a>(
    states: impl Iterator<Item = &'a QueryState>,
    stages: &[StagePlan],
    settings: &Settings,
) -> Option<Metrics> {
    let each: Vec<Metrics> =
        states.map(|state| state.reranked_metrics(stages, settings)).collect::<Option<_>>()?;
    Metrics::mean(each.into_iter())
}

impl Affords {
    /// The largest N within the budget, and the next one: a sentence. Empty without a budget or times.
    pub fn sentence(&self) -> String {
        let Some(budget) = self.budget_ms else { return String::new() };
        let say = |point: &AffordPoint| {
            let ms = point.ms.unwrap_or_default();
            let metric = point.metrics.map_or_else(String::new, |m| format!(", nDCG@10 {:.3}", m.ndcg10));
            format!("N = {} (about {ms:.0} ms{metric})", point.n)
        };
        let within = self.points.iter().rfind(|point| point.within == Some(true));
        let beyond = self.points.iter().find(|point| point.within == Some(false));
        match (within, beyond) {
            (Some(within), Some(beyond)) => {
                format!("{budget:.0} ms a query afford {}; next is {}", say(within), say(beyond))
            }
            (Some(within), None) => format!("{budget:.0} ms a query afford {} and more", say(within)),
            (None, Some(beyond)) => format!("{budget:.0} ms a query afford not even {}", say(beyond)),
            (None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DocIdx, Hit, LegId, LegName, LegScale, LegSet};
    use crate::engine::query_state::Judged;
    use crate::fuse::{Fuser, FusionPlan};
    use crate::rerank::cascade::PairScore;

    /// Sixty passages in the order 0 to 59; the reranker has scored the first `scored` and prefers gold 15.
    fn state(scored: u32) -> QueryState {
        let hits: Vec<Hit> = (0..60).map(|doc| Hit { doc: DocIdx(doc), score: 99.0 - doc as f32 }).collect();
        let mut state = QueryState::typed("q", 1);
        state.set_leg(LegId(0), hits, None, &(0..60).collect::<Vec<u32>>());
        let legs = [LegName { name: "a".into(), scale: LegScale::Bm25 }];
        state.fuse(&Fuser::new(&FusionPlan::of(&Settings::default(), &legs, LegSet::all(1))));
        state.set_judged(vec![Judged { doc: Some(DocIdx(15)), document: None, id: "d15".into(), grade: 1 }]);
        for doc in 0..scored {
            let score = if doc == 15 { 9.0 } else { 1.0 / (1.0 + doc as f32) };
            state.set_score(0, DocIdx(doc), PairScore::Score(score));
        }
        state
    }

    fn points(states: &[QueryState], budget: Option<f64>) -> Affords {
        let settings = Settings { candidates: 50, depth: 100, ..Settings::default() };
        let stages = [StagePlan { parts: vec![(0, 1.0)], depth: 50 }];
        let mut meter = CostMeter::default();
        meter.computed("q", 10, 50.0);
        affords(states.iter(), &settings, &stages, |_| Some(&meter), budget)
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
            "120 ms a query afford N = 20 (about 100 ms, nDCG@10 1.000); next is N = 50 (about 250 ms)"
        );
        assert_eq!(points(&[state(50)], None).sentence(), "");
    }
}
