//! Text made into terms, languages and something a terminal may show. Pure: no I/O, no clock.

mod analyzer;
mod language;
mod visible;

pub use analyzer::{
    ANALYZER_ID, Analyzers, Chain, Memo, QueryTerm, Recipe, StepTrace, Token, Trace, Units, matching_ranges,
};
pub use language::{Detection, Evidence, detect, detection, script};
pub use visible::visible;

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
