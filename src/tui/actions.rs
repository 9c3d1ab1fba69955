//! The one table of actions: what a key does, where, and in which words. The keymap, the footer, the
//! help overlay and the table in the README are all drawn from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::{Pane, State, View};

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
    NextLeg,
    AllKnobs,
    NextKnob,
    PreviousKnob,
    TypeKnob,
    KnobDefault,
    Reset,
    QueryView,
    CurvesView,
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
    Ask,
    Filter,
    Accept,
    Detail,
    Link,
    Messages,
    Mouse,
    Help,
    Repaint,
    Suspend,
    Quit,
    QuitAlways,
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
    Overlay,
    Field,
}

/// A heading of the help overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Move,
    Turn,
    Tune,
    Search,
    Screen,
}

impl Group {
    pub const ALL: [Self; 5] = [Self::Move, Self::Turn, Self::Tune, Self::Search, Self::Screen];

    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Turn => "Turn the knobs",
            Self::Tune => "Curves",
            Self::Search => "Search",
            Self::Screen => "Screen",
        }
    }
}

/// A key with its modifier. Shift is part of the character for letters and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

const fn key(code: KeyCode) -> Chord {
    Chord { code, modifiers: KeyModifiers::NONE }
}

const fn ch(c: char) -> Chord {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Chord {
    Chord { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
}

const fn shift(code: KeyCode) -> Chord {
    Chord { code, modifiers: KeyModifiers::SHIFT }
}

impl Chord {
    fn is(self, event: &KeyEvent) -> bool {
        let ignored = match self.code {
            // Terminals differ in whether a capital letter also reports Shift.
            KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::SHIFT,
            _ => KeyModifiers::NONE,
        };
        self.code == event.code && event.modifiers.difference(ignored) == self.modifiers
    }

    /// The key press that it stands for.
    #[cfg(test)]
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The key as people write it.
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if self.modifiers == KeyModifiers::CONTROL => c.to_uppercase().to_string(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::Delete => "Del".to_owned(),
            KeyCode::BackTab => return "Shift-Tab".to_owned(),
            other => format!("{other}"),
        };
        match self.modifiers {
            KeyModifiers::CONTROL => format!("Ctrl-{name}"),
            KeyModifiers::SHIFT => format!("⇧{name}"),
            _ => name,
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

const BROWSE: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs];
/// Wherever a knob can be turned.
const TURN: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Curves];
/// The query on the screen is in sight.
const QUERY: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel];
const WALK: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Overlay];
const SHOWN: &[Place] =
    &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Curves, Place::Overlay];
const PANEL: &[Place] = &[Place::Panel];
const CURVES: &[Place] = &[Place::Curves];
const SCROLL: &[Place] = &[Place::Queries, Place::Lists, Place::Overlay];
const FIELD: &[Place] = &[Place::Field];
const ANYWHERE: &[Place] =
    &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Curves, Place::Overlay, Place::Field];
const OPENED: &[Place] = &[Place::Overlay, Place::Field];

use ActionId as Id;
use Group::{Move, Screen, Search, Tune, Turn};

const fn act(
    id: ActionId,
    keys: &'static [Chord],
    label: &'static str,
    help: &'static str,
    group: Group,
    places: &'static [Place],
) -> Action {
    Action { id, keys, label, help, group, places }
}

