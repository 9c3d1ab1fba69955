//! The whole journey of one passage for one query, as text and as JSON: how both are read, what each leg
//! makes of it, fusion, stages, fate, and what would change it. Text from files is made harmless before it
//! is written for a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use crate::corpus::Collection;
use crate::domain::{DocIdx, Fate, Grade, LegHit, Rank, Score};
use crate::engine::{Explanation, Focus, GoldWhy, Snapshot, TokenPair, mean_similarity, told_together};
use crate::error::{Error, Result};
use crate::text::{Chain, Recipe, visible};

/// Characters of the passage that the text shows.
const SHOWN: usize = 240;
/// Terms of the passage that the text shows.
const TERMS: usize = 40;
/// Token pairs of each reranker that the text shows, the most alike first.
const PAIRS: usize = 8;

/// Everything that is known of the passage for the query.
#[derive(Debug, Clone, Serialize)]
pub struct Journey {
    schema: u32,
    query: Text,
    passage: Text,
    /// `null`: unjudged, or a query of one's own.
    grade: Option<Grade>,
    gold: bool,
    fate: Option<Fate>,
    /// Steps by which the language of the passage is read; both texts are read by them.
    chain: Vec<String>,
    legs: Vec<LegPart>,
    bm25: Bm25Part,
    dense: Option<DensePart>,
    fused: Option<Placed>,
    /// Length of the fused list.
    fused_length: usize,
    n: usize,
    k: usize,
    stages: Vec<StagePart>,
    delivered: Option<Placed>,
    token_pairs: Vec<PairPart>,
    #[serde(skip)]
    pairs: Vec<(String, Vec<TokenPair>)>,
    tokens: Option<TokenPart>,
    /// Rerankers of the plan that did not read the passage to its end, with this query or another.
    cut_by: Vec<String>,
    /// `null` where it is a candidate.
    why_not: Option<WhyPart>,
    setting: String,
}

