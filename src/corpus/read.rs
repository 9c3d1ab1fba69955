//! Reads a collection: its passages in whatever format, its queries, its judgments.
//!
//! A row that cannot be read is an error that names its line: a metric over a silently smaller corpus is
//! a wrong number. With [`ReadOptions::skip_bad_rows`] such rows are left out and counted instead.
//! Files are read once, from front to end; what is kept is what a [`Collection`] has.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use super::chunks::{self, Chunk};
use super::detect::detect;
use super::documents::Documents;
use super::languages::{Majority, given, given_or_detected};
use super::options::ReadOptions;
use super::places::{self, CorpusFile};
use super::progress::{Meter, Reading};
use super::record::{self, Record, Role};
use super::rows::{Aside, Rows, file_name};
use super::sgml::{self, Block};
use super::source::{Line, Source};
use super::{Collection, Keeper, qrels, table, without_texts};
use crate::domain::{Format, Language, Passage, Query};
use crate::error::{Error, Result};

/// Reads the whole collection, with the person's own queries and with judgments that lie aside.
///
/// ```
/// use rankscope::corpus::{ReadOptions, read};
///
/// # fn main() -> rankscope::Result<()> {
/// let collection = read("sample_corpus".as_ref(), &ReadOptions::default())?;
/// assert_eq!(collection.queries.len(), collection.judgments.len());
/// assert!(collection.judged_queries().count() > 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Bad input, with file and line, and what to do.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Collection> {
    read_telling(path, options, &|_| ControlFlow::Continue(()))
}

/// As [`read`]; `tell` hears now and then how far it is, and can stop it.
///
/// # Errors
/// As [`read`], and when it is stopped.
pub fn read_telling(
    path: &Path,
    options: &ReadOptions,
    tell: &dyn Fn(Reading) -> ControlFlow<()>,
) -> Result<Collection> {
    let meter = Meter::new(tell);
    if let Some(runs) = &options.ids_from {
        let collection = without_texts::read(path, runs, options, &meter)?;
        return Keeper::of(&collection, options.asides.as_deref()).lay_over(collection);
    }
    let places = places::find(path, options)?;
    let mut aside = Aside { warnings: places.notes.clone(), ..Aside::default() };
    let mut passages = Passages::new(options, places.loose && places.qrels.is_none());
    for file in &places.corpus {
        passages.read(file, places.corpus.len() > 1, &meter, &mut aside)?;
    }
    let (passages, documents) = passages.finish(path, &mut aside)?;
    let queries = match &places.queries {
        Some(file) => queries(file, options, &passages, &meter, &mut aside)?,
        None => {
            aside.warnings.push("no queries: only typed queries can be searched".to_owned());
            Vec::new()
        }
    };
    let judged = match &places.qrels {
        Some(file) => {
            let rows = qrels::parse(file, Some(&queries), options, &meter, &mut aside)?;
            rows.resolve(&passages, &queries, documents.as_ref(), options.judged_by, &mut aside)?
        }
        None => {
            aside.warnings.push("no qrels: lists are shown, metrics and fates need judgments".to_owned());
            qrels::Judged::none(queries.len())
        }
    };
    let collection = Collection::new(path.to_path_buf(), passages, queries, judged.by_query, aside.warnings);
    let collection = collection.with_documents(documents, judged.by).with_qrels_file(places.qrels);
    let collection = Collection { left_out: aside.left_out, ..collection };
    Keeper::of(&collection, options.asides.as_deref()).lay_over(collection)
}

/// What to do about a bad row.
const MEND_OR_SKIP: &str = "mend the line, or leave such rows out with --skip-bad-rows";

/// The passages as they come in.
struct Passages<'a> {
    options: &'a ReadOptions,
    /// Whether rows without ids are numbered, where the first one has none.
    may_number: bool,
    ids: Ids,
    passages: Vec<Passage>,
    languages: Vec<Option<Language>>,
    documents: Vec<Option<String>>,
    empty: usize,
}

impl<'a> Passages<'a> {
    fn new(options: &'a ReadOptions, may_number: bool) -> Self {
        Self {
            options,
            may_number,
            ids: Ids::new("passage"),
            passages: Vec::new(),
            languages: Vec::new(),
            documents: Vec::new(),
            empty: 0,
        }
    }

