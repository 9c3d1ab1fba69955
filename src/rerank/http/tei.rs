//! What a text-embeddings-inference server says about itself at `GET /info`: which model it serves, and how
//! many texts it takes at once.

use serde_json::Value;

use super::client::{Attempt, Client};
use super::refusal;
use crate::error::{Error, Result};

/// The part of it that matters here.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Info {
    pub model: Option<String>,
    /// Model, revision and number type: all of it changes scores.
    pub fingerprint: String,
    /// Texts a request may have.
    pub batch: Option<usize>,
}

/// Asks the server.
///
/// # Errors
/// When it does not answer, wants a key, or serves no reranker. A server that has no `/info` (a gateway in
/// front of it) is taken as it is.
pub(super) fn ask(client: &Client) -> Result<Info> {
    let who = &client.peer.who;
    let Some(uri) = client.peer.endpoint.beside("info") else { return Ok(Info::default()) };
    match client.get(uri) {
        Attempt::Answered(body) => read(&body).map_err(|fault| Error::unavailable(format!("{who} {fault}"))),
        Attempt::Refused { status: 404 | 405, .. } => Ok(Info::default()),
        Attempt::Refused { status, retry_after, text } => {
            Err(refusal::error(&client.peer, status, &text, retry_after))
        }
        Attempt::Broken { text, advice, .. } => {
            let mut error = Error::unavailable(format!("{who}: {text}"));
            error.advice = advice.map(str::to_owned);
            Err(error)
        }
    }
}

fn read(body: &[u8]) -> Result<Info, String> {
    let info: Value = serde_json::from_slice(body)
        .map_err(|_| "sent no JSON at /info; is the URL that of text-embeddings-inference?".to_owned())?;
    let text = |name: &str| info.get(name).and_then(Value::as_str);
    if let Some(kind) = info.get("model_type").and_then(Value::as_object)
        && !kind.contains_key("reranker")
    {
        let kind = kind.keys().next().map_or("unknown", String::as_str);
        let model = text("model_id").unwrap_or("?");
        return Err(format!("serves {model}, whose kind is {kind}, not reranker"));
    }
    let parts = ["model_id", "model_sha", "model_dtype"];
    let batch = info.get("max_client_batch_size").and_then(Value::as_u64);
    Ok(Info {
        model: text("model_id").map(str::to_owned),
        fingerprint: parts.iter().filter_map(|name| text(name)).collect::<Vec<_>>().join(" "),
        batch: batch.and_then(|batch| usize::try_from(batch).ok()).filter(|batch| *batch > 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says() {
        let info = read(
            br#"{"model_id":"BAAI/bge-reranker-base","model_sha":"abc","model_dtype":"float16",
            "model_type":{"reranker":{"id2label":{"0":"LABEL_0"}}},"max_input_length":512,
            "max_client_batch_size":64,"version":"1.7.0"}"#,
        );
        let expected = Info {
            model: Some("BAAI/bge-reranker-base".to_owned()),
            fingerprint: "BAAI/bge-reranker-base abc float16".to_owned(),
            batch: Some(64),
        };
        assert_eq!(info, Ok(expected));
        assert_eq!(read(b"{}"), Ok(Info::default()));
    }

    #[test]
    fn an_embedding_model_is_no_reranker() {
        let info = br#"{"model_id":"intfloat/e5","model_type":{"embedding":{"pooling":"mean"}}}"#;
        let error = read(info).unwrap_err();
        assert!(error.contains("intfloat/e5") && error.contains("embedding"), "{error}");
        assert!(read(b"<html>").unwrap_err().contains("no JSON"));
    }
}
