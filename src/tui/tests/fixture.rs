//! A small collection in many scripts, and pictures of it as an engine would make them. The numbers are
//! made up; only their shape matters here.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::corpus::{Collection, JudgedPassage, Judgment, Mark};
use crate::domain::{
    DocIdx, Fate, FusionMethod, Grade, Language, LegHit, LegId, LegName, LegScale, LegSet, Passage, Query,
    QueryIdx, Rank, SecondStage, Settings,
};
use crate::engine::{
    AffordPoint, Affords, AlphaCurve, BestCell, Explanation, FirstRow, Focus, FocusView, GoldRow, HeatMap,
    Held, Means, PairedToken, QueryRow, Question, RecallCurve, RerankedMeans, RerankedRow, RerankerInUse,
    Rival, Rivals, Shape, Snapshot, StageCost, StageHit, StageState, Stamp, Standing, Status, TermScore,
    TextReading, TokenPair, Tuning, TuningKey,
};
use crate::fuse::LegShare;
use crate::judge::{Interval, Metrics, Movement, Paired};
use crate::tui::message::{Effect, Message};
use crate::tui::state::State;
use crate::tui::theme::{Colours, Look};
use crate::tui::themes::DARK;
use crate::tui::update::update;
use crate::tui::{Options, ThemeChoice};
use crate::tune::{Break, CellMean, Goal, StepCurve};

pub const RICH: Look = Look { colours: Colours::Palette, ascii: false, theme: DARK };
pub const PLAIN: Look = Look { colours: Colours::None, ascii: true, theme: DARK };

const PASSAGES: [(&str, &str, &str, &str); 14] = [
    (
        "ja-031",
        "ja",
        "予約の取り消し",
        "予約の取り消しは前日の18時まで無料です。それ以降は宿泊料金の半額を申し受けます。返金は五営業日以内に行われます。",
    ),
    (
        "en-014",
        "en",
        "Cancel a booking",
        "You can cancel a booking free of charge until 6 pm on the day before arrival. After that, half of the first night is charged.",
    ),
    (
        "en-020",
        "en",
        "Refund rules",
        "Refunds are paid to the card that was used, within five working days after the cancellation has been confirmed.",
    ),
    (
        "ko-007",
        "ko",
        "환불 규정",
        "취소 수수료를 제외한 금액은 영업일 기준 5일 이내에 결제하신 카드로 환불됩니다.",
    ),
    (
        "th-002",
        "th",
        "การยกเลิกการจอง",
        "ท่านสามารถยกเลิกการจองได้โดยไม่เสียค่าใช้จ่ายจนถึงเวลา 18.00 น. ของวันก่อนเข้าพัก",
    ),
    (
        "zh-Hant-5",
        "zh-Hant",
        "退票與退款",
        "出發前一天下午六點前可免費取消訂位,之後將收取半數票價作為手續費。",
    ),
    ("zh-Hans-8", "zh-Hans", "退票规则", "出发前一天下午六点前可以免费取消预订。"),
    (
        "de-003",
        "de",
        "Stornierung",
        "Eine Buchung lässt sich bis 18 Uhr am Vortag kostenlos stornieren; danach fällt die halbe Übernachtung an.",
    ),
    (
        "es-011",
        "es",
        "Anular una reserva",
        "Puede anular su reserva sin coste hasta las 18:00 del día anterior a la llegada.",
    ),
    (
        "ar-001",
        "ar",
        "إلغاء الحجز",
        "يمكنك إلغاء الحجز مجانًا حتى الساعة السادسة مساءً من اليوم السابق للوصول.",
    ),
    (
        "bad\u{1b}[31m-9",
        "en",
        "Hostile \u{1b}]0;owned\u{7} title",
        "Escapes \u{1b}[2J and overrides \u{202e}gpj.exe\u{202c} and zero\u{200b}width\tand tabs\nand lines.",
    ),
    (
        "en-009",
        "en",
        "Change a booking",
        "Changing the dates of a booking is free as long as rooms are available.",
    ),
    (
        "fr-004",
        "fr",
        "Annuler",
        "L’annulation d’une réservation est gratuite jusqu’à 18 heures la veille de l’arrivée.",
    ),
    (
        "emoji-1",
        "en",
        "Families 👩\u{200d}👩\u{200d}👧\u{200d}👦",
        "Family rooms 👨\u{200d}👩\u{200d}👧 with e\u{301}toiles ⭐ and flags 🇯🇵🇰🇷.",
    ),
];

