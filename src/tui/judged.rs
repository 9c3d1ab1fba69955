//! What the screen remembers of judging: the judgments of this session, those on their way to the disk, and
//! the passages that are to be judged. Plain data; `update` changes it.

use crate::corpus::{Collection, Mark, MarkedQuery};
use crate::domain::{DocIdx, Grade};

use super::state::{Mode, State};

/// A judgment that was made here, and what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgmentStep {
    /// `None`: it was unjudged.
    pub before: Option<Grade>,
    pub mark: Mark,
    /// Whether it put back what was there before anything was judged here.
    pub put_back: bool,
}

/// The passages to be judged, in an order that says nothing of their ranks: one at a time, or as a list
/// while one judges blind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    /// How deep into both lists.
    pub depth: usize,
    /// Those that were unjudged when the pool was made; while one judges blind, the others too.
    pub docs: Vec<DocIdx>,
    pub at: usize,
}

/// The judgments of this session; their undo is apart from that of the settings.
#[derive(Debug, Clone, Default)]
pub struct Judgments {
    pub undo: Vec<JudgmentStep>,
    pub redo: Vec<JudgmentStep>,
    /// Asked for, and not yet known to be on the disk; the newest last.
    pub pending: Vec<Mark>,
}

impl Judgments {
    /// The steps that judged any of these passages for a query, the oldest first.
    pub fn steps<'a>(
        &'a self,
        query: &'a MarkedQuery,
        passages: &'a [&str],
    ) -> impl DoubleEndedIterator<Item = &'a JudgmentStep> {
        let of_them = |step: &JudgmentStep| passages.contains(&step.mark.passage.as_str());
        self.undo.iter().filter(move |step| step.mark.query == *query && of_them(step))
    }

    /// What was made of these passages for a query in this session, and still holds; `None`: nothing.
    pub fn made_here(&self, query: &MarkedQuery, passages: &[&str]) -> Option<Grade> {
        self.steps(query, passages).next_back().filter(|step| !step.put_back)?.mark.grade
    }
}

/// The ids of the passages that are judged with this one: those of its document where documents are judged,
/// else its own.
pub fn judged_together(collection: &Collection, doc: DocIdx) -> Vec<&str> {
    let own = [doc];
    let docs = match collection.judged_documents() {
        Some(documents) => documents.passages(documents.of(doc)),
        None => &own,
    };
    docs.iter().filter_map(|doc| Some(collection.passages.get(doc.index())?.id.as_str())).collect()
}

impl State {
    /// The query on the screen, as judgments name it; `None`: there is none.
    pub fn marked_query(&self) -> Option<MarkedQuery> {
        match (&self.typed, self.query, &self.collection) {
            (Some(text), ..) => Some(MarkedQuery::Typed(text.clone())),
            (None, Some(query), Some(collection)) => {
                Some(MarkedQuery::Listed(collection.queries.get(query.index())?.id.clone()))
            }
            _ => None,
        }
    }

    /// The grade of a passage for the query on the screen, as it was asked for last; `None`: unjudged.
    pub fn grade_of(&self, doc: DocIdx) -> Option<Grade> {
        let collection = self.collection.as_ref()?;
        let passage = collection.passages.get(doc.index())?;
        let query = self.marked_query();
        let is_it = |mark: &&Mark| mark.passage == passage.id && Some(&mark.query) == query.as_ref();
        match self.judgments.pending.iter().rev().find(is_it) {
            Some(mark) => mark.grade,
            None => collection.grade(self.query.filter(|_| self.typed.is_none())?, doc),
        }
    }

    /// The grade as far as it may be shown: while one judges blind, what one gave oneself in this session.
    pub fn shown_grade(&self, doc: DocIdx) -> Option<Grade> {
        if !self.blind {
            return self.grade_of(doc);
        }
        let passages = judged_together(self.collection.as_ref()?, doc);
        self.judgments.made_here(&self.marked_query()?, &passages)
    }

    /// Whether what could sway a judgment is hidden.
    pub fn is_blind(&self) -> bool {
        self.blind || self.mode == Mode::Pooling
    }
}
