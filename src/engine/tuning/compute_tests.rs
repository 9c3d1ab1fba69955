//! The picture of a plan of several rerankers, held against the lists that the engine delivers.

use super::*;
use crate::domain::{Hit, LegName, LegScale, LegSet};
use crate::engine::query_state::{Judged, QueryState};
use crate::engine::tuning::{Facts, Key};
use crate::fuse::Fuser;
use crate::rerank::cascade::{PairScore, StagePlan};

const DOCS: u32 = 12;

/// Two legs in opposite order, and three rerankers' scores of all passages but `waits` by the last of them.
fn state(seed: u32, waits: Option<u32>) -> QueryState {
    let tie_order: Arc<[u32]> = (0..DOCS).collect();
    let mut state = QueryState::typed("q", 2);
    let hit = |doc: u32, score: u32| Hit { doc: DocIdx(doc), score: score as f32 };
    state.set_leg(LegId(0), (0..DOCS).map(|doc| hit(doc, 50 - doc)).collect(), None, &tie_order);
    state.set_leg(LegId(1), (0..DOCS).rev().map(|doc| hit(doc, 10 + doc)).collect(), None, &tie_order);
    for reranker in 0..3 {
        for doc in (0..DOCS).filter(|&doc| reranker < 2 || Some(doc) != waits) {
            let score = (doc * (5 + 2 * reranker as u32) + seed) % 11;
            state.set_score(reranker, DocIdx(doc), PairScore::Score(score as f32));
        }
    }
    let judged = |doc: u32| Judged {
        doc: Some(DocIdx(doc)),
        document: None,
        id: doc.to_string().into(),
        grade: 1 + (doc % 2) as i32,
    };
    state.set_judged([seed % DOCS, (seed * 5 + 2) % DOCS].map(judged).to_vec());
    state
}

fn job(states: &[QueryState], settings: &Settings, stages: &[StagePlan]) -> Job {
    let name = |name: &str| LegName { name: name.into(), scale: LegScale::Bm25 };
    let ran = LegSet::all(2);
    Job {
        key: Key::of(settings, ran, Goal::Ndcg10, 0),
        goal: Goal::Ndcg10,
        settings: settings.clone(),
        legs: [name("a"), name("b")].into(),
        ran,
        queries: states.iter().map(|state| Facts::of(state, stages, None, 0)).collect(),
        stages: stages.into(),
        by_score: true,
    }
}

/// The mean over the states whose second stage is through, as the engine measures it, and how many these
/// are.
fn delivered(states: &mut [QueryState], job: &Job, settings: &Settings) -> CellMean {
    let stages = at_depths(&job.stages, settings.reranker.depths(settings.candidates));
    let plan = crate::fuse::FusionPlan::of(settings, &job.legs, job.ran);
    let values: Vec<f64> = states
        .iter_mut()
        .filter_map(|state| {
            state.fuse(&Fuser::new(&plan));
            Some(job.goal.of(&state.reranked_metrics(&stages, settings)?))
        })
        .collect();
    CellMean { mean: mean(values.iter().copied()), queries: values.len() }
}

/// Traps: an ensemble normalised over other candidates than the cell's; a cascade as deep as the present N
/// in every cell; a query counted whose last stage waits.
#[test]
fn an_ensemble_and_a_cascade_are_what_the_engine_delivers_in_every_cell() {
    let ensemble = vec![StagePlan { parts: vec![(0, 0.7), (1, 0.3)], depth: 6 }];
    let cascade = vec![
        StagePlan { parts: vec![(0, 1.0), (1, 1.0)], depth: 6 },
        StagePlan { parts: vec![(2, 1.0)], depth: 3 },
    ];
    for (name, stages) in [
        ("late-interaction*0.7+cross-encoder*0.3", ensemble),
        ("late-interaction+cross-encoder > cross-encoder@3", cascade),
    ] {
        let mut states: Vec<QueryState> = (0..7).map(|seed| state(seed, (seed == 3).then_some(11))).collect();
        let settings =
            Settings { reranker: name.parse().unwrap(), candidates: 6, alpha: 0.3, ..Settings::default() };
        let job = job(&states, &settings, &stages);
        let mut last = None;
        compute(&job, &mut |tuning| last = Some(tuning), &|| false).unwrap();
        let tuning = last.unwrap();
        assert!(tuning.complete && tuning.unscored.is_empty());
        let heat = tuning.heat.as_ref().unwrap();
        let mut told = std::collections::HashSet::new();
        for (m, &fusion) in heat.methods.iter().enumerate() {
            for (a, &alpha) in heat.alphas.iter().enumerate() {
                for (n, &candidates) in heat.candidates.iter().enumerate() {
                    let cell = Settings { fusion, alpha, candidates, ..settings.clone() };
                    let expected = delivered(&mut states, &job, &cell);
                    let found = heat.reranked[heat.index(m, a, n)];
                    assert_eq!(found.queries, expected.queries, "{name} {fusion:?} {alpha} {candidates}");
                    assert!(
                        (found.mean - expected.mean).abs() < 1e-6,
                        "{name} {fusion:?} {alpha} {candidates}"
                    );
                    told.insert(found.queries);
                }
            }
        }
        assert!(told.contains(&7), "where the passage that waits is no candidate, its query counts");
        let curve = tuning.reranked.as_ref().unwrap();
        assert!(matches!(curve.shape, Shape::Sampled { .. }), "an ensemble's order is no function of lines");
        assert!((curve.current - delivered(&mut states, &job, &settings).mean).abs() < 1e-6);
    }
}
