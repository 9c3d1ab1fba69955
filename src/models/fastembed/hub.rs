//! A model that fastembed fetches by itself: where its files go, whether they are all there, and the wait.
//!
//! In: a repository and its files. Out: whatever fastembed makes of them. It fetches nothing itself.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::{TOKENIZER_FILES, causes};
use crate::error::{Error, Result};
use crate::models::{LoadStep, ModelOptions, locate, size_of};

/// A hub that sends nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);

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
    /// ever for a server that never answers. `stop` is asked now and then; what is fetched stays for the next
    /// time.
    ///
    /// # Errors
    /// `Unavailable` when it fails, is stopped, or nothing has come for two minutes.
    pub fn wait<T: Send + 'static>(
        &self,
        name: &str,
        hub: &Path,
        stop: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(LoadStep),
        load: impl FnOnce() -> ::fastembed::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, outcome) = mpsc::channel();
        thread::Builder::new()
            .name("model-fetch".to_owned())
            .spawn(move || {
                // Fails where nobody waits any more; the model then goes at once.
                let _ = done.send(load());
            })
            .map_err(|e| Error::unavailable(format!("the system gives no thread to load the model: {e}")))?;
        let repository = self.repository(hub);
        let (mut bytes, mut grown) = (0, Instant::now());
        loop {
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
                    return Err(Error::unavailable(format!(
                        "{name} was not waited for: the program is ending"
                    )));
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

#[cfg(test)]
mod tests {
    use super::*;

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
