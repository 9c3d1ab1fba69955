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
    /// The lines of the bindings that are wrong, and what is wrong with each.
    pub fn of(bindings: &[Binding<'_>]) -> Result<Self, Vec<(usize, String)>> {
        let (mut map, mut faults) = (Self::default(), Vec::new());
        for binding in bindings {
            match read(binding) {
                Ok(bound) => map.bound.push(bound),
                Err(wrong) => faults.extend(wrong.into_iter().map(|fault| (binding.line, fault))),
            }
        }
        // Two of the user's own that collide are one mistake, and so is a key that several have.
        let mut told: Vec<(ActionId, ActionId)> = Vec::new();
        for binding in bindings {
            let mut taken: Vec<(Chord, Vec<&'static Action>)> = Vec::new();
            for (one, other, key) in map.collisions(binding.action) {
                if told.contains(&(other.id, one.id)) || told.contains(&(one.id, other.id)) {
                    continue;
                }
                told.push((one.id, other.id));
                match taken.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, by)) => by.push(other),
                    None => taken.push((key, vec![other])),
                }
            }
            faults.extend(taken.into_iter().map(|(key, by)| (binding.line, also_of(key, &by))));
        }
        faults.sort_by_key(|(line, _)| *line);
        if faults.is_empty() { Ok(map) } else { Err(faults) }
    }

    /// The keys of an action.
    pub fn keys(&self, action: &Action) -> Cow<'static, [Chord]> {
        match self.bound.iter().find(|(id, _)| *id == action.id) {
            Some((_, keys)) => Cow::Owned(keys.clone()),
            None => Cow::Borrowed(action.keys),
        }
    }

    /// Other actions that have a key of this one at the same place, with the key.
    fn collisions(&self, name: &str) -> Vec<(&'static Action, &'static Action, Chord)> {
        let mut found = Vec::new();
        for one in all().filter(|action| action.id.name() == name) {
            let own = self.keys(one);
            for other in all().filter(|other| other.id != one.id) {
                let meet = one.places.iter().any(|place| other.places.contains(place));
                let keys = self.keys(other);
                let shared = own.iter().find(|key| meet && keys.contains(key)).copied();
                found.extend(shared.map(|key| (one, other, key)));
            }
        }
        found
    }
}

/// The action and the keys of a binding.
///
/// # Errors
/// A sentence on each thing that is wrong.
fn read(binding: &Binding<'_>) -> Result<(ActionId, Vec<Chord>), Vec<String>> {
    let mut faults = Vec::new();
    let id = all().map(|action| action.id).find(|id| id.name() == binding.action);
    match id {
        None => faults.push(no_such_action(binding.action)),
        Some(ActionId::QuitAlways) => {
            faults.push("Ctrl-C always quits: quit-always takes no other key".to_owned());
        }
        Some(_) => {}
    }
    let typed = all().any(|action| Some(action.id) == id && action.places.contains(&Place::Field));
    let mut keys = Vec::new();
    for written in binding.keys {
        match Chord::parse(written) {
            None => faults
                .push(format!("{written:?} is no key: write a character, enter, f1, ctrl-x, shift-left …")),
            Some(key) if typed && key.is_text() => faults.push(format!(
                "{} could not be typed any more: {} works in text fields",
                key.name(),
                binding.action
            )),
            Some(key) => keys.push(key),
        }
    }
    id.filter(|_| faults.is_empty()).map(|id| (id, keys)).ok_or(faults)
}

fn also_of(key: Chord, by: &[&Action]) -> String {
    let key = key.name();
    match by {
        [other] => {
            let (name, help) = (other.id.name(), other.help);
            format!("{key} is also the key of {name} ({help}): give that one another, or none ([])")
        }
        others => {
            let names: Vec<String> = others.iter().map(|other| other.id.name()).collect();
            format!("{key} is also the key of {}: give those others, or none ([])", names.join(", "))
        }
    }
}

/// That there is no such action, with the nearest name, where one is near.
pub fn no_such_action(written: &str) -> String {
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

    fn map(bindings: &[(&str, &[&str])]) -> Result<Keymap, Vec<(usize, String)>> {
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
        let fault = |bindings: &[(&str, &[&str])]| {
            let faults = map(bindings).unwrap_err();
            assert_eq!(faults.len(), 1, "{faults:?}");
            faults[0].clone()
        };
        let (line, words) = fault(&[("mark", &["F9"]), ("mrak", &["x"])]);
        assert!(line == 2 && words.contains("did you mean mark?"), "{words}");
        assert!(fault(&[("mark", &["hyper-x"])]).1.contains("is no key"));
        let (line, words) = fault(&[("undo", &["ctrl-y"]), ("mark", &["q"])]);
        assert!(line == 2 && words.contains("q is also the key of quit"), "{words}");
        assert!(fault(&[("accept", &["y"])]).1.contains("could not be typed"));
        assert!(fault(&[("quit-always", &["ctrl-q"])]).1.contains("Ctrl-C always quits"));
        assert!(map(&[("mark", &["q"]), ("quit", &["ctrl-q"])]).is_ok(), "given another key, it is free");
        assert!(map(&[("mark", &["q"]), ("quit", &[])]).is_ok(), "or none");
    }

    #[test]
    fn every_mistake_is_named_once() {
        let bindings: &[(&str, &[&str])] = &[
            ("mrak", &["x"]),
            ("mark", &["F5"]),
            ("pool", &["F5"]),
            ("undo", &["hyper-x", "super-x"]),
            ("redo", &["x"]),
        ];
        let faults = map(bindings).unwrap_err();
        let lines: Vec<usize> = faults.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 4, 4, 5], "{faults:?}");
        assert!(faults[1].1.contains("F5 is also the key of pool"), "{}", faults[1].1);
        assert!(faults[4].1.contains("x is also the key of knob-default, snippet"), "{}", faults[4].1);
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
