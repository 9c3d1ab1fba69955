//! One thread that works through pairs beside the screen.
//!
//! In: a work list, most urgent first; a new list replaces the old one, and single works may be put before
//! or behind it. Out: scores, batch by batch, each kept in the cache before it is told. When a new list
//! comes, the batch that is running begins nothing new: a model ends with its present run, a service with
//! the requests on their way. What either has computed is never thrown away. Rerankers are opened when the first pair asks for
//! them; one that cannot be opened, or fails, takes only its own works with it. What a passage's score is made
//! of is told between two batches.

mod desk;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::token_pairs::TokenPair;
use super::{Cancel, Reranker};
use crate::corpus::Collection;
use crate::domain::{DocIdx, QueryIdx, Score};
use crate::error::{Error, Result};
use crate::index::FactCache;
use desk::Desk;

/// Which query a fact belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QueryRef {
    Listed(QueryIdx),
    Typed(Arc<str>),
}

/// The pairs of one query that still need a score of one reranker.
#[derive(Debug, Clone)]
pub struct Work {
    /// The reranker's name in the plan.
    pub reranker: Arc<str>,
    pub query: QueryRef,
    pub text: Arc<str>,
    pub docs: Vec<DocIdx>,
    /// For the lists that are shown, or something that can wait: the caller's word, told with the scores.
    pub spare: Option<u64>,
}

/// A query and a passage whose token pairs are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairsWanted {
    /// The reranker's name in the plan.
    pub reranker: Arc<str>,
    pub text: Arc<str>,
    pub doc: DocIdx,
}

/// Scores of some pairs of one query.
#[derive(Debug, Clone)]
pub struct Scored {
    pub reranker: Arc<str>,
    pub query: QueryRef,
    /// `None`: cannot be scored.
    pub scores: Vec<(DocIdx, Option<Score>)>,
    /// Passages among them that the reranker did not read to their end.
    pub truncated: Vec<DocIdx>,
    /// Whether they came from the cache.
    pub cached: bool,
    /// Milliseconds it took to compute them; 0 from the cache.
    pub ms: f64,
    /// As in the [`Work`].
    pub spare: Option<u64>,
}

/// What the runner tells.
#[derive(Debug)]
pub enum RunnerEvent {
    /// A reranker is being opened, or what that is busy with.
    Opening {
        reranker: Arc<str>,
        doing: String,
    },
    /// It is open; `fingerprint` names what its scores depend on.
    Opened {
        reranker: Arc<str>,
        fingerprint: String,
        has_token_pairs: bool,
    },
    Scored(Scored),
    /// Every wish that no newer one has replaced is answered; with no pair where the reranker is not open.
    TokenPairs {
        wanted: PairsWanted,
        pairs: Result<Vec<TokenPair>>,
    },
    /// This reranker's works are dropped, and come to nothing until [`Runner::retry`].
    Failed {
        reranker: Arc<str>,
        error: Error,
    },
    /// There is nothing more to do.
    Idle,
}

/// Opens a reranker by its name in the plan; is told what to say meanwhile, and gives up when cancelled.
pub type Opener = Box<dyn FnMut(&str, &Cancel, &mut dyn FnMut(String)) -> Result<Box<dyn Reranker>> + Send>;

#[derive(Default)]
struct Queue {
    /// What goes on from works that are done, before the list.
    next: VecDeque<Work>,
    works: VecDeque<Work>,
    /// Goes before all works.
    pairs: VecDeque<PairsWanted>,
    /// Rerankers that failed are to be tried again.
    retry: bool,
    /// Ends the work that is running.
    running: Cancel,
    /// Whether there was work since the last time that there was none.
    busy: bool,
    stop: bool,
}

type Shared = Arc<(Mutex<Queue>, Condvar)>;

/// Handle of the thread; dropping it ends the thread after the running batch.
pub struct Runner {
    shared: Shared,
    thread: Option<JoinHandle<()>>,
}

