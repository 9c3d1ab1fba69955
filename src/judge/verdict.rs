//! In: every judged query's metrics, ceiling and fates under one setting. Out: the protocol's verdict:
//! whether to fix the first stage first, and what this reranker does to the list. It measures nothing
//! itself, and does not search for better settings: what would help is computed outside and handed in.
//!
//! The questions are asked in the protocol's order, because a reranker cannot bring back what the first
//! stage never surfaced: enough queries? the gold there? and only then: does the reranker pay? The
//! reranker's class is stated even where the first stage is to be fixed first.

use serde::Serialize;

use super::metrics::{Metrics, share_of_gain};
use super::ranking::capped_recall;
use super::significance::{Bootstrap, Interval, ROUNDS, SEED, mean};
use super::wording;
use crate::domain::Fate;

/// A difference of nDCG@10 below this is not worth a reranker, however certain it is.
const WORTHWHILE: f64 = 0.01;

/// An interval within ± this says that there is no difference to speak of.
const NEGLIGIBLE: f64 = 0.02;

/// A mean of decimals that is a threshold exactly may miss it in its last bits; it is not to.
const ROUNDING: f64 = 1e-12;

/// Judged@10 may fall this far; further, a worse nDCG may be nothing but missing judgments.
const HOLES: f64 = 0.05;

/// What is said of a first stage and its reranker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    NotEnoughEvidence,
    FixFirstStage,
    RerankPays,
    RerankerHurts,
    RerankAddsLittle,
}

impl Class {
    /// In a few words, for a table.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotEnoughEvidence => "not enough evidence",
            Self::FixFirstStage => "fix the first stage",
            Self::RerankPays => "reranking pays",
            Self::RerankerHurts => "the reranker hurts",
            Self::RerankAddsLittle => "the reranker adds little",
        }
    }
}

/// One list of one query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListScores {
    pub metrics: Metrics,
    /// Judged share of the first ten.
    pub judged10: f64,
    /// nDCG@10 of the condensed list: the judged passages alone.
    pub condensed_ndcg10: f64,
}

/// One judged query under the setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedQuery<'a> {
    pub first: ListScores,
    /// `None`: there is no reranker, or this query's rerank is incomplete or failed.
    pub reranked: Option<ListScores>,
    pub ceiling: Metrics,
    /// R, those not in the corpus included.
    pub relevant: usize,
    /// r_N, relevant passages in the candidate set.
    pub found: usize,
    /// Of every gold; `None` where it has none.
    pub fates: &'a [Option<Fate>],
}

/// A change of one setting, and what it would do to a metric: computed, never guessed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// In the user's words: `N 200`, `alpha 0.65`.
    pub change: String,
    /// Such as `recall@50`.
    pub metric: String,
    pub from: f64,
    pub to: f64,
}

/// From where on something counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    pub min_queries: usize,
    /// Capped recall below this: the first stage is to be fixed first.
    pub min_capped_recall: f64,
    pub rounds: usize,
    pub seed: u64,
}

impl Default for Terms {
    fn default() -> Self {
        Self { min_queries: 25, min_capped_recall: 0.80, rounds: ROUNDS, seed: SEED }
    }
}

/// All that a verdict rests on: over all queries, or over those of one language.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub queries: &'a [JudgedQuery<'a>],
    /// N.
    pub candidates: usize,
    /// The reranker's name; `None` where there is none.
    pub reranker: Option<&'a str>,
    /// Changes that were computed; those that help are handed on, the most helpful first.
    pub changes: &'a [Advice],
    pub terms: Terms,
}

/// How many golds met one fate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Loss {
    pub fate: Fate,
    pub golds: usize,
    /// Of all golds that the first stage lost.
    pub share: f64,
}

