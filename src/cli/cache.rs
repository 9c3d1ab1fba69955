//! `cache`: how much is kept of what can be computed again, and forgetting it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::args::score_cache_max;
use super::models::size;
use super::print;
use crate::config;
use crate::error::{Error, Result};
use crate::index::{CacheFolder, FactCache, TokenStore};

#[derive(Debug, clap::Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    pub command: CacheCommand,
    /// The cache folder [default: rankscope in the user's cache folder]
    #[arg(long, value_name = "DIR", env = "RANKSCOPE_CACHE_DIR", global = true)]
    pub cache_dir: Option<PathBuf>,
    /// What reranker scores may take on disk [default: 512M, or score-cache-max in config.toml]
    #[arg(long, value_name = "SIZE", value_parser = config::size, env = "RANKSCOPE_SCORE_CACHE_MAX", global = true)]
    pub score_cache_max: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// What is kept, and how much room it takes
    Info,
    /// Forget reranker scores and query vectors; --all: indexes, embeddings and token vectors too
    Clear {
        /// Also indexes, embeddings and token vectors of all collections (models and ONNX Runtime stay)
        #[arg(long)]
        all: bool,
    },
}

pub fn run(args: &CacheArgs) -> Result<()> {
    let folder = CacheFolder::new(args.cache_dir.as_deref())?;
    match args.command {
        CacheCommand::Info => print(&info(&folder, score_cache_max(args.score_cache_max))?),
        CacheCommand::Clear { all } => {
            let before = bytes(folder.root());
            clear(&folder, all)?;
            let freed = before.saturating_sub(bytes(folder.root()));
            print(&format!("{} freed in {}\n", size(freed), folder.root().display()))
        }
    }
}

/// The facts, if there is a file that can be read.
fn facts(folder: &CacheFolder) -> Result<Option<FactCache>> {
    if !folder.facts().is_file() {
        return Ok(None);
    }
    let (cache, note) = FactCache::open(&folder.facts())?;
    match note {
        // It would be a cache in memory: of another file than was asked about.
        Some(note) => Err(Error::input(note).in_file(&folder.facts())),
        None => Ok(Some(cache)),
    }
}

fn info(folder: &CacheFolder, most: u64) -> Result<String> {
    let mut out = String::new();
    let _ = writeln!(out, "{}", folder.root().display());
    let count = facts(folder)?.map(|cache| cache.with_scores_max(most).count()).transpose()?;
    let (scores, vectors) = count.map_or((0, 0), |count| (count.scores, count.query_vectors));
    let limit = count.map_or_else(String::new, |count| format!(" of {}", count.most_scores));
    let _ = writeln!(
        out,
        "  {:>9}  {scores} reranker scores (at most {}{limit}, then the oldest go), {vectors} query vectors",
        size(bytes(&folder.facts())),
        size(most)
    );
    if folder.tokens().is_file() {
        let (store, note) = TokenStore::open(&folder.tokens(), u64::MAX)?;
        if let Some(note) = note {
            return Err(Error::input(note).in_file(&folder.tokens()));
        }
        let _ = writeln!(
            out,
            "  {:>9}  token vectors of {} passages, by late-interaction models of their own",
            size(bytes(&folder.tokens())),
            store.count()?.passages
        );
    }
    for (name, what) in
        [("collections", "indexes and embeddings"), ("models", "fetched models"), ("runtime", "ONNX Runtime")]
    {
        let path = folder.root().join(name);
        if path.exists() {
            let _ = writeln!(out, "  {:>9}  {what}", size(bytes(&path)));
        }
    }
    Ok(out)
}

fn clear(folder: &CacheFolder, all: bool) -> Result<()> {
    if let Some(mut cache) = facts(folder)? {
        cache.clear()?;
    }
    // Of an earlier version; nothing reads it any more.
    let _ = fs::remove_file(folder.root().join("facts-1.redb"));
    let collections = folder.root().join("collections");
    if all && folder.tokens().exists() {
        fs::remove_file(folder.tokens()).map_err(|e| Error::io("cannot remove", &folder.tokens(), &e))?;
    }
    if all && collections.exists() {
        fs::remove_dir_all(&collections).map_err(|e| Error::io("cannot remove", &collections, &e))?;
    }
    Ok(())
}

/// Bytes of a file, or of all files under a folder, as far as they can be seen.
pub(super) fn bytes(path: &Path) -> u64 {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| bytes(&entry.path())).sum()
        }
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
