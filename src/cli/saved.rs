//! In: a report that `eval --json` wrote. Out: its judged queries as one side of a comparison. It reads no
//! collection; what the report does not say is not known.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::gate::no_report;
use crate::domain::{Fate, Grade, JudgedBy, Rank};
use crate::engine::compare::{Side, SideGold, SideQuery, Which};
use crate::error::{Error, Result};
use crate::judge::Metric;

#[derive(Deserialize)]
struct Report {
    schema: u32,
    settings: Settings,
    collection: Collection,
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Collection {
    /// `None` in reports from before documents could be judged.
    judged_by: Option<JudgedBy>,
}

#[derive(Deserialize)]
struct Settings {
    n: usize,
    rerank: String,
    first_ran: String,
    metrics: Vec<String>,
}

#[derive(Deserialize)]
struct Query {
    id: String,
    language: String,
    text: String,
    by_name: Option<BTreeMap<String, Value>>,
    golds: Vec<Gold>,
}

#[derive(Deserialize)]
struct Value {
    first: f64,
    reranked: Option<f64>,
}

#[derive(Deserialize)]
struct Gold {
    passage: String,
    grade: Grade,
    ranks: BTreeMap<String, Option<Rank>>,
    fate: Option<Fate>,
}

/// The schema that is read.
const SCHEMA: u32 = 1;

/// The queries of a saved report. Fates are those of the delivered lists.
///
/// # Errors
/// When the file is no report, or of another schema.
pub fn side(file: &Path, which: Which) -> Result<Side> {
    let text = std::fs::read_to_string(file).map_err(|e| Error::io("cannot read", file, &e))?;
    let report: Report =
        serde_json::from_str(&text).map_err(|e| no_report(file, format!("no report: {e}")))?;
    if report.schema != SCHEMA {
        return Err(no_report(file, format!("a report of schema {}: {SCHEMA} is read", report.schema)));
    }
    let settings = &report.settings;
    let metrics: Vec<Metric> = settings.metrics.iter().map(|name| name.parse()).collect::<Result<_>>()?;
    let reranked = which == Which::Delivered && settings.rerank != "none";
    let all = report.queries.len();
    let query = |query: Query| -> Option<SideQuery> {
        let by_name = query.by_name?;
        let value = |name: &String| -> Option<f64> {
            let value = by_name.get(name)?;
            if reranked { value.reranked } else { Some(value.first) }
        };
        Some(SideQuery {
            values: settings.metrics.iter().map(value).collect::<Option<_>>()?,
            golds: query.golds.into_iter().map(|gold| gold_of(gold, reranked, which)).collect(),
            id: query.id,
            query: None,
            language: query.language,
            text: query.text,
        })
    };
    let queries: Vec<SideQuery> = report.queries.into_iter().filter_map(query).collect();
    Ok(Side {
        name: format!("{} ({}, {})", file.display(), settings.first_ran, settings.rerank),
        candidates: settings.n,
        judged_by: report.collection.judged_by.unwrap_or(JudgedBy::Passage),
        incomplete: all - queries.len(),
        metrics,
        queries,
    })
}

fn gold_of(gold: Gold, reranked: bool, which: Which) -> SideGold {
    let rank = |name: &str| gold.ranks.get(name).copied().flatten();
    let first = rank("fused");
    SideGold {
        first,
        rank: if reranked { rank("reranked") } else { first },
        fate: if which == Which::Delivered { gold.fate } else { None },
        id: gold.passage,
        grade: gold.grade,
    }
}
