//! The tokenizer's side of a model: text to token ids, with the span of each token in the text as given.
//!
//! In: a text and its prefix. Out: [`Pieces`], cut to the longest input that the model takes, and how
//! long the text was before. It runs no model and pads nothing.

use std::path::Path;

use tokenizers::{Tokenizer, TruncationDirection};

use super::Reading;
use crate::error::{Error, Result};

/// A text as the model reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pieces {
    /// `[n]` token ids, special tokens included, at most the model's longest input.
    pub ids: Vec<u32>,
    /// Rows of the output that are tokens of the text itself: position and byte range in the text.
    pub kept: Vec<(usize, (u32, u32))>,
    pub reading: Reading,
}

/// A tokenizer and the longest input of its model. Shared between threads.
pub(super) struct TextCutter {
    tokenizer: Tokenizer,
    max_tokens: usize,
    /// Ids that the template puts around a text (`<s>`, `</s>`); a text may also spell them out.
    specials: Vec<u32>,
    /// The id that stands for what the vocabulary does not have; none where bytes stand for that.
    unknown: Option<u32>,
}

/// How vocabularies of SentencePiece and WordPiece spell it.
const UNKNOWN: [&str; 3] = ["<unk>", "[UNK]", "<UNK>"];

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
        let unknown = UNKNOWN.iter().find_map(|name| tokenizer.token_to_id(name));
        Ok(Self { tokenizer, max_tokens, specials, unknown })
    }

    /// Cuts `prefix` and `text` into tokens.
    ///
    /// # Errors
    /// `Unavailable` where the tokenizer refuses the text.
    pub fn cut(&self, prefix: &str, text: &str) -> Result<Pieces> {
        let input = format!("{prefix}{text}");
        let mut encoding = self.tokenizer.encode(input.as_str(), false).map_err(broken)?;
        let n_tokens = encoding.len() + self.specials.len();
        let unknown_chars = self.unknown_chars(&encoding, &input, prefix.len());
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
            reading: Reading {
                n_tokens: u32::try_from(n_tokens).unwrap_or(u32::MAX),
                truncated,
                unknown_chars,
            },
        })
    }

    /// Characters after the prefix that became unknown tokens; white space is not counted. Tokenizers join
    /// neighbours that they do not know, so tokens would say too little.
    fn unknown_chars(&self, encoding: &tokenizers::Encoding, input: &str, prefix: usize) -> u32 {
        let Some(unknown) = self.unknown else { return 0 };
        let tokens = encoding.get_ids().iter().zip(encoding.get_offsets());
        let spans = tokens.filter(|&(&id, _)| id == unknown).map(|(_, &span)| span);
        let chars = spans.map(|(start, end)| {
            let inside = input.get(start.max(prefix)..end).unwrap_or_default();
            inside.chars().filter(|c| !c.is_whitespace()).count()
        });
        u32::try_from(chars.sum::<usize>()).unwrap_or(u32::MAX)
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
        span_in(text, (start.saturating_sub(prefix.len()), end - prefix.len()))
    }
}

/// A tokenizer's byte range as one of the text: on character boundaries, leading white space left out.
pub(super) fn span_in(text: &str, (start, end): (usize, usize)) -> Option<(u32, u32)> {
    let end = text.ceil_char_boundary(end.min(text.len()));
    let start = text.floor_char_boundary(start.min(end));
    let inside = text.get(start..end)?;
    let start = start + (inside.len() - inside.trim_start().len());
    Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
}