/// Before and after the reranker, on the same queries: those wholly reranked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    pub queries: usize,
    pub first: Metrics,
    pub reranked: Metrics,
    pub ceiling: Metrics,
    pub ndcg10_difference: f64,
    /// 95 % paired percentile bootstrap of that difference.
    pub interval: Interval,
    /// Of P@5: a ratio of means; `None` where there was nothing to gain.
    pub share_of_gain: Option<f64>,
    pub judged10_first: f64,
    pub judged10_reranked: f64,
    /// nDCG@10 without the unjudged passages: beside the other, it shows what missing judgments hide.
    pub condensed_ndcg10_first: f64,
    pub condensed_ndcg10_reranked: f64,
}

/// The numbers behind a verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    pub queries: usize,
    pub min_queries: usize,
    pub candidates: usize,
    pub reranker: Option<String>,
    /// Means over all the queries; `None` for no query.
    pub first: Option<Metrics>,
    pub ceiling: Option<Metrics>,
    /// Mean of r_N / min(R, N) over the queries that have a gold; `None` where none has.
    pub capped_recall: Option<f64>,
    pub min_capped_recall: f64,
    /// Golds lost before the reranker, the most frequent fate first; those missing from the corpus are
    /// not the first stage's loss and are counted apart.
    pub losses: Vec<Loss>,
    pub missing_from_corpus: usize,
    pub comparison: Option<Comparison>,
}

/// The verdict, with its reasons in words and its evidence in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    pub class: Class,
    /// What this reranker does, whatever the first stage; `None` without one. It says nothing about any
    /// other reranker.
    pub reranker_class: Option<Class>,
    pub reasons: Vec<String>,
    pub evidence: Evidence,
    pub advice: Vec<Advice>,
}

impl Verdict {
    /// The verdict on a case.
    pub fn on(case: &Case) -> Self {
        Self::with(case, case.bootstrap())
    }

    /// The verdict on a case with its own [`Case::bootstrap`], which is what takes long.
    pub fn with(case: &Case, bootstrap: Bootstrap) -> Self {
        let evidence = Evidence::of(case, bootstrap);
        let reranker_class = case.reranker.map(|_| evidence.reranker_class());
        let class = evidence.class(reranker_class);
        let mut advice: Vec<Advice> =
            case.changes.iter().filter(|change| change.to > change.from).cloned().collect();
        advice.sort_by(|a, b| (b.to - b.from).total_cmp(&(a.to - a.from)));
        let reasons = wording::reasons(&evidence);
        Self { class, reranker_class, reasons, evidence, advice }
    }

    /// The verdict in one sentence: "the gold is there (recall@50 .92) but low (P@5 .31): reranking
    /// pays, +.13 P@5, 62 % of the possible gain".
    pub fn sentence(&self) -> String {
        wording::sentence(self)
    }
}

impl<'a> Case<'a> {
    /// The queries that are wholly reranked, with their reranked scores.
    fn both(&self) -> impl Iterator<Item = (&'a JudgedQuery<'a>, &'a ListScores)> + use<'a> {
        self.queries.iter().filter_map(|query| Some((query, query.reranked.as_ref()?)))
    }

    /// Of the difference that the reranker makes to nDCG@10; none of it is drawn yet.
    pub fn bootstrap(&self) -> Bootstrap {
        let differences =
            self.both().map(|(query, reranked)| reranked.metrics.ndcg10 - query.first.metrics.ndcg10);
        Bootstrap::new(differences.collect(), self.terms.rounds.max(1), self.terms.seed)
    }
}

impl Evidence {
    fn of(case: &Case, bootstrap: Bootstrap) -> Self {
        let queries = case.queries;
        let capped: Vec<f64> = queries
            .iter()
            .filter_map(|query| capped_recall(query.found, query.relevant, case.candidates))
            .collect();
        let fates = || queries.iter().flat_map(|query| query.fates).flatten();
        let golds = |fate: Fate| fates().filter(|&&met| met == fate).count();
        let mut losses: Vec<Loss> = Fate::ALL
            .into_iter()
            .filter(|fate| fate.is_lost_before_rerank() && *fate != Fate::MissingFromCorpus)
            .map(|fate| Loss { fate, golds: golds(fate), share: 0.0 })
            .filter(|loss| loss.golds > 0)
            .collect();
        let lost: usize = losses.iter().map(|loss| loss.golds).sum();
        for loss in &mut losses {
            loss.share = loss.golds as f64 / lost as f64;
        }
        losses.sort_by_key(|loss| std::cmp::Reverse(loss.golds));
        Self {
            queries: queries.len(),
            min_queries: case.terms.min_queries,
            candidates: case.candidates,
            reranker: case.reranker.map(str::to_owned),
            first: Metrics::mean(queries.iter().map(|query| query.first.metrics)),
            ceiling: Metrics::mean(queries.iter().map(|query| query.ceiling)),
            capped_recall: (!capped.is_empty()).then(|| mean(&capped)),
            min_capped_recall: case.terms.min_capped_recall,
            losses,
            missing_from_corpus: golds(Fate::MissingFromCorpus),
            comparison: case.reranker.and_then(|_| Comparison::of(case, bootstrap)),
        }
    }

