//! The one table of actions: what a key does, where, and in which words. The keymap, the footer, the
//! help overlay and the table in the README are all drawn from it.

mod chord;
mod footer;
mod keymap;
mod table;

use crossterm::event::KeyEvent;

use super::state::{Mode, Pane, State, View};

pub use chord::Chord;
pub use footer::{FooterEntry, footer};
pub use keymap::{Binding, Keymap, no_such_action};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionId {
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    Bottom,
    NextQuery,
    PreviousQuery,
    NextGold,
    PreviousGold,
    NextPane,
    PreviousPane,
    Open,
    Back,
    AlphaLess,
    AlphaMore,
    AlphaLittleLess,
    AlphaLittleMore,
    FewerCandidates,
    MoreCandidates,
    CandidatesStopDown,
    CandidatesStopUp,
    DeliverLess,
    DeliverMore,
    TypeAlpha,
    TypeCandidates,
    TypeDeliver,
    FirstStage,
    Fusion,
    Reranker,
    Compare,
    NextLeg,
    AllKnobs,
    NextKnob,
    PreviousKnob,
    TypeKnob,
    KnobDefault,
    Reset,
    QueryView,
    CollectionView,
    CurvesView,
    LanguagesView,
    CompareView,
    PassagesView,
    SortNext,
    SortPrevious,
    SortReverse,
    NextFate,
    MarkQuery,
    MatrixLeg,
    Pin,
    Unpin,
    TakePinned,
    CompareMetric,
    NextLost,
    PreviousLost,
    Against,
    OpenRow,
    OtherTab,
    Whole,
    NextPlot,
    PreviousPlot,
    NextGoal,
    PreviousGoal,
    SizeMore,
    SizeLess,
    HeatMethod,
    HeatStage,
    TakeAlpha,
    TakeBest,
    Crosshair,
    CrosshairLess,
    CrosshairMore,
    CrosshairDown,
    CrosshairUp,
    CrosshairTake,
    Picture,
    PictureSvg,
    PictureHtml,
    PictureAnsi,
    PictureText,
    PicturePlots,
    Presenter,
    Theme,
    Tour,
    TourNext,
    TourBack,
    TourLeave,
    Mark,
    UndoJudgment,
    RedoJudgment,
    Undo,
    Redo,
    Presets,
    SavePreset,
    WriteSettings,
    CommandLine,
    CopyText,
    CopyId,
    OpenSource,
    Palette,
    Pool,
    Blind,
    Find,
    NextMatch,
    PreviousMatch,
    Wrap,
    ScrollLeft,
    ScrollRight,
    PoolGrade,
    PoolSkip,
    PoolBack,
    PoolUnjudge,
    PoolDeeper,
    PoolShallower,
    Ask,
    Filter,
    Accept,
    Detail,
    Link,
    Messages,
    Snippet,
    Mouse,
    Help,
    Repaint,
    Suspend,
    Agree,
    Refuse,
    Quit,
    QuitAlways,
}

impl ActionId {
    /// The action's name in scripts and in the user's configuration: `next-gold`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        all().map(|action| action.id).find(|id| id.name() == name)
    }
}

/// What the keys speak to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Queries,
    Lists,
    Knobs,
    /// The panel of all knobs.
    Panel,
    Curves,
    /// The crosshair is on a plot: these keys go before those of the curves.
    Crosshair,
    Collection,
    Languages,
    Compare,
    Passages,
    Overlay,
    Field,
    /// Pooled judging, a passage at a time.
    Pool,
    /// Queries and passages while one judges blind.
    Blind,
    /// The question whether a service may be paid.
    Question,
    /// Choosing how a picture of the screen is written.
    Picture,
    /// A tour is under way: these keys go before those of the place.
    Tour,
}

/// A heading of the help overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Move,
    Turn,
    Tune,
    Tables,
    Judge,
    Search,
    Screen,
}

impl Group {
    pub const ALL: [Self; 7] =
        [Self::Move, Self::Turn, Self::Tune, Self::Tables, Self::Judge, Self::Search, Self::Screen];

    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Turn => "Turn the knobs",
            Self::Tune => "Curves",
            Self::Tables => "Collection, languages, compare, passages",
            Self::Judge => "Judge",
            Self::Search => "Search",
            Self::Screen => "Screen",
        }
    }
}

/// A line of the table.
#[derive(Debug)]
pub struct Action {
    pub id: ActionId,
    pub keys: &'static [Chord],
    /// In the footer; neighbours with the same label share it. Empty: not in the footer.
    pub label: &'static str,
    pub help: &'static str,
    pub group: Group,
    pub places: &'static [Place],
}

/// Every action, in the order of footer and help.
pub fn all() -> impl Iterator<Item = &'static Action> + Clone {
    table::PARTS.iter().copied().flatten()
}

/// What the keys speak to in this state.
pub fn place(state: &State) -> Place {
    match (state.mode, state.pane) {
        _ if state.finding => Place::Field,
        (Mode::Agreeing, _) => Place::Question,
        _ if state.picturing => Place::Picture,
        (mode, _) if mode.is_typing() => Place::Field,
        (Mode::Pooling, _) => Place::Pool,
        (mode, _) if mode.is_overlay() => Place::Overlay,
        _ if state.blind => Place::Blind,
        _ if state.panel => Place::Panel,
        _ if state.view != View::Query => match state.view {
            View::Collection => Place::Collection,
            View::Languages => Place::Languages,
            View::Compare => Place::Compare,
            View::Passages => Place::Passages,
            View::Curves | View::Query => Place::Curves,
        },
        (_, Pane::Queries) => Place::Queries,
        (_, Pane::First | Pane::Reranked) => Place::Lists,
        (_, Pane::Knobs) => Place::Knobs,
    }
}

