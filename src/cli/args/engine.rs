//! In: the flags that say what the engine works on and with. Out: its options, with what the settings file
//! of the collection adds.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::inputs::InputArgs;
use super::services::ServiceArgs;
use super::values::{analyzers, fusion_method, score_cache_max, second_stage, weight};
use crate::config::{self, Patch};
use crate::corpus;
use crate::domain::rerankers;
use crate::domain::{AnalyzerChoice, FusionMethod, Grade, LegId, SecondStage, Settings};
use crate::engine::{EngineOptions, JudgeOptions, LegSource, LegSpec};
use crate::error::{Error, Result};
use crate::models::ModelOptions;
use crate::rerank::Activation;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScoreKind {
    Raw,
    Sigmoid,
}

/// What the engine works on and with; the same for the screen and for `eval`.
#[derive(Debug, Clone, clap::Args)]
pub struct EngineArgs {
    /// A file or a folder: passages as JSON lines, CSV, TSV or TREC, Markdown or text, a folder in BEIR
    /// layout, a rankscope.toml; - is standard input [default: the sample collection]
    #[arg(value_name = "COLLECTION")]
    pub collection: Option<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    /// A leg of the first stage: bm25, dense, or NAME=FILE with another engine's lists as a TREC run;
    /// may be given several times [default: bm25 and dense]
    #[arg(long = "leg", value_name = "LEG", help_heading = "Settings")]
    pub legs: Vec<String>,
    /// First stage: hybrid, or one leg alone by its name [default: hybrid]
    #[arg(long, value_name = "LEG", env = "RANKSCOPE_FIRST", help_heading = "Settings")]
    pub first: Option<String>,
    /// How legs become one list [default: rrf]
    #[arg(long, value_parser = fusion_method(), hide_possible_values = true, value_name = "METHOD",
          env = "RANKSCOPE_FUSION", help_heading = "Settings")]
    pub fusion: Option<FusionMethod>,
    /// Share of the dense leg, 0 to 1 [default: 0.5]
    #[arg(long, env = "RANKSCOPE_ALPHA", help_heading = "Settings")]
    pub alpha: Option<f64>,
    /// Weight of one leg, as NAME=WEIGHT; goes before alpha; may be given several times
    #[arg(long = "weight", value_name = "NAME=WEIGHT", value_parser = weight, help_heading = "Settings")]
    pub weights: Vec<(String, f64)>,
    /// The constant of reciprocal rank fusion [default: 60; Qdrant's: 2]
    #[arg(long, value_name = "K", env = "RANKSCOPE_RRF_K", help_heading = "Settings")]
    pub rrf_k: Option<f64>,
    /// D: how deep each leg is fetched [default: 1000]
    #[arg(long, value_name = "D", env = "RANKSCOPE_DEPTH", help_heading = "Settings")]
    pub depth: Option<usize>,
    /// W: how deep each leg enters the fusion [default: D]
    #[arg(long, value_name = "W", env = "RANKSCOPE_WINDOW", help_heading = "Settings")]
    pub window: Option<usize>,
    /// N: size of the candidate set [default: 50]
    #[arg(
        short = 'n',
        long = "candidates",
        value_name = "N",
        env = "RANKSCOPE_N",
        help_heading = "Settings"
    )]
    pub n: Option<usize>,
    /// k: how many passages are delivered [default: 10]
    #[arg(short = 'k', long = "deliver", value_name = "K", env = "RANKSCOPE_K", help_heading = "Settings")]
    pub k: Option<usize>,
    /// Second stage: a name of `rankscope models list`, several added (A+B), or one after the other
    /// (A@100 > B@20); none switches it off [default: late-interaction]
    #[arg(long, value_parser = second_stage(), hide_possible_values = true, value_name = "PLAN",
        env = "RANKSCOPE_RERANK", help_heading = "Settings")]
    pub rerank: Option<SecondStage>,
    /// The second stage is a TREC run: the lists that another engine's reranker made
    #[arg(long, value_name = "FILE", conflicts_with = "rerank", help_heading = "Settings")]
    pub reranked: Option<PathBuf>,
    /// Share of the first stage in the final score, 0 to 1; both are brought to 0..1 over the candidates
    /// [default: 0, the reranker alone]
    #[arg(long, value_name = "BETA", env = "RANKSCOPE_BLEND", help_heading = "Settings")]
    pub blend: Option<f64>,
    /// Deliver no passage whose final score is below [default: all]
    #[arg(
        long,
        value_name = "SCORE",
        allow_negative_numbers = true,
        env = "RANKSCOPE_THRESHOLD",
        help_heading = "Settings"
    )]
    pub threshold: Option<f64>,
    /// Term saturation of BM25 [default: 1.2]
    #[arg(long, value_name = "K1", env = "RANKSCOPE_BM25_K1", help_heading = "Settings")]
    pub bm25_k1: Option<f64>,
    /// Length normalisation of BM25, 0 to 1 [default: 0.75]
    #[arg(long, value_name = "B", env = "RANKSCOPE_BM25_B", help_heading = "Settings")]
    pub bm25_b: Option<f64>,
    /// How often a term of the title counts in BM25 [default: 1]
    #[arg(long, value_name = "BOOST", env = "RANKSCOPE_TITLE_BOOST", help_heading = "Settings")]
    pub title_boost: Option<f64>,
    /// How text becomes the terms of BM25 [default: auto]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = analyzers(),
        env = "RANKSCOPE_ANALYZER",
        help_heading = "Settings"
    )]
    pub analyzer: Option<AnalyzerChoice>,
    /// Read Traditional Chinese characters as Simplified ones in BM25, so that the two scripts meet
    #[arg(long, help_heading = "Settings")]
    pub fold_han: bool,
    /// A passage is gold from this grade on [default: 1]
    #[arg(long, value_name = "GRADE", help_heading = "Settings")]
    pub rel_level: Option<Grade>,
    /// Search the dense leg approximately (HNSW), as production engines do
    #[arg(long, help_heading = "Settings")]
    pub ann: bool,
    /// Breadth of the approximate search, which returns at most this many passages [default: 100]
    #[arg(long, value_name = "EF", requires = "ann", help_heading = "Settings")]
    pub ann_ef: Option<usize>,
    /// Never use the network: no fetching of ONNX Runtime or models
    #[arg(long, env = "RANKSCOPE_OFFLINE")]
    pub offline: bool,
    /// Where indexes, vectors and scores are kept [default: rankscope in the user's cache folder]
    #[arg(long, value_name = "DIR", env = "RANKSCOPE_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Folder of the embedding model (model.onnx and tokenizer.json) [default: the bundled one]
    #[arg(long, value_name = "DIR")]
    pub model_dir: Option<PathBuf>,
    /// Another embedding model: fastembed:NAME, one that fastembed knows by name (dense vectors only)
    #[arg(long, value_name = "MODEL", conflicts_with = "model_dir")]
    pub model: Option<String>,
    /// Folder of a reranker (model.onnx and tokenizer.json), called dir in --rerank; or of several, each in
    /// a folder of its name
    #[arg(long, value_name = "DIR")]
    pub reranker_dir: Option<PathBuf>,
    /// What local cross-encoders give as scores: the raw logit, or its sigmoid [default: raw]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub rerank_activation: Option<ScoreKind>,
    #[command(flatten)]
    pub services: ServiceArgs,
    /// Milliseconds that a query's second stage may take: what N it affords is reported
    #[arg(long, value_name = "MS")]
    pub budget_ms: Option<f64>,
    /// Threads of the model [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Mebibytes of token vectors to keep on disk, of a collection by the embedding model, and of all passages
    /// by late-interaction models of their own; beyond, they are computed when needed
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    pub token_store_max: u64,
    /// What reranker scores may take on disk, such as 64M or 2G; beyond, the oldest go [default: 512M, or
    /// score-cache-max in config.toml]
    #[arg(long, value_name = "SIZE", value_parser = config::size, env = "RANKSCOPE_SCORE_CACHE_MAX")]
    pub score_cache_max: Option<u64>,
}

