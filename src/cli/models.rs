//! `models`: which rerankers there are, which are on this machine, and fetching and removing them.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Subcommand;

use super::args::model_name;
use super::print;
use crate::domain::rerankers::{self, FASTEMBED, Origin, RERANKERS, RerankerCard, RerankerKind};
use crate::error::{Error, Result};
use crate::models::hub::FetchProgress;
use crate::models::store::{self, Stored};
use crate::models::{CrossEncoderFiles, ModelOptions, locate};
use crate::rerank::http;
use crate::text::visible;

/// Least time between two lines of progress.
const PACE: Duration = Duration::from_millis(100);

#[derive(Debug, clap::Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    pub command: ModelsCommand,
    /// Where models are kept [default: rankscope in the user's cache folder]
    #[arg(long, value_name = "DIR", env = "RANKSCOPE_CACHE_DIR", global = true)]
    pub cache_dir: Option<PathBuf>,
    /// Never use the network
    #[arg(long, env = "RANKSCOPE_OFFLINE", global = true)]
    pub offline: bool,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Every reranker with a name, what it is and costs, and whether it is here
    List,
    /// Fetch a model from the Hugging Face hub: a name of the list, or OWNER/NAME with an ONNX export
    Pull {
        #[arg(value_parser = model_name(), hide_possible_values = true)]
        name: String,
        /// A branch, a tag or a commit; what it means is looked up once, and every file is of that commit
        #[arg(long, default_value = "main")]
        revision: String,
        /// The ONNX file in the repository [default: the usual one]
        #[arg(long, value_name = "PATH")]
        file: Option<String>,
    },
    /// What is known of one reranker, and where its files are
    Info {
        #[arg(value_parser = model_name(), hide_possible_values = true)]
        name: String,
    },
    /// Remove a fetched model from this machine
    Remove {
        #[arg(value_parser = model_name(), hide_possible_values = true)]
        name: String,
    },
}

pub fn run(args: &ModelsArgs) -> Result<()> {
    let options =
        ModelOptions { cache_dir: args.cache_dir.clone(), offline: args.offline, ..ModelOptions::default() };
    match &args.command {
        ModelsCommand::List => print(&list(&options)),
        ModelsCommand::Pull { name, revision, file } => pull(&options, name, revision, file.as_deref()),
        ModelsCommand::Info { name } => print(&info(&options, name)?),
        ModelsCommand::Remove { name } => {
            let bytes = store::remove(&options, name)?;
            print(&format!("removed {} ({})\n", visible(name), size(bytes)))
        }
    }
}

fn list(options: &ModelOptions) -> String {
    let mut out = String::new();
    let stored = store::list(options);
    let _ = writeln!(
        out,
        "{:<36} {:<17} {:>6} {:>7}  {:<14} {:<26} here",
        "name", "kind", "params", "tokens", "languages", "licence"
    );
    for card in &RERANKERS {
        let context = card.context.map_or_else(|| "–".to_owned(), |tokens| tokens.to_string());
        let here = match card.origin {
            Origin::Bundled => "bundled",
            Origin::Hub { .. } if stored.iter().any(|one| one.name == card.name) => "yes",
            Origin::Hub { .. } => "no",
            Origin::Fastembed | Origin::Remote => "–",
        };
        let _ = writeln!(
            out,
            "{:<36} {:<17} {:>6} {:>7}  {:<14} {:<26} {here}",
            card.written(),
            card.kind.name(),
            if card.parameters.is_empty() { "–" } else { card.parameters },
            context,
            card.languages,
            cut(card.licence),
        );
    }
    for other in stored.iter().filter(|one| rerankers::card(&one.name).is_none()) {
        let _ =
            writeln!(out, "{:<36} {} ({})", visible(&other.name), other.folder.display(), size(other.bytes));
    }
    out.push_str("\nrankscope models pull NAME fetches one; --rerank NAME uses it.\n");
    out
}

/// A licence's name without what it means.
fn cut(licence: &str) -> &str {
    licence.split(':').next().unwrap_or(licence)
}

