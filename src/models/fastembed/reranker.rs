//! Cross-encoders by the fastembed crate: those that it knows by name, and by its user-defined loading any
//! folder's that has the shape which it reads.
//!
//! In: a query and passages. Out: one [`PairLogit`] a passage. fastembed reads the first column of an
//! output called `logits` and feeds 64-bit ids; what has another shape is refused, for it would be read
//! wrongly or end in a panic. It cuts long pairs without saying so, so each pair is counted here by its own
//! tokenizer. It runs what it is given to its end: it is given small batches, and asked between them.

use ::fastembed::{
    OnnxSource, RerankInitOptions, RerankInitOptionsUserDefined, RerankerModel, TextRerank, TokenizerFiles,
    UserDefinedRerankingModel,
};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{TensorElementType, ValueType};
use serde_json::json;

use super::hub::{FromHub, hub_cache};
use super::{NO_SPINNING, causes, read};
use crate::domain::rerankers::{Origin, RerankerCard};
use crate::error::{Error, Result};
use crate::models::cross_encoder::in_batches;
use crate::models::inputs::TextInputs;
use crate::models::pairs::PairCutter;
use crate::models::runtime::{self, Runtime};
use crate::models::{CrossEncoderFiles, LoadStep, ModelOptions, PairLogit, PairScorer, digest, locate};

/// Part of the fingerprint; change it with the scores.
const VERSION: &str = "fastembed-pairs-1";
/// Tokens of one run, padding included: half of our own session's.
const BATCH_TOKENS: usize = 512;
/// Where the maker says no longest input.
const MAX_TOKENS: usize = 512;
const OUTPUT: &str = "logits";

/// A loaded cross-encoder.
pub struct FastembedReranker {
    model: TextRerank,
    cutter: PairCutter,
    fingerprint: String,
}

impl FastembedReranker {
    /// Loads one that fastembed knows by name, fetching it at the first use; `stop` ends the wait, not the
    /// fetch.
    ///
    /// # Errors
    /// `Unavailable` where ONNX Runtime or the model cannot be had; `Interrupted` where it was stopped;
    /// `Usage` for one that fastembed does not know.
    pub fn by_name(
        card: &RerankerCard,
        options: &ModelOptions,
        stop: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(LoadStep),
    ) -> Result<Self> {
        let Origin::Hub { repository, .. } = card.origin else {
            return Err(Error::usage(format!("{} is no model of the hub", card.name)));
        };
        let model: RerankerModel = repository
            .parse()
            .map_err(|_| Error::usage(format!("fastembed knows no reranker {repository}")))?;
        let known = TextRerank::get_model_info(&model);
        let from = FromHub::new(&known.model_code, &known.model_file, &known.additional_files);
        let (hub, name) = (hub_cache(options)?, format!("fastembed:{}", card.name));
        let by_pull = |error: Error| {
            error.advise(format!(
                "`rankscope models pull {}` fetches it checked and at one commit, or says where to put its files",
                card.name
            ))
        };
        if !from.is_cached(&hub) && options.offline {
            return Err(by_pull(from.forbidden(&name)));
        }
        let runtime = runtime::load(options, progress)?;
        let init = RerankInitOptions::new(model)
            .with_cache_dir(hub.clone())
            .with_show_download_progress(false)
            .with_environment(runtime.environment.clone())
            .with_intra_threads(options.threads.max(1))
            .with_session_config(NO_SPINNING.0, NO_SPINNING.1)
            .with_max_length(card.context.map_or(MAX_TOKENS, |tokens| tokens as usize));
        let model =
            from.wait(&name, &hub, stop, progress, move || TextRerank::try_new(init)).map_err(by_pull)?;
        // What was fetched is known by its commit alone.
        let commit = from.commit(&hub).unwrap_or_default();
        Self::new(model, &[&from.code, &known.model_file, &commit])
    }

