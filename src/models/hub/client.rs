//! What is asked of the hub, one request at a time.
//!
//! In: a repository's name, a revision, a path. Out: the commit, the list of files with their checksums,
//! the bytes of a file from some place on. The protocol is the Hugging Face hub's: `api/models/…` answers
//! in JSON, `…/resolve/COMMIT/PATH` sends the file or redirects to where it lies. It writes nothing.

use std::io::Read;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use crate::error::{Error, Result};

/// The public hub; `HF_ENDPOINT` names another, as in every program that uses the hub.
pub const HUB: &str = "https://huggingface.co";

/// How long the hub may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub connect: Duration,
    /// Until an answer begins.
    pub answer: Duration,
    /// Until it has come in whole; a longer file is then asked for again from where it stopped.
    pub body: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            answer: Duration::from_secs(30),
            body: Duration::from_secs(120),
        }
    }
}

/// JSON answers are not longer than this.
const MOST_JSON: u64 = 16 << 20;

/// A file of a repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    pub path: String,
    pub bytes: u64,
    /// Hex sha256, which the hub knows of large files (LFS); of small ones it knows only git's own hash.
    pub sha256: Option<String>,
}

/// Why a file does not come, and whether another try can help.
#[derive(Debug)]
pub enum Fault {
    Passing(Error),
    Lasting(Error),
}

impl Fault {
    pub fn into_error(self) -> Error {
        match self {
            Self::Passing(error) | Self::Lasting(error) => error,
        }
    }
}

/// A hub and the way to it.
pub struct Hub {
    agent: Agent,
    endpoint: String,
    /// Sent to the hub itself only, never to where it redirects.
    token: Option<String>,
}

#[derive(Deserialize)]
struct Revision {
    sha: String,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: u64,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    oid: String,
    size: u64,
}

impl Hub {
    pub fn new(endpoint: &str, token: Option<String>, patience: Patience) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.answer))
            .timeout_recv_body(Some(patience.body))
            .http_status_as_error(false)
            .user_agent(concat!("rankscope/", env!("CARGO_PKG_VERSION")))
            .tls_config(
                ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build(),
            )
            .build();
        Self { agent: config.into(), endpoint: endpoint.trim_end_matches('/').to_owned(), token }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The commit that a revision (a branch, a tag, a commit) means now.
    ///
    /// # Errors
    /// `Unavailable`: no network, no such repository, an answer that is none.
    pub fn commit(&self, repository: &str, revision: &str) -> Result<String> {
        let url = format!("{}/api/models/{repository}/revision/{revision}", self.endpoint);
        let found: Revision = self.json(&url, repository)?;
        let is_commit = found.sha.len() >= 7 && found.sha.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_commit.then_some(found.sha).ok_or_else(|| self.strange(repository, "it names no commit"))
    }

    /// Every file at a commit.
    ///
    /// # Errors
    /// As [`Hub::commit`].
    pub fn files(&self, repository: &str, commit: &str) -> Result<Vec<RemoteFile>> {
        let url = format!("{}/api/models/{repository}/tree/{commit}?recursive=true", self.endpoint);
        let entries: Vec<Entry> = self.json(&url, repository)?;
        let files = entries.into_iter().filter(|entry| entry.kind == "file");
        let file = |entry: Entry| RemoteFile {
            bytes: entry.lfs.as_ref().map_or(entry.size, |lfs| lfs.size),
            sha256: entry.lfs.map(|lfs| lfs.oid.to_ascii_lowercase()).filter(|oid| oid.len() == 64),
            path: entry.path,
        };
        Ok(files.map(file).collect())
    }

    /// The bytes of a file from `from` on, and where they begin in fact: 0 where the server sends the
    /// whole file again.
    ///
    /// # Errors
    /// As [`Hub::commit`].
    pub fn bytes(
        &self,
        repository: &str,
        commit: &str,
        file: &RemoteFile,
        from: u64,
    ) -> Result<(u64, impl Read + use<>), Fault> {
        let url = format!("{}/{repository}/resolve/{commit}/{}", self.endpoint, file.path);
        let range = (from > 0).then(|| format!("bytes={from}-"));
        let mut response = self.get(&url, range.as_deref()).map_err(Fault::Passing)?;
        let start = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                self.begins_at(&response, repository, from).map_err(Fault::Lasting)?
            }
            StatusCode::OK => 0,
            // Nothing is left to send, or the part on disk is longer than the file: from the start.
            StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => {
                response = self.get(&url, None).map_err(Fault::Passing)?;
                match response.status() {
                    StatusCode::OK => 0,
                    status => return Err(self.fault(status, repository)),
                }
            }
            status => return Err(self.fault(status, repository)),
        };
        Ok((start, response.into_body().into_reader()))
    }

    fn begins_at(&self, response: &Response<Body>, repository: &str, from: u64) -> Result<u64> {
        let range = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let start = range
            .and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.trim().parse::<u64>().ok());
        start
            .filter(|start| *start == from)
            .ok_or_else(|| self.strange(repository, "it sends another part of the file than was asked for"))
    }

    fn json<T: serde::de::DeserializeOwned>(&self, url: &str, repository: &str) -> Result<T> {
        let response = self.get(url, None)?;
        if response.status() != StatusCode::OK {
            return Err(self.refused(response.status(), repository));
        }
        let mut text = String::new();
        let body = response.into_body().into_reader();
        body.take(MOST_JSON).read_to_string(&mut text).map_err(|e| self.cut_off(&e.to_string()))?;
        serde_json::from_str(&text)
            .map_err(|e| self.strange(repository, &format!("not the JSON expected: {e}")))
    }

    fn get(&self, url: &str, range: Option<&str>) -> Result<Response<Body>> {
        let mut request = self.agent.get(url);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        // Compressed bytes would have other places and another length.
        request = request.header(header::ACCEPT_ENCODING, "identity");
        request.call().map_err(|error| self.cut_off(&error.to_string()))
    }

    fn fault(&self, status: StatusCode, repository: &str) -> Fault {
        let error = self.refused(status, repository);
        match status.as_u16() {
            429 | 500..=599 => Fault::Passing(error),
            _ => Fault::Lasting(error),
        }
    }

    fn refused(&self, status: StatusCode, repository: &str) -> Error {
        let (what, advice) = match status.as_u16() {
            401 | 403 => (
                "asks for a token that may read it",
                "accept the model's terms on its page, and set HF_TOKEN",
            ),
            404 => ("has no such model, revision or file", "check the name; the repository may have moved"),
            429 => ("is asked too often from here", "wait a minute and start again; what has come is kept"),
            500..=599 => ("has a fault of its own", "start again later; what has come is kept"),
            _ => ("does not give it", "start again later"),
        };
        Error::unavailable(format!("{} {what}: {repository} (HTTP {})", self.endpoint, status.as_u16()))
            .advise(advice)
    }

    fn strange(&self, repository: &str, what: &str) -> Error {
        Error::unavailable(format!("{} answers strangely about {repository}: {what}", self.endpoint))
            .advise("is HF_ENDPOINT a hub?")
    }

    fn cut_off(&self, why: &str) -> Error {
        Error::unavailable(format!("{} cannot be reached, or went away: {why}", self.endpoint))
    }
}
