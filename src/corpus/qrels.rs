//! Relevance judgments: BEIR's three columns with a header, or TREC's four without. They speak of
//! passages, or of the documents that the passages are of.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::documents::Documents;
use super::options::ReadOptions;
use super::progress::Meter;
use super::rows::{self, Aside, first_few};
use super::source::Source;
use super::{JudgedPassage, Judgment, Noted};
use crate::domain::{DocIdx, Grade, JudgedBy, Passage, Query, QueryIdx};
use crate::error::{Error, Result};

/// The rows of a qrels file, not yet held against a collection.
pub(super) struct Rows {
    file: PathBuf,
    /// In the order in which they come.
    queries: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    line: usize,
    /// Of `Rows::queries`.
    query: usize,
    id: String,
    grade: Grade,
}

/// The judgments of a collection.
pub(super) struct Judged {
    /// By [`QueryIdx`], in file order.
    pub(super) by_query: Vec<Vec<Judgment>>,
    pub(super) by: JudgedBy,
}

impl Judged {
    pub(super) fn none(queries: usize) -> Self {
        Self { by_query: vec![Vec::new(); queries], by: JudgedBy::Passage }
    }
}

/// What the last column of a header is called.
const GRADES: &[&str] =
    &["score", "grade", "rel", "relevance", "relevancy", "label", "judgment", "judgement"];

/// Reads the rows. Of queries that are not among `listed` they are counted and not kept, so that a file of
/// millions of them takes no room; `None`: all queries count.
///
/// # Errors
/// With file and line: what is no judgment, or contradicts another one.
pub(super) fn parse(
    file: &Path,
    listed: Option<&[Query]>,
    options: &ReadOptions,
    meter: &Meter<'_>,
    aside: &mut Aside,
) -> Result<Rows> {
    let listed: Option<HashSet<&str>> =
        listed.map(|queries| queries.iter().map(|query| query.id.as_str()).collect());
    let mut source = Source::open(file, meter)?;
    let mut faults = rows::Rows::new(&source.file, options.skip_bad_rows);
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut read = Rows { file: source.file.clone(), queries: Vec::new(), rows: Vec::new() };
    let (mut header, mut judgments) = (false, 0u64);
    let mut unlisted = Noted::default();
    faults.read_lines(&mut source, |line, text| {
        let columns = columns(text);
        let (query, id, grade) = match columns.as_slice() {
            [query, id, grade] => (*query, *id, *grade),
            [query, _iteration, id, grade] => (*query, *id, *grade),
            other => return Err(format!("{} columns where 3 (or TREC's 4) are expected", other.len())),
        };
        let Ok(grade) = grade.parse::<Grade>() else {
            if judgments == 0 && !header && GRADES.contains(&grade.to_lowercase().as_str()) {
                header = true;
                return Ok(());
            }
            return Err(format!("the grade {grade:?} is not a whole number"));
        };
        if query.is_empty() || id.is_empty() {
            return Err("an id is empty".to_owned());
        }
        judgments += 1;
        if listed.as_ref().is_some_and(|listed| !listed.contains(query)) {
            unlisted.note(|| query.to_owned());
            return Ok(());
        }
        let query = *places.entry(query.to_owned()).or_insert_with(|| {
            read.queries.push(query.to_owned());
            read.queries.len() - 1
        });
        read.rows.push(Row { line, query, id: id.to_owned(), grade });
        Ok(())
    })?;
    read.drop_doubles(&mut faults);
    faults.finish("a judgment is: query-id, corpus-id, grade (a whole number), separated by tabs", aside)?;
    if judgments == 0 {
        return Err(Error::input("no judgment in this file")
            .in_file(file)
            .advise("a judgment is: query-id, corpus-id, grade; without any, remove the file"));
    }
    if unlisted.count > 0 {
        aside.warnings.push(format!(
            "{} judgments are of queries that are not in the queries file ({}): left out",
            unlisted.count,
            first_few(&unlisted)
        ));
    }
    aside.left_out.unknown_queries.append(unlisted);
    Ok(read)
}

/// The columns of a line: between tabs, where there is one.
pub(super) fn columns(line: &str) -> Vec<&str> {
    match line.contains('\t') {
        true => line.split('\t').map(str::trim).collect(),
        false => line.split_whitespace().collect(),
    }
}

