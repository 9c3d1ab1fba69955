//! Judgments: marking the passage under the cursor, its grade, undoing and redoing. What is asked for is
//! shown at once; the engine says when it is safe on the disk.

use crate::corpus::{Collection, Kept, Mark, MarkedQuery, is_own};
use crate::domain::{DocIdx, Grade, QueryIdx};

use super::super::actions::ActionId;
use super::super::judged::{JudgmentStep, judged_together};
use super::super::message::Effect;
use super::super::state::State;
use super::keeping;

/// The grade of a passage that is marked without one.
const RELEVANT: Grade = 1;

/// Marks the passage under the cursor, or takes its judgment away. For the next key a digit is a grade.
pub fn mark(state: &mut State) -> Vec<Effect> {
    let Some(doc) = state.cursor.doc else {
        keeping::no_passage(state);
        return Vec::new();
    };
    let effects = match state.shown_grade(doc) {
        Some(_) => take_back(state, doc),
        None => judge(state, doc, Some(RELEVANT.max(state.settings.rel_level))),
    };
    state.grading = (!effects.is_empty()).then_some(doc);
    effects
}

/// Gives the passage that was marked last another grade: one gesture with the mark itself.
pub fn grade(state: &mut State, doc: DocIdx, grade: Grade) -> Vec<Effect> {
    let known = state.judgments.undo.pop();
    let effects = judge(state, doc, Some(grade));
    if let (Some(before), Some(step)) = (known, state.judgments.undo.last_mut()) {
        step.before = before.before;
    }
    state.grading = Some(doc);
    effects
}

/// Takes the judgment of a passage away. While one judges blind, what stood there before one judged it here
/// comes back: one cannot have meant what one did not see.
pub fn take_back(state: &mut State, doc: DocIdx) -> Vec<Effect> {
    let first = state.marked_query().zip(state.collection.as_ref()).and_then(|(query, collection)| {
        let passages = judged_together(collection, doc);
        Some(state.judgments.steps(&query, &passages).next()?.before)
    });
    let effects = judge(state, doc, first.flatten().filter(|_| state.blind));
    if let Some(step) = state.judgments.undo.last_mut().filter(|_| !effects.is_empty()) {
        step.put_back = true;
    }
    effects
}

/// Judges a passage for the query on the screen; `None` takes the judgment away.
pub fn judge(state: &mut State, doc: DocIdx, grade: Option<Grade>) -> Vec<Effect> {
    let Some(collection) = state.collection.clone() else { return Vec::new() };
    let Some(query) = state.marked_query() else {
        let key = state.key(ActionId::Ask);
        state.say(format!("there is no query to judge for: {key} asks one"));
        return Vec::new();
    };
    let Some(passage) = collection.passages.get(doc.index()) else { return Vec::new() };
    let mark = Mark { query, passage: passage.id.clone(), grade };
    let before = state.grade_of(doc);
    state.judgments.undo.push(JudgmentStep { before, mark: mark.clone(), put_back: false });
    state.judgments.redo.clear();
    ask_for(state, mark)
}

fn ask_for(state: &mut State, mark: Mark) -> Vec<Effect> {
    state.judgments.pending.push(mark.clone());
    vec![Effect::Judge(mark)]
}

pub fn undo(state: &mut State) -> Vec<Effect> {
    let Some(step) = state.judgments.undo.pop() else {
        state.say("no judgment of this session is left to undo");
        return Vec::new();
    };
    let mark = Mark { grade: step.before, ..step.mark.clone() };
    state.judgments.redo.push(step);
    ask_for(state, mark)
}

pub fn redo(state: &mut State) -> Vec<Effect> {
    let Some(step) = state.judgments.redo.pop() else {
        state.say("no judgment was undone");
        return Vec::new();
    };
    let mark = step.mark.clone();
    state.judgments.undo.push(step);
    ask_for(state, mark)
}

/// A judgment is on the disk. A query that was typed has an id now.
pub fn settle(state: &mut State, collection: &Collection, query: QueryIdx, mark: &Mark) {
    forget_pending(state, mark);
    if let MarkedQuery::Typed(_) = &mark.query
        && let Some(query) = collection.queries.get(query.index())
    {
        let listed = MarkedQuery::Listed(query.id.clone());
        let steps = state.judgments.undo.iter_mut().chain(&mut state.judgments.redo);
        for known in steps.map(|step| &mut step.mark).chain(&mut state.judgments.pending) {
            if known.query == mark.query {
                known.query = listed.clone();
            }
        }
    }
}

fn forget_pending(state: &mut State, mark: &Mark) {
    if let Some(at) = state.judgments.pending.iter().position(|pending| pending == mark) {
        state.judgments.pending.remove(at);
    }
}

/// A judgment could not be made: it is not there to be undone either.
pub fn forget(state: &mut State, mark: &Mark) {
    forget_pending(state, mark);
    state.judgments.undo.retain(|step| step.mark != *mark);
    state.judgments.redo.retain(|step| step.mark != *mark);
    state.grading = None;
}

/// What was asked for of a collection that is another one now.
pub fn forget_all(state: &mut State) {
    state.judgments.pending.clear();
    state.grading = None;
}

/// Says what was judged and where it is written.
pub fn tell(state: &mut State, collection: &Collection, query: QueryIdx, mark: &Mark, kept: &Kept) {
    let Some(listed) = collection.queries.get(query.index()) else { return };
    // What was there before one judged blind stays hidden also where it comes back.
    let of = MarkedQuery::Listed(listed.id.clone());
    let doc = collection.passages.iter().position(|passage| passage.id == mark.passage);
    let doc = doc.and_then(|at| u32::try_from(at).ok()).map(DocIdx);
    let passages = doc.map_or_else(|| vec![mark.passage.as_str()], |doc| judged_together(collection, doc));
    let hidden = state.blind && state.judgments.made_here(&of, &passages).is_none();
    // Where documents are judged, the file has the document.
    let documents = collection.judged_documents().zip(doc);
    let subject = documents.map_or_else(
        || mark.passage.clone(),
        |(documents, doc)| format!("{} by {}", documents.id(documents.of(doc)), mark.passage),
    );
    let what = match mark.grade {
        _ if hidden => "your judgment is taken back".to_owned(),
        Some(grade) if grade >= state.settings.rel_level => format!("gold, grade {grade}"),
        Some(0) => "judged not relevant".to_owned(),
        Some(grade) => format!("judged, grade {grade}"),
        None => "not judged any more".to_owned(),
    };
    let query = match is_own(collection, query) {
        true => format!("your query {}", listed.id),
        false => listed.id.clone(),
    };
    let file = kept.file.strip_prefix(&collection.folder).unwrap_or(&kept.file).display().to_string();
    let mut said = format!("{subject} for {query}: {what} · {file}");
    if let Some(why) = &kept.instead {
        said.push_str(&format!(" · aside, for {}", why.replace('\n', " ")));
    } else if state.grading.is_some() {
        said.push_str(&format!(" · 0 1 2 3 grades it, {} undoes", state.key(ActionId::UndoJudgment)));
    }
    state.say(said);
}
