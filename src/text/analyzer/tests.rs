//! Each language's chain by example, and what must hold of every text.

use proptest::prelude::*;

use super::*;
use crate::domain::{Analysis, AnalyzerChoice, Language};

fn chain(choice: AnalyzerChoice, language: &str) -> Chain {
    let language = Language::new(language);
    Chain::new(Recipe::of(Analysis { analyzer: choice, fold_han: false }, &language), &language)
}

fn terms_of(chain: &Chain, text: &str) -> Vec<String> {
    chain.terms(text).into_iter().map(|token| token.term).collect()
}

fn words(language: &str, text: &str) -> Vec<String> {
    terms_of(&chain(AnalyzerChoice::Words, language), text)
}

fn auto(language: &str, text: &str) -> Vec<String> {
    terms_of(&chain(AnalyzerChoice::Auto, language), text)
}

#[test]
fn languages_without_spaces_fall_into_words() {
    for (language, text, expected) in [
        ("ja", "予約の取り消し", vec!["予約", "の", "取り消し"]),
        ("ja", "東京都に住む", vec!["東京", "都", "に", "住む"]),
        ("zh-Hant", "退票手續費", vec!["退票", "手續費"]),
        ("ko", "환불 규정을", vec!["환불", "규정을"]),
        ("th", "ซื้อตั๋วรถไฟ", vec!["ซื้อ", "ตั๋ว", "รถไฟ"]),
        ("lo", "ພາສາລາວ", vec!["ພາສາ", "ລາວ"]),
        ("km", "សំបុត្ររថភ្លើង", vec!["សំបុត្រ", "រថភ្លើង"]),
        ("my", "မြန်မာစာ", vec!["မြန်မာ", "စာ"]),
    ] {
        assert_eq!(words(language, text), expected, "{language}");
    }
}

/// Trap: NFKC takes ำ apart, the dictionary has it whole, and น้ำ (water) falls to pieces; some keyboards
/// write it in two signs, with the tone mark on either side.
#[test]
fn thai_and_lao_am_is_one_letter() {
    assert_eq!(words("th", "น้ำดื่ม"), ["น้ำ", "ดื่ม"]);
    for spelling in ["น\u{e49}\u{e4d}\u{e32}", "น\u{e4d}\u{e49}\u{e32}", "น\u{e49}\u{e33}"] {
        assert_eq!(words("th", spelling), ["น้ำ"]);
    }
    assert_eq!(words("lo", "ນໍ້າ"), words("lo", "ນ້ຳ"));
}

/// Trap: a full-width identifier typed with an input method must meet the ASCII one in the corpus.
#[test]
fn width_and_case_are_folded() {
    assert_eq!(words("ja", "Ｅ－４１０２"), words("en", "e-4102"));
    assert_eq!(words("ja", "ﾎﾃﾙ"), ["ホテル"]);
    assert_eq!(words("de", "STRASSE"), words("de", "Straße"));
    assert_eq!(words("th", "รุ่น ๒๕๖๗"), words("th", "รุ่น 2567"));
}

/// Under words 東京都 does not meet 京都, which it happens to contain; under bigrams it does. What bigrams
/// win, they pay for here.
#[test]
fn kyoto_is_not_in_tokyo_but_for_bigrams() {
    let meets = |choice| {
        let query = terms_of(&chain(choice, "ja"), "京都");
        terms_of(&chain(choice, "ja"), "東京都").iter().any(|term| query.contains(term))
    };
    assert!(!meets(AnalyzerChoice::Words));
    assert!(meets(AnalyzerChoice::Bigrams));
    assert!(meets(AnalyzerChoice::WordsBigrams));
    let beside = terms_of(&chain(AnalyzerChoice::WordsBigrams, "ja"), "東京都");
    assert_eq!(beside, ["東京", "京都", "都"], "the word 都 tells the two apart");
}

/// Trap: a dictionary cuts 外国人参政権 wrongly (外国|人参|政権) and 外国人 is not found; bigrams do not
/// depend on where words end.
#[test]
fn bigrams_do_not_depend_on_where_words_end() {
    let bigrams = chain(AnalyzerChoice::Bigrams, "ja");
    let passage = terms_of(&bigrams, "外国人参政権");
    assert!(terms_of(&bigrams, "外国人").iter().all(|term| passage.contains(term)));
}

/// Trap: İ folded by the root rules is i with a dot above, and I is i in Turkish only by mistake.
#[test]
fn turkish_has_two_letters_i() {
    assert_eq!(words("tr", "İSTANBUL"), words("tr", "istanbul"));
    assert_eq!(words("tr", "DIŞ"), words("tr", "dış"));
    assert_ne!(words("tr", "DIŞ"), words("tr", "diş"), "outer is not tooth");
    assert_eq!(words("en", "TITLE"), ["title"]);
    assert_eq!(auto("tr", "İstanbul'da"), auto("tr", "İstanbul"));
}

