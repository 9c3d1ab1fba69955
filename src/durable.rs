//! Files written so that whoever reads them finds the old content or the new one, never a part of either: a
//! temporary file beside it, then renamed over it.
//!
//! In: a path and bytes. [`write`] is for files of a person: it holds through a crash, a link stays a link,
//! and the file's permissions stay its own. [`write_atomically`] is for what can be made again. What the
//! bytes mean is the caller's business.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Replaces or creates a file; folders that are missing are made.
///
/// # Errors
/// When the folder or the file cannot be written; the old content is still there then.
pub fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    replace(file, bytes).map_err(|error| Error::io("cannot write", file, &error))
}

/// Writes a file that can be made again, under a temporary name beside it, and renames it into place.
///
/// # Errors
/// When the folder cannot be written; then the file is as it was.
pub fn write_atomically(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |e: &std::io::Error| Error::io("cannot write", file, e);
    let mut fresh = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
    fresh.write_all(bytes).map_err(|e| failed(&e))?;
    fresh.persist(file).map_err(|e| failed(&e.error))?;
    Ok(())
}

/// As [`fs::read`], with nothing for a file that is not there.
///
/// # Errors
/// When there is a file and it cannot be read.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|error| Error::io("cannot read", file, &error)),
    }
}

fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // Renaming over a link would put a file in its place.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let folder: PathBuf = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder)?;
    if let Ok(existing) = fs::metadata(&file)
        && existing.permissions().readonly()
    {
        // A rename would succeed, against the wish of whoever took the permission away.
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    let mut fresh = tempfile::Builder::new().prefix(".rankscope-").tempfile_in(&folder)?;
    fresh.write_all(bytes)?;
    match fs::metadata(&file) {
        Ok(existing) => fresh.as_file().set_permissions(existing.permissions())?,
        Err(_) => fresh.as_file().set_permissions(ordinary(&folder, fresh.as_file())?)?,
    }
    fresh.as_file().sync_all()?;
    fresh.persist(&file).map_err(|error| error.error)?;
    sync_folder(&folder)
}

/// The permissions of a new file: those of the folder without execution, for a temporary file's own let
/// nobody else read it.
#[cfg(unix)]
fn ordinary(folder: &Path, _fresh: &File) -> io::Result<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(folder)?.permissions().mode();
    Ok(fs::Permissions::from_mode((mode & 0o644) | 0o600))
}

#[cfg(not(unix))]
fn ordinary(_folder: &Path, fresh: &File) -> io::Result<fs::Permissions> {
    Ok(fresh.metadata()?.permissions())
}

/// Makes the rename itself last.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_with_its_folders_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/judged.tsv");
        assert_eq!(read(&file).unwrap(), b"");
        write(&file, b"one, and a long line").unwrap();
        write(&file, b"two").unwrap();
        assert_eq!(read(&file).unwrap(), b"two");
        let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "no temporary file stays: {left:?}");
    }

    /// Traps: a rename replaces a link by a file, gives a file the permissions of the temporary one, and
    /// succeeds on a file that is read-only.
    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, b"old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
        let error = write(&link, b"newer").unwrap_err().to_string();
        assert!(error.contains("read-only"), "{error}");
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }
}
