//! A folder in BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels/<split>.tsv`.
//!
//! A row that cannot be read is an error that names its line: a metric over a silently smaller corpus is
//! a wrong number. With [`ReadOptions::skip_bad_rows`] such rows are left out and counted instead.
//! Unknown fields are ignored. A language comes from the field `lang` or `language`, else from the text.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::rows::Rows;
use super::{Collection, LeftOut, qrels};
use crate::domain::{Language, Passage, Query};
use crate::error::{Error, Result};
use crate::text;

/// How a folder is read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The qrels file: `qrels/<split>.tsv`. Without it `test`, or the only file there is.
    pub split: Option<String>,
    /// Leave rows out that cannot be read, and say how many, where the default is an error.
    pub skip_bad_rows: bool,
    /// Where judgments lie that could not be written into their collection; `None`: nowhere.
    pub asides: Option<PathBuf>,
}

/// Reads the whole collection.
///
/// # Errors
/// Bad input, with file and line, and what to do.
pub fn read(folder: &Path, options: &ReadOptions) -> Result<Collection> {
    let corpus = folder.join("corpus.jsonl");
    check_layout(folder, &corpus)?;
    let (mut warnings, mut left_out) = (Vec::new(), LeftOut::default());

    let passages = read_passages(&corpus, options, &mut warnings, &mut left_out)?;
    let queries_file = folder.join("queries.jsonl");
    let queries = match queries_file.exists() {
        true => read_queries(&queries_file, options, &mut warnings, &mut left_out)?,
        false => {
            warnings.push("no queries.jsonl: only typed queries can be searched".to_owned());
            Vec::new()
        }
    };
    let qrels_file = qrels::find(folder, options.split.as_deref())?;
    let judgments = match &qrels_file {
        Some(file) => {
            let read = qrels::read(file, &passages, &queries, options, &mut warnings)?;
            left_out.bad_rows.extend(read.bad_rows);
            left_out.unknown_queries = read.unknown_queries;
            read.judgments
        }
        None => {
            warnings.push("no qrels: lists are shown, metrics and fates need judgments".to_owned());
            vec![Vec::new(); queries.len()]
        }
    };
    let read = Collection::new(folder.to_path_buf(), passages, queries, judgments, warnings);
    Ok(Collection { qrels_file, left_out, ..read })
}

fn check_layout(folder: &Path, corpus: &Path) -> Result<()> {
    const LAYOUT: &str = "a collection is a folder with corpus.jsonl {\"_id\", \"title\", \"text\"}, queries.jsonl \
                          {\"_id\", \"text\"} and qrels/test.tsv (BEIR's layout)";
    if !folder.exists() {
        return Err(Error::input("no such folder").in_file(folder).advise(LAYOUT));
    }
    if !folder.is_dir() {
        return Err(Error::input("this is not a folder").in_file(folder).advise(LAYOUT));
    }
    if !corpus.is_file() {
        return Err(Error::input("there is no corpus.jsonl in this folder").in_file(folder).advise(LAYOUT));
    }
    Ok(())
}

#[derive(Deserialize)]
struct PassageRow {
    #[serde(rename = "_id", deserialize_with = "text_or_number")]
    id: String,
    #[serde(default)]
    title: Option<String>,
    text: String,
    #[serde(default, alias = "language")]
    lang: Option<String>,
}

#[derive(Deserialize)]
struct QueryRow {
    #[serde(rename = "_id", deserialize_with = "text_or_number")]
    id: String,
    text: String,
    #[serde(default, alias = "language")]
    lang: Option<String>,
}

fn read_passages(
    file: &Path,
    options: &ReadOptions,
    warnings: &mut Vec<String>,
    left_out: &mut LeftOut,
) -> Result<Vec<Passage>> {
    let mut rows = Rows::new(file, options.skip_bad_rows);
    let mut ids = Ids::new("passage");
    let mut passages: Vec<Passage> = Vec::new();
    let mut given: Vec<Option<Language>> = Vec::new();
    let mut empty = 0;
    rows.read(|line, row: PassageRow| {
        check_id(&row.id)?;
        ids.take(&row.id, line)?;
        let title = row.title.unwrap_or_default();
        empty += usize::from(title.trim().is_empty() && row.text.trim().is_empty());
        given.push(given_language(row.lang.as_deref()));
        passages.push(Passage { id: row.id, title, text: row.text, language: Language::undetermined() });
        Ok(())
    })?;
    left_out.bad_rows.extend(rows.finish(MEND_OR_SKIP, warnings)?);
    if passages.is_empty() {
        return Err(Error::input("no passage in this file")
            .in_file(file)
            .advise("every line is one passage"));
    }
    if empty > 0 {
        warnings.push(format!("{empty} passages have neither title nor text: no leg can match them"));
    }
    let languages = given_or_detected(given, |i| passages[i].indexed_text());
    passages.iter_mut().zip(languages).for_each(|(passage, language)| passage.language = language);
    Ok(passages)
}

