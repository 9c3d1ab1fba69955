//! A model whose runs the tests step through, and the real one.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use super::queue::lock;
use super::*;
use crate::error::ErrorKind;
use crate::models::recipe::Pooling;
use crate::models::{DIM, test_support};

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
        let batch = scope.spawn(|| encoder.encode(Priority::Batch, Role::Passage, &texts, false).unwrap());
        for _ in 0..5 {
            let typed = encoder.encode(Priority::Interactive, Role::Query, &["refund"], true).unwrap();
            assert_eq!(typed[0].tokens.as_ref().unwrap().dim, DIM);
        }
        let all = batch.join().unwrap();
        assert_eq!(all.len(), 12);
        assert!(all.iter().all(|one| one == &all[0]));
    });
}
