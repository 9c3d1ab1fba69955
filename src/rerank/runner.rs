//! One thread that works through pairs beside the screen.
//!
//! In: a work list, most urgent first; a new list replaces the old one, and single works may be put before
//! it. Out: scores, batch by batch, each kept in the cache before it is told. What a batch has computed is
//! never thrown away, whatever list came meanwhile. Rerankers are opened when the first pair asks for
//! them; one that cannot be opened, or fails, takes only its own works with it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::score_cache::{PairFact, ScoreCache};
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

/// The pairs of one query that still need a score of one reranker.
#[derive(Debug, Clone)]
pub struct Work {
    /// The reranker's name in the plan.
    pub reranker: Arc<str>,
    pub query: QueryRef,
    pub text: Arc<str>,
    pub docs: Vec<DocIdx>,
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
    },
    Scored(Scored),
    /// This reranker's works are dropped, and come to nothing until [`Runner::retry`].
    Failed {
        reranker: Arc<str>,
        error: Error,
    },
}

/// Opens a reranker by its name in the plan; is told what to say meanwhile.
pub type Opener = Box<dyn FnMut(&str, &mut dyn FnMut(String)) -> Result<Box<dyn Reranker>> + Send>;

#[derive(Default)]
struct Queue {
    works: VecDeque<Work>,
    /// Counts replaced lists.
    list: u64,
    /// Rerankers that failed are to be tried again.
    retry: bool,
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
                while let Some(next) = next(&theirs) {
                    if next.retry {
                        desk.rerankers.retain(|_, reranker| reranker.is_some());
                    }
                    let replaced = || lock(&theirs).list != next.list;
                    if let Err(error) = desk.run(&next.work, &next.cancel, &replaced) {
                        desk.rerankers.insert(Arc::clone(&next.work.reranker), None);
                        let reranker = Arc::clone(&next.work.reranker);
                        lock(&theirs).works.retain(|work| work.reranker != reranker);
                        tell(RunnerEvent::Failed { reranker, error });
                    }
                }
            })
            .map_err(|e| Error::unavailable(format!("cannot start a thread: {e}")))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Puts works before the list: what the batch that was just told has made possible.
    pub fn put_first(&self, works: Vec<Work>) {
        let mut queue = lock(&self.shared);
        for work in works.into_iter().rev() {
            queue.works.push_front(work);
        }
        self.shared.1.notify_all();
    }

    /// Rerankers that failed are opened anew when the next work asks for them.
    pub fn retry(&self) {
        lock(&self.shared).retry = true;
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

struct Next {
    work: Work,
    list: u64,
    cancel: Cancel,
    retry: bool,
}

/// The next work, or `None` when the program ends.
fn next(shared: &Shared) -> Option<Next> {
    let mut queue = lock(shared);
    loop {
        if queue.stop {
            return None;
        }
        if let Some(work) = queue.works.pop_front() {
            let retry = std::mem::take(&mut queue.retry);
            return Some(Next { work, list: queue.list, cancel: queue.cancel.clone(), retry });
        }
        queue = shared.1.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

/// What the thread works with.
struct Desk<'a> {
    open: Opener,
    /// By name; `None`: failed.
    rerankers: HashMap<Arc<str>, Option<Box<dyn Reranker>>>,
    collection: Arc<Collection>,
    facts: Arc<FactCache>,
    tell: &'a dyn Fn(RunnerEvent),
}

impl Desk<'_> {
    fn run(&mut self, work: &Work, cancel: &Cancel, replaced: &dyn Fn() -> bool) -> Result<()> {
        if !self.rerankers.contains_key(&work.reranker) {
            let opened = self.opened(&work.reranker)?;
            self.rerankers.insert(Arc::clone(&work.reranker), Some(opened));
        }
        // One that failed has told so.
        let Some(Some(reranker)) = self.rerankers.get_mut(&work.reranker) else { return Ok(()) };
        score(&mut **reranker, &self.collection, &self.facts, work, cancel, replaced, self.tell)
    }

    fn opened(&mut self, name: &Arc<str>) -> Result<Box<dyn Reranker>> {
        let tell = self.tell;
        let mut doing = |doing: String| tell(RunnerEvent::Opening { reranker: Arc::clone(name), doing });
        doing(format!("opening {name}"));
        let reranker = (self.open)(name, &mut doing)?;
        let fingerprint = reranker.fingerprint().to_owned();
        tell(RunnerEvent::Opened { reranker: Arc::clone(name), fingerprint });
        Ok(reranker)
    }
}

fn score(
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
    let scored = |scores, truncated, cached, ms| {
        let (reranker, query) = (Arc::clone(&work.reranker), work.query.clone());
        tell(RunnerEvent::Scored(Scored { reranker, query, scores, truncated, cached, ms }));
    };
    let cut = |doc: DocIdx, known: Option<PairFact>| known.is_some_and(|fact| fact.truncated).then_some(doc);
    let from_cache: Vec<(DocIdx, Option<Score>)> =
        work.docs.iter().zip(&known).filter_map(|(&doc, fact)| Some((doc, (*fact)?.score))).collect();
    if !from_cache.is_empty() {
        let truncated = work.docs.iter().zip(&known).filter_map(|(&doc, &fact)| cut(doc, fact)).collect();
        scored(from_cache, truncated, true, 0.0);
    }
    let missing: Vec<Pair<'_>> = (work.docs.iter().zip(&texts))
        .zip(&known)
        .filter(|(_, fact)| fact.is_none())
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
            let truncated: Vec<DocIdx> = reranker.truncated().to_vec();
            let fact = |&(pair, score): &(Pair<'_>, Option<Score>)| PairFact {
                score,
                truncated: truncated.contains(&pair.doc),
            };
            let new: Vec<PairFact> = arrived.iter().map(fact).collect();
            cache.put(&work.text, arrived.iter().map(|(pair, _)| pair.text), &new);
            scored(arrived.iter().map(|(pair, score)| (pair.doc, *score)).collect(), truncated, false, ms);
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
        cut: Vec<DocIdx>,
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
            self.cut = passages.iter().filter(|p| p.text.len() > 4).map(|p| p.doc).collect();
            Ok(passages.iter().map(|p| (!p.text.is_empty()).then_some(p.text.len() as f32)).collect())
        }
        fn batch(&self) -> usize {
            2
        }
        fn truncated(&self) -> &[DocIdx] {
            &self.cut
        }
    }

    fn work(query: u32, docs: &[u32]) -> Work {
        let docs = docs.iter().copied().map(DocIdx).collect();
        let text = Arc::from(format!("q{query}"));
        Work { reranker: Arc::from("by-length"), query: QueryRef::Listed(QueryIdx(query)), text, docs }
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
        let mut gate = Some(gate);
        let open: Opener = Box::new(move |name, _| match name {
            "by-length" => {
                let (gate, seen) = (gate.take().flatten(), seen_tx.clone());
                Ok(Box::new(ByLength { gate, seen, fail, cut: Vec::new() }))
            }
            _ => Err(Error::unavailable("no such model")),
        });
        let runner = Runner::start(open, collection, Arc::clone(facts), move |event| {
            let _ = tell.send(event);
        });
        Bench { runner: runner.unwrap(), events, seen }
    }

    fn told(events: &mpsc::Receiver<RunnerEvent>) -> RunnerEvent {
        loop {
            match events.recv_timeout(Duration::from_secs(10)).unwrap() {
                RunnerEvent::Opening { .. } | RunnerEvent::Opened { .. } => {}
                event => return event,
            }
        }
    }

    fn scored(events: &mpsc::Receiver<RunnerEvent>) -> Scored {
        match told(events) {
            RunnerEvent::Scored(scored) => scored,
            event => panic!("{event:?}"),
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
    fn truncated_passages_are_told_from_the_cache_too() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let b = bench(&facts, None, false);
        b.runner.replace(vec![work(0, &[4, 3])]);
        assert_eq!(scored(&b.events).truncated, [DocIdx(4)]);
        b.runner.replace(vec![work(0, &[3, 4])]);
        let again = scored(&b.events);
        assert_eq!((again.cached, again.truncated), (true, vec![DocIdx(4)]));
    }

    /// Trap: one broken reranker that stops the others, or that is asked again for every work.
    #[test]
    fn a_failure_is_told_once_and_ends_only_its_own_works() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let b = bench(&facts, None, false);
        let other = |query| Work { reranker: Arc::from("gone"), ..work(query, &[0]) };
        b.runner.replace(vec![other(0), other(1), work(2, &[0])]);
        match told(&b.events) {
            RunnerEvent::Failed { reranker, error } => {
                assert_eq!((&*reranker, error.to_string().as_str()), ("gone", "no such model"));
            }
            event => panic!("{event:?}"),
        }
        assert_eq!(scored(&b.events).query, QueryRef::Listed(QueryIdx(2)));
        b.runner.replace(vec![other(3), work(4, &[0])]);
        assert_eq!(scored(&b.events).query, QueryRef::Listed(QueryIdx(4)), "it is not asked again");
        b.runner.retry();
        b.runner.replace(vec![other(5)]);
        assert!(matches!(told(&b.events), RunnerEvent::Failed { .. }), "until somebody wants it");
    }

    #[test]
    fn works_put_first_go_before_the_list() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let (open, gate) = mpsc::channel();
        let b = bench(&facts, Some(gate), false);
        b.runner.replace(vec![work(0, &[0]), work(1, &[0])]);
        assert_eq!(b.seen.recv_timeout(Duration::from_secs(10)).unwrap(), 1);
        b.runner.put_first(vec![work(2, &[0]), work(3, &[0])]);
        (0..4).for_each(|_| open.send(()).unwrap());
        let order: Vec<QueryRef> = (0..4).map(|_| scored(&b.events).query).collect();
        assert_eq!(order, [0, 2, 3, 1].map(|q| QueryRef::Listed(QueryIdx(q))));
    }

    #[test]
    fn a_failure_while_scoring_is_told() {
        let facts = Arc::new(FactCache::in_memory().unwrap());
        let b = bench(&facts, None, true);
        b.runner.replace(vec![work(0, &[0]), work(1, &[1])]);
        match told(&b.events) {
            RunnerEvent::Failed { error, .. } => assert_eq!(error.to_string(), "out of order"),
            event => panic!("{event:?}"),
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
            let open: Opener = Box::new(|_, _| Ok(Box::new(Halfway)));
            let runner = Runner::start(open, Arc::clone(&texts), Arc::clone(&facts), move |e| {
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