#[derive(Debug, Clone, Serialize)]
struct Text {
    /// `null`: typed.
    id: Option<String>,
    language: String,
    text: String,
    /// Each once, in the order of the text.
    terms: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Placed {
    rank: Rank,
    score: Option<Score>,
}

#[derive(Debug, Clone, Serialize)]
struct LegPart {
    leg: String,
    /// `null`: not returned.
    rank: Option<Rank>,
    score: Option<Score>,
    /// Its share of the fused score; `null` where a single leg is the first stage.
    share: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
struct Bm25Part {
    terms: Vec<TermPart>,
    /// Length of the passage over the average.
    length_ratio: f32,
}

#[derive(Debug, Clone, Serialize)]
struct TermPart {
    term: String,
    score: Score,
    tf: u32,
    title_tf: u32,
    df: u32,
    idf: f32,
}

#[derive(Debug, Clone, Serialize)]
struct DensePart {
    cosine: f32,
    /// Its place among all passages.
    exact_rank: Rank,
}

#[derive(Debug, Clone, Serialize)]
struct StagePart {
    stage: String,
    rank: Rank,
    /// `null`: the stage did not score it.
    score: Option<Score>,
    parts: Vec<(String, Option<Score>)>,
}

#[derive(Debug, Clone, Serialize)]
struct PairPart {
    /// Whose tokens they are.
    reranker: String,
    query: String,
    passage: String,
    similarity: f32,
    /// Byte ranges in the texts; `null`: a token that the model adds.
    query_span: Option<(u32, u32)>,
    passage_span: Option<(u32, u32)>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct TokenPart {
    count: u32,
    read_whole: bool,
}

#[derive(Debug, Clone, Serialize)]
struct WhyPart {
    words: String,
    /// Fused score of the passage and of the last candidate.
    margin: Option<(f32, f32)>,
    /// Changes of one setting, each tried, the smallest first, with the fused rank after them.
    ways: Vec<(String, Rank)>,
}

impl Journey {
    /// The journey of the passage that the snapshot explains.
    ///
    /// # Errors
    /// When the snapshot explains another passage, or none because an index could not be read.
    pub fn of(snapshot: &Snapshot, collection: &Collection, doc: DocIdx) -> Result<Self> {
        let focus = &snapshot.focus;
        let explained = focus.explanation.as_ref().filter(|explained| explained.doc == doc);
        let explained = explained.ok_or_else(|| {
            Error::input("the passage could not be explained").advise(snapshot.warnings.join("; "))
        })?;
        let passage = collection.passage(doc);
        let chain = Chain::new(Recipe::of(snapshot.settings.analysis, &passage.language), &passage.language);
        let steps = chain.trace(&focus.text).steps.into_iter().map(|step| step.name).collect();
        let terms = |text: &str| -> Vec<String> {
            let mut terms: Vec<String> = Vec::new();
            for token in chain.trace(text).tokens {
                if !terms.contains(&token.term) {
                    terms.push(token.term);
                }
            }
            terms
        };
        let (id, grade) = match focus.focus {
            Focus::Listed(query) => (Some(collection.query(query).id.clone()), collection.grade(query, doc)),
            Focus::Typed(_) => (None, None),
        };
        let gold = focus.golds.iter().find(|gold| gold.doc == Some(doc));
        let indexed = passage.indexed_text();
        Ok(Self {
            schema: 1,
            query: Text {
                id,
                language: focus.language.to_string(),
                terms: terms(&focus.text),
                text: focus.text.clone(),
            },
            passage: Text {
                id: Some(passage.id.clone()),
                language: passage.language.to_string(),
                terms: terms(&indexed),
                text: indexed,
            },
            grade,
            gold: gold.is_some(),
            fate: gold.and_then(|gold| gold.fate.or(gold.first_fate)),
            chain: steps,
            legs: legs(snapshot, explained),
            bm25: bm25(explained),
            dense: explained
                .cosine
                .zip(explained.dense_exact_rank)
                .map(|(cosine, exact_rank)| DensePart { cosine, exact_rank }),
            fused: explained.fused.map(placed),
            fused_length: focus.fused_len,
            n: snapshot.settings.candidates,
            k: snapshot.settings.deliver,
            stages: stages(explained),
            delivered: explained.reranked.map(placed),
            token_pairs: pairs(explained),
            pairs: explained.pairs.clone(),
            tokens: explained.model_tokens.map(|(count, read_whole)| TokenPart { count, read_whole }),
            cut_by: explained.cut_by.clone(),
            why_not: explained.why.as_ref().map(why),
            setting: super::text::setting_line(snapshot),
        })
    }

    /// # Errors
    /// Never in practice: everything in it can be written as JSON.
    pub fn json(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|e| Error::bug(format!("JSON: {e}")))?;
        Ok(text + "\n")
    }

    /// For a person.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let id = self.query.id.as_deref().map_or_else(String::new, |id| format!("{} ", visible(id)));
        let _ =
            writeln!(out, "query    {id}{}  {}", visible(&self.query.language), visible(&self.query.text));
        let head: String = self.passage.text.chars().take(SHOWN).collect();
        let more = if head.len() < self.passage.text.len() { "…" } else { "" };
        let _ = writeln!(
            out,
            "passage  {} {}  {}{more}",
            visible(self.passage.id.as_deref().unwrap_or_default()),
            visible(&self.passage.language),
            visible(&head)
        );
        let _ = writeln!(out, "judged   {}", self.judged());
        let _ = writeln!(out, "setting  {}\n", self.setting);
        self.analysis(&mut out);
        self.first_stage(&mut out);
        self.second_stage(&mut out);
        if let Some(why) = &self.why_not {
            let _ = writeln!(out, "\nnot among the {} candidates: {}", self.n, visible(&why.words));
            if let Some((own, cut)) = why.margin {
                let _ = writeln!(out, "  its fused score {own:.4}, that of the last candidate {cut:.4}");
            }
            for (change, rank) in &why.ways {
                let _ = writeln!(out, "  {}: rank {rank}", visible(change));
            }
        }
        out
    }

