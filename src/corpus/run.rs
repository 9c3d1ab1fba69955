//! TREC run files: another engine's lists for the collection's queries.
//!
//! In: lines of `qid Q0 docno rank score tag`. Out: one list a query, in the one order of the program:
//! score descending, ties by id descending. The rank column is ignored, as `trec_eval` does.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;

use super::options::ReadOptions;
use super::progress::{Meter, Reading};
use super::rows::{Aside, Rows, first_few};
use super::source::Source;
use super::{Collection, Noted};
use crate::domain::{DocIdx, Hit, QueryIdx, Score};
use crate::error::{Error, Result};
use crate::order::order_key;

/// A run, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// By [`QueryIdx`]; empty where the run has no list for the query.
    pub lists: Vec<Vec<Hit>>,
    /// What was odd, each a sentence.
    pub notes: Vec<String>,
}

/// Reads a run file.
///
/// # Errors
/// With file and line: a row that is no row of a run, a score that is not a finite number, a passage
/// twice in one list, a passage that the corpus does not have. With [`ReadOptions::skip_bad_rows`] such
/// rows are left out and counted.
pub fn read(file: &Path, collection: &Collection, options: &ReadOptions) -> Result<Run> {
    read_telling(file, collection, options, &|_| ControlFlow::Continue(()))
}

/// As [`read`]; `tell` hears now and then how far it is, and can stop it. Rows of queries that the
/// collection does not have are counted and not kept.
///
/// # Errors
/// As [`read`], and when it is stopped.
pub fn read_telling(
    file: &Path,
    collection: &Collection,
    options: &ReadOptions,
    tell: &dyn Fn(Reading) -> ControlFlow<()>,
) -> Result<Run> {
    let mut reader = Reader {
        docs: (0u32..).zip(collection.passages.iter()).map(|(i, p)| (p.id.as_str(), DocIdx(i))).collect(),
        queries: (0u32..).zip(&collection.queries).map(|(i, q)| (q.id.as_str(), QueryIdx(i))).collect(),
        lists: vec![Vec::new(); collection.queries.len()],
        seen: HashSet::new(),
        unknown_queries: Noted::default(),
    };
    let mut aside = Aside::default();
    let meter = Meter::new(tell);
    let mut source = Source::open(file, &meter)?;
    let mut rows = Rows::new(file, options.skip_bad_rows);
    rows.read_lines(&mut source, |_, line| reader.take(line))?;
    rows.finish("a row of a run is: query id, Q0, passage id, rank, score, name of the run", &mut aside)?;
    let mut notes = aside.warnings;
    if reader.lists.iter().all(Vec::is_empty) {
        return Err(Error::input("no row of this run is of a query of this collection")
            .in_file(file)
            .advise("name the collection that the run is of, or its queries with --queries"));
    }
    if reader.unknown_queries.count > 0 {
        notes.push(format!(
            "{} rows of the run are of queries that are not in the queries file ({}): left out",
            reader.unknown_queries.count,
            first_few(&reader.unknown_queries)
        ));
    }
    let mut lists = reader.lists;
    for list in &mut lists {
        let key = |hit: &Hit| order_key(hit.score, collection.tie_order[hit.doc.index()]);
        list.sort_by_key(|hit| std::cmp::Reverse(key(hit)));
    }
    Ok(Run { lists, notes })
}

/// Whether the first row of a file is one of a run: six words, or five where the run has no name, the fourth a
/// rank, the fifth a score. A file that cannot be read is none.
pub fn is_run(file: &Path) -> bool {
    let tell = |_| ControlFlow::Continue(());
    let meter = Meter::new(&tell);
    Source::open(file, &meter).is_ok_and(|source| begins_a_run(&String::from_utf8_lossy(source.head())))
}

/// As [`is_run`], of a text.
pub(super) fn begins_a_run(text: &str) -> bool {
    let row = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let columns: Vec<&str> = row.split_whitespace().collect();
    match columns.as_slice() {
        [_, _, _, rank, score] | [_, _, _, rank, score, _] => {
            rank.parse::<u32>().is_ok() && score.parse::<Score>().is_ok()
        }
        _ => false,
    }
}

/// The query, the passage and the score in a row.
fn columns(line: &str) -> Result<(&str, &str, &str), String> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    match columns.as_slice() {
        [query, _q0, passage, _rank, score, ..] => Ok((query, passage, score)),
        other => Err(format!("{} columns where 6 are expected", other.len())),
    }
}

