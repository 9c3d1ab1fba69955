//! The second stage: scores for (query, passage) pairs. What comes first in the list is the judge's and
//! the screen's business; here are the scores, where they come from, and what they cost.

pub mod cascade;
mod colbert;
mod cross_encoder;
pub mod http;
pub mod late_interaction;
pub mod runner;
mod score_cache;
pub mod token_pairs;

pub use cross_encoder::Activation;
pub use late_interaction::LateInteraction;
pub use runner::{Opener, PairsWanted, QueryRef, Runner, RunnerEvent, Scored, Work};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::domain::rerankers::{self, Origin, RerankerCard, RerankerKind};
use crate::domain::{DocIdx, Score};
use crate::error::{Error, Result};
use crate::models::{self, CrossEncoder, CrossEncoderFiles, FastembedReranker, ModelOptions};
use colbert::ColbertReranker;
use cross_encoder::CrossEncoderReranker;
use http::{Budget, Consent, Ledgers, Quote};
use token_pairs::TokenPair;

/// What rerankers are opened with.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    pub model: ModelOptions,
    /// The folder that plans call `dir`; those with a name are looked for in it first.
    pub folder: Option<PathBuf>,
    pub activation: Activation,
    pub services: ServiceOptions,
    /// Where late-interaction models of their own keep their token vectors; `None`: in memory.
    pub tokens: Option<TokenFile>,
}

/// A file of token vectors, and what it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFile {
    pub file: PathBuf,
    pub most_bytes: u64,
}

/// How services are asked, and what they may cost.
#[derive(Clone, Default)]
pub struct ServiceOptions {
    /// What may be used in this run; of money, by all services together.
    pub budget: Budget,
    /// Send a key unencrypted to another machine.
    pub plain_http: bool,
    /// Asked before the first request that costs money; `None`: the budget is the consent.
    pub ask: Option<AskFor>,
    pub ledgers: Ledgers,
}

/// Puts a quote of the service with this name in the plan to the person; see [`http::Ask`].
pub type AskFor = Arc<dyn Fn(&str, &Quote, &Cancel) -> bool + Send + Sync>;

impl std::fmt::Debug for ServiceOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let asks = self.ask.is_some();
        write!(f, "ServiceOptions {{ {:?}, plain_http: {}, asks: {asks} }}", self.budget, self.plain_http)
    }
}

/// Opens a service by what stands in the plan: `cohere:MODEL`, `tei:URL`, `vllm:URL#MODEL`.
fn open_service(name: &str, options: &OpenOptions) -> Result<Box<dyn Reranker>> {
    let (service, rest) = name.split_once(':').unwrap_or((name, ""));
    let known = http::service(if service == "url" { "http" } else { service });
    let service = known.ok_or_else(|| Error::usage(format!("no service is called {service:?}")))?;
    let mut spec = http::Spec::new(service);
    if rest.starts_with("http://") || rest.starts_with("https://") {
        let (url, model) = rest.split_once('#').map_or((rest, None), |(url, model)| (url, Some(model)));
        spec.url = Some(url.to_owned());
        spec.model = model.map(str::to_owned);
    } else if !rest.is_empty() {
        spec.model = Some(rest.to_owned());
    }
    spec.raw_scores = options.activation == Activation::Raw;
    spec.budget = options.services.budget;
    spec.plain_http = options.services.plain_http;
    spec.ledger = options.services.ledgers.of(name);
    if let Some(ask) = options.services.ask.clone() {
        let name = name.to_owned();
        spec.consent = Consent::Ask(Arc::new(move |quote, cancel| ask(&name, quote, cancel)));
    }
    http::open(spec)
}

