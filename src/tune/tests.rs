//! What the tests of this room share: small pools, plans, an exact restatement in whole numbers; and the
//! tests of the axis.

use proptest::prelude::*;

use super::*;
use crate::domain::{DocIdx, FusionMethod, Hit, LegName, LegScale, LegSet, Settings};
use crate::fuse::{ElasticNormalizer, FusedList, FusionPlan, Mean, Method, OpenSearch, ScoreScale, fuse};
use crate::judge::Placed;

/// Documents of the test corpus; ids are given out so that the greater number comes first among equals.
pub const DOCS: u32 = 24;

/// α as the setting has it: the share of the second of two legs.
pub const HYBRID: Axis = Axis { leg: 1 };

pub fn never() -> bool {
    false
}

pub fn pool(legs: &[&[(u32, f32)]]) -> Pool {
    let ties: std::sync::Arc<[u32]> = (0..DOCS).rev().collect();
    let hits = |leg: &&[(u32, f32)]| {
        let mut hits: Vec<Hit> = leg.iter().map(|&(doc, score)| Hit { doc: DocIdx(doc), score }).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.doc.cmp(&a.doc)));
        hits
    };
    Pool::align(&legs.iter().map(hits).collect::<Vec<_>>(), &ties)
}

pub fn plan(method: Method) -> FusionPlan {
    FusionPlan { method, weights: vec![1.0, 1.0], rescale: Vec::new(), rrf_k: 60.0, window: 1000 }
}

/// The leg's raw scores are the ends of the line.
pub fn raw() -> FusionPlan {
    plan(Method::ElasticLinear(ElasticNormalizer::None))
}

/// The judged passages by document and grade.
pub fn judged(pool: &Pool, grades: &[(u32, i32)]) -> Vec<JudgedRow> {
    grades.iter().map(|&(doc, grade)| JudgedRow { grade, row: pool.row_of(DocIdx(doc)) }).collect()
}

pub fn query<'a>(pool: &'a Pool, judged: &'a [JudgedRow]) -> TuneQuery<'a> {
    TuneQuery { pool, judged, second: &[] }
}

pub fn placed(query: &TuneQuery<'_>, rank: impl Fn(usize) -> Option<u32>) -> Vec<Placed> {
    query.judged.iter().map(|j| Placed { grade: j.grade, rank: j.row.and_then(&rank) }).collect()
}

pub fn list_at(pool: &Pool, plan: &FusionPlan, alpha: f64) -> FusedList {
    fuse(pool, &HYBRID.plan(plan, alpha))
}

/// Every method whose curve is exact.
pub fn exact_methods() -> Vec<Method> {
    let means = [Mean::Arithmetic, Mean::Geometric, Mean::Harmonic];
    let mut methods = vec![
        Method::Rrf,
        Method::WeaviateRanked,
        Method::Convex,
        Method::TheoreticalMin { minima: vec![Some(0.0), Some(-1.0)] },
        Method::WeaviateRelative,
        Method::OpenSearch(OpenSearch::ZScore),
        Method::ElasticLinear(ElasticNormalizer::None),
        Method::ElasticLinear(ElasticNormalizer::MinMax { equal_scores: 0.5 }),
        Method::ElasticLinear(ElasticNormalizer::L2),
        Method::MilvusWeighted { scales: vec![Some(ScoreScale::Bm25), Some(ScoreScale::Cosine)] },
    ];
    methods.extend(means.map(|mean| Method::OpenSearch(OpenSearch::MinMax(mean))));
    methods.extend(means.map(|mean| Method::OpenSearch(OpenSearch::L2(mean))));
    methods
}

/// Two legs with few distinct whole scores, negative ones too, that share some passages; either may be
/// empty.
pub fn two_legs() -> impl Strategy<Value = Pool> {
    let leg = || prop::collection::btree_map(0..DOCS, -5i8..9, 0..DOCS as usize);
    (leg(), leg()).prop_map(|legs| {
        let scores = |leg: std::collections::BTreeMap<u32, i8>| -> Vec<(u32, f32)> {
            leg.into_iter().map(|(doc, score)| (doc, f32::from(score))).collect()
        };
        pool(&[&scores(legs.0), &scores(legs.1)])
    })
}

/// Judgments of some documents; some are in no leg.
pub fn grades() -> impl Strategy<Value = Vec<(u32, i32)>> {
    prop::collection::btree_map(0..DOCS, -1..4, 0..6).prop_map(|grades| grades.into_iter().collect())
}

/// α as a fraction of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    pub over: i64,
    pub under: i64,
}

