//! The rooms of the screen: which pane stands where at which size. Pure: size in, rectangles out, so
//! that `update` knows the height of a page and `view` draws into the same rooms.

use ratatui::layout::{Constraint, Layout as Split, Rect};

use super::state::{Pane, View};

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
/// Of the query list for an audience: mark and identifier.
const PRESENTED_QUERIES: u16 = 14;

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

/// A plot of the curves view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// recall@N by leg and fused.
    Recall,
    /// The metric over α.
    Alpha,
    /// The metric over α x N, by method.
    Heat,
    /// What more candidates buy and take, against the budget of time.
    Budget,
}

impl Plot {
    pub const ALL: [Self; 4] = [Self::Recall, Self::Alpha, Self::Heat, Self::Budget];

    pub fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|&plot| plot == self).unwrap_or(0) as isize;
        Self::ALL[(at + by).rem_euclid(Self::ALL.len() as isize) as usize]
    }
}

/// What the rooms are to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wants {
    pub view: View,
    /// The pane that a narrow screen shows.
    pub list: Pane,
    /// The tab that is open where tabs are.
    pub detail: Detail,
    /// The plot that is shown where not all have room.
    pub plot: Plot,
    /// Lines of the knob panel or of an open list; 0: neither is there.
    pub dock: usize,
    /// Whether the lists are to have the room of the queries.
    pub presenter: bool,
    /// Whether there is one list only, beside the passage in full: one judges without what could sway.
    pub blind: bool,
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
    /// Whether `details` or `plots` is a single box with tabs.
    pub tabs: bool,
    /// The knob panel, or a list to choose from, in the place of the details.
    pub dock: Option<Rect>,
    pub plots: Vec<(Plot, Rect)>,
    /// Of a view that is a table.
    pub table: Option<TableRooms>,
}

/// The rooms of a view that is a table. What does not fit is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableRooms {
    /// Lines above the table: what the whole comes to.
    pub head: Option<Rect>,
    pub table: Rect,
    /// Beside the table.
    pub side: Option<Rect>,
    /// Lines under the table that add it up.
    pub strip: Option<Rect>,
    /// What the row under the cursor is made of.
    pub below: Option<Rect>,
    /// Beside that.
    pub corner: Option<Rect>,
}

