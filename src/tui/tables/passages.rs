//! The view of passages: the corpus as a table. What takes long over a large corpus (counting, searching,
//! sorting) is a [`Job`](super::super::behind::Job): here is what it does.

use std::collections::HashMap;
use std::sync::Arc;

use tui_input::Input;

use crate::corpus::Collection;
use crate::domain::{DocIdx, Grade, QueryIdx};
use crate::engine::TextReading;
use crate::validate::{Options, PassageFacts, Repeats, Validation};

use super::super::filter::Span;
use super::{Column, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassageColumn {
    File,
    Id,
    Language,
    Script,
    Characters,
    Tokens,
    Duplicate,
    Golds,
}

impl Column for PassageColumn {
    const ALL: &'static [Self] = &[
        Self::File,
        Self::Id,
        Self::Language,
        Self::Script,
        Self::Characters,
        Self::Tokens,
        Self::Duplicate,
        Self::Golds,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::File => "row",
            Self::Id => "id",
            Self::Language => "lang",
            Self::Script => "script",
            Self::Characters => "chars",
            Self::Tokens => "tokens",
            Self::Duplicate => "same as",
            Self::Golds => "gold",
        }
    }
}

#[derive(Debug, Clone)]
pub struct PassageTable {
    pub table: Table<DocIdx, PassageColumn>,
    pub search: Input,
    /// `None` until they are counted.
    pub counts: Option<Arc<PassageCounts>>,
    /// The relevance level that they are counted for, once that was asked for.
    pub counted_for: Option<Grade>,
    /// The newest arrangement that was asked for, by its number.
    pub asked: (u64, Option<Asked>),
    /// The number of the one that is shown.
    pub arranged: u64,
}

impl Default for PassageTable {
    fn default() -> Self {
        Self {
            table: Table::sorted_by(PassageColumn::File),
            search: Input::default(),
            counts: None,
            counted_for: None,
            asked: (0, None),
            arranged: 0,
        }
    }
}

/// What an arrangement depends on, beside the collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub counted_for: Option<Grade>,
    pub has_tokens: bool,
    pub search: String,
    pub sort: PassageColumn,
    pub reversed: bool,
}

/// What can be found out without a model.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageCounts {
    pub validation: Validation,
    /// The queries that it is gold for.
    pub gold_for: HashMap<DocIdx, Vec<QueryIdx>>,
}

impl PassageCounts {
    pub fn of(collection: &Collection, rel_level: Grade) -> Self {
        let mut gold_for: HashMap<DocIdx, Vec<QueryIdx>> = HashMap::new();
        for (query, judgments) in (0u32..).map(QueryIdx).zip(&collection.judgments) {
            for judgment in judgments.iter().filter(|judgment| judgment.grade >= rel_level) {
                for &doc in collection.passages_of(&judgment.passage) {
                    gold_for.entry(doc).or_default().push(query);
                }
            }
        }
        let options = Options { rel_level, tokens: None };
        Self { validation: Validation::of(collection, &options), gold_for }
    }

    pub fn facts(&self, doc: DocIdx) -> Option<&PassageFacts> {
        self.validation.passages.get(doc.index())
    }

    /// The earlier passage that it repeats, and how nearly.
    pub fn repeats(&self, doc: DocIdx) -> Option<Repeats> {
        self.facts(doc)?.repeats
    }

    /// How often a passage is gold.
    pub fn golds(&self, doc: DocIdx) -> usize {
        self.gold_for.get(&doc).map_or(0, Vec::len)
    }
}

/// What the table is to hold, and in which order.
#[derive(Debug, Clone)]
pub struct Arrangement {
    pub collection: Arc<Collection>,
    pub counts: Arc<PassageCounts>,
    /// By [`DocIdx`]; `None` until every passage is embedded.
    pub tokens: Option<Arc<[TextReading]>>,
    pub search: String,
    pub sort: PassageColumn,
    pub reversed: bool,
}

