//! One line on standard error while the engine works, only where that is a terminal.

use std::io::{IsTerminal as _, Write as _};

use crate::engine::{Snapshot, StageState};

pub struct Progress {
    shown: bool,
    on: bool,
}

impl Progress {
    pub fn new(quiet: bool) -> Self {
        Self { shown: false, on: !quiet && std::io::stderr().is_terminal() }
    }

    /// Shows what is being done.
    pub fn show(&mut self, snapshot: &Snapshot) {
        if !self.on {
            return;
        }
        let stages = [
            ("bm25", &snapshot.status.bm25),
            ("dense", &snapshot.status.dense),
            ("rerank", &snapshot.status.rerank),
        ];
        let working = stages.iter().find_map(|(name, state)| match state {
            StageState::Working { done, total: 0, doing } if *done == 0 => Some(format!("{name}: {doing}")),
            StageState::Working { done, total, doing } => Some(format!("{name}: {doing} {done}/{total}")),
            _ => None,
        });
        if let Some(line) = working {
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
            let _ = std::io::stderr().flush();
            self.shown = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
