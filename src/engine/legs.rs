//! The legs of the first stage: built in, or lists from outside.

use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::corpus::{Collection, ReadOptions, Reading, run};
use crate::domain::{Hit, LegId, LegName, LegScale, MAX_LEGS};
use crate::error::{Error, Result};

/// The name of the built-in BM25 leg.
pub const BM25: &str = "bm25";
/// The name of the built-in dense leg.
pub const DENSE: &str = "dense";

/// Where a leg's lists come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegSource {
    Bm25,
    Dense,
    /// A TREC run file: the lists of another engine.
    Run(PathBuf),
}

/// One leg as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegSpec {
    pub name: String,
    pub source: LegSource,
}

impl LegSpec {
    /// The built-in legs, which are the first stage where nothing else is asked for.
    pub fn built_in() -> Vec<Self> {
        let leg = |name: &str, source| Self { name: name.to_owned(), source };
        vec![leg(BM25, LegSource::Bm25), leg(DENSE, LegSource::Dense)]
    }

    /// `bm25`, `dense`, or `NAME=RUNFILE`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(written: &str) -> Result<Self> {
        let (name, source) = match written.split_once('=') {
            Some((name, file)) if !file.is_empty() => (name, LegSource::Run(file.into())),
            None if written == BM25 => (BM25, LegSource::Bm25),
            None if written == DENSE => (DENSE, LegSource::Dense),
            _ => {
                return Err(Error::usage(format!("leg {written:?}: there is no such leg")).advise(
                    "a leg is bm25, dense, or NAME=FILE with the lists of another engine as a TREC run",
                ));
            }
        };
        let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return Err(Error::usage(format!(
                "leg {written:?}: a name has letters, digits, hyphens, underscores and dots"
            )));
        }
        if matches!(name, "hybrid" | "fused" | "reranked" | "first") {
            return Err(Error::usage(format!("leg {written:?}: the name {name} has a meaning of its own")));
        }
        Ok(Self { name: name.to_owned(), source })
    }

    /// The leg's name, and what its scores are.
    pub fn leg_name(&self) -> LegName {
        LegName {
            name: self.name.as_str().into(),
            scale: match self.source {
                LegSource::Bm25 => LegScale::Bm25,
                LegSource::Dense => LegScale::Cosine,
                LegSource::Run(_) => LegScale::Unknown,
            },
        }
    }

    /// # Errors
    /// When two have one name, or there are none or too many.
    pub fn check(legs: &[Self]) -> Result<()> {
        if legs.is_empty() || legs.len() > MAX_LEGS {
            return Err(Error::usage(format!("{} legs: 1 to {MAX_LEGS} are possible", legs.len())));
        }
        let twice = legs.iter().enumerate().find(|(i, leg)| legs[..*i].iter().any(|l| l.name == leg.name));
        match twice {
            Some((_, leg)) => Err(Error::usage(format!("two legs are called {}", leg.name))),
            None => Ok(()),
        }
    }
}

/// The legs of one engine.
pub struct Legs {
    pub names: std::sync::Arc<[LegName]>,
    pub bm25: Option<LegId>,
    pub dense: Option<LegId>,
    /// By leg; of each run its lists by [`crate::domain::QueryIdx`], best first.
    pub runs: Vec<Option<Vec<Vec<Hit>>>>,
}

impl Legs {
    /// Reads the run files; `tell` hears how far it is, and can stop it. What is odd in them is said in
    /// `notes`.
    ///
    /// # Errors
    /// When a run cannot be read, or has rows that cannot be used and are not to be left out.
    pub fn open(
        specs: &[LegSpec],
        collection: &Collection,
        read: &ReadOptions,
        notes: &mut Vec<String>,
        tell: &dyn Fn(Reading) -> ControlFlow<()>,
    ) -> Result<Self> {
        let place = |source: LegSource| specs.iter().position(|leg| leg.source == source).map(LegId);
        let mut runs = Vec::new();
        for spec in specs {
            runs.push(match &spec.source {
                LegSource::Run(file) => {
                    let lists = run::read_telling(file, collection, read, tell)?;
                    notes.extend(lists.notes.into_iter().map(|note| format!("leg {}: {note}", spec.name)));
                    Some(lists.lists)
                }
                LegSource::Bm25 | LegSource::Dense => None,
            });
        }
        Ok(Self {
            names: specs.iter().map(LegSpec::leg_name).collect(),
            bm25: place(LegSource::Bm25),
            dense: place(LegSource::Dense),
            runs,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_is_built_in_or_a_named_file() {
        assert_eq!(LegSpec::parse("bm25").unwrap(), LegSpec::built_in()[0]);
        let run = LegSpec::parse("splade=runs/a=b.txt").unwrap();
        assert_eq!((run.name.as_str(), run.source), ("splade", LegSource::Run("runs/a=b.txt".into())));
        // Another engine's BM25 may carry the name.
        assert_eq!(LegSpec::parse("bm25=run.txt").unwrap().source, LegSource::Run("run.txt".into()));
        for bad in ["splade", "x=", "=run.txt", "a b=run.txt", "hybrid=run.txt"] {
            assert!(LegSpec::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_legs_of_one_name_are_refused() {
        let leg = |written| LegSpec::parse(written).unwrap();
        assert!(LegSpec::check(&[leg("a=1"), leg("a=2")]).unwrap_err().to_string().contains("called a"));
        assert!(LegSpec::check(&[]).is_err());
        LegSpec::check(&LegSpec::built_in()).unwrap();
    }
}
