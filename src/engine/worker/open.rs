//! Opening: from the options to a worker that has read its collection and its legs, and whose threads run.

use std::ops::ControlFlow;
use std::sync::{Arc, mpsc};

use super::consent::AnswerBox;
use super::is_interrupted;
use super::rivals::RivalsAtWork;
use super::spare::Spare;
use super::token_pairs::TokenPairsAtWork;
use super::{Dense, Dirty, Message, Worker, lexical};
use crate::corpus::{self, Collection};
use crate::domain::QueryIdx;
use crate::engine::EngineOptions;
use crate::engine::background::Background;
use crate::engine::judging::CostMeter;
use crate::engine::legs::Legs;
use crate::engine::query_state::QueryState;
use crate::engine::snapshot::{Focus, Request};
use crate::engine::study::Likenesses;
use crate::error::{Error, Result};
use crate::index::{CacheFolder, FactCache};
use crate::rerank::http::Ledgers;

/// Of runs, and what is odd in them.
pub(super) type OpenLegs = (Legs, Vec<String>);

/// Reads the collection and the runs, and says how far it is.
pub(super) fn read(
    options: &EngineOptions,
    tell: &dyn Fn(corpus::Reading) -> ControlFlow<()>,
) -> Result<(Collection, OpenLegs)> {
    let read = corpus::read_telling(&options.collection, &options.read, tell).and_then(|collection| {
        let legs = open_legs(options, &collection, tell)?;
        Ok((collection, legs))
    });
    match read {
        Err(_) if is_interrupted() => Err(Error::interrupted("stopped while reading the collection")),
        read => read,
    }
}

pub(super) fn open_legs(
    options: &EngineOptions,
    collection: &Collection,
    tell: &dyn Fn(corpus::Reading) -> ControlFlow<()>,
) -> Result<OpenLegs> {
    let mut notes = Vec::new();
    let legs = Legs::open(&options.legs, collection, &options.read, &mut notes, tell)?;
    Ok((legs, notes))
}

impl Worker {
    pub(super) fn open(
        options: EngineOptions,
        collection: Arc<Collection>,
        (legs, mut notes): OpenLegs,
        own: &mpsc::Sender<Message>,
        ledgers: Ledgers,
    ) -> Result<Self> {
        let (cache, temporary) = cache_folder(&options, &mut notes)?;
        let lexical = lexical::open(&cache, &collection, options.settings.analysis, &mut notes)?;
        let (facts, note) = FactCache::open(&cache.facts())?;
        notes.extend(note);
        let facts = Arc::new(facts.with_scores_max(options.score_cache_max));

        let tell = own.clone();
        let background = match options.use_model {
            false => None,
            true => Some(Background::start(&options, &collection, &cache, &facts, move |fact| {
                let _ = tell.send(Message::Fact(fact));
            })?),
        };
        let listed: Vec<QueryState> = (0u32..)
            .zip(&collection.queries)
            .map(|(i, _)| QueryState::listed(&collection, QueryIdx(i), legs.len()))
            .collect();
        let judged = worked_queries(&collection, options.eager);
        let request = Request {
            generation: 0,
            settings: options.settings.clone(),
            focus: judged.first().map_or(Focus::Typed(String::new()), |&query| Focus::Listed(query)),
            inspect: None,
            tune: None,
            trace: None,
            whole: false,
        };
        let mut worker = Self {
            dense: match options.use_model {
                false => Dense::Off,
                true => Dense::Working { done: 0, total: 0, doing: "starting".to_owned() },
            },
            position: judged.iter().copied().zip(0..).collect(),
            rows: Arc::default(),
            summary: None,
            rejudge: None,
            curve: Arc::default(),
            findings: None,
            affords: Arc::default(),
            affording: None,
            approximation: None,
            metrics: Arc::default(),
            study: None,
            studying: None,
            deciding: None,
            likenesses: Likenesses::default(),
            tuner: None,
            tuning: None,
            gathered: None,
            tuning_begun: None,
            facts_seen: 1,
            unreadable: false,
            dirty: Dirty { judged: true, ..Dirty::default() },
            asked: false,
            revision: 0,
            model: None,
            runtime: None,
            runner: None,
            rerankers: Vec::new(),
            stages: Arc::from([]),
            late: Arc::default(),
            token_pairs: TokenPairsAtWork::default(),
            rivals: RivalsAtWork::default(),
            spare: Spare::default(),
            ledgers,
            answers: AnswerBox::default(),
            question: None,
            typed: None,
            leg_costs: vec![CostMeter::default(); legs.len()],
            complete_to: vec![0; legs.len()],
            legs,
            own: own.clone(),
            outbox: Vec::new(),
            watch: None,
            queries_at_start: collection.queries.len(),
            options,
            collection,
            cache,
            lexical,
            texts: None,
            readings: None,
            facts,
            background,
            listed,
            judged,
            request,
            notes,
            temporary,
        };
        let settings = worker.options.settings.clone();
        worker.take_plan(&settings.reranker, settings.candidates);
        if let Some(error) = worker.run_failure() {
            return Err(error);
        }
        worker.start_runner();
        Ok(worker)
    }
}

/// The queries that are searched, reranked and reported: the judged ones. Where there is none, all, for a
/// report of signals; a screen has enough with the query that it shows.
pub(super) fn worked_queries(collection: &Collection, eager: bool) -> Vec<QueryIdx> {
    let judged: Vec<QueryIdx> = collection.judged_queries().collect();
    match judged.is_empty() && !eager {
        true => (0u32..).zip(&collection.queries).map(|(query, _)| QueryIdx(query)).collect(),
        false => judged,
    }
}

/// The cache folder, or one that ends with the program where that cannot be written.
fn cache_folder(
    options: &EngineOptions,
    notes: &mut Vec<String>,
) -> Result<(CacheFolder, Option<tempfile::TempDir>)> {
    match CacheFolder::new(options.cache_dir.as_deref()) {
        Ok(folder) => Ok((folder, None)),
        Err(error) if options.cache_dir.is_some() => Err(error),
        Err(error) => {
            let temporary = tempfile::tempdir()
                .map_err(|e| Error::input(format!("no cache folder and no temporary folder: {e}")))?;
            notes.push(format!("nothing is kept for the next start: {error}"));
            Ok((CacheFolder::new(Some(temporary.path()))?, Some(temporary)))
        }
    }
}
