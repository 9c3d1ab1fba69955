//! Where things are kept, and the facts that outlive a run: reranker scores and query vectors.
//!
//! Facts are addressed by what they were computed from (model, settings, texts), so they are never stale.
//! Scores are kept up to a size; beyond it the oldest go. Every batch is a transaction, so that a process
//! killed at any moment leaves a whole file, without its last batch at most. Several processes may share
//! the file. Where it cannot be used, the facts of this run are kept in memory and one sentence says so.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use redb::{
    ConcurrencyMode, Database, DatabaseError, ReadableDatabase as _, ReadableTable as _,
    ReadableTableMetadata as _, StorageError, TableDefinition,
};
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
        self.root.join("facts-2.redb")
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

/// What a reranker said of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeptScore {
    /// NaN: was tried, and cannot be scored.
    pub score: Score,
    /// Whether the end of the passage was not read.
    pub truncated: bool,
}

/// Score, truncated, and the place in [`AGES`].
const SCORES: TableDefinition<'_, [u8; 16], (f32, bool, u64)> = TableDefinition::new("scores");
/// The keys of [`SCORES`] in the order in which they came.
const AGES: TableDefinition<'_, u64, [u8; 16]> = TableDefinition::new("ages");
/// What a score takes on disk: 53 bytes in the two tables, and as much again, generously, for their trees.
/// An estimate.
const BYTES_PER_SCORE: u64 = 160;
/// Bytes of scores that are kept where nothing else is said.
pub const SCORES_MAX: u64 = 512 << 20;
const QUERIES: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("query_vectors");

/// Reranker scores and query vectors, on disk or, failing that, in memory.
pub struct FactCache {
    database: Database,
    /// Scores that are kept at most.
    most: u64,
}

