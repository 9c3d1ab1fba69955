//! What a refusal means, in words, and what to do about it.

use std::time::Duration;

use super::client::Peer;
use crate::error::Error;

/// `text` is what the server said, made harmless.
pub(super) fn error(peer: &Peer, status: u16, text: &str, retry_after: Option<Duration>) -> Error {
    let Peer { service, who, keys, .. } = peer;
    let keys = keys.join(" or ");
    let (what, advice) = match status {
        300..=399 => ("redirects", format!("the key goes to no other place; see {}", service.docs_url)),
        401 | 498 => ("did not accept the key", format!("check {keys}")),
        402 => ("wants to be paid", "the account has no credit left".to_owned()),
        403 => {
            ("refuses this key", "it may lack the right to this model, or the model its licence".to_owned())
        }
        404 => ("does not know the model or the address", format!("check both; see {}", service.docs_url)),
        413 => (
            "finds a single passage too large",
            "split long passages of the collection, or raise the server's limits".to_owned(),
        ),
        424 => ("cannot run its model", "is it a reranker that is served there?".to_owned()),
        429 => {
            let wish = retry_after.map(|wait| format!("it asks for {:.0} s; ", wait.as_secs_f64().ceil()));
            let wish = wish.unwrap_or_default();
            ("has too many requests", format!("{wish}try later, or raise the account's limits"))
        }
        500..=599 => ("is in trouble", "try later".to_owned()),
        _ => ("did not accept the request", format!("see {}", service.docs_url)),
    };
    let said = if text.is_empty() { String::new() } else { format!(": {text}") };
    Error::unavailable(format!("{who} {what} (status {status}){said}")).advise(advice)
}

/// The error of the last of several attempts.
pub(super) fn after(mut error: Error, attempts: u32) -> Error {
    if attempts > 1 {
        error.message.push_str(&format!(" (after {attempts} attempts)"));
    }
    error
}
