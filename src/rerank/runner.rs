//! One thread that works through pairs beside the screen.
//!
//! In: a work list, most urgent first; a new list replaces the old one. Out: scores, batch by batch, each
//! kept in the cache before it is told. What a batch has computed is never thrown away, whatever list
//! came meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::score_cache::ScoreCache;
use super::{Cancel, Pair, Reranker};
use crate::corpus::Collection;
use crate::domain::{DocIdx, QueryIdx, Score};
use crate::error::{Error, Result};
use crate::index::FactCache;

/// Which query a fact belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QueryRef {
    Listed(QueryIdx),
    Typed(Arc<str>),
}

/// The pairs of one query that still need a score.
#[derive(Debug, Clone)]
pub struct Work {
    pub query: QueryRef,
    pub text: Arc<str>,
    pub docs: Vec<DocIdx>,
}

/// Scores of some pairs of one query.
#[derive(Debug, Clone)]
pub struct Scored {
    pub query: QueryRef,
    /// `None`: cannot be scored.
    pub scores: Vec<(DocIdx, Option<Score>)>,
    /// Whether they came from the cache.
    pub cached: bool,
    /// Milliseconds it took to compute them; 0 from the cache.
    pub ms: f64,
}

/// What the runner tells.
#[derive(Debug)]
pub enum RunnerEvent {
    Scored(Scored),
    /// The rest of the work list is dropped.
    Failed(Error),
}

