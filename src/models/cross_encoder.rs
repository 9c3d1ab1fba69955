//! A cross-encoder: a graph that reads query and passage together and gives one logit, or two.
//!
//! In: a query and passages. Out: one [`PairLogit`] a passage. Any folder with an ONNX graph and a
//! `tokenizer.json` will do: with `token_type_ids` or without, 32- or 64-bit ids, an output of
//! `[batch]`, `[batch, 1]` or `[batch, 2]`, weights inside the graph or beside it. It ranks nothing, keeps
//! nothing, and runs on the thread that calls it.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use ort::session::Session;
use ort::value::{TensorElementType, ValueType};

use super::inputs::{self, IdRow, TextInputs};
use super::pairs::{PairCutter, PairRow};
use super::runtime::{self, Runtime};
use super::{LoadStep, ModelOptions, digest, locate};
use crate::error::{Error, Result};

/// Tokens of one run, padding included: about a third of a second of the bundled cross-encoder on two cores
/// (2,900 tokens/s), for a run cannot be stopped.
const BATCH_TOKENS: usize = 1024;

/// Where the graph, its weights and its tokenizer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossEncoderFiles {
    /// For messages and cards.
    pub id: String,
    pub graph: PathBuf,
    /// Files that the graph reads its weights from.
    pub weights: Vec<PathBuf>,
    pub tokenizer: PathBuf,
    pub max_tokens: usize,
    pub pad_id: u32,
}

impl CrossEncoderFiles {
    /// The cross-encoder that comes with the program.
    ///
    /// # Errors
    /// `Unavailable` where its folder is missing or not whole.
    pub fn bundled(options: &ModelOptions) -> Result<Self> {
        let folder = locate::bundled_folder(options)?;
        let graph = folder.join(locate::RERANKER);
        if !graph.is_file() {
            return Err(Error::unavailable("the bundled cross-encoder is not here")
                .in_file(&graph)
                .advise("copy the model's folder again, with every file in it"));
        }
        locate::check(&graph, Some(locate::RERANKER_BYTES))?;
        let weights = vec![folder.join(locate::MODEL)];
        Self::read("cross-encoder", &folder, graph, weights)
    }

