//! A local cross-encoder as a second stage.

use std::time::Instant;

use super::{Cancel, Pair, Reranker};
use crate::domain::{DocIdx, Score};
use crate::error::Result;
use crate::models::PairScorer;

/// Part of the fingerprint; change it with the scores.
const VERSION: &str = "cross-encoder-1";
/// How long a batch should take, in milliseconds.
const BATCH_MS: f64 = 150.0;
const BATCH: (usize, usize) = (4, 64);

/// What becomes of a logit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Activation {
    /// Nothing: the order is that of the model, and no two scores run together.
    #[default]
    Raw,
    /// 1 / (1 + e^-x), 0 to 1. Logits beyond about 17 become equal in 32 bits.
    Sigmoid,
}

impl Activation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Sigmoid => "sigmoid",
        }
    }

    fn of(self, logit: f32) -> Score {
        match self {
            Self::Raw => logit,
            Self::Sigmoid => (1.0 / (1.0 + (-f64::from(logit)).exp())) as Score,
        }
    }
}

/// A loaded cross-encoder, whatever runs it, and what becomes of its logits.
pub(super) struct CrossEncoderReranker {
    id: String,
    fingerprint: String,
    model: Box<dyn PairScorer>,
    activation: Activation,
    truncated: Vec<DocIdx>,
    /// Of the batches so far; `None` before the first.
    ms_per_pair: Option<f64>,
}

impl CrossEncoderReranker {
    /// `fingerprint`: what the model's logits depend on but the texts.
    pub(super) fn new(
        name: &str,
        model: Box<dyn PairScorer>,
        fingerprint: &str,
        activation: Activation,
    ) -> Self {
        Self {
            id: name.to_owned(),
            fingerprint: format!("{VERSION} {fingerprint} activation={}", activation.name()),
            model,
            activation,
            truncated: Vec::new(),
            ms_per_pair: None,
        }
    }
}

impl Reranker for CrossEncoderReranker {
    fn id(&self) -> &str {
        &self.id
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn score(&mut self, query: &str, passages: &[Pair<'_>], cancel: &Cancel) -> Result<Vec<Option<Score>>> {
        super::in_order(passages.len(), |arrived| self.score_each(query, passages, cancel, arrived))
    }

    fn score_each(
        &mut self,
        query: &str,
        passages: &[Pair<'_>],
        cancel: &Cancel,
        arrived: &mut dyn FnMut(usize, Option<Score>),
    ) -> Result<()> {
        let start = Instant::now();
        let texts: Vec<&str> = passages.iter().map(|pair| pair.text).collect();
        let Self { model, activation, truncated, .. } = self;
        truncated.clear();
        let mut scored = 0;
        model.score(query, &texts, &|| cancel.winds_down(), &mut |place, one| {
            scored += 1;
            truncated.extend(passages.get(place).filter(|_| one.truncated).map(|pair| pair.doc));
            arrived(place, one.logit.map(|logit| activation.of(logit)));
        })?;
        if scored > 0 {
            let ms = start.elapsed().as_secs_f64() * 1e3 / f64::from(scored);
            self.ms_per_pair = Some(self.ms_per_pair.map_or(ms, |before| 0.7 * before + 0.3 * ms));
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        let fits = self.ms_per_pair.map_or(BATCH.0, |ms| (BATCH_MS / ms.max(1e-3)) as usize);
        fits.clamp(BATCH.0, BATCH.1)
    }

    fn truncated(&self) -> &[DocIdx] {
        &self.truncated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap: a sigmoid in 32 bits, which is 1 from 17 on and NaN for no logit.
    #[test]
    fn the_sigmoid_is_that_of_the_logit() {
        for (logit, expected) in
            [(0.0, 0.5), (2.0, 0.880_797), (-2.0, 0.119_203), (-200.0, 0.0), (200.0, 1.0)]
        {
            assert!((Activation::Sigmoid.of(logit) - expected).abs() < 1e-6, "{logit}");
            assert_eq!(Activation::Raw.of(logit), logit);
        }
    }
}
