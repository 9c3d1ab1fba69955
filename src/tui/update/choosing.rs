//! The list to choose from: what the cursor stands on is tried at once, Esc goes back to what was.

use crate::domain::{SecondStage, Settings};
use crate::engine::StageState;

use super::super::ThemeChoice;
use super::super::actions::ActionId;
use super::super::knobs::Knob;
use super::super::message::{Effect, Writing};
use super::super::picker::{self, Choice, Entry, Pick, Picker};
use super::super::state::{Mode, State};
use super::{keep_in_sight, pool, turning};

/// Entries that a page is.
const PAGE: usize = 8;

pub fn open(state: &mut State, pick: Pick) -> Vec<Effect> {
    let entries = picker::entries(pick, "", &state.shelf);
    let chosen = |entry: &Entry| picker::is_chosen(entry, &state.settings, &state.theme);
    let cursor = entries.iter().position(chosen).unwrap_or(0);
    state.picker =
        Picker { cursor, before: state.settings.clone(), theme: state.theme.clone(), ..Picker::default() };
    state.mode = Mode::Picking(pick);
    if let Some(knob) = knob(pick) {
        state.knob = knob;
    }
    keep_in_sight(state);
    Vec::new()
}

/// The knob that a list turns; of presets, which turn many, the first of the bar. `None`: it turns none.
fn knob(pick: Pick) -> Option<Knob> {
    match pick {
        Pick::Fusion => Some(Knob::Fusion),
        Pick::Reranker | Pick::Rivals => Some(Knob::Reranker),
        Pick::Preset => Some(Knob::First),
        Pick::Command | Pick::Theme => None,
    }
}

pub fn walk(state: &mut State, pick: Pick, step: ActionId) -> Vec<Effect> {
    let last = matching(state, pick).len().saturating_sub(1);
    let now = state.picker.cursor;
    state.picker.cursor = match step {
        ActionId::Down => now.saturating_add(1),
        ActionId::Up => now.saturating_sub(1),
        ActionId::PageDown => now.saturating_add(PAGE),
        _ => now.saturating_sub(PAGE),
    }
    .min(last);
    try_it(state, pick)
}

/// What is typed has changed: the cursor stays on what is chosen while that matches.
pub fn refilter(state: &mut State, pick: Pick) -> Vec<Effect> {
    let entries = matching(state, pick);
    let chosen = |entry: &Entry| picker::is_chosen(entry, &state.settings, &state.theme);
    let chosen = entries.iter().position(chosen);
    state.picker.cursor = chosen.unwrap_or(0);
    try_it(state, pick)
}

fn matching(state: &State, pick: Pick) -> Vec<Entry> {
    picker::entries(pick, state.picker.filter.value(), &state.shelf)
}

/// Tries the entry under the cursor; one that is not to be tried unasked leaves what was.
fn try_it(state: &mut State, pick: Pick) -> Vec<Effect> {
    if pick == Pick::Rivals {
        return Vec::new();
    }
    let entry = matching(state, pick).into_iter().nth(state.picker.cursor);
    if pick == Pick::Theme {
        match entry.map(|entry| entry.choice) {
            Some(Choice::Theme(theme)) => wear(state, &theme),
            _ => theme_of_before(state),
        }
        return Vec::new();
    }
    let Some(knob) = knob(pick) else { return Vec::new() };
    let choice = entry.filter(|entry| entry.at_once).map(|entry| entry.choice);
    let before = state.picker.before.clone();
    let legs = state.shelf.legs.clone();
    let mut fault = None;
    let effects = turning::change(state, knob, |settings| {
        put_back(pick, &before, settings);
        fault = choice.and_then(|choice| take(&choice, settings, &legs).err());
    });
    if let Some(fault) = fault {
        state.complain(fault);
    }
    effects
}

/// Sets what was chosen.
///
/// # Errors
/// A sentence, where it makes no sense for these legs.
fn take(choice: &Choice, settings: &mut Settings, legs: &[String]) -> Result<(), String> {
    match choice {
        Choice::Fusion(method) => settings.fusion = *method,
        Choice::Plan(plan) => settings.reranker = plan.clone(),
        Choice::Preset(preset) => *settings = preset.applied(settings, legs)?,
        Choice::Service(_) | Choice::Theme(_) | Choice::Act(_) | Choice::Set(..) => {}
    }
    Ok(())
}

