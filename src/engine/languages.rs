//! What language does to retrieval: how finely text is cut, what BM25 cannot see, and where a query in
//! one language fails to find passages in another.
//!
//! In: the judged rows, the lengths that the index and the model counted. Out: a [`LanguageReport`]. It
//! computes shares and intervals; detecting languages and reading text is done elsewhere.

use std::collections::BTreeMap;

use super::snapshot::{LanguageRow, QueryRow};
use crate::corpus::Collection;
use crate::domain::{DocIdx, Language, Rank};
use crate::index::{LexicalIndex, TokenReader};
use crate::judge::Metrics;

/// The collection by language.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LanguageReport {
    /// In order of the tags; the languages of passages and of judged queries.
    pub texts: Vec<TextRow>,
    /// Query language by gold language, where there are golds; in order of the tags.
    pub cells: Vec<Cell>,
    /// Mean over query languages of their mean metrics (macro average), first stage; `None` until there are
    /// any. The mean over queries (micro average) is the snapshot's own.
    pub macro_first: Option<Metrics>,
    /// The same after the second stage, over the languages that have any query fully reranked.
    pub macro_reranked: Option<Metrics>,
}

/// How text of one language is cut.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRow {
    pub language: Language,
    pub passages: usize,
    /// Terms of BM25 per character of its passages; `None` without passages.
    pub terms_per_char: Option<f64>,
    /// Share of the terms of its judged queries that no passage has; `None` without such queries.
    pub unknown_terms: Option<f64>,
    /// `None` until every passage is embedded, and without passages.
    pub model: Option<ModelText>,
}

/// How the embedding model reads the passages of one language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelText {
    /// Tokens, special ones included, per character.
    pub tokens_per_char: f64,
    /// Share of passages whose end the model does not see.
    pub truncated: f64,
    /// Share of characters for which the model's vocabulary has nothing.
    pub unknown: f64,
}

/// The golds of one language for the queries of another, or of the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub query: Language,
    pub gold: Language,
    /// Pairs of a query and a passage that is gold for it.
    pub golds: usize,
    /// Of these, those that share no term with their query: BM25 cannot find them.
    pub blind: usize,
    /// Found within N in the fused list.
    pub fused: Proportion,
    /// By `LegId`: found within N by the leg alone; `None` where not every query has the leg yet.
    pub legs: Vec<Option<Proportion>>,
}

/// A share, with how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    pub share: f64,
    /// Wilson's interval of 95 %.
    pub low: f64,
    pub high: f64,
}

