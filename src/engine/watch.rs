//! A collection that changes on disk: a thread that looks at its files' sizes and times now and then, and
//! reads the collection anew once they have changed and are at rest. It changes nothing itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crate::corpus::{self, Collection, ReadOptions};
use crate::error::{Error, Result};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// A look that takes long is taken more seldom: this many times its own duration lies between two.
const SHARE: u32 = 100;
/// How long the end of the program waits for the thread.
const NAP: Duration = Duration::from_millis(50);
/// A folder of more files than this is not looked into further.
const MOST_FILES: usize = 20_000;

/// Length and time of the last change, of every file.
type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// The thread; dropping ends it.
pub struct Watch {
    stop: Arc<AtomicBool>,
    collection: PathBuf,
    known: Arc<Mutex<Stamps>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch; the state that the files are in now counts as read.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        collection: PathBuf,
        options: ReadOptions,
        tell: impl Fn(Result<Collection>) + Send + 'static,
    ) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let known = Arc::new(Mutex::new(stamps(&collection)));
        let watched = collection.clone();
        let (theirs, stopped) = (Arc::clone(&known), Arc::clone(&stop));
        let watch = move || {
            let mut before = lock(&theirs).clone();
            let mut wait = EVERY;
            while rest(wait, &stopped) {
                let start = Instant::now();
                let now = stamps(&collection);
                wait = EVERY.max(start.elapsed() * SHARE);
                // A file that is still being written is not read.
                if now == before && now != *lock(&theirs) {
                    lock(&theirs).clone_from(&now);
                    tell(corpus::read(&collection, &options));
                }
                before = now;
            }
        };
        let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(watch);
        let thread = thread.map_err(|e| Error::unavailable(format!("cannot start a thread: {e}")))?;
        Ok(Self { stop, collection: watched, known, thread: Some(thread) })
    }

    /// A file that the program itself has written: that is no change.
    pub fn wrote(&self, file: &Path) {
        let mut known = lock(&self.known);
        // One that is not looked at must not be among them: it would look as if it were gone.
        if let Some(stamp) = stamp(file).filter(|_| file.starts_with(&self.collection)) {
            known.insert(file.to_path_buf(), stamp);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It may be reading a large collection; it says nothing afterwards that anyone hears.
        if let Some(thread) = self.thread.take().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}

fn lock(known: &Mutex<Stamps>) -> std::sync::MutexGuard<'_, Stamps> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits; false when the thread is to end.
fn rest(time: Duration, stop: &AtomicBool) -> bool {
    let start = Instant::now();
    while start.elapsed() < time {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        std::thread::sleep(NAP.min(time));
    }
    !stop.load(Ordering::Relaxed)
}

fn stamp(file: &Path) -> Option<(u64, Option<SystemTime>)> {
    let found = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    Some((found.len(), found.modified().ok()))
}

/// The files of a collection: itself, or those in its folder and below.
fn stamps(collection: &Path) -> Stamps {
    let mut stamps = Stamps::new();
    let mut folders = vec![collection.to_path_buf()];
    if let Some(stamp) = stamp(collection) {
        stamps.insert(collection.to_path_buf(), stamp);
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if hidden || stamps.len() >= MOST_FILES {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => {
                    if let Some(stamp) = stamp(&entry.path()) {
                        stamps.insert(entry.path(), stamp);
                    }
                }
            }
        }
    }
    stamps
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Traps: what the program writes itself is read again; a broken file ends the watch.
    #[test]
    fn a_change_is_told_once_and_our_own_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = folder.path().join("corpus.jsonl");
        std::fs::write(&corpus, "{\"_id\": \"d1\", \"text\": \"one\"}\n").unwrap();
        let (tell, hear) = mpsc::channel();
        let watch = Watch::start(folder.path().to_path_buf(), ReadOptions::default(), move |read| {
            let _ = tell.send(read);
        })
        .unwrap();
        let own = folder.path().join("own-queries.jsonl");
        std::fs::write(&own, "").unwrap();
        watch.wrote(&own);
        assert!(hear.recv_timeout(EVERY * 3).is_err(), "our own file is no news");
        std::fs::write(&corpus, "{\n").unwrap();
        let broken = hear.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(broken.unwrap_err().to_string().contains("corpus.jsonl:1"));
        std::fs::write(
            &corpus,
            "{\"_id\": \"d1\", \"text\": \"one\"}\n{\"_id\": \"d2\", \"text\": \"two\"}\n",
        )
        .unwrap();
        let read = hear.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(read.unwrap().passages.len(), 2);
        assert!(hear.recv_timeout(EVERY * 3).is_err(), "once");
    }
}
