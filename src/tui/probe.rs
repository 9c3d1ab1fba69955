//! What the terminal is like: its ground, asked for by OSC 11; and how wide it draws signs of ambiguous
//! width (★ ▲ ─): asked once, by drawing one and asking where the cursor went. Many terminals in East Asian
//! settings draw them two cells wide, which would break every column.

use std::io::{self, Write as _, stdout};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crossterm::cursor::{MoveTo, position};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType};
use terminal_colorsaurus::{QueryOptions, background_color};

use super::Ground;

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

/// What the terminal draws on: as `COLORFGBG` says, else as the terminal answers; dark where it does not.
/// `late` is told where an answer may still come, which would be read as keys.
pub fn ground(late: &mut LateAnswer) -> Ground {
    if let Some(ground) = std::env::var("COLORFGBG").ok().and_then(|set| ground_of(&set)) {
        return ground;
    }
    let mut options = QueryOptions::default();
    options.timeout = PATIENCE;
    // The ground alone: there are terminals that know nothing of the colour of their letters.
    match background_color(options) {
        Ok(colour) if colour.perceived_lightness() > 0.5 => Ground::Light,
        Ok(_) => Ground::Dark,
        Err(_) => {
            late.is_due = true;
            Ground::Dark
        }
    }
}

/// `15;0`, `0;default;15`: foreground and background among the sixteen.
fn ground_of(set: &str) -> Option<Ground> {
    match set.rsplit(';').next()?.parse::<u8>().ok()? {
        7 | 9..=15 => Some(Ground::Light),
        0..=6 | 8 => Some(Ground::Dark),
        _ => None,
    }
}

/// More keys than this are no colour.
const LONGEST_ANSWER: usize = 40;

/// The answer to a question about colours that came when nobody waited for it any more: it arrives as keys
/// (Alt-], then digits, letters and slashes), and must not be taken for what a person pressed.
#[derive(Debug, Default)]
pub struct LateAnswer {
    is_due: bool,
    /// How much of it has come; `None`: none yet.
    seen: Option<usize>,
}

impl LateAnswer {
    /// Whether a key is a part of it.
    pub fn is_part(&mut self, key: &KeyEvent) -> bool {
        let alt = key.modifiers == KeyModifiers::ALT;
        let Some(seen) = self.seen else {
            let begins = self.is_due && alt && key.code == KeyCode::Char(']');
            self.seen = begins.then_some(0);
            return begins;
        };
        // It ends with BEL or with ESC and a backslash.
        let bell = key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('g');
        if bell || (alt && key.code == KeyCode::Char('\\')) || seen >= LONGEST_ANSWER {
            *self = Self::default();
        } else {
            self.seen = Some(seen + 1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_stands_last_in_colorfgbg() {
        assert_eq!(ground_of("15;0"), Some(Ground::Dark));
        assert_eq!(ground_of("0;default;15"), Some(Ground::Light));
        assert_eq!(ground_of("0;default"), None);
    }

    /// Trap: the r of `rgb:` opens a list, the digits choose views.
    #[test]
    fn an_answer_that_comes_late_is_no_keys() {
        let plain = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        let alt = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT);
        let mut late = LateAnswer { is_due: true, seen: None };
        assert!(!late.is_part(&plain('r')));
        assert!(late.is_part(&alt(']')));
        assert!("11;rgb:ffff/ffff/ffff".chars().all(|c| late.is_part(&plain(c))));
        assert!(late.is_part(&alt('\\')));
        assert!(!late.is_part(&plain('r')) && !late.is_part(&alt(']')), "it comes once");
        assert!(!LateAnswer::default().is_part(&alt(']')), "nothing was asked");
    }
}
