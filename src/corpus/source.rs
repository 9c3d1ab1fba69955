//! From a path to lines of text. How a file is packed and encoded is told from its first bytes, never
//! from its name: gzip and zstd are unpacked, UTF-16 with a byte order mark is decoded, the mark of UTF-8
//! is dropped. `-` is standard input. It knows nothing of what the lines mean.
//!
//! Memory is bounded: the head that detection looks at, and one line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::progress::Meter;
use crate::error::{Error, Result};

/// The path that means standard input.
pub(super) const STDIN: &str = "-";
/// How much of a file is looked at to tell what it is.
const HEAD: usize = 64 << 10;
/// The longest line: more is a mistake, such as one JSON document where lines are expected.
pub(super) const MAX_LINE: usize = 64 << 20;
const BUFFER: usize = 256 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

/// A file that is being read.
pub(super) struct Source<'a> {
    pub(super) file: PathBuf,
    packing: Packing,
    head: Vec<u8>,
    reader: Box<dyn BufRead + 'a>,
    /// Lines handed out.
    lines: usize,
}

/// One line without its end.
pub(super) enum Line<'a> {
    Text(&'a [u8]),
    /// Longer than [`MAX_LINE`]; what was in it is not kept.
    TooLong,
}

const STDIN_NAME: &str = "standard input";
/// What came through standard input, in a file without a name, where it is read more than once.
static SPOOL: OnceLock<File> = OnceLock::new();

fn unreadable(error: io::Error) -> Error {
    Error::io("cannot read", Path::new(STDIN_NAME), &error)
}

/// Reads standard input to its end, so that it can be opened again and again.
///
/// # Errors
/// When it cannot be read, or not be kept.
pub(super) fn keep_stdin() -> Result<()> {
    if SPOOL.get().is_none() {
        let mut file = tempfile::tempfile().map_err(unreadable)?;
        io::copy(&mut io::stdin().lock(), &mut file).map_err(unreadable)?;
        let _ = SPOOL.set(file);
    }
    Ok(())
}

impl<'a> Source<'a> {
    /// Opens a file, or standard input. `meter` counts the bytes as they lie on disk.
    ///
    /// # Errors
    /// When it cannot be opened, or its first bytes cannot be unpacked.
    pub(super) fn open(file: &Path, meter: &'a Meter<'a>) -> Result<Self> {
        if file == Path::new(STDIN) {
            let Some(spool) = SPOOL.get() else {
                return Self::new(STDIN_NAME.into(), io::stdin().lock(), meter);
            };
            let mut again = spool.try_clone().map_err(unreadable)?;
            again.seek(SeekFrom::Start(0)).map_err(unreadable)?;
            return Self::new(STDIN_NAME.into(), again, meter);
        }
        let opened = File::open(file).map_err(|e| Error::io("cannot open", file, &e))?;
        let size = opened.metadata().ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
        meter.begin(file, size);
        Self::new(file.to_path_buf(), opened, meter)
    }

