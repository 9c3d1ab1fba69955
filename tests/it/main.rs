//! The program as its users meet it: as a command, in a terminal, and as a library on real input.

#![allow(clippy::panic, clippy::unwrap_used)] // a test that cannot go on says so by ending

mod bad_input;
mod commands;
mod common;
mod contract;
mod demo;
mod docs;
mod engine;
mod fakes;
mod fastembed;
mod findings;
mod http_cost;
mod http_faults;
mod http_rerank;
mod inputs;
#[cfg(unix)]
mod interaction;
mod judging;
mod languages;
mod layering;
mod limits;
#[cfg(unix)]
mod manners;
mod marks;
mod outputs;
mod readme;
mod rerankers;
mod sample;
mod schema;
mod second_stage;
#[cfg(target_os = "linux")]
mod streams;
#[cfg(unix)]
mod terminal;
mod validate;
mod without_model;
