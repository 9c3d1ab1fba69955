//! The protocol as a report: the four questions, each with its answer, its evidence and its advice, then
//! languages, then what to do next in order. Text from files is made harmless before it is written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::text::setting_line;
use crate::corpus::Collection;
use crate::domain::Fate;
use crate::engine::{QueryRow, Snapshot, StageState};
use crate::error::{Error, Result};
use crate::judge::{Advice, Class, Verdict};
use crate::text::visible;

/// Lost golds that are named.
const GOLDS: usize = 5;
/// Changes of a setting that are named.
const CHANGES: usize = 4;

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis<'a> {
    schema: u32,
    collection: &'a str,
    setting: String,
    /// The protocol's answer in one sentence.
    sentence: String,
    questions: Vec<Question>,
    languages: Vec<LanguagePart>,
    /// What to do, the most urgent first.
    next: Vec<String>,
    verdict: &'a Verdict,
}

#[derive(Debug, Clone, Serialize)]
struct Question {
    question: &'static str,
    answer: String,
    evidence: Vec<String>,
    advice: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct LanguagePart {
    language: String,
    queries: usize,
    recall: f64,
    ndcg10_first: f64,
    /// `null`: not reranked.
    ndcg10_reranked: Option<f64>,
    ndcg10_ceiling: f64,
    says: &'static str,
}

impl<'a> Diagnosis<'a> {
    /// `None` where no query is judged.
    pub fn of(snapshot: &'a Snapshot, collection: &'a Collection) -> Option<Self> {
        let verdict = snapshot.findings.as_deref()?;
        snapshot.means?;
        Some(Self {
            schema: 1,
            collection: &collection.name,
            setting: setting_line(snapshot),
            sentence: verdict.sentence(),
            questions: vec![
                surfaced(snapshot, verdict),
                lost(snapshot, collection, verdict),
                precision(snapshot, verdict),
                cost(snapshot),
            ],
            languages: languages(snapshot),
            next: next(snapshot, verdict),
            verdict,
        })
    }

    /// # Errors
    /// Never in practice: everything in it can be written as JSON.
    pub fn json(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|e| Error::bug(format!("JSON: {e}")))?;
        Ok(text + "\n")
    }

    pub fn text(&self) -> String {
        let mut out = format!("{} · {}\n\n{}\n", visible(self.collection), self.setting, self.sentence);
        for (nth, question) in (1..).zip(&self.questions) {
            let _ = writeln!(out, "\n{nth}  {}\n   {}", question.question, question.answer);
            for line in &question.evidence {
                let _ = writeln!(out, "   · {line}");
            }
            for line in &question.advice {
                let _ = writeln!(out, "   → {line}");
            }
        }
        if self.languages.len() > 1 {
            out.push_str("\nby language of the query\n");
            for row in &self.languages {
                let _ = writeln!(out, "   {}", row.line());
            }
        }
        out.push_str("\nnext\n");
        for (nth, line) in (1..).zip(&self.next) {
            let _ = writeln!(out, "{nth}. {line}");
        }
        out
    }

    pub fn markdown(&self) -> String {
        let plain = super::markdown::escaped;
        let mut out = format!(
            "# {}\n\n{}\n\n**{}**\n",
            plain(self.collection),
            plain(&self.setting),
            plain(&self.sentence)
        );
        for (nth, question) in (1..).zip(&self.questions) {
            let _ = writeln!(out, "\n## {nth}. {}\n\n{}\n", question.question, plain(&question.answer));
            for line in &question.evidence {
                let _ = writeln!(out, "- {}", plain(line));
            }
            for line in &question.advice {
                let _ = writeln!(out, "- → {}", plain(line));
            }
        }
        if self.languages.len() > 1 {
            out.push_str(
                "\n## By language of the query\n\n\
                 | language | queries | recall@N | nDCG@10 first | reranked | max | |\n\
                 |---|---:|---:|---:|---:|---:|---|\n",
            );
            for row in &self.languages {
                let reranked =
                    row.ndcg10_reranked.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
                let _ = writeln!(
                    out,
                    "| {} | {} | {:.3} | {:.3} | {reranked} | {:.3} | {} |",
                    plain(&row.language),
                    row.queries,
                    row.recall,
                    row.ndcg10_first,
                    row.ndcg10_ceiling,
                    row.says
                );
            }
        }
        out.push_str("\n## Next\n\n");
        for (nth, line) in (1..).zip(&self.next) {
            let _ = writeln!(out, "{nth}. {}", plain(line));
        }
        out
    }
}

