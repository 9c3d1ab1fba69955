//! The view of the collection: every query a row, worst first.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::corpus::Collection;
use crate::domain::{Fate, QueryIdx, Rank};
use crate::engine::{QueryRow, Snapshot};
use crate::judge::Metrics;

use super::super::filter::is_reranked;
use super::super::lines::{QueryMark, known_fate, query_mark, severity};
use super::super::state::State;
use super::{Column, Table};

/// Edges of the histogram's bins: ranks 1, 2 to 3, and so on; what lies beyond the last, and what is in no
/// list, has a bin of its own.
pub const BINS: [Rank; 8] = [1, 3, 5, 10, 20, 50, 100, 1000];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryColumn {
    Id,
    Language,
    Golds,
    Lost,
    Recall,
    First,
    Reranked,
    Gain,
    Precision,
    Fate,
}

impl Column for QueryColumn {
    const ALL: &'static [Self] = &[
        Self::Fate,
        Self::Id,
        Self::Language,
        Self::Golds,
        Self::Lost,
        Self::Recall,
        Self::First,
        Self::Reranked,
        Self::Gain,
        Self::Precision,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Id => "query",
            Self::Language => "lang",
            Self::Golds => "golds",
            Self::Lost => "lost",
            Self::Recall => "r@N",
            Self::First => "nDCG@10",
            Self::Reranked => "reranked",
            Self::Gain => "gain",
            Self::Precision => "P@5",
            Self::Fate => "fate",
        }
    }
}

#[derive(Debug, Clone)]
pub struct QueryTable {
    pub table: Table<QueryIdx, QueryColumn>,
    /// Queries that the strip adds up; none: all that pass the filter.
    pub marked: BTreeSet<QueryIdx>,
}

impl Default for QueryTable {
    fn default() -> Self {
        Self { table: Table::sorted_by(QueryColumn::Fate), marked: BTreeSet::new() }
    }
}

/// The judged row of a query; the judged rows are in file order.
pub fn row_of(snapshot: &Snapshot, query: QueryIdx) -> Option<&QueryRow> {
    let at = snapshot.queries.binary_search_by_key(&query, |row| row.query).ok()?;
    snapshot.queries.get(at)
}

/// Golds that never reached the reranker: in no list, and cut or lost in fusion.
pub fn lost(row: &QueryRow) -> (usize, usize) {
    let fates = || row.golds.iter().filter_map(known_fate).filter(|fate| fate.is_lost_before_rerank());
    let cut = fates().filter(|fate| matches!(fate, Fate::CutAtN | Fate::LostInFusion)).count();
    (fates().count() - cut, cut)
}

/// The metrics of what is delivered, as far as they are known.
pub fn delivered(row: &QueryRow) -> Option<&Metrics> {
    row.reranked.as_ref().or(row.first.as_ref())
}

/// The queries that pass the filter, in the order that the table asks for; those that have no value
/// there stand last, either way round.
pub fn ordered(state: &State) -> Vec<QueryIdx> {
    let Some(collection) = &state.collection else { return Vec::new() };
    let table = &state.tables.queries.table;
    let row = |query: QueryIdx| row_of(state.snapshot.as_deref()?, query);
    let mut keyed: Vec<(Option<Key<'_>>, QueryIdx)> = state
        .queries
        .iter()
        .map(|&query| (Key::of(table.sort, query, row(query), collection), query))
        .collect();
    keyed.sort_by(|(a, first), (b, second)| match (a, b) {
        (Some(a), Some(b)) if table.reversed => b.order(a).then(first.cmp(second)),
        (Some(a), Some(b)) => a.order(b).then(first.cmp(second)),
        (a, b) => b.is_some().cmp(&a.is_some()).then(first.cmp(second)),
    });
    keyed.into_iter().map(|(_, query)| query).collect()
}

/// What a query is sorted by; the worst is the least.
enum Key<'a> {
    Text(&'a str),
    Numbers([f64; 3]),
}

impl<'a> Key<'a> {
    fn of(
        column: QueryColumn,
        query: QueryIdx,
        row: Option<&QueryRow>,
        collection: &'a Collection,
    ) -> Option<Self> {
        let of_file = collection.queries.get(query.index())?;
        let one = |value: f64| Some(Self::Numbers([value, 0.0, 0.0]));
        match column {
            QueryColumn::Id => return Some(Self::Text(&of_file.id)),
            QueryColumn::Language => return Some(Self::Text(of_file.language.as_str())),
            _ => {}
        }
        let row = row?;
        match column {
            QueryColumn::Golds => one(-(row.golds.len() as f64)),
            QueryColumn::Lost => {
                let (never, cut) = lost(row);
                Some(Self::Numbers([-((never + cut) as f64), -(never as f64), 0.0]))
            }
            QueryColumn::Recall => one(row.first?.recall),
            QueryColumn::First => one(row.first?.ndcg10),
            QueryColumn::Reranked => one(row.reranked?.ndcg10),
            QueryColumn::Gain => one(row.reranked?.ndcg10 - row.first?.ndcg10),
            QueryColumn::Precision => one(delivered(row)?.precision5),
            QueryColumn::Fate => match query_mark(Some(row)) {
                QueryMark::NoGolds => None,
                QueryMark::Waiting => Some(Self::Numbers([1.0, 0.0, 0.0])),
                QueryMark::Worst(fate) => {
                    let metrics = delivered(row).copied().unwrap_or(Metrics::ZERO);
                    Some(Self::Numbers([-f64::from(severity(fate).0), metrics.recall, metrics.ndcg10]))
                }
            },
            QueryColumn::Id | QueryColumn::Language => None,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Numbers(a), Self::Numbers(b)) => {
                let by_one = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
                by_one.fold(Ordering::Equal, Ordering::then)
            }
            _ => Ordering::Equal,
        }
    }
}

