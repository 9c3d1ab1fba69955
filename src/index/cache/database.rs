//! A redb file for several processes; in memory where the file cannot be used.

use std::path::Path;

use redb::{ConcurrencyMode, Database, DatabaseError, StorageError};

use crate::error::{Error, Result};

/// Opens or creates the file. A damaged one is started anew; one that cannot be used gives a database in
/// memory. The sentence that says so is returned beside; `what` is its subject, such as `scores`.
///
/// # Errors
/// When not even memory can be used, which would be a bug.
pub(super) fn open(file: &Path, what: &str) -> Result<(Database, Option<String>)> {
    let mut note = None;
    let mut opened = on_disk(file);
    if opened.as_ref().is_err_and(is_damage) {
        note = Some(format!("the kept {what} were damaged and start anew"));
        let _ = std::fs::remove_file(file);
        opened = on_disk(file);
    }
    match opened {
        Ok(database) => Ok((database, note)),
        Err(error) => {
            let note = format!("{what} are kept for this run only: {}: {error}", file.display());
            Ok((in_memory()?, Some(note)))
        }
    }
}

/// One that ends with the program.
///
/// # Errors
/// Never in practice.
pub(super) fn in_memory() -> Result<Database> {
    let backend = redb::backends::InMemoryBackend::new();
    Database::builder()
        .create_with_backend(backend)
        .map_err(|e| Error::bug(format!("a database in memory: {e}")))
}

fn on_disk(file: &Path) -> Result<Database, DatabaseError> {
    Database::builder().set_concurrency_mode(ConcurrencyMode::MultiWriter).create(file)
}

fn is_damage(error: &DatabaseError) -> bool {
    match error {
        DatabaseError::Storage(StorageError::Corrupted(_))
        | DatabaseError::UpgradeRequired(_)
        | DatabaseError::RepairAborted => true,
        DatabaseError::Storage(StorageError::Io(io)) => {
            matches!(io.kind(), std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof)
        }
        _ => false,
    }
}
