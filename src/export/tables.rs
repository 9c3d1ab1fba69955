//! The findings as tables: what CSV, TSV, Markdown and LaTeX are written from.
//!
//! In: a settled snapshot. Out: a [`Table`] of named columns. Numbers are those of the other reports, in
//! full; rounding, quoting and escaping are each format's own.

use std::collections::BTreeMap;

use crate::corpus::Collection;
use crate::domain::{Fate, Rank};
use crate::engine::{GoldRow, HeatMap, Snapshot};
use crate::judge::Paired;

/// What there is to see as a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// A row a metric: before and after, ceiling, difference and how certain it is.
    Metrics,
    /// A row a judged query: every metric before and after, ceiling, golds by fate.
    Queries,
    /// A row a gold: its rank in every leg and list, and its fate.
    Golds,
    /// A row a language of the queries.
    Languages,
    /// How many golds met each fate.
    Fates,
    /// A row an N: mean recall of the fused list and of each leg.
    RecallCurve,
    /// A row a setting that was tried: method, α, N.
    HeatMap,
}

impl TableKind {
    pub const ALL: [Self; 7] = [
        Self::Metrics,
        Self::Queries,
        Self::Golds,
        Self::Languages,
        Self::Fates,
        Self::RecallCurve,
        Self::HeatMap,
    ];

    /// The name that `export --what` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Queries => "queries",
            Self::Golds => "golds",
            Self::Languages => "languages",
            Self::Fates => "fates",
            Self::RecallCurve => "recall-curve",
            Self::HeatMap => "heat-map",
        }
    }

    /// What it holds, for the help.
    pub fn words(self) -> &'static str {
        match self {
            Self::Metrics => {
                "every metric before and after reranking, its ceiling, the test of the difference"
            }
            Self::Queries => "every metric of every judged query",
            Self::Golds => "every gold with its ranks and its fate",
            Self::Languages => "the metrics by language of the query",
            Self::Fates => "how many golds met which fate",
            Self::RecallCurve => "mean recall at every N: fused, by leg, of the legs together, and at best",
            Self::HeatMap => "what other settings would reach: method, alpha, N",
        }
    }

    /// The table of a settled answer.
    pub fn of(self, snapshot: &Snapshot, collection: &Collection) -> Table {
        match self {
            Self::Metrics => metrics(snapshot),
            Self::Queries => queries(snapshot, collection),
            Self::Golds => golds(snapshot, collection),
            Self::Languages => languages(snapshot),
            Self::Fates => fates(snapshot),
            Self::RecallCurve => recall_curve(snapshot),
            Self::HeatMap => snapshot.tuning.as_deref().and_then(|tuning| tuning.heat.as_ref()).map_or_else(
                || Table::new(["fusion", "alpha", "n", "first", "reranked"].map(String::from).to_vec()),
                heat_map,
            ),
        }
    }
}

/// One value; `Missing` is "not there" (no second stage, no ceiling, not returned), never 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64),
    Count(u64),
    Missing,
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::Number)
    }
}

