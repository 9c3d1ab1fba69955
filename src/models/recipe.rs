//! How a model wants its texts: the prefix of each side, the pooling, the longest input, the padding id.
//!
//! In: a model's folder. Out: a [`Recipe`], read from the files that models on the hub carry
//! (`config.json`, `tokenizer_config.json`, sentence-transformers' `1_Pooling/config.json` and
//! `config_sentence_transformers.json`). It loads no model and checks no weights.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Role;
use crate::error::{Error, Result};

/// Longest input where neither file of the model says one.
const USUAL_MAX_TOKENS: usize = 512;
/// Longer inputs than this are cut even where the model could: memory grows with the square.
const MOST_TOKENS: usize = 8192;

/// One vector from many: what becomes the dense vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// Mean over the tokens of the mask.
    Mean,
    /// The first token's vector.
    Cls,
}

/// Everything besides the weights that decides a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub query_prefix: String,
    pub passage_prefix: String,
    pub pooling: Pooling,
    pub dim: usize,
    pub max_tokens: usize,
    pub pad_id: u32,
}

impl Recipe {
    /// Reads a folder's recipe. `id` is the model's name: the E5 family's prefixes are known by it, since
    /// its files do not carry them.
    ///
    /// # Errors
    /// `Input` where `config.json` is missing, malformed or has no `hidden_size`.
    pub(super) fn read(folder: &Path, id: &str) -> Result<Self> {
        let path = folder.join("config.json");
        let config = json(&path)?.ok_or_else(|| {
            Error::input("there is no config.json in the model's folder")
                .in_file(&path)
                .advise("copy the model again, with every file of its folder")
        })?;
        let dim = number(&config, "hidden_size").filter(|dim| *dim > 0).ok_or_else(|| {
            Error::input("config.json does not say \"hidden_size\", the length of the model's vectors")
                .in_file(&path)
        })?;
        let tokenizer = json(&folder.join("tokenizer_config.json"))?.unwrap_or(Value::Null);
        let pooling = json(&folder.join("1_Pooling").join("config.json"))?.unwrap_or(Value::Null);
        let sentence = json(&folder.join("config_sentence_transformers.json"))?.unwrap_or(Value::Null);

        let max_tokens = longest_input(&config, &tokenizer);
        let is_e5 = id.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| word == "e5");
        let prefix = |names: &[&str], of_e5: &str| {
            let prompts = sentence.get("prompts").unwrap_or(&Value::Null);
            let named = names.iter().find_map(|name| prompts.get(name)?.as_str());
            named.unwrap_or(if is_e5 { of_e5 } else { "" }).to_owned()
        };
        let cls = pooling.get("pooling_mode_cls_token").and_then(Value::as_bool) == Some(true);
        Ok(Self {
            query_prefix: prefix(&["query"], "query: "),
            passage_prefix: prefix(&["passage", "document", "corpus"], "passage: "),
            pooling: if cls { Pooling::Cls } else { Pooling::Mean },
            dim,
            max_tokens,
            pad_id: number(&config, "pad_token_id").and_then(|id| u32::try_from(id).ok()).unwrap_or(0),
        })
    }

    pub(super) fn prefix(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query_prefix,
            Role::Passage => &self.passage_prefix,
        }
    }

    /// The recipe's part of the fingerprint; its first word changes when the same recipe would give
    /// other vectors.
    pub(super) fn describe(&self) -> String {
        format!(
            "encoder-1 query={:?} passage={:?} pooling={:?} dim={} max_tokens={}",
            self.query_prefix, self.passage_prefix, self.pooling, self.dim, self.max_tokens
        )
    }
}

/// What a graph's inputs may be, whatever it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub max_tokens: usize,
    pub pad_id: u32,
}

impl Limits {
    /// Reads a folder's limits; the usual ones where its files say none.
    ///
    /// # Errors
    /// `Input` where a file is malformed.
    pub fn read(folder: &Path) -> Result<Self> {
        let config = json(&folder.join("config.json"))?.unwrap_or(Value::Null);
        let tokenizer = json(&folder.join("tokenizer_config.json"))?.unwrap_or(Value::Null);
        let pad_id = number(&config, "pad_token_id").and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
        Ok(Self { max_tokens: longest_input(&config, &tokenizer), pad_id })
    }
}

