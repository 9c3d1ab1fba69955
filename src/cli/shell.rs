//! Completions and the man page, drawn from the definition of the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Args;
use crate::error::{Error, Result};

#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell: `rankscope completions bash > ~/.local/share/bash-completion/completions/rankscope`
    #[arg(value_enum)]
    pub shell: Shell,
}

pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "rankscope", &mut script);
    super::print(&String::from_utf8_lossy(&script))
}

/// # Errors
/// When the page cannot be made.
pub fn man() -> Result<()> {
    let mut page = Vec::new();
    let wrong = |error: std::io::Error| Error::bug(format!("man page: {error}"));
    clap_mangen::Man::new(Args::command()).render(&mut page).map_err(wrong)?;
    let mut command = Args::command();
    command.build();
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        clap_mangen::Man::new(part.clone()).render(&mut page).map_err(wrong)?;
    }
    super::print(&String::from_utf8_lossy(&page))
}
