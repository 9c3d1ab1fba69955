//! A spot on a plot where values are read without turning a knob: under the mouse, or under the crosshair
//! that keys move.

use super::super::layout::Plot;
use super::{Mode, State, View};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spot {
    /// An N on the axis of one of the plots over N.
    Size(Plot, usize),
    /// α, in hundredths.
    Alpha(f64),
    /// A cell of the heat map, by the places of its α and N.
    Cell { alpha: usize, candidates: usize },
}

impl Spot {
    pub fn plot(self) -> Plot {
        match self {
            Self::Size(plot, _) => plot,
            Self::Alpha(_) => Plot::Alpha,
            Self::Cell { .. } => Plot::Heat,
        }
    }

    /// The nearest hundredth of α.
    pub fn alpha(value: f64) -> Self {
        Self::Alpha((value.clamp(0.0, 1.0) * 100.0).round() / 100.0)
    }
}

impl State {
    /// Whether the arrows move the crosshair.
    pub fn has_crosshair(&self) -> bool {
        self.crosshair.is_some() && self.view == View::Curves && self.mode == Mode::Browse && !self.panel
    }

    /// Where values are read now: what the mouse points at goes before the crosshair.
    pub fn spot(&self) -> Option<Spot> {
        self.hover.or(self.crosshair.filter(|_| self.view == View::Curves))
    }

    /// The N that is read off a plot.
    pub fn read_size(&self, on: Plot) -> Option<usize> {
        match self.spot() {
            Some(Spot::Size(plot, n)) if plot == on => Some(n),
            _ => None,
        }
    }

    /// The α that is read off its plot.
    pub fn read_alpha(&self) -> Option<f64> {
        match self.spot() {
            Some(Spot::Alpha(alpha)) => Some(alpha),
            _ => None,
        }
    }

    /// The cell that is read off the heat map: places of its α and N.
    pub fn read_cell(&self) -> Option<(usize, usize)> {
        match self.spot() {
            Some(Spot::Cell { alpha, candidates }) => Some((alpha, candidates)),
            _ => None,
        }
    }
}
