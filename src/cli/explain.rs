//! `explain`: the whole journey of one passage for one query.

use super::args::{EngineArgs, Format, OutputArgs};
use super::one_query::OneQuery;
use super::print;
use crate::corpus::Collection;
use crate::domain::DocIdx;
use crate::error::{Error, Result};
use crate::export::journey;

/// Ids that are offered where one is not known.
const OFFERED: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rankscope explain q05 ja-031                        a query of the sample collection by its id
  rankscope explain \"cancel a booking\" en-014         any text
  rankscope explain q05 ja-031 my/collection --fusion convex --json")]
pub struct ExplainArgs {
    /// The id of a query, or any text
    #[arg(value_name = "QUERY")]
    pub query: String,
    /// The id of a passage
    #[arg(value_name = "PASSAGE")]
    pub passage: String,
    #[command(flatten)]
    pub engine: EngineArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// No progress on standard error
    #[arg(long)]
    pub quiet: bool,
}

pub fn run(args: &ExplainArgs) -> Result<()> {
    let mut query = OneQuery::open(&args.engine, &args.query, args.quiet)?;
    let doc = passage(&query.collection, &args.passage)?;
    let snapshot = query.ask(Some(doc))?;
    let journey = journey::Journey::of(&snapshot, &query.collection, doc)?;
    print(&match args.output.format() {
        Format::Json => journey.json()?,
        Format::Text => journey.text(),
    })?;
    super::side::ran("the second stage", &snapshot)
}

/// # Errors
/// When there is no such passage, with ids that look like it.
fn passage(collection: &Collection, id: &str) -> Result<DocIdx> {
    if let Some(at) = collection.passages.iter().position(|passage| passage.id == id) {
        return Ok(DocIdx(u32::try_from(at).unwrap_or(u32::MAX)));
    }
    let lower = id.to_lowercase();
    let like = collection.passages.iter().map(|passage| passage.id.as_str());
    let like: Vec<&str> = like.filter(|other| other.to_lowercase().contains(&lower)).take(OFFERED).collect();
    let advice = match like.is_empty() {
        true => {
            let first = collection.passages.first().map_or("", |passage| passage.id.as_str());
            format!("ids are those of the corpus, such as {first}")
        }
        false => format!("there are {}", like.join(", ")),
    };
    Err(Error::usage(format!("there is no passage {id:?} in {}", collection.name)).advise(advice))
}
