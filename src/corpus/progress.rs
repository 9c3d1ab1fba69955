//! How far reading is: counted in bytes as they lie on disk, told now and then, and the place where
//! somebody can say that nobody waits for it any more.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// How many bytes are read between two reports.
const STEP: u64 = 1 << 20;

/// How far the reading of one file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub file: PathBuf,
    /// Bytes read, packed where the file is.
    pub bytes: u64,
    /// Of so many; `None` for standard input.
    pub total: Option<u64>,
}

/// Counts what is read of one file after the other.
pub(super) struct Meter<'a> {
    tell: &'a dyn Fn(Reading) -> ControlFlow<()>,
    now: RefCell<Reading>,
    told: Cell<u64>,
}

impl<'a> Meter<'a> {
    pub(super) fn new(tell: &'a dyn Fn(Reading) -> ControlFlow<()>) -> Self {
        let now = Reading { file: "standard input".into(), bytes: 0, total: None };
        Self { tell, now: RefCell::new(now), told: Cell::new(0) }
    }

    pub(super) fn begin(&self, file: &Path, total: Option<u64>) {
        *self.now.borrow_mut() = Reading { file: file.to_path_buf(), bytes: 0, total };
        self.told.set(0);
    }

    pub(super) fn count<R: Read>(&'a self, inner: R) -> impl Read + use<'a, R> {
        Counted { inner, meter: self }
    }

    fn add(&self, bytes: usize) -> io::Result<()> {
        let mut now = self.now.borrow_mut();
        now.bytes += bytes as u64;
        if now.bytes < self.told.get() + STEP {
            return Ok(());
        }
        self.told.set(now.bytes);
        match (self.tell)(now.clone()) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(io::Error::other("reading was stopped")),
        }
    }
}

struct Counted<'a, R> {
    inner: R,
    meter: &'a Meter<'a>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.meter.add(read)?;
        Ok(read)
    }
}
