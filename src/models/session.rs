//! A model's graph in ONNX Runtime: token ids in, dense and token vectors out.
//!
//! In: rows of token ids. Out: one [`Encoded`] a row. Rows of a batch are padded to the longest; the mask
//! keeps padding out of every value, so a row's vectors do not depend on its neighbours. It owns no
//! thread and does not decide what runs when.

use std::sync::Arc;
use std::thread;

use half::f16;
use half::slice::HalfFloatSliceExt as _;
use ort::session::{RunOptions, Session};
use ort::value::{Tensor, ValueType};

use super::encoder::{Limits, Model, Row, Stop, ThreadedEncoder};
use super::pieces::TextCutter;
use super::recipe::{Pooling, Recipe};
use super::runtime::{self, Runtime};
use super::{Encoded, Encoder, LoadStep, ModelCard, ModelOptions, TokenVectors, locate};
use crate::error::{Error, Result};

/// Tokens of a batch, padding included: some 100 ms of the bundled model on two cores. Larger batches
/// are no faster (measured at 256 to 4096).
const BATCH_TOKENS: usize = 512;

/// Names that exporters give to the vectors of the tokens.
const OUTPUTS: [&str; 3] = ["last_hidden_state", "token_embeddings", "hidden_states"];

/// Loads the folder's model: the tokenizer is parsed while ONNX Runtime reads the graph.
pub(super) fn open(
    card: &ModelCard,
    recipe: &Recipe,
    options: &ModelOptions,
    progress: &mut dyn FnMut(LoadStep),
) -> Result<Arc<dyn Encoder>> {
    let (cutter, loaded) = thread::scope(|scope| {
        let path = card.folder.join(locate::TOKENIZER);
        let cutter = scope.spawn(move || TextCutter::read(&path, card.max_tokens));
        let loaded = runtime::load(options, progress).and_then(|runtime| {
            progress(LoadStep::LoadingModel);
            Ok((runtime, GraphModel::load(card, recipe, runtime, options.threads)?))
        });
        (cutter.join(), loaded)
    });
    let (runtime, model) = loaded?;
    let cutter = cutter.map_err(|_| Error::bug("reading the tokenizer panicked"))??;
    let limits = Limits { batch_tokens: std::env::var("BT").ok().and_then(|b| b.parse().ok()).unwrap_or(BATCH_TOKENS), batch_rows: usize::MAX, keep_text: false };
    let encoder =
        ThreadedEncoder::start(card.clone(), &runtime.version, cutter, recipe, limits, Box::new(model))?;
    Ok(Arc::new(encoder))
}

/// The graph and what is needed to read its output.
struct GraphModel {
    session: Session,
    output: String,
    wants_types: bool,
    recipe: Recipe,
}

impl GraphModel {
    fn load(card: &ModelCard, recipe: &Recipe, runtime: &Runtime, threads: usize) -> Result<Self> {
        let path = card.folder.join(locate::MODEL);
        let broken = |error: String| {
            Error::unavailable(format!("ONNX Runtime {} cannot load the model: {error}", runtime.version))
                .in_file(&path)
                .advise("the file is damaged or needs another runtime: copy the model's folder again")
        };
        // Spinning between two operators would take the core that draws the screen.
        let session = Session::builder(&runtime.environment)
            .and_then(|builder| Ok(builder.with_intra_threads(threads.max(1))?.with_intra_op_spinning(false)?))
            .and_then(|mut builder| builder.commit_from_file(&path))
            .map_err(|e| broken(e.to_string()))?;
        let has_input = |name: &str| session.inputs().iter().any(|input| input.name() == name);
        for name in ["input_ids", "attention_mask"] {
            if !has_input(name) {
                return Err(broken(format!("it has no input {name:?}, so it is no text model")));
            }
        }
        let of_tokens = |kind: &ValueType| match kind {
            ValueType::Tensor { shape, .. } => shape.len() == 3,
            _ => false,
        };
        let named = |name: &&str| session.outputs().iter().find(|output| output.name() == *name);
        let output = OUTPUTS
            .iter()
            .find_map(named)
            .or_else(|| session.outputs().iter().find(|output| of_tokens(output.dtype())))
            .ok_or_else(|| broken("it has no output with a vector for each token".to_owned()))?;
        if let ValueType::Tensor { shape, .. } = output.dtype()
            && let Some(dim) = shape.last().and_then(|dim| usize::try_from(*dim).ok())
            && dim != recipe.dim
        {
            return Err(broken(format!("its vectors have {dim} values, config.json says {}", recipe.dim)));
        }
        let (output, wants_types) = (output.name().to_owned(), has_input("token_type_ids"));
        Ok(Self { session, output, wants_types, recipe: recipe.clone() })
    }
}

