//! A list to choose from: the fusion methods, the second stages, presets, themes, every command. In: what
//! is chosen and what is typed. Out: the entries that match. It changes no setting.

use tui_input::Input;

use crate::domain::rerankers::{self, FASTEMBED, Origin, RERANKERS, RerankerCard, RerankerKind};
use crate::domain::{FusionMethod, SecondStage, Settings};

use super::ThemeChoice;
use super::actions::{ActionId, Keymap};
use super::knobs::{Knob, RERANKER_STOPS};
use super::palette;
use crate::config::user::Preset;

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    Fusion,
    Reranker,
    Preset,
    /// The command palette.
    Command,
    Theme,
    /// Second stages to hold against the present one; several may be marked.
    Rivals,
}

/// What the lists are made of, beside what the program knows by itself.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    pub presets: Vec<Preset>,
    pub themes: Vec<ThemeChoice>,
    pub keys: Keymap,
    /// The names of the legs.
    pub legs: Vec<String>,
}

/// How many second stages are compared with the present one at once.
pub const MOST_RIVALS: usize = 4;

/// The letter that stands for a rival in the lists.
pub fn letter(rival: usize) -> &'static str {
    ["A", "B", "C", "D"].get(rival).copied().unwrap_or("?")
}

/// An open list. `before` is what leaving it goes back to.
#[derive(Debug, Clone, Default)]
pub struct Picker {
    pub filter: Input,
    /// Among the entries that match.
    pub cursor: usize,
    pub before: Settings,
    /// The name of the theme, likewise.
    pub theme: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    Fusion(FusionMethod),
    Plan(SecondStage),
    /// A service, or fastembed: needs a model behind its name before it is a plan.
    Service(&'static str),
    Preset(Box<Preset>),
    Theme(Box<ThemeChoice>),
    Act(ActionId),
    /// A knob and the value that was typed for it.
    Set(Knob, String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub name: String,
    pub words: String,
    pub choice: Choice,
    /// Whether it is tried as soon as the cursor stands on it: it costs no money, no download, no key.
    pub at_once: bool,
}

/// The entries whose name or words have what is typed in them. A second stage that is typed in full
/// stands first.
pub fn entries(pick: Pick, typed: &str, shelf: &Shelf) -> Vec<Entry> {
    let typed = typed.trim();
    let all = match pick {
        Pick::Fusion => FusionMethod::ALL.map(fusion).into(),
        Pick::Reranker => second_stages(),
        Pick::Preset => shelf.presets.iter().map(preset).collect(),
        Pick::Theme => shelf.themes.iter().map(theme).collect(),
        Pick::Command => return palette::entries(typed, shelf),
        Pick::Rivals => rivals(),
    };
    let wanted = typed.to_lowercase();
    let matches = |entry: &Entry| {
        entry.name.to_lowercase().contains(&wanted) || entry.words.to_lowercase().contains(&wanted)
    };
    let plan = (matches!(pick, Pick::Reranker | Pick::Rivals) && !typed.is_empty())
        .then(|| typed.parse::<SecondStage>().ok())
        .flatten();
    let known = |plan: &SecondStage| all.iter().any(|entry| entry.choice == Choice::Plan(plan.clone()));
    let own = plan.filter(|plan| !known(plan) && !is_bare_service(plan)).map(|plan| Entry {
        name: plan.name(),
        words: "as typed".to_owned(),
        choice: Choice::Plan(plan),
        at_once: false,
    });
    own.into_iter().chain(all.iter().filter(|entry| matches(entry)).cloned()).collect()
}

/// How many lines the list has when nothing is typed.
pub fn height(pick: Pick, shelf: &Shelf) -> usize {
    match pick {
        Pick::Preset => shelf.presets.len(),
        Pick::Theme => shelf.themes.len(),
        Pick::Command => palette::count(),
        Pick::Fusion => FusionMethod::ALL.len(),
        Pick::Reranker => second_stages().len(),
        // The heads, the present plan, and two lines on who won where.
        Pick::Rivals => rivals().len() + 4,
    }
}

/// All second stages but the one that does nothing.
fn rivals() -> Vec<Entry> {
    second_stages().into_iter().filter(|entry| entry.choice != Choice::Plan(SecondStage::none())).collect()
}

/// Whether the settings, or the name of the theme, have this choice.
pub fn is_chosen(entry: &Entry, settings: &Settings, theme: &str) -> bool {
    match &entry.choice {
        Choice::Fusion(method) => *method == settings.fusion,
        Choice::Plan(plan) => *plan == settings.reranker,
        Choice::Theme(choice) => choice.name == theme,
        Choice::Service(_) | Choice::Preset(_) | Choice::Act(_) | Choice::Set(..) => false,
    }
}

fn preset(preset: &Preset) -> Entry {
    Entry {
        name: preset.name.clone(),
        words: preset.words.clone(),
        choice: Choice::Preset(Box::new(preset.clone())),
        // One that names a service is not tried on the way past it.
        at_once: preset
            .patch
            .rerank
            .as_ref()
            .is_none_or(|plan| plan.rerankers().into_iter().all(|name| RERANKER_STOPS.contains(&name))),
    }
}

fn theme(theme: &ThemeChoice) -> Entry {
    Entry {
        name: theme.name.clone(),
        words: theme.words.clone(),
        choice: Choice::Theme(Box::new(theme.clone())),
        at_once: true,
    }
}

fn fusion(method: FusionMethod) -> Entry {
    Entry {
        name: method.name().to_owned(),
        words: method.words().to_owned(),
        choice: Choice::Fusion(method),
        at_once: true,
    }
}

fn is_bare_service(plan: &SecondStage) -> bool {
    let service = |name: &str| RERANKERS.iter().any(|card| card.takes_more() && card.name == name);
    plan.rerankers().into_iter().any(|name| service(name.trim_end_matches(':')))
}

/// What works offline, then what is to be fetched, the services, and what fastembed fetches by itself.
fn second_stages() -> Vec<Entry> {
    let stop = |name: &&str| {
        Some(Entry {
            name: (*name).to_owned(),
            words: stop_words(name),
            choice: Choice::Plan(name.parse().ok()?),
            at_once: true,
        })
    };
    let others = RERANKERS.iter().filter(|card| !RERANKER_STOPS.contains(&card.name)).map(|card| Entry {
        name: card.name.to_owned(),
        words: card_words(card),
        choice: match card.takes_more() {
            true => Choice::Service(card.name),
            false => Choice::Plan(SecondStage::of(card.name)),
        },
        at_once: false,
    });
    let by_fastembed = FASTEMBED.iter().filter_map(|(_, name)| {
        let card = rerankers::card(name)?;
        let words =
            facts(&["by fastembed", card.parameters, card.languages, card.licence, "fetched when chosen"]);
        let name = format!("fastembed:{name}");
        Some(Entry { choice: Choice::Plan(SecondStage::of(&name)), name, words, at_once: false })
    });
    RERANKER_STOPS.iter().filter_map(stop).chain(others).chain(by_fastembed).collect()
}

fn card_words(card: &RerankerCard) -> String {
    let from = match card.origin {
        Origin::Bundled => "bundled",
        Origin::Hub { .. } => "fetched first",
        Origin::Fastembed => {
            return "cross-encoder by the fastembed crate: a name, a pulled model or a folder".to_owned();
        }
        Origin::Remote if card.kind == RerankerKind::Service => {
            return format!("service of {} · {}", card.of, card.price);
        }
        Origin::Remote => card.of,
    };
    facts(&[card.kind.name(), card.parameters, card.languages, card.licence, from])
}

fn facts(facts: &[&str]) -> String {
    facts.iter().filter(|fact| !fact.is_empty()).copied().collect::<Vec<_>>().join(" · ")
}

fn stop_words(name: &str) -> String {
    match name {
        "none" => "the first stage's list is delivered".to_owned(),
        _ if name.contains('>') => "a cascade: the second re-scores the top of the first".to_owned(),
        _ if name.contains('+') => "an ensemble: normalised scores, added".to_owned(),
        _ => rerankers::card(name)
            .map_or_else(String::new, |card| format!("{} · {} · bundled", card.kind.name(), card.of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fusion_method_is_listed_and_found_by_its_engine() {
        assert_eq!(entries(Pick::Fusion, "", &Shelf::default()).len(), FusionMethod::ALL.len());
        let names: Vec<String> =
            entries(Pick::Fusion, "WEAV", &Shelf::default()).into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["weaviate-ranked", "weaviate-relative"]);
        assert!(entries(Pick::Fusion, "no such method", &Shelf::default()).is_empty());
    }

    /// Trap: a list that tries what it points at would send passages to a paid service on the way past it.
    #[test]
    fn only_what_is_free_is_tried_at_once() {
        let all = entries(Pick::Reranker, "", &Shelf::default());
        let free: Vec<&str> = all.iter().filter(|entry| entry.at_once).map(|entry| &*entry.name).collect();
        assert_eq!(free, RERANKER_STOPS);
        for card in &RERANKERS {
            assert_eq!(all.iter().filter(|entry| entry.name == card.name).count(), 1, "{}", card.name);
        }
    }

    #[test]
    fn a_plan_can_be_typed_and_a_service_needs_its_model() {
        let typed =
            entries(Pick::Reranker, "late-interaction@100 > cohere:rerank-v3.5@20", &Shelf::default());
        assert_eq!(typed.len(), 1);
        assert_eq!(typed[0].words, "as typed");
        let bare = entries(Pick::Reranker, "cohere", &Shelf::default());
        assert!(bare.iter().all(|entry| entry.words != "as typed"), "{bare:?}");
        assert!(bare.iter().any(|entry| entry.choice == Choice::Service("cohere")));
        let stop = entries(Pick::Reranker, "none", &Shelf::default());
        assert_eq!(stop.iter().filter(|entry| entry.name == "none").count(), 1);
    }
}
