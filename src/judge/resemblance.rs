//! In: the texts of a query's golds and of unjudged passages that a list has on top. Out: those unjudged
//! passages that are nearly the text of a gold: probably relevant, and only not labelled. It is text
//! alone, in any script; it knows no ranks and changes no judgment.
//!
//! Texts are compared by the sets of their character 5-grams (shingles, Broder 1997): case, spaces,
//! punctuation and other marks do not count. Two sets resemble each other from a Jaccard of
//! [`RESEMBLES`] on; a short text inside a long one, which Jaccard cannot see, by containment.

use std::collections::HashMap;

/// Letters and digits in a shingle.
const SHINGLE: usize = 5;

/// Shared shingles over all shingles of both, from here on.
pub const RESEMBLES: f64 = 0.8;

/// Shared shingles over those of the shorter text, from here on: it is in the other one, word for word.
pub const CONTAINED: f64 = 0.9;

/// A text with fewer shingles is contained in too much to mean anything.
const CONTAINED_FROM: usize = 40;

/// The distinct shingles of a text, as hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shingles(Vec<u64>);

/// A passage that resembles another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resemblance {
    /// Places in the slices that [`resembling`] was given.
    pub candidate: usize,
    pub gold: usize,
    /// Jaccard of the two sets of shingles, or, where that is below `RESEMBLES`, the containment of
    /// the shorter in the longer text.
    pub similarity: f64,
    /// Whether it is the containment.
    pub contained: bool,
}

