//! The table itself, a slice for each part of the screen, and the places that actions share.

mod curves;
mod judging;
mod knobs;
mod query;
mod screen;
mod settings;
mod weights;

use super::chord::Chord;
use super::{Action, ActionId, Group, Place};

/// The parts of the table. The order is that of footer and help.
pub static PARTS: &[&[Action]] = &[
    weights::ACTIONS,
    curves::ACTIONS,
    knobs::ACTIONS,
    query::ACTIONS,
    judging::ACTIONS,
    settings::ACTIONS,
    screen::ACTIONS,
];

const BROWSE: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs];
/// Wherever a knob can be turned.
const TURN: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Curves];
/// The query on the screen is in sight.
const QUERY: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel];
const WALK: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Overlay];
const SHOWN: &[Place] =
    &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Curves, Place::Overlay, Place::Pool];
const PANEL: &[Place] = &[Place::Panel];
const CURVES: &[Place] = &[Place::Curves];
const SCROLL: &[Place] = &[Place::Queries, Place::Lists, Place::Overlay, Place::Pool];
const FIELD: &[Place] = &[Place::Field];
pub const ANYWHERE: &[Place] = &[
    Place::Queries,
    Place::Lists,
    Place::Knobs,
    Place::Panel,
    Place::Curves,
    Place::Overlay,
    Place::Field,
    Place::Pool,
];
const OPENED: &[Place] = &[Place::Overlay, Place::Field, Place::Pool];
const OVERLAY: &[Place] = &[Place::Overlay];
const POOL: &[Place] = &[Place::Pool];
/// Pooled judging keeps the query's neighbours in reach.
const QUERIES: &[Place] = &[Place::Queries, Place::Lists, Place::Knobs, Place::Panel, Place::Pool];

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