impl Ratio {
    pub fn value(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

/// All α at which any two passages swap, and a number between each two of them: odd places are between.
/// Exact, by whole numbers.
pub fn places_of_alpha(pool: &Pool) -> Vec<Ratio> {
    let ends = |row: usize| [0, 1].map(|leg| pool.hit(row, leg).map_or(0, |hit| hit.score as i64));
    let mut swaps = vec![Ratio { over: 0, under: 1 }, Ratio { over: 1, under: 1 }];
    for i in 0..pool.len() {
        for j in 0..pool.len() {
            let (a, b) = (ends(i), ends(j));
            let (zero, one) = (a[0] - b[0], a[1] - b[1]);
            if zero > 0 && one < 0 {
                swaps.push(Ratio { over: zero, under: zero - one });
            }
        }
    }
    swaps.sort_by(|a, b| (a.over * b.under).cmp(&(b.over * a.under)));
    swaps.dedup_by(|a, b| a.over * b.under == b.over * a.under);
    let mut places = vec![swaps[0]];
    for pair in swaps.windows(2) {
        // The mediant lies strictly between two fractions.
        places.push(Ratio { over: pair[0].over + pair[1].over, under: pair[0].under + pair[1].under });
        places.push(pair[1]);
    }
    places
}

/// The list at α under [`raw`], by whole numbers; at the ends the leg alone.
pub fn exact_list(pool: &Pool, alpha: Ratio) -> Vec<usize> {
    let score = |row: usize| -> Option<i64> {
        let zero = pool.hit(row, 0).map(|hit| hit.score as i64);
        let one = pool.hit(row, 1).map(|hit| hit.score as i64);
        match alpha {
            Ratio { over: 0, .. } => zero,
            Ratio { over, under } if over == under => one,
            _ if zero.is_none() && one.is_none() => None,
            Ratio { over, under } => Some((under - over) * zero.unwrap_or(0) + over * one.unwrap_or(0)),
        }
    };
    let mut rows: Vec<usize> = (0..pool.len()).filter(|&row| score(row).is_some()).collect();
    rows.sort_by(|&a, &b| score(b).cmp(&score(a)).then(a.cmp(&b)));
    rows
}

/// The step function that the exact places and their values make; only where something changes.
pub fn exact_curve(places: &[Ratio], value: impl Fn(Ratio) -> f64) -> StepCurve {
    let values: Vec<f64> = places.iter().map(|&alpha| value(alpha)).collect();
    let mut curve = StepCurve::constant(values[0], values[1], values[values.len() - 1]);
    for point in (2..places.len() - 1).step_by(2) {
        let (before, at, after) = (values[point - 1], values[point], values[point + 1]);
        if before != at || at != after {
            curve.breaks.push(Break { alpha: places[point].value(), at, after });
        }
    }
    curve
}

/// The same steps at the same places, up to the rounding of α.
pub fn assert_same(curve: &StepCurve, exact: &StepCurve) {
    let values = |curve: &StepCurve| {
        let breaks: Vec<(f64, f64)> = curve.breaks.iter().map(|step| (step.at, step.after)).collect();
        (curve.zero, curve.first, breaks, curve.one)
    };
    assert_eq!(values(curve), values(exact), "{curve:?} is not {exact:?}");
    for (step, exact) in curve.breaks.iter().zip(&exact.breaks) {
        assert!((step.alpha - exact.alpha).abs() < 1e-12, "{step:?} is not at {exact:?}");
    }
}

#[test]
fn what_can_be_exact() {
    for method in exact_methods() {
        assert_eq!(exactness(&method, 2), Exactness::Exact, "{method:?}");
        assert_eq!(exactness(&method, 1), Exactness::Constant);
        assert_eq!(exactness(&method, 3), Exactness::Sampled(NotExact::MoreLegs));
    }
    assert_eq!(exactness(&Method::QdrantRrf, 2), Exactness::Sampled(NotExact::WeightInsideRank));
    assert_eq!(exactness(&Method::Dbsf, 2), Exactness::Constant);
}

/// Trap: an engine that takes shares gets weights that sum to 1, another one weights that sum to 2.
#[test]
fn the_axis_weighs_as_the_settings_do() {
    let legs = [("bm25", LegScale::Bm25), ("dense", LegScale::Cosine)]
        .map(|(name, scale)| LegName { name: name.into(), scale });
    for fusion in FusionMethod::ALL {
        let plan = |alpha: f64| {
            let settings = Settings { fusion, alpha, ..Settings::default() };
            FusionPlan::of(&settings, &legs, LegSet::all(2))
        };
        for alpha in [0.0, 0.25, 0.5, 0.75, 1.0] {
            assert_eq!(HYBRID.plan(&plan(0.25), alpha), plan(alpha), "{fusion:?}");
            assert_eq!(HYBRID.alpha_of(&plan(alpha)), Some(alpha));
        }
    }
    assert_eq!(HYBRID.alpha_of(&FusionPlan { weights: vec![], ..raw() }), None);
    assert_eq!(HYBRID.plan(&FusionPlan { weights: vec![], ..raw() }, 0.25).weights, [1.5, 0.5]);
}

#[test]
fn with_more_legs_the_others_share_the_rest_as_before() {
    let three = FusionPlan { weights: vec![1.0, 1.0, 2.0], ..raw() };
    assert_eq!(HYBRID.alpha_of(&three), Some(0.25));
    assert_eq!(HYBRID.plan(&three, 0.25).weights, three.weights);
    for (weight, expected) in HYBRID.plan(&three, 0.7).weights.iter().zip([0.4, 2.8, 0.8]) {
        assert!((weight - expected).abs() < 1e-12);
    }
    assert_eq!(HYBRID.plan(&three, 1.0).weights, [0.0, 4.0, 0.0]);
    assert_eq!(AxisPlans::new(&three, HYBRID).exactness(), Exactness::Sampled(NotExact::MoreLegs));
    let silent = FusionPlan { weights: vec![1.0, 1.0, 0.0], ..raw() };
    assert_eq!(AxisPlans::new(&silent, HYBRID).exactness(), Exactness::Exact);
    assert_eq!(AxisPlans::new(&silent, HYBRID).ends(), (0, 1));
}
