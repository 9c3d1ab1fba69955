//! What takes longer than a frame to find out: signals, near-duplicates of golds, tests of the
//! difference, the protocol by language. Made in slices when the lists are settled, and begun again when
//! they change.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::query_state::{JudgeContext, QueryState};
use super::snapshot::{ProbablePositive, QueryRow, Study};
use super::verdict::{Deciding, VerdictInput};
use super::{judging, remedy};
use crate::corpus::Collection;
use crate::domain::{DocIdx, Grade, Language, LegId, QueryIdx, Rank};
use crate::judge::{Column, Metric, MetricKind, Shingles, Signals, Trial, Verdict, resembling};

/// A passage this high in a list, or within k, is looked at for its likeness to a gold.
const LOOKED_AT: usize = 10;
/// Queries drawn between two looks at the clock, in whole resamples.
const DRAWS_AT_A_TIME: usize = 20_000;

/// The likeness of an unjudged passage to the golds of a query.
type Likeness = Option<(DocIdx, f64, bool)>;

/// Which unjudged passages resemble a gold: facts of texts and judgments, kept whatever the settings do.
#[derive(Default)]
pub struct Likenesses {
    level: Grade,
    known: HashMap<(QueryIdx, DocIdx), Likeness>,
}

/// What a study looks at.
pub struct StudyInput<'a> {
    pub collection: &'a Collection,
    pub context: &'a JudgeContext<'a>,
    /// By [`QueryIdx`].
    pub listed: &'a mut [QueryState],
    /// The queries, in the order of `rows`.
    pub queries: &'a [QueryIdx],
    pub rows: &'a [QueryRow],
    pub likenesses: &'a mut Likenesses,
    /// The verdict on all rows, which is that on the only language there is.
    pub overall: Option<&'a Verdict>,
    /// For the verdicts; its curve is not looked at.
    pub verdict: VerdictInput<'a>,
}

/// A study under way.
#[derive(Default)]
pub struct StudyUnderWay {
    study: Study,
    trial: Option<Trial>,
    /// Languages that wait for their verdict; `None`: not grouped yet.
    languages: Option<Vec<(Language, Vec<usize>)>>,
    /// The verdict on the last of them.
    deciding: Option<Deciding>,
}

impl StudyUnderWay {
    /// Goes on for about `budget`; the study when it is done. Between two calls nothing that `input`
    /// shows may have changed.
    pub fn go_on(&mut self, input: &mut StudyInput<'_>, budget: Duration) -> Option<Study> {
        let start = Instant::now();
        let metrics = input.verdict.metrics;
        while self.study.signals.len() < input.rows.len() {
            self.look_at_query(input);
            if start.elapsed() >= budget {
                return None;
            }
        }
        let trial = self.trial.get_or_insert_with(|| {
            let terms = input.verdict.terms;
            Trial::new(columns(input.rows, metrics), terms.rounds, terms.seed)
        });
        let rounds = (DRAWS_AT_A_TIME / input.rows.len().max(1)).max(1);
        while !trial.step(rounds) {
            if start.elapsed() >= budget {
                return None;
            }
        }
        let languages = self.languages.get_or_insert_with(|| by_language(input));
        while let Some((language, rows)) = languages.last() {
            let verdict = of_language(input, rows, &mut self.deciding, budget)?;
            self.study.by_language.push((language.clone(), verdict));
            languages.pop();
            if !languages.is_empty() && start.elapsed() >= budget {
                return None;
            }
        }
        let mut study = std::mem::take(&mut self.study);
        study.paired = self.trial.take().map(Trial::finish).unwrap_or_default();
        study.mean_signals = Signals::mean(study.signals.iter().flatten());
        study.signal_legs = speaking(input.context);
        Some(study)
    }

    fn look_at_query(&mut self, input: &mut StudyInput<'_>) {
        let at = self.study.signals.len();
        let (query, context) = (input.queries[at], input.context);
        let state = &mut input.listed[query.index()];
        if !input.rows[at].complete {
            self.study.signals.push(None);
            self.study.probable_positives.push(Vec::new());
            self.study.whys.push(Vec::new());
            return;
        }
        state.fuse(&context.fuser);
        self.study.signals.push(Some(state.signals(context)));
        let positives = probable_positives(input.collection, query, state, context, input.likenesses);
        self.study.probable_positives.push(positives);
        let golds = &input.rows[at].golds;
        let whys = remedy::whys_of(state, golds, context.settings, input.verdict.legs, context.ran);
        self.study.whys.push(whys);
    }
}

/// The legs with a weight that ran.
fn speaking(context: &JudgeContext<'_>) -> Vec<LegId> {
    let speaks = |leg: &LegId| context.weights.get(leg.0).is_some_and(|&weight| weight > 0.0);
    context.ran.iter().filter(speaks).collect()
}

