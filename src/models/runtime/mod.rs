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
pub(super) use fetch::size_of;

use fetch::Fetch;
use pinned::{PINNED, Pinned};

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
    /// Such as `1.32.0`; `unknown` where the library does not say.
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
        let mut error = absent(&format!("ONNX Runtime cannot be loaded: {reason}"), "another");
        error = error.in_file(library);
        error
    })
}

/// Loads a library that others put there, if its headers say that it is whole. The error is a reason, to
/// follow "but" or a colon.
fn load_foreign(library: &Path, version: Option<&str>) -> Result<Runtime, String> {
    // The loader searches elsewhere for a name without a folder, and `ort` resolves relative paths against
    // the program.
    let library = std::path::absolute(library).map_err(|e| format!("its path cannot be resolved: {e}"))?;
    image::check_file(&library)?;
    init(&library, version)
}

fn init(library: &Path, version: Option<&str>) -> Result<Runtime, String> {
    // `ort` asserts where a library answers nonsense.
    let environment = panic::catch_unwind(AssertUnwindSafe(|| {
        let builder = ort::init_from(library).map_err(|error| match error {
            ort::LoadDynamicError::BadVersion { version_str, .. } => format!(
                "it is ONNX Runtime {version_str}; {}.{} or newer is needed",
                OLDEST.0, OLDEST.1
            ),
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
        Ok::<_, String>((environment, build_version(ort::info())))
    }));
    match environment {
        Ok(Ok((environment, built))) => {
            let version = version.map(str::to_owned).or(built).unwrap_or_else(|| "unknown".to_owned());
            Ok(Runtime { environment, version, library: library.to_path_buf() })
        }
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err("it does not answer as ONNX Runtime does".to_owned()),
    }
}

/// The version in the library's build description, such as `git-branch=rel-1.32.0`.
fn build_version(description: &str) -> Option<String> {
    let branch = description.split("git-branch=").nth(1)?.split([',', ' ']).next()?;
    let version = branch.rsplit('-').next()?;
    let is_version = version.split('.').count() >= 2 && version.split('.').all(|part| part.parse::<u32>().is_ok());
    is_version.then(|| version.to_owned())
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