impl LanguagePart {
    fn line(&self) -> String {
        let reranked = self.ndcg10_reranked.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
        format!(
            "{:<10} {:>4} queries  recall {:.3}  nDCG@10 {:.3} → {reranked} (max {:.3})  {}",
            visible(&self.language),
            self.queries,
            self.recall,
            self.ndcg10_first,
            self.ndcg10_ceiling,
            self.says
        )
    }
}

fn surfaced(snapshot: &Snapshot, verdict: &Verdict) -> Question {
    let evidence = &verdict.evidence;
    let n = snapshot.settings.candidates;
    let recall = evidence.first.map_or(0.0, |first| first.recall);
    let capped = evidence.capped_recall.unwrap_or(0.0);
    let enough = capped >= evidence.min_capped_recall;
    let judged = &snapshot.queries;
    let none = judged.iter().filter(|row| found(row, n) == 0 && !row.golds.is_empty()).count();
    let whole = judged.iter().filter(|row| found(row, n) == row.golds.len() && !row.golds.is_empty()).count();
    let mut lines = vec![
        format!("recall@{n} {recall:.3} over {} judged queries", evidence.queries),
        format!("of {} queries every gold is there, of {none} none is", whole),
    ];
    if let Some(alone) = legs_alone(snapshot) {
        lines.push(alone);
    }
    let answer = match enough {
        true => format!("yes: {:.0} % of the golds that N = {n} can hold are there", capped * 100.0),
        false => format!(
            "not enough: {:.0} % of the golds that N = {n} can hold are there, {:.0} % are asked for",
            capped * 100.0,
            evidence.min_capped_recall * 100.0
        ),
    };
    Question {
        question: "Did the first stage surface the golds?",
        answer,
        evidence: lines,
        advice: Vec::new(),
    }
}

/// Golds of a query among its candidates.
fn found(row: &QueryRow, n: usize) -> usize {
    row.golds.iter().filter(|gold| gold.fused.is_some_and(|rank| rank as usize <= n)).count()
}

/// Recall of each leg alone, where there are several.
fn legs_alone(snapshot: &Snapshot) -> Option<String> {
    let n = snapshot.settings.candidates;
    let at = |curve: &[f32]| curve.get(n - 1).or(curve.last()).copied();
    let legs = snapshot.legs.iter().zip(&snapshot.curve.legs);
    let alone: Vec<String> =
        legs.filter_map(|(leg, curve)| Some(format!("{} alone {:.3}", leg.name, at(curve)?))).collect();
    (alone.len() > 1).then(|| format!("recall@{n}: {}", alone.join(", ")))
}

fn lost(snapshot: &Snapshot, collection: &Collection, verdict: &Verdict) -> Question {
    let evidence = &verdict.evidence;
    let mut lines: Vec<String> = (evidence.losses.iter())
        .map(|loss| {
            format!("{}: {} golds, {:.0} % of the lost", loss.fate.words(), loss.golds, loss.share * 100.0)
        })
        .collect();
    if evidence.missing_from_corpus > 0 {
        lines.push(format!(
            "{} golds are not in the corpus: no setting finds them",
            evidence.missing_from_corpus
        ));
    }
    let whys = snapshot.study.as_deref().map_or(&[][..], |study| study.whys.as_slice());
    let of_row = |(row, whys): (&'_ QueryRow, &'_ Vec<Option<crate::engine::GoldWhy>>)| -> Vec<String> {
        let query = &collection.query(row.query).id;
        let golds = row.golds.iter().zip(whys);
        golds
            .filter_map(|(gold, why)| {
                let words = &why.as_ref()?.words;
                Some(format!("{} for {}: {}", visible(&gold.id), visible(query), visible(words)))
            })
            .collect()
    };
    let named: Vec<String> = snapshot.queries.iter().zip(whys).flat_map(of_row).collect();
    let more = named.len().saturating_sub(GOLDS);
    lines.extend(named.into_iter().take(GOLDS));
    if more > 0 {
        lines
            .push(format!("and {more} more; `rankscope explain QUERY PASSAGE` tells a gold's whole journey"));
    }
    let answer = match evidence.losses.first() {
        None => "nowhere: no gold of the corpus was lost before the reranker".to_owned(),
        Some(loss) => format!("most are {}", loss.fate.words()),
    };
    let advice = verdict.advice.iter().filter(|advice| advice.metric.starts_with("recall")).take(CHANGES);
    Question {
        question: "Where were golds lost, and what brings them back?",
        answer,
        evidence: lines,
        advice: advice.map(in_words).collect(),
    }
}

