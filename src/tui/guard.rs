//! The terminal, taken and given back: raw mode, alternate screen, mouse, bracketed paste. Whatever way
//! the program ends (return, error, panic, signal), what was taken is given back once.

use std::io::{self, Write as _, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, PoisonError, RwLock};
use std::thread::{self, ThreadId};

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The thread that draws.
static SCREEN_THREAD: RwLock<Option<ThreadId>> = RwLock::new(None);
static HOOK: Once = Once::new();

/// Holds the terminal; dropping it gives the terminal back.
#[derive(Debug)]
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal.
    pub fn take(mouse: bool) -> io::Result<Self> {
        *SCREEN_THREAD.write().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        HOOK.call_once(install_panic_hook);
        let guard = Self { mouse };
        guard.enter()?;
        Ok(guard)
    }

    fn enter(&self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        if self.mouse { execute!(stdout(), EnableMouseCapture) } else { Ok(()) }
    }

    /// Gives the terminal back. Does nothing the second time.
    pub fn give_back(&self) {
        give_back();
    }

    /// Takes the terminal again, after [`Guard::give_back`].
    pub fn retake(&self) -> io::Result<()> {
        self.enter()
    }

    pub fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Every step is tried, whatever the one before it said: there is nobody left to tell.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(stdout(), DisableMouseCapture);
    let _ = execute!(stdout(), DisableBracketedPaste);
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    let _ = stdout().flush();
}

/// A panic of the screen's thread gives the terminal back before its message is printed. A panic of
/// another thread, while the screen is up, goes to the log: its message would be drawn over the screen,
/// and whoever joins the thread hears of it.
fn install_panic_hook() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let screen = *SCREEN_THREAD.read().unwrap_or_else(PoisonError::into_inner);
        if screen == Some(thread::current().id()) {
            give_back();
        } else if TAKEN.load(Ordering::SeqCst) {
            tracing::error!("a thread panicked: {panic}");
            return;
        }
        print(panic);
    }));
}

/// Stops the program as Ctrl-Z does elsewhere, with the terminal given back, and takes it again when the
/// shell continues the program.
#[cfg(unix)]
pub fn suspend(guard: &Guard) -> io::Result<()> {
    guard.give_back();
    // The whole process group stops, as it does when the terminal itself sends the signal, so that a
    // `cargo run` in front of us stops as well.
    let status = std::process::Command::new("kill").args(["-TSTP", "0"]).status();
    guard.retake()?;
    status.map(|_| ())
}

#[cfg(not(unix))]
pub fn suspend(_guard: &Guard) -> io::Result<()> {
    Ok(())
}
