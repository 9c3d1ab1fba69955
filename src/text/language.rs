//! Which language a text is in, where the collection does not say, and how sure that is.
//!
//! Script decides where it can: kana is Japanese, Hangul Korean, Thai letters Thai; Han without kana is
//! Chinese, Traditional or Simplified by the characters that only one of them uses. For the rest a
//! trigram model (whatlang) gives an answer that counts only when it calls itself reliable. A text too
//! short for it falls back to its letters: Arabic ones are taken for Arabic, a Vietnamese vowel for
//! Vietnamese. Plain Latin letters tell nothing.

use crate::domain::Language;

/// A guess at a text's language.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// `und` where it cannot be told.
    pub language: Language,
    /// From 0 to 1: the share of letters in the script that decided, or the trigram model's own figure.
    pub confidence: f64,
    pub evidence: Evidence,
}

/// What a guess rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A script that one language uses.
    Script,
    Trigrams,
    /// Letters that several languages use, most often this one.
    Letters,
    Nothing,
}

impl Evidence {
    pub fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Trigrams => "trigrams",
            Self::Letters => "letters",
            Self::Nothing => "nothing",
        }
    }
}

/// From so many characters on, Han without kana is not taken for a Japanese name.
const SURE_OF_HAN: u32 = 5;

/// The language of `text`, `und` where it cannot be told.
pub fn detect(text: &str) -> Language {
    detection(text).language
}

/// The language of `text`, and how sure that is.
pub fn detection(text: &str) -> Detection {
    let counts = ScriptCounts::of(text);
    if let Some(tag) = counts.asian() {
        // A few characters that Japanese writes too, or no sign of which Chinese: half an answer.
        let sure = if tag == "zh" || tag == "zh-Hant" && counts.han < SURE_OF_HAN { 0.5 } else { 1.0 };
        let confidence = sure * f64::from(counts.asian_letters()) / f64::from(counts.letters.max(1));
        return Detection { language: Language::new(tag), confidence, evidence: Evidence::Script };
    }
    if let Some(guess) = whatlang::detect(text).filter(whatlang::Info::is_reliable)
        && let Some(tag) = iso_639_1(guess.lang())
    {
        return Detection {
            language: Language::new(tag),
            confidence: guess.confidence(),
            evidence: Evidence::Trigrams,
        };
    }
    match by_letters(text) {
        Some((tag, letters)) => Detection {
            language: Language::new(tag),
            confidence: 0.5 * f64::from(letters) / f64::from(counts.letters.max(1)),
            evidence: Evidence::Letters,
        },
        None => {
            Detection { language: Language::undetermined(), confidence: 0.0, evidence: Evidence::Nothing }
        }
    }
}

/// The script that most letters are in (`Latin`, `Japanese`, `Han`); `None` where there is no letter.
pub fn script(text: &str) -> Option<&'static str> {
    let asian = ScriptCounts::of(text).asian().and_then(|tag| {
        Some(match tag {
            "ja" => "Japanese",
            "ko" => "Hangul",
            "th" => "Thai",
            "lo" => "Lao",
            "km" => "Khmer",
            "my" => "Burmese",
            tag if tag.starts_with("zh") => "Han",
            _ => return None,
        })
    });
    asian.or_else(|| {
        use whatlang::Script as S;
        Some(match whatlang::detect_script(text)? {
            S::Arabic => "Arabic",
            S::Armenian => "Armenian",
            S::Bengali => "Bengali",
            S::Cyrillic => "Cyrillic",
            S::Devanagari => "Devanagari",
            S::Ethiopic => "Ethiopic",
            S::Georgian => "Georgian",
            S::Greek => "Greek",
            S::Gujarati => "Gujarati",
            S::Gurmukhi => "Gurmukhi",
            S::Hangul => "Hangul",
            S::Hebrew => "Hebrew",
            S::Hiragana | S::Katakana => "Japanese",
            S::Kannada => "Kannada",
            S::Khmer => "Khmer",
            S::Latin => "Latin",
            S::Malayalam => "Malayalam",
            S::Mandarin => "Han",
            S::Myanmar => "Burmese",
            S::Oriya => "Oriya",
            S::Sinhala => "Sinhala",
            S::Tamil => "Tamil",
            S::Telugu => "Telugu",
            S::Thai => "Thai",
        })
    })
}

