//! Which document each passage is of, for judgments that speak of documents where passages are searched.
//!
//! Said by the passages themselves (field `doc_id`, the file of a chunk), else told from ids such as
//! `doc#3`: what stands before the last `#`.

use std::collections::HashMap;

use crate::domain::{DocIdx, Passage};

/// A document's place among the documents, from 0, in the order of their first passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentIdx(pub u32);

impl DocumentIdx {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The documents that the passages are of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Documents {
    ids: Vec<String>,
    /// By [`DocIdx`].
    of: Vec<DocumentIdx>,
    /// The passages, those of a document together.
    members: Vec<DocIdx>,
    /// By [`DocumentIdx`]: where its passages begin in `members`; one more at the end.
    starts: Vec<usize>,
}

impl Documents {
    /// From what the passages say of themselves, by [`DocIdx`]; one that says nothing is a document by
    /// itself. `None` where no passage says anything and no id has a `#`.
    pub fn new(passages: &[Passage], said: &[Option<String>]) -> Option<Self> {
        let any = said.iter().any(Option::is_some);
        if !any && !passages.iter().any(|passage| by_id(&passage.id).is_some()) {
            return None;
        }
        let mut places: HashMap<String, DocumentIdx> = HashMap::new();
        let mut documents = Self::default();
        for (at, passage) in passages.iter().enumerate() {
            let id = match any {
                true => said.get(at).and_then(Option::as_deref).unwrap_or(&passage.id),
                false => by_id(&passage.id).unwrap_or(&passage.id),
            };
            let next = DocumentIdx(u32::try_from(documents.ids.len()).unwrap_or(u32::MAX));
            let place = *places.entry(id.to_owned()).or_insert_with(|| {
                documents.ids.push(id.to_owned());
                next
            });
            documents.of.push(place);
        }
        documents.members = (0u32..).map(DocIdx).take(documents.of.len()).collect();
        documents.members.sort_by_key(|doc| documents.of[doc.index()]);
        let document = |doc: &DocIdx| documents.of[doc.index()].index();
        let begins = |at| documents.members.partition_point(|doc| document(doc) < at);
        documents.starts = (0..=documents.ids.len()).map(begins).collect();
        Some(documents)
    }

    /// Panics where `doc` is not of the collection.
    pub fn of(&self, doc: DocIdx) -> DocumentIdx {
        self.of[doc.index()]
    }

    /// As [`Documents::of`].
    pub fn id(&self, document: DocumentIdx) -> &str {
        &self.ids[document.index()]
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// By id.
    pub fn places(&self) -> HashMap<&str, DocumentIdx> {
        (0u32..).zip(&self.ids).map(|(at, id)| (id.as_str(), DocumentIdx(at))).collect()
    }

    /// The passages of a document, in the order of the corpus; panics as [`Documents::of`].
    pub fn passages(&self, document: DocumentIdx) -> &[DocIdx] {
        &self.members[self.starts[document.index()]..self.starts[document.index() + 1]]
    }
}

/// What stands before the last `#` of an id.
fn by_id(id: &str) -> Option<&str> {
    id.rsplit_once('#').map(|(document, _)| document).filter(|document| !document.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    fn passages(ids: &[&str]) -> Vec<Passage> {
        let passage = |id: &&str| Passage {
            id: (*id).into(),
            title: String::new(),
            text: "x".into(),
            language: Language::new("en"),
        };
        ids.iter().map(passage).collect()
    }

    #[test]
    fn ids_tell_documents_where_nothing_is_said() {
        let passages = passages(&["a#1", "b#x#2", "a#2", "c"]);
        let documents = Documents::new(&passages, &[None, None, None, None]).unwrap();
        let ids: Vec<&str> = (0..4).map(|doc| documents.id(documents.of(DocIdx(doc)))).collect();
        assert_eq!(ids, ["a", "b#x", "a", "c"]);
        assert_eq!(documents.passages(DocumentIdx(0)), [DocIdx(0), DocIdx(2)]);
        assert_eq!(documents.passages(DocumentIdx(2)), [DocIdx(3)]);
    }

    #[test]
    fn what_is_said_goes_before_ids() {
        let passages = passages(&["a#1", "b", "c"]);
        let said = [Some("z".to_owned()), Some("z".to_owned()), None];
        let documents = Documents::new(&passages, &said).unwrap();
        assert_eq!(documents.places(), HashMap::from([("z", DocumentIdx(0)), ("c", DocumentIdx(1))]));
        assert_eq!(Documents::new(&passages[1..], &[None, None]), None);
    }
}
