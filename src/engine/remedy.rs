//! Why a gold was lost, and the smallest single change that brings it into the candidate set: computed
//! from the query's own facts, never guessed.

use super::query_state::QueryState;
use super::snapshot::GoldRow;
use super::view::ViewInput;
use crate::domain::{Fate, FusionMethod, LegName, LegSet, Settings};
use crate::fuse::{FusedList, Fuser, FusionPlan};

/// α is tried in steps of a hundredth.
const ALPHA_STEPS: u32 = 100;

/// The golds with their `remedy` filled, where they were lost before the reranker.
pub fn with_remedies(input: &ViewInput<'_>) -> Vec<GoldRow> {
    let can_fuse = |gold: &GoldRow| {
        matches!(gold.first_fate, Some(Fate::LostInFusion | Fate::CutAtN)) && input.ran.len() > 1
    };
    let row = |gold: &GoldRow| gold.doc.and_then(|doc| input.state.pool().row_of(doc));
    let lost: Vec<usize> = input.golds.iter().filter(|gold| can_fuse(gold)).filter_map(row).collect();
    let legs = First { legs: input.legs, ran: input.ran };
    let alphas = nearest_alphas(input.state, &lost, legs, input.settings);
    let methods = other_methods(input.state, &lost, legs, input.settings);
    let fused_ways = |gold: &GoldRow| -> Vec<String> {
        let place = row(gold).and_then(|row| lost.iter().position(|&other| other == row));
        place.map_or_else(Vec::new, |at| alphas[at].iter().chain(&methods[at]).cloned().collect())
    };
    let with_remedy =
        |gold: &GoldRow| GoldRow { remedy: remedy(input, gold, fused_ways(gold)), ..gold.clone() };
    input.golds.iter().map(with_remedy).collect()
}

fn remedy(input: &ViewInput<'_>, gold: &GoldRow, fused_ways: Vec<String>) -> String {
    let way = way_back(input, gold, fused_ways);
    let lost = gold.first_fate.is_some_and(Fate::is_lost_before_rerank);
    match gold.blind && lost && gold.first_fate != Some(Fate::MissingFromCorpus) {
        true => format!("BM25 is blind here (no term in common); {way}"),
        false => way,
    }
}

fn way_back(input: &ViewInput<'_>, gold: &GoldRow, fused_ways: Vec<String>) -> String {
    match gold.first_fate {
        Some(Fate::MissingFromCorpus) => "no such passage in the corpus".to_owned(),
        Some(Fate::NeverRetrieved) => {
            let depth = input.settings.depth;
            match deeper_leg(gold, input) {
                Some(other) => format!("in no active leg to depth {depth}; {other}"),
                None => format!("in no leg to depth {depth}"),
            }
        }
        Some(Fate::LostByApproximation) => "the exact scan would bring it in".to_owned(),
        Some(Fate::LostInFusion | Fate::CutAtN) => {
            let deeper = gold.fused.map(|rank| format!("N = {rank}"));
            let ways: Vec<String> = deeper.into_iter().chain(fused_ways).collect();
            match ways.as_slice() {
                [] => "no change of N or weight brings it in".to_owned(),
                ways => format!("{} brings it in", ways.join(" or ")),
            }
        }
        _ => String::new(),
    }
}

/// A leg that takes no part but has the passage.
fn deeper_leg(gold: &GoldRow, input: &ViewInput<'_>) -> Option<String> {
    let weights = FusionPlan::of(input.settings, input.legs, input.ran).weights;
    let mut idle = gold.legs.iter().zip(weights).zip(input.legs);
    idle.find_map(|((rank, weight), leg)| {
        rank.filter(|_| weight <= 0.0).map(|rank| format!("{} has it at {rank}", leg.name))
    })
}

