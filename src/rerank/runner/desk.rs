//! What the thread works with: rerankers by name, opened when they are wanted, and one work at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::{Opener, RunnerEvent, Scored, Work};
use crate::corpus::Collection;
use crate::domain::{DocIdx, Score};
use crate::error::Result;
use crate::index::FactCache;
use crate::rerank::score_cache::{PairFact, ScoreCache};
use crate::rerank::{Cancel, Pair, Reranker};

/// What the thread works with.
pub(super) struct Desk<'a> {
    pub open: Opener,
    /// By name; `None`: failed.
    pub rerankers: HashMap<Arc<str>, Option<Box<dyn Reranker>>>,
    pub collection: Arc<Collection>,
    pub facts: Arc<FactCache>,
    pub tell: &'a dyn Fn(RunnerEvent),
}

impl Desk<'_> {
    /// Scores what the work has no score of, batch by batch, until `cancel` winds down.
    pub fn run(&mut self, work: &Work, cancel: &Cancel) -> Result<()> {
        if !self.rerankers.contains_key(&work.reranker) {
            let opened = self.opened(&work.reranker, cancel)?;
            self.rerankers.insert(Arc::clone(&work.reranker), Some(opened));
        }
        // One that failed has told so.
        let Some(Some(reranker)) = self.rerankers.get_mut(&work.reranker) else { return Ok(()) };
        score(&mut **reranker, &self.collection, &self.facts, work, cancel, self.tell)
    }

    fn opened(&mut self, name: &Arc<str>, cancel: &Cancel) -> Result<Box<dyn Reranker>> {
        let tell = self.tell;
        let mut doing = |doing: String| tell(RunnerEvent::Opening { reranker: Arc::clone(name), doing });
        doing(format!("opening {name}"));
        let reranker = (self.open)(name, cancel, &mut doing)?;
        let fingerprint = reranker.fingerprint().to_owned();
        tell(RunnerEvent::Opened { reranker: Arc::clone(name), fingerprint });
        Ok(reranker)
    }
}

fn score(
    reranker: &mut dyn Reranker,
    collection: &Collection,
    facts: &FactCache,
    work: &Work,
    cancel: &Cancel,
    tell: &dyn Fn(RunnerEvent),
) -> Result<()> {
    let texts: Vec<String> = work.docs.iter().map(|&doc| collection.passage(doc).indexed_text()).collect();
    let cache = ScoreCache::of(facts, reranker);
    let known = cache.get(&work.text, texts.iter().map(String::as_str));
    let scored = |scores, truncated, cached, ms| {
        let (reranker, query) = (Arc::clone(&work.reranker), work.query.clone());
        let spare = work.spare;
        tell(RunnerEvent::Scored(Scored { reranker, query, scores, truncated, cached, ms, spare }));
    };
    let cut = |doc: DocIdx, known: Option<PairFact>| known.is_some_and(|fact| fact.truncated).then_some(doc);
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
            scored(arrived.iter().map(|(pair, score)| (pair.doc, *score)).collect(), truncated, false, ms);
        }
        outcome?;
    }
    Ok(())
}
