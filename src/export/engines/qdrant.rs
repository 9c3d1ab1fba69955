//! Qdrant: prefetches, fused by `rrf` or `dbsf`.

use serde_json::{Value, json};

use super::form::Form;
use super::{Call, Hybrid, Snippet, Voice, nearest, pretty, rounded, vector, whole};
use crate::domain::{FusionMethod, LegScale};

pub fn snippet(hybrid: &Hybrid<'_>) -> Snippet {
    let mut snippet = Snippet::default();
    let mut body = json!({"limit": hybrid.n(), "with_payload": true});
    if hybrid.form == Form::Alone {
        snippet.emulated = Some(hybrid.as_it_is());
        if let (Some(voice), Some(fields)) = (hybrid.voices.first(), body.as_object_mut()) {
            let mut leg = prefetch(voice, hybrid);
            leg["limit"] = json!(hybrid.n());
            fields.extend(leg.as_object().cloned().unwrap_or_default());
        }
    } else {
        let legs: Vec<Value> = hybrid.voices.iter().map(|voice| prefetch(voice, hybrid)).collect();
        body["prefetch"] = json!(legs);
        body["query"] = fusion(hybrid, &mut snippet);
    }
    snippet
        .calls
        .push(Call { line: "POST /collections/passages/points/query".to_owned(), body: pretty(&body) });
    if hybrid.voices.iter().any(|voice| voice.scale == LegScale::Bm25) {
        let bm25 = hybrid.settings.bm25;
        snippet.notes.push(format!(
            "qdrant/bm25 makes sparse vectors with k1 {} and b {} if they are made so; the collection's sparse \
             vector needs the modifier idf",
            bm25.k1, bm25.b
        ));
        if (bm25.title_boost - 1.0).abs() > 1e-9 {
            snippet.notes.push(format!("the title's weight {} cannot be said", bm25.title_boost));
        }
    }
    snippet
}

fn fusion(hybrid: &Hybrid<'_>, snippet: &mut Snippet) -> Value {
    if hybrid.settings.fusion == FusionMethod::QdrantDbsf {
        snippet.emulated = Some(hybrid.as_it_is());
        return json!({"fusion": "dbsf"});
    }
    // Its positions start at 0: 1 / (k + position) is 1 / (k − 1 + rank).
    let (k, weights) = match hybrid.form {
        Form::Ranks { k } => (k + 1.0, None),
        Form::StretchedRanks { k } => (k, Some(hybrid.weights())),
        _ => (61.0, None),
    };
    let (constant, same) = whole(k);
    let mean = hybrid.voices.iter().map(|voice| voice.weight).sum::<f64>() / hybrid.voices.len() as f64;
    let stretched = weights.clone().unwrap_or_else(|| match hybrid.equal_weights() {
        true => vec![1.0; hybrid.voices.len()],
        false => hybrid.voices.iter().map(|voice| rounded(voice.weight / mean)).collect(),
    });
    let equal = weights.is_none() && hybrid.equal_weights();
    snippet.emulated = Some(hybrid.emulation(FusionMethod::QdrantRrf, &stretched, Some(constant as f64)));
    snippet.unlike = match hybrid.form {
        Form::Ranks { .. } if !equal => Some(
            "in Qdrant a weight stretches the ranks, 1 / (rank / w + k − 1), where here it multiplies the sum; \
             the nearest is its rrf with the same weights (--fusion qdrant-rrf)"
                .to_owned(),
        ),
        Form::Ranks { .. } | Form::StretchedRanks { .. } if same => None,
        Form::Ranks { .. } | Form::StretchedRanks { .. } => {
            Some(format!("k is a whole number from 1 on; here it would be {k}"))
        }
        _ => Some(nearest(hybrid, "Qdrant", "rrf with the same weights")),
    };
    snippet.notes.push("k is there from version 1.16 on, weights from 1.17 on; without k it is 2".to_owned());
    let mut rrf = json!({"k": constant});
    if !equal {
        rrf["weights"] = json!(stretched);
    }
    json!({"rrf": rrf})
}

fn prefetch(voice: &Voice<'_>, hybrid: &Hybrid<'_>) -> Value {
    let limit = hybrid.window();
    match voice.scale {
        LegScale::Bm25 => json!({
            "query": {"text": "…", "model": "qdrant/bm25"}, "using": "bm25", "limit": limit,
        }),
        LegScale::Cosine => {
            let params = match hybrid.settings.ann {
                Some(ann) => json!({"hnsw_ef": ann.ef}),
                None => json!({"exact": true}),
            };
            json!({"query": vector(), "using": "dense", "limit": limit, "params": params})
        }
        LegScale::Unknown => {
            json!({"query": format!("… the query of {}", voice.name), "using": voice.name, "limit": limit})
        }
    }
}
