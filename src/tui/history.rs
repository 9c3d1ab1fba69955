//! The settings of before, for undo: one entry a gesture. A gesture is a drag, the time a list is open, or
//! a run of keys that turn one knob. Plain data; what changes settings tells it.

use crate::domain::Settings;

use super::knobs::Knob;

/// More turns than this are forgotten, the oldest first.
const MOST: usize = 200;

#[derive(Debug, Clone, Default)]
pub struct History {
    undo: Vec<Settings>,
    redo: Vec<Settings>,
    /// The knob that the gesture under way turns.
    run: Option<Knob>,
    /// What this key may go on with.
    open: Option<Knob>,
}

impl History {
    /// A key, or a movement of the mouse: it goes on with the run of the one before it if it turns the
    /// same knob, or in any case where it is `held`.
    pub fn next_key(&mut self, held: bool) {
        self.open = if held { self.run } else { self.run.take() };
    }

    /// The next turn begins a gesture of its own.
    pub fn end_run(&mut self) {
        (self.run, self.open) = (None, None);
    }

    /// The settings went from `before` to `now` by turning `knob`.
    pub fn turned(&mut self, knob: Knob, before: &Settings, now: &Settings) {
        let goes_on = self.open == Some(knob);
        if before == now && !goes_on {
            // A gesture that has turned nothing yet must not go on with the entry of the one before it.
            return self.end_run();
        }
        (self.run, self.open) = (Some(knob), Some(knob));
        if before == now {
            return;
        }
        self.redo.clear();
        if !goes_on || self.undo.is_empty() {
            self.undo.push(before.clone());
            if self.undo.len() > MOST {
                self.undo.remove(0);
            }
        } else if self.undo.last() == Some(now) {
            // Back where the gesture began: there is nothing to undo.
            self.undo.pop();
            self.end_run();
        }
    }

    /// The settings before the last gesture; `now` can be had again by [`History::redo`].
    pub fn undo(&mut self, now: &Settings) -> Option<Settings> {
        self.end_run();
        let before = self.undo.pop()?;
        self.redo.push(now.clone());
        Some(before)
    }

    pub fn redo(&mut self, now: &Settings) -> Option<Settings> {
        self.end_run();
        let next = self.redo.pop()?;
        self.undo.push(now.clone());
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(candidates: usize) -> Settings {
        Settings { candidates, ..Settings::default() }
    }

    fn turn(history: &mut History, knob: Knob, from: usize, to: usize) {
        history.next_key(false);
        history.turned(knob, &at(from), &at(to));
    }

    #[test]
    fn a_run_of_one_knob_is_one_entry() {
        let mut history = History::default();
        turn(&mut history, Knob::Candidates, 50, 60);
        turn(&mut history, Knob::Candidates, 60, 70);
        turn(&mut history, Knob::Deliver, 70, 71);
        turn(&mut history, Knob::Candidates, 71, 80);
        assert_eq!(history.undo(&at(80)), Some(at(71)));
        assert_eq!(history.undo(&at(71)), Some(at(70)));
        assert_eq!(history.redo(&at(70)), Some(at(71)));
        assert_eq!(history.undo(&at(71)), Some(at(70)));
        assert_eq!(history.undo(&at(70)), Some(at(50)));
        assert_eq!(history.undo(&at(50)), None);
        turn(&mut history, Knob::Deliver, 50, 51);
        assert_eq!(history.redo(&at(51)), None, "a turn forgets what was undone");
    }

    /// Found with the mouse: a drag that begins where its slider stands was undone together with the click
    /// before it.
    #[test]
    fn a_gesture_that_begins_without_a_turn_is_an_entry_of_its_own() {
        let mut history = History::default();
        history.end_run();
        history.turned(Knob::Candidates, &at(50), &at(5));
        history.end_run();
        history.turned(Knob::Candidates, &at(5), &at(5));
        for (from, to) in [(5, 4), (4, 4), (4, 1)] {
            history.next_key(true);
            history.turned(Knob::Candidates, &at(from), &at(to));
        }
        assert_eq!(history.undo(&at(1)), Some(at(5)));
        assert_eq!(history.undo(&at(5)), Some(at(50)));
    }

    /// Traps: another key between two turns, and a run that comes back to where it began.
    #[test]
    fn another_key_ends_the_run_and_a_run_to_nowhere_leaves_no_entry() {
        let mut history = History::default();
        turn(&mut history, Knob::Candidates, 50, 60);
        history.next_key(false);
        turn(&mut history, Knob::Candidates, 60, 70);
        assert_eq!(history.undo(&at(70)), Some(at(60)));
        turn(&mut history, Knob::Candidates, 60, 70);
        turn(&mut history, Knob::Candidates, 70, 60);
        assert_eq!(history.undo(&at(60)), Some(at(50)));
    }
}
