//! From texts to vectors: finding the model, getting ONNX Runtime, running both on a thread of their own.
//!
//! In: texts and the role they play (query or passage). Out: one [`Encoded`] per text, which holds the
//! dense vector of the first stage and, from the same forward pass, the token vectors of late interaction.
//!
//! `locate` answers quickly which model it will be and what its vectors are keyed by (the fingerprint);
//! it touches no ONNX Runtime, so a program whose vectors are all cached never loads one. [`open`] gets
//! the runtime ([`runtime`]), parses the tokenizer (a second or more) and hands out an [`Encoder`].
//!
//! | file | what it is for |
//! |---|---|
//! | `locate` | which folder holds the model, whether it is whole, its [`ModelCard`] |
//! | `recipe` | how a folder's model wants its texts: prefixes, pooling, longest input |
//! | `runtime` | ONNX Runtime: find, fetch, check, load once |
//! | `colbert` | token vectors by a late-interaction model of its own: markers, masks |
//! | `projection` | the linear layer behind such a model, where its graph leaves it out |
//! | `cross_encoder` | pairs of texts to logits, by any folder's graph |
//! | `pairs` | tokenizer for pairs: ids, types, truncation |
//! | `pieces` | tokenizer: ids, spans, truncation |
//! | `inputs` | ids in batches, as the tensors that a graph takes |
//! | `session` | ids to vectors |
//! | `encoder` | the thread that owns a model: priorities, batches, preemption |
//! | `fastembed` | vectors and pairs by the fastembed crate: a folder's model, or one that it knows by name |
//! | `hub` | models from the Hugging Face hub into the cache folder, checked |
//! | `store` | which fetched models there are |
//! | `token_counter` | how long a text is to a model, without running it |
//! | `late` | MaxSim over token vectors; pure |
//! | `slot` | where a loading encoder will be |
//!
//! Nothing here writes a cache of vectors, ranks passages or prints.

mod colbert;
mod cross_encoder;
mod digest;
mod encoder;
mod fastembed;
pub mod hub;
mod inputs;
pub mod late;
mod locate;
mod pairs;
mod pieces;
mod projection;
mod recipe;
pub mod runtime;
mod session;
mod slot;
pub mod store;
#[cfg(test)]
pub(crate) mod test_support;
mod token_counter;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Result;

pub use colbert::{Colbert, ColbertRecipe, ColbertToken, is_colbert};
pub use cross_encoder::{CrossEncoder, CrossEncoderFiles, PairLogit, PairScorer};
pub use fastembed::FastembedReranker;
pub use locate::{ModelFiles, locate};
pub use slot::EncoderSlot;
pub use store::store_folders;
pub use token_counter::TokenCounter;

/// Bytes of all files under a folder, as far as they can be seen.
fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// Length of the bundled model's vectors. Other models: [`ModelCard::dim`].
pub const DIM: usize = 384;

/// What a text is to the model; asymmetric models mark the two sides by different prefixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Query,
    Passage,
}

/// Who is waiting for the vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// A person at the keyboard: goes ahead of, and interrupts, every batch.
    Interactive,
    /// A collection: as many tokens per second as possible.
    Batch,
}

/// Which model it is, and what its vectors are keyed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCard {
    /// Name of the model, for people and reports.
    pub id: String,
    /// Hex sha256 over `model.onnx`, `tokenizer.json` and the settings (pooling, prefixes, longest input):
    /// equal fingerprints give equal vectors.
    pub fingerprint: String,
    /// Length of the dense vector and of each token vector.
    pub dim: usize,
    /// Longest input in tokens, special tokens included; what is beyond is cut off.
    pub max_tokens: usize,
    pub licence: String,
    /// Where the files are; for a model by name, where its downloads go.
    pub folder: PathBuf,
}

/// What the model made of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// `[dim] f32`, L2-normalised.
    pub dense: Vec<f32>,
    /// `None` where they were not asked for or the model gives none.
    pub tokens: Option<TokenVectors>,
    pub reading: Reading,
}

/// How much of a text the model's tokenizer could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Length in tokens before truncation, prefix and special tokens included.
    pub n_tokens: u32,
    /// Whether the end of the text was cut off.
    pub truncated: bool,
    /// Characters of the text, also of an end that was cut off, for which the vocabulary has nothing but
    /// its token for the unknown.
    pub unknown_chars: u32,
}

/// The vectors of a text's own tokens: no special tokens, nothing of the prefix, no bare word boundary.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TokenVectors {
    pub dim: usize,
    /// `[n, dim]` row-major, each row L2-normalised in f32 and then rounded to f16.
    pub vectors: Vec<half::f16>,
    /// `[n]` byte ranges of the tokens in the text as given, on character boundaries, leading white space
    /// excluded. Several tokens may share a range where the tokenizer's normalisation split a character.
    pub spans: Vec<(u32, u32)>,
}

