//! The language of each text: the one given, else what the text looks like.

use std::collections::BTreeMap;

use crate::domain::Language;
use crate::text;

/// How many characters are enough to tell a language.
const DETECT_CHARS: usize = 200;

pub(super) fn given(lang: Option<&str>) -> Option<Language> {
    lang.map(str::trim).filter(|tag| !tag.is_empty()).map(Language::new)
}

/// The languages given; `default` for those that have none, else detected; `text` gives an item's text.
pub(super) fn given_or_detected(
    given: Vec<Option<Language>>,
    default: Option<&Language>,
    text: impl Fn(usize) -> String,
) -> Vec<Language> {
    let unknown = (0..given.len()).filter(|&i| given[i].is_none() && default.is_none());
    let heads = unknown.map(|i| text(i).chars().take(DETECT_CHARS).collect());
    let mut detected = detect_all(&heads.collect::<Vec<String>>()).into_iter();
    given
        .into_iter()
        .map(|language| language.or_else(|| default.cloned()).or_else(|| detected.next()))
        .map(|language| language.unwrap_or_else(Language::undetermined))
        .collect()
}

/// The language of each text. Where nine in ten of those that can be told agree, the others (short or
/// mixed ones) are taken to be in that language too.
fn detect_all(heads: &[String]) -> Vec<Language> {
    let und = Language::undetermined();
    let mut languages: Vec<Language> = heads.iter().map(|head| text::detect(head)).collect();
    let mut counts: BTreeMap<&Language, usize> = BTreeMap::new();
    for language in languages.iter().filter(|&language| *language != und) {
        *counts.entry(language).or_insert(0) += 1;
    }
    let told: usize = counts.values().sum();
    let majority = counts.into_iter().max_by_key(|&(_, n)| n).filter(|&(_, n)| n * 10 >= told * 9);
    if let Some(majority) = majority.map(|(language, _)| language.clone()) {
        let by_script = |text: &String| text::guess_by_script(text).is_some();
        for (language, text) in languages.iter_mut().zip(heads) {
            if *language == und || !by_script(text) {
                *language = majority.clone();
            }
        }
    }
    languages
}