impl Model for GraphModel {
    fn run(&mut self, rows: &[Row], want_tokens: bool, stop: &Stop) -> Result<Vec<Encoded>> {
        let length = rows.iter().map(|row| row.pieces.ids.len()).max().unwrap_or(0);
        let shape = [rows.len(), length];
        let mut ids = vec![i64::from(self.recipe.pad_id); rows.len() * length];
        let mut mask = vec![0_i64; rows.len() * length];
        for ((row, ids), mask) in rows.iter().zip(ids.chunks_mut(length)).zip(mask.chunks_mut(length)) {
            for ((id, to), mask) in row.pieces.ids.iter().zip(ids).zip(mask) {
                (*to, *mask) = (i64::from(*id), 1);
            }
        }
        let options = Arc::new(RunOptions::new().map_err(failed)?);
        let other_end = Arc::clone(&options);
        stop.on_ask(Box::new(move || {
            // It fails for no handle that is alive.
            let _ = other_end.terminate();
        }));
        let mut inputs = ort::inputs![
            "input_ids" => Tensor::from_array((shape, ids)).map_err(failed)?,
            "attention_mask" => Tensor::from_array((shape, mask)).map_err(failed)?,
        ];
        if self.wants_types {
            let types = Tensor::from_array((shape, vec![0_i64; rows.len() * length])).map_err(failed)?;
            inputs.push(("token_type_ids".into(), types.into()));
        }
        let outputs = self.session.run_with_options(inputs, &*options).map_err(failed)?;
        let output = outputs.get(&self.output).ok_or_else(|| Error::bug("the output has gone"))?;
        let (shape, hidden) = output.try_extract_tensor::<f32>().map_err(failed)?;
        let dim = self.recipe.dim;
        let wanted = [rows.len() as i64, length as i64, dim as i64];
        if shape.as_ref() != wanted.as_slice() {
            return Err(Error::unavailable(format!(
                "the model gave vectors of shape {:?} where {wanted:?} is expected",
                shape.as_ref()
            )));
        }
        rows.iter()
            .zip(hidden.chunks_exact(length * dim))
            .map(|(row, hidden)| read_row(row, hidden, &self.recipe, want_tokens))
            .collect()
    }
}

fn failed(error: ort::Error) -> Error {
    Error::unavailable(format!("the model could not be run: {error}"))
}

/// One row of the output: `hidden` is `[length, dim]`, of which the first `ids.len()` are no padding.
fn read_row(row: &Row, hidden: &[f32], recipe: &Recipe, want_tokens: bool) -> Result<Encoded> {
    let dim = recipe.dim;
    let vectors = || hidden.chunks_exact(dim).take(row.pieces.ids.len());
    let mut dense = vec![0.0_f32; dim];
    let pooled = match recipe.pooling {
        Pooling::Mean => row.pieces.ids.len(),
        Pooling::Cls => 1,
    };
    for vector in vectors().take(pooled) {
        for (sum, value) in dense.iter_mut().zip(vector) {
            *sum += value;
        }
    }
    // L2 removes the mean's division.
    normalise(&mut dense)?;
    let tokens = if want_tokens {
        let kept = &row.pieces.kept;
        let mut tokens = TokenVectors {
            dim,
            vectors: vec![f16::ZERO; kept.len() * dim],
            spans: kept.iter().map(|(_, span)| *span).collect(),
        };
        let mut unit = vec![0.0_f32; dim];
        for ((at, _), to) in kept.iter().zip(tokens.vectors.chunks_exact_mut(dim)) {
            let vector = vectors().nth(*at).ok_or_else(|| Error::bug("a token beyond the model's output"))?;
            unit.copy_from_slice(vector);
            normalise(&mut unit)?;
            to.convert_from_f32_slice(&unit);
        }
        Some(tokens)
    } else {
        None
    };
    let (n_tokens, truncated) = (row.pieces.n_tokens, row.pieces.truncated);
    Ok(Encoded { dense, tokens, n_tokens, truncated })
}

/// Divides by the L2 norm; the zero vector stays.
///
/// # Errors
/// `Unavailable` where the model gave a value that is no number: it must not enter any ranking.
pub(super) fn normalise(vector: &mut [f32]) -> Result<()> {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if !norm.is_finite() {
        return Err(Error::unavailable("the model gave a vector with a value that is no number")
            .advise("the model's file or ONNX Runtime is damaged, or they do not fit each other"));
    }
    if norm > 0.0 {
        for value in vector {
            *value /= norm;
        }
    }
    Ok(())
}