impl TokenVectors {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

/// A loaded model. Calls come from any thread and block until their texts are encoded.
pub trait Encoder: Send + Sync {
    fn card(&self) -> &ModelCard;

    /// Version of ONNX Runtime, such as `1.32.0`.
    fn runtime_version(&self) -> &str;

    /// Encodes the texts; results are in their order and do not depend on which texts come together.
    ///
    /// # Errors
    /// `Unavailable` when the model cannot compute them or is stopped, `Bug` when its thread died.
    fn encode(
        &self,
        priority: Priority,
        role: Role,
        texts: &[&str],
        want_tokens: bool,
    ) -> Result<Vec<Encoded>>;

    /// Ends what runs and what waits: pending and later calls get an error. Returns at once.
    fn stop(&self) {}
}

/// What the person chose about models. The default is the bundled model, found and run by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelOptions {
    /// The model's own folder, or one that contains `multilingual-e5-small-q4`.
    pub model_dir: Option<PathBuf>,
    /// Where ONNX Runtime is kept. Default: `RANKSCOPE_RUNTIME_DIR`, else `runtime` in the user's cache
    /// folder, so that several collections' caches share one runtime.
    pub runtime_dir: Option<PathBuf>,
    /// The program's cache folder where it is not the user's own.
    pub cache_dir: Option<PathBuf>,
    /// Fetch nothing.
    pub offline: bool,
    /// Threads inside one model run; 0 means 1.
    pub threads: usize,
    /// `None`: the folder's model by our own session. `fastembed`: the same by the fastembed crate, dense
    /// vectors only. `fastembed:NAME`: a model that fastembed knows by name, fetched from its hub.
    pub model: Option<String>,
}

/// What [`open`] is doing. `Display` is a few words for a status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadStep {
    FindingRuntime,
    /// Another process fetches it.
    AwaitingRuntime,
    /// Bytes that pip has brought so far, as far as they can be seen.
    FetchingRuntime {
        bytes: u64,
    },
    LoadingRuntime,
    /// From the model hub, by name.
    FetchingModel {
        name: String,
        bytes: u64,
    },
    LoadingModel,
}

impl fmt::Display for LoadStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FindingRuntime => f.write_str("looking for ONNX Runtime"),
            Self::AwaitingRuntime => f.write_str("another rankscope fetches ONNX Runtime: waiting"),
            Self::FetchingRuntime { bytes } if *bytes < 100_000 => {
                write!(f, "fetching ONNX Runtime {} with pip", runtime::PINNED_VERSION)
            }
            Self::FetchingRuntime { bytes } => {
                let megabytes = *bytes as f64 / 1e6;
                write!(f, "fetching ONNX Runtime {} with pip: {megabytes:.1} MB", runtime::PINNED_VERSION)
            }
            Self::LoadingRuntime => f.write_str("loading ONNX Runtime"),
            Self::FetchingModel { name, bytes } => {
                write!(f, "fetching the model {name}: {:.1} MB", *bytes as f64 / 1e6)
            }
            Self::LoadingModel => f.write_str("loading the model"),
        }
    }
}

/// Loads the model that `locate` found: ONNX Runtime first (looked for, or fetched once), then the
/// tokenizer and the session, then a thread that owns them. Blocks for a second or two, or for as long as
/// a download takes.
///
/// # Errors
/// `Unavailable` where ONNX Runtime or the model cannot be had, with what to do about it.
pub fn open(
    files: &ModelFiles,
    options: &ModelOptions,
    progress: &mut dyn FnMut(LoadStep),
) -> Result<Arc<dyn Encoder>> {
    match &files.source {
        locate::Source::Folder(recipe) => session::open(&files.card, recipe, options, progress),
        locate::Source::FolderByFastembed(recipe) => {
            fastembed::open_folder(&files.card, recipe, options, progress)
        }
        locate::Source::FastembedName(known) => fastembed::open_named(&files.card, known, options, progress),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_what_happens_in_a_few_words() {
        assert_eq!(
            LoadStep::FetchingRuntime { bytes: 12_340_000 }.to_string(),
            "fetching ONNX Runtime 1.32.0 with pip: 12.3 MB"
        );
        assert_eq!(
            LoadStep::FetchingRuntime { bytes: 0 }.to_string(),
            "fetching ONNX Runtime 1.32.0 with pip"
        );
        assert_eq!(LoadStep::LoadingModel.to_string(), "loading the model");
    }
}