    /// In the protocol's order: too few queries, then the first stage, then the reranker.
    fn class(&self, reranker_class: Option<Class>) -> Class {
        if self.queries < self.min_queries {
            return Class::NotEnoughEvidence;
        }
        match self.capped_recall {
            None => Class::NotEnoughEvidence,
            Some(recall) if recall < self.min_capped_recall - ROUNDING => Class::FixFirstStage,
            Some(_) => reranker_class.unwrap_or(Class::NotEnoughEvidence),
        }
    }

    fn reranker_class(&self) -> Class {
        match &self.comparison {
            Some(comparison) if comparison.queries >= self.min_queries => comparison.class(),
            _ => Class::NotEnoughEvidence,
        }
    }
}

impl Comparison {
    /// `None` where no query is wholly reranked.
    fn of(case: &Case, bootstrap: Bootstrap) -> Option<Self> {
        let both = || case.both();
        let first = Metrics::mean(both().map(|(query, _)| query.first.metrics))?;
        let reranked = Metrics::mean(both().map(|(_, reranked)| reranked.metrics))?;
        let ceiling = Metrics::mean(both().map(|(query, _)| query.ceiling))?;
        let mean_first = |pick: fn(&ListScores) -> f64| -> f64 {
            mean(&both().map(|(query, _)| pick(&query.first)).collect::<Vec<_>>())
        };
        let mean_reranked = |pick: fn(&ListScores) -> f64| -> f64 {
            mean(&both().map(|(_, reranked)| pick(reranked)).collect::<Vec<_>>())
        };
        Some(Self {
            queries: both().count(),
            first,
            reranked,
            ceiling,
            ndcg10_difference: mean(bootstrap.differences()),
            interval: bootstrap.finish(0.95)?,
            share_of_gain: share_of_gain(first.precision5, reranked.precision5, ceiling.precision5),
            judged10_first: mean_first(|list| list.judged10),
            judged10_reranked: mean_reranked(|list| list.judged10),
            condensed_ndcg10_first: mean_first(|list| list.condensed_ndcg10),
            condensed_ndcg10_reranked: mean_reranked(|list| list.condensed_ndcg10),
        })
    }

    fn class(&self) -> Class {
        let Interval { low, high } = self.interval;
        if low > 0.0 && self.ndcg10_difference >= WORTHWHILE - ROUNDING {
            Class::RerankPays
        } else if high < 0.0 && !self.has_more_holes() {
            Class::RerankerHurts
        } else if low > 0.0 || (low >= -NEGLIGIBLE && high <= NEGLIGIBLE) {
            Class::RerankAddsLittle
        } else {
            Class::NotEnoughEvidence
        }
    }

    /// Whether the reranker lifted so many unjudged passages that its harm may be a hole in the
    /// judgments.
    pub(super) fn has_more_holes(&self) -> bool {
        self.judged10_first - self.judged10_reranked > HOLES + ROUNDING
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
