//! ONNX Runtime, loaded at run time: looked for, fetched once if need be, checked, loaded once.
//!
//! In: the folders to look in and whether anything may be fetched. Out: one [`Runtime`] for the life of
//! the process, the only door to `ort`: any call of `ort` before a library is loaded panics, so everything
//! that needs one takes `&Runtime`. It knows no model.
//!
//! The order: `ORT_DYLIB_PATH`; beside the program; the runtime folder; an `onnxruntime` installed for
//! Python; and else one wheel, pinned by version and sha256 (`pinned`), through pip (`fetch`).
//!
//! A library cut short makes the system's loader touch pages that the file does not have, which kills the
//! process (SIGBUS). So nothing is loaded unchecked: the pinned library by size and sha256, any other by
//! its own headers (`image`), which say how long the file must be.

mod child;
mod fetch;
mod image;
mod pinned;
mod python;
mod telemetry;

use std::env;
use std::error::Error as _;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::{LoadStep, ModelOptions, locate};
use crate::error::{Error, Result};
use fetch::Fetch;
use pinned::{PINNED, Pinned};
pub use telemetry::{TELEMETRY_VARIABLES, restart_without_telemetry, telemetry_is_off};

/// The version that is fetched.
pub const PINNED_VERSION: &str = "1.32.0";
/// The oldest version that works, as (major, minor).
const OLDEST: (u32, u32) = (1, 24);

/// The variable that names a library, as in every program that uses ONNX Runtime.
const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";
/// The variable that names the runtime folder.
const FOLDER_VARIABLE: &str = "RANKSCOPE_RUNTIME_DIR";

/// A loaded ONNX Runtime.
#[derive(Debug)]
pub struct Runtime {
    /// One per process; kept here because `ort` itself holds only a weak reference.
    pub(super) environment: Environment,
    /// Such as `1.32.0`; `1.24 or newer` where neither the package nor the file's name says.
    pub version: String,
    /// Absolute path of the library.
    pub library: PathBuf,
}

static LOADED: OnceLock<Runtime> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

/// The process's runtime: loads it at the first call, hands out the same one afterwards.
///
/// # Errors
/// `Unavailable`, with what to do, where none can be found, fetched or loaded. A later call tries again.
pub fn load(options: &ModelOptions, progress: &mut dyn FnMut(LoadStep)) -> Result<&'static Runtime> {
    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = LOADED.get() {
        return Ok(runtime);
    }
    if !telemetry_is_off() {
        tracing::warn!("ONNX Runtime may report to its makers: {} is not set", TELEMETRY_VARIABLES[0]);
    }
    progress(LoadStep::FindingRuntime);
    let runtime = Search::of_this_process(options).run(progress)?;
    tracing::info!(version = runtime.version, library = %runtime.library.display(), "ONNX Runtime loaded");
    Ok(LOADED.get_or_init(|| runtime))
}

/// Where to look and what is allowed.
struct Search {
    /// `ORT_DYLIB_PATH`.
    library: Option<PathBuf>,
    /// The program's folder.
    beside: Option<PathBuf>,
    /// Runtime folders; the first that can be written is fetched into.
    folders: Vec<PathBuf>,
    offline: bool,
}

