//! Which token of a passage answers which token of a query, in words: what a late-interaction score is
//! made of.
//!
//! In: token vectors, and what each stands for. Out: a pair for every query token that takes part in the
//! match, the model's own markers and masks among them; the mean of their similarities is the score. It
//! computes no vectors.

use crate::models::TokenVectors;
use crate::models::late::alignments;

/// A token of one side of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedToken {
    /// The text at its span; of a token that the model adds, its name (`[MASK]`).
    pub words: String,
    /// Byte range in the text; `None`: the model adds it.
    pub span: Option<(u32, u32)>,
}

/// One query token and the passage token that answers it best.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenPair {
    pub query: PairedToken,
    pub passage: PairedToken,
    /// Their dot product, -1 to 1.
    pub similarity: f32,
}

impl PairedToken {
    /// The token at a byte range of its text.
    pub fn in_text(text: &str, span: (u32, u32)) -> Self {
        let words = text.get(span.0 as usize..span.1 as usize).unwrap_or_default();
        Self { words: words.trim().to_owned(), span: Some(span) }
    }

    /// One that the model adds.
    pub fn added(name: String) -> Self {
        Self { words: name, span: None }
    }
}

/// The pairs in the query's order; empty where either side has no token. `query` and `passage`: the
/// vectors, and the token of each row.
pub fn token_pairs(
    query: (&TokenVectors, &[PairedToken]),
    passage: (&TokenVectors, &[PairedToken]),
) -> Vec<TokenPair> {
    let pairs = alignments(query.0, passage.0).into_iter().filter_map(|pair| {
        Some(TokenPair {
            query: query.1.get(pair.query_token)?.clone(),
            passage: passage.1.get(pair.passage_token)?.clone(),
            similarity: pair.similarity,
        })
    });
    pairs.collect()
}

/// The score that the pairs make: the mean of their similarities. `None` without a pair.
pub fn mean_similarity(pairs: &[TokenPair]) -> Option<f32> {
    let sum: f32 = pairs.iter().map(|pair| pair.similarity).sum();
    (!pairs.is_empty()).then(|| sum / pairs.len() as f32)
}

/// Pairs for a reader: those of the text one by one in the query's order, then what the model adds, each kind
/// together where it meets the same token of the passage (a query may have two dozen masks).
pub fn told_together(pairs: &[TokenPair]) -> Vec<PairGroup<'_>> {
    let mut groups: Vec<PairGroup<'_>> = Vec::new();
    let (of_text, added): (Vec<_>, Vec<_>) = pairs.iter().partition(|pair| pair.query.span.is_some());
    for pair in of_text.into_iter().chain(added) {
        let same = |group: &&mut PairGroup<'_>| {
            let first = group.first;
            first.query.span.is_none() && first.query == pair.query && first.passage == pair.passage
        };
        match groups.iter_mut().find(same) {
            Some(group) => {
                group.count += 1;
                group.sum += pair.similarity;
            }
            None => groups.push(PairGroup { first: pair, count: 1, sum: pair.similarity }),
        }
    }
    groups
}

/// Pairs of the same tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairGroup<'a> {
    pub first: &'a TokenPair,
    pub count: usize,
    sum: f32,
}

impl PairGroup<'_> {
    /// Mean similarity.
    pub fn similarity(&self) -> f32 {
        self.sum / self.count as f32
    }

    /// The query's side: `refund`, and of several `14 × [MASK]`.
    pub fn query(&self) -> String {
        match self.count {
            1 => self.first.query.words.clone(),
            count => format!("{count} × {}", self.first.query.words),
        }
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    fn side(names: &[(&str, Option<(u32, u32)>)]) -> Vec<PairedToken> {
        names.iter().map(|&(words, span)| PairedToken { words: words.to_owned(), span }).collect()
    }

    fn vectors(rows: &[[f32; 2]]) -> TokenVectors {
        let values = rows.iter().flatten().map(|value| f16::from_f32(*value)).collect();
        TokenVectors { dim: 2, vectors: values, spans: vec![(0, 0); rows.len()] }
    }

    /// Traps: masks that hide the words, or that are left out of the mean; a word that occurs twice told once.
    #[test]
    fn masks_are_told_together_and_words_one_by_one() {
        let query = side(&[
            ("[CLS]", None),
            ("dog", Some((0, 3))),
            ("[MASK]", None),
            ("[MASK]", None),
            ("dog", Some((4, 7))),
            ("[MASK]", None),
        ]);
        let passage = side(&[("[D]", None), ("dog", Some((2, 5)))]);
        let rows = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.0], [0.25, 0.0], [1.0, 0.0], [0.0, 0.5]];
        let pairs = token_pairs((&vectors(&rows), &query), (&vectors(&[[0.0, 1.0], [1.0, 0.0]]), &passage));
        assert_eq!(pairs.len(), 6);
        assert_eq!(mean_similarity(&pairs), Some((1.0 + 1.0 + 0.5 + 0.25 + 1.0 + 0.5) / 6.0));
        let told: Vec<(String, &str, f32)> = told_together(&pairs)
            .iter()
            .map(|group| (group.query(), group.first.passage.words.as_str(), group.similarity()))
            .collect();
        let wanted = [
            ("dog", "dog", 1.0),
            ("dog", "dog", 1.0),
            ("[CLS]", "[D]", 1.0),
            ("2 × [MASK]", "dog", 0.375),
            ("[MASK]", "[D]", 0.5),
        ];
        assert_eq!(told, wanted.map(|(query, passage, of)| (query.to_owned(), passage, of)));
        assert_eq!(mean_similarity(&[]), None);
    }
}
