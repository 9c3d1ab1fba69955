//! The dense leg: cosine of the query's vector with the passages', by exact scan or by HNSW.

use super::{QueryInput, Retriever, ranked};
use crate::domain::{DocIdx, Hit, Rank, Score};
use crate::error::{Error, Result};
use crate::index::dense::dot;
use crate::index::{AnnIndex, VectorMatrix};

/// The dense leg; approximate where a graph is given.
pub struct DenseLeg<'a> {
    pub matrix: &'a VectorMatrix,
    pub ann: Option<&'a AnnIndex>,
    pub tie_order: &'a [u32],
}

impl Retriever for DenseLeg<'_> {
    fn retrieve(&self, query: QueryInput<'_>, depth: usize) -> Result<Vec<Hit>> {
        let vector = query.vector.ok_or_else(|| Error::bug("dense search without the query's vector"))?;
        if vector.iter().any(|v| !v.is_finite()) {
            return Err(Error::input(format!(
                "the model gives no usable vector for the query {:?}",
                query.text
            )));
        }
        let scored: Vec<(DocIdx, Score)> = match self.ann {
            Some(graph) => {
                graph.search(vector).into_iter().map(|doc| (doc, dot(vector, self.matrix.row(doc)))).collect()
            }
            None => (0u32..).map(DocIdx).zip(self.matrix.scan(vector)).collect(),
        };
        Ok(ranked(&scored, self.tie_order, depth))
    }
}

impl DenseLeg<'_> {
    /// The rank that the exact scan gives `doc` over the whole corpus, and its cosine.
    pub fn exact_rank(&self, vector: &[f32], doc: DocIdx) -> (Rank, Score) {
        let key = |doc: DocIdx, score: Score| crate::order::order_key(score, self.tie_order[doc.index()]);
        let scores = self.matrix.scan(vector);
        let own = scores[doc.index()];
        let own_key = key(doc, own);
        let above = (0u32..).map(DocIdx).zip(&scores).filter(|&(d, &s)| key(d, s) > own_key).count();
        (u32::try_from(above).unwrap_or(u32::MAX).saturating_add(1), own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_scan_ranks_by_cosine_and_ties_by_id() {
        let matrix = VectorMatrix::new(2, vec![1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.6, 0.8]).unwrap();
        let leg = DenseLeg { matrix: &matrix, ann: None, tie_order: &[3, 2, 1, 0] };
        let query = [1.0, 0.0];
        let hits = leg.retrieve(QueryInput { text: "", vector: Some(&query) }, 3).unwrap();
        assert_eq!(hits.iter().map(|h| h.doc.0).collect::<Vec<_>>(), [2, 0, 3]);
        assert_eq!(leg.exact_rank(&query, DocIdx(0)), (2, 1.0));
        assert_eq!(leg.exact_rank(&query, DocIdx(1)), (4, 0.0));
    }

    #[test]
    fn a_query_vector_that_is_not_finite_is_refused() {
        let matrix = VectorMatrix::new(2, vec![1.0, 0.0]).unwrap();
        let leg = DenseLeg { matrix: &matrix, ann: None, tie_order: &[0] };
        let error = leg.retrieve(QueryInput { text: "q", vector: Some(&[f32::NAN, 0.0]) }, 3).unwrap_err();
        assert!(error.to_string().contains("\"q\""));
    }
}
