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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::models::recipe::Pooling;
    use crate::models::{DIM, test_support};
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::Receiver;

    /// A model whose runs the test steps through: it reports each run and waits to be told how it ends.
    struct Stepped {
        began: Sender<(usize, Arc<Mutex<bool>>)>,
        go: Receiver<Go>,
    }

    enum Go {
        Finish,
        /// Ends as a run does that was stopped.
        Stopped,
        Fail,
        Panic,
    }

    impl Model for Stepped {
        fn run(&mut self, rows: &[Row], _want_tokens: bool, stop: &Stop) -> Result<Vec<Encoded>> {
            let asked = Arc::new(Mutex::new(false));
            let theirs = Arc::clone(&asked);
            stop.on_ask(Box::new(move || *lock(&theirs) = true));
            self.began.send((rows.len(), asked)).unwrap();
            match self.go.recv().unwrap() {
                Go::Finish => Ok(rows.iter().map(encoded).collect()),
                Go::Stopped => Err(Error::unavailable("terminated")),
                Go::Fail => Err(Error::unavailable("no such operator")),
                Go::Panic => panic!("out of luck"),
            }
        }
    }

    /// A vector that tells which row it came from.
    fn encoded(row: &Row) -> Encoded {
        Encoded { dense: vec![row.pieces.ids[0] as f32], tokens: None, reading: row.pieces.reading }
    }

    const WORDS: &str = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "unk_token": "z",
                  "vocab": {"z": 0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}}}"#;

    fn start(model: Box<dyn Model>, batch_tokens: usize) -> ThreadedEncoder {
        let card = ModelCard {
            id: "stepped".to_owned(),
            fingerprint: String::new(),
            dim: 1,
            max_tokens: 8,
            licence: String::new(),
            folder: PathBuf::new(),
        };
        let recipe = Recipe {
            query_prefix: String::new(),
            passage_prefix: String::new(),
            pooling: Pooling::Mean,
            dim: 1,
            max_tokens: 8,
            pad_id: 0,
        };
        let cutter = TextCutter::new(WORDS.parse().unwrap(), 8).unwrap();
        let limits = Limits { batch_tokens, batch_rows: usize::MAX, keep_text: false };
        ThreadedEncoder::start(card, "0", cutter, &recipe, limits, model).unwrap()
    }

    type Began = Receiver<(usize, Arc<Mutex<bool>>)>;

    fn stepped(batch_tokens: usize) -> (Arc<ThreadedEncoder>, Began, Sender<Go>) {
        let (began, begins) = mpsc::channel();
        let (go, goes) = mpsc::channel();
        (Arc::new(start(Box::new(Stepped { began, go: goes }), batch_tokens)), begins, go)
    }

    fn call(
        encoder: &Arc<ThreadedEncoder>,
        priority: Priority,
        texts: &[&'static str],
    ) -> JoinHandle<Result<Vec<Encoded>>> {
        let (encoder, texts) = (Arc::clone(encoder), texts.to_vec());
        thread::spawn(move || encoder.encode(priority, Role::Passage, &texts, false))
    }

    fn firsts(encoded: Result<Vec<Encoded>>) -> Vec<f32> {
        encoded.unwrap().iter().map(|one| one.dense[0]).collect()
    }

    #[test]
    fn results_come_in_the_order_of_the_texts() {
        let (encoder, begins, go) = stepped(4);
        let batch = call(&encoder, Priority::Batch, &["a", "b b b b b b", "c c", "d", "e e", "f"]);
        // The longest alone, then two of two tokens, then what is shorter.
        for expected in [1, 2, 3] {
            assert_eq!(begins.recv().unwrap().0, expected);
            go.send(Go::Finish).unwrap();
        }
        assert_eq!(firsts(batch.join().unwrap()), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    /// Trap: an interrupted batch that is answered with its interruption, or forgotten.
    #[test]
    fn an_interactive_call_interrupts_a_batch_which_then_goes_on_in_halves() {
        let (encoder, begins, go) = stepped(64);
        let batch = call(&encoder, Priority::Batch, &["a", "b", "c", "d"]);
        let (rows, asked) = begins.recv().unwrap();
        assert_eq!(rows, 4);
        let typed = call(&encoder, Priority::Interactive, &["f"]);
        while !*lock(&asked) {
            thread::yield_now();
        }
        go.send(Go::Stopped).unwrap();
        let (rows, asked) = begins.recv().unwrap();
        assert_eq!(rows, 1, "the interactive call goes first");
        go.send(Go::Finish).unwrap();
        assert_eq!(firsts(typed.join().unwrap()), [6.0]);
        assert!(!*lock(&asked));
        for _ in 0..2 {
            assert_eq!(begins.recv().unwrap().0, 2);
            go.send(Go::Finish).unwrap();
        }
        assert_eq!(firsts(batch.join().unwrap()), [1.0, 2.0, 3.0, 4.0]);
    }

    /// Trap: the request to stop comes when the run is as good as done.
    #[test]
    fn a_batch_that_finishes_in_spite_of_the_interruption_counts() {
        let (encoder, begins, go) = stepped(64);
        let batch = call(&encoder, Priority::Batch, &["a", "b"]);
        let (_, asked) = begins.recv().unwrap();
        let typed = call(&encoder, Priority::Interactive, &["f"]);
        while !*lock(&asked) {
            thread::yield_now();
        }
        go.send(Go::Finish).unwrap();
        assert_eq!(firsts(batch.join().unwrap()), [1.0, 2.0]);
        begins.recv().unwrap();
        go.send(Go::Finish).unwrap();
        assert_eq!(firsts(typed.join().unwrap()), [6.0]);
    }

    #[test]
    fn a_failure_ends_its_call_and_no_other() {
        let (encoder, begins, go) = stepped(1);
        let failing = call(&encoder, Priority::Batch, &["a", "b", "c"]);
        begins.recv().unwrap();
        go.send(Go::Fail).unwrap();
        let error = failing.join().unwrap().unwrap_err();
        assert!(error.to_string().contains("no such operator"));
        let next = call(&encoder, Priority::Batch, &["d"]);
        assert_eq!(begins.recv().unwrap().0, 1, "the rest of the failed call is not run");
        go.send(Go::Finish).unwrap();
        assert_eq!(firsts(next.join().unwrap()), [4.0]);
    }

    #[test]
    fn a_panic_is_an_error_for_every_caller_and_no_hang() {
        let (encoder, begins, go) = stepped(1);
        let batch = call(&encoder, Priority::Batch, &["a", "b"]);
        begins.recv().unwrap();
        let waiting = call(&encoder, Priority::Batch, &["c"]);
        go.send(Go::Panic).unwrap();
        for caller in [batch, waiting] {
            let error = caller.join().unwrap().unwrap_err();
            assert_eq!(error.kind, ErrorKind::Bug);
            assert!(error.to_string().contains("out of luck"), "{error}");
        }
        let later = encoder.encode(Priority::Interactive, Role::Query, &["d"], false).unwrap_err();
        assert_eq!(later.kind, ErrorKind::Bug);
    }

    #[test]
    fn stopping_ends_what_runs_and_what_waits() {
        let (encoder, begins, go) = stepped(1);
        let running = call(&encoder, Priority::Batch, &["a", "b"]);
        let (_, asked) = begins.recv().unwrap();
        let waiting = call(&encoder, Priority::Batch, &["c"]);
        encoder.stop();
        assert!(*lock(&asked));
        go.send(Go::Stopped).unwrap();
        for caller in [running, waiting] {
            assert_eq!(caller.join().unwrap().unwrap_err().kind, ErrorKind::Unavailable);
        }
    }

    #[test]
    fn the_thread_ends_with_the_last_handle() {
        struct Counted(Arc<AtomicUsize>);
        impl Model for Counted {
            fn run(&mut self, rows: &[Row], _: bool, _: &Stop) -> Result<Vec<Encoded>> {
                Ok(rows.iter().map(encoded).collect())
            }
        }
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let gone = Arc::new(AtomicUsize::new(0));
        let encoder = start(Box::new(Counted(Arc::clone(&gone))), 4);
        assert_eq!(firsts(encoder.encode(Priority::Batch, Role::Query, &["a"], false)), [1.0]);
        assert!(encoder.encode(Priority::Batch, Role::Query, &[], false).unwrap().is_empty());
        drop(encoder);
        assert_eq!(gone.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_real_model_is_interrupted_and_loses_nothing() {
        let encoder = test_support::encoder();
        let passage = "The refund is paid to the card that was used for the booking. ".repeat(8);
        let texts: Vec<&str> = vec![passage.as_str(); 12];
        thread::scope(|scope| {
            let batch =
                scope.spawn(|| encoder.encode(Priority::Batch, Role::Passage, &texts, false).unwrap());
            for _ in 0..5 {
                let typed = encoder.encode(Priority::Interactive, Role::Query, &["refund"], true).unwrap();
                assert_eq!(typed[0].tokens.as_ref().unwrap().dim, DIM);
            }
            let all = batch.join().unwrap();
            assert_eq!(all.len(), 12);
            assert!(all.iter().all(|one| one == &all[0]));
        });
    }
}