    /// Loads a folder's model.
    ///
    /// # Errors
    /// `Unavailable` where ONNX Runtime or the model cannot be had, or fastembed would read it wrongly.
    pub fn in_folder(
        files: &CrossEncoderFiles,
        options: &ModelOptions,
        progress: &mut dyn FnMut(LoadStep),
    ) -> Result<Self> {
        let runtime = runtime::load(options, progress)?;
        progress(LoadStep::LoadingModel);
        fits(files, runtime)?;
        let init = RerankInitOptionsUserDefined::new()
            .with_environment(runtime.environment.clone())
            .with_intra_threads(options.threads.max(1))
            .with_session_config(NO_SPINNING.0, NO_SPINNING.1)
            .with_max_length(files.max_tokens);
        let model =
            UserDefinedRerankingModel::new(OnnxSource::File(files.graph.clone()), tokenizer_files(files)?);
        let model = TextRerank::try_new_from_user_defined(model, init).map_err(|error| {
            Error::unavailable(format!("fastembed cannot load the model: {}", causes(&error)))
                .in_file(&files.graph)
        })?;
        Self::new(model, &[&files.fingerprint()?])
    }

    fn new(model: TextRerank, parts: &[&str]) -> Result<Self> {
        let cut = model.tokenizer.get_truncation().map_or(MAX_TOKENS, |cut| cut.max_length);
        let cutter = PairCutter::new(model.tokenizer.clone(), cut)?;
        let parts: Vec<&str> = [VERSION].iter().chain(parts).copied().collect();
        let fingerprint = format!("{} max_tokens={cut}", digest::of_parts(&parts));
        Ok(Self { model, cutter, fingerprint })
    }

    /// What the scores depend on but the texts. A model by name is known by its commit, not by its bytes.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl PairScorer for FastembedReranker {
    fn score(
        &mut self,
        query: &str,
        passages: &[&str],
        stop: &dyn Fn() -> bool,
        arrived: &mut dyn FnMut(usize, PairLogit),
    ) -> Result<()> {
        let Self { model, cutter, .. } = self;
        in_batches(cutter, BATCH_TOKENS, (query, passages), stop, arrived, &mut |batch, _| {
            let texts: Vec<&str> = batch.iter().map(|&at| passages[at]).collect();
            let mut results = model.rerank(query, &texts, false, Some(texts.len())).map_err(|e| {
                Error::unavailable(format!("fastembed could not run the model: {}", causes(&e)))
            })?;
            // They come the best first.
            results.sort_by_key(|one| one.index);
            match results.iter().map(|one| one.index).eq(0..texts.len()) {
                true => Ok(results.iter().map(|one| one.score).collect()),
                false => Err(Error::bug("fastembed gave other pairs than it was given")),
            }
        })
    }
}

/// Whether fastembed reads this graph rightly. It hides its own session, so the graph is looked at by one of
/// ours, which is gone before fastembed's is made.
fn fits(files: &CrossEncoderFiles, runtime: &Runtime) -> Result<()> {
    let unfit = |what: String| {
        Error::unavailable(format!("fastembed cannot run this model: {what}"))
            .in_file(&files.graph)
            .advise("leave fastembed: out, and rankscope's own session runs it if it is a cross-encoder")
    };
    let session = Session::builder(&runtime.environment)
        .and_then(|builder| Ok(builder.with_optimization_level(GraphOptimizationLevel::Disable)?))
        .and_then(|mut builder| builder.commit_from_file(&files.graph))
        .map_err(|e| unfit(e.to_string()))?;
    let inputs = TextInputs::of(&session, files.pad_id).map_err(&unfit)?;
    if inputs.are_narrow() {
        return Err(unfit("its ids have 32 bits, and fastembed feeds 64".to_owned()));
    }
    let output = session.outputs().iter().find(|output| output.name() == OUTPUT);
    match output.map(|output| output.dtype()) {
        None => Err(unfit(format!("it has no output called {OUTPUT:?}, the only one that fastembed reads"))),
        Some(ValueType::Tensor { ty: TensorElementType::Float32, shape, .. })
            if matches!(shape.as_ref(), [_, 1]) =>
        {
            Ok(())
        }
        Some(other) => Err(unfit(format!(
            "its output is {other:?}; fastembed reads the first of one number a pair, [batch, 1]"
        ))),
    }
}

