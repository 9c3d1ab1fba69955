//! How the program behaves among others: pipes, colours, logs, terminals that cannot be drawn on, progress,
//! and being stopped.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{rankscope, run, sample, small, text};
use crate::terminal::Terminal;

const BM25: [&str; 4] = ["--leg", "bm25", "--rerank", "none"];

/// Trap: a command that prints by itself and ends with a panic or a message about a broken pipe.
#[test]
fn every_command_ends_quietly_when_its_reader_goes_away() {
    let folder = small();
    let small = folder.path().to_str().unwrap();
    let bm25 =
        |words: &[&str]| -> Vec<String> { words.iter().chain(&BM25).map(|&word| word.to_owned()).collect() };
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(|&word| word.to_owned()).collect() };
    for args in [
        bm25(&["eval", small]),
        bm25(&["eval", small, "--format", "html"]),
        bm25(&["diagnose", small]),
        bm25(&["search", "ferry", small]),
        bm25(&["explain", "q1", "a", small]),
        bm25(&["compare", "now", "k1=.4", small]),
        bm25(&["sweep", small, "--over", "k1=1,2"]),
        bm25(&["export", small, "--what", "qrels"]),
        words(&["validate", small, "--no-tokens"]),
        words(&["models", "list"]),
        words(&["config", "path"]),
        words(&["completions", "bash"]),
        words(&["man"]),
        words(&["--help"]),
        words(&["--version"]),
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut child = rankscope(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{args:?}");
    }
}

/// Trap: a reader that takes a line and goes, while more than a pipe holds is still to be written.
#[test]
fn head_takes_one_line_and_nothing_is_said() {
    let script =
        format!("{} completions zsh | head -n 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_rankscope"));
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    let said = text(&output.stdout);
    assert_eq!((said.lines().count(), said.lines().last()), (2, Some("0")), "{said}");
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

/// What the screen has drawn when it is settled, and how it ended.
fn drawn(args: &[&str], env: &[(&str, String)]) -> String {
    let folder = small();
    let args = [&[folder.path().to_str().unwrap()], &BM25[..], args].concat();
    let mut terminal = Terminal::with(24, 80, &args, env);
    terminal.until("the first list", |screen| screen.contains("First stage") && screen.contains("Refunds"));
    terminal.press("q");
    assert_eq!(terminal.end(), 0, "{args:?}");
    let raw = terminal.raw.lock().unwrap();
    String::from_utf8_lossy(&raw).into_owned()
}

/// Whether a foreground or background colour is set anywhere.
fn is_coloured(raw: &str) -> bool {
    raw.split("\x1b[").skip(1).any(|sequence| {
        let parameters: Vec<&str> = sequence.split('m').next().unwrap_or_default().split(';').collect();
        let numbers: Option<Vec<u32>> = parameters.iter().map(|number| number.parse().ok()).collect();
        let colours = |number: &u32| matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107);
        sequence.contains('m') && numbers.is_some_and(|numbers| numbers.iter().any(colours))
    })
}

#[test]
fn the_flag_for_colour_goes_before_the_environment() {
    let no_color = [("NO_COLOR", "1".to_owned())];
    assert!(is_coloured(&drawn(&[], &[])), "a terminal with colours");
    assert!(!is_coloured(&drawn(&[], &no_color)), "NO_COLOR");
    assert!(!is_coloured(&drawn(&["--color", "auto"], &no_color)), "auto is what the environment says");
    assert!(is_coloured(&drawn(&["--color", "always"], &no_color)), "always, in spite of NO_COLOR");
    assert!(!is_coloured(&drawn(&["--color", "never"], &[])), "never");
    let output = run(&["eval", &sample(), "--color", "sometimes"]);
    assert_eq!(output.status.code(), Some(2), "there are three");
}