impl Search {
    fn of_this_process(options: &ModelOptions) -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folders = match options.runtime_dir.clone().or_else(|| variable(FOLDER_VARIABLE)) {
            Some(folder) => vec![folder],
            None => locate::cache_folders(options).iter().map(|cache| cache.join("runtime")).collect(),
        };
        let beside = env::current_exe().ok().and_then(|program| program.parent().map(Path::to_path_buf));
        Self { library: variable(LIBRARY_VARIABLE), beside, folders, offline: options.offline }
    }

    fn run(&self, progress: &mut dyn FnMut(LoadStep)) -> Result<Runtime> {
        if let Some(library) = &self.library {
            progress(LoadStep::LoadingRuntime);
            return load_foreign(library, None).map_err(|reason| {
                Error::unavailable(format!("{LIBRARY_VARIABLE} names this file, but {reason}"))
                    .in_file(library)
                    .advise(format!(
                        "set {LIBRARY_VARIABLE} to an ONNX Runtime library of version 1.24 or newer, or unset it; \
                         until then BM25 works alone"
                    ))
            });
        }
        // What was found and could not be used.
        let mut passed_over = Vec::new();
        if let Some(library) = self.beside.as_deref().and_then(library_in) {
            progress(LoadStep::LoadingRuntime);
            match load_foreign(&library, None) {
                Ok(runtime) => return Ok(runtime),
                Err(reason) => passed_over.push(format!("{}: {reason}", library.display())),
            }
        }
        if let Some(pinned) = PINNED {
            for folder in &self.folders {
                let library = pinned.library_in(folder);
                match pinned.check(&library) {
                    Ok(()) => return load_pinned(&library, progress),
                    Err(pinned::Unfit::Missing) => {}
                    Err(unfit) => passed_over.push(format!("{}: {unfit}", library.display())),
                }
            }
        }
        for installed in python::installed() {
            progress(LoadStep::LoadingRuntime);
            match load_foreign(&installed.library, installed.version.as_deref()) {
                Ok(runtime) => return Ok(runtime),
                Err(reason) => passed_over.push(format!("{}: {reason}", installed.library.display())),
            }
        }
        for reason in &passed_over {
            tracing::warn!("passed over {reason}");
        }
        let library = self.fetch(PINNED, progress).map_err(|mut error| {
            if !passed_over.is_empty() {
                error.message = format!("{} (unusable: {})", error.message, passed_over.join("; "));
            }
            error
        })?;
        load_pinned(&library, progress)
    }

    fn fetch(&self, pinned: Option<&'static Pinned>, progress: &mut dyn FnMut(LoadStep)) -> Result<PathBuf> {
        let Some(pinned) = pinned else {
            return Err(absent(
                "ONNX Runtime was not found, and no package of it exists for this platform",
                "ONNX Runtime for this platform",
            ));
        };
        if self.offline {
            return Err(absent("ONNX Runtime was not found, and --offline forbids to fetch it", "it"));
        }
        let mut last = None;
        for folder in &self.folders {
            match fs::create_dir_all(folder).and_then(|()| std::path::absolute(folder)) {
                Ok(folder) => return Fetch::new(pinned, &folder).run(progress),
                Err(error) => last = Some((folder, error)),
            }
        }
        Err(match last {
            Some((folder, error)) => {
                Error::unavailable(format!("cannot create the folder for ONNX Runtime: {error}"))
                    .in_file(folder)
                    .advise(format!("choose another with {FOLDER_VARIABLE}"))
            }
            None => Error::unavailable("no home folder is known, so ONNX Runtime has no place")
                .advise(format!("choose a folder with {FOLDER_VARIABLE}")),
        })
    }
}

/// The error of a runtime that cannot be had, with the usual ways out. `what` is to be installed.
fn absent(message: &str, what: &str) -> Error {
    Error::unavailable(message).advise(format!(
        "install {what} (python3 -m pip install onnxruntime=={PINNED_VERSION}) or set {LIBRARY_VARIABLE} to a \
         library of version 1.24 or newer; until then BM25 works alone"
    ))
}

/// Names that the library goes by in a folder, most exact first.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let is_library = |name: &str| {
        if cfg!(windows) {
            name.eq_ignore_ascii_case("onnxruntime.dll")
        } else if cfg!(target_os = "macos") {
            name.starts_with("libonnxruntime.") && name.ends_with(".dylib")
        } else {
            name == "libonnxruntime.so" || name.starts_with("libonnxruntime.so.")
        }
    };
    let names = fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    // The longest name carries the version.
    let best = names.filter(|name| is_library(name)).max_by_key(|name| (name.len(), name.clone()))?;
    Some(folder.join(best))
}

/// Loads our own library, which has passed its check.
fn load_pinned(library: &Path, progress: &mut dyn FnMut(LoadStep)) -> Result<Runtime> {
    progress(LoadStep::LoadingRuntime);
    init(library, Some(PINNED_VERSION)).map_err(|reason| {
        absent(&format!("ONNX Runtime does not work here: {reason}"), "another").in_file(library)
    })
}

/// Loads a library that others put there, if its headers say that it is whole. The error is a reason, to
/// follow "but" or a colon.
fn load_foreign(library: &Path, version: Option<&str>) -> Result<Runtime, String> {
    // The loader searches elsewhere for a name without a folder, and `ort` resolves relative paths against
    // the program.
    let library = std::path::absolute(library).map_err(|e| format!("its path cannot be resolved: {e}"))?;
    image::check_file(&library)?;
    let known = || PINNED.is_some_and(|pinned| pinned.check(&library).is_ok()).then_some(PINNED_VERSION);
    let version = version.map(str::to_owned).or_else(|| version_in_name(&library));
    let version = version.or_else(|| known().map(str::to_owned));
    init(&library, version.as_deref())
}

