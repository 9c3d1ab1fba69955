//! What needs the model, on threads of their own: the passages' embedding, the listed queries' vectors,
//! and the vector of what is typed right now. The worker gets facts and never waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::EngineOptions;
use crate::corpus::Collection;
use crate::domain::QueryIdx;
use crate::error::{Error, Result};
use crate::index::{
    AnnIndex, CacheFolder, EmbeddingStore, FactCache, QueryVector, QueryVectors, TokenReader, VectorMatrix,
};
use crate::models::{self, EncoderSlot, ModelCard, Priority, Role};

/// Part of the embeddings' folder name; change it with the file layout or the text that is embedded.
const EMBEDDINGS_VERSION: &str = "embeddings-3";
/// Bytes of text embedded in one call: about a third of a second, so that the end of the program does
/// not wait long.
const CHUNK_BYTES: usize = 6 << 10;

/// How long the end of the program waits for threads: longer than loading a model takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the model has made of the collection.
pub struct DenseFacts {
    pub matrix: VectorMatrix,
    pub ann: Option<AnnIndex>,
    pub tokens: Arc<TokenReader>,
}

/// Which model, and the way to its query vectors.
#[derive(Clone)]
pub struct ModelFacts {
    pub card: ModelCard,
    pub queries: Arc<QueryVectors>,
    pub slot: EncoderSlot,
}

/// What the background tells the worker.
pub enum Fact {
    /// `done` of `total`; `total` is 0 where it is not known.
    Progress {
        done: usize,
        total: usize,
        doing: String,
    },
    Model(ModelFacts),
    Dense(Arc<DenseFacts>),
    Listed(Vec<(QueryIdx, Arc<QueryVector>)>),
    Typed {
        text: Arc<str>,
        vector: Result<Arc<QueryVector>>,
    },
    /// Which ONNX Runtime runs the model.
    Runtime(String),
    Failed(Error),
}

/// The threads; dropping ends them.
pub struct Background {
    slot: EncoderSlot,
    stop: Arc<AtomicBool>,
    asked: Arc<Asked>,
    threads: Vec<JoinHandle<()>>,
}

/// A typed text that waits for its vector.
struct Question {
    text: Arc<str>,
    queries: Arc<QueryVectors>,
}

/// Only the newest question.
#[derive(Default)]
struct Asked {
    newest: Mutex<Option<Question>>,
    changed: Condvar,
}

impl Background {
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        options: &EngineOptions,
        collection: &Arc<Collection>,
        cache: &CacheFolder,
        facts: &Arc<FactCache>,
        tell: impl Fn(Fact) + Send + Clone + 'static,
    ) -> Result<Self> {
        let slot = EncoderSlot::default();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(Asked::default());
        let embedder = Embedder {
            options: options.clone(),
            collection: Arc::clone(collection),
            cache: cache.clone(),
            facts: Arc::clone(facts),
            slot: slot.clone(),
            stop: Arc::clone(&stop),
        };
        let told = tell.clone();
        let embed = spawn("embed", move || {
            if let Err(error) = embedder.run(&told) {
                embedder.slot.fill(Err(error.clone()));
                told(Fact::Failed(error));
            }
        })?;
        let (theirs, stopped) = (Arc::clone(&asked), Arc::clone(&stop));
        let ask = spawn("ask", move || answer_typed(&theirs, &stopped, &tell))?;
        Ok(Self { slot, stop, asked, threads: vec![embed, ask] })
    }

    /// Asks for the vector of a typed query; a newer one replaces it.
    pub fn ask(&self, text: Arc<str>, queries: &Arc<QueryVectors>) {
        *self.asked.lock() = Some(Question { text, queries: Arc::clone(queries) });
        self.asked.changed.notify_all();
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.slot.close();
        self.asked.changed.notify_all();
        let start = Instant::now();
        for thread in self.threads.drain(..) {
            // A download is not worth waiting for; it ends with the process.
            while !thread.is_finished() && start.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(5));
            }
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
    }
}

impl Asked {
    fn lock(&self) -> MutexGuard<'_, Option<Question>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map_err(|e| Error::unavailable(format!("cannot start a thread: {e}")))
}

