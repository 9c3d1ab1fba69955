//! Late interaction over token vectors (ColBERT's MaxSim; Khattab and Zaharia 2020, equation 3, averaged
//! over the query's tokens so that long and short queries share a scale). Pure.
//!
//! In: the token vectors of a query and of a passage. Out: one score, or which token matched which. It
//! does not know where vectors come from and ranks nothing.

use half::f16;
use half::slice::HalfFloatSliceExt as _;

use super::TokenVectors;

/// Independent sums in a dot product: enough for the compiler to keep vector units busy without
/// reordering a floating-point sum.
const LANES: usize = 16;

/// How well a passage answers a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxSim {
    /// Mean over the query's tokens of the best dot product with any passage token, -1 to 1.
    pub score: f32,
}

/// One query token and the passage token that is most like it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    pub query_token: usize,
    pub passage_token: usize,
    /// Their dot product.
    pub similarity: f32,
}

/// Scores a passage; `None` where the query or the passage has no token, for there is nothing to score.
pub fn max_sim(query: &TokenVectors, passage: &TokenVectors) -> Option<MaxSim> {
    max_sim_slices(&to_f32(query), &to_f32(passage), query.dim)
}

/// [`max_sim`] over rows of `dim` that are f32 already (`[n_query, dim]`, `[n_passage, dim]`): the query
/// is converted once for a whole candidate list.
pub fn max_sim_slices(query: &[f32], passage: &[f32], dim: usize) -> Option<MaxSim> {
    let best = best_matches(query, passage, dim);
    if best.is_empty() {
        return None;
    }
    let sum: f32 = best.iter().map(|(_, similarity)| similarity).sum();
    Some(MaxSim { score: sum / best.len() as f32 })
}

/// The best passage token of every query token, in the query's order; the earlier one on a tie. Empty
/// where either side has no token.
pub fn alignments(query: &TokenVectors, passage: &TokenVectors) -> Vec<Alignment> {
    best_matches(&to_f32(query), &to_f32(passage), query.dim)
        .into_iter()
        .enumerate()
        .map(|(query_token, (passage_token, similarity))| Alignment {
            query_token,
            passage_token,
            similarity,
        })
        .collect()
}

/// A token vector in 8 bits a value: `value * scale` is the vector.
///
/// No value moves by more than a 254th of the row's greatest; on the bundled model's token vectors a
/// passage's score moves by less than .002 (a test), at half the bytes of f16.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantised {
    pub scale: f32,
    /// `[dim]`, -127 to 127.
    pub values: Vec<i8>,
}

impl Quantised {
    /// Rounds a row to the nearest of 255 steps, symmetric about 0.
    pub fn of(row: &[f16]) -> Self {
        let greatest = row.iter().fold(0.0_f32, |greatest, value| greatest.max(value.to_f32().abs()));
        let scale = greatest / 127.0;
        let step = |value: &f16| match scale > 0.0 {
            // Within -127 to 127 by the choice of the scale.
            true => (value.to_f32() / scale).round() as i8,
            false => 0,
        };
        Self { scale, values: row.iter().map(step).collect() }
    }

    /// The row back, as f16.
    pub fn row(scale: f32, values: impl Iterator<Item = i8>) -> impl Iterator<Item = f16> {
        values.map(move |value| f16::from_f32(f32::from(value) * scale))
    }
}

/// What is left of token vectors that were kept in 8 bits: the same whether they come from the store or
/// from the model.
pub fn through_8_bits(tokens: &mut TokenVectors) {
    if tokens.dim == 0 {
        return;
    }
    for row in tokens.vectors.chunks_exact_mut(tokens.dim) {
        let quantised = Quantised::of(row);
        let kept = Quantised::row(quantised.scale, quantised.values.into_iter());
        row.iter_mut().zip(kept).for_each(|(to, value)| *to = value);
    }
}

/// `[n, dim] f32`, the rows of the vectors.
pub fn to_f32(tokens: &TokenVectors) -> Vec<f32> {
    let mut rows = vec![0.0; tokens.vectors.len()];
    tokens.vectors.convert_to_f32_slice(&mut rows);
    rows
}

/// For each query row the index and dot product of the best passage row.
fn best_matches(query: &[f32], passage: &[f32], dim: usize) -> Vec<(usize, f32)> {
    if dim == 0 || passage.len() < dim {
        return Vec::new();
    }
    let best = |row: &[f32]| {
        let mut best = (0, f32::NEG_INFINITY);
        for (index, other) in passage.chunks_exact(dim).enumerate() {
            let similarity = dot(row, other);
            if similarity > best.1 {
                best = (index, similarity);
            }
        }
        best
    };
    query.chunks_exact(dim).map(best).collect()
}

