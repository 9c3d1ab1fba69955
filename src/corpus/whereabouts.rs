//! Where a passage stands on disk, for whoever wants to see it in its file.
//!
//! Files are searched when asked, not remembered when read: a place for each passage would cost memory
//! for something that is wanted once in a while.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::Collection;
use crate::domain::DocIdx;
use crate::error::{Error, Result};

/// The file and the line (from 1) of a passage: the line that has its id, or, in a folder of texts, the
/// file that the id names.
///
/// # Errors
/// When no file of the collection has it.
pub fn whereabouts(collection: &Collection, doc: DocIdx) -> Result<(PathBuf, usize)> {
    let id = &collection.passage(doc).id;
    let text = &collection.passage(doc).text;
    let folder = &collection.folder;
    if folder.is_file() {
        return Ok((folder.clone(), line_with(folder, id).unwrap_or(1)));
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && stem(path) == "corpus")
        .collect();
    files.sort();
    for file in files {
        if let Some(line) = line_with(&file, id) {
            return Ok((file, line));
        }
    }
    // Texts are called by their path; what follows `#` is a part of one.
    let named = folder.join(id.split('#').next().unwrap_or(id));
    if named.is_file() {
        let beginning: String = text.lines().next().unwrap_or_default().chars().take(40).collect();
        return Ok((named.clone(), line_with(&named, &beginning).unwrap_or(1)));
    }
    Err(Error::input(format!("no file of the collection has passage {id:?}")).in_file(folder))
}

/// `corpus` of `corpus.jsonl.gz`.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The first line that has the text as a JSON text or a column; else the first that has it at all.
fn line_with(file: &Path, text: &str) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let quoted = serde_json::to_string(text).ok()?;
    let whole = |line: &str| {
        // The id's own field stands near the beginning of its line; a mention of it may stand anywhere.
        line.find(&quoted).is_some_and(|at| line.get(..at).is_some_and(|before| before.contains("id")))
            || line.split(['\t', ',']).next() == Some(text)
    };
    let mut loose = None;
    let mut reader = BufReader::new(File::open(file).ok()?);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).ok()? == 0 {
            break;
        }
        let line = String::from_utf8_lossy(&bytes);
        if whole(&line) {
            return Some(number);
        }
        if loose.is_none() && line.contains(text) {
            loose = Some(number);
        }
    }
    loose
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{ReadOptions, read};

    /// Trap: a passage that mentions the id of another.
    #[test]
    fn the_line_is_that_of_the_passage_itself() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("corpus.jsonl");
        let lines = "{\"_id\": \"d1\", \"text\": \"see \\\"d2\\\"\"}\n\n{\"text\": \"two\", \"_id\": \"d2\"}\n{\"_id\": 3, \"text\": \"x\"}\n";
        std::fs::write(&file, lines).unwrap();
        let collection = read(folder.path(), &ReadOptions::default()).unwrap();
        let at = |doc| whereabouts(&collection, DocIdx(doc)).unwrap();
        assert_eq!((at(0), at(1).1), ((file.clone(), 1), 3));
        std::fs::remove_file(&file).unwrap();
        assert!(whereabouts(&collection, DocIdx(0)).unwrap_err().to_string().contains("\"d1\""));
    }
}
