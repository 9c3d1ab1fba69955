//! In: the flags that say what is opened, with what. Out: the same as words of a command line, for one that
//! reproduces what a screen shows. Knobs are not among them: they stand where the screen has turned them, and
//! `config::spelling` writes them.

use std::path::Path;

use super::engine::{EngineArgs, ScoreKind};
use super::inputs::InputArgs;
use super::services::ServiceArgs;
use crate::config::spelling::flag;

/// The words so far.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn flag(&mut self, name: &str, value: Option<impl ToString>) {
        self.0.extend(value.into_iter().flat_map(|value| flag(name, value.to_string())));
    }

    fn path(&mut self, name: &str, path: Option<&Path>) {
        self.flag(name, path.map(Path::display));
    }

    fn switch(&mut self, name: &str, on: bool) {
        self.0.extend(on.then(|| name.to_owned()));
    }
}

impl EngineArgs {
    /// The words that open the same collection with the same legs and models. Every field is named here, so
    /// that a flag that is added later cannot be forgotten.
    pub(in crate::cli) fn written(&self) -> Vec<String> {
        let Self {
            collection,
            input,
            legs,
            offline,
            model_dir,
            model,
            reranker_dir,
            rerank_activation,
            services,
            budget_ms,
            // The knobs.
            first: _,
            fusion: _,
            alpha: _,
            weights: _,
            rrf_k: _,
            depth: _,
            window: _,
            n: _,
            k: _,
            rerank: _,
            reranked: _,
            blend: _,
            threshold: _,
            bm25_k1: _,
            bm25_b: _,
            title_boost: _,
            analyzer: _,
            fold_han: _,
            rel_level: _,
            ann: _,
            ann_ef: _,
            // Of this machine: they change no result.
            cache_dir: _,
            threads: _,
            token_store_max: _,
            score_cache_max: _,
        } = self;
        let mut words = Words::default();
        if let Some(collection) = collection {
            let written = collection.display().to_string();
            // A name that looks like a flag is a path all the same; a dash alone is standard input.
            let is_flag = written.starts_with('-') && written != "-";
            words.0.push(if is_flag { format!("./{written}") } else { written });
        }
        input.write(&mut words);
        legs.iter().for_each(|leg| words.flag("--leg", Some(leg)));
        words.switch("--offline", *offline);
        words.path("--model-dir", model_dir.as_deref());
        words.flag("--model", model.as_ref());
        words.path("--reranker-dir", reranker_dir.as_deref());
        let activation = rerank_activation.map(|kind| match kind {
            ScoreKind::Raw => "raw",
            ScoreKind::Sigmoid => "sigmoid",
        });
        words.flag("--rerank-activation", activation);
        services.write(&mut words);
        words.flag("--budget-ms", *budget_ms);
        words.0
    }
}

impl InputArgs {
    fn write(&self, words: &mut Words) {
        let Self {
            queries,
            qrels,
            split,
            input_format,
            fields,
            query_fields,
            language,
            chunk_size,
            chunk_overlap,
            judged_by,
            skip_bad_rows,
        } = self;
        words.path("--queries", queries.as_deref());
        words.path("--qrels", qrels.as_deref());
        words.flag("--split", split.as_ref());
        words.flag("--input-format", input_format.map(|format| format.name()));
        words.flag("--fields", fields.as_ref());
        words.flag("--query-fields", query_fields.as_ref());
        words.flag("--language", language.as_ref());
        words.flag("--chunk-size", *chunk_size);
        words.flag("--chunk-overlap", *chunk_overlap);
        words.flag("--judged-by", judged_by.map(|by| by.name()));
        words.switch("--skip-bad-rows", *skip_bad_rows);
    }
}

