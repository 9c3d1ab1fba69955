//! A collection that changes under way: a judgment made on the screen, files changed on disk.
//!
//! Judgments and queries are taken without opening anything anew. Other passages need another index: then
//! the worker ends, and the loop around it opens the next one on the collection as it is now.

use std::sync::Arc;

use super::Worker;
use crate::corpus::{Collection, Keeper, Mark, MarkedQuery};
use crate::domain::QueryIdx;
use crate::engine::query_state::QueryState;
use crate::engine::study::Likenesses;
use crate::engine::{Event, News};
use crate::error::Result;

impl Worker {
    /// Writes a judgment; when it is safe on the disk, everything follows it.
    pub(super) fn take_mark(&mut self, mark: Mark) {
        let keeper = Keeper::of(&self.collection, self.options.read.asides.as_deref());
        match keeper.keep(&self.collection, &mark) {
            Ok((collection, query, kept)) => {
                if let Some(watch) = &self.watch {
                    watch.wrote(&kept.file);
                }
                let collection =
                    Arc::new(Collection { qrels_file: self.qrels_file(&kept.file), ..collection });
                let typed = match &mark.query {
                    MarkedQuery::Typed(_) => self.typed.take(),
                    MarkedQuery::Listed(_) => None,
                };
                self.take_collection(Arc::clone(&collection), typed.map(|state| (query, state)));
                self.outbox.push(Event::News(News::Judged { collection, query, mark, kept }));
            }
            Err(error) => self.outbox.push(Event::News(News::NotJudged { mark, error })),
        }
    }

    /// The qrels file, also once the first judgment has made it.
    fn qrels_file(&self, written: &std::path::Path) -> Option<std::path::PathBuf> {
        let new = written.starts_with(&self.collection.folder)
            && written.extension().is_some_and(|extension| extension == "tsv");
        self.collection.qrels_file.clone().or(new.then(|| written.to_path_buf()))
    }

    /// Takes the collection as its files are now. `Some`: its passages are others, and it has to be opened.
    pub(super) fn take_reread(&mut self, read: Result<Collection>) -> Option<Arc<Collection>> {
        let collection = match read {
            Ok(collection) => Arc::new(collection),
            Err(error) => {
                self.unreadable = true;
                self.outbox.push(Event::News(News::NotReread(error)));
                return None;
            }
        };
        let was_unreadable = std::mem::take(&mut self.unreadable);
        let now = &self.collection;
        if collection.fingerprint != now.fingerprint {
            return Some(collection);
        }
        if (&collection.queries, &collection.judgments) == (&now.queries, &now.judgments) {
            // Whoever was told that they cannot be read is told that they can.
            if was_unreadable {
                let collection = Arc::clone(now);
                self.outbox.push(Event::News(News::Reread { collection, passages_changed: false }));
            }
            return None;
        }
        // Vectors of new queries come from the model, at the start.
        let only_judged = collection.queries.len() == now.queries.len()
            && collection.queries.iter().zip(&now.queries).all(|(a, b)| a == b);
        if !only_judged {
            return Some(collection);
        }
        self.take_collection(Arc::clone(&collection), None);
        self.outbox.push(Event::News(News::Reread { collection, passages_changed: false }));
        None
    }

    /// Takes other judgments, and the queries that came behind the known ones. `facts`: what is known of
    /// one of them already.
    fn take_collection(&mut self, collection: Arc<Collection>, facts: Option<(QueryIdx, QueryState)>) {
        let before = std::mem::replace(&mut self.collection, collection);
        let legs = self.legs.len();
        for at in before.queries.len()..self.collection.queries.len() {
            let query = QueryIdx(u32::try_from(at).unwrap_or(u32::MAX));
            self.listed.push(QueryState::listed(&self.collection, query, legs));
        }
        if let Some((query, known)) = facts
            && let Some(state) = self.listed.get_mut(query.index())
            && state.text.trim() == known.text.trim()
            && state.vector.is_none()
        {
            *state = known;
        }
        for (at, judgments) in self.collection.judgments.iter().enumerate() {
            if before.judgments.get(at) != Some(judgments) {
                let query = QueryIdx(u32::try_from(at).unwrap_or(u32::MAX));
                if let Some(state) = self.listed.get_mut(at) {
                    state.judge_by(&self.collection, query);
                }
            }
        }
        self.judged = super::open::worked_queries(&self.collection, self.options.eager);
        self.position = self.judged.iter().copied().zip(0..).collect();
        self.complete_to = vec![0; legs];
        // What is known by position is of other rows now.
        self.dirty.rows.clear();
        self.rejudge = None;
        self.study = None;
        self.studying = None;
        self.gathered = None;
        self.likenesses = Likenesses::default();
        self.facts_seen += 1;
        self.affording = None;
        self.renew_rivals();
        self.dirty.judged = true;
        self.dirty.work_list = true;
        self.dirty.view = true;
        self.dirty.urgent = true;
        self.read_golds();
        self.ask_for_own();
    }

    /// What BM25 cannot see of the queries whose golds are others now.
    fn read_golds(&mut self) {
        let Some(leg) = self.legs.bm25 else { return };
        let analysis = Some(self.request.settings.analysis);
        for at in 0..self.listed.len() {
            let query = QueryIdx(u32::try_from(at).unwrap_or(u32::MAX));
            let unread = |state: &QueryState| state.has_leg(leg) && state.reading().of != analysis;
            if self.listed.get(at).is_some_and(unread) {
                let mut state = std::mem::replace(&mut self.listed[at], QueryState::typed("", 0));
                self.read(&mut state, leg, Some(query));
                self.listed[at] = state;
            }
        }
    }

    /// Asks for the vector of a judged query that has none: one that was typed, and judged before its
    /// vector had come. What is typed right now goes first.
    pub(super) fn ask_for_own(&self) {
        let (Some(model), Some(background)) = (&self.model, &self.background) else { return };
        if self.typed.as_ref().is_some_and(|typed| typed.vector.is_none() && !typed.text.trim().is_empty()) {
            return;
        }
        let lacks = |query: &&QueryIdx| self.listed[query.index()].vector.is_none();
        let own = |query: &&QueryIdx| query.index() >= self.queries_at_start;
        if let Some(query) = self.judged.iter().filter(own).find(lacks) {
            background.ask(Arc::clone(&self.listed[query.index()].text), &model.queries);
        }
    }
}
