//! What each service would answer, shaped as its reference documents it: the best first, so never in the
//! order of the question.

use serde_json::{Value, json};

use super::{Asked, Reply};

/// A passage's score: the number that it begins with, so that a test can say what must come out.
fn score(text: &Value) -> f64 {
    let number: String = text.as_str().unwrap().chars().take_while(|c| !c.is_whitespace()).collect();
    number.parse().unwrap()
}

/// `(index, score)`, the best first.
fn ranked(asked: &Asked, texts: &str) -> Vec<(usize, f64)> {
    let body = asked.json();
    let texts = body[texts].as_array().unwrap();
    let mut ranked: Vec<(usize, f64)> = texts.iter().map(score).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

fn items(ranked: &[(usize, f64)], score: &str) -> Vec<Value> {
    ranked.iter().map(|(index, value)| json!({"index": index, score: value})).collect()
}

/// One search unit for each hundred documents.
pub fn cohere(asked: &Asked) -> Reply {
    let ranked = ranked(asked, "documents");
    Reply::json(&json!({
        "id": "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
        "results": items(&ranked, "relevance_score"),
        "meta": {
            "api_version": {"version": "2", "is_experimental": false},
            "billed_units": {"search_units": ranked.len().div_ceil(100)},
        },
    }))
}

pub fn voyage(asked: &Asked) -> Reply {
    let results: Vec<Value> = items(&ranked(asked, "documents"), "relevance_score");
    let model = &asked.json()["model"];
    Reply::json(&json!({"object": "list", "data": results, "model": model, "usage": {"total_tokens": 26}}))
}

pub fn jina(asked: &Asked) -> Reply {
    let results = items(&ranked(asked, "documents"), "relevance_score");
    let model = &asked.json()["model"];
    Reply::json(&json!({"model": model, "usage": {"total_tokens": 815}, "results": results}))
}

pub fn mixedbread(asked: &Asked) -> Reply {
    let body = asked.json();
    let mut data = items(&ranked(asked, "input"), "score");
    // As the service does where nothing is said: no more than ten.
    data.truncate(body["top_k"].as_u64().unwrap_or(10) as usize);
    Reply::json(&json!({
        "usage": {"prompt_tokens": 120, "total_tokens": 120},
        "model": body["model"],
        "data": data,
        "object": "list",
        "top_k": body["top_k"],
        "return_input": false,
    }))
}

/// With `GET /info`; more texts than `batch` are too many.
pub fn tei(asked: &Asked, batch: usize) -> Reply {
    if asked.target.ends_with("/info") {
        return Reply::json(&json!({
            "model_id": "BAAI/bge-reranker-base",
            "model_sha": "2cfc18c9415c912f9d8155881c133215df768a70",
            "model_dtype": "float16",
            "model_type": {"reranker": {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}},
            "max_concurrent_requests": 512,
            "max_input_length": 512,
            "max_batch_tokens": 16384,
            "max_client_batch_size": batch,
            "auto_truncate": false,
            "version": "1.7.0",
        }));
    }
    let ranked = ranked(asked, "texts");
    if ranked.len() > batch {
        let error = format!("batch size {} > maximum allowed batch size {batch}", ranked.len());
        return Reply::status(413, &json!({"error": error, "error_type": "Validation"}).to_string());
    }
    Reply::json(&Value::Array(items(&ranked, "score")))
}

/// It sends the passages back.
pub fn vllm(asked: &Asked) -> Reply {
    let body = asked.json();
    let result = |(index, score): &(usize, f64)| {
        let text = &body["documents"][index];
        json!({"index": index, "document": {"text": text, "multi_modal": null}, "relevance_score": score})
    };
    let results: Vec<Value> = ranked(asked, "documents").iter().map(result).collect();
    Reply::json(&json!({
        "id": "rerank-fae51b2b664d4ed38f5969b612edff77",
        "model": body["model"],
        "usage": {"prompt_tokens": 56, "total_tokens": 56},
        "results": results,
    }))
}

pub fn infinity(asked: &Asked) -> Reply {
    let results: Vec<Value> = ranked(asked, "documents")
        .iter()
        .map(|(index, score)| json!({"relevance_score": score, "index": index, "document": null}))
        .collect();
    Reply::json(&json!({
        "object": "rerank",
        "results": results,
        "model": asked.json()["model"],
        "usage": {"prompt_tokens": 92, "total_tokens": 92},
        "id": "infinity-b8dd8d8e",
        "created": 1_737_000_000,
    }))
}

pub fn litellm(asked: &Asked) -> Reply {
    let results = items(&ranked(asked, "documents"), "relevance_score");
    Reply::json(&json!({
        "id": "5d8b5e2c",
        "results": results,
        "meta": {"billed_units": {"total_tokens": 77}, "tokens": {"input_tokens": 77}},
    }))
}
