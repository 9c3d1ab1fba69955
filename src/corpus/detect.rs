//! What a file is written in, told from its first lines. A name is looked at only where the lines leave
//! it open: a table whose columns have names of their own, a broken first line.

use std::path::Path;

use super::record::FieldNames;
use super::run::begins_a_run;
use super::sgml::Block;
use super::source::Source;
use super::table;
use crate::domain::Format;
use crate::error::{Error, Result};

/// The format of the file; `names` are those that its fields may have.
///
/// # Errors
/// When it is something else that is often taken for one of the formats.
pub(super) fn detect(source: &Source<'_>, names: &FieldNames) -> Result<Format> {
    let head = String::from_utf8_lossy(source.head());
    let begin = head.trim_start();
    if begin.starts_with('{') {
        return Ok(Format::Jsonl);
    }
    if begin.strip_prefix('[').is_some_and(|list| list.trim_start().starts_with('{')) {
        return Err(Error::input("this is one JSON list, where every line is to be one row")
            .in_file(&source.file)
            .advise("make lines of it: jq -c '.[]' FILE > FILE.jsonl"));
    }
    if Block::of(begin).is_some() {
        return Ok(Format::Trec);
    }
    if begins_a_run(&head) {
        return Err(Error::input(
            "this is a TREC run, the lists of an engine, where passages or queries are expected",
        )
        .in_file(&source.file)
        .advise("give it as a leg, --leg NAME=FILE, with the judgments: --qrels FILE"));
    }
    match table::delimiter(&head, source.head_is_all(), names) {
        Some(b'\t') => return Ok(Format::Tsv),
        Some(_) => return Ok(Format::Csv),
        None => {}
    }
    if let Some(format) = by_name(&source.file) {
        return Ok(format);
    }
    let is_heading = |line: &str| {
        let words = line.trim_start_matches('#');
        (1..=6).contains(&(line.len() - words.len())) && words.starts_with(' ')
    };
    Ok(if head.lines().any(is_heading) { Format::Markdown } else { Format::Text })
}

/// What a name promises, packed or not.
fn by_name(file: &Path) -> Option<Format> {
    match extension(file)?.as_str() {
        "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
        "csv" => Some(Format::Csv),
        "tsv" => Some(Format::Tsv),
        "md" | "markdown" | "mdx" => Some(Format::Markdown),
        "trec" | "sgml" => Some(Format::Trec),
        _ => None,
    }
}

/// The end of a file's name in lower case, without that of a packer.
pub(super) fn extension(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?.to_lowercase();
    let packers = [".gz", ".zst", ".gzip", ".zstd"];
    let name = packers.iter().find_map(|packer| name.strip_suffix(packer)).unwrap_or(&name);
    name.rsplit_once('.').map(|(_, extension)| extension.to_owned())
}
