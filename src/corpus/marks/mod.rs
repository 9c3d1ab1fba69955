//! Judgments made on the screen: where they are kept, and how a collection takes them.
//!
//! In: a [`Mark`]. Out: the file that now holds it, and a collection that has it. A judgment of a listed
//! query goes into the collection's qrels file; a typed query gets an id and a line of its own, with its
//! judgments, in `own-queries.jsonl` beside the collection. Where those cannot be written, both go into a
//! folder of the user's (`aside`), from which the next start takes them. Nothing is measured here.
//!
//! - `lines`: a file of judgments with one line more or other.
//! - `own`: the file of the person's own queries.
//! - `overlay`: how a collection takes judgments.

mod lines;
mod overlay;
mod own;

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Collection, JudgedPassage};
use crate::domain::{DocIdx, Grade, QueryIdx};
use crate::durable;
use crate::error::{Error, Result};
use overlay::{append, lay_over_lines, lay_over_own, set};
use own::OwnQuery;

pub use own::id_of as own_id;

/// Whose judgment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkedQuery {
    /// By its id.
    Listed(String),
    /// By its text; it becomes a listed one with its first judgment.
    Typed(String),
}

/// A judgment to be made, changed or, without a grade, taken away. It goes by ids, so that it is right
/// also where the collection has changed since it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub query: MarkedQuery,
    pub passage: String,
    pub grade: Option<Grade>,
}

/// Where a judgment went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub file: PathBuf,
    /// Why it did not go where it belongs.
    pub instead: Option<String>,
}

const OWN_QUERIES: &str = "own-queries.jsonl";
const QRELS: &str = "qrels.tsv";

/// The files that hold a collection's judgments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeper {
    /// `None`: the collection has no place for judgments of its own queries.
    qrels: Option<PathBuf>,
    own: PathBuf,
    aside: Option<PathBuf>,
}

impl Keeper {
    /// `asides` holds a folder for each collection that cannot be written.
    pub fn of(collection: &Collection, asides: Option<&Path>) -> Self {
        let folder = &collection.folder;
        let beside = if folder.is_dir() { folder.clone() } else { folder.with_extension("") };
        let own = match folder.is_dir() {
            true => beside.join(OWN_QUERIES),
            false => {
                let stem = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
                beside.with_file_name(format!("{stem}.{OWN_QUERIES}"))
            }
        };
        // A file in BEIR's place is read only where the passages are in BEIR's place too.
        let new = folder.join("corpus.jsonl").is_file().then(|| folder.join("qrels/test.tsv"));
        Self {
            qrels: collection.qrels_file.clone().or(new),
            own,
            aside: asides.map(|asides| asides.join(folder_name(collection))),
        }
    }

    /// Writes a judgment, and gives the collection that has it and where it was written. Returns when it
    /// is safe on the disk.
    ///
    /// # Errors
    /// When it can be written neither where it belongs nor aside: then it is nowhere.
    pub fn keep(&self, collection: &Collection, mark: &Mark) -> Result<(Collection, QueryIdx, Kept)> {
        let gone = |what: &str| Error::input(format!("{what} is not in the collection any more"));
        let doc = collection.passages.iter().position(|passage| passage.id == mark.passage);
        let doc = doc.and_then(|at| Some(DocIdx(u32::try_from(at).ok()?)));
        let doc = doc.ok_or_else(|| gone(&format!("passage {:?}", mark.passage)))?;
        let query = find(collection, &mark.query);
        // Where documents are judged it is the passage's document that is marked.
        let (id, judged) = match collection.judged_documents() {
            Some(documents) => (documents.id(documents.of(doc)), JudgedPassage::Document(documents.of(doc))),
            None => (mark.passage.as_str(), JudgedPassage::Known(doc)),
        };
        let mut next = collection.clone();
        let (query, kept) = match (query, &mark.query) {
            (Some(query), _) if !is_own(collection, query) => {
                (query, self.keep_line(&collection.query(query).id, id, mark.grade)?)
            }
            (Some(query), _) => {
                let own = OwnQuery::of(&collection.query(query).text);
                (query, self.keep_own(&own, id, mark.grade)?)
            }
            (None, MarkedQuery::Typed(text)) => {
                let own = OwnQuery::of(text);
                let kept = self.keep_own(&own, id, mark.grade)?;
                (append(&mut next, own.id, &own.text, own.lang.as_deref()), kept)
            }
            (None, MarkedQuery::Listed(id)) => return Err(gone(&format!("query {id:?}"))),
        };
        set(&mut next, query, judged, mark.grade);
        Ok((next, query, kept))
    }

