//! The linear layer that ColBERT models put behind the transformer, where the graph leaves it out.
//!
//! In: a safetensors file, then a token's hidden vector. Out: the shorter vector, not normalised.

use std::fs;
use std::path::Path;

use half::f16;
use safetensors::{Dtype, SafeTensors};

use super::locate;
use crate::error::{Error, Result};

/// A linear map without a bias, `[to, from]`.
pub(super) struct Projection {
    pub from: usize,
    pub to: usize,
    weights: Vec<f32>,
}

impl Projection {
    /// Reads `linear.weight` from a safetensors file, in f32 or f16.
    pub fn read(path: &Path) -> Result<Self> {
        let unfit = |what: String| {
            Error::unavailable(format!("no projection can be read from this file: {what}")).in_file(path)
        };
        let bytes = fs::read(path).map_err(|e| locate::unavailable(Error::io("cannot read", path, &e)))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| unfit(e.to_string()))?;
        let tensor = file.tensor("linear.weight").map_err(|e| unfit(e.to_string()))?;
        let [to, from] = *tensor.shape() else {
            return Err(unfit(format!("linear.weight has the shape {:?}", tensor.shape())));
        };
        let weights: Vec<f32> = match tensor.dtype() {
            Dtype::F32 => {
                let four = tensor.data().as_chunks::<4>().0;
                four.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
            }
            Dtype::F16 => {
                let two = tensor.data().as_chunks::<2>().0;
                two.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect()
            }
            other => return Err(unfit(format!("its numbers are {other:?}"))),
        };
        if weights.len() != to * from || to == 0 || from == 0 {
            return Err(unfit(format!("linear.weight has {} numbers", weights.len())));
        }
        Ok(Self { from, to, weights })
    }

    pub fn apply(&self, hidden: &[f32]) -> Vec<f32> {
        self.weights.chunks_exact(self.from).map(|row| super::late::dot(row, hidden)).collect()
    }
}
