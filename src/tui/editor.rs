//! The editor of the user: what is run to show a file at a line. Pure; the runtime runs it.

use std::ffi::OsString;
use std::path::Path;

/// The program and its arguments for `$VISUAL` or `$EDITOR`, which may hold arguments of their own; `vi`
/// where neither is set. `None` where what is set cannot be split as a shell would.
pub fn command(
    variable: impl Fn(&str) -> Option<String>,
    file: &Path,
    line: usize,
) -> Option<(String, Vec<OsString>)> {
    let set = |name| variable(name).filter(|value| !value.trim().is_empty());
    let written = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let mut words = shlex::split(&written)?.into_iter();
    let program = words.next()?;
    let mut arguments: Vec<OsString> = words.map(OsString::from).collect();
    let name = Path::new(&program).file_stem().map(|name| name.to_string_lossy().into_owned());
    let with_line = |separator: &str| {
        let mut place = file.as_os_str().to_owned();
        place.push(format!("{separator}{line}"));
        place
    };
    match name.as_deref().unwrap_or_default() {
        "code" | "codium" | "code-insiders" | "cursor" | "zed" => {
            // Without it they return at once.
            if !arguments.iter().any(|argument| argument == "--wait" || argument == "-w") {
                arguments.push("--wait".into());
            }
            if name.as_deref() != Some("zed") {
                arguments.push("--goto".into());
            }
            arguments.push(with_line(":"));
        }
        "hx" | "helix" | "subl" | "micro" => arguments.push(with_line(":")),
        "vi" | "vim" | "nvim" | "nano" | "emacs" | "emacsclient" | "kak" | "ne" | "joe" | "mg" | "pico"
        | "less" | "more" => {
            arguments.push(format!("+{line}").into());
            arguments.push(file.into());
        }
        // Of an editor that is not known, a line might be read as a file.
        _ => arguments.push(file.into()),
    }
    Some((program, arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(variables: &[(&str, &str)]) -> Option<(String, Vec<String>)> {
        let get = |name: &str| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        let (program, arguments) = command(get, Path::new("/a b/c.jsonl"), 7)?;
        Some((program, arguments.into_iter().map(|a| a.to_string_lossy().into_owned()).collect()))
    }

    #[test]
    fn every_editor_is_told_the_line_in_its_own_way() {
        for (set, expected) in [
            ("vim", "vim|+7|/a b/c.jsonl"),
            ("emacsclient -t", "emacsclient|-t|+7|/a b/c.jsonl"),
            ("'/opt/my editors/hx'", "/opt/my editors/hx|/a b/c.jsonl:7"),
            ("code", "code|--wait|--goto|/a b/c.jsonl:7"),
            ("code --wait", "code|--wait|--goto|/a b/c.jsonl:7"),
            ("unheard-of", "unheard-of|/a b/c.jsonl"),
        ] {
            let (program, arguments) = run(&[("EDITOR", set)]).unwrap();
            assert_eq!(format!("{program}|{}", arguments.join("|")), expected);
        }
        assert_eq!(run(&[("EDITOR", "nano"), ("VISUAL", "vim")]).unwrap().0, "vim");
        assert_eq!(run(&[("VISUAL", " ")]).unwrap().0, "vi");
        assert_eq!(run(&[("EDITOR", "'unclosed")]), None);
    }
}
