//! What a step says is so. In: a claim and the picture that the engine made. Out: whether it holds, and if
//! not, what is so instead.

use serde::Deserialize;

use crate::corpus::Collection;
use crate::domain::{Fate, Rank};
use crate::engine::{GoldRow, LanguageRow, Snapshot};

use super::super::lines::known_fate;

/// One claim; every field that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claim {
    /// A gold of the query on the screen, by its passage.
    pub gold: Option<String>,
    /// With `gold`: whether it is in the candidate set.
    pub candidate: Option<bool>,
    /// With `gold`: what became of it.
    pub fate: Option<Fate>,
    /// With `gold`: its rank in the delivered list is this or better.
    pub rank_at_most: Option<Rank>,
    /// With `gold`: its rank in the delivered list is this or worse.
    pub rank_at_least: Option<Rank>,
    /// A language of the queries; without it `recall-…` speaks of all judged queries.
    pub language: Option<String>,
    /// With `language`: no other has a lower recall@N.
    pub weakest: Option<bool>,
    /// recall@N of the first stage.
    pub recall_at_least: Option<f64>,
    pub recall_at_most: Option<f64>,
    /// Whether reranking raises nDCG@10, on average.
    pub lifts: Option<bool>,
}

impl Claim {
    /// # Errors
    /// What is so instead.
    pub fn check(&self, snapshot: &Snapshot, collection: &Collection) -> Result<(), String> {
        if let Some(id) = &self.gold {
            let gold = snapshot.focus.golds.iter().find(|gold| *gold.id == **id);
            self.check_gold(gold.ok_or_else(|| format!("{id} is no gold of the query on the screen"))?)?;
        } else if self.candidate.is_some()
            || self.fate.is_some()
            || self.rank_at_most.or(self.rank_at_least).is_some()
        {
            return Err("candidate, fate and rank are claims about a gold: name it".to_owned());
        }
        self.check_means(snapshot)?;
        // A claim about a passage that is not there would hold of nothing.
        match &self.gold {
            Some(id) if !collection.passages.iter().any(|passage| passage.id == *id) => {
                Err(format!("there is no passage {id} in the collection"))
            }
            _ => Ok(()),
        }
    }

    fn check_gold(&self, gold: &GoldRow) -> Result<(), String> {
        let id = &gold.id;
        let fate = known_fate(gold);
        let said = || fate.map_or("not known yet".to_owned(), |fate| fate.words().to_owned());
        if self.fate.is_some_and(|wanted| fate != Some(wanted)) {
            return Err(format!("{id} is {}", said()));
        }
        let is_candidate = fate.map(|fate| !fate.is_lost_before_rerank());
        if self.candidate.is_some_and(|wanted| is_candidate != Some(wanted)) {
            return Err(format!("{id} is {}", said()));
        }
        let ranked = gold.reranked.map_or("not delivered".to_owned(), |rank| format!("at rank {rank}"));
        let within = self.rank_at_most.is_none_or(|most| gold.reranked.is_some_and(|rank| rank <= most));
        let beyond = self.rank_at_least.is_none_or(|least| gold.reranked.is_none_or(|rank| rank >= least));
        if within && beyond { Ok(()) } else { Err(format!("{id} is {ranked}")) }
    }

    fn check_means(&self, snapshot: &Snapshot) -> Result<(), String> {
        let needs = self.weakest.is_some()
            || self.lifts.is_some()
            || self.recall_at_least.or(self.recall_at_most).is_some()
            || self.language.is_some();
        if !needs {
            return Ok(());
        }
        let row = |tag: &String| {
            let row = snapshot.languages.iter().find(|row| row.language.as_str() == tag);
            row.ok_or_else(|| format!("no judged query is in {tag}"))
        };
        let row = self.language.as_ref().map(row).transpose()?;
        let means = row.map(|row| &row.means).or(snapshot.means.as_ref());
        let means = means.ok_or_else(|| "nothing is judged yet".to_owned())?;
        let recall = means.first.recall;
        let of = self.language.as_deref().unwrap_or("all queries");
        if self.recall_at_least.is_some_and(|least| recall < least)
            || self.recall_at_most.is_some_and(|most| recall > most)
        {
            return Err(format!("recall@N of {of} is {recall:.3}"));
        }
        if let (Some(wanted), Some(row)) = (self.weakest, row) {
            let least =
                |a: &&LanguageRow, b: &&LanguageRow| a.means.first.recall.total_cmp(&b.means.first.recall);
            let weakest = snapshot.languages.iter().min_by(least);
            let is_weakest =
                weakest.is_some_and(|weakest| weakest.means.first.recall >= row.means.first.recall);
            if is_weakest != wanted {
                let weakest = weakest.map_or("none", |row| row.language.as_str());
                return Err(format!("the weakest language is {weakest}, {of} has recall@N {recall:.3}"));
            }
        }
        if let Some(wanted) = self.lifts {
            let reranked = means.reranked.ok_or_else(|| format!("{of}: nothing is reranked"))?;
            let (before, after) = (reranked.first.ndcg10, reranked.reranked.ndcg10);
            if (after > before) != wanted {
                return Err(format!("nDCG@10 of {of} goes from {before:.3} to {after:.3}"));
            }
        }
        Ok(())
    }
}
