//! Reranker scores and query vectors.

use std::path::Path;

use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, TableDefinition,
};

use super::blobs::Blobs;
use super::{Key, database};
use crate::domain::Score;
use crate::error::{Error, Result};

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
pub(super) const BYTES_PER_SCORE: u64 = 160;
/// Bytes of scores that are kept where nothing else is said.
pub const SCORES_MAX: u64 = 512 << 20;
const QUERIES: Blobs = Blobs {
    values: TableDefinition::new("query_vectors_2"),
    ages: TableDefinition::new("query_vector_ages"),
    size: TableDefinition::new("query_vector_size"),
};
/// Bytes of query vectors that are kept: some fifteen thousand queries of the bundled model.
const QUERIES_MAX: u64 = 256 << 20;

/// Reranker scores and query vectors, on disk or, failing that, in memory.
pub struct FactCache {
    database: Database,
    /// Scores that are kept at most.
    most: u64,
    most_query_bytes: u64,
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
        let (database, note) = database::open(file, "scores")?;
        Ok((Self::of(database), note))
    }

    /// A cache that ends with the program.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_memory() -> Result<Self> {
        Ok(Self::of(database::in_memory()?))
    }

    fn of(database: Database) -> Self {
        Self { database, most: SCORES_MAX / BYTES_PER_SCORE, most_query_bytes: QUERIES_MAX }
    }

    /// Keeps scores up to so many bytes on disk.
    #[must_use]
    pub fn with_scores_max(mut self, bytes: u64) -> Self {
        self.most = (bytes / BYTES_PER_SCORE).max(1);
        self
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
            let query_vectors = QUERIES.count(&transaction)?;
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
            QUERIES.clear(&transaction)?;
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
        QUERIES.get(&self.database, keys).unwrap_or_else(|error| {
            tracing::warn!(%error, "query vectors cannot be read");
            vec![None; keys.len()]
        })
    }

    /// Keeps query vectors, in one transaction, and lets the oldest go where there are too many.
    pub fn put_query_vectors(&self, vectors: &[(Key, Vec<u8>)]) {
        if let Err(error) = QUERIES.put(&self.database, vectors, self.most_query_bytes) {
            tracing::warn!(%error, "query vectors cannot be kept");
        }
    }
}
