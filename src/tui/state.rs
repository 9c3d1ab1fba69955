//! Everything the screen remembers, as plain data. `update` changes it, `view` draws it.

mod place;
mod spot;

use std::sync::Arc;

use tui_input::Input;

use crate::corpus::{Collection, Reading};
use crate::domain::{DocIdx, LegId, LegName, QueryIdx, SecondStage, Settings};
use crate::engine::{Focus, Question, Snapshot};

use crate::tune::Goal;

use super::actions::{ActionId, key_of};
use super::demo::{Script, Tour, caption};
use super::history::History;
use super::judged::{Judgments, Pool};
use super::knobs::{self, Knob, Scope};
use super::layout::{Detail, Layout, Plot, Wants};
use super::picker::{self, Picker, Shelf};
use super::tables::Tables;
use super::theme::Look;
use super::{Files, Ground, Options, Restored};

pub use place::{Mode, Pane, View};
pub use spot::Spot;

/// The passage under the cursor. Both lists share it: what is marked in one is marked in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub doc: Option<DocIdx>,
    /// Where it stood in the list when it was last seen there, should the passage leave the list.
    pub place: usize,
    /// Whether the user put it there. If not, it goes to the first gold as soon as one is listed.
    pub chosen: bool,
}

/// The first row in sight of each list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scroll {
    pub queries: usize,
    pub first: usize,
    pub reranked: usize,
    /// Lines of a passage that the wheel left above its pane; of another passage, none.
    pub passage: (Option<DocIdx>, usize),
    /// Golds of a query, likewise.
    pub golds: (Option<QueryIdx>, usize),
}

/// One line for the person, in the footer's place until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_error: bool,
}

#[derive(Debug, Clone)]
pub struct State {
    /// Columns and rows that there are for everything but a tour's caption.
    pub size: (u16, u16),
    pub look: Look,
    /// What the terminal draws on.
    pub ground: Ground,
    /// The name of the theme.
    pub theme: String,
    /// The collection's name until it is open.
    pub title: String,
    /// How far its reading is, until it is open.
    pub reading: Option<Reading>,
    pub collection: Option<Arc<Collection>>,
    /// Cells of the widest identifier of a passage: the lists keep their columns from query to query.
    pub widest_id: usize,
    /// How many languages its passages are in.
    pub languages: usize,
    pub snapshot: Option<Arc<Snapshot>>,
    /// The metric for which other settings are tried.
    pub goal: Goal,
    /// The legs of the first stage.
    pub legs: Vec<LegName>,
    /// The knobs as turned; `Snapshot::settings` says what the lists answer.
    pub settings: Settings,
    /// The leg whose weight ← and → turn where α does not decide.
    pub leg: LegId,
    /// Second stages that are held against that of the settings.
    pub rivals: Vec<SecondStage>,
    /// The question about money that was answered last.
    pub answered: Option<Arc<Question>>,
    /// What a reset goes back to.
    pub settings_at_start: Settings,
    /// Of the newest request.
    pub generation: u64,
    /// What the newest request wants explained.
    pub inspected: Option<DocIdx>,
    /// The passage whose place in every query's list the newest request wants.
    pub traced: Option<DocIdx>,
    /// The passage that another one is to be held against.
    pub held: Option<DocIdx>,
    /// A jump to the next lost gold has gone to another query: whether its first one is sought, or its last.
    pub seek_lost: Option<bool>,
    /// Whether the first stage's list goes on below the cut at N.
    pub whole: bool,

    pub view: View,
    /// Rows, cursor and order of the views that are tables.
    pub tables: Tables,
    /// Whether the second of two rooms under a table is shown, where not both fit.
    pub other_tab: bool,
    /// The plot that is shown where not all have room.
    pub plot: Plot,
    /// The method whose heat map is shown, by its place in it.
    pub heat_method: usize,
    /// Whether the heat map is of the first stage's list although there is a reranked one.
    pub heat_first: bool,
    /// Where the mouse points on a plot.
    pub hover: Option<Spot>,
    /// Where keys read values off a plot of the curves view.
    pub crosshair: Option<Spot>,
    /// Whether the panel of all knobs is open.
    pub panel: bool,
    /// The first row in sight of the panel, or of the list that is open; `None` where neither is.
    pub dock_scroll: Option<usize>,
    pub picker: Picker,

    pub pane: Pane,
    /// The pane that was last focused and is not the knob bar: what a narrow screen shows.
    pub list: Pane,
    pub mode: Mode,
    pub knob: Knob,
    pub detail: Detail,
    /// Whether the passage's room shows states, warnings and costs.
    pub messages: bool,
    /// Whether the two lists scroll together.
    pub linked: bool,
    pub mouse: bool,

