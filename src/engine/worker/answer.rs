//! The answer: judged, with the lists of the query on the screen, and the verdict.

use std::sync::Arc;
use std::time::Duration;

use super::{Dense, JUDGE_AT_ONCE, VERDICT_AT_ONCE, Worker};
use crate::domain::{DocIdx, Language, LegSet, QueryIdx, Settings};
use crate::engine::explain::{ExplainInput, explain};
use crate::engine::query_state::{JudgeContext, QueryState, Room};
use crate::engine::rejudge::Rejudge;
use crate::engine::runs::{Runs, first_run, reranked_run};
use crate::engine::snapshot::{Appearances, Focus, FocusView, GoldRow, Snapshot, Stamp};
use crate::engine::view::{ViewInput, focus_view};
use crate::engine::{appearances, approximation, judging};
use crate::fuse::{Fuser, FusionPlan};
use crate::judge::{MetricPlan, Signals};
use crate::rerank::cascade::StagePlan;
use crate::text;

impl Worker {
    pub(super) fn answer(&mut self) -> Snapshot {
        let settings = self.request.settings.clone();
        let ran = self.ran();
        self.judge(JUDGE_AT_ONCE);
        let focus = self.focus(&settings, ran);
        if self.dirty.verdict && self.rejudge.is_none() && self.judged.len() <= VERDICT_AT_ONCE {
            self.decide(Duration::MAX);
        }
        let status = self.status(ran, &focus);
        let summary = self.summary();
        let appearances = self.request.trace.and_then(|doc| self.appearances(doc, &settings, ran));
        self.revision += 1;
        self.dirty.view = false;
        self.dirty.urgent = false;
        Snapshot {
            stamp: Stamp { generation: self.request.generation, revision: self.revision },
            verdict: self.sentence(ran),
            findings: self.findings.clone(),
            means: summary.means,
            languages: summary.languages,
            language_report: summary.report,
            by_metric: summary.by_metric,
            metrics: Arc::clone(&self.metrics),
            study: self.study.clone(),
            queries: Arc::clone(&self.rows),
            curve: Arc::clone(&self.curve),
            tuning: self.tuning.clone(),
            approximation: self.approximation,
            costs: self.costs(),
            affords: Arc::clone(&self.affords),
            appearances,
            readings: self.readings.clone(),
            rerankers: self.rerankers_in_use(),
            spending: self.spending(),
            question: self.question.clone(),
            rivals: self.rivals(),
            warnings: self.warnings(&settings, ran),
            model: self.model_in_use(),
            legs: Arc::clone(&self.legs.names),
            settings,
            ran,
            status,
            focus,
        }
    }

    /// What fuses under these settings when the legs in `ran` are there.
    pub(super) fn plan(&self, settings: &Settings, ran: LegSet) -> FusionPlan {
        FusionPlan::of(settings, &self.legs.names, ran)
    }

    pub(super) fn metric_plan(&self, settings: &Settings) -> MetricPlan {
        let n = settings.candidates;
        MetricPlan::new(&self.options.judging.metrics(n), n, settings.rel_level)
    }

