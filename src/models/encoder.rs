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

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::pieces::{Pieces, TextCutter};
use super::recipe::Recipe;
use super::{Encoded, Encoder, ModelCard, Priority, Role};
use crate::error::{Error, Result};

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

/// A request to stop one run half way.
#[derive(Default)]
pub(super) struct Stop(Mutex<StopState>);

#[derive(Default)]
struct StopState {
    asked: bool,
    how: Option<Box<dyn Fn() + Send>>,
}

impl Stop {
    /// The run says how it is stopped; at once if that was asked for already.
    pub fn on_ask(&self, how: Box<dyn Fn() + Send>) {
        let mut state = lock(&self.0);
        if state.asked {
            how();
        }
        state.how = Some(how);
    }

    fn ask(&self) {
        let mut state = lock(&self.0);
        state.asked = true;
        if let Some(how) = &state.how {
            how();
        }
    }

    fn asked(&self) -> bool {
        lock(&self.0).asked
    }
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

/// Groups rows of like length, longest first: if memory runs out, then at once.
fn group(mut rows: Vec<Placed>, limits: Limits) -> Vec<Vec<Placed>> {
    rows.sort_by_key(|(index, row)| (std::cmp::Reverse(row.pieces.ids.len()), *index));
    let mut groups: Vec<Vec<Placed>> = Vec::new();
    let mut longest = 0;
    for placed in rows {
        let fits = |group: &Vec<Placed>| {
            (group.len() + 1) * longest <= limits.batch_tokens && group.len() < limits.batch_rows
        };
        match groups.last_mut().filter(|group| fits(group)) {
            Some(group) => group.push(placed),
            None => {
                longest = placed.1.pieces.ids.len();
                groups.push(vec![placed]);
            }
        }
    }
    groups
}

/// What one run of the model takes.
struct Unit {
    /// Which call it is part of.
    call: u64,
    rows: Vec<Placed>,
    want_tokens: bool,
    reply: Sender<Answer>,
}

/// The vectors of a unit, each with its place among the texts of the call.
type Answer = Result<Vec<(usize, Encoded)>>;

impl Unit {
    /// Two units of half the rows; one where there is one row.
    fn halves(mut self) -> Vec<Self> {
        let half = self.rows.len() / 2;
        if half == 0 {
            return vec![self];
        }
        let rest = Self {
            call: self.call,
            rows: self.rows.split_off(half),
            want_tokens: self.want_tokens,
            reply: self.reply.clone(),
        };
        vec![self, rest]
    }
}

/// Why the queue takes nothing more.
#[derive(Debug, Clone)]
enum Closed {
    Stopped,
    Died(String),
}

/// What waits and what runs.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: u64,
    interactive: VecDeque<Unit>,
    batch: VecDeque<Unit>,
    /// The batch unit that runs, if one does.
    running_batch: Option<Arc<Stop>>,
    running_interactive: Option<Arc<Stop>>,
    closed: Option<Closed>,
}

impl Queue {
    /// Queues one call's groups of rows.
    fn put(
        &self,
        priority: Priority,
        groups: Vec<Vec<Placed>>,
        want_tokens: bool,
        reply: &Sender<Answer>,
    ) -> Result<()> {
        let mut state = lock(&self.state);
        if state.closed.is_some() {
            drop(state);
            return Err(self.why_closed());
        }
        state.calls += 1;
        let call = state.calls;
        let units = groups.into_iter().map(|rows| Unit { call, rows, want_tokens, reply: reply.clone() });
        match priority {
            Priority::Interactive => {
                state.interactive.extend(units);
                if let Some(stop) = state.running_batch.as_ref().filter(|_| !state.interactive.is_empty()) {
                    stop.ask();
                }
            }
            Priority::Batch => state.batch.extend(units),
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Drops what waits, stops what runs. The first reason stays.
    fn close(&self, why: Closed) {
        let mut state = lock(&self.state);
        state.closed.get_or_insert(why);
        let waiting: Vec<Unit> = {
            let state = &mut *state;
            state.interactive.drain(..).chain(state.batch.drain(..)).collect()
        };
        for stop in state.running_batch.iter().chain(&state.running_interactive) {
            stop.ask();
        }
        drop(state);
        drop(waiting);
        self.changed.notify_one();
    }

    fn why_closed(&self) -> Error {
        match &lock(&self.state).closed {
            Some(Closed::Died(message)) => {
                Error::bug(format!("the model's thread died: {message}")).advise("please report this")
            }
            Some(Closed::Stopped) => Error::unavailable("the model was stopped: the program is ending"),
            None => Error::bug("a text got lost on its way to the model").advise("please report this"),
        }
    }

    /// The thread's life.
    fn work(&self, mut model: Box<dyn Model>) {
        while let Some((priority, unit, stop)) = self.next() {
            self.run(model.as_mut(), priority, unit, &stop);
        }
    }

    /// Waits for work; `None` when the queue is closed.
    fn next(&self) -> Option<(Priority, Unit, Arc<Stop>)> {
        let mut state = lock(&self.state);
        loop {
            if state.closed.is_some() {
                return None;
            }
            let stop = Arc::new(Stop::default());
            if let Some(unit) = state.interactive.pop_front() {
                state.running_interactive = Some(Arc::clone(&stop));
                return Some((Priority::Interactive, unit, stop));
            }
            if let Some(unit) = state.batch.pop_front() {
                state.running_batch = Some(Arc::clone(&stop));
                return Some((Priority::Batch, unit, stop));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run(&self, model: &mut dyn Model, priority: Priority, unit: Unit, stop: &Stop) {
        let Unit { call, rows, want_tokens, reply } = unit;
        let (places, rows): (Vec<usize>, Vec<Row>) = rows.into_iter().unzip();
        let result = match panic::catch_unwind(AssertUnwindSafe(|| model.run(&rows, want_tokens, stop))) {
            Ok(result) => result,
            Err(panic) => {
                let message = told(panic.as_ref());
                tracing::error!("the model's thread died: {message}");
                // Before the reply is dropped: the caller then asks why there is no answer.
                return self.close(Closed::Died(message));
            }
        };
        let mut state = lock(&self.state);
        (state.running_batch, state.running_interactive) = (None, None);
        let answer = match result {
            Ok(encoded) if encoded.len() == places.len() => Ok(places.into_iter().zip(encoded).collect()),
            Ok(encoded) => Err(Error::bug(format!("{} vectors for {} texts", encoded.len(), places.len()))),
            // Interrupted, not failed: nothing is lost, the rows go back to the head of the queue.
            Err(_) if stop.asked() && state.closed.is_none() && priority == Priority::Batch => {
                let unit = Unit { call, rows: places.into_iter().zip(rows).collect(), want_tokens, reply };
                for half in unit.halves().into_iter().rev() {
                    state.batch.push_front(half);
                }
                return;
            }
            // Dropping the reply makes the caller ask why the queue was closed.
            Err(_) if stop.asked() => return,
            Err(error) => Err(error),
        };
        if answer.is_err() {
            // The call ends with its first error; the rest of it is of no use to anybody.
            state.interactive.retain(|unit| unit.call != call);
            state.batch.retain(|unit| unit.call != call);
        }
        drop(state);
        // Fails where the caller has taken an error and gone.
        let _ = reply.send(answer);
    }
}

/// What a panic says.
fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it panicked".to_owned())
}

/// Nothing that holds these locks can panic half way through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
