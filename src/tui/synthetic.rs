//! The screen over made-up queries, for benches: keys in, frames out, with the same state, view and judge as
//! the program, and without a thread or a terminal. Nothing in the program itself calls it.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::corpus::Collection;
use crate::domain::Settings;
use crate::engine::synthetic::{Desk, Size};
use crate::error::{Error, Result};

use super::message::{Effect, Message};
use super::residue::Residue;
use super::state::State;
use super::theme::{Colours, Look};
use super::update::update;
use super::{Options, view};

/// Counts what is written to it and keeps nothing.
#[derive(Debug, Clone, Default)]
struct Counter(Rc<Cell<u64>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A screen and what answers it.
pub struct Screen {
    state: State,
    desk: Desk,
    collection: Arc<Collection>,
    revision: u64,
    budget: Duration,
    terminal: Terminal<CrosstermBackend<Counter>>,
    residue: Residue,
    written: Counter,
}

impl Screen {
    /// A screen of so many columns and rows that shows the first query, every candidate scored.
    ///
    /// # Errors
    /// When no terminal can be made in memory.
    pub fn new(size: Size, (width, height): (u16, u16), seed: u64) -> Result<Self> {
        let mut desk = Desk::new(size, seed);
        desk.score_all(seed + 1);
        let options = Options {
            coloured: None,
            ascii: false,
            no_mouse: false,
            settings: Settings::default(),
            legs: desk.legs().to_vec(),
            title: "synthetic".to_owned(),
            presenter: false,
            tour: None,
            ..Options::default()
        };
        let look = Look { colours: Colours::Palette, ascii: false, theme: Default::default() };
        let state = State::new(&options, look, (width, height));
        let collection = Arc::new(desk.collection());
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let written = Counter::default();
        let terminal =
            Terminal::with_options(CrosstermBackend::new(written.clone()), TerminalOptions { viewport })
                .map_err(|error| Error::bug(format!("no terminal in memory: {error}")))?;
        let mut screen = Self {
            state,
            desk,
            collection,
            revision: 0,
            budget: Duration::MAX,
            terminal,
            residue: Residue::default(),
            written,
        };
        let effects = update(&mut screen.state, Message::Opened(Arc::clone(&screen.collection)));
        screen.answer(effects);
        Ok(screen)
    }

    /// From now on, how long an answer judges before it comes (see [`Desk::answer`]).
    pub fn answer_within(&mut self, budget: Duration) {
        self.budget = budget;
    }

    /// Presses a key of a character and answers what it asks for.
    pub fn press(&mut self, key: char) {
        let event = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
        let effects = update(&mut self.state, Message::Key(event));
        self.answer(effects);
    }

    /// Of several requests only the newest is answered, as the engine does.
    fn answer(&mut self, effects: Vec<Effect>) {
        let newest = effects.into_iter().rev().find_map(|effect| match effect {
            Effect::Request(request) => Some(request),
            _ => None,
        });
        if let Some(request) = newest {
            self.revision += 1;
            let snapshot = self.desk.answer(&self.collection, &request, self.revision, self.budget);
            update(&mut self.state, Message::Snapshot(Arc::new(snapshot)));
        }
    }

    /// Draws the frame, and what of it has changed as bytes for a terminal; returns how many these are.
    pub fn draw(&mut self) -> u64 {
        let before = self.written.0.get();
        let Self { state, terminal, residue, .. } = self;
        // Memory takes every byte.
        let _ = terminal.draw(|frame| {
            drop(view::draw(frame, state));
            residue.write_over(frame.buffer_mut());
        });
        self.written.0.get() - before
    }
}