/// For each row the α nearest to the present one that brings it into the candidate set; of two equally
/// near ones the higher. The list is fused once a step for all rows together.
fn nearest_alphas(
    state: &QueryState,
    rows: &[usize],
    legs: First<'_>,
    settings: &Settings,
) -> Vec<Option<String>> {
    let here = (settings.alpha * f64::from(ALPHA_STEPS)).round() as u32;
    let mut list = FusedList::default();
    let mut found: Vec<Option<String>> = vec![None; rows.len()];
    if !settings.goes_by_alpha(legs.legs.len()) {
        return found;
    }
    let say = |sign: &str, step: u32| match step {
        0 => format!("α {sign} 0"),
        ALPHA_STEPS => format!("α {sign} 1"),
        _ => format!("α {sign} .{step:02}"),
    };
    for distance in 1..=ALPHA_STEPS {
        let up = (here + distance <= ALPHA_STEPS).then(|| ("≥", here + distance));
        let down = here.checked_sub(distance).map(|step| ("≤", step));
        for (sign, step) in up.into_iter().chain(down) {
            if found.iter().all(Option::is_some) {
                return found;
            }
            let alpha = f64::from(step) / f64::from(ALPHA_STEPS);
            legs.fuse(state, &Settings { alpha, ..settings.clone() }, &mut list);
            for (row, found) in rows.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
                *found = is_candidate(&list, *row, settings).then(|| say(sign, step));
            }
        }
    }
    found
}

/// For each row another fusion method that brings it in, all else being equal.
fn other_methods(
    state: &QueryState,
    rows: &[usize],
    legs: First<'_>,
    settings: &Settings,
) -> Vec<Option<String>> {
    let mut list = FusedList::default();
    let mut found: Vec<Option<String>> = vec![None; rows.len()];
    if rows.is_empty() {
        return found;
    }
    for fusion in FusionMethod::ALL.into_iter().filter(|&method| method != settings.fusion) {
        legs.fuse(state, &Settings { fusion, ..settings.clone() }, &mut list);
        for (row, found) in rows.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            *found = is_candidate(&list, *row, settings).then(|| format!("{} fusion", fusion.name()));
        }
    }
    found
}

/// What the first stage is made of.
#[derive(Clone, Copy)]
struct First<'a> {
    legs: &'a [LegName],
    ran: LegSet,
}

impl First<'_> {
    fn fuse(self, state: &QueryState, settings: &Settings, list: &mut FusedList) {
        Fuser::new(&FusionPlan::of(settings, self.legs, self.ran)).fuse_into(state.pool(), list);
    }
}

fn is_candidate(list: &FusedList, row: usize, settings: &Settings) -> bool {
    list.rank(row).is_some_and(|rank| rank as usize <= settings.candidates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DocIdx, Hit, LegId, LegScale};

    /// Ten passages; bm25 has them in order 0..10, dense in the order 9, 0, 1, … 8.
    fn state() -> QueryState {
        let tie_order: Vec<u32> = (0..10).collect();
        let hits = |docs: Vec<u32>| -> Vec<Hit> {
            let scored = docs.into_iter().zip((1..=10).rev());
            scored.map(|(doc, score)| Hit { doc: DocIdx(doc), score: score as f32 }).collect()
        };
        let mut state = QueryState::typed("q", 2);
        state.set_leg(LegId(0), hits((0..10).collect()), None, &tie_order);
        state.set_leg(LegId(1), hits(std::iter::once(9).chain(0..9).collect()), None, &tie_order);
        state
    }

    fn legs() -> [LegName; 2] {
        [("bm25", LegScale::Bm25), ("dense", LegScale::Cosine)]
            .map(|(name, scale)| LegName { name: name.into(), scale })
    }

    /// Trap: a remedy that names a setting without trying it.
    #[test]
    fn the_alpha_named_is_the_first_that_works() {
        let (state, legs) = (state(), legs());
        let first = First { legs: &legs, ran: LegSet::all(2) };
        let settings =
            Settings { candidates: 2, alpha: 0.1, fusion: FusionMethod::Convex, ..Settings::default() };
        let row = state.pool().row_of(DocIdx(9)).unwrap();
        let said = nearest_alphas(&state, &[row], first, &settings).remove(0).unwrap();
        let alpha: f64 = said.trim_start_matches("α ≥ ").parse().unwrap();
        let within = |alpha: f64| {
            let mut list = FusedList::default();
            first.fuse(&state, &Settings { alpha, ..settings.clone() }, &mut list);
            is_candidate(&list, row, &settings)
        };
        assert!(within(alpha), "{said}");
        assert!(!within(alpha - 0.01), "{said}");
    }

    #[test]
    fn nothing_is_promised_that_no_alpha_keeps() {
        let (state, legs) = (state(), legs());
        let first = First { legs: &legs, ran: LegSet::all(2) };
        let settings = Settings { candidates: 1, ..Settings::default() };
        let row = state.pool().row_of(DocIdx(5)).unwrap();
        assert_eq!(nearest_alphas(&state, &[row], first, &settings), [None]);
        assert_eq!(other_methods(&state, &[row], first, &settings), [None]);
    }
}
