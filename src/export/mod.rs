//! A snapshot written down, one small file per format.

pub mod json;
mod languages;
pub mod text;
pub mod trec;
mod tuning;
