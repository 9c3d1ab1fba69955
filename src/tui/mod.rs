//! The screen: what a person sees and turns.
//!
//! In: keys, mouse, paste, signals, and the engine's events. Out: frames on the terminal and requests to
//! the engine. Nothing here ranks, fuses or measures: every number shown stands in a
//! [`Snapshot`](crate::engine::Snapshot) that the engine made.
//!
//! ```text
//! terminal, signals, engine ─> runtime ─> Message ─> update(State) ─> Effect ─> runtime ─> engine
//!                                                        │
//!                                             view(State) ─> frame + hit map
//! ```
//!
//! - `state`, `message`, `update`: plain data and a pure function over it. `knobs`, `picker`, `lines` and
//!   `layout` are the sums it shares with the view: ranges and steps, rows of the lists, rooms.
//! - `actions`: the one table of what a key does, from which keymap, footer, help and README are drawn.
//! - `view`: one file per pane; `widgets`: what panes are made of; `theme`: styles and signs by meaning.
//! - `guard`, `hangup`, `probe`, `runtime`: the only files that touch the terminal; `residue`: what a frame must
//!   write over of the one before.

mod actions;
mod behind;
pub mod demo;
mod editor;
mod fields;
mod filter;
mod guard;
#[cfg(unix)]
mod hangup;
mod history;
mod hit;
mod judged;
mod knobs;
mod layout;
mod lines;
mod message;
mod palette;
mod picker;
mod picture;
mod probe;
mod residue;
mod runtime;
mod state;
#[doc(hidden)]
pub mod synthetic;
mod tables;
#[cfg(test)]
mod tests;
mod theme;
mod themes;
mod update;
mod view;
mod widgets;

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::user::Preset;
use crate::corpus::Mark;
use crate::domain::{LegName, SecondStage, Settings};
use crate::engine::{Event, Request};
use crate::error::Result;

pub use actions::{
    Binding, Keymap, action_list, as_text as actions_as_text, markdown as actions_as_markdown,
};
pub use themes::{BUILT_IN as THEMES, Ground, Theme};

/// How the screen starts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Draw with ASCII signs only.
    pub ascii: bool,
    /// Colours whatever the environment says; `None`: as it says.
    pub coloured: Option<bool>,
    /// Leave the mouse to the terminal, so that text can be selected.
    pub no_mouse: bool,
    /// The knobs at the start, and what a reset goes back to.
    pub settings: Settings,
    /// The legs of the first stage.
    pub legs: Vec<LegName>,
    /// What stands in the header until the collection is open.
    pub title: String,
    /// Fewer columns and larger marks, for an audience.
    pub presenter: bool,
    /// A tour to begin with.
    pub tour: Option<Arc<demo::Script>>,
    /// The tour that a key begins; `None`: there is none of this collection.
    pub script: Option<Arc<demo::Script>>,
    /// What was left the last time, laid over `settings`.
    pub restored: Option<Restored>,
    pub keys: Keymap,
    /// The theme to begin with; `None`: the one the program has.
    pub theme: Option<ThemeChoice>,
    /// To choose from, the user's own among them.
    pub themes: Vec<ThemeChoice>,
    /// To choose from, the user's own among them.
    pub presets: Vec<Preset>,
    pub files: Files,
}

/// What the screen was left with, or what its caller wants it to begin with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Restored {
    pub settings: Settings,
    /// The id of a listed query.
    pub query: Option<String>,
    /// A query to ask.
    pub typed: Option<String>,
    /// Whether it is from the last time, and not from the command line alone.
    pub from_last_time: bool,
}

/// Where the screen writes, and what its command line is made of.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The collection's settings file.
    pub settings: PathBuf,
    /// The user's configuration folder.
    pub config: Option<PathBuf>,
    /// Where the collection's query and settings are left at the end; `None`: they are not.
    pub session: Option<PathBuf>,
    /// The arguments of this screen without those that set knobs.
    pub arguments: Vec<String>,
    /// The knobs as they are without any flag.
    pub base: Settings,
}

/// A theme by the ground that the terminal turns out to have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThemeChoice {
    pub name: String,
    /// What it is for, in a few words.
    pub words: String,
    pub dark: Theme,
    pub light: Theme,
}

impl ThemeChoice {
    /// Those that the program comes with.
    pub fn built_in() -> Vec<Self> {
        let choice = |&(name, words): &(&str, &str)| {
            let (dark, light) = (Theme::built_in(name, Ground::Dark)?, Theme::built_in(name, Ground::Light)?);
            Some(Self { name: name.to_owned(), words: words.to_owned(), dark, light })
        };
        THEMES.iter().filter_map(choice).collect()
    }

    /// As it is on this ground.
    pub fn on(&self, ground: Ground) -> Theme {
        if ground == Ground::Light { self.light } else { self.dark }
    }
}

/// What the screen needs of an engine; dropping the handle stops it.
pub trait EngineHandle {
    /// Asks for a new picture. Never blocks; a newer request replaces an older one.
    fn request(&self, request: Request);

    /// Holds these plans against that of the settings; nothing by default, for an engine that compares
    /// nothing.
    fn compare(&self, _plans: Vec<SecondStage>) {}

    /// Answers the question in the snapshot; nothing by default, for an engine that asks none.
    fn agree(&self, _yes: bool) {}

    /// Writes a judgment. Never blocks; the engine's events say what became of it.
    fn mark(&self, mark: Mark);
}

/// Shows the screen and blocks until the user quits or a signal ends it. `start` gets the sink that the
/// engine calls from its own threads; its handle is dropped after the terminal is restored.
///
/// # Errors
/// When the terminal cannot be used, and when the engine fails before the collection is open.
pub fn run<H: EngineHandle>(
    options: Options,
    start: impl FnOnce(Box<dyn Fn(Event) + Send>) -> Result<H>,
) -> Result<()> {
    runtime::run(options, start)
}