/// The language that most often has these letters, and how many there are; the letters have to be most of
/// the text, or to be Vietnamese.
fn by_letters(text: &str) -> Option<(&'static str, u32)> {
    let count = |is: fn(char) -> bool| text.chars().map(|c| u32::from(is(c))).sum::<u32>();
    let letters = count(char::is_alphabetic);
    let vietnamese = |c| matches!(c, '\u{1ea0}'..='\u{1ef9}' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | 'đ' | 'Đ');
    if count(vietnamese) > 0 {
        return Some(("vi", letters));
    }
    let cyrillic = count(|c| matches!(c, '\u{400}'..='\u{52f}'));
    let arabic = count(|c| matches!(c, '\u{620}'..='\u{64a}' | '\u{671}'..='\u{6d3}'));
    if cyrillic * 2 > letters {
        let ukrainian = count(|c| "іїєґІЇЄҐ".contains(c)) > 0;
        return Some((if ukrainian { "uk" } else { "ru" }, cyrillic));
    }
    if arabic * 2 > letters {
        let urdu = count(|c| "ٹڈڑںےھ".contains(c)) > 0;
        let persian = count(|c| "پچژگیک".contains(c)) > 0;
        return Some((
            if urdu {
                "ur"
            } else if persian {
                "fa"
            } else {
                "ar"
            },
            arabic,
        ));
    }
    None
}

#[derive(Default)]
struct ScriptCounts {
    letters: u32,
    kana: u32,
    hangul: u32,
    han: u32,
    thai: u32,
    lao: u32,
    khmer: u32,
    burmese: u32,
    traditional: u32,
    simplified: u32,
}

impl ScriptCounts {
    fn of(text: &str) -> Self {
        let mut counts = Self::default();
        text.chars().for_each(|c| counts.add(c));
        counts
    }

    fn add(&mut self, c: char) {
        if !c.is_alphabetic() {
            return;
        }
        self.letters += 1;
        match c {
            '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' => self.kana += 1,
            '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}' => self.hangul += 1,
            '\u{0e01}'..='\u{0e4e}' => self.thai += 1,
            '\u{0e81}'..='\u{0edf}' => self.lao += 1,
            '\u{1000}'..='\u{109f}' | '\u{aa60}'..='\u{aa7f}' => self.burmese += 1,
            '\u{1780}'..='\u{17ff}' => self.khmer += 1,
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' => {
                self.han += 1;
                self.traditional += u32::from(TRADITIONAL.contains(c));
                self.simplified += u32::from(SIMPLIFIED.contains(c));
            }
            _ => {}
        }
    }

    fn asian_letters(&self) -> u32 {
        self.kana + self.hangul + self.han + self.thai + self.lao + self.khmer + self.burmese
    }

    /// The language, where such letters are at least a third of all.
    fn asian(&self) -> Option<&'static str> {
        let asian = self.asian_letters();
        if asian == 0 || asian * 3 < self.letters {
            return None;
        }
        let alone = [
            ("ko", self.hangul),
            ("th", self.thai),
            ("lo", self.lao),
            ("km", self.khmer),
            ("my", self.burmese),
        ];
        if let Some(&(tag, _)) = alone.iter().find(|(_, letters)| letters * 2 > asian) {
            return Some(tag);
        }
        Some(if self.kana * 10 >= asian {
            "ja"
        } else if self.traditional > self.simplified {
            "zh-Hant"
        } else if self.simplified > 0 {
            "zh-Hans"
        } else {
            "zh"
        })
    }
}

/// Frequent characters that Simplified Chinese writes otherwise, and their Simplified forms in the same
/// order.
const TRADITIONAL: &str = "這個們來時國會說對沒過還後為學車頭點開關動發應員問間長電話讓種機經現實變買賣請錢門馬見書東無從樂業幾兒氣專務區號線傳達進運遠選邊證認識該誰調論設計許訂記讀課談誤費貨賓質趕輕較輛轉辦農連週郵釋鐵銀錄鍵陸陽際隨險隻雙雜離難雲響頁預領題類顧飛飯館驗體麗麼黃齊";
const SIMPLIFIED: &str = "这个们来时国会说对没过还后为学车头点开关动发应员问间长电话让种机经现实变买卖请钱门马见书东无从乐业几儿气专务区号线传达进运远选边证认识该谁调论设计许订记读课谈误费货宾质赶轻较辆转办农连周邮释铁银录键陆阳际随险只双杂离难云响页预领题类顾飞饭馆验体丽么黄齐";

