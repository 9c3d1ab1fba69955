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
    let script = String::from_utf8_lossy(&script).into_owned();
    super::print(&if args.shell == Shell::Zsh { for_zsh(&script) } else { script })
}

/// The script that zsh can use: as it is generated, a command is taken for the collection that may stand in
/// its place, and nothing behind a command is completed.
fn for_zsh(script: &str) -> String {
    const COMMANDS: &str = "\":: :_rankscope_commands\" \\\n";
    let Some((before, behind)) = script.split_once(COMMANDS) else { return script.to_owned() };
    // The collection is the line before.
    let before = before.trim_end_matches('\n').rsplit_once('\n').map_or(before, |(before, _)| before);
    // In its place a file is offered beside the commands, so the command is the first word, not the second.
    let behind = behind.replacen("$line[2]", "$line[1]", 3);
    let both = "(( $+functions[_rankscope_first] )) ||\n_rankscope_first() {\n    \
                _alternative 'commands:command:_rankscope_commands' 'files:collection:_files'\n}\n";
    let script = format!("{before}\n\":: :_rankscope_first\" \\\n{behind}");
    script.replacen(
        "(( $+functions[_rankscope_commands] ))",
        &format!("{both}\n(( $+functions[_rankscope_commands] ))"),
        1,
    )
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
.SH COMMANDS
The commands follow, each with the options that it alone has; those above are theirs as well where they
read a collection.
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
    let shared: Vec<String> = command.get_arguments().map(|argument| argument.get_id().to_string()).collect();
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        // What a command shares with the program itself stands above, once.
        let own = part.clone().mut_args(|argument| {
            let is_shared = argument.get_long().is_some() && shared.contains(&argument.get_id().to_string());
            argument.hide(is_shared)
        });
        clap_mangen::Man::new(own).render(&mut page).map_err(wrong)?;
    }
    super::print(&String::from_utf8_lossy(&page))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap: `rankscope eval --m` completed nothing in zsh, which took `eval` for the collection.
    #[test]
    fn zsh_completes_behind_a_command() {
        let mut script = Vec::new();
        clap_complete::generate(Shell::Zsh, &mut Args::command(), "rankscope", &mut script);
        let script = for_zsh(&String::from_utf8(script).unwrap());
        let root = script.split("(eval)").next().unwrap();
        assert!(root.contains("\":: :_rankscope_first\" \\\n\"*::: :->rankscope\""), "{root}");
        assert!(root.contains("case $line[1] in") && !root.contains("$line[2]"), "{root}");
        assert!(!root.contains("::collection"), "{root}");
        assert!(script.contains("\n_rankscope_first() {\n"), "its function is there");
    }
}
