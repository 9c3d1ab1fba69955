//! The tokenizer's side of a cross-encoder: query and passage to one row of ids, by the tokenizer's own
//! template for pairs.
//!
//! In: two texts. Out: [`PairRow`], cut to the longest input that the model takes, and how long it was
//! before. What is too long loses its end, the longer of the two first, as the Transformers library cuts
//! pairs (`longest_first`): a query of usual length stays whole. It runs no model and pads nothing.

use std::path::Path;

use tokenizers::{Tokenizer, TruncationDirection};

use super::PairLogit;
use crate::error::{Error, Result};

/// A pair as the model reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PairRow {
    /// `[n]` token ids, special tokens included, at most the model's longest input.
    pub ids: Vec<u32>,
    /// `[n]` 0 for the query's side, 1 for the passage's, as the tokenizer's template says.
    pub types: Vec<u32>,
    /// Tokens before truncation, special tokens included.
    pub n_tokens: u32,
    /// Whether the end of the passage was cut off.
    pub truncated: bool,
    /// Whether one of the texts has no token of its own.
    pub empty: bool,
}

impl PairRow {
    /// The model's answer to this pair.
    pub fn logit(&self, logit: Option<f32>) -> PairLogit {
        PairLogit { logit, n_tokens: self.n_tokens, truncated: self.truncated }
    }
}

/// A tokenizer and the longest input of its model.
pub(super) struct PairCutter {
    tokenizer: Tokenizer,
    max_tokens: usize,
    /// Special tokens that the template puts around a pair.
    specials: usize,
}

impl PairCutter {
    /// Parses `tokenizer.json`.
    ///
    /// # Errors
    /// `Unavailable` for a file that is no tokenizer.
    pub fn read(path: &Path, max_tokens: usize) -> Result<Self> {
        let tokenizer = Tokenizer::from_file(path).map_err(|e| {
            Error::unavailable(format!("not a tokenizer that can be read: {e}"))
                .in_file(path)
                .advise("get the model's files again")
        })?;
        Self::new(tokenizer, max_tokens).map_err(|error| error.in_file(path))
    }

    /// # Errors
    /// `Unavailable` where the model's longest input has no room for a pair.
    pub fn new(mut tokenizer: Tokenizer, max_tokens: usize) -> Result<Self> {
        tokenizer.with_padding(None);
        // Truncation is ours: the length before it is part of the answer.
        tokenizer.with_truncation(None).map_err(broken)?;
        let specials = tokenizer.encode(("", ""), true).map_err(broken)?.len();
        if specials + 2 > max_tokens {
            return Err(Error::unavailable(format!("the model takes no more than {max_tokens} tokens")));
        }
        Ok(Self { tokenizer, max_tokens, specials })
    }

    /// Cuts a pair into tokens.
    ///
    /// # Errors
    /// `Unavailable` where the tokenizer refuses the text.
    pub fn cut(&self, query: &str, passage: &str) -> Result<PairRow> {
        let mut first = self.tokenizer.encode(query, false).map_err(broken)?;
        let mut second = self.tokenizer.encode(passage, false).map_err(broken)?;
        let empty = query.trim().is_empty() || passage.trim().is_empty();
        let empty = empty || first.is_empty() || second.is_empty();
        let n_tokens = first.len() + second.len() + self.specials;
        let (keep_first, keep_second) = kept(first.len(), second.len(), self.max_tokens - self.specials);
        let truncated = keep_second < second.len();
        for (encoding, keep) in [(&mut first, keep_first), (&mut second, keep_second)] {
            if keep < encoding.len() {
                encoding.truncate(keep, 0, TruncationDirection::Right);
                encoding.take_overflowing();
            }
        }
        let pair = self.tokenizer.post_process(first, Some(second), true).map_err(broken)?;
        Ok(PairRow {
            ids: pair.get_ids().to_vec(),
            types: pair.get_type_ids().to_vec(),
            n_tokens: u32::try_from(n_tokens).unwrap_or(u32::MAX),
            truncated,
            empty,
        })
    }
}

/// How many tokens of each side stay when both have `room` together: the longer one loses first.
fn kept(first: usize, second: usize, room: usize) -> (usize, usize) {
    if first + second <= room {
        return (first, second);
    }
    let half = room / 2;
    if first.min(second) <= half {
        return match first <= second {
            true => (first, room - first),
            false => (room - second, second),
        };
    }
    // Both are longer than half: the shorter one gets the smaller half.
    match first <= second {
        true => (half, room - half),
        false => (room - half, half),
    }
}

fn broken(error: tokenizers::Error) -> Error {
    Error::unavailable(format!("the model's tokenizer failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::test_support::{SENTENCES, bundled_files};
    use std::sync::OnceLock;

    fn cutter() -> &'static PairCutter {
        static CUTTER: OnceLock<PairCutter> = OnceLock::new();
        CUTTER.get_or_init(|| {
            let card = &bundled_files().card;
            PairCutter::read(&card.folder.join("tokenizer.json"), 64).unwrap()
        })
    }

    #[test]
    fn a_pair_is_put_into_the_tokenizers_template() {
        let row = cutter().cut("refund", "ticket").unwrap();
        assert_eq!((row.ids[0], row.ids[row.ids.len() - 1]), (0, 2));
        assert_eq!(row.ids.iter().filter(|id| **id == 2).count(), 3, "</s></s> between, </s> at the end");
        assert_eq!(row.n_tokens as usize, row.ids.len());
        assert_eq!(row.types.len(), row.ids.len());
        assert!(!row.truncated && !row.empty);
    }

    #[test]
    fn the_end_of_a_long_passage_is_cut_and_the_query_stays() {
        let passage = SENTENCES.concat();
        let row = cutter().cut(SENTENCES[0], &passage).unwrap();
        assert_eq!(row.ids.len(), 64);
        assert!(row.truncated && row.n_tokens > 64);
        let whole = cutter().cut(SENTENCES[0], "x").unwrap();
        let query = whole.ids.iter().position(|id| *id == 2).unwrap();
        assert_eq!(row.ids[..=query], whole.ids[..=query]);
        assert_eq!(row.ids.last(), Some(&2));
    }

    /// Trap: a query so long that nothing of the passage is left.
    #[test]
    fn the_longer_side_loses_first() {
        assert_eq!(kept(10, 20, 40), (10, 20));
        assert_eq!(kept(10, 90, 40), (10, 30));
        assert_eq!(kept(90, 10, 40), (30, 10));
        assert_eq!(kept(90, 90, 41), (20, 21));
        assert_eq!(kept(95, 90, 41), (21, 20));
        let long = SENTENCES.concat();
        let row = cutter().cut(&long, &long).unwrap();
        assert_eq!(row.ids.len(), 64);
        assert!(row.truncated);
    }

    #[test]
    fn an_empty_text_is_told() {
        assert!(cutter().cut("", "x").unwrap().empty);
        assert!(cutter().cut("x", "  \n").unwrap().empty);
    }
}
