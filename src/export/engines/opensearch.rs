//! `OpenSearch`: a search pipeline that fuses, and a hybrid query that goes through it.

use serde_json::{Value, json};

use super::form::Form;
use super::{Call, Hybrid, Snippet, Voice, nearest, pretty, vector, whole};
use crate::domain::{FusionMethod, LegScale};

/// How deep a query goes, unless the index allows more.
const MOST: usize = 10_000;
/// Queries in one hybrid query.
const MOST_QUERIES: usize = 5;

pub fn snippet(hybrid: &Hybrid<'_>) -> Snippet {
    let mut snippet = Snippet::default();
    let queries: Vec<Value> = hybrid.voices.iter().map(|voice| query(voice, hybrid)).collect();
    if hybrid.form == Form::Alone {
        let query = queries.into_iter().next().unwrap_or_else(|| json!({"match_none": {}}));
        snippet.calls.push(search("POST /passages/_search", &json!({"size": hybrid.n(), "query": query})));
        snippet.emulated = Some(hybrid.as_it_is());
    } else {
        let processor = processor(hybrid, &mut snippet);
        let pipeline = json!({"phase_results_processors": [processor]});
        snippet.calls.push(search("PUT /_search/pipeline/rankscope", &pipeline));
        let body = json!({
            "size": hybrid.n(),
            "query": {"hybrid": {"pagination_depth": hybrid.window().min(MOST), "queries": queries}},
        });
        snippet.calls.push(search("POST /passages/_search?search_pipeline=rankscope", &body));
        snippet.notes.push(
            "pagination_depth, there from version 2.19 on, counts for each shard: one shard, or the window is another"
                .to_owned(),
        );
        if hybrid.voices.len() > MOST_QUERIES {
            snippet.unlike = Some(format!(
                "a hybrid query takes {MOST_QUERIES} queries at most, and here are {} legs",
                hybrid.voices.len()
            ));
        }
    }
    hybrid.window_note(MOST, "index.max_result_window unless it is raised", &mut snippet);
    if hybrid.voices.iter().any(|voice| voice.scale == LegScale::Cosine) && hybrid.settings.ann.is_none() {
        snippet.notes.push(
            "the knn query is approximate on large segments, and here the dense leg is exact: raise ef_search until \
             no gold is lost, or try --ann here"
                .to_owned(),
        );
    }
    super::elasticsearch::bm25_notes(hybrid, &mut snippet);
    snippet
}

fn search(line: &str, body: &Value) -> Call {
    Call { line: line.to_owned(), body: pretty(body) }
}

/// The processor that fuses; what it cannot say goes into the snippet.
fn processor(hybrid: &Hybrid<'_>, snippet: &mut Snippet) -> Value {
    let shares = hybrid.shares();
    let own = |fusion: FusionMethod| Some(hybrid.emulation(fusion, &shares, None));
    let (normalization, combination) = match (hybrid.form, hybrid.settings.fusion) {
        (Form::MinMax, _) => {
            snippet.emulated = own(FusionMethod::OpenSearchMinMax);
            if hybrid.settings.fusion != FusionMethod::OpenSearchMinMax {
                snippet.notes.push("the last hit of a leg counts .001 there, not 0".to_owned());
            }
            (json!({"technique": "min_max"}), "arithmetic_mean")
        }
        (Form::L2, _) => {
            snippet.emulated = own(FusionMethod::OpenSearchL2);
            (json!({"technique": "l2"}), "arithmetic_mean")
        }
        (Form::FromLeast, _) if hybrid.voices.iter().all(|voice| voice.scale != LegScale::Unknown) => {
            // Lucene's cosine is (1 + s) / 2, so that its least is 0, as BM25's is.
            let least = |_: &Voice<'_>| json!({"mode": "apply", "min_score": 0.0});
            let bounds: Vec<Value> = hybrid.voices.iter().map(least).collect();
            snippet.emulated = Some(hybrid.as_it_is());
            snippet.notes.push("lower_bounds are there from version 3.0 on".to_owned());
            (json!({"technique": "min_max", "parameters": {"lower_bounds": bounds}}), "arithmetic_mean")
        }
        (_, fusion) if fusion.name().starts_with("opensearch") => {
            snippet.emulated = Some(hybrid.as_it_is());
            let technique = match fusion {
                FusionMethod::OpenSearchZScore => "z_score",
                FusionMethod::OpenSearchL2Geometric | FusionMethod::OpenSearchL2Harmonic => "l2",
                _ => "min_max",
            };
            let mean = match fusion {
                FusionMethod::OpenSearchL2Geometric | FusionMethod::OpenSearchMinMaxGeometric => {
                    "geometric_mean"
                }
                FusionMethod::OpenSearchL2Harmonic | FusionMethod::OpenSearchMinMaxHarmonic => {
                    "harmonic_mean"
                }
                _ => "arithmetic_mean",
            };
            if technique == "z_score" {
                snippet.notes.push("z_score is there from version 3.0 on".to_owned());
            }
            (json!({"technique": technique}), mean)
        }
        _ => return ranker(hybrid, snippet),
    };
    let combination = json!({"technique": combination, "parameters": {"weights": shares}});
    json!({"normalization-processor": {"normalization": normalization, "combination": combination}})
}

/// Reciprocal ranks; also in the place of what `OpenSearch` does not have.
fn ranker(hybrid: &Hybrid<'_>, snippet: &mut Snippet) -> Value {
    let k = match hybrid.form {
        Form::Ranks { k } => k,
        _ => 60.0,
    };
    let (constant, same) = whole(k);
    snippet.emulated = Some(hybrid.emulation(FusionMethod::Rrf, &hybrid.shares(), Some(constant as f64)));
    if !matches!(hybrid.form, Form::Ranks { .. }) {
        snippet.unlike = Some(nearest(hybrid, "OpenSearch", "rrf with the same weights"));
    } else if !same {
        snippet.unlike = Some(format!("rank_constant is a whole number from 1 on; here k is {k}"));
    }
    snippet.notes.push(
        "score-ranker-processor is there from version 2.19 on, its weights from a later one".to_owned(),
    );
    let mut combination = json!({"technique": "rrf", "rank_constant": constant});
    if !hybrid.equal_weights() {
        combination["parameters"] = json!({"weights": hybrid.shares()});
    }
    json!({"score-ranker-processor": {"combination": combination}})
}

fn query(voice: &Voice<'_>, hybrid: &Hybrid<'_>) -> Value {
    match voice.scale {
        LegScale::Bm25 => super::elasticsearch::lexical(hybrid),
        LegScale::Cosine => {
            let mut knn = json!({"vector": vector(), "k": hybrid.window().min(MOST)});
            if let Some(ann) = hybrid.settings.ann {
                knn["method_parameters"] = json!({"ef_search": ann.ef});
            }
            json!({"knn": {"embedding": knn}})
        }
        LegScale::Unknown => super::elasticsearch::stand_in(voice),
    }
}
