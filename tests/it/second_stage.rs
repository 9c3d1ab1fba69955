//! The second stage as the screen drives it: who is asked before money is spent, plans side by side, and
//! what is scored when nothing else is to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rankscope::domain::{FirstStage, LegId, SecondStage, Settings};
use rankscope::engine::{EngineOptions, Question, Shape, Snapshot, StageState};
use rankscope::tune::Goal;
use serde_json::json;

use crate::common::{collection, ready, small};
use crate::engine::{Desk, options};
use crate::fakes::{Fake, Reply};

/// The first snapshot of which `is` holds.
fn until(desk: &Desk, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let start = Instant::now();
    loop {
        let snapshot = desk.next();
        if is(&snapshot) {
            return snapshot;
        }
        assert!(start.elapsed() < Duration::from_secs(240), "waited for {what}: {:?}", snapshot.status);
    }
}

fn plan(text: &str) -> SecondStage {
    text.parse().unwrap()
}

/// BM25 and a service at this address, with nobody's consent yet.
fn at_a_service(url: &str, collection: &std::path::Path, cache: &std::path::Path) -> Desk {
    let settings = Settings {
        first: FirstStage::Only(LegId(0)),
        reranker: plan(&format!("cohere:{url}#rerank-v3.5")),
        ..Settings::default()
    };
    Desk::open(EngineOptions {
        use_model: false,
        ask_before_paying: true,
        ..options(collection.into(), cache.into(), &settings)
    })
}

/// Traps: texts that leave before the answer, a no that is not heard, a yes that is asked for again.
#[test]
fn nothing_is_sent_before_a_yes_and_what_is_paid_is_told() {
    let (folder, cache) = (small(), tempfile::tempdir().unwrap());
    let fake = Fake::start(|asked, _| {
        let documents = asked.json()["documents"].as_array().unwrap().len();
        let results: Vec<_> = (0..documents)
            .map(|at| json!({"index": at, "relevance_score": 0.5 + at as f64 / 10.0}))
            .collect();
        Reply::json(&json!({"results": results, "meta": {"billed_units": {"search_units": 1}}}))
    });
    let mut desk = at_a_service(&fake.url(), folder.path(), cache.path());
    desk.ask(|_| {});
    let asked = until(&desk, "the question", |snapshot| snapshot.question.is_some());
    let Question { place, usd_estimate, queries, passages, .. } =
        (**asked.question.as_ref().unwrap()).clone();
    assert!(place.starts_with(&fake.url()), "{place}");
    let judged = desk.collection.judged_queries().count();
    assert!(queries == judged && passages >= queries, "{queries} queries, {passages} passages");
    assert!((usd_estimate.unwrap() - 0.002 * judged as f64).abs() < 0.002, "{usd_estimate:?}");
    assert!(matches!(&asked.status.rerank, StageState::Waiting(why) if why.contains("yes or a no")));

    desk.engine.agree(false);
    let refused = desk.settled();
    assert!(matches!(&refused.status.rerank, StageState::Failed(why) if why.contains("nothing was sent")));
    assert!(refused.question.is_none() && refused.spending.is_empty());
    assert!(refused.means.unwrap().reranked.is_none(), "no metric is called reranked");
    assert!(fake.asked().is_empty(), "nothing left");

    // The same once more is a wish for another try.
    desk.ask(|_| {});
    until(&desk, "the question once more", |snapshot| snapshot.question.is_some());
    desk.engine.agree(true);
    let paid = desk.settled();
    assert!(paid.means.unwrap().reranked.is_some());
    let [spent] = paid.spending.as_slice() else { panic!("{:?}", paid.spending) };
    assert_eq!(spent.usage.requests, fake.asked().len() as u64);
    assert!(spent.words().contains("about $0.00") && spent.latency.is_some(), "{}", spent.words());

    // A yes holds for the session, and scores that are there cost nothing.
    desk.ask(|request| request.settings.candidates = 3);
    let again = desk.settled();
    assert_eq!((&again.question, &again.spending), (&None, &paid.spending));
}

