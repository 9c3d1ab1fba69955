//! The screen as a person meets it: keys in, frames out, on a fixture in many scripts.

mod blind;
pub(in crate::tui) mod fixture;
mod judging;
mod keeping;
mod narrowing;
mod pictures;
mod pointing;
mod properties;
mod reading;
mod reranking;
mod scenarios;
pub(in crate::tui) mod screens;
mod tables;
mod tuning;
mod updates;
