//! `sample`: the sample collection, written where the user wants it.

use std::path::PathBuf;

use super::print;
use crate::corpus;
use crate::error::Result;
use crate::text::visible;

#[derive(Debug, clap::Args)]
pub struct SampleArgs {
    /// Name of the new folder
    #[arg(value_name = "NAME", default_value = "sample_corpus")]
    pub folder: PathBuf,
}

pub fn run(args: &SampleArgs) -> Result<()> {
    corpus::write_sample(&args.folder)?;
    let name = args.folder.display().to_string();
    let name = visible(&name);
    print(&format!("{name} holds the sample collection: rankscope {name} opens it\n"))
}
