//! A late-interaction model of its own: token vectors as ColBERT makes them (Khattab and Zaharia 2020;
//! Santhanam et al. 2022).
//!
//! In: texts and their role. Out: [`TokenVectors`] of the tokens that count. A marker token behind `[CLS]`
//! says query or passage; queries are filled up with `[MASK]` tokens, which take part in the match, where
//! the model wants it; punctuation of passages is left out. A projection that lies beside the graph as
//! `1_Dense/model.safetensors` (the PyLate layout) is applied. It keeps nothing and ranks nothing.

use std::path::{Path, PathBuf};
use std::thread;

use half::f16;
use half::slice::HalfFloatSliceExt as _;
use ort::session::Session;
use serde_json::Value;
use tokenizers::Tokenizer;

use super::cross_encoder::{self, CrossEncoderFiles};
use super::inputs::{self, IdRow, TextInputs};
use super::pieces::span_in;
use super::projection::Projection;
use super::session::normalise;
use super::{LoadStep, ModelOptions, Role, TokenVectors, digest, locate, runtime};
use crate::error::{Error, Result};

/// Part of the fingerprint; change it with the vectors.
const VERSION: &str = "colbert-1";
/// Tokens of one run, padding included.
const BATCH_TOKENS: usize = 1024;

/// How a ColBERT model wants its texts. Its own files say it; what they leave out is as in ColBERTv2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColbertRecipe {
    pub query_marker: String,
    pub passage_marker: String,
    /// Queries are filled up to this many tokens where `expand`, and cut there.
    pub query_tokens: usize,
    /// Passages are cut here.
    pub passage_tokens: usize,
    /// Fill queries up with `[MASK]`, which take part in the match.
    pub expand: bool,
    /// Whether other tokens look at the masks.
    pub attend_to_masks: bool,
    /// Leave the vectors of punctuation out on the passage's side.
    pub skip_punctuation: bool,
}

impl Default for ColbertRecipe {
    fn default() -> Self {
        Self {
            query_marker: "[unused0]".to_owned(),
            passage_marker: "[unused1]".to_owned(),
            query_tokens: 32,
            passage_tokens: 300,
            expand: true,
            attend_to_masks: false,
            skip_punctuation: true,
        }
    }
}

impl ColbertRecipe {
    /// Reads `artifact.metadata` (ColBERT's own) or `config_sentence_transformers.json` (PyLate's).
    ///
    /// # Errors
    /// `Input` where a file is malformed.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut recipe = Self::default();
        let text = |value: &Value, name: &str| value.get(name)?.as_str().map(|text| text.trim().to_owned());
        let count = |value: &Value, name: &str| usize::try_from(value.get(name)?.as_u64()?).ok();
        let flag = |value: &Value, name: &str| value.get(name)?.as_bool();
        let set = |to: &mut String, value: Option<String>| *to = value.unwrap_or(std::mem::take(to));
        if let Some(own) = super::recipe::json(&folder.join("artifact.metadata"))? {
            set(&mut recipe.query_marker, text(&own, "query_token_id"));
            set(&mut recipe.passage_marker, text(&own, "doc_token_id"));
            recipe.query_tokens = count(&own, "query_maxlen").unwrap_or(recipe.query_tokens);
            recipe.passage_tokens = count(&own, "doc_maxlen").unwrap_or(recipe.passage_tokens);
            recipe.attend_to_masks = flag(&own, "attend_to_mask_tokens").unwrap_or(recipe.attend_to_masks);
            recipe.skip_punctuation = flag(&own, "mask_punctuation").unwrap_or(recipe.skip_punctuation);
        } else if let Some(pylate) = super::recipe::json(&folder.join("config_sentence_transformers.json"))? {
            set(&mut recipe.query_marker, text(&pylate, "query_prefix"));
            set(&mut recipe.passage_marker, text(&pylate, "document_prefix"));
            recipe.query_tokens = count(&pylate, "query_length").unwrap_or(recipe.query_tokens);
            recipe.passage_tokens = count(&pylate, "document_length").unwrap_or(recipe.passage_tokens);
            recipe.expand = flag(&pylate, "do_query_expansion").unwrap_or(recipe.expand);
            recipe.attend_to_masks =
                flag(&pylate, "attend_to_expansion_tokens").unwrap_or(recipe.attend_to_masks);
            if let Some(words) = pylate.get("skiplist_words").and_then(Value::as_array) {
                recipe.skip_punctuation = !words.is_empty();
            }
        }
        Ok(recipe)
    }
}

