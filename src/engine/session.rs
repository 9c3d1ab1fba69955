//! An engine that is asked one question after the other, each waited for until its answer is settled.
//!
//! In: [`EngineOptions`], then a [`Ask`] at a time. Out: the settled [`Snapshot`] of each. It blocks
//! the calling thread; the engine's own threads do the work. Facts are kept from question to question, so
//! a second setting costs only what it changes.

use std::sync::{Arc, mpsc};

use super::snapshot::{Focus, Request, Snapshot};
use super::{Engine, EngineOptions, Event};
use crate::corpus::{Collection, Reading};
use crate::domain::{DocIdx, QueryIdx, Settings};
use crate::error::{Error, Result};
use crate::tune::Goal;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub settings: Settings,
    /// `None`: the first judged query, for whoever only wants to know about all of them.
    pub focus: Option<Focus>,
    /// The passage to explain for the focus query.
    pub inspect: Option<DocIdx>,
    /// Try other settings too, for this metric.
    pub tune: Option<Goal>,
}

impl Ask {
    /// How all queries do under these settings.
    pub fn of(settings: Settings) -> Self {
        Self { settings, focus: None, inspect: None, tune: None }
    }
}

/// An open collection.
///
/// ```
/// use rankscope::engine::{Ask, Session};
/// use rankscope::{EngineOptions, Settings};
///
/// # fn main() -> rankscope::Result<()> {
/// # let cache = tempfile::tempdir().expect("a folder for the index");
/// let mut options = EngineOptions::new("sample_corpus").without_model();
/// # options.cache_dir = Some(cache.path().into());
/// let settings = options.settings.clone();
/// let mut session = Session::open(options)?;
/// let mut recall = |candidates: usize| -> rankscope::Result<f64> {
///     let asked = Settings { candidates, ..settings.clone() };
///     let snapshot = session.ask(Ask::of(asked), |_| {})?;
///     Ok(snapshot.means.map_or(0.0, |means| means.first.recall))
/// };
/// assert!(recall(200)? > recall(10)?, "a larger candidate set holds more golds");
/// # Ok(())
/// # }
/// ```
pub struct Session {
    pub collection: Arc<Collection>,
    engine: Engine,
    events: mpsc::Receiver<Event>,
    generation: u64,
}

impl Session {
    /// Reads the collection and starts the engine's threads.
    ///
    /// # Errors
    /// When the collection cannot be read, or no thread can be started.
    pub fn open(options: EngineOptions) -> Result<Self> {
        Self::open_watched(options, |_| {})
    }

    /// [`Session::open`]; `reading` hears how far the reading of the collection is.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_watched(options: EngineOptions, mut reading: impl FnMut(&Reading)) -> Result<Self> {
        let (sink, events) = mpsc::channel();
        let engine = Engine::start(options, move |event| {
            let _ = sink.send(event);
        })?;
        loop {
            match receive(&events)? {
                Event::Failed(error) => return Err(error),
                Event::Reading(far) => reading(&far),
                Event::Opened(collection) => return Ok(Self { collection, engine, events, generation: 0 }),
                _ => {}
            }
        }
    }

    /// The settled answer; `watch` sees every answer on the way to it.
    ///
    /// A model that is not available is no error: the snapshot's status says which stage failed.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn ask(&mut self, question: Ask, mut watch: impl FnMut(&Snapshot)) -> Result<Arc<Snapshot>> {
        self.generation += 1;
        // Without judgments there are signals, of all queries.
        let first = || Focus::Listed(self.collection.judged_queries().next().unwrap_or(QueryIdx(0)));
        self.engine.request(Request {
            generation: self.generation,
            focus: question.focus.unwrap_or_else(first),
            settings: question.settings,
            inspect: question.inspect,
            tune: question.tune,
            trace: None,
            whole: false,
        });
        loop {
            let snapshot = match receive(&self.events)? {
                Event::Failed(error) => return Err(error),
                Event::Snapshot(snapshot) => snapshot,
                _ => continue,
            };
            watch(&snapshot);
            let (complete, judged) = snapshot.status.judged;
            let settled = snapshot.status.is_settled() && complete == judged && snapshot.focus.is_settled();
            if snapshot.stamp.generation == self.generation && settled {
                return Ok(snapshot);
            }
        }
    }

    /// For what only the engine can tell: whole lists.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

fn receive(events: &mpsc::Receiver<Event>) -> Result<Event> {
    events.recv().map_err(|_| Error::bug("the engine ended without an answer"))
}
