//! The program in a pseudo-terminal: it opens, answers keys, follows a new size, quits, and leaves the
//! terminal as it found it.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::common::{ready, sample, shared};

pub struct Terminal {
    pub master: Box<dyn MasterPty + Send>,
    writer: Box<dyn std::io::Write + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    parser: Arc<Mutex<vt100::Parser>>,
    pub raw: Arc<Mutex<Vec<u8>>>,
    news: mpsc::Receiver<()>,
    _home: tempfile::TempDir,
}

/// What the emulator answers beside where its cursor is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers {
    /// To OSC 11, the colour of its ground: `rgb:ffff/ffff/ffff`.
    pub ground: Option<&'static str>,
    /// To DA1, what it is: old terminals do, also where they do not know OSC 11.
    pub attributes: bool,
}

/// Its last bytes may be the first ones of a question.
struct Emulator {
    answers: Answers,
    unread: Vec<u8>,
}

impl Emulator {
    /// What a real terminal would send back to these bytes; `cursor` counts from 0.
    fn answer(&mut self, bytes: &[u8], cursor: (u16, u16)) -> String {
        let mut said = String::new();
        for &byte in bytes {
            self.unread.push(byte);
            let asks = |question: &[u8]| self.unread.ends_with(question);
            if asks(b"\x1b[6n") {
                said += &format!("\x1b[{};{}R", cursor.0 + 1, cursor.1 + 1);
            } else if asks(b"\x1b]11;?\x1b\\") || asks(b"\x1b]11;?\x07") {
                said +=
                    &self.answers.ground.map_or(String::new(), |colour| format!("\x1b]11;{colour}\x1b\\"));
            } else if self.answers.attributes && (asks(b"\x1b[c") || asks(b"\x1b[0c")) {
                said += "\x1b[?62;22c";
            }
        }
        let kept = self.unread.len().min(16);
        self.unread.drain(..self.unread.len() - kept);
        said
    }
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_rankscope");
const PATIENCE: Duration = Duration::from_secs(120);

impl Terminal {
    pub fn open(rows: u16, cols: u16, args: &[&str]) -> Self {
        Self::with(rows, cols, args, &[])
    }

    /// With these variables beside the usual ones, in a dark terminal that answers nothing.
    pub fn with(rows: u16, cols: u16, args: &[&str], env: &[(&str, String)]) -> Self {
        let env = [&[("COLORFGBG", "15;0".to_owned())], env].concat();
        Self::run((rows, cols), (PROGRAM, args), &env, Answers::default())
    }

    /// Any program, with the folders that the tests share, in an emulator with answers of its own.
    pub fn run(
        (rows, cols): (u16, u16),
        (program, args): (&str, &[&str]),
        env: &[(&str, String)],
        answers: Answers,
    ) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.env("TERM", "xterm-256color");
        command.env("RANKSCOPE_RUNTIME_DIR", shared("runtime"));
        command.env("RANKSCOPE_CACHE_DIR", shared("cache"));
        command.env("RANKSCOPE_CONFIG_DIR", shared("no-config"));
        // What one test leaves must not be there at the start of another.
        let home = tempfile::tempdir().unwrap();
        command.env("RANKSCOPE_DATA_DIR", home.path());
        for name in ["COLORTERM", "COLORFGBG", "NO_COLOR"] {
            command.env_remove(name);
        }
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
        let back = Arc::clone(&writer);
        let mut emulator = Emulator { answers, unread: Vec::new() };
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                let mut parser = theirs.lock().unwrap();
                parser.process(&bytes[..read]);
                let said = emulator.answer(&bytes[..read], parser.screen().cursor_position());
                if !said.is_empty() {
                    let _ = write!(back.lock().unwrap(), "{said}");
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
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "the program does not end:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        };
        let code = status.exit_code();
        // The last bytes may still be on their way.
        while self.news.recv_timeout(Duration::from_millis(200)).is_ok() {}
        code
    }

    /// Waits until nothing has been drawn for a while.
    pub fn rest(&self) {
        let start = Instant::now();
        while self.news.recv_timeout(Duration::from_secs(2)).is_ok() {
            assert!(start.elapsed() < PATIENCE, "the screen never comes to rest");
        }
    }

    /// How often these bytes were sent to the terminal.
    pub fn count(&self, bytes: &[u8]) -> usize {
        self.raw.lock().unwrap().windows(bytes.len()).filter(|window| *window == bytes).count()
    }

    /// Takes the terminal away from the program.
    pub fn close(self) -> Box<dyn Child + Send + Sync> {
        self.child
    }

    /// Whether modes, cursor and screen are as they were before the program.
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