fn put_back(pick: Pick, before: &Settings, settings: &mut Settings) {
    match pick {
        Pick::Fusion => settings.fusion = before.fusion,
        Pick::Reranker => settings.reranker = before.reranker.clone(),
        Pick::Preset => settings.clone_from(before),
        Pick::Command | Pick::Rivals | Pick::Theme => {}
    }
}

fn wear(state: &mut State, theme: &ThemeChoice) {
    state.look.theme = theme.on(state.ground);
    state.theme.clone_from(&theme.name);
}

/// Wears what was worn when the list was opened.
fn theme_of_before(state: &mut State) {
    let before = state.shelf.themes.iter().find(|theme| theme.name == state.picker.theme).cloned();
    if let Some(before) = before {
        wear(state, &before);
    }
}

pub fn accept(state: &mut State, pick: Pick) -> Vec<Effect> {
    choose(state, pick, state.picker.cursor)
}

/// Keeps an entry and closes the list; a service first wants a model.
pub fn choose(state: &mut State, pick: Pick, at: usize) -> Vec<Effect> {
    let Some(entry) = matching(state, pick).into_iter().nth(at) else {
        let typed = state.picker.filter.value();
        let why = typed.parse::<crate::domain::SecondStage>().err().filter(|_| pick != Pick::Fusion);
        state.complain(why.unwrap_or_else(|| {
            format!("nothing matches \"{typed}\"; {} goes back", state.key(ActionId::Back))
        }));
        return Vec::new();
    };
    if let Choice::Service(name) = entry.choice {
        state.picker.filter = tui_input::Input::new(format!("{name}:"));
        state.picker.cursor = 0;
        let enter = state.key(ActionId::Accept);
        state.say(format!("type the model, or a URL, behind {name}: and {enter}"));
        return Vec::new();
    }
    if let (Pick::Rivals, Choice::Plan(plan)) = (pick, entry.choice.clone()) {
        return mark(state, plan);
    }
    state.mode = Mode::Browse;
    keep_in_sight(state);
    let failed =
        state.snapshot.as_ref().is_some_and(|shown| matches!(shown.status.rerank, StageState::Failed(_)));
    if failed && pick == Pick::Reranker && picker::is_chosen(&entry, &state.settings, &state.theme) {
        // Chosen once more after it failed: another try.
        return vec![super::request(state)];
    }
    match entry.choice {
        Choice::Act(action) => super::on_action(state, action),
        Choice::Set(..) if state.blind => {
            pool::refuse(state);
            Vec::new()
        }
        Choice::Set(knob, text) => turning::set(state, knob, &text),
        Choice::Theme(theme) => {
            wear(state, &theme);
            vec![Effect::Write(Writing::Theme(theme.name))]
        }
        choice => {
            let Some(knob) = knob(pick) else { return Vec::new() };
            let (legs, before) = (state.shelf.legs.clone(), state.picker.before.clone());
            let mut fault = None;
            let effects = turning::change(state, knob, |settings| {
                put_back(pick, &before, settings);
                fault = take(&choice, settings, &legs).err();
            });
            match fault {
                Some(fault) => state.complain(fault),
                None if pick == Pick::Preset => state.say(format!("preset: {}", entry.name)),
                None => {}
            }
            effects
        }
    }
}

/// Marks a second stage to be compared, or takes its mark away. The list stays open.
fn mark(state: &mut State, plan: SecondStage) -> Vec<Effect> {
    if let Some(at) = state.rivals.iter().position(|rival| *rival == plan) {
        state.rivals.remove(at);
    } else if plan == state.settings.reranker {
        state.say("that is the present one: the others are held against it");
        return Vec::new();
    } else if state.settings.reranker.is_none() {
        let key = state.key(ActionId::Reranker);
        state.complain(format!("there is no reranker to hold others against: {key} chooses one"));
        return Vec::new();
    } else if state.rivals.len() >= picker::MOST_RIVALS {
        state.complain(format!(
            "{} at a time: {} on a marked one takes its mark away",
            picker::MOST_RIVALS,
            state.key(ActionId::Accept)
        ));
        return Vec::new();
    } else {
        state.rivals.push(plan);
    }
    vec![Effect::Compare(state.rivals.clone())]
}

pub fn back(state: &mut State, pick: Pick) -> Vec<Effect> {
    let before = state.picker.before.clone();
    state.mode = Mode::Browse;
    keep_in_sight(state);
    if pick == Pick::Theme {
        theme_of_before(state);
    }
    let Some(knob) = knob(pick) else { return Vec::new() };
    turning::change(state, knob, |settings| put_back(pick, &before, settings))
}
