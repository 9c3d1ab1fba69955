//! What takes longer than a frame and is not the engine's: comparing two settings with their tests,
//! counting, searching and sorting a corpus. `update` asks for a [`Job`]; a thread does it and tells the
//! [`Outcome`]. Of one kind only the newest is done.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use crate::corpus::Collection;
use crate::domain::{DocIdx, Grade};
use crate::engine::compare::{Comparing, Comparison};

use super::tables::passages::{Arrangement, PassageCounts};

/// Resamples between two looks at whether somebody wants something newer.
const ROUNDS: usize = 250;
/// How many kinds of jobs there are.
const KINDS: usize = 3;

/// Something to be done behind the screen.
#[derive(Debug, Clone)]
pub enum Job {
    /// Tests of a comparison; the number says of which.
    Compare(u64, Box<Comparing>),
    /// What can be counted of every passage, for the relevance level given.
    Count(Arc<Collection>, Grade),
    /// The rows of the table of passages.
    Arrange(u64, Arrangement),
}

/// Two jobs are the same when they are the same asking.
impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Compare(a, _), Self::Compare(b, _)) | (Self::Arrange(a, _), Self::Arrange(b, _)) => a == b,
            (Self::Count(a, level), Self::Count(b, other)) => Arc::ptr_eq(a, b) && level == other,
            _ => false,
        }
    }
}

/// What came of a job.
#[derive(Debug, Clone)]
pub enum Outcome {
    Compared(u64, Arc<Comparison>),
    Counted(Arc<PassageCounts>),
    Arranged(u64, Vec<DocIdx>),
}

impl Job {
    /// Jobs of one kind replace each other.
    pub fn kind(&self) -> usize {
        match self {
            Self::Compare(..) => 0,
            Self::Count(..) => 1,
            Self::Arrange(..) => 2,
        }
    }

    /// Does it; `None` where `unwanted` said that something newer is to be done.
    pub fn run(self, unwanted: impl Fn() -> bool) -> Option<Outcome> {
        match self {
            Self::Compare(of, mut comparing) => {
                while !comparing.step(ROUNDS) {
                    if unwanted() {
                        return None;
                    }
                }
                Some(Outcome::Compared(of, Arc::new(comparing.finish())))
            }
            Self::Count(collection, level) => {
                Some(Outcome::Counted(Arc::new(PassageCounts::of(&collection, level))))
            }
            Self::Arrange(of, arrangement) => Some(Outcome::Arranged(of, arrangement.rows())),
        }
    }
}

/// The thread that does the jobs; it ends when this is dropped.
pub struct Behind {
    jobs: Sender<(usize, Job)>,
    /// By kind: the newest job.
    newest: Arc<[AtomicUsize; KINDS]>,
}

impl Behind {
    /// `tell` is called on the thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(tell: impl Fn(Outcome) + Send + 'static) -> io::Result<Self> {
        let (jobs, to_do) = channel::<(usize, Job)>();
        let newest: Arc<[AtomicUsize; KINDS]> = Arc::default();
        let wanted = Arc::clone(&newest);
        std::thread::Builder::new().name("behind".to_owned()).spawn(move || {
            for (ticket, job) in to_do {
                let kind = job.kind();
                let unwanted = || wanted[kind].load(Ordering::Relaxed) != ticket;
                if !unwanted()
                    && let Some(outcome) = job.run(unwanted)
                {
                    tell(outcome);
                }
            }
        })?;
        Ok(Self { jobs, newest })
    }

    /// Does a job, and what is under way of its kind no longer.
    pub fn start_job(&self, job: Job) {
        let ticket = self.newest[job.kind()].fetch_add(1, Ordering::Relaxed) + 1;
        let _ = self.jobs.send((ticket, job)); // the thread is gone only where it panicked
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        // What is under way is wanted no longer.
        for newest in self.newest.iter() {
            newest.fetch_add(1, Ordering::Relaxed);
        }
    }
}
