//! The program in a pseudo-terminal: it opens, answers keys, follows a new size, quits, and leaves the
//! terminal as it found it.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::common::{ready, sample, shared};

pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    parser: Arc<Mutex<vt100::Parser>>,
    pub raw: Arc<Mutex<Vec<u8>>>,
    news: mpsc::Receiver<()>,
    _home: tempfile::TempDir,
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

const PATIENCE: Duration = Duration::from_secs(120);

impl Terminal {
    fn open(rows: u16, cols: u16, args: &[&str]) -> Self {
        Self::with(rows, cols, args, &[])
    }

    /// With these variables beside the usual ones.
    pub fn with(rows: u16, cols: u16, args: &[&str], env: &[(&str, String)]) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rankscope"));
        for arg in args {
            command.arg(arg);
        }
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.env("TERM", "xterm-256color");
        command.env("COLORFGBG", "15;0");
        command.env_remove("COLORTERM");
        command.env("RANKSCOPE_RUNTIME_DIR", shared("runtime"));
        command.env("RANKSCOPE_CACHE_DIR", shared("cache"));
        command.env("RANKSCOPE_CONFIG_DIR", shared("no-config"));
        // What one test leaves must not be there at the start of another.
        let home = tempfile::tempdir().unwrap();
        command.env("RANKSCOPE_DATA_DIR", home.path());
        command.env_remove("NO_COLOR");
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(cols), 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let (tell, news) = mpsc::channel();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (theirs, bytes_seen) = (Arc::clone(&parser), Arc::clone(&raw));
        let writer = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let answers = Arc::clone(&writer);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                let mut parser = theirs.lock().unwrap();
                parser.process(&bytes[..read]);
                // A real terminal answers where its cursor is.
                if bytes[..read].windows(4).any(|window| window == b"\x1b[6n") {
                    let (row, col) = parser.screen().cursor_position();
                    let _ = write!(answers.lock().unwrap(), "\x1b[{};{}R", row + 1, col + 1);
                }
                bytes_seen.lock().unwrap().extend_from_slice(&bytes[..read]);
                let _ = tell.send(());
            }
        });
        Self {
            master: pair.master,
            writer: Box::new(SharedWriter(writer)),
            child,
            parser,
            raw,
            news,
            _home: home,
        }
    }

    pub fn screen(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits until the screen is as wished; it is looked at whenever something was drawn.
    pub fn until(&self, what: &str, wished: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if wished(&screen) {
                return screen;
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            assert!(self.news.recv_timeout(left).is_ok(), "no {what} on\n{screen}");
        }
    }

    /// Sends the program a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success()
        );
    }

    /// Waits for the program's end and gives back its exit code.
    pub fn end(&mut self) -> u32 {
        let code = self.child.wait().unwrap().exit_code();
        // The last bytes may still be on their way.
        while self.news.recv_timeout(Duration::from_millis(200)).is_ok() {}
        code
    }

    pub fn is_restored(&self) -> bool {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

struct SharedWriter(Arc<Mutex<Box<dyn std::io::Write + Send>>>);

impl std::io::Write for SharedWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().unwrap().flush()
    }
}

#[test]
fn it_opens_turns_its_knobs_follows_the_size_and_leaves_the_terminal_as_it_was() {
    ready();
    let mut terminal = Terminal::open(36, 120, &[&sample()]);
    terminal
        .until("verdict and reranked list", |screen| screen.contains("reranking") && screen.contains("▲"));
    terminal.until("recall at 50", |screen| screen.contains("recall@50"));
    assert!(terminal.parser.lock().unwrap().screen().alternate_screen());

    terminal.press("\x1b[C");
    terminal.until("α .55", |screen| screen.contains(".55"));
    terminal.press("[");
    terminal.until("N = 40", |screen| screen.contains("recall@40") && screen.contains("N 40"));
    terminal.press("rnone");
    terminal.until("the list of rerankers", |screen| screen.contains("Enter keeps"));
    terminal.press("\r");
    terminal.until("no second stage", |screen| !screen.contains("Enter keeps") && !screen.contains('▲'));
    terminal.press("rlate-interaction\r");
    terminal.until("reranked again", |screen| !screen.contains("Enter keeps") && screen.contains('▲'));

    terminal.press("/");
    terminal.press("ferry");
    terminal.until("the typed query", |screen| screen.contains("ferry"));
    terminal.press("\x1b");

    terminal.master.resize(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    terminal.parser.lock().unwrap().screen_mut().set_size(cells(24), cells(80));
    terminal
        .until("both lists at 80 columns", |screen| screen.contains("First") && screen.contains("Reranked"));
    terminal.master.resize(PtySize { rows: 8, cols: 30, pixel_width: 0, pixel_height: 0 }).unwrap();
    terminal.parser.lock().unwrap().screen_mut().set_size(cells(8), cells(30));
    terminal.until("a word on the size", |screen| screen.contains("40") && screen.contains("12"));

    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
}

#[test]
fn a_signal_restores_the_terminal_too() {
    ready();
    let mut terminal = Terminal::open(36, 120, &[&sample()]);
    terminal.until("the screen", |screen| screen.contains("recall@50"));
    terminal.signal("TERM");
    terminal.end();
    assert!(terminal.is_restored());
}

#[test]
fn control_c_quits_even_while_typing() {
    ready();
    let mut terminal = Terminal::open(24, 80, &[&sample(), "--ascii"]);
    terminal.until("the screen", |screen| screen.contains("recall@50"));
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
fn a_fault_of_the_collection_is_told_before_the_screen_opens() {
    let mut terminal = Terminal::open(24, 80, &["/no/such/folder"]);
    assert_eq!(terminal.end(), 3);
    assert!(terminal.screen().contains("no such file or folder"), "{}", terminal.screen());
    assert!(terminal.is_restored());
}

/// Trap: the terminal library reads a terminal that is gone for ever, and the program would spin without
/// a screen.
#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    ready();
    let Terminal { master, writer, mut child, parser, news, .. } = {
        let terminal = Terminal::open(24, 80, &[&sample()]);
        terminal.until("the screen", |screen| screen.contains("recall@50"));
        terminal
    };
    let id = child.process_id().unwrap();
    drop((master, writer, parser, news));
    std::process::Command::new("kill").args(["-HUP", &id.to_string()]).status().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(20), "it lives on without a terminal");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Frames come whole (synchronised output), and none while nothing changes.
#[test]
fn a_settled_screen_is_silent_and_every_frame_is_synchronised() {
    ready();
    let mut terminal = Terminal::open(24, 80, &[&sample()]);
    terminal.until("the screen", |screen| screen.contains("recall@50") || screen.contains("r@50"));
    let quiet = Duration::from_secs(2);
    let start = Instant::now();
    while terminal.news.recv_timeout(quiet).is_ok() {
        assert!(start.elapsed() < PATIENCE, "the screen never comes to rest");
    }
    let raw = terminal.raw.lock().unwrap().clone();
    let count = |bytes: &[u8]| raw.windows(bytes.len()).filter(|window| *window == bytes).count();
    let (begun, ended) = (count(b"\x1b[?2026h"), count(b"\x1b[?2026l"));
    assert!(begun > 0 && begun == ended, "{begun} begun, {ended} ended");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}
