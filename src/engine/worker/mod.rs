//! The worker's loop: take what has come, do a slice of what is pending, answer when something changed.
//!
//! A request is answered at once with the facts that are there. Facts that arrive in a stream (scores,
//! progress) are answered together, at most every [`PACE`]. Legs of the judged queries are computed in
//! slices between messages, so that no request waits longer than one slice.

mod answer;
mod conclusions;
mod consent;
mod facts;
mod legs;
mod lexical;
mod news;
mod open;
mod reranked_run;
mod rerankers;
mod rivals;
mod second_stage;
mod spare;
mod status;
mod summary;
mod token_pairs;
mod tune;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::affords::AffordsUnderWay;
use super::background::{Background, DenseFacts, Fact, ModelFacts};
use super::interrupt::is_interrupted;
use super::judging::CostMeter;
use super::languages::TextRow;
use super::legs::Legs;
use super::query_state::QueryState;
use super::rejudge::Rejudge;
use super::runs::Runs;
use super::snapshot::{Affords, Approximation, FocusView, QueryRow, Question, RecallCurve, Request, Study};
use super::study::{Likenesses, StudyUnderWay};
use super::tuning::{Key, Tuner, Tuning};
use super::verdict::Deciding;
use super::watch::Watch;
use super::{Ending, EngineOptions, Event, News};
use crate::corpus::{Collection, Mark};
use crate::domain::{Language, QueryIdx, SecondStage};
use crate::error::{Error, Result};
use crate::index::{CacheFolder, FactCache, LexicalIndex};
use crate::judge::{Metric, Verdict};
use crate::models::Reading;
use crate::rerank::cascade::StagePlan;
use crate::rerank::http::{Ledgers, Quote};
use crate::rerank::{Runner, RunnerEvent};
use consent::AnswerBox;
use open::{open_legs, read};
use rivals::RivalsAtWork;
use spare::Spare;
use summary::Summary;
use token_pairs::TokenPairsAtWork;
use tune::Gathered;

/// Least time between two answers that no request asked for.
const PACE: Duration = Duration::from_millis(60);
/// Up to this many judged queries the verdict is made anew within every answer, else when all is quiet.
const VERDICT_AT_ONCE: usize = 150;
/// How long leg work goes on before messages are looked at again.
const SLICE: Duration = Duration::from_millis(5);
/// How long a request may wait for all queries to be judged anew; what is left follows in slices.
pub const JUDGE_AT_ONCE: Duration = Duration::from_millis(8);

/// What comes to the worker.
pub enum Message {
    Request(Request),
    Fact(Fact),
    Rerank(RunnerEvent),
    Tuned(Arc<Tuning>),
    /// Plans to hold against the present one.
    Rivals(Vec<SecondStage>),
    /// A service, by its name in the plan, that would cost money; `None`: the question is void.
    Asked(Option<(String, Quote)>),
    Agreed(bool),
    Mark(Mark),
    /// The collection as its files are now.
    Reread(Box<Result<Collection>>),
    Runs(mpsc::Sender<Runs>),
    Lists(mpsc::Sender<Vec<FocusView>>),
    /// The user ends the program.
    Interrupt,
    Stop,
}

/// Runs the engine until [`Message::Stop`], or until the collection turns out unusable.
pub fn run(
    options: EngineOptions,
    own: &mpsc::Sender<Message>,
    messages: &mpsc::Receiver<Message>,
    sink: &dyn Fn(Event),
    ending: &Ending,
) {
    let tell = |reading| {
        // Nobody waits for it any more.
        if ending.closed.load(Ordering::Relaxed) || is_interrupted() {
            return ControlFlow::Break(());
        }
        sink(Event::Reading(reading));
        ControlFlow::Continue(())
    };
    let (mut collection, legs) = match read(&options, &tell) {
        Ok((collection, legs)) => (Arc::new(collection), legs),
        Err(error) => return sink(Event::Failed(error)),
    };
    tracing::info!(
        collection = %options.collection.display(),
        passages = collection.passages.len(),
        queries = collection.queries.len(),
        judged = collection.judged_queries().count(),
        "collection read"
    );
    let mut legs = Some(legs);
    let watch = options.watch.then(|| {
        let tell = own.clone();
        Watch::start(options.collection.clone(), options.read.clone(), move |read| {
            let _ = tell.send(Message::Reread(Box::new(read)));
        })
    });
    let mut watch = watch.and_then(Result::ok);
    sink(Event::Opened(Arc::clone(&collection)));
    let (mut request, mut reread, mut rivals) = (None, false, Vec::new());
    // What is paid is paid, whichever passages it was for.
    let ledgers = Ledgers::default();
    loop {
        let opened = Arc::clone(&collection);
        let of_now = match legs.take() {
            Some(legs) => Ok(legs),
            None => open_legs(&options, &collection, &tell),
        };
        let worker =
            of_now.and_then(|legs| Worker::open(options.clone(), collection, legs, own, ledgers.clone()));
        let mut worker = match worker {
            Ok(worker) => worker,
            Err(error) => return sink(Event::Failed(error)),
        };
        worker.watch = watch.take();
        // Said when it can be answered: until then the screen shows what was there before.
        if reread {
            sink(Event::News(News::Reread { collection: opened, passages_changed: true }));
        }
        reread = true;
        if let Some(request) = request.take() {
            worker.take_request(request);
            worker.take_rivals(rivals);
        }
        let Some(next) = worker.work(messages, sink) else {
            return ending.through.store(worker.temporary.is_none(), Ordering::Relaxed);
        };
        (watch, request) = (worker.watch.take(), Some(worker.request.clone()));
        rivals = worker.rivals.names();
        // What its threads have found out is of other passages.
        drop(worker);
        let kept: Vec<Message> = messages.try_iter().filter(Message::is_asked).collect();
        kept.into_iter().for_each(|message| drop(own.send(message)));
        collection = next;
    }
}