    fn new(file: PathBuf, raw: impl Read + 'a, meter: &'a Meter<'a>) -> Result<Self> {
        let mut raw = BufReader::with_capacity(BUFFER, meter.count(raw));
        let mut magic = Vec::new();
        let failed = |e: io::Error| Error::io("cannot read", &file, &e);
        raw.by_ref().take(4).read_to_end(&mut magic).map_err(failed)?;
        let packing = match magic.as_slice() {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
            _ => Packing::None,
        };
        let raw = Cursor::new(magic).chain(raw);
        let unpacked: Box<dyn Read + 'a> = match packing {
            Packing::None => Box::new(raw),
            Packing::Gzip => Box::new(MultiGzDecoder::new(raw)),
            Packing::Zstd => Box::new(Frames { packed: raw, decoder: FrameDecoder::new(), open: false }),
        };
        // UTF-8 passes as it is, so that what is wrong in it can be told with its line.
        let decoded = DecodeReaderBytesBuilder::new()
            .utf8_passthru(true)
            .strip_bom(true)
            .bom_sniffing(true)
            .build(unpacked);
        let mut source = Self {
            file,
            packing,
            head: Vec::new(),
            reader: Box::new(BufReader::with_capacity(BUFFER, decoded)),
            lines: 0,
        };
        let mut head = Vec::new();
        if let Err(error) = source.reader.by_ref().take(HEAD as u64).read_to_end(&mut head) {
            return Err(source.fault(&error));
        }
        if head.contains(&0) {
            return Err(Error::input("this is no text: it has bytes of value 0")
                .in_file(&source.file)
                .advise(
                    "UTF-16 without a byte order mark: iconv -f UTF-16LE -t UTF-8; anything else is not read",
                ));
        }
        source.head.clone_from(&head);
        let rest = std::mem::replace(&mut source.reader, Box::new(io::empty()));
        source.reader = Box::new(Cursor::new(head).chain(rest));
        Ok(source)
    }

    /// The first bytes of the text, for detection.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether the head is the whole text.
    pub(super) fn head_is_all(&self) -> bool {
        self.head.len() < HEAD
    }

    /// The text from where reading stands.
    pub(super) fn reader(&mut self) -> &mut dyn BufRead {
        &mut self.reader
    }

    /// A failed read, told as what it means for this file.
    pub(super) fn fault(&self, error: &io::Error) -> Error {
        let (name, check) = match self.packing {
            Packing::None => return Error::io("cannot read", &self.file, error),
            Packing::Gzip => ("gzip", "gzip -t"),
            Packing::Zstd => ("zstd", "zstd -t"),
        };
        let fault = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ends early".to_owned(),
            _ => format!("is damaged or ends early ({error})"),
        };
        let place = self.lines.max(1);
        Error::input(format!("the {name} data {fault}"))
            .at_line(&self.file, place)
            .advise(format!("fetch or pack the file again; `{check}` checks it"))
    }

    /// Calls `take` with every line's number (from 1) and the line.
    ///
    /// # Errors
    /// When the file cannot be read to its end.
    pub(super) fn for_each_line(&mut self, mut take: impl FnMut(usize, Line<'_>)) -> Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = read_line(&mut self.reader, &mut line).map_err(|e| self.fault(&e))?;
            if read == 0 {
                return Ok(());
            }
            self.lines += 1;
            if read > MAX_LINE {
                take(self.lines, Line::TooLong);
                continue;
            }
            let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
            take(self.lines, Line::Text(bytes.strip_suffix(b"\r").unwrap_or(bytes)));
        }
    }

    /// The whole text of a small file.
    ///
    /// # Errors
    /// When it cannot be read, is longer than a line may be, or is not UTF-8.
    pub(super) fn whole(&mut self) -> Result<String> {
        let mut bytes = Vec::new();
        let limit = MAX_LINE as u64 + 1;
        self.reader.by_ref().take(limit).read_to_end(&mut bytes).map_err(|e| self.fault(&e))?;
        if bytes.len() > MAX_LINE {
            return Err(Error::input(format!("this text is longer than {} MiB", MAX_LINE >> 20))
                .in_file(&self.file)
                .advise("split it into several files"));
        }
        String::from_utf8(bytes).map_err(|e| {
            let upto = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let line = upto.iter().filter(|&&byte| byte == b'\n').count() + 1;
            let start = upto.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            Error::input(not_utf8(upto.len() - start)).at_line(&self.file, line).advise(TO_UTF8)
        })
    }
}

/// What to do about a text that is not UTF-8.
pub(super) const TO_UTF8: &str =
    "if it is Latin-1, turn it into UTF-8 first: iconv -f LATIN1 -t UTF-8 FILE > NEW";

/// `valid` bytes of the line are well.
pub(super) fn not_utf8(valid: usize) -> String {
    format!("not valid UTF-8 (byte {} of the line)", valid + 1)
}

/// As `read_until`, but keeps no more than [`MAX_LINE`] bytes. Returns how many were read.
fn read_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let mut read = 0;
    loop {
        let available = match reader.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if available.is_empty() {
            return Ok(read);
        }
        let end = available.iter().position(|&byte| byte == b'\n').map(|at| at + 1);
        let used = end.unwrap_or(available.len());
        read += used;
        match read > MAX_LINE {
            true => line.clear(),
            false => line.extend_from_slice(&available[..used]),
        }
        reader.consume(used);
        if end.is_some() {
            return Ok(read);
        }
    }
}

/// zstd frames, one after the other, as `zstd` and `cat` make them.
struct Frames<R> {
    packed: R,
    decoder: FrameDecoder,
    open: bool,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.open && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.open && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.packed, one).map_err(io::Error::other)?;
                continue;
            }
            self.open = false;
            if self.packed.fill_buf()?.is_empty() {
                return Ok(0);
            }
            match self.decoder.init(&mut self.packed) {
                Ok(()) => self.open = true,
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.packed.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
