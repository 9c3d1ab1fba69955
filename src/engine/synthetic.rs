//! Made-up queries for benches and tests: legs, golds and reranker scores from a seed, through the same
//! judging that the screen uses. Nothing in the program itself calls it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::judging;
use super::query_state::{JudgeContext, Judged, QueryState, Room};
use super::rejudge::Rejudge;
use super::snapshot::{Focus, QueryRow, Request, Snapshot, StageState, Stamp, Status};
use super::view::{ViewInput, focus_view};
pub use super::worker::JUDGE_AT_ONCE;
use crate::corpus::{Collection, JudgedPassage, Judgment};
use crate::domain::{
    DocIdx, Hit, Language, LegId, LegName, LegScale, LegSet, Passage, Query, QueryIdx, Settings,
};
use crate::fuse::{Fuser, FusionPlan};
use crate::judge::{Average, MetricPlan, SplitMix64, default_metrics};
use crate::rerank::cascade::{PairScore, StagePlan};

/// How much is made up.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub queries: usize,
    pub passages: usize,
    /// How deep each leg goes.
    pub depth: usize,
    pub golds: usize,
    /// How many legs there are, at least 1.
    pub legs: usize,
}

/// Judged queries over made-up legs.
pub struct Desk {
    listed: Vec<QueryState>,
    judged: Vec<QueryIdx>,
    legs: Vec<LegName>,
    tie_order: Arc<[u32]>,
    /// Of the newest answer that was judged to its end.
    rows: Arc<Vec<QueryRow>>,
}

impl Desk {
    /// The same desk for the same size and seed. Half of each leg is shared with the leg before it, as
    /// real legs share what is easy to find.
    pub fn new(size: Size, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let tie_order: Arc<[u32]> = (0..size.passages as u32).rev().collect();
        let legs = (0..size.legs)
            .map(|leg| LegName {
                name: format!("leg{leg}").into(),
                scale: if leg == 0 { LegScale::Bm25 } else { LegScale::Cosine },
            })
            .collect();
        let listed = (0..size.queries).map(|_| query(size, &tie_order, &mut random)).collect();
        let judged = (0..size.queries as u32).map(QueryIdx).collect();
        Self { listed, judged, legs, tie_order, rows: Arc::default() }
    }

    /// Rows of all pools together.
    pub fn pool_rows(&self) -> usize {
        self.listed.iter().map(|state| state.pool().len()).sum()
    }

    /// Gives every candidate that any setting can bring up a reranker score.
    pub fn score_all(&mut self, seed: u64) {
        let mut random = SplitMix64::new(seed);
        for state in &mut self.listed {
            for doc in state.pool().docs().to_vec() {
                state.set_score(0, doc, PairScore::Score(fraction(&mut random)));
            }
        }
    }

    /// Judges everything anew, as a key press does; `budget` as in [`Rejudge::go_on`].
    pub fn judge(&mut self, settings: &Settings, budget: Duration) -> Vec<QueryRow> {
        self.under(settings, |listed, judged, context| {
            let mut pass = Rejudge::default();
            loop {
                if let Some(rows) = pass.go_on(listed, judged, context, budget) {
                    return rows;
                }
            }
        })
    }