    /// The model in a folder of one's own, or one from the hub: `model.onnx` in it or in `onnx/`.
    ///
    /// # Errors
    /// `Unavailable` where the folder has no graph or no tokenizer, or its `config.json` is malformed.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        let folder = fs::canonicalize(folder).map_err(|e| {
            locate::unavailable(Error::io("cannot open the reranker's folder", folder, &e)).advise(
                "give a folder with model.onnx and tokenizer.json; a model of the hub is fetched first, by \
                     `rankscope models pull OWNER/NAME`",
            )
        })?;
        let graph = [folder.join(locate::MODEL), folder.join("onnx").join(locate::MODEL)]
            .into_iter()
            .find(|graph| graph.is_file())
            .ok_or_else(|| {
                Error::unavailable("there is no model.onnx in this folder, nor in onnx/ below it")
                    .in_file(&folder)
                    .advise("give a folder with model.onnx and tokenizer.json")
            })?;
        locate::check(&graph, None)?;
        let beside = graph.parent().unwrap_or(&folder).to_path_buf();
        let weights = locate::EXTERNAL.iter().map(|name| beside.join(name)).filter(|file| file.is_file());
        let id = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self::read(&id, &folder, graph, weights.collect())
    }

    fn read(id: &str, folder: &Path, graph: PathBuf, weights: Vec<PathBuf>) -> Result<Self> {
        let tokenizer = folder.join(locate::TOKENIZER);
        locate::check(&tokenizer, None)?;
        let limits = super::recipe::Limits::read(folder).map_err(locate::unavailable)?;
        Ok(Self {
            id: id.to_owned(),
            graph,
            weights,
            tokenizer,
            max_tokens: limits.max_tokens,
            pad_id: limits.pad_id,
        })
    }

    /// Hex sha256 over everything that the scores depend on but the texts.
    ///
    /// # Errors
    /// `Unavailable` where a file cannot be read.
    pub fn fingerprint(&self) -> Result<String> {
        let mut parts = vec![format!("pairs-1 max_tokens={} pad={}", self.max_tokens, self.pad_id)];
        for file in [&self.graph, &self.tokenizer].into_iter().chain(&self.weights) {
            let hash = digest::of_file(file);
            parts.push(hash.map_err(|e| {
                locate::unavailable(Error::io("cannot read this file of the model", file, &e))
            })?);
        }
        Ok(digest::of_parts(&parts.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// What the model says of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairLogit {
    /// The higher, the more relevant: the only logit, or of two the second minus the first (their log-odds,
    /// so that the sigmoid of it is the softmax of the second). `None`: one of the texts has no token.
    pub logit: Option<f32>,
    /// Tokens of the pair before truncation.
    pub n_tokens: u32,
    /// Whether the end of the passage was not read.
    pub truncated: bool,
}

/// A model that reads query and passage together.
pub trait PairScorer: Send {
    /// Hands on the logit of a query with each passage, by its place in `passages` and in any order. Pairs
    /// of like length run together; `stop` is asked between two runs, and then the rest is not run.
    ///
    /// # Errors
    /// `Unavailable` where the model cannot be run or gives what is no number.
    fn score(
        &mut self,
        query: &str,
        passages: &[&str],
        stop: &dyn Fn() -> bool,
        arrived: &mut dyn FnMut(usize, PairLogit),
    ) -> Result<()>;
}

/// Runs a batch: a logit for each of these places among all rows.
type Run<'a> = dyn FnMut(&[usize], &[PairRow]) -> Result<Vec<f32>> + 'a;

/// The way of every [`PairScorer`]: pairs with an empty side are told at once, the others run in batches of
/// up to `batch_tokens`.
pub(super) fn in_batches(
    cutter: &PairCutter,
    batch_tokens: usize,
    (query, passages): (&str, &[&str]),
    stop: &dyn Fn() -> bool,
    arrived: &mut dyn FnMut(usize, PairLogit),
    run: &mut Run<'_>,
) -> Result<()> {
    let rows: Vec<PairRow> =
        passages.iter().map(|passage| cutter.cut(query, passage)).collect::<Result<_>>()?;
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.empty) {
        arrived(at, row.logit(None));
    }
    let lengths = rows.iter().enumerate().filter(|(_, row)| !row.empty);
    let lengths = lengths.map(|(at, row)| (at, row.ids.len()));
    for batch in inputs::batches(lengths, batch_tokens, usize::MAX) {
        if stop() {
            return Ok(());
        }
        let logits = run(&batch, &rows)?;
        if logits.iter().any(|logit| !logit.is_finite()) {
            return Err(Error::unavailable("the cross-encoder gave a score that is no number")
                .advise("the model's file or ONNX Runtime is damaged, or they do not fit each other"));
        }
        for (&at, logit) in batch.iter().zip(logits) {
            arrived(at, rows[at].logit(Some(logit)));
        }
    }
    Ok(())
}

/// A loaded cross-encoder.
pub struct CrossEncoder {
    cutter: PairCutter,
    graph: PairGraph,
}

/// The graph and what is needed to read its output.
struct PairGraph {
    session: Session,
    output: String,
    inputs: TextInputs,
    path: PathBuf,
}

impl CrossEncoder {
    /// Loads the graph; the tokenizer is parsed meanwhile.
    ///
    /// # Errors
    /// `Unavailable` where ONNX Runtime or the model cannot be had, or the graph is no cross-encoder.
    pub fn open(
        files: &CrossEncoderFiles,
        options: &ModelOptions,
        progress: &mut dyn FnMut(LoadStep),
    ) -> Result<Self> {
        thread::scope(|scope| {
            let cutter = scope.spawn(|| PairCutter::read(&files.tokenizer, files.max_tokens));
            let runtime = runtime::load(options, progress)?;
            progress(LoadStep::LoadingModel);
            let session = session(files, runtime, options.threads)?;
            let cutter = cutter.join().map_err(|_| Error::bug("reading the tokenizer panicked"))??;
            Self::new(files, session, cutter)
        })
    }

    fn new(files: &CrossEncoderFiles, session: Session, cutter: PairCutter) -> Result<Self> {
        let unfit = |what: String| {
            Error::unavailable(format!("this graph is no cross-encoder: {what}")).in_file(&files.graph)
        };
        let inputs = TextInputs::of(&session, files.pad_id).map_err(&unfit)?;
        let outputs = session.outputs();
        let named = outputs.iter().find(|output| output.name() == "logits");
        let output = named.or_else(|| outputs.iter().find(|output| columns(output.dtype()).is_ok()));
        let names: Vec<&str> = outputs.iter().map(|output| output.name()).collect();
        let output = output.ok_or_else(|| {
            unfit(format!("none of its outputs ({}) has one or two numbers a pair", names.join(", ")))
        })?;
        columns(output.dtype()).map_err(&unfit)?;
        let output = output.name().to_owned();
        let path = files.graph.clone();
        Ok(Self { cutter, graph: PairGraph { session, output, inputs, path } })
    }
}

impl PairGraph {
    fn run(&mut self, rows: &[&PairRow]) -> Result<Vec<f32>> {
        let id_rows: Vec<IdRow<'_>> = rows
            .iter()
            .map(|row| IdRow { ids: &row.ids, types: &row.types, attended: row.ids.len() })
            .collect();
        let (inputs, _) = self.inputs.tensors(&id_rows).map_err(failed)?;
        let outputs = self.session.run(inputs).map_err(failed)?;
        let output = outputs.get(&self.output).ok_or_else(|| Error::bug("the output has gone"))?;
        let (shape, values) = output.try_extract_tensor::<f32>().map_err(failed)?;
        let per_row = values.len() / rows.len().max(1);
        if values.len() != per_row * rows.len() || !(1..=2).contains(&per_row) {
            return Err(Error::unavailable(format!(
                "the cross-encoder gave an output of shape {:?} for {} pairs",
                shape.as_ref(),
                rows.len()
            ))
            .in_file(&self.path));
        }
        let logit = |row: &[f32]| match row {
            [no, yes] => yes - no,
            [logit] => *logit,
            _ => f32::NAN,
        };
        Ok(values.chunks_exact(per_row).map(logit).collect())
    }
}

impl PairScorer for CrossEncoder {
    fn score(
        &mut self,
        query: &str,
        passages: &[&str],
        stop: &dyn Fn() -> bool,
        arrived: &mut dyn FnMut(usize, PairLogit),
    ) -> Result<()> {
        let Self { cutter, graph } = self;
        in_batches(cutter, BATCH_TOKENS, (query, passages), stop, arrived, &mut |batch, rows| {
            graph.run(&batch.iter().map(|&at| &rows[at]).collect::<Vec<_>>())
        })
        .map_err(|error| error.in_file(&graph.path))
    }
}

pub(super) fn session(files: &CrossEncoderFiles, runtime: &Runtime, threads: usize) -> Result<Session> {
    let broken = |error: String| {
        Error::unavailable(format!("ONNX Runtime {} cannot load the reranker: {error}", runtime.version))
            .in_file(&files.graph)
            .advise("a file is missing or damaged, or it needs another runtime: get the model's files again")
    };
    // Spinning between two operators would take the core that draws the screen.
    Session::builder(&runtime.environment)
        .and_then(|builder| Ok(builder.with_intra_threads(threads.max(1))?.with_intra_op_spinning(false)?))
        .and_then(|mut builder| builder.commit_from_file(&files.graph))
        .map_err(|e| broken(e.to_string()))
}

/// Numbers a pair that an output gives, as far as the graph says; the fault where it is not one or two.
fn columns(kind: &ValueType) -> Result<(), String> {
    let ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } = kind else {
        return Err(format!("its output is {kind:?}, where numbers of 32 bits are expected"));
    };
    match shape.as_ref() {
        [_] | [_, ..=2] => Ok(()),
        [_, columns] => {
            Err(format!("it gives {columns} numbers a pair, where one or two are expected: a classifier"))
        }
        other => Err(format!("its output has {} dimensions", other.len())),
    }
}

fn failed(error: ort::Error) -> Error {
    Error::unavailable(format!("the cross-encoder could not be run: {error}"))
}

#[cfg(test)]
#[path = "cross_encoder_tests.rs"]
mod tests;
