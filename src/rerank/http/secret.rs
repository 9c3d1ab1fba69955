//! A service's key: read from the environment, sent in one header, shown nowhere.
//!
//! In: the names of the variables that may hold it. Out: a value whose `Debug` says only where it came
//! from, and which takes itself out of any text that might quote it. It has no `Display` and is not
//! serialised, so it cannot reach a log, an error, a cache or an export by way of them.

use std::fmt;
use std::sync::Arc;

use ureq::http::HeaderValue;

use crate::error::{Error, Result};

/// A bearer key.
#[derive(Clone)]
pub struct Key {
    secret: Arc<str>,
    variable: &'static str,
}

impl Key {
    /// The key in the first of `variables` that is set and not blank.
    ///
    /// # Errors
    /// When it holds what no header can carry; the message names the variable, not the value.
    pub(super) fn find(
        variables: &[&'static str],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>> {
        for &variable in variables {
            let Some(value) = environment(variable) else { continue };
            let secret = value.trim();
            if secret.is_empty() {
                continue;
            }
            if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::usage(format!("{variable} holds a space or a sign that no key has"))
                    .advise("copy the key again, alone and on one line"));
            }
            return Ok(Some(Self { secret: Arc::from(secret), variable }));
        }
        Ok(None)
    }

    /// The variable that it was read from.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// The value of the `Authorization` header, marked so that the HTTP library does not log it.
    pub(super) fn bearer(&self) -> Result<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.secret))
            .map_err(|_| Error::usage(format!("{} holds a sign that no key has", self.variable)))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// `text` without the key, also where it stands as part of JSON or of a URL.
    pub(super) fn scrub(&self, text: &str) -> String {
        let plain = &*self.secret;
        let mut scrubbed = text.replace(plain, HIDDEN);
        for written in [json_escaped(plain), plain.replace('/', "\\/"), percent_encoded(plain)] {
            if written != plain {
                scrubbed = scrubbed.replace(&written, HIDDEN);
            }
        }
        scrubbed
    }
}

const HIDDEN: &str = "[key]";

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key(from {})", self.variable)
    }
}

fn json_escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn key(secret: &str) -> Key {
        Key::find(&["COHERE_API_KEY"], &|_| Some(secret.to_owned())).unwrap().unwrap()
    }

    #[test]
    fn the_first_variable_that_holds_something_counts() {
        let environment = |name: &str| match name {
            "EMPTY" => Some("  \n".to_owned()),
            "SECOND" => Some("  abc-123\n".to_owned()),
            "THIRD" => Some("other".to_owned()),
            _ => None,
        };
        let key = Key::find(&["MISSING", "EMPTY", "SECOND", "THIRD"], &environment).unwrap().unwrap();
        assert_eq!(key.variable(), "SECOND");
        assert_eq!(key.bearer().unwrap().to_str().unwrap(), "Bearer abc-123");
        assert!(Key::find(&["MISSING", "EMPTY"], &environment).unwrap().is_none());
    }

    #[test]
    fn a_key_of_two_lines_is_refused_without_being_quoted() {
        let error = Key::find(&["K"], &|_| Some("first\nsecond".to_owned())).unwrap_err().to_string();
        assert!(error.contains('K') && !error.contains("first") && !error.contains("second"), "{error}");
    }

    #[test]
    fn it_is_shown_by_no_formatting() {
        let key = key("s3cr3t-value");
        let shown = format!("{key:?} {key:#?} {:?} {:?}", key.bearer().unwrap(), Some(&key));
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert!(shown.contains("COHERE_API_KEY"), "{shown}");
    }

    /// Trap: a service quotes the key as JSON or a URL would write it.
    #[test]
    fn a_text_that_quotes_it_is_scrubbed() {
        let key = key("a/b\"c+d");
        for text in ["bad a/b\"c+d!", r#"bad a/b\"c+d!"#, r#"bad a\/b"c+d!"#, "bad a%2Fb%22c%2Bd!"] {
            assert_eq!(key.scrub(text), "bad [key]!");
        }
        assert_eq!(key.scrub("nothing to hide"), "nothing to hide");
    }
}