impl Layout {
    pub fn of(width: u16, height: u16, wants: Wants) -> Self {
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
            dock: None,
            plots: Vec::new(),
            table: None,
        };
        if fit == Fit::TooSmall {
            return layout;
        }
        let body = layout.split_dock(body, wants.dock);
        let docked = layout.dock.is_some();
        match (wants.view, fit) {
            (View::Query, _) if wants.blind => layout.split_blind(body, wants.list),
            (View::Curves, _) => layout.split_plots(body, wants.plot),
            (View::Collection | View::Languages | View::Compare | View::Passages, _) => {
                layout.table = Some(TableRooms::of(body, wants.view));
            }
            (View::Query, Fit::TooSmall | Fit::Narrow) => {
                layout.split_narrow(body, wants.list, wants.detail, docked);
            }
            (View::Query, Fit::Medium) => layout.split_medium(body, wants.detail, docked),
            (View::Query, Fit::Wide) => layout.split_wide(body, docked, wants.presenter),
        }
        layout
    }

    /// Takes the room of the dock from the lower end; what it is about stays in sight above it.
    fn split_dock(&mut self, body: Rect, lines: usize) -> Rect {
        if lines == 0 {
            return body;
        }
        let wanted = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
        let least_above = if body.height >= 14 { body.height * 9 / 20 } else { 0 };
        let [above, dock] = rows(body, wanted.min(body.height - least_above));
        self.dock = Some(dock);
        above
    }

    /// All plots, or two, or one with tabs.
    fn split_plots(&mut self, body: Rect, plot: Plot) {
        if body.height == 0 {
            return;
        }
        if body.height >= 38 && body.width >= 150 {
            let [top, bottom] = rows(body, body.height * 2 / 5);
            let [left, right] = Split::horizontal([Constraint::Fill(2), Constraint::Fill(3)]).areas(top);
            let [heat, budget] = Split::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(bottom);
            self.plots =
                vec![(Plot::Recall, left), (Plot::Alpha, right), (Plot::Heat, heat), (Plot::Budget, budget)];
        } else if body.height >= 26 {
            let [top, bottom] = rows(body, body.height / 2);
            self.plots = vec![(plot, top), (plot.step(1), bottom)];
        } else {
            self.plots = vec![(plot, body)];
            self.tabs = true;
        }
    }

    /// The passage has the most room: it is what one judges.
    fn split_blind(&mut self, body: Rect, list: Pane) {
        let (left, passage) = match self.fit {
            Fit::Wide => {
                let queries = (body.width / 5).clamp(22, 36);
                let [queries, list, passage] = Split::horizontal([
                    Constraint::Length(queries),
                    Constraint::Fill(2),
                    Constraint::Fill(3),
                ])
                .areas(body);
                self.queries = Some(queries);
                (list, passage)
            }
            Fit::Medium => {
                let [left, passage] =
                    Split::horizontal([Constraint::Percentage(40), Constraint::Fill(1)]).areas(body);
                let [list, queries] = rows(left, if left.height >= 12 { left.height * 2 / 5 } else { 0 });
                self.queries = (!queries.is_empty()).then_some(queries);
                (list, passage)
            }
            Fit::Narrow | Fit::TooSmall => rows(body, body.height / 2).into(),
        };
        match (self.fit, list) {
            (Fit::Narrow, Pane::Queries) => self.queries = Some(left),
            _ => self.first = Some(left),
        }
        self.details = vec![(Detail::Passage, passage)];
    }

    fn split_narrow(&mut self, body: Rect, list: Pane, detail: Detail, docked: bool) {
        if body.height == 0 {
            return;
        }
        let details = if body.height >= 13 && !docked { body.height * 2 / 5 } else { 0 };
        let [top, bottom] = rows(body, details);
        match list {
            Pane::First => self.first = Some(top),
            Pane::Reranked => self.reranked = Some(top),
            Pane::Queries | Pane::Knobs => self.queries = Some(top),
        }
        self.show_tabs(bottom, detail);
    }

    fn split_medium(&mut self, body: Rect, detail: Detail, docked: bool) {
        let details = if body.height >= 11 && !docked { (body.height * 2 / 5).clamp(5, 12) } else { 0 };
        let [top, bottom] = rows(body, details);
        self.split_lists(top);
        let [queries, tabs] =
            Split::horizontal([Constraint::Percentage(32), Constraint::Fill(1)]).areas(bottom);
        if bottom.height > 0 {
            self.queries = Some(queries);
        }
        self.show_tabs(tabs, detail);
    }

    fn split_wide(&mut self, body: Rect, docked: bool, presenter: bool) {
        let details = if body.height >= 14 && !docked { (body.height / 3).clamp(6, 16) } else { 0 };
        let [top, bottom] = rows(body, details);
        let queries = if presenter { PRESENTED_QUERIES } else { (top.width / 5).clamp(22, 36) };
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

    /// How many rows the view's table shows: without its frame and its heads.
    pub fn table_page(&self) -> usize {
        usize::from(self.table.map_or(0, |rooms| rooms.table.height.saturating_sub(3)))
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

impl TableRooms {
    fn of(body: Rect, view: View) -> Self {
        let shape = Shape::of(view, body);
        let [head, rest] = Split::vertical([Constraint::Length(shape.head), Constraint::Fill(1)]).areas(body);
        let [rest, below] = rows(rest, shape.below);
        let [rest, strip] = rows(rest, shape.strip);
        let [table, side] =
            Split::horizontal([Constraint::Fill(1), Constraint::Length(shape.side)]).areas(rest);
        let [below, corner] =
            Split::horizontal([Constraint::Fill(1), Constraint::Length(shape.corner)]).areas(below);
        let room = |area: Rect| (!area.is_empty()).then_some(area);
        Self {
            head: room(head),
            table,
            side: room(side),
            strip: room(strip),
            below: room(below),
            corner: room(corner),
        }
    }
}

/// Cells that the rooms around a table take.
#[derive(Default)]
struct Shape {
    head: u16,
    strip: u16,
    below: u16,
    side: u16,
    corner: u16,
}

impl Shape {
    fn of(view: View, body: Rect) -> Self {
        let (width, height) = (body.width, body.height);
        match view {
            View::Query | View::Curves => Self::default(),
            View::Collection => Self {
                strip: if height >= 10 { 3 } else { 0 },
                below: if height >= 24 { (height / 4).clamp(6, 14) } else { 0 },
                side: if width >= 116 { 36 } else { 0 },
                corner: if width >= 100 { width * 2 / 5 } else { 0 },
                head: 0,
            },
            View::Languages => {
                let below = if height >= 14 { height / 2 } else { 0 };
                // A collection of a dozen languages has a matrix of as many columns.
                Self { below, corner: if width >= 100 { width / 2 } else { 0 }, ..Self::default() }
            }
            View::Compare => Self {
                head: if height >= 14 { (height / 3).clamp(7, 12) } else { height.min(5) },
                below: if height >= 24 { (height / 4).clamp(6, 12) } else { 0 },
                ..Self::default()
            },
            View::Passages => Self {
                below: if height >= 14 { (height * 2 / 5).clamp(6, 20) } else { 0 },
                side: if width >= 116 { 34 } else { 0 },
                corner: if width >= 100 { width * 2 / 5 } else { 0 },
                ..Self::default()
            },
        }
    }
}

fn rows(area: Rect, bottom: u16) -> [Rect; 2] {
    Split::vertical([Constraint::Fill(1), Constraint::Length(bottom)]).areas(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: u16, height: u16, list: Pane, detail: Detail) -> Layout {
        Layout::of(width, height, wants(View::Query, list, detail, 0))
    }

    fn wants(view: View, list: Pane, detail: Detail, dock: usize) -> Wants {
        Wants { view, list, detail, plot: Plot::Alpha, dock, presenter: false, blind: false }
    }

    #[test]
    fn what_must_fit_fits() {
        let wide = of(120, 36, Pane::Queries, Detail::Passage);
        assert_eq!((wide.fit, wide.details.len(), wide.tabs), (Fit::Wide, 3, false));
        assert!(wide.page(Pane::First) >= 15, "{}", wide.page(Pane::First));
        let usual = of(80, 24, Pane::Queries, Detail::Passage);
        assert_eq!((usual.fit, usual.tabs), (Fit::Medium, true));
        assert!(usual.first.is_some() && usual.reranked.is_some() && usual.queries.is_some());
        assert!(usual.page(Pane::First) >= 7);
        let narrow = of(60, 20, Pane::Reranked, Detail::Golds);
        assert_eq!(narrow.fit, Fit::Narrow);
        assert!(narrow.first.is_none() && narrow.reranked.is_some());
        for (width, height) in [(39, 40), (200, 11), (0, 0)] {
            assert_eq!(of(width, height, Pane::First, Detail::Passage).fit, Fit::TooSmall);
        }
    }

    #[test]
    fn rooms_stay_within_the_screen() {
        for width in 40..220 {
            for height in 12..70 {
                let screen = Rect::new(0, 0, width, height);
                for (view, dock) in View::ALL.into_iter().flat_map(|view| [(view, 0), (view, 17)]) {
                    let layout = Layout::of(width, height, wants(view, Pane::First, Detail::Curve, dock));
                    let tables =
                        layout.table.map(|t| [Some(t.table), t.head, t.side, t.strip, t.below, t.corner]);
                    let tables = tables.into_iter().flatten().flatten();
                    let rooms = [layout.queries, layout.first, layout.gutter, layout.reranked, layout.dock];
                    let details = layout.details.iter().map(|(_, room)| *room);
                    let plots = layout.plots.iter().map(|(_, room)| *room);
                    for room in rooms.into_iter().flatten().chain(details).chain(plots).chain(tables) {
                        assert_eq!(room.intersection(screen), room, "{width}x{height}");
                    }
                }
            }
        }
    }

    #[test]
    fn plots_share_what_room_there_is() {
        let plots = |width, height, dock| {
            let layout = Layout::of(width, height, wants(View::Curves, Pane::First, Detail::Curve, dock));
            (layout.plots.iter().map(|(plot, _)| *plot).collect::<Vec<_>>(), layout.tabs)
        };
        assert_eq!(plots(80, 24, 0), (vec![Plot::Alpha], true));
        assert_eq!(plots(120, 40, 0), (vec![Plot::Alpha, Plot::Heat], false));
        assert_eq!(plots(200, 60, 0), (Plot::ALL.to_vec(), false));
        assert_eq!(plots(120, 40, 16), (vec![Plot::Alpha], true));
    }

    /// Trap: a panel that covers the lists hides what its knobs do.
    #[test]
    fn lists_stay_in_sight_above_the_panel() {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let layout = Layout::of(width, height, wants(View::Query, Pane::First, Detail::Passage, 16));
            assert!(layout.page(Pane::First) >= 4 && layout.page(Pane::Reranked) >= 4, "{width}x{height}");
            assert!(layout.dock.is_some_and(|dock| dock.height >= 9) && layout.details.is_empty());
        }
    }
}
