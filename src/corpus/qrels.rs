//! Relevance judgments: BEIR's three columns with a header, or TREC's four without.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::beir::ReadOptions;
use super::rows::{Rows, first_few};
use super::{BadRow, JudgedPassage, Judgment};
use crate::domain::{DocIdx, Grade, Passage, Query, QueryIdx};
use crate::error::{Error, Result};

/// The qrels file of a folder: `qrels/<split>.tsv`, without a split `test.tsv` or the only one there.
pub(super) fn find(folder: &Path, split: Option<&str>) -> Result<Option<PathBuf>> {
    let qrels = folder.join("qrels");
    if let Some(split) = split {
        let file = qrels.join(format!("{split}.tsv"));
        return match file.is_file() {
            true => Ok(Some(file)),
            false => Err(Error::usage(format!("--split {split}: no such file"))
                .in_file(&file)
                .advise(format!("there are: {}", splits(&qrels).join(", ")))),
        };
    }
    let test = qrels.join("test.tsv");
    if test.is_file() {
        return Ok(Some(test));
    }
    match splits(&qrels).as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(qrels.join(format!("{only}.tsv")))),
        several => Err(Error::input(format!("several qrels files and no test.tsv: {}", several.join(", ")))
            .in_file(&qrels)
            .advise("choose one with --split NAME")),
    }
}

fn splits(qrels: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(qrels) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".tsv").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// What a qrels file says, and what of it is of no use.
pub(super) struct Qrels {
    /// By [`QueryIdx`], in file order.
    pub(super) judgments: Vec<Vec<Judgment>>,
    pub(super) bad_rows: Vec<BadRow>,
    /// A row each.
    pub(super) unknown_queries: Vec<String>,
}

/// The judgments of `queries`.
pub(super) fn read(
    file: &Path,
    passages: &[Passage],
    queries: &[Query],
    options: &ReadOptions,
    warnings: &mut Vec<String>,
) -> Result<Qrels> {
    let mut reader = Reader {
        docs: (0u32..).zip(passages).map(|(i, p)| (p.id.as_str(), DocIdx(i))).collect(),
        queries: (0u32..).zip(queries).map(|(i, q)| (q.id.as_str(), QueryIdx(i))).collect(),
        judgments: vec![Vec::new(); queries.len()],
        seen: HashMap::new(),
        unknown_passages: Vec::new(),
        unknown_queries: Vec::new(),
        rows: 0,
    };
    let mut rows = Rows::new(file, options.skip_bad_rows);
    rows.read_lines(|number, line| reader.take(number, line))?;
    let bad_rows = rows
        .finish("a judgment is: query-id, corpus-id, grade (a whole number), separated by tabs", warnings)?;
    if reader.rows == 0 {
        return Err(Error::input("no judgment in this file")
            .in_file(file)
            .advise("a judgment is: query-id, corpus-id, grade; without any, remove the file"));
    }
    reader.report(warnings);
    Ok(Qrels { judgments: reader.judgments, bad_rows, unknown_queries: reader.unknown_queries })
}

/// The columns of a line: between tabs, where there is one.
pub(super) fn columns(line: &str) -> Vec<&str> {
    match line.contains('\t') {
        true => line.split('\t').map(str::trim).collect(),
        false => line.split_whitespace().collect(),
    }
}

struct Reader<'a> {
    docs: HashMap<&'a str, DocIdx>,
    queries: HashMap<&'a str, QueryIdx>,
    judgments: Vec<Vec<Judgment>>,
    seen: HashMap<(QueryIdx, String), Grade>,
    unknown_passages: Vec<String>,
    unknown_queries: Vec<String>,
    rows: usize,
}

impl Reader<'_> {
    fn take(&mut self, number: usize, line: &[u8]) -> Result<(), String> {
        let line = std::str::from_utf8(line).map_err(|_| "not valid UTF-8".to_owned())?;
        if line.trim().is_empty() {
            return Ok(());
        }
        let columns = columns(line);
        let (query, passage, grade) = match columns.as_slice() {
            [query, passage, grade] => (*query, *passage, *grade),
            [query, _iteration, passage, grade] => (*query, *passage, *grade),
            other => return Err(format!("{} columns where 3 (or TREC's 4) are expected", other.len())),
        };
        let Ok(grade) = grade.parse::<Grade>() else {
            if number == 1 && self.rows == 0 {
                return Ok(());
            }
            return Err(format!("the grade {grade:?} is not a whole number"));
        };
        self.rows += 1;
        let Some(&query_idx) = self.queries.get(query) else {
            self.unknown_queries.push(query.to_owned());
            return Ok(());
        };
        match self.seen.insert((query_idx, passage.to_owned()), grade) {
            Some(before) if before != grade => {
                return Err(format!("{passage:?} is judged twice for {query:?}, as {before} and as {grade}"));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        let passage = match self.docs.get(passage) {
            Some(&doc) => JudgedPassage::Known(doc),
            None => {
                if grade > 0 {
                    self.unknown_passages.push(passage.to_owned());
                }
                JudgedPassage::Missing(passage.to_owned())
            }
        };
        // Query indices come from the map above, which numbers `judgments`.
        if let Some(judged) = self.judgments.get_mut(query_idx.index()) {
            judged.push(Judgment { passage, grade });
        }
        Ok(())
    }

    fn report(&self, warnings: &mut Vec<String>) {
        if !self.unknown_passages.is_empty() {
            warnings.push(format!(
                "{} relevant judgments name passages that are not in the corpus ({}): they stay in R and no \
                 setting can find them",
                self.unknown_passages.len(),
                first_few(&self.unknown_passages)
            ));
        }
        if !self.unknown_queries.is_empty() {
            warnings.push(format!(
                "{} judgments are of queries that are not in the queries file ({}): left out",
                self.unknown_queries.len(),
                first_few(&self.unknown_queries)
            ));
        }
    }
}
