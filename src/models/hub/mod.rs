//! Models from the hub into the cache folder: whole, checked, and at one commit.
//!
//! In: a repository, the files wanted. Out: a folder with them and a manifest that says where they came
//! from. A file is fetched beside its final place under the name of its checksum, so that a stopped fetch
//! goes on where it was (`Range`), is checked by length and sha256, and is renamed into place. Processes
//! take turns by a lock. Which model is good for what is not its business.

mod client;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::digest;
use crate::durable;
use crate::error::{Error, Result};
use client::Fault;
pub use client::{HUB, Hub, Patience, RemoteFile};

/// What lies beside the files of a fetched model.
const MANIFEST: &str = "rankscope-model.json";
/// A fetch is given up when so many tries in a row brought nothing.
const TRIES: u32 = 4;
const BLOCK: usize = 1 << 17;

/// Where a model's files came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub repository: String,
    /// The commit that every file is of.
    pub commit: String,
    pub files: Vec<ManifestFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// In the model's folder.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
    /// Whether the hub itself named this sha256; of small files it does not.
    pub checked: bool,
}

/// What is wanted of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub repository: String,
    /// A branch, a tag or a commit.
    pub revision: String,
    /// The ONNX graph; `None`: `model.onnx` or `onnx/model.onnx`, whichever there is.
    pub graph: Option<String>,
    /// Other files without which it does not work.
    pub needed: Vec<String>,
}

/// Files that are taken along where the repository has them.
const ALONG: [&str; 9] = [
    "config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "artifact.metadata",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
    "1_Dense/config.json",
    "1_Dense/model.safetensors",
    "README.md",
];
const TOKENIZER: &str = "tokenizer.json";

/// How far a fetch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchProgress {
    pub file: String,
    /// Of all files.
    pub bytes: u64,
    pub total: u64,
}

/// What was fetched before, if it is whole as far as lengths say.
pub fn manifest(folder: &Path) -> Option<Manifest> {
    let text = fs::read_to_string(folder.join(MANIFEST)).ok()?;
    let manifest: Manifest = serde_json::from_str(&text).ok()?;
    let whole = |file: &ManifestFile| {
        fs::metadata(folder.join(&file.path)).is_ok_and(|on_disk| on_disk.len() == file.bytes)
    };
    manifest.files.iter().all(whole).then_some(manifest)
}

/// Fetches a model into `folder` (which is made), or finds it there whole.
///
/// # Errors
/// `Unavailable`: no network, no such model or file, a checksum that does not fit; `Input`: the folder
/// cannot be written.
pub fn fetch(
    hub: &Hub,
    wanted: &Wanted,
    folder: &Path,
    progress: &mut dyn FnMut(&FetchProgress),
) -> Result<Manifest> {
    fs::create_dir_all(folder).map_err(|e| Error::io("cannot create", folder, &e))?;
    let _turn = turn(folder)?;
    let by_hand = |error: Error| {
        let hand = format!("or put the model's files by hand into {}", folder.display());
        let advice = error.advice.as_deref().map_or(hand.clone(), |advice| format!("{advice}; {hand}"));
        error.advise(advice)
    };
    let commit = hub.commit(&wanted.repository, &wanted.revision).map_err(by_hand)?;
    if let Some(manifest) = manifest(folder)
        && manifest.commit == commit
        && manifest.repository == wanted.repository
    {
        return Ok(manifest);
    }
    let there = hub.files(&wanted.repository, &commit).map_err(by_hand)?;
    let plan = plan(wanted, &there).map_err(by_hand)?;
    let total = plan.iter().map(|(file, _)| file.bytes).sum();
    let mut before = 0;
    let mut files = Vec::with_capacity(plan.len());
    for (file, place) in plan {
        let mut told = |bytes: u64| {
            progress(&FetchProgress { file: file.path.clone(), bytes: before + bytes, total });
        };
        let sha256 = fetch_file(hub, &wanted.repository, &commit, &file, &folder.join(&place), &mut told)
            .map_err(by_hand)?;
        before += file.bytes;
        files.push(ManifestFile { path: place, bytes: file.bytes, sha256, checked: file.sha256.is_some() });
    }
    let manifest = Manifest { repository: wanted.repository.clone(), commit, files };
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| Error::bug(format!("JSON: {e}")))?;
    durable::write_atomically(&folder.join(MANIFEST), text.as_bytes())?;
    Ok(manifest)
}

/// Each file to fetch, and its place in the folder: a graph without weights beside it becomes
/// `model.onnx`, everything else keeps its path.
fn plan(wanted: &Wanted, there: &[RemoteFile]) -> Result<Vec<(RemoteFile, String)>> {
    let find = |path: &str| there.iter().find(|file| file.path == path);
    let missing = |path: &str| {
        Error::unavailable(format!("{} has no file {path}", wanted.repository))
            .advise("name the graph with --file, or choose a repository with an ONNX export")
    };
    let graph = match &wanted.graph {
        Some(path) => find(path).ok_or_else(|| missing(path))?,
        None => ["model.onnx", "onnx/model.onnx"]
            .iter()
            .find_map(|path| find(path))
            .ok_or_else(|| missing("model.onnx or onnx/model.onnx"))?,
    };
    let beside = |file: &&RemoteFile| {
        // `model.onnx_data`, `model.onnx.data`: weights beyond protobuf's 2 GB.
        let rest = file.path.strip_prefix(&graph.path);
        rest.is_some_and(|rest| rest.starts_with("_data") || rest.starts_with(".data"))
    };
    let mut weights: Vec<&RemoteFile> = there.iter().filter(beside).collect();
    for path in &wanted.needed {
        let file = find(path).ok_or_else(|| missing(path))?;
        if !weights.contains(&file) {
            weights.push(file);
        }
    }
    let place = match weights.is_empty() {
        true => super::locate::MODEL.to_owned(),
        false => graph.path.clone(),
    };
    let tokenizer = find(TOKENIZER).ok_or_else(|| missing(TOKENIZER))?;
    let along = ALONG.iter().filter_map(|path| find(path));
    let rest = [tokenizer].into_iter().chain(along).chain(weights);
    let mut plan = vec![(graph.clone(), place)];
    plan.extend(rest.map(|file| (file.clone(), file.path.clone())));
    match plan.iter().find(|(file, place)| !is_inside(place) || file.path.is_empty()) {
        Some((file, _)) => {
            Err(Error::unavailable(format!("{} has a file with the path {:?}", wanted.repository, file.path)))
        }
        None => Ok(plan),
    }
}

