//! Ends waits: a sleep between two attempts must not outlive the wish for an answer.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shared by the requests of one list.
#[derive(Debug, Default)]
pub(super) struct Stop {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    halted: bool,
    /// Nothing is sent before: one request's "too many" is meant for all.
    held_until: Option<Instant>,
}

impl Stop {
    /// No further request is sent; waits end at once.
    pub fn halt(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).halted = true;
        self.changed.notify_all();
    }

    /// Holds all requests back for `wait` from now.
    pub fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.held_until = state.held_until.max(Some(until));
    }

    /// Waits until requests may be sent; `false`: none may any more.
    pub fn may_send(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.halted {
                return false;
            }
            let left = state.held_until.map(|until| until.saturating_duration_since(Instant::now()));
            let Some(left) = left.filter(|left| !left.is_zero()) else { return true };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub fn is_halted(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).halted
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_hold_passes_by_itself() {
        let stop = Stop::default();
        assert!(stop.may_send());
        let start = Instant::now();
        stop.hold(Duration::from_millis(30));
        stop.hold(Duration::from_millis(1));
        assert!(stop.may_send());
        assert!(start.elapsed() >= Duration::from_millis(30), "the longer wish counts");
    }

    #[test]
    fn halting_ends_a_wait() {
        let stop = Arc::new(Stop::default());
        stop.hold(Duration::from_secs(3600));
        let waiting = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || stop.may_send()
        });
        stop.halt();
        assert!(!waiting.join().unwrap());
    }
}
