//! The thread that owns a model: what runs when, and what a person at the keyboard interrupts.
//!
//! In: texts from any thread, interactive or batch. Out: their vectors, in their order. Texts are cut into
//! tokens on the caller's thread, sorted by length, and grouped into units of a few hundred tokens, so
//! that little of a unit is padding and none takes long. Units of interactive calls go first, and a batch
//! unit that is running then is stopped half way and queued again, in halves, so that constant typing
//! slows a batch down without ever stopping it.
//!
//! The thread ends with the last handle, which waits for it. If the model panics, every caller gets an
//! error of kind `Bug` instead of waiting for ever. It knows no ONNX Runtime: a [`Model`] is anything that
//! turns rows into vectors.

mod queue;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use super::inputs;
use super::pieces::{Pieces, TextCutter};
use super::recipe::Recipe;
use super::{Encoded, Encoder, ModelCard, Priority, Role};
use crate::error::{Error, Result};
pub(super) use queue::Stop;
use queue::{Closed, Queue};

/// One text on its way to the model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub pieces: Pieces,
    /// The text with its prefix, for models that cut it themselves; else empty.
    pub text: String,
}

/// Something that turns rows into vectors, one [`Encoded`] a row, in order. It lives on its own thread.
pub(super) trait Model: Send {
    /// # Errors
    /// Whatever the model cannot do; also when `stop` was asked for, which is then no failure.
    fn run(&mut self, rows: &[Row], want_tokens: bool, stop: &Stop) -> Result<Vec<Encoded>>;
}

/// How texts are grouped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Tokens of a unit, padding included; a longer text is a unit of its own.
    pub batch_tokens: usize,
    pub batch_rows: usize,
    /// Rows carry their text.
    pub keep_text: bool,
}

/// An [`Encoder`] whose model lives on a thread.
pub(super) struct ThreadedEncoder {
    card: ModelCard,
    version: String,
    cutter: TextCutter,
    prefixes: (String, String),
    limits: Limits,
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl ThreadedEncoder {
    /// # Errors
    /// `Unavailable` where the system gives no thread.
    pub fn start(
        card: ModelCard,
        version: &str,
        cutter: TextCutter,
        recipe: &Recipe,
        limits: Limits,
        model: Box<dyn Model>,
    ) -> Result<Self> {
        let queue = Arc::new(Queue::default());
        let theirs = Arc::clone(&queue);
        let thread = thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || theirs.work(model))
            .map_err(|e| Error::unavailable(format!("the system gives no thread for the model: {e}")))?;
        Ok(Self {
            card,
            version: version.to_owned(),
            cutter,
            prefixes: (recipe.prefix(Role::Query).to_owned(), recipe.prefix(Role::Passage).to_owned()),
            limits,
            queue,
            thread: Some(thread),
        })
    }

    fn row(&self, role: Role, text: &str) -> Result<Row> {
        let prefix = match role {
            Role::Query => &self.prefixes.0,
            Role::Passage => &self.prefixes.1,
        };
        let pieces = self.cutter.cut(prefix, text)?;
        let text = if self.limits.keep_text { format!("{prefix}{text}") } else { String::new() };
        Ok(Row { pieces, text })
    }
}

impl Encoder for ThreadedEncoder {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn runtime_version(&self) -> &str {
        &self.version
    }

    fn encode(
        &self,
        priority: Priority,
        role: Role,
        texts: &[&str],
        want_tokens: bool,
    ) -> Result<Vec<Encoded>> {
        let rows = texts.iter().enumerate().map(|(index, text)| Ok((index, self.row(role, text)?)));
        let groups = group(rows.collect::<Result<_>>()?, self.limits);
        let (reply, replies) = mpsc::channel();
        self.queue.put(priority, groups, want_tokens, &reply)?;
        drop(reply);

        let mut encoded: Vec<Option<Encoded>> = texts.iter().map(|_| None).collect();
        // Ends when every unit was answered or dropped with the queue.
        for answer in replies {
            for (index, one) in answer? {
                if let Some(place) = encoded.get_mut(index) {
                    *place = Some(one);
                }
            }
        }
        encoded.into_iter().map(|one| one.ok_or_else(|| self.queue.why_closed())).collect()
    }

    fn stop(&self) {
        self.queue.close(Closed::Stopped);
    }
}

impl Drop for ThreadedEncoder {
    fn drop(&mut self) {
        self.queue.close(Closed::Stopped);
        if let Some(thread) = self.thread.take() {
            // Its panic was reported where it was caught.
            let _ = thread.join();
        }
    }
}

/// A row and its place among the texts of the call.
type Placed = (usize, Row);

/// Groups rows of like length, longest first.
fn group(rows: Vec<Placed>, limits: Limits) -> Vec<Vec<Placed>> {
    let lengths = rows.iter().map(|(_, row)| row.pieces.ids.len()).enumerate();
    let groups = inputs::batches(lengths, limits.batch_tokens, limits.batch_rows);
    let mut rows: Vec<Option<Placed>> = rows.into_iter().map(Some).collect();
    let mut taken = |at: usize| rows.get_mut(at)?.take();
    groups.into_iter().map(|group| group.into_iter().filter_map(&mut taken).collect()).collect()
}