    fn judged(&self) -> String {
        let fate = self.fate.map_or_else(String::new, |fate| format!(", {}", fate.words()));
        match (self.gold, self.grade) {
            (true, Some(grade)) => format!("gold, grade {grade}{fate}"),
            (true, None) => format!("gold{fate}"),
            (false, Some(grade)) => format!("grade {grade}, not relevant"),
            (false, None) if self.query.id.is_none() => "a query of your own has no judgments".to_owned(),
            (false, None) => "unjudged".to_owned(),
        }
    }

    fn analysis(&self, out: &mut String) {
        let line = |terms: &[String]| -> String {
            let shown: Vec<_> = terms.iter().take(TERMS).map(|term| visible(term)).collect();
            let more = if terms.len() > TERMS { " │ …" } else { "" };
            shown.join(" │ ") + more
        };
        let shared: Vec<String> =
            self.query.terms.iter().filter(|term| self.passage.terms.contains(term)).cloned().collect();
        let _ = writeln!(out, "read as {}: {}", visible(&self.passage.language), self.chain.join(", "));
        let _ = writeln!(out, "  query    {}", line(&self.query.terms));
        let _ = writeln!(out, "  passage  {}", line(&self.passage.terms));
        let shared = if shared.is_empty() { "no term: BM25 is blind here".to_owned() } else { line(&shared) };
        let _ = writeln!(out, "  shared   {shared}\n");
    }

    fn first_stage(&self, out: &mut String) {
        for leg in &self.legs {
            match (leg.rank, leg.score) {
                (Some(rank), Some(score)) => {
                    let share = leg
                        .share
                        .map_or_else(String::new, |share| format!("   {share:.4} of the fused score"));
                    let _ = writeln!(out, "{:<10} #{rank}  {score:.4}{share}", leg.leg);
                }
                _ => {
                    let _ = writeln!(out, "{:<10} not returned", leg.leg);
                }
            }
            if leg.leg == crate::engine::legs::BM25 {
                self.terms(out);
            }
            if leg.leg == crate::engine::legs::DENSE
                && let Some(dense) = &self.dense
            {
                let _ =
                    writeln!(out, "    cosine {:.4}, #{} of all passages", dense.cosine, dense.exact_rank);
            }
        }
        match self.fused {
            Some(Placed { rank, score }) => {
                let score = score.unwrap_or_default();
                let cut = if rank as usize <= self.n { "a candidate" } else { "beyond N" };
                let _ = writeln!(
                    out,
                    "{:<10} #{rank} of {}  {score:.4}   {cut} (N {})",
                    "fused", self.fused_length, self.n
                );
            }
            None => {
                let _ = writeln!(out, "{:<10} not in the list of {}", "fused", self.fused_length);
            }
        }
    }

    fn terms(&self, out: &mut String) {
        for term in &self.bm25.terms {
            let TermPart { term, score, tf, df, idf, .. } = term;
            let _ = match *tf {
                0 => writeln!(out, "    {}  not in the passage (in {df} others)", visible(term)),
                tf => writeln!(out, "    {}  {score:.3}  (tf {tf}, df {df}, idf {idf:.2})", visible(term)),
            };
        }
        if self.bm25.length_ratio > 0.0 {
            let _ = writeln!(out, "    length {:.2} x the average", self.bm25.length_ratio);
        }
    }

