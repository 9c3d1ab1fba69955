//! The screen as a person meets it: keys in, frames out, on a fixture in many scripts.

mod fixture;
mod properties;
mod reranking;
mod screens;
mod tuning;
mod updates;