/// Whether a folder's own files say that its model is one of late interaction.
pub fn is_colbert(folder: &Path) -> bool {
    let pylate = super::recipe::json(&folder.join("config_sentence_transformers.json"));
    let says = |value: &Value| {
        value.get("query_prefix").is_some()
            || value.get("similarity_fn_name").is_some_and(|name| name == "MaxSim")
    };
    folder.join("artifact.metadata").is_file()
        || pylate.is_ok_and(|file| file.is_some_and(|file| says(&file)))
}

/// A loaded ColBERT model.
pub struct Colbert {
    session: Session,
    tokenizer: Tokenizer,
    recipe: ColbertRecipe,
    projection: Option<Projection>,
    output: String,
    inputs: TextInputs,
    markers: (u32, u32),
    mask: u32,
    /// Ids of punctuation.
    skipped: Vec<u32>,
    max_tokens: usize,
    fingerprint: String,
    path: PathBuf,
}

/// What a token vector stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColbertToken {
    /// Byte range in the text.
    Text((u32, u32)),
    /// A token that the model adds, by its name: `[CLS]`, `[SEP]`, `[MASK]`, and for the markers `[Q]` and `[D]`.
    Added(String),
}

/// A row of ids on its way through the graph.
struct Row {
    ids: Vec<u32>,
    /// `[ids]` byte ranges in the text; `None`: added by the model, or a word boundary alone.
    spans: Vec<Option<(u32, u32)>>,
    attended: usize,
    /// Places whose vectors count.
    kept: Vec<usize>,
}

impl Colbert {
    /// Loads the model in a folder: `model.onnx` and `tokenizer.json`.
    ///
    /// # Errors
    /// `Unavailable` where ONNX Runtime or the model cannot be had, or the graph gives no token vectors.
    pub fn open(folder: &Path, options: &ModelOptions, progress: &mut dyn FnMut(LoadStep)) -> Result<Self> {
        let files = CrossEncoderFiles::in_folder(folder)?;
        let recipe = ColbertRecipe::read(folder).map_err(locate::unavailable)?;
        let dense = folder.join("1_Dense").join("model.safetensors");
        let projection = dense.is_file().then(|| Projection::read(&dense)).transpose()?;
        let mut parts = vec![format!("{VERSION} {recipe:?}"), files.fingerprint()?];
        if projection.is_some() {
            let hash = digest::of_file(&dense);
            parts.push(hash.map_err(|e| locate::unavailable(Error::io("cannot read", &dense, &e)))?);
        }
        let fingerprint = digest::of_parts(&parts.iter().map(String::as_str).collect::<Vec<_>>());
        thread::scope(|scope| {
            let tokenizer = scope.spawn(|| Tokenizer::from_file(&files.tokenizer));
            let runtime = runtime::load(options, progress)?;
            progress(LoadStep::LoadingModel);
            let session = cross_encoder::session(&files, runtime, options.threads)?;
            let mut tokenizer = tokenizer
                .join()
                .map_err(|_| Error::bug("reading the tokenizer panicked"))?
                .map_err(|e| broken(&e).in_file(&files.tokenizer))?;
            tokenizer.with_padding(None);
            tokenizer.with_truncation(None).map_err(|e| broken(&e))?;
            Self::new(&files, session, tokenizer, recipe, projection, fingerprint)
        })
    }

