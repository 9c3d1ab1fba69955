//! Elasticsearch: retrievers, fused by `rrf` or `linear`.

use serde_json::{Value, json};

use super::form::Form;
use super::{Call, Hybrid, Snippet, Voice, nearest, pretty, vector, whole};
use crate::domain::{FusionMethod, LegScale};

/// How deep a retriever goes, unless the index allows more; and the most of num_candidates.
const MOST: usize = 10_000;

pub fn snippet(hybrid: &Hybrid<'_>) -> Snippet {
    let mut snippet = Snippet::default();
    let retriever = retriever(hybrid, &mut snippet);
    let body = json!({"size": hybrid.n(), "retriever": retriever});
    snippet.calls.push(Call { line: "POST /passages/_search".to_owned(), body: pretty(&body) });
    if hybrid.voices.iter().any(|voice| voice.scale == LegScale::Cosine) && hybrid.settings.ann.is_none() {
        snippet.notes.push(
            "the knn retriever is approximate and here the dense leg is exact: raise num_candidates until no \
             gold is lost, or try --ann here"
                .to_owned(),
        );
    }
    hybrid.window_note(MOST, "index.max_result_window unless it is raised", &mut snippet);
    bm25_notes(hybrid, &mut snippet);
    snippet
}

fn retriever(hybrid: &Hybrid<'_>, snippet: &mut Snippet) -> Value {
    let mut linear = |fusion: FusionMethod, normalizer: &str| {
        let weights = hybrid.weights();
        snippet.emulated = Some(hybrid.emulation(fusion, &weights, None));
        snippet.notes.push(match normalizer {
            "l2_norm" => "l2_norm is there from version 9.1 on".to_owned(),
            _ => "the linear retriever is there from version 8.18 and 9.0 on".to_owned(),
        });
        let inner: Vec<Value> = (hybrid.voices.iter().zip(weights))
            .map(|(voice, weight)| {
                json!({"retriever": leg(voice, hybrid), "weight": weight, "normalizer": normalizer})
            })
            .collect();
        json!({"linear": {"rank_window_size": hybrid.window().min(MOST), "retrievers": inner}})
    };
    match (hybrid.form, hybrid.settings.fusion) {
        (Form::Alone, _) => {
            snippet.emulated = Some(hybrid.as_it_is());
            hybrid.voices.first().map_or_else(
                || json!({"standard": {"query": {"match_none": {}}}}),
                |voice| leg(voice, hybrid),
            )
        }
        (Form::MinMax, _) => linear(FusionMethod::ElasticLinearMinMax, "minmax"),
        (Form::L2, _) => linear(FusionMethod::ElasticLinearL2, "l2_norm"),
        (_, FusionMethod::ElasticLinear) => linear(FusionMethod::ElasticLinear, "none"),
        _ => ranks(hybrid, snippet),
    }
}

/// Reciprocal ranks; also in the place of what Elasticsearch does not have.
fn ranks(hybrid: &Hybrid<'_>, snippet: &mut Snippet) -> Value {
    let k = match hybrid.form {
        Form::Ranks { k } => k,
        _ => 60.0,
    };
    let (constant, same) = whole(k);
    let weights = hybrid.weights();
    snippet.emulated = Some(hybrid.emulation(FusionMethod::Rrf, &weights, Some(constant as f64)));
    if !matches!(hybrid.form, Form::Ranks { .. }) {
        snippet.unlike = Some(nearest(hybrid, "Elasticsearch", "rrf with the same weights"));
    } else if !same {
        snippet.unlike = Some(format!("rank_constant is a whole number from 1 on; here k is {k}"));
    }
    let plain = hybrid.equal_weights();
    if !plain {
        snippet.notes.push("rrf takes weights from version 9.2 on".to_owned());
    }
    let inner: Vec<Value> = (hybrid.voices.iter().zip(weights))
        .map(|(voice, weight)| match plain {
            true => leg(voice, hybrid),
            false => json!({"retriever": leg(voice, hybrid), "weight": weight}),
        })
        .collect();
    let window = hybrid.window().min(MOST);
    json!({"rrf": {"rank_constant": constant, "rank_window_size": window, "retrievers": inner}})
}

fn leg(voice: &Voice<'_>, hybrid: &Hybrid<'_>) -> Value {
    let window = hybrid.window().min(MOST);
    match voice.scale {
        LegScale::Bm25 => json!({"standard": {"query": lexical(hybrid)}}),
        LegScale::Cosine => {
            let breadth = hybrid.settings.ann.map_or(window, |ann| ann.ef.max(window)).min(MOST);
            json!({"knn": {
                "field": "embedding", "query_vector": vector(), "k": window, "num_candidates": breadth,
            }})
        }
        LegScale::Unknown => json!({"standard": {"query": stand_in(voice)}}),
    }
}

/// BM25 over title and text. A weight of the title is BM25F, as Lucene's combined fields are.
pub(super) fn lexical(hybrid: &Hybrid<'_>) -> Value {
    let boost = hybrid.settings.bm25.title_boost;
    match (boost - 1.0).abs() < 1e-9 {
        true => json!({"match": {"content": {"query": "…"}}}),
        false => json!({"combined_fields": {"query": "…", "fields": [format!("title^{boost}"), "text"]}}),
    }
}

/// The query of a leg that came from a run file: nobody here knows it.
pub(super) fn stand_in(voice: &Voice<'_>) -> Value {
    json!({"query_string": {"query": format!("… the query of {}", voice.name)}})
}

/// What Lucene's BM25 wants to be told, for both engines.
pub(super) fn bm25_notes(hybrid: &Hybrid<'_>, snippet: &mut Snippet) {
    if !hybrid.voices.iter().any(|voice| voice.scale == LegScale::Bm25) {
        return;
    }
    let bm25 = hybrid.settings.bm25;
    if (bm25.title_boost - 1.0).abs() < 1e-9 {
        snippet.notes.push("content is title and text in one field, as it is indexed here".to_owned());
    }
    if (bm25.k1 - 1.2).abs() > 1e-9 || (bm25.b - 0.75).abs() > 1e-9 {
        let similarity = json!({"default": {"type": "BM25", "k1": bm25.k1, "b": bm25.b}});
        let body = json!({"settings": {"index": {"similarity": similarity}}});
        snippet.calls.insert(0, Call { line: "PUT /passages".to_owned(), body: pretty(&body) });
        snippet.notes.push("k1 and b are the index's: set them when it is made".to_owned());
    }
}
