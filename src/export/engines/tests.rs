//! Every snippet is read by a parser of its language, and what it claims to be is held against the
//! emulation of the engine's own fusion.

use serde_json::Value;

use super::*;
use crate::domain::{Ann, DocIdx, Hit, LegSet, SecondStage};
use crate::fuse::{FusionPlan, Pool, fuse};
use crate::judge::SplitMix64;

fn legs() -> Vec<LegName> {
    let leg = |name: &str, scale| LegName { name: name.into(), scale };
    vec![leg("bm25", LegScale::Bm25), leg("dense", LegScale::Cosine)]
}

fn settings(fusion: FusionMethod, alpha: f64) -> Settings {
    Settings { fusion, alpha, candidates: 20, depth: 60, ..Settings::default() }
}

fn json(call: &Call) -> Value {
    serde_json::from_str(&call.body).unwrap_or_else(|e| panic!("{e} in {}", call.body))
}

/// Two legs that share half of their passages, with scores as BM25's and cosine's.
fn pool(random: &mut SplitMix64) -> Pool {
    let ties: std::sync::Arc<[u32]> = (0..200).rev().collect();
    let mut leg = |from: u32, scale: f64, least: f64| -> Vec<Hit> {
        let mut hits: Vec<Hit> = (from..from + 60)
            .map(|doc| Hit {
                doc: DocIdx(doc),
                score: (random.below(1_000_000) as f64 / 1e6 * scale + least) as f32,
            })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits
    };
    let (lexical, dense) = (leg(0, 20.0, 0.5), leg(30, 0.7, 0.1));
    Pool::align(&[&lexical, &dense], &ties)
}

/// Trap: a constant that counts from the other end (Qdrant and Weaviate count from 0), weights that an
/// engine multiplies and another one stretches ranks by, a scale that moves a raw sum. Where a snippet
/// says "the same fusion", the engine's own method, as emulated, must give our order.
#[test]
fn what_is_called_the_same_gives_the_same_order() {
    let (legs, mut random, mut same) = (legs(), SplitMix64::new(7), 0);
    for method in FusionMethod::ALL {
        for alpha in [0.5, 0.3, 0.8] {
            let here = settings(method, alpha);
            for engine in Engine::ALL {
                let snippet = engine.snippet(&here, &legs);
                let there = snippet.emulated.clone().unwrap_or_else(|| panic!("{engine:?} {method:?}"));
                if snippet.unlike.is_some() {
                    continue;
                }
                same += 1;
                for _ in 0..5 {
                    let pool = pool(&mut random);
                    let plan = |settings: &Settings| FusionPlan::of(settings, &legs, LegSet::all(2));
                    let (ours, theirs) = (fuse(&pool, &plan(&here)), fuse(&pool, &plan(&there)));
                    let scores: Vec<f32> =
                        theirs.top(20).into_iter().filter_map(|row| ours.score(row)).collect();
                    let top = scores[0].abs();
                    // OpenSearch makes .001 of an exact 0; f32 rounds.
                    let slack = if method.name().starts_with("opensearch-min") || engine == Engine::OpenSearch
                    {
                        2e-3
                    } else {
                        1e-6
                    };
                    for pair in scores.windows(2) {
                        assert!(
                            pair[0] >= pair[1] - top * slack,
                            "{engine:?} {method:?} α {alpha}: {scores:?} is not our order"
                        );
                    }
                }
            }
        }
    }
    assert!(same >= 60, "only {same} snippets are called the same");
}

#[test]
fn an_engine_says_its_own_methods_and_owns_up_to_the_others() {
    let legs = legs();
    for method in FusionMethod::ALL {
        if let Some(engine) = Engine::of(method) {
            let mut own = settings(method, 0.4);
            if method == FusionMethod::WeaviateRanked {
                own.rrf_k = Some(60.0);
            }
            assert_eq!(engine.snippet(&own, &legs).unlike, None, "{method:?}");
        }
    }
    for (engine, method) in [
        (Engine::Qdrant, FusionMethod::Convex),
        (Engine::Weaviate, FusionMethod::Rrf),
        (Engine::Elasticsearch, FusionMethod::OpenSearchZScore),
        (Engine::OpenSearch, FusionMethod::QdrantDbsf),
        (Engine::Milvus, FusionMethod::Tm2c2),
        (Engine::Pgvector, FusionMethod::ElasticLinear),
    ] {
        let text = engine.snippet(&settings(method, 0.5), &legs).text();
        assert!(text.lines().next().is_some_and(|line| line.contains("NOT the same fusion")), "{text}");
    }
}