fn info(options: &ModelOptions, name: &str) -> Result<String> {
    let mut out = String::new();
    if let Some(of) = rerankers::of_fastembed(name) {
        let model = rerankers::fastembed_card(of).ok_or_else(|| unknown(name))?;
        by_fastembed(&mut out, model);
        out.push_str(&info(options, model.name)?);
        return Ok(out);
    }
    let (name, card) = (rerankers::own_name(name), rerankers::card(name));
    let stored = store::find(options, name);
    if let Some(card) = card {
        facts(&mut out, card);
    }
    match (card.map(|card| card.origin), &stored) {
        (Some(Origin::Bundled), _) => {
            let folder = match name {
                "cross-encoder" => CrossEncoderFiles::bundled(options)?.graph,
                _ => locate(options)?.card.folder,
            };
            line(&mut out, "here", &folder.display().to_string());
            line(
                &mut out,
                "checked",
                "by length when it is loaded; its SHA-256 is part of every score's key",
            );
        }
        (_, Some(stored)) => here(&mut out, stored),
        (Some(Origin::Hub { graph, weights, .. }), None) => {
            let place = store::store_folders(options, name).into_iter().next().unwrap_or_default();
            line(&mut out, "here", &format!("no: rankscope models pull {name}"));
            line(&mut out, "or by hand to", &place.display().to_string());
            line(
                &mut out,
                "revision",
                "main, as it is when it is pulled: no commit is set beforehand, one is kept",
            );
            let files: Vec<&str> = [graph].iter().chain(weights).copied().collect();
            line(&mut out, "files", &format!("{}, tokenizer.json and its settings", files.join(", ")));
            line(
                &mut out,
                "checked",
                "by the SHA-256 that the hub names (of large files); the small ones, of which it names none, \
                 by length alone",
            );
        }
        (Some(Origin::Fastembed | Origin::Remote), None) => {}
        (None, None) => return Err(unknown(name)),
    }
    Ok(out)
}

fn unknown(name: &str) -> Error {
    Error::usage(format!("no reranker is called {name:?}")).advise("`rankscope models list` tells the names")
}

fn line(out: &mut String, what: &str, value: &str) {
    let _ = writeln!(out, "  {what:<14} {value}");
}

/// What the table says.
fn facts(out: &mut String, card: &RerankerCard) {
    let _ = writeln!(out, "{}: {}, {}", card.written(), card.kind.name(), card.of);
    for (what, value) in [
        ("licence", card.licence),
        ("languages", card.languages),
        ("scores", card.scores),
        ("price", card.price),
        ("parameters", card.parameters),
    ] {
        if !value.is_empty() {
            line(out, what, value);
        }
    }
    if let Some(context) = card.context {
        line(out, "longest input", &format!("{context} tokens"));
    }
    if let Origin::Hub { repository, graph, .. } = card.origin {
        line(out, "from", &format!("https://huggingface.co/{repository}, {graph}"));
        line(out, "path", path_known(card));
    }
    if card.kind == RerankerKind::Service {
        service(out, card.name);
    }
    if card.origin == Origin::Fastembed {
        let names: Vec<&str> = FASTEMBED.iter().map(|(_, name)| *name).collect();
        line(out, "fetches", &names.join(", "));
        line(out, "loads", "any other cross-encoder that `rankscope models pull` has fetched, or a folder");
        line(out, "only graphs of", "64-bit ids and one number a pair in an output called \"logits\"");
        line(out, "stops", "between two batches of at most 512 tokens, never within one");
    }
}

