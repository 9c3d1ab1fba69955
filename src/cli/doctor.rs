//! `doctor`: what works on this machine, and what to do where something does not. It fetches nothing, and
//! names keys and proxies without their values.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{Format, OutputArgs};
use super::cache::bytes;
use super::models::size;
use super::print;
use crate::error::{Error, Result};
use crate::index::CacheFolder;
use crate::models::{ModelOptions, locate, runtime, store};
use crate::rerank::http::SERVICES;
use crate::text::visible;

/// The variable with the key of the model hub.
const HUB_KEY: &str = "HF_TOKEN";

/// Variables that send requests by way of another machine.
const PROXIES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rankscope doctor           exit code 4 if something that is needed is missing
  rankscope doctor --json")]
pub struct DoctorArgs {
    #[command(flatten)]
    pub output: OutputArgs,
    /// The cache folder [default: rankscope in the user's cache folder]
    #[arg(long, value_name = "DIR", env = "RANKSCOPE_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Folder of the embedding model [default: the bundled one]
    #[arg(long, value_name = "DIR")]
    pub model_dir: Option<PathBuf>,
}

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Fine,
    /// Works, with less.
    Note,
    /// Needed, and missing.
    Missing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    says: String,
    /// What to do; empty where nothing is to be done.
    advice: String,
}

impl Finding {
    fn fine(what: &'static str, says: impl Into<String>) -> Self {
        Self { what, state: State::Fine, says: says.into(), advice: String::new() }
    }

    fn note(what: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, state: State::Note, says: says.into(), advice: advice.into() }
    }

    fn missing(what: &'static str, error: Error) -> Self {
        let place = error.place.map_or_else(String::new, |place| format!("{place}: "));
        Self {
            what,
            state: State::Missing,
            says: place + &error.message,
            advice: error.advice.unwrap_or_default(),
        }
    }
}

pub fn run(args: &DoctorArgs) -> Result<()> {
    let options = ModelOptions {
        model_dir: args.model_dir.clone(),
        cache_dir: args.cache_dir.clone(),
        offline: true,
        ..ModelOptions::default()
    };
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let findings = vec![
        program(),
        onnx_runtime(&options),
        model(&options),
        rerankers(&options),
        cache(args.cache_dir.as_deref()),
        terminal(&environment),
        text(&environment),
        set("proxies", &PROXIES, "requests go straight to their hosts", &environment),
        set("keys", &keys(), "no key is set: services that want one are not asked", &environment),
    ];
    print(&match args.output.format() {
        Format::Json => json(&findings)?,
        Format::Text => lines(&findings),
    })?;
    let missing: Vec<&str> =
        findings.iter().filter(|found| found.state == State::Missing).map(|found| found.what).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::unavailable(format!("missing: {}", missing.join(", ")))),
    }
}

fn program() -> Finding {
    let cores = crate::engine::cores();
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Finding::fine("rankscope", format!("{} on {os} {arch}, {cores} cores", env!("CARGO_PKG_VERSION")))
}

fn onnx_runtime(options: &ModelOptions) -> Finding {
    match runtime::load(options, &mut |_| {}) {
        Ok(found) => {
            Finding::fine("ONNX Runtime", format!("{} in {}", found.version, found.library.display()))
        }
        Err(error) => {
            let advice = error.advice.clone().unwrap_or_default();
            let online = "without --offline the first start fetches it with pip; BM25 works without it";
            Finding::missing("ONNX Runtime", error.advise(format!("{online}; {advice}")))
        }
    }
}

fn model(options: &ModelOptions) -> Finding {
    match locate(options) {
        Ok(files) => {
            let card = files.card;
            Finding::fine("model", format!("{} in {}", card.id, card.folder.display()))
        }
        Err(error) => Finding::missing("model", error),
    }
}

fn rerankers(options: &ModelOptions) -> Finding {
    let stored = store::list(options);
    match stored.is_empty() {
        true => Finding::note(
            "rerankers",
            "late interaction alone, with the bundled model",
            "`rankscope models list` names others, `rankscope models pull NAME` fetches one",
        ),
        false => {
            let names: Vec<String> =
                stored.iter().map(|one| format!("{} ({})", one.name, size(one.bytes))).collect();
            Finding::fine("rerankers", names.join(", "))
        }
    }
}

fn cache(chosen: Option<&Path>) -> Finding {
    let folder = match CacheFolder::new(chosen) {
        Ok(folder) => folder,
        Err(error) => return Finding::missing("cache", error),
    };
    let root = folder.root();
    match tempfile::tempfile_in(root) {
        Ok(_) => Finding::fine("cache", format!("{} in {}", size(bytes(root)), root.display())),
        Err(error) => Finding::missing(
            "cache",
            Error::io("cannot write here", root, &error).advise("choose another folder with --cache-dir DIR"),
        ),
    }
}

