//! A snapshot written down, one small file per format.

pub mod frame;
pub mod github;
pub mod json;
mod judge_parts;
mod judge_text;
pub mod junit;
mod languages;
pub mod plot;
pub mod rerankers;
pub mod text;
pub mod trec;
mod tuning;
