//! `search`: one query's lists in the terminal.

use super::args::{EngineArgs, Format, OutputArgs};
use super::one_query::OneQuery;
use super::print;
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
    let mut query = OneQuery::open(&args.engine, &args.query, args.quiet)?;
    let snapshot = query.ask(None)?;
    print(&match args.output.format() {
        Format::Json => lists::json(&snapshot, &query.collection)?,
        Format::Text => lists::text(&snapshot, &query.collection),
    })?;
    super::side::ran("part of this search", &snapshot)
}
