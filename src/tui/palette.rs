//! The command palette: every action of the table by its name and words, and knobs with a value. In: what
//! is typed. Out: entries, the best match first. It does nothing by itself.

use crate::domain::LegId;

use super::actions::{Action, ActionId, Place, all, key_names};
use super::knobs::Knob;
use super::picker::{Choice, Entry, Shelf};

/// Places from which no command is given: what works there is of use only there.
const INNER: [Place; 7] =
    [Place::Overlay, Place::Field, Place::Pool, Place::Blind, Place::Tour, Place::Question, Place::Crosshair];

/// What people call an action that has another name here.
const ALSO: [(ActionId, &str); 42] = [
    (ActionId::TypeAlpha, "alpha weight"),
    (ActionId::TypeCandidates, "candidates n size"),
    (ActionId::TypeDeliver, "k top"),
    (ActionId::AllKnobs, "settings parameters options knobs"),
    (ActionId::FirstStage, "bm25 dense hybrid leg"),
    (ActionId::Fusion, "rrf method"),
    (ActionId::Reranker, "rerank model cross-encoder"),
    (ActionId::Compare, "rerankers"),
    (ActionId::Reset, "default original"),
    (ActionId::QueryView, "home lists"),
    (ActionId::CollectionView, "queries worst"),
    (ActionId::CurvesView, "plots charts recall"),
    (ActionId::LanguagesView, "language"),
    (ActionId::CompareView, "significance wins losses"),
    (ActionId::PassagesView, "corpus documents"),
    (ActionId::NextGold, "gold relevant"),
    (ActionId::NextLost, "lost missing"),
    (ActionId::Pin, "baseline"),
    (ActionId::Open, "explain score why"),
    (ActionId::Against, "diff side-by-side"),
    (ActionId::Whole, "all everything"),
    (ActionId::Ask, "search question"),
    (ActionId::Filter, "search narrow"),
    (ActionId::Mark, "judge label relevant grade"),
    (ActionId::Pool, "judge annotate assess"),
    (ActionId::Blind, "judge hide"),
    (ActionId::SavePreset, "save"),
    (ActionId::WriteSettings, "save"),
    (ActionId::CommandLine, "reproduce share"),
    (ActionId::CopyText, "clipboard"),
    (ActionId::OpenSource, "editor edit file"),
    (ActionId::TakeAlpha, "recommended"),
    (ActionId::Picture, "export screenshot image"),
    (ActionId::Snippet, "export engine elasticsearch opensearch qdrant weaviate milvus"),
    (ActionId::Theme, "dark light colours colors contrast colour-blind"),
    (ActionId::Tour, "demo tutorial"),
    (ActionId::Presenter, "talk zoom"),
    (ActionId::Link, "scroll together"),
    (ActionId::Messages, "errors warnings notes costs status"),
    (ActionId::Help, "keys shortcuts"),
    (ActionId::Repaint, "refresh redraw"),
    (ActionId::Quit, "exit"),
];

/// Knobs by the names that one would type.
const KNOBS: [(&str, Knob); 20] = [
    ("weight", Knob::Alpha),
    ("alpha", Knob::Alpha),
    ("α", Knob::Alpha),
    ("n", Knob::Candidates),
    ("candidates", Knob::Candidates),
    ("k", Knob::Deliver),
    ("deliver", Knob::Deliver),
    ("d", Knob::Depth),
    ("depth", Knob::Depth),
    ("w", Knob::Window),
    ("window", Knob::Window),
    ("rrf-k", Knob::RrfK),
    ("blend", Knob::Blend),
    ("threshold", Knob::Threshold),
    ("k1", Knob::K1),
    ("bm25-k1", Knob::K1),
    ("b", Knob::B),
    ("bm25-b", Knob::B),
    ("title-boost", Knob::TitleBoost),
    ("rel-level", Knob::RelLevel),
];

fn commands() -> impl Iterator<Item = &'static Action> {
    let mut seen: Vec<ActionId> = Vec::new();
    all().filter(move |action| {
        let is_new = !seen.contains(&action.id);
        let is_command = action.places.iter().any(|place| !INNER.contains(place));
        seen.push(action.id);
        is_new && is_command && action.id != ActionId::Palette
    })
}

pub fn count() -> usize {
    commands().count()
}

/// What matches, the best first; in the table's order where nothing is typed.
pub fn entries(typed: &str, shelf: &Shelf) -> Vec<Entry> {
    let mut scored: Vec<(u32, Entry)> = commands()
        .filter_map(|action| {
            let name = action.id.name().replace('-', " ");
            let also = ALSO.iter().find(|(id, _)| *id == action.id).map_or("", |(_, words)| words);
            let score = score(typed, &name, also, action.help)?;
            let keys = key_names(action, &shelf.keys);
            let words =
                if keys.is_empty() { action.help.to_owned() } else { format!("{keys}  {}", action.help) };
            let choice = Choice::Act(action.id);
            Some((score, Entry { name, words, choice, at_once: false }))
        })
        .collect();
    if !typed.is_empty() {
        // Of two that match as well, the shorter one was meant.
        scored.sort_by_key(|(score, entry)| (std::cmp::Reverse(*score), entry.name.len()));
    }
    setting(typed, shelf).into_iter().chain(scored.into_iter().map(|(_, entry)| entry)).collect()
}

