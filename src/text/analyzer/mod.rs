//! From text to index terms, by a chain of named steps chosen for the text's language.
//!
//! In: a text and a [`Chain`]. Out: terms, each with the byte range it came from, so that a match can be
//! shown in the text as it was written. Passage and query must meet: see [`Analyzers`] for who is read by
//! which chain. Which chain a language has by default is measured (`docs/analyzers.md`). No stop words.

mod chain;
mod fold;
mod grams;
mod han;
mod korean;
mod normalise;
mod recipe;
mod set;
mod stem;

#[cfg(test)]
mod tests;

pub use chain::{Chain, Memo, StepTrace, Token, Trace};
pub use recipe::{Recipe, Units};
pub use set::{Analyzers, QueryTerm, matching_ranges};

/// Names the whole of the chains; part of the index's fingerprint. Change it with the terms they make.
pub const ANALYZER_ID: &str = "icu4x-2.4-snowball-3-chains-2";