fn answer_typed(asked: &Asked, stop: &AtomicBool, tell: &dyn Fn(Fact)) {
    loop {
        let Question { text, queries } = {
            let mut newest = asked.lock();
            loop {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                if let Some(question) = newest.take() {
                    break question;
                }
                newest = asked.changed.wait(newest).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let vector = queries
            .get(&[&text], Priority::Interactive)
            .and_then(|mut vectors| vectors.pop().ok_or_else(|| Error::bug("no vector for the typed query")));
        tell(Fact::Typed { text, vector });
    }
}

struct Embedder {
    options: EngineOptions,
    collection: Arc<Collection>,
    cache: CacheFolder,
    facts: Arc<FactCache>,
    slot: EncoderSlot,
    stop: Arc<AtomicBool>,
}

impl Embedder {
    fn run(&self, tell: &dyn Fn(Fact)) -> Result<()> {
        let doing = |what: &str| Fact::Progress { done: 0, total: 0, doing: what.to_owned() };
        tell(doing("looking at the model"));
        let files = models::locate(&self.options.model)?;
        let card = files.card.clone();
        let queries =
            Arc::new(QueryVectors::new(Arc::clone(&self.facts), self.slot.clone(), card.fingerprint.clone()));
        let model = ModelFacts { card: card.clone(), queries: Arc::clone(&queries), slot: self.slot.clone() };
        tell(Fact::Model(model));

        let made_from = [EMBEDDINGS_VERSION, &self.collection.fingerprint, &card.fingerprint];
        let folder = self.cache.made_from("embeddings", &made_from);
        let max = self.options.token_store_max;
        let mut store = EmbeddingStore::open(&folder, card.dim, max, &mut || {
            tell(doing("another rankscope embeds these passages: waiting"));
        })?;

        let mut files = Some(files);
        let mut load = || -> Result<()> {
            let Some(files) = files.take().filter(|_| !self.stop.load(Ordering::Relaxed)) else {
                return Ok(());
            };
            let encoder =
                models::open(&files, &self.options.model, &mut |step| tell(doing(&step.to_string())))?;
            tell(Fact::Runtime(encoder.runtime_version().to_owned()));
            self.slot.fill(Ok(encoder));
            Ok(())
        };
        if store.done() < self.collection.passages.len() {
            load()?;
            self.embed(&mut store, tell)?;
        }
        if self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let matrix = store.matrix()?;
        let ann = match self.options.settings.ann {
            None => None,
            Some(ann) => {
                tell(doing("building the HNSW graph"));
                Some(AnnIndex::open_or_build(&folder.join(format!("hnsw-{}.bin", ann.ef)), &matrix, ann)?)
            }
        };
        let tokens = Arc::new(store.reader()?);
        // The lock on the files ends here; what follows only reads.
        drop(store);
        tell(Fact::Dense(Arc::new(DenseFacts { matrix, ann, tokens })));

        let texts: Vec<&str> = self.collection.queries.iter().map(|query| query.text.as_str()).collect();
        let known = queries.known(&texts);
        let all_known = known.iter().all(Option::is_some);
        tell(Fact::Listed(number(known)));
        if self.options.eager || !all_known {
            load()?;
        }
        if !all_known {
            self.query_vectors(&queries, &texts, tell)?;
        }
        if self.slot.until_wanted() {
            load()?;
        }
        Ok(())
    }

    fn embed(&self, store: &mut EmbeddingStore, tell: &dyn Fn(Fact)) -> Result<()> {
        let total = self.collection.passages.len();
        let encoder = self.slot.wait()?;
        while store.done() < total && !self.stop.load(Ordering::Relaxed) {
            tell(Fact::Progress { done: store.done(), total, doing: "embedding passages".to_owned() });
            let mut texts: Vec<String> = Vec::new();
            let mut bytes = 0;
            for passage in self.collection.passages.iter().skip(store.done()) {
                bytes += passage.title.len() + passage.text.len();
                if !texts.is_empty() && bytes > CHUNK_BYTES {
                    break;
                }
                texts.push(passage.indexed_text());
            }
            let batch: Vec<&str> = texts.iter().map(String::as_str).collect();
            store.append(&encoder.encode(Priority::Batch, Role::Passage, &batch, true)?)?;
        }
        Ok(())
    }

    fn query_vectors(&self, queries: &QueryVectors, texts: &[&str], tell: &dyn Fn(Fact)) -> Result<()> {
        const QUERIES: usize = 32;
        for (round, chunk) in texts.chunks(QUERIES).enumerate() {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let done = round * QUERIES;
            tell(Fact::Progress { done, total: texts.len(), doing: "embedding queries".to_owned() });
            let vectors = queries.get(chunk, Priority::Batch)?;
            let first = u32::try_from(done).unwrap_or(u32::MAX);
            tell(Fact::Listed((first..).map(QueryIdx).zip(vectors).collect()));
        }
        Ok(())
    }
}

fn number(known: Vec<Option<Arc<QueryVector>>>) -> Vec<(QueryIdx, Arc<QueryVector>)> {
    (0u32..).zip(known).filter_map(|(i, vector)| Some((QueryIdx(i), vector?))).collect()
}
