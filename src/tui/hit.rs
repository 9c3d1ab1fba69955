//! What lies under the mouse. The view fills a [`HitMap`] while it draws; the runtime turns a mouse event
//! into a [`Pointer`] by it, so that `update` never sees a coordinate.

use ratatui::layout::{Position, Rect};

use crate::domain::{DocIdx, Fate, QueryIdx};

use super::actions::ActionId;
use super::knobs::Knob;
use super::layout::{Detail, Plot};
use super::state::Pane;
use super::tables::languages::LanguageKey;

/// Something on the screen that answers to the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A pane as a whole: focus and wheel.
    Pane(Pane),
    Query(QueryIdx),
    /// The row of the typed query.
    TypedQuery,
    /// A row of a list, by its passage.
    Row(Pane, DocIdx),
    /// A gold in the gold pane.
    Gold(DocIdx),
    /// The gold pane between its rows.
    Golds,
    /// A passage that is shown in part, with so many of its lines above the pane.
    Passage {
        above: usize,
    },
    /// A query that is named elsewhere than in the list of queries, and the passage it is named beside.
    QueryOf(QueryIdx, DocIdx),
    /// The track of a slider; the pointer says how far along.
    Slider(Knob),
    /// A knob's name or value.
    Knob(Knob),
    Tab(Detail),
    PlotTab(Plot),
    /// An axis of N on a log scale, and the plot over it; the pointer says how far along.
    SizeAxis {
        plot: Plot,
        from: usize,
        to: usize,
    },
    /// The axis of α under the curves.
    AlphaAxis,
    /// A cell of the heat map, by its α and N.
    Cell {
        alpha: usize,
        candidates: usize,
    },
    /// The table of the view as a whole: the wheel.
    Table,
    /// The head of a column of the view's table, by its place among the columns.
    Heading(usize),
    /// A row of the view's table, by its place among the rows.
    Line(usize),
    /// The count of a fate in the strip: the filter lets through those that have it.
    FateCount(Fate),
    /// A bar of the histogram of ranks: the filter lets through the queries that have a gold there.
    RankBin {
        bin: usize,
        reranked: bool,
    },
    /// Two languages, of queries and of golds, or one of them: the filter lets through what is of both.
    Languages {
        query: Option<LanguageKey>,
        gold: Option<LanguageKey>,
    },
    /// A bar of the histogram of lengths: the search finds the passages that it counts.
    LengthBin(usize),
    /// A count of passages that the search finds by `is:` and this word.
    Flag(&'static str),
    /// An entry of the open list, by its place among those that match.
    Choice(usize),
    /// The panel, or an open list, between its rows.
    Dock,
    /// An open overlay.
    Overlay,
    /// The states in the header.
    Status,
    /// A key in the footer, by what it does.
    Act(ActionId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    Press,
    Drag,
    WheelUp,
    WheelDown,
}

/// A mouse event in terms of the screen's content.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pointer {
    pub target: Target,
    pub gesture: Gesture,
    /// How far along the target from its left end, 0 to 1.
    pub along: f64,
}

/// The targets of one frame; later ones lie above earlier ones.
#[derive(Debug, Clone, Default)]
pub struct HitMap {
    targets: Vec<(Rect, Target)>,
}

impl HitMap {
    pub fn add(&mut self, area: Rect, target: Target) {
        self.targets.push((area, target));
    }

    /// The uppermost target at a cell, with its area.
    pub fn at(&self, column: u16, row: u16) -> Option<(Rect, Target)> {
        let position = Position::new(column, row);
        self.targets.iter().rev().find(|(area, _)| area.contains(position)).copied()
    }

    /// All of them, the lowest first.
    #[cfg(test)]
    pub fn all(&self) -> impl Iterator<Item = (Rect, Target)> {
        self.targets.iter().copied()
    }

    /// The first target that is one of these, with its area.
    #[cfg(test)]
    pub fn find(&self, is_it: impl Fn(Target) -> bool) -> Option<(Rect, Target)> {
        self.targets.iter().find(|(_, target)| is_it(*target)).copied()
    }

    /// Where a target was drawn.
    #[cfg(test)]
    pub fn area_of(&self, target: Target) -> Option<Rect> {
        self.find(|other| other == target).map(|(area, _)| area)
    }
}

/// How far `column` is along `area`, 0 at its first cell and 1 at its last.
pub fn along(area: Rect, column: u16) -> f64 {
    let last = f64::from(area.width.saturating_sub(1).max(1));
    (f64::from(column.saturating_sub(area.x)) / last).clamp(0.0, 1.0)
}
