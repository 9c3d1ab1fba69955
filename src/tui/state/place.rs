//! Where one is: the view, the pane that has the keys, and what is open over them.

use crate::export::engines::Engine;

use super::super::knobs::Knob;
use super::super::picker::Pick;

/// What the screen is about; a digit chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Query,
    Collection,
    Curves,
    Languages,
    Compare,
    Passages,
}

impl View {
    #[cfg(test)]
    pub const ALL: [Self; 6] =
        [Self::Query, Self::Collection, Self::Curves, Self::Languages, Self::Compare, Self::Passages];
}

/// What Tab goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Queries,
    First,
    Reranked,
    Knobs,
}

impl Pane {
    pub const ALL: [Self; 4] = [Self::Queries, Self::First, Self::Reranked, Self::Knobs];

    pub fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|&pane| pane == self).unwrap_or(0) as isize;
        Self::ALL[(at + by).rem_euclid(Self::ALL.len() as isize) as usize]
    }

    pub fn is_list(self) -> bool {
        matches!(self, Self::First | Self::Reranked)
    }
}

/// Who gets the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Browse,
    /// A query is typed, and searched as it is typed.
    Asking,
    /// The filter of the query list is typed.
    Filtering,
    /// A number is typed for a knob.
    Number(Knob),
    /// One of a list is chosen, and tried as the cursor moves; typing filters the list.
    Picking(Pick),
    /// The list of all keys is open.
    Help,
    /// A passage and its score are open in full.
    Explaining,
    /// The messages are open in full.
    Messages,
    /// The command line of this screen is open.
    CommandLine,
    /// The unjudged top of both lists, a passage at a time.
    Pooling,
    /// A name is typed for a preset.
    Naming,
    /// A service would cost money, and nothing is sent before a yes.
    Agreeing,
    /// A passage of the corpus is open: its text, and which queries return it.
    Reading,
    /// Two passages are open side by side.
    SideBySide,
    /// The setting is shown as this engine's own query.
    Snippet(Engine),
}

impl Mode {
    pub fn is_typing(self) -> bool {
        matches!(self, Self::Asking | Self::Filtering | Self::Number(_) | Self::Picking(_) | Self::Naming)
    }

    pub fn is_overlay(self) -> bool {
        matches!(
            self,
            Self::Help
                | Self::Explaining
                | Self::Messages
                | Self::CommandLine
                | Self::Pooling
                | Self::Reading
                | Self::SideBySide
                | Self::Snippet(_)
        )
    }
}
