//! The journey of one passage for the query on the screen: each leg by its parts, the fusion by the
//! legs' shares, late interaction by its best token pairs.

use super::query_state::QueryState;
use super::snapshot::{Explanation, PairedToken, StageStep, TokenPair};
use crate::corpus::Collection;
use crate::domain::rerankers::EMBEDDING_MODEL;
use crate::domain::{DocIdx, LegHit, LegName, LegSet, Settings, Stage};
use crate::error::Result;
use crate::fuse::{FusionPlan, shares};
use crate::index::{LexicalIndex, TokenReader, VectorMatrix};
use crate::rerank::cascade::{PairScore, StagePlan};
use crate::rerank::token_pairs::token_pairs;
use crate::retrieve::{Bm25Leg, DenseLeg};
use crate::text;

/// What an explanation draws on.
pub struct ExplainInput<'a> {
    pub collection: &'a Collection,
    pub settings: &'a Settings,
    pub legs: &'a [LegName],
    pub ran: LegSet,
    pub stages: &'a [StagePlan],
    /// Whether a second stage is at work or done.
    pub reranking: bool,
    pub lexical: &'a LexicalIndex,
    pub matrix: Option<&'a VectorMatrix>,
    pub tokens: Option<&'a TokenReader>,
    /// Rerankers of the plan that did not read the passage to its end.
    pub cut_by: Vec<String>,
    /// Fused already.
    pub state: &'a QueryState,
}

/// Explains `doc`.
///
/// # Errors
/// When the index or the token vectors cannot be read.
pub fn explain(input: &ExplainInput<'_>, doc: DocIdx) -> Result<Explanation> {
    let state = input.state;
    let passage = input.collection.passage(doc);
    let row = state.pool().row_of(doc);
    let plan = FusionPlan::of(input.settings, input.legs, input.ran);
    let speaking = plan.weights.iter().filter(|&&weight| weight > 0.0).count();

    let bm25 = Bm25Leg {
        index: input.lexical,
        tie_order: &input.collection.tie_order,
        parameters: input.settings.bm25,
    };
    let parts = bm25.explain(&state.text, doc)?;
    let dense = input.matrix.zip(state.vector.as_ref()).map(|(matrix, vector)| {
        let leg = DenseLeg { matrix, ann: None, tie_order: &input.collection.tie_order };
        leg.exact_rank(&vector.dense, doc)
    });
    let text = passage.indexed_text();
    Ok(Explanation {
        doc,
        legs: (0..input.legs.len()).map(|leg| state.pool().hit(row?, leg)).collect(),
        fused: row.and_then(|row| {
            Some(LegHit { rank: state.fused().rank(row)?, score: state.fused().score(row)? })
        }),
        shares: match row.filter(|_| speaking > 1) {
            Some(row) => shares(state.pool(), &plan, row),
            None => Vec::new(),
        },
        terms: parts.terms,
        length_ratio: parts.length_ratio,
        dense_exact_rank: dense.map(|(rank, _)| rank),
        cosine: dense.map(|(_, cosine)| cosine),
        reranked: row.and_then(|row| delivered_hit(input, row)),
        stages: row.map_or_else(Vec::new, |row| steps(input, row)),
        pairs: pairs_of_embedding_model(input, doc, &text)?.into_iter().collect(),
        pairs_awaited: Vec::new(),
        model_tokens: (input.tokens.and_then(|tokens| tokens.reading(doc)))
            .map(|read| (read.n_tokens, !read.truncated)),
        cut_by: input.cut_by.clone(),
        highlights: text::matching_ranges(input.lexical.chain(doc), &text, &state.text),
        why: super::remedy::why_of(state, doc, input.settings, input.legs, input.ran),
    })
}

fn delivered_hit(input: &ExplainInput<'_>, row: usize) -> Option<LegHit> {
    let stages = if input.reranking { input.stages } else { &[] };
    let reranked = input.state.reranked(stages, input.settings.candidates);
    let delivered = reranked.delivered(input.state, input.settings);
    let placed = (1..).zip(&delivered.list).find(|(_, placed)| placed.row == row);
    placed.and_then(|(rank, placed)| Some(LegHit { rank, score: placed.score? }))
}

/// What each stage made of a candidate; empty where none is at work or the row is no candidate.
fn steps(input: &ExplainInput<'_>, row: usize) -> Vec<StageStep> {
    if !input.reranking {
        return Vec::new();
    }
    let reranked = input.state.reranked(input.stages, input.settings.candidates);
    let journey = reranked.journey(row, &reranked.delivered(input.state, input.settings));
    let plans = input.settings.reranker.stages.iter().zip(input.stages).zip(journey);
    let step = |((stage, plan), hit): ((&Stage, &StagePlan), _)| StageStep {
        stage: stage.to_string(),
        hit,
        parts: (stage.parts.iter().zip(&plan.parts))
            .map(|(part, &(reranker, _))| {
                let score = match input.state.score(reranker, row) {
                    PairScore::Score(score) => Some(score),
                    PairScore::NotYet | PairScore::Unscorable => None,
                };
                (part.name.clone(), score)
            })
            .collect(),
    };
    plans.map(step).collect()
}

/// The pairs that late interaction over the embedding model's token vectors is made of, with its name.
fn pairs_of_embedding_model(
    input: &ExplainInput<'_>,
    doc: DocIdx,
    text: &str,
) -> Result<Option<(String, Vec<TokenPair>)>> {
    let Some((tokens, query)) = input.tokens.zip(input.state.vector.as_ref()) else { return Ok(None) };
    let Some(passage) = tokens.read(doc)? else { return Ok(None) };
    let named = |text: &str, spans: &[(u32, u32)]| -> Vec<PairedToken> {
        spans.iter().map(|&span| PairedToken::in_text(text, span)).collect()
    };
    let pairs = token_pairs(
        (&query.tokens, &named(&input.state.text, &query.tokens.spans)),
        (&passage, &named(text, &passage.spans)),
    );
    Ok((!pairs.is_empty()).then(|| (EMBEDDING_MODEL.to_owned(), pairs)))
}
