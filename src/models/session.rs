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
use ort::value::ValueType;

use super::encoder::{Limits, Model, Row, Stop, ThreadedEncoder};
use super::inputs::{IdRow, TextInputs};
use super::pieces::TextCutter;
use super::recipe::{Pooling, Recipe};
use super::runtime::{self, Runtime};
use super::{Encoded, Encoder, LoadStep, ModelCard, ModelOptions, TokenVectors, locate};
use crate::error::{Error, Result};

/// Tokens of a batch, padding included: some 100 ms of the bundled model on two cores. Measured on AVX-512,
/// tokens a second of one core: 1,813 at 256, 1,788 at 512, 1,759 at 1,024, 1,451 at 2,048.
const BATCH_TOKENS: usize = 320;

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
    let limits = Limits { batch_tokens: BATCH_TOKENS, batch_rows: usize::MAX, keep_text: false };
    let encoder =
        ThreadedEncoder::start(card.clone(), &runtime.version, cutter, recipe, limits, Box::new(model))?;
    Ok(Arc::new(encoder))
}

/// The graph and what is needed to read its output.
struct GraphModel {
    session: Session,
    output: String,
    inputs: TextInputs,
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
            .and_then(|builder| {
                Ok(builder.with_intra_threads(threads.max(1))?.with_intra_op_spinning(false)?)
            })
            .and_then(|mut builder| builder.commit_from_file(&path))
            .map_err(|e| broken(e.to_string()))?;
        let inputs = TextInputs::of(&session, recipe.pad_id)
            .map_err(|what| broken(format!("{what}, so it is no text model that can be run here")))?;
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
        let output = output.name().to_owned();
        Ok(Self { session, output, inputs, recipe: recipe.clone() })
    }
}

