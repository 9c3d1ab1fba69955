//! Fetching ONNX Runtime once, through pip and with the person's own pip configuration.
//!
//! In: the pinned wheel and the runtime folder. Out: the checked library in its final place. Processes that
//! start together fetch once: they take turns by a lock on a file. What is half done lies in a folder of
//! its own, which the next fetch removes; only a library that passed its check is renamed into place. No
//! other client than pip reaches the network, and pip installs nothing.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::absent;
use super::child::{self, Ended, Python};
use super::pinned::Pinned;
use crate::error::{Error, Result};
use crate::models::LoadStep;

/// For a wheel of 20 MB: 35 kB/s.
const LIMIT: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(100);

/// Folders of fetches begin like this.
const STAGING: &str = ".fetch-";

const PIP: &str = "\
import runpy
sys.argv[0] = 'pip'
runpy.run_module('pip', run_name='__main__', alter_sys=True)
";

/// One fetch.
pub(super) struct Fetch<'a> {
    pinned: &'a Pinned,
    /// The runtime folder; absolute.
    folder: &'a Path,
    pythons: Vec<Python>,
    limit: Duration,
}

impl<'a> Fetch<'a> {
    pub fn new(pinned: &'a Pinned, folder: &'a Path) -> Self {
        Self { pinned, folder, pythons: Python::usual(), limit: LIMIT }
    }

    /// Waits for its turn, and fetches unless another process has done so meanwhile.
    ///
    /// # Errors
    /// `Unavailable`: no pip, no network, time over, a wheel that is not the pinned one, a full disk.
    pub fn run(&self, progress: &mut dyn FnMut(LoadStep)) -> Result<PathBuf> {
        let deadline = Instant::now() + self.limit;
        let lock = self.lock(deadline, progress)?;
        let library = self.pinned.library_in(self.folder);
        if self.pinned.check(&library).is_ok() {
            return Ok(library);
        }
        if lock.is_some() {
            self.sweep();
        }
        progress(LoadStep::FetchingRuntime { bytes: 0 });
        let staging = tempfile::Builder::new()
            .prefix(STAGING)
            .tempdir_in(self.folder)
            .map_err(|e| self.unwritable(&e))?;
        let wheel = self.download(staging.path(), deadline, progress)?;
        let unpacked = self.pinned.unpack(&wheel, staging.path()).map_err(|unfit| {
            absent(&format!("pip brought a file that is not the ONNX Runtime wanted: {unfit}"), "it")
                .in_file(&wheel)
        })?;
        let place = library.parent().unwrap_or(self.folder);
        fs::create_dir_all(place)
            .and_then(|()| fs::rename(&unpacked, &library))
            .map_err(|e| self.unwritable(&e))?;
        Ok(library)
    }

