//! What comes into the state machine and what goes out of it. Plain data.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use crate::corpus::Collection;
use crate::domain::SecondStage;
use crate::engine::{Event, Request, Snapshot};
use crate::error::Error;

use super::hit::Pointer;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key went down or repeats.
    Key(KeyEvent),
    /// Text arrived in one piece (bracketed paste).
    Paste(String),
    /// The mouse, already translated into what is under it.
    Pointer(Pointer),
    Resize(u16, u16),
    Opened(Arc<Collection>),
    Snapshot(Arc<Snapshot>),
    EngineFailed(Error),
    /// The terminal draws signs of ambiguous width two cells wide.
    AmbiguousIsWide,
    /// A signal asks the program to end.
    Terminate,
}

impl From<Event> for Message {
    fn from(event: Event) -> Self {
        match event {
            Event::Opened(collection) => Self::Opened(collection),
            Event::Snapshot(snapshot) => Self::Snapshot(snapshot),
            Event::Failed(error) => Self::EngineFailed(error),
        }
    }
}

/// Something is to be done outside the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Request(Request),
    /// Holds these plans against the present one.
    Compare(Vec<SecondStage>),
    /// Answers the question whether a service may be paid.
    Agree(bool),
    /// Switches mouse capture on or off.
    CaptureMouse(bool),
    /// Draws every cell again.
    Repaint,
    /// Gives the terminal back and stops until the shell continues the program.
    Suspend,
    Quit,
    /// Quits, and `run` returns this error.
    Fail(Error),
}
