//! Models by the fastembed crate: any folder, or a model that fastembed knows by name.
//!
//! In: texts. Out: dense vectors only; fastembed gives no token vectors that know their spans, so late
//! interaction has nothing to work on. A model by name comes from its hub at the first use, into our cache
//! folder (or the one in `HF_HOME`); fastembed pins no revision and checks no hash, and neither can we.
//! Batches run to their end: fastembed has no way to stop one, so units are kept small.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ::fastembed::{
    EmbeddingModel, InitOptionsUserDefined, QuantizationMode, TextEmbedding, TextInitOptions, TokenizerFiles,
    UserDefinedEmbeddingModel,
};

use super::encoder::{Limits, Model, Row, Stop, ThreadedEncoder};
use super::locate::{self, ModelFiles, Source};
use super::pieces::TextCutter;
use super::recipe::{Pooling, Recipe};
use super::session::normalise;
use super::{Encoded, Encoder, LoadStep, ModelCard, ModelOptions, digest, runtime, size_of};
use crate::error::{Error, Result};

/// A hub that sends nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);
/// fastembed's own longest input; models may take less.
const MAX_TOKENS: usize = 512;
/// Smaller than our own session's: these runs cannot be interrupted.
const BATCH_TOKENS: usize = 256;
const NO_SPINNING: (&str, &str) = ("session.intra_op.allow_spinning", "0");

/// A model that fastembed knows by name.
#[derive(Debug, Clone)]
pub(super) struct Known {
    model: EmbeddingModel,
    recipe: Recipe,
    /// Its repository, such as `intfloat/multilingual-e5-small`.
    code: String,
    /// Every file that is fetched.
    files: Vec<String>,
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
pub(super) fn locate(name: &str, options: &ModelOptions) -> Result<ModelFiles> {
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
    let tokenizer = ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];
    let files = [known.model_file.as_str()].into_iter().chain(tokenizer).map(str::to_owned);
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
    let (code, files) =
        (known.model_code.clone(), files.chain(known.additional_files.iter().cloned()).collect());
    Ok(ModelFiles { card, source: Source::FastembedName(Known { model, recipe, code, files }) })
}

fn prefixes(code: &str) -> (&'static str, &'static str) {
    let known = PREFIXES.iter().find(|(start, ..)| {
        code.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
    });
    known.map_or(("", ""), |(_, query, passage)| (query, passage))
}

/// Where the hub's files go; fastembed itself prefers `HF_HOME` too.
fn hub_cache(options: &ModelOptions) -> Result<PathBuf> {
    if let Some(home) = env::var_os("HF_HOME").filter(|home| !home.is_empty()) {
        return Ok(PathBuf::from(home));
    }
    let cache = locate::cache_folders(options).into_iter().next();
    cache.map(|cache| cache.join("hub")).ok_or_else(|| {
        Error::unavailable("no home folder is known, so the model has no place")
            .advise("choose a cache folder with --cache-dir DIR")
    })
}

impl Known {
    /// Whether every file lies in the hub's cache layout (`models--ORG--NAME/snapshots/COMMIT/FILE`).
    fn is_cached(&self, hub: &Path) -> bool {
        let repository = hub.join(format!("models--{}", self.code.replace('/', "--")));
        let Ok(commit) = fs::read_to_string(repository.join("refs").join("main")) else { return false };
        let snapshot = repository.join("snapshots").join(commit.trim());
        self.files.iter().all(|file| snapshot.join(file).is_file())
    }
}

