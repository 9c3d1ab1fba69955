//! The proxy of the environment: `HTTPS_PROXY` or `HTTP_PROXY` by the URL's scheme, else `ALL_PROXY`, each in
//! capitals or not, with the exceptions of `NO_PROXY`. The HTTP library reads these too, but takes the first
//! that is set whatever the scheme, and passes over one that it cannot read.

use ureq::Proxy;

use super::url::Endpoint;
use crate::error::{Error, Result};

/// The proxy to reach `endpoint` by.
///
/// # Errors
/// When the variable holds no URL of a proxy; it is named and not quoted, as it may hold a password.
pub(super) fn find(
    endpoint: &Endpoint,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>> {
    let names: [&str; 4] = match endpoint.is_https() {
        true => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        false => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    let set = |name: &&str| environment(name).map(|value| value.trim().to_owned()).filter(|v| !v.is_empty());
    let Some((name, value)) = names.iter().find_map(|name| Some((name, set(name)?))) else {
        return Ok(None);
    };
    let wrong = || {
        Error::usage(format!("{name} holds no URL of an HTTP proxy")).advise("it looks like http://host:3128")
    };
    let read = Proxy::new(&value).map_err(|_| wrong())?;
    if !matches!(read.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https) {
        return Err(wrong());
    }
    let mut proxy = Proxy::builder(read.protocol()).host(read.host()).port(read.port());
    if let Some(user) = read.username() {
        proxy = proxy.username(user);
    }
    if let Some(password) = read.password() {
        proxy = proxy.password(password);
    }
    let exceptions = ["NO_PROXY", "no_proxy"].iter().find_map(set).unwrap_or_default();
    for exception in exceptions.split(',').map(str::trim).filter(|exception| !exception.is_empty()) {
        proxy = proxy.no_proxy(exception);
    }
    proxy.build().map(Some).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::super::service::service;
    use super::*;

    fn proxy(url: &str, variables: &[(&str, &str)]) -> Result<Option<Proxy>> {
        let endpoint = Endpoint::find(service("http").unwrap(), Some(url)).unwrap();
        find(&endpoint, &|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    /// Trap: the library's own reading sends https by `HTTP_PROXY` and http by `HTTPS_PROXY`.
    #[test]
    fn the_scheme_chooses() {
        let both = [("HTTPS_PROXY", "http://secure:1"), ("http_proxy", "http://plain:2")];
        assert_eq!(proxy("https://a", &both).unwrap().unwrap().host(), "secure");
        assert_eq!(proxy("http://a", &both).unwrap().unwrap().host(), "plain");
        assert!(proxy("https://a", &both[1..]).unwrap().is_none());
        let all = [("ALL_PROXY", "http://user:pass@all:3")];
        let found = proxy("https://a", &all).unwrap().unwrap();
        assert_eq!((found.host(), found.port(), found.username()), ("all", 3, Some("user")));
    }

    #[test]
    fn exceptions_are_kept() {
        let found =
            proxy("https://a", &[("https_proxy", "http://p:1"), ("NO_PROXY", "a.example, .b.example")]);
        let found = found.unwrap().unwrap();
        assert!(found.is_no_proxy(&"https://a.example/".parse().unwrap()));
        assert!(found.is_no_proxy(&"https://x.b.example/".parse().unwrap()));
        assert!(!found.is_no_proxy(&"https://c.example/".parse().unwrap()));
    }

    #[test]
    fn a_wrong_one_is_named_and_not_quoted() {
        for value in ["http://user:s3cret@", "socks5://user:s3cret@host:1"] {
            let error = proxy("https://a", &[("HTTPS_PROXY", value)]).unwrap_err().to_string();
            assert!(error.contains("HTTPS_PROXY") && !error.contains("s3cret"), "{error}");
        }
    }
}
