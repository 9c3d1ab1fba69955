//! Embedding models by the fastembed crate: any folder, or a model that fastembed knows by name.
//!
//! In: texts. Out: dense vectors only; fastembed gives no token vectors that know their spans, so late
//! interaction has nothing to work on. Batches run to their end: fastembed has no way to stop one, so units
//! are kept small.

use std::sync::Arc;

use ::fastembed::{
    EmbeddingModel, InitOptionsUserDefined, QuantizationMode, TextEmbedding, TextInitOptions,
    UserDefinedEmbeddingModel,
};

use super::hub::{FromHub, hub_cache};
use super::{NO_SPINNING, causes, tokenizer_files};
use crate::error::{Error, Result};
use crate::models::encoder::{Limits, Model, Row, Stop, ThreadedEncoder};
use crate::models::locate::{self, ModelFiles, Source};
use crate::models::pieces::TextCutter;
use crate::models::recipe::{Pooling, Recipe};
use crate::models::session::normalise;
use crate::models::{Encoded, Encoder, LoadStep, ModelCard, ModelOptions, digest, runtime};

/// fastembed's own longest input; models may take less.
const MAX_TOKENS: usize = 512;
/// Smaller than our own session's: these runs cannot be interrupted.
const BATCH_TOKENS: usize = 256;

/// A model that fastembed knows by name.
#[derive(Debug, Clone)]
pub(in crate::models) struct Known {
    model: EmbeddingModel,
    recipe: Recipe,
    from: FromHub,
}

