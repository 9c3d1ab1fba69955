//! In: the path of a collection. Out: which files have its passages, its queries and its judgments. It
//! opens none of them.
//!
//! A folder with a `corpus.*` is laid out as BEIR's: `corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv`, in
//! any format. Another folder is a folder of texts. A file is its passages and nothing else.

use std::path::{Path, PathBuf};

use super::detect::extension;
use super::options::ReadOptions;
use super::source::STDIN;
use crate::error::{Error, Result};

/// The files of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) corpus: Vec<CorpusFile>,
    pub(super) queries: Option<PathBuf>,
    pub(super) qrels: Option<PathBuf>,
    /// Whether the passages lie in one file by itself, which need not have ids.
    pub(super) loose: bool,
    /// What was left aside, each a sentence.
    pub(super) notes: Vec<String>,
}

/// One file with passages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CorpusFile {
    pub(super) path: PathBuf,
    /// What its texts are called: the path from the collection's folder, with `/`.
    pub(super) name: String,
}

const LAYOUT: &str = "a collection is a file of passages (JSON lines, CSV, TSV, TREC), a folder of Markdown or text, or \
                      a folder with corpus.jsonl {\"_id\", \"title\", \"text\"}, queries.jsonl {\"_id\", \"text\"} and \
                      qrels/test.tsv (BEIR's layout); see docs/inputs.md";

/// Looks for the files.
///
/// # Errors
/// When there is nothing there, or nothing to read.
pub(super) fn find(path: &Path, options: &ReadOptions) -> Result<Places> {
    let folder = path.is_dir().then_some(path);
    let mut notes = Vec::new();
    let (corpus, loose) = match options.corpus.as_slice() {
        [] if path == Path::new(STDIN) => (vec![named(path, "stdin")], true),
        [] => match folder {
            Some(folder) => (corpus_of(folder, &mut notes)?, false),
            None if path.exists() => (vec![named(path, &base_name(path))], true),
            None => return Err(Error::input("no such file or folder").in_file(path).advise(LAYOUT)),
        },
        given => {
            let mut files = Vec::new();
            for place in given {
                match place.is_dir() {
                    true => files.extend(texts_in(place, &mut notes)?),
                    false => files.push(named(place, &base_name(place))),
                }
            }
            (files, false)
        }
    };
    let queries = match (&options.queries, folder) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(folder)) => first_of(folder, &["queries", "topics"])?,
        (None, None) => None,
    };
    let qrels = match (&options.qrels, folder) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(folder)) => qrels_of(folder, options.split.as_deref())?,
        (None, None) => None,
    };
    Ok(Places { corpus, queries, qrels, loose, notes })
}

fn named(path: &Path, name: &str) -> CorpusFile {
    CorpusFile { path: path.to_path_buf(), name: name.to_owned() }
}

fn base_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The passages of a folder: a `corpus.*`, else all texts in it.
fn corpus_of(folder: &Path, notes: &mut Vec<String>) -> Result<Vec<CorpusFile>> {
    match first_of(folder, &["corpus"])? {
        Some(file) => Ok(vec![named(&file, &base_name(&file))]),
        None => texts_in(folder, notes),
    }
}

/// Names that mean something else in a folder of texts.
const NO_PASSAGES: &[&str] = &["queries", "topics", "qrels", "rankscope"];

/// The texts below a folder: Markdown and plain text where there is any, else every file. Hidden ones and
/// links are passed over.
fn texts_in(folder: &Path, notes: &mut Vec<String>) -> Result<Vec<CorpusFile>> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        let entries = std::fs::read_dir(&current).map_err(|e| Error::io("cannot read", &current, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| Error::io("cannot read", &current, &e))?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let kind = entry.file_type().map_err(|e| Error::io("cannot read", &path, &e))?;
            let aside =
                current == folder && NO_PASSAGES.contains(&name.split('.').next().unwrap_or_default());
            if name.starts_with('.') || aside {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                files.push(path);
            }
        }
    }
    // A folder's listing has no order of its own.
    files.sort();
    let is_text = |file: &PathBuf| {
        extension(file).is_some_and(|end| {
            matches!(end.as_str(), "md" | "markdown" | "mdx" | "txt" | "text" | "rst" | "adoc" | "org")
        })
    };
    let texts: Vec<PathBuf> = files.iter().filter(|file| is_text(file)).cloned().collect();
    let others = files.len() - texts.len();
    if !texts.is_empty() && others > 0 {
        notes.push(format!("{others} files of {} are no Markdown and no text: left out", base_name(folder)));
    }
    let chosen = if texts.is_empty() { files } else { texts };
    if chosen.is_empty() {
        return Err(Error::input("there is no corpus.jsonl in this folder, and no text")
            .in_file(folder)
            .advise(LAYOUT));
    }
    let relative = |file: &PathBuf| {
        let inside = file.strip_prefix(folder).unwrap_or(file);
        inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    Ok(chosen.iter().map(|file| named(file, &relative(file))).collect())
}

/// The file of a folder whose name up to the first dot is one of `stems`, the JSON lines first.
fn first_of(folder: &Path, stems: &[&str]) -> Result<Option<PathBuf>> {
    let mut found: Vec<PathBuf> = Vec::new();
    for file in files_of(folder) {
        let name = base_name(&file);
        if stems.contains(&name.split('.').next().unwrap_or_default()) {
            found.push(file);
        }
    }
    found.sort();
    let is_jsonl = |file: &&PathBuf| base_name(file) == format!("{}.jsonl", stems[0]);
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => match several.iter().find(is_jsonl) {
            Some(file) => Ok(Some(file.clone())),
            None => {
                let names: Vec<String> = several.iter().map(|file| base_name(file)).collect();
                Err(Error::input(format!("which one is it: {}?", names.join(", ")))
                    .in_file(folder)
                    .advise("remove the others, or name the file in rankscope.toml, in [collection]"))
            }
        },
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}

/// The qrels file of a folder: `qrels/<split>.tsv`, without a split `test` or the only one there; else a
/// `qrels.*` beside the corpus.
fn qrels_of(folder: &Path, split: Option<&str>) -> Result<Option<PathBuf>> {
    let qrels = folder.join("qrels");
    let mut splits: Vec<(String, PathBuf)> = files_of(&qrels)
        .into_iter()
        .filter(|file| {
            extension(file).is_some_and(|end| matches!(end.as_str(), "tsv" | "txt" | "qrels" | "qrel"))
        })
        .map(|file| (base_name(&file).split('.').next().unwrap_or_default().to_owned(), file))
        .collect();
    splits.sort();
    let names = || splits.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let of = |wanted: &str| splits.iter().find(|(name, _)| name == wanted).map(|(_, file)| file.clone());
    match (split, splits.as_slice()) {
        (Some(split), _) => of(split).map(Some).ok_or_else(|| {
            Error::usage(format!("--split {split}: no such file"))
                .in_file(&qrels.join(format!("{split}.tsv")))
                .advise(format!("there are: {}", names()))
        }),
        (None, []) => first_of(folder, &["qrels"]),
        (None, [(_, only)]) => Ok(Some(only.clone())),
        (None, _) => of("test").map(Some).ok_or_else(|| {
            Error::input(format!("several qrels files and no test.tsv: {}", names()))
                .in_file(&qrels)
                .advise("choose one with --split NAME")
        }),
    }
}