#[derive(Default)]
struct Queue {
    works: VecDeque<Work>,
    /// Counts replaced lists.
    list: u64,
    /// Ends the batch that is running.
    cancel: Cancel,
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
        mut reranker: Box<dyn Reranker>,
        collection: Arc<Collection>,
        facts: Arc<FactCache>,
        tell: impl Fn(RunnerEvent) + Send + 'static,
    ) -> Result<Self> {
        let shared: Shared = Arc::default();
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("rerank".to_owned())
            .spawn(move || {
                while let Some((work, list, cancel)) = next(&theirs) {
                    let replaced = || lock(&theirs).list != list;
                    let outcome = run(&mut *reranker, &collection, &facts, &work, &cancel, &replaced, &tell);
                    if let Err(error) = outcome {
                        lock(&theirs).works.clear();
                        tell(RunnerEvent::Failed(error));
                    }
                }
            })
            .map_err(|e| Error::unavailable(format!("cannot start a thread: {e}")))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Replaces the work list. The batch that is running is finished and told.
    pub fn replace(&self, works: Vec<Work>) {
        let mut queue = lock(&self.shared);
        queue.works = works.into();
        queue.list += 1;
        self.shared.1.notify_all();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        {
            let mut queue = lock(&self.shared);
            queue.stop = true;
            queue.cancel.cancel();
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

/// The next work, or `None` when the program ends.
fn next(shared: &Shared) -> Option<(Work, u64, Cancel)> {
    let mut queue = lock(shared);
    loop {
        if queue.stop {
            return None;
        }
        if let Some(work) = queue.works.pop_front() {
            return Some((work, queue.list, queue.cancel.clone()));
        }
        queue = shared.1.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

fn run(
    reranker: &mut dyn Reranker,
    collection: &Collection,
    facts: &FactCache,
    work: &Work,
    cancel: &Cancel,
    replaced: &dyn Fn() -> bool,
    tell: &dyn Fn(RunnerEvent),
) -> Result<()> {
    let texts: Vec<String> = work.docs.iter().map(|&doc| collection.passage(doc).indexed_text()).collect();
    let cache = ScoreCache::of(facts, reranker);
    let known = cache.get(&work.text, texts.iter().map(String::as_str));
    let scored = |scores, cached, ms| {
        tell(RunnerEvent::Scored(Scored { query: work.query.clone(), scores, cached, ms }));
    };
    let from_cache: Vec<(DocIdx, Option<Score>)> =
        work.docs.iter().zip(&known).filter_map(|(&doc, score)| Some((doc, (*score)?))).collect();
    if !from_cache.is_empty() {
        scored(from_cache, true, 0.0);
    }
    let missing: Vec<Pair<'_>> = (work.docs.iter().zip(&texts))
        .zip(&known)
        .filter(|(_, score)| score.is_none())
        .map(|((&doc, text), _)| Pair { doc, text })
        .collect();
    for batch in missing.chunks(reranker.batch().max(1)) {
        if replaced() || cancel.is_cancelled() {
            return Ok(());
        }
        let start = Instant::now();
        let mut arrived: Vec<(Pair<'_>, Option<Score>)> = Vec::with_capacity(batch.len());
        let outcome = reranker.score_each(&work.text, batch, cancel, &mut |place, score| {
            arrived.extend(batch.get(place).map(|pair| (*pair, score)));
        });
        let ms = start.elapsed().as_secs_f64() * 1e3;
        if !arrived.is_empty() {
            let scores: Vec<Option<Score>> = arrived.iter().map(|(_, score)| *score).collect();
            cache.put(&work.text, arrived.iter().map(|(pair, _)| pair.text), &scores);
            scored(arrived.iter().map(|(pair, score)| (pair.doc, *score)).collect(), false, ms);
        }
        outcome?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::index::lexical::tests::collection;

    /// Scores a passage by its length; `gate` makes it wait before each batch.
    struct ByLength {
        gate: Option<mpsc::Receiver<()>>,
        seen: mpsc::Sender<usize>,
        fail: bool,
    }

    impl Reranker for ByLength {
        fn id(&self) -> &str {
            "by-length"
        }
        fn fingerprint(&self) -> &str {
            "by-length 1"
        }
        fn score(&mut self, _: &str, passages: &[Pair<'_>], _: &Cancel) -> Result<Vec<Option<Score>>> {
            let _ = self.seen.send(passages.len());
            if let Some(gate) = &self.gate {
                let _ = gate.recv();
            }
            if self.fail {
                return Err(Error::unavailable("out of order"));
            }
            Ok(passages.iter().map(|p| (!p.text.is_empty()).then_some(p.text.len() as f32)).collect())
        }
        fn batch(&self) -> usize {
            2
        }
    }

    fn work(query: u32, docs: &[u32]) -> Work {
        let docs = docs.iter().copied().map(DocIdx).collect();
        Work { query: QueryRef::Listed(QueryIdx(query)), text: Arc::from(format!("q{query}")), docs }
    }

    struct Bench {
        runner: Runner,
        events: mpsc::Receiver<RunnerEvent>,
        seen: mpsc::Receiver<usize>,
    }

    fn bench(facts: &Arc<FactCache>, gate: Option<mpsc::Receiver<()>>, fail: bool) -> Bench {
        let (tell, events) = mpsc::channel();
        let (seen_tx, seen) = mpsc::channel();
        let collection = Arc::new(collection(&["a", "bb", "", "dddd", "eeeee"]));
        let reranker = Box::new(ByLength { gate, seen: seen_tx, fail });
        let runner = Runner::start(reranker, collection, Arc::clone(facts), move |event| {
            let _ = tell.send(event);
        });
        Bench { runner: runner.unwrap(), events, seen }
    }

    fn scored(events: &mpsc::Receiver<RunnerEvent>) -> Scored {
        match events.recv_timeout(Duration::from_secs(10)).unwrap() {
            RunnerEvent::Scored(scored) => scored,
            RunnerEvent::Failed(error) => panic!("{error}"),
        }
    }

    #[test]
    fn scores_come_in_batches_and_are_never_paid_twice() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let b = bench(&facts, None, false);
        b.runner.replace(vec![work(0, &[4, 2, 1])]);
        let first = scored(&b.events);
        assert_eq!(
            first.scores,
            [(DocIdx(4), Some(5.0)), (DocIdx(2), None)],
            "unscorable is not a low score"
        );
        assert!(!first.cached);
        assert_eq!(scored(&b.events).scores, [(DocIdx(1), Some(2.0))]);
        b.runner.replace(vec![work(0, &[1, 3, 2])]);
        let cached = scored(&b.events);
        assert!(cached.cached);
        assert_eq!(cached.scores, [(DocIdx(1), Some(2.0)), (DocIdx(2), None)]);
        assert_eq!(scored(&b.events).scores, [(DocIdx(3), Some(4.0))]);
        assert_eq!(b.seen.try_iter().collect::<Vec<_>>(), [2, 1, 1]);
    }

    /// Trap: a runner that throws away the running batch, or goes on with the old list.
    #[test]
    fn a_new_list_replaces_the_old_one_but_the_running_batch_counts() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let (open, gate) = mpsc::channel();
        let b = bench(&facts, Some(gate), false);
        b.runner.replace(vec![work(0, &[0, 1, 3, 4])]);
        assert_eq!(b.seen.recv_timeout(Duration::from_secs(10)).unwrap(), 2);
        b.runner.replace(vec![work(1, &[4])]);
        open.send(()).unwrap();
        open.send(()).unwrap();
        assert_eq!(scored(&b.events).query, QueryRef::Listed(QueryIdx(0)));
        assert_eq!(scored(&b.events).query, QueryRef::Listed(QueryIdx(1)));
        drop(open);
        drop(b.runner);
        assert!(b.events.try_recv().is_err(), "the rest of the old list is not worked on");
    }

    #[test]
    fn a_failure_is_told_and_ends_the_list() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let b = bench(&facts, None, true);
        b.runner.replace(vec![work(0, &[0]), work(1, &[1])]);
        match b.events.recv_timeout(Duration::from_secs(10)).unwrap() {
            RunnerEvent::Failed(error) => assert_eq!(error.to_string(), "out of order"),
            RunnerEvent::Scored(scored) => panic!("{scored:?}"),
        }
        drop(b.runner);
        assert!(b.events.try_recv().is_err());
    }

    /// Answers for its first passage, then breaks.
    struct Halfway;

    impl Reranker for Halfway {
        fn id(&self) -> &str {
            "halfway"
        }
        fn fingerprint(&self) -> &str {
            "halfway 1"
        }
        fn score(&mut self, _: &str, _: &[Pair<'_>], _: &Cancel) -> Result<Vec<Option<Score>>> {
            Err(Error::unavailable("broken"))
        }
        fn score_each(
            &mut self,
            query: &str,
            passages: &[Pair<'_>],
            cancel: &Cancel,
            arrived: &mut dyn FnMut(usize, Option<Score>),
        ) -> Result<()> {
            arrived(1, Some(0.5));
            self.score(query, passages, cancel).map(|_| ())
        }
        fn batch(&self) -> usize {
            3
        }
    }

    /// Trap: throwing away, and paying again for, what came before the failure.
    #[test]
    fn what_arrived_before_a_failure_is_told_and_kept() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let texts = Arc::new(collection(&["a", "bb", "ccc"]));
        for cached in [false, true] {
            let (tell, events) = mpsc::channel();
            let runner = Runner::start(Box::new(Halfway), Arc::clone(&texts), Arc::clone(&facts), move |e| {
                let _ = tell.send(e);
            });
            let runner = runner.unwrap();
            runner.replace(vec![work(0, &[0, 2, 1])]);
            let told = scored(&events);
            let place = if cached { (DocIdx(2), told.cached) } else { (DocIdx(2), !told.cached) };
            assert_eq!((told.scores, place), (vec![(DocIdx(2), Some(0.5))], (DocIdx(2), true)));
            drop(runner);
        }
    }
}
