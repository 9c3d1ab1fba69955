//! The tour: a script played on the screen, step by step, each with a caption that says what is seen.
//!
//! In: a script (TOML) and the keys that step through it. Out: deeds on the state, the same that keys do.
//! It draws nothing but the caption and asks the engine nothing itself.
//!
//! - `script`: what a script may say, and reading it.
//! - `claims`: what a step says is so, checked against the picture that the engine made.
//! - `tour`: stepping forth and back.
//! - `caption`: the room under the screen and the words in it.
//! - `headless`: a tour without a terminal, for recordings, pictures and checks.
//! - `cast`: a recording as an asciicast.

pub mod caption;
mod cast;
mod claims;
pub mod headless;
mod script;
#[cfg(test)]
mod tests;
pub mod tour;

pub use claims::Claim;
pub use script::{Script, Step};
pub use tour::Tour;
