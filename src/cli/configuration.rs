//! `config`: what the user's own configuration says, where it lies, and what is wrong with it.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::screen;
use crate::config::{self, folders, presets, user};
use crate::error::{Error, ErrorKind, Result};
use crate::index::cache::SCORES_MAX;
use crate::text::visible;
use crate::tui;

#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub what: What,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// What holds: theme, presets, and every key with its action
    Show,
    /// Where the files lie
    Path,
    /// Read every file and name each mistake with its line
    Check {
        /// A collection whose rankscope.toml is read too
        #[arg(value_name = "COLLECTION")]
        collection: Option<PathBuf>,
    },
}

/// # Errors
/// What is wrong, with its line (3).
pub fn run(args: &ConfigArgs) -> Result<()> {
    let folder = folders::config().ok_or_else(|| {
        Error::input("no home folder is known").advise("set RANKSCOPE_CONFIG_DIR to a folder")
    })?;
    match &args.what {
        What::Show => show(&folder),
        What::Path => super::print(&paths(&folder)),
        What::Check { collection } => check(&folder, collection.as_deref()),
    }
}

fn paths(folder: &Path) -> String {
    let there = |file: &Path| if file.exists() { "" } else { "  (not there)" };
    let mut lines = String::new();
    for (name, what) in [
        ("config.toml", "theme, ascii, mouse, restore, score-cache-max, [keys]"),
        ("presets.toml", "a table for each preset"),
        ("themes", "NAME.toml for each theme"),
    ] {
        let file = folder.join(name);
        lines.push_str(&format!("{}  {what}{}\n", file.display(), there(&file)));
    }
    for (place, what) in [
        (folders::sessions(), "the last query and settings of each collection"),
        (folders::judgments(), "judgments that their collection could not take"),
    ] {
        if let Some(place) = place {
            lines.push_str(&format!("{}  {what}{}\n", place.display(), there(&place)));
        }
    }
    lines
}

fn show(folder: &Path) -> Result<()> {
    let own = screen::without_faults(user::config(folder))?;
    let keys = screen::without_faults(screen::keymap(&own))?;
    screen::without_faults(screen::theme(None, &own, Some(folder)))?;
    let theme = own.theme.as_ref().map_or("auto", |theme| theme.value.as_str());
    let yes = |on: Option<bool>, usual: bool| on.unwrap_or(usual);
    let mut text = format!(
        "theme = \"{theme}\"\nascii = {}\nmouse = {}\nrestore = {}\nscore-cache-max = {}\n\n",
        yes(own.ascii, false),
        yes(own.mouse, true),
        yes(own.restore, true),
        own.score_cache_max.unwrap_or(SCORES_MAX)
    );
    text.push_str("# themes\n");
    for (name, words) in tui::THEMES {
        text.push_str(&format!("#   {name:<16}{words}\n"));
    }
    for name in user::theme_names(folder) {
        text.push_str(&format!("#   {:<16}your own\n", visible(&name)));
    }
    text.push_str("# presets\n");
    let own_presets = screen::without_faults(user::presets(folder))?;
    for preset in presets::built_in().into_iter().chain(own_presets) {
        text.push_str(&format!("#   {:<26}{}\n", visible(&preset.name), preset.words));
    }
    text.push_str("\n[keys]\n");
    for (name, keys, words) in tui::action_list(&keys) {
        let keys: Vec<String> =
            keys.split(' ').filter(|key| !key.is_empty()).map(|key| format!("{key:?}")).collect();
        text.push_str(&format!("{name} = [{}]  # {words}\n", keys.join(", ")));
    }
    super::print(&text)
}

/// Reads everything; all mistakes are named, one a line.
fn check(folder: &Path, collection: Option<&Path>) -> Result<()> {
    let (own, mut faults) = user::config(folder);
    faults.extend(screen::keymap(&own).1);
    faults.extend(screen::theme(None, &own, Some(folder)).1);
    faults.sort_by_key(|fault| fault.place.as_ref().map(|place| (place.file.clone(), place.line)));
    for name in user::theme_names(folder) {
        if tui::THEMES.iter().any(|(of_ours, _)| *of_ours == name) {
            let fault = format!("{name} is a theme of the program, which goes before this file: rename it");
            faults.push(Error::input(fault).in_file(&folder.join("themes").join(format!("{name}.toml"))));
            continue;
        }
        faults.extend(screen::theme(Some(&name), &user::UserConfig::default(), Some(folder)).1);
    }
    faults.extend(user::presets(folder).1);
    let mut read = folder.display().to_string();
    if let Some(collection) = collection {
        if !collection.exists() {
            return Err(Error::input("there is no such collection").in_file(collection));
        }
        let file = config::settings_file(collection);
        if file.exists() {
            read.push_str(&format!(" and {}", file.display()));
            faults.extend(config::faults_of_file(&file)?);
        }
    }
    let mut told: Vec<Error> = Vec::new();
    for fault in faults {
        if !told.contains(&fault) {
            told.push(fault);
        }
    }
    let Some((first, others)) = told.split_first() else {
        return super::print(&format!("nothing is wrong in {read}\n"));
    };
    let mut message = first.message.clone();
    for other in others {
        message.push_str(&format!("\n{other}"));
    }
    Err(Error { kind: ErrorKind::Input, message, ..first.clone() })
}
