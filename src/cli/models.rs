//! `models`: which rerankers there are, which are on this machine, and fetching and removing them.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Subcommand;

use super::print;
use crate::domain::rerankers::{self, Origin, RERANKERS, RerankerCard};
use crate::error::{Error, Result};
use crate::models::hub::FetchProgress;
use crate::models::store::{self, Stored};
use crate::models::{CrossEncoderFiles, ModelOptions, locate};
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
        name: String,
        /// A branch, a tag or a commit; what it means is looked up once, and every file is of that commit
        #[arg(long, default_value = "main")]
        revision: String,
        /// The ONNX file in the repository [default: the usual one]
        #[arg(long, value_name = "PATH")]
        file: Option<String>,
    },
    /// What is known of one reranker, and where its files are
    Info { name: String },
    /// Remove a fetched model from this machine
    Remove { name: String },
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
            Origin::Remote => "–",
        };
        let _ = writeln!(
            out,
            "{:<36} {:<17} {:>6} {:>7}  {:<14} {:<26} {here}",
            written(card),
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

/// A name as `--rerank` takes it.
fn written(card: &RerankerCard) -> String {
    match card.kind {
        rerankers::RerankerKind::Service => format!("{}:MODEL", card.name),
        _ => card.name.to_owned(),
    }
}

/// A licence's name without what it means.
fn cut(licence: &str) -> &str {
    licence.split(':').next().unwrap_or(licence)
}

fn info(options: &ModelOptions, name: &str) -> Result<String> {
    let card = rerankers::card(name);
    let stored = store::find(options, name);
    let mut out = String::new();
    if let Some(card) = card {
        let _ = writeln!(out, "{}: {}, {}", written(card), card.kind.name(), card.of);
        let mut said = vec![
            ("licence", card.licence.to_owned()),
            ("languages", card.languages.to_owned()),
            ("scores", card.scores.to_owned()),
            ("price", card.price.to_owned()),
        ];
        if !card.parameters.is_empty() {
            said.push(("parameters", card.parameters.to_owned()));
        }
        if let Some(context) = card.context {
            said.push(("longest input", format!("{context} tokens")));
        }
        if let Origin::Hub { repository, graph, .. } = card.origin {
            said.push(("from", format!("https://huggingface.co/{repository}, {graph}")));
        }
        for (what, value) in said {
            let _ = writeln!(out, "  {what:<14} {value}");
        }
    }
    match (card.map(|card| card.origin), &stored) {
        (Some(Origin::Bundled), _) => {
            let folder = match name {
                "cross-encoder" => CrossEncoderFiles::bundled(options)?.graph,
                _ => locate(options)?.card.folder,
            };
            let _ = writeln!(out, "  {:<14} {}", "here", folder.display());
        }
        (_, Some(stored)) => here(&mut out, stored),
        (Some(Origin::Hub { .. }), None) => {
            let place = store::store_folders(options, name).into_iter().next().unwrap_or_default();
            let _ = writeln!(out, "  {:<14} no: rankscope models pull {name}", "here");
            let _ = writeln!(out, "  {:<14} {}", "or by hand to", place.display());
        }
        (Some(Origin::Remote), None) => {}
        (None, None) => {
            return Err(Error::usage(format!("no reranker is called {name:?}"))
                .advise("`rankscope models list` tells the names"));
        }
    }
    Ok(out)
}

fn here(out: &mut String, stored: &Stored) {
    let _ = writeln!(out, "  {:<14} {} ({})", "here", stored.folder.display(), size(stored.bytes));
    let Some(manifest) = &stored.manifest else {
        let _ = writeln!(out, "  {:<14} put there by hand, or not whole", "");
        return;
    };
    let _ =
        writeln!(out, "  {:<14} {} at {}", "of", visible(&manifest.repository), visible(&manifest.commit));
    for file in &manifest.files {
        let check = if file.checked { "sha256 checked" } else { "length checked" };
        let _ = writeln!(out, "  {:<14} {:>9}  {check}  {}", "", size(file.bytes), visible(&file.path));
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
    print(&format!(
        "{name} is here: {} at {}, in {}\n",
        visible(&manifest.repository),
        visible(&manifest.commit),
        folder.display()
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
