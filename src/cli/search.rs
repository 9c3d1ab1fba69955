//! `search`: one query's lists in the terminal.

use super::args::{EngineArgs, Format, OutputArgs};
use super::print;
use super::progress::Progress;
use crate::engine::Ask;
use crate::error::Result;
use crate::export::lists;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rankscope search \"when do I get my money back\"
  rankscope search q05 my/collection -k 20          a query of the collection by its id
  rankscope search \"予約の取り消し\" --first bm25 --rerank none --json")]
pub struct SearchArgs {
    /// Any text, or the id of a query
    #[arg(value_name = "QUERY")]
    pub query: String,
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

pub fn run(args: &SearchArgs) -> Result<()> {
    let options = args.engine.options(false)?;
    let settings = options.settings.clone();
    let mut session = super::open_session(options, args.quiet)?;
    let collection = std::sync::Arc::clone(&session.collection);
    let focus = Some(super::explain::focus(&collection, &args.query)?);
    let mut progress = Progress::new(args.quiet);
    let snapshot = session.ask(Ask { focus, ..Ask::of(settings) }, |snapshot| progress.show(snapshot))?;
    print(&match args.output.format() {
        Format::Json => lists::json(&snapshot, &collection)?,
        Format::Text => lists::text(&snapshot, &collection),
    })?;
    super::side::ran("part of this search", &snapshot)
}
