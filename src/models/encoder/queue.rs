//! What waits for a model and what runs: two queues, the interrupting of a batch, and the thread's life.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Model, Placed, Row};
use crate::error::{Error, Result};
use crate::models::{Encoded, Priority};

/// A request to stop one run half way.
#[derive(Default)]
pub(in crate::models) struct Stop(Mutex<StopState>);

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

/// What one run of the model takes.
struct Unit {
    /// Which call it is part of.
    call: u64,
    rows: Vec<Placed>,
    want_tokens: bool,
    reply: Sender<Answer>,
}

/// The vectors of a unit, each with its place among the texts of the call.
pub(super) type Answer = Result<Vec<(usize, Encoded)>>;

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
pub(super) enum Closed {
    Stopped,
    Died(String),
}

/// What waits and what runs.
#[derive(Default)]
pub(super) struct Queue {
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
    pub fn put(
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
    pub fn close(&self, why: Closed) {
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

    pub fn why_closed(&self) -> Error {
        match &lock(&self.state).closed {
            Some(Closed::Died(message)) => {
                Error::bug(format!("the model's thread died: {message}")).advise("please report this")
            }
            Some(Closed::Stopped) => Error::unavailable("the model was stopped: the program is ending"),
            None => Error::bug("a text got lost on its way to the model").advise("please report this"),
        }
    }

    /// The thread's life.
    pub fn work(&self, mut model: Box<dyn Model>) {
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
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
