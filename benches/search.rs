//! The first stage on 100,000 passages: indexing, BM25's top 1,000, the exact scan, and the whole way of a
//! typed query after each key (without the model, whose query vector takes a few milliseconds more).
//!
//! Texts are made up with a fixed seed: words of a Zipf-like vocabulary, 54 to a passage on average;
//! vectors are of 384 values around 256 centres. `cargo bench --bench search -- export DIR` also writes
//! passages, queries and our times for `benches/bm25_python.py`, which sets them beside other engines'.

mod harness;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use rankscope::corpus::Collection;
use rankscope::domain::{
    Analysis, Ann, Bm25, DocIdx, Language, LegName, LegScale, LegSet, Passage, Settings,
};
use rankscope::fuse::{FusionPlan, Pool, fuse};
use rankscope::index::{AnnIndex, LexicalIndex, VectorMatrix};
use rankscope::judge::SplitMix64;
use rankscope::retrieve::{Bm25Leg, DenseLeg, QueryInput, Retriever as _};
use rankscope::text::Analyzers;

const PASSAGES: usize = 100_000;
const VOCABULARY: usize = 60_000;
const DIM: usize = 384;
const DEPTH: usize = 1000;
/// HNSW takes minutes for all of them.
const ANN_PASSAGES: usize = 5_000;

fn main() {
    let mut random = SplitMix64::new(7);
    let collection = collection(&mut random);
    let analyzers = Analyzers::new(Analysis::default(), collection.languages().keys());

    let start = Instant::now();
    let index = LexicalIndex::in_memory(&collection, &analyzers).expect("an index in memory");
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "index BM25, {PASSAGES} passages: {seconds:.2} s, {:.0} passages/s   budget 20000 passages/s",
        PASSAGES as f64 / seconds
    );

    let queries: Vec<String> = (0..200).map(|_| words(&mut random, 4, 40)).collect();
    let bm25 = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
    let mut next = queries.iter().cycle();
    let mut query = || next.next().map_or("", String::as_str);
    let ours = harness::measure("BM25, top 1,000 of 100,000, four terms", None, || {
        let input = QueryInput { text: query(), vector: None };
        bm25.retrieve(input, DEPTH).expect("an index in memory");
    });
    if let Some(folder) = harness::after("export").next() {
        export(Path::new(&folder), &collection, &queries, ours).expect("the folder can be written");
        return;
    }
    let boosted = Bm25Leg { parameters: Bm25 { title_boost: 3.0, ..Bm25::default() }, ..bm25 };
    harness::measure("BM25 with titles boosted", None, || {
        boosted.retrieve(QueryInput { text: query(), vector: None }, DEPTH).expect("an index in memory");
    });

    let matrix = matrix(PASSAGES, &mut random);
    let vectors: Vec<Vec<f32>> = (0..50).map(|i| matrix.row(DocIdx(i * 997)).to_vec()).collect();
    let dense = DenseLeg { matrix: &matrix, ann: None, tie_order: &collection.tie_order };
    let mut next = vectors.iter().cycle();
    let mut vector = || next.next().map_or(&[][..], Vec::as_slice);
    harness::measure("dense, exact scan of 100,000 x 384, top 1,000", None, || {
        dense.retrieve(QueryInput { text: "", vector: Some(vector()) }, DEPTH).expect("finite vectors");
    });
    let legs = [("bm25", LegScale::Bm25), ("dense", LegScale::Cosine)]
        .map(|(name, scale)| LegName { name: name.into(), scale });
    let plan = FusionPlan::of(&Settings::default(), &legs, LegSet::all(2));
    harness::measure("typed query: BM25, dense, fusion, candidate set", Some(50.0), || {
        let input = QueryInput { text: query(), vector: Some(vector()) };
        let hits = [bm25.retrieve(input, DEPTH), dense.retrieve(input, DEPTH)];
        let hits = hits.map(|hits| hits.expect("facts in memory"));
        let pool = Pool::align(&hits, &collection.tie_order);
        fuse(&pool, &plan).top(50);
    });
    println!(
        "memory with index and vectors of {PASSAGES} passages: {} MB   budget 1000 MB",
        harness::resident_mb()
    );
    approximate(&mut random);
}

