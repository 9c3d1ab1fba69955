//! Reranking services over HTTP: the vendors' (Cohere, Voyage, Jina, Mixedbread), what one hosts oneself
//! (text-embeddings-inference, vLLM, Infinity, LiteLLM), and any URL that speaks as Cohere does.
//!
//! In: a [`Spec`]. Out: a [`Reranker`] that sends query and passages there, and a [`Ledger`] that says what
//! it cost and how long it took. Keys come from the environment only and are shown nowhere; nothing is sent
//! to a service that bills before somebody agreed to pay. It keeps no scores: that is the score cache's
//! business.
//!
//! ```text
//! Spec -> open -> HttpReranker: batch (cut) -> job (workers) -> client (one attempt) -> answer (join)
//!                                              retry, stop        url, proxy, secret     cost
//! ```

#![cfg_attr(not(test), deny(clippy::indexing_slicing))] // bodies and URLs come from outside

mod answer;
mod batch;
mod client;
mod cost;
mod job;
mod proxy;
mod refusal;
mod reranker;
mod retry;
mod secret;
mod service;
mod stop;
mod tei;
mod url;

pub use client::Timeouts;
pub use cost::{
    Amount, Ask, Budget, Consent, Latency, Ledger, Ledgers, PRICES_LOOKED_UP, Price, Quote, Usage, dollars,
};
pub use retry::Retry;
pub use secret::Key;
pub use service::{Model, SERVICES, Service, service};

use super::Reranker;
use crate::error::{Error, Result};
use client::{Client, Peer};
use cost::Terms;
use reranker::HttpReranker;
use service::{Limits, Parameters, Shape};
use url::Endpoint;

/// Which service to ask, and how. [`Spec::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct Spec {
    pub service: &'static Service,
    /// `None`: the service's default, or what the server serves.
    pub model: Option<String>,
    /// Instead of the vendor's address; what one hosts oneself needs one. It says where texts and key go,
    /// so it must come from the person who runs the program, never from a collection's files.
    pub url: Option<String>,
    /// Scores before the sigmoid, where the server knows the difference (text-embeddings-inference,
    /// Infinity).
    pub raw_scores: bool,
    /// Where Cohere cuts a passage; its default is 4,096 tokens.
    pub max_tokens_per_doc: Option<u32>,
    /// Send the key unencrypted to another machine.
    pub plain_http: bool,
    /// Requests on their way at once.
    pub concurrency: usize,
    pub timeouts: Timeouts,
    pub retry: Retry,
    pub budget: Budget,
    /// Instead of the list price.
    pub price: Option<Price>,
    pub consent: Consent,
    /// Keep a clone to read the sums.
    pub ledger: Ledger,
}

impl Spec {
    /// The defaults for a service.
    pub fn new(service: &'static Service) -> Self {
        Self {
            service,
            model: None,
            url: None,
            raw_scores: false,
            max_tokens_per_doc: None,
            plain_http: false,
            concurrency: 4,
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            budget: Budget::default(),
            price: None,
            consent: Consent::default(),
            ledger: Ledger::default(),
        }
    }
}

/// Opens a service with the key, the proxy and the certificates that the process's environment names. It
/// asks a text-embeddings-inference server what it serves, so it may take as long as a request; the others
/// are not asked anything.
///
/// # Errors
/// Wrong use: no key, no model, no URL, a key that would go where it must not, a service that bills and
/// nobody who agreed. Unavailable: the server does not answer or serves something else.
pub fn open(spec: Spec) -> Result<Box<dyn Reranker>> {
    open_in(spec, &|name| std::env::var(name).ok())
}