impl Message {
    /// Whether it comes from outside, and not from the worker's own threads.
    fn is_asked(&self) -> bool {
        match self {
            Self::Request(_)
            | Self::Mark(_)
            | Self::Reread(_)
            | Self::Runs(_)
            | Self::Lists(_)
            | Self::Rivals(_)
            | Self::Agreed(_)
            | Self::Interrupt
            | Self::Stop => true,
            Self::Fact(_) | Self::Rerank(_) | Self::Tuned(_) | Self::Asked(_) => false,
        }
    }
}

/// State of the dense leg and of the model behind it.
enum Dense {
    Off,
    Working { done: usize, total: usize, doing: String },
    Ready(Arc<DenseFacts>),
    Failed(Error),
}

/// What must be computed anew before the next answer.
#[derive(Default)]
struct Dirty {
    /// All judged queries.
    judged: bool,
    /// These of them (positions in `Worker::judged`).
    rows: BTreeSet<usize>,
    /// Anything that the screen shows.
    view: bool,
    /// The list of pairs to score.
    work_list: bool,
    /// The verdict.
    verdict: bool,
    /// The study, which follows the verdict.
    study: bool,
    /// What other sizes of the candidate set take and reach.
    affords: bool,
    /// A request waits for this answer.
    urgent: bool,
}

struct Worker {
    options: EngineOptions,
    collection: Arc<Collection>,
    cache: CacheFolder,
    lexical: LexicalIndex,
    /// What the texts of each language are like; `None`: to be counted.
    texts: Option<BTreeMap<Language, TextRow>>,
    /// How the model reads each passage; `None` until all are embedded.
    readings: Option<Arc<[Reading]>>,
    facts: Arc<FactCache>,
    own: mpsc::Sender<Message>,
    background: Option<Background>,
    dense: Dense,
    model: Option<ModelFacts>,
    runtime: Option<String>,
    runner: Option<Runner>,
    /// By number; never forgotten, for scores are kept by it.
    rerankers: Vec<rerankers::Known>,
    /// The plan of the newest request, its rerankers by number.
    stages: Arc<[StagePlan]>,
    late: second_stage::LateParts,
    token_pairs: TokenPairsAtWork,
    rivals: RivalsAtWork,
    spare: Spare,
    ledgers: Ledgers,
    answers: AnswerBox,
    question: Option<Arc<Question>>,
    legs: Legs,
    /// By leg: up to this position of `judged`, every query has it.
    complete_to: Vec<usize>,
    /// By [`QueryIdx`].
    listed: Vec<QueryState>,
    typed: Option<QueryState>,
    judged: Vec<QueryIdx>,
    /// In the order of `judged`.
    rows: Arc<Vec<QueryRow>>,
    /// Of `rows`, once it was asked for.
    summary: Option<Summary>,
    /// The pass that makes `rows` anew, where it is not done.
    rejudge: Option<Rejudge>,
    position: BTreeMap<QueryIdx, usize>,
    curve: Arc<RecallCurve>,
    findings: Option<Arc<Verdict>>,
    affords: Arc<Affords>,
    affording: Option<AffordsUnderWay>,
    approximation: Option<Approximation>,
    /// Of the rows' scores.
    metrics: Arc<[Metric]>,
    study: Option<Arc<Study>>,
    studying: Option<StudyUnderWay>,
    deciding: Option<Deciding>,
    likenesses: Likenesses,
    tuner: Option<Tuner>,
    tuning: Option<Arc<Tuning>>,
    gathered: Option<Gathered>,
    /// Of the picture that was begun last.
    tuning_begun: Option<Key>,
    /// Counts what came in that a picture depends on.
    facts_seen: u64,
    /// Whether the files of the collection, as they were read last, could not be read.
    unreadable: bool,
    request: Request,
    asked: bool,
    revision: u64,
    dirty: Dirty,
    notes: Vec<String>,
    /// To be told before the next answer.
    outbox: Vec<Event>,
    watch: Option<Watch>,
    /// How many queries the background embeds; those behind them are asked for one by one.
    queries_at_start: usize,
    /// By leg.
    leg_costs: Vec<CostMeter>,
    /// Stands in for the cache folder where that cannot be written; goes with the program.
    temporary: Option<tempfile::TempDir>,
}

