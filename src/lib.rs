//! rankscope: a debugger for two-stage retrieval.
//!
//! A first stage (BM25, dense, hybrid) surfaces a candidate set of N passages; a second stage re-scores
//! them; the top k is delivered. Reranking turns recall into precision; it cannot manufacture recall. This
//! crate shows, for every query, where each relevant passage is lost on that way, and computes it anew on
//! every change of a setting.
//!
//! A folder is a stage of the flow, in the order in which data passes through it:
//!
//! ```text
//! collection -> index -> legs -> fused -> candidates (N) -> reranked -> judged -> snapshot -> frame
//! corpus/       index/   retrieve/ fuse/                   rerank/     judge/    engine/     tui/ cli/
//! ```
//!
//! Rooms know only the rooms before them (`tests/it/layering.rs` keeps it so); `domain`, `order`, `text`,
//! `fuse`, `judge` and `tune` compute and do nothing else. The library is synchronous; only `tui` waits for
//! events in an async loop. Start reading at [`domain`] for the words, [`engine`] for how it works
//! together.

pub mod cli;
pub mod config;
pub mod corpus;
pub mod domain;
pub mod durable;
pub mod engine;
pub mod error;
pub mod export;
pub mod fuse;
pub mod index;
pub mod judge;
pub mod models;
pub mod order;
pub mod rerank;
pub mod retrieve;
pub mod text;
pub mod tui;
pub mod tune;