/// Prefixes by the beginning of a repository's name, as the model's authors give them; no prefix where none
/// fits. fastembed adds none.
const PREFIXES: [(&str, &str, &str); 11] = [
    ("intfloat/multilingual-e5", "query: ", "passage: "),
    ("Qdrant/multilingual-e5", "query: ", "passage: "),
    ("nomic-ai/nomic-embed", "search_query: ", "search_document: "),
    ("lightonai/modernbert-embed", "search_query: ", "search_document: "),
    ("mixedbread-ai/mxbai-embed", "Represent this sentence for searching relevant passages: ", ""),
    ("snowflake/snowflake-arctic", "Represent this sentence for searching relevant passages: ", ""),
    ("Xenova/bge-small-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("Xenova/bge-large-zh", "为这个句子生成表示以用于检索相关文章：", ""),
    ("Qdrant/bge-", "Represent this sentence for searching relevant passages: ", ""),
    ("Xenova/bge-", "Represent this sentence for searching relevant passages: ", ""),
    ("onnx-community/embeddinggemma", "task: search result | query: ", "title: none | text: "),
];

/// The card of a model by name. Nothing is fetched, so the fingerprint can only cover the name: if the
/// repository changes its files, it does not tell.
pub(in crate::models) fn locate(name: &str, options: &ModelOptions) -> Result<ModelFiles> {
    let model: EmbeddingModel = name.parse().map_err(|_| {
        let mut names: Vec<String> =
            TextEmbedding::list_supported_models().iter().map(|known| known.model.to_string()).collect();
        names.sort();
        Error::usage(format!("fastembed knows no model {name:?}"))
            .advise(format!("it knows: {}", names.join(", ")))
    })?;
    let known = TextEmbedding::get_model_info(&model)
        .map_err(|e| Error::bug(format!("fastembed does not know its own model {name}: {e}")))?;
    let (query_prefix, passage_prefix) = prefixes(&known.model_code);
    let pooling = match TextEmbedding::get_default_pooling_method(&model) {
        Some(::fastembed::Pooling::Mean) => Pooling::Mean,
        _ => Pooling::Cls,
    };
    let recipe = Recipe {
        query_prefix: query_prefix.to_owned(),
        passage_prefix: passage_prefix.to_owned(),
        pooling,
        dim: known.dim,
        max_tokens: MAX_TOKENS,
        pad_id: 0,
    };
    let card = ModelCard {
        id: format!("fastembed:{model}"),
        fingerprint: digest::of_parts(&[
            "fastembed-1",
            &known.model_code,
            &known.model_file,
            &recipe.describe(),
        ]),
        dim: known.dim,
        max_tokens: MAX_TOKENS,
        licence: format!("see https://huggingface.co/{}", known.model_code),
        folder: hub_cache(options)?,
    };
    let from = FromHub::new(&known.model_code, &known.model_file, &known.additional_files);
    Ok(ModelFiles { card, source: Source::FastembedName(Known { model, recipe, from }) })
}

fn prefixes(code: &str) -> (&'static str, &'static str) {
    let known = PREFIXES.iter().find(|(start, ..)| {
        code.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
    });
    known.map_or(("", ""), |(_, query, passage)| (query, passage))
}

/// Loads a model by name, fetching it at the first use.
pub(in crate::models) fn open_named(
    card: &ModelCard,
    known: &Known,
    options: &ModelOptions,
    progress: &mut dyn FnMut(LoadStep),
) -> Result<Arc<dyn Encoder>> {
    let hub = &card.folder;
    if !known.from.is_cached(hub) && options.offline {
        return Err(known
            .from
            .forbidden(&card.id)
            .advise("start once without --offline, or use the bundled model"));
    }
    let runtime = runtime::load(options, progress)?;
    let init = TextInitOptions::new(known.model.clone())
        .with_cache_dir(hub.clone())
        .with_show_download_progress(false)
        .with_environment(runtime.environment.clone())
        .with_intra_threads(options.threads.max(1))
        .with_session_config(NO_SPINNING.0, NO_SPINNING.1)
        .with_max_length(MAX_TOKENS);
    let model = known
        .from
        .wait(&card.id, hub, &|| false, progress, move || TextEmbedding::try_new(init))
        .map_err(|error| error.advise("check the network, or use the bundled model"))?;
    let is_dynamic = matches!(TextEmbedding::get_quantization_mode(&known.model), QuantizationMode::Dynamic);
    start(card, &known.recipe, &runtime.version, model, is_dynamic)
}

/// Loads a folder's model by fastembed.
pub(in crate::models) fn open_folder(
    card: &ModelCard,
    recipe: &Recipe,
    options: &ModelOptions,
    progress: &mut dyn FnMut(LoadStep),
) -> Result<Arc<dyn Encoder>> {
    let runtime = runtime::load(options, progress)?;
    progress(LoadStep::LoadingModel);
    let pooling = match recipe.pooling {
        Pooling::Mean => ::fastembed::Pooling::Mean,
        Pooling::Cls => ::fastembed::Pooling::Cls,
    };
    let init = InitOptionsUserDefined::new()
        .with_environment(runtime.environment.clone())
        .with_intra_threads(options.threads.max(1))
        .with_session_config(NO_SPINNING.0, NO_SPINNING.1)
        .with_max_length(recipe.max_tokens);
    let graph = super::read(&card.folder, locate::MODEL)?;
    let model = UserDefinedEmbeddingModel::new(graph, tokenizer_files(&card.folder)?).with_pooling(pooling);
    let model = TextEmbedding::try_new_from_user_defined(model, init).map_err(|error| {
        Error::unavailable(format!("fastembed cannot load the model: {}", causes(&error)))
            .in_file(&card.folder)
    })?;
    start(card, recipe, &runtime.version, model, false)
}

fn start(
    card: &ModelCard,
    recipe: &Recipe,
    version: &str,
    model: TextEmbedding,
    is_dynamic: bool,
) -> Result<Arc<dyn Encoder>> {
    let max_tokens = model.tokenizer.get_truncation().map_or(card.max_tokens, |cut| cut.max_length);
    let card = ModelCard { max_tokens, ..card.clone() };
    let cutter = TextCutter::new(model.tokenizer.clone(), max_tokens)?;
    // Dynamic quantisation scales by what is in the batch: one text each, or results depend on neighbours.
    let batch_rows = if is_dynamic { 1 } else { usize::MAX };
    let limits = Limits { batch_tokens: BATCH_TOKENS, batch_rows, keep_text: true };
    let model = FastembedModel { model, dim: card.dim };
    Ok(Arc::new(ThreadedEncoder::start(card, version, cutter, recipe, limits, Box::new(model))?))
}

struct FastembedModel {
    model: TextEmbedding,
    dim: usize,
}

impl Model for FastembedModel {
    fn run(&mut self, rows: &[Row], _want_tokens: bool, _stop: &Stop) -> Result<Vec<Encoded>> {
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let vectors = self
            .model
            .embed(&texts, Some(texts.len()))
            .map_err(|e| Error::unavailable(format!("fastembed could not run the model: {}", causes(&e))))?;
        let encoded = rows.iter().zip(vectors).map(|(row, mut dense)| {
            if dense.len() != self.dim {
                return Err(Error::unavailable(format!(
                    "the model gave a vector of {} values where {} are expected",
                    dense.len(),
                    self.dim
                )));
            }
            normalise(&mut dense)?;
            Ok(Encoded { dense, tokens: None, reading: row.pieces.reading })
        });
        encoded.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::models::test_support::{SENTENCES, cosine, encoder, options};
    use crate::models::{Priority, Role};

    #[test]
    fn our_own_session_and_fastembed_agree_on_the_bundled_model() {
        let options = ModelOptions { model: Some("fastembed".to_owned()), ..options() };
        let files = crate::models::locate(&options).unwrap();
        let theirs = crate::models::open(&files, &options, &mut |_| {}).unwrap();
        let long = SENTENCES.concat().repeat(8);
        let mut texts = SENTENCES.to_vec();
        texts.push(&long);
        for role in [Role::Query, Role::Passage] {
            let ours = encoder().encode(Priority::Batch, role, &texts, true).unwrap();
            let theirs = theirs.encode(Priority::Batch, role, &texts, true).unwrap();
            for ((text, ours), theirs) in texts.iter().zip(&ours).zip(&theirs) {
                let cosine = cosine(&ours.dense, &theirs.dense);
                assert!(cosine > 0.9999, "{text}: {cosine}");
                assert_eq!(ours.reading, theirs.reading, "{text}");
                assert_eq!(theirs.tokens, None);
            }
        }
        assert_eq!(theirs.card().max_tokens, 512);
    }

    fn named(name: &str, offline: bool) -> ModelOptions {
        ModelOptions { model: Some(format!("fastembed:{name}")), offline, ..options() }
    }

    #[test]
    fn a_name_that_fastembed_does_not_know_is_wrong_use_and_the_names_are_told() {
        let error = crate::models::locate(&named("nosuchmodel", true)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage);
        assert!(error.to_string().contains("MultilingualE5Small"), "{error}");
    }

    #[test]
    fn a_known_name_is_a_card_and_offline_it_is_not_fetched() {
        let cache = tempfile::tempdir().unwrap();
        let options = named("multilinguale5small", true);
        let files = crate::models::locate(&options).unwrap();
        assert_eq!((files.card.id.as_str(), files.card.dim), ("fastembed:MultilingualE5Small", 384));
        let Source::FastembedName(known) = files.source else { unreachable!("it was asked for by name") };
        assert_eq!(known.recipe.prefix(Role::Query), "query: ");
        let card = ModelCard { folder: cache.path().to_path_buf(), ..files.card };
        let error = open_named(&card, &known, &options, &mut |_| {}).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.to_string().contains("--offline"), "{error}");
    }

    #[test]
    fn prefixes_are_those_of_the_family() {
        assert_eq!(prefixes("intfloat/multilingual-e5-base"), ("query: ", "passage: "));
        assert_eq!(prefixes("Snowflake/snowflake-arctic-embed-m").1, "");
        assert!(prefixes("Xenova/bge-small-zh-v1.5").0.starts_with('为'));
        assert_eq!(prefixes("Xenova/all-MiniLM-L6-v2"), ("", ""));
        assert_eq!(prefixes("x"), ("", ""));
    }
}