    fn second_stage(&self, out: &mut String) {
        for stage in &self.stages {
            let score = stage.score.map_or_else(|| "not scored".to_owned(), |score| format!("{score:.4}"));
            let _ = writeln!(out, "{:<10} #{}  {score}", stage.stage, stage.rank);
            for (name, score) in stage.parts.iter().filter(|_| stage.parts.len() > 1) {
                let score = score.map_or_else(|| "–".to_owned(), |score| format!("{score:.4}"));
                let _ = writeln!(out, "    {name}  {score}");
            }
        }
        for (reranker, pairs) in &self.pairs {
            let Some(mean) = mean_similarity(pairs) else { continue };
            let _ = writeln!(
                out,
                "    token pairs of {}: {} of the query, mean {mean:.4}",
                visible(reranker),
                pairs.len()
            );
            let mut groups = told_together(pairs);
            groups.sort_by(|a, b| b.similarity().total_cmp(&a.similarity()));
            let more = groups.len().saturating_sub(PAIRS);
            for group in groups.into_iter().take(PAIRS) {
                let (query, passage) = (group.query(), &group.first.passage.words);
                let (query, passage) = (visible(&query), visible(passage));
                let _ = writeln!(out, "      {query} → {passage}  {:.2}", group.similarity());
            }
            if more > 0 {
                let _ = writeln!(out, "      and {more} less alike");
            }
        }
        if let Some(tokens) = self.tokens {
            let read = if tokens.read_whole { "all of them read" } else { "the end is not read" };
            let _ = writeln!(out, "    {} tokens, {read}", tokens.count);
        }
        for name in &self.cut_by {
            let _ = writeln!(out, "    {} did not read its end", visible(name));
        }
        if let Some(Placed { rank, .. }) = self.delivered {
            let within = if rank as usize <= self.k { "delivered" } else { "not delivered" };
            let _ = writeln!(out, "{:<10} #{rank}   {within} (k {})", "final", self.k);
        }
    }
}

fn placed(hit: LegHit) -> Placed {
    Placed { rank: hit.rank, score: Some(hit.score) }
}

fn legs(snapshot: &Snapshot, explained: &Explanation) -> Vec<LegPart> {
    snapshot
        .legs
        .iter()
        .enumerate()
        .map(|(at, leg)| {
            let hit = explained.legs.get(at).copied().flatten();
            LegPart {
                leg: leg.name.to_string(),
                rank: hit.map(|hit| hit.rank),
                score: hit.map(|hit| hit.score),
                share: explained.shares.get(at).copied().flatten().map(|share| share.weighted),
            }
        })
        .collect()
}

fn bm25(explained: &Explanation) -> Bm25Part {
    let terms = explained.terms.iter().map(|term| TermPart {
        term: term.term.clone(),
        score: term.score,
        tf: term.tf,
        title_tf: term.title_tf,
        df: term.df,
        idf: term.idf,
    });
    Bm25Part { terms: terms.collect(), length_ratio: explained.length_ratio }
}

fn stages(explained: &Explanation) -> Vec<StagePart> {
    let stage = |step: &crate::engine::StageStep| StagePart {
        stage: step.stage.clone(),
        rank: step.hit.rank,
        score: step.hit.score,
        parts: step.parts.clone(),
    };
    explained.stages.iter().map(stage).collect()
}

fn pairs(explained: &Explanation) -> Vec<PairPart> {
    let part = |(reranker, pair): (&String, &TokenPair)| PairPart {
        reranker: reranker.clone(),
        query: pair.query.words.clone(),
        passage: pair.passage.words.clone(),
        similarity: pair.similarity,
        query_span: pair.query.span,
        passage_span: pair.passage.span,
    };
    let each = |(reranker, pairs): &'_ (String, Vec<TokenPair>)| {
        pairs.iter().map(|pair| part((reranker, pair))).collect::<Vec<_>>()
    };
    explained.pairs.iter().flat_map(each).collect()
}

fn why(why: &GoldWhy) -> WhyPart {
    WhyPart {
        words: why.words.clone(),
        margin: why.margin.map(|margin| (margin.gold, margin.cut)),
        ways: why.ways.iter().map(|way| (way.change.clone(), way.rank_then)).collect(),
    }
}
