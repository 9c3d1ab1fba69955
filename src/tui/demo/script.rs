//! What a script may say. In TOML: a `title`, and a `[[step]]` for each step, with
//!
//! - `caption`: what is said; needed.
//! - `query`: the identifier of a query of the collection, or `ask`: a query of one's own.
//! - `settings`: a table with the names of `rankscope.toml`, laid over the settings at the start; without
//!   it they stay as the step before left them.
//! - `press`: actions by name (`next-gold`, `curves-view`), as the list of all keys has them.
//! - `claims`: what must be so in the picture then (see [`Claim`]).
//! - `pause`: seconds that a recording stays; by default as long as the caption takes to read.
//! - `picture`: the name of the picture that `--pictures` writes of it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::claims::Claim;
use crate::config::Patch;
use crate::error::{Error, Result};

use super::super::actions::{ActionId, no_such_action};

/// The tour over the sample collection.
const BUILT_IN: &str = include_str!("tour.toml");

/// A whole script, every step read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// Where it stands, for what turns out to be wrong only on the screen.
    pub file: PathBuf,
    pub title: String,
    /// At least one.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// In the script, from 1.
    pub line: usize,
    /// Of the query, of the settings, and of each action, likewise.
    pub lines: Lines,
    pub caption: String,
    pub query: Option<Asked>,
    pub settings: Option<Patch>,
    pub press: Vec<ActionId>,
    pub claims: Vec<Claim>,
    /// Seconds.
    pub pause: Option<f64>,
    pub picture: Option<String>,
}

/// Where the parts of a step stand; its own line where it has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    pub query: usize,
    pub settings: usize,
    pub press: Vec<usize>,
}

/// Which query a step shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// One of the collection, by its identifier.
    Listed(String),
    /// A text of one's own.
    Typed(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScript {
    #[serde(default)]
    title: String,
    #[serde(default)]
    step: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    caption: String,
    query: Option<Spanned<String>>,
    ask: Option<Spanned<String>>,
    settings: Option<Spanned<Patch>>,
    #[serde(default)]
    press: Vec<Spanned<String>>,
    #[serde(default)]
    claims: Vec<Claim>,
    pause: Option<Spanned<f64>>,
    picture: Option<Spanned<String>>,
}

impl Script {
    /// The tour that comes with the program.
    ///
    /// # Errors
    /// Never with the script that is compiled in: a test reads it.
    pub fn built_in() -> Result<Self> {
        Self::parse(BUILT_IN, Path::new("the built-in tour"))
    }

    /// # Errors
    /// When the file cannot be read or is wrong; the message names the line.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::io("cannot read the script", file, &error))?;
        Self::parse(&text, file)
    }

    /// # Errors
    /// When something in it is wrong: the message names the line in `file`.
    pub fn parse(text: &str, file: &Path) -> Result<Self> {
        let line_of = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let wrong = |at: usize, fault: String| Error::input(fault).at_line(file, line_of(at));
        let raw: RawScript = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(at, error.message().to_owned()).advise("docs/demo.md says what a script may hold")
        })?;
        if raw.step.is_empty() {
            return Err(wrong(0, "a script needs at least one [[step]]".to_owned()));
        }
        let step = |raw: Spanned<RawStep>| {
            let raw_at = raw.span().start;
            let raw = raw.into_inner();
            let of = |at: Option<usize>| line_of(at.unwrap_or(raw_at));
            let lines = Lines {
                query: of(raw.query.as_ref().or(raw.ask.as_ref()).map(|text| text.span().start)),
                settings: of(raw.settings.as_ref().map(|settings| settings.span().start)),
                press: raw.press.iter().map(|name| line_of(name.span().start)).collect(),
            };
            let query = match (raw.query, raw.ask) {
                (Some(_), Some(ask)) => {
                    return Err(wrong(ask.span().start, "query and ask: a step shows one query".to_owned()));
                }
                (Some(id), None) => Some(Asked::Listed(id.into_inner())),
                (None, Some(text)) => Some(Asked::Typed(text.into_inner())),
                (None, None) => None,
            };
            let action = |name: Spanned<String>| {
                let named = ActionId::named(name.get_ref());
                named.ok_or_else(|| {
                    let fault = format!("press: {}", no_such_action(name.get_ref()));
                    wrong(name.span().start, fault).advise("rankscope demo --actions lists them")
                })
            };
            let settings = raw.settings.map(|settings| {
                let at = settings.span().start;
                let patch = settings.into_inner();
                match patch.check() {
                    Ok(()) if patch.legs.is_none() => Ok(patch),
                    Ok(()) => {
                        Err(wrong(at, "settings: the legs are chosen when the program starts".to_owned()))
                    }
                    Err(fault) => Err(wrong(at, fault)),
                }
            });
            let pause = raw.pause.map(|pause| match *pause.get_ref() {
                seconds if (0.0..=600.0).contains(&seconds) => Ok(seconds),
                seconds => Err(wrong(pause.span().start, format!("pause = {seconds}: 0 to 600 seconds"))),
            });
            let picture = raw.picture.map(|name| {
                let fits = |name: &str| {
                    !name.is_empty()
                        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
                };
                match fits(name.get_ref()) {
                    true => Ok(name.get_ref().clone()),
                    false => Err(wrong(
                        name.span().start,
                        "picture: a name of letters, digits and hyphens".to_owned(),
                    )),
                }
            });
            Ok(Step {
                line: line_of(raw_at),
                lines,
                caption: raw.caption.split_whitespace().collect::<Vec<_>>().join(" "),
                query,
                settings: settings.transpose()?,
                press: raw.press.into_iter().map(action).collect::<Result<_>>()?,
                claims: raw.claims,
                pause: pause.transpose()?,
                picture: picture.transpose()?,
            })
        };
        let steps = raw.step.into_iter().map(step).collect::<Result<_>>()?;
        Ok(Self { file: file.to_owned(), title: raw.title, steps })
    }
}

impl Step {
    /// Seconds that a recording stays at the step: the caption at four words a second, and a look around.
    pub fn seconds(&self) -> f64 {
        let words = self.caption.split_whitespace().count() as f64;
        self.pause.unwrap_or(2.0 + words / 4.0)
    }
}
