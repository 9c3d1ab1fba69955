//! How a collection takes judgments: one, those of the person's own queries, those of a file that lies
//! aside. Nothing is written here.

use std::collections::HashMap;
use std::path::Path;

use super::own::OwnQuery;
use crate::corpus::{Collection, JudgedPassage, Judgment, qrels};
use crate::domain::{DocIdx, Grade, Language, Passage, Query, QueryIdx};
use crate::error::{Error, Result};

pub(super) fn append(collection: &mut Collection, id: String, text: &str, lang: Option<&str>) -> QueryIdx {
    let language = lang.map_or_else(|| crate::text::detect(text), Language::new);
    collection.queries.push(Query { id, text: text.to_owned(), language });
    collection.judgments.push(Vec::new());
    QueryIdx(u32::try_from(collection.queries.len() - 1).unwrap_or(u32::MAX))
}

pub(super) fn set(
    collection: &mut Collection,
    query: QueryIdx,
    passage: JudgedPassage,
    grade: Option<Grade>,
) {
    let Some(judged) = collection.judgments.get_mut(query.index()) else { return };
    let at = judged.iter().position(|judgment| judgment.passage == passage);
    match (at.and_then(|at| judged.get_mut(at)), grade) {
        (Some(judgment), Some(grade)) => judgment.grade = grade,
        (None, Some(grade)) => judged.push(Judgment { passage, grade }),
        (_, None) => judged.retain(|judgment| judgment.passage != passage),
    }
}

/// The passages by their ids.
fn by_id(collection: &Collection) -> HashMap<String, JudgedPassage> {
    if let Some(documents) = collection.judged_documents() {
        let judged = |(id, &document): (&&str, &_)| ((*id).to_owned(), JudgedPassage::Document(document));
        return documents.places().iter().map(judged).collect();
    }
    let judged = |(i, passage): (u32, &Passage)| (passage.id.clone(), JudgedPassage::Known(DocIdx(i)));
    (0u32..).zip(collection.passages.iter()).map(judged).collect()
}

pub(super) fn lay_over_own(collection: &mut Collection, own: Vec<OwnQuery>) {
    if own.is_empty() {
        return;
    }
    let docs = by_id(collection);
    for query in own {
        let known = collection.queries.iter().position(|listed| listed.id == query.id);
        let at = match known.and_then(|at| u32::try_from(at).ok()) {
            Some(at) => QueryIdx(at),
            None => append(collection, query.id, &query.text, query.lang.as_deref()),
        };
        for (passage, grade) in query.judgments {
            set(collection, at, judged_passage(&docs, passage), Some(grade));
        }
    }
}

fn judged_passage(docs: &HashMap<String, JudgedPassage>, id: String) -> JudgedPassage {
    docs.get(&id).cloned().unwrap_or(JudgedPassage::Missing(id))
}

pub(super) fn lay_over_lines(collection: &mut Collection, file: &[u8], place: &Path) -> Result<()> {
    if file.is_empty() {
        return Ok(());
    }
    let text =
        std::str::from_utf8(file).map_err(|_| Error::input("not valid UTF-8").in_file(place))?.to_owned();
    let docs = by_id(collection);
    let queries: HashMap<String, QueryIdx> =
        (0u32..).zip(&collection.queries).map(|(i, query)| (query.id.clone(), QueryIdx(i))).collect();
    for line in text.lines() {
        let columns = qrels::columns(line);
        let [query, passage, grade] = columns.as_slice() else { continue };
        // The header's third column is no number.
        let Ok(grade) = grade.parse::<Grade>() else { continue };
        if let Some(&query) = queries.get(*query) {
            set(collection, query, judged_passage(&docs, (*passage).to_owned()), Some(grade));
        }
    }
    Ok(())
}
