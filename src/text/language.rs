//! Which language a text is in, where the collection does not say.
//!
//! Script decides where it can: kana is Japanese, Hangul Korean, Thai letters Thai; Han without kana is
//! Chinese, Traditional or Simplified by the characters that only one of them uses. For the rest a
//! trigram model (whatlang) gives an answer that counts only when it calls itself reliable.

use crate::domain::Language;

/// The language of `text`, `und` where it cannot be told.
pub fn detect(text: &str) -> Language {
    if let Some(language) = guess_by_script(text) {
        return language;
    }
    match whatlang::detect(text) {
        Some(guess) if guess.is_reliable() => {
            iso_639_1(guess.lang()).map_or_else(Language::undetermined, Language::new)
        }
        _ => Language::undetermined(),
    }
}

/// The language where the script alone tells it; letters of other scripts are outvoted.
pub fn guess_by_script(text: &str) -> Option<Language> {
    let mut counts = ScriptCounts::default();
    text.chars().for_each(|c| counts.add(c));
    let asian = counts.kana + counts.hangul + counts.han + counts.thai;
    if asian == 0 || asian * 3 < counts.letters {
        return None;
    }
    let tag = if counts.hangul * 2 > asian {
        "ko"
    } else if counts.thai * 2 > asian {
        "th"
    } else if counts.kana * 10 >= asian {
        "ja"
    } else if counts.traditional > counts.simplified {
        "zh-Hant"
    } else if counts.simplified > 0 {
        "zh-Hans"
    } else {
        "zh"
    };
    Some(Language::new(tag))
}

#[derive(Default)]
struct ScriptCounts {
    letters: usize,
    kana: usize,
    hangul: usize,
    han: usize,
    thai: usize,
    traditional: usize,
    simplified: usize,
}

impl ScriptCounts {
    fn add(&mut self, c: char) {
        if !c.is_alphabetic() {
            return;
        }
        self.letters += 1;
        match c {
            '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' => self.kana += 1,
            '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}' => self.hangul += 1,
            '\u{0e01}'..='\u{0e4e}' => self.thai += 1,
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' => {
                self.han += 1;
                self.traditional += usize::from(TRADITIONAL.contains(c));
                self.simplified += usize::from(SIMPLIFIED.contains(c));
            }
            _ => {}
        }
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

    /// The two lists pair up character by character, or one of them has slipped.
    #[test]
    fn the_character_lists_pair_up() {
        assert_eq!(TRADITIONAL.chars().count(), SIMPLIFIED.chars().count());
        assert!(TRADITIONAL.chars().all(|c| !SIMPLIFIED.contains(c)));
    }
}