    pub(super) fn context<'a>(
        &self,
        settings: &'a Settings,
        metrics: &'a MetricPlan,
        plan: &'a FusionPlan,
        stages: &'a [StagePlan],
        ran: LegSet,
    ) -> JudgeContext<'a> {
        JudgeContext {
            settings,
            metrics,
            fuser: Fuser::new(plan),
            weights: &plan.weights,
            ran,
            stages,
            reranks: self.reranks_now(ran),
            rerank_failed: self.rerank_failure().is_some()
                || (matches!(self.dense, Dense::Off | Dense::Failed(_)) && !self.reranks_now(ran)),
        }
    }

    /// Judges what is dirty, for at most `budget` where it is everything.
    pub(super) fn judge(&mut self, budget: Duration) {
        let settings = self.request.settings.clone();
        let ran = self.ran();
        let plan = self.plan(&settings, ran);
        let metrics = self.metric_plan(&settings);
        let stages = Arc::clone(&self.stages);
        let context = self.context(&settings, &metrics, &plan, &stages, ran);
        let rows = std::mem::take(&mut self.dirty.rows);
        if self.dirty.judged || !rows.is_empty() {
            self.dirty.verdict = true;
            self.dirty.study = true;
            self.studying = None;
            self.deciding = None;
            self.dirty.affords = true;
            self.affording = None;
            match self.dirty.judged {
                true => self.rivals.forget(None),
                false => rows.iter().for_each(|&position| self.rivals.forget(Some(position))),
            }
        }
        if std::mem::take(&mut self.dirty.judged) || self.rows.is_empty() {
            self.rejudge = Some(Rejudge::default());
        }
        let Some(pass) = &mut self.rejudge else {
            if !rows.is_empty() {
                let mut room = Room::default();
                let kept = Arc::make_mut(&mut self.rows);
                for position in rows {
                    let query = self.judged[position];
                    kept[position] = self.listed[query.index()].judge(query, &context, &mut room);
                }
            }
            return;
        };
        // Facts that came for queries already passed: those are judged again with the last ones.
        self.dirty.rows.extend(rows.into_iter().filter(|&position| position < pass.done()));
        if let Some(rows) = pass.go_on(&mut self.listed, &self.judged, &context, budget) {
            self.rejudge = None;
            self.rows = Arc::new(rows);
            self.metrics = metrics.metrics().into();
            let passages = self.collection.passages.len();
            self.curve = Arc::new(judging::curve(self.rows.iter(), &settings, &plan.weights, passages));
            // Metrics follow the lists as soon as they can.
            self.dirty.view = true;
            self.dirty.urgent = true;
            let states = self.judged.iter().map(|query| &self.listed[query.index()]);
            let n = settings.candidates;
            self.approximation = approximation::measure(settings.ann, states, &self.rows, n);
            self.count_beyond_candidates();
        }
    }

    /// The golds of a listed query under the newest settings, also while the others wait their turn.
    fn golds_of(&mut self, query: QueryIdx, settings: &Settings, ran: LegSet) -> Vec<GoldRow> {
        let Some(&position) = self.position.get(&query) else { return Vec::new() };
        match self.rows.get(position) {
            Some(row) if self.rejudge.is_none() => row.golds.clone(),
            _ => {
                let plan = self.plan(settings, ran);
                let metrics = self.metric_plan(settings);
                let stages = Arc::clone(&self.stages);
                let context = self.context(settings, &metrics, &plan, &stages, ran);
                self.listed[query.index()].judge(query, &context, &mut Room::default()).golds
            }
        }
    }

    /// Where the judged queries have a passage; `None` while their lists are made anew.
    fn appearances(&self, doc: DocIdx, settings: &Settings, ran: LegSet) -> Option<Arc<Appearances>> {
        if self.rejudge.is_some() {
            return None;
        }
        let plan = self.plan(settings, ran);
        let metrics = self.metric_plan(settings);
        let stages = Arc::clone(&self.stages);
        let context = self.context(settings, &metrics, &plan, &stages, ran);
        Some(Arc::new(appearances::of(doc, &self.judged, &self.listed, &context)))
    }

    /// The verdict in words, and which legs it is of while more is to come.
    pub(super) fn sentence(&self, ran: LegSet) -> String {
        let Some(verdict) = &self.findings else { return String::new() };
        let sentence = verdict.sentence();
        match &self.dense {
            _ if ran == self.wanted() => sentence,
            Dense::Working { .. } | Dense::Ready(_) => format!("so far, {}: {sentence}", self.alone(ran)),
            Dense::Off | Dense::Failed(_) => format!("{}: {sentence}", self.alone(ran)),
        }
    }

    /// "on bm25 alone", "on bm25 and splade alone".
    pub(super) fn alone(&self, ran: LegSet) -> String {
        let names: Vec<&str> = ran.iter().map(|leg| &*self.legs.names[leg.0].name).collect();
        format!("on {} alone", names.join(" and "))
    }

    /// What the screen shows of one query.
    fn view_of(
        &mut self,
        focus: &Focus,
        inspect: Option<DocIdx>,
        settings: &Settings,
        ran: LegSet,
    ) -> FocusView {
        // A collection without queries has nothing to wait for.
        let is_there = match focus {
            Focus::Listed(query) => query.index() < self.listed.len(),
            Focus::Typed(_) => true,
        };
        let (language, golds): (Language, Vec<GoldRow>) = match focus {
            Focus::Listed(query) => (
                self.collection
                    .queries
                    .get(query.index())
                    .map_or_else(Language::undetermined, |q| q.language.clone()),
                self.golds_of(*query, settings, ran),
            ),
            Focus::Typed(text) => (text::detect(text), Vec::new()),
        };
        let reranks_now = self.reranks_now(ran);
        let cut = |doc: DocIdx| self.at_work().filter(move |known| known.truncated.contains(&doc));
        let cut_by: Vec<String> =
            inspect.into_iter().flat_map(cut).map(|known| known.name.to_string()).collect();
        let mut owned = QueryState::typed("", self.legs.len());
        let state = match focus {
            Focus::Listed(query) => self.listed.get_mut(query.index()).unwrap_or(&mut owned),
            Focus::Typed(_) => self.typed.as_mut().unwrap_or(&mut owned),
        };
        let ran_here: LegSet = ran.iter().filter(|&leg| state.has_leg(leg)).collect();
        let plan = FusionPlan::of(settings, &self.legs.names, ran_here);
        state.fuse(&Fuser::new(&plan));
        let dense = match &self.dense {
            Dense::Ready(dense) => Some(dense),
            _ => None,
        };
        let view = focus_view(&ViewInput {
            collection: &self.collection,
            settings,
            legs: &self.legs.names,
            ran: ran_here,
            focus,
            language,
            state,
            golds: &golds,
            stages: &self.stages,
            reranking: reranks_now && ran_here == ran,
            stale: is_there && ran_here != ran,
            whole: self.request.whole,
        });
        let explanation = inspect.and_then(|doc| {
            let input = ExplainInput {
                collection: &self.collection,
                settings,
                legs: &self.legs.names,
                ran: ran_here,
                stages: &self.stages,
                reranking: reranks_now && ran_here == ran,
                lexical: &self.lexical,
                matrix: dense.map(|dense| &dense.matrix),
                tokens: dense.map(|dense| &*dense.tokens),
                cut_by: cut_by.clone(),
                state,
            };
            explain(&input, doc).map_err(|error| self.notes.push(error.to_string())).ok()
        });
        let signals =
            (ran_here == ran && !ran.is_empty()).then(|| self.signals(focus, settings, ran)).flatten();
        FocusView { explanation, signals, ..view }
    }

    /// What the lists of the query on the screen say without judgments; its list is fused.
    fn signals(&self, focus: &Focus, settings: &Settings, ran: LegSet) -> Option<Signals> {
        let plan = self.plan(settings, ran);
        let metrics = self.metric_plan(settings);
        let stages = Arc::clone(&self.stages);
        let context = self.context(settings, &metrics, &plan, &stages, ran);
        let state = match focus {
            Focus::Listed(query) => self.listed.get(query.index()),
            Focus::Typed(_) => self.typed.as_ref(),
        };
        state.map(|state| state.signals(&context))
    }

    pub(super) fn focus(&mut self, settings: &Settings, ran: LegSet) -> FocusView {
        let focus = self.request.focus.clone();
        let mut view = self.view_of(&focus, self.request.inspect, settings, ran);
        if let Some(explanation) = &mut view.explanation {
            self.want_token_pairs(&Arc::from(view.text.as_str()), explanation.doc);
            self.tell_token_pairs(explanation);
        }
        view
    }

    /// The lists of every judged query, as the screen would show them.
    pub(super) fn lists(&mut self) -> Vec<FocusView> {
        let (settings, ran) = (self.request.settings.clone(), self.ran());
        let judged = self.judged.clone();
        judged.into_iter().map(|query| self.view_of(&Focus::Listed(query), None, &settings, ran)).collect()
    }

    pub(super) fn runs(&mut self) -> Runs {
        let settings = self.request.settings.clone();
        let ran = self.ran();
        let plan = self.plan(&settings, ran);
        let fuser = Fuser::new(&plan);
        let mut runs = Runs::default();
        for &query in &self.judged {
            let state = &mut self.listed[query.index()];
            state.fuse(&fuser);
            runs.first.push(first_run(query, state));
            if !self.request.settings.reranker.is_none() {
                runs.reranked.extend(reranked_run(query, state, &self.stages, &settings));
            }
        }
        runs
    }
}
