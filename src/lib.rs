//! rankscope: a debugger for two-stage retrieval.
//!
//! A first stage (BM25, dense, hybrid) surfaces a candidate set of N passages; a second stage re-scores
//! them; the top k is delivered. Reranking turns recall into precision; it cannot manufacture recall. This
//! crate shows, for every query, where each relevant passage is lost on that way, and computes it anew on
//! every change of a setting.
//!
//! # As a library
//!
//! What the command `eval` does, without its arguments: read a folder in BEIR layout, index, retrieve,
//! fuse, rerank, judge, report. Everything is synchronous; no runtime has to be brought along.
//!
//! ```
//! use rankscope::{EngineOptions, Evaluation, export::Format};
//!
//! # fn main() -> rankscope::Result<()> {
//! # let cache = tempfile::tempdir().expect("a folder for the index");
//! let mut options = EngineOptions::new("sample_corpus").without_model();
//! # options.cache_dir = Some(cache.path().into());
//! options.settings.candidates = 100; // N
//! options.settings.deliver = 5; // k
//! let evaluation = Evaluation::of(options)?;
//! for mean in &evaluation.snapshot.by_metric {
//!     println!("{}: {:.4}", mean.metric, mean.first);
//! }
//! let recall = evaluation.snapshot.means.map(|means| means.first.recall);
//! assert!(recall.is_some_and(|recall| recall > 0.5));
//! println!("{}", Format::Markdown.write(&evaluation, &[])?);
//! # Ok(())
//! # }
//! ```
//!
//! Without [`EngineOptions::without_model`] the bundled model embeds and reranks too; it needs ONNX
//! Runtime, which is found or fetched once (`ORT_DISABLE_TELEMETRY=1` and `ORT_TELEMETRY_DISABLED=1` in
//! the environment keep that library from reporting to its makers). `examples/eval.rs` is the whole of it as a program.
//!
//! Other settings over the same collection go through an [`engine::Session`], which keeps what it has
//! computed; a screen talks to [`engine::Engine`]: requests in, snapshots out.
//!
//! # The map
//!
//! A folder is a stage of the flow, in the order in which data passes through it:
//!
//! ```text
//! collection -> index -> legs -> fused -> candidates (N) -> reranked -> judged -> snapshot -> frame
//! corpus/       index/   retrieve/ fuse/                   rerank/     judge/    engine/     tui/ cli/
//! ```
//!
//! Rooms know only the rooms before them (`tests/it/layering.rs` keeps it so); `domain`, `order`, `text`,
//! `fuse`, `judge` and `tune` compute and do nothing else. Start reading at [`domain`] for the words,
//! [`engine`] for how it works together.
//!
//! The modules listed below are the interface. The others are the program's own: they can be reached by
//! its binary, its benches and its tests, and change without notice.

pub mod corpus;
pub mod domain;
#[doc(hidden)]
pub mod durable;
pub mod engine;
pub mod error;
pub mod export;
pub mod fuse;
pub mod judge;
pub mod tune;
pub mod validate;

#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod index;
#[doc(hidden)]
pub mod models;
#[doc(hidden)]
pub mod order;
#[doc(hidden)]
pub mod rerank;
#[doc(hidden)]
pub mod retrieve;
#[doc(hidden)]
pub mod text;
#[doc(hidden)]
pub mod tui;

pub use domain::Settings;
pub use engine::{EngineOptions, Evaluation};
pub use error::{Error, Result};
