//! One query: its metrics, and of each gold the ranks, the fate, and what brings it back.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::stages::{MetricMap, Stages};
use crate::corpus::Collection;
use crate::domain::{Fate, Grade, LegName, Rank};
use crate::engine::{GoldRow, GoldWhy, Snapshot};
use crate::error::Result;
use crate::export::judge_parts::{PositivePart, QueryByName, SignalsPart, positive, signals};

#[derive(Serialize)]
pub(super) struct QueryPart<'a> {
    id: &'a str,
    language: String,
    text: &'a str,
    #[serde(flatten)]
    stages: Stages,
    by_name: Option<QueryByName<'a>>,
    golds: Vec<GoldPart<'a>>,
    probable_positives: Vec<PositivePart<'a>>,
    signals: Option<SignalsPart<'a>>,
}

#[derive(Serialize)]
struct GoldPart<'a> {
    passage: &'a str,
    grade: Grade,
    ranks: Ranks<'a>,
    fate: Option<Fate>,
    /// Whether query and passage share no term.
    blind: bool,
    /// `null` where it was not lost before the reranker.
    why: Option<WhyPart<'a>>,
    /// The rank after each stage of the second stage.
    stages: Vec<Option<Rank>>,
    /// Which of them made the fate.
    decided_by: Option<DecidedBy>,
}

/// Why a gold was lost, and what brings it back: computed, each change tried.
#[derive(Serialize)]
struct WhyPart<'a> {
    words: &'a str,
    /// Fused scores of the gold and of the last candidate.
    margin: Option<MarginPart>,
    /// Smallest change first.
    ways: Vec<WayPart<'a>>,
}

#[derive(Serialize)]
struct MarginPart {
    gold: f32,
    cut: f32,
}

#[derive(Serialize)]
struct WayPart<'a> {
    change: &'a str,
    rank_then: Rank,
    size: f64,
}

fn why(of: &GoldWhy) -> WhyPart<'_> {
    WhyPart {
        words: &of.words,
        margin: of.margin.map(|margin| MarginPart { gold: margin.gold, cut: margin.cut }),
        ways: (of.ways.iter())
            .map(|way| WayPart { change: &way.change, rank_then: way.rank_then, size: way.size })
            .collect(),
    }
}

#[derive(Serialize)]
struct DecidedBy {
    stage: String,
    act: &'static str,
}

/// Ranks by leg and stage; `null`: not returned.
struct Ranks<'a>(&'a GoldRow, &'a [LegName]);

impl Serialize for Ranks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (leg, rank) in self.1.iter().zip(&*self.0.legs) {
            map.serialize_entry(&*leg.name, rank)?;
        }
        let later: [(&str, Option<Rank>); 2] = [("fused", self.0.fused), ("reranked", self.0.reranked)];
        for (name, rank) in later {
            map.serialize_entry(name, &rank)?;
        }
        map.end()
    }
}

pub(super) fn query<'a>(at: usize, snapshot: &'a Snapshot, collection: &'a Collection) -> QueryPart<'a> {
    let (row, n) = (&snapshot.queries[at], snapshot.settings.candidates);
    let plan = &snapshot.settings.reranker;
    let query = collection.query(row.query);
    let study = snapshot.study.as_deref();
    let positives = study.and_then(|study| study.probable_positives.get(at)).map_or(&[][..], Vec::as_slice);
    let whys = study.and_then(|study| study.whys.get(at)).map_or(&[][..], Vec::as_slice);
    let of_lists = study.and_then(|study| Some((study, study.signals.get(at)?.as_ref()?)));
    let map = |metrics| MetricMap { n, metrics };
    QueryPart {
        id: &query.id,
        language: query.language.to_string(),
        text: &query.text,
        stages: Stages {
            first: row.first.map(map),
            reranked: row.reranked.map(map),
            ceiling: row.ceiling.map(map),
        },
        golds: (row.golds.iter().enumerate())
            .map(|(place, gold)| GoldPart {
                passage: &gold.id,
                grade: gold.grade,
                ranks: Ranks(gold, &snapshot.legs),
                fate: gold.fate,
                blind: gold.blind,
                why: whys.get(place).and_then(|found| found.as_ref()).map(why),
                stages: match row.rerank_complete {
                    true => gold.earlier.iter().copied().chain([gold.reranked]).collect(),
                    false => Vec::new(),
                },
                decided_by: gold.decided_by.and_then(|verdict| {
                    let stage = plan.stages.get(verdict.stage)?.to_string();
                    Some(DecidedBy { stage, act: verdict.act.name() })
                }),
            })
            .collect(),
        by_name: row.scores.as_ref().map(|scores| QueryByName { metrics: &snapshot.metrics, scores }),
        probable_positives: positives.iter().map(|found| positive(found, collection)).collect(),
        signals: of_lists.map(|(study, found)| signals(found, &study.signal_legs, &snapshot.legs)),
    }
}
