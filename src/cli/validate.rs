//! `validate`: what is wrong with a collection, what is odd, and what it is made of.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::args::{EngineArgs, Format, OutputArgs};
use super::print;
use super::progress::Progress;
use crate::corpus::{self, Collection, ReadOptions};
use crate::error::{Error, Result};
use crate::export::validation;
use crate::models::{ModelOptions, Role, TokenCounter, locate};
use crate::validate::{ModelTokens, Options, Severity, Validation};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rankscope validate my/collection
  rankscope validate my/collection --strict        exit code 3 when something is wrong, for a build
  rankscope validate my/collection --json | jq '.checks[] | {name, count}'")]
pub struct ValidateArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// End with exit code 3 when something is wrong (what is only odd does not count)
    #[arg(long)]
    pub strict: bool,
    /// Do not count the model's tokens, which takes the most time in a large collection
    #[arg(long)]
    pub no_tokens: bool,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

pub fn run(args: &ValidateArgs) -> Result<()> {
    let options = args.engine.options(false)?;
    // All bad rows are to be seen, not the first one.
    let read = ReadOptions { skip_bad_rows: true, ..options.read.clone() };
    let progress = RefCell::new(Progress::new(args.quiet));
    let collection = corpus::read_telling(&options.collection, &read, &|reading| {
        progress.borrow_mut().read(&reading);
        ControlFlow::Continue(())
    })?;
    let mut progress = progress.into_inner();
    let counted = match args.no_tokens {
        true => Err("--no-tokens".to_owned()),
        false => count(&collection, &options.model, &mut progress).map_err(|error| error.message),
    };
    drop(progress);
    let (model, tokens) = match counted {
        Ok((model, tokens)) => (Ok(model), Some(tokens)),
        Err(why) => (Err(why), None),
    };
    let looked = Validation::of(&collection, &Options { rel_level: options.settings.rel_level, tokens });
    let model = model.as_deref().map_err(String::as_str);
    print(&match args.output.format() {
        Format::Json => validation::json(&looked, &collection, model)?,
        Format::Text => validation::text(&looked, &collection, model),
    })?;
    match args.strict && looked.is_wrong() {
        true => Err(wrong(&looked, &collection)),
        false => Ok(()),
    }
}

fn wrong(looked: &Validation, collection: &Collection) -> Error {
    let wrong = looked.checks.iter().filter(|check| check.kind.severity() == Severity::Wrong);
    let words: Vec<String> =
        wrong.map(|check| format!("{} {}", check.count, check.kind.words(check.count))).collect();
    Error::input(words.join("; ")).in_file(&collection.folder)
}

/// The model's name, and the tokens of every passage, counted on all cores.
fn count(
    collection: &Collection,
    model: &ModelOptions,
    progress: &mut Progress,
) -> Result<(String, Vec<ModelTokens>)> {
    /// Between two looks at how far it is.
    const PACE: Duration = Duration::from_millis(20);
    let counter = TokenCounter::open(&locate(model)?)?;
    let passages = &collection.passages;
    let share = passages.len().div_ceil(model.threads.max(1)).max(1);
    let done = AtomicUsize::new(0);
    let counted: Vec<Result<Vec<ModelTokens>>> = std::thread::scope(|scope| {
        let (counter, done) = (&counter, &done);
        let of_share = move |passages: &[crate::domain::Passage]| -> Result<Vec<ModelTokens>> {
            let of_one = |passage: &crate::domain::Passage| {
                let reading = counter.reading(Role::Passage, &passage.indexed_text())?;
                done.fetch_add(1, Ordering::Relaxed);
                Ok(ModelTokens { count: reading.n_tokens, truncated: reading.truncated })
            };
            passages.iter().map(of_one).collect()
        };
        let threads: Vec<_> =
            passages.chunks(share).map(|passages| scope.spawn(move || of_share(passages))).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            progress.count("counting tokens", done.load(Ordering::Relaxed), passages.len());
            std::thread::park_timeout(PACE);
        }
        let died = |_| Err(Error::bug("counting tokens panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(died)).collect()
    });
    let mut tokens = Vec::with_capacity(passages.len());
    for share in counted {
        tokens.extend(share?);
    }
    Ok((counter.card().id.clone(), tokens))
}