fn broken(error: tokenizers::Error) -> Error {
    Error::unavailable(format!("the model's tokenizer failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::test_support::{SENTENCES, bundled_files};
    use std::sync::OnceLock;

    fn cutter() -> &'static TextCutter {
        static CUTTER: OnceLock<TextCutter> = OnceLock::new();
        CUTTER.get_or_init(|| {
            let card = &bundled_files().card;
            TextCutter::read(&card.folder.join("tokenizer.json"), card.max_tokens).unwrap()
        })
    }

    fn spans(prefix: &str, text: &str) -> Vec<String> {
        let pieces = cutter().cut(prefix, text).unwrap();
        pieces.kept.iter().map(|(_, (start, end))| text[*start as usize..*end as usize].to_owned()).collect()
    }

    #[test]
    fn spans_are_the_texts_own_words() {
        assert_eq!(spans("query: ", "Cancel a booking"), ["Cancel", "a", "booking"]);
        assert_eq!(spans("passage: ", "Cancel a booking"), spans("query: ", "Cancel a booking"));
        // Joined, they are the text without its spaces, in any script.
        for text in SENTENCES {
            assert_eq!(spans("passage: ", text).concat(), text.replace(' ', ""), "{text}");
        }
    }

    /// Trap: the boundary before a script without spaces is a token of its own, whose span is the prefix's.
    #[test]
    fn neither_the_prefix_nor_a_bare_word_boundary_is_kept() {
        let text = "予約";
        let pieces = cutter().cut("query: ", text).unwrap();
        assert!(pieces.ids.len() > pieces.kept.len() + 3, "{pieces:?}");
        assert_eq!(spans("query: ", text).concat(), text);
        assert!(spans("query: ", "").is_empty());
        assert!(spans("query: ", "   ").is_empty());
        assert_eq!(pieces.ids.first(), Some(&0));
        assert_eq!(pieces.ids.last(), Some(&2));
    }

    #[test]
    fn special_tokens_spelt_out_in_a_text_are_not_kept() {
        assert_eq!(spans("query: ", "a </s> b"), ["a", "b"]);
    }

    /// Trap: neighbours that are not known become one token, and the prefix is not the text's.
    #[test]
    fn what_the_vocabulary_does_not_have_is_counted_in_characters() {
        let unknown = |text: &str| cutter().cut("passage: ", text).unwrap().reading.unknown_chars;
        assert_eq!(unknown("予約の取り消し, 환불, ยกเลิก, café"), 0);
        // Runes and Cuneiform are not in the vocabulary of the bundled model.
        assert_eq!(unknown("ᚠᚢᚦ and 𒀀𒀁"), 5);
        // Also what stands behind the end that the model reads.
        assert_eq!(unknown(&format!("{} 𒀀", "cancel ".repeat(600))), 1);
    }

    #[test]
    fn a_long_text_is_cut_and_its_length_before_told() {
        let text = "cancel ".repeat(600);
        let pieces = cutter().cut("passage: ", &text).unwrap();
        assert_eq!(pieces.ids.len(), 512);
        assert_eq!((pieces.ids.first(), pieces.ids.last()), (Some(&0), Some(&2)));
        assert!(pieces.reading.truncated && pieces.reading.n_tokens > 600, "{:?}", pieces.reading);
        let short = cutter().cut("passage: ", "cancel").unwrap();
        assert!(!short.reading.truncated);
        assert_eq!(short.reading.n_tokens as usize, short.ids.len());
    }

    /// Trap: NFKC makes several letters of one character, and their spans cut through it.
    #[test]
    fn spans_stay_on_character_boundaries() {
        for text in ["㎏ 🎫🚆 ﬁ ½", "e\u{301}\u{301}a\u{200b}b\u{202e}c", "\u{feff}x\0y", "ｶﾞｷﾞ №５"]
        {
            for span in spans("passage: ", text) {
                assert!(!span.starts_with(char::is_whitespace), "{span:?} of {text:?}");
            }
        }
    }

    #[test]
    fn a_file_that_is_no_tokenizer_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        std::fs::write(&path, "{}").unwrap();
        let error = TextCutter::read(&path, 512).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("tokenizer.json"), "{error}");
        assert_eq!(error.kind, crate::error::ErrorKind::Unavailable);
    }
}
