//! The collection changes under way: a judgment of ours is on the disk, or its files have changed.

use std::sync::Arc;

use crate::corpus::{Collection, Kept, Mark, MarkedQuery};
use crate::domain::QueryIdx;
use crate::engine::News;

use super::super::message::Effect;
use super::super::state::{Cursor, State};
use super::super::tables::Tables;
use super::{judging, queries, request, snapshot};

pub fn on_news(state: &mut State, news: News) -> Vec<Effect> {
    match news {
        News::Judged { collection, query, mark, kept } => on_judged(state, collection, query, &mark, &kept),
        News::NotJudged { mark, error } => {
            judging::forget(state, &mark);
            state.complain(format!("not judged: {}", error.to_string().replace('\n', " ")));
            Vec::new()
        }
        News::Reread { collection, passages_changed } => on_reread(state, collection, passages_changed),
        News::NotReread(error) => {
            let why = error.to_string().replace('\n', " ");
            state.complain(format!(
                "the files have changed and cannot be read; shown is what was there: {why}"
            ));
            Vec::new()
        }
    }
}

fn on_judged(
    state: &mut State,
    collection: Arc<Collection>,
    query: QueryIdx,
    mark: &Mark,
    kept: &Kept,
) -> Vec<Effect> {
    judging::settle(state, &collection, query, mark);
    judging::tell(state, &collection, query, mark, kept);
    // A typed query that was judged is a listed one now; what is typed by now may be another.
    let was_typed =
        matches!((&mark.query, &state.typed), (MarkedQuery::Typed(judged), Some(typed)) if judged == typed);
    take(state, collection);
    if was_typed {
        state.typed = None;
        state.ask.reset();
        state.query = Some(query);
        return vec![request(state)];
    }
    Vec::new()
}

/// Takes a collection with the same passages, and at least the queries of before.
fn take(state: &mut State, collection: Arc<Collection>) {
    let shown = state.query;
    state.collection = Some(collection);
    state.queries = queries::filtered(state);
    state.query = shown;
    // How often a passage is gold may be another number.
    state.tables.passages.counted_for = None;
    super::keep_in_sight(state);
}

/// That the files are others, and of what there is another number since: whoever deleted a file by mistake
/// sees it here.
fn changed(before: Option<&Collection>, now: &Collection) -> String {
    let counts = |of: &Collection| {
        [of.passages.len(), of.queries.len(), of.judgments.iter().map(Vec::len).sum::<usize>()]
    };
    let before = before.map_or_else(|| counts(now), counts);
    let parts = ["passages", "queries", "judgments"].into_iter().zip(before).zip(counts(now));
    let parts: Vec<String> = parts
        .filter(|((_, was), is)| was != is)
        .map(|((what, was), is)| format!("{is} {what}, {was} before"))
        .collect();
    let what = if parts.is_empty() { "shown is how it is now".to_owned() } else { parts.join("; ") };
    format!("the collection's files have changed: {what}")
}

/// Takes a collection whose indices may be others: query and passage are found again by their ids.
fn on_reread(state: &mut State, collection: Arc<Collection>, passages_changed: bool) -> Vec<Effect> {
    let words = changed(state.collection.as_deref(), &collection);
    state.say(words);
    // What could not be read before can be read now.
    state.trouble = None;
    if !passages_changed {
        take(state, collection);
        return Vec::new();
    }
    let before = state.collection.take();
    let id = before.as_ref().and_then(|before| Some(before.queries.get(state.query?.index())?.id.clone()));
    let passage =
        before.as_ref().and_then(|before| Some(before.passages.get(state.cursor.doc?.index())?.id.clone()));
    let at = |at: Option<usize>| at.and_then(|at| u32::try_from(at).ok());
    state.query =
        at(collection.queries.iter().position(|query| Some(&query.id) == id.as_ref())).map(QueryIdx);
    let doc = at(collection.passages.iter().position(|other| Some(&other.id) == passage.as_ref()));
    state.cursor = Cursor { doc: doc.map(crate::domain::DocIdx), ..state.cursor };
    // The picture, and what is in the tables, is of indices that mean other passages now.
    state.snapshot = None;
    state.tables = Tables::default();
    state.held = None;
    judging::forget_all(state);
    snapshot::on_opened(state, collection)
}