/// Every action. The order is that of footer and help.
pub static ACTIONS: &[Action] = &[
    act(Id::Accept, &[key(KeyCode::Enter)], "keep", "keep what is typed", Search, FIELD),
    act(
        Id::Back,
        &[key(KeyCode::Esc)],
        "back",
        "close the overlay; leave the field as it was",
        Search,
        OPENED,
    ),
    act(
        Id::AlphaLess,
        &[key(KeyCode::Left)],
        "weight",
        "α, or the chosen leg's weight, down by a step; on a knob: turn it down",
        Turn,
        TURN,
    ),
    act(
        Id::AlphaMore,
        &[key(KeyCode::Right)],
        "weight",
        "α, or the chosen leg's weight, up by a step; on a knob: turn it up",
        Turn,
        TURN,
    ),
    act(
        Id::AlphaLittleLess,
        &[ch('<'), shift(KeyCode::Left)],
        "",
        "the same down by the smallest step",
        Turn,
        TURN,
    ),
    act(
        Id::AlphaLittleMore,
        &[ch('>'), shift(KeyCode::Right)],
        "",
        "the same up by the smallest step",
        Turn,
        TURN,
    ),
    act(Id::TypeKnob, &[key(KeyCode::Enter)], "type a value", "in the panel: type a value", Turn, PANEL),
    act(
        Id::KnobDefault,
        &[ch('x'), key(KeyCode::Delete)],
        "default",
        "in the panel: the knob back to its default",
        Turn,
        PANEL,
    ),
    act(Id::NextKnob, &[key(KeyCode::Tab)], "knob", "in the panel: next knob", Turn, PANEL),
    act(Id::PreviousKnob, &[key(KeyCode::BackTab)], "", "in the panel: previous knob", Turn, PANEL),
    act(Id::TakeAlpha, &[ch('A')], "best α", "take the recommended α", Tune, CURVES),
    act(
        Id::TakeBest,
        &[ch('B')],
        "best cell",
        "take the best cell of the heat map: method, α and N",
        Tune,
        CURVES,
    ),
    act(Id::NextGoal, &[ch('g')], "metric", "tune for the next metric", Tune, CURVES),
    act(Id::PreviousGoal, &[ch('G')], "", "tune for the metric before", Tune, CURVES),
    act(Id::NextPlot, &[key(KeyCode::Tab)], "plot", "next plot, where not all have room", Tune, CURVES),
    act(Id::PreviousPlot, &[key(KeyCode::BackTab)], "", "previous plot", Tune, CURVES),
    act(Id::HeatMethod, &[ch('h')], "method", "heat map of the next method", Tune, CURVES),
    act(
        Id::HeatStage,
        &[ch('s')],
        "stage",
        "heat map of the first stage or of the reranked list",
        Tune,
        CURVES,
    ),
    act(Id::SizeMore, &[ch('k'), key(KeyCode::Up)], "", "N up to the next row of the heat map", Tune, CURVES),
    act(
        Id::SizeLess,
        &[ch('j'), key(KeyCode::Down)],
        "",
        "N down to the next row of the heat map",
        Tune,
        CURVES,
    ),
    act(Id::FewerCandidates, &[ch('[')], "N", "N down by 10: a smaller candidate set", Turn, TURN),
    act(Id::MoreCandidates, &[ch(']')], "N", "N up by 10: a larger candidate set", Turn, TURN),
    act(Id::CandidatesStopDown, &[ch('{')], "", "N down to 500, 200, 100, 50, 20, 10", Turn, TURN),
    act(Id::CandidatesStopUp, &[ch('}')], "", "N up to 20, 50, 100, 200, 500, 1000", Turn, TURN),
    act(Id::DeliverLess, &[ch('-')], "k", "k down by 1: fewer passages delivered", Turn, TURN),
    act(Id::DeliverMore, &[ch('='), ch('+')], "k", "k up by 1: more passages delivered", Turn, TURN),
    act(Id::AllKnobs, &[ch('v')], "all knobs", "open or close the panel of all knobs", Turn, TURN),
    act(
        Id::FirstStage,
        &[ch('b')],
        "first stage",
        "first stage: all legs together, or the next one alone",
        Turn,
        TURN,
    ),
    act(Id::Fusion, &[ch('f')], "fusion", "choose the fusion method out of all", Turn, TURN),
    act(Id::Reranker, &[ch('r')], "reranker", "choose the reranker, or none", Turn, TURN),
    act(
        Id::NextLeg,
        &[ch('l')],
        "",
        "with weights by leg: the next leg, whose weight the arrows turn",
        Turn,
        TURN,
    ),
    act(Id::TypeAlpha, &[ch('a')], "", "type a value for α, or for the chosen leg's weight", Turn, TURN),
    act(Id::TypeCandidates, &[ch('N')], "", "type a value for N", Turn, TURN),
    act(Id::TypeDeliver, &[ch('d')], "", "type a value for k (passages delivered)", Turn, TURN),
    act(Id::Reset, &[ch('0')], "", "all knobs back to where they were at the start", Turn, TURN),
    act(Id::QueryView, &[ch('1')], "view", "the query: its lists, golds and passages", Screen, TURN),
    act(Id::CurvesView, &[ch('3')], "view", "curves: recall@N, the metric over α, α x N", Screen, TURN),
    act(Id::NextQuery, &[ch('J')], "query", "next query, from anywhere", Move, QUERY),
    act(Id::PreviousQuery, &[ch('K')], "query", "previous query, from anywhere", Move, QUERY),
    act(Id::NextGold, &[ch('n')], "gold", "next gold", Move, QUERY),
    act(Id::PreviousGold, &[ch('p')], "gold", "previous gold", Move, QUERY),
    act(
        Id::Open,
        &[key(KeyCode::Enter)],
        "explain",
        "explain the passage; on a query: to its list; on a knob: type its value",
        Move,
        BROWSE,
    ),
    act(Id::Ask, &[ch('/')], "ask", "ask a query of your own, searched as you type", Search, BROWSE),
    act(Id::Filter, &[ch('F')], "filter", "filter the queries by id, language or text", Search, BROWSE),
    act(
        Id::NextPane,
        &[key(KeyCode::Tab)],
        "pane",
        "next pane: queries, first stage, reranked, knobs",
        Move,
        BROWSE,
    ),
    act(Id::PreviousPane, &[key(KeyCode::BackTab)], "", "previous pane", Move, BROWSE),
    act(
        Id::Down,
        &[ch('j'), key(KeyCode::Down)],
        "",
        "down in the focused pane: query, row, knob, line",
        Move,
        WALK,
    ),
    act(Id::Up, &[ch('k'), key(KeyCode::Up)], "", "up in the focused pane", Move, WALK),
    act(Id::PageDown, &[key(KeyCode::PageDown), ch(' '), ctrl('f')], "", "one page down", Move, SCROLL),
    act(Id::PageUp, &[key(KeyCode::PageUp), ctrl('b')], "", "one page up", Move, SCROLL),
    act(Id::Top, &[ch('g'), key(KeyCode::Home)], "", "to the top", Move, SCROLL),
    act(Id::Bottom, &[ch('G'), key(KeyCode::End)], "", "to the end", Move, SCROLL),
    act(
        Id::Back,
        &[key(KeyCode::Esc)],
        "",
        "back out: of the panel, the view, the typed query, the filter, to the query list",
        Move,
        TURN,
    ),
    act(Id::Link, &[ch('s')], "", "scroll the two lists together, or each with its own row", Screen, BROWSE),
    act(Id::Detail, &[ch('t')], "", "next tab: passage, golds, curve (in small terminals)", Screen, BROWSE),
    act(Id::Messages, &[ch('!')], "", "states, failures, warnings and costs in full", Screen, TURN),
    act(
        Id::Mouse,
        &[ch('M')],
        "",
        "leave the mouse to the terminal, to select text; again: take it back",
        Screen,
        TURN,
    ),
    act(Id::Help, &[ch('?'), key(KeyCode::F(1))], "help", "this list", Screen, SHOWN),
    act(Id::Repaint, &[ctrl('l')], "", "draw the screen again", Screen, ANYWHERE),
    act(Id::Suspend, &[ctrl('z')], "", "suspend; fg brings it back", Screen, ANYWHERE),
    act(Id::Quit, &[ch('q')], "quit", "quit; in an overlay: close it", Screen, SHOWN),
    act(Id::QuitAlways, &[ctrl('c')], "", "quit, always", Screen, ANYWHERE),
];

