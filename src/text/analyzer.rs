//! From text to index terms, the same way for passages and queries.
//!
//! Each grapheme cluster is brought to NFKC (full-width and half-width forms become one), the result is
//! cut into words by ICU4X, with dictionaries for Chinese, Japanese, Thai, Lao, Khmer and Burmese, and
//! word-like pieces are case-folded. Every term keeps the byte range it came from, so that a match can
//! be shown in the text as it was written. No stemming, no stop words.

use std::collections::HashSet;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use sha2::{Digest as _, Sha256};
use unicode_segmentation::UnicodeSegmentation as _;

/// Names what [`analyze`] does; part of the index's fingerprint. Change it with the terms it makes.
pub const ANALYZER_ID: &str = "icu4x-2.4-words-nfkc-casefold-1";

/// One term and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub term: String,
    /// Byte range in the text as given, on character boundaries.
    pub start: usize,
    pub end: usize,
}

/// The terms of `text`, in order.
pub fn analyze(text: &str) -> Vec<Token> {
    let normal = Normalised::of(text);
    let folder = CaseMapper::new();
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut words = segmenter().segment_str(&normal.text);
    while let Some(end) = words.next() {
        if words.is_word_like() && end > start {
            let word = &normal.text[start..end];
            tokens.push(Token {
                term: folder.fold_string(word).into_owned(),
                start: normal.origin_of_start(start),
                end: normal.origin_of_end(end),
            });
        }
        start = end;
    }
    tokens
}

/// Hex SHA-256 over the terms of a fixed text in many scripts: it changes when the segmentation data do.
pub fn analyzer_fingerprint() -> String {
    const PROBE: &str = "Cancellation fees (v1.2.3) 予約の取り消しは前日まで 환불 규정을 退票手續費 退票手续费 \
                         การคืนเงินค่าโดยสาร Straßenbahn ｱｲｳ Ｅ４１０２ ñandú Đà Nẵng العربية";
    let mut hash = Sha256::new();
    hash.update(ANALYZER_ID);
    for token in analyze(PROBE) {
        hash.update([0]);
        hash.update(token.term);
    }
    super::hex(&hash.finalize())
}

/// Byte ranges of `text` whose terms are among those of `query`.
pub fn matching_ranges(text: &str, query: &str) -> Vec<(usize, usize)> {
    let wanted: HashSet<String> = analyze(query).into_iter().map(|token| token.term).collect();
    analyze(text)
        .into_iter()
        .filter(|token| wanted.contains(&token.term))
        .map(|token| (token.start, token.end))
        .collect()
}

fn segmenter() -> WordSegmenterBorrowed<'static> {
    // The LSTM leaves Chinese and Japanese unsplit and is a hundred times slower on Thai.
    WordSegmenter::new_dictionary(WordBreakInvariantOptions::default())
}

/// Text in NFKC, with the way back to the bytes it was made from.
struct Normalised {
    text: String,
    /// (offset in `text`, offset in the original) at each cluster's start, ascending, and the ends as
    /// last entry. Empty where the text was in NFKC already: offsets are the same.
    clusters: Vec<(usize, usize)>,
}

impl Normalised {
    fn of(original: &str) -> Self {
        let nfkc = ComposingNormalizerBorrowed::new_nfkc();
        if nfkc.is_normalized(original) {
            return Self { text: original.to_owned(), clusters: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut clusters = Vec::new();
        for (offset, cluster) in original.grapheme_indices(true) {
            clusters.push((text.len(), offset));
            text.push_str(&nfkc.normalize(cluster));
        }
        clusters.push((text.len(), original.len()));
        Self { text, clusters }
    }

    /// Start of the original cluster that holds byte `at`.
    fn origin_of_start(&self, at: usize) -> usize {
        match self.clusters.partition_point(|&(offset, _)| offset <= at) {
            0 => at,
            after => self.clusters[after - 1].1,
        }
    }

    /// End of the original cluster whose last byte is before `at`.
    fn origin_of_end(&self, at: usize) -> usize {
        let first = self.clusters.partition_point(|&(offset, _)| offset < at);
        self.clusters.get(first).map_or(at, |&(_, origin)| origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        analyze(text).into_iter().map(|token| token.term).collect()
    }

    #[test]
    fn languages_without_spaces_fall_into_words() {
        assert_eq!(terms("予約の取り消し"), ["予約", "の", "取り消し"]);
        assert_eq!(terms("東京都に住む"), ["東京", "都", "に", "住む"]);
        assert!(terms("การคืนเงินค่าโดยสาร").len() >= 3, "Thai is cut by dictionary");
        assert!(terms("退票手續費").len() >= 2);
        assert_eq!(terms("환불 규정을"), ["환불", "규정을"]);
    }

    /// Trap: a full-width identifier typed with an input method must meet the ASCII one in the corpus.
    #[test]
    fn width_and_case_are_folded() {
        assert_eq!(terms("Ｅ－４１０２"), terms("e-4102"));
        assert_eq!(terms("ﾎﾃﾙ"), ["ホテル"]);
        assert_eq!(terms("STRASSE"), terms("Straße"));
    }

    /// Trap: normalisation changes byte lengths; ranges must be those of the text as written.
    #[test]
    fn ranges_point_into_the_original() {
        let text = "ﾎﾃﾙの㌔ﾊﾟｰﾃｨ Straße";
        for token in analyze(text) {
            assert!(text.get(token.start..token.end).is_some_and(|piece| !piece.is_empty()), "{token:?}");
        }
        let found = matching_ranges(text, "ホテル strasse");
        let pieces: Vec<&str> = found.iter().map(|&(start, end)| &text[start..end]).collect();
        assert_eq!(pieces, ["ﾎﾃﾙ", "Straße"]);
    }

    #[test]
    fn punctuation_alone_has_no_terms() {
        assert!(terms("… — !? 。、").is_empty());
        assert!(terms("").is_empty());
    }
}
