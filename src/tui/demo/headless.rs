//! A tour without a terminal: the same state, the same engine, the same frames, each when everything that
//! was asked for is computed. What it shows depends on nothing but the script, the collection and the
//! models: measured times are left out of the pictures.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use crate::engine::{Event, Snapshot};
use crate::error::{Error, Result};

use super::super::message::{Effect, Message};
use super::super::picture;
use super::super::state::{State, View};
use super::super::theme::{Colours, Look};
use super::super::update::{self, update};
use super::super::{EngineHandle, Ground, Options};
use super::cast::Cast;
use super::tour;
use crate::export::frame::{self, Format};

/// What there is at one moment of a tour.
pub struct Moment<'a> {
    /// The step, from 0.
    pub at: usize,
    /// Whether everything of the step is done.
    pub complete: bool,
    state: &'a State,
}

impl Moment<'_> {
    /// The picture of the engine that is on the screen.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.state.snapshot.as_deref()
    }

    /// What the script asked for in vain.
    pub fn complaint(&self) -> Option<&str> {
        self.state.tour.as_ref()?.fault.as_deref()
    }

    /// The frame, without the caption, in a format.
    pub fn picture(&self, format: Format, title: &str) -> String {
        let mut shown = State { tour: None, notice: None, ..self.state.clone() };
        shown.picturing = false;
        frame::picture(&picture::cells(&shown), format, title, shown.paper())
    }

    /// The claims of the step that do not hold, each in words; empty when all do.
    pub fn broken_claims(&self) -> Vec<String> {
        let (Some(tour), Some(snapshot), Some(collection)) =
            (&self.state.tour, &self.state.snapshot, &self.state.collection)
        else {
            return vec!["there is no picture".to_owned()];
        };
        let check = |claim: &super::Claim| claim.check(snapshot, collection).err();
        tour.step().claims.iter().filter_map(check).collect()
    }
}

struct Player<H: EngineHandle> {
    state: State,
    engine: H,
    events: Receiver<Event>,
    /// Whether the newest request asked for other settings to be tried.
    tuned: bool,
}

/// Plays the tour of `options` on a screen of so many columns and rows; `take` sees every moment, and ends
/// the tour with an error.
///
/// # Errors
/// When there is no tour, the engine fails, or `take` says so.
pub fn play<H: EngineHandle>(
    options: &Options,
    size: (u16, u16),
    start: impl FnOnce(Box<dyn Fn(Event) + Send>) -> Result<H>,
    mut take: impl FnMut(&Moment<'_>) -> Result<()>,
) -> Result<()> {
    let (tell, events) = channel();
    let engine = start(Box::new(move |event| {
        // The tour may be over already.
        let _ = tell.send(event);
    }))?;
    // There is no terminal to be light: a theme is as it is on dark, unless it is made for light.
    let theme = options.theme.as_ref().map_or_else(Default::default, |theme| theme.on(Ground::Dark));
    let look = Look { colours: Colours::Palette, ascii: options.ascii, theme };
    let mut state = State::new(options, look, size);
    match &mut state.tour {
        Some(tour) => tour.by_deed = true,
        None => return Err(Error::bug("a tour without a script")),
    }
    let mut player = Player { state, engine, events, tuned: false };
    player.settle()?;
    loop {
        let busy = player.state.tour.as_ref().is_some_and(super::Tour::is_busy);
        take(&player.moment(!busy))?;
        let effects = match tour::one_deed(&mut player.state) {
            Some(effects) => effects,
            None => {
                let is_last = |tour: &super::Tour| tour.at() + 1 >= tour.script().steps.len();
                if player.state.tour.as_ref().is_none_or(is_last) {
                    return Ok(());
                }
                tour::next(&mut player.state)
            }
        };
        player.perform(effects)?;
        player.settle()?;
    }
}

impl<H: EngineHandle> Player<H> {
    fn moment(&self, complete: bool) -> Moment<'_> {
        Moment { at: self.state.tour.as_ref().map_or(0, super::Tour::at), complete, state: &self.state }
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Request(mut request) => {
                    // Other settings are tried only where that is on the screen: it takes its time.
                    self.tuned = self.state.view == View::Curves;
                    request.tune = request.tune.filter(|_| self.tuned);
                    self.engine.request(request);
                }
                // What the program does beside the loop is done at once.
                Effect::Behind(job) => {
                    if let Some(outcome) = job.run(|| false) {
                        let effects = update(&mut self.state, Message::Done(outcome));
                        self.perform(effects)?;
                    }
                }
                Effect::Fail(error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Waits until everything that was asked for is computed and shown.
    fn settle(&mut self) -> Result<()> {
        loop {
            if tour::is_answered(&self.state) && self.is_settled() {
                if self.state.view != View::Curves || self.tuned {
                    return Ok(());
                }
                let request = update::request(&mut self.state);
                self.perform(vec![request])?;
            }
            let event = self.events.recv().map_err(|_| Error::bug("the engine ended during the tour"))?;
            let effects = update(&mut self.state, timeless(event));
            self.perform(effects)?;
        }
    }

    fn is_settled(&self) -> bool {
        self.state.snapshot.as_ref().is_some_and(|shown| shown.status.is_settled())
    }
}

/// The event without what was measured on the way: it differs from run to run.
fn timeless(event: Event) -> Message {
    match event {
        Event::Snapshot(mut snapshot) => {
            let shown = Arc::make_mut(&mut snapshot);
            shown.costs.clear();
            let affords = Arc::make_mut(&mut shown.affords);
            affords.points.iter_mut().for_each(|point| (point.ms, point.within) = (None, None));
            Event::Snapshot(snapshot).into()
        }
        event => event.into(),
    }
}

/// Plays the tour and writes it down as an asciicast, version 2: one JSON value a line.
///
/// # Errors
/// As [`play`].
pub fn record<H: EngineHandle>(
    options: &Options,
    size: (u16, u16),
    start: impl FnOnce(Box<dyn Fn(Event) + Send>) -> Result<H>,
) -> Result<String> {
    /// Seconds that a deed stays on the screen before the next.
    const DEED: f64 = 1.2;
    let title = options.tour.as_ref().map_or("", |script| &script.title);
    let mut cast = Cast::new(size, title);
    play(options, size, start, |moment| {
        if let Some(complaint) = moment.complaint() {
            return Err(Error::input(complaint.to_owned()));
        }
        let seconds = match (&moment.state.tour, moment.complete) {
            (Some(tour), true) => tour.step().seconds(),
            _ => DEED,
        };
        cast.show(&picture::cells(moment.state), seconds);
        Ok(())
    })?;
    Ok(cast.finish())
}
