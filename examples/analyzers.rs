//! How much BM25 finds by the analyzer: recall@50 and nDCG@10 for each language of the collections given.
//!
//! ```sh
//! cargo run --release --example analyzers -- FOLDER...
//! ```
//!
//! Each folder is a collection in BEIR layout. Prints a Markdown table: a row for each collection and
//! query language, a column for each analyzer. This is where the table of docs/analyzers.md is from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rankscope::corpus::{self, Collection, JudgedPassage, ReadOptions};
use rankscope::domain::{Bm25, Language};
use rankscope::error::Result;
use rankscope::index::LexicalIndex;
use rankscope::judge::{Metrics, Placed, measure};
use rankscope::retrieve::{Bm25Leg, QueryInput, Retriever as _};
use rankscope::text::{Analyzers, Recipe, Units};

/// N of recall@N.
const CUT: usize = 50;

const PLAIN: Recipe = Recipe { units: Units::Words, fold: false, stem: false, han: false, kana: false };

/// The columns.
const RECIPES: [(&str, Recipe); 9] = [
    ("plain words", PLAIN),
    ("folded", Recipe { fold: true, ..PLAIN }),
    ("stems unfolded", Recipe { stem: true, ..PLAIN }),
    ("stems", Recipe { fold: true, stem: true, ..PLAIN }),
    ("bigrams", Recipe { units: Units::Bigrams, fold: true, stem: true, ..PLAIN }),
    ("bigrams nostem", Recipe { units: Units::Bigrams, fold: true, ..PLAIN }),
    ("words+bigrams", Recipe { units: Units::WordsAndBigrams, fold: true, stem: true, ..PLAIN }),
    ("w+b kana", Recipe { units: Units::WordsAndBigrams, fold: true, stem: true, kana: true, ..PLAIN }),
    ("w+b han", Recipe { units: Units::WordsAndBigrams, fold: true, stem: true, han: true, ..PLAIN }),
];

fn main() -> Result<()> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        eprintln!("usage: analyzers FOLDER... (collections in BEIR layout)");
        return Ok(());
    }
    println!("| collection | queries | {} |", RECIPES.map(|(name, _)| name).join(" | "));
    println!("|---|---|{}", "---|".repeat(RECIPES.len()));
    for folder in folders {
        let collection = corpus::read(&folder, &ReadOptions::default())?;
        let mut rows: BTreeMap<Language, Vec<Metrics>> = BTreeMap::new();
        let mut counts: BTreeMap<Language, usize> = BTreeMap::new();
        for (_, recipe) in RECIPES {
            for (language, queries) in by_language(&collection, recipe)? {
                counts.insert(language.clone(), queries.len());
                rows.entry(language).or_default().extend(Metrics::mean(queries.into_iter()));
            }
        }
        for (language, cells) in rows {
            let cells: Vec<String> =
                cells.iter().map(|mean| format!("{:.3} / {:.3}", mean.recall, mean.ndcg10)).collect();
            println!("| {} {language} | {} | {} |", collection.name, counts[&language], cells.join(" | "));
        }
    }
    Ok(())
}

/// The metrics of every judged query, by its language.
fn by_language(collection: &Collection, recipe: Recipe) -> Result<BTreeMap<Language, Vec<Metrics>>> {
    let analyzers = Analyzers::by_recipe(collection.languages().keys(), |_| recipe);
    let index = LexicalIndex::in_memory(collection, &analyzers)?;
    let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
    let mut metrics: BTreeMap<Language, Vec<Metrics>> = BTreeMap::new();
    for query in collection.judged_queries() {
        let text = &collection.query(query).text;
        let hits = leg.retrieve(QueryInput { text, vector: None }, CUT)?;
        let place = |passage: &JudgedPassage| match passage {
            JudgedPassage::Missing(_) => None,
            JudgedPassage::Known(doc) => {
                hits.iter().position(|hit| hit.doc == *doc).and_then(|at| u32::try_from(at + 1).ok())
            }
        };
        let placed: Vec<Placed> = collection
            .judgments(query)
            .iter()
            .map(|judgment| Placed { grade: judgment.grade, rank: place(&judgment.passage) })
            .collect();
        let language = collection.query(query).language.clone();
        metrics.entry(language).or_default().push(measure(&placed, CUT, 1));
    }
    Ok(metrics)
}
