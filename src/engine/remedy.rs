//! Why a gold was lost, and the smallest single change that brings it into the candidate set, in words.
//! What the changes are is computed in `tune`, from the query's own facts; each has been tried.

use super::query_state::QueryState;
use super::snapshot::{GoldRow, GoldWhy, Way};
use super::view::ViewInput;
use crate::domain::{DocIdx, Fate, FirstStage, FusionMethod, LegName, LegSet, Rank, Settings};
use crate::fuse::FusionPlan;
use crate::judge::{GoldPlace, RerankState, fate};
use crate::tune::{AlphaRange, Axis, Change, Lost, LostGold, Remedies, Remedy, remedies};

/// So many changes are named, the smallest first.
const NAMED: usize = 3;

/// One query, and the first stage under which it lost golds.
#[derive(Clone, Copy)]
struct Stage<'a> {
    state: &'a QueryState,
    settings: &'a Settings,
    legs: &'a [LegName],
    ran: LegSet,
}

/// The golds with their `remedy` filled, where they were lost before the reranker.
pub fn with_remedies(input: &ViewInput<'_>) -> Vec<GoldRow> {
    let stage = Stage { state: input.state, settings: input.settings, legs: input.legs, ran: input.ran };
    remedied(stage, input.golds)
}

fn remedied(stage: Stage<'_>, golds: &[GoldRow]) -> Vec<GoldRow> {
    let whys = whys(stage, golds).into_iter();
    let with_remedy = |(gold, why): (&GoldRow, Option<GoldWhy>)| GoldRow {
        remedy: why.map_or_else(String::new, |why| why.words),
        ..gold.clone()
    };
    golds.iter().zip(whys).map(with_remedy).collect()
}

/// Why each gold was lost and every change that brings it in; `None` for one that was not lost before
/// the reranker. `state` is complete for `ran`.
pub fn whys_of(
    state: &QueryState,
    golds: &[GoldRow],
    settings: &Settings,
    legs: &[LegName],
    ran: LegSet,
) -> Vec<Option<GoldWhy>> {
    whys(Stage { state, settings, legs, ran }, golds)
}

/// The same of any passage, as if it were a gold.
pub fn why_of(
    state: &QueryState,
    doc: DocIdx,
    settings: &Settings,
    legs: &[LegName],
    ran: LegSet,
) -> Option<GoldWhy> {
    let row = state.pool().row_of(doc);
    let ranks = state.leg_ranks(row);
    let weights = settings.leg_weights(legs.len());
    let speaking: Vec<Option<Rank>> =
        ran.iter().filter(|leg| weights[leg.0] > 0.0).map(|leg| ranks[leg.0]).collect();
    let first = row.and_then(|row| state.fused().rank(row));
    let place = GoldPlace {
        in_corpus: true,
        leg_ranks: &speaking,
        first,
        exact_first: None,
        reranked: None,
        rerank: RerankState::Off,
    };
    let gold = GoldRow {
        doc: Some(doc),
        id: "".into(),
        grade: 0,
        legs: ranks.into(),
        fused: first,
        reranked: None,
        earlier: Vec::new(),
        decided_by: None,
        fate: None,
        first_fate: fate(&place, settings.candidates, settings.deliver),
        awaits_rerank: false,
        blind: false,
        remedy: String::new(),
    };
    whys_of(state, &[gold], settings, legs, ran).pop().flatten()
}

fn whys(stage: Stage<'_>, golds: &[GoldRow]) -> Vec<Option<GoldWhy>> {
    let is_lost = |gold: &GoldRow| gold.first_fate.is_some_and(Fate::is_lost_before_rerank);
    let lost: Vec<&GoldRow> = golds.iter().filter(|gold| is_lost(gold)).collect();
    if lost.is_empty() {
        return vec![None; golds.len()];
    }
    let (found, plans) = find(stage, &lost);
    let mut found = found.iter();
    let mut why = |gold: &GoldRow| {
        let remedies = found.next()?;
        let words = say(stage, gold, remedies, &plans);
        let way = |way: &Remedy| {
            let change = change_in_words(way.change, stage, &plans)?;
            Some(Way { change, rank_then: way.rank_then, size: way.size })
        };
        Some(GoldWhy {
            words: match gold.blind {
                true => format!("{words}; BM25 is blind here (no term in common)"),
                false => words,
            },
            margin: remedies.margin,
            ways: remedies.ways.iter().filter_map(way).collect(),
        })
    };
    golds.iter().map(|gold| if is_lost(gold) { why(gold) } else { None }).collect()
}

