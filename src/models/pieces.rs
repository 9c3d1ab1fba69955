//! The tokenizer's side of a model: text to token ids, with the span of each token in the text as given.
//!
//! In: a text and its prefix. Out: [`Pieces`], cut to the longest input that the model takes, and how
//! long the text was before. It runs no model and pads nothing.

use std::path::Path;

use tokenizers::{Tokenizer, TruncationDirection};

use crate::error::{Error, Result};

/// A text as the model reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pieces {
    /// `[n]` token ids, special tokens included, at most the model's longest input.
    pub ids: Vec<u32>,
    /// Rows of the output that are tokens of the text itself: position and byte range in the text.
    pub kept: Vec<(usize, (u32, u32))>,
    /// Tokens before truncation, special tokens included.
    pub n_tokens: u32,
    pub truncated: bool,
}

/// A tokenizer and the longest input of its model. Shared between threads.
pub(super) struct TextCutter {
    tokenizer: Tokenizer,
    max_tokens: usize,
    /// Ids that the template puts around a text (`<s>`, `</s>`); a text may also spell them out.
    specials: Vec<u32>,
}

/// The sign that SentencePiece writes for a space.
const WORD_BOUNDARY: &str = "\u{2581}";

impl TextCutter {
    /// Parses `tokenizer.json`: a second or more for a vocabulary of 250,000.
    ///
    /// # Errors
    /// `Unavailable` for a file that is no tokenizer.
    pub fn read(path: &Path, max_tokens: usize) -> Result<Self> {
        let tokenizer = Tokenizer::from_file(path).map_err(|e| {
            Error::unavailable(format!("not a tokenizer that can be read: {e}"))
                .in_file(path)
                .advise("copy the model's folder again")
        })?;
        Self::new(tokenizer, max_tokens)
    }

    pub fn new(mut tokenizer: Tokenizer, max_tokens: usize) -> Result<Self> {
        tokenizer.with_padding(None);
        // Truncation is ours: the length before it is part of the answer.
        tokenizer.with_truncation(None).map_err(broken)?;
        let specials = tokenizer.encode("", true).map_err(broken)?.get_ids().to_vec();
        if specials.len() >= max_tokens {
            return Err(Error::unavailable(format!("the model takes no more than {max_tokens} tokens")));
        }
        Ok(Self { tokenizer, max_tokens, specials })
    }

    /// Cuts `prefix` and `text` into tokens.
    ///
    /// # Errors
    /// `Unavailable` where the tokenizer refuses the text.
    pub fn cut(&self, prefix: &str, text: &str) -> Result<Pieces> {
        let input = format!("{prefix}{text}");
        let mut encoding = self.tokenizer.encode(input.as_str(), false).map_err(broken)?;
        let n_tokens = encoding.len() + self.specials.len();
        let truncated = n_tokens > self.max_tokens;
        if truncated {
            encoding.truncate(self.max_tokens - self.specials.len(), 0, TruncationDirection::Right);
            encoding.take_overflowing();
        }
        let encoding = self.tokenizer.post_process(encoding, None, true).map_err(broken)?;
        let kept = (0..encoding.len()).filter_map(|at| Some((at, self.span(&encoding, at, prefix, text)?)));
        Ok(Pieces {
            kept: kept.collect(),
            ids: encoding.get_ids().to_vec(),
            n_tokens: u32::try_from(n_tokens).unwrap_or(u32::MAX),
            truncated,
        })
    }

    /// Byte range of a token in the text; `None` for special tokens, the prefix's and a bare word boundary.
    fn span(
        &self,
        encoding: &tokenizers::Encoding,
        at: usize,
        prefix: &str,
        text: &str,
    ) -> Option<(u32, u32)> {
        let is_special = encoding.get_special_tokens_mask().get(at) == Some(&1)
            || self.specials.contains(encoding.get_ids().get(at)?);
        let (start, end) = *encoding.get_offsets().get(at)?;
        if is_special || end <= prefix.len() || encoding.get_tokens().get(at)? == WORD_BOUNDARY {
            return None;
        }
        let end = text.ceil_char_boundary((end - prefix.len()).min(text.len()));
        let start = text.floor_char_boundary(start.saturating_sub(prefix.len()).min(end));
        let inside = text.get(start..end)?;
        let start = start + (inside.len() - inside.trim_start().len());
        Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
    }
}

fn broken(error: tokenizers::Error) -> Error {
    Error::unavailable(format!("the model's tokenizer failed: {error}"))
}
