//! The filter of the queries, as it is typed: words, and `lang:ja`, `gold:en`, `fate:cut`, `first:11-20`.

use std::collections::BTreeSet;

use crate::corpus::Collection;
use crate::domain::{Fate, Query};
use crate::engine::{GoldRow, QueryRow};

use super::lines::known_fate;

/// A filter in parts. A query passes when it passes all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The beginning of a language's tag; behind `=` the whole of it.
    pub language: Option<String>,
    /// The same of a gold's language.
    pub gold: Option<String>,
    /// The beginning of a fate's name, `lost` for any before the reranker, or `none` for no gold.
    pub fate: Option<String>,
    /// The rank of a gold in the first stage's list.
    pub first: Option<Span>,
    /// The rank of a gold in the reranked list.
    pub reranked: Option<Span>,
    /// In identifier or text, or the beginning of the language's tag.
    pub words: String,
}

/// Numbers as one writes them: `4`, `11-20`, `>1000`; `none` for what has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span(String);

impl Filter {
    pub fn of(typed: &str) -> Self {
        let mut filter = Self::default();
        let mut words = Vec::new();
        for word in typed.split_whitespace() {
            match word.split_once(':') {
                Some(("lang", tag)) => filter.language = Some(tag.to_lowercase()),
                Some(("gold", tag)) => filter.gold = Some(tag.to_lowercase()),
                Some(("fate", name)) => filter.fate = Some(name.to_lowercase()),
                Some(("first", ranks)) => filter.first = Some(Span::of(ranks)),
                Some(("reranked", ranks)) => filter.reranked = Some(Span::of(ranks)),
                _ => words.push(word),
            }
        }
        filter.words = words.join(" ");
        filter
    }

    /// Whether what passes changes with the knobs.
    pub fn follows_the_lists(&self) -> bool {
        self.fate.is_some() || self.first.is_some() || self.reranked.is_some()
    }

    /// Whether a query passes; `row` is `None` for one that is not judged.
    pub fn lets_through(&self, query: &Query, row: Option<&QueryRow>, collection: &Collection) -> bool {
        let tag = query.language.as_str().to_lowercase();
        let words = self.words.to_lowercase();
        let golds = row.map_or(&[][..], |row| &row.golds);
        self.language.as_ref().is_none_or(|wanted| is_tag(&tag, wanted))
            && self.gold.as_ref().is_none_or(|tag| golds.iter().any(|gold| is_in(gold, tag, collection)))
            && self.fate.as_ref().is_none_or(|fate| has_fate(golds, fate))
            && self.first.as_ref().is_none_or(|ranks| golds.iter().any(|gold| ranks.holds(gold.fused)))
            && self.reranked.as_ref().is_none_or(|ranks| {
                let mut golds = golds.iter().filter(|gold| is_reranked(gold));
                golds.any(|gold| ranks.holds(gold.reranked))
            })
            && (words.is_empty()
                || query.id.to_lowercase().contains(&words)
                || tag.starts_with(&words)
                || query.text.to_lowercase().contains(&words))
    }

    /// What of it no query can have, with what there is instead; `None` where all of it makes sense.
    pub fn mistake(&self, queries: &[Query]) -> Option<String> {
        if let Some(name) = &self.fate
            && !fates().any(|fate| fate.starts_with(name.as_str()))
        {
            let all: Vec<String> = fates().collect();
            return Some(format!("There is no fate {name}; there are {}.", all.join(", ")));
        }
        let tag = self.language.as_ref()?;
        let languages: BTreeSet<&str> = queries.iter().map(|query| query.language.as_str()).collect();
        let known = languages.iter().any(|other| is_tag(&other.to_lowercase(), tag));
        let all: Vec<&str> = languages.into_iter().filter(|tag| !tag.is_empty()).collect();
        (!known)
            .then(|| format!("No query is in {}; there are {}.", tag.trim_start_matches('='), all.join(", ")))
    }
}

/// What stands behind `fate:`.
fn fates() -> impl Iterator<Item = String> {
    let named = Fate::ALL.into_iter().map(written);
    named.chain(["lost", "none"].map(str::to_owned))
}

/// A fate as it is written behind `fate:`.
pub fn written(fate: Fate) -> String {
    fate.name().replace('_', "-")
}

impl Span {
    pub fn of(written: &str) -> Self {
        Self(written.to_lowercase())
    }

