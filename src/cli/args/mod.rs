//! The command line as clap reads it, and the way from flags to settings. What belongs to one command
//! alone stands beside that command; here is what several share.

mod engine;
mod inputs;
mod judging;
mod output;
mod services;
mod values;
mod written;

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Parser, Subcommand, ValueEnum};

use super::analyze::AnalyzeArgs;
use super::eval::EvalArgs;
pub use engine::{EngineArgs, needs_model};
pub use judging::JudgeArgs;
pub use output::OutputArgs;
pub use values::{analyzers, model_name, report_format, score_cache_max};

/// The version with what it computes with.
fn long_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{}\nONNX Runtime {}, where none is found that is newer\nmodel multilingual-e5-small-q4, bundled",
            env!("CARGO_PKG_VERSION"),
            crate::models::runtime::PINNED_VERSION,
        )
    });
    &VERSION
}

/// A terminal debugger for two-stage retrieval: the candidate set beside the reranked list, every rank
/// movement, and where each gold passage is lost.
///
/// Without a command it opens the screen; where standard output is no terminal, it prints the findings.
#[derive(Debug, Parser)]
#[command(version, long_version = long_version(), about, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Write a log to FILE (never to the screen); RANKSCOPE_LOG sets its level
    #[arg(long, value_name = "FILE", global = true, help_heading = None::<&str>)]
    pub log: Option<PathBuf>,
    /// Colours: where the terminal has them (NO_COLOR and TERM=dumb rule them out), always, or never
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto, global = true, help_heading = None::<&str>)]
    pub color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// `None`: as the environment says.
    pub fn coloured(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the metrics before and after reranking, and the ceiling, without a screen
    Eval(Box<EvalArgs>),
    /// The protocol as a report: was the gold surfaced, where was it lost, does reranking pay, what does it
    /// cost, and what to do next
    Diagnose(Box<super::diagnose::DiagnoseArgs>),
    /// The whole journey of one passage for one query, and what would change it
    Explain(Box<super::explain::ExplainArgs>),
    /// Print one query's lists
    Search(Box<super::search::SearchArgs>),
    /// Hold two settings, two runs or two saved reports against each other
    Compare(Box<super::compare::CompareArgs>),
    /// Try every setting of a grid, and say what the best one can be expected to gain
    Sweep(Box<super::sweep::SweepArgs>),
    /// Write lists, judgments or findings to a file, or the hybrid setting as an engine's own query
    Export(Box<super::export::ExportArgs>),
    /// Rerankers: which there are, fetching and removing their models
    Models(super::models::ModelsArgs),
    /// Hold several second stages against each other on the same candidates
    Rerankers(Box<super::rerankers::RerankersArgs>),
    /// What is kept of what was computed, and forgetting it
    Cache(super::cache::CacheArgs),
    /// Look a collection over: what is wrong with it, what is odd, what it is made of
    Validate(Box<super::validate::ValidateArgs>),
    /// Show how a text is read: its language, and the terms after each step of the analyzer
    Analyze(AnalyzeArgs),
    /// What works on this machine, and what to do where something does not
    Doctor(super::doctor::DoctorArgs),
    /// A tour of the screen over the sample collection, step by step; or a script of your own
    Demo(Box<super::demo::DemoArgs>),
    /// Write the sample collection to a folder of your own, to try things on
    Sample(super::sample::SampleArgs),
    /// The user's own configuration: what holds, where it is, what is wrong with it
    Config(super::configuration::ConfigArgs),
    /// Print completions for a shell
    Completions(super::shell::CompletionsArgs),
    /// Print the man page
    Man,
}

#[derive(Debug, clap::Args)]
pub struct ScreenArgs {
    /// Draw with ASCII signs only
    #[arg(long)]
    pub ascii: bool,
    /// Leave the mouse to the terminal, so that text can be selected
    #[arg(long)]
    pub no_mouse: bool,
    /// Colours: auto (light or dark as the terminal is), dark, light, high-contrast, colour-blind, or a
    /// theme of your own (see `rankscope config path`) [default: auto]
    #[arg(long, value_parser = values::theme(), hide_possible_values = true, value_name = "NAME",
        env = "RANKSCOPE_THEME")]
    pub theme: Option<String>,
    /// Begin without the query and the settings of the last time
    #[arg(long)]
    pub fresh: bool,
    /// Begin with this query of the collection
    #[arg(long, value_name = "ID")]
    pub query: Option<String>,
    /// Begin with this query of your own
    #[arg(long, value_name = "TEXT", conflicts_with = "query")]
    pub ask: Option<String>,
    /// For an audience: fewer columns, larger marks
    #[arg(long)]
    pub presenter: bool,
    /// Begin with the tour that FILE describes (TOML)
    #[arg(long, value_name = "FILE")]
    pub demo: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::domain::SecondStage;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_contract_of_eval_parses() {
        let args = Args::try_parse_from([
            "rankscope",
            "eval",
            "folder",
            "--first",
            "hybrid",
            "--fusion",
            "convex",
            "--alpha",
            "0.3",
            "--rrf-k",
            "60",
            "--depth",
            "500",
            "--window",
            "100",
            "-n",
            "50",
            "-k",
            "10",
            "--rerank",
            "none",
            "--format",
            "json",
            "--first-run",
            "a",
            "--reranked-run",
            "b",
            "--offline",
            "--cache-dir",
            "c",
            "--quiet",
        ])
        .unwrap();
        let Some(Command::Eval(eval)) = args.command else { panic!("eval") };
        assert_eq!(eval.engine.collection, Some("folder".into()));
        assert_eq!(eval.engine.patch().rerank, Some(SecondStage::none()));
        assert_eq!(
            (eval.engine.n, eval.engine.k, eval.format),
            (Some(50), Some(10), Some(crate::export::Format::Json))
        );
    }

    #[test]
    fn a_folder_may_follow_no_command() {
        let args = Args::try_parse_from(["rankscope", "my/folder", "--ascii", "-n", "20"]).unwrap();
        assert!(args.command.is_none());
        assert_eq!(args.engine.collection, Some("my/folder".into()));
        assert!(Args::try_parse_from(["rankscope", "eval", "x", "--fusion", "sum"]).is_err());
    }
}
