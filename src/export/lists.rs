//! One query's two lists to their k, as text and as JSON. Text from files is made harmless before it is
//! written for a terminal.

use std::fmt::Write as _;

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::corpus::Collection;
use crate::domain::{DocIdx, Grade, Rank, Score};
use crate::engine::{FirstRow, Focus, RerankedRow, Snapshot};
use crate::error::{Error, Result};
use crate::judge::Movement;
use crate::text::visible;

/// Cells of a passage's head.
const HEAD: usize = 72;

#[derive(Serialize)]
struct Lists<'a> {
    schema: u32,
    query: QueryPart<'a>,
    setting: String,
    k: usize,
    first: Vec<FirstPart<'a>>,
    /// Empty without a second stage.
    reranked: Vec<RerankedPart<'a>>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct QueryPart<'a> {
    /// `null`: a text of one's own.
    id: Option<&'a str>,
    language: String,
    text: &'a str,
}

#[derive(Serialize)]
struct FirstPart<'a> {
    rank: Rank,
    passage: &'a str,
    score: Score,
    /// By leg; `null`: not returned.
    legs: Vec<Option<(Rank, Score)>>,
    grade: Option<Grade>,
}

#[derive(Serialize)]
struct RerankedPart<'a> {
    rank: Rank,
    passage: &'a str,
    /// `null`: not scored.
    score: Option<Score>,
    first_rank: Rank,
    grade: Option<Grade>,
}

fn first(snapshot: &Snapshot) -> &[FirstRow] {
    let rows = &snapshot.focus.first;
    &rows[..snapshot.settings.deliver.min(rows.len())]
}

fn reranked(snapshot: &Snapshot) -> &[RerankedRow] {
    let rows = &snapshot.focus.reranked;
    &rows[..snapshot.settings.deliver.min(rows.len())]
}

/// One line of JSON, ending in a line feed.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn json(snapshot: &Snapshot, collection: &Collection) -> Result<String> {
    let focus = &snapshot.focus;
    let lists = Lists {
        schema: 1,
        query: QueryPart {
            id: match &focus.focus {
                Focus::Listed(query) => Some(&collection.query(*query).id),
                Focus::Typed(_) => None,
            },
            language: focus.language.to_string(),
            text: &focus.text,
        },
        setting: super::text::setting_line(snapshot),
        k: snapshot.settings.deliver,
        first: first(snapshot)
            .iter()
            .map(|row| FirstPart {
                rank: row.rank,
                passage: &collection.passage(row.doc).id,
                score: row.score,
                legs: row.legs.iter().map(|hit| hit.map(|hit| (hit.rank, hit.score))).collect(),
                grade: row.grade,
            })
            .collect(),
        reranked: reranked(snapshot)
            .iter()
            .map(|row| RerankedPart {
                rank: row.rank,
                passage: &collection.passage(row.doc).id,
                score: row.score,
                first_rank: row.first_rank,
                grade: row.grade,
            })
            .collect(),
        warnings: &snapshot.warnings,
    };
    let text = serde_json::to_string(&lists).map_err(|e| Error::bug(format!("JSON: {e}")))?;
    Ok(text + "\n")
}

/// Both lists, one under the other.
pub fn text(snapshot: &Snapshot, collection: &Collection) -> String {
    let focus = &snapshot.focus;
    let mut out = format!("{}  {}\n", visible(focus.language.as_str()), visible(&focus.text));
    let _ = writeln!(out, "{}\n", super::text::setting_line(snapshot));
    if focus.first.is_empty() {
        out.push_str("nothing found: no leg returned a passage\n");
        return out;
    }
    let legs: Vec<&str> = snapshot.legs.iter().map(|leg| &*leg.name).collect();
    let _ = writeln!(out, "first stage, {} of {}", first(snapshot).len(), focus.fused_len);
    let names: String = legs.iter().map(|leg| format!(" {leg:>6}")).collect();
    let _ = writeln!(out, "     #    score{names}");
    for row in first(snapshot) {
        let ranks: String = row
            .legs
            .iter()
            .map(|hit| hit.map_or_else(|| "      –".to_owned(), |hit| format!(" {:>6}", hit.rank)))
            .collect();
        let _ = writeln!(
            out,
            "{} {:>4} {:>8.4}{ranks}  {}",
            star(row.gold),
            row.rank,
            row.score,
            head(collection, row.doc)
        );
    }
    if !focus.reranked.is_empty() {
        let _ = writeln!(out, "\nreranked by {}", snapshot.settings.reranker.name());
        out.push_str("     #    score   move\n");
    }
    for row in reranked(snapshot) {
        let score = row.score.map_or_else(|| "       –".to_owned(), |score| format!("{score:>8.4}"));
        let moved = match row.movement {
            Some(Movement::Up(by)) => format!("▲ {by}"),
            Some(Movement::Down(by)) => format!("▼ {by}"),
            Some(Movement::Same) => "=".to_owned(),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "{} {:>4} {score}  {moved:>5}  {}",
            star(row.gold),
            row.rank,
            head(collection, row.doc)
        );
    }
    for warning in &snapshot.warnings {
        let _ = writeln!(out, "warning: {}", visible(warning));
    }
    out
}

fn star(gold: bool) -> char {
    if gold { '★' } else { ' ' }
}

/// The id and the beginning of a passage.
fn head(collection: &Collection, doc: DocIdx) -> String {
    let passage = collection.passage(doc);
    let mut shown = format!("{}  ", visible(&passage.id));
    let text = passage.indexed_text();
    for word in visible(&text).split_inclusive(|c: char| c.is_whitespace() || !c.is_ascii()) {
        if shown.width() + word.width() > HEAD {
            return shown + "…";
        }
        shown += word;
    }
    shown
}
