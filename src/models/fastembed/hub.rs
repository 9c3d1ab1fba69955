//! A model that fastembed fetches by itself: where its files go, whether they are all there, and the wait.
//!
//! In: a repository and its files. Out: whatever fastembed makes of them. It fetches nothing itself. A fetch
//! that nobody waits for any more goes on behind, and who asks again waits for the same one: its model is
//! dropped when it comes too late, its files stay.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{TOKENIZER_FILES, causes};
use crate::error::{Error, Result};
use crate::models::{LoadStep, ModelOptions, locate, size_of};

/// A hub that sends nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);
/// Folders of repositories that a thread of this program is fetching into.
static UNDER_WAY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A repository and every file of it that fastembed fetches.
#[derive(Debug, Clone)]
pub(super) struct FromHub {
    /// Such as `intfloat/multilingual-e5-small`.
    pub code: String,
    files: Vec<String>,
}

/// Where the hub's files go; fastembed itself prefers `HF_HOME` too.
pub(super) fn hub_cache(options: &ModelOptions) -> Result<PathBuf> {
    if let Some(home) = env::var_os("HF_HOME").filter(|home| !home.is_empty()) {
        return Ok(PathBuf::from(home));
    }
    let cache = locate::cache_folders(options).into_iter().next();
    cache.map(|cache| cache.join("hub")).ok_or_else(|| {
        Error::unavailable("no home folder is known, so the model has no place")
            .advise("choose a cache folder with --cache-dir DIR")
    })
}

impl FromHub {
    pub fn new(code: &str, graph: &str, weights: &[String]) -> Self {
        let files = [graph].into_iter().chain(TOKENIZER_FILES).map(str::to_owned);
        Self { code: code.to_owned(), files: files.chain(weights.iter().cloned()).collect() }
    }

    fn repository(&self, hub: &Path) -> PathBuf {
        hub.join(format!("models--{}", self.code.replace('/', "--")))
    }

    /// The commit that lies in the hub's cache, whether or not it is whole.
    pub fn commit(&self, hub: &Path) -> Option<String> {
        let commit = fs::read_to_string(self.repository(hub).join("refs").join("main")).ok()?;
        Some(commit.trim().to_owned())
    }

    /// Whether every file lies in the hub's cache layout (`models--ORG--NAME/snapshots/COMMIT/FILE`).
    pub fn is_cached(&self, hub: &Path) -> bool {
        let Some(commit) = self.commit(hub) else { return false };
        let snapshot = self.repository(hub).join("snapshots").join(commit);
        self.files.iter().all(|file| snapshot.join(file).is_file())
    }

    /// What is said of one that is not here and may not be fetched.
    pub fn forbidden(&self, name: &str) -> Error {
        Error::unavailable(format!(
            "the model {name} is not in the cache, and --offline forbids to fetch it from {}",
            self.code
        ))
    }

    /// Waits for `load`, which fetches what is missing, on a thread of its own: the hub's client can wait for
    /// ever for a server that never answers. `stop` is asked now and then; the fetch then goes on behind, and
    /// the next call for the same repository waits for its end before it loads.
    ///
    /// # Errors
    /// `Interrupted` when it is stopped; `Unavailable` when it fails, or nothing has come for two minutes.
    pub fn wait<T: Send + 'static>(
        &self,
        name: &str,
        hub: &Path,
        stop: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(LoadStep),
        load: impl FnOnce() -> ::fastembed::Result<T> + Send + 'static,
    ) -> Result<T> {
        let repository = self.repository(hub);
        let (done, outcome) = mpsc::channel();
        let mut start = Some(move |fetch: Fetch| {
            thread::Builder::new().name("model-fetch".to_owned()).spawn(move || {
                let loaded = load();
                drop(fetch);
                // Fails where nobody waits any more; the model then goes at once.
                let _ = done.send(loaded);
            })
        });
        let (mut bytes, mut grown) = (0, Instant::now());
        loop {
            // Not while an earlier call's fetch is under way.
            if start.is_some()
                && let Some(fetch) = Fetch::begin(&repository)
                && let Some(start) = start.take()
            {
                start(fetch).map_err(|e| {
                    Error::unavailable(format!("the system gives no thread to load the model: {e}"))
                })?;
            }
            match outcome.recv_timeout(POLL) {
                Ok(loaded) => {
                    return loaded.map_err(|error| {
                        Error::unavailable(format!("fastembed cannot load {name}: {}", causes(&error)))
                    });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::unavailable(format!("fastembed died while it loaded {name}")));
                }
                Err(RecvTimeoutError::Timeout) if stop() => {
                    return Err(Error::interrupted(format!("{name} was not waited for")));
                }
                Err(RecvTimeoutError::Timeout) if self.is_cached(hub) => progress(LoadStep::LoadingModel),
                Err(RecvTimeoutError::Timeout) => {
                    let now = size_of(&repository);
                    if now > bytes {
                        (bytes, grown) = (now, Instant::now());
                    }
                    progress(LoadStep::FetchingModel { name: name.to_owned(), bytes });
                    if grown.elapsed() > PATIENCE {
                        return Err(Error::unavailable(format!(
                            "the hub has sent nothing of {name} for {} s",
                            PATIENCE.as_secs()
                        )));
                    }
                }
            }
        }
    }
}