/// What a key does now: those of the crosshair go first, then those of a tour, then those of the place.
pub fn action_of(state: &State, event: &KeyEvent) -> Option<ActionId> {
    let (place, keys) = (place(state), &state.shelf.keys);
    if state.has_crosshair()
        && let Some(action) = action_for(event, Place::Crosshair, keys)
    {
        return Some(action);
    }
    let touring = state.tour.is_some() && !matches!(place, Place::Field | Place::Picture);
    let of_tour = touring.then(|| action_for(event, Place::Tour, keys)).flatten();
    of_tour.or_else(|| action_for(event, place, keys))
}

/// Whether an action can be given now, by its key or by a click on it.
pub fn works_now(state: &State, id: ActionId) -> bool {
    let of_tour = state.tour.is_some() && works_in(id, Place::Tour);
    works_in(id, place(state)) || of_tour || state.has_crosshair() && works_in(id, Place::Crosshair)
}

/// What a key does at a place.
pub fn action_for(event: &KeyEvent, place: Place, keys: &Keymap) -> Option<ActionId> {
    let mut here = all().filter(|action| action.places.contains(&place));
    here.find(|action| keys.keys(action).iter().any(|key| key.is(event))).map(|action| action.id)
}

/// Whether an action can be given at a place.
pub fn works_in(id: ActionId, place: Place) -> bool {
    all().any(|action| action.id == id && action.places.contains(&place))
}

/// Which of an action's keys it is, from 0.
pub fn nth_key(event: &KeyEvent, id: ActionId, keys: &Keymap) -> Option<usize> {
    let action = all().find(|action| action.id == id)?;
    keys.keys(action).iter().position(|key| key.is(event))
}

/// The key of an action, for a sentence that names it; where it has none, its name in the palette.
pub fn key_of(id: ActionId, keymap: &Keymap) -> String {
    let keys = all().find(|action| action.id == id).map(|action| keymap.keys(action));
    let first = keys.as_ref().and_then(|keys| keys.first()).map(|key| key.name());
    first.unwrap_or_else(|| format!(":{}", id.name().replace('-', " ")))
}

/// All keys of an action, as people write them.
pub fn key_names(action: &Action, keymap: &Keymap) -> String {
    keymap.keys(action).iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
}

/// The names of all actions, their keys, and what they do, for whoever binds them otherwise.
pub fn action_list(keymap: &Keymap) -> Vec<(String, String, &'static str)> {
    let mut list: Vec<(String, String, &'static str)> = Vec::new();
    for action in all() {
        let name = action.id.name();
        if !list.iter().any(|(other, ..)| *other == name) {
            list.push((name, key_names(action, keymap), action.help));
        }
    }
    list
}

/// The table as text, for who writes a script: names, keys, what they do.
pub fn as_text() -> String {
    let mut seen = Vec::new();
    let mut lines = String::new();
    for action in
        all().filter(|action| action.group != Group::Screen || !action.places.contains(&Place::Tour))
    {
        if !seen.contains(&action.id) {
            seen.push(action.id);
            lines.push_str(&format!(
                "{:24} {:12} {}\n",
                action.id.name(),
                key_names(action, &Keymap::default()),
                action.help
            ));
        }
    }
    lines
}

/// The table as Markdown, for the README.
pub fn markdown() -> String {
    let mut table = String::from("| Keys | What they do |\n|---|---|\n");
    for group in Group::ALL {
        table.push_str(&format!("| **{}** | |\n", group.title()));
        for action in all().filter(|action| action.group == group) {
            let keys: Vec<_> = action.keys.iter().map(|key| format!("`{}`", key.name())).collect();
            table.push_str(&format!("| {} | {} |\n", keys.join(" "), action.help));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    #[test]
    fn no_two_actions_share_a_key_at_one_place() {
        for &place in table::ANYWHERE {
            let here: Vec<_> = all().filter(|action| action.places.contains(&place)).collect();
            for (nth, one) in here.iter().enumerate() {
                for other in &here[nth + 1..] {
                    let shared = one.keys.iter().find(|key| other.keys.contains(key));
                    assert!(shared.is_none(), "{place:?}: {:?} and {:?} share {shared:?}", one.id, other.id);
                }
            }
        }
    }

    /// Digits choose views.
    #[test]
    fn keys_that_later_views_need_are_free() {
        for c in "789".chars() {
            let event = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            assert_eq!(action_for(&event, Place::Queries, &Keymap::default()), None, "{c}");
        }
    }

    #[test]
    fn a_capital_is_found_with_and_without_its_shift() {
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            let event = KeyEvent::new(KeyCode::Char('J'), modifiers);
            assert_eq!(action_for(&event, Place::Lists, &Keymap::default()), Some(ActionId::NextQuery));
        }
        let control = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL);
        assert_eq!(action_for(&control, Place::Lists, &Keymap::default()), None);
    }

    #[test]
    fn the_markdown_table_names_every_action_once() {
        let table = markdown();
        for action in all() {
            assert_eq!(table.matches(&format!("| {} |", action.help)).count(), 1, "{:?}", action.id);
        }
    }

    #[test]
    fn a_sentence_names_the_key_that_holds() {
        let bound = |keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            Keymap::of(&[Binding { action: "save-preset", keys: &keys, line: 1 }]).unwrap()
        };
        let name = |keymap: &Keymap| key_of(ActionId::SavePreset, keymap);
        assert_eq!(name(&Keymap::default()), "W");
        assert_eq!(name(&bound(&["f6", "W"])), "F6");
        assert_eq!(name(&bound(&[])), ":save preset");
    }
}