/// Other first stages to try, each with its name.
type Plans = Vec<(String, FusionPlan)>;

/// What brings each lost gold in, with the plans that were tried.
fn find(stage: Stage<'_>, lost: &[&GoldRow]) -> (Vec<Remedies>, Plans) {
    let (state, settings) = (stage.state, stage.settings);
    let plan = FusionPlan::of(settings, stage.legs, stage.ran);
    let golds: Vec<LostGold> = lost
        .iter()
        .map(|gold| LostGold {
            row: gold.doc.and_then(|doc| state.pool().row_of(doc)),
            exact_row: gold.doc.and_then(|doc| state.exact_pool()?.row_of(doc)),
        })
        .collect();
    let plans = other_plans(stage);
    let others: Vec<FusionPlan> = plans.iter().map(|(_, plan)| plan.clone()).collect();
    let is_hybrid = settings.first == FirstStage::Hybrid && stage.ran.len() > 1;
    let lost = Lost {
        pool: state.pool(),
        plan: &plan,
        n: settings.candidates,
        depth: settings.depth,
        axis: (is_hybrid && settings.goes_by_alpha(stage.legs.len())).then_some(Axis { leg: 1 }),
        others: &others,
        exact: state.exact_pool(),
        golds: &golds,
    };
    // Nothing gives it up: it is one query, in a few milliseconds.
    (remedies(&lost, &|| false).unwrap_or_default(), plans)
}

/// Another fusion of the legs that ran, or all legs where one alone was asked for.
fn other_plans(stage: Stage<'_>) -> Plans {
    let settings = stage.settings;
    let all = LegSet::all(stage.legs.len());
    match settings.first {
        FirstStage::Only(_) if stage.legs.len() > 1 && stage.state.is_complete(all) => {
            let hybrid = Settings { first: FirstStage::Hybrid, ..settings.clone() };
            vec![("hybrid".to_owned(), FusionPlan::of(&hybrid, stage.legs, all))]
        }
        FirstStage::Hybrid if stage.ran.len() > 1 => FusionMethod::ALL
            .into_iter()
            .filter(|&fusion| fusion != settings.fusion)
            .map(|fusion| {
                let other = Settings { fusion, ..settings.clone() };
                (format!("{} fusion", fusion.name()), FusionPlan::of(&other, stage.legs, stage.ran))
            })
            .collect(),
        _ => Plans::new(),
    }
}

/// The remedy in words.
fn say(stage: Stage<'_>, gold: &GoldRow, remedies: &Remedies, plans: &Plans) -> String {
    let ways = named(&remedies.ways, stage, plans);
    let depth = stage.settings.depth;
    match (gold.first_fate, ways.as_str()) {
        (Some(Fate::MissingFromCorpus), _) => "no such passage in the corpus".to_owned(),
        (Some(Fate::NeverRetrieved), "") => match idle_leg(gold, stage) {
            Some(other) => format!("in no active leg to depth {depth}; {other}"),
            None => format!("in no leg to depth {depth}"),
        },
        (Some(Fate::NeverRetrieved), ways) => {
            format!("in no active leg to depth {depth}; {ways} brings it in")
        }
        (_, "") => "no single change brings it in".to_owned(),
        (_, ways) => format!("{ways} brings it in"),
    }
}

/// The smallest changes, no more than one of a kind; N in any case, where it helps, for it is the knob
/// that everyone knows.
fn named(ways: &[Remedy], stage: Stage<'_>, plans: &Plans) -> String {
    let mut kinds = Vec::new();
    let mut named = Vec::new();
    for way in ways {
        let kind = std::mem::discriminant(&way.change);
        if !kinds.contains(&kind) {
            kinds.push(kind);
            named.extend(change_in_words(way.change, stage, plans).map(|words| (way.change, words)));
        }
    }
    let deeper = named.iter().position(|(change, _)| matches!(change, Change::Candidates(_)));
    if let Some(deeper) = deeper.filter(|&place| place >= NAMED) {
        named.swap(NAMED - 1, deeper);
    }
    named.truncate(NAMED);
    named.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join(" or ")
}

