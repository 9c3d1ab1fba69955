//! In: where each stage put one gold passage. Out: its fate. It does not say why, nor what would bring
//! the passage back.
//!
//! The order of the questions is the order of the stages (FIELD.md, "fate of a gold passage"): the first
//! stage that lost the passage answers for it.

use crate::domain::{Fate, Rank};

/// Whether a query's candidate set was reranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RerankState {
    /// There is no reranker: the first stage's list is what is delivered.
    Off,
    /// Every candidate of the query has a score.
    Complete,
    /// Some have none yet, or the reranker failed.
    Incomplete,
}

/// Where each stage put one gold passage. Ranks are `None` where the stage did not return it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldPlace<'a> {
    pub in_corpus: bool,
    /// Ranks in the legs that have a weight, to depth D.
    pub leg_ranks: &'a [Option<Rank>],
    /// Rank in the fused list, to its end.
    pub first: Option<Rank>,
    /// The fused rank had the dense leg been exact; `None` where it is exact.
    pub exact_first: Option<Rank>,
    /// Rank in the reranked candidate set.
    pub reranked: Option<Rank>,
    pub rerank: RerankState,
}

/// The fate of a gold passage with a candidate set of `n` and `k` delivered. `None` while the query's
/// rerank is incomplete or failed: then nothing is said of any of its golds.
pub fn fate(place: &GoldPlace, n: usize, k: usize) -> Option<Fate> {
    let within = |rank: Option<Rank>, cut: usize| rank.is_some_and(|rank| rank as usize <= cut);
    let delivered = match place.rerank {
        RerankState::Off => within(place.first, k),
        RerankState::Complete => within(place.reranked, k),
        RerankState::Incomplete => return None,
    };
    let fate = if !place.in_corpus {
        Fate::MissingFromCorpus
    } else if within(place.first, n) {
        match (within(place.first, k), delivered) {
            (true, true) => Fate::Kept,
            (false, true) => Fate::Rescued,
            (true, false) => Fate::Demoted,
            (false, false) => Fate::NotLifted,
        }
    } else if within(place.exact_first, n) {
        Fate::LostByApproximation
    } else if place.leg_ranks.iter().all(Option::is_none) {
        Fate::NeverRetrieved
    } else if place.leg_ranks.iter().any(|&rank| within(rank, n)) {
        Fate::LostInFusion
    } else {
        Fate::CutAtN
    };
    Some(fate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 50;
    const K: usize = 10;

    fn place(legs: &[Option<Rank>], first: Option<Rank>, reranked: Option<Rank>) -> GoldPlace<'_> {
        GoldPlace {
            in_corpus: true,
            leg_ranks: legs,
            first,
            exact_first: None,
            reranked,
            rerank: RerankState::Complete,
        }
    }

    fn fate_of(place: GoldPlace) -> Option<Fate> {
        fate(&place, N, K)
    }

    #[test]
    fn a_gold_outside_the_corpus_is_not_a_failure_of_retrieval() {
        let missing = GoldPlace { in_corpus: false, ..place(&[None, None], None, None) };
        assert_eq!(fate_of(missing), Some(Fate::MissingFromCorpus));
    }

    #[test]
    fn approximation_answers_before_the_legs_do() {
        // The trap: in no leg, so a naive order says "never retrieved".
        let lost = GoldPlace { exact_first: Some(50), ..place(&[None, None], None, None) };
        assert_eq!(fate_of(lost), Some(Fate::LostByApproximation));
        // And a leg that has it within N does not make it fusion's fault.
        let lost = GoldPlace { exact_first: Some(3), ..place(&[Some(20), None], Some(51), None) };
        assert_eq!(fate_of(lost), Some(Fate::LostByApproximation));
    }

    #[test]
    fn approximation_is_not_to_blame_where_exact_search_loses_it_too() {
        let lost = GoldPlace { exact_first: Some(51), ..place(&[None, None], None, None) };
        assert_eq!(fate_of(lost), Some(Fate::NeverRetrieved));
    }

    #[test]
    fn approximation_that_did_no_harm_is_not_a_loss() {
        let kept = GoldPlace { exact_first: Some(1), ..place(&[Some(2), Some(9)], Some(2), Some(2)) };
        assert_eq!(fate_of(kept), Some(Fate::Kept));
    }

    #[test]
    fn never_retrieved_means_in_no_leg() {
        assert_eq!(fate_of(place(&[None, None], None, None)), Some(Fate::NeverRetrieved));
        assert_eq!(fate_of(place(&[], None, None)), Some(Fate::NeverRetrieved));
    }

    #[test]
    fn fusion_lost_what_one_leg_had_at_n_exactly() {
        assert_eq!(fate_of(place(&[Some(50), None], Some(51), None)), Some(Fate::LostInFusion));
        assert_eq!(fate_of(place(&[Some(51), None], Some(51), None)), Some(Fate::CutAtN));
    }

    #[test]
    fn cut_at_n_is_beyond_n_everywhere() {
        assert_eq!(fate_of(place(&[Some(110), Some(52)], Some(63), None)), Some(Fate::CutAtN));
    }

    #[test]
    fn a_hit_beyond_the_window_is_cut_and_not_never_retrieved() {
        // Leg rank 800 with W = 100: the fused list does not have it at all.
        assert_eq!(fate_of(place(&[Some(800), None], None, None)), Some(Fate::CutAtN));
    }

    #[test]
    fn the_last_candidate_is_a_candidate() {
        assert_eq!(fate_of(place(&[Some(50)], Some(50), Some(11))), Some(Fate::NotLifted));
        assert_eq!(fate_of(place(&[Some(50)], Some(50), Some(10))), Some(Fate::Rescued));
    }

    #[test]
    fn kept_includes_a_passage_that_fell_but_is_still_delivered() {
        assert_eq!(fate_of(place(&[Some(1)], Some(1), Some(10))), Some(Fate::Kept));
        assert_eq!(fate_of(place(&[Some(10)], Some(10), Some(10))), Some(Fate::Kept));
    }

    #[test]
    fn demoted_fell_past_k_and_rescued_rose_to_it() {
        assert_eq!(fate_of(place(&[Some(10)], Some(10), Some(11))), Some(Fate::Demoted));
        assert_eq!(fate_of(place(&[Some(11)], Some(11), Some(10))), Some(Fate::Rescued));
    }

    #[test]
    fn not_lifted_may_have_risen() {
        assert_eq!(fate_of(place(&[Some(40)], Some(40), Some(11))), Some(Fate::NotLifted));
    }

    #[test]
    fn without_a_reranker_the_first_stage_is_final() {
        let off = |first| GoldPlace { rerank: RerankState::Off, ..place(&[Some(1)], Some(first), None) };
        assert_eq!(fate_of(off(10)), Some(Fate::Kept));
        assert_eq!(fate_of(off(11)), Some(Fate::NotLifted));
        assert_eq!(fate_of(off(51)), Some(Fate::LostInFusion));
    }

    #[test]
    fn an_incomplete_rerank_says_nothing_of_any_gold() {
        for first in [Some(1), Some(99), None] {
            let legs = [first];
            let half = GoldPlace { rerank: RerankState::Incomplete, ..place(&legs, first, Some(1)) };
            assert_eq!(fate_of(half), None);
        }
        let missing =
            GoldPlace { in_corpus: false, rerank: RerankState::Incomplete, ..place(&[], None, None) };
        assert_eq!(fate_of(missing), None);
    }

    #[test]
    fn with_k_over_n_every_candidate_is_kept() {
        assert_eq!(fate(&place(&[Some(4)], Some(4), Some(5)), 5, 10), Some(Fate::Kept));
        assert_eq!(fate(&place(&[Some(6)], Some(6), None), 5, 10), Some(Fate::CutAtN));
    }

    #[test]
    fn a_candidate_set_of_none_loses_everything_before_the_reranker() {
        assert_eq!(fate(&place(&[Some(1)], Some(1), None), 0, 10), Some(Fate::CutAtN));
    }
}
