//! The runner with rerankers that tell what they are asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::domain::{QueryIdx, Score};
use crate::index::lexical::tests::collection;
use crate::rerank::Pair;
use crate::rerank::token_pairs::PairedToken;

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
    /// One for each byte.
    fn token_pairs(&mut self, _: &str, passage: Pair<'_>, _: &Cancel) -> Result<Vec<TokenPair>> {
        let token = PairedToken::added("x".to_owned());
        let pair = TokenPair { query: token.clone(), passage: token, similarity: 1.0 };
        Ok(vec![pair; passage.text.len()])
    }
}

fn work(query: u32, docs: &[u32]) -> Work {
    let docs = docs.iter().copied().map(DocIdx).collect();
    let text = Arc::from(format!("q{query}"));
    Work {
        reranker: Arc::from("by-length"),
        query: QueryRef::Listed(QueryIdx(query)),
        text,
        docs,
        spare: None,
    }
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
    let open: Opener = Box::new(move |name, _, _| match name {
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
            RunnerEvent::Opening { .. } | RunnerEvent::Opened { .. } | RunnerEvent::Idle => {}
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
    assert_eq!(first.scores, [(DocIdx(4), Some(5.0)), (DocIdx(2), None)], "unscorable is not a low score");
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
    assert!(
        !b.events.try_iter().any(|event| matches!(event, RunnerEvent::Scored(_))),
        "the old list is done"
    );
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

/// Traps: a screen that waits for a download that nobody wants any more; one that was given up told as
/// failed, and never tried again.
#[test]
fn who_waits_for_a_reranker_to_open_lets_go_for_another_list() {
    let facts = Arc::new(FactCache::in_memory().unwrap());
    let (tell, events) = mpsc::channel();
    let fetched = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&fetched);
    let (seen, _seen) = mpsc::channel();
    let open: Opener = Box::new(move |name, cancel, doing| {
        let by_length =
            || Box::new(ByLength { gate: None, seen: seen.clone(), fail: false, cut: Vec::new() });
        if name == "by-length" || there.load(Ordering::SeqCst) {
            return Ok(by_length());
        }
        doing("fetching".to_owned());
        while !cancel.winds_down() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(Error::interrupted("not waited for"))
    });
    let runner = Runner::start(open, Arc::new(collection(&["a", "bb"])), facts, move |event| {
        let _ = tell.send(event);
    });
    let runner = runner.unwrap();
    let far = |query| Work { reranker: Arc::from("far"), ..work(query, &[0]) };
    runner.replace(vec![far(0)]);
    let is_fetching =
        |event: RunnerEvent| matches!(event, RunnerEvent::Opening { doing, .. } if doing == "fetching");
    while !is_fetching(events.recv_timeout(Duration::from_secs(10)).unwrap()) {}
    runner.replace(vec![work(1, &[1])]);
    assert_eq!(scored(&events).query, QueryRef::Listed(QueryIdx(1)));
    fetched.store(true, Ordering::SeqCst);
    runner.replace(vec![far(2)]);
    assert_eq!(scored(&events).query, QueryRef::Listed(QueryIdx(2)));
}

/// Traps: pairs that wait for a long list to end; a wish without an answer; one that an older one outlives.
#[test]
fn token_pairs_are_told_between_two_batches() {
    let facts = Arc::new(FactCache::in_memory().unwrap());
    let (open, gate) = mpsc::channel();
    let b = bench(&facts, Some(gate), false);
    let wanted = |reranker: &str, doc| PairsWanted {
        reranker: Arc::from(reranker),
        text: Arc::from("q0"),
        doc: DocIdx(doc),
    };
    let pairs = |events: &mpsc::Receiver<RunnerEvent>| match told(events) {
        RunnerEvent::TokenPairs { wanted, pairs } => (wanted, pairs.unwrap().len()),
        event => panic!("{event:?}"),
    };
    b.runner.replace(vec![work(0, &[0, 1, 3, 4]), work(1, &[0])]);
    assert_eq!(b.seen.recv_timeout(Duration::from_secs(10)).unwrap(), 2);
    b.runner.pair(vec![wanted("by-length", 0)]);
    b.runner.pair(vec![wanted("by-length", 4), wanted("never-opened", 4)]);
    open.send(()).unwrap();
    assert_eq!(scored(&b.events).scores.len(), 2);
    assert_eq!(pairs(&b.events), (wanted("by-length", 4), 5), "before the rest of the list");
    assert_eq!(pairs(&b.events), (wanted("never-opened", 4), 0));
    (0..2).for_each(|_| open.send(()).unwrap());
    assert_eq!(scored(&b.events).scores.len(), 2);
    assert_eq!(scored(&b.events).query, QueryRef::Listed(QueryIdx(1)));
    // With nothing else to do.
    b.runner.pair(vec![wanted("by-length", 1)]);
    assert_eq!(pairs(&b.events), (wanted("by-length", 1), 2));
}

#[test]
fn works_put_first_go_before_the_list_in_their_order_and_the_urgent_ones_before_them() {
    let facts = Arc::new(FactCache::in_memory().unwrap());
    let (open, gate) = mpsc::channel();
    let b = bench(&facts, Some(gate), false);
    b.runner.replace(vec![work(0, &[0]), work(1, &[0])]);
    assert_eq!(b.seen.recv_timeout(Duration::from_secs(10)).unwrap(), 1);
    // Trap: the query on the screen, whose first stage is done first, gets its second stage last.
    b.runner.put_first(vec![work(2, &[0]), work(3, &[0])], false);
    b.runner.put_first(vec![work(4, &[0])], false);
    b.runner.put_first(vec![work(5, &[0]), work(6, &[0])], true);
    (0..7).for_each(|_| open.send(()).unwrap());
    let order: Vec<QueryRef> = (0..7).map(|_| scored(&b.events).query).collect();
    assert_eq!(order, [0, 5, 6, 2, 3, 4, 1].map(|q| QueryRef::Listed(QueryIdx(q))));
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
    assert!(!b.events.try_iter().any(|event| !matches!(event, RunnerEvent::Idle)));
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
        let open: Opener = Box::new(|_, _, _| Ok(Box::new(Halfway)));
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
