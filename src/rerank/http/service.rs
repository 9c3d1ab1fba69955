//! The services: what each is called, how it is asked, what it allows and what it costs.
//!
//! One table; a service is a row and not a type, because they differ in names of fields and in limits only.
//! Shapes and limits are from the vendors' references named in `docs_url`, from the clients that they
//! publish, and for what one hosts oneself from the servers' own sources. It sends nothing.

use serde_json::{Map, Value, json};

use super::cost::{Amount, Price, estimate_tokens};

/// One service, or one server that one hosts oneself.
#[derive(Debug)]
pub struct Service {
    /// The name in `--rerank NAME:MODEL`.
    pub name: &'static str,
    /// The name in messages.
    pub title: &'static str,
    /// What is asked where no model is named; `None`: the server has one, or one must be named.
    pub default_model: Option<&'static str>,
    /// Models known by name, to offer and to price. Any other id is passed on as it is.
    pub models: &'static [Model],
    /// Environment variables that may hold the key, the first that is set counts.
    pub key_variables: &'static [&'static str],
    /// Where the service is documented.
    pub docs_url: &'static str,
    /// What is billed, in a sentence.
    pub price_note: &'static str,
    /// Where a vendor runs it; `None` for what one hosts oneself.
    pub(super) vendor_url: Option<&'static str>,
    /// The path of the call below the base URL.
    pub(super) path: &'static str,
    pub(super) shape: Shape,
    pub(super) limits: Limits,
    pub(super) needs_model: bool,
}

/// A model that is known by name.
#[derive(Debug)]
pub struct Model {
    pub id: &'static str,
    /// The list price on [`super::PRICES_LOOKED_UP`]; `None` where none was found.
    pub price: Option<Price>,
}

/// How much goes into one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub documents: usize,
    /// Query tokens once for each document, plus the tokens of all documents, by our estimate.
    pub tokens: u64,
    /// Bytes of query and documents.
    pub bytes: usize,
}

/// How a service writes its requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Cohere,
    Voyage,
    Jina,
    Mixedbread,
    Tei,
    Vllm,
    Infinity,
    LiteLlm,
    CohereLike,
}

/// What a request says besides the texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters {
    pub model: Option<String>,
    pub raw_scores: bool,
    pub max_tokens_per_doc: Option<u32>,
}

const fn model(id: &'static str, price: Price) -> Model {
    Model { id, price: Some(price) }
}

/// Several requests of about a hundred passages, side by side, are sooner back than one of a thousand.
const HOSTED: Limits = Limits { documents: 100, tokens: 400_000, bytes: 4 << 20 };
const SELF_HOSTED: Limits = Limits { documents: 64, tokens: u64::MAX, bytes: 4 << 20 };

