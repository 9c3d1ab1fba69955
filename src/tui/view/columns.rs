//! The columns of the two lists: where each stands at a given width. Columns go, least needed first,
//! until identifier and some text fit.

use std::ops::Range;

/// Cells of a rank, of a score, and of the gaps before them.
pub const RANK: u16 = 4;
pub const SCORE: u16 = 6;
pub const LEG: u16 = 6;
/// A rank with a sign before it.
pub const RIVAL: u16 = 6;
/// Sign, space and number.
pub const MOVE: u16 = 5;
const MARK: u16 = 2;
/// Of a mark in words: `★ gold`, and a grade.
const WORDED_MARK: u16 = 9;
/// Of a movement in words: `▲ up 100`.
pub const WORDED_MOVE: u16 = 11;
/// Text narrower than this says nothing.
const LEAST_TEXT: u16 = 8;
const WIDEST_ID: u16 = 16;

/// Left ends, from the left end of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub mark: u16,
    pub rank: u16,
    pub movement: Option<u16>,
    pub score: Option<u16>,
    /// By leg; empty where they do not fit.
    pub legs: Vec<u16>,
    /// By plan that is compared, of the reranked list; empty where they do not fit.
    pub rivals: Vec<u16>,
    pub id: Range<u16>,
    pub text: Range<u16>,
    /// Whether marks and movements are said in words, for an audience.
    pub worded: bool,
}

impl Columns {
    /// Of the first stage's list.
    pub fn first(width: u16, legs: usize, id: u16) -> Self {
        let legs_width = LEG * legs as u16;
        let base = MARK + RANK + 1 + id + 1 + LEAST_TEXT;
        let has_legs = width >= base + legs_width;
        let has_score = width > base + legs_width + SCORE;
        let mut next = MARK + RANK;
        let score = has_score.then(|| take(&mut next, SCORE + 1) + 1);
        let legs = if has_legs { (0..legs).map(|_| take(&mut next, LEG)).collect() } else { Vec::new() };
        Self::rest(width, next, id, None, score, legs)
    }

    /// Of the reranked list, with a rank under each of so many other plans.
    pub fn reranked(width: u16, id: u16, rivals: usize) -> Self {
        let base = MARK + RANK + 2 + MOVE + 1 + id + 1;
        let rivals_width = RIVAL * rivals as u16;
        // Who compares looks at ranks first: they have room before the score and before all of the text.
        let has_rivals = width >= base + rivals_width + LEAST_TEXT / 2;
        let taken = base + LEAST_TEXT + if has_rivals { rivals_width } else { 0 };
        let mut next = MARK + RANK + 2;
        let movement = Some(take(&mut next, MOVE));
        let score = (width > taken + SCORE).then(|| take(&mut next, SCORE + 1) + 1);
        let rivals =
            if has_rivals { (0..rivals).map(|_| take(&mut next, RIVAL)).collect() } else { Vec::new() };
        Self { rivals, ..Self::rest(width, next, id, movement, score, Vec::new()) }
    }

    /// Of either list for an audience: mark, rank and movement in words, identifier and text.
    pub fn presented(width: u16, id: u16, moves: bool) -> Self {
        // Where there is no room for words the signs have to do.
        let worded = width >= WORDED_MARK + RANK + WORDED_MOVE + id + 3 + LEAST_TEXT;
        let (mark, movement) = if worded { (WORDED_MARK, WORDED_MOVE) } else { (MARK, MOVE) };
        let mut next = mark + RANK + if moves { 2 } else { 0 };
        let movement = moves.then(|| take(&mut next, movement));
        let rest = Self::rest(width, next, id, movement, None, Vec::new());
        Self { rank: mark, worded, ..rest }
    }

    fn rest(
        width: u16,
        next: u16,
        id: u16,
        movement: Option<u16>,
        score: Option<u16>,
        legs: Vec<u16>,
    ) -> Self {
        let id_start = (next + 2).min(width);
        let id_end = (id_start + id).min(width);
        let text_start = (id_end + 1).min(width);
        Self {
            mark: 0,
            rank: MARK,
            movement,
            score,
            legs,
            rivals: Vec::new(),
            id: id_start..id_end,
            text: text_start..width,
            worded: false,
        }
    }
}

fn take(next: &mut u16, width: u16) -> u16 {
    let at = *next;
    *next += width;
    at
}

/// The width of the identifier column in a list of `width` cells.
pub fn id_width(widest: usize, width: u16) -> u16 {
    u16::try_from(widest).unwrap_or(u16::MAX).clamp(2, WIDEST_ID.min(width / 3).max(2))
}
