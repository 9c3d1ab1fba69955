//! What the thread works with: rerankers by name, opened when they are wanted, and one work at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::{Opener, PairsWanted, RunnerEvent, Scored, Work};
use crate::corpus::Collection;
use crate::domain::{DocIdx, Score};
use crate::error::{ErrorKind, Result};
use crate::index::FactCache;
use crate::rerank::score_cache::{PairFact, ScoreCache};
use crate::rerank::{Cancel, Pair, Reranker};

/// What the thread works with.
pub(super) struct Desk<'a> {
    pub open: Opener,
    /// By name; `None`: failed, or at work.
    pub rerankers: HashMap<Arc<str>, Option<Box<dyn Reranker>>>,
    pub collection: Arc<Collection>,
    pub facts: Arc<FactCache>,
    pub tell: &'a dyn Fn(RunnerEvent),
}

impl Desk<'_> {
    /// Scores what the work has no score of, batch by batch, until `cancel` winds down. Between two batches it
    /// answers what `pairs` asks for.
    pub fn run(
        &mut self,
        work: &Work,
        cancel: &Cancel,
        pairs: &dyn Fn() -> Option<PairsWanted>,
    ) -> Result<()> {
        if !self.rerankers.contains_key(&work.reranker) {
            let opened = match self.opened(&work.reranker, cancel) {
                // Another list is wanted; if that needs it too, it is waited for again.
                Err(error) if error.kind == ErrorKind::Interrupted && cancel.winds_down() => return Ok(()),
                opened => opened?,
            };
            self.rerankers.insert(Arc::clone(&work.reranker), Some(opened));
        }
        // One that failed has told so.
        let Some(mut reranker) = self.rerankers.get_mut(&work.reranker).and_then(Option::take) else {
            return Ok(());
        };
        let outcome = self.score(&mut *reranker, work, cancel, pairs);
        self.rerankers.insert(Arc::clone(&work.reranker), Some(reranker));
        outcome
    }

    fn opened(&mut self, name: &Arc<str>, cancel: &Cancel) -> Result<Box<dyn Reranker>> {
        let tell = self.tell;
        let mut doing = |doing: String| tell(RunnerEvent::Opening { reranker: Arc::clone(name), doing });
        doing(format!("opening {name}"));
        let reranker = (self.open)(name, cancel, &mut doing)?;
        tell(RunnerEvent::Opened {
            reranker: Arc::clone(name),
            fingerprint: reranker.fingerprint().to_owned(),
            has_token_pairs: reranker.has_token_pairs(),
        });
        Ok(reranker)
    }

    /// Tells the token pairs of one passage. `at_work`: the reranker that is taken off the desk, and its name.
    pub fn pair(
        &mut self,
        wanted: PairsWanted,
        at_work: Option<(&Arc<str>, &mut dyn Reranker)>,
        cancel: &Cancel,
    ) {
        let text = self.collection.passage(wanted.doc).indexed_text();
        let passage = Pair { doc: wanted.doc, text: &text };
        let pairs = match at_work {
            Some((name, reranker)) if *name == wanted.reranker => {
                reranker.token_pairs(&wanted.text, passage, cancel)
            }
            _ => match self.rerankers.get_mut(&wanted.reranker) {
                Some(Some(reranker)) => reranker.token_pairs(&wanted.text, passage, cancel),
                Some(None) | None => Ok(Vec::new()),
            },
        };
        (self.tell)(RunnerEvent::TokenPairs { wanted, pairs });
    }

    fn score(
        &mut self,
        reranker: &mut dyn Reranker,
        work: &Work,
        cancel: &Cancel,
        pairs: &dyn Fn() -> Option<PairsWanted>,
    ) -> Result<()> {
        let (collection, facts) = (Arc::clone(&self.collection), Arc::clone(&self.facts));
        let texts: Vec<String> =
            work.docs.iter().map(|&doc| collection.passage(doc).indexed_text()).collect();
        let cache = ScoreCache::of(&facts, reranker);
        let known = cache.get(&work.text, texts.iter().map(String::as_str));
        let tell = self.tell;
        let scored = |scores, truncated, cached, ms| {
            let (reranker, query) = (Arc::clone(&work.reranker), work.query.clone());
            let spare = work.spare;
            tell(RunnerEvent::Scored(Scored { reranker, query, scores, truncated, cached, ms, spare }));
        };
        let cut =
            |doc: DocIdx, known: Option<PairFact>| known.is_some_and(|fact| fact.truncated).then_some(doc);
        let from_cache: Vec<(DocIdx, Option<Score>)> =
            work.docs.iter().zip(&known).filter_map(|(&doc, fact)| Some((doc, (*fact)?.score))).collect();
        if !from_cache.is_empty() {
            let truncated = work.docs.iter().zip(&known).filter_map(|(&doc, &fact)| cut(doc, fact)).collect();
            scored(from_cache, truncated, true, 0.0);
        }
        let missing: Vec<Pair<'_>> = (work.docs.iter().zip(&texts))
            .zip(&known)
            .filter(|(_, fact)| fact.is_none())
            .map(|((&doc, text), _)| Pair { doc, text })
            .collect();
        for batch in missing.chunks(reranker.batch().max(1)) {
            while let Some(wanted) = pairs() {
                self.pair(wanted, Some((&work.reranker, &mut *reranker)), cancel);
            }
            if cancel.winds_down() {
                return Ok(());
            }
            let start = Instant::now();
            let mut arrived: Vec<(Pair<'_>, Option<Score>)> = Vec::with_capacity(batch.len());
            let outcome = reranker.score_each(&work.text, batch, cancel, &mut |place, score| {
                arrived.extend(batch.get(place).map(|pair| (*pair, score)));
            });
            let ms = start.elapsed().as_secs_f64() * 1e3;
            if !arrived.is_empty() {
                let truncated: Vec<DocIdx> = reranker.truncated().to_vec();
                let fact = |&(pair, score): &(Pair<'_>, Option<Score>)| PairFact {
                    score,
                    truncated: truncated.contains(&pair.doc),
                };
                let new: Vec<PairFact> = arrived.iter().map(fact).collect();
                cache.put(&work.text, arrived.iter().map(|(pair, _)| pair.text), &new);
                scored(
                    arrived.iter().map(|(pair, score)| (pair.doc, *score)).collect(),
                    truncated,
                    false,
                    ms,
                );
            }
            outcome?;
        }
        Ok(())
    }
}