/// Hands the query and the passage of every row to `take`. Rows that are none are left to [`read`].
///
/// # Errors
/// When the file cannot be read.
pub(super) fn ids(file: &Path, meter: &Meter<'_>, mut take: impl FnMut(&str, &str)) -> Result<()> {
    let mut source = Source::open(file, meter)?;
    // Their faults are told when the run is read.
    let mut rows = Rows::new(file, true);
    rows.read_lines(&mut source, |_, line| {
        let (query, passage, _) = columns(line)?;
        take(query, passage);
        Ok(())
    })
}

struct Reader<'a> {
    docs: HashMap<&'a str, DocIdx>,
    queries: HashMap<&'a str, QueryIdx>,
    lists: Vec<Vec<Hit>>,
    seen: HashSet<(QueryIdx, DocIdx)>,
    unknown_queries: Noted<String>,
}

impl Reader<'_> {
    fn take(&mut self, line: &str) -> Result<(), String> {
        let (query, passage, score) = columns(line)?;
        // trec_eval keeps scores as float: what it would see is what we order by.
        let score: Score = score.parse().map_err(|_| format!("the score {score:?} is not a number"))?;
        if !score.is_finite() {
            return Err(format!("the score of {passage:?} for {query:?} is {score}, which is not finite"));
        }
        let Some(&query_idx) = self.queries.get(query) else {
            self.unknown_queries.note(|| query.to_owned());
            return Ok(());
        };
        let Some(&doc) = self.docs.get(passage) else {
            return Err(format!("the passage {passage:?} is not in the corpus"));
        };
        if !self.seen.insert((query_idx, doc)) {
            return Err(format!("{passage:?} stands twice in the list of {query:?}"));
        }
        if let Some(list) = self.lists.get_mut(query_idx.index()) {
            list.push(Hit { doc, score });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Language, Passage, Query};

    fn collection() -> Collection {
        let passage = |id: &str| Passage {
            id: id.into(),
            title: String::new(),
            text: "x".into(),
            language: Language::new("en"),
        };
        let query = |id: &str| Query { id: id.into(), text: "x".into(), language: Language::new("en") };
        let passages = ["d1", "d2", "d3"].map(passage).to_vec();
        Collection::new("test".into(), passages, vec![query("q1"), query("q2")], vec![], vec![])
    }

    fn read_text(text: &str, skip_bad_rows: bool) -> Result<Run> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.txt");
        std::fs::write(&file, text).unwrap();
        read(&file, &collection(), &ReadOptions { skip_bad_rows, ..ReadOptions::default() })
    }

    /// Trap: a reader that believes the rank column, or leaves ties in file order.
    #[test]
    fn scores_order_the_list_and_ties_go_to_the_greater_id() {
        let run = read_text("q1 Q0 d1 1 0.5 x\nq1 Q0 d3 2 0.5 x\nq1\tQ0\td2\t3\t0.9\tx\n\n", false).unwrap();
        let docs: Vec<u32> = run.lists[0].iter().map(|hit| hit.doc.0).collect();
        assert_eq!(docs, [1, 2, 0]);
        assert!(run.lists[1].is_empty() && run.notes.is_empty());
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_line() {
        for (row, fault) in [
            ("q1 Q0 d2 1 NaN x", "not finite"),
            ("q1 Q0 d2 1 inf x", "not finite"),
            ("q1 Q0 d2 1 high x", "not a number"),
            ("q1 Q0 d2 1", "4 columns"),
            ("q1 Q0 d1 2 0.1 x", "stands twice"),
            ("q1 Q0 d9 2 0.1 x", "not in the corpus"),
        ] {
            let text = format!("q1 Q0 d1 1 0.5 x\n{row}\n");
            let error = read_text(&text, false).unwrap_err().to_string();
            assert!(error.contains(fault) && error.contains("run.txt:2"), "{error}");
            let run = read_text(&text, true).unwrap();
            assert_eq!((run.lists[0].len(), run.notes.len()), (1, 1), "{row}");
        }
    }

    #[test]
    fn rows_of_other_queries_are_counted_and_left_out() {
        let run = read_text("q1 Q0 d1 1 0.5 x\nq7 Q0 d1 1 0.5 x\n", false).unwrap();
        assert!(run.notes[0].contains("1 rows") && run.notes[0].contains("q7"), "{:?}", run.notes);
        assert!(read_text("q7 Q0 d1 1 0.5 x\n", false).is_err(), "not a run of this collection");
    }
}
