//! The documentation says what there is, and its commands do what they say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::CommandFactory as _;
use rankscope::cli::args::Args;

use crate::common::{rankscope, ready, text};

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Trap: a command or an option that is added and told nowhere.
#[test]
fn every_command_and_every_option_is_told() {
    let commands = document("docs/commands.md");
    let others = ["inputs", "outputs", "ci", "analyzers", "demo", "fusion", "rerank-services"];
    let others = others.map(|name| document(&format!("docs/{name}.md")));
    let all: String =
        ["README.md", "GUIDE.md"].map(document).into_iter().chain(others).chain([commands.clone()]).collect();
    let words: BTreeSet<&str> = all
        .split(|c: char| !(c.is_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("--") && !word.trim_matches('-').is_empty())
        .collect();
    let mut program = Args::command();
    program.build();
    let mut untold = BTreeSet::new();
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name();
        let told = commands.lines().any(|line| {
            line.strip_prefix("## ").is_some_and(|title| title.split([' ', ',']).any(|word| word == name))
        });
        assert!(told, "docs/commands.md has no section on {name}");
        let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
        for inner in &inner {
            let both = format!("{name} {}", inner.get_name());
            assert!(commands.contains(&both), "docs/commands.md does not tell of {both}");
        }
        for part in std::iter::once(command).chain(inner) {
            untold.extend(part.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned));
        }
    }
    untold.extend(program.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned));
    // These are clap's.
    untold.retain(|long| !["help", "version"].contains(&long.as_str()));
    untold.retain(|long| !words.contains(format!("--{long}").as_str()));
    assert!(untold.is_empty(), "no document tells of {untold:?}");
    // And the other way round.
    let known: BTreeSet<String> = std::iter::once(&program)
        .chain(program.get_subcommands())
        .chain(program.get_subcommands().flat_map(clap::Command::get_subcommands))
        .flat_map(|command| command.get_arguments().filter_map(|argument| argument.get_long()))
        .map(|long| format!("--{long}"))
        .collect();
    // Those of other programs.
    let others = ["--release", "--locked", "--path", "--open", "--example", "--doc", "--test", "--"];
    let unknown: Vec<&&str> =
        words.iter().filter(|word| !known.contains(**word) && !others.contains(*word)).collect();
    assert!(unknown.is_empty(), "there are no such options: {unknown:?}");
}

/// The lines of `sh` blocks that call the program, without their remarks.
fn commands(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if line != "```sh" {
            continue;
        }
        let block = lines.by_ref().take_while(|line| *line != "```");
        found.extend(block.filter(|line| line.starts_with("rankscope")).map(str::to_owned));
    }
    found
}

/// A folder in which the documents' names are there.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    let from = crate::common::small();
    for place in ["my/collection", "search"] {
        for file in ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"] {
            std::fs::copy(from.path().join(file), at(&format!("{place}/{file}"))).unwrap();
        }
    }
    let bm25 = ["--leg", "bm25", "--rerank", "none", "--no-tune"];
    for (name, k1) in [("before", "1.2"), ("after", "0.4")] {
        let run = at(&format!("{name}.run")).display().to_string();
        let args =
            [&["eval", "my/collection", "--json", "--bm25-k1", k1, "--first-run", &run], &bm25[..]].concat();
        let output = rankscope(&args).current_dir(folder.path()).output().unwrap();
        std::fs::write(at(&format!("{name}.json")), &output.stdout).unwrap();
    }
    for (name, from) in
        [("old.run", "before.run"), ("new.run", "after.run"), ("search/baseline.json", "before.json")]
    {
        std::fs::copy(at(from), at(name)).unwrap();
    }
    std::fs::write(at("new.toml"), "alpha = 0.3\n").unwrap();
    std::fs::copy(from.path().join("qrels/test.tsv"), at("qrels")).unwrap();
    folder
}

/// Every command of the documents as it stands there, through a shell, one after the other.
#[cfg(unix)]
#[test]
fn the_commands_of_the_documents_work() {
    ready();
    let folder = workplace();
    let program = Path::new(env!("CARGO_BIN_EXE_rankscope"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut tried = 0;
    for name in ["docs/commands.md", "docs/outputs.md", "docs/ci.md"] {
        for line in commands(&document(name)) {
            // What another program makes of it is not ours to try.
            let line = line.split(" | ").next().unwrap();
            let mut command = Command::new("bash");
            // The environment of the tests' program.
            for (key, value) in rankscope(&[]).get_envs() {
                match value {
                    Some(value) => command.env(key, value),
                    None => command.env_remove(key),
                };
            }
            command.args(["-c", line]).current_dir(folder.path()).env("PATH", &path);
            let output = command.stdin(std::process::Stdio::null()).output().unwrap();
            let code = output.status.code().unwrap();
            // A demand may not be met by so small a collection; everything else is to be fine.
            let demands = ["--min", "--max-drop"].iter().any(|flag| line.contains(flag));
            assert!(code == 0 || demands && code == 1, "{name}: {line}\n{code}: {}", text(&output.stderr));
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried} commands");
}
