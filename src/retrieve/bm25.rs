//! BM25 over the postings, with k1 and b as parameters and every term's part kept.
//!
//! score = Σ over query terms: qtf · idf · tf (k1 + 1) / (tf + k1 (1 − b + b · length / average)), with
//! idf = ln(1 + (N − df + ½) / (df + ½)) (Robertson and Zaragoza 2009, in Lucene's and tantivy's form;
//! tantivy keeps the factor k1 + 1, Lucene dropped it in version 8). Repeated query terms count.

use std::collections::BTreeMap;

use super::{QueryInput, Retriever, ranked};
use crate::domain::{Bm25, DocIdx, Hit, Score};
use crate::error::Result;
use crate::index::LexicalIndex;
use crate::text;

/// The BM25 leg.
pub struct Bm25Leg<'a> {
    pub index: &'a LexicalIndex,
    pub tie_order: &'a [u32],
    pub parameters: Bm25,
}

/// One query term against one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct TermScore {
    pub term: String,
    pub query_tf: u32,
    /// 0: the passage does not have it.
    pub tf: u32,
    pub df: u32,
    pub idf: f32,
    pub score: Score,
}

/// A BM25 score, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bm25Parts {
    /// In the order of the query.
    pub terms: Vec<TermScore>,
    /// Length of the passage over the average; 0 where no term is in it.
    pub length_ratio: f32,
}

impl Retriever for Bm25Leg<'_> {
    fn retrieve(&self, query: QueryInput<'_>, depth: usize) -> Result<Vec<Hit>> {
        let mut scores = vec![0.0f32; self.tie_order.len()];
        let mut seen = vec![false; self.tie_order.len()];
        let mut matched: Vec<DocIdx> = Vec::new();
        for (term, query_tf) in query_terms(query.text) {
            let idf = self.idf(self.index.document_frequency(&term)?);
            let weight = query_tf as f32 * idf;
            self.index.for_each_posting(&term, |posting| {
                let at = posting.doc.index();
                if !seen[at] {
                    seen[at] = true;
                    matched.push(posting.doc);
                }
                scores[at] += weight * self.saturation(posting.tf, posting.length);
            })?;
        }
        let scored: Vec<(DocIdx, Score)> =
            matched.into_iter().map(|doc| (doc, scores[doc.index()])).collect();
        Ok(ranked(&scored, self.tie_order, depth))
    }
}

impl Bm25Leg<'_> {
    /// Why `doc` has the score it has for `query`.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn explain(&self, query: &str, doc: DocIdx) -> Result<Bm25Parts> {
        let mut parts = Bm25Parts { terms: Vec::new(), length_ratio: 0.0 };
        for (term, query_tf) in query_terms(query) {
            let df = self.index.document_frequency(&term)?;
            let idf = self.idf(df);
            let mut found = None;
            self.index.for_each_posting(&term, |posting| {
                if posting.doc == doc {
                    found = Some(posting);
                }
            })?;
            let (tf, score) = found.map_or((0, 0.0), |posting| {
                parts.length_ratio = posting.length as f32 / self.index.average_length();
                (posting.tf, query_tf as f32 * idf * self.saturation(posting.tf, posting.length))
            });
            let df = u32::try_from(df).unwrap_or(u32::MAX);
            parts.terms.push(TermScore { term, query_tf, tf, df, idf, score });
        }
        Ok(parts)
    }

    fn idf(&self, df: u64) -> f32 {
        let (n, df) = (self.index.passages() as f64, df as f64);
        (1.0 + (n - df + 0.5) / (df + 0.5)).ln() as f32
    }

    fn saturation(&self, tf: u32, length: u32) -> f32 {
        let (k1, b) = (self.parameters.k1 as f32, self.parameters.b as f32);
        let tf = tf as f32;
        let norm = k1 * (1.0 - b + b * length as f32 / self.index.average_length());
        tf * (k1 + 1.0) / (tf + norm)
    }
}

/// The query's terms in order of first appearance, with how often each is there.
fn query_terms(query: &str) -> Vec<(String, u32)> {
    let mut counts: BTreeMap<String, (usize, u32)> = BTreeMap::new();
    for (place, token) in text::analyze(query).into_iter().enumerate() {
        counts.entry(token.term).or_insert((place, 0)).1 += 1;
    }
    let mut terms: Vec<(String, (usize, u32))> = counts.into_iter().collect();
    terms.sort_by_key(|(_, (place, _))| *place);
    terms.into_iter().map(|(term, (_, count))| (term, count)).collect()
}

