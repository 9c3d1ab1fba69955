//! What comes into the state machine and what goes out of it. Plain data.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use crate::config::user::Preset;
use crate::corpus::{Collection, Mark, Reading};
use crate::domain::{DocIdx, SecondStage, Settings};
use crate::engine::{Event, News, Request, Snapshot};
use crate::error::Error;
use crate::export::frame::Format;

use super::behind::{Job, Outcome};
use super::hit::Pointer;
use super::state::Spot;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key went down or repeats.
    Key(KeyEvent),
    /// Text arrived in one piece (bracketed paste).
    Paste(String),
    /// The mouse, already translated into what is under it.
    Pointer(Pointer),
    /// The mouse moved, with no button held, to where a plot can be read, or away from it.
    Hover(Option<Spot>),
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
    /// A file was written, or could not be.
    Kept(Result<Kept, Error>),
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

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Writing {
    /// Into the collection's `rankscope.toml`.
    Settings(Box<Settings>),
    Preset {
        name: String,
        settings: Box<Settings>,
    },
    /// The theme of the next start, by its name.
    Theme(String),
}

/// What was written, in words, and the presets that there are since.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub words: String,
    pub presets: Option<Vec<Preset>>,
}

/// Something is to be done outside the state.
#[derive(Debug, Clone)]
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
    /// Writes a file of the user's; [`Message::Kept`] says how that went.
    Write(Writing),
    /// Hands text to the terminal's clipboard.
    Copy(String),
    /// Opens a passage in its file in the user's editor, with the terminal given back meanwhile.
    Edit(Arc<Collection>, DocIdx),
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

impl PartialEq for Effect {
    /// A collection is compared by being the same one.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Request(a), Self::Request(b)) => a == b,
            (Self::Judge(a), Self::Judge(b)) => a == b,
            (Self::Behind(a), Self::Behind(b)) => a == b,
            (Self::Compare(a), Self::Compare(b)) => a == b,
            (Self::Agree(a), Self::Agree(b)) => a == b,
            (Self::Picture(a), Self::Picture(b)) => a == b,
            (Self::Write(a), Self::Write(b)) => a == b,
            (Self::Copy(a), Self::Copy(b)) => a == b,
            (Self::Edit(a, one), Self::Edit(b, other)) => Arc::ptr_eq(a, b) && one == other,
            (Self::CaptureMouse(a), Self::CaptureMouse(b)) => a == b,
            (Self::Fail(a), Self::Fail(b)) => a == b,
            (Self::Repaint, Self::Repaint) | (Self::Suspend, Self::Suspend) | (Self::Quit, Self::Quit) => {
                true
            }
            _ => false,
        }
    }
}
