//! `export`: lists, judgments and findings in files of other tools, and the hybrid setting as the query of
//! a search engine.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::args::{EngineArgs, JudgeArgs};
use super::{eval, print_report};
use crate::durable::write_atomically;
use crate::engine::runs::RunList;
use crate::engine::{EngineOptions, Evaluation, LegSpec};
use crate::error::{Error, Result};
use crate::export::engines::Engine;
use crate::export::{self, Format, TableKind};

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub judging: JudgeArgs,
    /// What to write [default: report; with an engine for --to: query]
    #[arg(long, value_name = "WHAT", value_parser = what())]
    pub what: Option<What>,
    /// The format, or the engine that is to understand it [default: what fits WHAT]
    #[arg(long, value_name = "FORMAT", value_parser = target())]
    pub to: Option<Target>,
    /// Where to write [default: standard output]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Report,
    Table(TableKind),
    /// What is delivered: reranked, or the first stage's where there is no second.
    Run,
    FirstRun,
    RerankedRun,
    Qrels,
    /// The hybrid setting in an engine's terms.
    Query,
}

/// What it is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Format(Format),
    Trec,
    Beir,
    Engine(Engine),
}

impl What {
    fn all() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        let own = [
            (Self::Report, "report", "all findings (text, json, html, csv, tsv, markdown, latex)"),
            (Self::Run, "run", "what is delivered for each judged query, as a TREC run"),
            (Self::FirstRun, "first-run", "the first stage's whole lists, as a TREC run"),
            (Self::RerankedRun, "reranked-run", "the reranked candidate sets, as a TREC run"),
            (Self::Qrels, "qrels", "the judgments (trec, beir)"),
            (Self::Query, "query", "the hybrid setting as an engine's own query"),
        ];
        let table = |kind: TableKind| (Self::Table(kind), kind.name(), kind.words());
        own.into_iter().chain(TableKind::ALL.into_iter().map(table))
    }

    fn name(self) -> &'static str {
        Self::all().find(|(what, ..)| *what == self).map_or("", |(_, name, _)| name)
    }
}

impl Target {
    fn all() -> impl Iterator<Item = (Self, &'static str)> {
        let formats =
            Format::ALL.into_iter().filter(|format| !matches!(format, Format::Junit | Format::Github));
        let formats = formats.map(|format| (Self::Format(format), format.name()));
        let files = [(Self::Trec, "trec"), (Self::Beir, "beir")];
        formats
            .chain(files)
            .chain(Engine::ALL.into_iter().map(|engine| (Self::Engine(engine), engine.name())))
    }

    fn name(self) -> &'static str {
        Self::all().find(|(target, _)| *target == self).map_or("", |(_, name)| name)
    }
}

fn what() -> impl TypedValueParser<Value = What> {
    let values: Vec<PossibleValue> =
        What::all().map(|(_, name, words)| PossibleValue::new(name).help(words)).collect();
    PossibleValuesParser::new(values).try_map(|name| {
        What::all()
            .find(|(_, other, _)| *other == name)
            .map(|(what, ..)| what)
            .ok_or("no such thing to export")
    })
}

fn target() -> impl TypedValueParser<Value = Target> {
    let values: Vec<PossibleValue> = Target::all().map(|(_, name)| PossibleValue::new(name)).collect();
    PossibleValuesParser::new(values).try_map(|name| {
        Target::all().find(|(_, other)| *other == name).map(|(target, _)| target).ok_or("no such format")
    })
}

pub fn run(args: &ExportArgs) -> Result<()> {
    let what = match (args.what, args.to) {
        (Some(what), _) => what,
        (None, Some(Target::Engine(_))) => What::Query,
        (None, Some(Target::Beir)) => What::Qrels,
        (None, Some(Target::Trec)) => What::Run,
        (None, _) => What::Report,
    };
    let target = fitting(what, args.to)?;
    let options = EngineOptions { judging: args.judging.options()?, ..args.engine.options(false)? };
    if what == What::RerankedRun && options.settings.reranker.is_none() {
        return Err(Error::usage("--what reranked-run with --rerank none: there is no reranked list"));
    }
    if let Target::Engine(engine) = target {
        let legs: Vec<_> = options.legs.iter().map(LegSpec::leg_name).collect();
        return write(args, &engine.snippet(&options.settings, &legs).text());
    }
    let evaluation = eval::settle(&options, args.quiet, true)?;
    write(args, &text(what, target, &evaluation)?)?;
    eval::unavailable(&evaluation)
}

/// The target, or the usual one for what is exported.
fn fitting(what: What, to: Option<Target>) -> Result<Target> {
    let (usual, fits): (Target, fn(Target) -> bool) = match what {
        What::Report => (Target::Format(Format::Json), |target| matches!(target, Target::Format(_))),
        What::Table(_) => (
            Target::Format(Format::Csv),
            |target| matches!(target, Target::Format(format) if format.is_tabular()),
        ),
        What::Run | What::FirstRun | What::RerankedRun => (Target::Trec, |target| target == Target::Trec),
        What::Qrels => (Target::Trec, |target| matches!(target, Target::Trec | Target::Beir)),
        What::Query => {
            let engines = Engine::ALL.map(Engine::name).join(", ");
            let engine = to.ok_or_else(|| {
                Error::usage("--what query wants to know for which engine")
                    .advise(format!("--to one of {engines}"))
            })?;
            (engine, |target| matches!(target, Target::Engine(_)))
        }
    };
    let target = to.unwrap_or(usual);
    if fits(target) {
        return Ok(target);
    }
    let others: Vec<&str> = Target::all().filter(|(other, _)| fits(*other)).map(|(_, name)| name).collect();
    Err(Error::usage(format!("--what {} cannot be written as {}", what.name(), target.name()))
        .advise(format!("it can be written as {}", others.join(", "))))
}

fn text(what: What, target: Target, evaluation: &Evaluation) -> Result<String> {
    let Evaluation { collection, snapshot, .. } = evaluation;
    let reranked = !snapshot.settings.reranker.is_none();
    let run = |lists: &[RunList], tag: &str| export::trec::run(lists, collection, tag);
    let (first, second) = (snapshot.ran_name(), snapshot.settings.reranker.name());
    match (what, target) {
        (What::FirstRun, _) => run(&evaluation.runs()?.first, &first),
        (What::Run, _) if !reranked => run(&evaluation.runs()?.first, &first),
        (What::Run | What::RerankedRun, _) => run(&evaluation.runs()?.reranked, &second),
        (What::Qrels, Target::Beir) => export::trec::beir_qrels(collection),
        (What::Qrels, _) => export::trec::qrels(collection),
        (What::Table(kind), Target::Format(format)) => {
            format.table(&kind.of(snapshot, collection), kind.words())
        }
        (_, Target::Format(format)) => format.write(evaluation, &[]),
        (_, other) => Err(Error::bug(format!("nothing to write as {}", other.name()))),
    }
}

fn write(args: &ExportArgs, text: &str) -> Result<()> {
    match &args.out {
        Some(file) => write_atomically(file, text.as_bytes()),
        None => print_report(text),
    }
}