/// Opens a reranker by its name in a plan: all but the late interaction over the embedding model, which
/// needs the collection's token vectors. Blocks while a model loads, and for as long as fastembed fetches one,
/// unless `cancel` winds down; `doing` is told what goes on.
///
/// # Errors
/// `Unavailable` where its files are not here (with how to get them), or it cannot be loaded; `Usage` for
/// a name that nothing has; `Interrupted` where it was not waited for.
pub fn open(
    name: &str,
    options: &OpenOptions,
    cancel: &Cancel,
    doing: &mut dyn FnMut(String),
) -> Result<Box<dyn Reranker>> {
    if let Some(of) = rerankers::of_fastembed(name) {
        return open_by_fastembed((name, of), options, cancel, doing);
    }
    let card = rerankers::card(name);
    if card.is_some_and(|card| card.kind == RerankerKind::Service) {
        return open_service(name, options);
    }
    let own_folder = match name {
        "dir" => Some(options.folder.clone().ok_or_else(|| {
            Error::usage("the reranker \"dir\" needs its folder").advise("give it with --reranker-dir DIR")
        })?),
        _ => rerankers::is_folder(name).then(|| PathBuf::from(name)),
    };
    let files = match (own_folder, card) {
        (Some(folder), _) if models::is_colbert(&folder) => {
            return open_colbert(name, &folder, options, doing);
        }
        (Some(folder), _) => CrossEncoderFiles::in_folder(&folder)?,
        (None, Some(card)) if card.kind == RerankerKind::LateInteraction => {
            return open_colbert(name, &options.folder_of(card)?, options, doing);
        }
        (None, Some(card)) => options.files_of(card)?,
        (None, None) => return Err(Error::usage(format!("no reranker is called {name:?}"))),
    };
    let fingerprint = files.fingerprint()?;
    let model = CrossEncoder::open(&files, &options.model, &mut |step| doing(format!("{name}: {step}")))?;
    Ok(Box::new(CrossEncoderReranker::new(name, Box::new(model), &fingerprint, options.activation)))
}

fn open_colbert(
    name: &str,
    folder: &Path,
    options: &OpenOptions,
    doing: &mut dyn FnMut(String),
) -> Result<Box<dyn Reranker>> {
    Ok(Box::new(ColbertReranker::open(name, folder, options, doing)?))
}

/// Opens what stands behind `fastembed:`: a folder, a model that was pulled, and else one that fastembed
/// fetches by itself.
fn open_by_fastembed(
    (name, of): (&str, &str),
    options: &OpenOptions,
    cancel: &Cancel,
    doing: &mut dyn FnMut(String),
) -> Result<Box<dyn Reranker>> {
    let mut progress = |step| doing(format!("{name}: {step}"));
    let model = match rerankers::fastembed_card(of) {
        Some(card) if rerankers::fastembed_fetches(card) && options.folder_of(card).is_err() => {
            FastembedReranker::by_name(card, &options.model, &|| cancel.winds_down(), &mut progress)?
        }
        Some(card) => FastembedReranker::in_folder(&options.files_of(card)?, &options.model, &mut progress)?,
        None if rerankers::is_path(of) => {
            let files = CrossEncoderFiles::in_folder(Path::new(of))?;
            FastembedReranker::in_folder(&files, &options.model, &mut progress)?
        }
        None => return Err(Error::usage(format!("no cross-encoder is called {of:?}"))),
    };
    let fingerprint = model.fingerprint().to_owned();
    Ok(Box::new(CrossEncoderReranker::new(name, Box::new(model), &fingerprint, options.activation)))
}

impl OpenOptions {
    /// The files of a cross-encoder with a name.
    fn files_of(&self, card: &RerankerCard) -> Result<CrossEncoderFiles> {
        match card.origin {
            Origin::Bundled => CrossEncoderFiles::bundled(&self.model),
            _ => CrossEncoderFiles::in_folder(&self.folder_of(card)?),
        }
    }

