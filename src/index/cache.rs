//! Where things are kept, and the facts that outlive a run: reranker scores and query vectors.
//!
//! Facts are addressed by what they were computed from (model, settings, texts), so they are never stale
//! and never thrown away. Several processes may share the file. Where it cannot be used, the facts of
//! this run are kept in memory and one sentence says so.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use redb::{ConcurrencyMode, Database, DatabaseError, ReadableDatabase as _, StorageError, TableDefinition};
use sha2::{Digest as _, Sha256};

use crate::domain::Score;
use crate::error::{Error, Result};

/// The folder for everything that can be computed again.
#[derive(Debug, Clone)]
pub struct CacheFolder {
    root: PathBuf,
}

impl CacheFolder {
    /// `chosen`, or `rankscope` in the user's cache folder (`$XDG_CACHE_HOME`, `~/.cache`; the local
    /// application data on Windows).
    ///
    /// # Errors
    /// When there is no home folder, or the folder cannot be created.
    pub fn new(chosen: Option<&Path>) -> Result<Self> {
        let root = match chosen {
            Some(root) => root.to_path_buf(),
            None => etcetera::choose_base_strategy()
                .map_err(|_| {
                    Error::input("no home folder is known").advise("choose one with --cache-dir DIR")
                })?
                .cache_dir()
                .join("rankscope"),
        };
        std::fs::create_dir_all(&root).map_err(|e| {
            Error::io("cannot create the cache folder", &root, &e)
                .advise("choose another with --cache-dir DIR")
        })?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one thing made from `parts` (texts, analyzer, model, version).
    pub fn made_from(&self, kind: &str, parts: &[&str]) -> PathBuf {
        let key = Key::of(parts);
        self.root.join("collections").join(format!("{kind}-{}", crate::text::hex(&key.0)))
    }

    /// The file of the facts.
    pub fn facts(&self) -> PathBuf {
        self.root.join("facts-1.redb")
    }
}

/// Address of a fact: the first half of a SHA-256 over its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

impl Key {
    pub fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(key)
    }
}

const SCORES: TableDefinition<'_, [u8; 16], f32> = TableDefinition::new("scores");
const QUERIES: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("query_vectors");

/// Reranker scores and query vectors, on disk or, failing that, in memory.
pub struct FactCache {
    database: Database,
}

impl FactCache {
    /// Opens or creates the file. A damaged one is started anew; one that cannot be used gives a cache in
    /// memory. The sentence that says so is returned beside.
    ///
    /// # Errors
    /// When not even memory can be used, which would be a bug.
    pub fn open(file: &Path) -> Result<(Self, Option<String>)> {
        let mut note = None;
        let mut opened = Self::on_disk(file);
        if opened.as_ref().is_err_and(is_damage) {
            note = Some("the score cache was damaged and starts anew".to_owned());
            let _ = std::fs::remove_file(file);
            opened = Self::on_disk(file);
        }
        match opened {
            Ok(cache) => Ok((cache, note)),
            Err(error) => {
                let memory = Self::in_memory()?;
                Ok((memory, Some(format!("scores are kept for this run only: {}: {error}", file.display()))))
            }
        }
    }

