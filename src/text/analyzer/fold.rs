//! Letters that are written in several ways, made one: marks on Latin and Greek letters by the habits of
//! a language, Arabic letter forms, Hebrew points, kana, digits. Each function changes one term in place.

use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};

/// What a language does with marks on Latin letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Marks {
    /// Accents on a letter, left out in haste: café is cafe (English, French, Italian, Portuguese, Greek
    /// and unknown languages).
    Fold,
    /// As `Fold`, but ñ is a letter of its own: año (year) is not ano (Spanish).
    FoldButEnye,
    /// ä is written a or ae: Müller is Muller and Mueller.
    German,
    /// A mark makes another letter, or another word: má is not ma (Vietnamese), å not a (Swedish).
    Keep,
}

/// Applies a language's rule to the marks of a term that is case-folded already.
pub fn marks(term: &mut String, rule: Marks) {
    match rule {
        Marks::Keep => {}
        Marks::Fold => strip(term, |_| false),
        Marks::FoldButEnye => strip(term, |c| c == 'ñ'),
        Marks::German => {
            strip(term, |_| false);
            german_digraphs(term);
        }
    }
}

fn strip(term: &mut String, keep: impl Fn(char) -> bool) {
    if term.is_ascii() {
        return;
    }
    let decomposition = CanonicalDecompositionBorrowed::new();
    let mut plain = String::with_capacity(term.len());
    for c in term.chars() {
        match c {
            '\u{300}'..='\u{36f}' => {} // a mark that has no composed form with its letter
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ø' => plain.push('o'),
            'đ' | 'ð' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            'ł' => plain.push('l'),
            'þ' => plain.push_str("th"),
            _ if keep(c) => plain.push(c),
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1fff}' | '\u{386}'..='\u{3ce}' => {
                plain.push(base(&decomposition, c));
            }
            _ => plain.push(c),
        }
    }
    *term = plain;
}

/// A letter without its marks.
fn base(decomposition: &CanonicalDecompositionBorrowed<'_>, mut c: char) -> char {
    loop {
        match decomposition.decompose(c) {
            Decomposed::Expansion(first, '\u{300}'..='\u{36f}') | Decomposed::Singleton(first) => c = first,
            _ => return c,
        }
    }
}

/// ae, oe and ue as a way to write an umlaut become a, o and u; not ue after a vowel or q (neue, Quelle).
/// The rule of Lucene's `GermanNormalizationFilter`.
fn german_digraphs(term: &mut String) {
    if !["ae", "oe", "ue"].iter().any(|pair| term.contains(pair)) {
        return;
    }
    let mut plain = String::with_capacity(term.len());
    let mut before = ' ';
    let mut chars = term.chars().peekable();
    while let Some(c) = chars.next() {
        plain.push(c);
        let umlaut = match c {
            'a' | 'o' => true,
            'u' => !matches!(before, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'q'),
            _ => false,
        };
        before = c;
        if umlaut && chars.next_if_eq(&'e').is_some() {
            before = 'e';
        }
    }
    *term = plain;
}

/// Signs that show nothing fall away: joiners between letters, soft hyphens, direction marks, variants.
pub fn invisible(term: &mut String) {
    replace(term, |c| {
        let shows_nothing = matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
        (!shows_nothing).then_some(c)
    });
}

/// ё is printed as е.
pub fn russian(term: &mut String) {
    replace(term, |c| Some(if c == 'ё' { 'е' } else { c }));
}

/// Arabic script: vowel signs and the stretch (tatweel) fall away; alef with hamza or madda is alef, alef
/// maqsura and Persian yeh are yeh, taa marbuta is heh, Persian kaf is kaf (Lucene's
/// `ArabicNormalizationFilter` and `PersianNormalizationFilter`, here one, so that both languages meet).
pub fn arabic(term: &mut String) {
    replace(term, |c| {
        Some(match c {
            '\u{640}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' => {
                return None;
            }
            'آ' | 'أ' | 'إ' | 'ٱ' => 'ا',
            'ى' | 'ی' | 'ے' => 'ي',
            'ة' | 'ۀ' | 'ە' | 'ہ' => 'ه',
            'ک' => 'ك',
            _ => c,
        })
    });
}

/// Hebrew points and accents fall away.
pub fn hebrew(term: &mut String) {
    replace(term, |c| (!matches!(c, '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}')).then_some(c));
}

/// Katakana becomes hiragana.
pub fn kana(term: &mut String) {
    replace(term, |c| match c {
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => char::from_u32(u32::from(c) - 0x60),
        _ => Some(c),
    });
}

/// Shortest katakana word that may lose its last ー.
const LONG_KATAKANA: usize = 4;

/// サーバー is also written サーバ: a long katakana word loses a long vowel sign at its end (Lucene's
/// `JapaneseKatakanaStemFilter`).
pub fn katakana_end(term: &mut String) {
    if term.ends_with('ー')
        && term.chars().count() >= LONG_KATAKANA
        && term.chars().all(|c| matches!(c, '\u{30a1}'..='\u{30fa}' | 'ー'))
    {
        term.truncate(term.len() - 'ー'.len_utf8());
    }
}

/// The zeros of the digits in common use, each with its nine followers.
const ZEROS: [u32; 15] = [
    0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x1040, 0x17e0,
];

