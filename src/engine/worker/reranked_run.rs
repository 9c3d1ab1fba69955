//! A second stage that is a run: another engine's reranked lists give the scores, and nothing is computed.
//!
//! What the run does not have for a query cannot be scored by it, so it follows in the order before. What
//! the run has beyond the candidates has no place, and is told.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

use super::Worker;
use super::rerankers::Known;
use crate::corpus::run;
use crate::domain::rerankers::run_file;
use crate::domain::{Hit, QueryIdx};
use crate::engine::interrupt::is_interrupted;
use crate::engine::query_state::QueryState;
use crate::engine::snapshot::Focus;
use crate::error::{Error, Result};
use crate::rerank::cascade::PairScore;

/// The lists of a run, by [`QueryIdx`].
pub(super) struct RunLists {
    lists: Vec<Vec<Hit>>,
    /// Hits of judged queries that are no candidates: their queries and their number. `None`: not counted
    /// under these settings yet.
    pub(super) beyond: Option<(usize, usize)>,
}

impl Worker {
    /// Reads the run that a reranker's name stands for, where it stands for one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn open_run(&mut self, name: &str) -> Result<Option<RunLists>> {
        let Some(file) = run_file(name) else { return Ok(None) };
        let stop = |_| match is_interrupted() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let read = run::read_telling(Path::new(file), &self.collection, &self.options.read, &stop)?;
        self.notes.extend(read.notes.into_iter().map(|note| format!("{name}: {note}")));
        Ok(Some(RunLists { lists: read.lists, beyond: None }))
    }

    /// The first run of the plan that could not be read.
    pub(super) fn run_failure(&self) -> Option<Error> {
        let failed = self.at_work().find(|known| run_file(&known.name).is_some() && known.failed.is_some());
        failed.and_then(|known| known.failed.clone())
    }

    /// Gives a query's pool the scores that runs have for it; `query`: which of the listed ones it is.
    pub(super) fn score_by_runs(&self, state: &mut QueryState, query: Option<QueryIdx>) {
        for (number, run) in self.runs_at_work() {
            score(state, number, list(run, query));
        }
    }

    /// Gives every query the scores of a run that has just been read.
    pub(super) fn score_all_by_run(&mut self, number: usize) {
        let Some(run) = self.rerankers.get(number).and_then(|known| known.run.as_ref()) else { return };
        for (query, state) in (0u32..).map(QueryIdx).zip(&mut self.listed) {
            score(state, number, list(run, Some(query)));
        }
        if let Some(state) = &mut self.typed {
            score(state, number, &[]);
        }
    }

    fn runs_at_work(&self) -> impl Iterator<Item = (usize, &RunLists)> {
        self.rerankers.iter().enumerate().filter_map(|(number, known)| Some((number, known.run.as_ref()?)))
    }

    /// Counts what the runs of the plan have beyond the candidates; all judged queries are fused already.
    pub(super) fn count_beyond_candidates(&mut self) {
        let n = self.request.settings.candidates;
        for known in &mut self.rerankers {
            let Some(run) = &mut known.run else { continue };
            let (mut queries, mut hits) = (0, 0);
            for query in &self.judged {
                let state = &self.listed[query.index()];
                let candidates: HashSet<usize> = state.fused().top(n).into_iter().collect();
                let is_candidate =
                    |hit: &&Hit| state.pool().row_of(hit.doc).is_some_and(|row| candidates.contains(&row));
                let list = run.lists.get(query.index()).map_or(&[][..], Vec::as_slice);
                let beyond = list.iter().filter(|hit| !is_candidate(hit)).count();
                queries += usize::from(beyond > 0);
                hits += beyond;
            }
            run.beyond = Some((queries, hits));
        }
    }

    /// What is to be known of runs that are a second stage.
    pub(super) fn run_warnings(&self) -> Vec<String> {
        let mut said = Vec::new();
        let typed = matches!(&self.request.focus, Focus::Typed(text) if !text.is_empty());
        for known in self.at_work() {
            let Known { name, run: Some(run), .. } = known else { continue };
            if let Some((queries, hits)) = run.beyond.filter(|&(_, hits)| hits > 0) {
                said.push(format!(
                    "{name} has {hits} passages, in {queries} queries, that are not among the first N = {}: a second \
                     stage orders candidates, so they are left out; raise N, or give the legs that they came from",
                    self.request.settings.candidates
                ));
            }
            if typed {
                said.push(format!("{name} has no list for a typed query: its order is the first stage's"));
            }
        }
        said
    }
}

fn list(run: &RunLists, query: Option<QueryIdx>) -> &[Hit] {
    query.and_then(|query| run.lists.get(query.index())).map_or(&[], Vec::as_slice)
}

fn score(state: &mut QueryState, number: usize, list: &[Hit]) {
    let docs = state.pool().docs().to_vec();
    for doc in docs {
        state.set_score(number, doc, PairScore::Unscorable);
    }
    for hit in list {
        state.set_score(number, hit.doc, PairScore::Score(hit.score));
    }
}