/// Whether a path from the hub stays in the folder.
fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// Fetches one file, or finds it whole; its sha256.
fn fetch_file(
    hub: &Hub,
    repository: &str,
    commit: &str,
    file: &RemoteFile,
    place: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<String> {
    let hash = |path: &Path| digest::of_file(path).map_err(|e| Error::io("cannot read", path, &e));
    if fs::metadata(place).is_ok_and(|on_disk| on_disk.len() == file.bytes)
        && let Some(expected) = &file.sha256
        && hash(place)? == *expected
    {
        return Ok(expected.clone());
    }
    let part = part_of(place, file, commit);
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(|e| Error::io("cannot create", parent, &e))?;
    }
    download(hub, repository, commit, file, &part, progress)?;
    let found = hash(&part)?;
    let length = fs::metadata(&part).map_or(0, |on_disk| on_disk.len());
    let fits = length == file.bytes && file.sha256.as_ref().is_none_or(|expected| *expected == found);
    if !fits {
        // What is wrong stays wrong: the next fetch begins anew.
        let _ = fs::remove_file(&part);
        let expected = file.sha256.as_deref().unwrap_or("(none is known)");
        return Err(Error::unavailable(format!(
            "{} of {repository} is not what the hub says it is: {length} bytes with sha256 {found}, where {} bytes \
             with {expected} are expected",
            file.path, file.bytes
        ))
        .advise("start again; if it happens twice, a proxy on the way changes files"));
    }
    fs::rename(&part, place).map_err(|e| Error::io("cannot write", place, &e))?;
    Ok(found)
}

/// Where the file grows until it is whole: of another content it is another file.
fn part_of(place: &Path, file: &RemoteFile, commit: &str) -> PathBuf {
    let content = file.sha256.as_deref().unwrap_or(commit);
    let name = place.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    place.with_file_name(format!("{name}.{}.part", content.get(..12).unwrap_or(content)))
}

/// Brings the part to its full length. Goes on from where a cut connection left it, as long as every few
/// tries bring something.
fn download(
    hub: &Hub,
    repository: &str,
    commit: &str,
    file: &RemoteFile,
    part: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let failed = |e: &std::io::Error| Error::io("cannot write", part, e);
    let mut tries = 0;
    loop {
        let mut out = OpenOptions::new().create(true).append(true).open(part).map_err(|e| failed(&e))?;
        let have = out.metadata().map_err(|e| failed(&e))?.len();
        if have == file.bytes {
            progress(have);
            return Ok(());
        }
        // Longer than the file: no part of it.
        let from = if have > file.bytes { 0 } else { have };
        let outcome = hub.bytes(repository, commit, file, from).and_then(|(start, body)| {
            if start < have {
                out.set_len(start).map_err(|e| Fault::Lasting(failed(&e)))?;
            }
            copy(body, &mut out, start, file.bytes, progress).map_err(|e| match e {
                Copy::Read(why) => Fault::Passing(Error::unavailable(format!(
                    "{} went away while it sent {}: {why}",
                    hub.endpoint(),
                    file.path
                ))),
                Copy::Write(e) => Fault::Lasting(failed(&e)),
            })
        });
        let now = fs::metadata(part).map_or(0, |on_disk| on_disk.len());
        match outcome {
            Ok(()) if now == file.bytes => return Ok(()),
            Err(Fault::Lasting(error)) => return Err(error),
            // A connection that ends early ends some servers' answers without a fault.
            outcome => {
                tries = if now > have { 0 } else { tries + 1 };
                if tries >= TRIES {
                    return Err(outcome.err().map(Fault::into_error).unwrap_or_else(|| {
                        Error::unavailable(format!(
                            "{} sends {now} of {} bytes of {} and ends",
                            hub.endpoint(),
                            file.bytes,
                            file.path
                        ))
                    }));
                }
                thread::sleep(Duration::from_millis(100 << tries.min(4)));
            }
        }
    }
}

enum Copy {
    Read(String),
    Write(std::io::Error),
}

/// Appends what comes, at most up to `length` bytes of the file.
fn copy(
    mut from: impl Read,
    to: &mut File,
    start: u64,
    length: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Copy> {
    let mut block = vec![0; BLOCK];
    let mut at = start;
    loop {
        let read = match from.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Copy::Read(error.to_string())),
        };
        to.write_all(block.get(..read).unwrap_or_default()).map_err(Copy::Write)?;
        at += read as u64;
        progress(at);
        if at > length {
            // Longer than the hub said: the check says so.
            return Ok(());
        }
    }
}

/// The turn to write a model's folder; held as long as the file is.
fn turn(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(|e| Error::io("cannot write", &path, &e))?;
    if let Err(error) = file.lock() {
        tracing::warn!(%error, "no file locks here: another process may fetch the same model");
    }
    Ok(file)
}

#[cfg(test)]
mod tests;