/// `n 80`, `set alpha .3`, `weight dense 2`.
fn setting(typed: &str, shelf: &Shelf) -> Option<Entry> {
    let typed = typed.strip_prefix("set ").unwrap_or(typed).replace('=', " ");
    let (name, value) = typed.trim().rsplit_once(char::is_whitespace)?;
    let name = name.trim().to_lowercase();
    let knob = match name.strip_prefix("weight ") {
        Some(leg) => Knob::Weight(LegId(shelf.legs.iter().position(|other| *other == leg)?)),
        None => KNOBS.iter().find(|(known, _)| *known == name)?.1,
    };
    let choice = Choice::Set(knob, value.to_owned());
    let words = "sets the knob".to_owned();
    Some(Entry { name: format!("{name} = {value}"), words, choice, at_once: false })
}

/// How well what is typed fits an action: its name, then another name for it, then beginnings of the words of
/// both, then of what it does, and at last letters of its name. `None`: not at all.
fn score(typed: &str, name: &str, also: &str, help: &str) -> Option<u32> {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return Some(0);
    }
    let begin = |text: &str| {
        let text = text.to_lowercase();
        let words = || text.split(|c: char| !c.is_alphanumeric());
        typed.split_whitespace().all(|begun| words().any(|word| word.starts_with(begun)))
    };
    Some(match () {
        () if typed == name => 5000,
        () if also.split(' ').any(|word| word == typed) => 4000,
        () if begin(name) => 3000,
        () if begin(&format!("{name} {also}")) => 2000,
        () if begin(help) => 1000,
        () => letters(&typed, name)?,
    })
}

/// How well the letters of what is typed, in their order, fit a name: better where they begin words and stand
/// together. `None`: they are not all there.
fn letters(typed: &str, name: &str) -> Option<u32> {
    let text: Vec<char> = name.chars().collect();
    let (mut at, mut score, mut last) = (0, 0, None);
    for letter in typed.chars().filter(|c| !c.is_whitespace()) {
        let begins = |place: usize| place == 0 || text.get(place - 1).is_some_and(|c| !c.is_alphanumeric());
        let follows = text.get(at) == Some(&letter);
        let later = || (at..text.len()).filter(|&place| text.get(place) == Some(&letter));
        // Going on with the run is best, then the beginning of a word, then anywhere.
        let place =
            if follows && last.is_some() { at } else { later().find(|&p| begins(p)).or(later().next())? };
        score += 1
            + if last.is_some_and(|last| place == last + 1) { 5 } else { 0 }
            + if begins(place) { 8 } else { 0 };
        last = Some(place);
        at = place + 1;
    }
    Some(score)
}

/// Whether an action can be given by its name; for tests.
#[cfg(test)]
pub fn has(id: ActionId) -> bool {
    commands().any(|action| action.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(typed: &str) -> Vec<String> {
        let shelf = Shelf { legs: vec!["bm25".into(), "dense".into()], ..Shelf::default() };
        entries(typed, &shelf).into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn letters_in_their_order_find_a_command() {
        assert_eq!(names("write")[0], "write settings");
        assert_eq!(names("savp")[0], "save preset", "the beginnings of words go first");
        assert_eq!(names("undo")[0], "undo", "the shorter one of two");
        assert_eq!(names("undojudg")[0], "undo judgment");
        assert!(names("qqqq").is_empty());
        assert!(names("cndts")[0].contains("candidates"), "letters of a name, where nothing else fits");
        assert_eq!(names("").len(), count());
        assert!(
            has(ActionId::Quit) && has(ActionId::TakeBest) && !has(ActionId::Find) && !has(ActionId::Accept)
        );
        assert!(all().count() > count());
    }

    /// Trap: a search over letters alone finds "agree" for "keys" and "open" for "exit".
    #[test]
    fn plain_words_find_what_they_mean() {
        for (typed, wanted) in [
            ("export", "picture"),
            ("screenshot", "picture"),
            ("theme", "theme"),
            ("dark", "theme"),
            ("weight", "type alpha"),
            ("alpha", "type alpha"),
            ("candidates", "type candidates"),
            ("undo", "undo"),
            ("quit", "quit"),
            ("exit", "quit"),
            ("demo", "tour"),
            ("gold", "next gold"),
            ("lost", "next lost"),
            ("language", "languages view"),
            ("lang", "languages view"),
            ("keys", "help"),
            ("errors", "messages"),
            ("editor", "open source"),
            ("judge", "mark"),
            ("model", "reranker"),
            ("rrf", "fusion"),
            ("side by side", "against"),
            ("copy", "copy id"),
            ("search", "ask"),
            ("blind", "blind"),
            ("save", "save preset"),
        ] {
            assert_eq!(names(typed).first().map(String::as_str), Some(wanted), "{typed}");
        }
        assert!(!has(ActionId::Agree), "nobody pays by looking for a word");
        for (id, words) in ALSO {
            assert!(has(id), "{words}");
        }
    }

    #[test]
    fn a_knob_with_a_value_stands_first() {
        let shelf = Shelf { legs: vec!["bm25".into(), "dense".into()], ..Shelf::default() };
        for (typed, knob, value) in [
            ("n 80", Knob::Candidates, "80"),
            ("set alpha=.3", Knob::Alpha, ".3"),
            ("weight dense 2", Knob::Weight(LegId(1)), "2"),
            ("weight .7", Knob::Alpha, ".7"),
        ] {
            assert_eq!(entries(typed, &shelf)[0].choice, Choice::Set(knob, value.to_owned()), "{typed}");
        }
        assert!(setting("weight splade 2", &shelf).is_none());
        assert!(setting("n", &shelf).is_none());
    }
}
