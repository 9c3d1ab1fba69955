//! Where things are kept, and the facts that outlive a run: reranker scores, query vectors, token vectors.
//!
//! Facts are addressed by what they were computed from (model, settings, texts), so they are never stale.
//! Each kind is kept up to a size; beyond it the oldest go. Every batch is a transaction, so that a process
//! killed at any moment leaves a whole file, without its last batch at most. Several processes may share
//! a file. Where it cannot be used, the facts of this run are kept in memory and one sentence says so.

mod blobs;
mod database;
mod facts;
#[cfg(test)]
mod tests;
mod tokens;

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

pub use facts::{FactCache, FactCount, KeptScore, SCORES_MAX};
pub use tokens::{KeptTokens, TokenCount, TokenStore};

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

    /// The file of the scores and query vectors.
    pub fn facts(&self) -> PathBuf {
        self.root.join("facts-2.redb")
    }

    /// The file of the token vectors that late-interaction models of their own made.
    pub fn tokens(&self) -> PathBuf {
        self.root.join("tokens-1.redb")
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
