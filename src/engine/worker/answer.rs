//! The answer: judged, with the lists of the query on the screen, and the verdict.

use std::sync::Arc;

use super::{Dense, VERDICT_AT_ONCE, Worker};
use crate::domain::{FirstStage, Language, QueryIdx, Settings};
use crate::engine::explain::{ExplainInput, explain};
use crate::engine::judging;
use crate::engine::query_state::{JudgeContext, QueryState, plan};
use crate::engine::runs::{Runs, first_run, reranked_run};
use crate::engine::snapshot::{Focus, FocusView, GoldRow, Snapshot, Stamp};
use crate::engine::verdict;
use crate::engine::view::{ViewInput, focus_view};
use crate::fuse::Fuser;
use crate::text;

impl Worker {
    pub(super) fn answer(&mut self) -> Snapshot {
        let settings = self.request.settings.clone();
        let ran = self.ran();
        self.judge(&settings, ran);
        let focus = self.focus(&settings, ran);
        let means = judging::means(self.rows.iter());
        if self.dirty.verdict && self.judged.len() <= VERDICT_AT_ONCE {
            self.decide();
        }
        let status = self.status(ran, &focus);
        self.revision += 1;
        self.dirty.view = false;
        self.dirty.urgent = false;
        Snapshot {
            stamp: Stamp { generation: self.request.generation, revision: self.revision },
            verdict: self.sentence(ran),
            findings: self.findings.clone(),
            languages: judging::by_language(&self.rows, &self.collection),
            queries: Arc::new(self.rows.clone()),
            curve: Arc::clone(&self.curve),
            costs: self.costs(),
            warnings: self.warnings(&settings, ran),
            model: self.model_in_use(),
            settings,
            ran,
            status,
            focus,
            means,
        }
    }

    pub(super) fn judge(&mut self, settings: &Settings, ran: FirstStage) {
        let plan = plan(settings, ran);
        let context = JudgeContext {
            settings,
            fuser: Fuser::new(&plan),
            weights: &plan.weights,
            ran,
            stages: &self.stages,
            reranks: self.reranks_now(ran),
            rerank_failed: self.rerank_failure().is_some()
                || (matches!(self.dense, Dense::Off | Dense::Failed(_)) && !self.reranks_now(ran)),
        };
        let rows = std::mem::take(&mut self.dirty.rows);
        self.dirty.verdict |= self.dirty.judged || !rows.is_empty();
        if std::mem::take(&mut self.dirty.judged) || self.rows.is_empty() {
            let judge = |&query: &QueryIdx| self.listed[query.index()].judge(query, &context);
            self.rows = self.judged.iter().map(judge).collect();
            self.curve = Arc::new(judging::curve(&self.rows, settings, ran, self.collection.passages.len()));
        } else {
            for position in rows {
                let query = self.judged[position];
                self.rows[position] = self.listed[query.index()].judge(query, &context);
            }
        }
    }

    /// The verdict in words, and that it is of BM25 alone while more is to come.
    pub(super) fn sentence(&self, ran: FirstStage) -> String {
        let Some(verdict) = &self.findings else { return String::new() };
        let sentence = verdict.sentence();
        match &self.dense {
            _ if ran == self.request.settings.first => sentence,
            Dense::Working { .. } | Dense::Ready(_) => format!("so far, on BM25 alone: {sentence}"),
            Dense::Off | Dense::Failed(_) => format!("on BM25 alone: {sentence}"),
        }
    }

    /// The verdict on the rows as they are.
    pub(super) fn decide(&mut self) {
        self.dirty.verdict = false;
        let settings = &self.request.settings;
        let reranker = self.reranks_now(self.ran()).then(|| settings.reranker.name());
        let stages = if reranker.is_some() { self.stages.as_slice() } else { &[] };
        let states = self.judged.iter().map(|query| &self.listed[query.index()]);
        let complete = self.rows.iter().any(|row| row.first.is_some());
        self.findings = complete.then(|| {
            let verdict = verdict::verdict(
                &verdict::VerdictInput {
                    collection: &self.collection,
                    rows: &self.rows,
                    curve: &self.curve,
                    settings,
                    stages,
                    reranker: reranker.as_deref(),
                },
                states,
            );
            Arc::new(verdict)
        });
    }

    pub(super) fn focus(&mut self, settings: &Settings, ran: FirstStage) -> FocusView {
        let focus = self.request.focus.clone();
        let (language, golds): (Language, &[GoldRow]) = match &focus {
            Focus::Listed(query) => (
                self.collection
                    .queries
                    .get(query.index())
                    .map_or_else(Language::undetermined, |q| q.language.clone()),
                self.position.get(query).map_or(&[], |&position| self.rows[position].golds.as_slice()),
            ),
            Focus::Typed(text) => (text::detect(text), &[]),
        };
        let reranks_now = self.reranks_now(ran);
        let mut owned = QueryState::typed("");
        let state = match &focus {
            Focus::Listed(query) => self.listed.get_mut(query.index()).unwrap_or(&mut owned),
            Focus::Typed(_) => self.typed.as_mut().unwrap_or(&mut owned),
        };
        let ran_here = if state.is_complete(ran) { ran } else { FirstStage::Bm25 };
        let plan = plan(settings, ran_here);
        state.fuse(&Fuser::new(&plan));
        let dense = match &self.dense {
            Dense::Ready(dense) => Some(dense),
            _ => None,
        };
        let view = focus_view(&ViewInput {
            collection: &self.collection,
            settings,
            ran: ran_here,
            focus: &focus,
            language,
            state,
            golds,
            stages: &self.stages,
            reranking: reranks_now && ran_here == ran,
            stale: ran_here != ran,
        });
        let explanation = self.request.inspect.and_then(|doc| {
            let input = ExplainInput {
                collection: &self.collection,
                settings,
                ran: ran_here,
                stages: &self.stages,
                reranking: reranks_now && ran_here == ran,
                lexical: &self.lexical,
                matrix: dense.map(|dense| &dense.matrix),
                tokens: dense.map(|dense| &*dense.tokens),
                state,
            };
            explain(&input, doc).map_err(|error| self.notes.push(error.to_string())).ok()
        });
        FocusView { explanation, ..view }
    }

    pub(super) fn runs(&mut self) -> Runs {
        let settings = self.request.settings.clone();
        let ran = self.ran();
        let plan = plan(&settings, ran);
        let fuser = Fuser::new(&plan);
        let mut runs = Runs::default();
        for &query in &self.judged {
            let state = &mut self.listed[query.index()];
            state.fuse(&fuser);
            runs.first.push(first_run(query, state));
            if !self.request.settings.reranker.is_none() {
                runs.reranked.extend(reranked_run(query, state, &self.stages, settings.candidates));
            }
        }
        runs
    }
}