/// Decimal digits of other scripts become 0 to 9.
pub fn digits(term: &mut String) {
    replace(term, |c| {
        let code = u32::from(c);
        if !(0x660..0x17ea).contains(&code) {
            return Some(c);
        }
        let digit = ZEROS.iter().find_map(|&zero| code.checked_sub(zero).filter(|&digit| digit < 10));
        Some(digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c))
    });
}

/// l'hôtel is hôtel: an article or pronoun before an apostrophe falls away (French, Italian, Catalan).
pub fn elision(term: &mut String) {
    const ARTICLES: [&str; 30] = [
        "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "quoiqu", "lorsqu", "puisqu", "un", "all",
        "dall", "dell", "nell", "sull", "coll", "pell", "gl", "agl", "dagl", "degl", "negl", "sugl", "quest",
        "quell", "sant",
    ];
    let Some(at) = term.find(APOSTROPHES) else { return };
    let rest = term[at..].chars().next().map_or(0, char::len_utf8);
    if ARTICLES.contains(&&term[..at]) && at + rest < term.len() {
        term.drain(..at + rest);
    }
}

/// İstanbul'da is İstanbul: what follows an apostrophe is a suffix (Turkish).
pub fn apostrophe_suffix(term: &mut String) {
    if let Some(at) = term.find(APOSTROPHES).filter(|&at| at > 0) {
        term.truncate(at);
    }
}

/// Typographic apostrophes become the typewriter's, which stemmers know.
pub fn apostrophes(term: &mut String) {
    replace(term, |c| Some(if APOSTROPHES.contains(&c) { '\'' } else { c }));
}

const APOSTROPHES: [char; 4] = ['\'', '’', '‘', 'ʼ'];

/// Changes or drops (`None`) each character; leaves plain ASCII alone but for what `change` may do to it.
fn replace(term: &mut String, change: impl Fn(char) -> Option<char>) {
    if term.is_ascii() || term.chars().all(|c| change(c) == Some(c)) {
        return;
    }
    *term = term.chars().filter_map(change).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(change: impl Fn(&mut String), term: &str) -> String {
        let mut term = term.to_owned();
        change(&mut term);
        term
    }

    #[test]
    fn each_language_has_its_own_rule_for_marks() {
        for (rule, term, folded) in [
            (Marks::Fold, "café", "cafe"),
            (Marks::Fold, "naïveté", "naivete"),
            (Marks::Fold, "nguyễn", "nguyen"),
            (Marks::Fold, "smørrebrød", "smorrebrod"),
            (Marks::Fold, "œuvre", "oeuvre"),
            (Marks::Fold, "αθήνα", "αθηνα"),
            (Marks::Fold, "καΐκι", "καικι"),
            (Marks::FoldButEnye, "español", "español"),
            (Marks::FoldButEnye, "estación", "estacion"),
            (Marks::FoldButEnye, "pingüino", "pinguino"),
            (Marks::German, "müller", "muller"),
            (Marks::German, "mueller", "muller"),
            (Marks::German, "fährt", "fahrt"),
            (Marks::German, "feuer", "feuer"),
            (Marks::German, "neue", "neue"),
            (Marks::German, "quelle", "quelle"),
            (Marks::Keep, "má", "má"),
            (Marks::Keep, "å", "å"),
        ] {
            assert_eq!(after(|term| marks(term, rule), term), folded, "{rule:?} {term}");
        }
    }

    /// Trap: taking every mark off makes й to и and が to か, which are other letters.
    #[test]
    fn marks_of_other_scripts_are_letters() {
        for term in ["мой", "が", "한국", "กี่", "हिन्दी"] {
            assert_eq!(after(|term| marks(term, Marks::Fold), term), term);
        }
        assert_eq!(after(russian, "ёлка мой"), "елка мой");
    }

    #[test]
    fn arabic_forms_are_one() {
        for (term, folded) in [
            ("أحمد", "احمد"),
            ("إسلام", "اسلام"),
            ("آسيا", "اسيا"),
            ("مدرسة", "مدرسه"),
            ("مستشفى", "مستشفي"),
            ("العـــربية", "العربيه"),
            ("مُحَمَّدٌ", "محمد"),
            ("ایران", "ايران"),
            ("کتاب", "كتاب"),
        ] {
            assert_eq!(after(arabic, term), folded, "{term}");
        }
    }

    #[test]
    fn hebrew_loses_its_points_and_keeps_its_letters() {
        assert_eq!(after(hebrew, "שָׁלוֹם"), "שלום");
        assert_eq!(after(hebrew, "ירושלים"), "ירושלים");
    }

    #[test]
    fn kana_and_digits() {
        assert_eq!(after(kana, "ホテル"), "ほてる");
        assert_eq!(after(kana, "ヴィラ"), "ゔぃら");
        assert_eq!(after(katakana_end, "サーバー"), "サーバ");
        assert_eq!(after(katakana_end, "コピー"), "コピー", "short words keep it");
        assert_eq!(after(digits, "١٩٨٤"), "1984");
        assert_eq!(after(digits, "๒๕๖๗"), "2567");
        assert_eq!(after(digits, "২০২৪a"), "2024a");
    }

    #[test]
    fn apostrophes_go_by_language() {
        assert_eq!(after(elision, "l’hôtel"), "hôtel");
        assert_eq!(after(elision, "dell'albergo"), "albergo");
        assert_eq!(after(elision, "aujourd'hui"), "aujourd'hui");
        assert_eq!(after(elision, "l'"), "l'");
        assert_eq!(after(apostrophe_suffix, "istanbul'da"), "istanbul");
        assert_eq!(after(apostrophes, "company’s"), "company's");
    }
}
