//! Token ids on their way into a graph: rows of like length together, padded to tensors.
//!
//! In: rows of ids. Out: batches, and the tensors `input_ids`, `attention_mask` and, where the graph wants
//! them, `token_type_ids`, each `[rows, longest]` in 64 or 32 bits. It cuts no text and runs no graph.

use ort::session::Session;
use ort::value::{DynValue, Tensor, TensorElementType, ValueType};

const IDS: &str = "input_ids";
const MASK: &str = "attention_mask";
const TYPES: &str = "token_type_ids";

/// What a text model's graph takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextInputs {
    wants_types: bool,
    /// Ids of 32 bits.
    narrow: bool,
    pad: u32,
}

/// One text, or one pair of texts.
pub(super) struct IdRow<'a> {
    pub ids: &'a [u32],
    /// As many as `ids`, or none where all are 0.
    pub types: &'a [u32],
    /// How many ids, from the first, the others look at; at least 1, for a text without any token.
    pub attended: usize,
}

impl TextInputs {
    /// Reads from the graph what it takes; else says what is missing or not known.
    pub fn of(session: &Session, pad: u32) -> Result<Self, String> {
        let (mut narrow, mut wants_types) = (false, false);
        let mut missing = vec![IDS, MASK];
        for input in session.inputs() {
            missing.retain(|name| *name != input.name());
            match input.name() {
                IDS => {
                    narrow = matches!(input.dtype(), ValueType::Tensor { ty: TensorElementType::Int32, .. });
                }
                MASK => {}
                TYPES => wants_types = true,
                other => return Err(format!("it has an input {other:?} that is not known")),
            }
        }
        match missing.first() {
            Some(name) => Err(format!("it has no input {name:?}")),
            None => Ok(Self { wants_types, narrow, pad }),
        }
    }

    /// Whether its ids have 32 bits.
    pub fn are_narrow(&self) -> bool {
        self.narrow
    }

    /// The inputs of one run, and the length that all rows are padded to, at least 1.
    ///
    /// # Errors
    /// When ONNX Runtime takes no tensor.
    pub fn tensors(&self, rows: &[IdRow<'_>]) -> ort::Result<(Vec<(&'static str, DynValue)>, usize)> {
        let length = rows.iter().map(|row| row.ids.len()).max().unwrap_or(0).max(1);
        let tensor = |pad: u32, fill: &dyn Fn(&IdRow<'_>, &mut [i64])| {
            let mut values = vec![i64::from(pad); rows.len() * length];
            for (row, to) in rows.iter().zip(values.chunks_mut(length)) {
                fill(row, to);
            }
            self.tensor([rows.len(), length], values)
        };
        let copy = |from: &[u32], to: &mut [i64]| {
            to.iter_mut().zip(from).for_each(|(to, value)| *to = i64::from(*value));
        };
        let mut inputs = vec![
            (IDS, tensor(self.pad, &|row, to| copy(row.ids, to))?),
            (MASK, tensor(0, &|row, to| to.iter_mut().take(row.attended.max(1)).for_each(|to| *to = 1))?),
        ];
        if self.wants_types {
            inputs.push((TYPES, tensor(0, &|row, to| copy(row.types, to))?));
        }
        Ok((inputs, length))
    }

    fn tensor(&self, shape: [usize; 2], values: Vec<i64>) -> ort::Result<DynValue> {
        if !self.narrow {
            return Ok(Tensor::from_array((shape, values))?.into_dyn());
        }
        let narrow = |value| i32::try_from(value).unwrap_or(i32::MAX);
        let values: Vec<i32> = values.into_iter().map(narrow).collect();
        Ok(Tensor::from_array((shape, values))?.into_dyn())
    }
}

/// Batches of rows, each by its number and its length, of up to `tokens` with their padding and up to `most`
/// rows: those of like length together, so that little is padding, and the longest first: if memory runs
/// out, then at once. A row that is longer is a batch of its own.
pub(super) fn batches(
    rows: impl Iterator<Item = (usize, usize)>,
    tokens: usize,
    most: usize,
) -> Vec<Vec<usize>> {
    let mut rows: Vec<(usize, usize)> = rows.collect();
    rows.sort_by_key(|&(row, length)| (std::cmp::Reverse(length), row));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut longest = 0;
    for (row, length) in rows {
        let fits = |batch: &&mut Vec<usize>| (batch.len() + 1) * longest <= tokens && batch.len() < most;
        match batches.last_mut().filter(fits) {
            Some(batch) => batch.push(row),
            None => {
                longest = length;
                batches.push(vec![row]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap: a batch measured by what is in it, not by its padding.
    #[test]
    fn batches_are_of_like_length_and_count_their_padding() {
        let of = |lengths: &[usize], tokens, most| batches(lengths.iter().copied().enumerate(), tokens, most);
        assert_eq!(of(&[1, 6, 2, 1, 2, 1], 4, usize::MAX), [vec![1], vec![2, 4], vec![0, 3, 5]]);
        assert_eq!(of(&[3, 1, 1], 6, usize::MAX), [vec![0, 1], vec![2]]);
        assert_eq!(of(&[2, 2, 2], 100, 2), [vec![0, 1], vec![2]]);
        assert!(of(&[], 4, 4).is_empty());
    }
}
