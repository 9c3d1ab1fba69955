//! `validate`: what is wrong with a collection, what is odd, and what it is made of.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::args::{EngineArgs, Format, OutputArgs};
use super::print;
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
}

pub fn run(args: &ValidateArgs) -> Result<()> {
    let options = args.engine.options(false)?;
    // All bad rows are to be seen, not the first one.
    let read = ReadOptions { skip_bad_rows: true, ..options.read.clone() };
    let collection = corpus::read(&options.collection, &read)?;
    let counted = match args.no_tokens {
        true => Err("--no-tokens".to_owned()),
        false => count(&collection, &options.model).map_err(|error| error.message),
    };
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
fn count(collection: &Collection, model: &ModelOptions) -> Result<(String, Vec<ModelTokens>)> {
    let counter = TokenCounter::open(&locate(model)?)?;
    let passages = &collection.passages;
    let share = passages.len().div_ceil(model.threads.max(1)).max(1);
    let done = Counted { done: AtomicUsize::new(0), all: passages.len() };
    let counted: Vec<Result<Vec<ModelTokens>>> = std::thread::scope(|scope| {
        let (counter, done) = (&counter, &done);
        let of_share = move |passages: &[crate::domain::Passage]| -> Result<Vec<ModelTokens>> {
            let of_one = |passage: &crate::domain::Passage| {
                let reading = counter.reading(Role::Passage, &passage.indexed_text())?;
                done.one_more();
                Ok(ModelTokens { count: reading.n_tokens, truncated: reading.truncated })
            };
            passages.iter().map(of_one).collect()
        };
        let threads: Vec<_> =
            passages.chunks(share).map(|passages| scope.spawn(move || of_share(passages))).collect();
        let died = |_| Err(Error::bug("counting tokens panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(died)).collect()
    });
    done.end();
    let mut tokens = Vec::with_capacity(passages.len());
    for share in counted {
        tokens.extend(share?);
    }
    Ok((counter.card().id.clone(), tokens))
}

/// Progress on standard error, where that is a terminal and the collection is large.
struct Counted {
    done: AtomicUsize,
    all: usize,
}

impl Counted {
    /// Passages between two lines of progress; fewer than that are counted in a blink.
    const STEP: usize = 5_000;

    fn one_more(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if done % Self::STEP == 0 && std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r\x1b[Kcounting tokens {done}/{}", self.all);
        }
    }

    fn end(&self) {
        if self.all >= Self::STEP && std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
