//! Why a gold was lost, and the smallest single change that brings it into the candidate set: computed
//! from the query's own facts, never guessed.

use super::query_state::{QueryState, plan};
use super::snapshot::GoldRow;
use super::view::ViewInput;
use crate::domain::{Fate, FirstStage, FusionMethod, Rank, Settings};
use crate::fuse::{FusedList, Fuser};

/// α is tried in steps of a hundredth.
const ALPHA_STEPS: u32 = 100;

/// The gold with its `remedy` filled, where it was lost before the reranker.
pub fn with_remedy(input: &ViewInput<'_>, gold: &GoldRow) -> GoldRow {
    let remedy = match gold.first_fate {
        Some(Fate::MissingFromCorpus) => "no such passage in the corpus".to_owned(),
        Some(Fate::NeverRetrieved) => {
            let depth = input.settings.depth;
            match deeper_leg(gold, input) {
                Some(other) => format!("in no active leg to depth {depth}; {other}"),
                None => format!("in no leg to depth {depth}"),
            }
        }
        Some(Fate::LostByApproximation) => "the exact scan would bring it in".to_owned(),
        Some(Fate::LostInFusion | Fate::CutAtN) => ways_in(input, gold),
        _ => String::new(),
    };
    GoldRow { remedy, ..gold.clone() }
}

/// A leg that takes no part but has the passage.
fn deeper_leg(gold: &GoldRow, input: &ViewInput<'_>) -> Option<String> {
    let weights = plan(input.settings, input.ran).weights;
    let mut idle = gold.legs.iter().zip(weights).zip(crate::domain::LEG_NAMES);
    idle.find_map(|((rank, weight), name)| {
        rank.filter(|_| weight <= 0.0).map(|rank| format!("{name} has it at {rank}"))
    })
}

/// "N = 63 or α ≥ .61 brings it in".
fn ways_in(input: &ViewInput<'_>, gold: &GoldRow) -> String {
    let mut ways: Vec<String> = gold.fused.map(|rank| format!("N = {rank}")).into_iter().collect();
    let row = gold.doc.and_then(|doc| input.state.pool().row_of(doc));
    if let Some(row) = row.filter(|_| input.ran == FirstStage::Hybrid) {
        ways.extend(nearest_alpha(input.state, row, input.settings));
        ways.extend(other_method(input.state, row, input.settings));
    }
    match ways.as_slice() {
        [] => "no change of N or weight brings it in".to_owned(),
        [one] => format!("{one} brings it in"),
        several => format!("{} brings it in", several.join(" or ")),
    }
}

/// The α nearest to the present one that brings the row into the candidate set.
fn nearest_alpha(state: &QueryState, row: usize, settings: &Settings) -> Option<String> {
    let mut list = FusedList::default();
    let mut enters = |step: u32| {
        let alpha = f64::from(step) / f64::from(ALPHA_STEPS);
        within(state, row, &Settings { alpha, ..settings.clone() }, &mut list)
    };
    let here = (settings.alpha * f64::from(ALPHA_STEPS)).round() as u32;
    let up = (here + 1..=ALPHA_STEPS).find(|&step| enters(step));
    let down = (0..here).rev().find(|&step| enters(step));
    let say = |sign: &str, step: u32| match step {
        0 => format!("α {sign} 0"),
        ALPHA_STEPS => format!("α {sign} 1"),
        _ => format!("α {sign} .{step:02}"),
    };
    match (up, down) {
        (Some(up), Some(down)) if here - down < up - here => Some(say("≤", down)),
        (Some(up), _) => Some(say("≥", up)),
        (None, Some(down)) => Some(say("≤", down)),
        (None, None) => None,
    }
}

/// Another fusion method that brings it in, all else being equal.
fn other_method(state: &QueryState, row: usize, settings: &Settings) -> Option<String> {
    let mut list = FusedList::default();
    let mut others = FusionMethod::ALL.into_iter().filter(|&method| method != settings.fusion);
    let method =
        others.find(|&fusion| within(state, row, &Settings { fusion, ..settings.clone() }, &mut list))?;
    Some(format!("{} fusion", method.name()))
}

fn within(state: &QueryState, row: usize, settings: &Settings, list: &mut FusedList) -> bool {
    Fuser::new(&plan(settings, FirstStage::Hybrid)).fuse_into(state.pool(), list);
    let rank: Option<Rank> = list.rank(row);
    rank.is_some_and(|rank| rank as usize <= settings.candidates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DocIdx, Hit, LegId};

    /// Ten passages; bm25 has them in order 0..10, dense in the order 9, 0, 1, … 8.
    fn state() -> QueryState {
        let tie_order: Vec<u32> = (0..10).collect();
        let hits = |docs: Vec<u32>| -> Vec<Hit> {
            let scored = docs.into_iter().zip((1..=10).rev());
            scored.map(|(doc, score)| Hit { doc: DocIdx(doc), score: score as f32 }).collect()
        };
        let mut state = QueryState::typed("q");
        state.set_leg(LegId::BM25, hits((0..10).collect()), &tie_order);
        state.set_leg(LegId::DENSE, hits(std::iter::once(9).chain(0..9).collect()), &tie_order);
        state
    }

    /// Trap: a remedy that names a setting without trying it.
    #[test]
    fn the_alpha_named_is_the_first_that_works() {
        let state = state();
        let settings =
            Settings { candidates: 2, alpha: 0.1, fusion: FusionMethod::Convex, ..Settings::default() };
        let row = state.pool().row_of(DocIdx(9)).unwrap();
        let said = nearest_alpha(&state, row, &settings).unwrap();
        let alpha: f64 = said.trim_start_matches("α ≥ ").parse().unwrap();
        let mut list = FusedList::default();
        assert!(within(&state, row, &Settings { alpha, ..settings.clone() }, &mut list), "{said}");
        assert!(
            !within(&state, row, &Settings { alpha: alpha - 0.01, ..settings.clone() }, &mut list),
            "{said}"
        );
    }

    #[test]
    fn nothing_is_promised_that_no_alpha_keeps() {
        let state = state();
        let settings = Settings { candidates: 1, ..Settings::default() };
        let row = state.pool().row_of(DocIdx(5)).unwrap();
        assert_eq!(nearest_alpha(&state, row, &settings), None);
        assert_eq!(other_method(&state, row, &settings), None);
    }
}