const QUERIES: [(&str, &str, &str); 10] = [
    ("q01", "ja", "予約を取り消したら返金はいつですか"),
    ("q02", "en", "refund after cancelling"),
    ("q03", "ko", "환불 규정"),
    ("q04", "zh-Hant", "退票手續費多少"),
    ("q05", "th", "ยกเลิกการจอง"),
    ("q06", "de", "Stornogebühr"),
    ("q07", "en", "cancel code E-4102"),
    ("q08", "es", "anular reserva"),
    ("q09", "ar", "إلغاء الحجز"),
    ("q10", "en", "a query nobody judged"),
];

/// The built-in legs.
fn legs() -> Vec<LegName> {
    [("bm25", LegScale::Bm25), ("dense", LegScale::Cosine)]
        .map(|(name, scale)| LegName { name: name.into(), scale })
        .to_vec()
}

/// 70 passages: the fourteen above, then filler.
pub fn collection() -> Arc<Collection> {
    let mut passages: Vec<Passage> = PASSAGES
        .iter()
        .map(|&(id, language, title, text)| Passage {
            id: id.into(),
            title: title.into(),
            text: text.into(),
            language: Language::new(language),
        })
        .collect();
    for nth in passages.len()..70 {
        passages.push(Passage {
            id: format!("en-{nth:03}"),
            title: format!("House rule {nth}"),
            text: format!("Rule {nth} of the house is about breakfast, towels and the lift."),
            language: Language::new("en"),
        });
    }
    let queries: Vec<Query> = QUERIES
        .iter()
        .map(|&(id, language, text)| Query {
            id: id.into(),
            text: text.into(),
            language: Language::new(language),
        })
        .collect();
    let gold = |doc: u32| Judgment { passage: JudgedPassage::Known(DocIdx(doc)), grade: 1 };
    let mut judgments = vec![vec![gold(0), gold(3)]; 9];
    judgments.push(Vec::new());
    Arc::new(Collection::new(PathBuf::from("sample_corpus"), passages, queries, judgments, Vec::new()))
}

/// Every tenth passage is longer than the model reads.
fn readings() -> Arc<[TextReading]> {
    let of = |nth: u32| TextReading { n_tokens: 20 + nth * 9, truncated: nth % 10 == 9, unknown_chars: 0 };
    (0..70).map(of).collect()
}

fn metrics(precision5: f64, ndcg10: f64, rr10: f64) -> Metrics {
    Metrics { recall: 0.92, success: 0.98, precision5, ndcg10, rr10, ap: 0.5 }
}

fn ready() -> Status {
    Status {
        bm25: StageState::Ready,
        dense: StageState::Ready,
        rerank: StageState::Ready,
        judged: (9, 9),
        reranked_queries: 9,
        rejudging: None,
        tuning: StageState::Off,
        spare: StageState::Off,
        verdict_lags: false,
        study_lags: false,
    }
}

/// The first stage's order: filler, with the gold `ja-031` at rank 17.
fn first_order() -> Vec<u32> {
    let mut order: Vec<u32> = vec![1, 2, 11, 7, 4, 5, 6, 8, 9, 10, 12, 13];
    order.extend(14..18);
    order.push(0);
    order.extend(18..51);
    order
}

fn first_row(doc: u32, rank: Rank, gold: bool) -> FirstRow {
    let leg = |rank: Rank| Some(LegHit { rank, score: 30.0 / rank as f32 });
    FirstRow {
        doc: DocIdx(doc),
        rank,
        score: 0.0325 - rank as f32 * 0.0004,
        legs: vec![if doc.is_multiple_of(5) && !gold { None } else { leg(rank + 63) }, leg(rank.div_ceil(3))],
        grade: gold.then_some(1),
        gold,
        reranked: None,
    }
}