/// The longest input in tokens. `tokenizer_config.json` often carries 1e30 for "no limit"; the smaller of
/// the two is the model's. RoBERTa counts positions from behind its padding id, so that it takes fewer
/// tokens than it has positions.
fn longest_input(config: &Value, tokenizer: &Value) -> usize {
    let kind = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
    let positions =
        number(config, "max_position_embeddings").map(|positions| match kind.contains("roberta") {
            true => positions.saturating_sub(number(config, "pad_token_id").unwrap_or(1) + 1),
            false => positions,
        });
    [number(tokenizer, "model_max_length"), positions]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(USUAL_MAX_TOKENS)
        .clamp(8, MOST_TOKENS)
}

/// The file as JSON; `None` where there is no such file.
pub(super) fn json(path: &Path) -> Result<Option<Value>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| Error::input(format!("malformed JSON: {e}")).at_line(path, e.line())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("cannot read", path, &error)),
    }
}

/// A whole number; a number beyond `u64` (1e30 is usual) is none.
fn number(value: &Value, name: &str) -> Option<usize> {
    value.get(name)?.as_u64().and_then(|n| usize::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_e5_family_is_known_by_its_name() {
        let folder = folder(&[
            ("config.json", r#"{"hidden_size": 384, "max_position_embeddings": 512, "pad_token_id": 1}"#),
            ("tokenizer_config.json", r#"{"model_max_length": 1000000000000000019884624838656}"#),
        ]);
        let recipe = Recipe::read(folder.path(), "multilingual-e5-small-q4").unwrap();
        assert_eq!((recipe.prefix(Role::Query), recipe.prefix(Role::Passage)), ("query: ", "passage: "));
        assert_eq!((recipe.dim, recipe.max_tokens, recipe.pad_id), (384, 512, 1));
        assert_eq!(recipe.pooling, Pooling::Mean);
        let other = Recipe::read(folder.path(), "gte5small").unwrap();
        assert_eq!(other.prefix(Role::Query), "");
        assert_ne!(recipe.describe(), other.describe());
    }

    #[test]
    fn the_files_of_sentence_transformers_decide() {
        let folder = folder(&[
            ("config.json", r#"{"hidden_size": 8}"#),
            ("1_Pooling/config.json", r#"{"pooling_mode_cls_token": true}"#),
            ("config_sentence_transformers.json", r#"{"prompts": {"query": "Q: ", "document": "D: "}}"#),
        ]);
        let recipe = Recipe::read(folder.path(), "some-e5").unwrap();
        assert_eq!((recipe.prefix(Role::Query), recipe.prefix(Role::Passage)), ("Q: ", "D: "));
        assert_eq!(recipe.pooling, Pooling::Cls);
        assert_eq!(recipe.max_tokens, 512);
    }

    /// Trap: XLM-RoBERTa's 514 positions hold 512 tokens; the 513th would end the run.
    #[test]
    fn a_roberta_takes_fewer_tokens_than_it_has_positions() {
        let limits = |config: &str| {
            let folder = folder(&[("config.json", config)]);
            let limits = Limits::read(folder.path()).unwrap();
            (limits.max_tokens, limits.pad_id)
        };
        let roberta = r#"{"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}"#;
        assert_eq!(limits(roberta), (512, 1));
        assert_eq!(limits(r#"{"model_type": "bert", "max_position_embeddings": 512}"#), (512, 0));
        assert_eq!(limits("{}"), (512, 0));
    }

    #[test]
    fn a_missing_or_malformed_config_is_named() {
        let empty = folder(&[]);
        let error = Recipe::read(empty.path(), "x").unwrap_err().to_string();
        assert!(error.contains("config.json"), "{error}");
        let broken = folder(&[("config.json", "{\"hidden_size\": \n")]);
        let error = Recipe::read(broken.path(), "x").unwrap_err().to_string();
        assert!(error.contains("malformed JSON"), "{error}");
    }
}