/// The tokenizer's files; what a folder leaves out of the last two is made of its other files.
fn tokenizer_files(files: &CrossEncoderFiles) -> Result<TokenizerFiles> {
    let folder = files.tokenizer.parent().unwrap_or(&files.tokenizer);
    let or = |name: &str, made: &dyn Fn() -> Vec<u8>| match folder.join(name).is_file() {
        true => read(folder, name),
        false => Ok(made()),
    };
    let tokenizer = read(folder, locate::TOKENIZER)?;
    let pad = || {
        let parsed: Option<serde_json::Value> = serde_json::from_slice(&tokenizer).ok();
        let vocabulary = parsed.as_ref().and_then(|parsed| parsed.pointer("/model/vocab")?.as_object());
        let at_pad = |id: &serde_json::Value| id.as_u64() == Some(u64::from(files.pad_id));
        let name = vocabulary.and_then(|words| words.iter().find(|(_, id)| at_pad(id)));
        name.map_or_else(|| "[PAD]".to_owned(), |(name, _)| name.clone())
    };
    Ok(TokenizerFiles {
        config_file: or("config.json", &|| json!({ "pad_token_id": files.pad_id }).to_string().into_bytes())?,
        special_tokens_map_file: or("special_tokens_map.json", &|| b"{}".to_vec())?,
        tokenizer_config_file: or("tokenizer_config.json", &|| {
            json!({ "model_max_length": files.max_tokens, "pad_token": pad() }).to_string().into_bytes()
        })?,
        tokenizer_file: tokenizer.clone(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::domain::rerankers::{FASTEMBED, card, fastembed_card};
    use crate::error::ErrorKind;
    use crate::models::CrossEncoder;
    use crate::models::test_support::options;

    fn folder(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
    }

    fn files(name: &str) -> CrossEncoderFiles {
        CrossEncoderFiles::in_folder(&folder(name)).unwrap()
    }

    fn pairs() -> Vec<(String, String)> {
        let text = std::fs::read_to_string(folder("expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        serde_json::from_value(expected["pairs"].clone()).unwrap()
    }

    /// Each query's passages together, in the order of the pairs.
    fn scores(model: &mut dyn PairScorer, pairs: &[(String, String)]) -> Vec<PairLogit> {
        let of = |group: &[(String, String)]| {
            let passages: Vec<&str> = group.iter().map(|(_, passage)| passage.as_str()).collect();
            let mut told = vec![None; passages.len()];
            model.score(&group[0].0, &passages, &|| false, &mut |at, one| told[at] = Some(one)).unwrap();
            told
        };
        let told = pairs.chunk_by(|a, b| a.0 == b.0).flat_map(of);
        told.map(|one| one.expect("each is told")).collect()
    }

    /// Traps: scores left in fastembed's order, which is the best first; a pair that fastembed cuts and
    /// nobody says so; padding that another library puts elsewhere.
    #[test]
    fn what_fastembed_loads_scores_as_our_own_session_does() {
        let pairs = pairs();
        for name in ["plain", "types", "external"] {
            let mut theirs = FastembedReranker::in_folder(&files(name), &options(), &mut |_| {}).unwrap();
            let mut ours = CrossEncoder::open(&files(name), &options(), &mut |_| {}).unwrap();
            let (ours, theirs) = (scores(&mut ours, &pairs), scores(&mut theirs, &pairs));
            for ((pair, ours), theirs) in pairs.iter().zip(&ours).zip(&theirs) {
                let (one, other) = (ours.logit.unwrap(), theirs.logit.unwrap());
                assert!((one - other).abs() < 1e-5, "{name}, {pair:?}: {one} and {other}");
                assert_eq!((ours.n_tokens, ours.truncated), (theirs.n_tokens, theirs.truncated), "{pair:?}");
            }
            assert!(theirs.iter().any(|one| one.truncated) && theirs.iter().any(|one| !one.truncated));
        }
    }

    /// Traps: a graph of two logits read by its first, which says no; one of another rank, at which
    /// fastembed panics.
    #[test]
    fn what_fastembed_would_read_wrongly_is_refused() {
        for (name, said) in [
            ("two-logits", "one number a pair"),
            ("classifier", "one number a pair"),
            ("flat", "no output called"),
            ("colbert", "no output called"),
            ("narrow", "32 bits"),
        ] {
            let error =
                FastembedReranker::in_folder(&files(name), &options(), &mut |_| {}).map(|_| ()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unavailable);
            assert!(error.to_string().contains(said), "{name}: {error}");
        }
    }

    #[test]
    fn an_empty_side_is_no_low_score_and_a_stop_runs_nothing() {
        let mut model = FastembedReranker::in_folder(&files("plain"), &options(), &mut |_| {}).unwrap();
        let pairs = ["", "dog", " \n"].map(|passage| ("dog".to_owned(), passage.to_owned()));
        let known: Vec<bool> = scores(&mut model, &pairs).iter().map(|one| one.logit.is_some()).collect();
        assert_eq!(known, [false, true, false]);
        let mut told = 0;
        model.score("dog", &["dog", ""], &|| true, &mut |_, _| told += 1).unwrap();
        assert_eq!(told, 1, "what needs no run is told, and nothing is run any more");
    }

    #[test]
    fn the_bundled_cross_encoder_runs_by_fastembed_too() {
        let files = CrossEncoderFiles::bundled(&options()).unwrap();
        let mut ours = CrossEncoder::open(&files, &options(), &mut |_| {}).unwrap();
        let mut theirs = FastembedReranker::in_folder(&files, &options(), &mut |_| {}).unwrap();
        let pairs = ["予約を取り消すと、運賃は七日以内に払い戻されます。", "Bicycles need a booking."]
            .map(|passage| ("refund after cancelling".to_owned(), passage.to_owned()));
        for (ours, theirs) in scores(&mut ours, &pairs).iter().zip(scores(&mut theirs, &pairs)) {
            let (one, other) = (ours.logit.unwrap(), theirs.logit.unwrap());
            assert!((one - other).abs() < 2e-2, "{one} and {other}");
            assert_eq!(ours.n_tokens, theirs.n_tokens);
        }
    }

    #[test]
    fn the_table_is_fastembeds_own() {
        let theirs = TextRerank::list_supported_models();
        assert_eq!(theirs.len(), FASTEMBED.len());
        for (known, (own, name)) in theirs.iter().zip(FASTEMBED) {
            assert_eq!(format!("{:?}", known.model), own);
            let Origin::Hub { repository, graph, weights } = card(name).unwrap().origin else {
                unreachable!("{name} is on the hub")
            };
            assert_eq!((repository, graph), (known.model_code.as_str(), known.model_file.as_str()));
            assert_eq!(weights, known.additional_files);
            assert_eq!(fastembed_card(&known.model_code).unwrap().name, name);
        }
    }

    #[test]
    fn offline_it_is_not_fetched_and_the_way_to_get_it_is_told() {
        let cache = tempfile::tempdir().unwrap();
        let options = ModelOptions { offline: true, ..options() };
        // Only where nobody has it in the user's own cache.
        let from = FromHub::new("BAAI/bge-reranker-base", "onnx/model.onnx", &[]);
        assert!(!from.is_cached(cache.path()));
        if from.is_cached(&hub_cache(&options).unwrap()) {
            return;
        }
        let card = card("bge-reranker-base").unwrap();
        let error =
            FastembedReranker::by_name(card, &options, &|| false, &mut |_| {}).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        let said = error.to_string();
        assert!(said.contains("--offline") && said.contains("models pull bge-reranker-base"), "{said}");
    }
}