impl Arrangement {
    /// The passages that match, in order; what is longest, most often gold, truncated, a duplicate first.
    pub fn rows(&self) -> Vec<DocIdx> {
        let matcher = Matcher::of(&self.search);
        let mut rows: Vec<DocIdx> = (0u32..)
            .map(DocIdx)
            .zip(self.collection.passages.iter())
            .filter(|(doc, passage)| {
                let characters = self.counts.facts(*doc).map(|facts| facts.characters);
                let texts = [&*passage.id, &*passage.title, &*passage.text];
                matcher.has(passage.language.as_str(), characters, &texts, || self.flags(*doc))
            })
            .map(|(doc, _)| doc)
            .collect();
        let passage = |doc: &DocIdx| self.collection.passage(*doc);
        let most_first = |n: usize| std::cmp::Reverse(n);
        match self.sort {
            PassageColumn::File => {}
            PassageColumn::Id => rows.sort_by(|a, b| passage(a).id.cmp(&passage(b).id)),
            PassageColumn::Language => rows.sort_by(|a, b| passage(a).language.cmp(&passage(b).language)),
            PassageColumn::Script => {
                rows.sort_by_key(|doc| self.counts.facts(*doc).and_then(|facts| facts.script));
            }
            PassageColumn::Characters => {
                rows.sort_by_key(|doc| {
                    most_first(self.counts.facts(*doc).map_or(0, |facts| facts.characters))
                });
            }
            PassageColumn::Tokens => rows.sort_by_key(|doc| {
                let tokens = self.tokens.as_ref().and_then(|tokens| tokens.get(doc.index()));
                most_first(tokens.map_or(0, |reading| reading.n_tokens as usize))
            }),
            PassageColumn::Duplicate => rows.sort_by_key(|doc| {
                let first = self.counts.repeats(*doc).map(|repeats| repeats.of);
                (first.is_none(), first)
            }),
            PassageColumn::Golds => rows.sort_by_key(|doc| most_first(self.counts.golds(*doc))),
        }
        if self.reversed {
            rows.reverse();
        }
        rows
    }

    fn flags(&self, doc: DocIdx) -> Vec<&'static str> {
        let mut flags = Vec::new();
        if self
            .tokens
            .as_ref()
            .and_then(|tokens| tokens.get(doc.index()))
            .is_some_and(|reading| reading.truncated)
        {
            flags.push("truncated");
        }
        if self.counts.repeats(doc).is_some() {
            flags.push("duplicate");
        }
        if self.counts.golds(doc) > 0 {
            flags.push("gold");
        }
        flags
    }
}

/// A search: words that must all be there, `lang:ja`, `chars:51-100`, and `is:gold`, `is:truncated`,
/// `is:duplicate`.
struct Matcher {
    language: Option<String>,
    length: Option<Span>,
    flags: Vec<String>,
    words: String,
}

impl Matcher {
    fn of(search: &str) -> Self {
        let mut matcher = Self { language: None, length: None, flags: Vec::new(), words: String::new() };
        let mut words = Vec::new();
        for word in search.split_whitespace() {
            match word.split_once(':') {
                Some(("lang", tag)) => matcher.language = Some(tag.to_lowercase()),
                Some(("chars", length)) => matcher.length = Some(Span::of(length)),
                Some(("is", flag)) => matcher.flags.push(flag.to_lowercase()),
                _ => words.push(word),
            }
        }
        matcher.words = words.join(" ").to_lowercase();
        matcher
    }

    fn has(
        &self,
        language: &str,
        characters: Option<usize>,
        texts: &[&str],
        flags: impl Fn() -> Vec<&'static str>,
    ) -> bool {
        let of_language =
            self.language.as_ref().is_none_or(|tag| language.to_lowercase().starts_with(tag.as_str()));
        let characters = characters.and_then(|characters| u32::try_from(characters).ok());
        of_language
            && self.length.as_ref().is_none_or(|length| length.holds(characters))
            && (self.flags.is_empty() || {
                let there = flags();
                self.flags.iter().all(|flag| there.iter().any(|there| there.starts_with(flag.as_str())))
            })
            && (self.words.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&self.words)))
    }
}

/// Lengths in characters, a bin each: up to 50, 100, 200, 500, 1000, 2000, 5000, and longer.
pub const LENGTHS: [usize; 7] = [50, 100, 200, 500, 1000, 2000, 5000];

/// The lengths of a bin as a search has them.
pub fn length_span(bin: usize) -> String {
    let least = bin.checked_sub(1).and_then(|before| LENGTHS.get(before)).copied();
    match (least, LENGTHS.get(bin)) {
        (least, Some(edge)) => format!("{}-{edge}", least.map_or(0, |least| least + 1)),
        (least, None) => format!(">{}", least.unwrap_or(0)),
    }
}

/// How many of `rows` are of each length.
pub fn lengths(counts: &PassageCounts, rows: &[DocIdx]) -> [usize; LENGTHS.len() + 1] {
    let mut bins = [0; LENGTHS.len() + 1];
    for facts in rows.iter().filter_map(|&doc| counts.facts(doc)) {
        bins[LENGTHS.iter().position(|&edge| facts.characters <= edge).unwrap_or(LENGTHS.len())] += 1;
    }
    bins
}
