//! How text becomes the terms that BM25 matches.

use serde::{Deserialize, Serialize};

/// What is a term. Languages that a choice does not concern keep their words, with Snowball stems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnalyzerChoice {
    /// For each language what was measured to be best.
    #[default]
    Auto,
    /// Words, without stemming.
    Words,
    /// Words with their endings off, in the languages that have a stemmer.
    Stems,
    /// Pairs of characters in place of words: Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese.
    Bigrams,
    /// Pairs of characters beside words.
    WordsBigrams,
}

impl AnalyzerChoice {
    pub const ALL: [Self; 5] = [Self::Auto, Self::Words, Self::Stems, Self::Bigrams, Self::WordsBigrams];

    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Words => "words",
            Self::Stems => "stems",
            Self::Bigrams => "bigrams",
            Self::WordsBigrams => "words-bigrams",
        }
    }
}

/// How passages and queries are read by BM25. A change of it takes another index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Analysis {
    pub analyzer: AnalyzerChoice,
    /// Read Traditional Chinese characters as Simplified ones.
    pub fold_han: bool,
}
