//! Judging through the engine and through the program: on the disk first, then in every number.

use std::sync::mpsc;
use std::time::Duration;

use rankscope::corpus::{Collection, Mark, MarkedQuery};
use rankscope::domain::{DocIdx, QueryIdx, Settings};
use rankscope::engine::{Engine, EngineOptions, Event, Focus, News, Request, Snapshot};

use crate::common::small;

const PATIENCE: Duration = Duration::from_secs(60);

struct Desk {
    engine: Engine,
    events: mpsc::Receiver<Event>,
    generation: u64,
    /// Of the cache; goes with the test.
    _cache: tempfile::TempDir,
}

impl Desk {
    fn open(collection: &std::path::Path) -> Self {
        let cache = tempfile::tempdir().unwrap();
        let options = EngineOptions {
            cache_dir: Some(cache.path().to_path_buf()),
            use_model: false,
            eager: true,
            watch: true,
            ..EngineOptions::new(collection)
        };
        let (tell, events) = mpsc::channel();
        let engine = Engine::start(options, move |event| drop(tell.send(event))).unwrap();
        let mut desk = Self { engine, events, generation: 0, _cache: cache };
        assert!(matches!(desk.next(), Event::Opened(_)));
        desk.ask(Focus::Listed(QueryIdx(0)));
        desk
    }

    fn next(&self) -> Event {
        self.events.recv_timeout(PATIENCE).expect("the engine speaks")
    }

    fn ask(&mut self, focus: Focus) {
        self.generation += 1;
        let settings = Settings::default();
        self.engine.request(Request {
            generation: self.generation,
            settings,
            focus,
            inspect: None,
            tune: None,
            trace: None,
            whole: false,
        });
    }

    fn mark(&self, query: MarkedQuery, passage: &str, grade: Option<i32>) {
        self.engine.mark(Mark { query, passage: passage.to_owned(), grade });
    }

    fn news(&self) -> News {
        loop {
            if let Event::News(news) = self.next() {
                return news;
            }
        }
    }

    /// The first answer to the newest request that is as wished.
    fn until(&self, wished: impl Fn(&Snapshot) -> bool) -> Snapshot {
        loop {
            if let Event::Snapshot(snapshot) = self.next()
                && snapshot.stamp.generation == self.generation
                && wished(&snapshot)
            {
                return (*snapshot).clone();
            }
        }
    }
}

fn grade(collection: &Collection, query: u32, doc: u32) -> Option<i32> {
    collection.grade(QueryIdx(query), DocIdx(doc))
}

#[test]
fn a_judgment_is_on_the_disk_before_it_is_told_and_every_metric_follows() {
    let folder = small();
    let desk = Desk::open(folder.path());
    let settled = |snapshot: &Snapshot| snapshot.means.is_some() && snapshot.status.rejudging.is_none();
    let before = desk.until(|snapshot| settled(snapshot) && snapshot.means.unwrap().queries == 2);
    let q1 = MarkedQuery::Listed("q1".to_owned());
    desk.mark(q1.clone(), "b", Some(3));
    let News::Judged { collection, kept, .. } = desk.news() else { panic!("judged") };
    let file = std::fs::read_to_string(folder.path().join("qrels/test.tsv")).unwrap();
    assert_eq!(file, "query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t3\nq2\tc\t1\n");
    assert_eq!((kept.instead, grade(&collection, 0, 1)), (None, Some(3)));
    let after = desk.until(|snapshot| snapshot.focus.golds.len() == 2 && settled(snapshot));
    assert_ne!(before.means.unwrap().first.ndcg10, after.means.unwrap().first.ndcg10);
    desk.mark(q1.clone(), "b", None);
    desk.mark(q1, "a", None);
    let gone = desk.until(|snapshot| snapshot.focus.golds.is_empty() && settled(snapshot));
    assert_eq!((gone.means.unwrap().queries, gone.queries.len()), (1, 1), "q1 is not judged any more");
    // What was asked for last is done before the engine ends.
    desk.mark(MarkedQuery::Listed("q2".to_owned()), "a", Some(1));
    drop(desk.engine);
    let file = std::fs::read_to_string(folder.path().join("qrels/test.tsv")).unwrap();
    assert_eq!(file, "query-id\tcorpus-id\tscore\nq2\tc\t1\nq2\ta\t1\n");
}

