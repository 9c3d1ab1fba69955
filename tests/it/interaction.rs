//! Judging, editing and configuring with the real program: what is pressed is on the disk, and there again
//! at the next start.

use std::os::unix::fs::PermissionsExt as _;

use crate::common::{rankscope, ready, run, small, text};
use crate::terminal::Terminal;

/// A data folder and a configuration folder of one test's own.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn config(&self, name: &str, text: &str) {
        let file = self.0.path().join("config").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    fn env(&self) -> [(&'static str, String); 2] {
        let folder = |name: &str| self.0.path().join(name).display().to_string();
        [("RANKSCOPE_CONFIG_DIR", folder("config")), ("RANKSCOPE_DATA_DIR", folder("data"))]
    }
}

#[test]
fn a_judgment_and_the_settings_outlive_the_program() {
    ready();
    let (folder, home) = (small(), Home::new());
    let collection = folder.path().display().to_string();
    let mut terminal = Terminal::with(40, 120, &[&collection], &home.env());
    terminal.until("the lists", |screen| screen.contains("reranked #1"));
    terminal.press("J");
    terminal.until("the second query's gold", |screen| screen.contains("Passage c"));
    terminal.press("\t");
    terminal.press("G");
    terminal.until("another passage", |screen| !screen.contains("Passage c"));
    terminal.press("m2");
    terminal.until("where it went", |screen| screen.contains("gold, grade 2 · qrels/test.tsv"));
    terminal.press("]q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
    let qrels = std::fs::read_to_string(folder.path().join("qrels/test.tsv")).unwrap();
    assert!(qrels.starts_with("query-id\tcorpus-id\tscore\nq1\ta\t2\nq2\tc\t1\nq2\t"), "{qrels}");
    assert_eq!((qrels.lines().count(), qrels.ends_with("\t2\n")), (4, true), "{qrels}");

    let mut again = Terminal::with(40, 120, &[&collection], &home.env());
    again.until("the query and N of the last time", |screen| {
        screen.contains("N 60") && screen.contains("as you left it")
    });
    again.until("both golds", |screen| screen.contains("★2 ") && screen.matches('★').count() >= 3);
    again.press("q");
    assert_eq!(again.end(), 0);
    let mut fresh = Terminal::with(40, 120, &[&collection, "--fresh"], &home.env());
    fresh.until("N as it comes", |screen| screen.contains("━ 50") && screen.contains("reranked #1"));
    fresh.press("\x03");
    assert_eq!(fresh.end(), 0);
}

/// Trap: the thread that reads the terminal goes on and takes the editor's keys.
#[test]
fn o_opens_the_passage_at_its_line_and_gives_the_terminal_over() {
    ready();
    let (folder, home) = (small(), Home::new());
    let collection = folder.path().display().to_string();
    let (editor, seen) = (home.0.path().join("vi"), home.0.path().join("seen"));
    // Reads a line of keys as an editor would, and notes what it was given.
    let script =
        format!("#!/bin/sh\necho EDITOR IS OPEN\nread keys\necho \"$@ $keys\" > '{}'\n", seen.display());
    std::fs::write(&editor, script).unwrap();
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut env = home.env().to_vec();
    env.push(("VISUAL", editor.display().to_string()));
    let mut terminal = Terminal::with(40, 120, &[&collection, "--query", "q2"], &env);
    terminal.until("the gold of q2", |screen| screen.contains("@50") && screen.contains("小型犬"));
    terminal.press("\tn");
    terminal.press("o");
    terminal.until("the editor", |screen| screen.contains("EDITOR IS OPEN"));
    terminal.press("qqq\n");
    terminal.until("the screen again", |screen| screen.contains("corpus.jsonl:3") && screen.contains("@50"));
    let seen = std::fs::read_to_string(seen).unwrap();
    assert_eq!(seen.trim(), format!("+3 {}/corpus.jsonl qqq", folder.path().display()));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
}

#[test]
fn a_light_terminal_gets_the_light_theme_and_own_keys_hold() {
    ready();
    let (folder, home) = (small(), Home::new());
    home.config("config.toml", "[keys]\nquit = \"ctrl-q\"\n");
    let mut env = home.env().to_vec();
    env.push(("COLORFGBG", "0;15".to_owned()));
    let mut terminal = Terminal::with(40, 120, &[&folder.path().display().to_string()], &env);
    terminal.until("the screen", |screen| screen.contains("@50") && screen.contains("Ctrl-Q quit"));
    let raw = terminal.raw.lock().unwrap().clone();
    let raw = String::from_utf8_lossy(&raw).into_owned();
    // The accent of the light theme, and not that of the dark one.
    assert!(raw.contains("38;5;24") && !raw.contains("38;5;67m"), "no light accent");
    terminal.press("q");
    terminal.until("a word on q", |screen| screen.contains("q does nothing here"));
    terminal.press("\x11");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn mistakes_in_the_configuration_are_named_with_their_line() {
    let (folder, home) = (small(), Home::new());
    let check = |args: &[&str]| {
        let mut command = rankscope(args);
        command.envs(home.env());
        command.output().unwrap()
    };
    let fine = check(&["config", "check"]);
    assert_eq!(fine.status.code(), Some(0), "{}", text(&fine.stderr));
    home.config(
        "config.toml",
        "theme = \"mauve\"\nmouse = 3\nascii = 7\n[keys]\nmark = \"q\"\nmrak = \"x\"\n",
    );
    home.config("presets.toml", "[mine]\nalpha = 2\nn = 0\n");
    home.config("themes/own.toml", "\ngold = \"mauve\"\n");
    std::fs::write(folder.path().join("rankscope.toml"), "n = 50\nalhpa = 0.3\nk = \"ten\"\n").unwrap();
    let wrong = check(&["config", "check", &folder.path().display().to_string()]);
    let message = text(&wrong.stderr);
    assert_eq!(wrong.status.code(), Some(3), "{message}");
    for part in [
        "config.toml:5: q is also the key of quit",
        "config.toml:1: there is no theme \"mauve\"; there are auto, dark, light, high-contrast, colour-blind, own",
        "themes/own.toml:2: \"mauve\" is no colour",
        "config.toml:2: mouse is true or false",
        "config.toml:6: there is no action mrak; did you mean mark?",
        "presets.toml:2: preset mine: alpha = 2",
        "presets.toml:3: preset mine: n = 0",
        "rankscope.toml:2: unknown field `alhpa`",
        "rankscope.toml:3: k: invalid type",
    ] {
        assert!(message.contains(part), "{part} is not in\n{message}");
    }
    let start = text(&check(&["config", "show"]).stderr);
    assert!(start.contains("config.toml:2") && start.contains("`rankscope config check`"), "{start}");
    home.config("config.toml", "theme = \"own\"\n[keys]\nmark = \"ctrl-g\"\n");
    home.config("presets.toml", "[mine]\nalpha = 0.2\n");
    home.config("themes/own.toml", "gold = \"#d7af00\"\n");
    let shown = text(&check(&["config", "show"]).stdout);
    for part in ["theme = \"own\"", "mark = [\"Ctrl-G\"]", "next-query = [\"J\"]", "mine ", "bm25 only"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(text(&check(&["config", "path"]).stdout).contains("presets.toml"));
}

#[test]
fn completions_and_the_man_page_know_every_command() {
    let bash = text(&run(&["completions", "bash"]).stdout);
    for offered in ["none late-interaction cross-encoder", "high-contrast colour-blind"] {
        assert!(bash.contains(offered), "values that one would not know: {offered}");
    }
    let help = text(&run(&["--help"]).stdout);
    assert!(!help.contains("[possible values: none"), "what else there is stands in the README: {help}");
    let man = text(&run(&["man"]).stdout);
    for command in ["eval", "models", "config", "completions"] {
        assert!(bash.contains(command) && man.contains(command), "{command}");
    }
    assert_eq!(man.matches("\\-\\-rrf\\-k\\fR \\fI<K>").count(), 1, "what commands share is told once");
    assert!(man.contains(".TH") && man.contains("colour\\-blind"), "{man}");
    let version = text(&run(&["--version"]).stdout);
    assert!(version.contains("ONNX Runtime 1.") && version.contains("multilingual-e5-small"), "{version}");
}