/// Loads a model by name, fetching it at the first use.
pub(super) fn open_named(
    card: &ModelCard,
    known: &Known,
    options: &ModelOptions,
    progress: &mut dyn FnMut(LoadStep),
) -> Result<Arc<dyn Encoder>> {
    let hub = card.folder.clone();
    if !known.is_cached(&hub) && options.offline {
        return Err(Error::unavailable(format!(
            "the model {} is not in the cache, and --offline forbids to fetch it",
            card.id
        ))
        .advise("start once without --offline, or use the bundled model"));
    }
    let runtime = runtime::load(options, progress)?;
    // Its own thread, because the hub's client can wait for ever for a server that never answers.
    let (done, outcome) = mpsc::channel();
    let init = TextInitOptions::new(known.model.clone())
        .with_cache_dir(hub.clone())
        .with_show_download_progress(false)
        .with_environment(runtime.environment.clone())
        .with_intra_threads(options.threads.max(1))
        .with_session_config(NO_SPINNING.0, NO_SPINNING.1)
        .with_max_length(MAX_TOKENS);
    thread::Builder::new()
        .name("model-fetch".to_owned())
        .spawn(move || {
            // Fails where nobody waits any more; the model then goes at once.
            let _ = done.send(TextEmbedding::try_new(init));
        })
        .map_err(|e| Error::unavailable(format!("the system gives no thread to load the model: {e}")))?;
    let repository = hub.join(format!("models--{}", known.code.replace('/', "--")));
    let (mut bytes, mut grown) = (0, Instant::now());
    let model = loop {
        match outcome.recv_timeout(POLL) {
            Ok(model) => break model,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::unavailable(format!("fastembed died while it loaded {}", card.id)));
            }
            Err(RecvTimeoutError::Timeout) if known.is_cached(&hub) => progress(LoadStep::LoadingModel),
            Err(RecvTimeoutError::Timeout) => {
                let now = size_of(&repository);
                if now > bytes {
                    (bytes, grown) = (now, Instant::now());
                }
                progress(LoadStep::FetchingModel { name: card.id.clone(), bytes });
                if grown.elapsed() > PATIENCE {
                    return Err(Error::unavailable(format!(
                        "the hub has sent nothing of {} for {} s",
                        card.id,
                        PATIENCE.as_secs()
                    ))
                    .advise("try again later, or use the bundled model"));
                }
            }
        }
    };
    let model = model.map_err(|error| {
        let causes = causes(&error);
        Error::unavailable(format!("fastembed cannot load {}: {causes}", card.id))
            .advise("check the network, or use the bundled model")
    })?;
    let is_dynamic = matches!(TextEmbedding::get_quantization_mode(&known.model), QuantizationMode::Dynamic);
    start(card, &known.recipe, &runtime.version, model, is_dynamic)
}

/// Loads a folder's model by fastembed.
pub(super) fn open_folder(
    card: &ModelCard,
    recipe: &Recipe,
    options: &ModelOptions,
    progress: &mut dyn FnMut(LoadStep),
) -> Result<Arc<dyn Encoder>> {
    let runtime = runtime::load(options, progress)?;
    progress(LoadStep::LoadingModel);
    let read = |name: &str| {
        let path = card.folder.join(name);
        fs::read(&path).map_err(|e| {
            Error::unavailable(format!("fastembed needs this file of the model: {e}")).in_file(&path)
        })
    };
    let tokenizer_files = TokenizerFiles {
        tokenizer_file: read(locate::TOKENIZER)?,
        config_file: read("config.json")?,
        special_tokens_map_file: read("special_tokens_map.json")?,
        tokenizer_config_file: read("tokenizer_config.json")?,
    };
    let pooling = match recipe.pooling {
        Pooling::Mean => ::fastembed::Pooling::Mean,
        Pooling::Cls => ::fastembed::Pooling::Cls,
    };
    let init = InitOptionsUserDefined::new()
        .with_environment(runtime.environment.clone())
        .with_intra_threads(options.threads.max(1))
        .with_session_config(NO_SPINNING.0, NO_SPINNING.1)
        .with_max_length(recipe.max_tokens);
    let model = UserDefinedEmbeddingModel::new(read(locate::MODEL)?, tokenizer_files).with_pooling(pooling);
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

/// An error and what it came from, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
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
    fn a_model_is_cached_when_every_file_is() {
        let hub = tempfile::tempdir().unwrap();
        let files = crate::models::locate(&named("multilinguale5small", true)).unwrap();
        let Source::FastembedName(known) = files.source else { unreachable!("it was asked for by name") };
        let repository = hub.path().join("models--intfloat--multilingual-e5-small");
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs/main"), "c0ffee").unwrap();
        for file in &known.files {
            assert!(!known.is_cached(hub.path()));
            let path = repository.join("snapshots/c0ffee").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert!(known.is_cached(hub.path()));
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