/// Every metric before and after, over the queries that are wholly reranked.
fn columns(rows: &[QueryRow], metrics: &[Metric]) -> Vec<Column> {
    let both = || {
        let scores = rows.iter().filter_map(|row| row.scores.as_ref());
        scores.filter_map(|scores| Some((scores.first(), scores.reranked()?)))
    };
    let column = |(i, metric): (usize, &Metric)| Column {
        metric: metric.to_string(),
        before: both().map(|(first, _)| first[i]).collect(),
        after: both().map(|(_, reranked)| reranked[i]).collect(),
        tested: metric.kind != MetricKind::Judged,
    };
    metrics.iter().enumerate().map(column).collect()
}

/// Rows by language of the query, in descending order of the tags: they are taken from the end.
fn by_language(input: &StudyInput<'_>) -> Vec<(Language, Vec<usize>)> {
    let mut groups: BTreeMap<Language, Vec<usize>> = BTreeMap::new();
    for (at, row) in input.rows.iter().enumerate().filter(|(_, row)| row.scores.is_some()) {
        groups.entry(input.collection.query(row.query).language.clone()).or_default().push(at);
    }
    groups.into_iter().rev().collect()
}

/// The verdict on some of the rows; `None`: it takes more time.
fn of_language(
    input: &StudyInput<'_>,
    rows: &[usize],
    deciding: &mut Option<Deciding>,
    budget: Duration,
) -> Option<Verdict> {
    let scored = input.rows.iter().filter(|row| row.scores.is_some()).count();
    if let Some(overall) = input.overall.filter(|_| rows.len() == scored) {
        return Some(overall.clone());
    }
    let rows = rows.iter().map(|&at| &input.rows[at]);
    let passages = input.collection.passages.len();
    let curve = judging::curve(rows.clone(), input.context.settings, input.context.weights, passages);
    let verdict = VerdictInput { curve: &curve, ..input.verdict };
    let done = deciding.get_or_insert_with(|| Deciding::begin(rows.clone(), &verdict)).go_on(budget);
    if done { deciding.take().map(|decided| decided.finish(rows, &verdict)) } else { None }
}

/// The unjudged passages on top of either list that are nearly a gold's text, the first list's first.
fn probable_positives(
    collection: &Collection,
    query: QueryIdx,
    state: &QueryState,
    context: &JudgeContext<'_>,
    likenesses: &mut Likenesses,
) -> Vec<ProbablePositive> {
    if !collection.has_texts {
        return Vec::new();
    }
    let depth = LOOKED_AT.max(context.settings.deliver);
    let (first, reranked) = state.heads(context, depth);
    let judged: std::collections::HashSet<DocIdx> = state.judged_passages(0).collect();
    let mut unjudged: Vec<DocIdx> = Vec::new();
    for &doc in first.iter().chain(&reranked) {
        if !judged.contains(&doc) && !unjudged.contains(&doc) {
            unjudged.push(doc);
        }
    }
    likenesses.learn(collection, query, state, &unjudged, context.settings.rel_level);
    let rank = |list: &[DocIdx], doc: DocIdx| -> Option<Rank> {
        (1..).zip(list).find(|&(_, &other)| other == doc).map(|(rank, _)| rank)
    };
    unjudged
        .into_iter()
        .filter_map(|doc| {
            let (gold, similarity, contained) = likenesses.known.get(&(query, doc)).copied().flatten()?;
            let (first, reranked) = (rank(&first, doc), rank(&reranked, doc));
            Some(ProbablePositive { doc, first, reranked, gold, similarity, contained })
        })
        .collect()
}

impl Likenesses {
    /// Compares those of the passages that are not known yet with the query's golds.
    fn learn(
        &mut self,
        collection: &Collection,
        query: QueryIdx,
        state: &QueryState,
        passages: &[DocIdx],
        level: Grade,
    ) {
        if self.level != level {
            self.known.clear();
            self.level = level;
        }
        let new: Vec<DocIdx> =
            passages.iter().copied().filter(|doc| !self.known.contains_key(&(query, *doc))).collect();
        if new.is_empty() {
            return;
        }
        let golds: Vec<DocIdx> = state.judged_passages(level).collect();
        let shingles = |docs: &[DocIdx]| -> Vec<Shingles> {
            docs.iter().map(|&doc| Shingles::of(body(collection, doc))).collect()
        };
        let found = resembling(&shingles(&new), &shingles(&golds));
        self.known.extend(new.iter().map(|&doc| ((query, doc), None)));
        for likeness in found {
            let what = (golds[likeness.gold], likeness.similarity, likeness.contained);
            self.known.insert((query, new[likeness.candidate]), Some(what));
        }
    }
}

/// The text; the title where there is none.
fn body(collection: &Collection, doc: DocIdx) -> &str {
    let passage = collection.passage(doc);
    if passage.text.trim().is_empty() { &passage.title } else { &passage.text }
}
