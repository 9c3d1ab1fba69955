//! BM25 over the postings, with k1, b and the weight of the title as parameters and every term's part kept.
//!
//! score = Σ over query terms: qtf · idf · tf (k1 + 1) / (tf + k1 (1 − b + b · length / average)), with
//! idf = ln(1 + (N − df + ½) / (df + ½)) (Robertson and Zaragoza 2009, in Lucene's and tantivy's form;
//! tantivy keeps the factor k1 + 1, Lucene dropped it in version 8). Repeated query terms count.
//!
//! With a title boost w, tf, length and average are those of the text plus w times those of the title,
//! before saturation (Robertson, Zaragoza and Taylor 2004); df is that of both together. With w = 1 this is
//! BM25 over title and text as one field.
//!
//! A passage meets the query as the chain of the passage's language reads it (`text::Analyzers`).

use std::collections::HashSet;

use super::{QueryInput, Retriever, ranked};
use crate::domain::{Bm25, DocIdx, Hit, Score};
use crate::error::Result;
use crate::index::lexical::{LexicalIndex, Posting, Titles};
use crate::text::QueryTerm;

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
    /// In title and text together; 0: the passage does not have it.
    pub tf: u32,
    /// Of `tf`, those in the title.
    pub title_tf: u32,
    pub df: u32,
    pub idf: f32,
    pub score: Score,
}

/// A BM25 score, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bm25Parts {
    /// In the order of the query.
    pub terms: Vec<TermScore>,
    /// Length of the passage over the average, fields weighted; 0 where no term is in it.
    pub length_ratio: f32,
}

impl Retriever for Bm25Leg<'_> {
    fn retrieve(&self, query: QueryInput<'_>, depth: usize) -> Result<Vec<Hit>> {
        self.search(&self.index.analyzers().query_terms(query.text), depth)
    }
}

impl Bm25Leg<'_> {
    /// The best `depth` passages for terms that are there already, best first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn search(&self, terms: &[QueryTerm], depth: usize) -> Result<Vec<Hit>> {
        let mut scores = vec![0.0f32; self.tie_order.len()];
        let mut seen = vec![false; self.tie_order.len()];
        let mut matched: Vec<DocIdx> = Vec::new();
        let formula = self.formula();
        for term in terms {
            let idf = self.idf(self.index.document_frequency(&term.term)?);
            let mut add = |posting: Posting, query_tf: u32| {
                let at = posting.doc.index();
                let saturated = formula.saturation(&posting);
                if saturated > 0.0 {
                    if !seen[at] {
                        seen[at] = true;
                        matched.push(posting.doc);
                    }
                    scores[at] += query_tf as f32 * idf * saturated;
                }
            };
            match term.agreed() {
                Some(query_tf) => {
                    self.index
                        .for_each_posting(&term.term, formula.titles, |posting| add(posting, query_tf))?;
                }
                None => self.index.for_each_posting(&term.term, formula.titles, |posting| {
                    match term.counts[self.index.chain_of(posting.doc)] {
                        0 => {}
                        query_tf => add(posting, query_tf),
                    }
                })?,
            }
        }
        let scored: Vec<(DocIdx, Score)> =
            matched.into_iter().map(|doc| (doc, scores[doc.index()])).collect();
        Ok(ranked(&scored, self.tie_order, depth))
    }

    /// Why `doc` has the score it has for `query`: the query's terms as the passage's chain reads it.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn explain(&self, query: &str, doc: DocIdx) -> Result<Bm25Parts> {
        let mut parts = Bm25Parts { terms: Vec::new(), length_ratio: 0.0 };
        let formula = self.formula();
        let chain = self.index.chain_of(doc);
        for QueryTerm { term, counts } in self.index.analyzers().query_terms(query) {
            let query_tf = counts[chain];
            if query_tf == 0 {
                continue;
            }
            let df = self.index.document_frequency(&term)?;
            let idf = self.idf(df);
            let mut found = None;
            self.index.for_each_posting(&term, Titles::Apart, |posting| {
                if posting.doc == doc {
                    found = Some(posting);
                }
            })?;
            let (mut tf, mut title_tf, mut score) = (0, 0, 0.0);
            if let Some(posting) = found {
                parts.length_ratio = formula.length_ratio(&posting);
                score = query_tf as f32 * idf * formula.saturation(&posting);
                (tf, title_tf) = (posting.tf, posting.title_tf);
            }
            let df = u32::try_from(df).unwrap_or(u32::MAX);
            parts.terms.push(TermScore { term, query_tf, tf, title_tf, df, idf, score });
        }
        Ok(parts)
    }

    /// Whether a passage has any of the terms, as its chain reads them; `text` is what is indexed of it.
    /// Where it has none, BM25 cannot find it, whatever the parameters and the depth.
    pub fn meets(&self, terms: &[QueryTerm], doc: DocIdx, text: &str) -> bool {
        let chain = self.index.chain_of(doc);
        let wanted: HashSet<&str> =
            terms.iter().filter(|term| term.counts[chain] > 0).map(|term| term.term.as_str()).collect();
        !wanted.is_empty()
            && self.index.chain(doc).terms(text).iter().any(|token| wanted.contains(token.term.as_str()))
    }

    /// How many of the terms are in no passage, and how many there are, repeated ones counted once; as
    /// `chain` reads them, `None`: as any does.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn unknown(&self, terms: &[QueryTerm], chain: Option<usize>) -> Result<(u32, u32)> {
        let (mut unknown, mut all) = (0, 0);
        for term in terms.iter().filter(|term| chain.is_none_or(|chain| term.counts[chain] > 0)) {
            all += 1;
            unknown += u32::from(self.index.document_frequency(&term.term)? == 0);
        }
        Ok((unknown, all))
    }

    fn idf(&self, df: u64) -> f32 {
        let (n, df) = (self.index.passages() as f64, df as f64);
        (1.0 + (n - df + 0.5) / (df + 0.5)).ln() as f32
    }

    fn formula(&self) -> Formula {
        let Bm25 { k1, b, title_boost } = self.parameters;
        let extra = (title_boost - 1.0) as f32;
        Formula {
            k1: k1 as f32,
            b: b as f32,
            extra,
            average: self.index.average_length() + extra * self.index.average_title_length(),
            titles: if extra == 0.0 { Titles::Together } else { Titles::Apart },
        }
    }
}

/// What stays the same over the passages of one search.
struct Formula {
    k1: f32,
    b: f32,
    /// The title's weight beyond the 1 that it has as part of the whole.
    extra: f32,
    /// Mean weighted length.
    average: f32,
    titles: Titles,
}

impl Formula {
    /// From 0 (does not have the term) to k1 + 1.
    fn saturation(&self, posting: &Posting) -> f32 {
        let tf = posting.tf as f32 + self.extra * posting.title_tf as f32;
        let norm = self.k1 * (1.0 - self.b + self.b * self.length_ratio(posting));
        if tf > 0.0 { tf * (self.k1 + 1.0) / (tf + norm) } else { 0.0 }
    }

    fn length_ratio(&self, posting: &Posting) -> f32 {
        let length = posting.length as f32 + self.extra * posting.title_length as f32;
        if self.average > 0.0 { length / self.average } else { 1.0 }
    }
}

#[cfg(test)]
#[path = "bm25_tests.rs"]
mod tests;
