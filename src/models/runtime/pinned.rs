//! The one ONNX Runtime that is fetched: a wheel per platform, pinned by sha256, and the library in it.
//!
//! In: a wheel, or a folder that should hold the library. Out: the library, checked by size and sha256. It
//! fetches nothing.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::PINNED_VERSION;
use crate::models::digest;

/// One platform's wheel, and the library in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pinned {
    /// Our name of the platform, part of the folder's name.
    pub platform: &'static str,
    /// pip's name of it.
    pub tag: &'static str,
    pub wheel_sha256: &'static str,
    /// Path of the library inside the wheel.
    pub inside: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
}

/// Platforms with a wheel. There is none for Intel macOS and none for musl.
const WHEELS: [Pinned; 4] = [
    Pinned {
        platform: "linux-x86_64",
        tag: "manylinux_2_28_x86_64",
        wheel_sha256: "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
        inside: "onnxruntime/capi/libonnxruntime.so.1.32.0",
        bytes: 34_824_680,
        sha256: "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
    },
    Pinned {
        platform: "linux-aarch64",
        tag: "manylinux_2_28_aarch64",
        wheel_sha256: "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054",
        inside: "onnxruntime/capi/libonnxruntime.so.1.32.0",
        bytes: 27_165_936,
        sha256: "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
    },
    Pinned {
        platform: "macos-aarch64",
        tag: "macosx_14_0_arm64",
        wheel_sha256: "d52510bbbcc880c13b826f7d75cdf33ac5cf0bb864d960000fc29ce73f0cb83e",
        inside: "onnxruntime/capi/libonnxruntime.1.32.0.dylib",
        bytes: 35_272_344,
        sha256: "fa585fabbea65b823b9a8f7e27d46aee3989d1be7e36b528203d3a1fd613aae7",
    },
    Pinned {
        platform: "windows-x86_64",
        tag: "win_amd64",
        wheel_sha256: "efe7456952c243a05a53d5b8732953625144642c2f3989094277f6217f0c0c40",
        inside: "onnxruntime/capi/onnxruntime.dll",
        bytes: 22_668_640,
        sha256: "443c0065fcdba17618ddef05050308f4b471893c5c7da0337d6957c9073ad8a7",
    },
];

/// This platform's wheel; `None` where there is none.
pub(super) const PINNED: Option<&Pinned> =
    if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")) {
        Some(&WHEELS[0])
    } else if cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "aarch64")) {
        Some(&WHEELS[1])
    } else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        Some(&WHEELS[2])
    } else if cfg!(all(windows, target_arch = "x86_64")) {
        Some(&WHEELS[3])
    } else {
        None
    };

/// Why a file is not the pinned one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Missing,
    Unreadable(String),
    WrongSize { bytes: u64, wanted: u64 },
    WrongHash { sha256: String, wanted: String },
    NoLibrary { inside: String, reason: String },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is not there"),
            Self::Unreadable(reason) => write!(f, "it cannot be read: {reason}"),
            Self::WrongSize { bytes, wanted } => {
                write!(f, "it has {bytes} bytes where {wanted} are expected")
            }
            Self::WrongHash { sha256, wanted } => {
                write!(f, "its sha256 is {sha256} where {wanted} is expected")
            }
            Self::NoLibrary { inside, reason } => {
                write!(f, "{inside} cannot be taken out of the wheel: {reason}")
            }
        }
    }
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error.to_string()),
        }
    }
}

impl Pinned {
    /// What pip calls it.
    pub fn requirement(&self) -> String {
        format!("onnxruntime=={PINNED_VERSION} --hash=sha256:{}\n", self.wheel_sha256)
    }

    /// Where the library lies in a runtime folder: the version and the platform are in the path.
    pub fn library_in(&self, folder: &Path) -> PathBuf {
        folder.join(format!("onnxruntime-{PINNED_VERSION}-{}", self.platform)).join(self.file_name())
    }

