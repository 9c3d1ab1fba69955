//! The rows of the two lists as they are drawn and walked over. Pure sums over a [`FocusView`]: nothing
//! here knows a cell or a style.

use std::ops::Range;

use crate::domain::{DocIdx, Fate};
use crate::engine::{FocusView, GoldRow, QueryRow};

use super::state::Pane;

/// A line below the candidates of the first stage's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailLine {
    /// The cut at N.
    Cut,
    /// A gold beyond N, by its place in `below`.
    Lost(usize),
    /// A gold that the fused list does not have, by its place in `golds`.
    Absent(usize),
    /// Why a gold was lost and what brings it in, by its place in `golds`.
    Remedy(usize),
}

/// Everything below the candidates: the cut, the golds beyond it, the golds in no list. Each with its
/// remedy, unless that takes more than a third of a pane of `height` rows.
pub fn tail(view: &FocusView, height: usize) -> Vec<TailLine> {
    let mut lines = vec![TailLine::Cut];
    for (at, row) in view.below.iter().enumerate() {
        lines.push(TailLine::Lost(at));
        let gold = view.golds.iter().position(|gold| gold.doc == Some(row.doc));
        lines.extend(gold.filter(|&gold| has_remedy(view, gold)).map(TailLine::Remedy));
    }
    for (at, _) in absent(view) {
        lines.push(TailLine::Absent(at));
        lines.extend(has_remedy(view, at).then_some(TailLine::Remedy(at)));
    }
    if lines.len() > height.saturating_sub(view.first.len()).max(height / 3) {
        lines.retain(|line| !matches!(line, TailLine::Remedy(_)));
    }
    lines
}

fn has_remedy(view: &FocusView, gold: usize) -> bool {
    view.golds.get(gold).is_some_and(|gold| !gold.remedy.is_empty())
}

/// Golds that are in neither part of the first stage's list, once their fate is known.
fn absent(view: &FocusView) -> impl Iterator<Item = (usize, &GoldRow)> {
    view.golds.iter().enumerate().filter(|(_, gold)| {
        gold.fused.is_none()
            && known_fate(gold).is_some()
            && !view.below.iter().any(|row| gold.doc == Some(row.doc))
    })
}

/// The passages that the cursor can stand on, from the top.
pub fn passages(view: &FocusView, pane: Pane) -> Vec<DocIdx> {
    match pane {
        Pane::Reranked => view.reranked.iter().map(|row| row.doc).collect(),
        _ => {
            let listed = view.first.iter().chain(&view.below).map(|row| row.doc);
            listed.chain(absent(view).filter_map(|(_, gold)| gold.doc)).collect()
        }
    }
}

/// Whether a passage is a gold of the query.
pub fn is_gold(view: &FocusView, doc: DocIdx) -> bool {
    view.golds.iter().any(|gold| gold.doc == Some(doc))
}

/// What of the first stage's list is in sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstWindow {
    /// Places in `FocusView::first`.
    pub candidates: Range<usize>,
    /// The lines below them; they stay at the lower end of the pane, so that what was lost is always in
    /// sight.
    pub tail: Vec<TailLine>,
}

/// What of the first stage's list a pane of `height` rows shows when its candidates are scrolled to
/// `scroll`. `cursor` is kept in sight when it stands in the tail.
pub fn first_window(view: &FocusView, height: usize, scroll: usize, cursor: Option<DocIdx>) -> FirstWindow {
    let lines = tail(view, height);
    let tail_height = tail_height(view, &lines, height);
    let head_height = height - tail_height;
    let start = scroll.min(view.first.len().saturating_sub(head_height));
    let at = lines.iter().position(|line| cursor.is_some() && tail_passage(view, *line) == cursor);
    // The cut stays; the golds below it scroll, each with its remedy.
    let room = tail_height.saturating_sub(1);
    let skipped = at.map_or(0, |at| (at + 1).saturating_sub(room)).min(lines.len().saturating_sub(1 + room));
    let mut shown: Vec<TailLine> = lines.iter().take(1).copied().collect();
    shown.extend(lines.iter().skip(1 + skipped).take(room));
    shown.truncate(tail_height);
    FirstWindow { candidates: start..(start + head_height).min(view.first.len()), tail: shown }
}

/// The nearest scroll that has line `at` in a page.
pub fn scrolled_to(at: usize, scroll: usize, page: usize) -> usize {
    scroll.min(at).max((at + 1).saturating_sub(page.max(1)))
}

fn tail_height(view: &FocusView, lines: &[TailLine], height: usize) -> usize {
    let free = height.saturating_sub(view.first.len());
    // In the smallest pane, too, one gold is seen below the cut.
    let least = if height >= 3 { 2 } else { 0 };
    lines.len().min((height * 9 / 20).max(free).max(least)).min(height)
}

/// How many candidates are in sight at once.
pub fn head_height(view: &FocusView, height: usize) -> usize {
    height - tail_height(view, &tail(view, height), height)
}

/// The passage of a line below the cut.
pub fn tail_passage(view: &FocusView, line: TailLine) -> Option<DocIdx> {
    match line {
        TailLine::Lost(at) => view.below.get(at).map(|row| row.doc),
        TailLine::Absent(at) => view.golds.get(at).and_then(|gold| gold.doc),
        TailLine::Cut | TailLine::Remedy(_) => None,
    }
}

/// A line of the reranked list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RerankedLine {
    Row(usize),
    /// The cut at k.
    Cut,
}

/// The reranked list with its cut after `deliver` rows.
pub fn reranked_lines(view: &FocusView, deliver: usize) -> impl Iterator<Item = RerankedLine> + use<> {
    let rows = view.reranked.len();
    (0..rows).flat_map(move |row| {
        let cut = (row == deliver && row > 0).then_some(RerankedLine::Cut);
        cut.into_iter().chain([RerankedLine::Row(row)])
    })
}

/// The line of a row of the reranked list.
pub fn reranked_line_of(row: usize, deliver: usize) -> usize {
    if row >= deliver && deliver > 0 { row + 1 } else { row }
}

/// What a query's row in the list says at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryMark {
    /// No judgments, or none that says relevant.
    NoGolds,
    /// The answer is not there yet.
    Waiting,
    /// The worst fate among its golds.
    Worst(Fate),
}

/// What is certain about a gold: its fate; while the second stage is not complete, that it never gets
/// there; and where the second stage will not come, what the first one did.
pub fn known_fate(gold: &GoldRow) -> Option<Fate> {
    let certain = |fate: &Fate| !gold.awaits_rerank || fate.is_lost_before_rerank();
    gold.fate.or(gold.first_fate.filter(certain))
}

/// The mark of a query; `row` is `None` for one without judgments.
pub fn query_mark(row: Option<&QueryRow>) -> QueryMark {
    let Some(row) = row.filter(|row| !row.golds.is_empty()) else { return QueryMark::NoGolds };
    let fates = row.golds.iter().map(|gold| known_fate(gold).map(severity)).collect::<Option<Vec<_>>>();
    fates
        .and_then(|fates| fates.into_iter().max())
        .map_or(QueryMark::Waiting, |(_, fate)| QueryMark::Worst(fate))
}

/// From best to worst.
pub fn severity(fate: Fate) -> (u8, Fate) {
    let rank = match fate {
        Fate::Kept => 0,
        Fate::Rescued => 1,
        Fate::NotLifted => 2,
        Fate::Demoted => 3,
        Fate::CutAtN => 4,
        Fate::LostInFusion => 5,
        Fate::LostByApproximation => 6,
        Fate::NeverRetrieved => 7,
        Fate::MissingFromCorpus => 8,
    };
    (rank, fate)
}
