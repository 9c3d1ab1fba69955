//! Text from files, made safe to show: what a terminal would obey or hide becomes something one sees.
//!
//! In: any text (passages, ids, queries, file names, messages). Out: text that holds no control
//! character, no bidirectional override, and nothing of zero width but what belongs to a visible sign.
//! The text is otherwise as it was: no normalisation, no cutting, no columns (the screen does those).
//! Each grapheme cluster is judged by itself, so the visible form of a text is that of its clusters in
//! a row, and a caller may go cluster by cluster to keep byte offsets.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Code points of one cluster that are passed on; a family emoji with skin tones has 11. The rest of a
/// pile of combining marks would be drawn over the lines above and below.
const LONGEST_CLUSTER: usize = 16;

/// `text` with everything that a terminal would obey or hide made visible: controls as their pictures
/// (␛), tabs and line ends as a space, other invisible signs as ⟨U+202E⟩. Borrowed where nothing had
/// to change.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) || text.graphemes(true).all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for cluster in text.graphemes(true) {
        if is_plain(cluster) { shown.push_str(cluster) } else { show_cluster(cluster, &mut shown) }
    }
    Cow::Owned(shown)
}

/// Whether a cluster may be shown as it is.
fn is_plain(cluster: &str) -> bool {
    if cluster.len() == 1 {
        return !cluster.as_bytes().iter().any(u8::is_ascii_control);
    }
    cluster.chars().count() <= LONGEST_CLUSTER
        && cluster.char_indices().all(|(at, c)| !is_hidden(c) || is_at_home(cluster, at, c))
        && cluster.width() > 0
}

fn show_cluster(cluster: &str, shown: &mut String) {
    if cluster == "\r\n" {
        return shown.push(' ');
    }
    let start = shown.len();
    for (nth, (at, c)) in cluster.char_indices().enumerate() {
        if nth == LONGEST_CLUSTER {
            let _ = write!(shown, "⟨+{} marks⟩", cluster.chars().count() - nth);
            return;
        }
        if !is_hidden(c) || is_at_home(cluster, at, c) { shown.push(c) } else { show_char(c, shown) }
    }
    if shown[start..].graphemes(true).any(|part| part.width() == 0) {
        shown.insert(start, '◌'); // a mark without a base: the dotted circle carries it
        if shown[start..].graphemes(true).any(|part| part.width() == 0) {
            shown.truncate(start);
            cluster.chars().for_each(|c| show_code(c, shown));
        }
    }
}

fn show_char(c: char, shown: &mut String) {
    match c {
        '\t' | '\n' | '\r' => shown.push(' '),
        '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('?')),
        '\u{7f}' => shown.push('␡'),
        _ => show_code(c, shown),
    }
}

fn show_code(c: char, shown: &mut String) {
    let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
}

/// Whether a terminal would obey this sign or draw nothing for it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' // soft hyphen
            | '\u{61c}' | '\u{200e}' | '\u{200f}' // direction marks
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' // Khmer inherent vowels, Mongolian selectors
            | '\u{200b}'..='\u{200d}' // zero-width space, non-joiner, joiner
            | '\u{2028}' | '\u{2029}' // line and paragraph separator
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' // variation selectors
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}') // tags, further variation selectors
}

/// Whether a hidden sign does at this place what it is for, as part of the sign before it.
fn is_at_home(cluster: &str, at: usize, c: char) -> bool {
    let Some(before) = cluster[..at].chars().next_back() else { return false };
    match c {
        // Emoji sequences and conjuncts go on after it; Indic and Arabic text also ends in it.
        '\u{200c}' | '\u{200d}' => {
            let goes_on = at + c.len_utf8() < cluster.len();
            let joins = goes_on && (!is_hidden(before) || before == '\u{fe0f}');
            let shapes = matches!(before, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}');
            (joins && !before.is_ascii()) || shapes
        }
        '\u{fe00}'..='\u{fe0f}' => !is_hidden(before),
        '\u{180b}'..='\u{180f}' => matches!(before, '\u{1800}'..='\u{18af}') && !is_hidden(before),
        // Ideographic variation sequences.
        '\u{e0100}'..='\u{e01ef}' => {
            matches!(before, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        }
        // Flags of regions: a black flag, then letters as tags.
        '\u{e0020}'..='\u{e007f}' => cluster.starts_with('\u{1f3f4}'),
        // Jamo filler in an old syllable block.
        '\u{1160}' => matches!(before, '\u{1100}'..='\u{115e}'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_text_of_any_script_is_left_alone() {
        for text in [
            "Cancel a booking",
            "予約の取り消し、前日まで。",
            "환불 규정",
            "ยกเลิกการจอง",
            "شركة الطيران",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}👩\u{200d}👧\u{200d}👦 ❤\u{fe0f}\u{200d}🔥 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "葛\u{e0100}城市",
            "e\u{301}",
            "",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text:?} became {:?}", visible(text));
        }
    }

    #[test]
    fn what_a_terminal_would_obey_or_hide_is_shown() {
        for (text, shown) in [
            ("a\u{1b}[31mb", "a␛[31mb"),
            ("\0\u{7f}", "␀␡"),
            ("\u{9b}2J", "⟨U+009B⟩2J"),
            ("tab\there\nand\r\nthere", "tab here and there"),
            ("\u{202e}gpj.exe", "⟨U+202E⟩gpj.exe"),
            ("a\u{2066}b\u{2069}", "a⟨U+2066⟩b⟨U+2069⟩"),
            ("zero\u{200b}width", "zero⟨U+200B⟩width"),
            ("\u{feff}mark", "⟨U+FEFF⟩mark"),
            ("pass\u{200d}word", "pass⟨U+200D⟩word"),
            ("a\u{e0041}", "a⟨U+E0041⟩"),
            ("a\u{fe0f}\u{fe0f}", "a\u{fe0f}⟨U+FE0F⟩"),
            ("line\u{2028}end", "line⟨U+2028⟩end"),
            ("\u{301}x", "◌\u{301}x"),
            ("\u{d7b0}", "⟨U+D7B0⟩"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
        }
    }

    /// Trap: a thousand combining marks on one letter are one cluster of width 1.
    #[test]
    fn a_pile_of_marks_is_cut() {
        let pile = format!("a{}", "\u{301}".repeat(1000));
        let shown = visible(&pile);
        assert!(shown.ends_with("⟨+985 marks⟩"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_text_gets_past(text in any::<String>()) {
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(char::is_control));
            let overrides = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!shown.chars().any(overrides));
            for cluster in shown.graphemes(true) {
                prop_assert!(cluster.width() > 0, "{cluster:?} of {text:?} shows nothing");
            }
            let by_cluster: String = text.graphemes(true).map(visible).collect();
            prop_assert_eq!(by_cluster, shown);
        }
    }
}