impl ServiceArgs {
    fn write(&self, words: &mut Words) {
        let Self {
            // It stands in the plan.
            rerank_url: _,
            rerank_plain_http,
            max_cost,
            max_search_units,
            max_billed_tokens,
        } = self;
        words.switch("--rerank-plain-http", *rerank_plain_http);
        words.flag("--max-cost", *max_cost);
        words.flag("--max-search-units", *max_search_units);
        words.flag("--max-billed-tokens", *max_billed_tokens);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Args;
    use super::*;
    use crate::config::{self, Patch, spelling};

    /// The command line that the screen of these arguments shows, and what both open.
    fn round_trip(arguments: &[&str]) -> (Vec<String>, String, String) {
        let parse = |arguments: &[String]| {
            let all = std::iter::once("rankscope").chain(arguments.iter().map(String::as_str));
            Args::try_parse_from(all).unwrap_or_else(|error| panic!("{arguments:?}: {error}")).engine
        };
        let typed: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let engine = parse(&typed);
        let options = engine.options(true).unwrap();
        let (_, file) = engine.collection().unwrap();
        let names: Vec<String> = options.legs.iter().map(|leg| leg.name.clone()).collect();
        let base = config::resolve(&file, &config::file(&file).unwrap(), &Patch::default(), &names).unwrap();
        let words = [engine.written(), spelling::flags(&options.settings, &base, &names)].concat();
        // What a shell makes of the line.
        let words = shlex::split(&spelling::shell_line(&words)).unwrap();
        let again = parse(&words).options(true).unwrap();
        (words, format!("{options:?}"), format!("{again:?}"))
    }

    /// Trap: flags that are left out open another collection under the same settings.
    #[test]
    fn what_the_screen_prints_opens_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| -> String {
            let path = folder.path().join(name);
            std::fs::write(&path, "q Q0 d 1 1.0 x\n").unwrap();
            path.display().to_string()
        };
        let (a, b, reranked, qrels) = (at("a b.run"), at("b.run"), at("re+ranked > 1.run"), at("qrels"));
        let (a, b) = (format!("x={a}"), format!("y={b}"));
        let path = folder.path().display().to_string();
        for arguments in [
            &["sample_corpus"][..],
            &["--qrels", &qrels, "--leg", &a, "--leg", &b, "--reranked", &reranked, "--weight", "x=.3"],
            &["--queries", &qrels, "--leg", &a, "--first", "x", "--rerank", "none", "--threshold", "-2"],
            &[
                &path,
                "--queries",
                &qrels,
                "--qrels",
                &qrels,
                "--input-format",
                "markdown",
                "--fields",
                "id=key",
                "--query-fields",
                "text=q",
                "--language",
                "zh-Hant",
                "--chunk-size",
                "800",
                "--chunk-overlap",
                "80",
                "--judged-by",
                "document",
                "--skip-bad-rows",
                "-n",
                "20",
            ],
            &[&path, "--split", "dev", "--model", "fastembed:x", "--offline", "--budget-ms", "250"],
            &[
                "sample_corpus",
                "--model-dir",
                "m",
                "--reranker-dir",
                "r",
                "--rerank-activation",
                "sigmoid",
                "--rerank",
                "dir",
                "--ann",
                "--ann-ef",
                "50",
                "--fold-han",
            ],
            &[
                "sample_corpus",
                "--rerank",
                "late-interaction@40 > vllm:m@20",
                "--rerank-url",
                "http://127.0.0.1:9",
                "--rerank-plain-http",
                "--max-cost",
                ".5",
                "--max-search-units",
                "10",
                "--max-billed-tokens",
                "1000",
            ],
        ] {
            let (words, opened, again) = round_trip(arguments);
            assert_eq!(opened, again, "{arguments:?} became {words:?}");
        }
    }

    #[test]
    fn a_name_that_looks_like_a_flag_stays_a_name() {
        let engine = |collection: &str, split: &str| {
            let collection = Some(collection.into());
            let input = InputArgs { split: Some(split.into()), ..InputArgs::default() };
            let parsed = Args::try_parse_from(["rankscope"]).unwrap().engine;
            EngineArgs { collection, input, ..parsed }.written()
        };
        assert_eq!(engine("-n", "-k"), ["./-n", "--split=-k"]);
        assert_eq!(engine("-", "dev")[0], "-");
    }
}