    fn read(
        &mut self,
        file: &CorpusFile,
        one_of_many: bool,
        meter: &Meter<'_>,
        aside: &mut Aside,
    ) -> Result<()> {
        let mut source = Source::open(&file.path, meter)?;
        let names = &self.options.fields;
        let format = self.options.format.map_or_else(|| detect(&source, names), Ok)?;
        let mut rows = Rows::new(&source.file, self.options.skip_bad_rows);
        self.ids.begin(&source.file);
        let before = self.passages.len();
        let mut numbered = false;
        let mut take = |passages: &mut Self, line: usize, mut record: Record| -> Result<(), String> {
            let is_first = passages.passages.len() == before;
            if passages.may_number && record.get(Role::Id).is_none() && (is_first || numbered) {
                numbered = true;
                record.set(Role::Id, line.to_string());
            }
            passages.take(line, record)
        };
        match format {
            Format::Jsonl => {
                rows.read_lines(&mut source, |line, text| take(self, line, record::from_json(text, names)?))?
            }
            Format::Csv | Format::Tsv => {
                let delimiter = delimiter(&source, format, self.options);
                let wanted = if self.may_number { &[Role::Text][..] } else { &[Role::Id, Role::Text] };
                table::read(&mut source, delimiter, names, wanted, &mut rows, |line, record| {
                    take(self, line, record)
                })?;
            }
            Format::Trec => {
                sgml::read(&mut source, Block::Doc, names, &mut rows, |line, record| {
                    take(self, line, record)
                })?;
            }
            Format::Markdown => {
                let (chunks, language) = chunks::markdown(&source.whole()?, self.options.chunking);
                let language = language.as_deref().and_then(|tag| given(Some(tag)));
                chunks.into_iter().try_for_each(|chunk| self.take_chunk(file, chunk, language.as_ref()))?;
            }
            Format::Text => self.read_text(&mut source, file, &mut rows)?,
        }
        rows.finish(MEND_OR_SKIP, aside)?;
        if self.passages.len() == before && !one_of_many {
            return Err(Error::input("no passage in this file").in_file(&file.path).advise(match format {
                Format::Trec => "a passage stands between <DOC> and </DOC>",
                Format::Markdown | Format::Text => "a passage is a paragraph or a section",
                _ => "every line is one passage",
            }));
        }
        if numbered {
            aside.warnings.push(format!(
                "{} has no field for an id: its lines' numbers are the ids",
                file_name(&source.file)
            ));
        }
        Ok(())
    }

    /// A text without headings, in parts that end at an empty line, so that a long one is not held whole.
    fn read_text(&mut self, source: &mut Source<'_>, file: &CorpusFile, rows: &mut Rows) -> Result<()> {
        const PART: usize = 1 << 20;
        let chunking = self.options.chunking;
        let mut part = String::new();
        let mut numbered = 0;
        let mut taken = Ok(());
        let mut cut = |passages: &mut Self, part: &mut String| -> Result<()> {
            let chunks = chunks::plain(part, "", chunking, numbered);
            numbered += chunks.len();
            part.clear();
            chunks.into_iter().try_for_each(|chunk| passages.take_chunk(file, chunk, None))
        };
        source.for_each_line(|number, line| {
            let text = match line {
                Line::TooLong => Err(super::rows::too_long()),
                Line::Text(bytes) => super::rows::text(bytes),
            };
            match text {
                Err(fault) => rows.fault(number, fault),
                Ok(text) => {
                    part.push_str(text);
                    part.push('\n');
                    if part.len() > PART && text.trim().is_empty() && taken.is_ok() {
                        taken = cut(self, &mut part);
                    }
                }
            }
        })?;
        taken?;
        cut(self, &mut part)
    }

    fn take_chunk(&mut self, file: &CorpusFile, chunk: Chunk, language: Option<&Language>) -> Result<()> {
        let mut record = Record::default();
        record.set(Role::Id, format!("{}#{}", file.name, chunk.id));
        record.set(Role::Title, chunk.title);
        record.set(Role::Text, chunk.text);
        record.set(Role::Document, file.name.clone());
        let taken = self.take(1, record);
        if let (Ok(()), Some(slot), Some(language)) = (&taken, self.languages.last_mut(), language) {
            *slot = Some(language.clone());
        }
        taken.map_err(|fault| Error::input(fault).in_file(&file.path))
    }

    fn take(&mut self, line: usize, mut record: Record) -> Result<(), String> {
        let missing = |role: Role| {
            let names = self.options.fields.of(role);
            format!("missing field `{}`", names.first().map_or(role.name(), String::as_str))
        };
        let id = record.take(Role::Id).ok_or_else(|| missing(Role::Id))?;
        let text = record.take(Role::Text).ok_or_else(|| missing(Role::Text))?;
        check_id(&id)?;
        if u32::try_from(self.passages.len()).is_err() {
            return Err("more passages than can be numbered (4,294,967,295)".to_owned());
        }
        self.ids.take(&id, line)?;
        let title = record.take(Role::Title).unwrap_or_default();
        self.empty += usize::from(title.trim().is_empty() && text.trim().is_empty());
        self.languages.push(given(record.get(Role::Language)));
        self.documents.push(record.take(Role::Document).filter(|document| !document.trim().is_empty()));
        self.passages.push(Passage { id, title, text, language: Language::undetermined() });
        Ok(())
    }

