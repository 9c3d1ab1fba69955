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

/// What the definition of the command line does not say, in the page's own markup.
const MORE: &str = r#".SH "EXIT STATUS"
.TP
\fB0\fR
All went well.
.TP
\fB1\fR
A threshold of \fBeval \-\-min\fR, or a comparison, was not met.
.TP
\fB2\fR
The command line was wrong.
.TP
\fB3\fR
An input was wrong; the message names the file and the line.
.TP
\fB4\fR
A model, ONNX Runtime or a service was not available.
.TP
\fB5\fR
An error of the program: please report it.
.TP
\fB130\fR
Stopped by Ctrl\-C; what was computed is kept.
.SH FILES
\fBrankscope config path\fR says where configuration, presets, themes, sessions and judgments lie;
\fBrankscope cache\fR, what is kept of what was computed.
"#;

/// # Errors
/// When the page cannot be made.
pub fn man() -> Result<()> {
    let mut page = Vec::new();
    let wrong = |error: std::io::Error| Error::bug(format!("man page: {error}"));
    clap_mangen::Man::new(Args::command()).render(&mut page).map_err(wrong)?;
    page.extend_from_slice(MORE.as_bytes());
    let mut command = Args::command();
    command.build();
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        clap_mangen::Man::new(part.clone()).render(&mut page).map_err(wrong)?;
    }
    super::print(&String::from_utf8_lossy(&page))
}
