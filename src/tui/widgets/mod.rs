//! What panes are made of. Nothing here knows the state; a widget gets what it draws.

pub mod bar;
pub mod cells;
pub mod curve;
pub mod field;
pub mod pen;
pub mod plot;
pub mod slider;
pub mod wrap;

pub use pen::Pen;
