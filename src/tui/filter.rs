//! The filter of the queries, as it is typed: words, and `lang:ja`, `fate:cut`.

use std::collections::BTreeSet;

use crate::domain::{Fate, Query};
use crate::engine::QueryRow;

use super::lines::known_fate;

/// A filter in parts. A query passes when it passes all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The beginning of a language's tag.
    pub language: Option<String>,
    /// The beginning of a fate's name, `lost` for any before the reranker, or `none` for no gold.
    pub fate: Option<String>,
    /// In identifier or text, or the beginning of the language's tag.
    pub words: String,
}

impl Filter {
    pub fn of(typed: &str) -> Self {
        let mut filter = Self::default();
        let mut words = Vec::new();
        for word in typed.split_whitespace() {
            match word.split_once(':') {
                Some(("lang", tag)) => filter.language = Some(tag.to_lowercase()),
                Some(("fate", name)) => filter.fate = Some(name.to_lowercase()),
                _ => words.push(word),
            }
        }
        filter.words = words.join(" ");
        filter
    }

    /// The same with another fate, as one would type it.
    pub fn with_fate(&self, fate: Option<&str>) -> String {
        let parts = [
            self.words.clone(),
            self.language.as_ref().map_or(String::new(), |tag| format!("lang:{tag}")),
            fate.map_or(String::new(), |fate| format!("fate:{fate}")),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Whether a query passes; `row` is `None` for one that is not judged.
    pub fn lets_through(&self, query: &Query, row: Option<&QueryRow>) -> bool {
        let tag = query.language.as_str().to_lowercase();
        let words = self.words.to_lowercase();
        self.language.as_ref().is_none_or(|language| tag.starts_with(language.as_str()))
            && self.fate.as_ref().is_none_or(|fate| has_fate(row, fate))
            && (words.is_empty()
                || query.id.to_lowercase().contains(&words)
                || tag.starts_with(&words)
                || query.text.to_lowercase().contains(&words))
    }
}

impl Filter {
    /// What of it no query can have, with what there is instead; `None` where all of it makes sense.
    pub fn mistake(&self, queries: &[Query]) -> Option<String> {
        if let Some(name) = &self.fate
            && !fates().any(|fate| fate.starts_with(name.as_str()))
        {
            let all: Vec<String> = fates().collect();
            return Some(format!("There is no fate {name}: {}.", all.join(", ")));
        }
        let tag = self.language.as_ref()?;
        let languages: BTreeSet<&str> = queries.iter().map(|query| query.language.as_str()).collect();
        let known = languages.iter().any(|other| other.to_lowercase().starts_with(tag.as_str()));
        let all: Vec<&str> = languages.into_iter().filter(|tag| !tag.is_empty()).collect();
        (!known).then(|| format!("No query is in {tag}: {}.", all.join(", ")))
    }
}

/// What stands behind `fate:`.
fn fates() -> impl Iterator<Item = String> {
    let named = Fate::ALL.into_iter().map(written);
    named.chain(["lost", "none"].map(str::to_owned))
}

fn written(fate: Fate) -> String {
    fate.name().replace('_', "-")
}

fn has_fate(row: Option<&QueryRow>, wanted: &str) -> bool {
    let golds = row.map_or(&[][..], |row| &row.golds);
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
        assert_eq!(mistake("lang:xx").as_deref(), Some("No query is in xx: ja, zh-Hant."));
        let fates = mistake("fate:gone").unwrap();
        assert!(fates.starts_with("There is no fate gone: ") && fates.contains("cut-at-n"), "{fates}");
        for name in ["lost", "none", "", "kept"] {
            assert_eq!(mistake(&format!("fate:{name}")), None, "{name}");
        }
    }

    #[test]
    fn a_filter_is_read_in_parts_and_written_again() {
        let filter = Filter::of("refund fate:cut after lang:JA");
        assert_eq!(filter.words, "refund after");
        assert_eq!((filter.language.as_deref(), filter.fate.as_deref()), (Some("ja"), Some("cut")));
        assert_eq!(filter.with_fate(Some("never")), "refund after lang:ja fate:never");
        assert_eq!(Filter::of(&filter.with_fate(None)), Filter { fate: None, ..filter });
    }
}