/// Queries added up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sum {
    /// Whether they are those that were marked.
    pub marked: bool,
    pub queries: usize,
    /// Of these, with judgments that are measured.
    pub judged: usize,
    pub golds: usize,
    /// By fate, in the order of [`Fate::ALL`].
    pub fates: [usize; Fate::ALL.len()],
    /// Golds whose fate is not known yet.
    pub waiting: usize,
    pub first: Option<Metrics>,
    /// First stage, reranked and ceiling over the queries that are wholly reranked, and how many.
    pub reranked: Option<(Metrics, Metrics, Metrics, usize)>,
    /// Unjudged passages that are nearly a gold.
    pub probable_positives: usize,
    /// Golds by rank, a bin each for [`BINS`], beyond them, and in no list.
    pub first_ranks: [usize; BINS.len() + 2],
    pub reranked_ranks: [usize; BINS.len() + 2],
}

/// The marked queries, or all that pass the filter.
pub fn sum(state: &State) -> Sum {
    let marked = &state.tables.queries.marked;
    let queries: Vec<QueryIdx> =
        state.queries.iter().copied().filter(|query| marked.is_empty() || marked.contains(query)).collect();
    let mut sum = Sum { marked: !marked.is_empty(), queries: queries.len(), ..Sum::default() };
    let Some(snapshot) = state.snapshot.as_deref() else { return sum };
    let rows: Vec<&QueryRow> = queries.iter().filter_map(|&query| row_of(snapshot, query)).collect();
    for gold in rows.iter().flat_map(|row| &row.golds) {
        sum.golds += 1;
        match known_fate(gold).and_then(|fate| Fate::ALL.iter().position(|&other| other == fate)) {
            Some(at) => sum.fates[at] += 1,
            None => sum.waiting += 1,
        }
        sum.first_ranks[bin(gold.fused)] += 1;
        if is_reranked(gold) {
            sum.reranked_ranks[bin(gold.reranked)] += 1;
        }
    }
    sum.judged = rows.iter().filter(|row| row.first.is_some()).count();
    sum.first = Metrics::mean(rows.iter().filter_map(|row| row.first));
    let both = || rows.iter().filter_map(|row| Some((row.first?, row.reranked?, row.ceiling?)));
    let of = |part: fn((Metrics, Metrics, Metrics)) -> Metrics| Metrics::mean(both().map(part));
    sum.reranked = of(|all| all.0)
        .zip(of(|all| all.1))
        .zip(of(|all| all.2))
        .map(|((first, reranked), ceiling)| (first, reranked, ceiling, both().count()));
    if let Some(study) = &snapshot.study {
        let of_row = |row: &&QueryRow| {
            let at = snapshot.queries.binary_search_by_key(&row.query, |row| row.query).ok()?;
            Some(study.probable_positives.get(at)?.len())
        };
        sum.probable_positives = rows.iter().filter_map(of_row).sum();
    }
    sum
}

/// The histogram's bin of a rank.
pub fn bin(rank: Option<Rank>) -> usize {
    rank.map_or(BINS.len() + 1, |rank| BINS.iter().position(|&edge| rank <= edge).unwrap_or(BINS.len()))
}

/// The ranks of a bin as a filter has them.
pub fn bin_span(bin: usize) -> String {
    if bin > BINS.len() { "none".to_owned() } else { bin_name(bin) }
}

/// The ranks of a bin in words: `1`, `2-3`, `>1000`, `no list`.
pub fn bin_name(bin: usize) -> String {
    match (bin.checked_sub(1).and_then(|before| BINS.get(before)), BINS.get(bin)) {
        (None, Some(edge)) => edge.to_string(),
        (Some(before), Some(edge)) => format!("{}-{edge}", before + 1),
        (Some(before), None) if bin == BINS.len() => format!(">{before}"),
        _ => "no list".to_owned(),
    }
}
