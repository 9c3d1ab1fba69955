//! Tables as CSV and TSV: a header, a row a line, quoted where it must be (RFC 4180). Numbers are in full,
//! what is not there is an empty field; texts are as they were in the files.

use super::tables::{Cell, Table};
use crate::error::{Error, Result};

/// The table with `separator` between its fields.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn write(table: &Table, separator: u8) -> Result<String> {
    let bug = |e: &dyn std::fmt::Display| Error::bug(format!("CSV: {e}"));
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    writer.write_record(&table.columns).map_err(|e| bug(&e))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(field)).map_err(|e| bug(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| bug(&e))?;
    String::from_utf8(bytes).map_err(|e| bug(&e))
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => number.to_string(),
        Cell::Count(count) => count.to_string(),
        Cell::Missing => String::new(),
    }
}
