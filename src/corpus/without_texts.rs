//! A collection of which only ids are known: those in runs and in the qrels. Enough for metrics, fates and
//! every view that needs no text.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::documents::Documents;
use super::options::ReadOptions;
use super::progress::Meter;
use super::read::queries as read_queries;
use super::rows::Aside;
use super::{Collection, qrels, run, source};
use crate::domain::{JudgedBy, Language, Passage, Query};
use crate::error::{Error, Result};

/// Reads the ids. `path` names the collection.
pub(super) fn read(
    path: &Path,
    runs: &[PathBuf],
    options: &ReadOptions,
    meter: &Meter<'_>,
) -> Result<Collection> {
    let mut aside = Aside::default();
    let listed = match &options.queries {
        Some(file) => Some(read_queries(file, options, &[], meter, &mut aside)?),
        None => None,
    };
    let (mut passages, mut query_ids) = (Ids::default(), Ids::default());
    let judgments = match &options.qrels {
        Some(file) => {
            let rows = qrels::parse(file, listed.as_deref(), options, meter, &mut aside)?;
            rows.query_ids().for_each(|id| query_ids.add(id));
            Some(rows)
        }
        None => None,
    };
    let of_listed: Option<HashSet<&str>> =
        listed.as_ref().map(|queries| queries.iter().map(|query| query.id.as_str()).collect());
    for file in runs {
        // It is read for its ids here, and later as a leg.
        if file == Path::new(source::STDIN) {
            source::keep_stdin()?;
        }
        run::ids(file, meter, |query, passage| {
            // What other queries found is in no list here.
            if of_listed.as_ref().is_none_or(|listed| listed.contains(query)) {
                query_ids.add(query);
                passages.add(passage);
            }
        })?;
    }
    let said: Vec<Option<String>> = vec![None; passages.order.len()];
    let documents = Documents::new(&bare(&passages.order), &said);
    let by = match &judgments {
        Some(rows) => {
            let known = |id: &str| passages.known.contains(id);
            rows.judged_by(known, documents.as_ref(), options.judged_by, &mut aside)?
        }
        None => JudgedBy::Passage,
    };
    // The corpus is not known, so what is judged is taken to be in it: no leg has it, that is all.
    let places = documents.as_ref().filter(|_| by == JudgedBy::Document).map(Documents::places);
    for id in judgments.iter().flat_map(qrels::Rows::ids) {
        if places.as_ref().is_none_or(|places| !places.contains_key(id)) {
            passages.add(id);
        }
    }
    if passages.order.is_empty() {
        return Err(Error::input("neither the runs nor the qrels name a passage").in_file(path));
    }
    let queries = listed.unwrap_or_else(|| query_ids.order.into_iter().map(bare_query).collect());
    let passages = bare(&passages.order);
    let documents = documents.and_then(|_| Documents::new(&passages, &vec![None; passages.len()]));
    let judged = match judgments {
        Some(rows) => rows.resolve(&passages, &queries, documents.as_ref(), Some(by), &mut aside)?,
        None => qrels::Judged::none(queries.len()),
    };
    let collection = Collection::new(path.to_path_buf(), passages, queries, judged.by_query, aside.warnings);
    let collection = collection.with_documents(documents, judged.by).with_qrels_file(options.qrels.clone());
    Ok(Collection { left_out: aside.left_out, ..collection }.without_texts())
}

fn bare(ids: &[String]) -> Vec<Passage> {
    let passage = |id: &String| Passage {
        id: id.clone(),
        title: String::new(),
        text: String::new(),
        language: Language::undetermined(),
    };
    ids.iter().map(passage).collect()
}

fn bare_query(id: String) -> Query {
    Query { id, text: String::new(), language: Language::undetermined() }
}

/// Ids in the order in which they come, each once.
#[derive(Default)]
struct Ids {
    known: HashSet<String>,
    order: Vec<String>,
}

impl Ids {
    fn add(&mut self, id: &str) {
        if !self.known.contains(id) {
            self.known.insert(id.to_owned());
            self.order.push(id.to_owned());
        }
    }
}
