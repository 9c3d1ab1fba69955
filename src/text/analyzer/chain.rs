//! The chain itself: steps in order, run over a text, and shown one by one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use icu_casemap::CaseMapper;
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use snowball_stemmers_rs::Algorithm;

use super::fold::{self, Marks};
use super::normalise::Normalised;
use super::recipe::{Recipe, Units, marks_of, primary};
use super::{grams, han, korean, stem};
use crate::domain::Language;

/// One term and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub term: String,
    /// Byte range in the text as given, on character boundaries.
    pub start: usize,
    pub end: usize,
}

/// A step that changes one term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TermStep {
    CaseFold,
    /// Dotted and dotless i are two letters.
    TurkicCaseFold,
    Invisible,
    Digits,
    Apostrophes,
    Elision,
    ApostropheSuffix,
    Russian,
    Hebrew,
    Arabic,
    Marks(Marks),
    Han,
    Kana,
    Particles,
    KatakanaEnd,
    Snowball(Algorithm),
}

impl TermStep {
    fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::CaseFold => "case folding",
            Self::TurkicCaseFold => "Turkic case folding",
            Self::Invisible => "invisible signs",
            Self::Digits => "digits",
            Self::Apostrophes => "apostrophes",
            Self::Elision => "elision",
            Self::ApostropheSuffix => "apostrophe suffix",
            Self::Russian => "ё as е",
            Self::Hebrew => "Hebrew points",
            Self::Arabic => "Arabic letter forms",
            Self::Marks(Marks::Fold) => "marks",
            Self::Marks(Marks::FoldButEnye) => "marks but ñ",
            Self::Marks(Marks::German) => "umlauts",
            Self::Marks(Marks::Keep) => "marks kept",
            Self::Han => "Traditional as Simplified",
            Self::Kana => "katakana as hiragana",
            Self::Particles => "Korean particles",
            Self::KatakanaEnd => "katakana ending",
            Self::Snowball(algorithm) => return Cow::Owned(format!("Snowball {algorithm:?}")),
        })
    }

    fn apply(self, term: &mut String) {
        match self {
            Self::CaseFold => case_fold(term, false),
            Self::TurkicCaseFold => case_fold(term, true),
            Self::Invisible => fold::invisible(term),
            Self::Digits => fold::digits(term),
            Self::Apostrophes => fold::apostrophes(term),
            Self::Elision => fold::elision(term),
            Self::ApostropheSuffix => fold::apostrophe_suffix(term),
            Self::Russian => fold::russian(term),
            Self::Hebrew => fold::hebrew(term),
            Self::Arabic => fold::arabic(term),
            Self::Marks(rule) => fold::marks(term, rule),
            Self::Han => {
                if term.chars().any(|c| han::simplified(c) != c) {
                    *term = term.chars().map(han::simplified).collect();
                }
            }
            Self::Kana => fold::kana(term),
            Self::Particles => korean::strip_particles(term),
            Self::KatakanaEnd => fold::katakana_end(term),
            Self::Snowball(algorithm) => stem::snowball(term, algorithm),
        }
    }
}

fn case_fold(term: &mut String, turkic: bool) {
    if !turkic && term.is_ascii() {
        return term.make_ascii_lowercase();
    }
    let folder = CaseMapper::new();
    let folded = if turkic { folder.fold_turkic_string(term) } else { folder.fold_string(term) };
    if let Cow::Owned(folded) = folded {
        *term = folded;
    }
}

/// How one language is read under one [`Recipe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    units: Units,
    steps: Vec<TermStep>,
}

/// A text on its way through a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The text after NFKC.
    pub normalised: String,
    pub steps: Vec<StepTrace>,
    pub tokens: Vec<Token>,
}

/// The terms after one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTrace {
    pub name: String,
    pub terms: Vec<String>,
}

impl Chain {
    /// The chain of a language under a recipe.
    pub fn new(recipe: Recipe, language: &Language) -> Self {
        let language = primary(language);
        let language = language.as_str();
        let turkic = matches!(language, "tr" | "az");
        let marks = marks_of(language);
        // Stemmers of Romance languages tell endings apart by their accents.
        let romance = matches!(language, "fr" | "es" | "it" | "pt" | "ca" | "ro" | "gl");
        let snowball = stem::algorithm(language).map(TermStep::Snowball);
        let marks = recipe.fold.then_some(TermStep::Marks(marks)).filter(|_| marks != Marks::Keep);
        let when = |wanted: bool, step: TermStep| wanted.then_some(step);
        let fold = |languages: &[&str], step| when(recipe.fold && languages.contains(&language), step);
        let steps = [
            Some(if turkic { TermStep::TurkicCaseFold } else { TermStep::CaseFold }),
            when(recipe.fold, TermStep::Invisible),
            when(recipe.fold, TermStep::Digits),
            when(recipe.fold, TermStep::Apostrophes),
            fold(&["fr", "it", "ca"], TermStep::Elision),
            fold(&["tr"], TermStep::ApostropheSuffix),
            fold(&["ru"], TermStep::Russian),
            when(recipe.fold, TermStep::Hebrew),
            when(recipe.han, TermStep::Han),
            when(recipe.kana, TermStep::Kana),
            when(recipe.stem && language == "ko", TermStep::Particles),
            when(recipe.stem, TermStep::KatakanaEnd),
            marks.filter(|_| !romance),
            snowball.filter(|_| recipe.stem),
            marks.filter(|_| romance),
            // After the stemmer, which tells endings apart by these letters.
            when(recipe.fold, TermStep::Arabic),
        ];
        Self { units: recipe.units, steps: steps.into_iter().flatten().collect() }
    }

