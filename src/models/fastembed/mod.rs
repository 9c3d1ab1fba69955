//! What the fastembed crate runs: embedding models and cross-encoders, any folder's or those that it knows
//! by name.
//!
//! In: texts. Out: what [`super::Encoder`] and [`super::PairScorer`] promise. A model by name comes from its
//! hub at the first use; fastembed pins no revision and checks no hash, and neither can we: a model of
//! `models pull` is fetched at one commit and checked.

mod embedding;
mod hub;
mod reranker;

use std::fs;
use std::path::Path;

use ::fastembed::TokenizerFiles;

use super::locate;
use crate::error::{Error, Result};

pub(super) use embedding::{Known, locate as locate_named, open_folder, open_named};
pub use reranker::FastembedReranker;

/// Spinning between two operators would take the core that draws the screen.
const NO_SPINNING: (&str, &str) = ("session.intra_op.allow_spinning", "0");

/// The four files that fastembed makes its tokenizer of.
const TOKENIZER_FILES: [&str; 4] =
    [locate::TOKENIZER, "config.json", "special_tokens_map.json", "tokenizer_config.json"];

/// Reads them from a model's folder.
fn tokenizer_files(folder: &Path) -> Result<TokenizerFiles> {
    let [tokenizer, config, special, settings] = TOKENIZER_FILES;
    Ok(TokenizerFiles {
        tokenizer_file: read(folder, tokenizer)?,
        config_file: read(folder, config)?,
        special_tokens_map_file: read(folder, special)?,
        tokenizer_config_file: read(folder, settings)?,
    })
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    fs::read(&path).map_err(|e| {
        Error::unavailable(format!("fastembed needs this file of the model: {e}")).in_file(&path)
    })
}

/// An error and what it came from, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
