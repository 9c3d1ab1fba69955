//! Dense vectors: a contiguous matrix for the exact scan, and an HNSW graph for the approximate one.

use std::path::Path;

use instant_distance::{Builder, Hnsw, Point, PointId, Search};
use serde::{Deserialize, Serialize};

use crate::domain::{Ann, DocIdx, Score};
use crate::error::{Error, Result};
pub use crate::models::late::dot;

/// `[passages, dim]` f32, rows L2-normalised, contiguous by passage.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorMatrix {
    dim: usize,
    values: Vec<f32>,
}

impl VectorMatrix {
    /// # Errors
    /// When `values` is not a whole number of rows of finite numbers.
    pub fn new(dim: usize, values: Vec<f32>) -> Result<Self> {
        if dim == 0 || !values.len().is_multiple_of(dim) {
            return Err(Error::bug(format!("{} values are no rows of {dim}", values.len())));
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::input(format!("the vector of passage {} is not finite", at / dim))
                .advise("the model gives no usable vector for that passage"));
        }
        Ok(Self { dim, values })
    }

    pub fn dim(&self) -> usize {
        self.dim
    }

    pub fn rows(&self) -> usize {
        self.values.len() / self.dim
    }

    /// The vector of one passage, `[dim]`.
    pub fn row(&self, doc: DocIdx) -> &[f32] {
        &self.values[doc.index() * self.dim..][..self.dim]
    }

    /// The cosine of `query` (`[dim]`, L2-normalised) with every passage, by [`DocIdx`].
    pub fn scan(&self, query: &[f32]) -> Vec<Score> {
        assert_eq!(query.len(), self.dim, "query and passages are of one model");
        self.values.chunks_exact(self.dim).map(|row| dot(query, row)).collect()
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Vector(Vec<f32>);

impl Point for Vector {
    fn distance(&self, other: &Self) -> f32 {
        1.0 - dot(&self.0, &other.0)
    }
}

/// The seed of the graph's layers: the same vectors give the same graph.
pub const ANN_SEED: u64 = 0x7261_6e6b;

/// A hierarchical navigable small world graph (instant-distance). `ef` is fixed when it is built, and a
/// search returns at most `ef` passages.
#[derive(Serialize, Deserialize)]
pub struct AnnIndex {
    ef: usize,
    graph: Hnsw<Vector>,
    /// By the graph's point number.
    docs: Vec<DocIdx>,
}

impl AnnIndex {
    /// Builds the graph; seconds for ten thousand vectors, minutes for a hundred thousand.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn build(matrix: &VectorMatrix, ann: Ann) -> Result<Self> {
        let points: Vec<Vector> =
            matrix.values.chunks_exact(matrix.dim).map(|row| Vector(row.to_vec())).collect();
        let rows = points.len();
        let builder = Builder::default().ef_search(ann.ef).ef_construction(ann.ef.max(100)).seed(ANN_SEED);
        // With several threads the graph would differ from build to build.
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .map_err(|e| Error::unavailable(format!("cannot start a thread for the HNSW build: {e}")))?;
        let (graph, ids) = pool.install(|| builder.build_hnsw(points));
        let mut docs = vec![DocIdx(0); rows];
        for (doc, id) in (0u32..).zip(&ids) {
            docs[point_number(*id)] = DocIdx(doc);
        }
        Ok(Self { ef: ann.ef, graph, docs })
    }

    /// Reads the graph kept in `file`, or builds it and keeps it there (as far as the file can be
    /// written: a graph that cannot be kept is no error).
    ///
    /// # Errors
    /// As [`AnnIndex::build`].
    pub fn open_or_build(file: &Path, matrix: &VectorMatrix, ann: Ann) -> Result<Self> {
        let kept = std::fs::read(file).ok().and_then(|bytes| postcard::from_bytes::<Self>(&bytes).ok());
        if let Some(index) = kept.filter(|index| index.ef == ann.ef && index.docs.len() == matrix.rows()) {
            return Ok(index);
        }
        let index = Self::build(matrix, ann)?;
        if let Ok(bytes) = postcard::to_stdvec(&index) {
            let _ = crate::durable::write_atomically(file, &bytes);
        }
        Ok(index)
    }

    /// Passages found near `query` (`[dim]`, L2-normalised), at most `ef`, in no promised order.
    pub fn search(&self, query: &[f32]) -> Vec<DocIdx> {
        let mut search = Search::default();
        let found = self.graph.search(&Vector(query.to_vec()), &mut search);
        found.map(|item| self.docs[point_number(item.pid)]).collect()
    }
}

fn point_number(id: PointId) -> usize {
    id.into_inner() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, dim: usize) -> VectorMatrix {
        let mut state = 1u64;
        let mut values = Vec::new();
        for _ in 0..rows {
            let mut row: Vec<f32> = (0..dim)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
                })
                .collect();
            let norm = dot(&row, &row).sqrt();
            row.iter_mut().for_each(|v| *v /= norm);
            values.extend(row);
        }
        VectorMatrix::new(dim, values).unwrap()
    }

    #[test]
    fn dot_equals_the_plain_sum_at_any_length() {
        for length in [0, 1, 15, 16, 17, 384, 391] {
            let a: Vec<f32> = (0..length).map(|i| i as f32 * 0.01).collect();
            let b: Vec<f32> = (0..length).map(|i| 1.0 - i as f32 * 0.003).collect();
            let plain: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-3, "{length}");
        }
    }

    #[test]
    fn not_a_number_is_stopped_here() {
        assert!(VectorMatrix::new(2, vec![0.0, f32::NAN]).unwrap_err().to_string().contains("passage 0"));
        assert!(VectorMatrix::new(2, vec![0.0]).is_err());
    }

    #[test]
    fn the_graph_is_the_same_at_every_build_and_survives_its_file() {
        let matrix = matrix(300, 16);
        let ann = Ann { ef: 20 };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hnsw");
        let built = AnnIndex::open_or_build(&file, &matrix, ann).unwrap();
        let read = AnnIndex::open_or_build(&file, &matrix, ann).unwrap();
        let again = AnnIndex::build(&matrix, ann).unwrap();
        for doc in (0..300).step_by(37) {
            let query = matrix.row(DocIdx(doc));
            let found = built.search(query);
            assert!(found.len() <= 20 && found.contains(&DocIdx(doc)));
            assert_eq!(found, read.search(query));
            assert_eq!(found, again.search(query));
        }
    }
}