fn init(library: &Path, version: Option<&str>) -> Result<Runtime, String> {
    // `ort` asserts where a library answers nonsense.
    let environment = panic::catch_unwind(AssertUnwindSafe(|| {
        let builder = ort::init_from(library).map_err(|error| match error {
            ort::LoadDynamicError::BadVersion { version_str, .. } => {
                format!("it is ONNX Runtime {version_str}; {}.{} or newer is needed", OLDEST.0, OLDEST.1)
            }
            ort::LoadDynamicError::MissingApi { .. } => "it is not ONNX Runtime".to_owned(),
            ort::LoadDynamicError::Dlopen { error, .. } => match error.source() {
                Some(reason) => format!("it cannot be loaded: {reason}"),
                None => format!("it cannot be loaded: {error}"),
            },
            other => other.to_string(),
        })?;
        let environment =
            builder.with_name("rankscope").with_telemetry(false).with_logger(Arc::new(log)).build();
        let environment = environment.map_err(|e| format!("it does not start: {e}"))?;
        environment.set_log_level(LogLevel::Warning);
        Ok::<_, String>(environment)
    }));
    match environment {
        Ok(Ok(environment)) => {
            let version = version.unwrap_or("1.24 or newer").to_owned();
            Ok(Runtime { environment, version, library: library.to_path_buf() })
        }
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err("it does not answer as ONNX Runtime does".to_owned()),
    }
}

/// The version that the file's own name carries, symbolic links resolved: `ort` checks the library's
/// version and keeps it to itself.
fn version_in_name(library: &Path) -> Option<String> {
    let library = fs::canonicalize(library).ok()?;
    let name = library.file_name()?.to_str()?.strip_prefix("libonnxruntime.")?;
    let version = name.strip_prefix("so.").or_else(|| name.strip_suffix(".dylib"))?;
    let parts: Vec<&str> = version.split('.').collect();
    (parts.len() >= 2 && parts.iter().all(|part| part.parse::<u32>().is_ok())).then(|| version.to_owned())
}

