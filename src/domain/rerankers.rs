//! Every reranker that has a name: what it is, where it comes from, what it takes and costs.
//!
//! Plain data, read by the command line, the screen's picker, `models` and the second stage. Facts are
//! those of the models' own cards and the services' own pages. It opens nothing.

/// What a reranker is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RerankerKind {
    /// MaxSim over the token vectors of query and passage (ColBERT).
    LateInteraction,
    /// Query and passage read together by a model on this machine.
    CrossEncoder,
    /// A service over HTTP.
    Service,
}

impl RerankerKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::LateInteraction => "late interaction",
            Self::CrossEncoder => "cross-encoder",
            Self::Service => "service",
        }
    }
}

/// Where a model's files come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In this repository.
    Bundled,
    /// A repository of the Hugging Face hub.
    Hub {
        /// Owner and name of the repository that has the ONNX file.
        repository: &'static str,
        /// The graph in it; external weights lie beside it.
        graph: &'static str,
        /// Names of further files without which the graph does not load.
        weights: &'static [&'static str],
    },
    /// What the fastembed crate fetches by itself, or is given: a name or a folder follows behind `:`.
    Fastembed,
    /// At the other end of a connection.
    Remote,
}

/// One named reranker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RerankerCard {
    /// As `--rerank` takes it; a service's name is followed by `:` and a model or a URL, fastembed's by a
    /// model or a folder.
    pub name: &'static str,
    pub kind: RerankerKind,
    /// Whose model it is: the Hugging Face id of the weights, or the service.
    pub of: &'static str,
    pub origin: Origin,
    /// Parameters, such as `568M`; empty where the maker does not say.
    pub parameters: &'static str,
    /// Longest input in tokens; `None` where the maker does not say.
    pub context: Option<u32>,
    pub languages: &'static str,
    pub licence: &'static str,
    /// What a score is.
    pub scores: &'static str,
    pub price: &'static str,
}

const ON_THIS_MACHINE: &str = "none: runs here";
const RAW: &str = "raw logit; its sigmoid is 0 to 1";
const MAX_SIM: &str = "mean of the best dot products, -1 to 1";
const RELEVANCE: &str = "0 to 1, as the service gives it";

const fn cross_encoder(name: &'static str, of: &'static str, origin: Origin) -> RerankerCard {
    RerankerCard {
        name,
        kind: RerankerKind::CrossEncoder,
        of,
        origin,
        parameters: "",
        context: Some(512),
        languages: "",
        licence: "",
        scores: RAW,
        price: ON_THIS_MACHINE,
    }
}

const fn hub(repository: &'static str, graph: &'static str) -> Origin {
    Origin::Hub { repository, graph, weights: &[] }
}

const fn service(name: &'static str, of: &'static str, price: &'static str) -> RerankerCard {
    RerankerCard {
        name,
        kind: RerankerKind::Service,
        of,
        origin: Origin::Remote,
        parameters: "",
        context: None,
        languages: "by model",
        licence: "the service's terms",
        scores: RELEVANCE,
        price,
    }
}

const OWN_SERVER: &str = "your own server's";