impl Worker {
    /// Works until it is stopped, or until the collection has to be opened anew.
    fn work(&mut self, messages: &mpsc::Receiver<Message>, sink: &dyn Fn(Event)) -> Option<Arc<Collection>> {
        let mut answered = Instant::now();
        loop {
            let pending = self.has_pending();
            self.let_tune(!pending && !self.dirty.urgent);
            let due = self.dirty.view && self.asked;
            let message = if pending || (due && self.dirty.urgent) {
                messages.try_recv().ok()
            } else if due {
                let wait = PACE.saturating_sub(answered.elapsed());
                messages.recv_timeout(wait).ok()
            } else {
                match messages.recv() {
                    Ok(message) => Some(message),
                    Err(mpsc::RecvError) => return None,
                }
            };
            let quiet = message.is_none();
            for message in message.into_iter().chain(std::iter::from_fn(|| messages.try_recv().ok())) {
                match message {
                    Message::Stop => return None,
                    Message::Interrupt => {
                        sink(Event::Failed(self.interrupted()));
                        return None;
                    }
                    Message::Reread(read) => {
                        if let Some(collection) = self.take_reread(*read) {
                            return Some(collection);
                        }
                    }
                    message => self.take(message),
                }
            }
            self.outbox.drain(..).for_each(sink);
            self.ensure_focus();
            let due = self.dirty.view && self.asked;
            if due && (self.dirty.urgent || answered.elapsed() >= PACE) {
                sink(Event::Snapshot(Arc::new(self.answer())));
                answered = Instant::now();
            } else if quiet || pending {
                self.slice();
            }
        }
    }

    /// What is kept of the work that the user stops.
    fn interrupted(&self) -> Error {
        let kept = match &self.dense {
            Dense::Working { done, total, .. } if *done > 0 => {
                format!("{done} of {total} are embedded and kept, with all scores so far")
            }
            _ => "everything that was computed is kept".to_owned(),
        };
        Error::interrupted(format!("stopped: {kept}")).advise("the next start goes on from there")
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Request(request) => self.take_request(request),
            Message::Fact(fact) => self.take_fact(fact),
            Message::Rerank(event) => self.take_rerank(event),
            Message::Tuned(tuning) => self.take_tuning(tuning),
            Message::Rivals(plans) => self.take_rivals(plans),
            Message::Asked(asked) => self.take_question(asked),
            Message::Agreed(yes) => self.take_answer(yes),
            Message::Runs(reply) => {
                let _ = reply.send(self.runs());
            }
            Message::Lists(reply) => {
                let _ = reply.send(self.lists());
            }
            Message::Mark(mark) => self.take_mark(mark),
            Message::Stop | Message::Interrupt | Message::Reread(_) => {}
        }
    }

    fn take_request(&mut self, request: Request) {
        if request.settings != self.request.settings || !self.asked {
            self.dirty.judged = true;
            self.dirty.work_list = true;
            if request.settings.reranker != self.request.settings.reranker {
                self.forgive_rerankers();
            }
            self.take_plan(&request.settings.reranker, request.settings.candidates);
            self.forget_legs(&request.settings);
            self.give_up_tuning();
        } else if self.rerank_failure().is_some() && self.is_asked_again(&request) {
            self.forgive_rerankers();
            self.dirty.judged = true;
            self.dirty.work_list = true;
        }
        if request.focus != self.request.focus {
            self.dirty.work_list = true;
        }
        let renewed = request.settings != self.request.settings;
        self.request = request;
        if renewed {
            self.renew_rivals();
        }
        self.asked = true;
        self.revision = 0;
        self.dirty.view = true;
        self.dirty.urgent = true;
    }
}

impl Worker {
    /// Whether it is the same request once more: a wish for another try.
    fn is_asked_again(&self, request: &Request) -> bool {
        let now = Request { generation: request.generation, ..self.request.clone() };
        request.generation != self.request.generation && *request == now
    }
}
