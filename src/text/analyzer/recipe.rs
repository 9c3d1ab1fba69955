//! What a chain is made of: the user's choice, made exact for one language.

use super::fold::Marks;
use crate::domain::{Analysis, AnalyzerChoice, Language};

/// What is a term in scripts that are written without spaces, and in Korean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Units {
    /// Words by dictionary.
    Words,
    /// Pairs of neighbouring characters.
    Bigrams,
    WordsAndBigrams,
}

/// Which steps a chain has. A step that a language does not know is left out of its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recipe {
    pub units: Units,
    /// Spellings of one letter made one: marks, Arabic forms, Hebrew points, digits, elided articles.
    pub fold: bool,
    /// Endings off: Snowball, Korean particles, the long vowel at the end of katakana words.
    pub stem: bool,
    /// Traditional characters as Simplified ones.
    pub han: bool,
    /// Katakana as hiragana.
    pub kana: bool,
}

impl Recipe {
    /// What the user's choice means for a language.
    pub fn of(analysis: Analysis, language: &Language) -> Self {
        let plain =
            Self { units: Units::Words, fold: true, stem: false, han: analysis.fold_han, kana: false };
        match analysis.analyzer {
            AnalyzerChoice::Words => plain,
            AnalyzerChoice::Stems => Self { stem: true, ..plain },
            AnalyzerChoice::Bigrams => Self { units: Units::Bigrams, stem: true, ..plain },
            AnalyzerChoice::WordsBigrams => Self { units: Units::WordsAndBigrams, stem: true, ..plain },
            AnalyzerChoice::Auto => {
                let (units, stem) = measured(language);
                Self { units, stem, ..plain }
            }
        }
    }
}

/// Units and stemming with the best recall@50 on the sets of `docs/analyzers.md`, or where that differs by
/// a query or none, the best nDCG@10; a language that no set has goes as its like do.
fn measured(language: &Language) -> (Units, bool) {
    match primary(language).as_str() {
        "zh" | "yue" | "ja" | "ko" => (Units::WordsAndBigrams, true),
        "id" | "ms" => (Units::Words, false),
        _ => (Units::Words, true),
    }
}

/// `zh` of `zh-Hant`, and of `ZH_tw`.
pub(super) fn primary(language: &Language) -> String {
    let tag = language.as_str();
    tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase()
}

/// What a language does with marks on Latin letters.
pub(super) fn marks_of(language: &str) -> Marks {
    match language {
        "de" => Marks::German,
        "es" | "gl" | "eu" => Marks::FoldButEnye,
        "vi" | "sv" | "da" | "nb" | "nn" | "no" | "is" | "fo" | "fi" | "et" | "tr" | "az" | "pl" | "cs"
        | "sk" | "hu" | "lv" | "lt" | "ro" | "hr" | "sl" | "bs" | "sr" | "sq" | "cy" => Marks::Keep,
        _ => Marks::Fold,
    }
}
