//! How single values of the command line are read.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::config::{folders, user};
use crate::domain::rerankers::RERANKERS;
use crate::domain::{self, AnalyzerChoice, FusionMethod, JudgedBy, SecondStage};
use crate::export::Format;
use crate::index::cache::SCORES_MAX;
use crate::judge::Average;
use crate::tui::THEMES;

/// A parser with values that completions offer, beside the others that it takes.
#[derive(Clone)]
struct Offers<P> {
    parser: P,
    values: Vec<&'static str>,
}

impl<P: TypedValueParser> TypedValueParser for Offers<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<P::Value, clap::Error> {
        self.parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values.iter().map(|value| PossibleValue::new(*value))))
    }
}

/// A second stage; of the plans that there are without end, those of one reranker are offered.
pub fn second_stage() -> impl TypedValueParser<Value = SecondStage> {
    let alone = RERANKERS.iter().filter(|card| !card.takes_more()).map(|card| card.name);
    let parser = |written: &str| written.parse::<SecondStage>();
    Offers { parser, values: std::iter::once("none").chain(alone).collect() }
}

/// A reranker by its name, or a repository of the hub.
pub fn model_name() -> impl TypedValueParser<Value = String> {
    let names = RERANKERS.iter().filter(|card| !card.takes_more()).map(|card| card.name);
    Offers { parser: clap::builder::StringValueParser::new(), values: names.collect() }
}

/// A theme by its name; those of the user's own are not known to a completion.
pub fn theme() -> impl TypedValueParser<Value = String> {
    let names = THEMES.iter().map(|(name, _)| *name);
    Offers { parser: clap::builder::StringValueParser::new(), values: names.collect() }
}

/// The analyzers by their names.
pub fn analyzers() -> impl TypedValueParser<Value = AnalyzerChoice> {
    PossibleValuesParser::new(AnalyzerChoice::ALL.map(AnalyzerChoice::name)).map(|name| {
        let named = |choice: &AnalyzerChoice| choice.name() == name;
        AnalyzerChoice::ALL.into_iter().find(named).unwrap_or_default()
    })
}

pub fn fusion_method() -> impl TypedValueParser<Value = FusionMethod> {
    let values = FusionMethod::ALL.map(|method| PossibleValue::new(method.name()).help(method.words()));
    PossibleValuesParser::new(values).try_map(|name| {
        FusionMethod::ALL.into_iter().find(|method| method.name() == name).ok_or("no such method")
    })
}

pub fn average() -> impl TypedValueParser<Value = Average> {
    PossibleValuesParser::new(Average::ALL.map(Average::name)).try_map(|name| {
        Average::ALL.into_iter().find(|average| average.name() == name).ok_or("no such average")
    })
}

pub fn input_format() -> impl TypedValueParser<Value = domain::Format> {
    let all = domain::Format::ALL;
    PossibleValuesParser::new(all.map(domain::Format::name))
        .try_map(move |name| all.into_iter().find(|format| format.name() == name).ok_or("no such format"))
}

pub fn judged_by() -> impl TypedValueParser<Value = JudgedBy> {
    PossibleValuesParser::new(JudgedBy::ALL.map(JudgedBy::name)).try_map(|name| {
        JudgedBy::ALL.into_iter().find(|by| by.name() == name).ok_or("it is passage or document")
    })
}

/// The most that reranker scores may take: as said, else as in the user's `config.toml`, else the default.
/// Of what is wrong in that file the screen and `config check` speak.
pub fn score_cache_max(said: Option<u64>) -> u64 {
    said.or_else(|| user::config(&folders::config()?).0.score_cache_max).unwrap_or(SCORES_MAX)
}

pub fn weight(written: &str) -> Result<(String, f64), String> {
    let (name, weight) = written.split_once('=').ok_or("a weight is written NAME=WEIGHT")?;
    let weight = weight.parse().map_err(|_| format!("the weight {weight:?} is not a number"))?;
    Ok((name.to_owned(), weight))
}

pub fn report_format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .try_map(|name| Format::ALL.into_iter().find(|format| format.name() == name).ok_or("no such format"))
}
