//! The sample collection: where it lies, and a copy of it for a folder of the user's own.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Its files, as they are in the source folder.
const FILES: [(&str, &[u8]); 5] = [
    ("README.md", include_bytes!("../../sample_corpus/README.md")),
    ("corpus.jsonl", include_bytes!("../../sample_corpus/corpus.jsonl")),
    ("qrels/test.tsv", include_bytes!("../../sample_corpus/qrels/test.tsv")),
    ("queries.jsonl", include_bytes!("../../sample_corpus/queries.jsonl")),
    ("rankscope.toml", include_bytes!("../../sample_corpus/rankscope.toml")),
];

/// Where the sample collection is: beside the program, or in the source folder.
pub fn sample_folder() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| {
        let folder = exe.parent()?.parent()?.join("share/rankscope/sample_corpus");
        folder.is_dir().then_some(folder)
    });
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_corpus");
    beside.or_else(|| source.is_dir().then_some(source))
}

/// Writes the sample collection to `folder`, which must not hold anything yet. It appears whole or not at
/// all.
///
/// # Errors
/// When there is something already, or the place cannot be written.
pub fn write_sample(folder: &Path) -> Result<()> {
    let taken = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => folder.symlink_metadata().is_ok(),
    };
    if taken {
        return Err(Error::input("there is something here already: the sample would overwrite it")
            .in_file(folder)
            .advise("name a folder that does not exist"));
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|e| Error::io("cannot create", parent, &e))?;
    let unfinished = tempfile::Builder::new()
        .prefix(".sample-")
        .tempdir_in(parent)
        .map_err(|e| Error::io("cannot write into", parent, &e))?;
    for (name, bytes) in FILES {
        let path = unfinished.path().join(name);
        let failed = |e| Error::io("cannot write", &folder.join(name), &e);
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
        let mut file = std::fs::File::create_new(&path).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
    }
    // An empty folder gives way to a whole one.
    let failed = |e| Error::io("cannot write", folder, &e);
    if folder.is_dir() {
        std::fs::remove_dir(folder).map_err(failed)?;
    }
    std::fs::rename(unfinished.path(), folder).map_err(failed)?;
    open_to_others(folder);
    Ok(())
}

/// Temporary folders are made for their owner alone; this one has nothing to hide.
fn open_to_others(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
    }
    #[cfg(not(unix))]
    let _ = folder;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{ReadOptions, read};

    #[test]
    fn the_copy_is_the_sample() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("new/rail");
        write_sample(&folder).unwrap();
        let (copy, source) = (
            read(&folder, &ReadOptions::default()).unwrap(),
            read(&sample_folder().unwrap(), &ReadOptions::default()).unwrap(),
        );
        assert_eq!(copy.fingerprint, source.fingerprint);
        assert_eq!((copy.queries, copy.judgments), (source.queries, source.judgments));
        assert!(folder.join("rankscope.toml").is_file());
        assert_eq!(std::fs::read_dir(place.path().join("new")).unwrap().count(), 1, "nothing is left over");
    }

    /// Trap: a folder that is there is the user's.
    #[test]
    fn what_is_there_is_never_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let note = place.path().join("corpus.jsonl");
        std::fs::write(&note, "mine").unwrap();
        for taken in [place.path(), &note] {
            let error = write_sample(taken).unwrap_err();
            assert!(error.to_string().contains("already"), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&note).unwrap(), "mine");
        let empty = place.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        write_sample(&empty).unwrap();
        assert!(empty.join("corpus.jsonl").is_file());
    }
}