/// Two-letter code of the languages that [`whatlang`] knows and that have one in common use.
fn iso_639_1(lang: whatlang::Lang) -> Option<&'static str> {
    use whatlang::Lang as L;
    Some(match lang {
        L::Ara => "ar",
        L::Ben => "bn",
        L::Bul => "bg",
        L::Ces => "cs",
        L::Dan => "da",
        L::Deu => "de",
        L::Ell => "el",
        L::Eng => "en",
        L::Est => "et",
        L::Fin => "fi",
        L::Fra => "fr",
        L::Heb => "he",
        L::Hin => "hi",
        L::Hrv => "hr",
        L::Hun => "hu",
        L::Ind => "id",
        L::Ita => "it",
        L::Lav => "lv",
        L::Lit => "lt",
        L::Nld => "nl",
        L::Nob => "nb",
        L::Pes => "fa",
        L::Pol => "pl",
        L::Por => "pt",
        L::Ron => "ro",
        L::Rus => "ru",
        L::Slk => "sk",
        L::Slv => "sl",
        L::Spa => "es",
        L::Srp => "sr",
        L::Swe => "sv",
        L::Tam => "ta",
        L::Tel => "te",
        L::Tgl => "tl",
        L::Tur => "tr",
        L::Ukr => "uk",
        L::Urd => "ur",
        L::Vie => "vi",
        L::Mya => "my",
        L::Khm => "km",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_tells_the_asian_languages_apart() {
        for (text, tag) in [
            ("予約を取り消したい", "ja"),
            ("환불은 언제 되나요", "ko"),
            ("ขอคืนเงินได้ไหม", "th"),
            ("請問如何辦理退票手續", "zh-Hant"),
            ("请问如何办理退票手续", "zh-Hans"),
            ("JR東日本 Suica カード", "ja"),
        ] {
            assert_eq!(detect(text).as_str(), tag, "{text}");
        }
    }

    #[test]
    fn one_foreign_word_does_not_decide() {
        let text = "The ferry terminal at 高松 is open from six in the morning until midnight on weekdays.";
        assert_eq!(detect(text).as_str(), "en");
        assert_eq!(detect("12345").as_str(), "und");
    }

    #[test]
    fn short_text_falls_back_to_its_letters_and_says_so() {
        for (text, tag, evidence) in [
            ("Москва", "ru", Evidence::Letters),
            ("قطار", "ar", Evidence::Letters),
            ("گربه", "fa", Evidence::Letters),
            ("សំបុត្ររថភ្លើង", "km", Evidence::Script),
            ("ປີ້ລົດໄຟ", "lo", Evidence::Script),
            ("မီးရထားလက်မှတ်", "my", Evidence::Script),
            ("Suica", "und", Evidence::Nothing),
        ] {
            let detection = detection(text);
            assert_eq!((detection.language.as_str(), detection.evidence), (tag, evidence), "{text}");
        }
    }

    #[test]
    fn letters_alone_tell_some_languages() {
        for (text, tag) in [("phở", "vi"), ("їжак", "uk"), ("ёлка", "ru"), ("پنجره", "fa"), ("لڑکا", "ur")]
        {
            assert_eq!(by_letters(text).map(|(tag, _)| tag), Some(tag), "{text}");
        }
        assert_eq!(by_letters("café 42"), None);
    }

    /// Trap: a guess that does not say how sure it is gets believed.
    #[test]
    fn confidence_grows_with_the_evidence() {
        assert_eq!(detection("Suica").confidence, 0.0);
        assert!(detection("東京").confidence <= 0.5, "Chinese or Japanese");
        assert!(detection("قطار").confidence <= 0.5);
        assert_eq!(detection("환불 규정").confidence, 1.0);
        assert!(detection("KTX 환불 규정").confidence < 1.0);
    }

    /// The two lists pair up character by character, or one of them has slipped.
    #[test]
    fn the_character_lists_pair_up() {
        assert_eq!(TRADITIONAL.chars().count(), SIMPLIFIED.chars().count());
        assert!(TRADITIONAL.chars().all(|c| !SIMPLIFIED.contains(c)));
    }

    #[test]
    fn a_script_is_named_and_kanji_among_kana_is_japanese() {
        for (text, name) in [
            ("Two pieces of luggage", Some("Latin")),
            ("予約の取り消しは前日まで", Some("Japanese")),
            ("退票规定", Some("Han")),
            ("환불 규정 PDF", Some("Hangul")),
            ("возврат билета", Some("Cyrillic")),
            ("1234 – 5678", None),
        ] {
            assert_eq!(script(text), name, "{text}");
        }
    }
}
