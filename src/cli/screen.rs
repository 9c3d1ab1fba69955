//! How the screen starts: settings, the user's own configuration, and what was left the last time.

use super::args::{EngineArgs, ScreenArgs};
use crate::config::session::Session;
use crate::config::{self, folders, presets, session, user};
use crate::domain::Settings;
use crate::engine::{EngineOptions, LegSpec};
use crate::error::{Error, Result};
use crate::tui::{self, Binding, Files, Ground, Keymap, Restored, Theme, ThemeChoice};

/// What the screen starts with.
///
/// # Errors
/// When a file of the user's configuration is wrong.
pub fn options_of_screen(
    screen: &ScreenArgs,
    engine: &EngineArgs,
    options: &EngineOptions,
) -> Result<tui::Options> {
    let folder = folders::config();
    let (_, settings) = engine.collection()?;
    let own = match &folder {
        Some(folder) => without_faults(user::config(folder))?,
        None => user::UserConfig::default(),
    };
    let legs: Vec<String> = options.legs.iter().map(|leg| leg.name.clone()).collect();
    let mut all = presets::built_in();
    if let Some(folder) = &folder {
        all.extend(without_faults(user::presets(folder))?);
    }
    let session_file = (own.restore != Some(false) && !screen.fresh)
        .then(|| folders::sessions().map(|sessions| session::file(&sessions, &options.collection)))
        .flatten();
    let left = session_file.as_deref().map(session::read).unwrap_or_default();
    Ok(tui::Options {
        ascii: screen.ascii || own.ascii == Some(true),
        no_mouse: screen.no_mouse || own.mouse == Some(false),
        settings: options.settings.clone(),
        legs: options.legs.iter().map(LegSpec::leg_name).collect(),
        title: options.collection.display().to_string(),
        restored: restored(screen, engine, left, &options.settings, &legs),
        keys: without_faults(keymap(&own))?,
        theme: Some(without_faults(theme(screen.theme.as_deref(), &own, folder.as_deref()))?),
        themes: themes(folder.as_deref()),
        presets: all,
        presenter: screen.presenter,
        coloured: None,
        tour: None,
        script: None,
        files: Files {
            base: config::resolve(&settings, &config::file(&settings)?, &config::Patch::default(), &legs)?,
            settings,
            config: folder,
            session: session_file,
            arguments: engine.written(),
        },
    })
}

/// What to begin with: what the command line asks for goes before what was left.
fn restored(
    screen: &ScreenArgs,
    engine: &EngineArgs,
    left: Session,
    settings: &Settings,
    legs: &[String],
) -> Option<Restored> {
    let was_left = left != Session::default();
    let mut turned = settings.clone();
    let flags = engine.patch();
    let fits = left.settings.apply(&mut turned, legs).and_then(|()| flags.apply(&mut turned, legs));
    let from_the_line = screen.query.is_some() || screen.ask.is_some();
    let (query, typed) = match from_the_line {
        true => (screen.query.clone(), screen.ask.clone()),
        false => (left.query, left.typed),
    };
    // Legs may be others than the last time: then the settings of the last time say nothing.
    let settings = if fits.is_ok() { turned } else { settings.clone() };
    Some(Restored { settings, query, typed, from_last_time: was_left && !from_the_line })
}

/// What was read, where nothing is wrong with it.
///
/// # Errors
/// The first mistake, and how many more there are.
pub fn without_faults<T>((read, faults): (T, Vec<Error>)) -> Result<T> {
    let more = faults.len().saturating_sub(1);
    match faults.into_iter().next() {
        None => Ok(read),
        Some(first) if more == 0 => Err(first),
        Some(first) => Err(first.advise(format!("{more} more: `rankscope config check` names them all"))),
    }
}

/// The keys of the user's configuration, and what is wrong with them.
pub fn keymap(own: &user::UserConfig) -> (Keymap, Vec<Error>) {
    let bindings: Vec<Binding<'_>> = own
        .keys
        .iter()
        .map(|(action, keys)| Binding { action: &action.value, keys, line: action.line })
        .collect();
    let placed = |(line, fault)| match &own.file {
        Some(file) => Error::input(fault).at_line(file, line),
        None => Error::input(fault),
    };
    match Keymap::of(&bindings) {
        Ok(map) => (map, Vec::new()),
        Err(faults) => (Keymap::default(), faults.into_iter().map(placed).collect()),
    }
}

/// The theme of a flag, else of the user's configuration, else `auto`; and what is wrong with its file, or
/// that there is none.
pub fn theme(
    flag: Option<&str>,
    own: &user::UserConfig,
    folder: Option<&std::path::Path>,
) -> (ThemeChoice, Vec<Error>) {
    let name = flag.or(own.theme.as_ref().map(|theme| theme.value.as_str())).unwrap_or("auto");
    let built_in = ThemeChoice::built_in();
    if let Some(choice) = built_in.iter().find(|choice| choice.name == name) {
        return (choice.clone(), Vec::new());
    }
    // A file of the user's is laid over what the program would have.
    let usual = built_in.into_iter().next().unwrap_or_default();
    let mut choice = ThemeChoice { name: name.to_owned(), words: "your own".to_owned(), ..usual };
    let (file, mut faults) = folder.map_or((None, Vec::new()), |folder| user::theme(folder, name));
    let Some(file) = file else {
        if faults.is_empty() {
            faults.push(no_such_theme(name, flag, own, folder));
        }
        return (choice, faults);
    };
    for (meaning, style) in &file.entries {
        let wrong = choice.dark.lay_over(&meaning.value, style).err().unwrap_or_default();
        faults.extend(wrong.into_iter().map(|fault| Error::input(fault).at_line(&file.file, meaning.line)));
        // What is wrong on the one ground is wrong on the other.
        drop(choice.light.lay_over(&meaning.value, style));
    }
    (choice, faults)
}

/// Every theme that there is, the program's first; of the user's own those in which nothing is wrong.
fn themes(folder: Option<&std::path::Path>) -> Vec<ThemeChoice> {
    let own = folder.map(user::theme_names).unwrap_or_default();
    let read = |name: &String| theme(Some(name), &user::UserConfig::default(), folder);
    let own = own.iter().map(read).filter(|(_, faults)| faults.is_empty()).map(|(choice, _)| choice);
    let mut all = ThemeChoice::built_in();
    let new: Vec<ThemeChoice> = own.filter(|own| all.iter().all(|known| known.name != own.name)).collect();
    all.extend(new);
    all
}

fn no_such_theme(
    name: &str,
    flag: Option<&str>,
    own: &user::UserConfig,
    folder: Option<&std::path::Path>,
) -> Error {
    let mut names: Vec<String> = tui::THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let own_names = folder.map(user::theme_names).unwrap_or_default();
    names.extend(own_names.into_iter().filter(|name| Theme::built_in(name, Ground::Dark).is_none()));
    let fault = format!("there is no theme {name:?}; there are {}", names.join(", "));
    match (flag, &own.theme, &own.file) {
        (None, Some(placed), Some(file)) => Error::input(fault).at_line(file, placed.line),
        _ => Error::usage(format!("--theme: {fault}")),
    }
}