    fn keep_line(&self, query: &str, passage: &str, grade: Option<Grade>) -> Result<Kept> {
        let amend = |file: &[u8], grade| lines::amended(file, query, passage, grade);
        // In the file aside a judgment that is taken away still has to say so: -1 is unjudged.
        let aside = |file: &[u8]| amend(file, Some(grade.unwrap_or(-1)));
        self.write(self.qrels.as_deref(), QRELS, &|file| amend(file, grade), &aside)
    }

    fn keep_own(&self, query: &OwnQuery, passage: &str, grade: Option<Grade>) -> Result<Kept> {
        let aside = |file: &[u8]| own::amended(file, query, passage, Some(grade.unwrap_or(-1)));
        self.write(Some(&self.own), OWN_QUERIES, &|file| own::amended(file, query, passage, grade), &aside)
    }

    /// Writes where it belongs, else aside.
    fn write(
        &self,
        place: Option<&Path>,
        name: &str,
        amend: Amend<'_>,
        amend_aside: Amend<'_>,
    ) -> Result<Kept> {
        let other = self.aside.as_ref().map(|folder| folder.join(name));
        let fault = match place {
            Some(place) => match write(place, amend) {
                Ok(()) => {
                    // What lies aside goes before what is in the collection, so it must not say otherwise.
                    if let Some(other) = other.filter(|other| other.exists()) {
                        write(&other, amend_aside)?;
                    }
                    return Ok(Kept { file: place.to_path_buf(), instead: None });
                }
                Err(error) => error,
            },
            None => Error::input("this collection has no qrels file, and no place for one"),
        };
        let Some(other) = other else { return Err(fault) };
        write(&other, amend_aside)?;
        Ok(Kept { file: other, instead: Some(fault.to_string()) })
    }

    /// The collection with the person's own queries and with what lies aside.
    ///
    /// # Errors
    /// When one of these files cannot be read; it names the line.
    pub fn lay_over(&self, mut collection: Collection) -> Result<Collection> {
        let aside = |name: &str| self.aside.as_ref().map(|folder| folder.join(name));
        for file in [Some(self.own.clone()), aside(OWN_QUERIES)].into_iter().flatten() {
            let own = own::parse(&durable::read(&file)?).map_err(|(line, fault)| {
                Error::input(fault)
                    .at_line(&file, line)
                    .advise("a line is a query of your own: mend it, or remove it")
            })?;
            lay_over_own(&mut collection, own);
        }
        if let Some(file) = aside(QRELS) {
            lay_over_lines(&mut collection, &durable::read(&file)?, &file)?;
        }
        Ok(collection)
    }
}

/// From the bytes of a file to those with one judgment more or other; what is wrong with it, in words.
type Amend<'a> = &'a dyn Fn(&[u8]) -> Result<Vec<u8>, String>;

fn write(file: &Path, amend: Amend<'_>) -> Result<()> {
    let before = durable::read(file)?;
    let after = amend(&before).map_err(|fault| Error::input(fault).in_file(file))?;
    if after == before { Ok(()) } else { durable::write(file, &after) }
}