fn terminal(environment: &dyn Fn(&str) -> Option<String>) -> Finding {
    if !std::io::stdout().is_terminal() {
        return Finding::note(
            "terminal",
            "standard output is no terminal",
            "the screen needs one; the commands do not",
        );
    }
    let kind = environment("TERM").unwrap_or_default();
    let (width, height) = crossterm::terminal::size().unwrap_or((0, 0));
    let colours = match environment("COLORTERM").as_deref() {
        _ if environment("NO_COLOR").is_some() => "no colours (NO_COLOR is set)",
        Some("truecolor" | "24bit") => "16 million colours",
        _ if kind.contains("256color") => "256 colours",
        _ => "16 colours",
    };
    let says = format!("{kind}, {width}x{height}, {colours}");
    match () {
        () if kind == "dumb" || kind.is_empty() => Finding::note(
            "terminal",
            says,
            "it cannot be drawn on: the commands work (rankscope eval), the screen does not",
        ),
        () if width < 80 || height < 24 => {
            Finding::note("terminal", says, "80x24 shows both lists side by side with their details")
        }
        () => Finding::fine("terminal", says),
    }
}

fn text(environment: &dyn Fn(&str) -> Option<String>) -> Finding {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| environment(name));
    let plain = locale.as_deref().unwrap_or_default().to_lowercase().replace('-', "");
    match plain.contains("utf8") || cfg!(windows) {
        true => Finding::fine("text", locale.unwrap_or_else(|| "UTF-8".to_owned())),
        false => Finding::note(
            "text",
            format!("the locale is {}, not UTF-8", locale.as_deref().unwrap_or("not set")),
            "set LANG to one with UTF-8 (C.UTF-8), or draw with --ascii",
        ),
    }
}

/// Variables that hold a key: of reranking services and of the model hub.
fn keys() -> Vec<&'static str> {
    let mut keys: Vec<&str> = SERVICES.iter().flat_map(|service| service.key_variables).copied().collect();
    keys.push(HUB_KEY);
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Which of the variables are set, by name only.
fn set(
    what: &'static str,
    names: &[&str],
    none: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Finding {
    let set: Vec<&str> = names.iter().copied().filter(|name| environment(name).is_some()).collect();
    match set.is_empty() {
        true => Finding::fine(what, none),
        false => Finding::fine(what, format!("set: {}", set.join(", "))),
    }
}

fn lines(findings: &[Finding]) -> String {
    let line = |found: &Finding| {
        let mark = match found.state {
            State::Fine => "✓",
            State::Note => "·",
            State::Missing => "✗",
        };
        let advice = match found.advice.is_empty() {
            true => String::new(),
            false => format!("  {:14}{}\n", "", visible(&found.advice)),
        };
        format!("{mark} {:<14}{}\n{advice}", found.what, visible(&found.says))
    };
    findings.iter().map(line).collect()
}

fn json(findings: &[Finding]) -> Result<String> {
    #[derive(Serialize)]
    struct Report<'a> {
        schema: u32,
        findings: &'a [Finding],
    }
    let text = serde_json::to_string(&Report { schema: 1, findings });
    Ok(text.map_err(|e| Error::bug(format!("JSON: {e}")))? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap: a key or a proxy's password in a report that people paste into a ticket.
    #[test]
    fn keys_and_proxies_are_named_and_never_quoted() {
        let environment = |name: &str| {
            matches!(name, "COHERE_API_KEY" | "https_proxy").then(|| "http://me:s3cret@host".to_owned())
        };
        let findings =
            [set("proxies", &PROXIES, "none", &environment), set("keys", &keys(), "none", &environment)];
        let shown = lines(&findings) + &json(&findings).unwrap();
        assert!(shown.contains("COHERE_API_KEY") && shown.contains("https_proxy"), "{shown}");
        assert!(!shown.contains("s3cret") && !shown.contains("VOYAGE"), "{shown}");
    }

    #[test]
    fn a_locale_that_is_not_utf_8_is_noted_with_a_way_out() {
        let with = |value: &'static str| text(&move |name| (name == "LANG").then(|| value.to_owned()));
        assert_eq!(with("C.UTF-8").state, State::Fine);
        assert_eq!(with("ja_JP.utf8").state, State::Fine);
        if !cfg!(windows) {
            assert_eq!(with("POSIX").state, State::Note);
            assert!(with("POSIX").advice.contains("--ascii"));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(cache(Some(folder.path())).state, State::Fine);
        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let found = cache(Some(&file));
        assert_eq!(found.state, State::Missing);
        assert!(found.advice.contains("--cache-dir"), "{found:?}");
    }
}