/// ONNX Runtime's own log lines.
fn log(level: LogLevel, category: &str, _id: &str, place: &str, message: &str) {
    // Interrupting a batch for a person at the keyboard is no mishap, but is reported as an error.
    let level = if message.contains("terminate flag") { LogLevel::Verbose } else { level };
    match level {
        LogLevel::Verbose => tracing::trace!(target: "onnxruntime", category, place, "{message}"),
        LogLevel::Info => tracing::debug!(target: "onnxruntime", category, place, "{message}"),
        LogLevel::Warning => tracing::warn!(target: "onnxruntime", category, place, "{message}"),
        LogLevel::Error | LogLevel::Fatal => {
            tracing::error!(target: "onnxruntime", category, place, "{message}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::test_support;

    fn search(library: Option<PathBuf>, folders: Vec<PathBuf>) -> Search {
        Search { library, beside: None, folders, offline: true }
    }

    /// A copy of the real library, cut to a part of its length.
    fn cut_short(folder: &Path, name: &str, share: f64) -> PathBuf {
        let real = &load(&test_support::options(), &mut |_| {}).unwrap().library;
        let bytes = fs::read(real).unwrap();
        let path = folder.join(name);
        fs::write(&path, &bytes[..(bytes.len() as f64 * share) as usize]).unwrap();
        path
    }

    #[test]
    fn one_process_has_one_runtime() {
        let first = load(&test_support::options(), &mut |_| {}).unwrap();
        let mut steps = 0;
        let second = load(&ModelOptions { offline: true, ..ModelOptions::default() }, &mut |_| steps += 1);
        assert!(std::ptr::eq(first, second.unwrap()));
        assert_eq!(steps, 0);
        assert!(first.library.is_absolute());
        assert!(first.version.starts_with("1."), "{}", first.version);
    }

    /// Trap: a real library that was cut short kills the process where it is loaded unchecked.
    #[test]
    fn a_library_cut_short_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        for share in [0.99999, 0.9, 0.5, 0.1, 0.0001] {
            let library = cut_short(folder.path(), "libonnxruntime.so.1.32.0", share);
            let error = search(Some(library.clone()), Vec::new()).run(&mut |_| {}).unwrap_err();
            assert_eq!(error.kind, crate::error::ErrorKind::Unavailable);
            let message = error.to_string();
            for part in [&library.display().to_string(), "cut short", "ORT_DYLIB_PATH", "BM25"] {
                assert!(message.contains(part), "{share}: {part} is not in {message}");
            }
        }
    }

    #[test]
    fn a_file_that_is_no_onnx_runtime_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("libonnxruntime.so");
        fs::write(&text, "this is not a library").unwrap();
        for (library, reason) in [
            (text, "not a shared library"),
            (folder.path().join("missing.so"), "cannot be read"),
            (folder.path().to_path_buf(), "not a file"),
        ] {
            let error = search(Some(library.clone()), Vec::new()).run(&mut |_| {}).unwrap_err().to_string();
            let named = library.display().to_string();
            assert!(error.contains(reason) && error.contains(&named), "{error}");
        }
    }

    /// Trap: after one successful load `ort` ignores every other path, so a wrong library must meet a
    /// process that has loaded none. The test starts itself again with the library named in a variable.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_library_of_another_kind_is_an_error_and_the_right_one_still_loads() {
        const VARIABLE: &str = "RANKSCOPE_TEST_WRONG_LIBRARY";
        if let Some(wrong) = env::var_os(VARIABLE) {
            let message = search(Some(wrong.into()), Vec::new()).run(&mut |_| {}).unwrap_err().to_string();
            assert!(message.contains("it is not ONNX Runtime"), "{message}");
            assert!(load(&test_support::options(), &mut |_| {}).is_ok());
            return;
        }
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
        let libc = libc.into_iter().find(|path| path.contains("libc.so") || path.contains("libc-")).unwrap();
        let name = "a_library_of_another_kind_is_an_error_and_the_right_one_still_loads";
        let module = module_path!().split_once("::").unwrap().1;
        let again = std::process::Command::new(env::current_exe().unwrap())
            .args(["--exact", &format!("{module}::{name}")])
            .env(VARIABLE, libc)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && printed.contains("1 passed"), "{printed}");
    }

    #[test]
    fn offline_without_a_runtime_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let search = search(None, vec![folder.path().to_path_buf()]);
        let message = search.fetch(PINNED, &mut |_| {}).unwrap_err().to_string();
        for part in ["--offline", "pip install onnxruntime==1.32.0", "ORT_DYLIB_PATH", "BM25"] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
        let message = search.fetch(None, &mut |_| {}).unwrap_err().to_string();
        assert!(message.contains("no package of it exists for this platform"), "{message}");
    }

    #[test]
    fn a_cached_library_that_is_damaged_is_not_loaded() {
        let Some(pinned) = PINNED else { return };
        let folder = tempfile::tempdir().unwrap();
        let library = pinned.library_in(folder.path());
        fs::create_dir_all(library.parent().unwrap()).unwrap();
        let short = cut_short(folder.path(), "short", 0.5);
        fs::rename(short, &library).unwrap();
        // Python's package may still be found and be fine; otherwise the damage is told.
        if let Err(error) = search(None, vec![folder.path().to_path_buf()]).run(&mut |_| {}) {
            let message = error.to_string();
            assert!(message.contains(&library.display().to_string()), "{message}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let mut search = search(None, vec![file.join("runtime")]);
        search.offline = false;
        let error = search.fetch(PINNED, &mut |_| {}).unwrap_err();
        let expected = if PINNED.is_some() { FOLDER_VARIABLE } else { "no package" };
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn the_library_and_its_version_are_known_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(library_in(folder.path()), None);
        let versioned = if cfg!(windows) {
            return;
        } else if cfg!(target_os = "macos") {
            "libonnxruntime.1.32.0.dylib"
        } else {
            "libonnxruntime.so.1.32.0"
        };
        let plain = versioned.replace(".1.32.0", "");
        for name in [versioned, &plain, "libonnxruntime_providers_shared.so", "onnxruntime.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let library = library_in(folder.path()).unwrap();
        assert_eq!(library, folder.path().join(versioned));
        assert_eq!(version_in_name(&library).as_deref(), Some("1.32.0"));
        assert_eq!(version_in_name(&folder.path().join(&plain)), None);
    }
}