/// What a service is asked for, and what it bills.
fn service(out: &mut String, name: &str) {
    let known = http::service(if name == "url" { "http" } else { name });
    let Some(service) = known else { return };
    for model in service.models {
        let price = model.price.map_or_else(|| "no price is known".to_owned(), |price| price.to_string());
        line(out, "model", &format!("{}: {price}", model.id));
    }
    if !service.models.is_empty() {
        line(
            out,
            "price list",
            &format!(
                "of {}, {}; an estimate, look at your account",
                http::PRICES_LOOKED_UP,
                service.price_note
            ),
        );
    }
    // Whether there is one, never which.
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|key| !key.is_empty());
    let names = service.key_variables.join(" or ");
    let key = match service.key_variables.iter().copied().find(|name| is_set(name)) {
        Some(name) => format!("{names} ({name} is set)"),
        None => format!("{names} (not set)"),
    };
    line(out, "key", &key);
    line(out, "documented at", service.docs_url);
}

/// How it is known that the repository has the graph at this path.
fn path_known(card: &RerankerCard) -> &'static str {
    match card.name {
        _ if rerankers::fastembed_fetches(card) => "the same as in fastembed's own list",
        "mmarco-mMiniLMv2-L12-H384-v1" => {
            "not seen in a list of the repository's files; --file PATH, or OWNER/NAME, takes another export"
        }
        _ => {
            "from the repository's page, not fetched by us: a pull says so if it is gone; --file names another"
        }
    }
}

/// What fastembed makes of a model of the table.
fn by_fastembed(out: &mut String, model: &RerankerCard) {
    let _ = writeln!(out, "fastembed:{}: the model below, run by the fastembed crate", model.name);
    let from = match rerankers::fastembed_fetches(model) {
        true => "`models pull`'s files where they are here; else fetched when it is first used",
        false => "`models pull`'s files",
    };
    line(out, "files", from);
    if rerankers::fastembed_fetches(model) {
        line(
            out,
            "checked",
            "what fastembed fetches: neither pinned nor checked; scores are kept by its commit",
        );
    }
    out.push('\n');
}

fn here(out: &mut String, stored: &Stored) {
    line(out, "here", &format!("{} ({})", stored.folder.display(), size(stored.bytes)));
    let Some(manifest) = &stored.manifest else {
        line(out, "", "put there by hand, or not whole: no revision is known, nothing was checked");
        return;
    };
    line(out, "revision", &format!("{} of {}", visible(&manifest.commit), visible(&manifest.repository)));
    for file in &manifest.files {
        let check = match file.checked {
            true => format!("sha256 as the hub names it: {}", visible(&file.sha256)),
            false => format!("length only; its sha256 is {}", visible(&file.sha256)),
        };
        line(out, "", &format!("{:>9}  {}  {check}", size(file.bytes), visible(&file.path)));
    }
}

fn pull(options: &ModelOptions, name: &str, revision: &str, file: Option<&str>) -> Result<()> {
    let (name, wanted) = store::wanted(name, Some(revision), file)?;
    if let Some(card) = rerankers::card(&name) {
        let _ =
            writeln!(std::io::stderr(), "{name}: {} parameters, licence {}", card.parameters, card.licence);
    }
    let mut line = Line { shown: false, on: std::io::stderr().is_terminal(), last: None };
    let (folder, manifest) = store::pull(options, &name, &wanted, &mut |progress| line.show(progress))?;
    drop(line);
    let folder = folder.display().to_string();
    // What the table does not name goes by its folder.
    let plan = if rerankers::card(&name).is_some() { &name } else { &folder };
    print(&format!(
        "{name} is here: {} at {}, in {folder}\n--rerank {plan} uses it\n",
        visible(&manifest.repository),
        visible(&manifest.commit),
    ))
}

/// One line on standard error, only where that is a terminal.
struct Line {
    shown: bool,
    on: bool,
    last: Option<Instant>,
}

impl Line {
    fn show(&mut self, progress: &FetchProgress) {
        let done = progress.bytes == progress.total;
        if !self.on || (!done && self.last.is_some_and(|last| last.elapsed() < PACE)) {
            return;
        }
        self.last = Some(Instant::now());
        self.shown = true;
        let (bytes, total) = (size(progress.bytes), size(progress.total));
        let _ = write!(std::io::stderr(), "\r\x1b[K{bytes} of {total}  {}", visible(&progress.file));
        let _ = std::io::stderr().flush();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// Bytes for a person.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
