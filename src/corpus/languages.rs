//! The language of each text: the one given, else what the text looks like.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Language, Passage};
use crate::text;

/// How many characters are enough to tell a language.
const DETECT_CHARS: usize = 200;
/// From so many characters on, a language that was told is not outvoted.
const SURE_CHARS: usize = 100;
/// Texts that must be told before their majority says anything of the others.
const FEWEST_TOLD: usize = 3;
/// Passages whose scripts are looked at.
const SCRIPTS_OF: usize = 100;

pub(super) fn given(lang: Option<&str>) -> Option<Language> {
    lang.map(str::trim).filter(|tag| !tag.is_empty()).map(Language::new)
}

/// The languages given; `default` for those that have none, else detected; `text` gives an item's text.
/// `others`: what such texts are mostly in, where they do not say so among themselves.
pub(super) fn given_or_detected(
    given: Vec<Option<Language>>,
    default: Option<&Language>,
    text: impl Fn(usize) -> String,
    others: Option<Majority>,
) -> Vec<Language> {
    let unknown = (0..given.len()).filter(|&i| given[i].is_none() && default.is_none());
    let heads = unknown.map(|i| text(i).chars().take(DETECT_CHARS).collect());
    let mut detected = detect_all(&heads.collect::<Vec<String>>(), others).into_iter();
    given
        .into_iter()
        .map(|language| language.or_else(|| default.cloned()).or_else(|| detected.next()))
        .map(|language| language.unwrap_or_else(Language::undetermined))
        .collect()
}

/// The language of each text. Where nine in ten of those that can be told agree, the others (short or
/// mixed ones) are taken to be in that language too, if it is written in their script.
fn detect_all(heads: &[String], others: Option<Majority>) -> Vec<Language> {
    let guesses: Vec<Guess> = heads.iter().map(|head| Guess::of(head)).collect();
    let own = majority(&guesses);
    let settled = guesses.iter().map(|guess| {
        // Of what is told apart only the texts' own majority makes something else.
        let follows = match (&own, &others) {
            (Some(own), _) => Some(own).filter(|_| !guess.is_sure),
            (None, others) => others.as_ref().filter(|_| !guess.is_told),
        };
        let follows = follows.filter(|majority| guess.fits(&majority.scripts));
        follows.map_or(&guess.language, |majority| &majority.language).clone()
    });
    settled.collect()
}

/// What nine in ten of some texts are in.
pub(super) struct Majority {
    language: Language,
    scripts: BTreeSet<&'static str>,
}

impl Majority {
    /// Of passages whose languages are known.
    pub(super) fn of(passages: &[Passage]) -> Option<Self> {
        let und = Language::undetermined();
        let known = || passages.iter().filter(|passage| passage.language != und);
        let language = nine_in_ten(known().map(|passage| &passage.language))?.clone();
        let of_it = known().filter(|passage| passage.language == language).take(SCRIPTS_OF);
        let head = |passage: &Passage| passage.text.chars().take(DETECT_CHARS).collect::<String>();
        let scripts = of_it.filter_map(|passage| text::script(&head(passage))).collect();
        Some(Self { language, scripts })
    }
}

/// What nine in ten are, where there are enough to say so.
fn nine_in_ten<'a>(languages: impl Iterator<Item = &'a Language>) -> Option<&'a Language> {
    let mut counts: BTreeMap<&Language, usize> = BTreeMap::new();
    for language in languages {
        *counts.entry(language).or_insert(0) += 1;
    }
    let all: usize = counts.values().sum();
    let (language, count) = counts.into_iter().max_by_key(|&(_, count)| count)?;
    (all >= FEWEST_TOLD && count * 10 >= all * 9).then_some(language)
}

/// What one text by itself looks like.
struct Guess {
    language: Language,
    /// `None`: it has no letters.
    script: Option<&'static str>,
    /// Whether it counts when a majority is looked for.
    is_told: bool,
    /// Whether it stays what it is, whatever the others are.
    is_sure: bool,
}