/// What is in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactCount {
    pub scores: u64,
    pub query_vectors: u64,
    /// Scores that are kept at most; beyond, the oldest go.
    pub most_scores: u64,
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
        Ok(Self { database, most: SCORES_MAX / BYTES_PER_SCORE })
    }

    /// Keeps scores up to so many bytes on disk.
    #[must_use]
    pub fn with_scores_max(mut self, bytes: u64) -> Self {
        self.most = (bytes / BYTES_PER_SCORE).max(1);
        self
    }

    fn on_disk(file: &Path) -> Result<Self, DatabaseError> {
        let database = Database::builder().set_concurrency_mode(ConcurrencyMode::MultiWriter).create(file)?;
        Ok(Self { database, most: SCORES_MAX / BYTES_PER_SCORE })
    }

    /// The scores known, in the order of `keys`.
    pub fn scores(&self, keys: &[Key]) -> Vec<Option<KeptScore>> {
        let kept = |(score, truncated, _)| KeptScore { score, truncated };
        let read = || -> Result<Vec<Option<KeptScore>>, redb::Error> {
            let transaction = self.database.begin_read()?;
            let table = match transaction.open_table(SCORES) {
                Ok(table) => table,
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(vec![None; keys.len()]),
                Err(error) => return Err(error.into()),
            };
            keys.iter().map(|key| Ok(table.get(key.0)?.map(|score| kept(score.value())))).collect()
        };
        read().unwrap_or_else(|error| {
            tracing::warn!(%error, "score cache cannot be read");
            vec![None; keys.len()]
        })
    }

    /// Keeps scores, in one transaction, and lets the oldest go where there are too many.
    pub fn put_scores(&self, scores: &[(Key, KeptScore)]) {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.database.begin_write()?;
            {
                let mut table = transaction.open_table(SCORES)?;
                let mut ages = transaction.open_table(AGES)?;
                let last = ages.last()?.map_or(0, |(age, _)| age.value());
                for ((key, kept), age) in scores.iter().zip(last + 1..) {
                    let before = table.insert(key.0, (kept.score, kept.truncated, age))?;
                    if let Some((_, _, age)) = before.map(|before| before.value()) {
                        ages.remove(age)?;
                    }
                    ages.insert(age, key.0)?;
                }
                let mut over = table.len()?.saturating_sub(self.most);
                while over > 0 {
                    let Some(oldest) = ages.pop_first()?.map(|(_, key)| key.value()) else { break };
                    table.remove(oldest)?;
                    over -= 1;
                }
            }
            Ok(transaction.commit()?)
        };
        if let Err(error) = write() {
            tracing::warn!(%error, "score cache cannot be written");
        }
    }

    /// How much is kept.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count(&self) -> Result<FactCount> {
        let count = || -> Result<FactCount, redb::Error> {
            let transaction = self.database.begin_read()?;
            let none = |error| match error {
                redb::TableError::TableDoesNotExist(_) => Ok(0),
                error => Err(redb::Error::from(error)),
            };
            let scores = transaction.open_table(SCORES).map_or_else(none, |table| Ok(table.len()?))?;
            let query_vectors =
                transaction.open_table(QUERIES).map_or_else(none, |table| Ok(table.len()?))?;
            Ok(FactCount { scores, query_vectors, most_scores: self.most })
        };
        count().map_err(|e| Error::input(format!("the score cache cannot be read: {e}")))
    }

    /// Forgets all scores and query vectors, and gives their room back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear(&mut self) -> Result<()> {
        let clear = || -> Result<(), redb::Error> {
            let transaction = self.database.begin_write()?;
            transaction.delete_table(SCORES)?;
            transaction.delete_table(AGES)?;
            transaction.delete_table(QUERIES)?;
            Ok(transaction.commit()?)
        };
        clear().map_err(|e| Error::input(format!("the score cache cannot be cleared: {e}")))?;
        // What cannot be given back now is used again later.
        if let Err(error) = self.database.compact() {
            tracing::info!(%error, "score cache not compacted");
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(score: Score) -> KeptScore {
        KeptScore { score, truncated: false }
    }

    fn key(number: u64) -> Key {
        Key::of(&[&number.to_string()])
    }

    /// Trap: a cap that lets the newest go, or counts a score twice that was written twice.
    #[test]
    fn beyond_the_cap_the_oldest_go() {
        let mut cache = FactCache::in_memory().unwrap().with_scores_max(4 * BYTES_PER_SCORE);
        cache.put_scores(&[(key(0), kept(0.0)), (key(1), kept(1.0)), (key(2), kept(2.0))]);
        cache.put_scores(&[(key(0), kept(0.5))]);
        cache.put_scores(&[(key(3), kept(3.0)), (key(4), kept(4.0))]);
        let known = cache.scores(&(0..5).map(key).collect::<Vec<_>>());
        let scores: Vec<Option<Score>> = known.into_iter().map(|kept| kept.map(|kept| kept.score)).collect();
        assert_eq!(scores, [Some(0.5), None, Some(2.0), Some(3.0), Some(4.0)]);
        cache.put_query_vectors(&[(key(7), vec![1])]);
        assert_eq!(cache.count().unwrap(), FactCount { scores: 4, query_vectors: 1, most_scores: 4 });
        cache.clear().unwrap();
        assert_eq!(cache.count().unwrap(), FactCount { scores: 0, query_vectors: 0, most_scores: 4 });
        cache.put_scores(&[(key(9), kept(9.0))]);
        assert_eq!(cache.scores(&[key(9)]), [Some(kept(9.0))]);
    }

    /// The child of the test below: writes batches until it is killed, and says which are committed.
    #[test]
    #[ignore = "a child process of the test below"]
    fn write_until_killed() {
        let Some(file) = std::env::var_os("RANKSCOPE_TEST_FACTS") else { return };
        let (cache, _) = FactCache::open(Path::new(&file)).unwrap();
        let cache = cache.with_scores_max(700 * BYTES_PER_SCORE);
        let first: u64 = std::env::var("RANKSCOPE_TEST_FIRST").unwrap().parse().unwrap();
        for batch in first.. {
            let rows: Vec<_> = (batch * 16..(batch + 1) * 16).map(|n| (key(n), kept(n as f32))).collect();
            cache.put_scores(&rows);
            println!("\ncommitted {batch}");
        }
    }

    /// Trap: a cache that loses committed batches, is damaged, or stays locked after kill -9.
    #[cfg(unix)]
    #[test]
    fn what_was_committed_survives_kill_9_at_any_moment() {
        use std::io::BufRead as _;
        use std::process::{Command, Stdio};

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("facts.redb");
        let mut first = 0;
        for round in 0..8u64 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "index::cache::tests::write_until_killed", "--ignored", "--nocapture"])
                .env("RANKSCOPE_TEST_FACTS", &file)
                .env("RANKSCOPE_TEST_FIRST", first.to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
            let mut lines = lines.map_while(Result::ok).filter_map(|line| {
                line.strip_prefix("committed ").map(|batch| batch.parse::<u64>().unwrap())
            });
            // Another number of batches each time; then somewhere within the next one.
            let mut last = lines.by_ref().nth(2 + round as usize * 3).expect("the child writes");
            std::thread::sleep(std::time::Duration::from_micros(round * 700));
            child.kill().unwrap();
            child.wait().unwrap();
            last = lines.last().unwrap_or(last);

            let (cache, note) = FactCache::open(&file).unwrap();
            assert_eq!(note, None, "the file is whole");
            // 700 are kept, the batch that was being written among them.
            let from = (last + 1).saturating_sub(42) * 16;
            for number in from.max(first * 16)..(last + 1) * 16 {
                assert_eq!(cache.scores(&[key(number)]), [Some(kept(number as f32))], "{number} of {last}");
            }
            // The batch that was being written is there whole or not at all.
            let torn: Vec<bool> =
                ((last + 1) * 16..(last + 2) * 16).map(|n| cache.scores(&[key(n)])[0].is_some()).collect();
            assert!(torn.iter().all(|there| *there == torn[0]), "{torn:?}");
            first = last + 2;
        }
    }

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
        first.put_scores(&[(one, kept(0.5))]);
        second.put_scores(&[(two, KeptScore { score: f32::NAN, truncated: true })]);
        drop((first, second));
        let (again, _) = FactCache::open(&file).unwrap();
        let scores = again.scores(&[two, one, Key::of(&["x"])]);
        assert!(scores[0].is_some_and(|kept| kept.score.is_nan() && kept.truncated));
        assert_eq!(scores[1..], [Some(kept(0.5)), None]);
    }

    #[test]
    fn a_damaged_file_starts_anew_and_a_folder_falls_back_to_memory() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("facts.redb");
        std::fs::write(&file, b"this is no database, and it is long enough to look like one".repeat(99))
            .unwrap();
        let (cache, note) = FactCache::open(&file).unwrap();
        assert!(note.unwrap().contains("anew"));
        cache.put_scores(&[(Key::of(&["a"]), kept(1.0))]);
        assert_eq!(cache.scores(&[Key::of(&["a"])]), [Some(kept(1.0))]);

        let (cache, note) = FactCache::open(folder.path()).unwrap();
        assert!(note.unwrap().contains("for this run only"));
        cache.put_query_vectors(&[(Key::of(&["q"]), vec![1, 2])]);
        assert_eq!(cache.query_vectors(&[Key::of(&["q"])]), [Some(vec![1, 2])]);
    }
}