    /// The turn, held as long as the file is; `None` where the file system knows no locks.
    fn lock(&self, deadline: Instant, progress: &mut dyn FnMut(LoadStep)) -> Result<Option<File>> {
        let path = self.folder.join("fetch.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|e| self.unwritable(&e))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    if !told {
                        progress(LoadStep::AwaitingRuntime);
                        told = true;
                    }
                    thread::sleep(POLL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::unavailable(format!(
                        "another process has been fetching ONNX Runtime for {} s",
                        self.limit.as_secs()
                    ))
                    .in_file(&path)
                    .advise("wait for it, or end it, and start again; until then BM25 works alone"));
                }
                Err(TryLockError::Error(error)) => {
                    // Two fetches at once waste a download and break nothing: the rename is atomic.
                    tracing::info!("no lock on {}: {error}", path.display());
                    return Ok(None);
                }
            }
        }
    }

    /// Removes what fetches left behind that were killed.
    fn sweep(&self) {
        for entry in fs::read_dir(self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(STAGING) {
                // What cannot be removed is in nobody's way.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// The first wheel that one of the interpreters' pips brings.
    fn download(
        &self,
        staging: &Path,
        deadline: Instant,
        progress: &mut dyn FnMut(LoadStep),
    ) -> Result<PathBuf> {
        let (wheels, temporary) = (staging.join("wheel"), staging.join("pip"));
        let requirements = staging.join("requirements.txt");
        fs::create_dir(&wheels)
            .and_then(|()| fs::create_dir(&temporary))
            .and_then(|()| fs::write(&requirements, self.pinned.requirement()))
            .map_err(|e| self.unwritable(&e))?;
        let mut failures = Vec::new();
        for python in &self.pythons {
            let mut command = python.script(PIP);
            // The wheel is for the Python named here, whichever runs pip: only the library in it is used.
            command
                .args(["download", "--no-deps", "--only-binary=:all:", "--python-version", "3.12"])
                .args(["--implementation", "cp", "--abi", "cp312", "--platform", self.pinned.tag])
                .args(["--require-hashes", "--no-input", "--disable-pip-version-check"])
                .args(["--progress-bar", "off", "--quiet", "--requirement"])
                .arg(&requirements)
                .arg("--dest")
                .arg(&wheels);
            for name in ["TMPDIR", "TEMP", "TMP"] {
                command.env(name, &temporary);
            }
            command.current_dir(&temporary);
            let left = deadline.saturating_duration_since(Instant::now());
            let mut brought = 0;
            let ended = child::run(&mut command, left, &mut || {
                // pip copies the wheel about; the largest file is what has come.
                let bytes = largest_in(staging);
                if bytes > brought {
                    brought = bytes;
                    progress(LoadStep::FetchingRuntime { bytes });
                }
            });
            let name = std::iter::once(&python.program).chain(&python.arguments);
            let name = name.map(String::as_str).collect::<Vec<_>>().join(" ");
            match ended {
                Ok(Ended::Exited { status, stderr, .. }) => {
                    if let Some(wheel) = status.success().then(|| wheel_in(&wheels)).flatten() {
                        return Ok(wheel);
                    }
                    failures.push(format!("{name}: {}", reason(&stderr)));
                }
                Ok(Ended::TimedOut) => {
                    failures.push(format!("{name}: pip was not done within {} s", self.limit.as_secs()));
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    failures.push(format!("{name}: not installed"));
                }
                Err(error) => failures.push(format!("{name}: {error}")),
            }
        }
        Err(absent(
            &format!("ONNX Runtime was not found, and pip could not fetch it ({})", failures.join("; ")),
            "it",
        ))
    }

    fn unwritable(&self, error: &io::Error) -> Error {
        Error::unavailable(format!("cannot write the folder for ONNX Runtime: {error}"))
            .in_file(self.folder)
            .advise(format!("choose another with {}", super::FOLDER_VARIABLE))
    }
}

/// The wheel in a folder.
fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    paths.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

/// Bytes of the largest file under a folder.
fn largest_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => largest_in(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size).max().unwrap_or(0)
}

/// pip's reason: its last line that says ERROR, else its last line.
fn reason(stderr: &str) -> String {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().rfind(|line| line.starts_with("ERROR")).or_else(|| lines().next_back());
    let line = line.unwrap_or("pip failed without a word");
    // What pip says of a network that is down sounds as if the package did not exist.
    if stderr.contains("(from versions: none)") {
        return format!("{line} (the package index gave nothing: is the network up?)");
    }
    line.to_owned()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::super::pinned::tests::fake_wheel;
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A stand-in for an interpreter: a shell script, which gets `-c SCRIPT` and pip's arguments.
    fn stand_in(folder: &Path, body: &str) -> Python {
        let program = folder.join(format!("python-{}", body.len()));
        fs::write(&program, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Python { program: program.display().to_string(), arguments: Vec::new() }
    }

    /// One that copies a wheel to where `--dest` says.
    fn bringing(folder: &Path, wheel: &Path) -> Python {
        let body = format!(
            "echo fetched >> {}/calls\nfor last; do :; done\ncp {} \"$last\"",
            folder.display(),
            wheel.display()
        );
        stand_in(folder, &body)
    }

    fn fetch<'a>(pinned: &'a Pinned, folder: &'a Path, pythons: &[Python]) -> Fetch<'a> {
        Fetch { pinned, folder, pythons: pythons.to_vec(), limit: Duration::from_secs(20) }
    }

    fn leftovers(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(STAGING)).count()
    }

    #[test]
    fn the_wheel_is_brought_once_checked_and_put_in_its_place() {
        let (tools, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wheel = tools.path().join("onnxruntime.whl");
        let pinned = fake_wheel(&wheel, b"library");
        let python = bringing(tools.path(), &wheel);
        fs::create_dir(runtime.path().join(".fetch-killed")).unwrap();
        let library = fetch(pinned, runtime.path(), std::slice::from_ref(&python)).run(&mut |_| {}).unwrap();
        assert_eq!(fs::read(&library).unwrap(), b"library");
        assert_eq!(library, pinned.library_in(runtime.path()));
        assert_eq!(leftovers(runtime.path()), 0);
        fetch(pinned, runtime.path(), &[python]).run(&mut |_| {}).unwrap();
        assert_eq!(fs::read_to_string(tools.path().join("calls")).unwrap(), "fetched\n");
    }

    #[test]
    fn processes_that_start_together_fetch_once() {
        let (tools, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wheel = tools.path().join("onnxruntime.whl");
        let pinned = fake_wheel(&wheel, b"library");
        let python = bringing(tools.path(), &wheel);
        // Locks of the same file opened twice exclude each other within a process as between processes.
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    fetch(pinned, runtime.path(), std::slice::from_ref(&python)).run(&mut |_| {}).unwrap()
                });
            }
        });
        assert_eq!(fs::read_to_string(tools.path().join("calls")).unwrap(), "fetched\n");
    }

    #[test]
    fn a_damaged_library_is_replaced() {
        let (tools, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wheel = tools.path().join("onnxruntime.whl");
        let pinned = fake_wheel(&wheel, b"library");
        let library = pinned.library_in(runtime.path());
        fs::create_dir_all(library.parent().unwrap()).unwrap();
        fs::write(&library, b"lib").unwrap();
        fetch(pinned, runtime.path(), &[bringing(tools.path(), &wheel)]).run(&mut |_| {}).unwrap();
        assert_eq!(fs::read(&library).unwrap(), b"library");
    }

    #[test]
    fn another_wheel_than_the_pinned_one_is_refused() {
        let (tools, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wheel = tools.path().join("onnxruntime.whl");
        let pinned = fake_wheel(&wheel, b"library");
        let other = tools.path().join("other.whl");
        fake_wheel(&other, b"evil one");
        let error = fetch(pinned, runtime.path(), &[bringing(tools.path(), &other)]).run(&mut |_| {});
        let error = error.unwrap_err().to_string();
        assert!(error.contains("sha256") && error.contains(pinned.wheel_sha256), "{error}");
        assert!(!pinned.library_in(runtime.path()).exists());
        assert_eq!(leftovers(runtime.path()), 0);
    }

    #[test]
    fn every_interpreter_is_tried_and_every_failure_told() {
        let (tools, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pinned = fake_wheel(&tools.path().join("a.whl"), b"library");
        let missing = Python { program: "no-such-python".to_owned(), arguments: Vec::new() };
        let body = "echo 'ERROR: no matching distribution' >&2\necho '[notice] a newer pip' >&2\nexit 1";
        let failing = stand_in(tools.path(), body);
        let error = fetch(pinned, runtime.path(), &[missing, failing]).run(&mut |_| {}).unwrap_err();
        assert_eq!(error.kind, crate::error::ErrorKind::Unavailable);
        let message = error.to_string();
        for part in ["no-such-python: not installed", "no matching distribution", "ORT_DYLIB_PATH", "BM25"] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
    }

    #[test]
    fn an_index_that_gives_nothing_is_not_taken_for_a_missing_package() {
        let stderr = "ERROR: Could not find a version (from versions: none)\nERROR: No matching distribution";
        assert!(reason(stderr).contains("No matching distribution (the package index gave nothing"));
        assert_eq!(reason("\nNo module named pip\n"), "No module named pip");
        assert_eq!(reason(""), "pip failed without a word");
    }

    #[test]
    fn a_pip_that_hangs_is_ended() {
        let (tools, runtime) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pinned = fake_wheel(&tools.path().join("a.whl"), b"library");
        let hanging = stand_in(tools.path(), "exec sleep 600");
        let mut fetch = fetch(pinned, runtime.path(), &[hanging]);
        fetch.limit = Duration::from_millis(300);
        let error = fetch.run(&mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("not done within"), "{error}");
        assert_eq!(leftovers(runtime.path()), 0);
    }
}