    /// The query of the collection that is shown, or that one goes back to after a typed one.
    pub query: Option<QueryIdx>,
    /// Queries that the filter lets through, in file order.
    pub queries: Vec<QueryIdx>,
    pub filter: Input,
    /// A query of one's own; `Some` while its lists are shown.
    pub typed: Option<String>,
    pub ask: Input,
    pub number: Input,

    pub cursor: Cursor,
    pub scroll: Scroll,
    /// First line in sight of an open overlay.
    pub overlay_scroll: usize,
    pub notice: Option<Notice>,
    /// The last thing that went wrong, in full: a line may be too short for it.
    pub trouble: Option<String>,
    /// The tour under way.
    pub tour: Option<Tour>,
    /// The tour that a key begins.
    pub script: Option<Arc<Script>>,
    /// Fewer columns and larger marks, for an audience.
    pub presenter: bool,
    /// Whether it is asked how a picture of the screen is to be written.
    pub picturing: bool,

    pub history: History,
    /// What the lists to choose from are made of.
    pub shelf: Shelf,
    pub files: Files,
    /// What is to be shown first; taken when the collection is open.
    pub restored: Option<Restored>,
    /// The name that is typed for a preset.
    pub name: Input,
    /// Whether something is looked for in what is open, and what.
    pub finding: bool,
    pub find: Input,
    /// The line of the match that one stands on.
    pub found_at: Option<usize>,
    /// Whether long lines of the open passage are wrapped, and if not how far they are scrolled.
    pub wrap: bool,
    pub overlay_left: usize,
    /// Whether scores, ranks and marks are hidden.
    pub blind: bool,
    pub pool: Pool,
    pub judgments: Judgments,
    /// The passage that was marked with the last key: a digit grades it.
    pub grading: Option<DocIdx>,
}

impl State {
    pub fn new(options: &Options, look: Look, size: (u16, u16)) -> Self {
        let tour = options.tour.clone().map(Tour::new);
        let mut state = Self {
            size,
            look,
            ground: Ground::default(),
            theme: options.theme.as_ref().map_or_else(String::new, |theme| theme.name.clone()),
            tour,
            script: options.script.clone(),
            presenter: options.presenter,
            title: options.title.clone(),
            reading: None,
            legs: options.legs.clone(),
            goal: Goal::Ndcg10,
            leg: LegId(0),
            view: View::Query,
            tables: Tables::default(),
            other_tab: false,
            plot: Plot::Recall,
            heat_method: 0,
            heat_first: false,
            hover: None,
            crosshair: None,
            panel: false,
            dock_scroll: None,
            picker: Picker::default(),
            collection: None,
            widest_id: 0,
            languages: 0,
            snapshot: None,
            settings: options.restored.as_ref().map_or(&options.settings, |left| &left.settings).clone(),
            rivals: Vec::new(),
            answered: None,
            settings_at_start: options.settings.clone(),
            generation: 0,
            inspected: None,
            traced: None,
            held: None,
            seek_lost: None,
            whole: false,
            pane: Pane::Queries,
            list: Pane::Queries,
            mode: Mode::Browse,
            knob: Knob::Alpha,
            detail: Detail::Passage,
            messages: false,
            linked: true,
            mouse: !options.no_mouse,
            query: None,
            queries: Vec::new(),
            filter: Input::default(),
            typed: None,
            ask: Input::default(),
            number: Input::default(),
            cursor: Cursor::default(),
            scroll: Scroll::default(),
            overlay_scroll: 0,
            notice: None,
            trouble: None,
            picturing: false,
            history: History::default(),
            shelf: Shelf {
                presets: options.presets.clone(),
                themes: options.themes.clone(),
                keys: options.keys.clone(),
                legs: options.legs.iter().map(|leg| leg.name.to_string()).collect(),
            },
            files: options.files.clone(),
            restored: options.restored.clone(),
            name: Input::default(),
            finding: false,
            find: Input::default(),
            found_at: None,
            wrap: true,
            overlay_left: 0,
            blind: false,
            pool: Pool::default(),
            judgments: Judgments::default(),
            grading: None,
        };
        state.resize(size.0, size.1);
        state
    }

    /// Takes the size of the terminal, less the room of a caption.
    pub fn resize(&mut self, width: u16, height: u16) {
        let rows = self.tour.as_ref().map_or(0, |tour| caption::rows(tour.script(), width, height));
        if let Some(tour) = &mut self.tour {
            tour.rows = rows;
        }
        self.size = (width, height - rows);
    }