impl Runner {
    /// Starts the thread. `tell` is called on it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        open: Opener,
        collection: Arc<Collection>,
        facts: Arc<FactCache>,
        tell: impl Fn(RunnerEvent) + Send + 'static,
    ) -> Result<Self> {
        let shared: Shared = Arc::default();
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("rerank".to_owned())
            .spawn(move || {
                let mut desk = Desk { open, rerankers: HashMap::new(), collection, facts, tell: &tell };
                let pairs = || lock(&theirs).pairs.pop_front();
                while let Some(next) = next(&theirs, &tell) {
                    let (work, cancel) = match next {
                        Next::Pairs { wanted, cancel } => {
                            desk.pair(wanted, None, &cancel);
                            continue;
                        }
                        Next::Work { work, cancel, retry } => {
                            if retry {
                                desk.rerankers.retain(|_, reranker| reranker.is_some());
                            }
                            (work, cancel)
                        }
                    };
                    if let Err(error) = desk.run(&work, &cancel, &pairs) {
                        desk.rerankers.insert(Arc::clone(&work.reranker), None);
                        let reranker = Arc::clone(&work.reranker);
                        let mut queue = lock(&theirs);
                        queue.next.retain(|work| work.reranker != reranker);
                        queue.works.retain(|work| work.reranker != reranker);
                        drop(queue);
                        tell(RunnerEvent::Failed { reranker, error });
                    }
                }
            })
            .map_err(|e| Error::unavailable(format!("cannot start a thread: {e}")))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Puts works before the list: what the batch that was just told has made possible. They go in the order
    /// in which they come, but `urgent` ones before all others.
    pub fn put_first(&self, works: Vec<Work>, urgent: bool) {
        let mut queue = lock(&self.shared);
        match urgent {
            true => works.into_iter().rev().for_each(|work| queue.next.push_front(work)),
            false => queue.next.extend(works),
        }
        self.shared.1.notify_all();
    }

    /// Puts works behind the list: what can wait.
    pub fn put_last(&self, works: Vec<Work>) {
        lock(&self.shared).works.extend(works);
        self.shared.1.notify_all();
    }

    /// Wants these token pairs, and no others that were wanted before.
    pub fn pair(&self, wanted: Vec<PairsWanted>) {
        lock(&self.shared).pairs = wanted.into();
        self.shared.1.notify_all();
    }

    /// Rerankers that failed are opened anew when the next work asks for them.
    pub fn retry(&self) {
        lock(&self.shared).retry = true;
    }

    /// Replaces the work list. What is running begins nothing new; what it has is told.
    pub fn replace(&self, works: Vec<Work>) {
        let mut queue = lock(&self.shared);
        queue.next.clear();
        queue.works = works.into();
        queue.running.wind_down();
        // An empty list is through as well.
        queue.busy = true;
        self.shared.1.notify_all();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        {
            let mut queue = lock(&self.shared);
            queue.stop = true;
            queue.running.cancel();
            self.shared.1.notify_all();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, Queue> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Next {
    Work { work: Work, cancel: Cancel, retry: bool },
    Pairs { wanted: PairsWanted, cancel: Cancel },
}

/// What is to be done next, or `None` when the program ends. Tells when there is none for now.
fn next(shared: &Shared, tell: &impl Fn(RunnerEvent)) -> Option<Next> {
    let mut queue = lock(shared);
    loop {
        if queue.stop {
            return None;
        }
        if let Some(wanted) = queue.pairs.pop_front() {
            queue.running = Cancel::default();
            return Some(Next::Pairs { wanted, cancel: queue.running.clone() });
        }
        let next = queue.next.pop_front();
        if let Some(work) = next.or_else(|| queue.works.pop_front()) {
            let retry = std::mem::take(&mut queue.retry);
            queue.busy = true;
            queue.running = Cancel::default();
            return Some(Next::Work { work, cancel: queue.running.clone(), retry });
        }
        if std::mem::take(&mut queue.busy) {
            drop(queue);
            tell(RunnerEvent::Idle);
            queue = lock(shared);
            continue;
        }
        queue = shared.1.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}
