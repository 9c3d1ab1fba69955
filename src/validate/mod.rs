//! The report on a collection: what is wrong with it, what is odd, and what it is made of.
//!
//! In: a [`Collection`], read with bad rows left out so that all of them are seen, and the passages' model
//! tokens where somebody counted them. Out: a [`Validation`]: facts of every passage, checks with their
//! examples and advice, shares by language and script. It reads no file and changes nothing.
//!
//! ```
//! use rankscope::corpus::{ReadOptions, read};
//! use rankscope::validate::{Options, Validation};
//!
//! # fn main() -> rankscope::Result<()> {
//! let collection = read("sample_corpus".as_ref(), &ReadOptions::default())?;
//! let found = Validation::of(&collection, &Options { rel_level: 1, tokens: None });
//! assert!(!found.is_wrong(), "{:?}", found.checks);
//! # Ok(())
//! # }
//! ```
//!
//! - `kinds`: what is looked for, how serious it is, and what to do about it.
//! - `check`: where it is found.
//! - `encoding`: characters that are not those that were written.
//! - `duplicates`: passages that repeat an earlier one.

mod check;
mod duplicates;
mod encoding;
mod kinds;

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::corpus::{Collection, JudgedPassage};
use crate::domain::{Grade, QueryIdx};
use crate::text;

pub use check::{Check, Example};
pub use duplicates::Repeats;
pub use encoding::Encoding;
pub use kinds::{CheckKind, Severity};

use check::Found;

/// A passage of more characters is called over-long, unless tokens say what the model reads.
pub const LONG: usize = 4_000;

/// How many tokens a passage is to the model, its prefix and special tokens included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelTokens {
    pub count: u32,
    /// Whether the model reads less than all of them.
    pub truncated: bool,
}

/// What is looked at, beside the collection.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A passage is gold from this grade on.
    pub rel_level: Grade,
    /// By passage; `None`: not counted.
    pub tokens: Option<Vec<ModelTokens>>,
}

/// What is known of one passage by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageFacts {
    /// Characters of title and text.
    pub characters: usize,
    /// `None`: no letter in it.
    pub script: Option<&'static str>,
    pub tokens: Option<ModelTokens>,
    pub repeats: Option<Repeats>,
    /// Queries for which it is gold, or its document.
    pub gold_for: u32,
    pub encoding: Encoding,
}

/// Smallest, median, the one that 95 % stay within, and the largest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub min: usize,
    pub p50: usize,
    pub p95: usize,
    pub max: usize,
}

/// How many passages and queries are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    pub name: String,
    pub passages: usize,
    pub queries: usize,
}

/// How much of the collection is judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct JudgedShare {
    pub judgments: usize,
    pub queries: usize,
    pub judged_queries: usize,
    /// `None`: the judgments are of passages.
    pub by_document: Option<DocumentShare>,
    /// Passages that are judged for any query, by themselves or with their document.
    pub judged_passages: usize,
    /// Passages that are gold for any query.
    pub gold_passages: usize,
    /// Golds of a judged query.
    pub golds: Spread,
    /// Judgments of grade 0: without any, a passage that is not gold is unjudged, never not relevant.
    pub not_relevant: usize,
}

/// How many of the documents are judged, where the judgments are of documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DocumentShare {
    pub documents: usize,
    /// For any query.
    pub judged: usize,
    /// Gold for any query.
    pub gold: usize,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// By passage.
    pub passages: Vec<PassageFacts>,
    /// What was found, the most serious first; nothing that was not.
    pub checks: Vec<Check>,
    pub characters: Spread,
    /// `None`: not counted.
    pub tokens: Option<Spread>,
    /// The most passages first.
    pub languages: Vec<Share>,
    pub scripts: Vec<Share>,
    pub judged: JudgedShare,
}

