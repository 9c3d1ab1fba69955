//! The rows of one file, and the bad ones among them: an error that names the first, or, where they are
//! to be skipped, a warning that counts them.

use std::path::{Path, PathBuf};

use super::source::{Line, MAX_LINE, Source, TO_UTF8, not_utf8};
use super::{BadRow, LeftOut, Noted};
use crate::error::{Error, Result};

/// What is to be said of a collection beside what is in it.
#[derive(Debug, Default)]
pub(super) struct Aside {
    pub(super) warnings: Vec<String>,
    pub(super) left_out: LeftOut,
}

/// What is wrong in a file, row by row.
pub(super) struct Rows {
    file: PathBuf,
    skip_bad: bool,
    /// Where they are not to be skipped, the first alone.
    bad: Noted<BadRow>,
}

impl Rows {
    pub(super) fn new(file: &Path, skip_bad: bool) -> Self {
        Self { file: file.to_path_buf(), skip_bad, bad: Noted::default() }
    }

    /// Notes what is wrong with the row that begins in line `number`.
    pub(super) fn fault(&mut self, number: usize, fault: String) {
        if !self.skip_bad {
            if self.bad.first.first().is_some_and(|first| first.line <= number) {
                self.bad.count += 1;
                return;
            }
            self.bad.first.clear();
        }
        self.bad.note(|| BadRow { file: self.file.clone(), line: number, fault });
    }

    /// Notes the fault where there is one.
    pub(super) fn keep(&mut self, number: usize, result: Result<(), String>) {
        if let Err(fault) = result {
            self.fault(number, fault);
        }
    }

    /// Reads lines; the faults that `take` finds are kept. Empty lines are none of `take`'s business.
    pub(super) fn read_lines(
        &mut self,
        source: &mut Source<'_>,
        mut take: impl FnMut(usize, &str) -> Result<(), String>,
    ) -> Result<()> {
        source.for_each_line(|number, line| {
            let read = match line {
                Line::TooLong => Err(too_long()),
                Line::Text(bytes) => text(bytes),
            };
            let took = read.and_then(|text| match text.trim().is_empty() {
                true => Ok(()),
                false => take(number, text),
            });
            self.keep(number, took);
        })
    }

    /// The error of the first bad row; when they are to be skipped a warning, and the rows.
    pub(super) fn finish(mut self, advice: &str, aside: &mut Aside) -> Result<()> {
        self.bad.first.sort_by_key(|row| row.line);
        let Some(BadRow { line, fault, .. }) = self.bad.first.first() else { return Ok(()) };
        let more = match self.bad.count - 1 {
            0 => String::new(),
            n => format!(" (and {n} more bad lines in this file)"),
        };
        if !self.skip_bad {
            let advice = if fault.starts_with("not valid UTF-8") { TO_UTF8 } else { advice };
            return Err(Error::input(format!("{fault}{more}")).at_line(&self.file, *line).advise(advice));
        }
        let name = file_name(&self.file);
        let said = format!("{} bad rows of {name} left out, first line {line}: {fault}", self.bad.count);
        aside.warnings.push(said);
        aside.left_out.bad_rows.append(self.bad);
        Ok(())
    }
}

pub(super) fn too_long() -> String {
    format!("longer than {} MiB: is this one document, where every line is to be one row?", MAX_LINE >> 20)
}

/// The line as text.
pub(super) fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|e| not_utf8(e.valid_up_to()))
}

pub(super) fn file_name(file: &Path) -> String {
    file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Some of the ids, each once, for a message.
pub(super) fn first_few(ids: &Noted<String>) -> String {
    let mut distinct: Vec<&str> = ids.first.iter().map(String::as_str).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let more = if distinct.len() > 3 { ", …" } else { "" };
    format!("{}{more}", distinct.iter().take(3).copied().collect::<Vec<_>>().join(", "))
}
