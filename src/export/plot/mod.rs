//! Plots as vector pictures: curves and heat maps in, an SVG each out, with axes, labels and a legend.
//! Lines differ by their dashes and their names at the end, cells by their numbers, so that nothing rests
//! on colour. It computes no value and writes no file.
//!
//! - `axes`: the room of a plot, its scales, its style, its legend.
//! - `recall`, `alpha`, `heat`, `grid`: one plot each.

mod alpha;
mod axes;
mod grid;
mod heat;
mod recall;
#[cfg(test)]
mod tests;

pub use alpha::over_alpha;
pub use grid::grid;
pub use heat::{HeatView, heat_map};
pub use recall::recall_at_n;

/// A share of 1 or a mean with three decimals.
fn value(value: f64) -> String {
    format!("{value:.3}")
}
