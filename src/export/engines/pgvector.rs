//! PostgreSQL with pgvector: the fusion written out in SQL over a full-text and a vector search.
//!
//! What cannot be had is BM25: PostgreSQL's own ranking of full-text hits knows no inverse document
//! frequency. The fusion is the same; the lexical list is another one, and the snippet says so.

use std::fmt::Write as _;

use super::form::Form;
use super::{Call, Hybrid, Snippet, Voice, nearest, rounded};
use crate::domain::{FusionMethod, LegScale};

pub fn snippet(hybrid: &Hybrid<'_>) -> Snippet {
    let mut snippet = Snippet::default();
    let parts = Parts::of(hybrid, &mut snippet);
    let body = match hybrid.voices.as_slice() {
        [] => "SELECT id FROM passages WHERE false;".to_owned(),
        [only] => {
            format!("{}\nLIMIT {};", leg_query(only), hybrid.n())
        }
        voices => fused(voices, &parts, hybrid),
    };
    snippet.calls.push(Call { line: String::new(), body });
    snippet.notes.push("$1 is the query's text, $2 its vector".to_owned());
    if hybrid.voices.iter().any(|voice| voice.scale == LegScale::Bm25) {
        snippet.notes.push(
            "ts_rank_cd is not BM25 (it knows no inverse document frequency), so the lexical list is another one: \
             export its hits as a TREC run and debug that (--leg fts=RUN), or use an extension that has BM25"
                .to_owned(),
        );
    }
    if hybrid.settings.ann.is_none() {
        snippet.notes.push(
            "without an index on embedding the dense leg is exact, as here; with one it is approximate"
                .to_owned(),
        );
    } else if let Some(ann) = hybrid.settings.ann {
        snippet
            .notes
            .push(format!("SET hnsw.ef_search = {} before the query", ann.ef.max(hybrid.window()).min(1000)));
    }
    snippet
}

/// The SQL of one leg's share, from its columns rank and score.
struct Parts(Vec<String>);

impl Parts {
    fn of(hybrid: &Hybrid<'_>, snippet: &mut Snippet) -> Self {
        snippet.emulated = Some(hybrid.as_it_is());
        let ranks = |voice: &Voice<'_>, k: f64| format!("{} / ({k} + rank)", number(voice.weight));
        let mut by_score = |of: &dyn Fn(&Voice<'_>) -> String| {
            snippet.notes.push("the parts go by score, and the lexical score is ts_rank_cd's".to_owned());
            hybrid.voices.iter().map(of).collect()
        };
        let parts = match (hybrid.form, hybrid.settings.fusion) {
            (Form::Alone, _) => Vec::new(),
            (Form::Ranks { k }, _) => hybrid.voices.iter().map(|voice| ranks(voice, k)).collect(),
            (Form::StretchedRanks { k }, _) => {
                let part =
                    |voice: &Voice<'_>| format!("1.0 / (rank / {} + {})", number(voice.weight), k - 1.0);
                hybrid.voices.iter().map(part).collect()
            }
            (Form::MinMax, _) => by_score(&|voice| {
                format!(
                    "{} * coalesce((score - min(score) OVER ()) / nullif(max(score) OVER () - min(score) OVER (), 0), 1)",
                    number(voice.weight)
                )
            }),
            (Form::L2, _) => by_score(&|voice| {
                format!(
                    "{} * coalesce(score / nullif(sqrt(sum(score * score) OVER ()), 0), 0)",
                    number(voice.weight)
                )
            }),
            (Form::FromLeast, _) if hybrid.voices.iter().all(|voice| voice.scale != LegScale::Unknown) => {
                by_score(&|voice| {
                    let least = if voice.scale == LegScale::Cosine { "(-1)" } else { "0" };
                    format!(
                        "{} * coalesce((score - {least}) / nullif(max(score) OVER () - {least}, 0), 0)",
                        number(voice.weight)
                    )
                })
            }
            (_, FusionMethod::QdrantDbsf) => by_score(&|_| {
                "coalesce((score - avg(score) OVER () + 3 * stddev_samp(score) OVER ()) \
                 / nullif(6 * stddev_samp(score) OVER (), 0), 0.5)"
                    .to_owned()
            }),
            _ => {
                snippet.unlike = Some(nearest(hybrid, "SQL over ts_rank_cd", "rrf with the same weights"));
                snippet.emulated = Some(hybrid.emulation(FusionMethod::Rrf, &hybrid.weights(), Some(60.0)));
                hybrid.voices.iter().map(|voice| ranks(voice, 60.0)).collect()
            }
        };
        Self(parts)
    }
}

fn fused(voices: &[Voice<'_>], parts: &Parts, hybrid: &Hybrid<'_>) -> String {
    let mut out = String::new();
    for (at, voice) in voices.iter().enumerate() {
        let opening = if at == 0 { "WITH " } else { ", " };
        let hits = leg_query(voice).replace('\n', "\n    ");
        let _ = write!(
            out,
            "{opening}{name} AS (\n  SELECT id, score, row_number() OVER (ORDER BY score DESC, id COLLATE \"C\" DESC) AS rank\n  \
             FROM (\n    {hits}\n    LIMIT {limit}\n  ) AS hits\n)",
            name = identifier(voice.name),
            limit = hybrid.window()
        );
    }
    out.push_str("\nSELECT id, sum(part) AS score\nFROM (\n");
    for (at, (voice, part)) in voices.iter().zip(&parts.0).enumerate() {
        let between = if at == 0 { "" } else { "  UNION ALL\n" };
        let _ = writeln!(out, "{between}  SELECT id, {part} AS part FROM {}", identifier(voice.name));
    }
    let _ = write!(
        out,
        ") AS parts\nGROUP BY id\nORDER BY score DESC, id COLLATE \"C\" DESC\nLIMIT {};",
        hybrid.n()
    );
    out
}

/// Hits of one leg as id and score, greater is better, in order.
fn leg_query(voice: &Voice<'_>) -> String {
    match voice.scale {
        // Any of the terms, as BM25 has it; PostgreSQL's own readers of a query want all of them.
        LegScale::Bm25 => "SELECT id, ts_rank_cd(to_tsvector('simple', content), query) AS score\nFROM passages, \
             to_tsquery('simple', array_to_string(tsvector_to_array(to_tsvector('simple', $1)), ' | ')) AS query\n\
             WHERE to_tsvector('simple', content) @@ query\nORDER BY score DESC, id COLLATE \"C\" DESC"
            .to_owned(),
        // Ordered by the operator itself, or an index on it is not used.
        LegScale::Cosine => {
            "SELECT id, 1 - (embedding <=> $2) AS score\nFROM passages\nORDER BY embedding <=> $2".to_owned()
        }
        LegScale::Unknown => {
            let hits = identifier(&format!("hits of {}", voice.name));
            format!("SELECT id, score\nFROM {hits}\nORDER BY score DESC, id COLLATE \"C\" DESC")
        }
    }
}

/// A name in quotes, whatever it holds.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn number(weight: f64) -> String {
    format!("{:?}", rounded(weight))
}
