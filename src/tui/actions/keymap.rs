//! Keys of the user's own over those of the table. In: names of actions and keys, as they were written,
//! with their lines. Out: a keymap in which no two actions of one place share a key, or the line that is
//! wrong.

use std::borrow::Cow;

use super::{Action, ActionId, Chord, Place, all};

/// What was bound otherwise; every other action has the keys of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    bound: Vec<(ActionId, Vec<Chord>)>,
}

/// An action with its keys, as somebody wrote them.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    pub action: &'a str,
    pub keys: &'a [String],
    pub line: usize,
}

impl Keymap {
    /// # Errors
    /// The line of the first binding that is wrong, and what is wrong with it.
    pub fn of(bindings: &[Binding<'_>]) -> Result<Self, (usize, String)> {
        let mut map = Self::default();
        for binding in bindings {
            let wrong = |fault: String| (binding.line, fault);
            let id = all().map(|action| action.id).find(|id| id.name() == binding.action);
            let id = id.ok_or_else(|| wrong(no_such_action(binding.action)))?;
            if id == ActionId::QuitAlways {
                return Err(wrong("Ctrl-C always quits: quit-always takes no other key".to_owned()));
            }
            let keys = binding.keys.iter().map(|key| {
                Chord::parse(key).ok_or_else(|| {
                    wrong(format!("{key:?} is no key: write a character, enter, f1, ctrl-x, shift-left …"))
                })
            });
            let keys = keys.collect::<Result<Vec<_>, _>>()?;
            let typed = all().any(|action| action.id == id && action.places.contains(&Place::Field));
            if let Some(key) = keys.iter().find(|key| typed && key.is_text()) {
                let fault = format!(
                    "{} could not be typed any more: {} works in text fields",
                    key.name(),
                    binding.action
                );
                return Err(wrong(fault));
            }
            map.bound.push((id, keys));
        }
        for binding in bindings {
            if let Some(fault) = map.collision(binding.action) {
                return Err((binding.line, fault));
            }
        }
        Ok(map)
    }

    /// The keys of an action.
    pub fn keys(&self, action: &Action) -> Cow<'static, [Chord]> {
        match self.bound.iter().find(|(id, _)| *id == action.id) {
            Some((_, keys)) => Cow::Owned(keys.clone()),
            None => Cow::Borrowed(action.keys),
        }
    }

    /// Another action that has a key of this one at the same place.
    fn collision(&self, name: &str) -> Option<String> {
        for one in all().filter(|action| action.id.name() == name) {
            for other in all().filter(|other| other.id != one.id) {
                let meet = one.places.iter().any(|place| other.places.contains(place));
                let keys = self.keys(other);
                let shared = self.keys(one).iter().find(|key| meet && keys.contains(key)).copied();
                if let Some(key) = shared {
                    return Some(format!(
                        "{} is also the key of {} ({}): give that one another, or none ([])",
                        key.name(),
                        other.id.name(),
                        other.help
                    ));
                }
            }
        }
        None
    }
}

/// The nearest name, where one is near.
fn no_such_action(written: &str) -> String {
    let names = all().map(|action| (likeness(written, &action.id.name()), action.id.name()));
    let near = names.filter(|(likeness, _)| *likeness >= 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => format!("there is no action {written}; did you mean {near}?"),
        None => format!("there is no action {written}; `rankscope config show` lists them"),
    }
}

/// The share of letters that two names have in common, whatever their order, 0 to 1.
fn likeness(one: &str, other: &str) -> f64 {
    let mut left: Vec<char> = other.chars().collect();
    let total = one.chars().count() + left.len();
    let shared = one.chars().filter(|letter| {
        let found = left.iter().position(|other| other == letter);
        found.map(|at| left.swap_remove(at)).is_some()
    });
    2.0 * shared.count() as f64 / total.max(1) as f64
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::super::action_for;
    use super::*;

    fn map(bindings: &[(&str, &[&str])]) -> Result<Keymap, (usize, String)> {
        let keys: Vec<Vec<String>> =
            bindings.iter().map(|(_, keys)| keys.iter().map(|key| (*key).to_owned()).collect()).collect();
        let bindings: Vec<Binding<'_>> = (1..)
            .zip(bindings.iter().zip(&keys))
            .map(|(line, ((action, _), keys))| Binding { action, keys, line })
            .collect();
        Keymap::of(&bindings)
    }

    #[test]
    fn a_bound_key_replaces_those_of_the_table() {
        let map = map(&[("mark", &["ctrl-g", "f5"])]).unwrap();
        let press = |code, modifiers| action_for(&KeyEvent::new(code, modifiers), Place::Lists, &map);
        assert_eq!(press(KeyCode::Char('g'), KeyModifiers::CONTROL), Some(ActionId::Mark));
        assert_eq!(press(KeyCode::F(5), KeyModifiers::NONE), Some(ActionId::Mark));
        assert_eq!(press(KeyCode::Char('m'), KeyModifiers::NONE), None);
    }

    #[test]
    fn mistakes_name_their_line() {
        let fault = |bindings: &[(&str, &[&str])]| map(bindings).unwrap_err();
        let (line, words) = fault(&[("mark", &["Z"]), ("mrak", &["x"])]);
        assert!(line == 2 && words.contains("did you mean mark?"), "{words}");
        assert!(fault(&[("mark", &["hyper-x"])]).1.contains("is no key"));
        let (line, words) = fault(&[("undo", &["ctrl-t"]), ("mark", &["q"])]);
        assert!(line == 2 && words.contains("q is also the key of quit"), "{words}");
        assert!(fault(&[("accept", &["y"])]).1.contains("could not be typed"));
        assert!(fault(&[("quit-always", &["ctrl-q"])]).1.contains("Ctrl-C always quits"));
        assert!(map(&[("mark", &["q"]), ("quit", &["ctrl-q"])]).is_ok(), "given another key, it is free");
        assert!(map(&[("mark", &["q"]), ("quit", &[])]).is_ok(), "or none");
    }

    #[test]
    fn every_key_of_the_table_can_be_written() {
        for action in all() {
            for key in action.keys {
                assert_eq!(Chord::parse(&key.name()), Some(*key), "{}", key.name());
            }
        }
        assert_eq!(Chord::parse("shift-tab"), Chord::parse("Shift-Tab"));
        assert_eq!(Chord::parse("Ctrl-x"), Chord::parse("ctrl-X"));
    }
}
