//! Where a collection was left: its query and the settings as they were turned, for the next start. In:
//! what the screen has at its end. Out: a file in the user's data folder, and what it says. A file that
//! cannot be read is no file: nothing is lost by it but convenience.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use toml_edit::{DocumentMut, Item, value};

use super::{Patch, spelling};
use crate::domain::Settings;
use crate::durable;
use crate::error::Result;

/// What is found again.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The id of the listed query.
    pub query: Option<String>,
    /// The query that was typed, where its lists were shown.
    pub typed: Option<String>,
    /// What was turned away from the settings of the start.
    pub settings: Patch,
}

/// The file of a collection.
pub fn file(sessions: &Path, collection: &Path) -> PathBuf {
    let path = collection.canonicalize().unwrap_or_else(|_| collection.to_path_buf());
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    sessions.join(format!("{hash}.toml"))
}

/// What the file says; nothing where there is none, or none that can be read.
pub fn read(file: &Path) -> Session {
    let text = durable::read(file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let session: Session = text.and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
    match super::check::values(&session.settings) {
        Ok(()) => session,
        Err(_) => Session { settings: Patch::default(), ..session },
    }
}

/// Writes where a collection was left: `settings` as they differ from those of the start.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    file: &Path,
    (query, typed): (Option<&str>, Option<&str>),
    settings: &Settings,
    at_start: &Settings,
    legs: &[String],
) -> Result<()> {
    let mut document = DocumentMut::new();
    let texts = [("query", query), ("typed", typed)];
    for (key, text) in texts.into_iter().filter_map(|(key, text)| Some((key, text?))) {
        document.insert(key, value(text));
    }
    let mut table = toml_edit::Table::new();
    for written in spelling::differences(settings, at_start, legs) {
        if let Some(value) = written.value {
            table.insert(written.key, Item::Value(value));
        }
    }
    document.insert("settings", Item::Table(table));
    durable::write(file, document.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_found_again_and_nonsense_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), Path::new("/no/such/collection"));
        assert_eq!(read(&file), Session::default());
        let start = Settings { candidates: 70, ..Settings::default() };
        let settings = Settings { alpha: 0.3, ..start.clone() };
        write(&file, (Some("q\"7"), Some("a\nb")), &settings, &start, &[]).unwrap();
        let session = read(&file);
        assert_eq!((session.query.as_deref(), session.typed.as_deref()), (Some("q\"7"), Some("a\nb")));
        assert_eq!(session.settings, Patch { alpha: Some(0.3), ..Patch::default() });
        std::fs::write(&file, "query = 7").unwrap();
        assert_eq!(read(&file), Session::default());
        std::fs::write(&file, "query = \"q1\"\n[settings]\nalpha = 7\n").unwrap();
        assert_eq!(read(&file), Session { query: Some("q1".into()), ..Session::default() });
    }
}
