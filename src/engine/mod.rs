//! The engine: requests in, snapshots out.
//!
//! One worker thread owns the collection, the index and all facts. It answers the newest request, first
//! with what it has, then again as facts arrive: dense vectors, query vectors, reranker scores. Facts
//! that need the model come from threads of their own (`background`, [`crate::rerank::Runner`]), so the
//! worker never waits for a model. The screen and the command line drive it with the same calls.
//!
//! - `worker`: the loop: what is pending, what is dirty, when to answer.
//! - `legs`: the first stage's retrievers: built in, or run files.
//! - `interrupt`: ctrl-c.
//! - `final_order`: what comes after the reranker: blend and threshold.
//! - `query_state`: the facts of one query and what the judge makes of them.
//! - `rejudge`: all queries judged anew, in as many slices as it takes.
//! - `approximation`: what approximate search costs.
//! - `appearances`: which queries return a passage.
//! - `tuning`: what other settings would make of it, in the background.
//! - `judging`, `view`, `remedy`, `explain`: the parts of a snapshot.
//! - `verdict`, `study`: the case for the judge, at once and when the lists are settled.
//! - `compare`: two judged states against each other.
//! - `watch`: whether the collection's files have changed.
//! - `runs`: whole lists, for export.
//! - `session`, `evaluation`: settled answers, one after the other or only one, for whoever has no screen.

mod affords;
mod appearances;
mod approximation;
mod background;
pub mod compare;
mod evaluation;
mod explain;
mod final_order;
mod interrupt;
mod judging;
pub mod languages;
pub mod legs;
mod query_state;
mod rejudge;
mod remedy;
pub mod runs;
mod session;
pub mod snapshot;
mod study;
#[doc(hidden)]
pub mod synthetic;
mod tuning;
mod verdict;
mod view;
mod watch;
mod worker;

pub use evaluation::Evaluation;
pub use interrupt::interrupt;
pub use judging::JudgeOptions;
pub use legs::{LegSource, LegSpec};
pub use session::{Ask, Session};
pub use snapshot::*;

pub use crate::corpus::ReadOptions;
pub use crate::models::ModelOptions;
pub use crate::rerank::Activation;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::corpus::{Collection, Kept, Mark, Reading};
use crate::domain::{FirstStage, LegId, QueryIdx, SecondStage, Settings};
use crate::error::{Error, Result};
use crate::index::cache::SCORES_MAX;
use crate::rerank::http::Budget;
use runs::Runs;
use worker::Message;

/// Cores of this machine. Asked once: the system reads files to tell.
pub fn cores() -> usize {
    static CORES: LazyLock<usize> =
        LazyLock::new(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    *CORES
}

/// What the engine works on, for its whole life.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    pub collection: PathBuf,
    pub read: ReadOptions,
    /// The retrievers of the first stage.
    pub legs: Vec<LegSpec>,
    /// `None`: the user's cache folder.
    pub cache_dir: Option<PathBuf>,
    pub model: ModelOptions,
    /// Without the model there is BM25 and nothing else.
    pub use_model: bool,
    /// Load the model and fetch the dense legs even before anything needs them, as the screen does.
    pub eager: bool,
    /// The folder of the reranker that plans call `dir`; also looked in for those with a name.
    pub reranker_dir: Option<PathBuf>,
    /// What local cross-encoders give as scores.
    pub activation: Activation,
    /// What reranking services may use in this run; without a limit none that bills is asked, unless the
    /// person says yes.
    pub service_budget: Budget,
    /// Put a question into the snapshot before the first request that costs money, and wait for
    /// [`Engine::agree`].
    pub ask_before_paying: bool,
    /// Send a service's key unencrypted to another machine.
    pub plain_http: bool,
    /// Milliseconds that a query's second stage may take; only reported against.
    pub budget_ms: Option<f64>,
    /// Bytes of token vectors to keep on disk.
    pub token_store_max: u64,
    /// Bytes of reranker scores to keep on disk; beyond, the oldest go.
    pub score_cache_max: u64,
    /// What is measured, and how it is averaged.
    pub judging: JudgeOptions,
    /// Judge with these settings before the first request comes.
    pub settings: Settings,
    /// Whether the collection is read anew when its files change.
    pub watch: bool,
}

impl EngineOptions {
    /// A collection with its built-in legs under the default settings: BM25, dense, reciprocal rank
    /// fusion, late interaction. The collection's own `rankscope.toml` is not read here.
    pub fn new(collection: impl Into<PathBuf>) -> Self {
        Self {
            collection: collection.into(),
            read: ReadOptions::default(),
            legs: LegSpec::built_in(),
            cache_dir: None,
            model: ModelOptions { threads: cores(), ..ModelOptions::default() },
            use_model: true,
            eager: false,
            reranker_dir: None,
            activation: Activation::Raw,
            service_budget: Budget::default(),
            ask_before_paying: false,
            plain_http: false,
            budget_ms: None,
            token_store_max: TOKEN_STORE,
            score_cache_max: SCORES_MAX,
            judging: JudgeOptions::default(),
            settings: Settings::default(),
            watch: false,
        }
    }

