//! Word endings off: the Snowball stemmer of a language, where it has one.

use snowball_stemmers_rs::{Algorithm, Stemmer};

/// The Snowball algorithm for a primary language subtag (`en`); `None` where there is none.
///
/// German compounds stay whole: Fahrkartenautomat does not meet Automat.
pub fn algorithm(language: &str) -> Option<Algorithm> {
    use Algorithm as A;
    Some(match language {
        "ar" => A::Arabic,
        "ca" => A::Catalan,
        "cs" => A::Czech,
        "da" => A::Danish,
        "de" => A::German,
        "el" => A::Greek,
        "en" => A::English,
        "es" => A::Spanish,
        "et" => A::Estonian,
        "eu" => A::Basque,
        "fa" => A::Persian,
        "fi" => A::Finnish,
        "fr" => A::French,
        "ga" => A::Irish,
        "hi" => A::Hindi,
        "hu" => A::Hungarian,
        "hy" => A::Armenian,
        "id" | "ms" => A::Indonesian,
        "it" => A::Italian,
        "lt" => A::Lithuanian,
        "nb" | "nn" | "no" => A::Norwegian,
        "ne" => A::Nepali,
        "nl" => A::Dutch,
        "pl" => A::Polish,
        "pt" => A::Portuguese,
        "ro" => A::Romanian,
        "ru" => A::Russian,
        "sr" => A::Serbian,
        "sv" => A::Swedish,
        "ta" => A::Tamil,
        "tr" => A::Turkish,
        "uk" => A::Ukrainian,
        "yi" => A::Yiddish,
        _ => return None,
    })
}

/// Brings a case-folded term to its stem.
pub fn snowball(term: &mut String, algorithm: Algorithm) {
    let stem = Stemmer::create(algorithm).stem(term).into_owned();
    if !stem.is_empty() {
        *term = stem;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_meet_in_their_language() {
        for (language, forms) in [
            ("en", ["refund", "refunds", "refunded"]),
            ("de", ["fahrkarte", "fahrkarten", "fahrkarte"]),
            ("fr", ["annulation", "annulations", "annulation"]),
            ("es", ["reserva", "reservas", "reservar"]),
            ("ru", ["билет", "билета", "билеты"]),
            ("fi", ["talo", "talon", "talossa"]),
            ("id", ["pembatalan", "pembatalannya", "pembatalan"]),
        ] {
            let algorithm = algorithm(language).unwrap();
            let stems: Vec<String> = forms
                .iter()
                .map(|form| {
                    let mut term = (*form).to_owned();
                    snowball(&mut term, algorithm);
                    term
                })
                .collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{language}: {stems:?}");
        }
        assert_eq!(algorithm("ja"), None);
        assert_eq!(algorithm("und"), None);
    }
}
