//! Traditional characters in their Simplified form, one by one.
//!
//! A Simplified character may stand for several Traditional ones (发 for 發 and 髮), so the way to
//! Simplified loses a distinction and needs no context; the way back would.

use std::sync::LazyLock;

/// Pairs, see the head of the file for where they are from.
const TABLE: &str = include_str!("han.txt");

/// (Traditional, Simplified), ascending.
static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let mut chars = TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(str::chars);
    let mut pairs = Vec::with_capacity(TABLE.len() / 6);
    while let (Some(traditional), Some(simplified)) = (chars.next(), chars.next()) {
        pairs.push((traditional, simplified));
    }
    pairs
});

/// The Simplified form; the character itself where it has no other.
pub fn simplified(c: char) -> char {
    if c < '\u{3400}' {
        return c;
    }
    PAIRS.binary_search_by_key(&c, |&(traditional, _)| traditional).map_or(c, |at| PAIRS[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_in_order() {
        assert_eq!(PAIRS.len(), 4105);
        assert!(PAIRS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(PAIRS.iter().all(|&(traditional, simplified)| traditional != simplified));
    }

    #[test]
    fn traditional_becomes_simplified_and_the_rest_stays() {
        let both: String = "臺灣的車票退費，が A1".chars().map(simplified).collect();
        assert_eq!(both, "台湾的车票退费，が A1");
        assert_eq!((simplified('發'), simplified('髮')), ('发', '发'));
    }
}
