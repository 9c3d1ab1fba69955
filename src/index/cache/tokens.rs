//! Token vectors of passages by late-interaction models of their own, by model and text.
//!
//! The embedding model's lie beside its dense vectors, for every passage and in order
//! ([`crate::index::EmbeddingStore`]); these are of whatever passages came into a candidate set.

use std::path::Path;

use redb::{Database, ReadableDatabase as _, TableDefinition};

use super::blobs::Blobs;
use super::{Key, database};
use crate::error::{Error, Result};
use crate::index::token_block;
use crate::models::TokenVectors;

const PASSAGES: Blobs = Blobs {
    values: TableDefinition::new("passages"),
    ages: TableDefinition::new("passage_ages"),
    size: TableDefinition::new("passage_size"),
};

/// What a model made of one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptTokens {
    /// Rounded to 8 bits a value; spans are not kept.
    pub vectors: TokenVectors,
    /// Whether the end of the passage was not read.
    pub truncated: bool,
}

/// Token vectors on disk or, failing that, in memory.
pub struct TokenStore {
    database: Database,
    most_bytes: u64,
}

/// What is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenCount {
    pub passages: u64,
}

impl TokenStore {
    /// Opens or creates the file, for up to `most_bytes`; what becomes of one that is damaged or cannot be
    /// used is as with [`super::FactCache::open`].
    ///
    /// # Errors
    /// When not even memory can be used, which would be a bug.
    pub fn open(file: &Path, most_bytes: u64) -> Result<(Self, Option<String>)> {
        let (database, note) = database::open(file, "token vectors")?;
        Ok((Self { database, most_bytes }, note))
    }

    /// A store that ends with the program.
    ///
    /// # Errors
    /// Never in practice.
    pub fn in_memory(most_bytes: u64) -> Result<Self> {
        Ok(Self { database: database::in_memory()?, most_bytes })
    }

    /// The address of a passage under a model.
    pub fn key(model: &str, text: &str) -> Key {
        Key::of(&["token vectors", model, text])
    }

    /// What is known, in the order of `keys`.
    pub fn get(&self, keys: &[Key]) -> Vec<Option<KeptTokens>> {
        let read = PASSAGES.get(&self.database, keys).unwrap_or_else(|error| {
            tracing::warn!(%error, "token vectors cannot be read");
            vec![None; keys.len()]
        });
        read.into_iter().map(|bytes| decode(&bytes?)).collect()
    }

    /// Keeps them, in one transaction, and lets the oldest go where they take too much.
    pub fn put(&self, passages: &[(Key, KeptTokens)]) {
        let rows: Vec<(Key, Vec<u8>)> = passages.iter().map(|(key, kept)| (*key, encode(kept))).collect();
        if let Err(error) = PASSAGES.put(&self.database, &rows, self.most_bytes) {
            tracing::warn!(%error, "token vectors cannot be kept");
        }
    }

    /// How much is kept.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count(&self) -> Result<TokenCount> {
        let count = || -> Result<u64, redb::Error> { PASSAGES.count(&self.database.begin_read()?) };
        let passages = count().map_err(|e| Error::input(format!("token vectors cannot be read: {e}")))?;
        Ok(TokenCount { passages })
    }
}

/// Whether it was cut, the length of a vector, and the rows.
fn encode(kept: &KeptTokens) -> Vec<u8> {
    let mut bytes = vec![u8::from(kept.truncated)];
    bytes.extend_from_slice(&u32::try_from(kept.vectors.dim).unwrap_or(0).to_le_bytes());
    token_block::write_rows(&mut bytes, &kept.vectors);
    bytes
}

fn decode(bytes: &[u8]) -> Option<KeptTokens> {
    let (&truncated, rest) = bytes.split_first()?;
    let (dim, rows) = rest.split_first_chunk::<4>()?;
    let dim = u32::from_le_bytes(*dim) as usize;
    let row_bytes = token_block::row_bytes(dim);
    if dim == 0 || rows.len() % row_bytes != 0 {
        return None;
    }
    let spans = vec![(0, 0); rows.len() / row_bytes];
    let vectors = TokenVectors { dim, vectors: token_block::read_rows(rows, dim), spans };
    Some(KeptTokens { vectors, truncated: truncated == 1 })
}
