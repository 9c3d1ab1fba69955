//! A scenario for every action of the table: keys in, and all that changes of what a person can tell, with
//! what is asked of the program outside. An action without one fails a test, and so does a change that the
//! scenario does not name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use crate::corpus::MarkedQuery;
use crate::domain::DocIdx;
use crate::tui::actions::{self, ActionId};
use crate::tui::demo::{Script, Tour};
use crate::tui::knobs;
use crate::tui::message::{Effect, Message, Picture, Writing};
use crate::tui::state::State;
use crate::tui::update::update;

use super::fixture::{self, RICH, answer, blank, collection, events, press, showing};
use super::tables::{self, settle};

/// Where a scenario begins.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Start {
    /// Every view has what it shows; 120 by 40.
    #[default]
    Full,
    /// A first stage of three legs.
    ThreeLegs,
    /// A service that costs money waits for a yes.
    Money,
    /// In the second step of a tour of three.
    Tour,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// The action's name.
    action: String,
    #[serde(default)]
    start: Start,
    /// Keys before.
    #[serde(default)]
    before: String,
    key: String,
    /// `what: before > after`, in the order of the alphabet, then what is asked for outside.
    changes: Vec<String>,
}

#[derive(Deserialize)]
struct Scenarios {
    scenario: Vec<Scenario>,
}

fn scenarios() -> Vec<Scenario> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/actions.toml");
    let text = std::fs::read_to_string(file).unwrap();
    toml::from_str::<Scenarios>(&text).unwrap().scenario
}

const TALK: &str = "[[step]]\ncaption = \"First.\"\nquery = \"q02\"\n[[step]]\ncaption = \"Second.\"\n\
                    settings = { n = 20 }\n[[step]]\ncaption = \"Third.\"\nquery = \"q01\"\n";

fn talk() -> Arc<Script> {
    Arc::new(Script::parse(TALK, "talk.toml".as_ref()).unwrap())
}

fn begin(start: Start) -> State {
    match start {
        Start::Full => {
            let mut state = showing(tables::full(0.02), RICH, 120, 40);
            state.script = Some(talk());
            state
        }
        Start::ThreeLegs => fixture::three_legs(),
        Start::Money => showing(fixture::asking(1), RICH, 120, 40),
        Start::Tour => {
            let mut state = blank(RICH, 120, 40);
            state.tour = Some(Tour::new(talk()));
            state.resize(120, 40);
            update(&mut state, Message::Opened(collection()));
            press(&mut state, " ");
            // Every deed is answered before the next one is done.
            (0..6).for_each(|_| shown(&mut state));
            state
        }
    }
}

/// In the second step of a tour of three.
pub fn touring() -> State {
    begin(Start::Tour)
}

/// The engine answers what was asked last.
fn shown(state: &mut State) {
    let mut snapshot = tables::full(0.02);
    snapshot.settings = state.settings.clone();
    snapshot.focus.focus = state.wanted_focus().unwrap();
    answer(state, snapshot);
}

/// What a person can tell of the state, by name.
fn told(state: &State) -> BTreeMap<String, String> {
    let passage = |doc: Option<DocIdx>| {
        let id = doc.and_then(|doc| Some(state.collection.as_ref()?.passages.get(doc.index())?.id.clone()));
        id.unwrap_or_default()
    };
    let query = state.query.and_then(|at| Some(state.collection.as_ref()?.query(at).id.clone()));
    let pinned = state.tables.changes.pinned.as_ref();
    let facts = [
        ("ask", state.ask.value().to_owned()),
        ("aside", state.overlay_left.to_string()),
        ("blind", state.blind.to_string()),
        ("by hand", state.cursor.chosen.to_string()),
        ("compared by", format!("{:?}", state.tables.changes.by)),
        ("crosshair", format!("{:?}", state.crosshair)),
        ("cursor", passage(state.cursor.doc)),
        ("detail", format!("{:?}", state.detail)),
        ("filter", state.filter.value().to_owned()),
        ("find", state.find.value().to_owned()),
        ("finding", state.finding.to_string()),
        ("first in sight", state.scroll.first.to_string()),
        ("goal", format!("{:?}", state.goal)),
        (
            "heat map",
            format!("{} {}", state.heat_method, if state.heat_first { "first" } else { "reranked" }),
        ),
        ("held", passage(state.held)),
        ("judgments", format!("{} done, {} undone", state.judgments.undo.len(), state.judgments.redo.len())),
        ("knob", state.knob.name(&state.legs)),
        ("leg", state.leg.0.to_string()),
        ("linked", state.linked.to_string()),
        ("marked", state.tables.queries.marked.len().to_string()),
        ("match", format!("{:?}", state.found_at)),
        ("matrix", format!("{:?}", state.tables.languages.matrix)),
        ("messages", state.messages.to_string()),
        ("mode", format!("{:?}", state.mode)),
        ("mouse", state.mouse.to_string()),
        ("number", state.number.value().to_owned()),
        ("order", format!("{:?} {}", state.tables.queries.table.sort, state.tables.queries.table.reversed)),
        ("other tab", state.other_tab.to_string()),
        ("pane", format!("{:?}", state.pane)),
        ("panel", state.panel.to_string()),
        ("picturing", state.picturing.to_string()),
        ("pinned", pinned.map_or(String::new(), |pinned| format!("N {}", pinned.settings.candidates))),
        ("plot", format!("{:?}", state.plot)),
        ("pool", format!("{} of {} to {}", state.pool.at, state.pool.docs.len(), state.pool.depth)),
        ("presenter", state.presenter.to_string()),
        ("query", query.unwrap_or_default()),
        ("said", state.notice.as_ref().map_or(String::new(), |notice| notice.text.clone())),
        ("scrolled", state.overlay_scroll.to_string()),
        ("theme", state.theme.clone()),
        ("step", state.tour.as_ref().map_or(String::new(), |tour| (tour.at() + 1).to_string())),
        ("view", format!("{:?}", state.view)),
        ("whole", state.whole.to_string()),
        ("wrap", state.wrap.to_string()),
    ];
    let knobs = state.knobs().into_iter();
    let knobs = knobs.map(|knob| (knob.name(&state.legs), knobs::value(knob, &state.settings, &state.legs)));
    facts.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(knobs).collect()
}