#[test]
fn forms_of_a_word_meet() {
    for (language, one, other) in [
        ("en", "Reservations", "reservation"),
        ("en", "the company’s", "the company's"),
        ("fr", "l'hôtel", "hôtels"),
        ("fr", "Réservation", "reservation"),
        ("es", "estación", "ESTACIONES"),
        ("de", "Müller", "Mueller"),
        ("de", "Fahrkarten", "Fahrkarte"),
        ("ru", "билеты", "билета"),
        ("ru", "счёт", "счет"),
        ("ar", "الْمَدْرَسَةُ", "المدرسة"),
        ("ar", "أحمد", "احمد"),
        ("fa", "می\u{200c}رود", "میرود"),
        ("he", "שָׁלוֹם", "שלום"),
        ("te", "రాజ్\u{200c}కుమార్", "రాజ్కుమార్"),
        ("fi", "talossa", "talon"),
    ] {
        assert_eq!(auto(language, one), auto(language, other), "{language}: {one}, {other}");
    }
}

/// Trap: a rule that is right in one language makes strangers meet in another.
#[test]
fn words_that_differ_by_a_letter_stay_apart() {
    for (language, one, other) in [
        ("es", "año", "ano"),
        ("vi", "má", "mà"),
        ("vi", "đá", "da"),
        ("sv", "får", "far"),
        ("ru", "мой", "мои"),
        ("ja", "かき", "がき"),
    ] {
        assert_ne!(words(language, one), words(language, other), "{language}: {one}, {other}");
    }
}

