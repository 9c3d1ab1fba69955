//! Tables: CSV (with quotes, by comma, semicolon or bar) and TSV (by tab, quotes mean nothing, as in the
//! files that search collections come in). Columns have names in the first row, or are counted from 1; two
//! columns of a TSV without names are id and text.

use std::cell::Cell;
use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::record::{FieldNames, Record, Role};
use super::rows::{Rows, text};
use super::source::{MAX_LINE, Source};
use crate::error::{Error, Result};

/// Which column is of which role, from 0.
type Columns = [Option<usize>; 5];

/// Reads a table; `take` gets the line where a row begins. `wanted`: a table needs these columns.
///
/// # Errors
/// When the file cannot be read, or its columns cannot be told.
pub(super) fn read(
    source: &mut Source<'_>,
    delimiter: u8,
    names: &FieldNames,
    wanted: &[Role],
    rows: &mut Rows,
    mut take: impl FnMut(usize, Record) -> Result<(), String>,
) -> Result<()> {
    let file = source.file.clone();
    let left = Cell::new(MAX_LINE);
    let mut failed = None;
    let bounded = Bounded { inner: source.reader(), left: &left };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(delimiter != b'\t')
        .has_headers(false)
        .flexible(true)
        .from_reader(bounded);
    let mut row = ByteRecord::new();
    let mut columns: Option<(Columns, usize)> = None;
    loop {
        left.set(MAX_LINE);
        let line = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                failed = Some((line, error));
                break;
            }
        }
        let line = row.position().map_or(line, |at| usize::try_from(at.line()).unwrap_or(usize::MAX));
        let cells: Result<Vec<&str>, String> = row.iter().map(text).collect();
        let cells = match cells {
            Ok(cells) => cells,
            Err(fault) => {
                rows.fault(line, fault);
                continue;
            }
        };
        let Some((columns, width)) = &columns else {
            let (found, is_header) = columns_of(&cells, names, wanted, delimiter)
                .map_err(|fault| Error::input(fault).at_line(&file, line).advise(NAME_COLUMNS))?;
            columns = Some((found, cells.len()));
            if !is_header {
                rows.keep(line, take(line, record(&cells, &found)));
            }
            continue;
        };
        let took = match cells.len() == *width {
            true => take(line, record(&cells, columns)),
            false => Err(format!("{} columns where the first row has {width}", cells.len())),
        };
        rows.keep(line, took);
    }
    match failed {
        None => Ok(()),
        Some((line, error)) => Err(match error.into_kind() {
            csv::ErrorKind::Io(error) if error.get_ref().is_some_and(|e| e.is::<Endless>()) => {
                Error::input(format!("the row that begins here is longer than {} MiB", MAX_LINE >> 20))
                    .at_line(&file, line)
                    .advise("is a quote opened and never closed?")
            }
            csv::ErrorKind::Io(error) => source.fault(&error),
            other => Error::input(format!("this is no table: {other:?}")).at_line(&file, line),
        }),
    }
}

const NAME_COLUMNS: &str = "say which column is which: --fields id=NAME,text=NAME, or by their numbers from 1 where \
                            the first row has no names: --fields id=1,text=2 (for queries --query-fields)";

/// Which column is of which role, and whether this first row has the names.
fn columns_of(
    cells: &[&str],
    names: &FieldNames,
    wanted: &[Role],
    delimiter: u8,
) -> Result<(Columns, bool), String> {
    let number = |role: Role| match names.of(role) {
        [name] => name.parse::<usize>().ok().filter(|&number| number > 0).map(|number| number - 1),
        _ => None,
    };
    let numbered = Role::ALL.map(number);
    if numbered.iter().any(Option::is_some) {
        if let Some(beyond) = numbered.iter().flatten().find(|&&column| column >= cells.len()) {
            return Err(format!("there is no column {}: this row has {}", beyond + 1, cells.len()));
        }
        return Ok((numbered, false));
    }
    let trimmed: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
    let named = names.columns(&trimmed);
    if wanted.iter().all(|&role| named[role as usize].is_some()) {
        return Ok((named, true));
    }
    let none_named = named.iter().all(Option::is_none);
    let of = |roles: &[Role]| {
        let mut columns = Columns::default();
        (0..).zip(roles).for_each(|(at, &role)| columns[role as usize] = Some(at));
        columns
    };
    match cells.len() {
        // As search collections have it; in a CSV they are names that are not known.
        2 if none_named && delimiter == b'\t' => Ok((of(&[Role::Id, Role::Text]), false)),
        _ => {
            let missing: Vec<&str> = wanted
                .iter()
                .filter(|&&role| named[role as usize].is_none())
                .map(|role| role.name())
                .collect();
            let there = trimmed.iter().take(12).map(|cell| format!("{:?}", short(cell)));
            Err(format!(
                "no column for {}; the first row has {}",
                missing.join(" and "),
                there.collect::<Vec<_>>().join(", ")
            ))
        }
    }
}

