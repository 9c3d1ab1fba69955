//! What one expects of a program that takes the terminal over: frames that come whole, a terminal that is left as it was found
//! whatever ends the program, Ctrl-Z and `fg`, light or dark as the terminal is.

use std::time::{Duration, Instant};

use rankscope::corpus::Mark;
use rankscope::engine::{Event, Request};
use rankscope::tui::{self, EngineHandle};

use crate::common::{collection, ready, sample, small};
use crate::terminal::{Answers, PROGRAM, Terminal};

const LIGHT: &str = "rgb:ffff/fafa/f0f0";
const DARK: &str = "rgb:1c1c/1c1c/2020";
/// Of the light theme and of the dark one.
const ACCENTS: [&[u8]; 2] = [b"38;5;24;", b"38;5;110;"];

/// Frames come whole (synchronised output), and none while nothing changes.
#[test]
fn a_settled_screen_is_silent_and_every_frame_is_synchronised() {
    ready();
    let mut terminal = Terminal::open(24, 80, &[&sample()]);
    terminal.until("the screen", |screen| screen.contains("r@50"));
    terminal.rest();
    let (begun, ended) = (terminal.count(b"\x1b[?2026h"), terminal.count(b"\x1b[?2026l"));
    assert!(begun > 0 && begun == ended, "{begun} begun, {ended} ended");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

/// Trap: a frame a key, so that a key that is held down goes on turning after it is let go.
#[test]
fn a_burst_of_keys_is_a_few_frames() {
    const KEYS: usize = 300;
    let folder = small();
    ready();
    let mut terminal = Terminal::open(24, 80, &[&folder.path().display().to_string()]);
    terminal.until("the lists", |screen| screen.contains("reranked #1"));
    terminal.rest();
    let before = terminal.count(b"\x1b[?2026h");
    terminal.press(&"=".repeat(KEYS));
    terminal.until("every key", |screen| screen.contains("k 310"));
    terminal.rest();
    let frames = terminal.count(b"\x1b[?2026h") - before;
    assert!(frames < KEYS / 5, "{frames} frames for {KEYS} keys");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

/// The mouse reads values off a plot as it moves; a report of it that tells nothing new is no frame.
#[test]
fn a_mouse_that_moves_is_a_frame_only_where_it_reads_another_value() {
    let folder = small();
    ready();
    let mut terminal = Terminal::open(40, 120, &[&folder.path().display().to_string()]);
    let screen =
        terminal.until("the curve", |screen| screen.contains("reranked #1") && screen.contains("fused 1.00"));
    terminal.rest();
    let row = screen.lines().position(|line| line.contains("fused 1.00")).unwrap();
    let frames = |terminal: &Terminal| terminal.count(b"\x1b[?2026h");
    // Columns and rows count from 1: two rows above the values, within the plot.
    let to = |column: usize, row: usize| format!("\x1b[<35;{column};{row}M");
    let before = frames(&terminal);
    terminal.press(&to(30, 5).repeat(20));
    terminal.press(&to(100, row - 1));
    terminal.until("what is read there", |screen| screen.contains("at N "));
    let read = frames(&terminal);
    assert_eq!(read, before + 1, "over the lists nothing is read");
    terminal.press(&to(100, row - 2).repeat(20));
    terminal.press(&to(5, 1));
    terminal.until("the setting again", |screen| !screen.contains("at N ") && screen.contains("━ 50"));
    assert_eq!(frames(&terminal), read + 1, "within a value, and away from it");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn control_c_quits_even_while_typing() {
    ready();
    let mut terminal = Terminal::open(24, 80, &[&sample(), "--ascii"]);
    terminal.until("the screen", |screen| screen.contains("r@50"));
    terminal.press("/");
    terminal.press("q");
    terminal.until("the letter in the field", |screen| screen.contains('q'));
    terminal.press("\x03");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
    let raw = terminal.raw.lock().unwrap();
    assert!(!String::from_utf8_lossy(&raw).contains('★'), "only ASCII signs were asked for");
}

#[test]
fn signals_that_end_the_program_restore_the_terminal() {
    ready();
    for signal in ["TERM", "HUP", "INT"] {
        let mut terminal = Terminal::open(36, 120, &[&sample()]);
        terminal.until("the screen", |screen| screen.contains("recall@50"));
        assert!(!terminal.is_restored(), "it holds the terminal until then");
        terminal.signal(signal);
        terminal.end();
        assert!(terminal.is_restored(), "{signal}");
    }
}

/// Trap: the terminal library reads a terminal that is gone for ever, and the program would spin without
/// a screen.
#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    ready();
    let terminal = Terminal::open(24, 80, &[&sample()]);
    terminal.until("the screen", |screen| screen.contains("r@50"));
    let id = terminal.child.process_id().unwrap();
    let mut child = terminal.close();
    std::process::Command::new("kill").args(["-HUP", &id.to_string()]).status().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(20), "it lives on without a terminal");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// As a shell does it: Ctrl-Z gives the terminal back as it was, `fg` brings the screen back as it was.
#[test]
fn control_z_and_fg() {
    ready();
    let folder = small();
    let mode = "echo MODE $(stty -a | grep -ow -e '-*icanon' -e '-*isig')";
    let script = format!(
        "'{}' '{}'; echo STOPPED; {mode}; read line; fg >/dev/null; echo ENDED $?; {mode}",
        PROGRAM,
        folder.path().display()
    );
    let dark = [("COLORFGBG", "15;0".to_owned())];
    let mut terminal =
        Terminal::run((24, 80), ("bash", &["--norc", "-mc", &script]), &dark, Answers::default());
    terminal.until("the lists", |screen| screen.contains("reranked #1"));
    terminal.press("]]");
    terminal.until("N 70", |screen| screen.contains("N 70"));
    terminal.press("\x1a");
    let screen = terminal.until("the shell", |screen| screen.contains("STOPPED") && screen.contains("MODE"));
    assert!(screen.contains("MODE isig icanon"), "the shell's own mode\n{screen}");
    assert!(terminal.is_restored(), "mouse, paste, cursor and screen are given back");
    terminal.press("\r");
    terminal
        .until("the screen as it was", |screen| screen.contains("N 70") && screen.contains("reranked #1"));
    assert!(!terminal.is_restored());
    terminal.press("[");
    terminal.until("N 60", |screen| screen.contains("N 60"));
    terminal.press("q");
    let screen = terminal.until("the end", |screen| screen.matches("MODE isig icanon").count() == 2);
    assert!(screen.contains("ENDED 0"), "{screen}");
    assert!(terminal.is_restored());
}

#[test]
fn a_fault_of_the_collection_is_told_where_the_screen_is_not() {
    let mut terminal = Terminal::open(24, 80, &["/no/such/folder"]);
    assert_eq!(terminal.end(), 3);
    assert!(terminal.screen().contains("no such file or folder"), "{}", terminal.screen());
    assert!(terminal.is_restored());
    // Found out only when the screen is up.
    let folder = collection(&[("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \n")]);
    let mut terminal = Terminal::open(24, 80, &[&folder.path().display().to_string()]);
    assert_eq!(terminal.end(), 3);
    assert!(terminal.screen().contains("corpus.jsonl:2"), "{}", terminal.screen());
    assert!(terminal.is_restored());
}

/// An engine that takes the screen down with it.
struct Broken;

impl EngineHandle for Broken {
    fn request(&self, _request: Request) {
        panic!("the request met a wall");
    }

    fn mark(&self, _mark: Mark) {}
}

#[test]
#[ignore = "run by a_panic_is_read_on_the_terminal_as_it_was, in a terminal of its own"]
fn a_screen_that_panics() {
    let folder = small();
    let collection = rankscope::corpus::read(folder.path(), &Default::default()).unwrap();
    tui::run(tui::Options::default(), move |tell| {
        tell(Event::Opened(std::sync::Arc::new(collection)));
        Ok(Broken)
    })
    .unwrap();
}

#[test]
fn a_panic_is_read_on_the_terminal_as_it_was() {
    let plain = [("RUST_BACKTRACE", "0".to_owned())];
    let this = std::env::current_exe().unwrap();
    let args = ["terminal_manners::a_screen_that_panics", "--exact", "--ignored", "--nocapture"];
    let mut terminal = Terminal::run((24, 80), (this.to_str().unwrap(), &args), &plain, Answers::default());
    assert_ne!(terminal.end(), 0);
    assert!(terminal.count(b"\x1b[?1049h") == 1, "the screen was up");
    assert!(terminal.is_restored());
    assert!(terminal.screen().contains("the request met a wall"), "{}", terminal.screen());
}

/// The accents that were drawn: of the light theme, of the dark one.
fn accents(terminal: &Terminal) -> [bool; 2] {
    ACCENTS.map(|accent| terminal.count(accent) > 0)
}

/// Light or dark is asked for by OSC 11. Trap: the answer is taken for keys: `]`, digits that choose views,
/// the `r` of `rgb:` that opens a list.
#[test]
fn the_theme_follows_the_ground_of_the_terminal() {
    ready();
    let folder = small();
    let path = folder.path().display().to_string();
    for (ground, wanted) in [(Some(LIGHT), [true, false]), (Some(DARK), [false, true]), (None, [false, true])]
    {
        let answers = Answers { ground, attributes: true };
        let mut terminal = Terminal::run((40, 120), (PROGRAM, &[&path]), &[], answers);
        terminal.until("the lists", |screen| screen.contains("reranked #1"));
        terminal.rest();
        assert_eq!(accents(&terminal), wanted, "{ground:?}");
        let screen = terminal.screen();
        assert!(screen.contains("First stage") && screen.contains("q quit"), "no stray keys\n{screen}");
        terminal.press("q");
        assert_eq!(terminal.end(), 0);
        assert!(terminal.is_restored());
    }
}

/// A terminal that answers nothing costs a moment, and one that answers late presses no keys.
#[test]
fn a_terminal_that_answers_nothing_or_late() {
    ready();
    let mut terminal = Terminal::run((40, 120), (PROGRAM, &[&sample()]), &[], Answers::default());
    terminal.until("the lists", |screen| screen.contains("recall@50"));
    assert_eq!(accents(&terminal), [false, true], "dark where nothing is known");
    terminal.rest();
    let before = terminal.screen();
    terminal.press(&format!("\x1b]11;{LIGHT}\x1b\\\x1b[?62;22c"));
    // A key behind it is a key again.
    terminal.press("]");
    let after = terminal.until("N 60", |screen| screen.contains("recall@60"));
    assert!(before.contains("recall@50") && after.contains("First stage"), "{after}");
    assert!(!after.contains("does nothing here"), "{after}");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}
