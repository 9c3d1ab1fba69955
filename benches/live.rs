//! The engine as the screen drives it, on real collections: the start of one that is indexed, a turn of a
//! knob, a query typed letter by letter.
//!
//! The sample collection always; every public set under `$RANKSCOPE_SHARED/data/sets` where that points at
//! a copy. The bundled model embeds a set once, into the user's cache folder; that is not measured.

mod harness;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

use rankscope::corpus::sample_folder;
use rankscope::domain::{QueryIdx, SecondStage, Settings};
use rankscope::engine::{Engine, EngineOptions, Event, Focus, Request, Snapshot};

fn main() {
    let shared = std::env::var_os("RANKSCOPE_SHARED").map(|root| PathBuf::from(root).join("data/sets"));
    if shared.is_none() {
        println!("RANKSCOPE_SHARED is not set: the sample collection only");
    }
    let mut folders: Vec<PathBuf> = sample_folder().into_iter().collect();
    if let Some(sets) = shared.and_then(|sets| std::fs::read_dir(sets).ok()) {
        folders.extend(sets.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    folders[1..].sort();
    for folder in folders {
        collection(&folder);
    }
}

/// An engine and what it answers.
struct Driver {
    engine: Engine,
    events: Receiver<Event>,
    generation: u64,
}

impl Driver {
    fn start(options: EngineOptions) -> Self {
        let (sink, events) = channel();
        let engine = Engine::start(options, move |event| drop(sink.send(event))).expect("a thread");
        Self { engine, events, generation: 0 }
    }

    fn ask(&mut self, settings: &Settings, focus: Focus) {
        self.generation += 1;
        let request = Request {
            generation: self.generation,
            settings: settings.clone(),
            focus,
            inspect: None,
            // What is tried in the background makes way for requests, and would only be in the way here.
            tune: None,
            trace: None,
            whole: false,
        };
        self.engine.request(request);
    }

    /// The first answer to the newest request for which `good` holds.
    fn wait(&self, good: impl Fn(&Snapshot) -> bool) -> std::sync::Arc<Snapshot> {
        loop {
            match self.events.recv().expect("the engine lives") {
                Event::Snapshot(shown) if shown.stamp.generation == self.generation && good(&shown) => {
                    return shown;
                }
                Event::Failed(error) => {
                    eprintln!("{error}");
                    std::process::exit(3);
                }
                _ => {}
            }
        }
    }
}

fn options(folder: &Path) -> EngineOptions {
    EngineOptions { eager: true, ..EngineOptions::new(folder) }
}

fn collection(folder: &Path) {
    let mut driver = Driver::start(options(folder));
    let first = Focus::Listed(QueryIdx(0));
    let mut settings = Settings { reranker: SecondStage::none(), ..Settings::default() };
    driver.ask(&settings, first.clone());
    let shown =
        driver.wait(|shown| shown.status.is_settled() && shown.status.judged.0 == shown.status.judged.1);
    println!("\n{}: {} judged queries", folder.display(), shown.queries.len());

    let mut alpha = 0.0;
    harness::measure("α, to an answer with every query judged anew", Some(16.0), || {
        alpha = (alpha + 0.37) % 1.0;
        settings.alpha = 0.02 + 0.96 * alpha;
        driver.ask(&settings, first.clone());
        driver.wait(|shown| shown.status.rejudging.is_none());
    });
    let mut letters = "what does a cancelled booking cost 予約の取り消し".chars().cycle();
    let mut typed = String::new();
    harness::measure("a letter typed, to lists with the dense leg", Some(50.0), || {
        if typed.len() > 60 {
            typed.clear();
        }
        typed.extend(letters.next());
        driver.ask(&settings, Focus::Typed(typed.clone()));
        driver.wait(|shown| !shown.focus.stale);
    });
    drop(driver);
    harness::measure("start of an indexed collection, to the first lists", Some(150.0), || {
        let mut driver = Driver::start(options(folder));
        driver.ask(&settings, first.clone());
        driver.wait(|shown| !shown.focus.first.is_empty());
    });
}