    fn file_name(&self) -> &'static str {
        self.inside.rsplit('/').next().unwrap_or(self.inside)
    }

    /// Whether the file is the pinned library: its size, then its sha256 (34 MB, some 25 ms).
    pub fn check(&self, library: &Path) -> Result<(), Unfit> {
        let bytes = fs::metadata(library)?.len();
        if bytes != self.bytes {
            return Err(Unfit::WrongSize { bytes, wanted: self.bytes });
        }
        same_hash(digest::of_file(library)?, self.sha256)
    }

    /// Takes the library out of a wheel, into `folder`, which is on the runtime folder's file system;
    /// checks the wheel first and the library afterwards. Returns its path.
    pub fn unpack(&self, wheel: &Path, folder: &Path) -> Result<PathBuf, Unfit> {
        same_hash(digest::of_file(wheel)?, self.wheel_sha256)?;
        let unpacked = folder.join(self.file_name());
        let cannot = |reason: String| Unfit::NoLibrary { inside: self.inside.to_owned(), reason };
        let mut archive =
            zip::ZipArchive::new(File::open(wheel)?).map_err(|error| cannot(error.to_string()))?;
        let library = archive.by_name(self.inside).map_err(|error| cannot(error.to_string()))?;
        let copy = || -> io::Result<()> {
            let mut file = File::create(&unpacked)?;
            // One byte more than there should be is enough to see that it is too much.
            io::copy(&mut library.take(self.bytes + 1), &mut file)?;
            // A renamed file must have its content even if the machine stops now.
            file.sync_all()
        };
        copy().map_err(|error| cannot(error.to_string()))?;
        self.check(&unpacked)?;
        Ok(unpacked)
    }
}

fn same_hash(sha256: String, wanted: &str) -> Result<(), Unfit> {
    if sha256 == wanted { Ok(()) } else { Err(Unfit::WrongHash { sha256, wanted: wanted.to_owned() }) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;

    /// A wheel with a small "library" in it, and the line of the table that fits it.
    pub(in super::super) fn fake_wheel(path: &Path, library: &[u8]) -> &'static Pinned {
        let inside = "onnxruntime/capi/libfake.so";
        let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(inside, options).unwrap();
        zip.write_all(library).unwrap();
        zip.finish().unwrap();
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        Box::leak(Box::new(Pinned {
            platform: "fake",
            tag: "any",
            wheel_sha256: leak(digest::of_file(path).unwrap()),
            inside,
            bytes: library.len() as u64,
            sha256: leak(digest::of_reader(library).unwrap()),
        }))
    }

    #[test]
    fn the_library_comes_out_of_the_right_wheel_only() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("a.whl");
        let pinned = fake_wheel(&wheel, b"library");
        let unpacked = pinned.unpack(&wheel, folder.path()).unwrap();
        assert_eq!(fs::read(&unpacked).unwrap(), b"library");
        assert_eq!(pinned.check(&unpacked), Ok(()));

        let other = folder.path().join("b.whl");
        fake_wheel(&other, b"another");
        assert!(matches!(pinned.unpack(&other, folder.path()), Err(Unfit::WrongHash { .. })));
    }

    #[test]
    fn a_wheel_that_holds_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("a.whl");
        let fits = *fake_wheel(&wheel, b"library");
        let longer = Pinned { bytes: 5, ..fits };
        assert!(matches!(
            longer.unpack(&wheel, folder.path()),
            Err(Unfit::WrongSize { bytes: 6, wanted: 5 })
        ));
        let elsewhere = Pinned { inside: "onnxruntime/capi/libother.so", ..fits };
        assert!(matches!(elsewhere.unpack(&wheel, folder.path()), Err(Unfit::NoLibrary { .. })));
        let changed = Pinned { sha256: "0", ..fits };
        assert!(matches!(changed.unpack(&wheel, folder.path()), Err(Unfit::WrongHash { .. })));
        let no_zip = folder.path().join("c.whl");
        fs::write(&no_zip, "text").unwrap();
        let sha256: &'static str = Box::leak(digest::of_file(&no_zip).unwrap().into_boxed_str());
        let text = Pinned { wheel_sha256: sha256, ..fits };
        assert!(matches!(text.unpack(&no_zip, folder.path()), Err(Unfit::NoLibrary { .. })));
    }

    #[test]
    fn a_cached_library_is_checked_by_size_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let pinned = fake_wheel(&folder.path().join("a.whl"), b"library");
        let library = pinned.library_in(folder.path());
        assert!(library.to_string_lossy().contains("onnxruntime-1.32.0-fake"));
        assert_eq!(pinned.check(&library), Err(Unfit::Missing));
        fs::create_dir_all(library.parent().unwrap()).unwrap();
        fs::write(&library, b"libr").unwrap();
        assert_eq!(pinned.check(&library), Err(Unfit::WrongSize { bytes: 4, wanted: 7 }));
        fs::write(&library, b"Library").unwrap();
        assert!(matches!(pinned.check(&library), Err(Unfit::WrongHash { .. })));
    }

    #[test]
    fn the_table_is_well_formed() {
        for pinned in &WHEELS {
            for hash in [pinned.wheel_sha256, pinned.sha256] {
                assert_eq!(hash.len(), 64, "{}", pinned.platform);
                assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()));
            }
            assert!(pinned.requirement().contains(PINNED_VERSION));
        }
    }
}