fn gold_row(
    doc: u32,
    id: &str,
    fused: Option<Rank>,
    reranked: Option<Rank>,
    fate: Fate,
    remedy: &str,
) -> GoldRow {
    GoldRow {
        doc: Some(DocIdx(doc)),
        id: id.into(),
        grade: 1,
        legs: [Some(80), Some(5)].into(),
        fused,
        reranked,
        earlier: Vec::new(),
        decided_by: None,
        fate: Some(fate),
        first_fate: None,
        awaits_rerank: false,
        blind: false,
        remedy: remedy.into(),
    }
}

fn reranked_rows(first: &[FirstRow], scored: usize) -> Vec<RerankedRow> {
    let mut order: Vec<&FirstRow> = first.iter().take(scored).collect();
    order.sort_by_key(|row| if row.gold { 0 } else { row.rank });
    order.extend(first.iter().skip(scored));
    let complete = scored >= first.len();
    (1u32..)
        .zip(order)
        .map(|(rank, row)| RerankedRow {
            doc: row.doc,
            rank,
            score: (row.rank as usize <= scored).then_some(0.9 - rank as f32 * 0.011),
            first_rank: row.rank,
            stages: vec![StageHit { rank, score: Some(0.9 - rank as f32 * 0.011) }],
            movement: complete.then(|| Movement::of(row.rank, rank)),
            grade: row.grade,
            gold: row.gold,
        })
        .collect()
}

fn explanation() -> Explanation {
    let term = |term: &str, tf, df, score| TermScore {
        term: term.into(),
        query_tf: 1,
        tf,
        title_tf: 0,
        df,
        idf: 2.0,
        score,
    };
    Explanation {
        doc: DocIdx(0),
        legs: vec![Some(LegHit { rank: 80, score: 3.21 }), Some(LegHit { rank: 5, score: 0.843 })],
        fused: Some(LegHit { rank: 17, score: 0.0225 }),
        shares: vec![
            Some(LegShare { normalised: 1.0 / 140.0, weighted: 1.0 / 140.0 }),
            Some(LegShare { normalised: 1.0 / 65.0, weighted: 1.0 / 65.0 }),
        ],
        terms: vec![term("取り消し", 1, 14, 2.1), term("予約", 2, 96, 1.11), term("キャンセル", 0, 3, 0.0)],
        length_ratio: 1.1,
        dense_exact_rank: Some(5),
        cosine: Some(0.843),
        reranked: Some(LegHit { rank: 1, score: 0.889 }),
        stages: Vec::new(),
        pairs: vec![(
            "late-interaction".to_owned(),
            [("取消", "取り消し", 0.93), ("前日", "前日", 0.99), ("返金", "払い戻し", 0.88)]
                .map(|(query, passage, similarity)| TokenPair {
                    query: PairedToken { words: query.into(), span: Some((0, 6)) },
                    passage: PairedToken { words: passage.into(), span: Some((0, 6)) },
                    similarity,
                })
                .into(),
        )],
        pairs_awaited: Vec::new(),
        model_tokens: Some((142, true)),
        cut_by: Vec::new(),
        highlights: vec![(0, 6), (22, 28), (31, 43)],
        why: None,
    }
}

fn query_rows() -> Vec<QueryRow> {
    let fates = [
        Fate::Rescued,
        Fate::Kept,
        Fate::CutAtN,
        Fate::NeverRetrieved,
        Fate::Demoted,
        Fate::NotLifted,
        Fate::LostInFusion,
        Fate::Kept,
    ];
    (0u32..9)
        .map(|query| {
            let fate = fates.get(query as usize).copied();
            let mut gold = gold_row(0, "ja-031", Some(17), Some(1), Fate::Kept, "");
            gold.fate = fate;
            QueryRow {
                query: QueryIdx(query),
                golds: vec![gold],
                first: Some(metrics(0.31, 0.61, 0.58)),
                reranked: Some(metrics(0.44, 0.78, 0.79)),
                ceiling: Some(metrics(0.52, 0.94, 0.97)),
                complete: true,
                rerank_complete: true,
                scores: None,
            }
        })
        .collect()
}

