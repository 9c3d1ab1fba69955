//! In: the texts of all passages. Out: which are the same as an earlier one, and which are nearly so.
//!
//! The same: equal when case, spaces, punctuation and other marks do not count. Nearly: Jaccard of the
//! character 5-grams from [`RESEMBLES`] on (`judge::Shingles`). All pairs would be too many, so a pair is
//! compared only where a few smallest hashes agree (min-hashing in bands; Broder 1997, Indyk and Motwani
//! 1998): with [`BANDS`] bands of [`ROWS`] a pair at .8 is missed 3 times in 1,000, one at .9 hardly ever.
//! Each passage is compared with the first of its like, so groups do not chain.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::domain::DocIdx;
use crate::judge::{RESEMBLES, Shingles};

const BANDS: usize = 8;
const ROWS: usize = 3;

/// A bucket's passages are compared with so many first ones; a template that a whole corpus shares would
/// otherwise make every pair a candidate.
const LEADERS: usize = 20;

/// An earlier passage that this one repeats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeats {
    pub of: DocIdx,
    /// 1: the same text.
    pub similarity: f64,
}

/// By passage: the first one that it repeats; `None`: it is the first of its like. Passages without any
/// letter or digit repeat nothing.
pub fn repeats(texts: &[String]) -> Vec<Option<Repeats>> {
    let mut found: Vec<Option<Repeats>> = vec![None; texts.len()];
    let mut first_with: HashMap<u64, usize> = HashMap::new();
    let mut buckets: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
    for (at, text) in texts.iter().enumerate() {
        let shingles = Shingles::of(text);
        if shingles.is_empty() {
            continue;
        }
        let letters = letters_hash(text);
        if let Some(&first) = first_with.get(&letters) {
            found[at] = Some(Repeats { of: doc(first), similarity: 1.0 });
            continue;
        }
        first_with.insert(letters, at);
        for (band, hash) in bands(&shingles).into_iter().enumerate() {
            buckets.entry((band, hash)).or_default().push(at);
        }
    }
    let mut shared: Vec<Vec<usize>> = buckets.into_values().filter(|bucket| bucket.len() > 1).collect();
    // The order of a hash map is not the same twice; which pair is met first must be.
    shared.sort_unstable();
    shared.dedup();
    for bucket in shared {
        compare(&bucket, texts, &mut found);
    }
    found
}

/// Compares the passages of a bucket, ascending, with the first of their like before them.
fn compare(bucket: &[usize], texts: &[String], found: &mut [Option<Repeats>]) {
    let mut leaders: Vec<(usize, Shingles)> = Vec::new();
    for &at in bucket {
        if found[at].is_some() {
            continue;
        }
        let shingles = Shingles::of(&texts[at]);
        let near = leaders.iter().find_map(|(leader, of_leader)| {
            let similarity = shingles.jaccard(of_leader);
            (similarity >= RESEMBLES).then_some(Repeats { of: doc(*leader), similarity })
        });
        match near {
            Some(near) => found[at] = Some(near),
            None if leaders.len() < LEADERS => leaders.push((at, shingles)),
            None => {}
        }
    }
}

fn doc(at: usize) -> DocIdx {
    // A collection numbers its passages by u32.
    DocIdx(u32::try_from(at).unwrap_or(u32::MAX))
}

/// A hash over all letters and digits in their order, as shingles see them.
fn letters_hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for c in text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase) {
        c.hash(&mut hasher);
    }
    hasher.finish()
}

/// A hash for each band: equal where the band's smallest hashes are.
fn bands(shingles: &Shingles) -> [u64; BANDS] {
    let mut least = [u64::MAX; BANDS * ROWS];
    for &shingle in shingles.hashes() {
        for (nth, least) in (1u64..).zip(&mut least) {
            *least = (*least).min(mix(shingle ^ nth.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        }
    }
    std::array::from_fn(|band| {
        least[band * ROWS..(band + 1) * ROWS].iter().fold(0, |hash, &row| mix(hash ^ row))
    })
}

/// `SplitMix64`'s finish: every bit of the input moves half of the output's.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::SplitMix64;

    /// Words drawn from a small vocabulary, so that texts share shingles without being alike.
    fn made_up(random: &mut SplitMix64, words: usize) -> Vec<String> {
        (0..words).map(|_| format!("word{}", random.below(400))).collect()
    }

    fn found(texts: &[&str]) -> Vec<Option<Repeats>> {
        repeats(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_same_words_in_another_dress_are_the_same_text() {
        let found = found(&["A ferry, refunded.", "other words entirely", "a FERRY refunded", "…", "!"]);
        let first = Some(Repeats { of: DocIdx(0), similarity: 1.0 });
        assert_eq!(found, [None, None, first, None, None]);
    }

    /// Against the plain comparison of all pairs: nothing that is alike is missed, nothing else is found.
    #[test]
    fn near_duplicates_are_those_of_all_pairs() {
        let mut random = SplitMix64::new(7);
        let mut texts: Vec<String> = Vec::new();
        for round in 0..60 {
            let words = made_up(&mut random, 120);
            texts.push(words.join(" "));
            let mut edited = words.clone();
            // One to twelve words replaced: from nearly the same to no longer alike.
            for _ in 0..1 + round % 12 {
                let place = random.below(edited.len());
                edited[place] = format!("edit{}", random.below(10_000));
            }
            texts.push(edited.join(" "));
        }
        let shingles: Vec<Shingles> = texts.iter().map(|text| Shingles::of(text)).collect();
        let (mut alike, mut missed) = (0, 0);
        for (at, found) in repeats(&texts).into_iter().enumerate() {
            let plain = (0..at).find(|&other| shingles[at].jaccard(&shingles[other]) >= RESEMBLES);
            alike += usize::from(plain.is_some());
            match found {
                Some(found) => assert_eq!(Some(found.of.index()), plain, "passage {at}"),
                None => missed += usize::from(plain.is_some()),
            }
        }
        assert!(alike > 20 && alike < 60, "the made-up texts must be of both kinds: {alike}");
        assert!(missed <= 1, "{missed} of {alike} missed");
    }

    #[test]
    fn groups_do_not_chain() {
        let words: Vec<String> = (0..100).map(|i| format!("word{i}")).collect();
        let text = |replaced: usize| {
            let mut words = words.clone();
            words.iter_mut().take(replaced).for_each(|word| word.insert_str(0, "zz"));
            words.join(" ")
        };
        // The third is near the second and not near the first.
        let texts = [text(0), text(10), text(20)];
        let shingles: Vec<Shingles> = texts.iter().map(|text| Shingles::of(text)).collect();
        assert!(
            shingles[2].jaccard(&shingles[1]) >= RESEMBLES && shingles[2].jaccard(&shingles[0]) < RESEMBLES
        );
        assert_eq!(repeats(&texts)[2], None);
    }
}
