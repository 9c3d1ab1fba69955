//! How much BM25 finds by the analyzer: recall@50 and nDCG@10 for each language of the collections given.
//!
//! ```sh
//! cargo run --release --example analyzers -- FOLDER...
//! ```
//!
//! Each folder is a collection in BEIR layout. Prints two Markdown tables with a row for each collection
//! and query language: a column for each analyzer; and, with the default analyzers, a column for each way
//! to read a query where the collection has several languages. The tables of docs/analyzers.md are these.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rankscope::corpus::{self, Collection, JudgedPassage, ReadOptions};
use rankscope::domain::{Analysis, Bm25, Language};
use rankscope::error::Result;
use rankscope::index::LexicalIndex;
use rankscope::judge::{Metrics, Placed, measure};
use rankscope::retrieve::Bm25Leg;
use rankscope::text::{Analyzers, QueryTerm, Recipe, Units};

/// N of recall@N.
const CUT: usize = 50;

const PLAIN: Recipe = Recipe { units: Units::Words, fold: false, stem: false, han: false, kana: false };
const FOLDED: Recipe = Recipe { fold: true, ..PLAIN };
const STEMS: Recipe = Recipe { stem: true, ..FOLDED };

/// The columns of the first table.
const RECIPES: [(&str, Recipe); 8] = [
    ("plain words", PLAIN),
    ("folded (`words`)", FOLDED),
    ("`stems`", STEMS),
    ("bigrams, unstemmed", Recipe { units: Units::Bigrams, ..FOLDED }),
    ("`bigrams`", Recipe { units: Units::Bigrams, ..STEMS }),
    ("`words-bigrams`", Recipe { units: Units::WordsAndBigrams, ..STEMS }),
    ("and kana as one", Recipe { units: Units::WordsAndBigrams, kana: true, ..STEMS }),
    ("and `--fold-han`", Recipe { units: Units::WordsAndBigrams, han: true, ..STEMS }),
];

/// Who reads the query.
#[derive(Clone, Copy)]
enum Reader {
    /// For each passage, the chain of the passage.
    Passage,
    /// For every passage, the chain of the query's language.
    Query,
    /// As `Query`, where the language could not be told.
    Undetermined,
    /// For every passage, all chains.
    All,
}

/// The columns of the second table.
const READERS: [(&str, Reader); 4] = [
    ("each passage's chain", Reader::Passage),
    ("the query's chain", Reader::Query),
    ("the chain of `und`", Reader::Undetermined),
    ("all chains at once", Reader::All),
];

fn main() -> Result<()> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        eprintln!("usage: analyzers FOLDER... (collections in BEIR layout)");
        return Ok(());
    }
    let collections: Vec<Collection> =
        folders.iter().map(|folder| corpus::read(folder, &ReadOptions::default())).collect::<Result<_>>()?;

    println!("recall@{CUT} / nDCG@10\n");
    head(RECIPES.map(|(name, _)| name));
    for collection in &collections {
        let columns = RECIPES.iter().map(|&(_, recipe)| by_language(collection, |_| recipe, Reader::Passage));
        rows(collection, columns.collect::<Result<_>>()?);
    }
    println!();
    head(READERS.map(|(name, _)| name));
    for collection in collections.iter().filter(|collection| collection.languages().len() > 1) {
        let auto = |language: &Language| Recipe::of(Analysis::default(), language);
        let columns = READERS.iter().map(|&(_, reader)| by_language(collection, auto, reader));
        rows(collection, columns.collect::<Result<_>>()?);
    }
    Ok(())
}

fn head<const N: usize>(columns: [&str; N]) {
    println!("| collection | queries | {} |", columns.join(" | "));
    println!("|---|---|{}", "---|".repeat(N));
}

type Queries = BTreeMap<Language, Vec<Metrics>>;

fn rows(collection: &Collection, columns: Vec<Queries>) {
    for (language, queries) in &columns[0] {
        let means = columns.iter().filter_map(|column| Metrics::mean(column[language].iter().copied()));
        let cells: Vec<String> =
            means.map(|mean| format!("{:.3} / {:.3}", mean.recall, mean.ndcg10)).collect();
        println!("| {} {language} | {} | {} |", collection.name, queries.len(), cells.join(" | "));
    }
}

/// The metrics of every judged query, by its language.
fn by_language(
    collection: &Collection,
    recipe: impl Fn(&Language) -> Recipe,
    reader: Reader,
) -> Result<Queries> {
    let und = Language::undetermined();
    let languages = collection.languages();
    let analyzers = Analyzers::by_recipe(languages.keys().chain([&und]), recipe);
    let index = LexicalIndex::in_memory(collection, &analyzers)?;
    let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
    let mut metrics = Queries::new();
    for query in collection.judged_queries() {
        let language = &collection.query(query).language;
        let mut terms = analyzers.query_terms(&collection.query(query).text);
        terms.iter_mut().for_each(|term| read_by(reader, term, &analyzers, language));
        let hits = leg.search(&terms, CUT)?;
        let place = |passage: &JudgedPassage| match passage {
            JudgedPassage::Missing(_) | JudgedPassage::Document(_) => None,
            JudgedPassage::Known(doc) => {
                hits.iter().position(|hit| hit.doc == *doc).and_then(|at| u32::try_from(at + 1).ok())
            }
        };
        let placed: Vec<Placed> = collection
            .judgments(query)
            .iter()
            .map(|judgment| Placed { grade: judgment.grade, rank: place(&judgment.passage) })
            .collect();
        metrics.entry(language.clone()).or_default().push(measure(&placed, CUT, 1));
    }
    Ok(metrics)
}

/// Makes every chain read the query as `reader` says.
fn read_by(reader: Reader, term: &mut QueryTerm, analyzers: &Analyzers, language: &Language) {
    let und = analyzers.chain_of(&Language::undetermined()).unwrap_or(0);
    let count = match reader {
        Reader::Passage => return,
        Reader::Query => term.counts[analyzers.chain_of(language).unwrap_or(und)],
        Reader::Undetermined => term.counts[und],
        Reader::All => term.counts.iter().copied().max().unwrap_or(0),
    };
    term.counts.fill(count);
}