    /// A cache that ends with the program.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_memory() -> Result<Self> {
        let backend = redb::backends::InMemoryBackend::new();
        let database = Database::builder()
            .create_with_backend(backend)
            .map_err(|e| Error::bug(format!("cache in memory: {e}")))?;
        Ok(Self { database })
    }

    fn on_disk(file: &Path) -> Result<Self, DatabaseError> {
        let database = Database::builder().set_concurrency_mode(ConcurrencyMode::MultiWriter).create(file)?;
        Ok(Self { database })
    }

    /// The scores known, in the order of `keys`. A NaN means: was tried, and cannot be scored.
    pub fn scores(&self, keys: &[Key]) -> Vec<Option<Score>> {
        let read = || -> Result<Vec<Option<Score>>, redb::Error> {
            let transaction = self.database.begin_read()?;
            let table = match transaction.open_table(SCORES) {
                Ok(table) => table,
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(vec![None; keys.len()]),
                Err(error) => return Err(error.into()),
            };
            keys.iter().map(|key| Ok(table.get(key.0)?.map(|score| score.value()))).collect()
        };
        read().unwrap_or_else(|error| {
            tracing::warn!(%error, "score cache cannot be read");
            vec![None; keys.len()]
        })
    }

    /// Keeps scores, in one transaction.
    pub fn put_scores(&self, scores: &[(Key, Score)]) {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.database.begin_write()?;
            {
                let mut table = transaction.open_table(SCORES)?;
                for (key, score) in scores {
                    table.insert(key.0, score)?;
                }
            }
            Ok(transaction.commit()?)
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "score cache cannot be written");
        }
    }

    /// Kept bytes of query vectors, in the order of `keys`.
    pub fn query_vectors(&self, keys: &[Key]) -> Vec<Option<Vec<u8>>> {
        let read = || -> Result<Vec<Option<Vec<u8>>>, redb::Error> {
            let transaction = self.database.begin_read()?;
            let table = match transaction.open_table(QUERIES) {
                Ok(table) => table,
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(vec![None; keys.len()]),
                Err(error) => return Err(error.into()),
            };
            keys.iter().map(|key| Ok(table.get(key.0)?.map(|bytes| bytes.value().to_vec()))).collect()
        };
        read().unwrap_or_else(|error| {
            tracing::warn!(%error, "query vectors cannot be read");
            vec![None; keys.len()]
        })
    }

    /// Keeps query vectors, in one transaction.
    pub fn put_query_vectors(&self, vectors: &[(Key, Vec<u8>)]) {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.database.begin_write()?;
            {
                let mut table = transaction.open_table(QUERIES)?;
                for (key, bytes) in vectors {
                    table.insert(key.0, bytes.as_slice())?;
                }
            }
            Ok(transaction.commit()?)
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "query vectors cannot be kept");
        }
    }
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

/// Writes a file under a temporary name beside it and renames it into place.
///
/// # Errors
/// When the folder cannot be written; then the file is as it was.
pub fn write_atomically(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |e: &std::io::Error| Error::io("cannot write", file, e);
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
    fresh.write_all(bytes).map_err(|e| failed(&e))?;
    fresh.persist(file).map_err(|e| failed(&e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_survive_and_two_handles_share_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("facts.redb");
        let (first, note) = FactCache::open(&file).unwrap();
        assert_eq!(note, None);
        let (second, note) = FactCache::open(&file).unwrap();
        assert_eq!(note, None, "a second process works on the same file");
        let (one, two) = (Key::of(&["a", "bc"]), Key::of(&["ab", "c"]));
        assert_ne!(one, two, "parts do not run into each other");
        first.put_scores(&[(one, 0.5)]);
        second.put_scores(&[(two, f32::NAN)]);
        drop((first, second));
        let (again, _) = FactCache::open(&file).unwrap();
        let scores = again.scores(&[two, one, Key::of(&["x"])]);
        assert!(scores[0].is_some_and(f32::is_nan));
        assert_eq!(scores[1..], [Some(0.5), None]);
    }

    #[test]
    fn a_damaged_file_starts_anew_and_a_folder_falls_back_to_memory() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("facts.redb");
        std::fs::write(&file, b"this is no database, and it is long enough to look like one".repeat(99))
            .unwrap();
        let (cache, note) = FactCache::open(&file).unwrap();
        assert!(note.unwrap().contains("anew"));
        cache.put_scores(&[(Key::of(&["a"]), 1.0)]);
        assert_eq!(cache.scores(&[Key::of(&["a"])]), [Some(1.0)]);

        let (cache, note) = FactCache::open(folder.path()).unwrap();
        assert!(note.unwrap().contains("for this run only"));
        cache.put_query_vectors(&[(Key::of(&["q"]), vec![1, 2])]);
        assert_eq!(cache.query_vectors(&[Key::of(&["q"])]), [Some(vec![1, 2])]);
    }
}