/// As [`open`], in an environment of the caller's.
///
/// # Errors
/// As [`open`].
pub fn open_in(spec: Spec, environment: &dyn Fn(&str) -> Option<String>) -> Result<Box<dyn Reranker>> {
    let service = spec.service;
    let model = spec.model.as_deref().map(str::trim).filter(|model| !model.is_empty());
    let model = model.map(|id| service.full_id(id)).or(service.default_model.map(str::to_owned));
    if service.needs_model && model.is_none() {
        return Err(Error::usage(format!("{} needs the name of a model", service.title))
            .advise(format!("--rerank {}:MODEL, by the name that the server gives it", service.name)));
    }
    let endpoint = Endpoint::find(service, spec.url.as_deref())?;
    let keys = key_variables(service, &endpoint);
    let key = find_key(&spec, &endpoint, keys, environment)?;
    let who = who(service, &endpoint, model.as_deref());
    let terms =
        Terms { price: spec.price.or_else(|| service.list_price(model.as_deref())), budget: spec.budget };
    let bills = service.vendor_url.is_some() || spec.price.is_some();
    if bills {
        check_consent(&spec, &terms, &who)?;
    }
    let peer = Peer { service, who, endpoint, keys, key };
    let client = Client::new(peer, spec.timeouts, environment)?;
    let mut limits = service.limits;
    let mut served = String::new();
    if service.shape == Shape::Tei {
        served = learn(&client, model.as_deref(), &mut limits)?;
    }
    let parameters =
        Parameters { model, raw_scores: spec.raw_scores, max_tokens_per_doc: spec.max_tokens_per_doc };
    let price = terms.price.map_or("no list price is known".to_owned(), |price| match spec.price {
        Some(_) => format!("{price}, as given"),
        None => format!("{price}, the list price of {PRICES_LOOKED_UP}"),
    });
    Ok(Box::new(HttpReranker {
        id: parameters.model.as_ref().map_or(service.name.to_owned(), |id| format!("{}:{id}", service.name)),
        fingerprint: fingerprint(&client.peer, &parameters, &served),
        client,
        parameters,
        limits,
        concurrency: spec.concurrency.max(1),
        retry: spec.retry,
        terms,
        consent: bills.then_some(spec.consent),
        price_note: format!("{price}; {}", service.price_note),
        ledger: spec.ledger,
    }))
}

/// Where the key for this address may stand. A vendor's key goes to the vendor or stays on this machine;
/// elsewhere only the key for servers of one's own goes.
fn key_variables(service: &'static Service, endpoint: &Endpoint) -> &'static [&'static str] {
    let is_abroad = service.vendor_url.is_some() && !endpoint.is_vendor && !endpoint.is_loopback;
    if is_abroad { &["RANKSCOPE_RERANK_KEY"] } else { service.key_variables }
}

fn find_key(
    spec: &Spec,
    endpoint: &Endpoint,
    keys: &'static [&'static str],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Key>> {
    let key = Key::find(keys, environment)?;
    if key.is_none() && endpoint.is_vendor {
        return Err(Error::usage(format!("{} needs a key", spec.service.title))
            .advise(format!("set {} in the environment", keys.join(" or "))));
    }
    if key.is_some() && !endpoint.is_https() && !endpoint.is_loopback && !spec.plain_http {
        return Err(Error::usage(format!(
            "the key would go unencrypted to {}",
            endpoint.uri.host().unwrap_or_default()
        ))
        .advise("use https, or say that this network may see it: --rerank-plain-http"));
    }
    Ok(key)
}

fn check_consent(spec: &Spec, terms: &Terms, who: &str) -> Result<()> {
    if terms.budget.max_usd.is_some() && terms.price.is_none() {
        return Err(Error::usage(format!("{who}: no price is known, so no limit on cost can be kept"))
            .advise("give a limit on what it bills by: --max-search-units or --max-billed-tokens"));
    }
    if matches!(spec.consent, Consent::ByBudget) && !terms.budget.is_set() {
        return Err(Error::usage(format!("{who} bills every request"))
            .advise("say how much it may cost: --max-cost 0.50 (US dollars)"));
    }
    Ok(())
}

/// The service as messages name it: a vendor by its model, one's own server by its address.
fn who(service: &Service, endpoint: &Endpoint, model: Option<&str>) -> String {
    let place = if endpoint.is_vendor { String::new() } else { format!(" at {}", endpoint.shown) };
    let model = model.map(|id| format!(" ({})", crate::text::visible(id))).unwrap_or_default();
    format!("{}{model}{place}", service.title)
}

/// Asks a text-embeddings-inference server about itself; what it serves, for the fingerprint.
fn learn(client: &Client, wanted: Option<&str>, limits: &mut Limits) -> Result<String> {
    let info = tei::ask(client)?;
    if let (Some(wanted), Some(served)) = (wanted, &info.model)
        && wanted != served
    {
        let served = client.harmless(served);
        return Err(Error::usage(format!("{} serves {served}", client.peer.who)).advise(format!(
            "leave the model away, or start a server with {}",
            crate::text::visible(wanted)
        )));
    }
    if let Some(batch) = info.batch {
        limits.documents = batch;
    }
    Ok(info.fingerprint)
}

/// Everything that the scores depend on but the texts, and no key. The address only where it is not the
/// vendor's.
fn fingerprint(peer: &Peer, parameters: &Parameters, served: &str) -> String {
    let Peer { service, endpoint, .. } = peer;
    let place = if endpoint.is_vendor { "vendor" } else { endpoint.shown.as_str() };
    let Parameters { model, raw_scores, max_tokens_per_doc } = parameters;
    format!(
        "http 2 {} at {place} model {:?} serving {served:?} raw {raw_scores} max tokens {max_tokens_per_doc:?}",
        service.name, model
    )
}
