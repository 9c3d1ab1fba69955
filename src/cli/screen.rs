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
        Some(folder) => user::config(folder)?,
        None => user::UserConfig::default(),
    };
    let legs: Vec<String> = options.legs.iter().map(|leg| leg.name.clone()).collect();
    let mut all = presets::built_in();
    if let Some(folder) = &folder {
        all.extend(user::presets(folder)?);
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
        keys: keymap(&own)?,
        theme: Some(theme(screen.theme.as_deref(), &own, folder.as_deref())?),
        presets: all,
        presenter: screen.presenter,
        coloured: None,
        tour: None,
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

/// The keys of the user's configuration.
///
/// # Errors
/// The line of what is wrong.
pub fn keymap(own: &user::UserConfig) -> Result<Keymap> {
    let bindings: Vec<Binding<'_>> = own
        .keys
        .iter()
        .map(|(action, keys)| Binding { action: &action.value, keys, line: action.line })
        .collect();
    Keymap::of(&bindings).map_err(|(line, fault)| match &own.file {
        Some(file) => Error::input(fault).at_line(file, line),
        None => Error::input(fault),
    })
}

/// The theme of a flag, else of the user's configuration, else `auto`.
///
/// # Errors
/// When there is no such theme, or its file is wrong.
pub fn theme(
    flag: Option<&str>,
    own: &user::UserConfig,
    folder: Option<&std::path::Path>,
) -> Result<ThemeChoice> {
    let name = flag.or(own.theme.as_ref().map(|theme| theme.value.as_str())).unwrap_or("auto");
    let of = |ground| Theme::built_in(name, ground);
    if let (Some(dark), Some(light)) = (of(Ground::Dark), of(Ground::Light)) {
        return Ok(ThemeChoice { dark, light });
    }
    let file = folder.map(|folder| user::theme(folder, name)).transpose()?.flatten();
    let Some(file) = file else {
        let mut names: Vec<String> = tui::THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
        names.extend(folder.map(user::theme_names).unwrap_or_default());
        let fault = format!("there is no theme {name:?}; there are {}", names.join(", "));
        return Err(match (flag, &own.theme, &own.file) {
            (None, Some(placed), Some(file)) => Error::input(fault).at_line(file, placed.line),
            _ => Error::usage(format!("--theme: {fault}")),
        });
    };
    let on = |ground| {
        let mut theme = Theme::built_in("auto", ground).unwrap_or_default();
        for (meaning, style) in &file.entries {
            theme
                .lay_over(&meaning.value, style)
                .map_err(|fault| Error::input(fault).at_line(&file.file, meaning.line))?;
        }
        Ok(theme)
    };
    Ok(ThemeChoice { dark: on(Ground::Dark)?, light: on(Ground::Light)? })
}