    /// The folder of a model with a name.
    fn folder_of(&self, card: &RerankerCard) -> Result<PathBuf> {
        let asked = self.folder.iter().map(|folder| folder.join(card.name));
        let places: Vec<PathBuf> = asked.chain(models::store_folders(&self.model, card.name)).collect();
        places.iter().find(|place| place.is_dir()).cloned().ok_or_else(|| {
            let place = places.first().map_or_else(String::new, |place| place.display().to_string());
            Error::unavailable(format!("the reranker {} is not on this machine", card.name)).advise(format!(
                "get it with `rankscope models pull {}`, or put its model.onnx and tokenizer.json into {place}",
                card.name
            ))
        })
    }
}

/// A second stage: anything that scores a passage for a query.
pub trait Reranker: Send {
    /// The name used by `--rerank`, on the screen and in the cost table.
    fn id(&self) -> &str;

    /// Names everything that the scores depend on but the texts: model, weights, settings.
    fn fingerprint(&self) -> &str;

    /// Scores one batch, in the order of `passages`; higher is better. `None`: this pair cannot be
    /// scored (nothing is left of a text after tokenisation), which is not a low score. Looks at
    /// `cancel` now and then and, when that winds down, may stop early with fewer scores than passages.
    ///
    /// # Errors
    /// When the model or the service fails; scores of earlier batches stay.
    fn score(&mut self, query: &str, passages: &[Pair<'_>], cancel: &Cancel) -> Result<Vec<Option<Score>>>;

    /// As [`Reranker::score`], but hands on each score as it arrives, by its place in `passages` and in any
    /// order: what a service answered before it failed, or before `cancel`, is kept.
    ///
    /// # Errors
    /// As [`Reranker::score`]; what was handed on before stays.
    fn score_each(
        &mut self,
        query: &str,
        passages: &[Pair<'_>],
        cancel: &Cancel,
        arrived: &mut dyn FnMut(usize, Option<Score>),
    ) -> Result<()> {
        let scores = self.score(query, passages, cancel)?;
        scores.into_iter().enumerate().for_each(|(place, score)| arrived(place, score));
        Ok(())
    }

    /// How many passages make a batch of about a tenth of a second.
    fn batch(&self) -> usize;

    /// Passages of the last batch that it did not read to their end.
    fn truncated(&self) -> &[DocIdx] {
        &[]
    }

    /// Whether its score is made of pairs of tokens.
    fn has_token_pairs(&self) -> bool {
        false
    }

    /// The pairs of tokens that its score is the mean of; none where there is no score, or it was cancelled.
    ///
    /// # Errors
    /// As [`Reranker::score`].
    fn token_pairs(&mut self, _query: &str, _passage: Pair<'_>, _cancel: &Cancel) -> Result<Vec<TokenPair>> {
        Ok(Vec::new())
    }
}

/// Scores in the order of the passages, as far as there is one for each, from scores by place.
fn in_order(
    passages: usize,
    each: impl FnOnce(&mut dyn FnMut(usize, Option<Score>)) -> Result<()>,
) -> Result<Vec<Option<Score>>> {
    let mut scores: Vec<Option<Option<Score>>> = vec![None; passages];
    each(&mut |place, score| {
        if let Some(slot) = scores.get_mut(place) {
            *slot = Some(score);
        }
    })?;
    Ok(scores.into_iter().map_while(|score| score).collect())
}

/// One passage to score.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    pub doc: DocIdx,
    pub text: &'a str,
}

/// Says that nobody waits for the rest any more, in two steps.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicU8>);

/// What is on its way may finish; nothing new is begun.
const WINDING_DOWN: u8 = 1;
const CANCELLED: u8 = 2;

impl Cancel {
    /// Another list is wanted: what is on its way, and may be paid, is waited for; nothing new is begun.
    pub fn wind_down(&self) {
        self.0.fetch_max(WINDING_DOWN, Ordering::Relaxed);
    }

    /// The program ends: nothing is waited for.
    pub fn cancel(&self) {
        self.0.fetch_max(CANCELLED, Ordering::Relaxed);
    }

    /// Whether nothing new is to be begun.
    pub fn winds_down(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= WINDING_DOWN
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= CANCELLED
    }
}
