//! Text in NFKC, with the way back to the bytes it was made from.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_segmentation::UnicodeSegmentation as _;

/// Text in NFKC. Each grapheme cluster is brought to NFKC by itself, so every offset leads back to one.
pub struct Normalised<'a> {
    pub text: Cow<'a, str>,
    /// (offset in `text`, offset in the original) at each cluster's start, ascending, and the ends as
    /// last entry. Empty where the text was in NFKC already: offsets are the same.
    clusters: Vec<(usize, usize)>,
}

impl<'a> Normalised<'a> {
    pub fn of(original: &'a str) -> Self {
        let nfkc = ComposingNormalizerBorrowed::new_nfkc();
        if nfkc.is_normalized(original) && !original.contains(NIKHAHIT) {
            return Self { text: Cow::Borrowed(original), clusters: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut clusters = Vec::new();
        let mut rest = original.grapheme_indices(true).peekable();
        while let Some((offset, cluster)) = rest.next() {
            let mut end = offset + cluster.len();
            // AM typed in two is two clusters.
            if cluster.contains(NIKHAHIT)
                && let Some((at, vowel)) = rest.next_if(|(_, next)| next.starts_with(AA))
            {
                end = at + vowel.len();
            }
            clusters.push((text.len(), offset));
            compose_am(&nfkc.normalize(&original[offset..end]), &mut text);
        }
        clusters.push((text.len(), original.len()));
        Self { text: Cow::Owned(text), clusters }
    }

    /// Start of the original cluster that holds byte `at`.
    pub fn origin_of_start(&self, at: usize) -> usize {
        match self.clusters.partition_point(|&(offset, _)| offset <= at) {
            0 => at,
            after => self.clusters[after - 1].1,
        }
    }

    /// End of the original cluster whose last byte is before `at`.
    pub fn origin_of_end(&self, at: usize) -> usize {
        let first = self.clusters.partition_point(|&(offset, _)| offset < at);
        self.clusters.get(first).map_or(at, |&(_, origin)| origin)
    }
}

const NIKHAHIT: [char; 2] = ['\u{e4d}', '\u{ecd}'];
const AA: [char; 2] = ['\u{e32}', '\u{eb2}'];

/// NFKC takes Thai and Lao AM apart (ำ into ◌ํ and า), and the dictionaries that find the words have it
/// whole: น้ำ, water, would fall to pieces. Puts it together again, also where it was typed in two, with
/// the tone mark before or in between.
fn compose_am(cluster: &str, out: &mut String) {
    if !cluster.contains(NIKHAHIT) {
        return out.push_str(cluster);
    }
    let mut pending: Option<(char, Vec<char>)> = None;
    for c in cluster.chars() {
        pending = match (pending, c) {
            (None, '\u{e4d}' | '\u{ecd}') => Some((c, Vec::new())),
            (Some((_, tones)), '\u{e32}') => {
                out.extend(tones);
                out.push('\u{e33}');
                None
            }
            (Some((_, tones)), '\u{eb2}') => {
                out.extend(tones);
                out.push('\u{eb3}');
                None
            }
            (Some((mark, mut tones)), '\u{e48}'..='\u{e4b}' | '\u{ec8}'..='\u{ecb}') => {
                tones.push(c);
                Some((mark, tones))
            }
            (Some((mark, tones)), c) => {
                out.push(mark);
                out.extend(tones);
                out.push(c);
                None
            }
            (None, c) => {
                out.push(c);
                None
            }
        };
    }
    if let Some((mark, tones)) = pending {
        out.push(mark);
        out.extend(tones);
    }
}