    /// BM25 alone, without any model: nothing is embedded, reranked or fetched.
    pub fn without_model(mut self) -> Self {
        self.use_model = false;
        self.settings.first = FirstStage::Only(LegId(0));
        self.settings.reranker = SecondStage::none();
        self
    }
}

/// Bytes of token vectors that are kept unless another number is given.
const TOKEN_STORE: u64 = 2 << 30;

/// What the engine tells, on its own thread.
#[derive(Debug, Clone)]
pub enum Event {
    /// How far the reading of the collection is; now and then.
    Reading(Reading),
    /// The collection is read; requests are answered from now on.
    Opened(Arc<Collection>),
    Snapshot(Arc<Snapshot>),
    /// The collection cannot be worked on; nothing more will come.
    Failed(Error),
    /// The collection is another one from now on, or could not become one.
    News(News),
}

/// What became of a collection under way.
#[derive(Debug, Clone)]
pub enum News {
    /// A judgment is on the disk; snapshots from now on have it.
    Judged {
        collection: Arc<Collection>,
        /// The query that it is of: a new one, where a typed query was judged for the first time.
        query: QueryIdx,
        mark: Mark,
        kept: Kept,
    },
    /// A judgment could not be written, and is not made.
    NotJudged { mark: Mark, error: Error },
    /// The files have changed. With other passages or queries, indices into the collection before say
    /// nothing any more.
    Reread { collection: Arc<Collection>, passages_changed: bool },
    /// The files have changed and cannot be read; the collection stays what it was.
    NotReread(Error),
}

/// Handle of the engine; dropping it ends all its threads and waits for them.
pub struct Engine {
    inbox: mpsc::Sender<Message>,
    ending: Arc<Ending>,
    worker: Option<JoinHandle<()>>,
}

/// How far the end of the engine is.
#[derive(Default)]
struct Ending {
    /// Nobody waits for the collection any more.
    closed: AtomicBool,
    /// What was asked for is done, and nothing on the disk waits to be taken away: threads alone are left.
    through: AtomicBool,
}

impl Engine {
    /// Starts the worker; `sink` is called on it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(options: EngineOptions, sink: impl Fn(Event) + Send + 'static) -> Result<Self> {
        let (inbox, messages) = mpsc::channel();
        let own = inbox.clone();
        let ending = Arc::new(Ending::default());
        let theirs = Arc::clone(&ending);
        let worker = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || worker::run(options, &own, &messages, &sink, &theirs))
            .map_err(|e| Error::unavailable(format!("cannot start a thread: {e}")))?;
        interrupt::register(&inbox);
        Ok(Self { inbox, ending, worker: Some(worker) })
    }

    /// Asks for an answer; a newer request replaces an older one. Never blocks.
    pub fn request(&self, request: Request) {
        let _ = self.inbox.send(Message::Request(request));
    }

    /// Holds these plans against that of the settings, on the same candidates; an empty list ends it.
    pub fn compare(&self, plans: Vec<SecondStage>) {
        let _ = self.inbox.send(Message::Rivals(plans));
    }

    /// Answers [`Snapshot::question`].
    pub fn agree(&self, yes: bool) {
        let _ = self.inbox.send(Message::Agreed(yes));
    }

    /// Makes, changes or takes away a judgment, on the disk and then everywhere; [`News`] says what became
    /// of it. Never blocks, and what was asked for before the end of the engine is done.
    pub fn mark(&self, mark: Mark) {
        let _ = self.inbox.send(Message::Mark(mark));
    }

    /// The whole lists of all judged queries under the settings of the newest request.
    ///
    /// # Errors
    /// When the engine has ended.
    pub fn runs(&self) -> Result<Runs> {
        let (reply, answer) = mpsc::channel();
        let _ = self.inbox.send(Message::Runs(reply));
        answer.recv().map_err(|_| Error::bug("the engine has ended"))
    }

    /// The lists of every judged query under the settings of the newest request, as the screen would
    /// show them one by one.
    ///
    /// # Errors
    /// When the engine has ended.
    pub fn lists(&self) -> Result<Vec<FocusView>> {
        let (reply, answer) = mpsc::channel();
        let _ = self.inbox.send(Message::Lists(reply));
        answer.recv().map_err(|_| Error::bug("the engine has ended"))
    }

    /// Ends the engine when what was asked for before is done (judgments are on the disk), waiting at most
    /// `grace` for threads that are loading a model or running it. Returns whether all have ended; where one
    /// has not, the process must end without what libraries do at its end, which they do not expect while
    /// they are at work.
    pub fn leave(mut self, grace: Duration) -> bool {
        self.stop();
        let mut through = None;
        while self.worker.as_ref().is_some_and(|worker| !worker.is_finished()) {
            if self.ending.through.load(Ordering::Relaxed)
                && through.get_or_insert_with(Instant::now).elapsed() >= grace
            {
                self.worker = None;
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    fn stop(&self) {
        self.ending.closed.store(true, Ordering::Relaxed);
        let _ = self.inbox.send(Message::Stop);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}
