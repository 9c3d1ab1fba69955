//! In: the legs' ranked lists of one query. Out: the pool, one row per passage that any leg returned,
//! with each leg's rank and score beside it. It fuses nothing and drops nothing.
//!
//! Columns, not rows of structs: fusing walks one leg's list from its best to its last hit and adds what
//! each says to its row, and that walk is what has to be fast when a thousand queries are fused again on one
//! key press. It meets what a leg returned and nothing else.
//!
//! Rows are in the order of equal scores, so between two rows of one score the smaller number comes first
//! and nobody has to look an id up.

use std::sync::Arc;

use super::normalise::extremes;
use crate::domain::{DocIdx, Hit, LegHit, Rank, Score};

/// The rank column's value where the leg did not return the passage.
pub(super) const NOT_RETURNED: Rank = 0;

/// One leg's list over the rows of the pool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LegColumns {
    /// By pool row; 0: not returned.
    pub(super) ranks: Vec<Rank>,
    /// By place in the leg's list, the best first: the pool row. A passage's second place points behind the
    /// last row.
    rows: Rows,
    /// As long as `rows`: the scores.
    listed: Vec<Score>,
    /// Whether no score is above the one before it: so with every leg that orders by its scores.
    descends: bool,
}

/// Pool rows in as few bytes as the pool's length allows: what fusing costs is mostly fetching them.
#[derive(Debug, Clone, PartialEq)]
enum Rows {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

/// A leg's first hits in list order: their pool rows, however they are kept.
pub(super) enum RowSlice<'a> {
    Narrow(&'a [u16]),
    Wide(&'a [u32]),
}

/// All passages that any leg returned for one query, the greatest id bytes first: the order of equal scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pool {
    docs: Vec<DocIdx>,
    /// Of the corpus: by [`DocIdx`], the passage's place in the order of equal scores.
    tie_order: Arc<[u32]>,
    legs: Vec<LegColumns>,
}

impl Pool {
    /// Aligns the legs' lists. A list is in its final order: the hit at position `i` gets rank `i + 1`;
    /// should a passage stand in it twice, the better place counts. `tie_order` is indexed by
    /// [`DocIdx`] and must cover every hit.
    pub fn align(legs: &[impl AsRef<[Hit]>], tie_order: &Arc<[u32]>) -> Self {
        let hits = || legs.iter().flat_map(AsRef::as_ref);
        let mut rows: Vec<(u32, DocIdx)> = hits().map(|hit| (tie_order[hit.doc.index()], hit.doc)).collect();
        rows.sort_unstable();
        rows.dedup();
        let (ties, docs): (Vec<u32>, Vec<DocIdx>) = rows.into_iter().unzip();
        let row = |doc: DocIdx| ties.partition_point(|&tie| tie < tie_order[doc.index()]);
        let legs = legs.iter().map(|hits| LegColumns::of(hits.as_ref(), docs.len(), row)).collect();
        Self { docs, tie_order: Arc::clone(tie_order), legs }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.docs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
    }

    /// Number of legs, those that returned nothing included.
    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    pub fn doc(&self, row: usize) -> DocIdx {
        self.docs[row]
    }

    /// The passages of all rows.
    pub fn docs(&self) -> &[DocIdx] {
        &self.docs
    }

    /// Where the leg put the passage of this row; `None`: not returned.
    pub fn hit(&self, row: usize, leg: usize) -> Option<LegHit> {
        let columns = &self.legs[leg];
        let rank = columns.ranks[row];
        (rank != NOT_RETURNED).then(|| LegHit { rank, score: columns.listed[rank as usize - 1] })
    }

    /// The row of a passage; `None`: no leg returned it. A binary search.
    pub fn row_of(&self, doc: DocIdx) -> Option<usize> {
        let place = |doc: DocIdx| self.tie_order[doc.index()];
        let tie = *self.tie_order.get(doc.index())?;
        self.docs.binary_search_by_key(&tie, |&doc| place(doc)).ok()
    }

    pub(super) fn columns(&self, leg: usize) -> &LegColumns {
        &self.legs[leg]
    }
}

impl LegColumns {
    /// Length of the leg's list.
    pub(super) fn len(&self) -> usize {
        self.listed.len()
    }

    /// The scores of the leg's first `window` hits, in list order.
    pub(super) fn scores(&self, window: u32) -> &[Score] {
        &self.listed[..self.len().min(window as usize)]
    }

