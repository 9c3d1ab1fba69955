//! Presets that the program comes with: first stages alone, and the fusion of well-known engines as these
//! have it by default.

use super::Patch;
use super::user::Preset;
use crate::domain::FusionMethod;

/// In the order in which they are offered.
pub fn built_in() -> Vec<Preset> {
    let first = |name: &str| Patch { first: Some(name.to_owned()), ..Patch::default() };
    let engine = |fusion: FusionMethod, patch: Patch| Patch {
        fusion: Some(fusion),
        first: Some("hybrid".to_owned()),
        alpha: Some(0.5),
        ..patch
    };
    [
        ("as installed", "every knob where the program comes with it", Patch::default()),
        ("bm25 only", "the lexical leg alone", first("bm25")),
        ("dense only", "the dense leg alone", first("dense")),
        (
            "Elasticsearch RRF",
            "rank_constant 60",
            engine(FusionMethod::Rrf, Patch { rrf_k: Some(60.0), ..Patch::default() }),
        ),
        (
            "OpenSearch hybrid",
            "min_max normalisation, arithmetic mean",
            engine(FusionMethod::OpenSearchMinMax, Patch::default()),
        ),
        (
            "Weaviate relative score",
            "relativeScoreFusion with alpha .75, its default",
            Patch { alpha: Some(0.75), ..engine(FusionMethod::WeaviateRelative, Patch::default()) },
        ),
        (
            "Qdrant RRF",
            "k 2, as its server has it",
            engine(FusionMethod::QdrantRrf, Patch { rrf_k: Some(2.0), ..Patch::default() }),
        ),
        (
            "no second stage",
            "what the first stage delivers by itself",
            Patch { rerank: Some(crate::domain::SecondStage::none()), ..Patch::default() },
        ),
    ]
    .map(|(name, words, patch)| Preset {
        name: name.to_owned(),
        words: words.to_owned(),
        whole: patch == Patch::default(),
        patch,
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FirstStage, LegId, Settings};

    #[test]
    fn presets_do_what_their_names_say() {
        let legs = ["bm25".to_owned(), "dense".to_owned()];
        let turned = Settings { alpha: 0.1, candidates: 7, rrf_k: Some(9.0), ..Settings::default() };
        let with = |name: &str| {
            let preset = built_in().into_iter().find(|preset| preset.name == name).unwrap();
            preset.applied(&turned, &legs)
        };
        assert_eq!(with("as installed").unwrap(), Settings::default());
        let dense = with("dense only").unwrap();
        assert_eq!((dense.first, dense.candidates), (FirstStage::Only(LegId(1)), 7));
        let weaviate = with("Weaviate relative score").unwrap();
        assert_eq!((weaviate.fusion, weaviate.alpha), (FusionMethod::WeaviateRelative, 0.75));
        assert_eq!(with("Elasticsearch RRF").unwrap().rrf_k(), 60.0);
        let splade = ["splade".to_owned()];
        let bm25 = built_in().into_iter().find(|preset| preset.name == "bm25 only").unwrap();
        assert!(bm25.applied(&turned, &splade).unwrap_err().contains("there are hybrid, splade"));
    }
}