fn curve() -> RecallCurve {
    let rise = |speed: f32, top: f32| {
        (1..=400).map(|n| top * (1.0 - (-(n as f32) * speed).exp())).collect::<Vec<_>>()
    };
    RecallCurve {
        fused: rise(0.05, 0.98),
        legs: vec![rise(0.02, 0.8), rise(0.04, 0.93)],
        union: rise(0.08, 0.99),
        ceiling: rise(1.2, 0.99),
    }
}

/// The picture of the first query, complete: one gold rescued, one cut, one never retrieved.
pub fn snapshot() -> Snapshot {
    let order = first_order();
    let first: Vec<FirstRow> =
        (1u32..).zip(&order).map(|(rank, &doc)| first_row(doc, rank, doc == 0)).collect();
    let reranked = reranked_rows(&first, first.len());
    let below = vec![first_row(3, 63, true)];
    let golds = vec![
        gold_row(0, "ja-031", Some(17), Some(1), Fate::Rescued, ""),
        gold_row(3, "ko-007", Some(63), None, Fate::CutAtN, "N = 63 or α ≥ .61 brings it in"),
        gold_row(
            60,
            "en-060",
            None,
            None,
            Fate::NeverRetrieved,
            "shares no term with the query; exact dense rank 214",
        ),
    ];
    let means = RerankedMeans {
        queries: 9,
        first: metrics(0.31, 0.61, 0.58),
        reranked: metrics(0.44, 0.78, 0.79),
        ceiling: metrics(0.52, 0.94, 0.97),
    };
    Snapshot {
        appearances: None,
        readings: Some(readings()),
        stamp: Stamp { generation: 1, revision: 1 },
        settings: Settings::default(),
        tuning: None,
        approximation: None,
        legs: legs().into(),
        ran: LegSet::all(2),
        status: ready(),
        focus: FocusView {
            focus: Focus::Listed(QueryIdx(0)),
            text: QUERIES[0].2.into(),
            language: Language::new("ja"),
            first,
            below,
            fused_len: 214,
            scored: reranked.len(),
            to_score: reranked.len(),
            stage: None,
            reranked,
            golds,
            judged: true,
            explanation: Some(explanation()),
            signals: None,
            stale: false,
        },
        queries: Arc::new(query_rows()),
        means: Some(Means { queries: 9, first: means.first, ceiling: means.ceiling, reranked: Some(means) }),
        languages: Vec::new(),
        language_report: Arc::default(),
        curve: Arc::new(curve()),
        affords: Arc::new(affords()),
        rerankers: vec![RerankerInUse { name: "late interaction".into(), fingerprint: None, truncated: 0 }],
        spending: Vec::new(),
        question: None,
        rivals: Rivals::default(),
        costs: vec![StageCost {
            stage: "late interaction".into(),
            computed_pairs: 450,
            cached_pairs: 50,
            ms_total: 1620.0,
            ms_p50_per_query: Some(180.0),
            ms_p95_per_query: Some(240.0),
            ms_per_pair: Some(3.6),
        }],
        verdict:
            "the gold is there (recall@50 .92) but low (P@5 .31): reranking pays, +.13 P@5, 62 % of the \
                  possible gain"
                .into(),
        findings: None,
        study: None,
        metrics: Vec::new().into(),
        by_metric: Vec::new(),
        warnings: Vec::new(),
        model: None,
    }
}