/// A fetch under way, until it is dropped.
struct Fetch(PathBuf);

impl Fetch {
    /// `None` where one into this folder is under way.
    fn begin(repository: &Path) -> Option<Self> {
        let new = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).insert(repository.to_owned());
        new.then(|| Self(repository.to_owned()))
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Traps: two fetches into the same files; a second that never begins because the first was given up; a
    /// model that nobody waits for kept in memory.
    #[test]
    fn who_asks_again_waits_for_the_fetch_that_was_given_up() {
        static DROPPED: AtomicBool = AtomicBool::new(false);
        struct Loaded;
        impl Drop for Loaded {
            fn drop(&mut self) {
                DROPPED.store(true, Ordering::SeqCst);
            }
        }
        let hub = tempfile::tempdir().unwrap();
        let from = FromHub::new("maker/model", "model.onnx", &[]);
        let (gate, closed) = mpsc::channel::<()>();
        let first = from.wait("model", hub.path(), &|| true, &mut |_| {}, move || {
            let _ = closed.recv();
            Ok(Loaded)
        });
        assert_eq!(first.map(|_| ()).unwrap_err().kind, crate::error::ErrorKind::Interrupted);
        let (began, others) = mpsc::channel();
        let mut told = 0;
        let mut gate = Some(gate);
        let second = from.wait(
            "model",
            hub.path(),
            &|| false,
            &mut |_| {
                told += 1;
                if told == 2 {
                    assert!(others.try_recv().is_err(), "the first is still under way");
                    gate.take();
                }
            },
            move || {
                let _ = began.send(());
                Ok(2)
            },
        );
        assert_eq!(second.unwrap(), 2);
        assert!(told >= 2 && DROPPED.load(Ordering::SeqCst), "{told}");
    }

    /// Trap: a program that cannot be left while a hub says nothing.
    #[test]
    fn a_stop_ends_the_wait() {
        let hub = tempfile::tempdir().unwrap();
        let from = FromHub::new("maker/model", "model.onnx", &[]);
        let (gate, closed) = mpsc::channel::<()>();
        let mut told = Vec::new();
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) > 0;
        let waited = from.wait("model", hub.path(), &stop, &mut |step| told.push(step), move || {
            // Until the test is over.
            let _ = closed.recv();
            Ok(())
        });
        assert!(waited.unwrap_err().to_string().contains("not waited for"));
        assert_eq!(told, [LoadStep::FetchingModel { name: "model".to_owned(), bytes: 0 }]);
        drop(gate);
    }

    #[test]
    fn a_model_is_cached_when_every_file_is() {
        let hub = tempfile::tempdir().unwrap();
        let from = FromHub::new("maker/model", "onnx/model.onnx", &["onnx/model.onnx_data".to_owned()]);
        let repository = hub.path().join("models--maker--model");
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs/main"), "c0ffee\n").unwrap();
        assert_eq!(from.files.len(), 6);
        for file in &from.files {
            assert!(!from.is_cached(hub.path()));
            let path = repository.join("snapshots/c0ffee").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert!(from.is_cached(hub.path()));
    }
}
