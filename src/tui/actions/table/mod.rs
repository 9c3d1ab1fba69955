//! The table itself, a slice for each part of the screen, and the places that actions share.

mod curves;
mod judging;
mod knobs;
mod pictures;
mod query;
mod screen;
mod settings;
mod tables;
mod weights;

use super::chord::Chord;
use super::{Action, ActionId, Group, Place};

/// The parts of the table. The order is that of footer and help.
pub static PARTS: &[&[Action]] = &[
    weights::ACTIONS,
    curves::ACTIONS,
    tables::ACTIONS,
    knobs::ACTIONS,
    query::ACTIONS,
    judging::ACTIONS,
    settings::ACTIONS,
    pictures::ACTIONS,
    screen::ACTIONS,
];

use Place::{
    Collection, Compare, Curves, Field, Knobs, Languages, Lists, Overlay, Panel, Passages, Picture, Queries,
    Question,
};

const BROWSE: &[Place] = &[Queries, Lists, Knobs];
/// Wherever a knob can be turned.
const TURN: &[Place] = &[Queries, Lists, Knobs, Panel, Curves, Collection, Languages, Compare, Passages];
/// The query on the screen is in sight.
const QUERY: &[Place] = &[Queries, Lists, Knobs, Panel];
/// A view of queries.
const OF_QUERIES: &[Place] = &[Queries, Lists, Knobs, Panel, Collection, Place::Pool];
/// Where judgments are made.
const QUERIES: &[Place] = &[Queries, Lists, Knobs, Panel, Place::Pool];
const TABLES: &[Place] = &[Collection, Languages, Compare, Passages];
const WALK: &[Place] = &[Queries, Lists, Knobs, Panel, Overlay, Collection, Languages, Compare, Passages];
const SHOWN: &[Place] =
    &[Queries, Lists, Knobs, Panel, Curves, Overlay, Collection, Languages, Compare, Passages, Place::Pool];
/// Where x does not set a knob back.
const SNIPPET: &[Place] = &[Queries, Lists, Knobs, Curves, Overlay, Collection, Languages, Compare, Passages];
const PANEL: &[Place] = &[Panel];
const CURVES: &[Place] = &[Curves];
const COLLECTION: &[Place] = &[Collection];
const LANGUAGES: &[Place] = &[Languages];
const COMPARE: &[Place] = &[Compare];
/// Where a filter, or a search, narrows what is listed.
const FILTER: &[Place] = &[Queries, Lists, Knobs, Collection, Passages];
const ASK: &[Place] = TURN;
const SCROLL: &[Place] = &[Queries, Lists, Overlay, Collection, Languages, Compare, Passages, Place::Pool];
const LISTS: &[Place] = &[Lists];
const FIELD: &[Place] = &[Field];
pub const ANYWHERE: &[Place] = &[
    Queries,
    Lists,
    Knobs,
    Panel,
    Curves,
    Overlay,
    Field,
    Question,
    Picture,
    Collection,
    Languages,
    Compare,
    Passages,
    Place::Pool,
];
const QUESTION: &[Place] = &[Question];
const OPENED: &[Place] = &[Overlay, Field, Place::Pool];
const OVERLAY: &[Place] = &[Overlay];
const POOL: &[Place] = &[Place::Pool];

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
