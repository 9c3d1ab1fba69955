//! One attempt over HTTP: sends a body, reads the answer, says what became of it.
//!
//! In: JSON and a time limit. Out: the answer's bytes, or a refusal with its status, or a failure in words.
//! It repeats nothing ([`super::retry`]) and understands no body ([`super::answer`]). Redirects are not
//! followed: no documented call has one, and a key must not go where a redirect points. What a server says
//! is made harmless and stripped of the key before it becomes part of a message.

use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Timeout};

use super::retry;
use super::secret::Key;
use super::service::Service;
use super::url::Endpoint;
use crate::error::{Error, Result};
use crate::text::visible;

/// The largest answer that is read. Some servers send the passages back.
const LARGEST_ANSWER: u64 = 64 << 20;
/// How much of a refusal's body is read, and how much of its text is shown.
const LARGEST_REFUSAL: u64 = 64 << 10;
const SHOWN: usize = 300;

/// Time limits of one attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeouts {
    pub connect: Duration,
    /// Between two pieces of the answer.
    pub read: Duration,
    /// From the first to the last byte.
    pub attempt: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(60),
            attempt: Duration::from_secs(60),
        }
    }
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Attempt {
    Answered(Vec<u8>),
    /// A status other than 200.
    Refused {
        status: u16,
        retry_after: Option<Duration>,
        text: String,
    },
    /// No answer that could be read. Where the server may have got the request, it may have billed it.
    Broken {
        text: String,
        advice: Option<&'static str>,
        may_pass: bool,
        may_be_billed: bool,
    },
}

/// Who is asked, and as whom.
#[derive(Clone)]
pub(super) struct Peer {
    pub service: &'static Service,
    /// The service as messages name it.
    pub who: String,
    pub endpoint: Endpoint,
    /// The variables that may hold the key for this address.
    pub keys: &'static [&'static str],
    pub key: Option<Key>,
}

/// A service's address, key and connections.
#[derive(Clone)]
pub(super) struct Client {
    pub peer: Peer,
    bearer: Option<HeaderValue>,
    timeouts: Timeouts,
    config: ureq::config::Config,
    agent: Agent,
}

impl Client {
    /// `environment` names the proxy and the certificates.
    ///
    /// # Errors
    /// When the proxy's URL or the file of certificates is wrong.
    pub fn new(peer: Peer, timeouts: Timeouts, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let endpoint = &peer.endpoint;
        let bearer = peer.key.as_ref().map(Key::bearer).transpose()?;
        let proxy = if endpoint.is_loopback { None } else { super::proxy::find(endpoint, environment)? };
        let roots = if endpoint.is_https() { root_certs(environment)? } else { RootCerts::PlatformVerifier };
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .tls_config(tls)
            .user_agent(concat!("rankscope/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .timeout_resolve(Some(timeouts.connect))
            .timeout_connect(Some(timeouts.connect))
            .timeout_per_read(Some(timeouts.read))
            .max_idle_age(Duration::from_secs(10))
            .build();
        let agent = config.new_agent();
        Ok(Self { peer, bearer, timeouts, config, agent })
    }

    /// Ends what is running: connections are closed, and the attempts on them fail. The client can be used
    /// on; clones made before cannot.
    pub fn interrupt(&mut self) {
        let agent = std::mem::replace(&mut self.agent, self.config.new_agent());
        agent.shutdown();
    }

    pub fn post(&self, body: &[u8], left: Duration) -> Attempt {
        self.send(Method::POST, self.peer.endpoint.uri.clone(), body, left)
    }

    pub fn get(&self, uri: Uri) -> Attempt {
        self.send(Method::GET, uri, &[], self.timeouts.attempt)
    }

    fn send(&self, method: Method, uri: Uri, body: &[u8], left: Duration) -> Attempt {
        let limit = self.timeouts.attempt.min(left);
        match self.try_send(method, uri, body, limit) {
            Ok(mut response) => self.receive(&mut response, limit),
            Err(error) => self.broken(&error, limit),
        }
    }

    fn try_send(
        &self,
        method: Method,
        uri: Uri,
        body: &[u8],
        limit: Duration,
    ) -> Result<Response<Body>, ureq::Error> {
        let has_body = method == Method::POST;
        let mut request = Request::builder().method(method).uri(uri);
        if has_body {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(bearer) = &self.bearer {
            request = request.header(header::AUTHORIZATION, bearer);
        }
        if has_body {
            let request = request.body(body)?;
            self.agent.run(self.agent.configure_request(request).timeout_global(Some(limit)).build())
        } else {
            let request = request.body(())?;
            self.agent.run(self.agent.configure_request(request).timeout_global(Some(limit)).build())
        }
    }

    fn receive(&self, response: &mut Response<Body>, limit: Duration) -> Attempt {
        let status = response.status().as_u16();
        let retry_after = wish(response.headers());
        let moved = response.headers().get(header::LOCATION).is_some();
        if status == 200 {
            let body = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec();
            return match body {
                Ok(body) => Attempt::Answered(body),
                Err(error) => self.broken(&error, limit),
            };
        }
        let text = if (300..400).contains(&status) && moved {
            "it points elsewhere, and a redirect is not followed; give the final URL".to_owned()
        } else {
            let body = response.body_mut().with_config().limit(LARGEST_REFUSAL).read_to_vec();
            self.harmless(&reason(&body.unwrap_or_default()))
        };
        Attempt::Refused { status, retry_after, text }
    }

    /// Text of a server, fit for a message: without the key, on one line, nothing a terminal would obey.
    pub fn harmless(&self, text: &str) -> String {
        let scrubbed = self.peer.key.as_ref().map_or_else(|| text.to_owned(), |key| key.scrub(text));
        let line = scrubbed.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = line.chars().take(SHOWN).collect();
        let shown = visible(&cut).into_owned();
        if cut.len() < line.len() { format!("{shown}…") } else { shown }
    }

    fn broken(&self, error: &ureq::Error, limit: Duration) -> Attempt {
        let seconds = |limit: Duration| format!("{:.0} s", limit.as_secs_f64().ceil());
        let failed = |text: String, may_pass, may_be_billed| Attempt::Broken {
            text,
            advice: None,
            may_pass,
            may_be_billed,
        };
        match error {
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                failed(format!("no connection within {}", seconds(self.timeouts.connect)), true, false)
            }
            ureq::Error::Timeout(Timeout::PerRead) => {
                failed(format!("nothing came for {}", seconds(self.timeouts.read)), true, true)
            }
            ureq::Error::Timeout(_) => failed(format!("no answer within {}", seconds(limit)), true, true),
            ureq::Error::HostNotFound => failed("the host's name is not known".to_owned(), true, false),
            ureq::Error::ConnectionFailed => failed("no connection".to_owned(), true, false),
            ureq::Error::BodyExceedsLimit(_) => {
                failed(format!("sent more than {} MiB", LARGEST_ANSWER >> 20), false, true)
            }
            ureq::Error::Decompress(..) => {
                failed("sent a compressed answer that cannot be unpacked".to_owned(), false, true)
            }
            ureq::Error::ConnectProxyFailed(reason) => {
                failed(format!("the proxy did not connect: {}", self.harmless(reason)), true, false)
            }
            ureq::Error::Io(io) if is_certificate(io) => self.untrusted(&io.to_string()),
            ureq::Error::Rustls(error) => self.untrusted(&error.to_string()),
            ureq::Error::Tls(error) => self.untrusted(error),
            ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
                failed("the connection was refused; is the server running?".to_owned(), true, false)
            }
            ureq::Error::Io(io) => {
                failed(format!("the connection broke: {}", self.harmless(&io.to_string())), true, true)
            }
            ureq::Error::Protocol(error) => {
                failed(format!("sent no valid HTTP: {}", self.harmless(&error.to_string())), true, true)
            }
            ureq::Error::LargeResponseHeader(..) => failed("sent too large a header".to_owned(), false, true),
            other => failed(self.harmless(&other.to_string()), false, false),
        }
    }

    fn untrusted(&self, error: &str) -> Attempt {
        Attempt::Broken {
            text: format!("its certificate is not trusted: {}", self.harmless(error)),
            advice: Some(
                "name the file with your organisation's root certificate in RANKSCOPE_CA_FILE (PEM)",
            ),
            may_pass: false,
            may_be_billed: false,
        }
    }
}

fn is_certificate(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::InvalidData && error.to_string().contains("certificate")
}

fn wish(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    retry::retry_after(value, SystemTime::now())
}

/// The sentence inside a refusal's body: services put it into `message`, `detail` or `error`.
fn reason(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) {
        let places = ["/message", "/detail", "/error/message", "/error", "/detail/0/msg", "/detail/message"];
        let found = places.iter().find_map(|place| value.pointer(place)?.as_str().map(str::to_owned));
        return found.unwrap_or_else(|| text.into_owned());
    }
    if text.trim_start().starts_with('<') {
        let title = text.split_once("<title>").and_then(|(_, rest)| Some(rest.split_once("</title>")?.0));
        return format!("a web page, \"{}\"", title.unwrap_or("without a title"));
    }
    text.into_owned()
}