impl Proportion {
    /// `found` of `n`, with Wilson's score interval (Wilson 1927): it stays within 0 and 1 and is of use
    /// for small n. The trials are taken to be independent, which golds of one query are not quite.
    pub fn new(found: usize, n: usize) -> Self {
        const Z: f64 = 1.959_963_984_540_054;
        if n == 0 {
            return Self { share: 0.0, low: 0.0, high: 1.0 };
        }
        let (found, n) = (found as f64, n as f64);
        let share = found / n;
        let scale = 1.0 + Z * Z / n;
        let middle = (share + Z * Z / (2.0 * n)) / scale;
        let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        Self { share, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }
}

/// What the texts of each language are like; changes with the index and the model only.
pub fn texts(
    collection: &Collection,
    lexical: &LexicalIndex,
    tokens: Option<&TokenReader>,
) -> BTreeMap<Language, TextRow> {
    struct Sum {
        passages: usize,
        chars: usize,
        terms: u64,
        model_tokens: u64,
        truncated: usize,
        unknown_chars: u64,
        all_read: bool,
    }
    let mut sums: BTreeMap<&Language, Sum> = BTreeMap::new();
    for (doc, passage) in (0u32..).map(DocIdx).zip(collection.passages.iter()) {
        let sum = sums.entry(&passage.language).or_insert(Sum {
            passages: 0,
            chars: 0,
            terms: 0,
            model_tokens: 0,
            truncated: 0,
            unknown_chars: 0,
            all_read: true,
        });
        sum.passages += 1;
        let title = passage.title.chars().count();
        sum.chars += passage.text.chars().count() + if title == 0 { 0 } else { title + 1 };
        sum.terms += u64::from(lexical.term_count(doc));
        match tokens.and_then(|tokens| tokens.reading(doc)) {
            Some(read) => {
                sum.model_tokens += u64::from(read.n_tokens);
                sum.truncated += usize::from(read.truncated);
                sum.unknown_chars += u64::from(read.unknown_chars);
            }
            None => sum.all_read = false,
        }
    }
    let row = |(language, sum): (&Language, Sum)| {
        let chars = sum.chars.max(1) as f64;
        let row = TextRow {
            language: language.clone(),
            passages: sum.passages,
            terms_per_char: Some(sum.terms as f64 / chars),
            unknown_terms: None,
            model: sum.all_read.then(|| ModelText {
                tokens_per_char: sum.model_tokens as f64 / chars,
                truncated: sum.truncated as f64 / sum.passages as f64,
                unknown: sum.unknown_chars as f64 / chars,
            }),
        };
        (language.clone(), row)
    };
    sums.into_iter().map(row).collect()
}

/// Terms of queries by their language: (in no passage, all).
pub type UnknownTerms = BTreeMap<Language, (u32, u32)>;

/// The report on rows judged with `n` candidates; `legs`: whether every judged query has the leg.
pub fn report(
    texts: &BTreeMap<Language, TextRow>,
    unknown: &UnknownTerms,
    rows: &[QueryRow],
    by_language: &[LanguageRow],
    collection: &Collection,
    n: usize,
    legs: &[bool],
) -> LanguageReport {
    let mut texts = texts.clone();
    for (language, &(missing, all)) in unknown {
        let row = texts.entry(language.clone()).or_insert_with(|| TextRow {
            language: language.clone(),
            passages: 0,
            terms_per_char: None,
            unknown_terms: None,
            model: None,
        });
        row.unknown_terms = (all > 0).then(|| f64::from(missing) / f64::from(all));
    }
    let macro_of = |metrics: Vec<Metrics>| Metrics::mean(metrics.into_iter());
    LanguageReport {
        texts: texts.into_values().collect(),
        cells: cells(rows, collection, n, legs),
        macro_first: macro_of(by_language.iter().map(|row| row.means.first).collect()),
        macro_reranked: macro_of(
            by_language.iter().filter_map(|row| Some(row.means.reranked?.reranked)).collect(),
        ),
    }
}

fn cells(rows: &[QueryRow], collection: &Collection, n: usize, legs: &[bool]) -> Vec<Cell> {
    #[derive(Clone, Default)]
    struct Count {
        golds: usize,
        blind: usize,
        fused: usize,
        legs: Vec<usize>,
    }
    let mut counts: BTreeMap<(&Language, &Language), Count> = BTreeMap::new();
    let within = |rank: Option<Rank>| usize::from(rank.is_some_and(|rank| rank as usize <= n));
    for row in rows.iter().filter(|row| row.first.is_some()) {
        let query = &collection.query(row.query).language;
        for (gold, doc) in row.golds.iter().filter_map(|gold| Some((gold, gold.doc?))) {
            let count = counts.entry((query, &collection.passage(doc).language)).or_default();
            count.legs.resize(legs.len(), 0);
            count.golds += 1;
            count.blind += usize::from(gold.blind);
            count.fused += within(gold.fused);
            count.legs.iter_mut().zip(&*gold.legs).for_each(|(found, &rank)| *found += within(rank));
        }
    }
    let cell = |((query, gold), count): ((&Language, &Language), Count)| Cell {
        query: query.clone(),
        gold: gold.clone(),
        golds: count.golds,
        blind: count.blind,
        fused: Proportion::new(count.fused, count.golds),
        legs: (count.legs.iter().zip(legs))
            .map(|(&found, there)| there.then(|| Proportion::new(found, count.golds)))
            .collect(),
    };
    counts.into_iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Passage, Query, QueryIdx};
    use crate::engine::snapshot::{GoldRow, Means};

