//! Everything the screen remembers, as plain data. `update` changes it, `view` draws it.

use std::sync::Arc;

use tui_input::Input;

use crate::corpus::Collection;
use crate::domain::{DocIdx, LegName, QueryIdx, Settings};
use crate::engine::{Focus, Snapshot};

use crate::tune::Goal;

use super::Options;
use super::knobs::Knob;
use super::layout::{Detail, Layout};
use super::theme::Look;

/// What Tab goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Queries,
    First,
    Reranked,
    Knobs,
}

impl Pane {
    pub const ALL: [Self; 4] = [Self::Queries, Self::First, Self::Reranked, Self::Knobs];

    pub fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|&pane| pane == self).unwrap_or(0) as isize;
        Self::ALL[(at + by).rem_euclid(Self::ALL.len() as isize) as usize]
    }

    pub fn is_list(self) -> bool {
        matches!(self, Self::First | Self::Reranked)
    }
}

/// Who gets the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Browse,
    /// A query is typed, and searched as it is typed.
    Asking,
    /// The filter of the query list is typed.
    Filtering,
    /// A number is typed for a knob.
    Number(Knob),
    /// The list of all keys is open.
    Help,
    /// A passage and its score are open in full.
    Explaining,
}

impl Mode {
    pub fn is_typing(self) -> bool {
        matches!(self, Self::Asking | Self::Filtering | Self::Number(_))
    }

    pub fn is_overlay(self) -> bool {
        matches!(self, Self::Help | Self::Explaining)
    }
}

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
}

/// One line for the person, in the footer's place until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_error: bool,
}

#[derive(Debug, Clone)]
pub struct State {
    pub size: (u16, u16),
    pub look: Look,
    /// The collection's name until it is open.
    pub title: String,
    pub collection: Option<Arc<Collection>>,
    /// Cells of the widest identifier of a passage: the lists keep their columns from query to query.
    pub widest_id: usize,
    /// How many languages its passages are in.
    pub languages: usize,
    pub snapshot: Option<Arc<Snapshot>>,
    /// The knobs as turned; `Snapshot::settings` says what the lists answer.
    /// The metric for which other settings are tried.
    pub goal: Goal,
    /// The legs of the first stage.
    pub legs: Vec<LegName>,
    pub settings: Settings,
    /// What a reset goes back to.
    pub settings_at_start: Settings,
    /// Of the newest request.
    pub generation: u64,
    /// What the newest request wants explained.
    pub inspected: Option<DocIdx>,

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
}

impl State {
    pub fn new(options: &Options, look: Look, size: (u16, u16)) -> Self {
        Self {
            size,
            look,
            title: options.title.clone(),
            legs: options.legs.clone(),
            goal: Goal::Ndcg10,
            collection: None,
            widest_id: 0,
            languages: 0,
            snapshot: None,
            settings: options.settings.clone(),
            settings_at_start: options.settings.clone(),
            generation: 0,
            inspected: None,
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
        }
    }

    pub fn layout(&self) -> Layout {
        Layout::of(self.size.0, self.size.1, self.list, self.detail)
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

    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_error: false });
    }

    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_error: true });
    }
}
