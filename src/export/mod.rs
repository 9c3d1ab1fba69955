//! A snapshot written down, one small file per format.

pub mod json;
mod judge_parts;
mod judge_text;
mod languages;
pub mod rerankers;
pub mod text;
pub mod trec;
mod tuning;
pub mod validation;