/// What is asked for outside, in a word or two.
fn asked(effect: &Effect) -> String {
    match effect {
        Effect::Request(_) => "asks".to_owned(),
        Effect::Compare(plans) => format!("compares {}", plans.len()),
        Effect::Agree(yes) => format!("agrees {yes}"),
        Effect::Behind(_) => "computes".to_owned(),
        Effect::Judge(mark) => {
            let query = match &mark.query {
                MarkedQuery::Listed(id) => id,
                MarkedQuery::Typed(text) => text,
            };
            format!("judges {query} {} {:?}", mark.passage, mark.grade)
        }
        Effect::Write(Writing::Settings(settings)) => format!("writes N {}", settings.candidates),
        Effect::Write(Writing::Preset { name, .. } | Writing::Theme(name)) => format!("keeps {name}"),
        Effect::Copy(text) => format!("copies {text:?}"),
        Effect::Edit(_, doc) => format!("edits {}", doc.index()),
        Effect::CaptureMouse(on) => format!("captures {on}"),
        Effect::Picture(Picture::Frame(format)) => format!("pictures {format:?}"),
        Effect::Picture(Picture::Plots) => "pictures plots".to_owned(),
        Effect::Repaint => "repaints".to_owned(),
        Effect::Suspend => "suspends".to_owned(),
        Effect::Quit => "quits".to_owned(),
        Effect::Fail(_) => "fails".to_owned(),
    }
}

/// Presses the keys before, then the key; which action that is, and what changes.
fn play(scenario: &Scenario) -> (Option<String>, Vec<String>) {
    let mut state = begin(scenario.start);
    let effects = press(&mut state, &scenario.before);
    settle(&mut state, effects);
    let event = events(&scenario.key)[0];
    let is = actions::action_of(&state, &event).map(ActionId::name);
    let was = told(&state);
    let effects = press(&mut state, &scenario.key);
    let now = told(&state);
    let names: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
    let of = |all: &BTreeMap<String, String>, name: &str| all.get(name).cloned().unwrap_or_default();
    let change = |name: &String| {
        let (was, now) = (of(&was, name), of(&now, name));
        (was != now).then(|| format!("{name}: {was} > {now}"))
    };
    let changes = names.into_iter().filter_map(change).chain(effects.iter().map(asked));
    (is, changes.collect())
}

#[test]
fn every_action_changes_what_its_scenario_says_and_nothing_else() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let (is, changes) = play(&scenario);
        let name = &scenario.action;
        if is.as_ref() != Some(name) {
            wrong.push(format!("{name}: {} is {is:?} there", scenario.key));
        } else if changes != scenario.changes {
            wrong.push(format!("{name}: not {:?}, but\nchanges = {changes:?}", scenario.changes));
        } else if changes.is_empty() {
            wrong.push(format!("{name}: a key that changes nothing is no action"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_action_has_a_scenario() {
    let told: BTreeSet<String> = scenarios().into_iter().map(|scenario| scenario.action).collect();
    let known: BTreeSet<String> = actions::all().map(|action| action.id.name()).collect();
    let without: Vec<&String> = known.difference(&told).collect();
    assert!(without.is_empty(), "no scenario for {without:?}");
    assert_eq!(told, known, "scenarios of actions that there are not");
}