fn in_words(advice: &Advice) -> String {
    format!("{}: {} {:.3} → {:.3}", advice.change, advice.metric, advice.from, advice.to)
}

fn precision(snapshot: &Snapshot, verdict: &Verdict) -> Question {
    let question = "Does the reranker turn it into precision?";
    let Some(found) = &verdict.evidence.comparison else {
        let answer = match &snapshot.status.rerank {
            StageState::Off => "there is no second stage".to_owned(),
            StageState::Failed(why) => format!("it did not run: {}", visible(why)),
            _ => "not known: no query is reranked to the end".to_owned(),
        };
        return Question { question, answer, evidence: Vec::new(), advice: Vec::new() };
    };
    let line = |name: &str, of: fn(&crate::judge::Metrics) -> f64| {
        let (first, reranked, max) = (of(&found.first), of(&found.reranked), of(&found.ceiling));
        format!("{name} {first:.3} → {reranked:.3} (max {max:.3})")
    };
    let mut lines = vec![
        line("P@5", |metrics| metrics.precision5),
        line("nDCG@10", |metrics| metrics.ndcg10),
        line("MRR@10", |metrics| metrics.rr10),
        format!(
            "nDCG@10 {:+.3}, 95 % [{:+.3}, {:+.3}], on {} queries",
            found.ndcg10_difference, found.interval.low, found.interval.high, found.queries
        ),
    ];
    if let Some(share) = found.share_of_gain {
        lines.push(format!("{:.0} % of what a perfect reranker would gain in P@5", share * 100.0));
    }
    lines.push(format!(
        "Judged@10 {:.3} → {:.3}; nDCG@10 of the judged passages alone {:.3} → {:.3}",
        found.judged10_first,
        found.judged10_reranked,
        found.condensed_ndcg10_first,
        found.condensed_ndcg10_reranked
    ));
    lines.push(fates(snapshot));
    let answer = verdict.reranker_class.map_or("not known", Class::words).to_owned();
    Question { question, answer, evidence: lines, advice: Vec::new() }
}

/// Golds among the candidates by what the reranker did with them.
fn fates(snapshot: &Snapshot) -> String {
    let mut counts: BTreeMap<Fate, usize> = BTreeMap::new();
    for fate in snapshot.queries.iter().flat_map(|row| &row.golds).filter_map(|gold| gold.fate) {
        *counts.entry(fate).or_default() += 1;
    }
    let count = |fate: Fate| format!("{} {}", counts.get(&fate).copied().unwrap_or(0), fate.words());
    let named = [Fate::Kept, Fate::Rescued, Fate::Demoted, Fate::NotLifted].map(count);
    format!("golds: {}", named.join(", "))
}

fn cost(snapshot: &Snapshot) -> Question {
    let mut lines = Vec::new();
    for cost in &snapshot.costs {
        if let (Some(p50), Some(p95)) = (cost.ms_p50_per_query, cost.ms_p95_per_query) {
            lines.push(format!("{}: {p50:.0} ms a query at the median, {p95:.0} at 95 %", cost.stage));
        } else if cost.cached_pairs > 0 {
            lines.push(format!("{}: all {} pairs came from the cache", cost.stage, cost.cached_pairs));
        }
    }
    let affords = &snapshot.affords;
    let within = affords.points.iter().rfind(|point| point.within == Some(true));
    let now = affords.points.iter().find(|point| point.n == snapshot.settings.candidates);
    let answer = match (affords.budget_ms, within, now.and_then(|point| point.ms)) {
        (Some(budget), Some(point), _) => format!("{budget:.0} ms afford N = {}", point.n),
        (Some(budget), None, Some(ms)) => format!("{ms:.0} ms a query, over the budget of {budget:.0} ms"),
        (_, _, Some(ms)) => format!("about {ms:.0} ms a query at N = {}", snapshot.settings.candidates),
        _ if lines.is_empty() => "nothing was reranked in this run".to_owned(),
        _ => "not measured in this run: scores came from the cache".to_owned(),
    };
    let advice = match affords.budget_ms {
        None => vec!["--budget-ms MS says which N a time affords".to_owned()],
        Some(_) => Vec::new(),
    };
    Question { question: "What does it cost?", answer, evidence: lines, advice }
}

