//! The table itself, a slice for each part of the screen, and the places that actions share.

mod curves;
mod knobs;
mod query;
mod screen;
mod weights;

use super::chord::Chord;
use super::{Action, ActionId, Group, Place};

/// The parts of the table. The order is that of footer and help.
pub static PARTS: &[&[Action]] =
    &[weights::ACTIONS, curves::ACTIONS, knobs::ACTIONS, query::ACTIONS, screen::ACTIONS];

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
const QUESTION: &[Place] = &[Place::Question];
pub const ANYWHERE: &[Place] = &[
    Place::Queries,
    Place::Lists,
    Place::Knobs,
    Place::Panel,
    Place::Curves,
    Place::Overlay,
    Place::Field,
    Place::Question,
];
const OPENED: &[Place] = &[Place::Overlay, Place::Field];

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