fn change_in_words(change: Change, stage: Stage<'_>, plans: &Plans) -> Option<String> {
    Some(match change {
        Change::Candidates(n) => format!("N = {n}"),
        Change::Alpha { range, to } => alpha_in_words(range, to, stage.settings.alpha),
        Change::Plan(place) => plans.get(place)?.0.clone(),
        Change::LegAlone(leg) => format!("{} alone", stage.legs.get(leg)?.name),
        Change::Window(window) => format!("W = {window}"),
        Change::ExactSearch => "exact search".to_owned(),
    })
}

/// `α ≥ .62` where all from there on work, else the one that was tried.
fn alpha_in_words(range: AlphaRange, to: f64, now: f64) -> String {
    let sign = if to > now && range.high == 1.0 && range.high_included {
        "≥"
    } else if to < now && range.low == 0.0 && range.low_included {
        "≤"
    } else {
        "="
    };
    let digits = (2..=7).map(|digits| format!("{to:.digits$}")).find(|said| said.parse() == Ok(to));
    let said = digits.unwrap_or_else(|| to.to_string());
    let said = said.strip_suffix(".00").or(said.strip_prefix('0')).unwrap_or(&said);
    format!("α {sign} {said}")
}

/// A leg that takes no part but has the passage.
fn idle_leg(gold: &GoldRow, stage: Stage<'_>) -> Option<String> {
    let weights = FusionPlan::of(stage.settings, stage.legs, stage.ran).weights;
    let mut idle = gold.legs.iter().zip(weights).zip(stage.legs);
    idle.find_map(|((rank, weight), leg)| {
        rank.filter(|_| weight <= 0.0).map(|rank| format!("{} has it at {rank}", leg.name))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{DocIdx, Hit, LegId, LegScale, Rank};
    use crate::fuse::{FusedList, fuse};

    fn legs() -> [LegName; 2] {
        [("bm25", LegScale::Bm25), ("dense", LegScale::Cosine)]
            .map(|(name, scale)| LegName { name: name.into(), scale })
    }

    fn hits(list: &[(u32, f32)]) -> Vec<Hit> {
        list.iter().map(|&(doc, score)| Hit { doc: DocIdx(doc), score }).collect()
    }

    fn state(bm25: &[(u32, f32)], dense: &[(u32, f32)], exact: Option<&[(u32, f32)]>) -> QueryState {
        let tie_order: Arc<[u32]> = (0..20).collect();
        let mut state = QueryState::typed("q", 2);
        state.set_leg(LegId(0), hits(bm25), None, &tie_order);
        state.set_leg(LegId(1), hits(dense), exact.map(hits), &tie_order);
        state
    }

    /// Ten passages; bm25 has them in order 0..10, dense in the order 9, 0, 1, … 8.
    fn ten() -> QueryState {
        let scored = |docs: &mut dyn Iterator<Item = u32>| -> Vec<(u32, f32)> {
            docs.zip((1..=10).rev()).map(|(doc, score)| (doc, score as f32)).collect()
        };
        state(&scored(&mut (0..10)), &scored(&mut std::iter::once(9).chain(0..9)), None)
    }

    /// A passage that shares no term with the query.
    const BLIND: u32 = 18;

    /// The remedy of one gold with this fate.
    fn remedy(state: &QueryState, settings: &Settings, ran: LegSet, doc: u32, fate: Fate) -> String {
        let legs = legs();
        let row = state.pool().row_of(DocIdx(doc));
        let rank = |leg| Some(state.pool().hit(row?, leg)?.rank);
        let gold = GoldRow {
            doc: Some(DocIdx(doc)),
            id: "".into(),
            grade: 1,
            legs: [rank(0), rank(1)].into(),
            fused: None,
            reranked: None,
            earlier: Vec::new(),
            decided_by: None,
            fate: Some(fate),
            first_fate: Some(fate),
            awaits_rerank: false,
            blind: doc == BLIND,
            remedy: String::new(),
        };
        let kept = GoldRow { first_fate: Some(Fate::Kept), ..gold.clone() };
        let stage = Stage { state, settings, legs: &legs, ran };
        let said = remedied(stage, &[kept, gold]);
        assert_eq!(said[0].remedy, "", "what is not lost needs none");
        said[1].remedy.clone()
    }

    fn rank(state: &QueryState, settings: &Settings, doc: u32) -> Option<Rank> {
        let list: FusedList = fuse(state.pool(), &FusionPlan::of(settings, &legs(), LegSet::all(2)));
        list.rank(state.pool().row_of(DocIdx(doc))?)
    }

    /// Trap: a remedy that names a setting without trying it.
    #[test]
    fn the_alpha_named_is_the_first_that_works() {
        let state = ten();
        let settings =
            Settings { candidates: 2, alpha: 0.1, fusion: FusionMethod::Convex, ..Settings::default() };
        let said = remedy(&state, &settings, LegSet::all(2), 9, Fate::LostInFusion);
        let alpha = said.strip_prefix("α ≥ ").and_then(|rest| rest.split(' ').next()).unwrap();
        let alpha: f64 = format!("0{alpha}").parse().unwrap();
        let within = |alpha: f64| {
            rank(&state, &Settings { alpha, ..settings.clone() }, 9).is_some_and(|rank| rank <= 2)
        };
        assert!(within(alpha) && within(1.0), "{said}");
        assert!(!within(alpha - 0.01), "{said}");
    }

    /// Trap: by hundredths of α nothing is found between .504 and .507.
    #[test]
    fn a_narrow_range_is_named_by_a_number_inside_it() {
        let state =
            state(&[(0, 1504.0), (1, 1000.0), (2, 493.0)], &[(2, 1493.0), (1, 1000.0), (0, 504.0)], None);
        let settings =
            Settings { candidates: 1, fusion: FusionMethod::MilvusWeightedRaw, ..Settings::default() };
        let said = remedy(&state, &settings, LegSet::all(2), 1, Fate::CutAtN);
        assert!(said.starts_with("α = .505 or "), "{said}");
        assert_eq!(rank(&state, &Settings { alpha: 0.505, ..settings }, 1), Some(1));
    }

    #[test]
    fn nothing_is_promised_that_nothing_keeps() {
        let settings = Settings { candidates: 1, ..Settings::default() };
        assert_eq!(
            remedy(&ten(), &settings, LegSet::all(2), 5, Fate::CutAtN),
            "N = 7 brings it in",
            "no α and no method puts it first"
        );
        assert_eq!(
            remedy(&ten(), &settings, LegSet::all(2), 17, Fate::NeverRetrieved),
            "in no leg to depth 1000"
        );
    }

    #[test]
    fn that_bm25_is_blind_is_a_reason() {
        assert_eq!(
            remedy(&ten(), &Settings::default(), LegSet::all(2), BLIND, Fate::NeverRetrieved),
            "in no leg to depth 1000; BM25 is blind here (no term in common)"
        );
    }

    #[test]
    fn a_leg_that_is_silent_may_have_it() {
        let state = state(&[(0, 4.0), (1, 3.0)], &[(2, 0.9), (3, 0.8)], None);
        let bm25 = Settings { first: FirstStage::Only(LegId(0)), candidates: 1, ..Settings::default() };
        let ran: LegSet = [LegId(0)].into_iter().collect();
        assert_eq!(
            remedy(&state, &bm25, ran, 2, Fate::NeverRetrieved),
            "in no active leg to depth 1000; dense alone brings it in"
        );
        assert_eq!(
            remedy(&state, &bm25, ran, 3, Fate::NeverRetrieved),
            "in no active leg to depth 1000; dense has it at 2"
        );
        let three = Settings { candidates: 3, ..bm25 };
        assert_eq!(
            remedy(&state, &three, ran, 2, Fate::NeverRetrieved),
            "in no active leg to depth 1000; dense alone or hybrid brings it in"
        );
    }

    #[test]
    fn exact_search_is_named_where_it_was_approximate() {
        let state = state(&[(0, 4.0)], &[(0, 0.9)], Some(&[(5, 0.95), (0, 0.9)]));
        let settings = Settings { candidates: 2, ..Settings::default() };
        let said = remedy(&state, &settings, LegSet::all(2), 5, Fate::LostByApproximation);
        assert_eq!(said, "exact search brings it in");
    }

    #[test]
    fn alpha_is_written_as_people_do() {
        let range =
            AlphaRange { low: 0.0, high: 0.3, low_included: true, high_included: false, sampled: false };
        let said = [(0.29, 0.5), (0.2, 0.1), (0.0, 0.5), (0.2905, 0.5)]
            .map(|(to, now)| alpha_in_words(range, to, now));
        assert_eq!(said, ["α ≤ .29", "α = .20", "α ≤ 0", "α ≤ .2905"]);
        let up = AlphaRange { low: 0.7, high: 1.0, high_included: true, ..range };
        assert_eq!(alpha_in_words(up, 1.0, 0.5), "α ≥ 1");
        assert_eq!(alpha_in_words(AlphaRange { high_included: false, ..up }, 0.75, 0.5), "α = .75");
    }
}