fn languages(snapshot: &Snapshot) -> Vec<LanguagePart> {
    let study = snapshot.study.as_deref();
    let part = |row: &crate::engine::LanguageRow| {
        let both = row.means.reranked;
        LanguagePart {
            language: row.language.to_string(),
            queries: row.means.queries,
            recall: row.means.first.recall,
            ndcg10_first: both.map_or(row.means.first, |both| both.first).ndcg10,
            ndcg10_reranked: both.map(|both| both.reranked.ndcg10),
            ndcg10_ceiling: both.map_or(row.means.ceiling, |both| both.ceiling).ndcg10,
            says: study
                .and_then(|study| study.verdict_on(&row.language))
                .map_or("", |verdict| verdict.class.words()),
        }
    };
    let mut rows: Vec<LanguagePart> = snapshot.languages.iter().map(part).collect();
    // The worst first: that is where to look.
    rows.sort_by(|a, b| a.recall.total_cmp(&b.recall));
    rows
}

/// What to do, in the protocol's order: judgments that can be trusted, then the first stage, then the
/// reranker, then its cost.
fn next(snapshot: &Snapshot, verdict: &Verdict) -> Vec<String> {
    let evidence = &verdict.evidence;
    let mut next = Vec::new();
    if evidence.missing_from_corpus > 0 {
        next.push(format!(
            "add the {} judged passages that are not in the corpus, or take their judgments out: `rankscope validate` names them",
            evidence.missing_from_corpus
        ));
    }
    if verdict.class == Class::NotEnoughEvidence {
        next.push(format!(
            "judge more queries: there are {}, a verdict needs {}",
            evidence.queries, evidence.min_queries
        ));
    }
    let positives =
        snapshot.study.as_deref().map_or(0, |study| study.probable_positives.iter().map(Vec::len).sum());
    if positives > 0 {
        next.push(format!(
            "judge {positives} unjudged passages that are nearly a gold's text: `rankscope eval` lists them"
        ));
    }
    let short = evidence.capped_recall.is_some_and(|capped| capped < evidence.min_capped_recall);
    let recall = verdict.advice.iter().find(|advice| advice.metric.starts_with("recall"));
    match (short, recall) {
        (true, Some(advice)) => next.push(format!("fix the first stage: {}", in_words(advice))),
        (true, None) => next.push(
            "fix the first stage: no setting that was tried brings more golds in; look at their fates for a leg that is missing"
                .to_owned(),
        ),
        (false, _) => {}
    }
    match verdict.reranker_class {
        None if !short => next.push("try a reranker: `rankscope rerankers --compare PLAN,PLAN`".to_owned()),
        Some(Class::RerankerHurts) => next.push(
            "switch the reranker off, or try another: `rankscope rerankers --compare PLAN,PLAN`".to_owned(),
        ),
        Some(Class::RerankAddsLittle) => {
            next.push("ask whether the reranker is worth its cost; a smaller N is cheaper".to_owned());
        }
        _ => {}
    }
    let other = verdict.advice.iter().find(|advice| !advice.metric.starts_with("recall"));
    if let Some(advice) = other {
        next.push(format!(
            "try {}; `rankscope sweep` says whether it holds on queries that it was not chosen with",
            in_words(advice)
        ));
    }
    let truncated: usize = snapshot.rerankers.iter().map(|one| one.truncated).sum();
    if truncated > 0 {
        next.push(format!("cut {truncated} passages shorter: a reranker did not read them to their end"));
    }
    if next.is_empty() {
        next.push(
            "nothing stands out: keep this, and guard it with `rankscope eval --min ndcg@10=VALUE`"
                .to_owned(),
        );
    }
    next
}
