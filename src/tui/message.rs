//! What comes into the state machine and what goes out of it. Plain data.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use crate::corpus::{Collection, Mark, Reading};
use crate::domain::SecondStage;
use crate::engine::{Event, News, Request, Snapshot};
use crate::error::Error;
use crate::export::frame::Format;

use super::behind::{Job, Outcome};
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
    /// How far the reading of the collection is.
    Reading(Reading),
    Opened(Arc<Collection>),
    Snapshot(Arc<Snapshot>),
    /// What was done behind the screen.
    Done(Outcome),
    EngineFailed(Error),
    /// Pictures were written, in words, or could not be.
    Pictured(Result<String, Error>),
    /// The collection is another one from now on, or could not become one.
    News(News),
    /// The terminal draws signs of ambiguous width two cells wide.
    AmbiguousIsWide,
    /// A signal asks the program to end.
    Terminate,
}

impl From<Event> for Message {
    fn from(event: Event) -> Self {
        match event {
            Event::Reading(reading) => Self::Reading(reading),
            Event::Opened(collection) => Self::Opened(collection),
            Event::Snapshot(snapshot) => Self::Snapshot(snapshot),
            Event::Failed(error) => Self::EngineFailed(error),
            Event::News(news) => Self::News(news),
        }
    }
}

/// What is written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// The frame as it is on the screen.
    Frame(Format),
    /// Every plot of the curves view, a file each.
    Plots,
}

/// Something is to be done outside the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Request(Request),
    /// Holds these plans against the present one.
    Compare(Vec<SecondStage>),
    /// Answers the question whether a service may be paid.
    Agree(bool),
    /// To be done behind the screen.
    Behind(Job),
    /// Writes a judgment.
    Judge(Mark),
    /// Switches mouse capture on or off.
    CaptureMouse(bool),
    /// Writes a picture to a new file; [`Message::Pictured`] says how that went.
    Picture(Picture),
    /// Draws every cell again.
    Repaint,
    /// Gives the terminal back and stops until the shell continues the program.
    Suspend,
    Quit,
    /// Quits, and `run` returns this error.
    Fail(Error),
}