    /// Against published values: 15 of 148 in the example of Newcombe (1998), table I: .0624 to .1605 to
    /// within the rounding there; and the ends, where a normal interval has no width.
    #[test]
    fn the_interval_is_wilsons() {
        let interval = Proportion::new(15, 148);
        assert!(
            (interval.low - 0.0624).abs() < 2e-4 && (interval.high - 0.1605).abs() < 2e-4,
            "{interval:?}"
        );
        let none = Proportion::new(0, 20);
        assert!(none.low == 0.0 && (none.high - 0.1611).abs() < 2e-4, "{none:?}");
        let all = Proportion::new(20, 20);
        assert!(all.high == 1.0 && (all.low - 0.8389).abs() < 2e-4, "{all:?}");
        assert_eq!((Proportion::new(0, 0).low, Proportion::new(0, 0).high), (0.0, 1.0));
    }

    fn gold(doc: u32, bm25: Option<Rank>, fused: Option<Rank>, blind: bool) -> GoldRow {
        GoldRow {
            doc: Some(DocIdx(doc)),
            id: "".into(),
            grade: 1,
            legs: [bm25].into(),
            fused,
            earlier: Vec::new(),
            decided_by: None,
            reranked: None,
            fate: None,
            first_fate: None,
            awaits_rerank: false,
            blind,
            remedy: String::new(),
        }
    }

    /// Trap: grouped by the query's language alone, a leg that finds nothing across languages looks good;
    /// and a mean over queries hides a small language.
    #[test]
    fn cells_are_by_both_languages_and_the_macro_average_weighs_languages_alike() {
        let passage = |language: &str| Passage {
            id: String::new(),
            title: String::new(),
            text: String::new(),
            language: Language::new(language),
        };
        let query = |language: &str| Query {
            id: String::new(),
            text: String::new(),
            language: Language::new(language),
        };
        let collection = Collection::new(
            "test".into(),
            vec![passage("en"), passage("ja")],
            vec![query("en"), query("en"), query("en"), query("und")],
            vec![Vec::new(); 4],
            Vec::new(),
        );
        let row = |number, recall, golds| QueryRow {
            query: QueryIdx(number),
            golds,
            first: Some(Metrics { recall, ..Metrics::ZERO }),
            complete: true,
            rerank_complete: false,
            reranked: None,
            ceiling: Some(Metrics::ZERO),
            scores: None,
        };
        let rows = [
            row(0, 1.0, vec![gold(0, Some(1), Some(1), false), gold(1, None, None, true)]),
            row(1, 1.0, vec![gold(0, Some(50), Some(50), false)]),
            row(2, 1.0, vec![gold(0, Some(51), Some(50), false)]),
            row(3, 0.0, vec![gold(1, None, Some(9), true)]),
        ];
        let means = |recall| Means {
            queries: 1,
            first: Metrics { recall, ..Metrics::ZERO },
            ceiling: Metrics::ZERO,
            reranked: None,
        };
        let by_language = [
            LanguageRow { language: Language::new("en"), means: means(1.0), by_metric: Vec::new() },
            LanguageRow { language: Language::undetermined(), means: means(0.0), by_metric: Vec::new() },
        ];
        let unknown = UnknownTerms::from([(Language::undetermined(), (1, 4))]);
        let report = report(&BTreeMap::new(), &unknown, &rows, &by_language, &collection, 50, &[true]);
        let cells: Vec<(&str, &str, usize, usize, f64, f64)> = report
            .cells
            .iter()
            .map(|cell| {
                let (query, gold) = (cell.query.as_str(), cell.gold.as_str());
                (query, gold, cell.golds, cell.blind, cell.legs[0].unwrap().share, cell.fused.share)
            })
            .collect();
        assert_eq!(
            cells,
            [("en", "en", 3, 0, 2.0 / 3.0, 1.0), ("en", "ja", 1, 1, 0.0, 0.0), ("und", "ja", 1, 1, 0.0, 1.0)]
        );
        assert_eq!(report.macro_first.unwrap().recall, 0.5);
        assert_eq!((report.texts[0].passages, report.texts[0].unknown_terms), (0, Some(0.25)));
    }
}