/// Trap: whoever judges and quits at once, and finds the judgment gone.
#[test]
fn what_was_judged_is_on_the_disk_however_soon_the_end_comes() {
    let folder = small();
    let desk = Desk::open(folder.path());
    for (passage, grade) in [("c", 2), ("a", 3)] {
        desk.mark(MarkedQuery::Listed("q2".to_owned()), passage, Some(grade));
    }
    desk.engine.leave(Duration::ZERO);
    let file = std::fs::read_to_string(folder.path().join("qrels/test.tsv")).unwrap();
    assert!(file.contains("q2\tc\t2\n") && file.contains("q2\ta\t3\n"), "{file}");
}

#[test]
fn a_typed_query_is_listed_and_measured_once_it_is_judged() {
    let folder = small();
    let mut desk = Desk::open(folder.path());
    let text = "luggage free of charge";
    desk.ask(Focus::Typed(text.to_owned()));
    desk.until(|snapshot| !snapshot.focus.first.is_empty());
    desk.mark(MarkedQuery::Typed(text.to_owned()), "b", Some(2));
    let News::Judged { collection, query, kept, .. } = desk.news() else { panic!("judged") };
    assert_eq!((query, kept.file), (QueryIdx(2), folder.path().join("own-queries.jsonl")));
    assert_eq!(collection.query(query).text, text);
    desk.ask(Focus::Listed(query));
    let own = desk.until(|snapshot| snapshot.queries.len() == 3 && snapshot.queries[2].first.is_some());
    assert_eq!(own.focus.golds.len(), 1);
    assert_eq!(own.queries[2].first.unwrap().recall, 1.0);
    drop(desk);
    let again = Desk::open(folder.path());
    again.until(|snapshot| snapshot.queries.len() == 3);
}

/// Traps: a broken file takes the collection away; passages that moved keep the numbers of others.
#[test]
fn the_collection_follows_its_files_and_survives_a_broken_one() {
    let folder = small();
    let mut desk = Desk::open(folder.path());
    desk.until(|snapshot| snapshot.means.is_some());
    let corpus = folder.path().join("corpus.jsonl");
    let good = std::fs::read_to_string(&corpus).unwrap();
    std::fs::write(&corpus, format!("{good}{{\n")).unwrap();
    let News::NotReread(error) = desk.news() else { panic!("it is broken") };
    assert!(error.to_string().contains("corpus.jsonl:4"), "{error}");
    desk.ask(Focus::Listed(QueryIdx(1)));
    desk.until(|snapshot| snapshot.means.is_some_and(|means| means.queries == 2));

    let first = "{\"_id\": \"z\", \"text\": \"A ferry ticket, refunded, and a ferry ticket again.\"}\n";
    std::fs::write(&corpus, format!("{first}{good}")).unwrap();
    let News::Reread { collection, passages_changed: true } = desk.news() else { panic!("it is read") };
    assert_eq!((collection.passages.len(), grade(&collection, 0, 1)), (4, Some(2)));
    desk.ask(Focus::Listed(QueryIdx(0)));
    let now = desk.until(|snapshot| snapshot.focus.first.iter().any(|row| row.doc == DocIdx(0)));
    assert_eq!(now.focus.golds[0].doc, Some(DocIdx(1)), "the gold has moved down by one");

    std::fs::write(folder.path().join("qrels/test.tsv"), "q1\tz\t1\n").unwrap();
    let News::Reread { passages_changed: false, .. } = desk.news() else { panic!("only judged anew") };
    desk.until(|snapshot| snapshot.queries.len() == 1 && snapshot.focus.golds[0].doc == Some(DocIdx(0)));
}