impl Rows {
    /// Of judgments of one pair the first stays; another grade for it is a fault.
    fn drop_doubles(&mut self, faults: &mut rows::Rows) {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let key = |at: &usize| (self.rows[*at].query, self.rows[*at].id.as_str());
        order.sort_by(|a, b| key(a).cmp(&key(b)));
        let mut doubles = HashSet::new();
        for pair in order.chunk_by(|a, b| key(a) == key(b)) {
            let [first, others @ ..] = pair else { continue };
            for &other in others {
                let (first, row) = (&self.rows[*first], &self.rows[other]);
                doubles.insert(row.line);
                if row.grade != first.grade {
                    let query = &self.queries[row.query];
                    faults.fault(
                        row.line,
                        format!(
                            "{:?} is judged twice for {query:?}, as {} and as {}",
                            row.id, first.grade, row.grade
                        ),
                    );
                }
            }
        }
        self.rows.retain(|row| !doubles.contains(&row.line));
    }

    /// The queries that are judged, in file order.
    pub(super) fn query_ids(&self) -> impl Iterator<Item = &str> {
        self.queries.iter().map(String::as_str)
    }

    /// What is judged, in file order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.id.as_str())
    }

    /// What the judgments speak of: what was asked for, else documents where no id is a passage's and
    /// some are documents'.
    ///
    /// # Errors
    /// When they are to speak of documents and there are none.
    pub(super) fn judged_by(
        &self,
        known_passage: impl Fn(&str) -> bool,
        documents: Option<&Documents>,
        asked: Option<JudgedBy>,
        aside: &mut Aside,
    ) -> Result<JudgedBy> {
        let Some(documents) = documents else {
            return match asked {
                Some(JudgedBy::Document) => {
                    Err(Error::input("--judged-by document: no passage names its document")
                        .in_file(&self.file)
                        .advise("give passages a field doc_id, or ids such as doc#3"))
                }
                _ => Ok(JudgedBy::Passage),
            };
        };
        if let Some(asked) = asked {
            return Ok(asked);
        }
        let places = documents.places();
        let (mut of_passages, mut of_documents) = (0, 0);
        for id in self.ids() {
            match known_passage(id) {
                true => of_passages += 1,
                false => of_documents += usize::from(places.contains_key(id)),
            }
        }
        match (of_passages, of_documents) {
            (_, 0) => Ok(JudgedBy::Passage),
            (0, _) => Ok(JudgedBy::Document),
            _ => {
                aside.warnings.push(format!(
                    "{of_passages} judgments name passages and {of_documents} name documents: taken as judgments of \
                     passages; --judged-by document takes them all as judgments of documents"
                ));
                Ok(JudgedBy::Passage)
            }
        }
    }

    /// The judgments of a collection with these passages and queries.
    ///
    /// # Errors
    /// As [`Rows::judged_by`].
    pub(super) fn resolve(
        self,
        passages: &[Passage],
        queries: &[Query],
        documents: Option<&Documents>,
        asked: Option<JudgedBy>,
        aside: &mut Aside,
    ) -> Result<Judged> {
        let docs: HashMap<&str, DocIdx> =
            (0u32..).zip(passages).map(|(i, p)| (p.id.as_str(), DocIdx(i))).collect();
        let by = self.judged_by(|id| docs.contains_key(id), documents, asked, aside)?;
        let places = documents.filter(|_| by == JudgedBy::Document).map(Documents::places);
        let known: HashMap<&str, QueryIdx> =
            (0u32..).zip(queries).map(|(i, q)| (q.id.as_str(), QueryIdx(i))).collect();
        let query_of: Vec<Option<QueryIdx>> =
            self.queries.iter().map(|id| known.get(id.as_str()).copied()).collect();
        let mut by_query = vec![Vec::new(); queries.len()];
        let mut unknown = Noted::default();
        for row in self.rows {
            let Some(query) = query_of[row.query] else { continue };
            let passage = match &places {
                Some(places) => places.get(row.id.as_str()).copied().map(JudgedPassage::Document),
                None => docs.get(row.id.as_str()).copied().map(JudgedPassage::Known),
            };
            if passage.is_none() && row.grade > 0 {
                unknown.note(|| row.id.clone());
            }
            let passage = passage.unwrap_or(JudgedPassage::Missing(row.id));
            by_query[query.index()].push(Judgment { passage, grade: row.grade });
        }
        let what = if by == JudgedBy::Document { "documents" } else { "passages" };
        if let (JudgedBy::Document, Some(documents)) = (by, documents) {
            aside.warnings.push(format!(
                "the judgments name documents ({} of {} passages): a document stands where its best passage stands; \
                 metrics, fates and k count documents, N counts passages",
                documents.len(),
                passages.len()
            ));
        }
        if unknown.count > 0 {
            aside.warnings.push(format!(
                "{} relevant judgments name {what} that are not in the corpus ({}): they stay in R and no setting can \
                 find them",
                unknown.count,
                first_few(&unknown)
            ));
        }
        Ok(Judged { by_query, by })
    }
}