impl EngineArgs {
    /// What the engine is started with. `eager`: for a screen, which wants everything at hand.
    ///
    /// # Errors
    /// When a value or the collection's settings file is wrong, or there is no collection.
    pub fn options(&self, eager: bool) -> Result<EngineOptions> {
        let (collection, settings_file) = self.collection()?;
        let (mut file, mut flags) = (config::file(&settings_file)?, self.patch());
        flags.rerank = self.services.addressed(flags.rerank)?;
        let described = std::mem::take(&mut file.collection);
        let mut read = self.input.options(&described, &collection)?;
        let legs = legs(&collection, &file, &flags)?;
        if let Some(run) = described.reranked.as_ref().filter(|_| flags.rerank.is_none()) {
            file.rerank = Some(SecondStage::of_run(&collection.join(run)));
        }
        let without_texts =
            self.collection.is_none() && self.input.stands_alone() || described.texts == Some(false);
        if without_texts {
            let mut runs = runs_alone(&legs, self.legs.is_empty() && file.legs.is_none())?;
            let asked = flags.rerank.get_or_insert(file.rerank.clone().unwrap_or_default());
            for name in asked.rerankers() {
                if let Some(run) = rerankers::run_file(name) {
                    runs.push(run.into());
                    continue;
                }
                return Err(Error::usage(format!("--rerank {name}: there are no texts that it could score"))
                    .advise("--reranked FILE takes the lists of another engine's reranker; or name the collection"));
            }
            read.ids_from = Some(runs);
        }
        let names: Vec<String> = legs.iter().map(|leg| leg.name.clone()).collect();
        let settings = config::resolve(&settings_file, &file, &flags, &names)?;
        // A file that came with a collection must not decide where its texts are sent.
        let sent_to = settings.reranker.rerankers().into_iter().find(|name| name.contains("://"));
        if let Some(name) = sent_to.filter(|_| flags.rerank.is_none()) {
            return Err(Error::input(format!("the settings file sends texts to {name}"))
                .in_file(&settings_file)
                .advise("name the URL on the command line, with --rerank, if that is what you want"));
        }
        let cores = crate::engine::cores();
        Ok(EngineOptions {
            use_model: !without_texts && (eager || needs_model(&settings, &legs)),
            collection,
            legs,
            read,
            cache_dir: self.cache_dir.clone(),
            model: ModelOptions {
                model_dir: self.model_dir.clone(),
                cache_dir: self.cache_dir.clone(),
                offline: self.offline,
                threads: self.threads.unwrap_or(cores).max(1),
                model: self.model.clone(),
                runtime_dir: None,
            },
            eager,
            watch: eager,
            reranker_dir: self.reranker_dir.clone(),
            activation: match self.rerank_activation {
                Some(ScoreKind::Sigmoid) => Activation::Sigmoid,
                _ => Activation::Raw,
            },
            budget_ms: self.budget_ms,
            service_budget: self.services.budget()?,
            ask_before_paying: eager,
            plain_http: self.services.rerank_plain_http,
            judging: JudgeOptions::default(),
            token_store_max: self.token_store_max.saturating_mul(1 << 20),
            score_cache_max: score_cache_max(self.score_cache_max),
            settings,
        })
    }