#[cfg(test)]
mod tests {
    use tantivy::collector::TopDocs;
    use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
    use tantivy::schema::IndexRecordOption;
    use tantivy::{DocAddress, Score as TantivyScore, Term};

    use super::*;
    use crate::corpus::Collection;
    use crate::index::lexical::tests::collection;

    fn search(collection: &Collection, query: &str, parameters: Bm25) -> Vec<Hit> {
        let index = LexicalIndex::in_memory(collection).unwrap();
        let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters };
        leg.retrieve(QueryInput { text: query, vector: None }, 1000).unwrap()
    }

    fn passages() -> Vec<String> {
        let words = ["ferry", "refund", "ticket", "harbour", "late", "fee", "cabin", "dog", "予約", "の"];
        let mut state = 7u32;
        (0..200)
            .map(|i| {
                let length = 1 + i % 120;
                let mut text = String::new();
                for _ in 0..length {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    text += words[(state >> 16) as usize % words.len()];
                    text += " ";
                }
                text
            })
            .collect()
    }

    /// The scores are tantivy's own at its k1 = 1.2 and b = 0.75.
    #[test]
    fn equals_tantivy_at_its_defaults() {
        let passages = passages();
        let collection = collection(&passages.iter().map(String::as_str).collect::<Vec<_>>());
        let index = LexicalIndex::in_memory(&collection).unwrap();
        let (searcher, field) = index.tantivy_searcher();
        for query in ["refund", "late ferry fee", "予約 dog dog"] {
            let clauses: Vec<(Occur, Box<dyn Query>)> = text::analyze(query)
                .into_iter()
                .map(|token| {
                    let term = Term::from_field_text(field, &token.term);
                    let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                    (Occur::Should, Box::new(query) as Box<dyn Query>)
                })
                .collect();
            let theirs: Vec<(TantivyScore, DocAddress)> = searcher
                .search(&BooleanQuery::new(clauses), &TopDocs::with_limit(1000).order_by_score())
                .unwrap();
            let ours = search(&collection, query, Bm25::default());
            assert_eq!(ours.len(), theirs.len(), "{query}");
            for (our, (their, _)) in ours.iter().zip(&theirs) {
                assert!((our.score - their).abs() <= 1e-4, "{query}: {} against {their}", our.score);
            }
        }
    }

    /// Trap: an engine that ignores length would rank the long passage, which has the word twice, first.
    #[test]
    fn length_and_saturation_do_their_work() {
        let long = format!("fee fee {}", "other ".repeat(60));
        let collection = collection(&["fee once", &long]);
        let order = |b| search(&collection, "fee", Bm25 { b, ..Bm25::default() })[0].doc;
        assert_eq!(order(0.75), DocIdx(0));
        assert_eq!(order(0.0), DocIdx(1));
    }

    #[test]
    fn equal_scores_go_by_id_descending_and_the_depth_cuts() {
        let collection = collection(&["tie", "tie", "tie"]);
        let docs: Vec<u32> = search(&collection, "tie", Bm25::default()).iter().map(|h| h.doc.0).collect();
        assert_eq!(docs, [2, 1, 0]);
        let index = LexicalIndex::in_memory(&collection).unwrap();
        let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
        assert_eq!(leg.retrieve(QueryInput { text: "tie", vector: None }, 2).unwrap().len(), 2);
    }

    #[test]
    fn the_parts_add_up_and_name_what_is_missing() {
        let collection = collection(&["refund refund fee", "ferry", "fee"]);
        let index = LexicalIndex::in_memory(&collection).unwrap();
        let leg = Bm25Leg { index: &index, tie_order: &collection.tie_order, parameters: Bm25::default() };
        let hits = leg.retrieve(QueryInput { text: "refund dog refund fee", vector: None }, 10).unwrap();
        let parts = leg.explain("refund dog refund fee", hits[0].doc).unwrap();
        let sum: f32 = parts.terms.iter().map(|t| t.score).sum();
        assert!((sum - hits[0].score).abs() < 1e-5);
        let names: Vec<(&str, u32, u32)> =
            parts.terms.iter().map(|t| (t.term.as_str(), t.query_tf, t.tf)).collect();
        assert_eq!(names, [("refund", 2, 2), ("dog", 1, 0), ("fee", 1, 1)]);
    }

    #[test]
    fn a_query_without_terms_finds_nothing() {
        assert!(search(&collection(&["a"]), "… !", Bm25::default()).is_empty());
    }
}