#[test]
fn opensearch_gets_a_pipeline_and_a_hybrid_query() {
    let here = Settings { window: Some(50), ..settings(FusionMethod::OpenSearchL2Harmonic, 0.25) };
    let snippet = Engine::OpenSearch.snippet(&here, &legs());
    assert_eq!(snippet.calls[0].line, "PUT /_search/pipeline/rankscope");
    let processor = &json(&snippet.calls[0])["phase_results_processors"][0]["normalization-processor"];
    assert_eq!(processor["normalization"]["technique"], "l2");
    assert_eq!(processor["combination"]["technique"], "harmonic_mean");
    assert_eq!(processor["combination"]["parameters"]["weights"], serde_json::json!([0.75, 0.25]));
    let query = json(&snippet.calls[1]);
    assert_eq!((&query["size"], &query["query"]["hybrid"]["pagination_depth"]), (&20.into(), &50.into()));
    assert_eq!(query["query"]["hybrid"]["queries"].as_array().map(Vec::len), Some(2));
    let rrf = Engine::OpenSearch.snippet(&settings(FusionMethod::Rrf, 0.5), &legs());
    let ranker = &json(&rrf.calls[0])["phase_results_processors"][0]["score-ranker-processor"];
    assert_eq!(ranker["combination"], serde_json::json!({"technique": "rrf", "rank_constant": 60}));
    let bounded = Engine::OpenSearch.snippet(&settings(FusionMethod::Tm2c2, 0.5), &legs());
    let bounds =
        &json(&bounded.calls[0])["phase_results_processors"][0]["normalization-processor"]["normalization"];
    assert_eq!(bounds["parameters"]["lower_bounds"][1]["min_score"], 0.0);
}

#[test]
fn elasticsearch_gets_retrievers() {
    let weighted = Engine::Elasticsearch.snippet(&settings(FusionMethod::Rrf, 0.25), &legs());
    let rrf = &json(&weighted.calls[0])["retriever"]["rrf"];
    assert_eq!((&rrf["rank_constant"], &rrf["rank_window_size"]), (&60.into(), &60.into()));
    assert_eq!(rrf["retrievers"][0]["weight"], 1.5);
    assert_eq!(rrf["retrievers"][1]["retriever"]["knn"]["k"], 60);
    let here = Settings { ann: Some(Ann { ef: 300 }), ..settings(FusionMethod::ElasticLinear, 0.5) };
    let linear = &json(&Engine::Elasticsearch.snippet(&here, &legs()).calls[0])["retriever"]["linear"];
    assert_eq!(linear["retrievers"][0]["normalizer"], "none");
    assert_eq!(linear["retrievers"][1]["retriever"]["knn"]["num_candidates"], 300);
}

/// Trap: k as it is here. Qdrant counts from 0, so the paper's 60 is its 61.
#[test]
fn qdrant_counts_from_0() {
    let query =
        |settings: &Settings| json(&Engine::Qdrant.snippet(settings, &legs()).calls[0])["query"].clone();
    assert_eq!(query(&settings(FusionMethod::Rrf, 0.5)), serde_json::json!({"rrf": {"k": 61}}));
    let own = Settings { rrf_k: Some(3.0), ..settings(FusionMethod::QdrantRrf, 0.25) };
    assert_eq!(query(&own), serde_json::json!({"rrf": {"k": 3, "weights": [1.5, 0.5]}}));
    assert_eq!(query(&settings(FusionMethod::QdrantDbsf, 0.5)), serde_json::json!({"fusion": "dbsf"}));
    let prefetch = &json(&Engine::Qdrant.snippet(&own, &legs()).calls[0])["prefetch"];
    assert_eq!((&prefetch[1]["limit"], &prefetch[1]["params"]["exact"]), (&60.into(), &true.into()));
}

#[test]
fn milvus_gets_its_rankers() {
    let rerank = |fusion, alpha| {
        json(&Engine::Milvus.snippet(&settings(fusion, alpha), &legs()).calls[0])["rerank"].clone()
    };
    assert_eq!(
        rerank(FusionMethod::MilvusWeighted, 0.2),
        serde_json::json!({"strategy": "weighted", "params": {"weights": [1.0, 0.25], "norm_score": true}})
    );
    assert_eq!(rerank(FusionMethod::Rrf, 0.5), serde_json::json!({"strategy": "rrf", "params": {"k": 60.0}}));
}

/// Trap: a part of a hybrid search calls its parameters otherwise than a search by itself; under the other's
/// name they are dropped without a word.
#[test]
fn milvus_is_told_ef_where_it_looks_for_it() {
    let here = Settings { ann: Some(Ann { ef: 300 }), ..settings(FusionMethod::Rrf, 0.5) };
    let hybrid = json(&Engine::Milvus.snippet(&here, &legs()).calls[0]);
    assert_eq!(hybrid["search"][1]["params"], serde_json::json!({"ef": 300}));
    let alone = json(&Engine::Milvus.snippet(&Settings { alpha: 1.0, ..here }, &legs()).calls[0]);
    assert_eq!(alone["searchParams"], serde_json::json!({"params": {"ef": 300}}));
    assert!(alone.get("params").is_none(), "{alone}");
}

