//! Stepping through a script. A step is a few deeds, each done when the picture answers the one before, so
//! that `next-gold` finds the golds of the query that was asked for. Going back restores the screen as the
//! step left it, whatever was turned since.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::config::Patch;
use crate::domain::QueryIdx;
use crate::engine::{Snapshot, StageState};

use super::super::actions::{self, ActionId};
use super::super::knobs::Knob;
use super::super::message::Effect;
use super::super::state::{Mode, State, View};
use super::super::update::{self, queries, turning};
use super::script::{Asked, Script, Step};

/// A tour under way.
#[derive(Debug, Clone)]
pub struct Tour {
    script: Arc<Script>,
    /// The step on the screen, from 0.
    at: usize,
    /// What is still to be done for it.
    deeds: VecDeque<Placed>,
    /// The screen as each step left it, up to this one.
    left: Vec<State>,
    /// Whether the next step was called for before this one was through: it begins when this one is.
    wanted: bool,
    /// Whether each deed waits to be called for, as recordings do.
    pub by_deed: bool,
    /// What the script asked for in vain, the first of it.
    pub fault: Option<String>,
    /// Rows of the caption under the screen.
    pub rows: u16,
}

#[derive(Debug, Clone, PartialEq)]
enum Deed {
    Show(Asked),
    Set(Box<Patch>),
    Press(ActionId),
}

/// A deed with its line in the script.
type Placed = (usize, Deed);

impl Tour {
    pub fn new(script: Arc<Script>) -> Self {
        Self {
            script,
            at: 0,
            deeds: VecDeque::new(),
            left: Vec::new(),
            wanted: false,
            by_deed: false,
            fault: None,
            rows: 0,
        }
    }

    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The step on the screen, from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn step(&self) -> &Step {
        // A script has a step, and `at` stays within them.
        &self.script.steps[self.at.min(self.script.steps.len() - 1)]
    }

    /// Whether something of the step is still to be done.
    pub fn is_busy(&self) -> bool {
        !self.deeds.is_empty()
    }

    /// Whether all of it is done, and the last deed was answered.
    fn is_through(&self) -> bool {
        self.by_deed && !self.is_busy() || self.left.len() > self.at
    }
}

/// Begins the tour of this collection where the screen is, whatever is open.
pub fn start(state: &mut State) -> Vec<Effect> {
    if state.tour.is_some() {
        let (next, leave) = (state.key(ActionId::TourNext), state.key(ActionId::TourLeave));
        state.say(format!("the tour is under way: {next} goes on, {leave} leaves it"));
        return Vec::new();
    }
    let (Some(script), Some(_)) = (state.script.clone(), &state.collection) else {
        state.say("the tour is of the sample collection: `rankscope demo` plays it");
        return Vec::new();
    };
    state.tour = Some(Tour::new(script));
    let (width, height) = state.size;
    state.resize(width, height);
    close(state);
    update::keep_in_sight(state);
    begin(state)
}

/// Begins with the first step, when the collection is open.
pub fn begin(state: &mut State) -> Vec<Effect> {
    let Some(tour) = &mut state.tour else { return Vec::new() };
    tour.deeds = deeds(tour.step());
    if tour.by_deed { Vec::new() } else { go_on(state) }
}

fn deeds(step: &Step) -> VecDeque<Placed> {
    let query = step.query.clone().map(|query| (step.lines.query, Deed::Show(query)));
    let settings = step.settings.clone().map(|patch| (step.lines.settings, Deed::Set(Box::new(patch))));
    let press = step.lines.press.iter().copied().zip(step.press.iter().copied().map(Deed::Press));
    query.into_iter().chain(settings).chain(press).collect()
}

/// Whether the picture answers what was asked last, as well as it ever will: with all legs, and the list of
/// the query reranked.
pub fn is_answered(state: &State) -> bool {
    let whole = |shown: &Snapshot| {
        shown.stamp.generation == state.generation
            && (!shown.lacks_legs() || shown.status.dense.is_settled())
            && (shown.focus.stage.is_none() || shown.status.rerank.is_settled())
    };
    !state.is_behind() && !state.is_stale() && state.snapshot.as_deref().is_some_and(whole)
}

/// What the step waits for, in words; `None` when it is through.
pub fn waits_for(state: &State) -> Option<String> {
    if !state.tour.as_ref().is_some_and(Tour::is_busy) && is_answered(state) {
        return None;
    }
    let status = &state.snapshot.as_ref()?.status;
    let working = [&status.bm25, &status.dense, &status.rerank].into_iter().find_map(|stage| match stage {
        StageState::Working { done, total, doing } => Some(format!("{doing}: {done} of {total}")),
        StageState::Waiting(what) => Some(what.clone()),
        _ => None,
    });
    Some(working.unwrap_or_else(|| "still computing".to_owned()))
}

/// Does what can be done now; a step that is through gives way to the next one where that was called for.
pub fn go_on(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    while is_answered(state) {
        match one_deed(state) {
            Some(done) => effects.extend(done),
            None => {
                keep(state);
                if state.tour.as_mut().is_some_and(|tour| std::mem::take(&mut tour.wanted)) {
                    // What the script asked for in vain stays in sight.
                    state.notice.take_if(|notice| !notice.is_error);
                    effects.extend(next(state));
                }
                break;
            }
        }
    }
    effects
}

/// Keeps the screen as the step leaves it, once.
fn keep(state: &mut State) {
    if state.tour.as_ref().is_some_and(|tour| tour.left.len() == tour.at) {
        let left = State { tour: None, notice: None, ..state.clone() };
        if let Some(tour) = &mut state.tour {
            tour.left.push(left);
        }
    }
}