/// Two plans held against the present one; the second cannot run.
pub fn compared() -> Snapshot {
    let mut snapshot = tuned();
    let plan = |text: &str| text.parse::<SecondStage>().expect("a plan");
    let mut order: Vec<DocIdx> = snapshot.focus.reranked.iter().map(|row| row.doc).collect();
    order.rotate_right(1);
    let failed = "the reranker bge-reranker-base is not on this machine".to_owned();
    let paired = Paired {
        metric: "nDCG@10".into(),
        queries: 9,
        before: 0.78,
        after: 0.81,
        difference: 0.03,
        interval: Interval { low: 0.01, high: 0.05 },
        p_t: Some(0.02),
        p_randomisation: 0.018,
        p_holm: Some(0.018),
        wins: 3,
        losses: 1,
        ties: 5,
    };
    let changes = [(1, 0.37), (4, 0.2), (6, 0.05), (2, -0.25)].map(|(query, by)| (QueryIdx(query), by));
    snapshot.rivals = Rivals {
        plans: vec![
            Rival {
                plan: plan("cross-encoder"),
                state: StageState::Ready,
                focus: order,
                here: Some(metrics(0.4, 0.63, 0.5)),
            },
            Rival {
                plan: plan("bge-reranker-base"),
                state: StageState::Failed(failed),
                focus: Vec::new(),
                here: None,
            },
        ],
        standing: Some(Arc::new(Standing {
            queries: 9,
            ours: Some(metrics(0.44, 0.78, 0.79)),
            rivals: vec![Some((metrics(0.46, 0.81, 0.8), paired, changes.into())), None],
        })),
    };
    snapshot
}

/// A question about money; another number is another question.
pub fn asking(queries: usize) -> Snapshot {
    let question = Question {
        service: "Cohere (rerank-v3.5)".into(),
        place: "https://api.cohere.com/v2/rerank".into(),
        queries,
        passages: 50 * queries,
        usd_estimate: Some(0.002 * queries as f64),
        limit_usd: Some(0.5),
        price_note: "$2.00 per 1,000 search units, the list price of 2026-11-25; a query with up to 100 \
                     documents is one unit"
            .into(),
    };
    Snapshot { question: Some(Arc::new(question)), ..snapshot() }
}

/// Sizes up to 1,000, reranked up to N = 100; the budget of 400 ms affords 111.
fn affords() -> Affords {
    let at = |value: f64| Some(metrics(0.3, value, 0.6));
    let points = [10, 20, 50, 100, 200, 300, 500, 1000].map(|n| {
        let more = (n as f64 / 10.0).ln();
        AffordPoint {
            n,
            ms: Some(3.6 * n as f64),
            within: Some(n <= 111),
            first: at(0.61),
            ceiling: at((0.84 + 0.06 * more).min(0.99)),
            metrics: (n <= 100).then(|| metrics(0.4, 0.70 + 0.05 * more, 0.7)),
        }
    });
    Affords { budget_ms: Some(400.0), n: 50, limit: Some(111), points: points.into() }
}

/// Over α a hill with its top at `top`, in steps.
fn hill(top: f64, height: f64) -> StepCurve {
    let value = |alpha: f64| height - 0.4 * (alpha - top).powi(2);
    let breaks = (1..40).map(|step| {
        let alpha = f64::from(step) / 40.0;
        Break { alpha, at: value(alpha), after: value(alpha + 0.0125) }
    });
    StepCurve {
        breaks: breaks.collect(),
        ..StepCurve::constant(value(0.0) - 0.05, value(0.0125), value(1.0) - 0.03)
    }
}

fn alpha_curve(curve: StepCurve, difference: f64) -> AlphaCurve {
    let held = Held {
        folds: 5,
        held_out: 0.7 + difference,
        current: 0.7,
        difference,
        interval: Interval { low: difference - 0.014, high: difference + 0.013 },
        queries: 9,
    };
    let best = curve.best(0.5);
    AlphaCurve {
        best,
        current: curve.value_at(0.5),
        held_out: Some(held),
        queries: 9,
        judged: 9,
        shape: Shape::Exact(curve),
    }
}

