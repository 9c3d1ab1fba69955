//! The second stage: scores for (query, passage) pairs. What comes first in the list is the judge's and
//! the screen's business; here are the scores, where they come from, and what they cost.

pub mod http;
pub mod late_interaction;
pub mod runner;
mod score_cache;

pub use late_interaction::LateInteraction;
pub use runner::{QueryRef, Runner, RunnerEvent, Scored, Work};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::{DocIdx, Score};
use crate::error::Result;

/// A second stage: anything that scores a passage for a query.
pub trait Reranker: Send {
    /// The name used by `--rerank`, on the screen and in the cost table.
    fn id(&self) -> &str;

    /// Names everything that the scores depend on but the texts: model, weights, settings.
    fn fingerprint(&self) -> &str;

    /// Scores one batch, in the order of `passages`; higher is better. `None`: this pair cannot be
    /// scored (nothing is left of a text after tokenisation), which is not a low score. Looks at
    /// `cancel` now and then and may stop early with fewer scores than passages.
    ///
    /// # Errors
    /// When the model or the service fails; scores of earlier batches stay.
    fn score(&mut self, query: &str, passages: &[Pair<'_>], cancel: &Cancel) -> Result<Vec<Option<Score>>>;

    /// As [`Reranker::score`], but hands on each score as it arrives, by its place in `passages` and in any
    /// order: what a service answered before it failed, or before `cancel`, is kept.
    ///
    /// # Errors
    /// As [`Reranker::score`]; what was handed on before stays.
    fn score_each(
        &mut self,
        query: &str,
        passages: &[Pair<'_>],
        cancel: &Cancel,
        arrived: &mut dyn FnMut(usize, Option<Score>),
    ) -> Result<()> {
        let scores = self.score(query, passages, cancel)?;
        scores.into_iter().enumerate().for_each(|(place, score)| arrived(place, score));
        Ok(())
    }

    /// How many passages make a batch of about a tenth of a second.
    fn batch(&self) -> usize;
}

/// One passage to score.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    pub doc: DocIdx,
    pub text: &'a str,
}

/// Says that nobody waits for the rest any more.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