    fn under<T>(
        &mut self,
        settings: &Settings,
        work: impl FnOnce(&mut [QueryState], &[QueryIdx], &JudgeContext<'_>) -> T,
    ) -> T {
        let ran = LegSet::all(self.legs.len());
        let plan = FusionPlan::of(settings, &self.legs, ran);
        let stages = [StagePlan { parts: vec![(0, 1.0)], depth: settings.candidates }];
        let metrics =
            MetricPlan::new(&default_metrics(settings.candidates), settings.candidates, settings.rel_level);
        let context = JudgeContext {
            settings,
            metrics: &metrics,
            fuser: Fuser::new(&plan),
            weights: &plan.weights,
            ran,
            stages: &stages,
            reranks: !settings.reranker.is_none(),
            rerank_failed: false,
        };
        work(&mut self.listed, &self.judged, &context)
    }

    /// The legs' names.
    pub fn legs(&self) -> &[LegName] {
        &self.legs
    }

    /// A collection that these queries could be of: every passage with a title and a text of its own.
    pub fn collection(&self) -> Collection {
        let passage = |nth: usize| Passage {
            id: format!("d{nth}"),
            title: format!("予約 booking {nth}"),
            text: format!("Passage {nth} 予約の取り消しは前日の18時まで無料です。ยกเลิกการจอง"),
            language: Language::new("ja"),
        };
        let query = |nth: usize| Query {
            id: format!("q{nth}"),
            text: format!("query {nth} 返金はいつですか"),
            language: Language::new("ja"),
        };
        let judgments = self.listed.iter().map(|state| {
            let known = |judged: &Judged| {
                judged.doc.map(|doc| Judgment { passage: JudgedPassage::Known(doc), grade: judged.grade })
            };
            state.judged().iter().filter_map(known).collect()
        });
        Collection::new(
            PathBuf::from("synthetic"),
            (0..self.tie_order.len()).map(passage).collect(),
            (0..self.listed.len()).map(query).collect(),
            judgments.collect(),
            Vec::new(),
        )
    }

    /// The answer to a request: all queries judged anew, as far as `budget` reaches, and the lists of the
    /// query that is asked for. Where it does not reach, rows and means are those of the answer before, as
    /// they are on the screen until the rest has followed. Verdict, study, tuning and explanation are left
    /// out, as they are where a key has just been pressed.
    pub fn answer(
        &mut self,
        collection: &Collection,
        request: &Request,
        revision: u64,
        budget: Duration,
    ) -> Snapshot {
        let settings = &request.settings;
        let ran = LegSet::all(self.legs.len());
        let plan = FusionPlan::of(settings, &self.legs, ran);
        let metrics =
            MetricPlan::new(&default_metrics(settings.candidates), settings.candidates, settings.rel_level);
        let at = match request.focus {
            Focus::Listed(query) => query.index(),
            Focus::Typed(_) => 0,
        };
        let (judged, done, golds) = self.under(settings, |listed, judged, context| {
            let mut pass = Rejudge::default();
            let rows = pass.go_on(listed, judged, context, budget);
            let golds = match &rows {
                Some(rows) => rows[at].golds.clone(),
                None => listed[at].judge(judged[at], context, &mut Room::default()).golds,
            };
            (rows, pass.done(), golds)
        });
        let rejudging = judged.is_none().then_some((done, self.judged.len()));
        self.rows = judged.map_or_else(|| Arc::clone(&self.rows), Arc::new);
        let rows = Arc::clone(&self.rows);
        let stages = [StagePlan { parts: vec![(0, 1.0)], depth: settings.candidates }];
        let state = &mut self.listed[at];
        state.fuse(&Fuser::new(&plan));
        let focus = focus_view(&ViewInput {
            collection,
            settings,
            legs: &self.legs,
            ran,
            focus: &request.focus,
            language: Language::new("ja"),
            state,
            golds: &golds,
            stages: &stages,
            reranking: !settings.reranker.is_none(),
            stale: false,
            whole: request.whole,
        });
        let measured: Arc<[_]> = metrics.metrics().into();
        let average = Average::default();
        Snapshot {
            spending: Vec::new(),
            question: None,
            rivals: super::snapshot::Rivals::default(),
            stamp: Stamp { generation: request.generation, revision },
            settings: settings.clone(),
            legs: self.legs.clone().into(),
            ran,
            status: Status {
                bm25: StageState::Ready,
                dense: StageState::Ready,
                rerank: StageState::Ready,
                judged: (rows.len(), rows.len()),
                reranked_queries: rows.len(),
                rejudging,
                verdict_lags: true,
                study_lags: true,
                spare: StageState::Off,
                tuning: StageState::Off,
            },
            focus,
            by_metric: judging::by_metric(rows.iter(), &measured, average),
            means: judging::means(rows.iter(), average),
            languages: judging::by_language(&rows, collection, &measured, average),
            curve: Arc::new(judging::curve(rows.iter(), settings, &plan.weights, self.tie_order.len())),
            metrics: measured,
            queries: rows,
            language_report: Arc::default(),
            tuning: None,
            approximation: None,
            costs: Vec::new(),
            affords: Arc::default(),
            rerankers: Vec::new(),
            verdict: String::new(),
            findings: None,
            study: None,
            appearances: None,
            readings: None,
            warnings: Vec::new(),
            model: None,
        }
    }

    /// Takes a leg away and brings it back, as a change of BM25's parameters does.
    pub fn realign(&mut self, leg: LegId) {
        for state in &mut self.listed {
            let hits = state.leg(leg).map(<[Hit]>::to_vec).unwrap_or_default();
            state.set_leg(leg, hits, None, &self.tie_order);
        }
    }
}

fn query(size: Size, tie_order: &Arc<[u32]>, random: &mut SplitMix64) -> QueryState {
    let mut state = QueryState::typed("synthetic", size.legs);
    let mut before: Vec<DocIdx> = Vec::new();
    for leg in 0..size.legs {
        let shared = before.len() / 2;
        let mut docs: Vec<DocIdx> = before[..shared].to_vec();
        let mut taken: std::collections::HashSet<DocIdx> = docs.iter().copied().collect();
        while docs.len() < size.depth.min(size.passages) {
            let doc = DocIdx(random.below(size.passages) as u32);
            if taken.insert(doc) {
                docs.push(doc);
            }
        }
        for i in (1..docs.len()).rev() {
            docs.swap(i, random.below(i + 1));
        }
        let depth = docs.len() as f32;
        let hits = (0u16..).zip(&docs);
        let hits: Vec<Hit> = hits.map(|(i, &doc)| Hit { doc, score: 1.0 - f32::from(i) / depth }).collect();
        state.set_leg(LegId(leg), hits, None, tie_order);
        before = docs;
    }
    let golds = (0..size.golds).map(|_| before[random.below(before.len())]);
    let mut golds: Vec<DocIdx> = golds.collect();
    golds.sort_unstable();
    golds.dedup();
    let judged = |doc: DocIdx| Judged {
        doc: Some(doc),
        document: None,
        id: format!("d{}", doc.0).into(),
        grade: 1 + (doc.0 % 3) as i32,
    };
    state.set_judged(golds.into_iter().map(judged).collect());
    state
}

fn fraction(random: &mut SplitMix64) -> f32 {
    (random.bits() >> 40) as f32 / (1u64 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { queries: 300, passages: 2000, depth: 60, golds: 4, legs: 3 };

    /// Trap: a pass that is cut into slices and spread over threads, and mixes up whose row is whose.
    #[test]
    fn slices_and_threads_give_the_rows_of_one_go() {
        let mut desk = Desk::new(SIZE, 7);
        desk.score_all(8);
        let settings = Settings { candidates: 20, blend: 0.3, ..Settings::default() };
        let whole = desk.judge(&settings, Duration::MAX);
        assert_eq!(desk.judge(&settings, Duration::ZERO), whole);
        assert_eq!(whole.iter().map(|row| row.query.0).collect::<Vec<_>>(), (0..300).collect::<Vec<_>>());
        let context = {
            let plan = Box::leak(Box::new(FusionPlan::of(&settings, &desk.legs, LegSet::all(3))));
            JudgeContext {
                settings: &settings,
                metrics: Box::leak(Box::new(MetricPlan::new(&default_metrics(20), 20, 1))),
                fuser: Fuser::new(plan),
                weights: &plan.weights,
                ran: LegSet::all(3),
                stages: Vec::leak(vec![StagePlan { parts: vec![(0, 1.0)], depth: 20 }]),
                reranks: true,
                rerank_failed: false,
            }
        };
        let alone = desk.listed[211].judge(QueryIdx(211), &context, &mut Room::default());
        assert_eq!(alone, whole[211]);
        assert!(whole.iter().any(|row| row.golds.iter().any(|gold| gold.fate.is_some())));
    }

    #[test]
    fn a_leg_taken_and_given_back_changes_nothing() {
        let mut desk = Desk::new(SIZE, 7);
        desk.score_all(8);
        let before = desk.judge(&Settings::default(), Duration::MAX);
        desk.realign(LegId(1));
        assert_eq!(desk.judge(&Settings::default(), Duration::MAX), before);
    }
}
