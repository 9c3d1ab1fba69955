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
    Blind, Collection, Compare, Curves, Field, Knobs, Languages, Lists, Overlay, Panel, Passages, Picture,
    Queries, Question,
};

const BROWSE: &[Place] = &[Queries, Lists, Knobs];
/// Panes that one goes between.
const PANES: &[Place] = &[Queries, Lists, Knobs, Blind];
/// Wherever a knob can be turned.
const TURN: &[Place] = &[Queries, Lists, Knobs, Panel, Curves, Collection, Languages, Compare, Passages];
/// The same, and where one judges without seeing what a knob does.
const STAYS: &[Place] =
    &[Queries, Lists, Knobs, Panel, Curves, Collection, Languages, Compare, Passages, Blind];
/// A passage of the query on the screen can be under the cursor, its rank seen or not.
const TEXTS: &[Place] = &[Queries, Lists, Knobs, Panel, Blind];
/// The query on the screen is in sight.
const QUERY: &[Place] = &[Queries, Lists, Knobs, Panel];
/// A view of queries.
const OF_QUERIES: &[Place] = &[Queries, Lists, Knobs, Panel, Collection, Place::Pool, Blind];
/// Where judgments are made.
const QUERIES: &[Place] = &[Queries, Lists, Knobs, Panel, Place::Pool, Blind];
const TABLES: &[Place] = &[Collection, Languages, Compare, Passages];
const WALK: &[Place] =
    &[Queries, Lists, Knobs, Panel, Overlay, Collection, Languages, Compare, Passages, Blind];
const SHOWN: &[Place] = &[
    Queries,
    Lists,
    Knobs,
    Panel,
    Curves,
    Overlay,
    Collection,
    Languages,
    Compare,
    Passages,
    Place::Pool,
    Blind,
];
/// Where x does not set a knob back.
const SNIPPET: &[Place] = &[Queries, Lists, Knobs, Curves, Overlay, Collection, Languages, Compare, Passages];
const PANEL: &[Place] = &[Panel];
const CURVES: &[Place] = &[Curves];
const COLLECTION: &[Place] = &[Collection];
const LANGUAGES: &[Place] = &[Languages];
const COMPARE: &[Place] = &[Compare];
/// Where a filter, or a search, narrows what is listed.
const FILTER: &[Place] = &[Queries, Lists, Knobs, Collection, Passages, Blind];
const ASK: &[Place] = &[Queries, Lists, Knobs, Collection, Languages, Compare, Passages, Blind];
const SCROLL: &[Place] =
    &[Queries, Lists, Overlay, Collection, Languages, Compare, Passages, Place::Pool, Blind];
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
    Blind,
];
const QUESTION: &[Place] = &[Question];
const OPENED: &[Place] = &[Overlay, Field, Place::Pool];
const OVERLAY: &[Place] = &[Overlay];
const POOL: &[Place] = &[Place::Pool];
const POOLED: &[Place] = &[Place::Pool, Blind];

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
