//! Exact curves over α, what-if grids, cross-validation and remedies, over made-up pools with a fixed
//! seed: 1,000 queries x 2 legs x depth 1,000. All of it runs in the background of the screen.

mod harness;

use std::hint::black_box;
use std::sync::Arc;

use rankscope::domain::{DocIdx, Hit};
use rankscope::fuse::{FusedList, FusionPlan, Method, Pool};
use rankscope::judge::{Placed, SplitMix64, measure};
use rankscope::tune::{
    Axis, AxisPlans, Folds, Goal, Grid, JudgedRow, Lost, LostGold, Resampling, SecondScore, StepCurve,
    StepSum, TuneQuery, cross_validate_curves, first_stage_curve, remedies, reranked_curve, what_if,
};

const QUERIES: usize = 1000;
const DEPTH: usize = 1000;
const PASSAGES: u32 = 100_000;
const GOLDS: usize = 3;
const AXIS: Axis = Axis { leg: 1 };

struct Made {
    pool: Pool,
    judged: Vec<JudgedRow>,
    second: Vec<SecondScore>,
}

impl Made {
    /// Two legs that share about half of their passages, as real legs share what is easy to find; golds
    /// anywhere in the pool, the first ones more often.
    fn new(ties: &Arc<[u32]>, random: &mut SplitMix64) -> Self {
        let fraction = |random: &mut SplitMix64| (random.bits() >> 11) as f64 / (1u64 << 53) as f64;
        let shared: Vec<u32> = (0..DEPTH / 2).map(|_| random.below(PASSAGES as usize) as u32).collect();
        let legs = [0, 1].map(|leg| {
            let own = (0..DEPTH / 2).map(|_| random.below(PASSAGES as usize) as u32);
            let mut docs: Vec<u32> = shared.iter().copied().chain(own.collect::<Vec<_>>()).collect();
            docs.sort_unstable();
            docs.dedup();
            let score = |random: &mut SplitMix64| {
                let score = fraction(random).powi(3);
                (if leg == 0 { 30.0 * score } else { 0.7 + 0.3 * score }) as f32
            };
            let mut hits: Vec<Hit> =
                docs.into_iter().map(|doc| Hit { doc: DocIdx(doc), score: score(random) }).collect();
            hits.sort_by(|a, b| {
                b.score.total_cmp(&a.score).then(ties[a.doc.index()].cmp(&ties[b.doc.index()]))
            });
            hits
        });
        let golds: Vec<DocIdx> = (0..GOLDS)
            .map(|_| legs[random.below(2)][(fraction(random).powi(3) * (DEPTH / 2) as f64) as usize].doc)
            .collect();
        let pool = Pool::align(&legs, ties);
        let judged = golds.iter().map(|&doc| JudgedRow { grade: 1, row: pool.row_of(doc) }).collect();
        let second = (0..pool.len()).map(|_| SecondScore::Score(fraction(random) as f32)).collect();
        Self { pool, judged, second }
    }

    fn query(&self) -> TuneQuery<'_> {
        TuneQuery { pool: &self.pool, judged: &self.judged, second: &self.second }
    }
}

fn main() {
    let ties: Arc<[u32]> = (0..PASSAGES).rev().collect();
    let mut random = SplitMix64::new(1);
    let made: Vec<Made> = (0..QUERIES).map(|_| Made::new(&ties, &mut random)).collect();
    let queries: Vec<TuneQuery<'_>> = made.iter().map(Made::query).collect();
    let rows: usize = made.iter().map(|made| made.pool.len()).sum();
    println!("{QUERIES} queries x 2 legs x depth {DEPTH}, {GOLDS} golds each: {rows} pool rows");
    let never = || false;
    let plan = |method| FusionPlan {
        method,
        weights: vec![1.0, 1.0],
        rescale: Vec::new(),
        rrf_k: 60.0,
        window: DEPTH,
    };
    let methods = [("rrf", plan(Method::Rrf)), ("convex", plan(Method::Convex))];

    for (name, plan) in &methods {
        let plans = AxisPlans::new(plan, AXIS);
        for (goal, n, metric) in [(Goal::Ndcg10, 50, "nDCG@10"), (Goal::Recall, 50, "recall@50")] {
            let objective = goal.objective(n, 1);
            let curves = || first_stage_curve(&queries, &plans, &objective, &never);
            let name = format!("exact curve, {name}, {metric}, every query");
            harness::measure(&name, Some(2000.0), || drop(black_box(curves())));
        }
        let objective = Goal::Ndcg10.objective(50, 1);
        let name = format!("exact curve, {name}, nDCG@10 reranked at N = 50, every query");
        harness::measure(&name, Some(2000.0), || {
            drop(black_box(reranked_curve(&queries, &plans, 50, &objective, &never)));
        });
    }

    let plans = AxisPlans::new(&methods[1].1, AXIS);
    let objective = Goal::Ndcg10.objective(50, 1);
    let curves = first_stage_curve(&queries, &plans, &objective, &never).ok().flatten().unwrap_or_default();
    let steps: usize = curves.iter().map(|curve| curve.breaks.len()).sum();
    harness::measure(&format!("mean of {QUERIES} curves, {steps} steps"), None, || {
        let all: Vec<&StepCurve> = curves.iter().collect();
        drop(black_box(StepSum::over(&all, &never).and_then(|sum| sum.mean(&never))));
    });
    let folds = Folds::stratified(&vec![0; QUERIES], 5, 1);
    harness::measure("cross-validation of α on the curves, 5 folds", None, || {
        drop(black_box(cross_validate_curves(&curves, 0.5, &folds, Resampling::default(), &never)));
    });

    let grid = || Grid {
        axis: AXIS,
        plans: methods.iter().map(|(_, plan)| plan.clone()).collect(),
        alphas: Grid::even_alphas(20),
        candidates: vec![10, 20, 50, 100, 200],
    };
    let ndcg = |placed: &[Placed], n: usize| Goal::Ndcg10.of(&measure(placed, n, 1));
    let by_score = |place: usize, _: &FusedList, set: &[usize], asked: &[Option<usize>]| {
        let score = |row: usize| match queries[place].second[row] {
            SecondScore::Score(score) => score,
            _ => f32::MIN,
        };
        let rank = |row: usize| 1 + set.iter().filter(|&&other| score(other) > score(row)).count() as u32;
        Some(asked.iter().map(|row| row.map(rank)).collect())
    };
    harness::measure(&format!("what-if, {} cells x {QUERIES} queries", grid().cells()), None, || {
        drop(black_box(what_if(&queries, grid(), &ndcg, Some(&by_score), &mut |_| {}, &never)));
    });

    let lost: Vec<LostGold> =
        made[0].judged.iter().map(|judged| LostGold { row: judged.row, exact_row: None }).collect();
    let others: Vec<FusionPlan> = methods.iter().map(|(_, plan)| plan.clone()).collect();
    let lost = Lost {
        pool: &made[0].pool,
        plan: &others[0],
        n: 1,
        depth: DEPTH,
        axis: Some(AXIS),
        others: &others,
        exact: None,
        golds: &lost,
    };
    harness::measure(&format!("remedies of {GOLDS} golds of one query"), Some(16.0), || {
        drop(black_box(remedies(&lost, &never)));
    });
}
