//! An `onnxruntime` that is installed for Python: its wheel contains the library that we need.
//!
//! In: the interpreters on the path. Out: libraries with their versions, new enough ones only. The package
//! is located, not imported, and nothing is installed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::{self, Ended, Python};
use super::{OLDEST, library_in};

const LIMIT: Duration = Duration::from_secs(10);

/// Prints the package's folder and version, one a line; nothing where there is none.
const WHERE: &str = "\
import importlib.util
found = importlib.util.find_spec('onnxruntime')
if found and found.submodule_search_locations:
    print(list(found.submodule_search_locations)[0])
    import importlib.metadata
    for name in ('onnxruntime', 'onnxruntime-gpu', 'onnxruntime-directml', 'onnxruntime-openvino'):
        try:
            print(importlib.metadata.version(name))
            break
        except importlib.metadata.PackageNotFoundError:
            pass
";

/// A library inside an installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installed {
    pub library: PathBuf,
    pub version: Option<String>,
}

/// The packages of the usual interpreters, found one after the other as they are asked for.
pub(super) fn installed() -> impl Iterator<Item = Installed> {
    let mut seen = Vec::new();
    Python::usual().into_iter().filter_map(move |python| {
        let found = ask(&python)?;
        if seen.contains(&found.library) {
            return None;
        }
        seen.push(found.library.clone());
        Some(found)
    })
}

fn ask(python: &Python) -> Option<Installed> {
    match child::run(&mut python.script(WHERE), LIMIT, &mut || {}).ok()? {
        Ended::Exited { status, stdout, .. } if status.success() => understand(&stdout),
        Ended::Exited { .. } => None,
        Ended::TimedOut => {
            tracing::warn!(python = python.program, "did not answer in {LIMIT:?}");
            None
        }
    }
}

/// What the script printed.
fn understand(printed: &str) -> Option<Installed> {
    let mut lines = printed.lines().map(str::trim).filter(|line| !line.is_empty());
    let folder = Path::new(lines.next()?);
    let library = library_in(&folder.join("capi"))?;
    let version = lines.next().map(str::to_owned);
    if let Some(version) = &version
        && !is_new_enough(version)
    {
        tracing::info!(version, library = %library.display(), "passed over an older ONNX Runtime");
        return None;
    }
    Some(Installed { library: std::path::absolute(library).ok()?, version })
}

/// Whether a version such as `1.24.1` or `1.26.0.dev20260101` is one that works.
fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (major, minor) >= OLDEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_new_enough("1.24.0") && is_new_enough("1.100.0") && is_new_enough("2.0.0"));
        assert!(!is_new_enough("1.9.0") && !is_new_enough("1.23.9") && !is_new_enough("nonsense"));
    }

    #[test]
    fn the_library_lies_in_the_packages_capi() {
        let package = tempfile::tempdir().unwrap();
        let capi = package.path().join("capi");
        fs::create_dir(&capi).unwrap();
        let folder = package.path().display();
        assert_eq!(understand(&format!("{folder}\n1.32.0\n")), None);
        let name = if cfg!(windows) {
            "onnxruntime.dll"
        } else if cfg!(target_os = "macos") {
            "libonnxruntime.1.32.0.dylib"
        } else {
            "libonnxruntime.so.1.32.0"
        };
        fs::write(capi.join(name), "").unwrap();
        fs::write(capi.join("libonnxruntime_providers_shared.so"), "").unwrap();
        let found = understand(&format!("{folder}\n1.32.0\n")).unwrap();
        assert_eq!((found.library, found.version.as_deref()), (capi.join(name), Some("1.32.0")));
        assert_eq!(understand(&format!("{folder}\n1.20.0\n")), None);
        assert_eq!(understand(""), None);
        assert!(understand(&format!("{folder}\n")).is_some());
    }
}