impl Model for GraphModel {
    fn run(&mut self, rows: &[Row], want_tokens: bool, stop: &Stop) -> Result<Vec<Encoded>> {
        let id_rows: Vec<IdRow<'_>> = rows
            .iter()
            .map(|row| IdRow { ids: &row.pieces.ids, types: &[], attended: row.pieces.ids.len() })
            .collect();
        let (inputs, length) = self.inputs.tensors(&id_rows).map_err(failed)?;
        let options = Arc::new(RunOptions::new().map_err(failed)?);
        let other_end = Arc::clone(&options);
        stop.on_ask(Box::new(move || {
            // It fails for no handle that is alive.
            let _ = other_end.terminate();
        }));
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
    let length = row.pieces.ids.len().max(1);
    let vectors = || hidden.chunks_exact(dim).take(length);
    let mut dense = vec![0.0_f32; dim];
    let pooled = match recipe.pooling {
        Pooling::Mean => length,
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
    Ok(Encoded { dense, tokens, reading: row.pieces.reading })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::test_support::{SENTENCES, cosine, encoder};
    use crate::models::{DIM, Priority, Role, late};

    fn encode(role: Role, texts: &[&str]) -> Vec<Encoded> {
        encoder().encode(Priority::Batch, role, texts, true).unwrap()
    }

    #[test]
    fn vectors_have_the_promised_shapes_and_lengths() {
        for one in encode(Role::Passage, &SENTENCES) {
            assert_eq!(one.dense.len(), DIM);
            assert!((cosine(&one.dense, &one.dense) - 1.0).abs() < 1e-6);
            assert!((one.dense.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
            let tokens = one.tokens.unwrap();
            assert_eq!((tokens.dim, tokens.vectors.len()), (DIM, tokens.len() * DIM));
            assert!(!tokens.is_empty() && tokens.len() < one.reading.n_tokens as usize);
            for row in late::to_f32(&tokens).chunks(DIM) {
                assert!((row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 2e-3);
            }
        }
    }

    /// Trap: padding that leaks into the mean, or into attention.
    #[test]
    fn a_text_gets_the_same_vectors_alone_and_among_others() {
        let long = SENTENCES.concat();
        let mut together = SENTENCES.to_vec();
        together.push(&long);
        let all = encode(Role::Passage, &together);
        for (text, among) in together.iter().zip(&all) {
            let alone = &encode(Role::Passage, &[text])[0];
            let apart = alone.dense.iter().zip(&among.dense).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-5, "{text}: {apart}");
            assert_eq!(alone.tokens.as_ref().unwrap().spans, among.tokens.as_ref().unwrap().spans);
        }
    }

    #[test]
    fn an_empty_query_has_a_dense_vector_and_no_token() {
        let empty = &encode(Role::Query, &[""])[0];
        assert_eq!(empty.dense.len(), DIM);
        assert_eq!(empty.tokens.as_ref().map(TokenVectors::len), Some(0));
        let passage = &encode(Role::Passage, &[SENTENCES[0]])[0];
        let (query, passage) = (empty.tokens.as_ref().unwrap(), passage.tokens.as_ref().unwrap());
        assert_eq!(late::max_sim(query, passage), None);
    }

    #[test]
    fn a_text_too_long_is_cut_and_says_so() {
        let text = "ticket ".repeat(700);
        let one = &encode(Role::Passage, &[&text])[0];
        assert!(one.reading.truncated && one.reading.n_tokens > 700);
        assert!(one.tokens.as_ref().unwrap().len() <= 510);
    }

    #[test]
    fn the_answer_is_nearer_than_another_text_across_languages() {
        let query = &encode(Role::Query, &["refund after cancelling a ticket"])[0];
        let passages = encode(
            Role::Passage,
            &[
                "予約を取り消すと、運賃は七日以内に払い戻されます。",
                "列車に自転車を持ち込むには予約が必要です。",
            ],
        );
        let dense: Vec<f64> = passages.iter().map(|passage| cosine(&query.dense, &passage.dense)).collect();
        assert!(dense[0] > dense[1], "{dense:?}");
        let tokens = |one: &Encoded| one.tokens.clone().unwrap();
        let late: Vec<f32> = passages
            .iter()
            .map(|passage| late::max_sim(&tokens(query), &tokens(passage)).unwrap().score)
            .collect();
        assert!(late[0] > late[1], "{late:?}");
    }

    /// First eight components and a checksum (the sum of value times position, from 1) of the dense vector
    /// of each sentence as a passage, from Python: onnxruntime 1.32.0 and tokenizers 0.23.3 over the same
    /// files, the mean over the attention mask in float64, then L2.
    const FROM_PYTHON: [([f64; 8], f64); 8] = [
        ([0.080900, -0.022720, -0.008743, -0.094454, 0.040470, -0.038291, 0.023872, 0.019767], -113.25188),
        ([0.056617, -0.037867, -0.006769, -0.055688, 0.078918, -0.038508, -0.014308, 0.023785], -114.22566),
        ([0.058473, 0.007123, -0.024720, -0.082142, 0.032561, -0.018891, 0.012627, 0.000310], -134.95592),
        ([0.068055, -0.008267, -0.040116, -0.097075, 0.073367, -0.025633, 0.007823, 0.036529], -78.23002),
        ([0.071662, -0.004752, -0.038486, -0.055503, 0.080534, -0.006510, -0.012005, 0.037788], -115.88667),
        ([0.049755, -0.004780, -0.060248, -0.037949, 0.032767, -0.060497, 0.008498, 0.005570], -69.80775),
        ([0.056301, -0.000444, -0.037746, -0.070466, 0.048640, -0.048510, 0.023316, 0.037933], -68.19046),
        ([0.079284, -0.020930, -0.028725, -0.071284, 0.032149, 0.024993, 0.002085, 0.028809], -92.08777),
    ];

    #[test]
    fn the_vectors_are_those_of_python() {
        // Processors multiply 4-bit weights in different ways; another pooling, prefix or token would be
        // off by more than ten times these.
        for (one, (first, checksum)) in encode(Role::Passage, &SENTENCES).iter().zip(FROM_PYTHON) {
            for (got, wanted) in one.dense.iter().zip(first) {
                assert!((f64::from(*got) - wanted).abs() < 2e-3, "{got} where {wanted} is expected");
            }
            let sum: f64 = one.dense.iter().zip(1..).map(|(x, at)| f64::from(*x) * f64::from(at)).sum();
            assert!((sum - checksum).abs() < 1.0, "{sum} where {checksum} is expected");
        }
    }

    #[test]
    fn a_value_that_is_no_number_is_an_error() {
        assert!(normalise(&mut [1.0, f32::NAN]).is_err());
        assert!(normalise(&mut [f32::INFINITY, 0.0]).is_err());
        let mut zero = [0.0, 0.0];
        normalise(&mut zero).unwrap();
        assert_eq!(zero, [0.0, 0.0]);
    }

    #[test]
    fn a_model_cut_short_is_an_error_that_names_it() {
        let bundled = &crate::models::test_support::bundled_files().card.folder;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("cut-e5");
        std::fs::create_dir(&folder).unwrap();
        for name in [locate::TOKENIZER, "config.json", "tokenizer_config.json"] {
            std::fs::copy(bundled.join(name), folder.join(name)).unwrap();
        }
        let whole = std::fs::read(bundled.join(locate::MODEL)).unwrap();
        std::fs::write(folder.join(locate::MODEL), &whole[..whole.len() / 2]).unwrap();
        let options = ModelOptions { model_dir: Some(folder), ..crate::models::test_support::options() };
        let files = crate::models::locate(&options).unwrap();
        let error = crate::models::open(&files, &options, &mut |_| {}).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, crate::error::ErrorKind::Unavailable);
        assert!(error.to_string().contains("model.onnx"), "{error}");
    }
}