/// Trap: a comparison over other candidates, or with numbers of its own.
#[test]
fn plans_side_by_side_have_the_numbers_that_each_has_alone() {
    ready();
    let (folder, cache) = (small(), tempfile::tempdir().unwrap());
    let mut desk = Desk::open(options(folder.path().into(), cache.path().into(), &Settings::default()));
    desk.ask(|_| {});
    desk.settled();
    let others = ["cross-encoder", "late-interaction > cross-encoder@2", "dir"].map(plan);
    desk.engine.compare(others.to_vec());
    let compared = until(&desk, "the standing", |snapshot| snapshot.rivals.standing.is_some());
    let standing = compared.rivals.standing.clone().unwrap();
    assert_eq!(standing.queries, desk.collection.judged_queries().count());
    assert_eq!(standing.ours.unwrap(), compared.means.unwrap().reranked.unwrap().reranked);
    assert!(standing.rivals[2].is_none(), "it has no folder");
    assert!(
        matches!(&compared.rivals.plans[2].state, StageState::Failed(why) if why.contains("--reranker-dir"))
    );
    assert_eq!(
        compared.status.rerank,
        StageState::Ready,
        "one that fails takes nothing from the present plan"
    );
    for (at, other) in others.iter().take(2).enumerate() {
        let (means, paired, changes) = standing.rivals[at].as_ref().unwrap();
        assert_eq!(paired.wins + paired.losses + paired.ties, standing.queries);
        assert_eq!(changes.len(), paired.wins + paired.losses);
        desk.ask(|request| request.settings.reranker = other.clone());
        let alone = desk.settled();
        assert_eq!(alone.means.unwrap().reranked.unwrap().reranked, *means, "{other}");
        let order: Vec<_> = alone.focus.reranked.iter().map(|row| row.doc).collect();
        assert_eq!(order, compared.rivals.plans[at].focus, "{other}");
    }
    desk.engine.compare(Vec::new());
    until(&desk, "an end", |snapshot| snapshot.rivals.plans.is_empty());
}

/// Traps: a curve that stays sampled for want of a few scores, and spare work that is done without a
/// screen, where it would make a report depend on how long one waits.
#[test]
fn a_screen_that_is_idle_scores_what_its_curves_need() {
    ready();
    let subjects = ["ferries", "dogs", "refunds", "luggage", "bicycles", "weather"];
    let passage = |at: usize| {
        let (one, other) = (subjects[at % 6], subjects[at * 5 % 7 % 6]);
        json!({"_id": format!("p{at}"), "text": format!("Note {at} on {one}: what to know of {other} at sea.")})
    };
    let query = |at: usize| json!({"_id": format!("q{at}"), "text": format!("{} on a ship", subjects[at])});
    let lines = |rows: Vec<serde_json::Value>| rows.iter().map(|row| format!("{row}\n")).collect::<String>();
    let qrels: String = (0..6).map(|at| format!("q{at}\tp{}\t1\n", at + 12)).collect();
    let folder = collection(&[
        ("corpus.jsonl", lines((0..36).map(passage).collect()).as_bytes()),
        ("queries.jsonl", lines((0..6).map(query).collect()).as_bytes()),
        ("qrels/test.tsv", format!("query-id\tcorpus-id\tscore\n{qrels}").as_bytes()),
    ]);
    let cache = tempfile::tempdir().unwrap();
    let settings = Settings { candidates: 4, ..Settings::default() };
    let start = |eager: bool| {
        let options = options(folder.path().into(), cache.path().into(), &settings);
        let mut desk = Desk::open(EngineOptions { eager, ..options });
        desk.ask(|request| request.tune = Some(Goal::Ndcg10));
        desk
    };
    let is_exact = |snapshot: &Snapshot| {
        let curve = snapshot.tuning.as_ref().and_then(|tuning| tuning.reranked.as_ref());
        curve.is_some_and(|curve| matches!(curve.shape, Shape::Exact(_)) && curve.queries == curve.judged)
    };
    let quiet = start(false).settled();
    assert!(!is_exact(&quiet), "four candidates a query are not all that any α brings in");
    let idle = start(true);
    let exact = until(&idle, "an exact curve", is_exact);
    assert!(exact.tuning.as_ref().unwrap().unscored.is_empty());
    assert_eq!(exact.means, quiet.means, "the lists are the same");
}
