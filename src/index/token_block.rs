//! Token vectors as bytes: for each token a scale (f32) and its vector in 8 bits a value.
//!
//! In: [`TokenVectors`]. Out: rows of `4 + dim` bytes, and back. Where they lie is not its business.

use half::f16;
use half::slice::HalfFloatSliceExt as _;

use crate::models::TokenVectors;
use crate::models::late::Quantised;

/// Bytes of one token.
pub(super) fn row_bytes(dim: usize) -> usize {
    dim + 4
}

/// Appends a row for each token.
pub(super) fn write_rows(to: &mut Vec<u8>, tokens: &TokenVectors) {
    for row in tokens.vectors.chunks_exact(tokens.dim.max(1)) {
        let quantised = Quantised::of(row);
        to.extend_from_slice(&quantised.scale.to_le_bytes());
        to.extend(quantised.values.iter().map(|value| value.cast_unsigned()));
    }
}

/// `[n, dim]` from `n` whole rows. Rounded to f16 all at once, which takes the processor's own instruction;
/// one by one it would be most of the time that a passage's score takes.
pub(super) fn read_rows(rows: &[u8], dim: usize) -> Vec<f16> {
    let mut exact: Vec<f32> = Vec::with_capacity(rows.len() / row_bytes(dim) * dim);
    for row in rows.chunks_exact(row_bytes(dim)) {
        if let Some((scale, values)) = row.split_first_chunk::<4>() {
            let scale = f32::from_le_bytes(*scale);
            exact.extend(values.iter().map(|&byte| f32::from(byte.cast_signed()) * scale));
        }
    }
    let mut vectors = vec![f16::ZERO; exact.len()];
    vectors.convert_from_f32_slice(&exact);
    vectors
}
