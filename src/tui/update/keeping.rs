//! What is kept and handed out: presets, the settings file, the command line, the clipboard, the editor.

use crate::config::spelling;
use crate::domain::Passage;

use super::super::actions::ActionId;
use super::super::message::{Effect, Kept, Writing};
use super::super::state::{Mode, State};

/// Asks for the name of a preset.
pub fn name_preset(state: &mut State) -> Vec<Effect> {
    (state.mode, state.notice) = (Mode::Naming, None);
    state.name.reset();
    Vec::new()
}

pub fn save_preset(state: &mut State) -> Vec<Effect> {
    let name = state.name.value().trim().to_owned();
    if name.is_empty() {
        state.mode = Mode::Browse;
        return Vec::new();
    }
    if crate::config::presets::built_in().iter().any(|preset| preset.name == name) {
        state.complain(format!("{name} is a preset of the program: choose another name"));
        return Vec::new();
    }
    state.mode = Mode::Browse;
    vec![Effect::Write(Writing::Preset { name, settings: Box::new(state.settings.clone()) })]
}

pub fn write_settings(state: &State) -> Vec<Effect> {
    vec![Effect::Write(Writing::Settings(Box::new(state.settings.clone())))]
}

/// Something was written, or could not be.
pub fn on_kept(state: &mut State, kept: Result<Kept, crate::error::Error>) -> Vec<Effect> {
    match kept {
        Ok(Kept { words, presets }) => {
            state.say(words);
            if let Some(presets) = presets {
                state.shelf.presets = presets;
            }
        }
        Err(error) => state.complain(error.to_string().replace('\n', " ")),
    }
    Vec::new()
}

/// The command line that gives this screen: its collection, its query, and the knobs that stand
/// otherwise than they would without flags.
pub fn command_line(state: &State) -> String {
    let mut arguments = vec!["rankscope".to_owned()];
    arguments.extend(state.files.arguments.iter().cloned());
    let listed = state.collection.as_ref().zip(state.query);
    let id = listed.and_then(|(collection, query)| collection.queries.get(query.index()));
    match (&state.typed, id) {
        (Some(typed), _) => arguments.extend(spelling::flag("--ask", typed.clone())),
        (None, Some(query)) => arguments.extend(spelling::flag("--query", query.id.clone())),
        (None, None) => {}
    }
    arguments.extend(spelling::flags(&state.settings, &state.files.base, &state.shelf.legs));
    spelling::shell_line(&arguments)
}

pub fn show_command_line(state: &mut State) -> Vec<Effect> {
    state.mode = Mode::CommandLine;
    state.overlay_scroll = 0;
    vec![Effect::Copy(command_line(state))]
}

/// Copies something of the passage under the cursor.
pub fn copy(state: &mut State, what: &str, of: impl Fn(&Passage) -> String) -> Vec<Effect> {
    let collection = state.collection.clone();
    let passage = collection.as_ref().zip(state.cursor.doc);
    let passage = passage.and_then(|(collection, doc)| collection.passages.get(doc.index()));
    let Some(passage) = passage else {
        no_passage(state);
        return Vec::new();
    };
    state.say(format!("copied, if the terminal allows it: {what} of {}", passage.id));
    vec![Effect::Copy(of(passage))]
}

pub fn open_source(state: &mut State) -> Vec<Effect> {
    match (&state.collection, state.cursor.doc) {
        (Some(collection), Some(doc)) => vec![Effect::Edit(collection.clone(), doc)],
        _ => {
            no_passage(state);
            Vec::new()
        }
    }
}

/// Says that there is nothing under the cursor, and where there is.
pub fn no_passage(state: &mut State) {
    let key = state.key(ActionId::NextPane);
    state.say(format!("no passage is under the cursor: {key} goes to the lists"));
}