/// What the keys speak to in this state.
pub fn place(state: &State) -> Place {
    match (state.mode, state.pane) {
        (mode, _) if mode.is_typing() => Place::Field,
        (mode, _) if mode.is_overlay() => Place::Overlay,
        _ if state.panel => Place::Panel,
        _ if state.view == View::Curves => Place::Curves,
        (_, Pane::Queries) => Place::Queries,
        (_, Pane::First | Pane::Reranked) => Place::Lists,
        (_, Pane::Knobs) => Place::Knobs,
    }
}

/// What a key does at a place.
pub fn action_for(event: &KeyEvent, place: Place) -> Option<ActionId> {
    let here = ACTIONS.iter().filter(|action| action.places.contains(&place));
    here.into_iter().find(|action| action.keys.iter().any(|key| key.is(event))).map(|action| action.id)
}

/// The keys of the footer with their labels, most useful first; neighbours of one label together.
pub fn footer(place: Place) -> Vec<(String, &'static str)> {
    let mut entries: Vec<(String, &'static str)> = Vec::new();
    let here = ACTIONS.iter().filter(|action| action.places.contains(&place) && !action.label.is_empty());
    for action in here {
        let Some(key) = action.keys.first().map(|key| key.name()) else { continue };
        let name = footer_label(action, place);
        match entries.last_mut() {
            Some((keys, label)) if *label == name => {
                keys.push(' ');
                keys.push_str(&key);
            }
            _ => entries.push((key, name)),
        }
    }
    entries
}

fn footer_label(action: &Action, place: Place) -> &'static str {
    match (action.id, place) {
        (ActionId::Open, Place::Queries) => "list",
        (ActionId::Open, Place::Knobs) => "type a value",
        (ActionId::AlphaLess | ActionId::AlphaMore, Place::Knobs | Place::Panel) => "turn",
        (ActionId::AlphaLess | ActionId::AlphaMore, Place::Curves) => "α",
        (ActionId::AllKnobs, Place::Panel) => "close",
        (ActionId::Quit, Place::Overlay) => "close",
        _ => action.label,
    }
}