impl Shingles {
    /// Of texts with fewer letters than a shingle has, the whole is one.
    pub fn of(text: &str) -> Self {
        let letters: Vec<char> =
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let mut hashes: Vec<u64> = match letters.len() {
            0 => Vec::new(),
            length if length < SHINGLE => vec![hash(&letters)],
            _ => letters.windows(SHINGLE).map(hash).collect(),
        };
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ascending.
    pub fn hashes(&self) -> &[u64] {
        &self.0
    }

    /// Shared shingles over all shingles of both, 0 to 1; 0 where either has none.
    pub fn jaccard(&self, other: &Self) -> f64 {
        let (mut a, mut b, mut shared) = (0, 0, 0usize);
        while let (Some(of_a), Some(of_b)) = (self.0.get(a), other.0.get(b)) {
            shared += usize::from(of_a == of_b);
            a += usize::from(of_a <= of_b);
            b += usize::from(of_b <= of_a);
        }
        if shared == 0 { 0.0 } else { shared as f64 / (self.len() + other.len() - shared) as f64 }
    }
}

/// FNV-1a over the letters, with a last mix: two shingles of one collection share a hash by chance less
/// often than one time in a billion.
fn hash(letters: &[char]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for &letter in letters {
        hash = (hash ^ u64::from(u32::from(letter))).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^ (hash >> 29)
}

/// For each candidate that resembles a gold, the gold that it resembles most; in the order of the
/// candidates. Linear in the texts: the few candidates are indexed by shingle, and each gold is read
/// once past that index, however many golds there are.
pub fn resembling(candidates: &[Shingles], golds: &[Shingles]) -> Vec<Resemblance> {
    let mut holders: HashMap<u64, Vec<u32>> = HashMap::new();
    for (candidate, shingles) in (0u32..).zip(candidates) {
        for &hash in &shingles.0 {
            holders.entry(hash).or_default().push(candidate);
        }
    }
    let mut best: Vec<Option<Resemblance>> = vec![None; candidates.len()];
    let mut shared = vec![0usize; candidates.len()];
    for (gold, shingles) in golds.iter().enumerate() {
        shared.fill(0);
        for holders in shingles.0.iter().filter_map(|hash| holders.get(hash)) {
            for &candidate in holders {
                shared[candidate as usize] += 1;
            }
        }
        for (candidate, &shared) in shared.iter().enumerate() {
            let found = likeness(shared, candidates[candidate].len(), shingles.len());
            // The same text says more than a part of it.
            let weight = |contained: bool, similarity: f64| (!contained, similarity);
            if let Some((similarity, contained)) = found
                && best[candidate].is_none_or(|best| {
                    weight(contained, similarity) > weight(best.contained, best.similarity)
                })
            {
                best[candidate] = Some(Resemblance { candidate, gold, similarity, contained });
            }
        }
    }
    best.into_iter().flatten().collect()
}

/// The similarity and whether it is the containment; `None` below the thresholds.
fn likeness(shared: usize, a: usize, b: usize) -> Option<(f64, bool)> {
    let shorter = a.min(b);
    if shared == 0 {
        return None;
    }
    let jaccard = shared as f64 / (a + b - shared) as f64;
    let containment = shared as f64 / shorter as f64;
    if jaccard >= RESEMBLES {
        Some((jaccard, false))
    } else if containment >= CONTAINED && shorter >= CONTAINED_FROM {
        Some((containment, true))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    const GOLD: &str = "A cancelled ferry ticket is refunded within five working days to the card that paid. \
                        The booking fee is kept. Vouchers are given back as vouchers, and are good for a year.";

    fn against(gold: &str, candidate: &str) -> Option<(f64, bool)> {
        let found = resembling(&[Shingles::of(candidate)], &[Shingles::of(gold)]);
        found.first().map(|found| (found.similarity, found.contained))
    }

    #[test]
    fn a_copy_with_another_case_and_other_marks_is_the_same_text() {
        let copy = GOLD.to_uppercase().replace(' ', "-").replace('.', "!\n");
        assert_eq!(against(GOLD, &copy), Some((1.0, false)));
    }

    /// Trap: the same subject in other words is what a reranker is for, not a missing label.
    #[test]
    fn a_paraphrase_and_a_neighbour_are_not_flagged() {
        assert_eq!(against(GOLD, "If you cancel your crossing, we pay the fare back in a week."), None);
        assert_eq!(
            against(GOLD, "A cancelled hotel booking is not refunded at all, whatever card paid."),
            None
        );
    }

    #[test]
    fn one_word_changed_in_a_long_text_is_flagged_and_three_are_not() {
        let one = GOLD.replace("five", "six");
        let (similarity, contained) = against(GOLD, &one).unwrap();
        assert!((RESEMBLES..1.0).contains(&similarity) && !contained, "{similarity}");
        let three = one.replace("ferry", "train").replace("card", "account");
        assert_eq!(against(GOLD, &three), None);
    }

    #[test]
    fn scripts_without_spaces_are_compared_alike() {
        let gold = "小型犬はキャリーに入れて客室までお連れいただけます。料金は片道五百円で、当日窓口でお支払い\
                    ください。キャリーは座席の下に置き、航行中は扉を開けないようお願いいたします。";
        assert_eq!(against(gold, &gold.replace('。', "\n")), Some((1.0, false)));
        assert!(against(gold, &gold.replace("五百円", "無料")).is_some());
        assert_eq!(
            against(
                gold,
                "大型犬は車両甲板の専用室にお預けください。料金は往復千円で、予約時にお支払いください。"
            ),
            None
        );
    }

    /// Trap: Jaccard of a paragraph and the page that quotes it is small.
    #[test]
    fn a_short_text_within_a_long_one_is_found_either_way_round() {
        let page =
            format!("{} {GOLD} {}", "Opening hours and prices. ".repeat(20), "How to find us. ".repeat(20));
        let (similarity, contained) = against(GOLD, &page).unwrap();
        assert!(contained && similarity > 0.95, "{similarity}");
        assert!(against(&page, GOLD).unwrap().1);
        assert_eq!(against(&page, "prices"), None, "a word is in everything");
    }

    #[test]
    fn nothing_resembles_nothing() {
        assert_eq!(against("", ""), None);
        assert_eq!(against("…!?", GOLD), None);
        assert_eq!(against("ab", "AB."), Some((1.0, false)), "too short for a shingle: the whole is one");
        assert!(resembling(&[], &[Shingles::of(GOLD)]).is_empty());
    }

    #[test]
    fn of_several_golds_the_nearest_is_named() {
        let golds =
            [GOLD.replace("five", "six"), GOLD.to_owned(), format!("{GOLD} {}", "More of it. ".repeat(30))];
        let golds: Vec<Shingles> = golds.iter().map(|gold| Shingles::of(gold)).collect();
        let found = resembling(&[Shingles::of("else"), Shingles::of(GOLD)], &golds);
        assert_eq!(found, [Resemblance { candidate: 1, gold: 1, similarity: 1.0, contained: false }]);
    }

    proptest! {
        #[test]
        fn the_index_counts_what_two_plain_sets_share(a in "[abc ]{0,60}", b in "[abc ]{0,60}") {
            let plain = |text: &str| -> BTreeSet<String> {
                let letters: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
                match letters.len() {
                    0 => BTreeSet::new(),
                    1..SHINGLE => [letters.iter().collect()].into(),
                    _ => letters.windows(SHINGLE).map(|window| window.iter().collect()).collect(),
                }
            };
            let (one, other) = (plain(&a), plain(&b));
            let all = one.union(&other).count();
            let jaccard = if all == 0 { 0.0 } else { one.intersection(&other).count() as f64 / all as f64 };
            match against(&a, &b) {
                Some((similarity, false)) => prop_assert!((similarity - jaccard).abs() < 1e-12),
                Some((_, true)) => prop_assert!(jaccard < RESEMBLES),
                None => prop_assert!(jaccard < RESEMBLES),
            }
        }
    }
}
