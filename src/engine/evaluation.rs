//! One setting over a whole collection, waited for until nothing more will change.
//!
//! In: [`EngineOptions`]. Out: the collection, the settled [`Snapshot`], and on request the whole lists.
//! What `eval` prints and what a program gets that uses the crate as a library come from here. It blocks
//! the calling thread; the engine's own threads do the work.

use std::sync::Arc;

use super::EngineOptions;
use super::runs::Runs;
use super::session::{Ask, Session};
use super::snapshot::{FocusView, Snapshot, StageState};
use crate::corpus::{Collection, Reading};
use crate::error::Result;
use crate::tune::Goal;

/// A settled answer. The engine stays open behind it, for its lists.
pub struct Evaluation {
    pub collection: Arc<Collection>,
    pub snapshot: Arc<Snapshot>,
    /// What it was made with.
    pub options: EngineOptions,
    session: Session,
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
        Self::watched(options, Some(Goal::Ndcg10), |_| {})
    }

    /// [`Evaluation::of`]; `watch` sees every answer on the way to the settled one. Other settings are
    /// tried for the metric `tune`; `None`: none are, which saves the most time in a large collection.
    ///
    /// # Errors
    /// As [`Evaluation::of`].
    pub fn watched(options: EngineOptions, tune: Option<Goal>, watch: impl FnMut(&Snapshot)) -> Result<Self> {
        Self::watched_from_the_start(options, tune, |_| {}, watch)
    }

    /// [`Evaluation::watched`]; `reading` hears how far the reading of the collection is.
    ///
    /// # Errors
    /// As [`Evaluation::of`].
    pub fn watched_from_the_start(
        options: EngineOptions,
        tune: Option<Goal>,
        reading: impl FnMut(&Reading),
        watch: impl FnMut(&Snapshot),
    ) -> Result<Self> {
        let mut session = Session::open_watched(options.clone(), reading)?;
        let snapshot = session.ask(Ask { tune, ..Ask::of(options.settings.clone()) }, watch)?;
        Ok(Self { collection: Arc::clone(&session.collection), snapshot, options, session })
    }

    /// Whole lists of all judged queries, first stage and reranked.
    ///
    /// # Errors
    /// When the engine has ended.
    pub fn runs(&self) -> Result<Runs> {
        self.session.engine().runs()
    }

    /// The candidate set and the reranked list of every judged query, as the screen shows them.
    ///
    /// # Errors
    /// When the engine has ended.
    pub fn lists(&self) -> Result<Vec<FocusView>> {
        self.session.engine().lists()
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
