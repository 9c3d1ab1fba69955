//! Token pairs of the passage that is inspected, by those rerankers of the plan whose score is made of them.
//! They come from the thread that reranks; until then the explanation says that they are on their way.

use std::sync::Arc;

use super::Worker;
use crate::domain::DocIdx;
use crate::domain::rerankers::is_embedding_model;
use crate::engine::snapshot::Explanation;
use crate::error::Result;
use crate::rerank::PairsWanted;
use crate::rerank::token_pairs::TokenPair;

/// What is known of one query and passage.
#[derive(Default)]
pub(super) struct TokenPairsAtWork {
    by: Vec<(PairsWanted, Option<Vec<TokenPair>>)>,
}

impl TokenPairsAtWork {
    /// What was told is of a reranker that has gone.
    pub fn forget(&mut self, reranker: &str) {
        self.by.retain(|(wanted, _)| *wanted.reranker != *reranker);
    }
}

impl Worker {
    /// Asks for the pairs that are not known yet. `text`: the query's.
    pub(super) fn want_token_pairs(&mut self, text: &Arc<str>, doc: DocIdx) {
        let Some(runner) = &self.runner else { return };
        self.token_pairs.by.retain(|(wanted, _)| wanted.text == *text && wanted.doc == doc);
        let names = self.at_work().filter(|known| {
            known.has_token_pairs && known.failed.is_none() && !is_embedding_model(&known.name)
        });
        let wanted =
            names.map(|known| PairsWanted { reranker: Arc::clone(&known.name), text: Arc::clone(text), doc });
        let known = |wanted: &PairsWanted| self.token_pairs.by.iter().any(|(known, _)| known == wanted);
        let new: Vec<PairsWanted> = wanted.filter(|wanted| !known(wanted)).collect();
        if new.is_empty() {
            return;
        }
        self.token_pairs.by.extend(new.into_iter().map(|wanted| (wanted, None)));
        let missing = self.token_pairs.by.iter().filter(|(_, pairs)| pairs.is_none());
        runner.pair(missing.map(|(wanted, _)| wanted.clone()).collect());
    }

    pub(super) fn take_token_pairs(&mut self, wanted: &PairsWanted, pairs: Result<Vec<TokenPair>>) {
        let Some((_, slot)) = self.token_pairs.by.iter_mut().find(|(known, _)| known == wanted) else {
            return;
        };
        *slot = Some(pairs.unwrap_or_else(|error| {
            self.notes.push(format!("{}: no token pairs: {error}", wanted.reranker));
            Vec::new()
        }));
        self.dirty.urgent = true;
    }

    /// Puts into an explanation what is known, and what is on its way. The embedding model's pairs, which are
    /// in it, speak for a plan without late interaction only.
    pub(super) fn tell_token_pairs(&self, explanation: &mut Explanation) {
        let others = self.at_work().any(|known| known.has_token_pairs && !is_embedding_model(&known.name));
        if others && !self.at_work().any(|known| is_embedding_model(&known.name)) {
            explanation.pairs.clear();
        }
        let of_plan = self.token_pairs.by.iter().filter(|(wanted, _)| {
            self.at_work().any(|known| known.name == wanted.reranker && known.failed.is_none())
        });
        for (wanted, pairs) in of_plan {
            let name = wanted.reranker.to_string();
            match pairs {
                Some(pairs) if pairs.is_empty() => {}
                Some(pairs) => explanation.pairs.push((name, pairs.clone())),
                None => explanation.pairs_awaited.push(name),
            }
        }
    }
}