/// The certificates that are trusted: those of the file in `RANKSCOPE_CA_FILE` or `SSL_CERT_FILE`, instead
/// of the system's.
fn root_certs(environment: &dyn Fn(&str) -> Option<String>) -> Result<RootCerts> {
    let named = ["RANKSCOPE_CA_FILE", "SSL_CERT_FILE"]
        .iter()
        .find_map(|name| environment(name).filter(|file| !file.is_empty()).map(|file| (name, file)));
    let Some((name, file)) = named else { return Ok(RootCerts::PlatformVerifier) };
    let path = std::path::Path::new(&file);
    let pem = std::fs::read(path).map_err(|e| Error::io(&format!("{name}: cannot read"), path, &e))?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Error::input(format!("{name}: no certificate in it"))
            .in_file(path)
            .advise("it must be PEM"));
    }
    Ok(RootCerts::from(certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_inside_a_refusal() {
        for (body, found) in [
            (r#"{"id":"x","message":"invalid api token"}"#, "invalid api token"),
            (r#"{"detail":"Please provide a key."}"#, "Please provide a key."),
            (
                r#"{"error":"batch size 64 > maximum 32","error_type":"Validation"}"#,
                "batch size 64 > maximum 32",
            ),
            (r#"{"error":{"message":"too long","code":400}}"#, "too long"),
            (r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, "field required"),
            (r#"{"other":1}"#, r#"{"other":1}"#),
            ("<html><head><title>502 Bad Gateway</title>", "a web page, \"502 Bad Gateway\""),
            ("length limit exceeded", "length limit exceeded"),
            ("", ""),
        ] {
            assert_eq!(reason(body.as_bytes()), found);
        }
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let environment = |name: &str| (name == "SSL_CERT_FILE").then(|| file.display().to_string());
        let error = root_certs(&environment).unwrap_err().to_string();
        assert!(error.contains("ca.pem") && error.contains("SSL_CERT_FILE"), "{error}");
        std::fs::write(&file, "nothing").unwrap();
        let error = root_certs(&environment).unwrap_err().to_string();
        assert!(error.contains("ca.pem") && error.contains("no certificate"), "{error}");
        assert!(matches!(root_certs(&|_| None).unwrap(), RootCerts::PlatformVerifier));
    }
}
