//! The footer as data: which keys work at a place, in the order in which they help most.

use super::{Action, ActionId, Group, Keymap, Place, all};

/// An entry of the footer: its keys with what each does, and the label that they share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FooterEntry {
    pub keys: Vec<(String, ActionId)>,
    pub label: &'static str,
}

impl FooterEntry {
    /// The keys as they are shown, a run of many by its ends; what stands between two has no action.
    pub fn shown(&self) -> Vec<(String, Option<ActionId>)> {
        let one = |(key, id): &(String, ActionId)| (key.clone(), Some(*id));
        let mut shown: Vec<(String, Option<ActionId>)> = Vec::new();
        match self.keys.as_slice() {
            [first, _, _, .., last] => shown.extend([one(first), ("-".to_owned(), None), one(last)]),
            keys => {
                for key in keys {
                    shown.extend((!shown.is_empty()).then(|| (" ".to_owned(), None)));
                    shown.push(one(key));
                }
            }
        }
        shown
    }

    /// The keys in one word.
    pub fn names(&self) -> String {
        self.shown().into_iter().map(|(key, _)| key).collect()
    }

    /// What a click on the label does: nothing where several share it.
    pub fn alone(&self) -> Option<ActionId> {
        match self.keys.as_slice() {
            [(_, id)] => Some(*id),
            _ => None,
        }
    }
}

/// The footer, most useful first; neighbours of one label together.
pub fn footer(place: Place, keymap: &Keymap) -> Vec<FooterEntry> {
    let mut entries: Vec<FooterEntry> = Vec::new();
    let here = all().filter(|action| action.places.contains(&place) && !action.label.is_empty());
    // In a table one reads more than one turns; blind, one judges.
    let is_table = matches!(place, Place::Collection | Place::Languages | Place::Compare | Place::Passages);
    let mut here: Vec<&Action> = here.collect();
    here.sort_by_key(|action| {
        // Of a comparison the pin is the beginning.
        let later =
            is_table && action.group == Group::Turn || place == Place::Blind && action.group != Group::Judge;
        (later, place == Place::Compare && action.id != ActionId::Pin)
    });
    for action in here {
        let Some(key) = keymap.keys(action).first().map(|key| key.name()) else { continue };
        let name = footer_label(action, place);
        match entries.last_mut() {
            Some(entry) if entry.label == name => entry.keys.push((key, action.id)),
            _ => entries.push(FooterEntry { keys: vec![(key, action.id)], label: name }),
        }
    }
    entries
}

fn footer_label(action: &Action, place: Place) -> &'static str {
    match (action.id, place) {
        (ActionId::Open, Place::Queries) => "list",
        (ActionId::Open, Place::Knobs) => "type a value",
        (ActionId::Open, Place::Blind) => "read",
        (ActionId::AlphaLess | ActionId::AlphaMore, Place::Knobs | Place::Panel) => "turn",
        (ActionId::AlphaLess | ActionId::AlphaMore, Place::Curves) => "α",
        (ActionId::Crosshair, Place::Crosshair) => "put away",
        (ActionId::OpenRow, Place::Collection | Place::Compare) => "query",
        (ActionId::OpenRow, Place::Languages) => "its queries",
        (ActionId::OpenRow, Place::Passages) => "read",
        (ActionId::AllKnobs, Place::Panel) => "close",
        (ActionId::Quit, Place::Overlay | Place::Pool) => "close",
        _ => action.label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_pairs_keys_of_one_label() {
        let keys = Keymap::default();
        let footer = footer(Place::Queries, &keys);
        let said = |entry: &FooterEntry| (entry.names(), entry.label);
        assert_eq!(said(&footer[0]), ("← →".to_owned(), "weight"));
        assert_eq!(said(&footer[1]), ("[ ]".to_owned(), "N"));
        assert_eq!(said(&super::footer(Place::Panel, &keys)[0]), ("← →".to_owned(), "turn"));
        let views = footer.iter().find(|entry| entry.label == "view").unwrap();
        assert_eq!((views.names(), views.alone()), ("1-6".to_owned(), None));
        assert_eq!(views.shown()[2], ("6".to_owned(), Some(ActionId::PassagesView)));
    }
}