    /// The terms of `text`, in the order of where they start.
    pub fn terms(&self, text: &str) -> Vec<Token> {
        self.terms_of(&Segmented::of(text))
    }

    /// As [`Chain::terms`], of a text that is cut into words already.
    pub(super) fn terms_of(&self, text: &Segmented<'_>) -> Vec<Token> {
        self.terms_by(text, |word| self.term(word))
    }

    /// As [`Chain::terms`], with the text and the terms after each step.
    pub fn trace(&self, text: &str) -> Trace {
        let read = Segmented::of(text);
        let cut = |ranges: &[Range<usize>]| -> Vec<String> {
            ranges.iter().map(|range| read.normal.text[range.clone()].to_owned()).collect()
        };
        let mut terms = cut(&self.ranges(&read));
        let mut steps = vec![StepTrace { name: WORDS.to_owned(), terms: cut(&read.words) }];
        if self.units != Units::Words {
            steps.push(StepTrace { name: self.units_name().to_owned(), terms: terms.clone() });
        }
        for step in &self.steps {
            terms.iter_mut().for_each(|term| step.apply(term));
            steps.push(StepTrace { name: step.name().into_owned(), terms: terms.clone() });
        }
        Trace { tokens: self.terms_of(&read), normalised: read.normal.text.into_owned(), steps }
    }

    /// The names of the steps: two chains with the same ones read every text alike.
    pub fn names(&self) -> Vec<String> {
        let first = ["NFKC", self.units_name()].map(str::to_owned);
        first.into_iter().chain(self.steps.iter().map(|step| step.name().into_owned())).collect()
    }

    fn units_name(&self) -> &'static str {
        match self.units {
            Units::Words => WORDS,
            Units::Bigrams => "bigrams",
            Units::WordsAndBigrams => "words and bigrams",
        }
    }

    fn terms_by(&self, text: &Segmented<'_>, mut term: impl FnMut(&str) -> String) -> Vec<Token> {
        self.ranges(text)
            .iter()
            .map(|range| Token {
                term: term(&text.normal.text[range.clone()]),
                start: text.normal.origin_of_start(range.start),
                end: text.normal.origin_of_end(range.end),
            })
            .filter(|token| !token.term.is_empty())
            .collect()
    }

    fn ranges<'t>(&self, text: &'t Segmented<'_>) -> Cow<'t, [Range<usize>]> {
        match self.units {
            Units::Words => Cow::Borrowed(&text.words),
            Units::Bigrams => Cow::Owned(grams::pairs(&text.normal.text, &text.words, false)),
            Units::WordsAndBigrams => Cow::Owned(grams::pairs(&text.normal.text, &text.words, true)),
        }
    }

    fn term(&self, word: &str) -> String {
        let mut term = word.to_owned();
        self.steps.iter().for_each(|step| step.apply(&mut term));
        term
    }
}

/// The name of the step that finds words.
const WORDS: &str = "words (ICU4X)";

/// A text in NFKC and its words: what all chains begin with.
pub(super) struct Segmented<'a> {
    normal: Normalised<'a>,
    words: Vec<Range<usize>>,
}

impl<'a> Segmented<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let normal = Normalised::of(text);
        let words = words(&normal.text);
        Self { normal, words }
    }
}

/// The pieces that have a letter or digit, by ICU4X with its dictionaries. Its own `is_word_like` is not
/// asked: it denies words that end in a mark, as many do in the scripts of India (हिन्दी, తెలుగు).
fn words(text: &str) -> Vec<Range<usize>> {
    let mut breaks = segmenter().segment_str(text);
    let Some(mut start) = breaks.next() else { return Vec::new() };
    let mut ranges = Vec::new();
    for end in breaks {
        if text[start..end].contains(char::is_alphanumeric) {
            ranges.push(start..end);
        }
        start = end;
    }
    ranges
}

fn segmenter() -> WordSegmenterBorrowed<'static> {
    // The LSTM leaves Chinese and Japanese unsplit and is a hundred times slower on Thai.
    WordSegmenter::new_dictionary(WordBreakInvariantOptions::default())
}

/// A chain that remembers what became of a word: over a corpus, most words come again.
pub struct Memo<'a> {
    chain: &'a Chain,
    seen: HashMap<String, String>,
}

/// Words that are remembered, at most.
const MEMO: usize = 200_000;

impl<'a> Memo<'a> {
    pub fn new(chain: &'a Chain) -> Self {
        Self { chain, seen: HashMap::new() }
    }

    /// As [`Chain::terms`].
    pub fn terms(&mut self, text: &str) -> Vec<Token> {
        let Self { chain, seen } = self;
        chain.terms_by(&Segmented::of(text), |word| {
            if let Some(term) = seen.get(word) {
                return term.clone();
            }
            let term = chain.term(word);
            if seen.len() < MEMO {
                seen.insert(word.to_owned(), term.clone());
            }
            term
        })
    }
}