/// The collection's folder among those aside: its name, for people, and its path, hashed, for certainty.
fn folder_name(collection: &Collection) -> String {
    let path = collection.folder.canonicalize().unwrap_or_else(|_| collection.folder.clone());
    let hash = crate::text::hex(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
    let name: String =
        collection.name.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect();
    format!("{name}-{}", &hash[..12])
}

/// The listed query that is meant: a typed one whose text is listed is that one.
fn find(collection: &Collection, query: &MarkedQuery) -> Option<QueryIdx> {
    let at = collection.queries.iter().position(|listed| match query {
        MarkedQuery::Listed(id) => listed.id == *id,
        MarkedQuery::Typed(text) => listed.text.trim() == text.trim(),
    })?;
    Some(QueryIdx(u32::try_from(at).ok()?))
}

/// Whether a listed query is one of the person's own.
pub fn is_own(collection: &Collection, query: QueryIdx) -> bool {
    let query = collection.query(query);
    // Cheap first: a list asks it of every row that it draws.
    query.id.starts_with(own::PREFIX) && query.id == own::id_of(&query.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{ReadOptions, read};

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let passages = "{\"_id\": \"d1\", \"text\": \"one\"}\n{\"_id\": \"d2\", \"text\": \"two\"}\n";
        let queries = "{\"_id\": \"q1\", \"text\": \"uno\"}\n";
        for (name, content) in [("corpus.jsonl", passages), ("queries.jsonl", queries)].iter().chain(files) {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    fn open(folder: &Path, asides: &Path) -> Collection {
        let options = ReadOptions { asides: Some(asides.to_path_buf()), ..ReadOptions::default() };
        read(folder, &options).unwrap()
    }

    fn mark(query: MarkedQuery, doc: u32, grade: Option<Grade>) -> Mark {
        Mark { query, passage: format!("d{}", doc + 1), grade }
    }

    fn grades(collection: &Collection, query: u32) -> Vec<Option<Grade>> {
        (0..2).map(|doc| collection.grade(QueryIdx(query), DocIdx(doc))).collect()
    }

    #[test]
    fn a_first_judgment_makes_the_qrels_file_and_the_next_start_has_it() {
        let (folder, asides) = (folder(&[]), tempfile::tempdir().unwrap());
        let collection = open(folder.path(), asides.path());
        let keeper = Keeper::of(&collection, Some(asides.path()));
        let listed = MarkedQuery::Listed("q1".into());
        let (next, query, kept) = keeper.keep(&collection, &mark(listed.clone(), 1, Some(2))).unwrap();
        assert_eq!((query, kept.instead), (QueryIdx(0), None));
        assert_eq!(kept.file, folder.path().join("qrels/test.tsv"));
        assert_eq!(grades(&next, 0), [None, Some(2)]);
        assert_eq!(grades(&open(folder.path(), asides.path()), 0), [None, Some(2)]);
        let (next, ..) = keeper.keep(&next, &mark(listed, 1, None)).unwrap();
        assert_eq!(grades(&next, 0), [None, None]);
        assert_eq!(grades(&open(folder.path(), asides.path()), 0), [None, None], "and the file can be read");
    }

    #[test]
    fn a_typed_query_becomes_a_listed_one_with_its_first_judgment() {
        let (folder, asides) = (folder(&[]), tempfile::tempdir().unwrap());
        let collection = open(folder.path(), asides.path());
        let keeper = Keeper::of(&collection, None);
        let typed = MarkedQuery::Typed(" dos  ".into());
        let (next, query, kept) = keeper.keep(&collection, &mark(typed.clone(), 0, Some(1))).unwrap();
        assert_eq!((query, kept.file), (QueryIdx(1), folder.path().join("own-queries.jsonl")));
        let typed_again = typed.clone();
        let (next, again, _) = keeper.keep(&next, &mark(typed, 1, Some(3))).unwrap();
        assert_eq!(again, query, "the same text is the same query");
        let (next, ..) =
            keeper.keep(&next, &mark(MarkedQuery::Listed(next.query(query).id.clone()), 0, Some(0))).unwrap();
        let opened = open(folder.path(), asides.path());
        for collection in [&next, &opened] {
            assert_eq!(grades(collection, 1), [Some(0), Some(3)]);
            assert!(is_own(collection, query) && !is_own(collection, QueryIdx(0)));
        }
        assert_eq!(opened.query(query).text, "dos");
        assert!(!folder.path().join("qrels").exists(), "the collection's qrels know no query of one's own");
        let gone = keeper.keep(&next, &mark(typed_again, 8, Some(1))).unwrap_err();
        assert!(gone.to_string().contains("\"d9\" is not in the collection any more"), "{gone}");
        let (_, listed, _) = keeper.keep(&next, &mark(MarkedQuery::Typed("uno".into()), 0, Some(1))).unwrap();
        assert_eq!(listed, QueryIdx(0), "a text that is listed is that query");
    }

    /// Trap: what lies aside would win over a later judgment in the collection's own file.
    #[cfg(unix)]
    #[test]
    fn what_cannot_be_written_goes_aside_and_is_not_lost() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder(&[("qrels/test.tsv", "q1\td1\t1\n")]);
        let asides = tempfile::tempdir().unwrap();
        let file = folder.path().join("qrels/test.tsv");
        let permit = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        permit(0o444);
        let collection = open(folder.path(), asides.path());
        let listed = MarkedQuery::Listed("q1".into());
        let alone = Keeper::of(&collection, None).keep(&collection, &mark(listed.clone(), 1, Some(2)));
        assert!(alone.unwrap_err().to_string().contains("read-only"));
        let keeper = Keeper::of(&collection, Some(asides.path()));
        let (next, _, kept) = keeper.keep(&collection, &mark(listed.clone(), 1, Some(2))).unwrap();
        assert!(kept.file.starts_with(asides.path()) && kept.instead.unwrap().contains("read-only"));
        keeper.keep(&next, &mark(listed.clone(), 0, None)).unwrap();
        let opened = open(folder.path(), asides.path());
        assert_eq!(grades(&opened, 0), [None, Some(2)]);
        permit(0o644);
        keeper.keep(&opened, &mark(listed, 0, Some(3))).unwrap();
        assert_eq!(grades(&open(folder.path(), asides.path()), 0), [Some(3), Some(2)]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "q1\td1\t3\n");
    }
}
