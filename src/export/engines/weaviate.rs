//! Weaviate: one hybrid search of BM25 and a vector, in GraphQL.

use super::form::Form;
use super::{Call, Hybrid, Snippet, nearest, rounded};
use crate::domain::{FusionMethod, LegScale};

/// The constant of its ranked fusion, which counts positions from 0 and cannot be set.
const K: f64 = 60.0;

pub fn snippet(hybrid: &Hybrid<'_>) -> Snippet {
    let mut snippet = Snippet::default();
    let of = |scale: LegScale| hybrid.voices.iter().find(|voice| voice.scale == scale);
    let (lexical, dense) = (of(LegScale::Bm25), of(LegScale::Cosine));
    if hybrid.voices.len() > usize::from(lexical.is_some()) + usize::from(dense.is_some()) {
        snippet.unlike = Some(
            "a hybrid search of Weaviate has BM25 and one vector; other legs, or those of run files, cannot be said"
                .to_owned(),
        );
    }
    let properties = match hybrid.settings.bm25.title_boost {
        boost if (boost - 1.0).abs() > 1e-9 => format!("[\"title^{boost}\", \"text\"]"),
        _ => "[\"title\", \"text\"]".to_owned(),
    };
    let search = match (lexical, dense) {
        (Some(_), None) => {
            format!("bm25: {{\n        query: \"…\"\n        properties: {properties}\n      }}")
        }
        (None, _) => "nearVector: {\n        vector: [\"…\"]\n      }".to_owned(),
        (Some(lexical), Some(dense)) => {
            let alpha = rounded(dense.weight / (lexical.weight + dense.weight));
            let fusion = fusion(hybrid, alpha, &mut snippet);
            format!(
                "hybrid: {{\n        query: \"…\"\n        vector: [\"…\"]\n        alpha: {alpha}\n        \
                 fusionType: {fusion}\n        properties: {properties}\n      }}"
            )
        }
    };
    if hybrid.form == Form::Alone && snippet.unlike.is_none() {
        snippet.emulated = Some(hybrid.as_it_is());
    }
    let body = format!(
        "{{\n  Get {{\n    Passage(\n      {search}\n      limit: {}\n    ) {{\n      title\n      text\n      \
         _additional {{ id score }}\n    }}\n  }}\n}}",
        hybrid.n()
    );
    snippet.calls.push(Call { line: "POST /v1/graphql".to_owned(), body });
    notes(hybrid, &mut snippet);
    snippet
}

fn fusion(hybrid: &Hybrid<'_>, alpha: f64, snippet: &mut Snippet) -> &'static str {
    let shares = hybrid.shares();
    let (fusion, name, k) = match hybrid.form {
        Form::MinMax => (FusionMethod::WeaviateRelative, "relativeScoreFusion", None),
        _ => (FusionMethod::WeaviateRanked, "rankedFusion", Some(K)),
    };
    if snippet.unlike.is_none() {
        snippet.unlike = match hybrid.form {
            Form::MinMax => None,
            Form::Ranks { k } if (k - (K - 1.0)).abs() < 1e-9 => None,
            Form::Ranks { k } => Some(format!(
                "Weaviate's constant is fixed: 60 from position 0, which is k = 59 here, where k is {k}"
            )),
            _ => Some(nearest(hybrid, "Weaviate", &format!("its ranked fusion with alpha {alpha}"))),
        };
        snippet.emulated = Some(hybrid.emulation(fusion, &shares, k));
    }
    name
}

fn notes(hybrid: &Hybrid<'_>, snippet: &mut Snippet) {
    let bm25 = hybrid.settings.bm25;
    snippet.notes.push(format!(
        "how deep each side is fetched cannot be said in the query: set QUERY_HYBRID_MAXIMUM_RESULTS (100 by itself) \
         to {}",
        hybrid.window()
    ));
    if hybrid.voices.iter().any(|voice| voice.scale == LegScale::Bm25) {
        snippet.notes.push(format!(
            "BM25's k1 {} and b {} belong to the collection: invertedIndexConfig.bm25",
            bm25.k1, bm25.b
        ));
        snippet.notes.push(
            "title and text are fields of their own, scored as BM25F; here they are one text".to_owned(),
        );
    }
    if hybrid.settings.ann.is_none() {
        snippet.notes.push(
            "the vector index is approximate unless it is flat; here the dense leg is exact".to_owned(),
        );
    }
}