/// What HNSW finds of the exact list, and how long both take.
fn approximate(random: &mut SplitMix64) {
    let matrix = matrix(ANN_PASSAGES, random);
    let tie_order: Vec<u32> = (0..ANN_PASSAGES as u32).collect();
    let queries: Vec<Vec<f32>> = (0..50).map(|i| matrix.row(DocIdx(i * 97)).to_vec()).collect();
    let exact = DenseLeg { matrix: &matrix, ann: None, tie_order: &tie_order };
    let list = |leg: &DenseLeg<'_>, query: &[f32]| -> Vec<DocIdx> {
        let hits = leg.retrieve(QueryInput { text: "", vector: Some(query) }, 50).expect("finite vectors");
        hits.into_iter().map(|hit| hit.doc).collect()
    };
    for ef in [50, 100] {
        let start = Instant::now();
        let graph = AnnIndex::build(&matrix, Ann { ef }).expect("a thread for the build");
        let seconds = start.elapsed().as_secs_f64();
        let leg = DenseLeg { ann: Some(&graph), ..exact };
        let found: usize = queries
            .iter()
            .map(|query| {
                let truth = list(&exact, query);
                list(&leg, query).iter().filter(|doc| truth.contains(doc)).count()
            })
            .sum();
        println!(
            "HNSW ef {ef}, {ANN_PASSAGES} x {DIM}: built in {seconds:.1} s, has {:.3} of the exact top 50",
            found as f64 / (50 * queries.len()) as f64
        );
        let mut next = queries.iter().cycle();
        harness::measure(&format!("dense, HNSW ef {ef}, top 50"), None, || {
            list(&leg, next.next().map_or(&[][..], Vec::as_slice));
        });
    }
    let mut next = queries.iter().cycle();
    harness::measure(&format!("dense, exact scan of {ANN_PASSAGES}, top 50"), None, || {
        list(&exact, next.next().map_or(&[][..], Vec::as_slice));
    });
}

/// A word by a rank that small numbers are drawn for more often than great ones.
fn word(random: &mut SplitMix64, least: usize) -> String {
    let even = (random.bits() >> 11) as f64 / (1u64 << 53) as f64;
    let rank = least + ((VOCABULARY as f64).powf(even) - 1.0) as usize;
    format!("w{rank}")
}

fn words(random: &mut SplitMix64, count: usize, least: usize) -> String {
    (0..count).map(|_| word(random, least)).collect::<Vec<_>>().join(" ")
}

fn collection(random: &mut SplitMix64) -> Collection {
    let passages = (0..PASSAGES).map(|i| {
        let length = 40 + random.below(21);
        Passage {
            id: format!("d{i:06}"),
            title: words(random, 4, 0),
            text: words(random, length, 0),
            language: Language::new("en"),
        }
    });
    Collection::new("synthetic".into(), passages.collect(), Vec::new(), Vec::new(), Vec::new())
}

/// Rows of length 1 around 256 centres.
fn matrix(rows: usize, random: &mut SplitMix64) -> VectorMatrix {
    let mut value = || (random.bits() >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
    let centres: Vec<Vec<f32>> = (0..256).map(|_| (0..DIM).map(|_| value()).collect()).collect();
    let mut values = Vec::with_capacity(rows * DIM);
    for row in 0..rows {
        let vector: Vec<f32> = centres[row % 256].iter().map(|centre| centre + 0.7 * value()).collect();
        let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        values.extend(vector.into_iter().map(|v| v / norm));
    }
    VectorMatrix::new(DIM, values).expect("whole rows of finite numbers")
}

fn export(folder: &Path, collection: &Collection, queries: &[String], ours: f64) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut texts = String::new();
    for passage in collection.passages.iter() {
        let _ = writeln!(texts, "{}", passage.indexed_text());
    }
    std::fs::write(folder.join("passages.txt"), texts)?;
    std::fs::write(folder.join("queries.txt"), queries.join("\n"))?;
    std::fs::write(folder.join("ours_p50_ms.txt"), format!("{ours}\n"))
}
