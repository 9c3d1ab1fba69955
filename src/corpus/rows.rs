//! The lines of one file, and the bad ones among them: an error that names the first, or, where they are
//! to be skipped, a warning that counts them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::BadRow;
use crate::error::{Error, Result};

/// The lines of a file, one after the other, with what is wrong in them.
pub(super) struct Rows<'a> {
    file: &'a Path,
    skip_bad: bool,
    bad: Vec<(usize, String)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(file: &'a Path, skip_bad: bool) -> Self {
        Self { file, skip_bad, bad: Vec::new() }
    }

    /// Reads JSON rows.
    pub(super) fn read<T: for<'de> Deserialize<'de>>(
        &mut self,
        mut take: impl FnMut(usize, T) -> Result<(), String>,
    ) -> Result<()> {
        self.read_lines(|number, line| {
            let text = std::str::from_utf8(line)
                .map_err(|e| format!("not valid UTF-8 (byte {} of the line)", e.valid_up_to() + 1))?;
            match text.trim().is_empty() {
                true => Ok(()),
                false => take(number, serde_json::from_str(text).map_err(|e| json_fault(&e))?),
            }
        })
    }

    /// Reads rows of any kind; the faults that `take` finds are kept.
    pub(super) fn read_lines(
        &mut self,
        mut take: impl FnMut(usize, &[u8]) -> Result<(), String>,
    ) -> Result<()> {
        let bad = &mut self.bad;
        for_each_line(self.file, |number, line| {
            if let Err(fault) = take(number, line) {
                bad.push((number, fault));
            }
        })
    }

    /// The error of the first bad row; when they are to be skipped a warning, and the rows.
    pub(super) fn finish(self, advice: &str, warnings: &mut Vec<String>) -> Result<Vec<BadRow>> {
        let Some((line, fault)) = self.bad.first() else { return Ok(Vec::new()) };
        let more = match self.bad.len() - 1 {
            0 => String::new(),
            n => format!(" (and {n} more bad lines in this file)"),
        };
        if !self.skip_bad {
            return Err(Error::input(format!("{fault}{more}")).at_line(self.file, *line).advise(advice));
        }
        let name = file_name(self.file);
        warnings.push(format!("{} bad rows of {name} left out, first line {line}: {fault}", self.bad.len()));
        let row = |(line, fault)| BadRow { file: self.file.to_path_buf(), line, fault };
        Ok(self.bad.into_iter().map(row).collect())
    }
}

/// The fault without serde's position in the one-line text, which would be read as a line of the file.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let fault = text.rsplit_once(" at line ").map_or(text.as_str(), |(fault, _)| fault);
    match error.classify() {
        serde_json::error::Category::Data => fault.to_owned(),
        _ => format!("not valid JSON at column {}: {fault}", error.column()),
    }
}

fn file_name(file: &Path) -> String {
    file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Calls `take` with every line's number (from 1) and bytes, without the line end; a UTF-8 byte order
/// mark before the first line is dropped.
fn for_each_line(file: &Path, mut take: impl FnMut(usize, &[u8])) -> Result<()> {
    let opened = File::open(file).map_err(|e| Error::io("cannot open", file, &e))?;
    let mut reader = BufReader::with_capacity(1 << 18, opened);
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(|e| Error::io("cannot read", file, &e))?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        let mut bytes = line.as_slice();
        if number == 1 {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        take(number, bytes);
    }
}

/// Some of the ids, each once, for a message.
pub(super) fn first_few(ids: &[String]) -> String {
    let mut distinct: Vec<&str> = ids.iter().map(String::as_str).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let more = if distinct.len() > 3 { ", …" } else { "" };
    format!("{}{more}", distinct.iter().take(3).copied().collect::<Vec<_>>().join(", "))
}