    /// Their pool rows.
    pub(super) fn rows(&self, window: u32) -> RowSlice<'_> {
        let within = self.len().min(window as usize);
        match &self.rows {
            Rows::Narrow(rows) => RowSlice::Narrow(&rows[..within]),
            Rows::Wide(rows) => RowSlice::Wide(&rows[..within]),
        }
    }

    /// The least and the greatest score of the leg's first `window`; infinities the wrong way round where
    /// there is none.
    pub(super) fn extremes(&self, window: u32) -> (Score, Score) {
        match self.scores(window) {
            &[greatest, .., least] if self.descends => (least, greatest),
            scores => extremes(scores),
        }
    }

    /// Over a pool of `len` rows, `row(doc)` the passage's.
    fn of(hits: &[Hit], len: usize, row: impl Fn(DocIdx) -> usize) -> Self {
        let mut ranks = vec![NOT_RETURNED; len];
        let mut rows: Vec<u32> = Vec::with_capacity(hits.len());
        for (rank, hit) in (1..).zip(hits) {
            debug_assert!(!hit.score.is_nan(), "NaN is refused where it enters");
            let row = row(hit.doc);
            let again = ranks[row] != NOT_RETURNED;
            if !again {
                ranks[row] = rank;
            }
            rows.push(if again { len } else { row } as u32);
        }
        Self {
            ranks,
            rows: match u16::try_from(len) {
                Ok(_) => Rows::Narrow(rows.into_iter().map(|row| row as u16).collect()),
                Err(_) => Rows::Wide(rows),
            },
            listed: hits.iter().map(|hit| hit.score).collect(),
            descends: hits.is_sorted_by(|before, after| before.score >= after.score),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(list: &[(u32, f32)]) -> Vec<Hit> {
        list.iter().map(|&(doc, score)| Hit { doc: DocIdx(doc), score }).collect()
    }

    #[test]
    fn a_row_keeps_what_each_leg_said_and_what_it_did_not_say() {
        let ties: Arc<[u32]> = (0..8).rev().collect();
        let pool = Pool::align(&[hits(&[(7, 3.0), (2, 1.0)]), hits(&[(2, 0.9)]), vec![]], &ties);
        assert_eq!((pool.len(), pool.legs()), (2, 3));
        assert_eq!(pool.docs(), [DocIdx(7), DocIdx(2)], "in the order of equal scores");
        let row = pool.row_of(DocIdx(2)).unwrap();
        assert_eq!(pool.hit(row, 0), Some(LegHit { rank: 2, score: 1.0 }));
        assert_eq!(pool.hit(row, 1), Some(LegHit { rank: 1, score: 0.9 }));
        assert_eq!(pool.hit(row, 2), None);
        assert_eq!(pool.hit(pool.row_of(DocIdx(7)).unwrap(), 1), None, "not returned is not a score of 0");
        assert_eq!((pool.row_of(DocIdx(3)), pool.row_of(DocIdx(8))), (None, None));
    }

    #[test]
    fn a_passage_twice_in_a_leg_keeps_its_better_place() {
        let pool = Pool::align(&[hits(&[(1, 3.0), (0, 2.0), (1, 1.0)])], &Arc::from([1, 0]));
        assert_eq!(pool.hit(0, 0), Some(LegHit { rank: 1, score: 3.0 }));
    }

    /// Trap: taking the ends of a list for its extremes where a leg orders by something else than its scores.
    #[test]
    fn extremes_are_those_of_the_window_in_whatever_order_the_list_is() {
        let of = |list: &[(u32, f32)], window| {
            Pool::align(&[hits(list)], &(0..9).collect()).columns(0).extremes(window)
        };
        assert_eq!(of(&[(0, 3.0), (1, 2.0), (2, -1.0)], 9), (-1.0, 3.0));
        assert_eq!(of(&[(0, 3.0), (1, 2.0), (2, -1.0)], 2), (2.0, 3.0));
        assert_eq!(of(&[(0, 2.0), (1, 3.0), (2, -1.0), (3, 0.0)], 9), (-1.0, 3.0));
        assert_eq!(of(&[(0, 2.0), (1, 3.0)], 1), (2.0, 2.0));
        assert_eq!(of(&[], 9), (Score::INFINITY, Score::NEG_INFINITY));
    }

    #[test]
    fn no_legs_and_empty_legs_make_an_empty_pool() {
        let none = Arc::default();
        assert!(Pool::align(&[] as &[Vec<Hit>], &none).is_empty());
        let empty = Pool::align(&[Vec::<Hit>::new(), vec![]], &none);
        assert_eq!((empty.len(), empty.row_of(DocIdx(0))), (0, None));
    }
}