/// Telugu and its neighbours are written with spaces; their vowel signs belong to the word.
#[test]
fn indic_words_stay_whole() {
    assert_eq!(words("te", "పైడిపాక గ్రామ విస్తీర్ణత ఎంత?"), ["పైడిపాక", "గ్రామ", "విస్తీర్ణత", "ఎంత"]);
    assert_eq!(words("hi", "हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
    assert_eq!(words("bn", "বাংলা ভাষা"), ["বাংলা", "ভাষা"]);
}

#[test]
fn korean_particles_go_and_pairs_stay_within_the_word() {
    assert_eq!(terms_of(&chain(AnalyzerChoice::Stems, "ko"), "기차를 환불하고"), ["기차", "환불"]);
    let korean = auto("ko", "기차표를");
    assert!(korean.contains(&"기차표".to_owned()) && korean.contains(&"차표".to_owned()), "{korean:?}");
    assert!(auto("ko", "KTX를").contains(&"ktx".to_owned()));
}

#[test]
fn a_long_vowel_at_the_end_of_katakana_is_no_difference() {
    let stems = chain(AnalyzerChoice::Stems, "ja");
    assert_eq!(terms_of(&stems, "サーバー"), terms_of(&stems, "サーバ"));
}

#[test]
fn traditional_meets_simplified_only_when_asked() {
    let read = |fold_han, tag: &str, text: &str| {
        let language = Language::new(tag);
        let recipe = Recipe::of(Analysis { analyzer: AnalyzerChoice::Auto, fold_han }, &language);
        terms_of(&Chain::new(recipe, &language), text)
    };
    let shared = |fold_han| {
        let passage = read(fold_han, "zh-Hant", "車票退費");
        read(fold_han, "zh-Hans", "车票").iter().any(|term| passage.contains(term))
    };
    assert!(!shared(false));
    assert!(shared(true));
}

#[test]
fn every_step_is_shown() {
    let trace = chain(AnalyzerChoice::Auto, "fr").trace("L’HÔTEL");
    let steps: Vec<(&str, &str)> =
        trace.steps.iter().map(|step| (step.name.as_str(), step.terms[0].as_str())).collect();
    assert_eq!(steps[0], ("words (ICU4X)", "L’HÔTEL"));
    assert!(steps.contains(&("elision", "hôtel")), "{steps:?}");
    assert!(steps.contains(&("marks", "hotel")), "{steps:?}");
    assert_eq!(trace.tokens[0], Token { term: "hotel".into(), start: 0, end: "L’HÔTEL".len() });
}

/// Trap: normalisation changes byte lengths; ranges must be those of the text as written.
#[test]
fn matches_are_shown_in_the_text_as_written() {
    let text = "ﾎﾃﾙの㌔ﾊﾟｰﾃｨ Straße 東京都";
    let found = |chain: &Chain, query| {
        let ranges = matching_ranges(chain, text, query);
        ranges.into_iter().map(|(start, end)| &text[start..end]).collect::<Vec<_>>()
    };
    assert_eq!(found(&chain(AnalyzerChoice::Words, "ja"), "ホテル strasse"), ["ﾎﾃﾙ", "Straße"]);
    let bigrams = chain(AnalyzerChoice::Bigrams, "ja");
    assert_eq!(found(&bigrams, "東京都"), ["東京都"], "pairs that overlap are one range");
}

#[test]
fn punctuation_alone_has_no_terms() {
    for choice in AnalyzerChoice::ALL {
        assert!(terms_of(&chain(choice, "ja"), "… — !? 。、").is_empty());
        assert!(terms_of(&chain(choice, "en"), "").is_empty());
    }
}

fn set(languages: &[&str]) -> Analyzers {
    let languages: Vec<Language> = languages.iter().map(|tag| Language::new(tag)).collect();
    Analyzers::new(Analysis::default(), &languages)
}

/// Trap: read by its own chain alone, an English query for running trains asks a German passage for run.
#[test]
fn a_query_is_read_by_each_chain_of_the_corpus() {
    let set = set(&["en", "de", "ja"]);
    let terms = set.query_terms("running 東京都");
    let counts = |term: &str| terms.iter().find(|t| t.term == term).map(|t| t.counts.clone());
    assert_eq!(counts("run"), Some(vec![1, 0, 0]));
    assert_eq!(counts("京都"), Some(vec![0, 0, 1]));
    assert_eq!(counts("都"), Some(vec![1, 1, 1]));
    assert_eq!(terms.iter().find(|t| t.term == "都").and_then(QueryTerm::agreed), Some(1));
}

#[test]
fn languages_that_are_read_alike_share_a_chain() {
    let set = set(&["bn", "sw", "und", "zh-Hant", "zh-Hans", "en"]);
    assert_eq!(set.chains().len(), 3);
    assert_eq!(set.chain_of(&Language::new("bn")), set.chain_of(&Language::new("sw")));
    assert_eq!(set.chain_of(&Language::new("xx")), None);
    let tags = self::set(&["EN", "en-GB", "en"]);
    assert_eq!(tags.chains().len(), 1, "tags are written in many ways");
}

const LANGUAGES: [&str; 18] = [
    "en", "de", "fr", "es", "tr", "ru", "ar", "fa", "he", "hi", "th", "km", "ja", "ko", "zh-Hant", "vi",
    "fi", "und",
];

/// Texts that mix scripts, marks, widths and signs that have no width.
fn mixed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        proptest::collection::vec(
            proptest::sample::select(vec![
                "ﾎ", "ﾟ", "㌔", "㍿", "ำ", "\u{e4d}", "\u{e49}", "า", "\u{301}", "e", "ß", "ﬁ", "İ", "I",
                "한", "\u{1112}", "\u{1161}", "국", "京", "都", "ー", "か", "\u{3099}", "l'", "'",
                "\u{200d}", "\u{200c}", "👩", "م", "\u{64e}", "ة", "ש", "\u{5b8}", "క", "్", "ក", "្", " ",
                ".", "１", "x", "를", "ae",
            ]),
            0..24,
        )
        .prop_map(|pieces| pieces.concat()),
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// No text makes a chain panic; every term has a place in the text as written, on character
    /// boundaries, and tells the same by trace and by memory.
    #[test]
    fn every_term_has_a_place_in_the_text(
        text in mixed(),
        language in proptest::sample::select(LANGUAGES.to_vec()),
        choice in proptest::sample::select(AnalyzerChoice::ALL.to_vec()),
    ) {
        let chain = chain(choice, language);
        let tokens = chain.terms(&text);
        let mut before = 0;
        for token in &tokens {
            prop_assert!(!token.term.is_empty());
            let piece = text.get(token.start..token.end);
            prop_assert!(piece.is_some_and(|piece| !piece.is_empty()), "{token:?}");
            prop_assert!(token.start >= before, "{token:?} begins before the one before it");
            before = token.start;
        }
        prop_assert_eq!(&chain.trace(&text).tokens, &tokens);
        prop_assert_eq!(&Memo::new(&chain).terms(&text), &tokens);
    }

    /// A text finds itself: all of it that is a term is a match, and matches do not overlap.
    #[test]
    fn a_text_matches_itself(text in mixed(), language in proptest::sample::select(LANGUAGES.to_vec())) {
        let chain = chain(AnalyzerChoice::Auto, language);
        let ranges = matching_ranges(&chain, &text, &text);
        prop_assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{ranges:?}");
        for token in chain.terms(&text) {
            prop_assert!(ranges.iter().any(|&(start, end)| start <= token.start && token.end <= end));
        }
    }
}
