//! Where a service is: its URL checked and completed, and whether a key may go there.
//!
//! In: a service's own address, or a URL that a person gave. Out: the URL to call and a form of it to show,
//! without the query string, which may hold a secret.

use std::net::IpAddr;

use ureq::http::Uri;

use super::service::Service;
use crate::error::{Error, Result};
use crate::text::visible;

/// An address that was checked.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// What is called.
    pub uri: Uri,
    /// Scheme, host, port and path: what is shown, and what a fingerprint holds.
    pub shown: String,
    /// Whether it is the vendor's own host.
    pub is_vendor: bool,
    /// Whether it is this machine.
    pub is_loopback: bool,
}

impl Endpoint {
    /// The address of `service`: the vendor's, or `given` instead of it. A URL that does not name the call
    /// itself (`…/rerank`) gets the service's path.
    ///
    /// # Errors
    /// When there is no URL, or it is not one that can be called.
    pub fn find(service: &Service, given: Option<&str>) -> Result<Self> {
        let Some(base) = given.or(service.vendor_url) else {
            return Err(Error::usage(format!("{} has no address", service.title))
                .advise("give its URL: --rerank-url http://127.0.0.1:8080"));
        };
        let base = base.trim();
        let uri = complete(base, service.path).and_then(|url| url.parse::<Uri>().ok());
        let Some((uri, host)) = uri.and_then(|uri| Some((uri.clone(), uri.host()?.to_owned()))) else {
            // Not quoted whole: it may hold a password.
            return Err(Error::usage("the reranker's URL is not one that can be called")
                .advise("it looks like http://127.0.0.1:8080 or https://gateway.example/v1/rerank"));
        };
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        if authority.contains('@') {
            return Err(Error::usage("the reranker's URL holds a user name or a password").advise(format!(
                "take it out and put the key into {}",
                service.key_variables.first().copied().unwrap_or_default()
            )));
        }
        let vendor_host = service.vendor_url.and_then(|url| url.parse::<Uri>().ok());
        let is_vendor = scheme == "https"
            && vendor_host
                .is_some_and(|vendor| vendor.host().is_some_and(|name| name.eq_ignore_ascii_case(&host)));
        let shown = visible(&format!("{scheme}://{authority}{}", uri.path())).into_owned();
        Ok(Self { is_loopback: is_loopback(&host), uri, shown, is_vendor })
    }

    pub fn is_https(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// Another path on the same server, below the same prefix: `/info` beside `/rerank`.
    pub fn beside(&self, name: &str) -> Option<Uri> {
        let (prefix, _) = self.uri.path().rsplit_once('/')?;
        let authority = self.uri.authority()?;
        format!("{}://{authority}{prefix}/{name}", self.uri.scheme_str()?).parse().ok()
    }
}

/// `base` with `path` behind it, unless it ends in the call itself; a `/v1` of both is written once.
fn complete(base: &str, path: &str) -> Option<String> {
    let (scheme, rest) = base.split_once("://")?;
    if !matches!(scheme, "http" | "https") {
        return None;
    }
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let place = place.trim_end_matches('/');
    let last = place.rsplit('/').next().filter(|_| place.contains('/')).unwrap_or_default();
    let whole = if matches!(last, "rerank" | "reranking") {
        place.to_owned()
    } else {
        let version = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let rest =
            path.strip_prefix(&format!("/{version}")).filter(|rest| last == version && !rest.is_empty());
        format!("{place}{}", rest.unwrap_or(path))
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{scheme}://{whole}{query}"))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::service::service;
    use super::*;

    fn shown(name: &str, url: Option<&str>) -> String {
        Endpoint::find(service(name).unwrap(), url).unwrap().shown
    }

    #[test]
    fn the_documented_addresses() {
        assert_eq!(shown("cohere", None), "https://api.cohere.com/v2/rerank");
        assert_eq!(shown("voyage", None), "https://api.voyageai.com/v1/rerank");
        assert_eq!(shown("jina", None), "https://api.jina.ai/v1/rerank");
        assert_eq!(shown("mixedbread", None), "https://api.mixedbread.com/v1/reranking");
    }

    #[test]
    fn a_given_url_is_completed_where_it_does_not_name_the_call() {
        for (name, url, whole) in [
            ("tei", "http://127.0.0.1:8080", "http://127.0.0.1:8080/rerank"),
            ("tei", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/rerank"),
            ("vllm", "http://gpu:8000/v1", "http://gpu:8000/v1/rerank"),
            ("vllm", "http://gpu:8000/v1/rerank", "http://gpu:8000/v1/rerank"),
            ("infinity", "https://h/models/a", "https://h/models/a/rerank"),
            ("http", "https://h/some/rerank", "https://h/some/rerank"),
            ("http", "https://rerank", "https://rerank/rerank"),
            ("cohere", "http://[::1]:9/", "http://[::1]:9/v2/rerank"),
        ] {
            assert_eq!(shown(name, Some(url)), whole, "{name} {url}");
        }
    }

    #[test]
    fn a_query_string_is_sent_and_not_shown() {
        let endpoint =
            Endpoint::find(service("http").unwrap(), Some("https://h/rerank?code=s3cret")).unwrap();
        assert_eq!(endpoint.uri.query(), Some("code=s3cret"));
        assert_eq!(endpoint.shown, "https://h/rerank");
    }

    #[test]
    fn what_cannot_be_called_is_refused_without_quoting_secrets() {
        let url = "https://user:s3cret@host/rerank";
        let error = Endpoint::find(service("http").unwrap(), Some(url)).unwrap_err().to_string();
        assert!(error.contains("RANKSCOPE_RERANK_KEY") && !error.contains("s3cret"), "{error}");
        for url in ["", "host:8080", "ftp://host", "http://", "http:///rerank", "https://a b/"] {
            assert!(Endpoint::find(service("tei").unwrap(), Some(url)).is_err(), "{url}");
        }
        let error = Endpoint::find(service("tei").unwrap(), None).unwrap_err().to_string();
        assert!(error.contains("--rerank-url"), "{error}");
    }

    /// Trap: a host that only begins like the vendor's, or the vendor's without encryption.
    #[test]
    fn whose_host_it_is() {
        let is_vendor = |url| Endpoint::find(service("cohere").unwrap(), Some(url)).unwrap().is_vendor;
        assert!(is_vendor("https://API.cohere.com"));
        assert!(!is_vendor("https://api.cohere.com.evil.example"));
        assert!(!is_vendor("http://api.cohere.com"));
        let is_loopback = |url| Endpoint::find(service("tei").unwrap(), Some(url)).unwrap().is_loopback;
        for here in ["http://127.0.0.1:1", "http://127.8.9.1", "http://localhost:80", "http://[::1]:8080"] {
            assert!(is_loopback(here), "{here}");
        }
        for away in ["http://10.0.0.1", "http://localhost.example", "http://127.0.0.1.example"] {
            assert!(!is_loopback(away), "{away}");
        }
    }

    #[test]
    fn info_stands_beside_the_call() {
        let beside = |url| {
            Endpoint::find(service("tei").unwrap(), Some(url)).unwrap().beside("info").unwrap().to_string()
        };
        assert_eq!(beside("http://h:1"), "http://h:1/info");
        assert_eq!(beside("http://h:1/tei/rerank?x=1"), "http://h:1/tei/info");
    }
}