/// What other settings would make of the judged queries: α .82 is best for the first stage, and in the
/// heat map convex at α .7 and N 100.
pub fn tuning() -> Tuning {
    let methods = vec![FusionMethod::Rrf, FusionMethod::Convex];
    let alphas: Vec<f64> = (0..=20).map(|step| f64::from(step) / 20.0).collect();
    let candidates = vec![10, 20, 30, 50, 75, 100, 150, 200];
    let cells = |height: f64| -> Vec<CellMean> {
        let mut cells = Vec::new();
        for method in 0..methods.len() {
            for alpha in &alphas {
                for &n in &candidates {
                    let fall = 0.5 * (alpha - 0.7).powi(2) + 0.1 * ((n as f64).ln() - 100f64.ln()).abs();
                    cells.push(CellMean { mean: height + 0.02 * method as f64 - fall, queries: 9 });
                }
            }
        }
        cells
    };
    let best = |height: f64| {
        let mean = CellMean { mean: height + 0.02, queries: 9 };
        let held_out = alpha_curve(hill(0.7, height), 0.021).held_out;
        Some(BestCell {
            method: FusionMethod::Convex,
            alpha: alphas[14],
            candidates: 100,
            mean,
            current: height - 0.03,
            held_out,
        })
    };
    Tuning {
        key: TuningKey::of(&Settings::default(), LegSet::all(2), Goal::Ndcg10, 0),
        leg: Some(LegId(1)),
        metric: "nDCG@10".into(),
        recall: Some(alpha_curve(hill(0.6, 0.95), 0.0)),
        first: Some(alpha_curve(hill(0.82, 0.71), 0.018)),
        reranked: Some(alpha_curve(hill(0.7, 0.78), 0.004)),
        unscored: Arc::default(),
        heat: Some(HeatMap {
            first: cells(0.71),
            reranked: cells(0.78),
            done: 42,
            of: 42,
            best_first: best(0.71),
            best_reranked: best(0.78),
            methods,
            alphas: alphas.clone(),
            candidates: candidates.clone(),
        }),
        complete: true,
    }
}

/// The complete picture with everything that tuning finds.
pub fn tuned() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.tuning = Some(Arc::new(tuning()));
    snapshot.status.tuning = StageState::Ready;
    snapshot
}

/// 3,200 of 10,000 queries are judged under the new settings.
pub fn rejudging() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.status.rejudging = Some((3200, 10_000));
    snapshot
}

/// A third leg, from a run file.
pub fn three_legs() -> State {
    let mut snapshot = snapshot();
    let third = LegName { name: "splade".into(), scale: LegScale::Unknown };
    snapshot.legs = snapshot.legs.iter().cloned().chain([third.clone()]).collect();
    snapshot.ran = LegSet::all(3);
    for row in snapshot.focus.first.iter_mut().chain(&mut snapshot.focus.below) {
        row.legs.push(None);
    }
    let mut state = blank(RICH, 120, 36);
    state.legs.push(third);
    update(&mut state, Message::Opened(collection()));
    answer(&mut state, snapshot);
    state
}

/// While the reranker works: 20 of 50 rows scored, 4 of 9 queries.
pub fn reranking() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.status.rerank = StageState::Working { done: 200, total: 450, doing: "reranking".into() };
    snapshot.status.reranked_queries = 4;
    snapshot.focus.reranked = reranked_rows(&snapshot.focus.first, 20);
    snapshot.focus.scored = 20;
    for gold in &mut snapshot.focus.golds {
        gold.first_fate = gold.fate.take();
        gold.awaits_rerank = true;
    }
    if let Some(means) = snapshot.means.as_mut().and_then(|means| means.reranked.as_mut()) {
        means.queries = 4;
    }
    snapshot
}

pub fn rerank_failed() -> Snapshot {
    let mut snapshot = without_second_stage();
    snapshot.settings.reranker = SecondStage::late_interaction();
    snapshot.status.rerank = StageState::Failed(
        "ONNX Runtime was not found: pip install onnxruntime==1.32.0, or set ORT_DYLIB_PATH".into(),
    );
    snapshot.status.dense = snapshot.status.rerank.clone();
    snapshot.ran = LegSet::all(1);
    snapshot
}

