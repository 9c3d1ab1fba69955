//! What is built once per collection and kept: postings, vectors, token vectors, query vectors.
//!
//! In: a collection, an encoder. Out: structures that answer without I/O on the hot path (token vectors
//! are read by position from their file). Everything on disk sits in the cache folder under a fingerprint
//! of what it was made from, is written to a temporary name and renamed, or is append-only and checked.

pub mod cache;
pub mod dense;
pub mod embeddings;
pub mod lexical;
pub mod query_vectors;
mod token_block;

pub use cache::{CacheFolder, FactCache, TokenStore};
pub use dense::{AnnIndex, VectorMatrix};
pub use embeddings::{EmbeddingStore, TokenReader};
pub use lexical::LexicalIndex;
pub use query_vectors::{QueryVector, QueryVectors};