/// Every service, in the order in which they are offered.
pub static SERVICES: &[Service] = &[
    Service {
        name: "cohere",
        title: "Cohere",
        default_model: Some("rerank-v3.5"),
        models: &[
            model("rerank-v3.5", Price::PerThousandSearchUnits(2.0)),
            model("rerank-multilingual-v3.0", Price::PerThousandSearchUnits(2.0)),
            model("rerank-english-v3.0", Price::PerThousandSearchUnits(2.0)),
            model("rerank-v4.0-fast", Price::PerThousandSearchUnits(2.0)),
            model("rerank-v4.0-pro", Price::PerThousandSearchUnits(2.5)),
        ],
        key_variables: &["COHERE_API_KEY", "CO_API_KEY"],
        docs_url: "https://docs.cohere.com/reference/rerank",
        price_note: "billed by search units: a query with up to 100 documents, a long document counting as \
                     several",
        vendor_url: Some("https://api.cohere.com"),
        path: "/v2/rerank",
        shape: Shape::Cohere,
        // A multiple of 100 documents leaves no search unit half used.
        limits: Limits { documents: 100, tokens: u64::MAX, bytes: 4 << 20 },
        needs_model: true,
    },
    Service {
        name: "voyage",
        title: "Voyage",
        default_model: Some("rerank-2.5"),
        models: &[
            model("rerank-2.5", Price::PerMillionTokens(0.05)),
            model("rerank-2.5-lite", Price::PerMillionTokens(0.02)),
            model("rerank-2", Price::PerMillionTokens(0.05)),
            model("rerank-2-lite", Price::PerMillionTokens(0.02)),
        ],
        key_variables: &["VOYAGE_API_KEY"],
        docs_url: "https://docs.voyageai.com/reference/reranker-api",
        price_note: "billed by tokens: those of the query once for each document, and those of the documents",
        vendor_url: Some("https://api.voyageai.com"),
        path: "/v1/rerank",
        shape: Shape::Voyage,
        // Documented: 1,000 documents and 600,000 tokens. Ours is an estimate, so it keeps a distance.
        limits: HOSTED,
        needs_model: true,
    },
    Service {
        name: "jina",
        title: "Jina",
        default_model: Some("jina-reranker-v2-base-multilingual"),
        models: &[
            model("jina-reranker-v2-base-multilingual", Price::PerMillionTokens(0.05)),
            model("jina-reranker-v3", Price::PerMillionTokens(0.05)),
            model("jina-reranker-m0", Price::PerMillionTokens(0.05)),
        ],
        key_variables: &["JINA_API_KEY"],
        docs_url: "https://jina.ai/reranker",
        price_note: "billed by tokens from a prepaid balance, by the price of its small package",
        vendor_url: Some("https://api.jina.ai"),
        path: "/v1/rerank",
        shape: Shape::Jina,
        // The listwise model, v3, reads up to 64 documents at once.
        limits: Limits { documents: 64, ..HOSTED },
        needs_model: true,
    },
    Service {
        name: "mixedbread",
        title: "Mixedbread",
        default_model: Some("mixedbread-ai/mxbai-rerank-large-v2"),
        models: &[
            model("mixedbread-ai/mxbai-rerank-large-v2", Price::PerMillionTokens(0.15)),
            model("mixedbread-ai/mxbai-rerank-base-v2", Price::PerMillionTokens(0.15)),
            model("mixedbread-ai/mxbai-rerank-large-v1", Price::PerMillionTokens(0.15)),
            model("mixedbread-ai/mxbai-rerank-base-v1", Price::PerMillionTokens(0.15)),
            model("mixedbread-ai/mxbai-rerank-xsmall-v1", Price::PerMillionTokens(0.15)),
        ],
        key_variables: &["MXBAI_API_KEY"],
        docs_url: "https://www.mixedbread.com/api-reference/endpoints/reranking",
        price_note: "billed by tokens; its pages name two prices, 0 and 0.15 USD a million, and the estimate \
                     takes the higher",
        vendor_url: Some("https://api.mixedbread.com"),
        path: "/v1/reranking",
        shape: Shape::Mixedbread,
        limits: HOSTED,
        needs_model: true,
    },
    Service {
        name: "tei",
        title: "text-embeddings-inference",
        default_model: None,
        models: &[],
        key_variables: &["RANKSCOPE_RERANK_KEY", "TEI_API_KEY"],
        docs_url: "https://huggingface.co/docs/text-embeddings-inference",
        price_note: SELF_HOSTED_NOTE,
        vendor_url: None,
        path: "/rerank",
        shape: Shape::Tei,
        // Its defaults: 32 texts and a body of 2,000,000 bytes. `GET /info` tells the first.
        limits: Limits { documents: 32, tokens: u64::MAX, bytes: 1_500_000 },
        needs_model: false,
    },
    Service {
        name: "vllm",
        title: "vLLM",
        default_model: None,
        models: &[],
        key_variables: &["RANKSCOPE_RERANK_KEY", "VLLM_API_KEY"],
        docs_url: "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
        price_note: SELF_HOSTED_NOTE,
        vendor_url: None,
        path: "/v1/rerank",
        shape: Shape::Vllm,
        limits: SELF_HOSTED,
        needs_model: true,
    },
    Service {
        name: "infinity",
        title: "Infinity",
        default_model: None,
        models: &[],
        key_variables: &["RANKSCOPE_RERANK_KEY", "INFINITY_API_KEY"],
        docs_url: "https://michaelfeil.github.io/infinity",
        price_note: SELF_HOSTED_NOTE,
        vendor_url: None,
        path: "/rerank",
        shape: Shape::Infinity,
        limits: SELF_HOSTED,
        needs_model: true,
    },
    Service {
        name: "litellm",
        title: "LiteLLM",
        default_model: None,
        models: &[],
        key_variables: &["RANKSCOPE_RERANK_KEY", "LITELLM_API_KEY"],
        docs_url: "https://docs.litellm.ai/docs/rerank",
        price_note: "not billed by the proxy; what stands behind it may bill",
        vendor_url: None,
        path: "/rerank",
        shape: Shape::LiteLlm,
        limits: HOSTED,
        needs_model: true,
    },
    Service {
        name: "http",
        title: "the service",
        default_model: None,
        models: &[],
        key_variables: &["RANKSCOPE_RERANK_KEY"],
        docs_url: "https://docs.cohere.com/reference/rerank",
        price_note: "not known here; give a price to have an estimate",
        vendor_url: None,
        path: "/rerank",
        shape: Shape::CohereLike,
        limits: HOSTED,
        needs_model: false,
    },
];