    /// Nothing written lets all through, something that is no number nothing.
    pub fn holds(&self, number: Option<u32>) -> bool {
        let written = self.0.as_str();
        let (Some(number), false) = (number, written.is_empty()) else {
            return written.is_empty() || number.is_none() && written == "none";
        };
        let bound = |text: &str| text.parse::<u32>().ok();
        if let Some(above) = written.strip_prefix('>') {
            return bound(above).is_some_and(|above| number > above);
        }
        match written.split_once('-') {
            Some((from, to)) => {
                bound(from).is_some_and(|from| number >= from)
                    && (to.is_empty() || bound(to).is_some_and(|to| number <= to))
            }
            None => bound(written) == Some(number),
        }
    }
}

/// A filter, or a search, with another value for `key`, or without one.
pub fn with(typed: &str, key: &str, value: Option<&str>) -> String {
    let is_other = |word: &&str| word.split_once(':').is_none_or(|(other, _)| other != key);
    let others = typed.split_whitespace().filter(is_other).map(str::to_owned);
    others.chain(value.map(|value| format!("{key}:{value}"))).collect::<Vec<_>>().join(" ")
}

/// Whether a filter, or a search, has this very value for `key`.
pub fn has(typed: &str, key: &str, value: &str) -> bool {
    typed.split_whitespace().any(|word| word.split_once(':') == Some((key, value)))
}

/// Whether it is known where the second stage put a gold, or that it never saw it.
pub fn is_reranked(gold: &GoldRow) -> bool {
    gold.reranked.is_some() || gold.fate.is_some()
}

/// Whether a language's tag, in small letters, is the one that is wanted: `zh` is zh and zh-hant, `=zh` is zh.
fn is_tag(tag: &str, wanted: &str) -> bool {
    wanted.strip_prefix('=').map_or_else(|| tag.starts_with(wanted), |whole| tag == whole)
}

fn is_in(gold: &GoldRow, tag: &str, collection: &Collection) -> bool {
    let passage = gold.doc.and_then(|doc| collection.passages.get(doc.index()));
    passage.is_some_and(|passage| is_tag(&passage.language.as_str().to_lowercase(), tag))
}

fn has_fate(golds: &[GoldRow], wanted: &str) -> bool {
    match wanted {
        "" => true,
        "none" => golds.is_empty(),
        "lost" => golds.iter().filter_map(known_fate).any(Fate::is_lost_before_rerank),
        name => golds.iter().filter_map(known_fate).any(|fate| written(fate).starts_with(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_query_can_have_is_said() {
        let query = |language| Query {
            id: "q1".into(),
            text: "a".into(),
            language: crate::domain::Language::new(language),
        };
        let queries = [query("zh-Hant"), query("ja")];
        let mistake = |typed: &str| Filter::of(typed).mistake(&queries);
        assert_eq!(mistake("lang:zh fate:cut words"), None);
        assert_eq!(mistake("lang:=zh-hant"), None);
        assert!(mistake("lang:=zh").unwrap().starts_with("No query is in zh; "), "not the whole tag");
        assert_eq!(mistake("lang:xx").as_deref(), Some("No query is in xx; there are ja, zh-Hant."));
        let fates = mistake("fate:gone").unwrap();
        assert!(
            fates.starts_with("There is no fate gone; there are ") && fates.contains("cut-at-n"),
            "{fates}"
        );
        for name in ["lost", "none", "", "kept"] {
            assert_eq!(mistake(&format!("fate:{name}")), None, "{name}");
        }
    }

    #[test]
    fn a_filter_is_read_in_parts_and_changed_in_one() {
        let typed = "refund fate:cut after lang:JA first:11-20";
        let filter = Filter::of(typed);
        assert_eq!(filter.words, "refund after");
        assert_eq!((filter.language.as_deref(), filter.fate.as_deref()), (Some("ja"), Some("cut")));
        assert_eq!(filter.first, Some(Span::of("11-20")));
        assert_eq!(with(typed, "fate", Some("never")), "refund after lang:JA first:11-20 fate:never");
        assert_eq!(Filter::of(&with(typed, "fate", None)), Filter { fate: None, ..filter });
        assert_eq!(with("", "is", Some("gold")), "is:gold");
    }

    #[test]
    fn numbers_are_one_or_from_to_or_above_or_none() {
        let holds = |written: &str| {
            let span = Span::of(written);
            [Some(1), Some(11), Some(20), Some(21), None].map(|number| span.holds(number))
        };
        assert_eq!(holds("11-20"), [false, true, true, false, false]);
        assert_eq!(holds("11-"), [false, true, true, true, false], "while it is typed");
        assert_eq!(holds("20"), [false, false, true, false, false]);
        assert_eq!(holds(">20"), [false, false, false, true, false]);
        assert_eq!(holds("none"), [false, false, false, false, true]);
        assert_eq!(holds(""), [true; 5]);
        assert_eq!(holds("soon"), [false; 5]);
    }
}
