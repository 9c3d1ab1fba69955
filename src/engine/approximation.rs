//! What approximate dense search costs: how much of the exact list it has, measured on the judged
//! queries, for which both lists are known.

use super::query_state::QueryState;
use super::snapshot::{Approximation, QueryRow};
use crate::domain::{Ann, Fate};

/// Over the queries whose dense leg is approximate; `None` where there is none. `states` are in the
/// order of `rows`.
pub fn measure<'a>(
    ann: Option<Ann>,
    states: impl Iterator<Item = &'a QueryState>,
    rows: &[QueryRow],
    n: usize,
) -> Option<Approximation> {
    let ef = ann?.ef;
    let (mut sum, mut queries) = (0.0, 0usize);
    for state in states {
        if let Some(recall) = state.approximate_recall(n) {
            sum += recall;
            queries += 1;
        }
    }
    let lost = rows.iter().flat_map(|row| &row.golds);
    let golds_lost = lost.filter(|gold| gold.first_fate == Some(Fate::LostByApproximation)).count();
    (queries > 0).then(|| Approximation { ef, n, recall: sum / queries as f64, queries, golds_lost })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{DocIdx, Hit, LegId};

    fn hits(docs: &[u32]) -> Vec<Hit> {
        docs.iter().map(|&doc| Hit { doc: DocIdx(doc), score: -(doc as f32) }).collect()
    }

    fn state(approximate: &[u32], exact: Option<&[u32]>) -> QueryState {
        let tie_order: Arc<[u32]> = (0..10).collect();
        let mut state = QueryState::typed("q", 2);
        state.set_leg(LegId(1), hits(approximate), exact.map(hits), &tie_order);
        state
    }

    /// Trap: a short approximate list (ef below N) divided by its own length would look whole.
    #[test]
    fn the_share_is_of_the_exact_list() {
        let states = [state(&[0, 2], Some(&[0, 1, 2, 3])), state(&[1, 0, 9], Some(&[0, 1, 2, 3]))];
        let found = measure(Some(Ann { ef: 2 }), states.iter(), &[], 4).unwrap();
        assert_eq!((found.recall, found.queries, found.ef), (0.5, 2, 2));
        let at_one = measure(Some(Ann { ef: 2 }), states.iter(), &[], 1).unwrap();
        assert_eq!(at_one.recall, 0.5, "the first one's head is whole, the second one's is not");
        assert_eq!(measure(None, states.iter(), &[], 4), None);
        assert_eq!(measure(Some(Ann { ef: 2 }), [state(&[0], None)].iter(), &[], 4), None);
    }
}
