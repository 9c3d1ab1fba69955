//! The view that compares: the pinned setting A against the present one B, the queries that changed most
//! first.

use std::sync::Arc;

use crate::domain::{QueryIdx, Settings};
use crate::engine::QueryRow;
use crate::engine::compare::{Comparison, QueryChange, Question, Side};
use crate::judge::Metric;

use super::{Column, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeColumn {
    /// The greatest difference, either way.
    Change,
    Gain,
    Loss,
    Id,
    Language,
    A,
    B,
}

impl Column for ChangeColumn {
    const ALL: &'static [Self] =
        &[Self::Change, Self::Gain, Self::Loss, Self::Id, Self::Language, Self::A, Self::B];

    fn title(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Gain => "gain",
            Self::Loss => "loss",
            Self::Id => "query",
            Self::Language => "lang",
            Self::A => "A",
            Self::B => "B",
        }
    }
}

#[derive(Debug, Clone)]
pub struct ChangeTable {
    pub table: Table<QueryIdx, ChangeColumn>,
    /// A; `None` until a setting is pinned.
    pub pinned: Option<Pinned>,
    /// The metric by which queries are ordered; `None`: the usual one.
    pub by: Option<Metric>,
    /// `None` while A and B are the same, or either is not judged yet. Without its metrics until the tests
    /// are through.
    pub comparison: Option<Arc<Comparison>>,
    /// The rows of B and the side A that it was made of.
    pub compared: Option<(Arc<Vec<QueryRow>>, Arc<Side>)>,
    /// Number of the newest comparison.
    pub asked: u64,
}

/// A setting that others are compared with.
#[derive(Debug, Clone)]
pub struct Pinned {
    pub name: String,
    pub settings: Settings,
    /// `None` until the engine has judged it.
    pub side: Option<Arc<Side>>,
}

impl Default for ChangeTable {
    fn default() -> Self {
        Self {
            table: Table::sorted_by(ChangeColumn::Change),
            pinned: None,
            by: None,
            comparison: None,
            compared: None,
            asked: 0,
        }
    }
}

impl ChangeTable {
    /// What is asked. Whoever turns knobs while looking at these very queries tunes on them: the tests are
    /// exploratory.
    pub fn question(&self) -> Question {
        let usual = Question::default();
        Question { by: self.by.unwrap_or(usual.by), tuned_on_these: true, ..usual }
    }

    /// The change of a query.
    pub fn change(&self, query: QueryIdx) -> Option<&QueryChange> {
        self.comparison.as_ref()?.changed.iter().find(|change| change.at == Some(query))
    }
}

/// The queries that changed, in the order that the table asks for.
pub fn ordered(table: &ChangeTable) -> Vec<QueryIdx> {
    let Some(comparison) = &table.comparison else { return Vec::new() };
    let mut changed: Vec<(&QueryChange, QueryIdx)> =
        comparison.changed.iter().filter_map(|change| Some((change, change.at?))).collect();
    let gain = |change: &QueryChange| change.b - change.a;
    changed.sort_by(|(one, first), (other, second)| {
        let order = match table.table.sort {
            ChangeColumn::Change => gain(other).abs().total_cmp(&gain(one).abs()),
            ChangeColumn::Gain => gain(other).total_cmp(&gain(one)),
            ChangeColumn::Loss => gain(one).total_cmp(&gain(other)),
            ChangeColumn::Id => one.query.cmp(&other.query),
            ChangeColumn::Language => one.language.cmp(&other.language),
            ChangeColumn::A => one.a.total_cmp(&other.a),
            ChangeColumn::B => one.b.total_cmp(&other.b),
        };
        let order = if table.table.reversed { order.reverse() } else { order };
        order.then(first.cmp(second))
    });
    changed.into_iter().map(|(_, query)| query).collect()
}