/// All of them, in the order in which they are told.
pub const RERANKERS: [RerankerCard; 25] = [
    RerankerCard {
        name: EMBEDDING_MODEL,
        kind: RerankerKind::LateInteraction,
        of: "intfloat/multilingual-e5-small",
        origin: Origin::Bundled,
        parameters: "118M",
        context: Some(512),
        languages: "about 100",
        licence: "MIT",
        scores: MAX_SIM,
        price: ON_THIS_MACHINE,
    },
    RerankerCard {
        parameters: "118M",
        languages: "about 100",
        licence: "MIT",
        ..cross_encoder("cross-encoder", "intfloat/multilingual-e5-small", Origin::Bundled)
    },
    RerankerCard {
        name: "answerai-colbert-small-v1",
        kind: RerankerKind::LateInteraction,
        of: "answerdotai/answerai-colbert-small-v1",
        origin: hub("answerdotai/answerai-colbert-small-v1", "vespa_colbert.onnx"),
        parameters: "33M",
        context: Some(512),
        languages: "en",
        licence: "Apache-2.0",
        scores: MAX_SIM,
        price: ON_THIS_MACHINE,
    },
    RerankerCard {
        name: "colbertv2.0",
        kind: RerankerKind::LateInteraction,
        of: "colbert-ir/colbertv2.0",
        origin: hub("colbert-ir/colbertv2.0", "model.onnx"),
        parameters: "110M",
        context: Some(512),
        languages: "en",
        licence: "MIT",
        scores: MAX_SIM,
        price: ON_THIS_MACHINE,
    },
    RerankerCard {
        parameters: "568M",
        context: Some(8192),
        languages: "multilingual",
        licence: "Apache-2.0",
        ..cross_encoder(
            "bge-reranker-v2-m3",
            "BAAI/bge-reranker-v2-m3",
            Origin::Hub {
                repository: "rozgo/bge-reranker-v2-m3",
                graph: "model.onnx",
                weights: &["model.onnx.data"],
            },
        )
    },
    RerankerCard {
        parameters: "278M",
        languages: "en, zh",
        licence: "MIT",
        ..cross_encoder(
            "bge-reranker-base",
            "BAAI/bge-reranker-base",
            hub("BAAI/bge-reranker-base", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "70M",
        languages: "en",
        licence: "Apache-2.0",
        ..cross_encoder(
            "mxbai-rerank-xsmall-v1",
            "mixedbread-ai/mxbai-rerank-xsmall-v1",
            hub("mixedbread-ai/mxbai-rerank-xsmall-v1", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "184M",
        languages: "en",
        licence: "Apache-2.0",
        ..cross_encoder(
            "mxbai-rerank-base-v1",
            "mixedbread-ai/mxbai-rerank-base-v1",
            hub("mixedbread-ai/mxbai-rerank-base-v1", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "435M",
        languages: "en",
        licence: "Apache-2.0",
        ..cross_encoder(
            "mxbai-rerank-large-v1",
            "mixedbread-ai/mxbai-rerank-large-v1",
            hub("mixedbread-ai/mxbai-rerank-large-v1", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "37.8M",
        context: Some(8192),
        languages: "en",
        licence: "Apache-2.0",
        ..cross_encoder(
            "jina-reranker-v1-turbo-en",
            "jinaai/jina-reranker-v1-turbo-en",
            hub("jinaai/jina-reranker-v1-turbo-en", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "278M",
        context: Some(1024),
        languages: "100+",
        licence: "CC-BY-NC-4.0: not for commercial use",
        ..cross_encoder(
            "jina-reranker-v2-base-multilingual",
            "jinaai/jina-reranker-v2-base-multilingual",
            hub("jinaai/jina-reranker-v2-base-multilingual", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "22.7M",
        languages: "en",
        licence: "Apache-2.0",
        ..cross_encoder(
            "ms-marco-MiniLM-L6-v2",
            "cross-encoder/ms-marco-MiniLM-L6-v2",
            hub("Xenova/ms-marco-MiniLM-L-6-v2", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "118M",
        languages: "14",
        licence: "Apache-2.0",
        ..cross_encoder(
            "mmarco-mMiniLMv2-L12-H384-v1",
            "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
            hub("cross-encoder/mmarco-mMiniLMv2-L12-H384-v1", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        parameters: "306M",
        context: Some(8192),
        languages: "75",
        licence: "Apache-2.0",
        ..cross_encoder(
            "gte-multilingual-reranker-base",
            "Alibaba-NLP/gte-multilingual-reranker-base",
            hub("onnx-community/gte-multilingual-reranker-base", "onnx/model.onnx"),
        )
    },
    RerankerCard {
        context: None,
        languages: "the model's",
        licence: "the model's",
        scores: "raw logit; of a ColBERT model, whose files say so, the mean of the best dot products",
        ..cross_encoder("dir", "the folder given with --reranker-dir", Origin::Remote)
    },
    RerankerCard {
        context: None,
        languages: "the model's",
        licence: "the model's",
        ..cross_encoder("fastembed", "a model that the fastembed crate runs", Origin::Fastembed)
    },
    service("cohere", "Cohere Rerank", "by search unit"),
    service("voyage", "Voyage AI Rerank", "by token"),
    service("jina", "Jina AI Reranker", "by token"),
    service("mixedbread", "Mixedbread Reranking", "by token"),
    service("tei", "Hugging Face text-embeddings-inference", OWN_SERVER),
    service("vllm", "vLLM", OWN_SERVER),
    service("infinity", "Infinity", OWN_SERVER),
    service("litellm", "LiteLLM", "by what stands behind it"),
    service("url", "any service in Cohere's shape", "that service's"),
];

/// The cross-encoders that fastembed 7.5 fetches by itself: its name and the name here. A test holds the
/// table to fastembed's own.
pub const FASTEMBED: [(&str, &str); 4] = [
    ("BGERerankerBase", "bge-reranker-base"),
    ("BGERerankerV2M3", "bge-reranker-v2-m3"),
    ("JINARerankerV1TurboEn", "jina-reranker-v1-turbo-en"),
    ("JINARerankerV2BaseMultilingual", "jina-reranker-v2-base-multilingual"),
];

impl RerankerCard {
    /// How `--rerank` takes it, what follows the name in capitals.
    pub fn written(&self) -> String {
        match (self.origin, self.name) {
            (Origin::Fastembed, name) => format!("{name}:NAME"),
            (_, name @ "tei") => format!("{name}:URL"),
            (_, name @ ("vllm" | "infinity" | "litellm" | "url")) => format!("{name}:URL#MODEL"),
            (_, name) if self.takes_more() => format!("{name}:MODEL"),
            (_, name) => name.to_owned(),
        }
    }

    /// Whether `:` and something else belong behind the name.
    pub fn takes_more(&self) -> bool {
        self.kind == RerankerKind::Service || self.origin == Origin::Fastembed
    }
}

/// The card of a name as people write it: `bge-reranker-base`, `cohere:rerank-v3.5`, or a model's id on the
/// hub, that of the weights or of the repository that has them as ONNX (`BAAI/bge-reranker-base`). `None` for
/// a folder and for what has no name.
pub fn card(name: &str) -> Option<&'static RerankerCard> {
    let before = name.split_once(':').map(|(before, _)| before);
    let is_id = |id: &str| id.eq_ignore_ascii_case(name);
    RERANKERS.iter().find(|card| match card.origin {
        Origin::Hub { repository, .. } => card.name == name || is_id(card.of) || is_id(repository),
        _ => card.name == name || card.takes_more() && Some(card.name) == before,
    })
}

/// The one name under which the program knows what people write: of a model's id on the hub the name in this
/// table, of anything else the same.
pub fn own_name(name: &str) -> &str {
    card(name).filter(|card| !card.takes_more()).map_or(name, |card| card.name)
}

/// What fastembed is to run: a model's name or a folder, behind `fastembed:`.
pub fn of_fastembed(name: &str) -> Option<&str> {
    name.strip_prefix("fastembed:")
}

/// The cross-encoder of this table that fastembed is to run: by its name here, its id on the hub, or
/// fastembed's own name of it.
pub fn fastembed_card(name: &str) -> Option<&'static RerankerCard> {
    let own = FASTEMBED.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    let name = own.map_or(name, |(_, name)| name);
    card(name).filter(|card| {
        card.kind == RerankerKind::CrossEncoder && matches!(card.origin, Origin::Bundled | Origin::Hub { .. })
    })
}

/// Whether fastembed fetches a model of this table by itself, without `models pull`.
pub fn fastembed_fetches(card: &RerankerCard) -> bool {
    FASTEMBED.iter().any(|(_, name)| *name == card.name)
}

/// Whether a name means a folder with a model of one's own.
pub fn is_folder(name: &str) -> bool {
    card(name).is_none() && run_file(name).is_none() && is_path(name)
}

/// Whether something is written as a path.
pub fn is_path(text: &str) -> bool {
    text.contains(['/', '\\']) || text.starts_with('.')
}

/// The file of a reranker that is a run: `run:FILE`.
pub fn run_file(name: &str) -> Option<&str> {
    name.strip_prefix("run:").filter(|file| !file.is_empty())
}

/// The late interaction over the embedding model's token vectors.
pub const EMBEDDING_MODEL: &str = "late-interaction";

/// Whether it is the late interaction over the embedding model's token vectors.
pub fn is_embedding_model(name: &str) -> bool {
    name == EMBEDDING_MODEL
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_card_is_filled() {
        let names: BTreeSet<&str> = RERANKERS.iter().map(|card| card.name).collect();
        assert_eq!(names.len(), RERANKERS.len());
        for card in RERANKERS {
            let said = [card.of, card.languages, card.licence, card.scores, card.price];
            assert!(said.iter().all(|text| !text.is_empty()), "{card:?}");
            assert!(!is_folder(card.name), "{}", card.name);
            assert!(!card.name.contains(['+', '*', '>', '@', ' ', ':']), "a plan could not be read");
        }
    }

    #[test]
    fn fastembeds_models_go_by_three_names() {
        for name in
            ["BAAI/bge-reranker-v2-m3", "rozgo/bge-reranker-v2-m3", "bgererankerv2m3", "bge-reranker-v2-m3"]
        {
            assert_eq!(fastembed_card(name).unwrap().name, "bge-reranker-v2-m3", "{name}");
        }
        let loaded = fastembed_card("mixedbread-ai/mxbai-rerank-xsmall-v1").unwrap();
        assert!(
            !fastembed_fetches(loaded) && fastembed_fetches(fastembed_card("bge-reranker-base").unwrap())
        );
        assert!(fastembed_card("cross-encoder").is_some());
        // No cross-encoder, no model, and no name.
        for name in ["colbertv2.0", "cohere", "fastembed", "dir", "./mine", ""] {
            assert_eq!(fastembed_card(name), None, "{name}");
        }
    }

    #[test]
    fn services_models_of_the_hub_and_folders_are_told_apart() {
        assert_eq!(card("cohere:rerank-v3.5").unwrap().name, "cohere");
        assert_eq!(card("url:http://localhost:8080/rerank").unwrap().name, "url");
        assert_eq!(card("bge-reranker-base:x"), None);
        assert_eq!(card("cohere-2"), None);
        assert_eq!(card("fastembed:BAAI/bge-reranker-base").unwrap().name, "fastembed");
        assert!(!is_folder("fastembed:./mine") && of_fastembed("fastembed:./mine").is_some_and(is_path));
        assert_eq!(
            card("jinaai/Jina-reranker-v2-base-multilingual"),
            card("jina-reranker-v2-base-multilingual")
        );
        assert_eq!(card("rozgo/bge-reranker-v2-m3"), card("BAAI/bge-reranker-v2-m3"));
        assert!(is_folder("./BAAI/bge-reranker-base") && !is_folder("BAAI/bge-reranker-base"));
        assert!(is_folder("models/mine") && is_folder("./mine") && !is_folder("tei:http://localhost/x"));
    }
}