pub fn without_second_stage() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.settings.reranker = SecondStage::none();
    snapshot.status.rerank = StageState::Off;
    snapshot.focus.reranked.clear();
    snapshot.focus.scored = 0;
    if let Some(means) = snapshot.means.as_mut() {
        means.reranked = None;
    }
    snapshot
}

/// The query without judgments, in a collection without any.
pub fn unjudged() -> Snapshot {
    let mut snapshot = snapshot();
    let view = &mut snapshot.focus;
    view.golds.clear();
    view.below.clear();
    view.judged = false;
    view.first.iter_mut().for_each(|row| (row.gold, row.grade) = (false, None));
    view.reranked.iter_mut().for_each(|row| (row.gold, row.grade) = (false, None));
    snapshot.queries = Arc::new(Vec::new());
    snapshot.means = None;
    snapshot.status.judged = (0, 0);
    snapshot.curve = Arc::new(RecallCurve::default());
    snapshot.verdict.clear();
    snapshot
}

pub fn key(code: KeyCode) -> Message {
    Message::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// Types a script: characters as they are, `<Enter>` and the like by name.
pub fn press(state: &mut State, script: &str) -> Vec<Effect> {
    events(script).into_iter().flat_map(|event| update(state, Message::Key(event))).collect()
}

/// The key presses of a script.
pub fn events(script: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let name = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let named = name.and_then(|(name, after)| Some((named_key(name)?, after)));
        let (event, after) = named.unwrap_or((KeyEvent::from(KeyCode::Char(c)), &rest[c.len_utf8()..]));
        events.push(event);
        rest = after;
    }
    events
}

fn named_key(name: &str) -> Option<KeyEvent> {
    if let Some(letter) = name.strip_prefix("Ctrl").and_then(|letter| letter.chars().next()) {
        return Some(KeyEvent::new(KeyCode::Char(letter.to_ascii_lowercase()), KeyModifiers::CONTROL));
    }
    Some(KeyEvent::from(match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "ShiftTab" => KeyCode::BackTab,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "PgDn" => KeyCode::PageDown,
        "PgUp" => KeyCode::PageUp,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Backspace" => KeyCode::Backspace,
        "Del" => KeyCode::Delete,
        _ => return None,
    }))
}

/// A screen that has just been opened, before the engine said anything.
pub fn blank(look: Look, width: u16, height: u16) -> State {
    let options = Options {
        coloured: None,
        legs: legs(),
        ascii: look.ascii,
        no_mouse: false,
        settings: Settings::default(),
        title: "sample_corpus".into(),
        presets: crate::config::presets::built_in(),
        theme: ThemeChoice::built_in().into_iter().next(),
        themes: ThemeChoice::built_in(),
        ..Options::default()
    };
    State::new(&options, look, (width, height))
}

/// A screen that shows a picture of the fixture.
pub fn showing(snapshot: Snapshot, look: Look, width: u16, height: u16) -> State {
    let mut state = blank(look, width, height);
    state.settings = snapshot.settings.clone();
    update(&mut state, Message::Opened(collection()));
    answer(&mut state, snapshot);
    state
}

/// The engine answers the newest request with this picture.
pub fn answer(state: &mut State, mut snapshot: Snapshot) -> Vec<Effect> {
    let revision = state.snapshot.as_ref().map_or(1, |shown| shown.stamp.revision + 1);
    snapshot.stamp = Stamp { generation: state.generation, revision };
    update(state, Message::Snapshot(Arc::new(snapshot)))
}

/// What the screen asks to be judged.
pub fn marks(effects: &[Effect]) -> Vec<Mark> {
    let mark = |effect: &Effect| match effect {
        Effect::Judge(mark) => Some(mark.clone()),
        _ => None,
    };
    effects.iter().filter_map(mark).collect()
}

/// The grades of these marks.
pub fn grades(effects: &[Effect]) -> Vec<Option<Grade>> {
    marks(effects).iter().map(|mark| mark.grade).collect()
}

/// The line in the footer.
pub fn notice(state: &State) -> &str {
    state.notice.as_ref().map_or("", |notice| &notice.text)
}
