//! How wide the terminal draws signs of ambiguous width (★ ▲ ─): asked once, by drawing one and asking
//! where the cursor went. Many terminals in East Asian settings draw them two cells wide, which would
//! break every column.

use std::io::{self, Write as _, stdout};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crossterm::cursor::{MoveTo, position};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType};

/// How long the first frame waits for the answer. A slower answer is still heard.
const PATIENCE: Duration = Duration::from_millis(120);

/// Whether the terminal said that it draws them two cells wide. `late` is called with the answer, from
/// another thread, when it comes after the first frame could not wait any longer.
pub fn ambiguous_is_wide(late: impl FnOnce(bool) + Send + 'static) -> io::Result<bool> {
    queue!(stdout(), MoveTo(0, 0), Print("★"))?;
    stdout().flush()?;
    let (tell, hear) = mpsc::sync_channel(0);
    // crossterm waits two seconds for a terminal that never answers: not on this thread.
    let asked = thread::Builder::new().name("width-probe".to_owned()).spawn(move || {
        let wide = position().is_ok_and(|(column, _)| column > 1);
        if tell.send(wide).is_err() && wide {
            late(wide);
        }
    });
    let wide = match asked {
        Ok(_) => hear.recv_timeout(PATIENCE).unwrap_or(false),
        Err(_) => false,
    };
    drop(hear);
    queue!(stdout(), Clear(ClearType::All))?;
    stdout().flush()?;
    Ok(wide)
}
