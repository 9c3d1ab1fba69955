//! A terminal that goes away ends the program, even where the loop cannot hear of it.
//!
//! crossterm reads a terminal that is gone as an endless row of empty reads and never comes back from
//! its poll, so the loop would spin and the signal that it waits for would not reach it. A thread of its
//! own waits for that signal, gives the loop time to end by itself, and then lets the signal do what it
//! does by default.

use std::io;
use std::time::Duration;

use signal_hook::consts::SIGHUP;
use tokio::signal::unix::{SignalKind, signal};

/// How long the loop has to end by itself.
const GRACE: Duration = Duration::from_secs(3);

/// Starts the thread. It costs nothing until the signal comes.
///
/// # Errors
/// When the signal cannot be listened to or no thread can be started.
pub fn watch() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut hang_up = {
        let _context = runtime.enter();
        signal(SignalKind::hangup())?
    };
    std::thread::Builder::new().name("hangup".to_owned()).spawn(move || {
        runtime.block_on(hang_up.recv());
        std::thread::sleep(GRACE);
        let _ = signal_hook::low_level::emulate_default_handler(SIGHUP);
    })?;
    Ok(())
}