fn read_queries(
    file: &Path,
    options: &ReadOptions,
    warnings: &mut Vec<String>,
    left_out: &mut LeftOut,
) -> Result<Vec<Query>> {
    let mut rows = Rows::new(file, options.skip_bad_rows);
    let mut ids = Ids::new("query");
    let mut queries: Vec<Query> = Vec::new();
    let mut given: Vec<Option<Language>> = Vec::new();
    rows.read(|line, row: QueryRow| {
        check_id(&row.id)?;
        if row.text.trim().is_empty() {
            return Err(format!("query {:?} has an empty text", row.id));
        }
        ids.take(&row.id, line)?;
        given.push(given_language(row.lang.as_deref()));
        queries.push(Query { id: row.id, text: row.text, language: Language::undetermined() });
        Ok(())
    })?;
    left_out.bad_rows.extend(rows.finish(MEND_OR_SKIP, warnings)?);
    if queries.is_empty() {
        return Err(Error::input("no query in this file")
            .in_file(file)
            .advise("every line is one query; without any, remove the file"));
    }
    let languages = given_or_detected(given, |i| queries[i].text.clone());
    queries.iter_mut().zip(languages).for_each(|(query, language)| query.language = language);
    Ok(queries)
}

/// The ids of one file, and the line of each.
struct Ids {
    what: &'static str,
    lines: HashMap<String, usize>,
}

impl Ids {
    fn new(what: &'static str) -> Self {
        Self { what, lines: HashMap::new() }
    }

    fn take(&mut self, id: &str, line: usize) -> Result<(), String> {
        if let Some(first) = self.lines.get(id) {
            return Err(format!("{} id {id:?} is there twice, first in line {first}", self.what));
        }
        self.lines.insert(id.to_owned(), line);
        Ok(())
    }
}

fn check_id(id: &str) -> Result<(), String> {
    match id.trim().is_empty() {
        true => Err("\"_id\" is empty".to_owned()),
        false => Ok(()),
    }
}

fn given_language(lang: Option<&str>) -> Option<Language> {
    lang.map(str::trim).filter(|tag| !tag.is_empty()).map(Language::new)
}

/// The languages given, and those detected of the items that have none; `text` gives an item's text.
fn given_or_detected(given: Vec<Option<Language>>, text: impl Fn(usize) -> String) -> Vec<Language> {
    let unknown = (0..given.len()).filter(|&i| given[i].is_none());
    let texts: Vec<String> = unknown.map(text).collect();
    let mut detected = detect_all(&texts).into_iter();
    given
        .into_iter()
        .map(|language| language.or_else(|| detected.next()).unwrap_or_else(Language::undetermined))
        .collect()
}

/// How many characters are enough to tell a language.
const DETECT_CHARS: usize = 200;

/// The language of each text. Where nine in ten of those that can be told agree, the others (short or
/// mixed ones) are taken to be in that language too.
fn detect_all(texts: &[String]) -> Vec<Language> {
    let und = Language::undetermined();
    let head = |text: &String| -> String { text.chars().take(DETECT_CHARS).collect() };
    let mut languages: Vec<Language> = texts.iter().map(|text| text::detect(&head(text))).collect();
    let mut counts: BTreeMap<&Language, usize> = BTreeMap::new();
    for language in languages.iter().filter(|&language| *language != und) {
        *counts.entry(language).or_insert(0) += 1;
    }
    let told: usize = counts.values().sum();
    let majority = counts.into_iter().max_by_key(|&(_, n)| n).filter(|&(_, n)| n * 10 >= told * 9);
    if let Some(majority) = majority.map(|(language, _)| language.clone()) {
        let by_script = |text: &String| text::guess_by_script(text).is_some();
        for (language, text) in languages.iter_mut().zip(texts) {
            if *language == und || !by_script(text) {
                *language = majority.clone();
            }
        }
    }
    languages
}

/// What to do about a bad row.
const MEND_OR_SKIP: &str = "mend the line, or leave such rows out with --skip-bad-rows";

