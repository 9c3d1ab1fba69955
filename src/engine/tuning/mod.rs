//! What other settings would make of all judged queries: in the background, while nothing else is to do.
//!
//! In: the pools, judgments and reranker scores of the judged queries under one setting. Out: the metric
//! over α (exact where it can be), α x N x method as a heat map, and for both the best setting with what
//! cross-validation expects of it on queries that it has not seen.
//!
//! One thread of its own, the newest job only. It asks often whether to give up, and waits while the
//! worker has a request to answer. What a picture depends on is its [`Key`].
//!
//! - `job`: what is computed, from which facts.
//! - `compute`: the computation.
//! - `picture`: the result, as snapshots hold it.

mod compute;
mod job;
mod picture;

pub use compute::compute;
pub use job::{Facts, Job, Key};
pub use picture::{AlphaCurve, BestCell, HeatMap, Held, Shape, Tuning};

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{Error, Result};

/// How long the work steps aside at a time while a request is answered.
const ASIDE: Duration = Duration::from_millis(2);

#[derive(Default)]
struct Shared {
    job: Mutex<Option<Job>>,
    changed: Condvar,
    /// Counts jobs; a greater number than the running one's ends it.
    newest: AtomicU64,
    /// Whether the worker has something more urgent to do.
    aside: AtomicBool,
    stop: AtomicBool,
}

/// Handle of the thread; dropping it ends the thread.
pub struct Tuner {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Tuner {
    /// Starts the thread; `tell` is called on it, with pictures that are filled bit by bit.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(tell: impl Fn(Arc<Tuning>) + Send + 'static) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("tune".to_owned())
            .spawn(move || run(&theirs, &tell))
            .map_err(|e| Error::unavailable(format!("cannot start a thread: {e}")))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Begins with this job; one that runs is given up.
    pub fn begin(&self, job: Job) {
        self.shared.newest.fetch_add(1, Ordering::Relaxed);
        *self.shared.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(job);
        self.shared.changed.notify_all();
    }

    /// Gives up what runs.
    pub fn give_up(&self) {
        self.shared.newest.fetch_add(1, Ordering::Relaxed);
        *self.shared.job.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Makes way for something more urgent, or goes on.
    pub fn step_aside(&self, aside: bool) {
        self.shared.aside.store(aside, Ordering::Relaxed);
    }
}

impl Drop for Tuner {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.newest.fetch_add(1, Ordering::Relaxed);
        self.shared.aside.store(false, Ordering::Relaxed);
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, tell: &dyn Fn(Arc<Tuning>)) {
    loop {
        let job = {
            let mut waiting = shared.job.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if shared.stop.load(Ordering::Relaxed) {
                    return;
                }
                if let Some(job) = waiting.take() {
                    break job;
                }
                waiting = shared.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let own = shared.newest.load(Ordering::Relaxed);
        let cancelled = || {
            while shared.aside.load(Ordering::Relaxed) && shared.newest.load(Ordering::Relaxed) == own {
                std::thread::sleep(ASIDE);
            }
            shared.newest.load(Ordering::Relaxed) != own
        };
        // A job that was given up has told nothing that is wrong; its pictures carry their key.
        let _ = compute(&job, &mut |tuning| tell(Arc::new(tuning)), &cancelled);
    }
}
