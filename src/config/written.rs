//! Settings in one line, as `compare` and `sweep` take them: `alpha=.3,n=100,fusion=convex`. The names are
//! those of the flags and of the file.

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{Patch, check};
use crate::domain::Settings;
use crate::error::{Error, Result};

/// Other names that people use for a setting.
const ALSO: [(&str, &str); 7] = [
    ("method", "fusion"),
    ("reranker", "rerank"),
    ("candidates", "n"),
    ("deliver", "k"),
    ("k1", "bm25-k1"),
    ("b", "bm25-b"),
    ("leg", "first"),
];

/// The names that may be written, for a message.
const NAMES: &str = "first, fusion, alpha, weight.LEG, rrf-k, depth, window, n, k, rerank, blend, threshold, \
                     bm25-k1, bm25-b, title-boost, analyzer, fold-han, ann, ann-ef, rel-level";

impl Patch {
    /// Reads `name=value,name=value`; nothing written is no change.
    ///
    /// # Errors
    /// When a name or a value is wrong.
    pub fn written(line: &str) -> Result<Self> {
        let parts: Vec<(&str, &str)> = line
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                part.split_once('=').ok_or_else(|| {
                    Error::usage(format!("{part:?}: a setting is written name=value"))
                        .advise(format!("names: {NAMES}"))
                })
            })
            .collect::<Result<_>>()?;
        Self::of(&parts)
    }

    /// The same from names and values that are apart.
    ///
    /// # Errors
    /// As [`Patch::written`].
    pub fn of(parts: &[(&str, &str)]) -> Result<Self> {
        let (mut table, mut weights) = (Table::new(), Table::new());
        for (name, value) in parts {
            let name = proper(name);
            match name.strip_prefix("weight.") {
                Some(leg) => weights.insert(leg.to_owned(), read(value)),
                None => table.insert(name, read(value)),
            };
        }
        if !weights.is_empty() {
            table.insert("weights".to_owned(), Value::Table(weights));
        }
        let wrong = |fault: String| {
            let written: Vec<String> = parts.iter().map(|(name, value)| format!("{name}={value}")).collect();
            Error::usage(format!("{}: {fault}", written.join(","))).advise(format!("names: {NAMES}"))
        };
        let patch =
            Self::deserialize(Value::Table(table)).map_err(|error| wrong(error.message().to_owned()))?;
        if patch.legs.is_some() {
            return Err(wrong("the legs are the same on both sides: --leg".to_owned()));
        }
        check::values(&patch).map_err(wrong)?;
        Ok(patch)
    }

    /// These settings with the patch over them, for a first stage with the legs named.
    ///
    /// # Errors
    /// When a leg is not known, or values make no sense together.
    pub fn over(&self, settings: &Settings, legs: &[String]) -> Result<Settings> {
        let mut changed = settings.clone();
        // α speaks only where no weight was given one by one.
        if self.alpha.is_some() && self.weights.is_empty() {
            changed.weights.clear();
        }
        self.apply(&mut changed, legs).map_err(Error::usage)?;
        Ok(changed)
    }
}

/// The name as the file has it.
fn proper(name: &str) -> String {
    let name = name.trim().trim_start_matches("--").to_lowercase().replace('_', "-");
    let also = ALSO.iter().find(|(other, _)| *other == name);
    also.map_or(name, |(_, proper)| (*proper).to_owned())
}

/// A number or truth value where it reads as one, else text.
fn read(value: &str) -> Value {
    let value = value.trim();
    if let Ok(whole) = value.parse() {
        return Value::Integer(whole);
    }
    if let Ok(number) = value.parse() {
        return Value::Float(number);
    }
    match value {
        "true" | "yes" => Value::Boolean(true),
        "false" | "no" => Value::Boolean(false),
        text => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FusionMethod;

    fn over(line: &str) -> Result<Settings> {
        let legs = ["bm25".to_owned(), "dense".to_owned()];
        Patch::written(line)?.over(&Settings::default(), &legs)
    }

    #[test]
    fn names_are_those_of_the_flags_and_what_people_say() {
        let settings = over("alpha=.3, N=100,method=convex,reranker=none,k1=1,title_boost=2").unwrap();
        assert_eq!((settings.alpha, settings.candidates), (0.3, 100));
        assert_eq!((settings.fusion, settings.bm25.k1), (FusionMethod::Convex, 1.0));
        assert!(settings.reranker.is_none());
        assert_eq!(settings.bm25.title_boost, 2.0);
        assert_eq!(over("").unwrap(), Settings::default());
    }

    #[test]
    fn weights_are_by_leg_and_alpha_takes_them_back() {
        let weighted = over("weight.dense=2").unwrap();
        assert_eq!(weighted.leg_weights(2), [1.0, 2.0]);
        let legs = ["bm25".to_owned(), "dense".to_owned()];
        let by_alpha = Patch::written("alpha=1").unwrap().over(&weighted, &legs).unwrap();
        assert_eq!(by_alpha.leg_weights(2), [0.0, 2.0]);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_names_that_there_are() {
        for (line, said) in [
            ("alpha", "name=value"),
            ("alpha=2", "alpha = 2"),
            ("alpha=much", "much"),
            ("colour=red", "colour"),
            ("n=0", "at least 1"),
            ("n=1.5", "n=1.5"),
            ("first=splade", "there are hybrid, bm25, dense"),
            ("weight.splade=1", "no such leg"),
            ("weight.bm25=0,weight.dense=0", "every weight is 0"),
            ("fusion=sum", "sum"),
        ] {
            let error = over(line).unwrap_err();
            assert_eq!(error.kind.exit_code(), 2, "{line}");
            assert!(error.to_string().contains(said), "{line}: {error}");
        }
    }
}