impl Validation {
    /// Looks at everything. Linear in the texts; some seconds for 100,000 passages.
    pub fn of(collection: &Collection, options: &Options) -> Self {
        let texts: Vec<String> = collection.passages.iter().map(|passage| passage.indexed_text()).collect();
        let repeats = duplicates::repeats(&texts);
        let gold_for = gold_for(collection, options.rel_level);
        let passages: Vec<PassageFacts> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| PassageFacts {
                characters: text.chars().count(),
                script: text::script(text),
                tokens: options.tokens.as_ref().and_then(|tokens| tokens.get(at)).copied(),
                repeats: repeats[at],
                gold_for: gold_for[at],
                encoding: Encoding::of(text),
            })
            .collect();
        let found = Found { collection, passages: &passages, rel_level: options.rel_level };
        let tokens: Vec<usize> =
            passages.iter().filter_map(|passage| Some(passage.tokens?.count as usize)).collect();
        Self {
            checks: found.checks(),
            characters: Spread::of(passages.iter().map(|passage| passage.characters).collect()),
            tokens: (!tokens.is_empty()).then(|| Spread::of(tokens)),
            languages: shares(
                collection.passages.iter().map(|passage| passage.language.to_string()),
                collection.queries.iter().map(|query| query.language.to_string()),
            ),
            scripts: shares(
                passages.iter().map(|passage| passage.script.unwrap_or("none").to_owned()),
                collection.queries.iter().map(|query| text::script(&query.text).unwrap_or("none").to_owned()),
            ),
            judged: judged(collection, &passages, options.rel_level),
            passages,
        }
    }

    /// Whether anything makes numbers wrong or a passage impossible to find.
    pub fn is_wrong(&self) -> bool {
        self.checks.iter().any(|check| check.kind.severity() == Severity::Wrong)
    }
}

impl Spread {
    fn of(mut values: Vec<usize>) -> Self {
        values.sort_unstable();
        let at = |share: f64| {
            let place = (values.len() as f64 * share).ceil() as usize;
            values.get(place.max(1) - 1).copied().unwrap_or(0)
        };
        Self { min: at(0.0), p50: at(0.5), p95: at(0.95), max: at(1.0) }
    }
}

/// Counted by name, the most passages first, then by name.
fn shares(passages: impl Iterator<Item = String>, queries: impl Iterator<Item = String>) -> Vec<Share> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    passages.for_each(|name| counts.entry(name).or_default().0 += 1);
    queries.for_each(|name| counts.entry(name).or_default().1 += 1);
    let share = |(name, (passages, queries))| Share { name, passages, queries };
    let mut shares: Vec<Share> = counts.into_iter().map(share).collect();
    shares.sort_by_key(|share| std::cmp::Reverse((share.passages, share.queries)));
    shares
}

/// By passage: for how many queries it is gold.
fn gold_for(collection: &Collection, rel_level: Grade) -> Vec<u32> {
    let mut counts = vec![0; collection.passages.len()];
    for judgment in collection.judgments.iter().flatten() {
        if is_gold(judgment.grade, rel_level) {
            collection.passages_of(&judgment.passage).iter().for_each(|doc| counts[doc.index()] += 1);
        }
    }
    counts
}

fn is_gold(grade: Grade, rel_level: Grade) -> bool {
    grade >= rel_level && grade >= 0
}

fn judged(collection: &Collection, passages: &[PassageFacts], rel_level: Grade) -> JudgedShare {
    let judgments = || collection.judgments.iter().flatten();
    let graded = || judgments().filter(|judgment| judgment.grade >= 0);
    let judged_passages: HashSet<_> =
        graded().flat_map(|judgment| collection.passages_of(&judgment.passage)).collect();
    let documents = |least: Grade| -> usize {
        let of = graded().filter(|judgment| judgment.grade >= least).map(|judgment| &judgment.passage);
        of.filter(|of| matches!(of, JudgedPassage::Document(_))).collect::<HashSet<_>>().len()
    };
    let by_document = collection.judged_documents().map(|all| DocumentShare {
        documents: all.len(),
        judged: documents(0),
        gold: documents(rel_level.max(0)),
    });
    let golds = |query: QueryIdx| {
        collection.judgments(query).iter().filter(|judgment| is_gold(judgment.grade, rel_level)).count()
    };
    JudgedShare {
        judgments: judgments().count(),
        queries: collection.queries.len(),
        judged_queries: collection.judged_queries().count(),
        by_document,
        judged_passages: judged_passages.len(),
        gold_passages: passages.iter().filter(|passage| passage.gold_for > 0).count(),
        golds: Spread::of(collection.judged_queries().map(golds).collect()),
        not_relevant: judgments().filter(|judgment| judgment.grade == 0).count(),
    }
}

#[cfg(test)]
mod tests;