/// Does the next deed of the step; `None` when nothing is left to do.
pub fn one_deed(state: &mut State) -> Option<Vec<Effect>> {
    let tour = state.tour.as_mut()?;
    let (line, deed) = tour.deeds.pop_front()?;
    Some(match deed {
        Deed::Show(Asked::Typed(text)) => {
            state.ask = tui_input::Input::new(text);
            queries::ask(state)
        }
        Deed::Show(Asked::Listed(id)) => match listed(state, &id) {
            Some(query) => {
                state.ask.reset();
                queries::show(state, query)
            }
            None => {
                fault(state, line, &format!("there is no query {id} in the collection"));
                Vec::new()
            }
        },
        Deed::Set(patch) => {
            let legs: Vec<String> = state.legs.iter().map(|leg| leg.name.to_string()).collect();
            match patch.over(&state.settings_at_start, &legs) {
                Ok(wanted) => turning::change(state, Knob::Alpha, |settings| *settings = wanted),
                Err(wrong) => {
                    fault(state, line, &wrong.message);
                    Vec::new()
                }
            }
        }
        Deed::Press(action) => {
            let place = actions::place(state);
            if actions::all().any(|known| known.id == action && known.places.contains(&place)) {
                state.notice = None;
                let effects = update::on_action(state, action);
                // What a key would say is not for those who pressed none.
                state.notice.take_if(|notice| !notice.is_error);
                effects
            } else {
                let name = action.name();
                fault(state, line, &format!("{name} does nothing at this place"));
                Vec::new()
            }
        }
    })
}

/// Says what the script asks for in vain, and keeps it: a later deed may say something else.
fn fault(state: &mut State, line: usize, what: &str) {
    let Some(tour) = &mut state.tour else { return };
    let words = format!("{}:{line}: {what}", tour.script.file.display());
    tour.fault.get_or_insert_with(|| words.clone());
    state.complain(words);
}

fn listed(state: &State, id: &str) -> Option<QueryIdx> {
    let queries = &state.collection.as_ref()?.queries;
    let at = queries.iter().position(|query| query.id == id)?;
    u32::try_from(at).ok().map(QueryIdx)
}

/// To the next step, as soon as this one is through; behind the last one the screen is the user's.
pub fn next(state: &mut State) -> Vec<Effect> {
    let why = waits_for(state).map_or(String::new(), |what| format!(": {what}"));
    let Some(tour) = &mut state.tour else { return Vec::new() };
    if !tour.is_through() {
        tour.wanted = true;
        state.say(format!("the next step follows when this one is through{why}"));
        return Vec::new();
    }
    if tour.at + 1 >= tour.script.steps.len() {
        return leave(state);
    }
    let Some(tour) = &state.tour else { return Vec::new() };
    // Whatever was turned since is turned back.
    let left = tour.left.get(tour.at).filter(|left| !left.shows_the_same(state)).cloned();
    let mut effects = left.map_or_else(Vec::new, |left| restore(state, &left));
    close(state);
    let Some(tour) = &mut state.tour else { return effects };
    tour.at += 1;
    tour.deeds = deeds(tour.step());
    if !tour.by_deed {
        effects.extend(go_on(state));
    }
    effects
}

/// To the step before, as it was left.
pub fn back(state: &mut State) -> Vec<Effect> {
    let Some(tour) = &mut state.tour else { return Vec::new() };
    if std::mem::take(&mut tour.wanted) {
        state.say("the next step waits for a key again");
        return Vec::new();
    }
    let Some(at) = tour.at.checked_sub(1) else {
        state.say("this is the first step");
        return Vec::new();
    };
    tour.at = at;
    tour.deeds.clear();
    tour.left.truncate(at + 1);
    match tour.left.last().cloned() {
        Some(left) => restore(state, &left),
        None => Vec::new(),
    }
}

/// Closes what a step may have left open, so that the next begins in the view of the query.
fn close(state: &mut State) {
    state.mode = Mode::Browse;
    (state.panel, state.messages, state.picturing) = (false, false, false);
    state.view = View::Query;
}

/// Brings the screen back to what it was; what the engine has found since is kept.
fn restore(state: &mut State, left: &State) -> Vec<Effect> {
    let now = std::mem::replace(state, left.clone());
    state.size = now.size;
    state.look = now.look;
    state.theme = now.theme;
    state.mouse = now.mouse;
    state.hover = None;
    // What was kept on the way (a preset, a theme) is on the disk.
    state.shelf = now.shelf;
    state.snapshot = match (now.snapshot, state.snapshot.take()) {
        // Of another query the lists of then stand in: in those of now the row under the cursor would be lost.
        (Some(now), Some(mut then)) if now.focus.focus != then.focus.focus => {
            Arc::make_mut(&mut then).stamp = now.stamp;
            Some(then)
        }
        (now, _) => now,
    };
    state.generation = now.generation;
    state.tour = now.tour;
    // What was judged is on the disk: it stays, and so does the way back from it.
    state.collection = now.collection;
    state.judgments = now.judgments;
    state.history = now.history;
    update::keep_in_sight(state);
    vec![update::request(state)]
}

/// Gives the screen to the user, as it is.
pub fn leave(state: &mut State) -> Vec<Effect> {
    if let Some(tour) = state.tour.take() {
        state.size.1 += tour.rows;
        update::keep_in_sight(state);
        let (help, quit) = (state.key(ActionId::Help), state.key(ActionId::Quit));
        state.say(format!("the screen is yours: {help} lists the keys, {quit} quits"));
    }
    Vec::new()
}