impl From<Option<Rank>> for Cell {
    fn from(rank: Option<Rank>) -> Self {
        rank.map_or(Self::Missing, |rank| Self::Count(rank.into()))
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Named columns; every row has a cell for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(columns: Vec<String>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Some of its columns, in this order.
    pub fn only<S: AsRef<str>>(&self, columns: impl IntoIterator<Item = S>) -> Self {
        let place = |name: S| self.columns.iter().position(|other| other == name.as_ref());
        let places: Vec<usize> = columns.into_iter().filter_map(place).collect();
        let picked = |row: &Vec<Cell>| places.iter().map(|&at| row[at].clone()).collect();
        Self {
            columns: places.iter().map(|&at| self.columns[at].clone()).collect(),
            rows: self.rows.iter().map(picked).collect(),
        }
    }

    /// Without the columns in which nothing is there: without a second stage, what is about it.
    pub fn without_empty_columns(self) -> Self {
        let there = |at: &usize| self.rows.iter().any(|row| row[*at] != Cell::Missing);
        let kept: Vec<String> =
            (0..self.columns.len()).filter(there).map(|at| self.columns[at].clone()).collect();
        if self.rows.is_empty() { self } else { self.only(kept) }
    }

    /// Whether a column holds numbers, so that it is set to the right.
    pub fn is_numeric(&self, column: usize) -> bool {
        self.rows.iter().all(|row| !matches!(row[column], Cell::Text(_)))
    }
}

fn metrics(snapshot: &Snapshot) -> Table {
    let columns = [
        "metric",
        "queries",
        "first",
        "reranked",
        "ceiling",
        "share_of_gain",
        "difference",
        "low",
        "high",
        "p_t",
        "p_randomisation",
        "p_holm",
        "wins",
        "losses",
        "ties",
    ];
    let mut table = Table::new(columns.map(String::from).to_vec());
    let tests: &[Paired] = snapshot.study.as_deref().map_or(&[], |study| &study.paired);
    for mean in &snapshot.by_metric {
        let name = mean.metric.to_string();
        let both = mean.reranked;
        let test = tests.iter().find(|test| test.metric == name);
        table.rows.push(vec![
            name.into(),
            both.map_or(mean.queries, |both| both.queries).into(),
            both.map_or(mean.first, |both| both.first).into(),
            both.map(|both| both.reranked).into(),
            both.map_or(mean.ceiling, |both| both.ceiling).into(),
            both.and_then(|both| both.share_of_gain).into(),
            test.map(|test| test.difference).into(),
            test.map(|test| test.interval.low).into(),
            test.map(|test| test.interval.high).into(),
            test.and_then(|test| test.p_t).into(),
            test.map(|test| test.p_randomisation).into(),
            test.and_then(|test| test.p_holm).into(),
            test.map_or(Cell::Missing, |test| test.wins.into()),
            test.map_or(Cell::Missing, |test| test.losses.into()),
            test.map_or(Cell::Missing, |test| test.ties.into()),
        ]);
    }
    table
}

fn queries(snapshot: &Snapshot, collection: &Collection) -> Table {
    let mut columns =
        ["query", "language", "text", "golds", "delivered", "lost_before_rerank"].map(String::from).to_vec();
    for metric in &*snapshot.metrics {
        columns.extend(["first", "reranked", "ceiling"].map(|list| format!("{metric} {list}")));
    }
    let mut table = Table::new(columns);
    for row in snapshot.queries.iter() {
        let query = collection.query(row.query);
        let count = |is: fn(Fate) -> bool| row.golds.iter().filter(|gold| fate(gold).is_some_and(is)).count();
        let mut cells: Vec<Cell> = vec![
            query.id.as_str().into(),
            query.language.as_str().into(),
            query.text.as_str().into(),
            row.golds.len().into(),
            count(|fate| matches!(fate, Fate::Kept | Fate::Rescued)).into(),
            count(Fate::is_lost_before_rerank).into(),
        ];
        for at in 0..snapshot.metrics.len() {
            let scores = row.scores.as_ref();
            cells.push(scores.map(|scores| scores.first()[at]).into());
            cells.push(scores.and_then(|scores| Some(scores.reranked()?[at])).into());
            cells.push(scores.and_then(|scores| scores.ceiling(at)).into());
        }
        table.rows.push(cells);
    }
    table
}

/// The fate after all stages; while the second stage has none to give, that of the first alone.
pub(super) fn fate(gold: &GoldRow) -> Option<Fate> {
    gold.fate.or(gold.first_fate)
}

fn golds(snapshot: &Snapshot, collection: &Collection) -> Table {
    let mut columns = ["query", "passage", "grade", "fate", "fused", "reranked"].map(String::from).to_vec();
    columns.extend(snapshot.legs.iter().map(|leg| format!("leg {}", leg.name)));
    columns.push("shares_a_term".to_owned());
    columns.push("why".to_owned());
    let mut table = Table::new(columns);
    let whys = snapshot.study.as_deref().map(|study| &study.whys);
    for (at, row) in snapshot.queries.iter().enumerate() {
        for (place, gold) in row.golds.iter().enumerate() {
            let why = whys.and_then(|whys| whys.get(at)?.get(place)?.as_ref());
            let mut cells: Vec<Cell> = vec![
                collection.query(row.query).id.as_str().into(),
                (*gold.id).into(),
                gold.grade.to_string().into(),
                fate(gold).map_or(Cell::Missing, |fate| fate.name().into()),
                gold.fused.into(),
                gold.reranked.into(),
            ];
            cells.extend(gold.legs.iter().map(|&rank| Cell::from(rank)));
            cells.push(if gold.blind { "no" } else { "yes" }.into());
            cells.push(why.map_or(Cell::Missing, |why| why.words.as_str().into()));
            table.rows.push(cells);
        }
    }
    table
}

fn languages(snapshot: &Snapshot) -> Table {
    let mut columns = ["language", "queries", "verdict"].map(String::from).to_vec();
    for metric in &*snapshot.metrics {
        columns.extend(["first", "reranked", "ceiling"].map(|list| format!("{metric} {list}")));
    }
    let mut table = Table::new(columns);
    for row in &snapshot.languages {
        let verdict = snapshot.study.as_deref().and_then(|study| study.verdict_on(&row.language));
        let mut cells: Vec<Cell> = vec![
            row.language.as_str().into(),
            row.means.queries.into(),
            verdict.map_or(Cell::Missing, |verdict| verdict.class.words().into()),
        ];
        for mean in &row.by_metric {
            let both = mean.reranked;
            cells.push(both.map_or(mean.first, |both| both.first).into());
            cells.push(both.map(|both| both.reranked).into());
            cells.push(both.map_or(mean.ceiling, |both| both.ceiling).into());
        }
        table.rows.push(cells);
    }
    table
}

fn fates(snapshot: &Snapshot) -> Table {
    let mut counts: BTreeMap<Fate, usize> = BTreeMap::new();
    for gold in snapshot.queries.iter().flat_map(|row| &row.golds) {
        if let Some(fate) = fate(gold) {
            *counts.entry(fate).or_insert(0) += 1;
        }
    }
    let all: usize = counts.values().sum();
    let mut table = Table::new(["fate", "golds", "share"].map(String::from).to_vec());
    table.rows = Fate::ALL
        .into_iter()
        .filter_map(|fate| Some((fate, *counts.get(&fate)?)))
        .map(|(fate, count)| vec![fate.name().into(), count.into(), (count as f64 / all as f64).into()])
        .collect();
    table
}

pub(super) fn recall_curve(snapshot: &Snapshot) -> Table {
    let curve = &*snapshot.curve;
    let legs: Vec<_> = snapshot.legs.iter().zip(&curve.legs).filter(|(_, leg)| !leg.is_empty()).collect();
    let mut columns = vec!["n".to_owned(), "fused".to_owned()];
    columns.extend(legs.iter().map(|(name, _)| format!("leg {}", name.name)));
    let bounds = [("union", &curve.union), ("ceiling", &curve.ceiling)];
    let bounds = bounds.into_iter().filter(|(_, values)| !values.is_empty());
    columns.extend(bounds.clone().map(|(name, _)| name.to_owned()));
    let mut table = Table::new(columns);
    for (at, &fused) in curve.fused.iter().enumerate() {
        let mut cells: Vec<Cell> = vec![(at + 1).into(), f64::from(fused).into()];
        let lines = legs.iter().map(|(_, leg)| *leg).chain(bounds.clone().map(|(_, values)| values));
        cells.extend(lines.map(|values| Cell::from(values.get(at).copied().map(f64::from))));
        table.rows.push(cells);
    }
    table
}

fn heat_map(heat: &HeatMap) -> Table {
    let mut table = Table::new(["fusion", "alpha", "n", "first", "reranked"].map(String::from).to_vec());
    let whole = heat.first.iter().map(|mean| mean.queries).max().unwrap_or(0).max(1);
    for (method, fusion) in heat.methods.iter().enumerate() {
        for (alpha, &share) in heat.alphas.iter().enumerate() {
            for (at, &n) in heat.candidates.iter().enumerate() {
                let place = heat.index(method, alpha, at);
                let mean = |means: &[crate::tune::CellMean], least: usize| {
                    let mean = means.get(place).filter(|mean| mean.queries >= least);
                    Cell::from(mean.map(|mean| mean.mean))
                };
                table.rows.push(vec![
                    fusion.name().into(),
                    share.into(),
                    n.into(),
                    mean(&heat.first, 1),
                    mean(&heat.reranked, whole),
                ]);
            }
        }
    }
    table
}