    fn new(
        files: &CrossEncoderFiles,
        session: Session,
        tokenizer: Tokenizer,
        recipe: ColbertRecipe,
        projection: Option<Projection>,
        fingerprint: String,
    ) -> Result<Self> {
        let unfit = |what: String| {
            Error::unavailable(format!("this is no late-interaction model: {what}")).in_file(&files.graph)
        };
        let id = |token: &str| {
            let known = tokenizer.token_to_id(token);
            known.ok_or_else(|| unfit(format!("its tokenizer has no token {token:?}")))
        };
        let markers = (id(&recipe.query_marker)?, id(&recipe.passage_marker)?);
        let mask = if recipe.expand { id("[MASK]").or_else(|_| id("<mask>"))? } else { 0 };
        let skipped = match recipe.skip_punctuation {
            true => (0x21_u8..0x7f)
                .filter(u8::is_ascii_punctuation)
                .filter_map(|sign| tokenizer.token_to_id(&char::from(sign).to_string()))
                .collect(),
            false => Vec::new(),
        };
        let inputs = TextInputs::of(&session, files.pad_id).map_err(&unfit)?;
        let of_tokens = |kind: &ort::value::ValueType| match kind {
            ort::value::ValueType::Tensor { shape, .. } => shape.len() == 3,
            _ => false,
        };
        let output = session.outputs().iter().find(|output| of_tokens(output.dtype()));
        let output = output.ok_or_else(|| unfit("no output has a vector for each token".to_owned()))?;
        let output = output.name().to_owned();
        Ok(Self {
            output,
            inputs,
            markers,
            mask,
            skipped,
            max_tokens: files.max_tokens,
            path: files.graph.clone(),
            session,
            tokenizer,
            recipe,
            projection,
            fingerprint,
        })
    }

    /// What the vectors depend on but the texts.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Hands on the token vectors of texts, by their place and in any order, each with whether its end was cut
    /// off; spans are told by [`Colbert::tokens`]. `stop` is asked between two runs, and then the rest is not run.
    ///
    /// # Errors
    /// `Unavailable` where the model cannot be run or gives what is no number.
    pub fn encode(
        &mut self,
        role: Role,
        texts: &[&str],
        stop: &dyn Fn() -> bool,
        arrived: &mut dyn FnMut(usize, TokenVectors, bool),
    ) -> Result<()> {
        let rows: Vec<(Row, bool)> = texts.iter().map(|text| self.row(role, text)).collect::<Result<_>>()?;
        let lengths = rows.iter().map(|(row, _)| row.ids.len()).enumerate();
        for batch in inputs::batches(lengths, BATCH_TOKENS, usize::MAX) {
            if stop() {
                return Ok(());
            }
            let batch_rows: Vec<&Row> = batch.iter().map(|&at| &rows[at].0).collect();
            for (&at, vectors) in batch.iter().zip(self.run(&batch_rows)?) {
                arrived(at, vectors, rows[at].1);
            }
        }
        Ok(())
    }

    /// What the rows of the vectors that [`Colbert::encode`] hands on stand for, in their order. The model is
    /// not run.
    ///
    /// # Errors
    /// `Unavailable` where the tokenizer refuses the text.
    pub fn tokens(&self, role: Role, text: &str) -> Result<Vec<ColbertToken>> {
        let (row, _) = self.row(role, text)?;
        let (marker, marker_name) = match role {
            Role::Query => (self.markers.0, "[Q]"),
            Role::Passage => (self.markers.1, "[D]"),
        };
        let token = |&at: &usize| match row.spans[at] {
            Some(span) => ColbertToken::Text(span),
            None if row.ids[at] == marker => ColbertToken::Added(marker_name.to_owned()),
            None => ColbertToken::Added(self.tokenizer.id_to_token(row.ids[at]).unwrap_or_default()),
        };
        Ok(row.kept.iter().map(token).collect())
    }

