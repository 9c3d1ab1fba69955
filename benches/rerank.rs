//! The second stage: late interaction over 100 candidates with token vectors in the store, and the bundled
//! cross-encoder's throughput, which `rerank_vs_python.py` holds against Python's.

mod harness;

use std::path::Path;
use std::time::Instant;

use half::f16;
use rankscope::domain::DocIdx;
use rankscope::index::EmbeddingStore;
use rankscope::models::late::{max_sim_slices, to_f32};
use rankscope::models::{
    CrossEncoder, CrossEncoderFiles, Encoded, ModelOptions, PairScorer as _, Reading, TokenVectors,
};

const DIM: usize = 384;

fn main() {
    let threads = std::env::var("RANKSCOPE_BENCH_THREADS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    if std::env::var_os("RANKSCOPE_BENCH_PAIRS_ONLY").is_none() {
        late_interaction();
    }
    cross_encoder(threads);
}

/// Made-up unit vectors: 100 passages of 120 tokens, a query of 12.
fn late_interaction() {
    let mut seed = 1_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let mut tokens = |n: usize| TokenVectors {
        dim: DIM,
        vectors: (0..n * DIM).map(|_| f16::from_f32(random() / 5.0)).collect(),
        spans: vec![(0, 0); n],
    };
    let query = tokens(12);
    let passages: Vec<Encoded> = (0..100)
        .map(|_| Encoded {
            dense: vec![0.0; DIM],
            tokens: Some(tokens(120)),
            reading: Reading { n_tokens: 124, ..Reading::default() },
        })
        .collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = EmbeddingStore::open(folder.path(), DIM, 1 << 30, &mut || {}).expect("the store opens");
    store.append(&passages).expect("the store is written");
    let reader = store.reader().expect("the store is read");
    let rows = to_f32(&query);
    harness::measure("late interaction, 100 candidates of 120 tokens from the store", Some(20.0), || {
        for doc in 0..100 {
            let passage = reader.read(DocIdx(doc)).expect("it reads").expect("it is kept");
            std::hint::black_box(max_sim_slices(&rows, &to_f32(&passage), DIM));
        }
    });
}

/// Pairs of the sample's first query with its first 64 passages.
fn cross_encoder(threads: usize) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_corpus/corpus.jsonl");
    let corpus = std::fs::read_to_string(sample).expect("the sample is in the repository");
    let passages: Vec<String> = corpus
        .lines()
        .take(64)
        .filter_map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(format!("{} {}", row["title"].as_str()?, row["text"].as_str()?))
        })
        .collect();
    let texts: Vec<&str> = passages.iter().map(String::as_str).collect();
    let options = ModelOptions { threads, ..ModelOptions::default() };
    let files = CrossEncoderFiles::bundled(&options).expect("the model is in the repository");
    let mut model = CrossEncoder::open(&files, &options, &mut |_| {}).expect("the model loads");
    let mut run = || {
        let start = Instant::now();
        let mut scored = 0;
        let query = "how do I get a refund";
        model.score(query, &texts, &|| false, &mut |_, _| scored += 1).expect("the model runs");
        (start.elapsed().as_secs_f64(), scored)
    };
    run();
    let mut best = f64::INFINITY;
    let mut pairs = 0;
    for _ in 0..5 {
        let (seconds, scored) = run();
        best = best.min(seconds);
        pairs = scored;
    }
    println!("cross-encoder, {threads} threads: {:.2} pairs/s", pairs as f64 / best);
}