fn short(cell: &str) -> String {
    let mut short: String = cell.chars().take(24).collect();
    if cell.chars().nth(24).is_some() {
        short.push('…');
    }
    short
}

fn record(cells: &[&str], columns: &Columns) -> Record {
    let mut record = Record::default();
    for role in Role::ALL {
        let cell = columns[role as usize].and_then(|column| cells.get(column));
        if let Some(cell) = cell.filter(|cell| role == Role::Text || !cell.trim().is_empty()) {
            record.set(role, if role == Role::Text { (*cell).to_owned() } else { cell.trim().to_owned() });
        }
    }
    record
}

/// A reader that stops a row which does not end.
struct Bounded<'a, R> {
    inner: R,
    left: &'a Cell<usize>,
}

#[derive(Debug)]
struct Endless;

impl std::fmt::Display for Endless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row without an end")
    }
}

impl std::error::Error for Endless {}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other(Endless));
        }
        let read = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read));
        Ok(read)
    }
}

/// The delimiter that divides the first row into columns, where one of them has a name that a text may
/// have (`names`) beside another; or a tab that divides all of the first lines alike.
pub(super) fn delimiter(head: &str, whole: bool, names: &FieldNames) -> Option<u8> {
    let mut lines: Vec<&str> = head.lines().filter(|line| !line.trim().is_empty()).take(20).collect();
    // The last line of the head may be cut.
    if !whole && lines.len() > 1 && lines.len() < 20 {
        lines.pop();
    }
    let first = lines.first()?;
    for delimiter in [b'\t', b',', b';', b'|'] {
        let cells: Vec<&str> =
            first.split(char::from(delimiter)).map(|cell| cell.trim().trim_matches('"')).collect();
        let columns = names.columns(&cells);
        if cells.len() > 1 && columns[Role::Text as usize].is_some() {
            return Some(delimiter);
        }
    }
    let tabs = |line: &&str| line.matches('\t').count();
    let alike = tabs(first) > 0 && lines.iter().all(|line| tabs(line) == tabs(first));
    alike.then_some(b'\t')
}

/// The delimiter that the first line has most of.
pub(super) fn likely_delimiter(head: &str) -> u8 {
    let first = head.lines().next().unwrap_or_default();
    let count = |&delimiter: &u8| first.bytes().filter(|&byte| byte == delimiter).count();
    // Of equals the last one counts: the comma.
    [b'|', b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(first: &[&str]) -> Result<(Columns, bool), String> {
        columns_of(first, &FieldNames::of_passages(), &[Role::Text], b'\t')
    }

    #[test]
    fn the_first_row_has_names_or_is_a_row() {
        assert_eq!(columns(&["Text", "ID"]).unwrap(), ([Some(1), None, Some(0), None, None], true));
        assert_eq!(columns(&["7", "some words"]).unwrap(), ([Some(0), None, Some(1), None, None], false));
        let fault = columns(&["a", "b", "c"]).unwrap_err();
        assert!(fault.contains("no column for text") && fault.contains("\"a\", \"b\", \"c\""), "{fault}");
        assert!(columns(&["id", "words"]).is_err(), "names, but none for the text");
        let csv = columns_of(&["number", "words"], &FieldNames::of_passages(), &[Role::Text], b',');
        assert!(csv.is_err(), "a header would become a passage");
    }

    #[test]
    fn columns_may_be_counted() {
        let mut names = FieldNames::of_passages();
        names.lay_over("id=3,text=1").unwrap();
        let (columns, header) = columns_of(&["id", "text", "c"], &names, &[Role::Text], b',').unwrap();
        assert_eq!(
            (columns[Role::Id as usize], columns[Role::Text as usize], header),
            (Some(2), Some(0), false)
        );
        assert!(columns_of(&["id"], &names, &[], b',').unwrap_err().contains("no column 3"));
    }

    #[test]
    fn tables_are_told_by_their_first_lines() {
        let of = |head: &str| delimiter(head, true, &FieldNames::of_passages());
        assert_eq!(of("id,text\n1,x\n"), Some(b','));
        assert_eq!(of("\"id\";\"text\"\n"), Some(b';'));
        assert_eq!(of("1\tone\n2\ttwo\n"), Some(b'\t'));
        // Prose with commas, and a tab in one line of it.
        assert_eq!(of("Well, this text, as one sees,\tgoes on.\nIt does.\n"), None);
        assert_eq!(of("text\nmore\n"), None, "one column is no table");
    }
}
