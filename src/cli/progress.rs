//! One line on standard error while the engine works, only where that is a terminal: what is done, how
//! fast, and how long it will take.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::corpus::Reading;
use crate::engine::{Snapshot, StageState};
use crate::text::visible;

pub struct Progress {
    shown: bool,
    on: bool,
    /// What is being done, and how much of it was done when it began to be shown.
    pace: Option<(String, u64, Instant)>,
}

impl Progress {
    pub fn new(quiet: bool) -> Self {
        // A dumb terminal cannot write over a line.
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { shown: false, on: !quiet && !dumb && std::io::stderr().is_terminal(), pace: None }
    }

    /// Shows how far the reading of the collection is.
    pub fn read(&mut self, reading: &Reading) {
        const MB: u64 = 1_000_000;
        let name = reading.file.file_name().unwrap_or_else(|| reading.file.as_os_str());
        let doing = format!("reading {}", visible(&name.to_string_lossy()));
        let speed = self.pace_of(&doing, reading.bytes);
        let rate = speed.map(|speed| format!(", {:.0} MB/s", speed / MB as f64)).unwrap_or_default();
        let line = match reading.total {
            Some(total) => {
                let left = speed.and_then(|speed| time_left(speed, reading.bytes, total));
                format!(
                    "{doing} {} of {} MB{rate}{}",
                    reading.bytes / MB,
                    total / MB,
                    left.unwrap_or_default()
                )
            }
            None => format!("{doing} {} MB{rate}", reading.bytes / MB),
        };
        self.say(&line);
    }

    /// Shows what is being done.
    pub fn show(&mut self, snapshot: &Snapshot) {
        let stages = [
            ("bm25", &snapshot.status.bm25),
            ("dense", &snapshot.status.dense),
            ("rerank", &snapshot.status.rerank),
        ];
        let working = stages.iter().find_map(|(name, state)| match state {
            StageState::Working { done, total, doing } => Some((format!("{name}: {doing}"), *done, *total)),
            _ => None,
        });
        match working {
            Some((doing, 0, 0)) => self.say(&doing),
            Some((doing, done, total)) => self.count(&doing, done, total),
            None => {}
        }
    }

    /// Shows how many of how many are done.
    pub fn count(&mut self, doing: &str, done: usize, total: usize) {
        let speed = self.pace_of(doing, done as u64);
        let rate = speed.map(|speed| match speed {
            ..10.0 => format!(", {speed:.1}/s"),
            _ => format!(", {speed:.0}/s"),
        });
        let left = speed.and_then(|speed| time_left(speed, done as u64, total as u64));
        let (rate, left) = (rate.unwrap_or_default(), left.unwrap_or_default());
        self.say(&format!("{doing} {done}/{total}{rate}{left}"));
    }

    /// How many a second since this began to be shown; `None` in its first moments, when that says nothing.
    fn pace_of(&mut self, doing: &str, done: u64) -> Option<f64> {
        let known = self.pace.take().filter(|(other, before, _)| other == doing && *before <= done);
        let (doing, before, since) = known.unwrap_or_else(|| (doing.to_owned(), done, Instant::now()));
        let speed = speed(done - before, since.elapsed());
        self.pace = Some((doing, before, since));
        speed
    }

    fn say(&mut self, line: &str) {
        if self.on {
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
            let _ = std::io::stderr().flush();
            self.shown = true;
        }
    }
}

/// How many a second, once a second has gone by.
fn speed(done: u64, elapsed: Duration) -> Option<f64> {
    (done > 0 && elapsed >= Duration::from_secs(1)).then(|| done as f64 / elapsed.as_secs_f64())
}

/// `, 3 min left`, at `speed` a second.
fn time_left(speed: f64, done: u64, total: u64) -> Option<String> {
    let left = total.checked_sub(done).filter(|&left| left > 0)? as f64 / speed;
    Some(match left.ceil() as u64 {
        seconds @ 0..=99 => format!(", {seconds} s left"),
        seconds @ 100..=5_999 => format!(", {} min left", seconds.div_ceil(60)),
        seconds => format!(", {} h left", seconds.div_ceil(3600)),
    })
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_from_the_speed() {
        assert_eq!(speed(10, Duration::from_millis(900)), None, "too early");
        assert_eq!(speed(10, Duration::from_secs(2)), Some(5.0));
        assert_eq!(time_left(5.0, 10, 30).unwrap(), ", 4 s left");
        assert_eq!(time_left(5.0, 0, 3_000).unwrap(), ", 10 min left");
        assert_eq!(time_left(1.0, 0, 7_300).unwrap(), ", 3 h left");
        assert_eq!(time_left(5.0, 30, 30), None);
    }
}