const SELF_HOSTED_NOTE: &str = "not billed: you host it";

impl Service {
    /// The id that the service knows: a known model may be named without its owner.
    pub(super) fn full_id(&self, id: &str) -> String {
        let of = |model: &&Model| model.id.split_once('/').is_some_and(|(_, name)| name == id);
        self.models.iter().find(of).map_or(id, |model| model.id).to_owned()
    }

    /// The list price of a model by its full id.
    pub(super) fn list_price(&self, id: Option<&str>) -> Option<Price> {
        self.models.iter().find(|model| Some(model.id) == id)?.price
    }

    /// The body of a request for the scores of all `documents`. How many to return is always said: some
    /// services return ten where nothing is said.
    pub(super) fn body(&self, query: &str, documents: &[String], parameters: &Parameters) -> Value {
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| {
            body.insert(name.to_owned(), value);
        };
        if let Some(model) = parameters.model.as_ref().filter(|_| self.shape != Shape::Tei) {
            set("model", json!(model));
        }
        set("query", json!(query));
        let texts = match self.shape {
            Shape::Mixedbread => "input",
            Shape::Tei => "texts",
            _ => "documents",
        };
        set(texts, json!(documents));
        match self.shape {
            Shape::Voyage | Shape::Mixedbread => set("top_k", json!(documents.len())),
            Shape::Tei => {}
            _ => set("top_n", json!(documents.len())),
        }
        match self.shape {
            Shape::Cohere => {
                if let Some(tokens) = parameters.max_tokens_per_doc {
                    set("max_tokens_per_doc", json!(tokens));
                }
            }
            Shape::Voyage => {
                set("return_documents", json!(false));
                set("truncation", json!(true));
            }
            Shape::Jina | Shape::LiteLlm => set("return_documents", json!(false)),
            Shape::Mixedbread => set("return_input", json!(false)),
            Shape::Tei => {
                set("raw_scores", json!(parameters.raw_scores));
                set("return_text", json!(false));
                set("truncate", json!(true));
            }
            Shape::Vllm => {
                // -1: as long as the model takes; without it a long passage is an error.
                set("truncate_prompt_tokens", json!(-1));
                // Versions that do not know it pass it over, and give what they gave before.
                set("use_activation", json!(!parameters.raw_scores));
            }
            Shape::Infinity => {
                set("return_documents", json!(false));
                set("raw_scores", json!(parameters.raw_scores));
            }
            Shape::CohereLike => {}
        }
        Value::Object(body)
    }

