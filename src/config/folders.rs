//! The user's own folders: settings of the program, and what is to be found again at the next start. What
//! can be computed again is in the cache folder, which is no matter of this file.

use std::path::PathBuf;

use etcetera::BaseStrategy;

/// Themes, keys, presets: `RANKSCOPE_CONFIG_DIR`, else `rankscope` in the user's configuration folder
/// (`$XDG_CONFIG_HOME`, `~/.config`). `None` where there is no home folder.
pub fn config() -> Option<PathBuf> {
    chosen("RANKSCOPE_CONFIG_DIR").or_else(|| Some(base()?.config_dir().join("rankscope")))
}

/// Where judgments lie that their collection could not take, a folder for each: below
/// `RANKSCOPE_DATA_DIR`, else `rankscope` in the user's data folder (`$XDG_DATA_HOME`,
/// `~/.local/share`).
pub fn judgments() -> Option<PathBuf> {
    Some(data()?.join("judgments"))
}

/// Where each collection was left, a file for each.
pub fn sessions() -> Option<PathBuf> {
    Some(data()?.join("sessions"))
}

fn data() -> Option<PathBuf> {
    chosen("RANKSCOPE_DATA_DIR").or_else(|| Some(base()?.data_dir().join("rankscope")))
}

fn chosen(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|chosen| !chosen.is_empty()).map(PathBuf::from)
}

fn base() -> Option<impl BaseStrategy> {
    etcetera::choose_base_strategy().ok()
}
