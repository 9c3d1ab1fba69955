//! In: one text. Out: signs that its characters are not those that were written: replacement characters,
//! control characters, UTF-8 that was once read as Windows-1252. A suspicion, never a change.

/// What is odd about the characters of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// U+FFFD: characters that were lost when the text was decoded.
    pub replaced: usize,
    /// Control characters but tab and line ends, and noncharacters.
    pub controls: usize,
    /// The first stretch that reads better as UTF-8, and what it reads then.
    pub mojibake: Option<(String, String)>,
}

impl Encoding {
    pub fn of(text: &str) -> Self {
        if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
        {
            return Self::default();
        }
        Self {
            replaced: text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count(),
            controls: text.chars().filter(|&c| is_odd_control(c)).count(),
            mojibake: mojibake(text),
        }
    }

    pub fn is_odd(&self) -> bool {
        *self != Self::default()
    }
}

fn is_odd_control(c: char) -> bool {
    let noncharacter = matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) & 0xfffe == 0xfffe;
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}') || noncharacter
}

/// Windows-1252's characters for the bytes 0x80 to 0x9f; the five unused ones stand for themselves, as
/// browsers read them.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The byte that Windows-1252 reads as this character, where that is not ASCII.
fn byte_of(c: char) -> Option<u8> {
    if let 0xa0..=0xff = u32::from(c) {
        return u8::try_from(u32::from(c)).ok();
    }
    (0x80u8..).zip(WINDOWS_1252).find(|&(_, other)| other == c).map(|(byte, _)| byte)
}

/// The first run of characters that are all bytes of Windows-1252 beyond ASCII, and that are one or more
/// whole UTF-8 characters when taken as bytes. Real text hardly ever has such a run: it would have to
/// follow `Ã` or `â` by just the signs that no word has there.
fn mojibake(text: &str) -> Option<(String, String)> {
    let mut run: Vec<(char, u8)> = Vec::new();
    for c in text.chars().chain(std::iter::once(' ')) {
        match byte_of(c) {
            Some(byte) => run.push((c, byte)),
            None if run.len() >= 2 => {
                let found = decoded(&run);
                if found.is_some() {
                    return found;
                }
                run.clear();
            }
            None => run.clear(),
        }
    }
    None
}

/// The longest stretch from any place of the run that is valid UTF-8 of characters of two bytes and more.
fn decoded(run: &[(char, u8)]) -> Option<(String, String)> {
    let bytes: Vec<u8> = run.iter().map(|&(_, byte)| byte).collect();
    for start in 0..run.len() {
        let rest = bytes.get(start..)?;
        let valid = match std::str::from_utf8(rest) {
            Ok(text) => text,
            Err(fault) => std::str::from_utf8(rest.get(..fault.valid_up_to())?).ok()?,
        };
        if valid.chars().any(is_likely) {
            let seen = run.get(start..start + valid.len())?.iter().map(|&(c, _)| c).collect();
            return Some((seen, valid.to_owned()));
        }
    }
    None
}

/// Letters and punctuation that texts have; what falls into rare blocks is more likely chance.
fn is_likely(c: char) -> bool {
    matches!(u32::from(c), 0xa0..=0x17f | 0x370..=0x52f | 0x590..=0x6ff | 0x900..=0xdff | 0xe00..=0xeff
        | 0x2010..=0x2122 | 0x3000..=0x30ff | 0x3400..=0x9fff | 0xac00..=0xd7a3 | 0xff00..=0xffef)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Windows-1252 makes of a text's UTF-8.
    fn misread(text: &str) -> String {
        text.bytes()
            .map(|byte| match byte {
                0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
                byte => char::from(byte),
            })
            .collect()
    }

    #[test]
    fn text_read_in_the_wrong_encoding_is_suspected_with_what_it_was() {
        for (text, was) in [("un café noir", "é"), ("it’s", "’"), ("price 5 €", "€"), ("билет", "билет")]
        {
            let found = Encoding::of(&misread(text)).mojibake;
            assert_eq!(found.map(|(_, was)| was).as_deref(), Some(was), "{}", misread(text));
        }
        assert!(Encoding::of(&misread("返金はいつ")).mojibake.is_some());
    }

    /// Trap: accented capitals and typographic signs side by side are ordinary text in many languages.
    #[test]
    fn ordinary_text_is_not_suspected() {
        for text in [
            "Über die Brücke – «Ça va?» “déjà vu”… ÄÖÜ ß",
            "AÇÃO, PÃO, CORAÇÃO; São João; não é…",
            "Là-bas, l’été où naïf Noël; ŒUVRE €5 – 10 °C ± ½ ×",
            "ÍSLENSKA ÞÁ ÐÆ, ÅÄÖ; El Niño ¿qué? ¡sí!",
            "Tiếng Việt: Ðà Nẵng, ÂU CƠ",
            "予約の取り消し、환불 규정",
        ] {
            assert_eq!(Encoding::of(text), Encoding::default(), "{text}");
        }
    }

    #[test]
    fn lost_and_control_characters_are_counted() {
        let found = Encoding::of("a\u{fffd}b\u{fffd} \u{1b}[31m\u{0}\ttab\r\n");
        assert_eq!((found.replaced, found.controls), (2, 2));
        assert!(found.is_odd() && !Encoding::of("a\tb\n").is_odd());
    }
}