/// Trap: full-screen sequences sent to a terminal that shows them as they are.
#[test]
fn a_dumb_terminal_gets_the_findings_without_a_single_escape() {
    let folder = small();
    let args = [&[folder.path().to_str().unwrap()], &BM25[..], &["--color", "always"]].concat();
    // Standard error is that terminal, too: no progress with escapes either.
    let mut terminal = Terminal::with(60, 160, &args, &[("TERM", "dumb".to_owned())]);
    assert_eq!(terminal.end(), 0);
    let raw = terminal.raw.lock().unwrap();
    let said = String::from_utf8_lossy(&raw);
    assert!(said.contains("rankscope · ") && said.contains("recall@50"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
}

#[test]
fn a_log_is_written_to_its_file_and_nowhere_else() {
    let folder = small();
    let path = folder.path().to_str().unwrap();
    let log = folder.path().join("a.log");
    let args = ["eval", path, "--log", log.to_str().unwrap()];
    // An older run's lines stay.
    std::fs::write(&log, "before\n").unwrap();
    let output = rankscope(&[&args[..], &BM25].concat()).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let first = std::fs::read_to_string(&log).unwrap();
    assert!(
        first.starts_with("before\n") && first.contains(" INFO ") && first.contains("rankscope"),
        "{first}"
    );
    assert!(!first.contains('\x1b'), "no colours in a file");
    assert!(!text(&output.stdout).contains(" INFO "));
    // The level is the environment's.
    let output = rankscope(&[&args[..], &BM25].concat()).env("RANKSCOPE_LOG", "error").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), first, "nothing went wrong");
    // A file that cannot be made is told before any work.
    let output = run(&["eval", path, "--log", "/no/such/folder/a.log"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("cannot open the log"), "{}", text(&output.stderr));
    // While the screen is up the log goes to its file too.
    let on_screen = folder.path().join("screen.log");
    let raw = drawn(&["--log", on_screen.to_str().unwrap()], &[]);
    assert!(std::fs::read_to_string(&on_screen).unwrap().contains(" INFO ") && !raw.contains(" INFO "));
}

/// Rows of a run for queries that the collection does not have: read, counted, thrown away.
fn long_run(folder: &Path, rows: usize) {
    use std::io::Write as _;
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("long.run")).unwrap());
    writeln!(file, "q1 Q0 a 1 2.5 long").unwrap();
    for row in 0..rows {
        writeln!(file, "other{:07} Q0 passage{:07} 1 2.5 long", row / 100, row).unwrap();
    }
}

/// Stops the program in the midst of reading, so that time goes by between two looks at how far it is.
fn stopped_while_reading(folder: &Path) -> Terminal {
    let leg = format!("long={}", folder.join("long.run").display());
    let terminal =
        Terminal::with(24, 200, &["eval", folder.to_str().unwrap(), "--leg", &leg, "--rerank", "none"], &[]);
    terminal.until("progress", |screen| screen.contains("reading long.run"));
    terminal.signal("STOP");
    terminal
}

#[test]
fn progress_tells_the_rate_and_the_time_left_and_leaves_no_trace() {
    let folder = small();
    long_run(folder.path(), 1_000_000);
    let mut terminal = stopped_while_reading(folder.path());
    // A rate is told after a second; here it is time itself that is waited for.
    std::thread::sleep(Duration::from_millis(1_200));
    terminal.signal("CONT");
    assert_eq!(terminal.end(), 0, "{}", terminal.screen());
    let raw = String::from_utf8_lossy(&terminal.raw.lock().unwrap()).into_owned();
    let told = raw.split("\x1b[K").find(|line| line.contains(" left")).unwrap_or_else(|| panic!("{raw}"));
    assert!(
        told.contains("reading long.run") && told.contains(" of 4") && told.contains(" MB/s, "),
        "{told}"
    );
    let screen = terminal.screen();
    assert!(!screen.contains("reading") && screen.contains("rows of the run are of queries"), "{screen}");
    let output = run(&["eval", folder.path().to_str().unwrap(), "--rerank", "none", "--leg", "bm25"]);
    assert_eq!(text(&output.stderr), "", "and none where nobody looks");
}

/// Ctrl-C in the midst of a run of millions of lines.
#[test]
fn reading_is_stopped_cleanly() {
    let folder = small();
    long_run(folder.path(), 1_000_000);
    let mut terminal = stopped_while_reading(folder.path());
    terminal.signal("INT");
    terminal.signal("CONT");
    assert_eq!(terminal.end(), 130);
    let screen = terminal.screen();
    assert!(screen.contains("stopped while reading the collection"), "{screen}");
}