impl Guess {
    fn of(text: &str) -> Self {
        let detection = text::detection(text);
        // Letters that several languages use, or a few characters that two do, tell nothing for certain.
        let is_told = detection.confidence > 0.5;
        let is_long = text.chars().count() >= SURE_CHARS;
        let by_script = matches!(detection.evidence, text::Evidence::Script);
        Self {
            script: text::script(text),
            is_told,
            is_sure: is_told && (by_script || is_long),
            language: detection.language,
        }
    }

    /// Whether a language that is written in these scripts could be this text's: Japanese is also written
    /// in kanji alone.
    fn fits(&self, scripts: &BTreeSet<&'static str>) -> bool {
        self.script
            .is_none_or(|script| scripts.contains(script) || script == "Han" && scripts.contains("Japanese"))
    }
}

/// The language of nine in ten of the texts that can be told, with the scripts that they are in.
fn majority(guesses: &[Guess]) -> Option<Majority> {
    let told = || guesses.iter().filter(|guess| guess.is_told);
    let language = nine_in_ten(told().map(|guess| &guess.language))?.clone();
    let scripts =
        told().filter(|guess| guess.language == language).filter_map(|guess| guess.script).collect();
    Some(Majority { language, scripts })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(texts: &[&str]) -> Vec<String> {
        let heads: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        detect_all(&heads, None).iter().map(|language| language.as_str().to_owned()).collect()
    }

    const JAPANESE: [&str; 4] = [
        "予約の取り消しは前日まで無料です",
        "返金は五営業日以内に行われます",
        "朝食は六時から食堂でお出しします",
        "荷物はフロントでお預かりします",
    ];

    const ENGLISH: [&str; 4] = [
        "The breakfast room opens at half past six in the morning on every working day of the week.",
        "You can cancel a booking free of charge until six in the evening of the day before arrival.",
        "Refunds are paid to the card that was used within five working days after the cancellation.",
        "Luggage can be left at the front desk, which is open through the night for all of our guests.",
    ];

    /// Trap: one told text is a majority of one, and "how to cancel" Japanese.
    #[test]
    fn a_majority_is_more_than_one_text_and_keeps_to_its_script() {
        assert_eq!(detected(&[JAPANESE[0], "how to cancel"]), ["ja", "und"]);
        let all = detected(&[&JAPANESE[..], &["how to cancel", "2024", "東京"]].concat());
        assert_eq!(all[4..], ["und", "ja", "ja"], "Latin letters are not Japanese; numbers and kanji may be");
    }

    #[test]
    fn a_short_text_follows_the_others_of_its_script() {
        let all = detected(&[&ENGLISH[..], &["refund rules", "Москва"]].concat());
        assert_eq!(all[4..], ["en", "ru"]);
    }

    /// Trap: nine in ten are English, and a long text that is certainly German is called English.
    #[test]
    fn a_long_text_of_another_language_stays_what_it_is() {
        let german = "Eine Buchung lässt sich bis achtzehn Uhr am Vortag kostenlos stornieren; danach fällt \
                      die Hälfte der ersten Übernachtung an, und zwar für jedes gebuchte Zimmer.";
        let mut texts = [&ENGLISH[..]; 5].concat();
        texts.push(german);
        assert_eq!(detected(&texts).last().map(String::as_str), Some("de"));
    }

    /// Trap: queries are short, so that none of them is told, in a corpus of one language.
    #[test]
    fn queries_that_tell_nothing_follow_their_passages() {
        let passage = |(nth, text): (usize, &&str)| Passage {
            id: format!("d{nth}"),
            title: String::new(),
            text: (*text).to_owned(),
            language: Language::new("en"),
        };
        let passages: Vec<Passage> = ENGLISH.iter().enumerate().map(passage).collect();
        let queries = ["refund rules", "환불 규정", "Москва", "how to cancel"].map(str::to_owned);
        let found = detect_all(&queries, Majority::of(&passages));
        assert_eq!(found.iter().map(Language::as_str).collect::<Vec<_>>(), ["en", "ko", "ru", "en"]);
        assert!(Majority::of(&passages[..2]).is_none());
    }
}
