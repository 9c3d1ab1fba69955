//! One error for the whole program: what is wrong, where, and what to do next.
//!
//! A message is written for the person who reads it: their file and line or their setting, their words.
//! The kind decides the exit code; nothing else does.

use std::fmt;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose fault it is, which is also the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A threshold that the caller set was not met (exit code 1).
    Threshold,
    /// The program was called wrongly (2).
    Usage,
    /// A file is missing, malformed or cannot be read or written (3).
    Input,
    /// A model, a runtime or a service is not available (4).
    Unavailable,
    /// Our fault (5).
    Bug,
    /// The user stopped it (130, as shells have it for ctrl-c).
    Interrupted,
}

impl ErrorKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Threshold => "threshold",
            Self::Usage => "usage",
            Self::Input => "input",
            Self::Unavailable => "unavailable",
            Self::Interrupted => "interrupted",
            Self::Bug => "bug",
        }
    }

    pub fn exit_code(self) -> u8 {
        match self {
            Self::Threshold => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Unavailable => 4,
            Self::Bug => 5,
            Self::Interrupted => 130,
        }
    }
}

/// A file, and the line in it (from 1) where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    pub line: Option<usize>,
}

/// What went wrong. `Display` is the whole message on one or two lines: place, fault, advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    pub place: Option<Place>,
    pub advice: Option<String>,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, advice: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    pub fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Interrupted, message)
    }

    /// A failed file operation: `doing` says what was tried ("cannot read").
    pub fn io(doing: &str, file: &Path, source: &std::io::Error) -> Self {
        Self::input(format!("{doing}: {source}")).in_file(file)
    }

    pub fn in_file(mut self, file: &Path) -> Self {
        self.place = Some(Place { file: file.to_path_buf(), line: None });
        self
    }

    pub fn at_line(mut self, file: &Path, line: usize) -> Self {
        self.place = Some(Place { file: file.to_path_buf(), line: Some(line) });
        self
    }

    /// What the person can do next.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file.display()),
            None => write!(f, "{}", self.file.display()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(advice) = &self.advice {
            write!(f, "\n  {advice}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_line_and_the_next_step() {
        let error = Error::input("no field \"text\"")
            .at_line(Path::new("corpus.jsonl"), 7)
            .advise("every passage needs a text");
        assert_eq!(error.to_string(), "corpus.jsonl:7: no field \"text\"\n  every passage needs a text");
        assert_eq!(error.kind.exit_code(), 3);
    }
}