/// Trap: a request that the engine refuses, because it asks for more than there can be.
#[test]
fn what_is_deeper_than_an_engine_goes_is_cut_and_said() {
    let here = Settings { depth: 50_000, ..settings(FusionMethod::Rrf, 0.5) };
    for (engine, place, most) in [
        (Engine::OpenSearch, "/query/hybrid/pagination_depth", 10_000),
        (Engine::OpenSearch, "/query/hybrid/queries/1/knn/embedding/k", 10_000),
        (Engine::Elasticsearch, "/retriever/rrf/rank_window_size", 10_000),
        (Engine::Elasticsearch, "/retriever/rrf/retrievers/1/knn/k", 10_000),
        (Engine::Milvus, "/search/0/limit", 16_384),
        (Engine::Qdrant, "/prefetch/0/limit", 50_000),
    ] {
        let snippet = engine.snippet(&here, &legs());
        let body = json(snippet.calls.last().unwrap());
        assert_eq!(body.pointer(place), Some(&most.into()), "{engine:?} {place} in {body}");
        assert_eq!(snippet.text().contains("W is 50000 here"), most < 50_000, "{}", snippet.text());
    }
    let six: Vec<LegName> = ["a", "b", "c", "d", "e", "f"]
        .map(|name| LegName { name: name.into(), scale: LegScale::Unknown })
        .into();
    let snippet = Engine::OpenSearch.snippet(&settings(FusionMethod::Rrf, 0.5), &six);
    assert!(
        snippet.unlike.as_ref().is_some_and(|why| why.contains("5 queries at most")),
        "{:?}",
        snippet.unlike
    );
}

#[test]
fn weaviate_gets_graphql() {
    let here = Settings { candidates: 33, ..settings(FusionMethod::WeaviateRelative, 0.75) };
    let body = &Engine::Weaviate.snippet(&here, &legs()).calls[0].body;
    let document = graphql_parser::parse_query::<&str>(body).unwrap_or_else(|e| panic!("{e} in {body}"));
    let written = document.to_string();
    for part in ["alpha: 0.75", "fusionType: relativeScoreFusion", "limit: 33"] {
        assert!(written.contains(part), "{part} is not in {written}");
    }
}

#[test]
fn pgvector_gets_sql() {
    use sqlparser::{dialect::PostgreSqlDialect, parser::Parser};
    for method in FusionMethod::ALL {
        for alpha in [0.0, 0.25, 1.0] {
            let snippet = Engine::Pgvector.snippet(&settings(method, alpha), &legs());
            let statements = Parser::parse_sql(&PostgreSqlDialect {}, &snippet.text())
                .unwrap_or_else(|e| panic!("{e} in {}", snippet.text()));
            assert_eq!(statements.len(), 1);
            assert!(statements[0].to_string().contains("LIMIT 20"), "{}", statements[0]);
        }
    }
    let body = &Engine::Pgvector.snippet(&settings(FusionMethod::Rrf, 0.25), &legs()).calls[0].body;
    assert!(body.contains("1.5 / (60 + rank)") && body.contains("0.5 / (60 + rank)"), "{body}");
}

/// Trap: a leg of weight 0 fused all the same, which lets its passages in.
#[test]
fn a_silenced_leg_leaves_a_plain_search() {
    let here = settings(FusionMethod::Rrf, 0.0);
    for engine in Engine::ALL {
        let snippet = engine.snippet(&here, &legs());
        assert_eq!(snippet.unlike, None);
        let text = snippet.text();
        for fused in ["rrf", "hybrid", "prefetch", "UNION"] {
            assert!(!text.contains(fused), "{engine:?}: {fused} in {text}");
        }
    }
}

#[test]
fn what_is_not_in_it_is_said() {
    let mut legs = legs();
    legs.push(LegName { name: "splade\n--".into(), scale: LegScale::Unknown });
    let here = Settings {
        reranker: SecondStage::late_interaction(),
        bm25: crate::domain::Bm25 { k1: 0.9, b: 0.4, title_boost: 2.0 },
        ..settings(FusionMethod::Rrf, 0.5)
    };
    for engine in Engine::ALL {
        let snippet = engine.snippet(&here, &legs);
        let text = snippet.text();
        assert!(text.contains("late-interaction") && text.contains("splade"), "{text}");
        let comments = text.lines().take_while(|line| !line.is_empty());
        assert!(comments.into_iter().all(|line| line.starts_with(['#', '-'])), "{text}");
        let says_bm25 = text.contains("0.9") || engine == Engine::Pgvector;
        assert!(says_bm25, "{text}");
        assert_eq!(snippet.unlike.is_some(), engine == Engine::Weaviate, "{engine:?}: {:?}", snippet.unlike);
    }
}

/// Trap: thirds, each rounded by itself; OpenSearch refuses weights that do not sum to 1.
#[test]
fn shares_sum_to_1_as_written() {
    let mut legs = legs();
    legs.push(LegName { name: "splade".into(), scale: LegScale::Unknown });
    let here = Settings { weights: vec![Some(1.0); 3], ..settings(FusionMethod::OpenSearchL2, 0.5) };
    let pipeline = json(&Engine::OpenSearch.snippet(&here, &legs).calls[0]);
    let processor = &pipeline["phase_results_processors"][0]["normalization-processor"];
    let weights = processor["combination"]["parameters"]["weights"].as_array().cloned().unwrap_or_default();
    let sum: f64 = weights.iter().filter_map(Value::as_f64).sum();
    assert!(weights.len() == 3 && (sum - 1.0).abs() < 1e-12, "{weights:?} sum to {sum}");
}