/// Ids are text, but some sets write them as JSON numbers.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Id;
    impl Visitor<'_> for Id {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an id (text or a whole number)")
        }
        fn visit_str<E: de::Error>(self, v: &str) -> Result<String, E> {
            Ok(v.to_owned())
        }
        fn visit_u64<E: de::Error>(self, v: u64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_i64<E: de::Error>(self, v: i64) -> Result<String, E> {
            Ok(v.to_string())
        }
    }
    deserializer.deserialize_any(Id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::JudgedPassage;
    use crate::domain::QueryIdx;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    fn read_err(files: &[(&str, &[u8])]) -> String {
        let folder = folder(files);
        let error = read(folder.path(), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind.exit_code(), 3);
        error.to_string().replace(&folder.path().display().to_string(), "")
    }

    const P: (&str, &[u8]) =
        ("corpus.jsonl", b"{\"_id\": \"d1\", \"text\": \"one\"}\n{\"_id\": 2, \"text\": \"two\"}\n");
    const Q: (&str, &[u8]) = ("queries.jsonl", b"{\"_id\": \"q1\", \"text\": \"uno\"}\n");

    #[test]
    fn numbers_are_ids_and_a_byte_order_mark_is_dropped() {
        let folder = folder(&[
            P,
            ("queries.jsonl", b"\xef\xbb\xbf{\"_id\": 7, \"text\": \"x\", \"lang\": \"ko\"}\r\n"),
        ]);
        let collection = read(folder.path(), &ReadOptions::default()).unwrap();
        assert_eq!(collection.passages[1].id, "2");
        assert_eq!(collection.queries[0].id, "7");
        assert_eq!(collection.queries[0].language.as_str(), "ko");
        assert_eq!(collection.judged_queries().count(), 0);
    }

    #[test]
    fn bad_rows_name_their_line() {
        let bad = b"{\"_id\": \"d1\", \"text\": \"one\"}\n{\"_id\": \"d2\", \"text\n{\n";
        let message = read_err(&[("corpus.jsonl", bad)]);
        assert!(message.contains("corpus.jsonl:2: not valid JSON"), "{message}");
        assert!(message.contains("1 more bad line"), "{message}");
        assert!(message.contains("--skip-bad-rows"), "{message}");
        assert!(!message.contains("at line 1"), "serde's own position is not the file's: {message}");
        let message = read_err(&[("corpus.jsonl", b"{\"_id\": \"d1\"}")]);
        assert!(message.contains("corpus.jsonl:1: missing field `text`"), "{message}");
        let message = read_err(&[("corpus.jsonl", b"{\"_id\": \"d1\", \"text\": \"a\xff\"}")]);
        assert!(message.contains("corpus.jsonl:1: not valid UTF-8"), "{message}");
    }

    #[test]
    fn duplicates_name_both_lines() {
        let twice = b"{\"_id\": \"d1\", \"text\": \"one\"}\n\n{\"_id\": \"d1\", \"text\": \"two\"}\n";
        let message = read_err(&[("corpus.jsonl", twice)]);
        assert!(
            message.contains("corpus.jsonl:3: passage id \"d1\" is there twice, first in line 1"),
            "{message}"
        );
    }

    #[test]
    fn empty_files_and_texts_are_told() {
        assert!(read_err(&[("corpus.jsonl", b"")]).contains("no passage in this file"));
        assert!(read_err(&[P, ("queries.jsonl", b"")]).contains("no query in this file"));
        assert!(
            read_err(&[P, ("queries.jsonl", b"{\"_id\": \"q\", \"text\": \" \"}")]).contains("empty text")
        );
        assert!(read_err(&[]).contains("no corpus.jsonl"));
        let missing = read(Path::new("/no/such/folder"), &ReadOptions::default()).unwrap_err();
        assert!(missing.to_string().contains("/no/such/folder: no such folder"));
    }

    #[test]
    fn skipping_leaves_rows_out_and_says_so() {
        let folder = folder(&[("corpus.jsonl", b"{\"_id\": \"d1\", \"text\": \"one\"}\n{\n")]);
        let options = ReadOptions { skip_bad_rows: true, ..ReadOptions::default() };
        let collection = read(folder.path(), &options).unwrap();
        assert_eq!(collection.passages.len(), 1);
        assert!(collection.warnings[0].contains("1 bad rows of corpus.jsonl left out, first line 2"));
        let rows: Vec<usize> = collection.left_out.bad_rows.iter().map(|row| row.line).collect();
        assert_eq!(rows, [2]);
    }

    /// Trap: dropping a judgment of an unknown passage would make R smaller and recall higher.
    #[test]
    fn unknown_passages_stay_judged_and_unknown_queries_are_reported() {
        let qrels = b"query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\tgone\t1\nq9\td1\t1\n";
        let folder = folder(&[P, Q, ("qrels/test.tsv", qrels)]);
        let collection = read(folder.path(), &ReadOptions::default()).unwrap();
        let judged = collection.judgments(QueryIdx(0));
        assert_eq!(judged.len(), 2);
        assert_eq!(judged[1].passage, JudgedPassage::Missing("gone".into()));
        assert!(collection.warnings.iter().any(|w| w.contains("gone")), "{:?}", collection.warnings);
        assert!(collection.warnings.iter().any(|w| w.contains("q9")), "{:?}", collection.warnings);
        assert_eq!(collection.left_out.unknown_queries, ["q9"]);
    }

    #[test]
    fn qrels_faults_name_their_line() {
        let message = read_err(&[P, Q, ("qrels/test.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\tmuch\n")]);
        assert!(message.contains("test.tsv:2:") && message.contains("\"much\""), "{message}");
        let message = read_err(&[P, Q, ("qrels/test.tsv", b"q1\td1\t1\nq1\td1\t2\n")]);
        assert!(message.contains("test.tsv:2:") && message.contains("judged twice"), "{message}");
        let message = read_err(&[P, Q, ("qrels/a.tsv", b"q1\td1\t1\n"), ("qrels/b.tsv", b"q1\td1\t1\n")]);
        assert!(message.contains("--split") && message.contains("a, b"), "{message}");
        let message = read_err(&[P, Q, ("qrels/test.tsv", b"")]);
        assert!(message.contains("no judgment in this file"), "{message}");
    }
}
