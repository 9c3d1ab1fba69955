//! Milvus: several searches, fused by its `rrf` or `weighted` ranker.

use serde_json::{Value, json};

use super::form::Form;
use super::{Call, Hybrid, Snippet, Voice, nearest, pretty, rounded, vector};
use crate::domain::{FusionMethod, LegScale};

/// The most hits of one search, and what k stays below.
const MOST: usize = 16_384;

pub fn snippet(hybrid: &Hybrid<'_>) -> Snippet {
    let mut snippet = Snippet::default();
    let mut searches: Vec<Value> = hybrid.voices.iter().map(|voice| search(voice, hybrid)).collect();
    let fields = json!(["id", "title", "text"]);
    let call = match (hybrid.form, searches.pop()) {
        (Form::Alone, Some(mut only)) => {
            snippet.emulated = Some(hybrid.as_it_is());
            only["collectionName"] = json!("passages");
            only["limit"] = json!(hybrid.n());
            // What a part of a hybrid search calls params is here one level down.
            if let Some(params) = only.as_object_mut().and_then(|fields| fields.remove("params")) {
                only["searchParams"] = json!({"params": params});
            }
            only["outputFields"] = fields;
            ("search", only)
        }
        (_, last) => {
            searches.extend(last);
            let rerank = rerank(hybrid, &mut snippet);
            let body = json!({
                "collectionName": "passages", "search": searches, "rerank": rerank, "limit": hybrid.n(),
                "outputFields": fields,
            });
            ("hybrid_search", body)
        }
    };
    let line = format!("POST /v2/vectordb/entities/{}", call.0);
    snippet.calls.push(Call { line, body: pretty(&call.1) });
    if hybrid.voices.iter().any(|voice| voice.scale == LegScale::Bm25) {
        let bm25 = hybrid.settings.bm25;
        snippet.notes.push(format!(
            "BM25 is a function of the collection, and its index has bm25_k1 {} and bm25_b {}",
            bm25.k1, bm25.b
        ));
        if (bm25.title_boost - 1.0).abs() > 1e-9 {
            snippet.notes.push(format!("the title's weight {} cannot be said", bm25.title_boost));
        }
    }
    hybrid.window_note(MOST, "hits that one search may have", &mut snippet);
    snippet.notes.push(
        "how hits are compared is a matter of the indexes: COSINE of embedding, BM25 of sparse".to_owned(),
    );
    if hybrid.voices.iter().any(|voice| voice.scale == LegScale::Cosine) && hybrid.settings.ann.is_none() {
        snippet.notes.push("for an exact dense leg, as here, its index is FLAT".to_owned());
    }
    snippet
}

fn rerank(hybrid: &Hybrid<'_>, snippet: &mut Snippet) -> Value {
    let greatest = hybrid.voices.iter().map(|voice| voice.weight).fold(f64::MIN_POSITIVE, f64::max);
    // Its weights are within 0 and 1; the ratio is what counts.
    let weights: Vec<f64> = hybrid.voices.iter().map(|voice| rounded(voice.weight / greatest)).collect();
    let fusion = hybrid.settings.fusion;
    if matches!(fusion, FusionMethod::MilvusWeighted | FusionMethod::MilvusWeightedRaw) {
        let normalised = fusion == FusionMethod::MilvusWeighted;
        snippet.emulated = Some(hybrid.emulation(fusion, &weights, None));
        return json!({"strategy": "weighted", "params": {"weights": weights, "norm_score": normalised}});
    }
    let k = match hybrid.form {
        Form::Ranks { k } => k,
        _ => 60.0,
    };
    snippet.emulated = Some(hybrid.emulation(FusionMethod::Rrf, &weights, Some(k)));
    if !matches!(hybrid.form, Form::Ranks { .. }) {
        snippet.unlike = Some(nearest(hybrid, "Milvus", "rrf with the same weights"));
    } else if k <= 0.0 || k >= MOST as f64 {
        snippet.unlike = Some(format!("k is above 0 and below {MOST}; here it is {k}"));
    }
    let mut params = json!({"k": k});
    if !hybrid.equal_weights() {
        params["weights"] = json!(weights);
        snippet.notes.push(
            "rrf takes weights from version 3.0 on; before, leave them out and it is another order"
                .to_owned(),
        );
    }
    json!({"strategy": "rrf", "params": params})
}

fn search(voice: &Voice<'_>, hybrid: &Hybrid<'_>) -> Value {
    let limit = hybrid.window().min(MOST);
    match voice.scale {
        LegScale::Bm25 => json!({"data": ["…"], "annsField": "sparse", "limit": limit}),
        LegScale::Cosine => {
            let mut search = json!({"data": [vector()], "annsField": "embedding", "limit": limit});
            if let Some(ann) = hybrid.settings.ann {
                search["params"] = json!({"ef": ann.ef.max(limit)});
            }
            search
        }
        LegScale::Unknown => {
            json!({"data": [format!("… the query of {}", voice.name)], "annsField": voice.name, "limit": limit})
        }
    }
}
