//! One setting over a whole collection, waited for until nothing more will change.
//!
//! In: [`EngineOptions`]. Out: the collection, the settled [`Snapshot`], and on request the whole lists.
//! What `eval` prints and what a program gets that uses the crate as a library come from here. It blocks
//! the calling thread; the engine's own threads do the work.

use std::sync::{Arc, mpsc};

use super::runs::Runs;
use super::snapshot::{Focus, FocusView, Request, Snapshot, StageState};
use super::{Engine, EngineOptions, Event};
use crate::corpus::Collection;
use crate::domain::QueryIdx;
use crate::error::{Error, Result};
use crate::tune::Goal;

/// A settled answer. The engine stays open behind it, for its lists.
pub struct Evaluation {
    pub collection: Arc<Collection>,
    pub snapshot: Arc<Snapshot>,
    /// What it was made with.
    pub options: EngineOptions,
    engine: Engine,
}

impl Evaluation {
    /// Reads, indexes, embeds, fuses, reranks and judges, with everything from the cache that is there.
    ///
    /// A model that is not available is no error: the numbers are then those of BM25 alone, and
    /// [`Evaluation::unavailable`] says so.
    ///
    /// # Errors
    /// When the collection cannot be read, or no thread can be started.
    pub fn of(options: EngineOptions) -> Result<Self> {
        Self::watched(options, |_| {})
    }

    /// [`Evaluation::of`]; `watch` sees every answer on the way to the settled one.
    ///
    /// # Errors
    /// As [`Evaluation::of`].
    pub fn watched(options: EngineOptions, mut watch: impl FnMut(&Snapshot)) -> Result<Self> {
        let (sink, events) = mpsc::channel();
        let engine = Engine::start(options.clone(), move |event| {
            let _ = sink.send(event);
        })?;
        let mut collection: Option<Arc<Collection>> = None;
        loop {
            match events.recv().map_err(|_| Error::bug("the engine ended without an answer"))? {
                Event::Failed(error) => return Err(error),
                Event::News(_) => {}
                Event::Opened(opened) => {
                    // Without judgments there are signals, of all queries.
                    let first = opened.judged_queries().next().unwrap_or(QueryIdx(0));
                    engine.request(Request {
                        generation: 1,
                        settings: options.settings.clone(),
                        focus: Focus::Listed(first),
                        inspect: None,
                        tune: Some(Goal::Ndcg10),
                    });
                    collection = Some(opened);
                }
                Event::Snapshot(snapshot) => {
                    watch(&snapshot);
                    let (complete, judged) = snapshot.status.judged;
                    if let Some(collection) = &collection
                        && snapshot.status.is_settled()
                        && complete == judged
                    {
                        return Ok(Self { collection: Arc::clone(collection), snapshot, options, engine });
                    }
                }
            }
        }
    }

    /// Whole lists of all judged queries, first stage and reranked.
    ///
    /// # Errors
    /// When the engine has ended.
    pub fn runs(&self) -> Result<Runs> {
        self.engine.runs()
    }

    /// The candidate set and the reranked list of every judged query, as the screen shows them.
    ///
    /// # Errors
    /// When the engine has ended.
    pub fn lists(&self) -> Result<Vec<FocusView>> {
        self.engine.lists()
    }

    /// Why these are the numbers of BM25 alone; `None` where all that was asked for did run.
    pub fn unavailable(&self) -> Option<&str> {
        [&self.snapshot.status.dense, &self.snapshot.status.rerank].into_iter().find_map(
            |state| match state {
                StageState::Failed(reason) => Some(reason.as_str()),
                _ => None,
            },
        )
    }
}