/// All keys of an action, as people write them.
pub fn key_names(action: &Action) -> String {
    action.keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
}

/// The table as Markdown, for the README.
pub fn markdown() -> String {
    let mut table = String::from("| Keys | What they do |\n|---|---|\n");
    for group in Group::ALL {
        table.push_str(&format!("| **{}** | |\n", group.title()));
        for action in ACTIONS.iter().filter(|action| action.group == group) {
            let keys: Vec<_> = action.keys.iter().map(|key| format!("`{}`", key.name())).collect();
            table.push_str(&format!("| {} | {} |\n", keys.join(" "), action.help));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_actions_share_a_key_at_one_place() {
        for &place in ANYWHERE {
            let here: Vec<_> = ACTIONS.iter().filter(|action| action.places.contains(&place)).collect();
            for (nth, one) in here.iter().enumerate() {
                for other in &here[nth + 1..] {
                    let shared = one.keys.iter().find(|key| other.keys.contains(key));
                    assert!(shared.is_none(), "{place:?}: {:?} and {:?} share {shared:?}", one.id, other.id);
                }
            }
        }
    }

    /// Digits choose views, and these letters belong to what later issues add.
    #[test]
    fn keys_that_later_views_need_are_free() {
        for c in "2456789mwyexou:".chars() {
            let event = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            assert_eq!(action_for(&event, Place::Queries), None, "{c}");
        }
    }

    #[test]
    fn a_capital_is_found_with_and_without_its_shift() {
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            let event = KeyEvent::new(KeyCode::Char('J'), modifiers);
            assert_eq!(action_for(&event, Place::Lists), Some(ActionId::NextQuery));
        }
        let control = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL);
        assert_eq!(action_for(&control, Place::Lists), None);
    }

    #[test]
    fn the_markdown_table_names_every_action_once() {
        let table = markdown();
        for action in ACTIONS {
            assert_eq!(table.matches(&format!("| {} |", action.help)).count(), 1, "{:?}", action.id);
        }
    }

    #[test]
    fn the_footer_pairs_keys_of_one_label() {
        let footer = footer(Place::Queries);
        assert_eq!(footer[0], ("← →".to_owned(), "weight"));
        assert_eq!(footer[1], ("[ ]".to_owned(), "N"));
        assert_eq!(super::footer(Place::Panel)[0], ("← →".to_owned(), "turn"));
    }
}
