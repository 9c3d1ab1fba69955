//! The first stage's legs: one query in, one ranked list out, to a depth.
//!
//! A list is ordered by [`crate::order`], holds no passage twice and no score that is not finite. Legs
//! know nothing of each other; `fuse` brings them together.

pub mod bm25;
pub mod dense;

pub use bm25::Bm25Leg;
pub use dense::DenseLeg;

use crate::domain::{DocIdx, Hit, Score};
use crate::error::Result;
use crate::order::{order_key, top};

/// What a leg may need of a query.
#[derive(Debug, Clone, Copy)]
pub struct QueryInput<'a> {
    pub text: &'a str,
    /// `[dim]`, L2-normalised; `None` until the model has seen the query.
    pub vector: Option<&'a [f32]>,
}

/// One leg of the first stage.
pub trait Retriever {
    /// The best `depth` passages, best first.
    ///
    /// # Errors
    /// When the index cannot be read, or the leg lacks what it needs of the query.
    fn retrieve(&self, query: QueryInput<'_>, depth: usize) -> Result<Vec<Hit>>;
}

/// The best `depth` of (passage, score) pairs, in list order. `tie_order` is the collection's.
fn ranked(scored: &[(DocIdx, Score)], tie_order: &[u32], depth: usize) -> Vec<Hit> {
    let keys: Vec<u64> =
        scored.iter().map(|&(doc, score)| order_key(score, tie_order[doc.index()])).collect();
    top(&keys, depth).into_iter().map(|i| Hit { doc: scored[i].0, score: scored[i].1 }).collect()
}