/// Dot product in sixteen independent sums, added up in a fixed order: the same on every machine that
/// does not fuse multiply and add behind our back (Rust never does). One running sum would be four times
/// slower. Both have the same length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(dim: usize, rows: &[f32]) -> TokenVectors {
        let n = rows.len() / dim;
        TokenVectors {
            dim,
            vectors: rows.iter().map(|x| f16::from_f32(*x)).collect(),
            spans: vec![(0, 0); n],
        }
    }

    #[test]
    fn each_query_token_counts_once_with_its_best_match() {
        let query = tokens(2, &[1.0, 0.0, 0.0, 1.0]);
        let passage = tokens(2, &[0.5, 0.25, 1.0, 0.0, -1.0, 0.0]);
        assert_eq!(max_sim(&query, &passage), Some(MaxSim { score: (1.0 + 0.25) / 2.0 }));
        let pairs: Vec<_> =
            alignments(&query, &passage).iter().map(|pair| (pair.query_token, pair.passage_token)).collect();
        assert_eq!(pairs, [(0, 1), (1, 0)]);
    }

    #[test]
    fn eight_bits_keep_the_greatest_value_and_zero_exactly() {
        let row = [0.5, -1.0, 0.0, 0.003].map(f16::from_f32);
        let quantised = Quantised::of(&row);
        assert_eq!(quantised.values, [64, -127, 0, 0]);
        let back: Vec<f32> =
            Quantised::row(quantised.scale, quantised.values.iter().copied()).map(f16::to_f32).collect();
        assert_eq!((back[1], back[2]), (-1.0, 0.0));
        for (value, back) in row.iter().zip(&back) {
            assert!((value.to_f32() - back).abs() <= 1.0 / 254.0 + 1e-3, "{value} {back}");
        }
        assert_eq!(Quantised::of(&[f16::ZERO; 3]).values, [0, 0, 0]);
        // Twice through is once through: what is kept is kept.
        let mut once = tokens(2, &[0.3, -0.7, 0.9, 0.1]);
        through_8_bits(&mut once);
        let mut twice = once.clone();
        through_8_bits(&mut twice);
        assert_eq!(once, twice);
    }

    /// The loss on real token vectors, query by passage.
    #[test]
    fn eight_bits_move_a_score_by_less_than_two_thousandths() {
        use crate::models::test_support::{SENTENCES, encoder};
        use crate::models::{Priority, Role};

        let encode = |role| encoder().encode(Priority::Batch, role, &SENTENCES, true).unwrap();
        let passages: Vec<TokenVectors> =
            encode(Role::Passage).into_iter().filter_map(|e| e.tokens).collect();
        for query in encode(Role::Query).into_iter().filter_map(|e| e.tokens) {
            for passage in &passages {
                let mut kept = passage.clone();
                through_8_bits(&mut kept);
                let (before, after) = (max_sim(&query, passage).unwrap(), max_sim(&query, &kept).unwrap());
                assert!((before.score - after.score).abs() < 2e-3, "{before:?} {after:?}");
            }
        }
    }

    /// Trap: a maximum that starts at 0 would call an opposite passage neutral.
    #[test]
    fn a_negative_best_match_stays_negative() {
        let score = max_sim(&tokens(2, &[1.0, 0.0]), &tokens(2, &[-1.0, 0.0]));
        assert_eq!(score, Some(MaxSim { score: -1.0 }));
    }

    #[test]
    fn nothing_to_compare_is_no_score() {
        let (none, one) = (tokens(2, &[]), tokens(2, &[1.0, 0.0]));
        assert_eq!(max_sim(&none, &one), None);
        assert_eq!(max_sim(&one, &none), None);
        assert!(alignments(&none, &one).is_empty() && alignments(&one, &none).is_empty());
        assert_eq!(max_sim(&TokenVectors::default(), &TokenVectors::default()), None);
    }

    proptest! {
        #[test]
        fn it_is_the_plain_formula(
            dim in 1_usize..40,
            query in proptest::collection::vec(-1.0_f32..1.0, 0..120),
            passage in proptest::collection::vec(-1.0_f32..1.0, 0..160),
        ) {
            let query = &query[..query.len() / dim * dim];
            let passage = &passage[..passage.len() / dim * dim];
            let got = max_sim_slices(query, passage, dim);
            let plain: Vec<f64> = query.chunks(dim).map(|q| {
                passage.chunks(dim)
                    .map(|p| q.iter().zip(p).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>())
                    .fold(f64::NEG_INFINITY, f64::max)
            }).collect();
            if query.is_empty() || passage.is_empty() {
                prop_assert_eq!(got, None);
            } else {
                let plain = plain.iter().sum::<f64>() / plain.len() as f64;
                prop_assert!((f64::from(got.unwrap().score) - plain).abs() < 1e-4);
            }
        }

        #[test]
        fn the_score_is_the_mean_of_the_alignments(
            query in proptest::collection::vec(-1.0_f32..1.0, 8..80),
            passage in proptest::collection::vec(-1.0_f32..1.0, 8..80),
        ) {
            let (query, passage) = (
                tokens(8, &query[..query.len() / 8 * 8]),
                tokens(8, &passage[..passage.len() / 8 * 8]),
            );
            let pairs = alignments(&query, &passage);
            prop_assert_eq!(pairs.len(), query.len());
            let mean = pairs.iter().map(|pair| pair.similarity).sum::<f32>() / pairs.len() as f32;
            prop_assert_eq!(max_sim(&query, &passage).unwrap().score, mean);
        }
    }
}
