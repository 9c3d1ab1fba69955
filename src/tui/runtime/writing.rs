//! What is written to files of the user's, each on a thread of its own: no key waits for a disk.

use std::path::Path;

use crate::config::{presets, spelling, user};
use crate::error::{Error, Result};

use super::super::Files;
use super::super::message::{Kept, Writing};

/// Writes what was asked for, and says so.
pub fn kept(what: Writing, files: &Files, legs: &[String]) -> Result<Kept> {
    match what {
        Writing::Settings(settings) => {
            spelling::write(&files.settings, &settings, legs)?;
            Ok(Kept { words: format!("written: {}", files.settings.display()), presets: None })
        }
        Writing::Preset { name, settings } => {
            let folder = folder(files)?;
            let file = user::save_preset(folder, &name, &settings, legs)?;
            let mut all = presets::built_in();
            all.extend(user::presets(folder).0);
            Ok(Kept { words: format!("preset {name} is kept in {}", file.display()), presets: Some(all) })
        }
        Writing::Theme(name) => {
            let file = user::save_theme(folder(files)?, &name)?;
            Ok(Kept { words: format!("theme {name} is kept in {}", file.display()), presets: None })
        }
    }
}

fn folder(files: &Files) -> Result<&Path> {
    let folder = files.config.as_deref();
    folder.ok_or_else(|| Error::input("no home folder is known").advise("set RANKSCOPE_CONFIG_DIR"))
}
