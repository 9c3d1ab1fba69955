//! The tour: it shows what it says, it can be recorded, and a script of one's own is read like ours.

use std::num::NonZeroU16;
use std::process::Output;

use serde_json::Value;

use crate::common::{collection, ready, run, small, text};
#[cfg(unix)]
use crate::terminal::Terminal;

const SCRIPT: &str = r#"
title = "A talk"

[[step]]
caption = "The ferry ticket is found."
query = "q1"
picture = "found"
claims = [{ gold = "a", candidate = true, rank-at-most = 1 }, { recall-at-least = 1.0 }]

[[step]]
caption = "予約: with BM25 alone the dog is found as well, and the curves stand beside each other."
query = "q2"
settings = { first = "bm25", rerank = "none" }
press = ["next-gold"]
claims = [{ gold = "c", candidate = true }]
"#;

fn play(script: &str, args: &[&str]) -> Output {
    play_on(&small(), script, args)
}

fn play_on(corpus: &tempfile::TempDir, script: &str, args: &[&str]) -> Output {
    let folder = collection(&[("talk.toml", script.as_bytes())]);
    let script = folder.path().join("talk.toml");
    let fixed = ["demo", corpus.path().to_str().unwrap(), "--demo", script.to_str().unwrap()];
    ready();
    run(&[&fixed[..], args].concat())
}

fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// Every step of the built-in tour over the sample, with the bundled model: gold lost, gold back, gold lifted.
#[test]
fn the_tour_shows_what_it_claims() {
    ready();
    let output = run(&["demo", "--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("claims hold"), "{}", said(&output));
}

/// Trap: a check that looks at nothing would let any tour pass.
#[test]
fn a_claim_that_does_not_hold_is_named_with_its_line() {
    let wrong = SCRIPT.replace("rank-at-most = 1 }", "candidate = false }");
    let wrong = wrong.replace("candidate = true, candidate = false", "candidate = false");
    let output = play(&wrong, &["--check"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("talk.toml:4: a is "), "{}", said(&output));
    let output = play(&SCRIPT.replace("\"q2\"", "\"q9\""), &["--check"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("talk.toml:12: there is no query q9"), "{}", said(&output));
    let output = play(&SCRIPT.replace("caption", "capton"), &["--check"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("talk.toml:5:"), "{}", said(&output));
}

#[test]
fn pictures_of_the_steps_are_svg() {
    let folder = tempfile::tempdir().unwrap();
    let output = play(SCRIPT, &["--pictures", folder.path().to_str().unwrap(), "--size", "100x30"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let svg = std::fs::read_to_string(folder.path().join("found.svg")).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    assert_eq!(document.root_element().attribute("width"), Some("918"));
    assert_eq!(document.root_element().attribute("aria-label"), Some("The ferry ticket is found."));
    assert!(svg.contains("Reranked") && !svg.contains("A talk"), "the screen, without the caption");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_recording_is_an_asciicast_that_replays() {
    let folder = tempfile::tempdir().unwrap();
    // The collection's name is its folder's, and stands on the screen.
    let (corpus, mut casts) = (small(), Vec::new());
    for name in ["one.cast", "two.cast"] {
        let file = folder.path().join(name);
        let output = play_on(&corpus, SCRIPT, &["--record", file.to_str().unwrap(), "--size", "100x30"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        casts.push(std::fs::read_to_string(file).unwrap());
    }
    assert_eq!(casts[0], casts[1], "the same tour is the same recording, whatever it took to compute");
    let mut lines = casts[0].lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let header = lines.next().unwrap();
    assert_eq!(
        (&header["version"], &header["width"], &header["height"]),
        (&2.into(), &100.into(), &30.into())
    );
    assert_eq!(header["title"], "A talk");
    let cells = |n: u16| NonZeroU16::new(n).unwrap();
    let mut terminal = vt100::Parser::new(cells(30), cells(100), 0);
    let (mut clock, mut screens) = (0.0, Vec::new());
    for event in lines {
        let time = event[0].as_f64().unwrap();
        assert!(time >= clock && event[1] == "o", "{event}");
        clock = time;
        terminal.process(event[2].as_str().unwrap().as_bytes());
        screens.push(terminal.screen().contents());
    }
    let shows = |part: &str| screens.iter().position(|screen| screen.contains(part));
    let (first, second) =
        (shows("The ferry ticket is found.").unwrap(), shows("予約: with BM25 alone").unwrap());
    assert!(first < second);
    assert!(screens[first].contains("1 of 2 A talk") && screens[second].contains("2 of 2 A talk"));
    let last = screens.last().unwrap();
    assert!(last.contains("First stage · bm25") && last.contains("The reranker is off."), "{last}");
    // Both captions, read at four words a second with two seconds around them, and the deeds.
    assert!((9.0..30.0).contains(&clock), "{clock}");
}

/// Trap: a key pressed before a step is through, which a speaker does not see, is lost.
#[cfg(unix)]
#[test]
fn keys_step_through_a_tour_however_early_they_come() {
    ready();
    let (corpus, folder) = (small(), collection(&[("talk.toml", SCRIPT.as_bytes())]));
    let script = folder.path().join("talk.toml");
    let args = ["demo", corpus.path().to_str().unwrap(), "--demo", script.to_str().unwrap()];
    let mut terminal = Terminal::open(30, 100, &args);
    terminal.until("the first step", |screen| screen.contains("1 of 2 A talk"));
    terminal.press(" ");
    let is_second = |screen: &str| {
        screen.contains("2 of 2 A talk") && screen.contains("First stage · bm25") && !screen.contains('◌')
    };
    terminal.until("the second step, all of it", is_second);
    terminal.press("\x1b[D");
    let screen =
        terminal.until("the way back", |screen| screen.contains("1 of 2 A talk") && screen.contains("RRF"));
    assert!(screen.contains("The ferry ticket is found."), "{screen}");
    terminal.press("  ");
    let screen = terminal.until("the end of the tour", |screen| screen.contains("the screen is yours"));
    assert!(screen.contains("First stage · bm25") && !screen.contains("A talk"), "{screen}");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
}

/// The built-in tour, as it is given: every step by one key, none waited for.
#[cfg(unix)]
#[test]
fn the_built_in_tour_is_stepped_by_key() {
    ready();
    let mut terminal = Terminal::open(40, 120, &["demo"]);
    let steps = include_str!("../../src/tui/demo/tour.toml").matches("[[step]]").count();
    for step in 1..=steps {
        terminal
            .until("the step", |screen| screen.contains(&format!("{step} of {steps} Two-stage retrieval")));
        terminal.press(" ");
    }
    terminal.until("the end of the tour", |screen| screen.contains("the screen is yours"));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
}

#[test]
fn without_a_terminal_the_tour_says_what_to_do() {
    let output = run(&["demo"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--record"), "{}", said(&output));
    let output = play(SCRIPT, &["--record", "x", "--size", "9x9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("40x16"), "{}", said(&output));
    let corpus = small();
    let output = run(&["demo", corpus.path().to_str().unwrap(), "--check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--demo FILE"), "{}", said(&output));
    let output = run(&["demo", "--actions"]);
    assert!(text(&output.stdout).lines().any(|line| line.starts_with("next-gold ")), "{}", said(&output));
}