    /// Columns and rows of the terminal.
    pub fn terminal_size(&self) -> (u16, u16) {
        (self.size.0, self.size.1 + self.tour.as_ref().map_or(0, |tour| tour.rows))
    }

    /// What the theme was made for: a picture has it as its ground.
    pub fn paper(&self) -> Ground {
        match self.theme.as_str() {
            "dark" => Ground::Dark,
            "light" => Ground::Light,
            _ => self.ground,
        }
    }

    /// Whether the other shows the same query under the same settings in the same view.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        let key = |state: &Self| (state.query, state.typed.clone(), state.view, state.mode, state.cursor.doc);
        key(self) == key(other) && self.settings == other.settings
    }

    /// The rooms of the lists, also while another view is shown: what is in sight in them stays.
    pub fn layout(&self) -> Layout {
        let wants = match self.view {
            View::Query => self.wants(),
            _ => Wants { view: View::Query, dock: 0, ..self.wants() },
        };
        Layout::of(self.size.0, self.size.1, wants)
    }

    /// How many rows the table of the view shows; 0 where the view is none.
    pub fn table_page(&self) -> usize {
        Layout::of(self.size.0, self.size.1, self.wants()).table_page()
    }

    /// What the frame is to hold.
    pub fn wants(&self) -> Wants {
        let dock = match self.mode {
            Mode::Picking(pick) => picker::height(pick, &self.shelf),
            _ if self.panel => self.knobs().len(),
            _ => 0,
        };
        Wants {
            view: self.view,
            list: self.list,
            detail: self.detail,
            plot: self.plot,
            dock,
            presenter: self.presenter,
            blind: self.is_blind(),
        }
    }

    /// What decides which knobs there are.
    pub fn scope(&self) -> Scope {
        Scope::of(&self.legs, self.snapshot.as_deref())
    }

    /// The leg whose share α is in the curves: the second of two, the last of more.
    pub fn share_leg(&self) -> LegId {
        let tuned = self.snapshot.as_ref().and_then(|shown| shown.tuning.as_ref()?.leg);
        tuned.unwrap_or(LegId(self.legs.len().saturating_sub(1)))
    }

    /// α as the curves have it.
    pub fn share(&self) -> f64 {
        knobs::share_of(self.share_leg().0, &self.settings, self.scope())
    }

    /// The knobs of the panel.
    pub fn knobs(&self) -> Vec<Knob> {
        knobs::all(&self.settings, self.scope())
    }

    /// The knobs of the bar.
    pub fn bar(&self) -> Vec<Knob> {
        knobs::bar(&self.settings, self.legs.len(), self.leg)
    }

    /// What the lists should be about; `None` until the collection is open.
    pub fn wanted_focus(&self) -> Option<Focus> {
        self.collection.as_ref()?;
        match (&self.typed, self.query) {
            (Some(text), _) => Some(Focus::Typed(text.clone())),
            (None, Some(query)) => Some(Focus::Listed(query)),
            (None, None) => Some(Focus::Typed(String::new())),
        }
    }

    /// The passage whose place in every query's list is to be known: that under the cursor of the view of
    /// passages.
    pub fn wanted_trace(&self) -> Option<DocIdx> {
        self.tables.passages.table.cursor.filter(|_| self.view == View::Passages)
    }

    /// Whether the lists shown answer another request than the newest.
    pub fn is_behind(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|shown| {
            shown.settings != self.settings || Some(&shown.focus.focus) != self.wanted_focus().as_ref()
        })
    }

    /// Whether the lists themselves say that they lag behind.
    pub fn is_stale(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|shown| shown.focus.stale)
    }

    /// How many golds of this query the wheel left above their pane; `None`: it was not turned.
    pub fn golds_above(&self) -> Option<usize> {
        let (query, above) = self.scroll.golds;
        (query.is_some() && query == self.query).then_some(above)
    }

    /// How many lines of a passage the wheel left above its pane.
    pub fn lines_above(&self, doc: DocIdx) -> usize {
        let (passage, above) = self.scroll.passage;
        if passage == Some(doc) { above } else { 0 }
    }

    /// The key of an action as the user has it, for a sentence that names it.
    pub fn key(&self, action: ActionId) -> String {
        key_of(action, &self.shelf.keys)
    }

    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_error: false });
    }

    pub fn complain(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.trouble = Some(text.clone());
        self.notice = Some(Notice { text, is_error: true });
    }
}