    /// What a request will probably be billed: an estimate from the texts' lengths.
    pub(super) fn estimate(&self, query: &str, documents: &[String]) -> Amount {
        let query = estimate_tokens(query);
        if self.shape == Shape::Cohere {
            // A search unit: one query with up to 100 documents; query and document beyond 500 tokens are
            // split, and each part counts.
            let parts: u64 = documents.iter().map(|text| parts_of_500(query, estimate_tokens(text))).sum();
            return Amount { search_units: parts.div_ceil(100) as f64, tokens: 0 };
        }
        let tokens = documents.iter().map(|text| query + estimate_tokens(text)).sum();
        Amount { search_units: 0.0, tokens }
    }
}

fn parts_of_500(query: u64, document: u64) -> u64 {
    let room = 500u64.saturating_sub(query).max(1);
    document.div_ceil(room).max(1)
}

/// The service of this name.
pub fn service(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(name: &str, parameters: &Parameters) -> Value {
        service(name).unwrap().body("q", &["a".to_owned(), "b".to_owned()], parameters)
    }

    #[test]
    fn names_are_unique_and_defaults_are_known_models() {
        for (nth, service) in SERVICES.iter().enumerate() {
            assert!(SERVICES[..nth].iter().all(|other| other.name != service.name), "{}", service.name);
            if let Some(default) = service.default_model {
                assert!(service.list_price(Some(default)).is_some(), "{} {default}", service.name);
            }
            assert!(service.path.starts_with('/') && !service.key_variables.is_empty());
        }
    }

    #[test]
    fn a_known_model_may_go_without_its_owner() {
        let mixedbread = service("mixedbread").unwrap();
        assert_eq!(mixedbread.full_id("mxbai-rerank-large-v1"), "mixedbread-ai/mxbai-rerank-large-v1");
        assert_eq!(mixedbread.full_id("someone/else"), "someone/else");
        assert_eq!(service("cohere").unwrap().full_id("rerank-v9"), "rerank-v9");
    }

    /// Trap: Mixedbread returns ten where nothing is said, so the rest would look unscored.
    #[test]
    fn every_request_asks_for_all_scores() {
        for service in SERVICES.iter().filter(|service| service.shape != Shape::Tei) {
            let body = body(service.name, &Parameters::default());
            let count = body.get("top_n").or(body.get("top_k"));
            assert_eq!(count, Some(&json!(2)), "{}", service.name);
        }
    }

    #[test]
    fn parameters_go_only_where_they_are_known() {
        let parameters =
            Parameters { model: Some("m".to_owned()), raw_scores: true, max_tokens_per_doc: Some(512) };
        assert_eq!(
            body("cohere", &parameters),
            json!({"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 2, "max_tokens_per_doc": 512})
        );
        assert_eq!(
            body("tei", &parameters),
            json!({"query": "q", "texts": ["a", "b"], "raw_scores": true, "return_text": false, "truncate": true})
        );
        // The same wish in other words: not what the activation makes of the logit.
        assert_eq!(body("vllm", &parameters)["use_activation"], json!(false));
        assert_eq!(body("vllm", &Parameters::default())["use_activation"], json!(true));
        assert_eq!(body("http", &Parameters::default()).get("model"), None);
    }

    /// Trap: 100 long documents are more than one search unit.
    #[test]
    fn long_documents_are_several_search_units() {
        let cohere = service("cohere").unwrap();
        let units = |text: &str, count| cohere.estimate("query", &vec![text.to_owned(); count]).search_units;
        assert_eq!(units("short", 100), 1.0);
        assert_eq!(units("short", 101), 2.0);
        assert_eq!(units(&"word ".repeat(1000), 100), 3.0, "1,250 tokens in parts of 498");
    }

    #[test]
    fn the_query_counts_once_for_each_document() {
        let voyage = service("voyage").unwrap();
        let documents = ["abcd".to_owned(), "abcdefgh".to_owned()];
        assert_eq!(voyage.estimate("abcdabcd", &documents).tokens, (2 + 1) + (2 + 2));
    }
}