    /// `[CLS] marker tokens [SEP]`, for queries then masks.
    fn row(&self, role: Role, text: &str) -> Result<(Row, bool)> {
        let (marker, most) = match role {
            Role::Query => (self.markers.0, self.recipe.query_tokens),
            Role::Passage => (self.markers.1, self.recipe.passage_tokens),
        };
        let most = most.min(self.max_tokens).max(4);
        let encoding = self.tokenizer.encode(text, true).map_err(|e| broken(&e))?;
        let places = encoding.get_offsets().iter().zip(encoding.get_special_tokens_mask());
        let span = |(&offsets, &special): (&(usize, usize), &u32)| {
            span_in(text, offsets).filter(|(start, end)| special == 0 && start < end)
        };
        let mut tokens: Vec<(u32, Option<(u32, u32)>)> =
            encoding.get_ids().iter().copied().zip(places.map(span)).collect();
        tokens.insert(tokens.len().min(1), (marker, None));
        let truncated = tokens.len() > most;
        if truncated {
            let last = tokens.last().copied();
            tokens.truncate(most - 1);
            tokens.extend(last);
        }
        let mut attended = tokens.len();
        if role == Role::Query && self.recipe.expand {
            tokens.resize(most, (self.mask, None));
            attended = if self.recipe.attend_to_masks { tokens.len() } else { attended };
        }
        let (ids, spans): (Vec<u32>, Vec<_>) = tokens.into_iter().unzip();
        let kept = match role {
            Role::Query => (0..ids.len()).collect(),
            Role::Passage => (0..ids.len()).filter(|&at| !self.skipped.contains(&ids[at])).collect(),
        };
        Ok((Row { ids, spans, attended, kept }, truncated))
    }

    fn run(&mut self, rows: &[&Row]) -> Result<Vec<TokenVectors>> {
        let id_rows: Vec<IdRow<'_>> =
            rows.iter().map(|row| IdRow { ids: &row.ids, types: &[], attended: row.attended }).collect();
        let (inputs, length) = self.inputs.tensors(&id_rows).map_err(failed)?;
        let outputs = self.session.run(inputs).map_err(failed)?;
        let output = outputs.get(&self.output).ok_or_else(|| Error::bug("the output has gone"))?;
        let (shape, hidden) = output.try_extract_tensor::<f32>().map_err(failed)?;
        let width = match shape.as_ref() {
            [batch, tokens, width]
                if *batch == rows.len() as i64 && *tokens == length as i64 && *width > 0 =>
            {
                hidden.len() / (rows.len() * length)
            }
            other => {
                return Err(Error::unavailable(format!("the model gave vectors of shape {other:?}"))
                    .in_file(&self.path));
            }
        };
        if let Some(projection) = &self.projection
            && projection.from != width
        {
            return Err(Error::unavailable(format!(
                "the projection takes vectors of {} values, the graph gives {width}",
                projection.from
            ))
            .in_file(&self.path));
        }
        rows.iter()
            .zip(hidden.chunks_exact(length * width))
            .map(|(row, hidden)| {
                let dim = self.projection.as_ref().map_or(width, |projection| projection.to);
                let mut vectors = vec![f16::ZERO; row.kept.len() * dim];
                for (&at, to) in row.kept.iter().zip(vectors.chunks_exact_mut(dim)) {
                    let hidden = &hidden[at * width..(at + 1) * width];
                    let mut unit = match &self.projection {
                        Some(projection) => projection.apply(hidden),
                        None => hidden.to_vec(),
                    };
                    normalise(&mut unit)?;
                    to.convert_from_f32_slice(&unit);
                }
                Ok(TokenVectors { dim, vectors, spans: vec![(0, 0); row.kept.len()] })
            })
            .collect()
    }
}

fn broken(error: &tokenizers::Error) -> Error {
    Error::unavailable(format!("the model's tokenizer failed: {error}"))
}

fn failed(error: ort::Error) -> Error {
    Error::unavailable(format!("the late-interaction model could not be run: {error}"))
}

#[cfg(test)]
#[path = "colbert_tests.rs"]
mod tests;
