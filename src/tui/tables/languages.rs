//! The view of languages: the protocol for each language of the queries, the weakest first.

use crate::domain::{Fate, Language};
use crate::engine::languages::{Cell, Proportion, TextRow};
use crate::engine::{GoldRow, LanguageRow, QueryRow, Snapshot};

use super::super::lines::{known_fate, severity};
use super::super::state::State;
use super::{Column, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LanguageColumn {
    Name,
    Queries,
    Recall,
    Precision,
    Gain,
    Lost,
    Passages,
}

impl Column for LanguageColumn {
    const ALL: &'static [Self] =
        &[Self::Recall, Self::Name, Self::Queries, Self::Precision, Self::Gain, Self::Lost, Self::Passages];

    fn title(self) -> &'static str {
        match self {
            Self::Name => "language",
            Self::Queries => "queries",
            Self::Recall => "r@N",
            Self::Precision => "P@5",
            Self::Gain => "gain",
            Self::Lost => "main loss",
            Self::Passages => "passages",
        }
    }
}

#[derive(Debug, Clone)]
pub struct LanguageTable {
    /// Rows by place in [`lines`], which is in the order of the tags and grows only with the collection.
    pub table: Table<LanguageKey, LanguageColumn>,
    /// Whose recall the matrix shows: 0 the fused list, then the legs.
    pub matrix: usize,
}

/// A language, by its place among those of the collection's queries and passages, in order of the tags.
pub type LanguageKey = usize;

impl Default for LanguageTable {
    fn default() -> Self {
        Self { table: Table::sorted_by(LanguageColumn::Recall), matrix: 0 }
    }
}

/// What there is to say of one language.
#[derive(Debug, Clone)]
pub struct LanguageLine<'a> {
    pub language: &'a Language,
    /// Of its queries; `None` where none is judged.
    pub means: Option<&'a LanguageRow>,
    /// How its text is cut; `None` where nothing of it was counted.
    pub text: Option<&'a TextRow>,
}

/// The commonest loss among the golds of some queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    pub fate: Fate,
    /// Golds that have it.
    pub golds: usize,
    /// Of so many golds.
    pub of: usize,
    /// Of those that have it, how many share no term with their query.
    pub blind: usize,
}

/// Every language of the report and of the judged queries, in order of the tags.
pub fn lines(snapshot: &Snapshot) -> Vec<LanguageLine<'_>> {
    let texts = &snapshot.language_report.texts;
    let mut languages: Vec<&Language> = texts.iter().map(|row| &row.language).collect();
    languages.extend(snapshot.languages.iter().map(|row| &row.language));
    languages.sort_unstable();
    languages.dedup();
    let line = |language| LanguageLine {
        language,
        means: snapshot.languages.iter().find(|row| row.language == *language),
        text: texts.iter().find(|row| row.language == *language),
    };
    languages.into_iter().map(line).collect()
}

/// The commonest loss in the judged rows of one language; before the reranker first, for the reranker
/// cannot make good what it never sees.
pub fn main_loss<'a>(rows: impl Iterator<Item = &'a QueryRow>) -> Option<Loss> {
    let mut counts = [(0usize, 0usize); Fate::ALL.len()];
    let mut of = 0;
    for gold in rows.flat_map(|row| &row.golds) {
        of += 1;
        if let Some(at) = known_fate(gold).and_then(|fate| Fate::ALL.iter().position(|&f| f == fate)) {
            counts[at].0 += 1;
            counts[at].1 += usize::from(gold.blind);
        }
    }
    let losses = Fate::ALL.into_iter().zip(counts).filter(|(fate, (golds, _))| {
        *golds > 0 && (fate.is_lost_before_rerank() || matches!(fate, Fate::Demoted | Fate::NotLifted))
    });
    losses
        .max_by_key(|&(fate, (golds, _))| (fate.is_lost_before_rerank(), golds, severity(fate).0))
        .map(|(fate, (golds, blind))| Loss { fate, golds, of, blind })
}

/// The lines with their losses, in the order that the table asks for; languages without judged queries
/// last.
pub fn ordered(state: &State) -> Vec<LanguageKey> {
    let Some(snapshot) = state.snapshot.as_deref() else { return Vec::new() };
    let table = &state.tables.languages.table;
    let lines = lines(snapshot);
    let key = |line: &LanguageLine<'_>| -> Option<f64> {
        let means = line.means.map(|row| &row.means);
        match table.sort {
            LanguageColumn::Name => Some(0.0),
            LanguageColumn::Queries => means.map(|means| -(means.queries as f64)),
            LanguageColumn::Recall => means.map(|means| means.first.recall),
            LanguageColumn::Precision => {
                means.map(|means| means.reranked.map_or(means.first, |r| r.reranked).precision5)
            }
            LanguageColumn::Gain => means.and_then(|means| {
                Some(means.reranked?.reranked.precision5 - means.reranked?.first.precision5)
            }),
            LanguageColumn::Lost => {
                let loss = main_loss(rows_of(state, line.language));
                means.map(|_| -loss.map_or(0.0, |loss| loss.golds as f64 / loss.of.max(1) as f64))
            }
            LanguageColumn::Passages => line.text.map(|text| -(text.passages as f64)),
        }
    };
    let mut keyed: Vec<(Option<f64>, LanguageKey)> = lines.iter().map(key).zip(0..).collect();
    keyed.sort_by(|(a, i), (b, j)| match (a, b) {
        (Some(a), Some(b)) if table.reversed => b.total_cmp(a).then(j.cmp(i)),
        (Some(a), Some(b)) => a.total_cmp(b).then(i.cmp(j)),
        (a, b) => b.is_some().cmp(&a.is_some()).then(i.cmp(j)),
    });
    keyed.into_iter().map(|(_, key)| key).collect()
}

/// The judged rows of the queries in one language.
pub fn rows_of<'a>(state: &'a State, language: &'a Language) -> impl Iterator<Item = &'a QueryRow> {
    let collection = state.collection.as_deref();
    let rows = state.snapshot.as_deref().map_or(&[][..], |snapshot| &snapshot.queries[..]);
    rows.iter().filter(move |row| {
        collection.and_then(|c| c.queries.get(row.query.index())).is_some_and(|q| q.language == *language)
    })
}

/// Mean recall of a leg alone within `n`, over these judged rows, as recall of the fused list is averaged;
/// `None` for no row.
pub fn leg_recall<'a>(rows: impl Iterator<Item = &'a QueryRow>, leg: usize, n: usize) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0usize);
    for row in rows.filter(|row| row.first.is_some()) {
        let within =
            |gold: &&GoldRow| gold.legs.get(leg).copied().flatten().is_some_and(|rank| rank as usize <= n);
        sum += row.golds.iter().filter(within).count() as f64 / row.golds.len().max(1) as f64;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

/// Recall in one cell of the matrix.
pub fn in_cell(cell: &Cell, leg: usize) -> Option<Proportion> {
    match leg.checked_sub(1) {
        None => Some(cell.fused),
        Some(leg) => cell.legs.get(leg).copied().flatten(),
    }
}
