//! The rooms of the screen: which pane stands where at which size. Pure: size in, rectangles out, so
//! that `update` knows the height of a page and `view` draws into the same rooms.

use ratatui::layout::{Constraint, Layout as Split, Rect};

use super::state::Pane;

/// What fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Below [`MIN_WIDTH`] x [`MIN_HEIGHT`]: nothing but a line that says so.
    TooSmall,
    /// One list at a time.
    Narrow,
    /// Two lists side by side; details fold into tabs.
    Medium,
    /// Everything at once.
    Wide,
}

pub const MIN_WIDTH: u16 = 40;
pub const MIN_HEIGHT: u16 = 12;
const NARROW_MAX: u16 = 60;
const WIDE_MIN: u16 = 100;
/// Columns between the two lists, for the line that joins a row with its twin.
const GUTTER: u16 = 3;

/// What can stand below the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Passage,
    Golds,
    Curve,
}

impl Detail {
    pub const ALL: [Self; 3] = [Self::Passage, Self::Golds, Self::Curve];

    pub fn next(self) -> Self {
        match self {
            Self::Passage => Self::Golds,
            Self::Golds => Self::Curve,
            Self::Curve => Self::Passage,
        }
    }
}

/// The rooms of one frame. A room that does not fit is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub fit: Fit,
    pub header: Rect,
    pub metrics: Rect,
    pub knobs: Rect,
    pub verdict: Rect,
    pub footer: Rect,
    pub queries: Option<Rect>,
    pub first: Option<Rect>,
    pub gutter: Option<Rect>,
    pub reranked: Option<Rect>,
    pub details: Vec<(Detail, Rect)>,
    /// Whether `details` is a single box with tabs.
    pub tabs: bool,
}

impl Layout {
    /// `list` is the pane that a narrow screen shows, `detail` the tab that is open where tabs are.
    pub fn of(width: u16, height: u16, list: Pane, detail: Detail) -> Self {
        let fit = match (width, height) {
            (w, h) if w < MIN_WIDTH || h < MIN_HEIGHT => Fit::TooSmall,
            (w, _) if w <= NARROW_MAX => Fit::Narrow,
            (w, _) if w < WIDE_MIN => Fit::Medium,
            _ => Fit::Wide,
        };
        // The verdict comes first in the eye: it gets a second line wherever there is one to spare.
        let verdict_height = if height >= 20 { 2 } else { 1 };
        let [header, body, metrics, knobs, verdict, footer] = Split::vertical([
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(verdict_height),
            Constraint::Length(1),
        ])
        .areas(Rect::new(0, 0, width, height));
        let mut layout = Self {
            fit,
            header,
            metrics,
            knobs,
            verdict,
            footer,
            queries: None,
            first: None,
            gutter: None,
            reranked: None,
            details: Vec::new(),
            tabs: false,
        };
        match fit {
            Fit::TooSmall => {}
            Fit::Narrow => layout.split_narrow(body, list, detail),
            Fit::Medium => layout.split_medium(body, detail),
            Fit::Wide => layout.split_wide(body),
        }
        layout
    }

    fn split_narrow(&mut self, body: Rect, list: Pane, detail: Detail) {
        let details = if body.height >= 13 { body.height * 2 / 5 } else { 0 };
        let [top, bottom] = rows(body, details);
        match list {
            Pane::First => self.first = Some(top),
            Pane::Reranked => self.reranked = Some(top),
            Pane::Queries | Pane::Knobs => self.queries = Some(top),
        }
        self.show_tabs(bottom, detail);
    }

    fn split_medium(&mut self, body: Rect, detail: Detail) {
        let details = if body.height >= 11 { (body.height * 2 / 5).clamp(5, 12) } else { 0 };
        let [top, bottom] = rows(body, details);
        self.split_lists(top);
        let [queries, tabs] =
            Split::horizontal([Constraint::Percentage(32), Constraint::Fill(1)]).areas(bottom);
        if bottom.height > 0 {
            self.queries = Some(queries);
        }
        self.show_tabs(tabs, detail);
    }

    fn split_wide(&mut self, body: Rect) {
        let details = if body.height >= 14 { (body.height / 3).clamp(6, 16) } else { 0 };
        let [top, bottom] = rows(body, details);
        let queries = (top.width / 5).clamp(22, 36);
        let [left, right] = Split::horizontal([Constraint::Length(queries), Constraint::Fill(1)]).areas(top);
        self.queries = Some(left);
        self.split_lists(right);
        if bottom.height == 0 {
            return;
        }
        let [passage, golds, curve] =
            Split::horizontal([Constraint::Fill(19), Constraint::Fill(17), Constraint::Fill(14)])
                .areas(bottom);
        self.details = vec![(Detail::Passage, passage), (Detail::Golds, golds), (Detail::Curve, curve)];
    }

    fn split_lists(&mut self, area: Rect) {
        let [first, gutter, reranked] =
            Split::horizontal([Constraint::Fill(1), Constraint::Length(GUTTER), Constraint::Fill(1)])
                .areas(area);
        self.first = Some(first);
        self.gutter = Some(gutter);
        self.reranked = Some(reranked);
    }

    fn show_tabs(&mut self, area: Rect, detail: Detail) {
        if area.height > 0 {
            self.details = vec![(detail, area)];
            self.tabs = true;
        }
    }

    /// How many rows of content a pane shows: without its frame and, in the lists, its column heads.
    pub fn page(&self, pane: Pane) -> usize {
        let (area, frame) = match pane {
            Pane::Queries => (self.queries, 2),
            Pane::First => (self.first, 3),
            Pane::Reranked => (self.reranked, 3),
            Pane::Knobs => (None, 0),
        };
        usize::from(area.map_or(0, |area| area.height.saturating_sub(frame)))
    }
}

fn rows(area: Rect, bottom: u16) -> [Rect; 2] {
    Split::vertical([Constraint::Fill(1), Constraint::Length(bottom)]).areas(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_fit_fits() {
        let wide = Layout::of(120, 36, Pane::Queries, Detail::Passage);
        assert_eq!((wide.fit, wide.details.len(), wide.tabs), (Fit::Wide, 3, false));
        assert!(wide.page(Pane::First) >= 15, "{}", wide.page(Pane::First));
        let usual = Layout::of(80, 24, Pane::Queries, Detail::Passage);
        assert_eq!((usual.fit, usual.tabs), (Fit::Medium, true));
        assert!(usual.first.is_some() && usual.reranked.is_some() && usual.queries.is_some());
        assert!(usual.page(Pane::First) >= 7);
        let narrow = Layout::of(60, 20, Pane::Reranked, Detail::Golds);
        assert_eq!(narrow.fit, Fit::Narrow);
        assert!(narrow.first.is_none() && narrow.reranked.is_some());
        for (width, height) in [(39, 40), (200, 11), (0, 0)] {
            assert_eq!(Layout::of(width, height, Pane::First, Detail::Passage).fit, Fit::TooSmall);
        }
    }

    #[test]
    fn rooms_stay_within_the_screen() {
        for width in 40..220 {
            for height in 12..70 {
                let layout = Layout::of(width, height, Pane::First, Detail::Curve);
                let screen = Rect::new(0, 0, width, height);
                let rooms = [layout.queries, layout.first, layout.gutter, layout.reranked];
                for room in rooms.into_iter().flatten().chain(layout.details.iter().map(|(_, room)| *room)) {
                    assert_eq!(room.intersection(screen), room, "{width}x{height}");
                }
            }
        }
    }
}