    /// The collection's folder or file, and its settings file.
    pub(in crate::cli) fn collection(&self) -> Result<(PathBuf, PathBuf)> {
        let named = match (&self.collection, &self.input.qrels, &self.input.queries) {
            (Some(path), ..) => path.clone(),
            // What there is of it is in these and in the runs.
            (None, Some(file), _) | (None, None, Some(file)) => {
                return Ok((file.clone(), file.join("rankscope.toml")));
            }
            (None, None, None) => corpus::sample_folder().ok_or_else(|| {
                Error::usage("no collection is given, and the sample collection is not installed")
                    .advise("rankscope PATH opens a file or a folder of passages")
            })?,
        };
        let settings_file = config::settings_file(&named);
        if settings_file != named {
            return Ok((named, settings_file));
        }
        if !named.is_file() {
            return Err(Error::input("no such file").in_file(&named));
        }
        let folder = named.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok((folder.to_path_buf(), settings_file))
    }

    pub(in crate::cli) fn patch(&self) -> Patch {
        Patch {
            legs: (!self.legs.is_empty()).then(|| self.legs.clone()),
            first: self.first.clone(),
            fusion: self.fusion,
            weights: self.weights.iter().cloned().collect(),
            blend: self.blend,
            threshold: self.threshold,
            bm25_k1: self.bm25_k1,
            bm25_b: self.bm25_b,
            title_boost: self.title_boost,
            analyzer: self.analyzer,
            fold_han: self.fold_han.then_some(true),
            rerank: self.reranked.as_deref().map(SecondStage::of_run).or_else(|| self.rerank.clone()),
            alpha: self.alpha,
            rrf_k: self.rrf_k,
            depth: self.depth,
            window: self.window,
            n: self.n,
            k: self.k,
            rel_level: self.rel_level,
            ann: self.ann.then_some(true),
            ann_ef: self.ann_ef,
            ..Patch::default()
        }
    }
}

/// Whether these settings draw on the embedding model: its dense leg, or a reranker of its vectors.
pub fn needs_model(settings: &Settings, legs: &[LegSpec]) -> bool {
    let dense = legs.iter().position(|leg| leg.source == LegSource::Dense).map(LegId);
    dense.is_some_and(|dense| settings.legs(legs.len()).contains(dense))
        || settings.reranker.needs_embedding()
}

/// The runs of a first stage without texts. `none_named`: these are the legs that are there by themselves.
fn runs_alone(legs: &[LegSpec], none_named: bool) -> Result<Vec<PathBuf>> {
    let advice =
        "give every leg as a run, --leg NAME=FILE; or name the collection, whose texts can be searched";
    if none_named {
        return Err(Error::usage("there is neither a collection nor a run").advise(advice));
    }
    let run = |leg: &LegSpec| match &leg.source {
        LegSource::Run(file) => Ok(file.clone()),
        LegSource::Bm25 | LegSource::Dense => {
            Err(Error::usage(format!("--leg {}: there are no texts to search", leg.name)).advise(advice))
        }
    };
    legs.iter().map(run).collect()
}

/// The legs that flags or file ask for; run files of the file lie in its folder.
fn legs(collection: &Path, file: &Patch, flags: &Patch) -> Result<Vec<LegSpec>> {
    let (written, folder) = match (&flags.legs, &file.legs) {
        (Some(legs), _) => (legs, None),
        (None, Some(legs)) => (legs, Some(collection)),
        (None, None) => return Ok(LegSpec::built_in()),
    };
    let mut legs: Vec<LegSpec> = written.iter().map(|leg| LegSpec::parse(leg)).collect::<Result<_>>()?;
    for leg in &mut legs {
        if let (LegSource::Run(run), Some(folder)) = (&mut leg.source, folder) {
            *run = folder.join(&*run);
        }
    }
    LegSpec::check(&legs)?;
    Ok(legs)
}
