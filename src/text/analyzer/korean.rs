//! Korean particles (josa), which are written on to their noun: 기차를, 기차는 and 기차 are one word.
//!
//! No dictionary: a particle is taken off where its form agrees with the syllable before it (은 follows a
//! final consonant, 는 a vowel) and at least two syllables stay. So a noun that ends like a particle
//! (고양이, cat) loses that syllable too, in the query as in the passage: they still meet, and sometimes
//! with a word they should not. Verb endings stay.

/// What the last syllable before a particle has to end in.
#[derive(Clone, Copy, PartialEq)]
enum After {
    Any,
    Consonant,
    Vowel,
    /// A vowel or ㄹ.
    VowelOrRieul,
    /// A consonant other than ㄹ.
    ConsonantNotRieul,
}

/// Longer particles before those that they end in.
const PARTICLES: &[(&str, After)] = &[
    ("에서부터", After::Any),
    ("으로부터", After::ConsonantNotRieul),
    ("로부터", After::VowelOrRieul),
    ("에게서", After::Any),
    ("한테서", After::Any),
    ("으로서", After::ConsonantNotRieul),
    ("으로써", After::ConsonantNotRieul),
    ("이라고", After::Consonant),
    ("이라는", After::Consonant),
    ("이라도", After::Consonant),
    ("이든지", After::Consonant),
    ("에서", After::Any),
    ("에게", After::Any),
    ("한테", After::Any),
    ("께서", After::Any),
    ("부터", After::Any),
    ("까지", After::Any),
    ("보다", After::Any),
    ("처럼", After::Any),
    ("같이", After::Any),
    ("마다", After::Any),
    ("조차", After::Any),
    ("마저", After::Any),
    ("밖에", After::Any),
    ("하고", After::Any),
    ("이며", After::Consonant),
    ("이나", After::Consonant),
    ("이란", After::Consonant),
    ("이랑", After::Consonant),
    ("라고", After::Vowel),
    ("라는", After::Vowel),
    ("라도", After::Vowel),
    ("으로", After::ConsonantNotRieul),
    ("로서", After::VowelOrRieul),
    ("로써", After::VowelOrRieul),
    ("은", After::Consonant),
    ("는", After::Vowel),
    ("이", After::Consonant),
    ("가", After::Vowel),
    ("을", After::Consonant),
    ("를", After::Vowel),
    ("과", After::Consonant),
    ("와", After::Vowel),
    ("로", After::VowelOrRieul),
    ("의", After::Any),
    ("에", After::Any),
    ("도", After::Any),
    ("만", After::Any),
    ("란", After::Vowel),
    ("며", After::Vowel),
];

/// Syllables that stay, at least.
const STEM: usize = 2;

/// Takes the particles off the end of a word, one after another (에서는 is two), also where it begins in
/// another script (KTX를). Other terms stay as they are.
pub fn strip_particles(term: &mut String) {
    while let Some(stem) = PARTICLES.iter().find_map(|&(particle, after)| {
        let stem = term.strip_suffix(particle)?;
        let last = stem.chars().next_back()?;
        (stem.chars().count() >= STEM && agrees(last, after)).then_some(stem.len())
    }) {
        term.truncate(stem);
    }
}

fn is_syllable(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// Syllables are numbered initial × 588 + vowel × 28 + final from U+AC00 (The Unicode Standard, 3.12);
/// final 0 is none and 8 is ㄹ.
fn agrees(last: char, after: After) -> bool {
    if !is_syllable(last) {
        return last.is_alphanumeric(); // how a name in another script is read aloud is not known
    }
    let finale = (u32::from(last).wrapping_sub(0xac00)) % 28;
    match after {
        After::Any => true,
        After::Consonant => finale != 0,
        After::Vowel => finale == 0,
        After::VowelOrRieul => finale == 0 || finale == 8,
        After::ConsonantNotRieul => finale != 0 && finale != 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(word: &str) -> String {
        let mut term = word.to_owned();
        strip_particles(&mut term);
        term
    }

    #[test]
    fn a_noun_meets_its_forms() {
        for form in ["기차를", "기차는", "기차가", "기차와", "기차로", "기차에서", "기차에서는", "기차부터는"]
        {
            assert_eq!(stem(form), "기차", "{form}");
        }
        for form in ["목록을", "목록은", "목록이", "목록과", "목록으로", "목록까지", "목록의"]
        {
            assert_eq!(stem(form), "목록", "{form}");
        }
        assert_eq!(stem("ktx를"), "ktx");
        assert_eq!(stem("서울로"), "서울", "after ㄹ it is 로, not 으로");
    }

    /// Trap: cutting every such ending leaves stumps, and makes strangers meet.
    #[test]
    fn a_particle_that_does_not_agree_or_leaves_too_little_stays() {
        assert_eq!(stem("도로"), "도로");
        assert_eq!(stem("나이"), "나이");
        assert_eq!(stem("휴가"), "휴가");
        assert_eq!(stem("목록를"), "목록를", "를 follows a vowel");
    }

    /// A noun that ends like a particle loses it in all its forms, so that they still meet.
    #[test]
    fn over_stemming_is_the_same_on_both_sides() {
        assert_eq!(stem("선생님이"), stem("선생님"));
        assert_eq!(stem("고양이는"), stem("고양이가"));
    }
}