    fn finish(self, path: &Path, aside: &mut Aside) -> Result<(Vec<Passage>, Option<Documents>)> {
        let Self { mut passages, languages, documents, empty, options, .. } = self;
        if passages.is_empty() {
            return Err(Error::input("no passage in these files").in_file(path));
        }
        if empty > 0 {
            aside
                .warnings
                .push(format!("{empty} passages have neither title nor text: no leg can match them"));
        }
        let documents = Documents::new(&passages, &documents);
        let languages =
            given_or_detected(languages, options.language.as_ref(), |i| passages[i].indexed_text(), None);
        passages.iter_mut().zip(languages).for_each(|(passage, language)| passage.language = language);
        Ok((passages, documents))
    }
}

fn delimiter(source: &Source<'_>, format: Format, options: &ReadOptions) -> u8 {
    let head = String::from_utf8_lossy(source.head());
    let found = table::delimiter(&head, source.head_is_all(), &options.fields);
    match format {
        Format::Tsv => b'\t',
        _ => found.filter(|&found| found != b'\t').unwrap_or_else(|| table::likely_delimiter(&head)),
    }
}

/// Reads a file of queries on `passages`, which may be none.
pub(super) fn queries(
    file: &Path,
    options: &ReadOptions,
    passages: &[Passage],
    meter: &Meter<'_>,
    aside: &mut Aside,
) -> Result<Vec<Query>> {
    let mut source = Source::open(file, meter)?;
    let names = &options.query_fields;
    let format = detect(&source, names)?;
    let mut rows = Rows::new(&source.file, options.skip_bad_rows);
    let mut ids = Ids::new("query");
    ids.begin(&source.file);
    let mut queries: Vec<Query> = Vec::new();
    let mut languages: Vec<Option<Language>> = Vec::new();
    let mut take = |line: usize, mut record: Record| -> Result<(), String> {
        let missing = |role: Role| {
            let name = names.of(role).first().map_or(role.name(), String::as_str);
            format!("missing field `{name}`")
        };
        let id = record.take(Role::Id).ok_or_else(|| missing(Role::Id))?;
        let text = record.take(Role::Text).ok_or_else(|| missing(Role::Text))?;
        check_id(&id)?;
        if text.trim().is_empty() {
            return Err(format!("query {id:?} has an empty text"));
        }
        ids.take(&id, line)?;
        languages.push(given(record.get(Role::Language)));
        queries.push(Query { id, text, language: Language::undetermined() });
        Ok(())
    };
    match format {
        Format::Jsonl => {
            rows.read_lines(&mut source, |line, text| take(line, record::from_json(text, names)?))?
        }
        Format::Csv | Format::Tsv => {
            let delimiter = delimiter(&source, format, options);
            table::read(&mut source, delimiter, names, &[Role::Id, Role::Text], &mut rows, take)?;
        }
        Format::Trec => sgml::read(&mut source, Block::Top, names, &mut rows, take)?,
        // One query in every line; the lines' numbers are the ids.
        Format::Markdown | Format::Text => rows.read_lines(&mut source, |line, text| {
            let mut record = Record::default();
            record.set(Role::Id, line.to_string());
            record.set(Role::Text, text.trim().to_owned());
            take(line, record)
        })?,
    }
    rows.finish(MEND_OR_SKIP, aside)?;
    if queries.is_empty() {
        return Err(Error::input("no query in this file")
            .in_file(file)
            .advise("every line is one query; without any, remove the file"));
    }
    let text = |i: usize| queries[i].text.clone();
    let languages = given_or_detected(languages, options.language.as_ref(), text, Majority::of(passages));
    queries.iter_mut().zip(languages).for_each(|(query, language)| query.language = language);
    Ok(queries)
}

/// The ids that have come, and the file and line of each.
struct Ids {
    what: &'static str,
    files: Vec<String>,
    lines: HashMap<String, (u32, u32)>,
}

impl Ids {
    fn new(what: &'static str) -> Self {
        Self { what, files: Vec::new(), lines: HashMap::new() }
    }

    fn begin(&mut self, file: &Path) {
        self.files.push(file_name(file));
    }

    fn take(&mut self, id: &str, line: usize) -> Result<(), String> {
        let file = self.files.len().saturating_sub(1);
        if let Some(&(first_file, first)) = self.lines.get(id) {
            let of = match self.files.get(first_file as usize).filter(|_| first_file as usize != file) {
                Some(name) => format!(" of {name}"),
                None => String::new(),
            };
            return Err(format!("{} id {id:?} is there twice, first in line {first}{of}", self.what));
        }
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.lines.insert(id.to_owned(), (small(file), small(line)));
        Ok(())
    }
}

fn check_id(id: &str) -> Result<(), String> {
    match id.trim().is_empty() {
        true => Err("the id is empty".to_owned()),
        false => Ok(()),
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
